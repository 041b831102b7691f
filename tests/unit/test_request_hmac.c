/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The form with HMAC.
 */
#include "lib/request.h"
#include "lib/runner.h"

static struct test_signer signer;
static struct test_message message;
static struct sg_request_signature *made, *read_back;
static struct sg_request_signing how;

static void setup(void)
{
	signer = (struct test_signer){ .hmac = "key" };
	made = read_back = NULL;
	how = (struct sg_request_signing){
		.size = sizeof(how),
		.form = SG_REQUEST_HMAC,
		.sign = test_sign,
		.context = &signer,
		.created = 1711468800,
		.id = sg_request_text("0123456789abcdef0123456789abcdef"),
	};
}

static void teardown(void)
{
	sg_request_signature_free(&made);
	sg_request_signature_free(&read_back);
}

static void sign_it(void)
{
	test_sign_message(&message, &how, &made);
}

static enum sg_request_reason check_it(void)
{
	return test_check_message(&message, NULL, &signer, &read_back);
}

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* The code was made with openssl dgst -sha256 -hmac key. */
START_TEST(a_request_is_signed_line_by_line)
{
	test_message(&message, "GET", "/api/v1/keys/me");
	sign_it();
	test_text_eq(made->base, "GET\n/api/v1/keys/me\n\n2024-03-26T16:00:00Z\n" EMPTY);
	ck_assert_uint_eq(made->n_fields, 3);
	test_text_eq(made->fields[0].name, "X-Bella-Key-Id");
	test_text_eq(made->fields[0].value, "0123456789abcdef0123456789abcdef");
	test_text_eq(made->fields[1].name, "X-Bella-Timestamp");
	test_text_eq(made->fields[1].value, "2024-03-26T16:00:00Z");
	test_text_eq(made->fields[2].name, "X-Bella-Signature");
	test_text_eq(made->fields[2].value, "58d8b5f752b23ebe15fef638e51e7394116fd05316325ad98fb7b32b5e42b14c");
	test_reason(check_it(), SG_REQUEST_OK);
	ck_assert_int_eq(read_back->created, 1711468800);
	ck_assert(!read_back->has_nonce);
}
END_TEST

static const struct {
	const char *query, *sorted;
} queries[] = {
	{ "", "" }, { "?", "" }, { "?b=2&a=1", "a=1&b=2" }, { "?a=2&a=10&a=1", "a=1&a=10&a=2" },
	{ "?b&a", "a=&b=" }, { "?&&a=1&", "a=1" }, { "?a=%7e%41+b%20c", "a=~A+b+c" },
	{ "?a=*()!'", "a=%2A%28%29%21%27" }, { "?%c3%a4=1", "%C3%A4=1" }, { "?a=b=c", "a=b%3Dc" },
	{ "?a=%", "a=%25" }, { "?a=1&a-b=2", "a-b=2&a=1" }, { "?a=%00", "a=%00" }, { "?=", "=" },
};

START_TEST(the_query_is_signed_in_order)
{
	char target[64] = "/p", base[200];

	strcat(target, queries[_i].query);
	strcat(strcat(strcpy(base, "GET\n/p\n"), queries[_i].sorted),
	       "\n2024-03-26T16:00:00Z\n" EMPTY);
	test_message(&message, "GET", target);
	sign_it();
	test_text_eq(made->base, base);
	test_reason(check_it(), SG_REQUEST_OK);
}
END_TEST

static const struct {
	const char *name, *value;
	enum sg_request_reason reason;
} odd[] = {
	{ "X-Bella-Timestamp", "2024-03-26T16:00:00.000Z", SG_REQUEST_TIMESTAMP },
	{ "X-Bella-Timestamp", "2024-03-26T16:00:00+00:00", SG_REQUEST_TIMESTAMP },
	{ "X-Bella-Timestamp", "2024-03-26T16:00:00z", SG_REQUEST_TIMESTAMP },
	{ "X-Bella-Timestamp", "2024-03-26 16:00:00Z", SG_REQUEST_TIMESTAMP },
	{ "X-Bella-Timestamp", "2024-02-30T16:00:00Z", SG_REQUEST_TIMESTAMP },
	{ "X-Bella-Timestamp", "2023-02-29T16:00:00Z", SG_REQUEST_TIMESTAMP },
	{ "X-Bella-Timestamp", "2024-13-01T16:00:00Z", SG_REQUEST_TIMESTAMP },
	{ "X-Bella-Timestamp", "2024-00-01T16:00:00Z", SG_REQUEST_TIMESTAMP },
	{ "X-Bella-Timestamp", "2024-03-26T24:00:00Z", SG_REQUEST_TIMESTAMP },
	{ "X-Bella-Timestamp", "2024-03-26T16:60:00Z", SG_REQUEST_TIMESTAMP },
	{ "X-Bella-Timestamp", "2024-03-26T16:00:60Z", SG_REQUEST_TIMESTAMP },
	{ "X-Bella-Timestamp", "1969-12-31T23:59:59Z", SG_REQUEST_TIMESTAMP },
	{ "X-Bella-Timestamp", "0000-00-00T00:00:00Z", SG_REQUEST_TIMESTAMP },
	{ "X-Bella-Timestamp", "+024-03-26T16:00:00Z", SG_REQUEST_TIMESTAMP },
	{ "X-Bella-Timestamp", "1711468800", SG_REQUEST_TIMESTAMP },
	{ "X-Bella-Timestamp", "", SG_REQUEST_TIMESTAMP },
	{ "X-Bella-Timestamp", NULL, SG_REQUEST_MISSING },
	{ "X-Bella-Timestamp", "9999-12-31T23:59:59Z", SG_REQUEST_OK },
	{ "X-Bella-Timestamp", "1970-01-01T00:00:00Z", SG_REQUEST_OK },
	{ "X-Bella-Timestamp", "2024-02-29T00:00:00Z", SG_REQUEST_OK },
	{ "X-Bella-Key-Id", "", SG_REQUEST_ID },
	{ "X-Bella-Key-Id", "a b", SG_REQUEST_ID },
	{ "X-Bella-Key-Id", NULL, SG_REQUEST_MISSING },
	{ "X-Bella-Signature", "", SG_REQUEST_ENCODING },
	{ "X-Bella-Signature", "00", SG_REQUEST_ENCODING },
	{ "X-Bella-Signature", "000000000000000000000000000000000000000000000000000000000000000g",
	  SG_REQUEST_ENCODING },
	{ "X-Bella-Signature", "000000000000000000000000000000000000000000000000000000000000000A",
	  SG_REQUEST_ENCODING },
	{ "X-Bella-Signature", "0x00000000000000000000000000000000000000000000000000000000000000",
	  SG_REQUEST_ENCODING },
	{ "X-Bella-Signature", "00000000000000000000000000000000000000000000000000000000000000000",
	  SG_REQUEST_ENCODING },
	{ "X-Bella-Signature", NULL, SG_REQUEST_UNSIGNED },
};

START_TEST(an_odd_field_is_refused_with_its_own_reason)
{
	test_message(&message, "GET", "/");
	sign_it();
	test_message_set(&message, odd[_i].name, odd[_i].value);
	test_reads(&message, odd[_i].reason);
}
END_TEST

START_TEST(a_change_of_anything_that_is_signed_is_noticed)
{
	test_message(&message, "POST", "/p?a=1&b=2");
	test_message_body(&message, "body");
	sign_it();
	test_reason(check_it(), SG_REQUEST_OK);
	/* The order of parameters is none of it. */
	message.message.target = sg_request_text("/p?b=2&a=1");
	test_reason(check_it(), SG_REQUEST_OK);
	message.message.target = sg_request_text("/p?a=1&b=3");
	test_reason(check_it(), SG_REQUEST_SIGNATURE);
	message.message.target = sg_request_text("/P?a=1&b=2");
	test_reason(check_it(), SG_REQUEST_SIGNATURE);
	message.message.target = sg_request_text("/p?a=1&b=2");
	message.message.method = sg_request_text("PUT");
	test_reason(check_it(), SG_REQUEST_SIGNATURE);
	message.message.method = sg_request_text("POST");
	test_message_body(&message, "Body");
	test_reason(check_it(), SG_REQUEST_SIGNATURE);
	test_message_body(&message, "body");
	test_message_set(&message, "X-Bella-Timestamp", "2024-03-26T16:00:01Z");
	test_reason(check_it(), SG_REQUEST_SIGNATURE);
}
END_TEST

START_TEST(a_key_is_needed_and_is_one_of_hmac)
{
	uint8_t code[32];

	test_message(&message, "GET", "/");
	sign_it();
	test_reason(check_it(), SG_REQUEST_OK);
	test_reason(sg_request_check_hmac(read_back, (const uint8_t *)"", 0), SG_REQUEST_KEY);
	test_reason(sg_request_check_hmac(read_back, NULL, 5), SG_REQUEST_KEY);
	test_reason(sg_request_check_hmac(read_back, (const uint8_t *)"kez", 3),
	            SG_REQUEST_SIGNATURE);
	test_reason(sg_request_check_ed25519(read_back, signer.public_key), SG_REQUEST_KEY);
	memcpy(code, read_back->signature, sizeof(code));
	test_reason(sg_request_check_code(read_back, code), SG_REQUEST_OK);
	code[31] ^= 1;
	test_reason(sg_request_check_code(read_back, code), SG_REQUEST_SIGNATURE);
	test_reason(sg_request_check_code(read_back, NULL), SG_REQUEST_ARGUMENT);
}
END_TEST

START_TEST(it_has_no_nonce)
{
	test_message(&message, "GET", "/");
	how.nonce = sg_request_text("n");
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_ARGUMENT);
}
END_TEST

START_TEST(a_time_that_cannot_be_written_is_refused)
{
	test_message(&message, "GET", "/");
	how.created = 253402300799;
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_OK);
	sg_request_signature_free(&made);
	how.created = 253402300800;
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_TIMESTAMP);
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
	reading.require = sg_request_text("\"@target-uri\"");
	test_reason(sg_request_read(&message.message, &reading, &read_back), SG_REQUEST_UNCOVERED);
	reading.require = sg_request_text("\"host\"");
	test_reason(sg_request_read(&message.message, &reading, &read_back), SG_REQUEST_UNCOVERED);
	reading.require = sg_request_text("host");
	test_reason(sg_request_read(&message.message, &reading, &read_back), SG_REQUEST_ARGUMENT);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("request_hmac");
	TCase *tc = tcase_create("hmac");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_request_is_signed_line_by_line);
	tcase_add_loop_test(tc, the_query_is_signed_in_order, 0,
	                    (int)(sizeof(queries) / sizeof(queries[0])));
	tcase_add_loop_test(tc, an_odd_field_is_refused_with_its_own_reason, 0,
	                    (int)(sizeof(odd) / sizeof(odd[0])));
	tcase_add_test(tc, a_change_of_anything_that_is_signed_is_noticed);
	tcase_add_test(tc, a_key_is_needed_and_is_one_of_hmac);
	tcase_add_test(tc, it_has_no_nonce);
	tcase_add_test(tc, a_time_that_cannot_be_written_is_refused);
	tcase_add_test(tc, more_than_the_form_covers_cannot_be_required);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
