/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. The two key derivation functions of TPMs [TPM2 Part 1 §11.4.10], with SHA-256: what
 * closes something for a TPM without asking one needs them.
 */
#ifndef SG_CRYPTO_TPM_KDF_H
#define SG_CRYPTO_TPM_KDF_H

#include "crypto/mac.h"
#include "util/secret.h"

#define SG_TPM_KDF_MAX 32               /* bytes of a key: one block */

/* Derive 1 to SG_TPM_KDF_MAX bytes from a key with KDFa [TPM2 Part 1 §11.4.10.2]: u and v are
 * what it calls ContextU and ContextV, each of which may be empty; the caller frees *out.
 * Errors: RANGE, SECURE_MEMORY. */
enum sg_err sg_tpm_kdfa(struct sg_bytes key, const char *label, struct sg_bytes u,
                        struct sg_bytes v, size_t len, struct sg_secret **out);

/* Derive as many from a shared x coordinate with KDFe [TPM2 Part 1 §11.4.10.3]: u and v are
 * PartyUInfo and PartyVInfo, the x coordinates of the ephemeral and of the other public key. */
enum sg_err sg_tpm_kdfe(struct sg_bytes shared, const char *label, struct sg_bytes u,
                        struct sg_bytes v, size_t len, struct sg_secret **out);

#endif
