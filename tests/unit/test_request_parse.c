/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The head of a request from the bytes of a connection.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/request.h"
#include "lib/runner.h"

static struct sg_request_head *head;

static void setup(void)
{
	head = NULL;
}

static void teardown(void)
{
	sg_request_head_free(&head);
}

static enum sg_request_reason parse(const char *text)
{
	sg_request_head_free(&head);
	return sg_request_parse(text, strlen(text), &head);
}

START_TEST(a_head_is_taken_apart)
{
	static const char text[] =
		"POST /v1/secrets?a=%20b HTTP/1.1\r\n"
		"Host: vault.example:8443\r\n"
		"X-Empty:\r\n"
		"x-spaces: \t a b \t \r\n"
		"X-Twice: 1\r\n"
		"x-twice: 2\r\n"
		"Content-Length: 12\r\n"
		"\r\n"
		"body\r\n\r\nbody";

	test_reason(parse(text), SG_REQUEST_OK);
	test_text_eq(head->message.method, "POST");
	test_text_eq(head->message.target, "/v1/secrets?a=%20b");
	ck_assert_uint_eq(head->minor, 1);
	ck_assert_uint_eq(head->message.n_fields, 6);
	test_text_eq(head->message.fields[0].name, "Host");
	test_text_eq(head->message.fields[0].value, "vault.example:8443");
	test_text_eq(head->message.fields[1].value, "");
	test_text_eq(head->message.fields[2].name, "x-spaces");
	test_text_eq(head->message.fields[2].value, "a b");
	test_text_eq(head->message.fields[4].value, "2");
	ck_assert(head->has_content_length && !head->chunked);
	ck_assert_uint_eq(head->content_length, 12);
	ck_assert_str_eq(text + head->len, "body\r\n\r\nbody");
	ck_assert_uint_eq(head->message.scheme.len, 0);
}
END_TEST

START_TEST(every_beginning_of_a_head_wants_more)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";

	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		char *copy = malloc(len);

		ck_assert(copy != NULL || len == 0);
		if (len > 0)
			memcpy(copy, text, len);
		test_reason(sg_request_parse(copy, len, &head), SG_REQUEST_INCOMPLETE);
		ck_assert_ptr_null(head);
		free(copy);
	}
	test_reason(parse(text), SG_REQUEST_OK);
	ck_assert_uint_eq(head->len, sizeof(text) - 1);
}
END_TEST

#define H "Host: a\r\n"

static const struct {
	const char *text;
	enum sg_request_reason reason;
} heads[] = {
	{ "GET / HTTP/1.1\r\n" H "\r\n", SG_REQUEST_OK },
	{ "GET / HTTP/1.0\r\n\r\n", SG_REQUEST_OK },
	{ "GET http://a/ HTTP/1.1\r\n" H "\r\n", SG_REQUEST_OK },
	{ "GET http://a:80/ HTTP/1.1\r\nHost: a:80\r\n\r\n", SG_REQUEST_OK },
	{ "OPTIONS * HTTP/1.1\r\n" H "\r\n", SG_REQUEST_OK },
	{ "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", SG_REQUEST_OK },
	{ "M-SEARCH /?:@!$&'()*+,;= HTTP/1.1\r\n" H "\r\n", SG_REQUEST_OK },

	/* The request line. */
	{ "\r\nGET / HTTP/1.1\r\n" H "\r\n", SG_REQUEST_LINE },
	{ "GET  / HTTP/1.1\r\n" H "\r\n", SG_REQUEST_LINE },
	{ "GET /  HTTP/1.1\r\n" H "\r\n", SG_REQUEST_LINE },
	{ "GET / HTTP/1.1 \r\n" H "\r\n", SG_REQUEST_LINE },
	{ "GET /a b HTTP/1.1\r\n" H "\r\n", SG_REQUEST_LINE },
	{ " GET / HTTP/1.1\r\n" H "\r\n", SG_REQUEST_LINE },
	{ "GET\t/ HTTP/1.1\r\n" H "\r\n", SG_REQUEST_LINE },
	{ "GET /\r\n" H "\r\n", SG_REQUEST_LINE },
	{ "GET\r\n" H "\r\n", SG_REQUEST_LINE },
	{ "HTTP/1.1 200 OK\r\n\r\n", SG_REQUEST_VERSION },
	{ "GET / HTTP/1.2\r\n" H "\r\n", SG_REQUEST_VERSION },
	{ "GET / HTTP/2.0\r\n" H "\r\n", SG_REQUEST_VERSION },
	{ "GET / http/1.1\r\n" H "\r\n", SG_REQUEST_VERSION },
	{ "GET / HTTP/1.10\r\n" H "\r\n", SG_REQUEST_VERSION },
	{ "GET / HTTP/01.1\r\n" H "\r\n", SG_REQUEST_VERSION },
	{ "PRI * HTTP/2.0\r\n\r\n", SG_REQUEST_VERSION },
	{ "G(T / HTTP/1.1\r\n" H "\r\n", SG_REQUEST_METHOD },
	{ "GET a/b HTTP/1.1\r\n" H "\r\n", SG_REQUEST_TARGET },
	{ "GET /#f HTTP/1.1\r\n" H "\r\n", SG_REQUEST_TARGET },
	{ "GET /\x01 HTTP/1.1\r\n" H "\r\n", SG_REQUEST_TARGET },
	{ "GET /\xff HTTP/1.1\r\n" H "\r\n", SG_REQUEST_TARGET },
	{ "GET * HTTP/1.1\r\n" H "\r\n", SG_REQUEST_TARGET },
	{ "GET a:443 HTTP/1.1\r\n" H "\r\n", SG_REQUEST_TARGET },
	{ "CONNECT / HTTP/1.1\r\n" H "\r\n", SG_REQUEST_TARGET },
	{ "CONNECT a HTTP/1.1\r\n" H "\r\n", SG_REQUEST_TARGET },
	{ "CONNECT a: HTTP/1.1\r\n" H "\r\n", SG_REQUEST_TARGET },
	{ "CONNECT [::1] HTTP/1.1\r\n" H "\r\n", SG_REQUEST_TARGET },
	{ "GET http:///x HTTP/1.1\r\n" H "\r\n", SG_REQUEST_TARGET },
	{ "GET http://u@a/ HTTP/1.1\r\n" H "\r\n", SG_REQUEST_TARGET },
	{ "GET h2p://a/ HTTP/1.1\r\n" H "\r\n", SG_REQUEST_TARGET },

	/* Ends of lines. */
	{ "GET / HTTP/1.1\n" H "\n", SG_REQUEST_LINE_END },
	{ "GET / HTTP/1.1\r\nHost: a\n\r\n", SG_REQUEST_LINE_END },
	{ "GET / HTTP/1.1\r\nHost: a\r\n\n", SG_REQUEST_LINE_END },
	{ "GET / HTTP/1.1\r\n" H "X: a\rY: b\r\n\r\n", SG_REQUEST_LINE_END },
	{ "GET / HTTP/1.1\r\r\n" H "\r\n", SG_REQUEST_LINE_END },
	{ "GET /\r HTTP/1.1\r\n" H "\r\n", SG_REQUEST_LINE_END },

	/* Header fields. */
	{ "GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n", SG_REQUEST_FOLDED },
	{ "GET / HTTP/1.1\r\n" H "X: a\r\n\tb\r\n\r\n", SG_REQUEST_FOLDED },
	{ "GET / HTTP/1.1\r\n X: a\r\n" H "\r\n", SG_REQUEST_FOLDED },
	{ "GET / HTTP/1.1\r\n" H "X : a\r\n\r\n", SG_REQUEST_COLON },
	{ "GET / HTTP/1.1\r\n" H "X\t: a\r\n\r\n", SG_REQUEST_COLON },
	{ "GET / HTTP/1.1\r\n" H "X\r\n\r\n", SG_REQUEST_COLON },
	{ "GET / HTTP/1.1\r\n" H ": a\r\n\r\n", SG_REQUEST_COLON },
	{ "GET / HTTP/1.1\r\n" H "X Y: a\r\n\r\n", SG_REQUEST_FIELD_NAME },
	{ "GET / HTTP/1.1\r\n" H "X\x0b: a\r\n\r\n", SG_REQUEST_FIELD_NAME },
	{ "GET / HTTP/1.1\r\n" H "\xc3\xa4: a\r\n\r\n", SG_REQUEST_FIELD_NAME },
	{ "GET / HTTP/1.1\r\n" H "X: a\x01\r\n\r\n", SG_REQUEST_FIELD_VALUE },
	{ "GET / HTTP/1.1\r\n" H "X: \x7f\r\n\r\n", SG_REQUEST_FIELD_VALUE },
	{ "GET / HTTP/1.1\r\n" H "X: \xc3\xa4\r\n\r\n", SG_REQUEST_OK },

	/* Whose request it is. */
	{ "GET / HTTP/1.1\r\n\r\n", SG_REQUEST_AUTHORITY },
	{ "GET / HTTP/1.1\r\n" H H "\r\n", SG_REQUEST_AUTHORITY },
	{ "GET / HTTP/1.0\r\n" H H "\r\n", SG_REQUEST_AUTHORITY },
	{ "GET / HTTP/1.1\r\nHost:\r\n\r\n", SG_REQUEST_AUTHORITY },
	{ "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", SG_REQUEST_AUTHORITY },
	{ "GET http://b/ HTTP/1.1\r\n" H "\r\n", SG_REQUEST_AUTHORITY },
	{ "GET http://b/ HTTP/1.1\r\n\r\n", SG_REQUEST_AUTHORITY },
	{ "CONNECT b:443 HTTP/1.1\r\n" H "\r\n", SG_REQUEST_AUTHORITY },

	/* Where the body ends. */
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
	  SG_REQUEST_CONTENT_LENGTH },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 1, 1\r\n\r\n", SG_REQUEST_CONTENT_LENGTH },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: +1\r\n\r\n", SG_REQUEST_CONTENT_LENGTH },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n", SG_REQUEST_CONTENT_LENGTH },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 01\r\n\r\n", SG_REQUEST_CONTENT_LENGTH },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 0x1\r\n\r\n", SG_REQUEST_CONTENT_LENGTH },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 1 1\r\n\r\n", SG_REQUEST_CONTENT_LENGTH },
	{ "GET / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n", SG_REQUEST_CONTENT_LENGTH },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999\r\n\r\n",
	  SG_REQUEST_CONTENT_LENGTH },
	{ "GET / HTTP/1.1\r\n" H "Transfer-Encoding: CHUNKED\r\n\r\n", SG_REQUEST_OK },
	{ "GET / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n",
	  SG_REQUEST_TRANSFER_CODING },
	{ "GET / HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n", SG_REQUEST_TRANSFER_CODING },
	{ "GET / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n", SG_REQUEST_TRANSFER_CODING },
	{ "GET / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
	  SG_REQUEST_TRANSFER_CODING },
	{ "GET / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n", SG_REQUEST_TRANSFER_CODING },
	{ "GET / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
	  SG_REQUEST_FRAMING },
	{ "GET / HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 2\r\n"
	  "transfer-encoding: x\r\n\r\n", SG_REQUEST_FRAMING },
};

START_TEST(a_head_that_could_be_read_in_two_ways_is_refused)
{
	const enum sg_request_reason got = parse(heads[_i].text);

	ck_assert_msg(got == heads[_i].reason, "%s: %s", heads[_i].text,
	              sg_request_reason_name(got));
	ck_assert_int_eq(head != NULL, got == SG_REQUEST_OK);
}
END_TEST

START_TEST(a_zero_byte_is_refused_wherever_it_is)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: abc\r\nX-Y: z z\r\n\r\n";
	char copy[sizeof(text)];

	for (size_t i = 0; i < sizeof(text) - 5; i++) {
		memcpy(copy, text, sizeof(text));
		copy[i] = 0;
		ck_assert_msg(sg_request_parse(copy, sizeof(text) - 1, &head) != SG_REQUEST_OK,
		              "at %zu", i);
	}
}
END_TEST

START_TEST(a_head_has_its_bounds)
{
	static char text[SG_REQUEST_HEAD_MAX + 100];
	const size_t begin = (size_t)sprintf(text, "GET / HTTP/1.1\r\nHost: a\r\n");
	size_t len = begin;

	for (int i = 1; i < SG_REQUEST_FIELDS_MAX; i++)
		len += (size_t)sprintf(text + len, "X: y\r\n");
	(void)sprintf(text + len, "\r\n");
	test_reason(parse(text), SG_REQUEST_OK);
	(void)sprintf(text + len, "X: y\r\n\r\n");
	test_reason(parse(text), SG_REQUEST_TOO_MANY);

	/* Without an end nobody waits for more than the bound. */
	len = begin;
	while (len < SG_REQUEST_HEAD_MAX - 1100)
		len += (size_t)sprintf(text + len, "X: %01000d\r\n", 0);
	memset(text + len, 'a', sizeof(text) - len);
	test_reason(sg_request_parse(text, SG_REQUEST_HEAD_MAX - 1, &head), SG_REQUEST_INCOMPLETE);
	test_reason(sg_request_parse(text, SG_REQUEST_HEAD_MAX, &head), SG_REQUEST_TOO_LONG);
	test_reason(sg_request_parse(text, sizeof(text), &head), SG_REQUEST_TOO_LONG);
}
END_TEST

START_TEST(arguments_that_are_none_are_refused)
{
	test_reason(sg_request_parse(NULL, 1, &head), SG_REQUEST_ARGUMENT);
	test_reason(sg_request_parse("", 0, NULL), SG_REQUEST_ARGUMENT);
	test_reason(sg_request_parse(NULL, 0, &head), SG_REQUEST_INCOMPLETE);
	sg_request_head_free(NULL);
}
END_TEST

START_TEST(a_parsed_request_is_read_as_the_product_signs_it)
{
	static const char text[] =
		"POST /v1/secrets/list HTTP/1.1\r\n"
		"Host: machines.example\r\n"
		"X-Machine-Id: m\r\n"
		"X-Timestamp: 1711468800\r\n"
		"X-Nonce: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
		"X-Signature: cQKegzPgo1BfTOgF4aSMg5sI2ETJM51B/92zG/rvKf8vsn9nTpVjEfU7rO6dN56ahEMfkr"
		"NdD41GI1j+RtpyAQ==\r\n"
		"Content-Length: 23\r\n"
		"\r\n"
		"{\"projectId\": \"proj_a\"}";
	struct sg_request_signature *signature = NULL;
	struct sg_request_digest digest = { .size = sizeof(digest) };
	struct test_signer signer;

	test_signer_42(&signer);
	test_reason(parse(text), SG_REQUEST_OK);
	test_reason(sg_request_body_once(0, text + head->len, head->content_length, &digest),
	            SG_REQUEST_OK);
	head->message.body = &digest;
	test_reason(sg_request_read(&head->message, NULL, &signature), SG_REQUEST_OK);
	test_reason(sg_request_check_ed25519(signature, signer.public_key), SG_REQUEST_OK);
	sg_request_signature_free(&signature);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("request_parse");
	TCase *tc = tcase_create("parse");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_head_is_taken_apart);
	tcase_add_test(tc, every_beginning_of_a_head_wants_more);
	tcase_add_loop_test(tc, a_head_that_could_be_read_in_two_ways_is_refused, 0,
	                    (int)(sizeof(heads) / sizeof(heads[0])));
	tcase_add_test(tc, a_zero_byte_is_refused_wherever_it_is);
	tcase_add_test(tc, a_head_has_its_bounds);
	tcase_add_test(tc, arguments_that_are_none_are_refused);
	tcase_add_test(tc, a_parsed_request_is_read_as_the_product_signs_it);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
