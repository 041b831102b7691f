/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Boxes that anybody closes for the holder of an X25519 key, who alone opens them: what
 * libsodium calls a sealed box. Nothing in one tells who closed it.
 */
#ifndef SG_CRYPTO_SEALED_BOX_H
#define SG_CRYPTO_SEALED_BOX_H

#include "crypto/x25519.h"

#define SG_BOX_MORE 48                  /* bytes that a box is longer than what is in it */

/* Close a secret for a public key of 32 bytes; the box replaces what out holds. Errors: RANGE for
 * what is no public key, NOMEM. */
enum sg_err sg_box_close(struct sg_bytes public_key, const struct sg_secret *plain,
                         struct sg_buf *out);

/* Open one with the key that is kept (crypto/x25519.h); the caller frees *plain. Errors: RANGE,
 * TAG for one that is another's, or damaged; those of memory. */
enum sg_err sg_box_open(const struct sg_secret *key, struct sg_bytes box, struct sg_secret **plain);

#endif
