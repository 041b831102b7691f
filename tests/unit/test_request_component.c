/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Covered components: the examples of RFC 9421 §2, and what is no component.
 */
#include "request/component.h"

#include <stdio.h>

#include "lib/request.h"
#include "lib/runner.h"

static struct test_signer signer;
static struct test_message message;
static struct sg_request_signature *made;
static struct sg_request_signing how;

static void setup(void)
{
	test_signer_42(&signer);
	made = NULL;
	how = (struct sg_request_signing){
		.size = sizeof(how),
		.form = SG_REQUEST_RFC9421,
		.flags = SG_REQUEST_NO_NONCE | SG_REQUEST_NO_ALG,
		.sign = test_sign,
		.context = &signer,
		.created = 1,
	};
}

static void teardown(void)
{
	sg_request_signature_free(&made);
}

static enum sg_request_reason cover(const char *components)
{
	sg_request_signature_free(&made);
	how.components = sg_request_text(components);
	return sg_request_sign(&message.message, &how, &made);
}

/* Require the lines of the base that come before that of the parameters. */
static void covers(const char *components, const char *lines)
{
	const size_t len = strlen(lines);

	test_reason(cover(components), SG_REQUEST_OK);
	ck_assert_msg(made->base.len > len && memcmp(made->base.data, lines, len) == 0 &&
	              strncmp(made->base.data + len, "\"@signature-params\": (", 22) == 0,
	              "%.*s", (int)made->base.len, made->base.data);
}

static void refuses(const char *components, enum sg_request_reason reason)
{
	const enum sg_request_reason got = cover(components);

	ck_assert_msg(got == reason, "%s: %s, not %s", components, sg_request_reason_name(got),
	              sg_request_reason_name(reason));
}

static void begin(const char *method, const char *target)
{
	test_message(&message, method, target);
	test_message_add(&message, "Host", "www.example.com");
}

/* The header fields of §2.1. */
static void begin_fields(void)
{
	begin("GET", "/");
	test_message_add(&message, "Date", "Tue, 20 Apr 2021 02:07:56 GMT");
	test_message_add(&message, "X-OWS-Header", "   Leading and trailing whitespace.   ");
	test_message_add(&message, "X-Obs-Fold-Header", "Obsolete\r\n    line folding.");
	test_message_add(&message, "Cache-Control", "max-age=60");
	test_message_add(&message, "Cache-Control", "    must-revalidate");
	test_message_add(&message, "Example-Dict", " a=1,    b=2;x=1;y=2,   c=(a   b   c)");
	test_message_add(&message, "X-Empty-Header", "");
}

START_TEST(header_fields_are_those_of_the_rfc)
{
	begin_fields();
	covers("\"host\" \"date\" \"x-ows-header\" \"x-obs-fold-header\" \"cache-control\" "
	       "\"example-dict\" \"x-empty-header\"",
	       "\"host\": www.example.com\n"
	       "\"date\": Tue, 20 Apr 2021 02:07:56 GMT\n"
	       "\"x-ows-header\": Leading and trailing whitespace.\n"
	       "\"x-obs-fold-header\": Obsolete line folding.\n"
	       "\"cache-control\": max-age=60, must-revalidate\n"
	       "\"example-dict\": a=1,    b=2;x=1;y=2,   c=(a   b   c)\n"
	       "\"x-empty-header\": \n");
}
END_TEST

START_TEST(folds_become_one_space_wherever_they_are)
{
	begin("GET", "/");
	test_message_add(&message, "A", "\r\n a");
	test_message_add(&message, "B", "b\r\n ");
	test_message_add(&message, "C", "c \t\r\n \t\r\n  d");
	test_message_add(&message, "D", " \r\n \r\n\t");
	test_message_add(&message, "D", "e\t f");
	covers("\"a\" \"b\" \"c\" \"d\"",
	       "\"a\": a\n\"b\": b\n\"c\": c d\n\"d\": , e\t f\n");
}
END_TEST

START_TEST(a_value_cannot_make_a_line_of_its_own)
{
	static const char *const values[] = {
		"a\n\"@method\": PUT", "a\r\n\"@method\": PUT", "a\rb", "a\r\n", "\n", "a\x7f", "a\x1b",
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		begin("GET", "/");
		test_message_add(&message, "X", values[i]);
		refuses("\"@method\"", SG_REQUEST_FIELD_VALUE);
	}
	begin("GET", "/");
	test_message_add(&message, "X", "");
	message.fields[1].value = sg_request_part("a\0b", 3);
	refuses("\"@method\"", SG_REQUEST_FIELD_VALUE);
}
END_TEST

START_TEST(structured_fields_are_those_of_the_rfc)
{
	const struct sg_request_structured row = {
		sg_request_text("Example-Dict"), SG_REQUEST_DICTIONARY };

	begin("GET", "/");
	test_message_add(&message, "Example-Dict", " a=1,    b=2;x=1;y=2,   c=(a   b   c)");
	refuses("\"example-dict\";sf", SG_REQUEST_COMPONENT_TYPE);
	how.structured = &row;
	how.n_structured = 1;
	covers("\"example-dict\";sf", "\"example-dict\";sf: a=1, b=2;x=1;y=2, c=(a b c)\n");

	begin("GET", "/");
	test_message_add(&message, "Example-Dict", "  a=1, b=2;x=1;y=2, c=(a   b    c), d");
	covers("\"example-dict\";key=\"a\" \"example-dict\";key=\"d\" \"example-dict\";key=\"b\" "
	       "\"example-dict\";key=\"c\"",
	       "\"example-dict\";key=\"a\": 1\n\"example-dict\";key=\"d\": ?1\n"
	       "\"example-dict\";key=\"b\": 2;x=1;y=2\n\"example-dict\";key=\"c\": (a b c)\n");
	refuses("\"example-dict\";key=\"e\"", SG_REQUEST_COMPONENT_ABSENT);
	test_message_set(&message, "Example-Dict", "a=1,,b");
	refuses("\"example-dict\";key=\"a\"", SG_REQUEST_STRUCTURED);
	refuses("\"example-dict\";sf", SG_REQUEST_STRUCTURED);
	test_message_add(&message, "Priority", "u=1,  i");
	covers("\"priority\";sf", "\"priority\";sf: u=1, i\n");
	test_message_add(&message, "Client-Cert", ":aGVsbG8=:");
	covers("\"client-cert\";sf", "\"client-cert\";sf: :aGVsbG8=:\n");
	refuses("\"client-cert\";key=\"a\"", SG_REQUEST_COMPONENT_TYPE);
}
END_TEST

START_TEST(lines_as_bytes_are_those_of_the_rfc)
{
	begin("GET", "/");
	test_message_add(&message, "Example-Header", "value, with, lots");
	test_message_add(&message, "Example-Header", "of, commas");
	covers("\"example-header\";bs",
	       "\"example-header\";bs: :dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:\n");
	begin("GET", "/");
	test_message_add(&message, "Example-Header", "value, with, lots, of, commas");
	covers("\"example-header\";bs",
	       "\"example-header\";bs: :dmFsdWUsIHdpdGgsIGxvdHMsIG9mLCBjb21tYXM=:\n");
	test_message_set(&message, "Example-Header", "");
	covers("\"example-header\";bs", "\"example-header\";bs: ::\n");
	/* Only so can bytes be covered that are not ASCII. */
	test_message_set(&message, "Example-Header", "\xc3\xa4");
	covers("\"example-header\";bs", "\"example-header\";bs: :w6Q=:\n");
	refuses("\"example-header\"", SG_REQUEST_FIELD_VALUE);
}
END_TEST

START_TEST(derived_components_are_those_of_the_rfc)
{
	begin("POST", "/path?param=value");
	covers("\"@method\" \"@target-uri\" \"@authority\" \"@scheme\" \"@request-target\" "
	       "\"@path\" \"@query\" \"@query-param\";name=\"param\"",
	       "\"@method\": POST\n"
	       "\"@target-uri\": https://www.example.com/path?param=value\n"
	       "\"@authority\": www.example.com\n"
	       "\"@scheme\": https\n"
	       "\"@request-target\": /path?param=value\n"
	       "\"@path\": /path\n"
	       "\"@query\": ?param=value\n"
	       "\"@query-param\";name=\"param\": value\n");
	begin("GET", "https://www.example.com/path?param=value");
	covers("\"@request-target\" \"@path\" \"@query\" \"@target-uri\"",
	       "\"@request-target\": https://www.example.com/path?param=value\n"
	       "\"@path\": /path\n\"@query\": ?param=value\n"
	       "\"@target-uri\": https://www.example.com/path?param=value\n");
	test_message(&message, "CONNECT", "www.example.com:80");
	message.message.scheme = sg_request_text("http");
	covers("\"@request-target\" \"@authority\" \"@path\" \"@query\"",
	       "\"@request-target\": www.example.com:80\n\"@authority\": www.example.com\n"
	       "\"@path\": /\n\"@query\": ?\n");
	begin("OPTIONS", "*");
	covers("\"@request-target\" \"@path\" \"@target-uri\"",
	       "\"@request-target\": *\n\"@path\": /\n\"@target-uri\": https://www.example.com\n");
	begin("GET", "/path?queryString");
	covers("\"@query\"", "\"@query\": ?queryString\n");
	begin("GET", "/path");
	covers("\"@query\"", "\"@query\": ?\n");
	begin("GET", "/path?");
	covers("\"@query\" \"@target-uri\"",
	       "\"@query\": ?\n\"@target-uri\": https://www.example.com/path?\n");
}
END_TEST

START_TEST(query_parameters_are_those_of_the_rfc)
{
	begin("GET", "/path?param=value&foo=bar&baz=batman&qux=");
	covers("\"@query-param\";name=\"baz\" \"@query-param\";name=\"qux\" "
	       "\"@query-param\";name=\"param\"",
	       "\"@query-param\";name=\"baz\": batman\n\"@query-param\";name=\"qux\": \n"
	       "\"@query-param\";name=\"param\": value\n");
	begin("GET", "/parameters?var=this%20is%20a%20big%0Amultiline%20value&"
	      "bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something");
	covers("\"@query-param\";name=\"var\" \"@query-param\";name=\"bar\" "
	       "\"@query-param\";name=\"fa%C3%A7ade%22%3A%20\"",
	       "\"@query-param\";name=\"var\": this%20is%20a%20big%0Amultiline%20value\n"
	       "\"@query-param\";name=\"bar\": with%20plus%20whitespace\n"
	       "\"@query-param\";name=\"fa%C3%A7ade%22%3A%20\": something\n");
}
END_TEST

START_TEST(query_parameters_are_read_as_forms_are)
{
	begin("GET", "/?&&a&b=c=d&%65=%zz%&f=%7e*-._&=x&dup=1&d%75p=2&bad=%ff&low=%c3%a4");
	covers("\"@query-param\";name=\"a\" \"@query-param\";name=\"b\" "
	       "\"@query-param\";name=\"e\" \"@query-param\";name=\"f\" "
	       "\"@query-param\";name=\"\" \"@query-param\";name=\"low\"",
	       "\"@query-param\";name=\"a\": \n\"@query-param\";name=\"b\": c%3Dd\n"
	       "\"@query-param\";name=\"e\": %25zz%25\n\"@query-param\";name=\"f\": %7E*-._\n"
	       "\"@query-param\";name=\"\": x\n\"@query-param\";name=\"low\": %C3%A4\n");
	refuses("\"@query-param\";name=\"dup\"", SG_REQUEST_COMPONENT_AMBIGUOUS);
	refuses("\"@query-param\";name=\"none\"", SG_REQUEST_COMPONENT_ABSENT);
	refuses("\"@query-param\";name=\"%65\"", SG_REQUEST_COMPONENT_ABSENT);
	refuses("\"@query-param\";name=\"bad\"", SG_REQUEST_COMPONENT);
	begin("GET", "/");
	refuses("\"@query-param\";name=\"a\"", SG_REQUEST_COMPONENT_ABSENT);
}
END_TEST

START_TEST(a_host_is_written_in_one_way)
{
	static const struct {
		const char *scheme, *host, *authority;
	} rows[] = {
		{ "https", "WWW.Example.COM", "www.example.com" },
		{ "https", "www.example.com:443", "www.example.com" },
		{ "https", "www.example.com:80", "www.example.com:80" },
		{ "http", "www.example.com:80", "www.example.com" },
		{ "http", "www.example.com:443", "www.example.com:443" },
		{ "HTTPS", "www.example.com:443", "www.example.com" },
		{ "https", "www.example.com:", "www.example.com" },
		{ "https", "[2001:DB8::1]:443", "[2001:db8::1]" },
		{ "https", "[::1]:8443", "[::1]:8443" },
		{ "https", "192.0.2.1", "192.0.2.1" },
		{ "", "www.example.com:443", "www.example.com:443" },
	};
	char line[100];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_message(&message, "GET", "/");
		message.message.scheme = sg_request_text(rows[i].scheme);
		test_message_add(&message, "Host", rows[i].host);
		(void)sprintf(line, "\"@authority\": %s\n", rows[i].authority);
		covers("\"@authority\"", line);
	}
}
END_TEST

START_TEST(an_odd_host_is_refused)
{
	static const char *const hosts[] = {
		"", "user@www.example.com", "www.example.com:x", "www.example.com:080",
		"www.example.com:65536", "a b", "a,b", "a/b", "a:1:2", "[::1", "[]", "::1", "[::1]x",
		"[::1%eth0]", ":443", "a\tb", "h\xc3\xa4",
	};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		test_message(&message, "GET", "/");
		test_message_add(&message, "Host", hosts[i]);
		/* In the alphabet of hosts a comma is a letter like others. */
		if (strcmp(hosts[i], "a,b") != 0)
			refuses("\"@authority\"", SG_REQUEST_AUTHORITY);
	}
}
END_TEST

START_TEST(whose_host_it_is_must_be_known_and_be_one)
{
	test_message(&message, "GET", "/");
	refuses("\"@authority\"", SG_REQUEST_AUTHORITY);
	test_message_add(&message, "Host", "a");
	test_message_add(&message, "Host", "a");
	refuses("\"@authority\"", SG_REQUEST_AUTHORITY);
	test_message(&message, "GET", "https://a/");
	covers("\"@authority\"", "\"@authority\": a\n");
	test_message_add(&message, "Host", "A");
	covers("\"@authority\"", "\"@authority\": a\n");
	test_message_set(&message, "Host", "b");
	refuses("\"@authority\"", SG_REQUEST_AUTHORITY);
	/* The caller's word is above both. */
	message.message.authority = sg_request_text("c");
	covers("\"@authority\"", "\"@authority\": c\n");
}
END_TEST

START_TEST(a_target_uri_needs_a_scheme_and_keeps_its_bytes)
{
	begin("GET", "/%41/../?%20+");
	covers("\"@target-uri\"", "\"@target-uri\": https://www.example.com/%41/../?%20+\n");
	message.message.scheme = sg_request_text("");
	refuses("\"@target-uri\"", SG_REQUEST_SCHEME);
	refuses("\"@scheme\"", SG_REQUEST_SCHEME);
	message.message.scheme = sg_request_text("ftp");
	refuses("\"@scheme\"", SG_REQUEST_SCHEME);
	message.message.scheme = sg_request_text("https");
	message.message.target = sg_request_text("http://www.example.com/");
	refuses("\"@scheme\"", SG_REQUEST_SCHEME);
	message.message.target = sg_request_text("HTTPS://www.EXAMPLE.com:443");
	message.message.n_fields = 0;
	covers("\"@target-uri\" \"@path\"",
	       "\"@target-uri\": https://www.example.com/\n\"@path\": /\n");
	message.message.target = sg_request_text("https://www.example.com?a");
	covers("\"@target-uri\"", "\"@target-uri\": https://www.example.com/?a\n");
	message.message.method = sg_request_text("OPTIONS");
	message.message.target = sg_request_text("https://www.example.com");
	covers("\"@target-uri\"", "\"@target-uri\": https://www.example.com\n");
}
END_TEST

START_TEST(what_is_no_component_is_refused)
{
	static const char *const none[] = {
		"@method", "\"@Method\"", "\"Host\"", "\"\"", "\"@\"", "\"@status\"", "\"@unknown\"",
		"\"@signature-params\"", "\"host\";req", "\"host\";tr", "\"@method\";req",
		"\"host\";sf=?0", "\"host\";sf=1", "\"host\";bs=?0", "\"host\";key", "\"host\";key=a",
		"\"host\";key=\"a\\\"\"", "\"host\";bs;sf", "\"host\";bs;key=\"a\"", "\"host\";name=\"a\"",
		"\"@query\";sf", "\"@query-param\"", "\"@query-param\";name", "\"@method\";name=\"a\"",
		"\"host\";unknown", "\"host\";sf;sf", "\"a b\"", "\"a\\\\b\"", "1", "\"host\", \"date\"",
		"\"host\")", "\"host\");created=1;x=(", "(\"host\")", "\"host\"\"date\"", "\"host",
	};

	begin("GET", "/?a=b");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		refuses(none[i], SG_REQUEST_COMPONENT);
	refuses("\"accept\"", SG_REQUEST_COMPONENT_ABSENT);
	refuses("\"host\" \"@method\" \"host\"", SG_REQUEST_COMPONENT_TWICE);
	test_message_add(&message, "Priority", "u=1");
	covers("\"priority\" \"priority\";sf \"priority\";bs \"priority\";key=\"u\"",
	       "\"priority\": u=1\n\"priority\";sf: u=1\n\"priority\";bs: :dT0x:\n"
	       "\"priority\";key=\"u\": 1\n");
	refuses("\"priority\";sf;key=\"u\" \"priority\";key=\"u\";sf", SG_REQUEST_COMPONENT_TWICE);
}
END_TEST

START_TEST(more_components_than_there_may_be_are_refused)
{
	static char names[SG_REQUEST_COMPONENTS_MAX + 1][8];
	static char list[12 * (SG_REQUEST_COMPONENTS_MAX + 1)];
	size_t len = 0;

	begin("GET", "/");
	for (int i = 0; i < SG_REQUEST_COMPONENTS_MAX; i++) {
		(void)sprintf(names[i], "x%d", i);
		test_message_add(&message, names[i], "");
		len += (size_t)sprintf(list + len, " \"%s\"", names[i]);
	}
	test_reason(cover(list), SG_REQUEST_OK);
	ck_assert_uint_eq(made->n_components, SG_REQUEST_COMPONENTS_MAX);
	(void)sprintf(list + len, " \"host\"");
	refuses(list, SG_REQUEST_TOO_MANY);
}
END_TEST

START_TEST(fields_beyond_their_bounds_are_refused)
{
	static char value[SG_REQUEST_VALUE_MAX + 2], name[SG_REQUEST_NAME_MAX + 2];

	memset(value, 'v', sizeof(value) - 1);
	memset(name, 'n', sizeof(name) - 1);
	begin("GET", "/");
	test_message_add(&message, "x", value);
	refuses("\"@method\"", SG_REQUEST_TOO_LONG);
	value[SG_REQUEST_VALUE_MAX] = 0;
	test_message_set(&message, "x", value);
	test_reason(cover("\"x\""), SG_REQUEST_OK);
	for (int i = 0; i < 4; i++)
		test_message_add(&message, "y", value);
	refuses("\"@method\"", SG_REQUEST_TOO_LONG);
	begin("GET", "/");
	test_message_add(&message, name, "");
	refuses("\"@method\"", SG_REQUEST_TOO_LONG);
	begin("GET", "/");
	test_message_add(&message, "a b", "");
	refuses("\"@method\"", SG_REQUEST_FIELD_NAME);
	begin("GET", "/");
	test_message_add(&message, "", "");
	refuses("\"@method\"", SG_REQUEST_FIELD_NAME);
	begin("GET", "/");
	while (message.message.n_fields <= SG_REQUEST_FIELDS_MAX)
		test_message_add(&message, "x", "");
	refuses("\"@method\"", SG_REQUEST_TOO_MANY);
	begin("G ET", "/");
	refuses("\"@path\"", SG_REQUEST_METHOD);
	begin("", "/");
	refuses("\"@path\"", SG_REQUEST_METHOD);
	begin("LONGLONGLONGLONGLONGLONGLONGLONGL", "/");
	refuses("\"@path\"", SG_REQUEST_TOO_LONG);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("request_component");
	TCase *tc = tcase_create("component");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, header_fields_are_those_of_the_rfc);
	tcase_add_test(tc, folds_become_one_space_wherever_they_are);
	tcase_add_test(tc, a_value_cannot_make_a_line_of_its_own);
	tcase_add_test(tc, structured_fields_are_those_of_the_rfc);
	tcase_add_test(tc, lines_as_bytes_are_those_of_the_rfc);
	tcase_add_test(tc, derived_components_are_those_of_the_rfc);
	tcase_add_test(tc, query_parameters_are_those_of_the_rfc);
	tcase_add_test(tc, query_parameters_are_read_as_forms_are);
	tcase_add_test(tc, a_host_is_written_in_one_way);
	tcase_add_test(tc, an_odd_host_is_refused);
	tcase_add_test(tc, whose_host_it_is_must_be_known_and_be_one);
	tcase_add_test(tc, a_target_uri_needs_a_scheme_and_keeps_its_bytes);
	tcase_add_test(tc, what_is_no_component_is_refused);
	tcase_add_test(tc, more_components_than_there_may_be_are_refused);
	tcase_add_test(tc, fields_beyond_their_bounds_are_refused);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
