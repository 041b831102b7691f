/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Policies: their stored form, and the digest that their steps make.
 */
#include "seal/policy.h"

#include <string.h>

#include "crypto/spki.h"
#include "seal/pin_index.h"

/* Command codes and algorithms [TPM2 Part 2 §6.3, §6.5.2]; they are part of digests. */
#define CC_POLICY_SECRET 0x00000151
#define CC_POLICY_AUTHORIZE 0x0000016a
#define CC_POLICY_AUTH_VALUE 0x0000016b
#define CC_POLICY_COUNTER_TIMER 0x0000016d
#define CC_POLICY_PCR 0x0000017f
#define ALG_RSA 0x0001
#define ALG_SHA256 0x000b
#define ALG_NULL 0x0010
#define ALG_ECC 0x0023
#define CURVE_P256 0x0003

/* userWithAuth, decrypt, sign: what systemd says of such a key. */
#define SIGNER_ATTRIBUTES 0x00060040
#define EXPONENT_DEFAULT 65537          /* stands as 0 in a public area [TPM2 Part 2 §12.2.3.5] */

#define CLOCK_AT 8                      /* in TPMS_TIME_INFO [TPM2 Part 2 §10.11.6] */
#define UNSIGNED_LT 0x0005              /* [TPM2 Part 2 §6.8] */

/* Kinds of steps; part of the format. */
enum step_kind {
	STEP_SIGNED = 1,                /* operand: the signer in DER */
	STEP_PCR = 2,                   /* operand: for each bank its hash, bitmap and values */
	STEP_AUTH = 3,                  /* no operand */
	STEP_INDEX = 4,                 /* operand: the index */
	STEP_CLOCK = 5,                 /* operand: ms of the TPM's clock */
};

bool sg_policy_empty(const struct sg_policy *policy)
{
	return !sg_pcrs_any(&policy->pcrs) && policy->signer.len == 0 &&
	       policy->until == 0 && policy->index.handle == 0 && !policy->auth;
}

enum sg_err sg_policy_copy(const struct sg_policy *from, struct sg_policy *to)
{
	to->pcrs = from->pcrs;
	to->until = from->until;
	to->index = from->index;
	to->auth = from->auth;
	return sg_buf_set(&to->signer, sg_buf_bytes(&from->signer));
}

void sg_policy_clear(struct sg_policy *policy)
{
	sg_buf_free(&policy->signer);
	memset(policy, 0, sizeof *policy);
}

/* What signer, PCRs, clock, index and authValue are in the list of steps, in the order in which
 * they run: PolicyAuthorize forgets what was asserted before it, and where the PCRs do not fit or
 * the time is over no try of the PIN is to be spent. */
static void write_pcrs(const struct sg_policy *policy, struct sg_writer *w)
{
	for (size_t i = 0; i < SG_PCR_BANKS; i++) {
		const struct sg_pcr_bank *bank = &policy->pcrs.bank[i];

		if (bank->selected == 0)
			continue;
		sg_write_u16(w, sg_pcr_hashes[i].id);
		sg_write_u32(w, bank->selected);
		for (size_t n = 0; n < SG_PCRS; n++)
			if ((bank->selected >> n & 1) != 0)
				sg_write_bytes(w, sg_bytes(bank->value[n], sg_pcr_hashes[i].len));
	}
}

static enum sg_err read_pcrs(struct sg_bytes operand, struct sg_policy *policy)
{
	struct sg_reader r = sg_reader(operand);

	for (size_t i = 0; i < SG_PCR_BANKS && r.rest.len > 0; i++) {
		struct sg_pcr_bank *bank = &policy->pcrs.bank[i];
		struct sg_reader peek = r;

		if (sg_read_u16(&peek) != sg_pcr_hashes[i].id)
			continue;
		r = peek;
		bank->selected = bank->known = sg_read_u32(&r);
		if (bank->selected == 0 || bank->selected >> SG_PCRS != 0)
			return SG_ERR_FORMAT;
		for (size_t n = 0; n < SG_PCRS; n++) {
			if ((bank->selected >> n & 1) != 0) {
				struct sg_bytes value = sg_read_bytes(&r, sg_pcr_hashes[i].len);

				if (!r.failed)
					memcpy(bank->value[n], value.data, value.len);
			}
		}
	}
	return sg_reader_done(&r) && sg_pcrs_any(&policy->pcrs) ? SG_OK : SG_ERR_FORMAT;
}

static void write_signer(const struct sg_policy *policy, struct sg_writer *w)
{
	sg_write_bytes(w, sg_buf_bytes(&policy->signer));
}

static enum sg_err read_signer(struct sg_bytes operand, struct sg_policy *policy)
{
	struct sg_spki spki;
	enum sg_err err = sg_spki_read(operand, &spki);

	return err == SG_OK ? sg_buf_set(&policy->signer, operand) : err;
}

static void write_clock(const struct sg_policy *policy, struct sg_writer *w)
{
	sg_write_u64(w, policy->until);
}

static enum sg_err read_clock(struct sg_bytes operand, struct sg_policy *policy)
{
	struct sg_reader r = sg_reader(operand);

	policy->until = sg_read_u64(&r);
	return sg_reader_done(&r) && policy->until > 0 ? SG_OK : SG_ERR_FORMAT;
}

static void write_index(const struct sg_policy *policy, struct sg_writer *w)
{
	sg_pin_index_write(&policy->index, w);
}

static enum sg_err read_index(struct sg_bytes operand, struct sg_policy *policy)
{
	struct sg_reader r = sg_reader(operand);

	sg_pin_index_read(&r, &policy->index);
	return sg_reader_done(&r) ? SG_OK : SG_ERR_FORMAT;
}

static void write_nothing(const struct sg_policy *policy, struct sg_writer *w)
{
	(void)policy;
	(void)w;
}

static enum sg_err read_auth(struct sg_bytes operand, struct sg_policy *policy)
{
	policy->auth = true;
	return operand.len == 0 ? SG_OK : SG_ERR_FORMAT;
}

static bool has_signer(const struct sg_policy *policy)
{
	return policy->signer.len > 0;
}

static bool has_pcrs(const struct sg_policy *policy)
{
	return sg_pcrs_any(&policy->pcrs);
}

static bool has_clock(const struct sg_policy *policy)
{
	return policy->until != 0;
}

static bool has_index(const struct sg_policy *policy)
{
	return policy->index.handle != 0;
}

static bool has_auth(const struct sg_policy *policy)
{
	return policy->auth;
}

/* policyDigest = SHA-256(policyDigest ‖ parts). */
static enum sg_err extend(uint8_t digest[SG_POLICY_DIGEST], const struct sg_bytes *parts, size_t n)
{
	struct sg_digest *d = NULL;
	enum sg_err err = sg_digest_new(SG_SHA256, &d);

	if (err == SG_OK)
		err = sg_digest_update(d, sg_bytes(digest, SG_POLICY_DIGEST));
	for (size_t i = 0; i < n && err == SG_OK; i++)
		err = sg_digest_update(d, parts[i]);
	if (err == SG_OK)
		err = sg_digest_final(d, digest);
	sg_digest_free(&d);
	return err;
}

/* The Name of the signer, and then an empty policyRef [TPM2 Part 3 §23.16]. */
static enum sg_err extend_signer(const struct sg_policy *policy, uint8_t digest[SG_POLICY_DIGEST])
{
	uint8_t code[4], name[2 + SG_POLICY_DIGEST] = { ALG_SHA256 >> 8, ALG_SHA256 & 0xff };
	struct sg_bytes parts[] = { sg_bytes(code, sizeof code), sg_bytes(name, sizeof name) };
	struct sg_buf area = { 0 };
	struct sg_writer w = sg_writer(&area);
	enum sg_err err;

	sg_put_u32(code, CC_POLICY_AUTHORIZE);
	memset(digest, 0, SG_POLICY_DIGEST);
	err = sg_policy_signer_area(sg_buf_bytes(&policy->signer), &w);
	if (err == SG_OK)
		err = sg_digest_once(SG_SHA256, sg_buf_bytes(&area), name + 2);
	if (err == SG_OK)
		err = extend(digest, parts, 2);
	if (err == SG_OK)
		err = extend(digest, NULL, 0);
	sg_buf_free(&area);
	return err;
}

static enum sg_err extend_values(const struct sg_pcrs *pcrs, uint8_t digest[SG_POLICY_DIGEST])
{
	uint8_t code[4], values[SG_POLICY_DIGEST];
	struct sg_buf selection = { 0 };
	struct sg_writer w = sg_writer(&selection);
	enum sg_err err;

	sg_put_u32(code, CC_POLICY_PCR);
	sg_pcrs_selection(pcrs, &w);
	err = w.err != SG_OK ? w.err : sg_pcrs_digest(pcrs, values);
	if (err == SG_OK) {
		const struct sg_bytes parts[] = {
			sg_bytes(code, sizeof code), sg_buf_bytes(&selection),
			sg_bytes(values, sizeof values),
		};

		err = extend(digest, parts, 3);
	}
	sg_buf_free(&selection);
	return err;
}

enum sg_err sg_policy_pcr_digest(const struct sg_pcrs *pcrs, uint8_t out[SG_POLICY_DIGEST])
{
	memset(out, 0, SG_POLICY_DIGEST);
	return extend_values(pcrs, out);
}

static enum sg_err extend_pcrs(const struct sg_policy *policy, uint8_t digest[SG_POLICY_DIGEST])
{
	return extend_values(&policy->pcrs, digest);
}

/* A digest of what is compared, where and how [TPM2 Part 3 §23.8]. */
static enum sg_err extend_clock(const struct sg_policy *policy, uint8_t digest[SG_POLICY_DIGEST])
{
	uint8_t code[4], args[SG_POLICY_DIGEST];
	struct sg_bytes parts[] = { sg_bytes(code, sizeof code), sg_bytes(args, sizeof args) };
	struct sg_buf compared = { 0 };
	struct sg_writer w = sg_writer(&compared);
	enum sg_err err;

	sg_put_u32(code, CC_POLICY_COUNTER_TIMER);
	sg_write_u64(&w, policy->until);
	sg_write_u16(&w, CLOCK_AT);
	sg_write_u16(&w, UNSIGNED_LT);
	err = w.err;
	if (err == SG_OK)
		err = sg_digest_once(SG_SHA256, sg_buf_bytes(&compared), args);
	if (err == SG_OK)
		err = extend(digest, parts, 2);
	sg_buf_free(&compared);
	return err;
}

/* The Name of the written index, and then an empty policyRef [TPM2 Part 3 §23.4]. */
static enum sg_err extend_index(const struct sg_policy *policy, uint8_t digest[SG_POLICY_DIGEST])
{
	uint8_t code[4], name[SG_PIN_INDEX_NAME];
	struct sg_bytes parts[] = { sg_bytes(code, sizeof code), sg_bytes(name, sizeof name) };
	enum sg_err err = sg_pin_index_name(&policy->index, true, name);

	sg_put_u32(code, CC_POLICY_SECRET);
	if (err == SG_OK)
		err = extend(digest, parts, 2);
	return err == SG_OK ? extend(digest, NULL, 0) : err;
}

static enum sg_err extend_auth(const struct sg_policy *policy, uint8_t digest[SG_POLICY_DIGEST])
{
	uint8_t code[4];
	struct sg_bytes part = sg_bytes(code, sizeof code);

	(void)policy;
	sg_put_u32(code, CC_POLICY_AUTH_VALUE);
	return extend(digest, &part, 1);
}

/* The steps, in the order in which they run and are stored. */
static const struct step {
	enum step_kind kind;
	bool (*has)(const struct sg_policy *policy);
	void (*write)(const struct sg_policy *policy, struct sg_writer *w);
	enum sg_err (*read)(struct sg_bytes operand, struct sg_policy *policy);
	enum sg_err (*extend)(const struct sg_policy *policy, uint8_t digest[SG_POLICY_DIGEST]);
} steps[] = {
	{ STEP_SIGNED, has_signer, write_signer, read_signer, extend_signer },
	{ STEP_PCR, has_pcrs, write_pcrs, read_pcrs, extend_pcrs },
	{ STEP_CLOCK, has_clock, write_clock, read_clock, extend_clock },
	{ STEP_INDEX, has_index, write_index, read_index, extend_index },
	{ STEP_AUTH, has_auth, write_nothing, read_auth, extend_auth },
};

#define STEPS (sizeof steps / sizeof steps[0])

void sg_policy_write(const struct sg_policy *policy, struct sg_writer *w)
{
	for (size_t i = 0; i < STEPS; i++) {
		struct sg_buf operand = { 0 };
		struct sg_writer inner = sg_writer(&operand);

		if (!steps[i].has(policy))
			continue;
		steps[i].write(policy, &inner);
		sg_write_u8(w, (uint8_t)steps[i].kind);
		sg_write_var(w, sg_buf_bytes(&operand));
		if (w->err == SG_OK)
			w->err = inner.err;
		sg_buf_free(&operand);
	}
}

enum sg_err sg_policy_read(struct sg_bytes stored, struct sg_policy *policy)
{
	struct sg_reader r = sg_reader(stored);
	enum sg_err err = SG_OK;

	for (size_t i = 0; i < STEPS && r.rest.len > 0 && err == SG_OK; i++) {
		struct sg_reader peek = r;

		if (sg_read_u8(&peek) != steps[i].kind)
			continue;
		r = peek;
		err = steps[i].read(sg_read_var(&r, stored.len), policy);
	}
	if (err == SG_OK && !sg_reader_done(&r))
		err = SG_ERR_FORMAT;
	/* An index counts tries of a PIN: without one it is nobody's. */
	if (err == SG_OK && policy->index.handle != 0 && !policy->auth)
		err = SG_ERR_FORMAT;
	return err;
}

enum sg_err sg_policy_digest(const struct sg_policy *policy, uint8_t out[SG_POLICY_DIGEST])
{
	enum sg_err err = SG_OK;

	memset(out, 0, SG_POLICY_DIGEST);
	for (size_t i = 0; i < STEPS && err == SG_OK; i++)
		if (steps[i].has(policy))
			err = steps[i].extend(policy, out);
	return err;
}

static void write_sized(struct sg_writer *w, struct sg_bytes bytes)
{
	sg_write_u16(w, (uint16_t)bytes.len);
	sg_write_bytes(w, bytes);
}

enum sg_err sg_policy_signer_area(struct sg_bytes signer, struct sg_writer *w)
{
	struct sg_spki spki;
	enum sg_err err = sg_spki_read(signer, &spki);

	if (err != SG_OK)
		return err;
	sg_write_u16(w, spki.kind == SG_SPKI_RSA ? ALG_RSA : ALG_ECC);
	sg_write_u16(w, ALG_SHA256);
	sg_write_u32(w, SIGNER_ATTRIBUTES);
	sg_write_u16(w, 0);                     /* no authPolicy */
	sg_write_u16(w, ALG_NULL);              /* symmetric */
	sg_write_u16(w, ALG_NULL);              /* scheme */
	if (spki.kind == SG_SPKI_RSA) {
		sg_write_u16(w, (uint16_t)(8 * spki.key.len));
		sg_write_u32(w, spki.exponent == EXPONENT_DEFAULT ? 0 : spki.exponent);
		write_sized(w, spki.key);
	} else {
		const size_t half = (SG_P256_POINT - 1) / 2;

		sg_write_u16(w, CURVE_P256);
		sg_write_u16(w, ALG_NULL);      /* kdf */
		write_sized(w, sg_bytes(spki.key.data + 1, half));
		write_sized(w, sg_bytes(spki.key.data + 1 + half, half));
	}
	return w->err;
}
