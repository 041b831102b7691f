/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Judges policies and PCRs: what the steps make, and what was asked for.
 */
#include <string.h>

#include "enroll/eventlog.h"
#include "enroll/judge.h"

enum sg_err sg_judge_pcrs_read(const char *text, struct sg_policy *out)
{
	enum sg_err err = SG_OK;

	memset(out, 0, sizeof *out);
	if (text != NULL && *text != '\0')
		err = sg_policy_parse(sg_bytes_str(text), out);
	if (err == SG_OK && (out->signer.len > 0 || out->until != 0))
		err = SG_ERR_FORMAT;
	return err;
}

bool sg_judge_pcrs_include(const struct sg_pcrs *wanted, const struct sg_pcrs *found)
{
	for (size_t i = 0; i < SG_PCR_BANKS; i++) {
		struct sg_pcr_bank known = wanted->bank[i];

		if ((known.selected & ~found->bank[i].selected) != 0)
			return false;
		known.selected &= known.known;
		if (sg_pcr_bank_differing((enum sg_digest_alg)i, &known, &found->bank[i]) != 0)
			return false;
	}
	return true;
}

/* Tell whether a policy asks for what the demand does. */
static enum sg_enroll_reason compare(const struct sg_judging *j,
                                     const struct sg_enroll_policy *found)
{
	const bool derived = j->challenge->origin == SG_ORIGIN_TPM;
	struct sg_policy wanted;
	enum sg_err err = sg_judge_pcrs_read(j->demand->bind_pcrs, &wanted);
	bool same = sg_judge_pcrs_include(&wanted.pcrs, &found->pcrs);

	sg_policy_clear(&wanted);
	if (err != SG_OK)
		return SG_ENROLL_INTERNAL;
	/* More PCRs, or an end, only narrow; nobody asks for anything else. */
	if (found->asks || found->signers != (derived ? 1 : 0))
		return SG_ENROLL_POLICY_OTHER;
	/* Of a key that is derived somebody has fixed the label, or it signs for any. */
	if (derived && !found->authorized)
		return SG_ENROLL_POLICY_OTHER;
	if (j->demand->lifetime != 0 && found->until == 0)
		return SG_ENROLL_POLICY_OTHER;
	return same ? SG_ENROLL_OK : SG_ENROLL_POLICY_OTHER;
}

enum sg_enroll_reason sg_judge_policy(struct sg_judging *j, struct sg_enroll_finding *out)
{
	const struct sg_bytes steps = sg_buf_bytes(&j->evidence->steps);
	struct sg_enroll_policy found;
	enum sg_enroll_reason why;

	why = sg_enroll_steps_replay(steps.len > 0 ? steps : sg_bytes_str("[]"), &found);
	if (why != SG_ENROLL_OK)
		return why == SG_ENROLL_INTERNAL ? why : SG_ENROLL_POLICY;
	if (found.empty == j->object.has_policy ||
	    (!found.empty && memcmp(found.digest, j->object.policy, sizeof found.digest) != 0))
		return SG_ENROLL_POLICY;
	/* Where it is fixed to its TPM none of that helps, and nobody would ask for it either. */
	if (found.duplicates)
		return SG_ENROLL_OBJECT_LEAVES;
	out->until = found.until;
	j->bound = found.pcrs;
	return compare(j, &found);
}

/* Tell whether the values are those that were quoted. */
static enum sg_enroll_reason check_values(const struct sg_attested *quote,
                                          const struct sg_pcrs *values)
{
	uint8_t digest[SG_PCRS_DIGEST];
	struct sg_buf selection = { 0 };
	struct sg_writer w = sg_writer(&selection);
	bool same;

	sg_pcrs_selection(values, &w);
	if (w.err != SG_OK || sg_pcrs_digest(values, digest) != SG_OK) {
		sg_buf_free(&selection);
		return SG_ENROLL_INTERNAL;
	}
	same = sg_bytes_equal(quote->selection, sg_buf_bytes(&selection)) &&
	       sg_bytes_equal(quote->pcrs, sg_bytes(digest, sizeof digest));
	sg_buf_free(&selection);
	return same ? SG_ENROLL_OK : SG_ENROLL_QUOTE;
}

/* Where the demand leaves open to which values a key is bound, they are those that the TPM quotes:
 * or the machine could bind it to a system that it shall boot later. */
static enum sg_enroll_reason check_bound(const struct sg_judging *j, const struct sg_pcrs *quoted)
{
	struct sg_policy wanted;
	enum sg_err err = sg_judge_pcrs_read(j->demand->bind_pcrs, &wanted);
	uint32_t differing = 0;

	for (size_t i = 0; i < SG_PCR_BANKS && err == SG_OK; i++) {
		struct sg_pcr_bank open = j->bound.bank[i];

		open.selected &= wanted.pcrs.bank[i].selected & ~wanted.pcrs.bank[i].known &
		                 quoted->bank[i].selected;
		differing |= sg_pcr_bank_differing((enum sg_digest_alg)i, &open, &quoted->bank[i]);
	}
	sg_policy_clear(&wanted);
	if (err != SG_OK)
		return SG_ENROLL_INTERNAL;
	return differing == 0 ? SG_ENROLL_OK : SG_ENROLL_POLICY_OTHER;
}

static bool same_selection(const struct sg_pcrs *a, const struct sg_pcrs *b)
{
	for (size_t i = 0; i < SG_PCR_BANKS; i++)
		if (a->bank[i].selected != b->bank[i].selected)
			return false;
	return true;
}

static enum sg_enroll_reason check_eventlog(const struct sg_judging *j,
                                            const struct sg_pcrs *values)
{
	if (!j->demand->eventlog)
		return SG_ENROLL_OK;
	return sg_enroll_eventlog_check(sg_buf_bytes(&j->evidence->eventlog), values);
}

enum sg_enroll_reason sg_judge_quote(const struct sg_judging *j)
{
	struct sg_policy wanted, quoted = { 0 };
	struct sg_attested quote;
	enum sg_enroll_reason why = SG_ENROLL_OK;
	enum sg_err err = sg_judge_pcrs_read(j->demand->quote_pcrs, &wanted);

	if (err != SG_OK) {
		why = SG_ENROLL_INTERNAL;
		goto out;
	}
	if (!sg_pcrs_any(&wanted.pcrs))
		goto out;
	if (j->evidence->quote.attest.len == 0 ||
	    sg_policy_parse(sg_buf_bytes(&j->evidence->quoted), &quoted) != SG_OK ||
	    !sg_pcrs_known(&quoted.pcrs) || !same_selection(&wanted.pcrs, &quoted.pcrs)) {
		why = SG_ENROLL_QUOTE;
		goto out;
	}
	why = sg_attested_check(&j->evidence->quote, SG_ATTESTED_QUOTE, &j->by, &quote);
	if (why == SG_ENROLL_OK)
		why = check_values(&quote, &quoted.pcrs);
	if (why == SG_ENROLL_OK && !sg_judge_pcrs_include(&wanted.pcrs, &quoted.pcrs))
		why = SG_ENROLL_PCRS;
	if (why == SG_ENROLL_OK)
		why = check_bound(j, &quoted.pcrs);
	if (why == SG_ENROLL_OK)
		why = check_eventlog(j, &quoted.pcrs);
out:
	sg_policy_clear(&wanted);
	sg_policy_clear(&quoted);
	return why;
}
