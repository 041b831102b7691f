/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Values that PCRs will have.
 */
#include "tools/unseal_pcrs.h"

#include <stdio.h>
#include <string.h>

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct sg_bytes trim(struct sg_bytes text)
{
	while (text.len > 0 && is_space(text.data[0]))
		text = sg_bytes(text.data + 1, text.len - 1);
	while (text.len > 0 && is_space(text.data[text.len - 1]))
		text.len--;
	return text;
}

/* Take what stands before the first of the separators off the text, and the separator too. */
static struct sg_bytes take(struct sg_bytes *text, const char *separators)
{
	size_t len = 0;
	struct sg_bytes part;

	while (len < text->len && strchr(separators, text->data[len]) == NULL)
		len++;
	part = sg_bytes(text->data, len);
	len += len < text->len;
	*text = sg_bytes(text->data + len, text->len - len);
	return trim(part);
}

static bool read_number(struct sg_bytes digits, unsigned *out)
{
	*out = 0;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return false;
		*out = 10 * *out + (digits.data[i] - '0');
	}
	return digits.len > 0 && digits.len <= 2 && *out < SG_PCRS;
}

/* Read "7 : 0xHEX" or "7=HEX" into the bank; SG_PCR_BANKS is one that is passed over. */
static bool read_value(struct sg_bytes text, size_t bank, struct sg_pcrs *out)
{
	struct sg_bytes number = take(&text, ":="), value = trim(text);
	struct sg_pcr_bank *to;
	unsigned n;

	if (!read_number(number, &n))
		return false;
	if (bank == SG_PCR_BANKS)
		return true;
	if (value.len > 2 && value.data[0] == '0' && (value.data[1] == 'x' || value.data[1] == 'X'))
		value = sg_bytes(value.data + 2, value.len - 2);
	to = &out->bank[bank];
	if ((to->known >> n & 1) != 0 ||
	    !sg_bytes_unhex(value, to->value[n], sg_pcr_hashes[bank].len))
		return false;
	to->selected |= UINT32_C(1) << n;
	to->known |= UINT32_C(1) << n;
	return true;
}

/* Read one line: the name of a bank, a value of it, or a bank with its values. */
static bool read_line(struct sg_bytes line, size_t *bank, bool *named, struct sg_pcrs *out)
{
	struct sg_bytes rest = line, first = take(&rest, ":");

	if (first.len > 0 && first.data[0] >= '0' && first.data[0] <= '9')
		return *named && read_value(line, *bank, out);
	if (first.len == line.len)
		return false;
	*bank = sg_pcr_hash_named(first);
	*named = true;
	while (trim(rest).len > 0)
		if (!read_value(take(&rest, ","), *bank, out))
			return false;
	return true;
}

enum sg_err unseal_pcrs_read(struct sg_bytes text, struct sg_pcrs *out)
{
	size_t bank = SG_PCR_BANKS;
	bool named = false;

	*out = (struct sg_pcrs){ 0 };
	while (text.len > 0) {
		struct sg_bytes line = take(&text, "\n+");

		if (line.len > 0 && !read_line(line, &bank, &named, out))
			return SG_ERR_FORMAT;
	}
	return sg_pcrs_any(out) ? SG_OK : SG_ERR_FORMAT;
}

/* Name the lowest PCR of a set. */
static void name(enum sg_digest_alg bank, uint32_t set, char which[64])
{
	unsigned n = 0;

	while ((set >> n & 1) == 0)
		n++;
	snprintf(which, 64, "PCR %u of %s", n, sg_pcr_hashes[bank].name);
}

/* Compare the values that were sealed themselves. */
static enum unseal_policy compare_sealed(const struct sg_pcrs *sealed, const struct sg_pcrs *values,
                                         char which[64])
{
	for (int i = 0; i < SG_PCR_BANKS; i++) {
		uint32_t unknown = sealed->bank[i].selected & ~values->bank[i].known, differ;

		if (unknown != 0) {
			name(i, unknown, which);
			return UNSEAL_POLICY_UNKNOWN;
		}
		differ = sg_pcr_bank_differing(i, &sealed->bank[i], &values->bank[i]);
		if (differ != 0) {
			name(i, differ, which);
			return UNSEAL_POLICY_DIFFERS;
		}
	}
	return UNSEAL_POLICY_HOLDS;
}

/* Tell whether a signature is over these values. */
static enum sg_err is_over(const struct sg_policy_signature *one, const struct sg_pcrs *values,
                           bool *over)
{
	struct sg_pcrs these = { 0 };
	uint8_t digest[SG_POLICY_DIGEST];
	enum sg_err err;

	*over = false;
	these.bank[one->bank] = values->bank[one->bank];
	if (one->selected == 0 || (one->selected & ~these.bank[one->bank].known) != 0)
		return SG_OK;
	these.bank[one->bank].selected = one->selected;
	err = sg_policy_pcr_digest(&these, digest);
	*over = err == SG_OK && memcmp(digest, one->policy, sizeof digest) == 0;
	return err;
}

/* Look for a signature of the signer over the values. */
static enum sg_err compare_signed(struct sg_bytes signer,
                                  const struct sg_policy_signatures *signatures,
                                  const struct sg_pcrs *values, enum unseal_policy *out)
{
	uint8_t print[SG_POLICY_DIGEST];
	bool over = false;
	enum sg_err err = sg_policy_signer_print(signer, print);

	for (size_t i = 0; i < signatures->n && err == SG_OK && !over; i++)
		if (memcmp(signatures->list[i].signer, print, sizeof print) == 0)
			err = is_over(&signatures->list[i], values, &over);
	*out = over ? UNSEAL_POLICY_HOLDS : UNSEAL_POLICY_UNSIGNED;
	return err;
}

enum sg_err unseal_pcrs_compare(const struct sg_policy *policy,
                                const struct sg_policy_signatures *signatures,
                                const struct sg_pcrs *values, enum unseal_policy *out,
                                char which[64])
{
	which[0] = '\0';
	*out = compare_sealed(&policy->pcrs, values, which);
	if (*out != UNSEAL_POLICY_HOLDS || policy->signer.len == 0)
		return SG_OK;
	return compare_signed(sg_buf_bytes(&policy->signer), signatures, values, out);
}
