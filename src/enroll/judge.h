/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The parts of a judgement, each about one thing that a machine sent. verify.c and
 * challenge.c put them together.
 */
#ifndef SG_ENROLL_JUDGE_H
#define SG_ENROLL_JUDGE_H

#include "enroll/area.h"
#include "enroll/attested.h"
#include "enroll/steps.h"
#include "enroll/verify.h"

/* What evidence is judged by; all views are the caller's. */
struct sg_judging {
	const struct sg_enroll_demand *demand;
	const struct sg_enroll_hello *hello;
	const struct sg_enroll_challenge *challenge;
	const struct sg_enroll_evidence *evidence;
	const uint8_t *transcript;      /* SG_ENROLL_HASH bytes */
	struct sg_attesting by;
	uint8_t parent[SG_NODE_NAME];   /* qualified Name of the storage key, of the owner's */
	struct sg_area_hash object;     /* from sg_judge_object on */
	struct sg_pcrs bound;           /* by the policy; from sg_judge_policy on */
};

/* The endorsement key: its template, its certificate, its maker, the list. Fills ek and
 * ek_certified. Reasons: EK..., INTERNAL. */
enum sg_enroll_reason sg_judge_ek(const struct sg_enroll_hello *hello,
                                  const struct sg_enroll_demand *demand,
                                  struct sg_enroll_finding *out);

/* The object: what it is, and that it can't leave. Fills object_name and j->object. Reasons:
 * OBJECT, OBJECT_NAME, OBJECT_LEAVES, INTERNAL. */
enum sg_enroll_reason sg_judge_object(struct sg_judging *j, const struct sg_attested *certified,
                                      struct sg_enroll_finding *out);

/* The creation data: below which key and for which public key it was made. Reasons: CREATION,
 * OBJECT_PARENT, KEY_SWAPPED, ATTEST_OTHER, INTERNAL. */
enum sg_enroll_reason sg_judge_creation(const struct sg_judging *j,
                                        const struct sg_attested *certified);

/* The policy: that the steps make it, and that it is what was asked for, or narrower by PCRs or an
 * end. Fills until and j->bound. Reasons: POLICY, POLICY_OTHER, OBJECT_LEAVES, INTERNAL. */
enum sg_enroll_reason sg_judge_policy(struct sg_judging *j, struct sg_enroll_finding *out);

/* The PCRs, and how they came to be what they are; that the key is bound to those that were quoted
 * where the demand names no values. Reasons: ATTEST..., QUOTE, PCRS, POLICY_OTHER, EVENTLOG,
 * INTERNAL. */
enum sg_enroll_reason sg_judge_quote(const struct sg_judging *j);

/* The time: that the lease ends as it must. Fills clock, resets, restarts, firmware. Reasons:
 * ATTEST..., CLOCK. */
enum sg_enroll_reason sg_judge_clock(const struct sg_judging *j, struct sg_enroll_finding *out);

/* Read what a demand says of PCRs into an empty policy; NULL asks for none. Errors: FORMAT for
 * anything but PCRs, NOMEM. */
enum sg_err sg_judge_pcrs_read(const char *text, struct sg_policy *out);

/* Tell whether found has all that wanted selects, with the same values where wanted has some. */
bool sg_judge_pcrs_include(const struct sg_pcrs *wanted, const struct sg_pcrs *found);

#endif
