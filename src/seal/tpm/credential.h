/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Credentials: a secret that a TPM gives out only where it has both a certain
 * endorsement key and an object with a certain Name, made without asking it [TPM2 Part 1 §24].
 */
#ifndef SG_SEAL_TPM_CREDENTIAL_H
#define SG_SEAL_TPM_CREDENTIAL_H

#include "seal/tpm/context.h"
#include "util/secret.h"

/* Make the credential: blob gets what TPM2B_ID_OBJECT holds, encrypted what
 * TPM2B_ENCRYPTED_SECRET does. Errors: FORMAT for a key that can't be, RANGE for more than 32
 * bytes, CRYPTO, SECURE_MEMORY, NOMEM. */
enum sg_err sg_tpm_credential_make(const TPMT_PUBLIC *ek, struct sg_bytes name,
                                   const struct sg_secret *secret, struct sg_buf *blob,
                                   struct sg_buf *encrypted);

/* Have the TPM open it: by its endorsement key, in a policy session of its own, and the object
 * that has the Name, whose authValue is empty. What comes out is encrypted by the session, HMAC and
 * salted to salt. The caller frees *secret. Errors: SEALED_DAMAGED where it is for another TPM or
 * another object, or was changed; those of the TPM. */
enum sg_err sg_tpm_credential_open(struct sg_tpm *tpm, ESYS_TR salt, ESYS_TR session,
                                   ESYS_TR ek, ESYS_TR object, struct sg_bytes blob,
                                   struct sg_bytes encrypted, struct sg_secret **secret);

#endif
