/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Policies as people write them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crypto/spki.h"
#include "seal/policy.h"
#include "util/log.h"

/* Take what stands before the first separator off the text, and the separator too. */
static struct sg_bytes take(struct sg_bytes *text, char separator)
{
	const uint8_t *end = text->len > 0 ? memchr(text->data, separator, text->len) : NULL;
	size_t len = end != NULL ? (size_t)(end - text->data) : text->len;
	struct sg_bytes part = sg_bytes(text->data, len);

	if (end != NULL)
		len++;
	*text = sg_bytes(text->data + len, text->len - len);
	return part;
}

static bool read_index(struct sg_bytes digits, unsigned *index)
{
	*index = 0;
	if (digits.len == 0 || digits.len > 2)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return false;
		*index = 10 * *index + (digits.data[i] - '0');
	}
	return *index < SG_PCRS;
}

/* "7" or "7=HEX". */
static enum sg_err parse_pcr(struct sg_bytes text, const struct sg_pcr_hash *hash,
                             struct sg_pcr_bank *bank)
{
	struct sg_bytes whole = text, digits = take(&text, '=');
	bool given = digits.len < whole.len;
	unsigned n;

	if (!read_index(digits, &n)) {
		sg_log(SG_LOG_ERROR, "\"%.*s\" is not the number of a PCR, 0 to %d",
		       (int)digits.len, (const char *)digits.data, SG_PCRS - 1);
		return SG_ERR_FORMAT;
	}
	if ((bank->selected >> n & 1) != 0) {
		sg_log(SG_LOG_ERROR, "PCR %u of %s is named twice", n, hash->name);
		return SG_ERR_FORMAT;
	}
	bank->selected |= UINT32_C(1) << n;
	if (!given)
		return SG_OK;
	if (!sg_bytes_unhex(text, bank->value[n], hash->len)) {
		sg_log(SG_LOG_ERROR, "the value of PCR %u of %s is not %zu hexadecimal digits", n,
		       hash->name, 2 * hash->len);
		return SG_ERR_FORMAT;
	}
	bank->known |= UINT32_C(1) << n;
	return SG_OK;
}

/* "sha256:7,11=HEX". */
static enum sg_err parse_pcrs(struct sg_bytes text, struct sg_policy *policy)
{
	struct sg_bytes name = take(&text, ':');
	size_t bank = sg_pcr_hash_named(name);
	enum sg_err err = SG_OK;

	if (bank == SG_PCR_BANKS) {
		sg_log(SG_LOG_ERROR, "\"%.*s\" is not a bank of PCRs: sha256, sha384 or sha512, and a "
		       "colon before the numbers", (int)name.len, (const char *)name.data);
		return SG_ERR_FORMAT;
	}
	do {
		err = parse_pcr(take(&text, ','), &sg_pcr_hashes[bank], &policy->pcrs.bank[bank]);
	} while (err == SG_OK && text.len > 0);
	return err;
}

static enum sg_err parse_signer(struct sg_bytes text, struct sg_policy *policy)
{
	uint8_t der[SG_POLICY_SIGNER_MAX];
	struct sg_spki spki;

	if (policy->signer.len > 0 || text.len > 2 * sizeof der ||
	    !sg_bytes_unhex(text, der, text.len / 2) ||
	    sg_spki_read(sg_bytes(der, text.len / 2), &spki) != SG_OK) {
		sg_log(SG_LOG_ERROR, "a policy has one signer, the DER of a P-256 or RSA public key "
		       "in hexadecimal");
		return SG_ERR_FORMAT;
	}
	return sg_buf_set(&policy->signer, sg_bytes(der, text.len / 2));
}

/* "86400000": no sign, no space, no zero in front, so that there is one spelling. */
static enum sg_err parse_until(struct sg_bytes text, struct sg_policy *policy)
{
	uint64_t ms = 0;
	bool good = policy->until == 0 && text.len > 0 && text.data[0] != '0';

	for (size_t i = 0; i < text.len && good; i++) {
		uint64_t digit = (uint64_t)text.data[i] - '0';

		good = digit <= 9 && ms <= (UINT64_MAX - digit) / 10;
		ms = 10 * ms + digit;
	}
	if (!good) {
		sg_log(SG_LOG_ERROR, "a policy has one time, in milliseconds of the TPM's clock, and "
		       "not \"%.*s\"", (int)text.len, (const char *)text.data);
		return SG_ERR_FORMAT;
	}
	policy->until = ms;
	return SG_OK;
}

static const struct clause {
	const char *name;
	enum sg_err (*parse)(struct sg_bytes text, struct sg_policy *policy);
} clauses[] = {
	{ "pcr", parse_pcrs },
	{ "signer", parse_signer },
	{ "until", parse_until },
};

static enum sg_err parse_clause(struct sg_bytes text, struct sg_policy *policy)
{
	struct sg_bytes name = take(&text, '=');

	for (size_t i = 0; i < sizeof clauses / sizeof clauses[0]; i++)
		if (sg_bytes_equal(name, sg_bytes_str(clauses[i].name)))
			return clauses[i].parse(text, policy);
	sg_log(SG_LOG_ERROR, "a policy has clauses \"pcr=BANK:PCR,...\", \"signer=KEY\" and "
	       "\"until=MILLISECONDS\", and no \"%.*s\"", (int)name.len, (const char *)name.data);
	return SG_ERR_FORMAT;
}

enum sg_err sg_policy_parse(struct sg_bytes text, struct sg_policy *policy)
{
	enum sg_err err = SG_OK;

	memset(policy, 0, sizeof *policy);
	if (text.len == 0)
		return SG_OK;
	if (text.len > SG_POLICY_TEXT_MAX || memchr(text.data, 0, text.len) != NULL) {
		sg_log(SG_LOG_ERROR, "a policy is at most %d characters of text",
		       SG_POLICY_TEXT_MAX);
		return SG_ERR_FORMAT;
	}
	while (err == SG_OK && text.len > 0)
		err = parse_clause(take(&text, ';'), policy);
	return err;
}

static void write_hex(struct sg_writer *w, struct sg_bytes bytes)
{
	char digits[2];

	for (size_t i = 0; i < bytes.len; i++) {
		sg_bytes_hex(sg_bytes(bytes.data + i, 1), digits);
		sg_write_bytes(w, sg_bytes(digits, 2));
	}
}

static void write_string(struct sg_writer *w, const char *s)
{
	sg_write_bytes(w, sg_bytes_str(s));
}

static void write_bank(struct sg_writer *w, const struct sg_pcr_bank *bank,
                       const struct sg_pcr_hash *hash, bool values)
{
	char number[16];
	bool first = true;

	write_string(w, w->buf->len > 0 ? ";pcr=" : "pcr=");
	write_string(w, hash->name);
	for (unsigned n = 0; n < SG_PCRS; n++) {
		if ((bank->selected >> n & 1) == 0)
			continue;
		snprintf(number, sizeof number, "%c%u", first ? ':' : ',', n);
		write_string(w, number);
		first = false;
		if (values && (bank->known >> n & 1) != 0) {
			write_string(w, "=");
			write_hex(w, sg_bytes(bank->value[n], hash->len));
		}
	}
}

enum sg_err sg_policy_text(const struct sg_policy *policy, bool values, struct sg_buf *out)
{
	struct sg_writer w = sg_writer(out);

	out->len = 0;
	for (size_t i = 0; i < SG_PCR_BANKS; i++)
		if (policy->pcrs.bank[i].selected != 0)
			write_bank(&w, &policy->pcrs.bank[i], &sg_pcr_hashes[i], values);
	if (policy->signer.len > 0) {
		write_string(&w, out->len > 0 ? ";signer=" : "signer=");
		write_hex(&w, sg_buf_bytes(&policy->signer));
	}
	if (policy->until != 0) {
		char number[24];

		snprintf(number, sizeof number, "%" PRIu64, policy->until);
		write_string(&w, out->len > 0 ? ";until=" : "until=");
		write_string(&w, number);
	}
	return w.err;
}
