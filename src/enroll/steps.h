/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. A policy as the list of steps that a TPM asserts, written down so that somebody else
 * can compute its digest and see that nothing else opens the object [TPM2 Part 1 §19.7]. JSON: an
 * array of objects, each with a member "step":
 *
 *     {"step":"pcr","pcrs":"pcr=sha256:7=HEX"}        PolicyPCR, in the text of sg_policy
 *     {"step":"clock","until":N}                      PolicyCounterTimer: clock < N, in ms
 *     {"step":"authorize","key":BASE64,"ref":BASE64}  PolicyAuthorize by a TPMT_PUBLIC
 *     {"step":"auth-value"}                           PolicyAuthValue
 *     {"step":"secret","name":BASE64,"ref":BASE64}    PolicySecret of what has that Name
 *     {"step":"command","code":N}                     PolicyCommandCode
 *     {"step":"or","branches":[[...],[...]]}          PolicyOR of 2 to 8 lists of steps, each of
 *                                                     which goes on from what stands before it
 *
 * An object that asks for nothing has no steps, and an empty authPolicy.
 */
#ifndef SG_ENROLL_STEPS_H
#define SG_ENROLL_STEPS_H

#include "enroll/reason.h"
#include "seal/policy.h"

/* What a verifier learns of a policy. */
struct sg_enroll_policy {
	uint8_t digest[SG_POLICY_DIGEST];
	bool empty;
	uint64_t until;                 /* ms of the TPM's clock in every branch that opens */
	struct sg_pcrs pcrs;            /* demanded in every branch that opens, with their values */
	bool authorized;                /* every branch that opens asks somebody's signature */
	bool duplicates;                /* some branch lets the object leave without that */
	unsigned signers;               /* who may sign other policies, in all branches together */
	bool asks;                      /* some branch has a password, a secret or a command */
};

/* Write the steps of a policy of ours, which replaces what json holds. Errors: FORMAT for a
 * signer that is no key, NOMEM. */
enum sg_err sg_enroll_steps_write(const struct sg_policy *policy, struct sg_buf *json);

/* Replay steps: at most 64, in branches of at most 4 levels. Reasons: FORMAT, TOO_LONG,
 * INTERNAL. */
enum sg_enroll_reason sg_enroll_steps_replay(struct sg_bytes json, struct sg_enroll_policy *out);

#endif
