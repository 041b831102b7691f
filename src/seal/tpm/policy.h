/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Policies, as commands: the steps of a policy are asserted in a session. What a
 * policy is stands in seal/policy.h.
 */
#ifndef SG_SEAL_TPM_POLICY_H
#define SG_SEAL_TPM_POLICY_H

#include "seal/policy_signature.h"
#include "seal/tpm/context.h"
#include "util/secret.h"

/* What the steps of a policy may need. */
struct sg_tpm_policy_proof {
	const struct sg_policy_signatures *signatures;  /* or NULL */
	const struct sg_secret *index_auth;             /* of the index; NULL: there is none */
	ESYS_TR session;                                /* HMAC; the index is asked through it */
};

/* Assert all steps of the policy in a policy session, in their order.
 * Errors: POLICY, with log lines that say which PCR differs, or that no signature fits and in what
 * the values of the nearest one differ; LEASE, with one that says when the time was over;
 * PCR_CHANGED where another process changed one meanwhile; those of sg_tpm_pin_index_assert. */
enum sg_err sg_tpm_policy_assert(struct sg_tpm *tpm, ESYS_TR session,
                                 const struct sg_policy *policy,
                                 const struct sg_tpm_policy_proof *proof);

/* Have the TPM check that the signer of the policy signed what one says. Name and ticket are for
 * sg_tpm_policy_authorize; the caller frees both with Esys_Free, also after an error. Nothing
 * stays loaded. Errors: POLICY where he did not, those of the TPM. */
enum sg_err sg_tpm_policy_check(struct sg_tpm *tpm, const struct sg_policy *policy,
                                const struct sg_policy_signature *one, TPM2B_NAME **name,
                                TPMT_TK_VERIFIED **ticket);

/* Assert what a signer approved, with an empty policyRef, in the place of all that the session
 * asserted before, which must be just that. Errors: POLICY. */
enum sg_err sg_tpm_policy_authorize(struct sg_tpm *tpm, ESYS_TR session,
                                    const uint8_t approved[SG_POLICY_DIGEST],
                                    const TPM2B_NAME *name, const TPMT_TK_VERIFIED *ticket);

#endif
