/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Judges the time of a TPM: a lease ends by a clock that nothing sets back but
 * what takes the key along, TPM2_Clear, and here it is seen that it ends soon enough.
 */
#include "enroll/judge.h"

/* A clock that was cut off from its power may have gone back by as much as lies between two of its
 * writes, about 4 s [TPM2 Part 1 §36.3.2]. */
#define SLACK_MS 10000
#define MS 1000

enum sg_enroll_reason sg_judge_clock(const struct sg_judging *j, struct sg_enroll_finding *out)
{
	const uint64_t lifetime = j->demand->lifetime;
	struct sg_attested time;
	enum sg_enroll_reason why;

	if (j->evidence->time.attest.len == 0)
		return lifetime == 0 ? SG_ENROLL_OK : SG_ENROLL_CLOCK;
	why = sg_attested_check(&j->evidence->time, SG_ATTESTED_TIME, &j->by, &time);
	if (why != SG_ENROLL_OK)
		return why;
	out->clock = time.clock;
	out->resets = time.resets;
	out->restarts = time.restarts;
	out->firmware = time.firmware;
	if (lifetime == 0)
		return SG_ENROLL_OK;
	if (!time.safe || lifetime > UINT32_MAX)
		return SG_ENROLL_CLOCK;
	return out->until > time.clock && out->until - time.clock > lifetime * MS + SLACK_MS
	               ? SG_ENROLL_CLOCK : SG_ENROLL_OK;
}
