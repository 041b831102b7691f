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
 * the values of the nearest one differ, or when the time was over; PCR_CHANGED where another process changed one meanwhile;
 * those of sg_tpm_pin_index_assert. */
enum sg_err sg_tpm_policy_assert(struct sg_tpm *tpm, ESYS_TR session,
                                 const struct sg_policy *policy,
                                 const struct sg_tpm_policy_proof *proof);

#endif
