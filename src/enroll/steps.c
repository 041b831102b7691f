/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Replays the steps of a policy: the digest that they make, and what every way
 * through them that opens the object demands. All of it comes from a stranger.
 */
#include "enroll/steps.h"

#include <jansson.h>
#include <string.h>

#include "crypto/base64.h"
#include "enroll/message.h"
#include "enroll/policy_digest.h"

#define DEPTH_MAX 4                     /* of branches in branches */
#define STEPS_MAX 64                    /* in all branches together */
#define PCR_TEXT_MAX 8192
#define NAME_MAX_BYTES 68               /* of a Name with SHA-512, and of a policyRef */
#define NAME_SHA256 34
#define ALG_SHA256 0x000b

/* The one command of those that a policy may be kept to which is known not to use what is in the
 * object [TPM2 Part 2 §6.5.2]. Of the others too many do: an HMAC key also signs, quotes and
 * certifies, and begins sequences. */
#define CC_DUPLICATE 0x0000014b

/* What stands in the list, on whatever way. */
struct tally {
	unsigned steps, signers;
	bool asks;
};

/* What was asserted so far on the way that is gone. */
struct way {
	struct sg_enroll_policy *seen;  /* digest, until, pcrs, authorized, duplicates */
	bool opens;                     /* the object may be used for what it is for */
	bool kept;                      /* every branch is kept to some command */
	struct tally *tally;
	unsigned depth;
};

static enum sg_enroll_reason reason(enum sg_err err)
{
	if (err == SG_OK)
		return SG_ENROLL_OK;
	return err == SG_ERR_FORMAT || err == SG_ERR_RANGE ? SG_ENROLL_FORMAT : SG_ENROLL_INTERNAL;
}

/* Read a member in base64 of at most max bytes; max of a missing one. */
static bool read_bytes(const json_t *step, const char *key, uint8_t *out, size_t max, size_t *len)
{
	const json_t *text = json_object_get(step, key);

	*len = 0;
	if (!json_is_string(text))
		return false;
	return json_string_length(text) == 0 ||
	       sg_base64_read(sg_bytes(json_string_value(text), json_string_length(text)), out,
	                      max, len);
}

/* Take up PCRs that are demanded beside those that were before. False where the two can't both
 * be. */
static bool demand_pcrs(struct sg_pcrs *seen, const struct sg_pcrs *more)
{
	for (size_t i = 0; i < SG_PCR_BANKS; i++) {
		struct sg_pcr_bank *to = &seen->bank[i];
		const struct sg_pcr_bank *from = &more->bank[i];

		for (unsigned n = 0; n < SG_PCRS; n++) {
			const uint32_t bit = UINT32_C(1) << n;

			if ((from->selected & bit) == 0)
				continue;
			if ((to->selected & bit) != 0 &&
			    memcmp(to->value[n], from->value[n], sg_pcr_hashes[i].len) != 0)
				return false;
			to->selected |= bit;
			to->known |= bit;
			memcpy(to->value[n], from->value[n], sg_pcr_hashes[i].len);
		}
	}
	return true;
}

static enum sg_enroll_reason do_pcr(const json_t *step, struct way *way)
{
	const json_t *text = json_object_get(step, "pcrs");
	struct sg_policy policy = { 0 };
	enum sg_err err = SG_ERR_FORMAT;

	if (json_is_string(text) && json_string_length(text) <= PCR_TEXT_MAX)
		err = sg_policy_parse(sg_bytes(json_string_value(text), json_string_length(text)),
		                      &policy);
	if (err == SG_OK && (!sg_pcrs_any(&policy.pcrs) || !sg_pcrs_known(&policy.pcrs) ||
	                     policy.signer.len > 0 || policy.until != 0 ||
	                     !demand_pcrs(&way->seen->pcrs, &policy.pcrs)))
		err = SG_ERR_FORMAT;
	if (err == SG_OK)
		err = sg_enroll_digest_pcr(way->seen->digest, &policy.pcrs);
	sg_policy_clear(&policy);
	return reason(err);
}

static enum sg_enroll_reason do_clock(const json_t *step, struct way *way)
{
	const json_t *number = json_object_get(step, "until");
	const json_int_t until = json_integer_value(number);

	if (!json_is_integer(number) || until <= 0)
		return SG_ENROLL_FORMAT;
	if (way->seen->until == 0 || (uint64_t)until < way->seen->until)
		way->seen->until = (uint64_t)until;
	return reason(sg_enroll_digest_clock(way->seen->digest, (uint64_t)until));
}

/* Compute the Name of a key whose public area stands in the step. */
static enum sg_err read_key(const json_t *step, uint8_t name[NAME_SHA256])
{
	uint8_t area[SG_NODE_KEY_MAX];
	struct sg_reader r;
	size_t len;

	if (!read_bytes(step, "key", area, sizeof area, &len))
		return SG_ERR_FORMAT;
	r = sg_reader(sg_bytes(area, len));
	(void)sg_read_u16(&r);                  /* type */
	if (sg_read_u16(&r) != ALG_SHA256 || r.failed)
		return SG_ERR_FORMAT;
	name[0] = ALG_SHA256 >> 8;
	name[1] = ALG_SHA256 & 0xff;
	return sg_digest_once(SG_SHA256, sg_bytes(area, len), name + 2);
}

/* What was demanded before is forgotten: the key may have signed any policy. */
static enum sg_enroll_reason do_authorize(const json_t *step, struct way *way)
{
	struct sg_enroll_policy *seen = way->seen;
	uint8_t name[NAME_SHA256], ref[NAME_MAX_BYTES];
	enum sg_err err;
	size_t len;

	if (!read_bytes(step, "ref", ref, sizeof ref, &len))
		return SG_ENROLL_FORMAT;
	err = read_key(step, name);
	if (err == SG_OK)
		err = sg_enroll_digest_authorize(seen->digest, sg_bytes(name, sizeof name),
		                                 sg_bytes(ref, len));
	memset(&seen->pcrs, 0, sizeof seen->pcrs);
	seen->until = 0;
	seen->authorized = true;
	way->tally->signers++;
	way->opens = true;
	way->kept = false;
	return reason(err);
}

static enum sg_enroll_reason do_auth(const json_t *step, struct way *way)
{
	(void)step;
	way->tally->asks = true;
	return reason(sg_enroll_digest_auth(way->seen->digest));
}

static enum sg_enroll_reason do_secret(const json_t *step, struct way *way)
{
	uint8_t name[NAME_MAX_BYTES], ref[NAME_MAX_BYTES];
	size_t name_len, ref_len;

	if (!read_bytes(step, "name", name, sizeof name, &name_len) || name_len == 0 ||
	    !read_bytes(step, "ref", ref, sizeof ref, &ref_len))
		return SG_ENROLL_FORMAT;
	way->tally->asks = true;
	return reason(sg_enroll_digest_secret(way->seen->digest, sg_bytes(name, name_len),
	                                      sg_bytes(ref, ref_len)));
}

static enum sg_enroll_reason do_command(const json_t *step, struct way *way)
{
	const json_t *number = json_object_get(step, "code");
	const json_int_t code = json_integer_value(number);

	if (!json_is_integer(number) || code <= 0 || code > UINT32_MAX)
		return SG_ENROLL_FORMAT;
	way->tally->asks = true;
	way->opens = way->opens && code != CC_DUPLICATE;
	way->seen->duplicates = code == CC_DUPLICATE && (way->seen->duplicates || !way->kept);
	way->kept = true;
	return reason(sg_enroll_digest_command(way->seen->digest, (uint32_t)code));
}

/* Keep what both ways demand. */
static void keep_common(struct sg_pcrs *to, const struct sg_pcrs *other)
{
	for (size_t i = 0; i < SG_PCR_BANKS; i++) {
		struct sg_pcr_bank *bank = &to->bank[i];
		uint32_t same = bank->selected & other->bank[i].selected;

		same &= ~sg_pcr_bank_differing((enum sg_digest_alg)i, bank, &other->bank[i]);
		bank->selected = bank->known = same;
	}
}

/* Join a branch to those before it: what only one demands is not demanded, unless it opens
 * nothing. */
static void join(struct way *all, const struct way *branch, bool first)
{
	struct sg_enroll_policy *to = all->seen;
	const struct sg_enroll_policy *from = branch->seen;

	if (branch->opens && !all->opens) {
		to->pcrs = from->pcrs;
		to->until = from->until;
		to->authorized = from->authorized;
	} else if (branch->opens) {
		to->authorized = to->authorized && from->authorized;
		keep_common(&to->pcrs, &from->pcrs);
		if (to->until != 0 && (from->until == 0 || from->until > to->until))
			to->until = from->until;
	}
	all->opens = all->opens || branch->opens;
	all->kept = (first || all->kept) && branch->kept;
	to->duplicates = to->duplicates || from->duplicates;
}

static enum sg_enroll_reason walk(const json_t *list, struct way *way);

/* Each branch goes on from what was asserted before. */
static enum sg_enroll_reason do_or(const json_t *step, struct way *way)
{
	const json_t *list = json_object_get(step, "branches");
	const size_t n = json_array_size(list);
	uint8_t digests[SG_ENROLL_OR_MAX][SG_POLICY_DIGEST];
	const struct sg_enroll_policy before = *way->seen;
	struct sg_enroll_policy seen;
	enum sg_enroll_reason why = SG_ENROLL_OK;
	struct way all = *way;

	if (n < 2 || n > SG_ENROLL_OR_MAX || way->depth == DEPTH_MAX)
		return SG_ENROLL_FORMAT;
	all.opens = false;
	all.seen->duplicates = false;
	for (size_t i = 0; i < n && why == SG_ENROLL_OK; i++) {
		struct way branch = { &seen, way->opens, way->kept, way->tally, way->depth + 1 };

		seen = before;
		why = walk(json_array_get(list, i), &branch);
		memcpy(digests[i], seen.digest, sizeof digests[i]);
		join(&all, &branch, i == 0);
	}
	way->opens = all.opens;
	way->kept = all.kept;
	if (why != SG_ENROLL_OK)
		return why;
	return reason(sg_enroll_digest_or(way->seen->digest,
	                                  (const uint8_t (*)[SG_POLICY_DIGEST])digests, n));
}

/* A step has these members and no other. */
static const struct {
	const char *name;
	size_t members;                 /* with its name */
	enum sg_enroll_reason (*run)(const json_t *step, struct way *way);
} kinds[] = {
	{ "pcr", 2, do_pcr },
	{ "clock", 2, do_clock },
	{ "authorize", 3, do_authorize },
	{ "auth-value", 1, do_auth },
	{ "secret", 3, do_secret },
	{ "command", 2, do_command },
	{ "or", 2, do_or },
};

static enum sg_enroll_reason run(const json_t *step, struct way *way)
{
	const char *name = json_string_value(json_object_get(step, "step"));

	if (name == NULL || ++way->tally->steps > STEPS_MAX)
		return name == NULL ? SG_ENROLL_FORMAT : SG_ENROLL_TOO_LONG;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return json_object_size(step) == kinds[i].members ? kinds[i].run(step, way)
			                                                  : SG_ENROLL_FORMAT;
	return SG_ENROLL_FORMAT;
}

static enum sg_enroll_reason walk(const json_t *list, struct way *way)
{
	enum sg_enroll_reason why = json_is_array(list) ? SG_ENROLL_OK : SG_ENROLL_FORMAT;

	for (size_t i = 0; i < json_array_size(list) && why == SG_ENROLL_OK; i++)
		why = run(json_array_get(list, i), way);
	return why;
}

enum sg_enroll_reason sg_enroll_steps_replay(struct sg_bytes json, struct sg_enroll_policy *out)
{
	enum sg_enroll_reason why;
	struct tally tally = { 0 };
	struct way way = { out, true, false, &tally, 0 };
	json_t *list;

	memset(out, 0, sizeof *out);
	if (json.len > SG_ENROLL_STEPS_MAX)
		return SG_ENROLL_TOO_LONG;
	list = json_loadb((const char *)json.data, json.len, JSON_REJECT_DUPLICATES, NULL);
	why = walk(list, &way);
	out->empty = tally.steps == 0;
	out->signers = tally.signers;
	out->asks = tally.asks;
	json_decref(list);
	return why;
}
