/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. A sealed object: which attributes it has, how it is made and opened.
 * The magic of its blob is "SGT1".
 */
#ifndef SG_SEAL_TPM_SEALED_H
#define SG_SEAL_TPM_SEALED_H

#include "seal/sealer.h"
#include "seal/tpm/blob.h"
#include "seal/tpm/context.h"

/* Append the blob. Errors: NOMEM, FORMAT. */
enum sg_err sg_sealed_write(const struct sg_tpm_blob *sealed, struct sg_buf *out);

/* Read a blob. Errors: FORMAT for anything that sg_sealed_write did not make. */
enum sg_err sg_sealed_read(struct sg_bytes blob, struct sg_tpm_blob *out);

/* Tell whether the object asks for an authorisation that counts towards the lockout. */
bool sg_sealed_has_auth(const struct sg_tpm_blob *sealed);

/* Make a sealed object under srk through the session.
 * Errors: NOMEM, SECURE_MEMORY, and those of the TPM. */
enum sg_err sg_sealed_create(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                             const struct sg_secret *auth, const struct sg_secret *plain,
                             struct sg_tpm_blob *out);

/* Load the object and take its secret out; the caller frees *out. */
enum sg_err sg_sealed_open(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                           const struct sg_secret *auth, const struct sg_tpm_blob *sealed,
                           struct sg_secret **out);

#endif
