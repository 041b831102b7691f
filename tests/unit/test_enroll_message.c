/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The messages of an enrolment: written, read, and refused.
 */
#include "enroll/message.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hex.h"
#include "lib/runner.h"

static struct sg_enroll_hello hello, hello_read;
static struct sg_enroll_challenge challenge, challenge_read;
static struct sg_enroll_evidence evidence, evidence_read;
static struct sg_enroll_identity identity, identity_read;
static struct sg_buf json, again;

static void set(struct sg_buf *buf, const char *text)
{
	ck_assert_int_eq(sg_buf_set(buf, sg_bytes_str(text)), SG_OK);
}

static void fill(struct sg_buf *buf, uint8_t c, size_t n)
{
	buf->len = 0;
	ck_assert_int_eq(sg_buf_reserve(buf, n), SG_OK);
	memset(buf->data, c, n);
	buf->len = n;
}

static void set_up_hello(void)
{
	set(&hello.token, "a token");
	set(&hello.host, "web-7");
	set(&hello.software, "signet 0.1.0");
	hello.class = SG_CLASS_AGENT;
	hello.origin = SG_ORIGIN_TPM;
	hello.clock = 1234567;
	hello.ek_kind = SG_EK_RSA2048;
	memset(hello.nonce, 1, sizeof hello.nonce);
	fill(&hello.ek, 2, 120);
	fill(&hello.chain[0], 3, 1000);
	fill(&hello.chain[1], 4, 1001);
	fill(&hello.ak, 5, 90);
	fill(&hello.parent, 6, 91);
}

static void set_up_challenge(void)
{
	memset(challenge.session, 1, sizeof challenge.session);
	memset(challenge.nonce, 2, sizeof challenge.nonce);
	challenge.expires = 1800000000;
	challenge.origin = SG_ORIGIN_VAULT;
	fill(&challenge.credential, 3, 70);
	fill(&challenge.credential_seed, 4, 256);
	challenge.lifetime = 3600;
	set(&challenge.pcrs, "pcr=sha256:7");
	set(&challenge.quote, "pcr=sha256:0,7");
	challenge.eventlog = true;
	fill(&challenge.object, 5, 90);
	fill(&challenge.duplicate, 6, 200);
	fill(&challenge.seed, 7, 68);
	fill(&challenge.parent_credential, 8, 70);
	fill(&challenge.parent_credential_seed, 9, 68);
	memset(challenge.key, 10, sizeof challenge.key);
}

static void set_up_attest(struct sg_enroll_attest *attest, uint8_t c)
{
	fill(&attest->attest, c, 171);
	fill(&attest->signature, c, 64);
}

static void set_up_evidence(void)
{
	memset(evidence.session, 1, sizeof evidence.session);
	memset(evidence.opened, 2, sizeof evidence.opened);
	evidence.origin = SG_ORIGIN_HOST;
	memset(evidence.key, 3, sizeof evidence.key);
	fill(&evidence.object, 4, 90);
	fill(&evidence.creation, 5, 110);
	set_up_attest(&evidence.certified, 6);
	set(&evidence.steps, "[{\"step\":\"auth-value\"}]");
	fill(&evidence.label, 7, 20);
	set(&evidence.quoted, "pcr=sha256:7=00");
	set_up_attest(&evidence.quote, 8);
	fill(&evidence.eventlog, 9, SG_ENROLL_EVENTLOG_MAX);
	set_up_attest(&evidence.time, 10);
	fill(&evidence.request, 11, 700);
	memset(evidence.proof, 12, sizeof evidence.proof);
}

static void set_up_identity(void)
{
	set(&identity.id, "9b2c1f60-5d6e-4c11-8b6e-0d7b8f0a2b3c");
	set(&identity.name, "wörker-1");
	set(&identity.vault, "vault");
	set(&identity.api_url, "https://vault.example");
	identity.level = SG_LEVEL_BORN;
	identity.approved = true;
	identity.expires = 1800000000000;
	memset(identity.key, 1, sizeof identity.key);
}

static void set_up(void)
{
	set_up_hello();
	set_up_challenge();
	set_up_evidence();
	set_up_identity();
}

static void tear_down(void)
{
	sg_enroll_hello_clear(&hello);
	sg_enroll_hello_clear(&hello_read);
	sg_enroll_challenge_clear(&challenge);
	sg_enroll_challenge_clear(&challenge_read);
	sg_enroll_evidence_clear(&evidence);
	sg_enroll_evidence_clear(&evidence_read);
	sg_enroll_identity_clear(&identity);
	sg_enroll_identity_clear(&identity_read);
	sg_buf_free(&json);
	sg_buf_free(&again);
}

static void same(const struct sg_buf *a, const struct sg_buf *b)
{
	assert_bytes(sg_buf_bytes(a), sg_buf_bytes(b));
}

START_TEST(a_hello_is_read_as_it_was_written)
{
	ck_assert_int_eq(sg_enroll_hello_write(&hello, &json), SG_OK);
	ck_assert_int_eq(sg_enroll_hello_read(sg_buf_bytes(&json), &hello_read), SG_ENROLL_OK);
	same(&hello_read.token, &hello.token);
	same(&hello_read.host, &hello.host);
	same(&hello_read.software, &hello.software);
	ck_assert_int_eq(hello_read.class, SG_CLASS_AGENT);
	ck_assert_int_eq(hello_read.origin, SG_ORIGIN_TPM);
	ck_assert_int_eq(hello_read.ek_kind, SG_EK_RSA2048);
	ck_assert_uint_eq(hello_read.clock, 1234567);
	ck_assert_mem_eq(hello_read.nonce, hello.nonce, sizeof hello.nonce);
	same(&hello_read.ek, &hello.ek);
	for (size_t i = 0; i < SG_ENROLL_CHAIN_MAX; i++)
		same(&hello_read.chain[i], &hello.chain[i]);
	same(&hello_read.ak, &hello.ak);
	same(&hello_read.parent, &hello.parent);
}
END_TEST

START_TEST(a_challenge_is_read_as_it_was_written)
{
	ck_assert_int_eq(sg_enroll_challenge_write(&challenge, &json), SG_OK);
	ck_assert_int_eq(sg_enroll_challenge_read(sg_buf_bytes(&json), &challenge_read),
	                 SG_ENROLL_OK);
	ck_assert_mem_eq(challenge_read.session, challenge.session, sizeof challenge.session);
	ck_assert_uint_eq(challenge_read.expires, challenge.expires);
	ck_assert_uint_eq(challenge_read.lifetime, challenge.lifetime);
	ck_assert_int_eq(challenge_read.origin, SG_ORIGIN_VAULT);
	ck_assert(challenge_read.eventlog);
	same(&challenge_read.quote, &challenge.quote);
	same(&challenge_read.parent_credential_seed, &challenge.parent_credential_seed);
	ck_assert_mem_eq(challenge_read.key, challenge.key, sizeof challenge.key);
	ck_assert_int_eq(sg_enroll_challenge_write(&challenge_read, &again), SG_OK);
	same(&again, &json);
}
END_TEST

START_TEST(evidence_is_read_as_it_was_written)
{
	ck_assert_int_eq(sg_enroll_evidence_write(&evidence, &json), SG_OK);
	ck_assert_int_eq(sg_enroll_evidence_read(sg_buf_bytes(&json), &evidence_read), SG_ENROLL_OK);
	same(&evidence_read.certified.attest, &evidence.certified.attest);
	same(&evidence_read.time.signature, &evidence.time.signature);
	same(&evidence_read.eventlog, &evidence.eventlog);
	same(&evidence_read.steps, &evidence.steps);
	ck_assert_mem_eq(evidence_read.proof, evidence.proof, sizeof evidence.proof);
	ck_assert_int_eq(sg_enroll_evidence_write(&evidence_read, &again), SG_OK);
	same(&again, &json);
}
END_TEST

START_TEST(an_id_is_a_plain_name)
{
	static const struct {
		const char *id;
		enum sg_enroll_reason reason;
	} ids[] = {
		{ "7", SG_ENROLL_OK }, { "a.b-C_9", SG_ENROLL_OK }, { "../x", SG_ENROLL_FORMAT },
		{ ".", SG_ENROLL_FORMAT }, { "-a", SG_ENROLL_FORMAT }, { "a/b", SG_ENROLL_FORMAT },
		{ "a b", SG_ENROLL_FORMAT }, { "a\"", SG_ENROLL_FORMAT },
		{ "a\xc3\xb6", SG_ENROLL_FORMAT },
	};
	char id[SG_ENROLL_ID_MAX + 2] = "";

	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		set(&identity.id, ids[i].id);
		ck_assert_int_eq(sg_enroll_identity_write(&identity, &json), SG_OK);
		ck_assert_msg(sg_enroll_identity_read(sg_buf_bytes(&json), &identity_read) ==
		              ids[i].reason, "%s", ids[i].id);
		sg_enroll_identity_clear(&identity_read);
	}
	memset(id, 'a', SG_ENROLL_ID_MAX);
	set(&identity.id, id);
	ck_assert_int_eq(sg_enroll_identity_write(&identity, &json), SG_OK);
	ck_assert_int_eq(sg_enroll_identity_read(sg_buf_bytes(&json), &identity_read), SG_ENROLL_OK);
	id[SG_ENROLL_ID_MAX] = 'a';
	set(&identity.id, id);
	ck_assert_int_eq(sg_enroll_identity_write(&identity, &json), SG_ERR_FORMAT);
}
END_TEST

START_TEST(an_identity_is_read_as_it_was_written)
{
	ck_assert_int_eq(sg_enroll_identity_write(&identity, &json), SG_OK);
	ck_assert_int_eq(sg_enroll_identity_read(sg_buf_bytes(&json), &identity_read), SG_ENROLL_OK);
	same(&identity_read.name, &identity.name);
	ck_assert_int_eq(identity_read.level, SG_LEVEL_BORN);
	ck_assert(identity_read.approved);
	ck_assert_uint_eq(identity_read.expires, identity.expires);
	ck_assert_int_eq(sg_enroll_identity_write(&identity_read, &again), SG_OK);
	same(&again, &json);
}
END_TEST

START_TEST(what_may_be_left_out_is_left_out)
{
	sg_buf_free(&hello.chain[0]);
	ck_assert_int_eq(sg_enroll_hello_write(&hello, &json), SG_OK);
	ck_assert_ptr_null(memmem(json.data, json.len, "chain", 5));
	ck_assert_int_eq(sg_enroll_hello_read(sg_buf_bytes(&json), &hello_read), SG_ENROLL_OK);
	ck_assert_uint_eq(hello_read.chain[0].len, 0);

	memset(challenge.key, 0, sizeof challenge.key);
	ck_assert_int_eq(sg_enroll_challenge_write(&challenge, &json), SG_OK);
	ck_assert_ptr_null(memmem(json.data, json.len, "\"key\"", 5));
	ck_assert_int_eq(sg_enroll_challenge_read(sg_buf_bytes(&json), &challenge_read),
	                 SG_ENROLL_OK);
}
END_TEST

START_TEST(a_chain_has_a_bound_and_so_has_each_certificate)
{
	for (size_t i = 0; i < SG_ENROLL_CHAIN_MAX; i++)
		fill(&hello.chain[i], 3, SG_NODE_CERTIFICATE_MAX);
	ck_assert_int_eq(sg_enroll_hello_write(&hello, &json), SG_OK);
	ck_assert_int_eq(sg_enroll_hello_read(sg_buf_bytes(&json), &hello_read), SG_ENROLL_OK);
	same(&hello_read.chain[SG_ENROLL_CHAIN_MAX - 1], &hello.chain[0]);
	sg_enroll_hello_clear(&hello_read);
	fill(&hello.chain[1], 3, SG_NODE_CERTIFICATE_MAX + 1);
	ck_assert_int_eq(sg_enroll_hello_write(&hello, &json), SG_ERR_FORMAT);
}
END_TEST

START_TEST(a_certificate_that_is_too_long_is_not_read)
{
	char *text;

	fill(&hello.chain[0], 0, SG_NODE_CERTIFICATE_MAX);
	sg_buf_free(&hello.chain[1]);
	ck_assert_int_eq(sg_enroll_hello_write(&hello, &json), SG_OK);
	text = calloc(1, json.len + 64);
	memcpy(text, json.data, json.len);
	/* Three bytes more. */
	memmove(strstr(text, "AAAA") + 4, strstr(text, "AAAA"), strlen(strstr(text, "AAAA")) + 1);
	ck_assert_int_eq(sg_enroll_hello_read(sg_bytes_str(text), &hello_read), SG_ENROLL_TOO_LONG);
	free(text);
}
END_TEST

START_TEST(nothing_is_written_that_no_reader_takes)
{
	set(&hello.host, "two\nlines");
	ck_assert_int_eq(sg_enroll_hello_write(&hello, &json), SG_ERR_FORMAT);
	set(&hello.host, "");
	ck_assert_int_eq(sg_enroll_hello_write(&hello, &json), SG_ERR_FORMAT);
	fill(&hello.host, 'a', SG_ENROLL_TEXT_MAX + 1);
	ck_assert_int_eq(sg_enroll_hello_write(&hello, &json), SG_ERR_FORMAT);
	challenge.origin = SG_ORIGIN_ANY;
	ck_assert_int_eq(sg_enroll_challenge_write(&challenge, &json), SG_ERR_FORMAT);
	fill(&evidence.time.signature, 1, 63);
	ck_assert_int_eq(sg_enroll_evidence_write(&evidence, &json), SG_ERR_FORMAT);
	identity.expires = (uint64_t)INT64_MAX + 1;
	ck_assert_int_eq(sg_enroll_identity_write(&identity, &json), SG_ERR_FORMAT);
}
END_TEST

/* Change a member of the hello to the JSON in text, or take it away, and read the message. */
static enum sg_enroll_reason changed(const char *member, const char *text)
{
	json_t *object, *value = text != NULL ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
	enum sg_enroll_reason reason;
	char *message;

	ck_assert_int_eq(sg_enroll_hello_write(&hello, &json), SG_OK);
	object = json_loadb((const char *)json.data, json.len, 0, NULL);
	if (text != NULL) {
		ck_assert_ptr_nonnull(value);
		ck_assert_int_eq(json_object_set_new(object, member, value), 0);
	} else {
		ck_assert_int_eq(json_object_del(object, member), 0);
	}
	message = json_dumps(object, 0);
	reason = sg_enroll_hello_read(sg_bytes_str(message), &hello_read);
	sg_enroll_hello_clear(&hello_read);
	free(message);
	json_decref(object);
	return reason;
}

START_TEST(every_member_that_must_be_there_is_missed)
{
	static const char *const members[] = { "version", "message", "token", "host", "software",
	                                       "class", "origin", "nonce", "clock", "ekKind", "ek",
	                                       "ak", "parent" };

	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		ck_assert_msg(changed(members[i], NULL) == SG_ENROLL_FORMAT, "%s", members[i]);
	ck_assert_int_eq(changed("chain", NULL), SG_ENROLL_OK);
}
END_TEST

/* A member, what it is changed to, and why that is refused. */
struct change {
	const char *member, *value;
	enum sg_enroll_reason reason;
};

START_TEST(a_member_of_another_form_is_refused)
{
	static const struct change changes[] = {
		{ "version", "2", SG_ENROLL_VERSION },
		{ "version", "0", SG_ENROLL_VERSION },
		{ "version", "\"1\"", SG_ENROLL_FORMAT },
		{ "version", "1.0", SG_ENROLL_FORMAT },
		{ "message", "\"evidence\"", SG_ENROLL_FORMAT },
		{ "message", "1", SG_ENROLL_FORMAT },
		{ "more", "1", SG_ENROLL_FORMAT },
		{ "token", "\"\"", SG_ENROLL_FORMAT },
		{ "token", "null", SG_ENROLL_FORMAT },
		{ "host", "\"a\\u0007\"", SG_ENROLL_FORMAT },
		{ "host", "{\"a\":1}", SG_ENROLL_FORMAT },
		{ "class", "\"tunnel\"", SG_ENROLL_FORMAT },
		{ "class", "0", SG_ENROLL_FORMAT },
		{ "origin", "\"Host\"", SG_ENROLL_FORMAT },
		{ "nonce", "\"AAAA\"", SG_ENROLL_FORMAT },
		{ "nonce", "\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==\"", SG_ENROLL_TOO_LONG },
		{ "clock", "-1", SG_ENROLL_FORMAT },
		{ "clock", "1.5", SG_ENROLL_FORMAT },
		{ "clock", "\"1\"", SG_ENROLL_FORMAT },
		{ "ek", "\"AAA\"", SG_ENROLL_FORMAT },
		{ "ek", "\"AA AA\"", SG_ENROLL_FORMAT },
		{ "ek", "\"AAB=\"", SG_ENROLL_FORMAT },
		{ "ek", "\"AAA=\\n\"", SG_ENROLL_FORMAT },
		{ "ek", "\"-_-_\"", SG_ENROLL_FORMAT },
		{ "ek", "\"\"", SG_ENROLL_FORMAT },
		{ "chain", "[]", SG_ENROLL_FORMAT },
		{ "chain", "\"AAAA\"", SG_ENROLL_FORMAT },
		{ "chain", "[\"AAAA\",1]", SG_ENROLL_FORMAT },
		{ "chain", "[\"AAAA\",\"\"]", SG_ENROLL_FORMAT },
		{ "chain", "[\"AA==\",\"AA==\",\"AA==\",\"AA==\",\"AA==\",\"AA==\",\"AA==\",\"AA==\","
		           "\"AA==\"]", SG_ENROLL_TOO_LONG },
	};

	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
		ck_assert_msg(changed(changes[i].member, changes[i].value) == changes[i].reason,
		              "%s %s", changes[i].member, changes[i].value);
}
END_TEST

START_TEST(what_is_longer_than_its_bound_is_refused)
{
	char text[SG_ENROLL_TEXT_MAX + 4] = "\"";

	memset(text + 1, 'a', SG_ENROLL_TEXT_MAX);
	text[SG_ENROLL_TEXT_MAX + 1] = '"';
	ck_assert_int_eq(changed("host", text), SG_ENROLL_OK);
	text[SG_ENROLL_TEXT_MAX + 1] = 'a';
	text[SG_ENROLL_TEXT_MAX + 2] = '"';
	ck_assert_int_eq(changed("host", text), SG_ENROLL_TOO_LONG);
}
END_TEST

START_TEST(a_message_that_is_too_long_is_not_looked_at)
{
	fill(&json, ' ', SG_ENROLL_MESSAGE_MAX + 1);
	ck_assert_int_eq(sg_enroll_evidence_read(sg_buf_bytes(&json), &evidence_read),
	                 SG_ENROLL_TOO_LONG);
}
END_TEST

START_TEST(no_member_may_be_there_twice)
{
	static const char twice[] = ",\"host\":\"web-8\"}";

	ck_assert_int_eq(sg_enroll_hello_write(&hello, &json), SG_OK);
	json.len--;
	ck_assert_int_eq(sg_buf_append(&json, sg_bytes_str(twice)), SG_OK);
	ck_assert_int_eq(sg_enroll_hello_read(sg_buf_bytes(&json), &hello_read), SG_ENROLL_FORMAT);
}
END_TEST

START_TEST(what_is_no_object_is_no_message)
{
	static const char *const wrong[] = { "", " ", "null", "[]", "\"hello\"", "1", "{}", "{",
	                                     "{\"version\":1,\"message\":\"hello\"}" };

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		ck_assert_msg(sg_enroll_hello_read(sg_bytes_str(wrong[i]), &hello_read) ==
		              SG_ENROLL_FORMAT, "%s", wrong[i]);
}
END_TEST

START_TEST(a_message_that_is_cut_short_anywhere_is_refused)
{
	ck_assert_int_eq(sg_enroll_identity_write(&identity, &json), SG_OK);
	for (size_t len = 0; len < json.len; len++) {
		ck_assert_int_ne(sg_enroll_identity_read(sg_bytes(json.data, len), &identity_read),
		                 SG_ENROLL_OK);
		sg_enroll_identity_clear(&identity_read);
	}
}
END_TEST

START_TEST(an_attestation_has_both_its_members_and_no_third)
{
	static const char *const wrong[] = {
		"{\"attest\":\"AAAA\"}", "{\"attest\":\"AAAA\",\"signature\":\"AAAA\"}", "[]",
		"\"AAAA\"", "{\"attest\":\"AAAA\",\"other\":\"AAAA\"}",
	};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		json_t *object;
		char *text;

		ck_assert_int_eq(sg_enroll_evidence_write(&evidence, &json), SG_OK);
		object = json_loadb((const char *)json.data, json.len, 0, NULL);
		json_object_set_new(object, "time", json_loads(wrong[i], JSON_DECODE_ANY, NULL));
		text = json_dumps(object, 0);
		ck_assert_int_eq(sg_enroll_evidence_read(sg_bytes_str(text), &evidence_read),
		                 SG_ENROLL_FORMAT);
		sg_enroll_evidence_clear(&evidence_read);
		free(text);
		json_decref(object);
	}
}
END_TEST

static void digest_of(uint8_t out[SG_ENROLL_HASH])
{
	ck_assert_int_eq(sg_enroll_evidence_digest(&evidence, repeat(13, 32).data, out), SG_OK);
}

START_TEST(the_proof_is_over_every_member_but_itself)
{
	uint8_t first[SG_ENROLL_HASH], other[SG_ENROLL_HASH];
	uint8_t *const places[] = {
		evidence.session, evidence.opened, evidence.key, evidence.object.data,
		evidence.creation.data, evidence.certified.attest.data,
		evidence.certified.signature.data, evidence.steps.data, evidence.label.data,
		evidence.quoted.data, evidence.quote.attest.data, evidence.quote.signature.data,
		evidence.eventlog.data, evidence.time.attest.data, evidence.time.signature.data,
		evidence.request.data, (uint8_t *)&evidence.origin,
	};

	digest_of(first);
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		places[i][0] ^= 2;
		digest_of(other);
		ck_assert_msg(memcmp(first, other, sizeof first) != 0, "%zu", i);
		places[i][0] ^= 2;
	}
	evidence.proof[0] ^= 1;
	digest_of(other);
	ck_assert_mem_eq(first, other, sizeof first);
	ck_assert_int_eq(sg_enroll_evidence_digest(&evidence, repeat(14, 32).data, other), SG_OK);
	ck_assert(memcmp(first, other, sizeof first) != 0);
}
END_TEST

START_TEST(the_digest_is_the_one_that_the_format_says)
{
	uint8_t out[SG_ENROLL_HASH];

	digest_of(out);
	assert_bytes(sg_bytes(out, sizeof out),
	             hex("9370dbb59147c347f47abcd1f20919ff395a0ad44099dd99b95455e6725028b5"));
}
END_TEST

START_TEST(names_are_found_again)
{
	for (unsigned i = 0; i < SG_ORIGINS; i++) {
		enum sg_enroll_origin found;

		ck_assert(sg_enroll_origin_find(sg_enroll_origin_name((enum sg_enroll_origin)i),
		                                &found));
		ck_assert_uint_eq(found, i);
	}
	for (unsigned i = 0; i < SG_CLASSES; i++) {
		enum sg_enroll_class found;

		ck_assert(sg_enroll_class_find(sg_enroll_class_name((enum sg_enroll_class)i), &found));
		ck_assert_uint_eq(found, i);
	}
	for (unsigned i = 0; i < SG_LEVELS; i++) {
		enum sg_enroll_level found;

		ck_assert(sg_enroll_level_find(sg_enroll_level_name((enum sg_enroll_level)i), &found));
		ck_assert_uint_eq(found, i);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("enrolment messages");
	TCase *tcase = tcase_create("messages");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_hello_is_read_as_it_was_written);
	tcase_add_test(tcase, a_challenge_is_read_as_it_was_written);
	tcase_add_test(tcase, evidence_is_read_as_it_was_written);
	tcase_add_test(tcase, an_id_is_a_plain_name);
	tcase_add_test(tcase, an_identity_is_read_as_it_was_written);
	tcase_add_test(tcase, what_may_be_left_out_is_left_out);
	tcase_add_test(tcase, a_chain_has_a_bound_and_so_has_each_certificate);
	tcase_add_test(tcase, a_certificate_that_is_too_long_is_not_read);
	tcase_add_test(tcase, nothing_is_written_that_no_reader_takes);
	tcase_add_test(tcase, every_member_that_must_be_there_is_missed);
	tcase_add_test(tcase, a_member_of_another_form_is_refused);
	tcase_add_test(tcase, what_is_longer_than_its_bound_is_refused);
	tcase_add_test(tcase, a_message_that_is_too_long_is_not_looked_at);
	tcase_add_test(tcase, no_member_may_be_there_twice);
	tcase_add_test(tcase, what_is_no_object_is_no_message);
	tcase_add_test(tcase, a_message_that_is_cut_short_anywhere_is_refused);
	tcase_add_test(tcase, an_attestation_has_both_its_members_and_no_third);
	tcase_add_test(tcase, the_proof_is_over_every_member_but_itself);
	tcase_add_test(tcase, the_digest_is_the_one_that_the_format_says);
	tcase_add_test(tcase, names_are_found_again);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
