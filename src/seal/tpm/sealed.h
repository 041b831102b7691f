/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. A sealed object: which attributes it has, how it is made and opened.
 * The magic of its blob is "SGT1", or "SGT2" where a policy guards it, which then stands
 * before the object, or "SGT3" where it was not made here but imported: the same, and the policy
 * may be empty.
 */
#ifndef SG_SEAL_TPM_SEALED_H
#define SG_SEAL_TPM_SEALED_H

#include "seal/policy.h"
#include "seal/sealer.h"
#include "seal/tpm/blob.h"
#include "seal/tpm/context.h"
#include "seal/tpm/creation.h"
#include "seal/tpm/duplicate.h"

struct sg_sealed {
	struct sg_tpm_blob object;
	bool imported;                  /* fixedTPM and fixedParent are clear */
	struct sg_policy policy;        /* empty: the authValue alone guards it, if there is one */
};

/* Append the blob. Errors: NOMEM, FORMAT. */
enum sg_err sg_sealed_write(const struct sg_sealed *sealed, struct sg_buf *out);

/* Read a blob; the caller clears *out, also after an error. Errors: FORMAT for anything
 * that sg_sealed_write did not make, and where the policy is not the object's. */
enum sg_err sg_sealed_read(struct sg_bytes blob, struct sg_sealed *out);

/* Free what it owns and leave an empty one. */
void sg_sealed_clear(struct sg_sealed *sealed);

/* Tell whether the object asks for an authorisation that counts towards the lockout. */
bool sg_sealed_has_auth(const struct sg_sealed *sealed);

/* Make a sealed object under srk through the HMAC session; the caller clears *out. shown is NULL
 * where nobody is to be shown how. Errors: NOMEM, SECURE_MEMORY, and those of the TPM. */
enum sg_err sg_sealed_create(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                             const struct sg_seal_guard *guard, const struct sg_secret *plain,
                             const struct sg_tpm_shown *shown, struct sg_sealed *out);

/* Load the object and take its secret out, in a session of its own; the caller frees
 * *out. Errors: AUTH, LOCKED, POLICY, LEASE, PCR_CHANGED, FORMAT, and those of the TPM. */
enum sg_err sg_sealed_open(struct sg_tpm *tpm, ESYS_TR srk, const struct sg_seal_guard *guard,
                           const struct sg_sealed *sealed, struct sg_secret **out);

/* Import an object under srk through the HMAC session, which goes on: private_area gets the form of
 * it that this TPM loads. Errors: SEALED_DAMAGED where it is for another parent or was changed;
 * those of the TPM. */
enum sg_err sg_tpm_import_object(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                                 const struct sg_tpm_imported *object,
                                 TPM2B_PRIVATE *private_area);

#endif
