/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Digests of bodies, Content-Digest, and the names and sentences of reasons.
 */
#include "lib/request.h"
#include "lib/runner.h"

#define N_REASONS 62

static struct sg_request_body *body;
static struct sg_request_digest digest = { .size = sizeof(digest) };

static void setup(void)
{
	body = NULL;
}

static void teardown(void)
{
	sg_request_body_free(&body);
}

static void hex_is(const uint8_t *bytes, size_t len, const char *expected)
{
	char text[129] = "";

	sg_bytes_hex(sg_bytes(bytes, len), text);
	text[2 * len] = 0;
	ck_assert_str_eq(text, expected);
}

START_TEST(no_body_and_an_empty_one_are_the_same)
{
	struct test_message message;
	struct test_signer signer;
	struct sg_request_signature *absent = NULL, *empty = NULL;
	struct sg_request_signing how = {
		.size = sizeof(how), .form = SG_REQUEST_VAULT, .sign = test_sign,
		.context = &signer, .id = sg_request_text("m"), .created = 1,
		.nonce = sg_request_text("n"),
	};

	test_signer_42(&signer);
	test_reason(sg_request_body_new(SG_REQUEST_SHA256 | SG_REQUEST_SHA512, &body),
	            SG_REQUEST_OK);
	test_reason(sg_request_body_end(body, &digest), SG_REQUEST_OK);
	ck_assert_uint_eq(digest.length, 0);
	hex_is(digest.sha256, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	hex_is(digest.sha512, 64, "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
	       "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e");
	test_message(&message, "GET", "/");
	test_reason(sg_request_sign(&message.message, &how, &absent), SG_REQUEST_OK);
	message.message.body = &digest;
	test_reason(sg_request_sign(&message.message, &how, &empty), SG_REQUEST_OK);
	ck_assert_uint_eq(absent->base.len, empty->base.len);
	ck_assert_mem_eq(absent->base.data, empty->base.data, absent->base.len);
	/* Also where a digest is written for it. */
	sg_request_signature_free(&absent);
	how.form = SG_REQUEST_RFC9421;
	how.components = sg_request_text("\"content-digest\"");
	how.digests = SG_REQUEST_SHA512;
	message.message.body = NULL;
	test_reason(sg_request_sign(&message.message, &how, &absent), SG_REQUEST_OK);
	test_text_eq(absent->fields[0].value, "sha-512=:z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8"
	             "XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==:");
	sg_request_signature_free(&absent);
	sg_request_signature_free(&empty);
}
END_TEST

START_TEST(a_body_in_parts_is_the_body)
{
	static char large[1 << 20];
	struct sg_request_digest whole = { .size = sizeof(whole) };

	memset(large, 'x', sizeof(large));
	test_reason(sg_request_body_once(SG_REQUEST_SHA256, large, sizeof(large), &whole),
	            SG_REQUEST_OK);
	ck_assert_uint_eq(whole.have, SG_REQUEST_SHA256);
	test_reason(sg_request_body_new(0, &body), SG_REQUEST_OK);
	for (size_t done = 0, part = 1; done < sizeof(large); done += part, part = part * 3 + 1) {
		if (part > sizeof(large) - done)
			part = sizeof(large) - done;
		test_reason(sg_request_body_add(body, large + done, part), SG_REQUEST_OK);
		test_reason(sg_request_body_add(body, NULL, 0), SG_REQUEST_OK);
	}
	test_reason(sg_request_body_end(body, &digest), SG_REQUEST_OK);
	ck_assert_uint_eq(digest.length, sizeof(large));
	ck_assert_mem_eq(digest.sha256, whole.sha256, 32);
	ck_assert(sg_request_body_add(body, "x", 1) != SG_REQUEST_OK);
}
END_TEST

START_TEST(arguments_that_are_none_are_refused)
{
	test_reason(sg_request_body_new(4, &body), SG_REQUEST_ARGUMENT);
	ck_assert_ptr_null(body);
	test_reason(sg_request_body_new(0, NULL), SG_REQUEST_ARGUMENT);
	test_reason(sg_request_body_add(NULL, "", 0), SG_REQUEST_ARGUMENT);
	test_reason(sg_request_body_end(NULL, &digest), SG_REQUEST_ARGUMENT);
	sg_request_body_free(NULL);
}
END_TEST

/* The digests of RFC 9530, and what is none. */
static const struct {
	const char *field, *body;
	enum sg_request_reason reason;
} fields[] = {
	{ "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:", "{\"hello\": \"world\"}\n",
	  SG_REQUEST_OK },
	{ "sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/Wkpp"
	  "mM44T3qg==:", "{\"hello\": \"world\"}\n", SG_REQUEST_OK },
	{ "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:", "{\"hello\": \"world\"}",
	  SG_REQUEST_OK },
	{ "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:,sha-512=:YMAam51Jz/jOATT6/zvHrLV"
	  "gOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:",
	  "{\"hello\": \"world\"}\n", SG_REQUEST_OK },
	/* One good digest does not make up for a bad one. */
	{ "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:,sha-512=:ZMAam51Jz/jOATT6/zvHrLV"
	  "gOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:",
	  "{\"hello\": \"world\"}\n", SG_REQUEST_DIGEST },
	{ "md5=:AAAA:, sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:",
	  "{\"hello\": \"world\"}\n", SG_REQUEST_OK },
	{ "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:;x=1", "{\"hello\": \"world\"}\n",
	  SG_REQUEST_OK },
	{ "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:", "", SG_REQUEST_DIGEST },
	{ "md5=:AAAA:", "", SG_REQUEST_DIGEST_FORM },
	{ "", "", SG_REQUEST_DIGEST_FORM },
	{ "sha-256=:AAAA:", "", SG_REQUEST_DIGEST_FORM },
	{ "sha-256", "", SG_REQUEST_DIGEST_FORM },
	{ "sha-256=RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=", "", SG_REQUEST_DIGEST_FORM },
	{ "SHA-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:", "", SG_REQUEST_DIGEST_FORM },
	{ "sha-256=(:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:)", "", SG_REQUEST_DIGEST_FORM },
	{ "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:,"
	  "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:", "{\"hello\": \"world\"}\n",
	  SG_REQUEST_DIGEST_FORM },
};

#define ANY ":AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==:"

START_TEST(a_content_digest_is_good_or_bad)
{
	struct test_message message;

	test_message(&message, "POST", "/");
	test_message_add(&message, "Host", "a");
	test_message_add(&message, "Content-Digest", fields[_i].field);
	test_message_add(&message, "Signature-Input",
	                 "s=(\"@method\" \"@target-uri\" \"content-digest\")");
	test_message_add(&message, "Signature", "s=" ANY);
	test_message_body(&message, fields[_i].body);
	test_reads(&message, fields[_i].reason);
}
END_TEST

START_TEST(a_reader_learns_which_digests_it_needs)
{
	struct test_message message;

	test_message(&message, "POST", "/");
	ck_assert_uint_eq(sg_request_digests_needed(&message.message), SG_REQUEST_SHA256);
	test_message_add(&message, "Content-Digest", "md5=:AAAA:");
	ck_assert_uint_eq(sg_request_digests_needed(&message.message), SG_REQUEST_SHA256);
	test_message_add(&message, "content-digest", "sha-512=:AAAA:");
	ck_assert_uint_eq(sg_request_digests_needed(&message.message),
	                  SG_REQUEST_SHA256 | SG_REQUEST_SHA512);
	test_message_set(&message, "Content-Digest", "?");
	ck_assert_uint_eq(sg_request_digests_needed(&message.message), SG_REQUEST_SHA256);
	ck_assert_uint_eq(sg_request_digests_needed(NULL), SG_REQUEST_SHA256);
}
END_TEST

START_TEST(a_digest_that_was_not_made_is_not_taken_for_good)
{
	struct test_message message;

	test_message(&message, "POST", "/");
	test_message_add(&message, "Host", "a");
	test_message_add(&message, "Content-Digest", fields[1].field);
	test_message_add(&message, "Signature-Input",
	                 "s=(\"@method\" \"@target-uri\" \"content-digest\")");
	test_message_add(&message, "Signature", "s=" ANY);
	test_message_body(&message, fields[1].body);
	message.digest.have = SG_REQUEST_SHA256;
	test_reads(&message, SG_REQUEST_ARGUMENT);
	message.digest.have = 0;
	test_reads(&message, SG_REQUEST_ARGUMENT);
}
END_TEST

START_TEST(a_body_whose_length_was_not_filled_in_is_one)
{
	struct test_message message;

	test_message(&message, "POST", "/");
	test_message_add(&message, "Host", "a");
	test_message_add(&message, "Signature-Input", "s=(\"@method\" \"@target-uri\")");
	test_message_add(&message, "Signature", "s=" ANY);
	test_message_body(&message, "");
	test_reads(&message, SG_REQUEST_OK);
	test_message_body(&message, "x");
	message.digest.length = 0;
	test_reads(&message, SG_REQUEST_UNCOVERED);
	message.digest.have = SG_REQUEST_SHA512;
	test_reads(&message, SG_REQUEST_UNCOVERED);
}
END_TEST

/* Programs are built with these numbers, and stay. */
static const struct {
	int number;
	const char *name;
} numbers[] = {
	{ 0, "ok" }, { 1, "bad-argument" }, { 4, "signer" }, { 20, "too-long" },
	{ 27, "field-value" }, { 40, "incomplete" }, { 48, "framing" }, { 60, "unsigned" },
	{ 71, "digest" }, { 80, "structured" }, { 90, "uncovered" }, { 100, "key" },
	{ 101, "signature" }, { 120, "locked-out" }, { 130, "replayed" }, { 134, "lookup" },
};

START_TEST(a_reason_keeps_its_number)
{
	ck_assert_str_eq(sg_request_reason_name(numbers[_i].number), numbers[_i].name);
}
END_TEST

/* What a program has that was built with another header. */
START_TEST(a_digest_of_another_size_is_refused_and_not_written)
{
	struct test_message message;
	struct test_signer signer;
	struct sg_request_signature *signature = NULL;
	struct sg_request_signing how = {
		.size = sizeof(how), .form = SG_REQUEST_VAULT, .sign = test_sign,
		.context = &signer, .id = sg_request_text("m"),
	};
	const size_t sizes[] = { 0, sizeof(digest) - 1, sizeof(digest) + 1 };

	test_signer_42(&signer);
	test_message(&message, "GET", "/");
	test_message_body(&message, "x");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct sg_request_digest other = { .size = sizes[i], .have = 77 };

		test_reason(sg_request_body_once(0, "x", 1, &other), SG_REQUEST_ARGUMENT);
		ck_assert_uint_eq(other.have, 77);
		message.digest.size = sizes[i];
		test_reason(sg_request_sign(&message.message, &how, &signature),
		            SG_REQUEST_ARGUMENT);
		test_reads(&message, SG_REQUEST_ARGUMENT);
	}
}
END_TEST

START_TEST(every_reason_has_a_name_of_its_own_and_a_sentence)
{
	unsigned n = 0;

	for (int i = 0; i < 256; i++) {
		const char *name = sg_request_reason_name(i);
		const char *sentence = sg_request_reason_sentence(i);

		if (strcmp(name, "unknown") == 0)
			continue;
		n++;
		ck_assert_uint_gt(strlen(sentence), 10);
		ck_assert(sentence[0] >= 'A' && sentence[0] <= 'Z');
		ck_assert(sentence[strlen(sentence) - 1] != '.');
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(name, sg_request_reason_name(k));
	}
	ck_assert_uint_eq(n, N_REASONS);
	ck_assert_str_eq(sg_request_reason_name(255), "unknown");
	ck_assert_str_eq(sg_request_reason_name((enum sg_request_reason)-1), "unknown");
}
END_TEST

START_TEST(forms_have_names)
{
	static const char *const names[] = { "vault", "rfc9421", "hmac" };
	enum sg_request_form form;

	for (size_t i = 0; i < 3; i++) {
		test_reason(sg_request_form_find(names[i], &form), SG_REQUEST_OK);
		ck_assert_str_eq(sg_request_form_name(form), names[i]);
	}
	test_reason(sg_request_form_find("other", &form), SG_REQUEST_ARGUMENT);
	test_reason(sg_request_form_find(NULL, &form), SG_REQUEST_ARGUMENT);
	ck_assert_ptr_null(sg_request_form_name(SG_REQUEST_ANY));
	ck_assert_ptr_null(sg_request_form_name((enum sg_request_form)99));
}
END_TEST

/* A program that was built with another version of the header. */
START_TEST(options_of_another_size_are_refused_or_filled_up)
{
	struct test_message message;
	struct test_signer signer;
	struct sg_request_signature *signature = NULL, *read_back = NULL;
	struct sg_request_signing how = {
		.form = SG_REQUEST_VAULT, .sign = test_sign, .context = &signer,
		.id = sg_request_text("m"), .created = 1, .nonce = sg_request_text("n"),
	};
	struct sg_request_reading reading = { .size = 0 };

	test_signer_42(&signer);
	test_message(&message, "GET", "/");
	test_reason(sg_request_sign(&message.message, &how, &signature), SG_REQUEST_ARGUMENT);
	how.size = sizeof(how) + 8;
	test_reason(sg_request_sign(&message.message, &how, &signature), SG_REQUEST_ARGUMENT);
	how.size = offsetof(struct sg_request_signing, label);
	how.label.len = 100;
	test_reason(sg_request_sign(&message.message, &how, &signature), SG_REQUEST_OK);
	test_message_take(&message, signature);
	test_reason(sg_request_read(&message.message, &reading, &read_back), SG_REQUEST_ARGUMENT);
	reading.size = sizeof(reading);
	reading.flags = 1u << 31;
	test_reason(sg_request_read(&message.message, &reading, &read_back), SG_REQUEST_ARGUMENT);
	sg_request_signature_free(&signature);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("request_body");
	TCase *tc = tcase_create("body");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, no_body_and_an_empty_one_are_the_same);
	tcase_add_test(tc, a_body_in_parts_is_the_body);
	tcase_add_test(tc, arguments_that_are_none_are_refused);
	tcase_add_loop_test(tc, a_content_digest_is_good_or_bad, 0,
	                    (int)(sizeof(fields) / sizeof(fields[0])));
	tcase_add_test(tc, a_reader_learns_which_digests_it_needs);
	tcase_add_test(tc, a_digest_that_was_not_made_is_not_taken_for_good);
	tcase_add_test(tc, a_body_whose_length_was_not_filled_in_is_one);
	tcase_add_test(tc, a_digest_of_another_size_is_refused_and_not_written);
	tcase_add_loop_test(tc, a_reason_keeps_its_number, 0,
	                    (int)(sizeof(numbers) / sizeof(numbers[0])));
	tcase_add_test(tc, every_reason_has_a_name_of_its_own_and_a_sentence);
	tcase_add_test(tc, forms_have_names);
	tcase_add_test(tc, options_of_another_size_are_refused_or_filled_up);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
