/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Protection by an asymmetric key of a TPM, made without that TPM: what is closed so
 * is opened by TPM2_Import or TPM2_ActivateCredential alone [TPM2 Part 1 §22.4, §23.3, §24].
 */
#ifndef SG_SEAL_TPM_PROTECT_H
#define SG_SEAL_TPM_PROTECT_H

#include <tss2/tss2_tpm2_types.h>

#include "util/secret.h"

#define SG_TPM_DUPLICATE "DUPLICATE"    /* labels [TPM2 Part 1 §C.3] */
#define SG_TPM_IDENTITY "IDENTITY"
#define SG_TPM_SEED 32

/* Make a seed that only the holder of a public key learns, for that label; the caller frees
 * *seed. encrypted gets what TPM2B_ENCRYPTED_SECRET holds, in the place of what it held. The
 * key is one of P-256 or RSA-2048, with SHA-256 and AES-128-CFB. Errors: FORMAT for a key
 * that is none, CRYPTO, SECURE_MEMORY, NOMEM. */
enum sg_err sg_tpm_protect_seed(const TPMT_PUBLIC *key, const char *label, struct sg_secret **seed,
                                struct sg_buf *encrypted);

/* Close inner under a seed, and bind it to a Name: an HMAC behind its size, and the ciphertext.
 * It replaces what out holds. Errors: CRYPTO, SECURE_MEMORY, NOMEM. */
enum sg_err sg_tpm_protect(const struct sg_secret *seed, struct sg_bytes name,
                           const struct sg_secret *inner, struct sg_buf *out);

#endif
