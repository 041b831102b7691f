/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Hello and evidence, made as a machine would.
 */
#include "lib/enroller.h"

#include <check.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/ed25519.h"
#include "crypto/random.h"
#include "enroll/box.h"
#include "enroll/steps.h"
#include "util/cursor.h"

#define FIXED_TPM 0x02u
#define FIXED_PARENT 0x10u
#define BORN 0x20u
#define USER_WITH_AUTH 0x40u
#define ADMIN_WITH_POLICY 0x80u
#define NO_DA 0x400u
#define SIGN 0x40000u
#define CLOCK 5000000                   /* ms */
#define MS 1000
#define OWNER 0x40000001u

static void name_of(struct sg_bytes area, uint8_t name[SG_NODE_NAME])
{
	name[0] = 0x00;
	name[1] = 0x0b;
	ck_assert_int_eq(sg_digest_once(SG_SHA256, area, name + 2), SG_OK);
}

/* Write the qualified Name of a key: a hash of what is above it and of its Name. */
static void qualified_of(struct sg_bytes above, const uint8_t name[SG_NODE_NAME],
                         uint8_t out[SG_NODE_NAME])
{
	struct sg_buf both = { 0 };

	ck_assert_int_eq(sg_buf_set(&both, above), SG_OK);
	ck_assert_int_eq(sg_buf_append(&both, sg_bytes(name, SG_NODE_NAME)), SG_OK);
	name_of(sg_buf_bytes(&both), out);
	sg_buf_free(&both);
}

static void write_sized(struct sg_writer *w, const void *bytes, size_t len)
{
	sg_write_u16(w, (uint16_t)len);
	sg_write_bytes(w, sg_bytes(bytes, len));
}

void enroller_set(struct sg_buf *buf, const char *text)
{
	ck_assert_int_eq(sg_buf_set(buf, sg_bytes_str(text)), SG_OK);
}

static void copy(struct sg_buf *to, const struct sg_buf *from)
{
	ck_assert_int_eq(sg_buf_set(to, sg_buf_bytes(from)), SG_OK);
}

void enroller_say_hello(struct enroller *e)
{
	ck_assert_int_eq(sg_enroll_hello_write(&e->hello, &e->hello_json), SG_OK);
}

void enroller_make(struct enroller *e, enum sg_ek kind, const struct test_authority *by)
{
	const struct test_oddity none = { NULL };

	memset(e, 0, sizeof *e);
	soft_tpm_make(&e->tpm, kind);
	soft_tpm_spki(e->tpm.ek_key, &e->spki);
	enroller_set(&e->hello.token, "a token");
	enroller_set(&e->hello.host, "worker");
	enroller_set(&e->hello.software, "test");
	sg_random(e->hello.nonce, sizeof e->hello.nonce);
	e->hello.clock = CLOCK;
	e->hello.ek_kind = kind;
	copy(&e->hello.ek, &e->tpm.ek);
	copy(&e->hello.ak, &e->tpm.ak);
	copy(&e->hello.parent, &e->tpm.parent);
	if (by != NULL)
		test_endorse(by, e->tpm.ek_key, &none, &e->hello.chain[0]);
	e->hierarchy = OWNER;
	e->clock = CLOCK + MS;
	e->safe = true;
	enroller_say_hello(e);
}

/* What belongs to one challenge. */
static void forget(struct enroller *e)
{
	sg_secret_free(&e->key);
	sg_policy_clear(&e->policy);
	sg_enroll_evidence_clear(&e->evidence);
	memset(&e->evidence, 0, sizeof e->evidence);
}

void enroller_free(struct enroller *e)
{
	forget(e);
	soft_tpm_free(&e->tpm);
	sg_buf_free(&e->spki);
	sg_buf_free(&e->hello_json);
	sg_enroll_hello_clear(&e->hello);
	sg_enroll_challenge_clear(&e->challenge);
}

static void stage(struct enroller *e, enum enroller_stage now)
{
	if (e->change != NULL)
		e->change(e, now);
}

/* Take the values that a challenge leaves open from what the PCRs are. */
static void read_pcrs(struct sg_bytes text, struct sg_pcrs *out)
{
	struct sg_policy policy = { .until = 0 };

	ck_assert_int_eq(sg_policy_parse(text, &policy), SG_OK);
	*out = policy.pcrs;
	for (size_t i = 0; i < SG_PCR_BANKS; i++) {
		struct sg_pcr_bank *bank = &out->bank[i];

		for (unsigned n = 0; n < SG_PCRS; n++)
			if ((bank->selected & ~bank->known) >> n & 1)
				memset(bank->value[n], (int)(0x10 + n), sg_pcr_hashes[i].len);
		bank->known = bank->selected;
	}
	sg_policy_clear(&policy);
}

static void choose_policy(struct enroller *e)
{
	EVP_PKEY *lock;

	read_pcrs(sg_buf_bytes(&e->challenge.pcrs), &e->policy.pcrs);
	if (e->challenge.lifetime > 0)
		e->policy.until = e->hello.clock + MS * e->challenge.lifetime;
	if (e->challenge.origin == SG_ORIGIN_TPM) {
		lock = EVP_EC_gen("P-256");
		soft_tpm_spki(lock, &e->policy.signer);
		EVP_PKEY_free(lock);
	}
}

static void take_public(struct enroller *e)
{
	memcpy(e->evidence.key, sg_ed25519_public(e->key).data, sizeof e->evidence.key);
}

/* Open what was minted. */
static bool take_minted(struct enroller *e)
{
	const struct sg_enroll_challenge *c = &e->challenge;
	struct sg_secret *box_key = NULL, *duplicate = NULL, *seed = NULL;
	uint8_t name[SG_NODE_NAME];
	bool done;

	name_of(sg_buf_bytes(&e->tpm.parent), name);
	done = soft_tpm_activate(&e->tpm, sg_bytes(name, sizeof name),
	                         sg_buf_bytes(&c->parent_credential),
	                         sg_buf_bytes(&c->parent_credential_seed), &box_key) &&
	       sg_enroll_box_open(box_key, sg_buf_bytes(&c->object), sg_buf_bytes(&c->seed),
	                          sg_buf_bytes(&c->duplicate), &duplicate) == SG_OK &&
	       soft_tpm_import(&e->tpm, sg_buf_bytes(&c->object), sg_secret_bytes(duplicate),
	                       sg_buf_bytes(&c->seed), &seed) &&
	       sg_ed25519_from_seed(sg_secret_bytes(seed), &e->key) == SG_OK;
	sg_secret_free(&box_key);
	sg_secret_free(&duplicate);
	sg_secret_free(&seed);
	if (done)
		take_public(e);
	copy(&e->evidence.object, &c->object);
	return done;
}

static void write_object(struct enroller *e)
{
	struct sg_writer w = sg_writer(&e->evidence.object);
	uint8_t digest[SG_POLICY_DIGEST], unique[32];
	const bool empty = e->steps == NULL && sg_policy_empty(&e->policy);
	struct sg_enroll_policy replayed;

	sg_random(unique, sizeof unique);
	ck_assert_int_eq(sg_policy_digest(&e->policy, digest), SG_OK);
	if (e->steps != NULL) {
		ck_assert_int_eq(sg_enroll_steps_replay(sg_bytes_str(e->steps), &replayed),
		                 SG_ENROLL_OK);
		memcpy(digest, replayed.digest, sizeof digest);
	}
	sg_write_u16(&w, 0x0008);
	sg_write_u16(&w, 0x000b);
	sg_write_u32(&w, e->attributes);
	write_sized(&w, digest, empty ? 0 : sizeof digest);
	sg_write_u16(&w, e->hmac ? 0x0005 : 0x0010);
	if (e->hmac)
		sg_write_u16(&w, 0x000b);
	write_sized(&w, unique, sizeof unique);
	ck_assert_int_eq(w.err, SG_OK);
}

static void make_object(struct enroller *e)
{
	const bool derived = e->challenge.origin == SG_ORIGIN_TPM;

	ck_assert_int_eq(sg_ed25519_generate(&e->key), SG_OK);
	take_public(e);
	e->hmac = derived;
	e->attributes = FIXED_TPM | FIXED_PARENT | NO_DA | (derived ? BORN | SIGN : 0) |
	                (sg_policy_empty(&e->policy) ? USER_WITH_AUTH : ADMIN_WITH_POLICY);
	stage(e, ENROLLER_OBJECT);
	write_object(e);
	if (derived)
		enroller_set(&e->evidence.label, "signet");
}

static void name_parent(struct enroller *e)
{
	uint8_t hierarchy[4];

	sg_put_u32(hierarchy, e->hierarchy);
	name_of(sg_buf_bytes(&e->tpm.parent), e->parent_name);
	qualified_of(sg_bytes(hierarchy, sizeof hierarchy), e->parent_name, e->parent_qualified);
}

static void make_creation(struct enroller *e)
{
	struct sg_writer w = sg_writer(&e->evidence.creation);
	uint8_t digest[32] = { 0 };

	ck_assert_int_eq(sg_enroll_outside(e->challenge.nonce,
	                                   e->hmac ? NULL : e->evidence.key,
	                                   e->outside), SG_OK);
	stage(e, ENROLLER_CREATION);
	sg_write_u32(&w, 0);
	write_sized(&w, digest, sizeof digest);
	sg_write_u8(&w, 1);
	sg_write_u16(&w, 0x000b);
	write_sized(&w, e->parent_name, sizeof e->parent_name);
	write_sized(&w, e->parent_qualified, sizeof e->parent_qualified);
	write_sized(&w, e->outside, sizeof e->outside);
	ck_assert_int_eq(w.err, SG_OK);
	name_of(sg_buf_bytes(&e->evidence.object), e->object_name);
	ck_assert_int_eq(sg_digest_once(SG_SHA256, sg_buf_bytes(&e->evidence.creation),
	                                e->creation_hash), SG_OK);
}

static void write_attest_head(const struct enroller_attest *from, struct sg_writer *w)
{
	sg_write_u32(w, from->magic);
	sg_write_u16(w, from->kind);
	write_sized(w, from->signer, sizeof from->signer);
	write_sized(w, from->extra, sizeof from->extra);
	for (int i = 0; i < 2; i++)
		sg_write_u64(w, UINT64_C(0x7777777777777777));
	sg_write_u8(w, 1);
	sg_write_u64(w, 0);
}

static void write_certified(const struct enroller *e, struct sg_writer *w)
{
	write_sized(w, e->object_name, sizeof e->object_name);
	write_sized(w, e->creation_hash, sizeof e->creation_hash);
}

static void write_quote(const struct enroller *e, struct sg_writer *w)
{
	sg_pcrs_selection(&e->pcrs, w);
	write_sized(w, e->pcrs_digest, sizeof e->pcrs_digest);
}

static void write_time(const struct enroller *e, struct sg_writer *w)
{
	sg_write_u64(w, e->clock);
	sg_write_u64(w, e->clock);
	sg_write_u32(w, 3);
	sg_write_u32(w, 4);
	sg_write_u8(w, e->safe);
	sg_write_u64(w, 5);
}

static void write_attest(const struct enroller *e, const struct enroller_attest *from,
                         void (*body)(const struct enroller *e, struct sg_writer *w),
                         struct sg_enroll_attest *out)
{
	struct sg_writer w = sg_writer(&out->attest);

	if (from->missing)
		return;
	write_attest_head(from, &w);
	body(e, &w);
	ck_assert_int_eq(w.err, SG_OK);
}

static void sign_attest(const struct enroller *e, struct sg_enroll_attest *attest)
{
	if (attest->attest.len > 0)
		soft_tpm_sign(e->signer, sg_buf_bytes(&attest->attest), &attest->signature);
}

static void quote_values(struct enroller *e)
{
	struct sg_policy quoted = { .until = 0 };

	read_pcrs(sg_buf_bytes(&e->challenge.quote), &e->pcrs);
	quoted.pcrs = e->pcrs;
	ck_assert_int_eq(sg_policy_text(&quoted, true, &e->evidence.quoted), SG_OK);
	ck_assert_int_eq(sg_pcrs_digest(&e->pcrs, e->pcrs_digest), SG_OK);
}

static void attest(struct enroller *e)
{
	struct enroller_attest common = { .magic = 0xff544347u };
	uint8_t name[SG_NODE_NAME];

	/* Anew: what a test has the creation data say is not what the signer is below. */
	name_parent(e);
	name_of(sg_buf_bytes(&e->tpm.ak), name);
	qualified_of(sg_bytes(e->parent_qualified, SG_NODE_NAME), name, common.signer);
	ck_assert_int_eq(sg_enroll_qualifying(e->transcript, e->evidence.key, common.extra), SG_OK);
	e->certified = e->quote = e->time = common;
	e->certified.kind = 0x801a;
	e->quote.kind = 0x8018;
	e->time.kind = 0x8019;
	e->certified.missing = e->challenge.origin == SG_ORIGIN_VAULT;
	e->quote.missing = e->challenge.quote.len == 0;
	e->signer = e->tpm.ak_key;
	quote_values(e);
	stage(e, ENROLLER_ATTEST);
	write_attest(e, &e->certified, write_certified, &e->evidence.certified);
	write_attest(e, &e->quote, write_quote, &e->evidence.quote);
	write_attest(e, &e->time, write_time, &e->evidence.time);
	stage(e, ENROLLER_SIGN);
	sign_attest(e, &e->evidence.certified);
	sign_attest(e, &e->evidence.quote);
	sign_attest(e, &e->evidence.time);
}

static bool open_credential(struct enroller *e)
{
	uint8_t name[SG_NODE_NAME];
	struct sg_secret *credential = NULL;
	bool done;

	name_of(sg_buf_bytes(&e->tpm.ak), name);
	done = soft_tpm_activate(&e->tpm, sg_bytes(name, sizeof name),
	                         sg_buf_bytes(&e->challenge.credential),
	                         sg_buf_bytes(&e->challenge.credential_seed), &credential) &&
	       sg_enroll_opened(credential, e->transcript, e->evidence.opened) == SG_OK;
	sg_secret_free(&credential);
	return done;
}

void enroller_prove(struct enroller *e)
{
	uint8_t digest[SG_ENROLL_HASH];

	ck_assert_int_eq(sg_enroll_evidence_digest(&e->evidence, e->transcript, digest), SG_OK);
	ck_assert_int_eq(sg_ed25519_sign(sg_secret_bytes(e->key), sg_bytes(digest, sizeof digest),
	                                 e->evidence.proof), SG_OK);
}

bool enroller_answer(struct enroller *e, struct sg_bytes challenge_json)
{
	forget(e);
	ck_assert_int_eq(sg_enroll_transcript(sg_buf_bytes(&e->hello_json), challenge_json,
	                                      e->transcript), SG_OK);
	if (!open_credential(e))
		return false;
	memcpy(e->evidence.session, e->challenge.session, sizeof e->evidence.session);
	e->evidence.origin = e->challenge.origin;
	choose_policy(e);
	name_parent(e);
	if (e->challenge.origin != SG_ORIGIN_VAULT) {
		make_object(e);
		make_creation(e);
	} else if (!take_minted(e)) {
		return false;
	}
	if (e->steps != NULL)
		enroller_set(&e->evidence.steps, e->steps);
	else
		ck_assert_int_eq(sg_enroll_steps_write(&e->policy, &e->evidence.steps), SG_OK);
	attest(e);
	stage(e, ENROLLER_PROOF);
	enroller_prove(e);
	stage(e, ENROLLER_END);
	return true;
}
