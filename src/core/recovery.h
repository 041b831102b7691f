/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Recovery of a root with an X25519 key that is kept offline: the key's two halves as
 * text, in which a mistyped character is named, and the root closed for it. Whoever knows the
 * public half can close another root for it: what was opened is proved by what it opens.
 */
#ifndef SG_CORE_RECOVERY_H
#define SG_CORE_RECOVERY_H

#include "crypto/sealed_box.h"

#define SG_RECOVERY_ROOT 32             /* bytes of a root */
#define SG_RECOVERY_PUBLIC 65           /* characters of a public half */

/* Write a public key of 32 bytes, "signet1...", with a zero byte behind it. Errors: those of
 * memory. */
enum sg_err sg_recovery_public_write(struct sg_bytes key, char text[SG_RECOVERY_PUBLIC + 1]);

/* Read one. *wrong and the errors are those of sg_bech32_read, and TAG for what is no key. */
enum sg_err sg_recovery_public_read(struct sg_bytes text, uint8_t key[SG_X25519_LEN],
                                    size_t *wrong);

/* Write the private half, "SIGNET-SECRET-KEY-1...", of a kept key; the caller frees *text. */
enum sg_err sg_recovery_private_write(const struct sg_secret *key, struct sg_secret **text);

/* Read a file of it: lines that begin with # are skipped. The caller frees *key, which is kept as
 * crypto/x25519.h says. *wrong and the errors are those of sg_bech32_read. */
enum sg_err sg_recovery_private_read(struct sg_bytes text, struct sg_secret **key, size_t *wrong);

/* Close a root for a public key; the box replaces what out holds [formats, "SGRR"]. Errors: RANGE,
 * those of memory. */
enum sg_err sg_recovery_close(struct sg_bytes public_key, const struct sg_secret *root,
                              struct sg_buf *out);

/* Open it with the kept key; the caller frees *root. Errors: TAG where it is another's or damaged,
 * FORMAT where no root is in it; those of memory. */
enum sg_err sg_recovery_open(const struct sg_secret *key, struct sg_bytes box,
                             struct sg_secret **root);

#endif
