/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The examples of RFC 9421, Appendix B.
 */
#include "crypto/base64.h"
#include "crypto/mac.h"
#include "lib/request.h"
#include "lib/runner.h"

static struct test_signer signer;
static struct test_message message;
static struct sg_request_signature *made, *read_back;
static struct sg_request_signing how;
static struct sg_request_reading reading;

static void setup(void)
{
	made = read_back = NULL;
	test_b2_signing(&how, &signer);
	reading = (struct sg_request_reading){ .size = sizeof(reading) };
	test_b2_message(&message);
}

static void teardown(void)
{
	sg_request_signature_free(&made);
	sg_request_signature_free(&read_back);
}

static enum sg_request_reason read_it(void)
{
	sg_request_signature_free(&read_back);
	return sg_request_read(&message.message, &reading, &read_back);
}

static enum sg_request_reason check_it(void)
{
	return test_check_message(&message, &reading, &signer, &read_back);
}

static void sign_it(const char *components)
{
	how.components = sg_request_text(components);
	test_sign_message(&message, &how, &made);
}

static void with(const char *input, const char *signature)
{
	test_b2_message(&message);
	test_message_add(&message, "Signature-Input", input);
	test_message_add(&message, "Signature", signature);
}

START_TEST(the_example_with_ed25519_is_signed_and_read)
{
	how.label = sg_request_text("sig-b26");
	sign_it("\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\"");
	test_text_eq(made->base,
	             "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n"
	             "\"@method\": POST\n"
	             "\"@path\": /foo\n"
	             "\"@authority\": example.com\n"
	             "\"content-type\": application/json\n"
	             "\"content-length\": 18\n"
	             "\"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" "
	             "\"content-type\" \"content-length\");created=1618884473"
	             ";keyid=\"test-key-ed25519\"");
	ck_assert_uint_eq(made->n_fields, 2);
	test_text_eq(made->fields[0].name, "Signature-Input");
	test_text_eq(made->fields[0].value,
	             "sig-b26=(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" "
	             "\"content-length\");created=1618884473;keyid=\"test-key-ed25519\"");
	test_text_eq(made->fields[1].name, "Signature");
	test_text_eq(made->fields[1].value,
	             "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0"
	             "w6vuQv5lIp5WPpBKRCw==:");
	reading.require = sg_request_text("\"@method\" \"@path\" \"@authority\"");
	test_reason(check_it(), SG_REQUEST_OK);
	test_text_eq(read_back->id, "test-key-ed25519");
	test_text_eq(read_back->label, "sig-b26");
	ck_assert_int_eq(read_back->created, 1618884473);
	ck_assert(read_back->has_created && !read_back->has_expires && !read_back->has_nonce);
	ck_assert_uint_eq(read_back->n_components, 6);
	test_text_eq(read_back->components[0], "\"date\"");
	test_text_eq(read_back->base, "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n"
	             "\"@method\": POST\n\"@path\": /foo\n\"@authority\": example.com\n"
	             "\"content-type\": application/json\n\"content-length\": 18\n"
	             "\"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" "
	             "\"content-type\" \"content-length\");created=1618884473"
	             ";keyid=\"test-key-ed25519\"");
}
END_TEST

START_TEST(the_example_of_a_signature_base_is_made)
{
	how.id = sg_request_text("test-key-rsa-pss");
	sign_it("\"@method\" \"@authority\" \"@path\" \"content-digest\" \"content-length\" "
	        "\"content-type\"");
	test_text_eq(made->base,
	             "\"@method\": POST\n\"@authority\": example.com\n\"@path\": /foo\n"
	             "\"content-digest\": " TEST_B2_DIGEST "\n\"content-length\": 18\n"
	             "\"content-type\": application/json\n"
	             "\"@signature-params\": (\"@method\" \"@authority\" \"@path\" "
	             "\"content-digest\" \"content-length\" \"content-type\")"
	             ";created=1618884473;keyid=\"test-key-rsa-pss\"");
}
END_TEST

START_TEST(the_bases_of_the_other_algorithms_are_read)
{
	with("sig-b21=();created=1618884473;keyid=\"test-key-rsa-pss\";nonce=\"b3k2pp5k7z-50gnwp.yemd\"",
	     "sig-b21=" TEST_ANY);
	test_reason(read_it(), SG_REQUEST_UNCOVERED);
	reading.require = sg_request_text(" ");
	test_reason(read_it(), SG_REQUEST_OK);
	test_text_eq(read_back->base, "\"@signature-params\": ();created=1618884473"
	             ";keyid=\"test-key-rsa-pss\";nonce=\"b3k2pp5k7z-50gnwp.yemd\"");
	test_text_eq(read_back->nonce, "b3k2pp5k7z-50gnwp.yemd");

	with("sig-b22=(\"@authority\" \"content-digest\" \"@query-param\";name=\"Pet\")"
	     ";created=1618884473;keyid=\"test-key-rsa-pss\";tag=\"header-example\"",
	     "sig-b22=" TEST_ANY);
	test_reason(read_it(), SG_REQUEST_OK);
	test_text_eq(read_back->base,
	             "\"@authority\": example.com\n\"content-digest\": " TEST_B2_DIGEST "\n"
	             "\"@query-param\";name=\"Pet\": dog\n"
	             "\"@signature-params\": (\"@authority\" \"content-digest\" "
	             "\"@query-param\";name=\"Pet\");created=1618884473"
	             ";keyid=\"test-key-rsa-pss\";tag=\"header-example\"");
	test_text_eq(read_back->tag, "header-example");
}
END_TEST

/* That the base is right shows in the code of the RFC. */
START_TEST(the_base_of_the_example_with_hmac_has_its_code)
{
	static const char key_text[] =
		"uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasj"
		"lTMtDQ==";
	uint8_t key[64], code[32], expected[32];
	struct sg_bytes base;
	size_t len;

	with("sig-b25=(\"date\" \"@authority\" \"content-type\");created=1618884473"
	     ";keyid=\"test-shared-secret\"", "sig-b25=" TEST_ANY);
	reading.require = sg_request_text(" ");
	test_reason(read_it(), SG_REQUEST_OK);
	ck_assert(sg_base64_read(sg_bytes_str(key_text), key, sizeof(key), &len) && len == 64);
	ck_assert(sg_base64_read(sg_bytes_str("pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8="),
	                         expected, sizeof(expected), &len));
	base = sg_bytes(read_back->base.data, read_back->base.len);
	sg_mac(sg_bytes(key, sizeof(key)), &base, 1, code);
	ck_assert_mem_eq(code, expected, sizeof(code));
}
END_TEST

/* B.4: what a proxy may change, and what it may not. */
static void begin_transformed(const char *method, const char *host)
{
	test_message(&message, method, "/demo?name1=Value1&Name2=value2");
	test_message_add(&message, "Host", host);
	test_message_add(&message, "Signature-Input",
	                 "transform=(\"@method\" \"@path\" \"@authority\" \"accept\")"
	                 ";created=1618884473;keyid=\"test-key-ed25519\"");
	test_message_add(&message, "Signature",
	                 "transform=:ZT1kooQsEHpZ0I1IjCqtQppOmIqlJPeo7DHR3SoMn0s5JZ1eRGS0A+vyYP9t/L"
	                 "Xlh5QMFFQ6cpLt2m0pmj3NDA==:");
}

START_TEST(transformed_requests_are_good_or_bad_as_in_the_rfc)
{
	reading.require = sg_request_text("\"@method\" \"@authority\" \"accept\"");
	begin_transformed("GET", "example.org");
	test_message_add(&message, "Accept", "application/json");
	test_message_add(&message, "Accept", "*/*");
	test_reason(check_it(), SG_REQUEST_OK);
	message.message.target =
		sg_request_text("/demo?name1=Value1&Name2=value2&param=added");
	test_message_add(&message, "Accept-Language", "en-US,en;q=0.5");
	test_reason(check_it(), SG_REQUEST_OK);
	begin_transformed("GET", "example.org");
	test_message_add(&message, "Referer", "https://developer.example.org/demo");
	test_message_add(&message, "Accept", "application/json, */*");
	test_reason(check_it(), SG_REQUEST_OK);

	begin_transformed("GET", "example.com");
	test_message_add(&message, "Accept", "application/json, */*");
	test_reason(check_it(), SG_REQUEST_SIGNATURE);
	begin_transformed("POST", "example.org");
	test_message_add(&message, "Accept", "application/json, */*");
	test_reason(check_it(), SG_REQUEST_SIGNATURE);
	begin_transformed("GET", "example.org");
	test_message_add(&message, "Accept", "*/*");
	test_message_add(&message, "Accept", "application/json");
	test_reason(check_it(), SG_REQUEST_SIGNATURE);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("request_rfc9421_examples");
	TCase *tc = tcase_create("examples");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_example_with_ed25519_is_signed_and_read);
	tcase_add_test(tc, the_example_of_a_signature_base_is_made);
	tcase_add_test(tc, the_bases_of_the_other_algorithms_are_read);
	tcase_add_test(tc, the_base_of_the_example_with_hmac_has_its_code);
	tcase_add_test(tc, transformed_requests_are_good_or_bad_as_in_the_rfc);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
