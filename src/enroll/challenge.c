/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Judges who says hello, and makes the challenge: what only the TPM that has all of
 * the keys of the hello can answer.
 */
#include <string.h>

#include "crypto/random.h"
#include "enroll/judge.h"
#include "enroll/mint.h"
#include "seal/tpm/distant.h"

#define CREDENTIAL 32                   /* bytes */
#define MS 1000

/* The demand's origin, or else the machine's wish, or else the simplest that proves enough. */
static enum sg_enroll_reason choose_origin(const struct sg_enroll_hello *hello,
                                           const struct sg_enroll_demand *demand,
                                           enum sg_enroll_origin *out)
{
	*out = demand->origin;
	if (*out == SG_ORIGIN_ANY)
		*out = hello->origin;
	else if (hello->origin != SG_ORIGIN_ANY && hello->origin != *out)
		return SG_ENROLL_ORIGIN;
	for (int i = SG_ORIGIN_HOST; i < SG_ORIGINS && *out == SG_ORIGIN_ANY; i++)
		if (sg_enroll_origin_level((enum sg_enroll_origin)i) >= demand->level)
			*out = (enum sg_enroll_origin)i;
	return sg_enroll_origin_level(*out) >= demand->level ? SG_ENROLL_OK : SG_ENROLL_LEVEL;
}

static enum sg_enroll_reason judge_keys(const struct sg_enroll_hello *hello,
                                        const struct sg_enroll_demand *demand)
{
	struct sg_enroll_finding finding = { .level = SG_LEVEL_NONE };
	uint8_t point[SG_P256_POINT];
	enum sg_enroll_reason why = sg_judge_ek(hello, demand, &finding);

	if (why != SG_ENROLL_OK)
		return why;
	if (!sg_area_ak_read(sg_buf_bytes(&hello->ak), point))
		return SG_ENROLL_AK;
	return sg_distant_parent(sg_buf_bytes(&hello->parent)) == SG_OK ? SG_ENROLL_OK
	                                                                : SG_ENROLL_PARENT;
}

/* For who has the endorsement key and the attestation key in one TPM. */
static enum sg_err make_credential(const struct sg_enroll_hello *hello,
                                   struct sg_enroll_pending *pending,
                                   struct sg_enroll_challenge *out)
{
	uint8_t name[SG_NODE_NAME];
	enum sg_err err = sg_area_name(sg_buf_bytes(&hello->ak), name);

	if (err == SG_OK)
		err = sg_random_secret(CREDENTIAL, &pending->credential);
	if (err == SG_OK)
		err = sg_distant_credential(sg_buf_bytes(&hello->ek), sg_bytes(name, sizeof name),
		                            pending->credential, &out->credential,
		                            &out->credential_seed);
	return err;
}

static enum sg_err write_pcrs(const struct sg_enroll_demand *demand, struct sg_policy *bound,
                              struct sg_enroll_challenge *out)
{
	struct sg_policy quoted = { .until = 0 };
	enum sg_err err = sg_judge_pcrs_read(demand->bind_pcrs, bound);

	if (err == SG_OK)
		err = sg_policy_text(bound, true, &out->pcrs);
	if (err == SG_OK)
		err = sg_judge_pcrs_read(demand->quote_pcrs, &quoted);
	if (err == SG_OK)
		err = sg_policy_text(&quoted, false, &out->quote);
	sg_policy_clear(&quoted);
	return err;
}

/* One that is minted is sealed under its policy now, so all of that is to be known. */
static enum sg_enroll_reason mint(const struct sg_enroll_hello *hello,
                                  const struct sg_enroll_demand *demand, struct sg_policy *policy,
                                  struct sg_enroll_challenge *out)
{
	if (!sg_pcrs_known(&policy->pcrs))
		return SG_ENROLL_ORIGIN;
	if (demand->lifetime > 0)
		policy->until = hello->clock + demand->lifetime * MS;
	return sg_enroll_mint(hello, policy, out) == SG_OK ? SG_ENROLL_OK : SG_ENROLL_INTERNAL;
}

static enum sg_err keep(struct sg_bytes hello_json, const struct sg_enroll_challenge *challenge,
                        struct sg_enroll_pending *pending)
{
	enum sg_err err = sg_enroll_challenge_write(challenge, &pending->challenge);

	if (err == SG_OK)
		err = sg_buf_set(&pending->hello, hello_json);
	if (err == SG_OK)
		err = sg_enroll_transcript(hello_json, sg_buf_bytes(&pending->challenge),
		                           pending->transcript);
	return err;
}

enum sg_enroll_reason sg_enroll_challenge_make(struct sg_bytes hello_json,
                                               const struct sg_enroll_hello *hello,
                                               const struct sg_enroll_demand *demand, uint64_t at,
                                               struct sg_enroll_pending *pending,
                                               struct sg_enroll_challenge *out)
{
	struct sg_policy bound = { .until = 0 };
	enum sg_enroll_reason why = choose_origin(hello, demand, &out->origin);

	if (why == SG_ENROLL_OK)
		why = judge_keys(hello, demand);
	/* A clock as large as that never was; the end of the lease shall not wrap. */
	if (why == SG_ENROLL_OK && (demand->lifetime > UINT32_MAX || hello->clock > INT64_MAX / 2))
		why = SG_ENROLL_CLOCK;
	if (why != SG_ENROLL_OK)
		return why;
	sg_random(out->session, sizeof out->session);
	sg_random(out->nonce, sizeof out->nonce);
	out->expires = at;
	out->lifetime = demand->lifetime;
	out->eventlog = demand->eventlog;
	if (make_credential(hello, pending, out) != SG_OK ||
	    write_pcrs(demand, &bound, out) != SG_OK)
		why = SG_ENROLL_INTERNAL;
	else if (out->origin == SG_ORIGIN_VAULT)
		why = mint(hello, demand, &bound, out);
	if (why == SG_ENROLL_OK && keep(hello_json, out, pending) != SG_OK)
		why = SG_ENROLL_INTERNAL;
	sg_policy_clear(&bound);
	return why;
}

void sg_enroll_pending_clear(struct sg_enroll_pending *pending)
{
	sg_secret_free(&pending->credential);
	sg_buf_free(&pending->hello);
	sg_buf_free(&pending->challenge);
	memset(pending, 0, sizeof *pending);
}
