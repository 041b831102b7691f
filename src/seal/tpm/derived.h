/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. A secret that lies nowhere: the TPM derives it, each time anew, from a key that it
 * made for HMAC and a label, and derives nothing for any other label. The magic of its blob is
 * "SGD1".
 *
 * The one use is named by its cpHash, which has the Name of the key in it, and so the key's
 * authPolicy: it can't be part of that itself. Instead the authPolicy is PolicyAuthorize by a
 * signer, who signed PolicyCpHash of the one use and whose key is gone then. PCRs and clock stand
 * behind it, in the authPolicy, where others see them [TPM2 Part 3 §23.16, §23.13].
 */
#ifndef SG_SEAL_TPM_DERIVED_H
#define SG_SEAL_TPM_DERIVED_H

#include "seal/policy.h"
#include "seal/sealer.h"
#include "seal/tpm/blob.h"
#include "seal/tpm/context.h"
#include "seal/tpm/creation.h"

#define SG_DERIVED_SECRET 32            /* bytes that come of it */
#define SG_DERIVED_TICKET 64            /* bytes of the TPM's word for the signature, at most */

struct sg_derived {
	struct sg_tpm_blob key;
	struct sg_policy policy;        /* with the signer */
	struct sg_buf label;
	struct sg_buf ticket;
};

/* Tell by its magic whether a blob is one of these. */
bool sg_derived_is(struct sg_bytes blob);

/* Append the blob. Errors: NOMEM, FORMAT. */
enum sg_err sg_derived_write(const struct sg_derived *derived, struct sg_buf *out);

/* Read a blob; the caller clears *out, also after an error. Errors: FORMAT for anything that
 * sg_derived_write did not make, and where the policy is not the key's. */
enum sg_err sg_derived_read(struct sg_bytes blob, struct sg_derived *out);

/* Free what it owns and leave an empty one. */
void sg_derived_clear(struct sg_derived *derived);

/* Make one under srk, in sessions of its own; PCRs of the policy, which may be NULL, get the values
 * of now where they have none. The caller clears *out. Errors: NOMEM, SECURE_MEMORY, and those of
 * the TPM. */
enum sg_err sg_derived_create(struct sg_tpm *tpm, ESYS_TR srk, const struct sg_policy *policy,
                              struct sg_bytes label, const struct sg_tpm_shown *shown,
                              struct sg_derived *out);

/* Have the secret derived, in a session of its own; the caller frees *out. Errors: POLICY,
 * LEASE, PCR_CHANGED, SEALED_DAMAGED, and those of the TPM. */
enum sg_err sg_derived_open(struct sg_tpm *tpm, ESYS_TR srk, const struct sg_seal_guard *guard,
                            const struct sg_derived *derived, struct sg_secret **out);

#endif
