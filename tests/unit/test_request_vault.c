/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The form of the vault.
 */
#include <time.h>

#include "lib/request.h"
#include "lib/runner.h"

static struct test_signer signer;
static struct test_message message;
static struct sg_request_signature *made, *read_back;

static void setup(void)
{
	test_signer_42(&signer);
	made = read_back = NULL;
}

static void teardown(void)
{
	sg_request_signature_free(&made);
	sg_request_signature_free(&read_back);
}

static struct sg_request_signing signing(const char *nonce)
{
	return (struct sg_request_signing){
		.size = sizeof(struct sg_request_signing),
		.form = SG_REQUEST_VAULT,
		.sign = test_sign,
		.context = &signer,
		.id = sg_request_text("7d0a5c6e-0000-4000-8000-000000000001"),
		.created = 1711468800,
		.nonce = sg_request_text(nonce),
	};
}

/* Sign what stands in message and add the fields to it. */
static void sign_it(void)
{
	const struct sg_request_signing how = signing("dGhpcyBpcyBhIG5vbmNl");

	test_sign_message(&message, &how, &made);
}

static enum sg_request_reason check_it(void)
{
	return test_check_message(&message, NULL, &signer, &read_back);
}

START_TEST(a_get_is_signed_as_the_product_does)
{
	test_message(&message, "GET", "/v1/secret/sk_a1b2c3d4e5");
	sign_it();
	test_text_eq(made->base, "GET:/v1/secret/sk_a1b2c3d4e5:1711468800:dGhpcyBpcyBhIG5vbmNl:"
	             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	ck_assert_uint_eq(made->n_fields, 4);
	test_text_eq(made->fields[0].name, "X-Machine-Id");
	test_text_eq(made->fields[0].value, "7d0a5c6e-0000-4000-8000-000000000001");
	test_text_eq(made->fields[1].name, "X-Timestamp");
	test_text_eq(made->fields[1].value, "1711468800");
	test_text_eq(made->fields[2].name, "X-Nonce");
	test_text_eq(made->fields[2].value, "dGhpcyBpcyBhIG5vbmNl");
	test_text_eq(made->fields[3].name, "X-Signature");
	test_text_eq(made->fields[3].value, "7w5XDeS8Qch8+a9WPU6spClNx0kGmtvXYRGsWhgBJfwgk5gZQOD22"
	             "JRtf+gqGWcZHwUKYtRlyOUjVoYAOLMdCA==");
	test_reason(check_it(), SG_REQUEST_OK);
}
END_TEST

START_TEST(a_post_is_signed_as_the_product_does)
{
	const struct sg_request_signing how = signing("AAAAAAAAAAAAAAAAAAAAAA==");

	test_message(&message, "POST", "/v1/secrets/list");
	test_message_body(&message, "{\"projectId\": \"proj_a\"}");
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_OK);
	test_text_eq(made->fields[3].value, "cQKegzPgo1BfTOgF4aSMg5sI2ETJM51B/92zG/rvKf8vsn9nTpVjEf"
	             "U7rO6dN56ahEMfkrNdD41GI1j+RtpyAQ==");
	test_message_take(&message, made);
	test_reason(check_it(), SG_REQUEST_OK);
}
END_TEST

static const struct {
	const char *name, *value;
	enum sg_request_reason reason;
} odd[] = {
	{ "X-Machine-Id", "", SG_REQUEST_ID },
	{ "X-Machine-Id", "a b", SG_REQUEST_ID },
	{ "X-Machine-Id", "m\xc3\xa4", SG_REQUEST_ID },
	{ "X-Machine-Id", "a\r\n b", SG_REQUEST_ID },
	{ "X-Machine-Id", "a\nb", SG_REQUEST_FIELD_VALUE },
	{ "X-Machine-Id", NULL, SG_REQUEST_MISSING },
	{ "X-Timestamp", "", SG_REQUEST_TIMESTAMP },
	{ "X-Timestamp", "+1711468800", SG_REQUEST_TIMESTAMP },
	{ "X-Timestamp", "-1711468800", SG_REQUEST_TIMESTAMP },
	{ "X-Timestamp", "01711468800", SG_REQUEST_TIMESTAMP },
	{ "X-Timestamp", "1711468800.0", SG_REQUEST_TIMESTAMP },
	{ "X-Timestamp", "1711468800 1", SG_REQUEST_TIMESTAMP },
	{ "X-Timestamp", "0x66030000", SG_REQUEST_TIMESTAMP },
	{ "X-Timestamp", "1e9", SG_REQUEST_TIMESTAMP },
	{ "X-Timestamp", "1000000000000000", SG_REQUEST_TIMESTAMP },
	{ "X-Timestamp", "18446744073709551617", SG_REQUEST_TIMESTAMP },
	{ "X-Timestamp", NULL, SG_REQUEST_MISSING },
	{ "X-Nonce", "", SG_REQUEST_NONCE },
	{ "X-Nonce", "with:colon", SG_REQUEST_NONCE },
	{ "X-Nonce", "with space", SG_REQUEST_NONCE },
	{ "X-Nonce", "with\ttab", SG_REQUEST_NONCE },
	{ "X-Nonce", "with\x01""control", SG_REQUEST_FIELD_VALUE },
	{ "X-Nonce", NULL, SG_REQUEST_MISSING },
	{ "X-Signature", "", SG_REQUEST_ENCODING },
	{ "X-Signature", "AAAA", SG_REQUEST_ENCODING },
	{ "X-Signature", "not base64", SG_REQUEST_ENCODING },
	/* Without padding, with spaces, with a bit too many, in the other alphabet, and doubled. */
	{ "X-Signature", "7w5XDeS8Qch8+a9WPU6spClNx0kGmtvXYRGsWhgBJfwgk5gZQOD22JRtf+gqGWcZHwUKYtRlyOUj"
	                 "VoYAOLMdCA", SG_REQUEST_ENCODING },
	{ "X-Signature", "7w5XDeS8Qch8+a9WPU6spClNx0kGmtvXYRGsWhgBJfw gk5gZQOD22JRtf+gqGWcZHwUKYtRlyOUj"
	                 "VoYAOLMdCA==", SG_REQUEST_ENCODING },
	{ "X-Signature", "7w5XDeS8Qch8+a9WPU6spClNx0kGmtvXYRGsWhgBJfwgk5gZQOD22JRtf+gqGWcZHwUKYtRlyOUj"
	                 "VoYAOLMdCB==", SG_REQUEST_ENCODING },
	{ "X-Signature", "7w5XDeS8Qch8-a9WPU6spClNx0kGmtvXYRGsWhgBJfwgk5gZQOD22JRtf-gqGWcZHwUKYtRlyOUj"
	                 "VoYAOLMdCA==", SG_REQUEST_ENCODING },
	{ "X-Signature", "7w5XDeS8Qch8+a9WPU6spClNx0kGmtvXYRGsWhgBJfwgk5gZQOD22JRtf+gqGWcZHwUKYtRlyOUj"
	                 "VoYAOLMdCA====", SG_REQUEST_ENCODING },
	{ "X-Signature", NULL, SG_REQUEST_UNSIGNED },
};

START_TEST(an_odd_field_is_refused_with_its_own_reason)
{
	test_message(&message, "GET", "/v1/secret/sk_a1b2c3d4e5");
	sign_it();
	test_message_set(&message, odd[_i].name, odd[_i].value);
	test_reads(&message, odd[_i].reason);
}
END_TEST

START_TEST(a_field_that_is_there_twice_is_refused)
{
	static const char *const names[] = {
		"x-machine-id", "X-Timestamp", "x-nonce", "X-SIGNATURE",
	};

	test_message(&message, "GET", "/v1/secrets");
	sign_it();
	/* Even with the same value: another program may join the two. */
	for (size_t i = 0; i < made->n_fields; i++)
		if (_i == (int)i)
			message.fields[message.message.n_fields++] = (struct sg_request_field){
				sg_request_text(names[i]), made->fields[i].value };
	test_reads(&message, SG_REQUEST_REPEATED);
}
END_TEST

START_TEST(what_is_too_long_is_refused)
{
	static char text[SG_REQUEST_TARGET_MAX + 2];

	test_message(&message, "GET", "/v1/secrets");
	sign_it();
	memset(text, 'a', sizeof(text) - 1);
	text[SG_REQUEST_ID_MAX + 1] = 0;
	test_message_set(&message, "X-Machine-Id", text);
	test_reads(&message, SG_REQUEST_TOO_LONG);
	text[SG_REQUEST_ID_MAX] = 0;
	test_message_set(&message, "X-Machine-Id", text);
	test_reads(&message, SG_REQUEST_OK);
	text[SG_REQUEST_ID_MAX] = 'a';
	test_message_set(&message, "X-Nonce", text);
	test_reads(&message, SG_REQUEST_TOO_LONG);
	text[0] = '/';
	text[SG_REQUEST_ID_MAX + 1] = 'a';
	message.message.target = sg_request_text(text);
	ck_assert_uint_eq(message.message.target.len, SG_REQUEST_TARGET_MAX + 1);
	test_reads(&message, SG_REQUEST_TOO_LONG);
}
END_TEST

START_TEST(another_field_may_bring_the_identifier)
{
	struct sg_request_signing how = signing("n");

	test_message(&message, "GET", "/v1/secrets");
	how.flags = SG_REQUEST_AS_AGENT;
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_OK);
	test_text_eq(made->fields[0].name, "X-Agent-Id");
	test_message_take(&message, made);
	test_reason(check_it(), SG_REQUEST_OK);
	test_text_eq(read_back->id_field, "X-Agent-Id");
	sg_request_signature_free(&made);

	test_message(&message, "GET", "/v1/secrets");
	how.flags = SG_REQUEST_AS_TUNNEL;
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_OK);
	test_text_eq(made->fields[0].name, "X-Tunnel-Id");
	test_message_take(&message, made);
	test_reason(check_it(), SG_REQUEST_OK);
}
END_TEST

START_TEST(two_identifiers_must_be_the_same)
{
	test_message(&message, "GET", "/v1/secrets");
	sign_it();
	test_message_add(&message, "X-Agent-Id", "7d0a5c6e-0000-4000-8000-000000000001");
	test_reason(check_it(), SG_REQUEST_OK);
	test_text_eq(read_back->id_field, "X-Machine-Id");
	test_message_set(&message, "X-Agent-Id", "7D0A5C6E-0000-4000-8000-000000000001");
	test_reason(check_it(), SG_REQUEST_IDS_DIFFER);
	test_message_set(&message, "X-Agent-Id", "");
	test_reason(check_it(), SG_REQUEST_IDS_DIFFER);
}
END_TEST

START_TEST(a_change_of_anything_that_is_signed_is_noticed)
{
	test_message(&message, "POST", "/v1/secrets/list");
	test_message_body(&message, "{}");
	sign_it();
	test_reason(check_it(), SG_REQUEST_OK);
	message.message.method = sg_request_text("PUT");
	test_reason(check_it(), SG_REQUEST_SIGNATURE);
	message.message.method = sg_request_text("POST");
	message.message.target = sg_request_text("/v1/secrets/list/");
	test_reason(check_it(), SG_REQUEST_SIGNATURE);
	message.message.target = sg_request_text("/v1/secrets%2flist");
	test_reason(check_it(), SG_REQUEST_SIGNATURE);
	message.message.target = sg_request_text("/v1/secrets/list");
	test_message_body(&message, "{} ");
	test_reason(check_it(), SG_REQUEST_SIGNATURE);
	message.message.body = NULL;
	test_reason(check_it(), SG_REQUEST_SIGNATURE);
	test_message_body(&message, "{}");
	test_message_set(&message, "X-Timestamp", "1711468801");
	test_reason(check_it(), SG_REQUEST_SIGNATURE);
	test_message_set(&message, "X-Timestamp", "1711468800");
	test_message_set(&message, "X-Nonce", "dGhpcyBpcyBhIG5vbmNm");
	test_reason(check_it(), SG_REQUEST_SIGNATURE);
	test_message_set(&message, "X-Nonce", "dGhpcyBpcyBhIG5vbmNl");
	test_reason(check_it(), SG_REQUEST_OK);
	signer.public_key[0] ^= 1;
	test_reason(check_it(), SG_REQUEST_SIGNATURE);
}
END_TEST

/* The same bytes, cut elsewhere: a path that ends like a timestamp and a nonce. */
START_TEST(a_signature_cannot_be_read_as_one_of_another_path)
{
	test_message(&message, "GET", "/v1/x:1711468799:abc");
	sign_it();
	test_reason(check_it(), SG_REQUEST_OK);
	message.message.target = sg_request_text("/v1/x");
	test_message_set(&message, "X-Timestamp", "1711468799");
	test_message_set(&message, "X-Nonce", "abc:1711468800:dGhpcyBpcyBhIG5vbmNl");
	test_reason(check_it(), SG_REQUEST_NONCE);
}
END_TEST

START_TEST(a_nonce_with_a_colon_is_not_signed)
{
	struct sg_request_signing how = signing("a:b");

	test_message(&message, "GET", "/v1/secrets");
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_NONCE);
	ck_assert_uint_eq(signer.calls, 0);
	how.nonce = sg_request_text("0123456789abcdef0123456789abcdef");
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_OK);
}
END_TEST

START_TEST(percent_encoding_is_signed_as_it_is_sent)
{
	test_message(&message, "GET", "/v1/%41%2f%c3%A4/../a");
	sign_it();
	ck_assert_int_eq(memcmp(made->base.data, "GET:/v1/%41%2f%c3%A4/../a:", 26), 0);
	test_reason(check_it(), SG_REQUEST_OK);
	message.message.target = sg_request_text("/v1/A%2f%c3%A4/../a");
	test_reason(check_it(), SG_REQUEST_SIGNATURE);
}
END_TEST

START_TEST(a_query_string_is_signed_only_where_both_sides_want_it)
{
	struct sg_request_signing how = signing("n");
	struct sg_request_reading reading = { .size = sizeof(reading) };

	test_message(&message, "GET", "/v1/secrets?a=b");
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_QUERY);
	how.flags = SG_REQUEST_ALLOW_QUERY;
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_OK);
	ck_assert_int_eq(memcmp(made->base.data, "GET:/v1/secrets?a=b:1711468800:n:", 33), 0);
	test_message_take(&message, made);
	test_reads(&message, SG_REQUEST_QUERY);
	reading.flags = SG_REQUEST_ALLOW_QUERY;
	test_reason(sg_request_read(&message.message, &reading, &read_back), SG_REQUEST_OK);
	test_reason(sg_request_check_ed25519(read_back, signer.public_key), SG_REQUEST_OK);
	sg_request_signature_free(&read_back);
	message.message.target = sg_request_text("/v1/secrets?");
	test_reads(&message, SG_REQUEST_QUERY);
	message.message.target = sg_request_text("/v1/secrets?a=c");
	test_reason(sg_request_read(&message.message, &reading, &read_back), SG_REQUEST_OK);
	test_reason(sg_request_check_ed25519(read_back, signer.public_key), SG_REQUEST_SIGNATURE);
}
END_TEST

START_TEST(targets_without_a_path_are_refused)
{
	const struct sg_request_signing how = signing("n");

	test_message(&message, "OPTIONS", "*");
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_TARGET);
	test_message(&message, "CONNECT", "vault.example:443");
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_TARGET);
	test_message(&message, "GET", "vault.example:443");
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_TARGET);
	test_message(&message, "GET", "");
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_TARGET);
	test_message(&message, "GET", "/a b");
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_TARGET);
	test_message(&message, "GET", "/a#b");
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_TARGET);
	test_message(&message, "GET", "/\xc3\xa4");
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_TARGET);
}
END_TEST

START_TEST(of_an_absolute_target_the_path_is_signed)
{
	test_message(&message, "GET", "https://vault.example/v1/secrets");
	sign_it();
	ck_assert_int_eq(memcmp(made->base.data, "GET:/v1/secrets:", 16), 0);
	sg_request_signature_free(&made);
	test_message(&message, "GET", "https://vault.example");
	sign_it();
	ck_assert_int_eq(memcmp(made->base.data, "GET:/:", 6), 0);
}
END_TEST

START_TEST(a_method_in_lower_case_is_refused)
{
	const struct sg_request_signing how = signing("n");

	test_message(&message, "get", "/v1/secrets");
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_METHOD);
}
END_TEST

START_TEST(time_and_nonce_have_defaults_and_no_two_nonces_are_the_same)
{
	struct sg_request_signing how = signing(NULL);
	struct sg_request_signature *other = NULL;
	const time_t before = time(NULL);

	test_message(&message, "GET", "/v1/secrets");
	how.created = 0;
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_OK);
	test_reason(sg_request_sign(&message.message, &how, &other), SG_REQUEST_OK);
	ck_assert_int_ge(made->created, before);
	ck_assert_int_le(made->created, time(NULL));
	ck_assert_uint_eq(made->nonce.len, 24);
	ck_assert_int_ne(memcmp(made->nonce.data, other->nonce.data, 24), 0);
	sg_request_signature_free(&other);
}
END_TEST

START_TEST(a_request_is_not_signed_twice)
{
	const struct sg_request_signing how = signing("n");
	struct sg_request_signature *other = NULL;

	test_message(&message, "GET", "/v1/secrets");
	sign_it();
	test_reason(sg_request_sign(&message.message, &how, &other), SG_REQUEST_REPEATED);
	ck_assert_ptr_null(other);
	/* Nor beside an identifier that would contradict. */
	test_message(&message, "GET", "/v1/secrets");
	test_message_add(&message, "x-agent-id", "other");
	test_reason(sg_request_sign(&message.message, &how, &other), SG_REQUEST_REPEATED);
}
END_TEST

static int failing(void *context, const uint8_t *bytes, size_t len, uint8_t *signature,
                   size_t *signature_len)
{
	(void)bytes, (void)len, (void)signature;
	*signature_len = *(int *)context == 0 ? 63 : 64;
	return *(int *)context;
}

START_TEST(a_key_that_fails_makes_no_signature)
{
	struct sg_request_signing how = signing("n");
	int result = 5;

	test_message(&message, "GET", "/v1/secrets");
	how.sign = failing;
	how.context = &result;
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_SIGNER);
	result = 0;
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_SIGNER);
	ck_assert_ptr_null(made);
}
END_TEST

START_TEST(the_head_alone_is_read_but_not_checked)
{
	struct sg_request_reading reading = {
		.size = sizeof(reading), .flags = SG_REQUEST_HEAD_ONLY };

	test_message(&message, "POST", "/v1/secrets");
	test_message_body(&message, "body");
	sign_it();
	message.message.body = NULL;
	test_reason(sg_request_read(&message.message, &reading, &read_back), SG_REQUEST_OK);
	test_text_eq(read_back->id, "7d0a5c6e-0000-4000-8000-000000000001");
	ck_assert_int_eq(read_back->created, 1711468800);
	test_reason(sg_request_check_ed25519(read_back, signer.public_key), SG_REQUEST_ARGUMENT);
}
END_TEST

START_TEST(spaces_around_a_value_are_not_part_of_it)
{
	test_message(&message, "GET", "/v1/secrets");
	sign_it();
	test_message_set(&message, "X-Nonce", " \t dGhpcyBpcyBhIG5vbmNl\t ");
	test_reason(check_it(), SG_REQUEST_OK);
	test_text_eq(read_back->nonce, "dGhpcyBpcyBhIG5vbmNl");
}
END_TEST

START_TEST(a_key_of_hmac_does_not_check_it)
{
	test_message(&message, "GET", "/v1/secrets");
	sign_it();
	test_reason(check_it(), SG_REQUEST_OK);
	test_reason(sg_request_check_hmac(read_back, (const uint8_t *)"k", 1), SG_REQUEST_KEY);
	test_reason(sg_request_check_code(read_back, signer.public_key), SG_REQUEST_KEY);
}
END_TEST

START_TEST(more_than_the_form_covers_cannot_be_required)
{
	struct sg_request_reading reading = { .size = sizeof(reading) };

	test_message(&message, "POST", "/v1/secrets");
	test_message_add(&message, "Host", "a");
	test_message_body(&message, "body");
	sign_it();
	reading.require = sg_request_text("\"@method\" \"@path\" \"@query\" \"content-digest\"");
	test_reason(sg_request_read(&message.message, &reading, &read_back), SG_REQUEST_OK);
	sg_request_signature_free(&read_back);
	reading.require = sg_request_text("\"@authority\"");
	test_reason(sg_request_read(&message.message, &reading, &read_back), SG_REQUEST_UNCOVERED);
	reading.require = sg_request_text("\"host\"");
	test_reason(sg_request_read(&message.message, &reading, &read_back), SG_REQUEST_UNCOVERED);
	reading.require = sg_request_text("host");
	test_reason(sg_request_read(&message.message, &reading, &read_back), SG_REQUEST_ARGUMENT);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("request_vault");
	TCase *tc = tcase_create("vault");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_get_is_signed_as_the_product_does);
	tcase_add_test(tc, a_post_is_signed_as_the_product_does);
	tcase_add_loop_test(tc, an_odd_field_is_refused_with_its_own_reason, 0,
	                    (int)(sizeof(odd) / sizeof(odd[0])));
	tcase_add_loop_test(tc, a_field_that_is_there_twice_is_refused, 0, 4);
	tcase_add_test(tc, what_is_too_long_is_refused);
	tcase_add_test(tc, another_field_may_bring_the_identifier);
	tcase_add_test(tc, two_identifiers_must_be_the_same);
	tcase_add_test(tc, a_change_of_anything_that_is_signed_is_noticed);
	tcase_add_test(tc, a_signature_cannot_be_read_as_one_of_another_path);
	tcase_add_test(tc, a_nonce_with_a_colon_is_not_signed);
	tcase_add_test(tc, percent_encoding_is_signed_as_it_is_sent);
	tcase_add_test(tc, a_query_string_is_signed_only_where_both_sides_want_it);
	tcase_add_test(tc, targets_without_a_path_are_refused);
	tcase_add_test(tc, of_an_absolute_target_the_path_is_signed);
	tcase_add_test(tc, a_method_in_lower_case_is_refused);
	tcase_add_test(tc, time_and_nonce_have_defaults_and_no_two_nonces_are_the_same);
	tcase_add_test(tc, a_request_is_not_signed_twice);
	tcase_add_test(tc, a_key_that_fails_makes_no_signature);
	tcase_add_test(tc, the_head_alone_is_read_but_not_checked);
	tcase_add_test(tc, spaces_around_a_value_are_not_part_of_it);
	tcase_add_test(tc, a_key_of_hmac_does_not_check_it);
	tcase_add_test(tc, more_than_the_form_covers_cannot_be_required);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
