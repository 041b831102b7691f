/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. HTTP message signatures: what is covered, and what must be refused. The examples of
 * RFC 9421 are in a file of their own.
 */
#include <stdio.h>

#include "lib/request.h"
#include "lib/runner.h"

#define SHA512_HELLO \
	"sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHW" \
	"Xvjwew==:"

static struct test_signer signer;
static struct test_message message;
/* The fields of the older one are still in the message. */
static struct sg_request_signature *made, *older, *read_back;
static struct sg_request_signing how;
static struct sg_request_reading reading;

static void setup(void)
{
	made = older = read_back = NULL;
	test_b2_signing(&how, &signer);
	reading = (struct sg_request_reading){ .size = sizeof(reading) };
	test_b2_message(&message);
}

static void teardown(void)
{
	sg_request_signature_free(&made);
	sg_request_signature_free(&older);
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
	sg_request_signature_free(&older);
	older = made;
	made = NULL;
	test_sign_message(&message, &how, &made);
}

static void with(const char *input, const char *signature)
{
	test_b2_message(&message);
	test_message_add(&message, "Signature-Input", input);
	test_message_add(&message, "Signature", signature);
}

START_TEST(by_default_a_request_is_covered_whole)
{
	how.flags = 0;
	test_message_set(&message, "Content-Digest", NULL);
	sign_it("");
	ck_assert_uint_eq(made->n_fields, 3);
	test_text_eq(made->fields[0].name, "Content-Digest");
	test_text_eq(made->fields[0].value,
	             "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
	ck_assert_uint_eq(made->n_components, 3);
	test_text_eq(made->components[1], "\"@target-uri\"");
	test_text_eq(made->alg, "ed25519");
	ck_assert(made->has_nonce);
	test_reason(check_it(), SG_REQUEST_OK);
	test_text_eq(read_back->alg, "ed25519");
	ck_assert_uint_eq(read_back->nonce.len, 24);

	/* Without a body there is no digest, without a scheme no URI. */
	message.message.n_fields = 1;
	message.message.body = NULL;
	message.message.scheme = sg_request_text("");
	sign_it("");
	ck_assert_uint_eq(made->n_fields, 2);
	ck_assert_uint_eq(made->n_components, 4);
	test_reason(check_it(), SG_REQUEST_OK);
}
END_TEST

START_TEST(parameters_have_their_order_and_come_back)
{
	how.flags = 0;
	how.nonce = sg_request_text("a \"quoted\" \\ nonce:");
	how.tag = sg_request_text("app");
	how.lifetime = 60;
	how.label = sg_request_text("a-1");
	sign_it("\"@method\" \"@target-uri\" \"content-digest\"");
	test_text_eq(made->fields[0].value,
	             "a-1=(\"@method\" \"@target-uri\" \"content-digest\");created=1618884473"
	             ";expires=1618884533;nonce=\"a \\\"quoted\\\" \\\\ nonce:\""
	             ";keyid=\"test-key-ed25519\";alg=\"ed25519\";tag=\"app\"");
	test_reason(check_it(), SG_REQUEST_OK);
	test_text_eq(read_back->nonce, "a \"quoted\" \\ nonce:");
	test_text_eq(read_back->tag, "app");
	ck_assert_int_eq(read_back->expires, 1618884533);
}
END_TEST

START_TEST(spaces_in_the_input_are_not_signed)
{
	char padded[400];

	sign_it("\"@method\" \"@target-uri\" \"content-digest\"");
	(void)sprintf(padded, "sig1=(  \"@method\"   \"@target-uri\" \"content-digest\" );  %s",
	              strchr(made->fields[0].value.data, ';') + 1);
	test_message_set(&message, "Signature-Input", padded);
	test_reason(check_it(), SG_REQUEST_OK);
}
END_TEST

START_TEST(of_several_signatures_one_is_chosen)
{
	how.tag = sg_request_text("first");
	sign_it("\"@method\" \"@target-uri\" \"content-digest\"");
	how.label = sg_request_text("other");
	how.tag = sg_request_text("second");
	sign_it("\"@method\" \"@target-uri\" \"content-digest\" \"signature\";key=\"sig1\"");
	test_reason(read_it(), SG_REQUEST_LABEL);
	reading.label = sg_request_text("sig1");
	test_reason(check_it(), SG_REQUEST_OK);
	test_text_eq(read_back->tag, "first");
	reading.label = sg_request_text("other");
	test_reason(check_it(), SG_REQUEST_OK);
	test_text_eq(read_back->tag, "second");
	reading.label = sg_request_text("");
	reading.tag = sg_request_text("first");
	test_reason(check_it(), SG_REQUEST_OK);
	test_text_eq(read_back->label, "sig1");
	reading.tag = sg_request_text("third");
	test_reason(read_it(), SG_REQUEST_LABEL);
	reading.tag = sg_request_text("");
	reading.label = sg_request_text("third");
	test_reason(read_it(), SG_REQUEST_LABEL);
	/* Not written a second time under a label that is there. */
	test_reason(sg_request_sign(&message.message, &how, &read_back), SG_REQUEST_LABEL);
	how.label = sg_request_text("Upper");
	test_reason(sg_request_sign(&message.message, &how, &read_back), SG_REQUEST_LABEL);
}
END_TEST

#define COVERS "(\"@method\" \"@target-uri\" \"content-digest\")"

static const struct {
	const char *input, *signature;
	enum sg_request_reason reason;
} odd[] = {
	{ "s=" COVERS ";created=1", "s=" TEST_ANY, SG_REQUEST_OK },
	{ "s=" COVERS, "s=" TEST_ANY, SG_REQUEST_OK },
	{ "s=" COVERS ";unknown=1", "s=" TEST_ANY, SG_REQUEST_OK },
	{ "s=" COVERS ";created=01", "s=" TEST_ANY, SG_REQUEST_TIMESTAMP },
	{ "s=" COVERS ";created=+1", "s=" TEST_ANY, SG_REQUEST_STRUCTURED },
	{ "s=" COVERS ";created=-1", "s=" TEST_ANY, SG_REQUEST_TIMESTAMP },
	{ "s=" COVERS ";created=1.0", "s=" TEST_ANY, SG_REQUEST_TIMESTAMP },
	{ "s=" COVERS ";created=\"1\"", "s=" TEST_ANY, SG_REQUEST_TIMESTAMP },
	{ "s=" COVERS ";created=@1", "s=" TEST_ANY, SG_REQUEST_TIMESTAMP },
	{ "s=" COVERS ";created", "s=" TEST_ANY, SG_REQUEST_TIMESTAMP },
	{ "s=" COVERS ";created=1000000000000000", "s=" TEST_ANY, SG_REQUEST_STRUCTURED },
	{ "s=" COVERS ";created=1;created=1", "s=" TEST_ANY, SG_REQUEST_PARAMETER },
	{ "s=" COVERS ";expires=x", "s=" TEST_ANY, SG_REQUEST_TIMESTAMP },
	{ "s=" COVERS ";created=2;expires=1", "s=" TEST_ANY, SG_REQUEST_EXPIRES },
	{ "s=" COVERS ";nonce=token", "s=" TEST_ANY, SG_REQUEST_NONCE },
	{ "s=" COVERS ";nonce=\"\"", "s=" TEST_ANY, SG_REQUEST_NONCE },
	{ "s=" COVERS ";nonce=1", "s=" TEST_ANY, SG_REQUEST_NONCE },
	{ "s=" COVERS ";keyid=k", "s=" TEST_ANY, SG_REQUEST_ID },
	{ "s=" COVERS ";keyid=\"\"", "s=" TEST_ANY, SG_REQUEST_ID },
	{ "s=" COVERS ";tag=:aGVsbG8=:", "s=" TEST_ANY, SG_REQUEST_PARAMETER },
	{ "s=" COVERS ";alg=ed25519", "s=" TEST_ANY, SG_REQUEST_PARAMETER },
	{ "s=" COVERS ";alg=\"hmac-sha256\"", "s=" TEST_ANY, SG_REQUEST_ALGORITHM },
	{ "s=" COVERS ";alg=\"ED25519\"", "s=" TEST_ANY, SG_REQUEST_ALGORITHM },
	{ "s=" COVERS ";alg=\"none\"", "s=" TEST_ANY, SG_REQUEST_ALGORITHM },
	{ "s=(\"@method\" \"@target-uri\")", "s=" TEST_ANY, SG_REQUEST_UNCOVERED },
	{ "s=(\"@target-uri\" \"content-digest\")", "s=" TEST_ANY, SG_REQUEST_UNCOVERED },
	{ "s=(\"@method\" \"@authority\" \"@path\" \"content-digest\")", "s=" TEST_ANY,
	  SG_REQUEST_UNCOVERED },
	{ "s=(\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\")", "s=" TEST_ANY,
	  SG_REQUEST_OK },
	{ "s=(\"@method\" \"@authority\" \"@request-target\" \"content-digest\")", "s=" TEST_ANY,
	  SG_REQUEST_OK },
	{ "s=(\"@method\" \"@path\" \"@query\" \"content-digest\")", "s=" TEST_ANY,
	  SG_REQUEST_UNCOVERED },
	{ "s=(\"@method\" \"@target-uri\" \"content-digest\";sf)", "s=" TEST_ANY, SG_REQUEST_OK },
	{ "s=(\"@method\" \"@target-uri\" \"content-digest\";bs)", "s=" TEST_ANY, SG_REQUEST_OK },
	{ "s=(\"@method\" \"@target-uri\" \"content-digest\";key=\"sha-512\")", "s=" TEST_ANY,
	  SG_REQUEST_OK },
	{ "s=(\"@method\" \"@target-uri\" \"content-digest\";key=\"md5\")", "s=" TEST_ANY,
	  SG_REQUEST_UNCOVERED },
	{ "s=(\"@method\" \"@method\")", "s=" TEST_ANY, SG_REQUEST_COMPONENT_TWICE },
	{ "s=(\"@method\" \"@status\")", "s=" TEST_ANY, SG_REQUEST_UNCOVERED },
	{ "s=(\"@method\" \"@target-uri\" \"content-digest\" \"@status\")", "s=" TEST_ANY,
	  SG_REQUEST_COMPONENT },
	{ "s=(\"@method\" \"@target-uri\" \"content-digest\" \"accept\")", "s=" TEST_ANY,
	  SG_REQUEST_COMPONENT_ABSENT },
	{ "s=(\"@method\";req \"@target-uri\")", "s=" TEST_ANY, SG_REQUEST_COMPONENT },
	{ "s=(\"date\";tr)", "s=" TEST_ANY, SG_REQUEST_COMPONENT },
	{ "s=(@method)", "s=" TEST_ANY, SG_REQUEST_STRUCTURED },
	{ "s=(method)", "s=" TEST_ANY, SG_REQUEST_COMPONENT },
	{ "s=\"@method\"", "s=" TEST_ANY, SG_REQUEST_STRUCTURED },
	{ "s=" COVERS ", s=" COVERS, "s=" TEST_ANY, SG_REQUEST_LABEL },
	{ "s=" COVERS, "s=" TEST_ANY ", s=" TEST_ANY, SG_REQUEST_LABEL },
	{ "s=" COVERS, "t=" TEST_ANY, SG_REQUEST_MISSING },
	{ "s=" COVERS ", t=" COVERS, "s=" TEST_ANY, SG_REQUEST_LABEL },
	{ "s=" COVERS, "s=:AAAA:", SG_REQUEST_ENCODING },
	{ "s=" COVERS, "s=\"AAAA\"", SG_REQUEST_ENCODING },
	{ "s=" COVERS, "s", SG_REQUEST_ENCODING },
	{ "s=" COVERS, "s=:A A=:", SG_REQUEST_STRUCTURED },
	{ "s=" COVERS, "", SG_REQUEST_MISSING },
	{ "", "s=" TEST_ANY, SG_REQUEST_MISSING },
	{ "s=" COVERS ",", "s=" TEST_ANY, SG_REQUEST_STRUCTURED },
	{ "S=" COVERS, "S=" TEST_ANY, SG_REQUEST_STRUCTURED },
};

START_TEST(an_odd_signature_is_refused_with_its_own_reason)
{
	with(odd[_i].input, odd[_i].signature);
	ck_assert_msg(read_it() == odd[_i].reason, "%s %s: %s", odd[_i].input, odd[_i].signature,
	              sg_request_reason_name(read_it()));
}
END_TEST

START_TEST(without_the_input_there_is_no_signature_to_read)
{
	with("s=" COVERS, "s=" TEST_ANY);
	test_message_set(&message, "Signature-Input", NULL);
	test_reason(read_it(), SG_REQUEST_MISSING);
	with("s=" COVERS, "s=" TEST_ANY);
	test_message_set(&message, "Signature", NULL);
	test_reason(read_it(), SG_REQUEST_UNSIGNED);
}
END_TEST

START_TEST(what_a_server_requires_must_be_covered)
{
	with("s=(\"@method\" \"@target-uri\" \"content-digest\")", "s=" TEST_ANY);
	reading.require = sg_request_text("\"date\"");
	test_reason(read_it(), SG_REQUEST_UNCOVERED);
	reading.require = sg_request_text("\"@method\" \"@authority\" \"@path\" \"@query\" \"@scheme\"");
	test_reason(read_it(), SG_REQUEST_OK);
	reading.require = sg_request_text("\"@request-target\"");
	test_reason(read_it(), SG_REQUEST_UNCOVERED);
	reading.require = sg_request_text("@method");
	test_reason(read_it(), SG_REQUEST_ARGUMENT);
	/* A digest is asked for only where there is a body. */
	with("s=(\"@method\" \"@target-uri\")", "s=" TEST_ANY);
	reading.require = sg_request_text("\"@method\" \"content-digest\"");
	test_reason(read_it(), SG_REQUEST_UNCOVERED);
	message.message.body = NULL;
	test_reason(read_it(), SG_REQUEST_OK);
}
END_TEST

START_TEST(a_digest_that_is_covered_must_be_of_the_body)
{
	sign_it("\"@method\" \"@target-uri\" \"content-digest\"");
	test_reason(check_it(), SG_REQUEST_OK);
	test_message_body(&message, "{\"hello\": \"World\"}");
	test_reason(check_it(), SG_REQUEST_DIGEST);
	message.message.body = NULL;
	test_reason(check_it(), SG_REQUEST_DIGEST);
	test_b2_message(&message);
	test_message_set(&message, "Content-Digest", SHA512_HELLO);
	how.components = sg_request_text("\"content-digest\"");
	sg_request_signature_free(&made);
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_DIGEST);
}
END_TEST

START_TEST(a_change_of_what_is_covered_is_noticed_and_of_the_rest_is_not)
{
	sign_it("\"@method\" \"@authority\" \"@path\" \"content-digest\"");
	reading.require = sg_request_text("\"@method\"");
	test_message_set(&message, "Date", "now");
	message.message.target = sg_request_text("/foo");
	test_reason(check_it(), SG_REQUEST_OK);
	message.message.target = sg_request_text("/foo/");
	test_reason(check_it(), SG_REQUEST_SIGNATURE);
	message.message.target = sg_request_text("/foo");
	test_message_set(&message, "Host", "EXAMPLE.com:443");
	test_reason(check_it(), SG_REQUEST_OK);
	test_message_set(&message, "Host", "example.com:444");
	test_reason(check_it(), SG_REQUEST_SIGNATURE);
}
END_TEST

START_TEST(signatures_of_two_forms_are_not_read_as_either)
{
	sign_it("\"@method\" \"@target-uri\" \"content-digest\"");
	test_message_add(&message, "X-Signature", "x");
	test_reason(read_it(), SG_REQUEST_FORMS);
	reading.form = SG_REQUEST_RFC9421;
	test_reason(check_it(), SG_REQUEST_OK);
	reading.form = SG_REQUEST_HMAC;
	test_reason(read_it(), SG_REQUEST_UNSIGNED);
}
END_TEST

START_TEST(the_head_alone_has_no_base)
{
	sign_it("\"@method\" \"@target-uri\" \"content-digest\"");
	message.message.body = NULL;
	reading.flags = SG_REQUEST_HEAD_ONLY;
	test_reason(check_it(), SG_REQUEST_ARGUMENT);
	ck_assert_uint_eq(read_back->base.len, 0);
	test_text_eq(read_back->id, "test-key-ed25519");
}
END_TEST

START_TEST(texts_that_cannot_be_strings_are_not_signed)
{
	how.id = sg_request_text("k\xc3\xa4");
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_ID);
	how.id = sg_request_text("k");
	how.tag = sg_request_text("a\nb");
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_PARAMETER);
	how.tag = sg_request_text("");
	how.flags = 0;
	how.nonce = sg_request_text("\x7f");
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_NONCE);
	how.nonce = sg_request_text("n");
	how.lifetime = -1;
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_EXPIRES);
	how.lifetime = SG_REQUEST_TIME_MAX;
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_EXPIRES);
	how.lifetime = 0;
	how.created = -5;
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_TIMESTAMP);
	ck_assert_uint_eq(signer.calls, 0);
}
END_TEST

START_TEST(what_our_own_fields_would_change_is_not_signed)
{
	static const char *const growing[] = {
		"\"signature\"", "\"signature\";sf", "\"signature-input\";bs", "\"signature-input\"",
	};

	sign_it("\"@method\" \"@target-uri\" \"content-digest\"");
	how.label = sg_request_text("other");
	for (size_t i = 0; i < sizeof(growing) / sizeof(growing[0]); i++) {
		how.components = sg_request_text(growing[i]);
		test_reason(sg_request_sign(&message.message, &how, &read_back),
		            SG_REQUEST_COMPONENT);
	}
	/* A line behind an empty one would make no dictionary of both. */
	how.components = sg_request_text("\"@method\"");
	test_message_set(&message, "Signature", " ");
	test_reason(sg_request_sign(&message.message, &how, &read_back), SG_REQUEST_STRUCTURED);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("request_rfc9421");
	TCase *tc = tcase_create("rfc9421");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, by_default_a_request_is_covered_whole);
	tcase_add_test(tc, parameters_have_their_order_and_come_back);
	tcase_add_test(tc, spaces_in_the_input_are_not_signed);
	tcase_add_test(tc, of_several_signatures_one_is_chosen);
	tcase_add_loop_test(tc, an_odd_signature_is_refused_with_its_own_reason, 0,
	                    (int)(sizeof(odd) / sizeof(odd[0])));
	tcase_add_test(tc, without_the_input_there_is_no_signature_to_read);
	tcase_add_test(tc, what_a_server_requires_must_be_covered);
	tcase_add_test(tc, a_digest_that_is_covered_must_be_of_the_body);
	tcase_add_test(tc, a_change_of_what_is_covered_is_noticed_and_of_the_rest_is_not);
	tcase_add_test(tc, signatures_of_two_forms_are_not_read_as_either);
	tcase_add_test(tc, the_head_alone_has_no_base);
	tcase_add_test(tc, texts_that_cannot_be_strings_are_not_signed);
	tcase_add_test(tc, what_our_own_fields_would_change_is_not_signed);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
