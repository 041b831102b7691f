/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Attacks on signed requests by who carries them, or makes them with a key of his own. The
 * requests are bytes of a connection, as a server gets them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/request.h"
#include "lib/runner.h"

#define BODY "{\"projectId\": \"proj_a\"}"

static struct test_signer signer;
static char raw[8192];
static size_t raw_len;

/* What a server made of bytes. */
struct seen {
	struct sg_request_head *head;
	struct sg_request_signature *signature;
	struct sg_request_digest digest;
};

static void forget(struct seen *seen)
{
	sg_request_head_free(&seen->head);
	sg_request_signature_free(&seen->signature);
}

/* Parse, read and check as a server does. */
static enum sg_request_reason serve(const char *bytes, size_t len, struct seen *seen)
{
	static const struct sg_request_reading reading = { .size = sizeof(reading) };
	enum sg_request_reason reason = sg_request_parse(bytes, len, &seen->head);

	seen->signature = NULL;
	seen->digest.size = sizeof(seen->digest);
	if (reason != SG_REQUEST_OK)
		return reason;
	if (!seen->head->has_content_length || seen->head->len + seen->head->content_length != len)
		return SG_REQUEST_INCOMPLETE;
	seen->head->message.scheme = sg_request_text("https");
	test_reason(sg_request_body_once(sg_request_digests_needed(&seen->head->message),
	                                 bytes + seen->head->len, len - seen->head->len,
	                                 &seen->digest),
	            SG_REQUEST_OK);
	seen->head->message.body = &seen->digest;
	reason = sg_request_read(&seen->head->message, &reading, &seen->signature);
	if (reason != SG_REQUEST_OK)
		return reason;
	return seen->signature->form == SG_REQUEST_HMAC ?
	       sg_request_check_hmac(seen->signature, (const uint8_t *)"key", 3) :
	       sg_request_check_ed25519(seen->signature, signer.public_key);
}

static void append(const char *text, size_t len)
{
	ck_assert_uint_lt(raw_len + len, sizeof(raw));
	memcpy(raw + raw_len, text, len);
	raw_len += len;
	raw[raw_len] = 0;
}

/* Write a signed request in that form. */
static void write_request(enum sg_request_form form, const char *target)
{
	static const struct sg_request_structured none[1];
	struct sg_request_signature *made = NULL;
	struct sg_request_signing how = {
		.size = sizeof(how), .form = form, .sign = test_sign, .context = &signer,
		.id = sg_request_text("machine-1"), .created = 1711468800, .structured = none,
	};
	struct test_message message;
	char line[64];

	test_signer_42(&signer);
	signer.hmac = form == SG_REQUEST_HMAC ? "key" : NULL;
	test_message(&message, "POST", target);
	test_message_add(&message, "Host", "vault.example");
	test_message_body(&message, BODY);
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_OK);
	raw_len = 0;
	append(line, (size_t)snprintf(line, sizeof(line), "POST %s HTTP/1.1\r\n", target));
	append(line, (size_t)sprintf(line, "Host: vault.example\r\nContent-Length: %zu\r\n",
	                             strlen(BODY)));
	for (size_t i = 0; i < made->n_fields; i++) {
		append(made->fields[i].name.data, made->fields[i].name.len);
		append(": ", 2);
		append(made->fields[i].value.data, made->fields[i].value.len);
		append("\r\n", 2);
	}
	append("\r\n" BODY, 2 + strlen(BODY));
	sg_request_signature_free(&made);
}

static bool same(struct sg_request_text a, struct sg_request_text b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Whether two requests are one to who relies on what is signed. */
static bool same_request(const struct seen *a, const struct seen *b)
{
	return same(a->head->message.method, b->head->message.method) &&
	       same(a->head->message.target, b->head->message.target) &&
	       memcmp(a->digest.sha256, b->digest.sha256, 32) == 0 &&
	       a->signature->created == b->signature->created &&
	       same(a->signature->nonce, b->signature->nonce) &&
	       same(a->signature->base, b->signature->base);
}

static const enum sg_request_form forms[] = {
	SG_REQUEST_VAULT, SG_REQUEST_RFC9421, SG_REQUEST_HMAC,
};

/* Every byte, by bytes that mean something to a parser and by its own with another bit. */
START_TEST(no_byte_of_a_request_is_changed_unnoticed)
{
	static const char others[] = " \t\r\n:;,=/?\"()0aA~\x01\xff";
	struct seen honest, changed;
	char copy[sizeof(raw)];
	size_t accepted = 0;

	write_request(forms[_i], forms[_i] == SG_REQUEST_VAULT ? "/v1/a" : "/v1/a?b=c");
	test_reason(serve(raw, raw_len, &honest), SG_REQUEST_OK);
	for (size_t i = 0; i < raw_len; i++) {
		for (size_t k = 0; k < sizeof(others) - 1 + 8; k++) {
			memcpy(copy, raw, raw_len);
			copy[i] = k < 8 ? (char)(copy[i] ^ 1 << k) : others[k - 8];
			if (serve(copy, raw_len, &changed) == SG_REQUEST_OK) {
				accepted++;
				ck_assert_msg(same_request(&honest, &changed), "%.*s", (int)raw_len,
				              copy);
			}
			forget(&changed);
		}
	}
	/* Names of fields have no case, and some fields are not signed. */
	ck_assert_uint_gt(accepted, 10);
	forget(&honest);
}
END_TEST

/* Take a byte away, or send one twice. */
START_TEST(no_byte_of_a_request_is_lost_or_doubled_unnoticed)
{
	struct seen honest, changed;
	char copy[sizeof(raw)];

	write_request(forms[_i], forms[_i] == SG_REQUEST_VAULT ? "/v1/a" : "/v1/a?b=c");
	test_reason(serve(raw, raw_len, &honest), SG_REQUEST_OK);
	for (size_t i = 0; i < raw_len; i++) {
		memcpy(copy, raw, i);
		memcpy(copy + i, raw + i + 1, raw_len - i - 1);
		if (serve(copy, raw_len - 1, &changed) == SG_REQUEST_OK)
			ck_assert(same_request(&honest, &changed));
		forget(&changed);
		memcpy(copy, raw, i + 1);
		memcpy(copy + i + 1, raw + i, raw_len - i);
		if (serve(copy, raw_len + 1, &changed) == SG_REQUEST_OK)
			ck_assert(same_request(&honest, &changed));
		forget(&changed);
	}
	forget(&honest);
}
END_TEST

/* The bytes of a signature in the vault's form, cut at any four of their colons. */
START_TEST(signed_bytes_are_read_in_one_way_only)
{
	static const char base[] = "GET:/v1/x:1711468799:abc:1711468800:nonce:"
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	uint8_t signature[64];
	char copy[sizeof(base)], head[1024], encoded[100];
	size_t colons[8], n = 0, len, accepted = 0;
	struct sg_request_signature *made = NULL;
	struct test_message message;
	struct sg_request_signing how = {
		.size = sizeof(how), .form = SG_REQUEST_VAULT, .sign = test_sign,
		.context = &signer, .id = sg_request_text("m"), .created = 1711468800,
		.nonce = sg_request_text("nonce"),
	};

	test_signer_42(&signer);
	test_message(&message, "GET", "/v1/x:1711468799:abc");
	test_reason(sg_request_sign(&message.message, &how, &made), SG_REQUEST_OK);
	test_text_eq(made->base, base);
	memcpy(signature, made->signature, sizeof(signature));
	(void)snprintf(encoded, sizeof(encoded), "%s", made->fields[3].value.data);
	sg_request_signature_free(&made);
	for (size_t i = 0; i < sizeof(base) - 1; i++)
		if (base[i] == ':')
			colons[n++] = i;
	ck_assert_uint_eq(n, 6);
	for (size_t a = 0; a < n; a++) {
		for (size_t b = a + 1; b < n; b++) {
			for (size_t c = b + 1; c < n; c++) {
				struct seen seen;

				memcpy(copy, base, sizeof(base));
				copy[colons[a]] = copy[colons[b]] = copy[colons[c]] = 0;
				/* What follows the nonce is the hash of the body. */
				copy[colons[5]] = 0;
				len = (size_t)snprintf(
					head, sizeof(head),
					"%s %s HTTP/1.1\r\nHost: a\r\nX-Machine-Id: m\r\n"
					"X-Timestamp: %s\r\nX-Nonce: %s\r\nX-Signature: %s\r\n"
					"Content-Length: 0\r\n\r\n",
					copy, copy + colons[a] + 1, copy + colons[b] + 1,
					c == 5 ? "" : copy + colons[c] + 1, encoded);
				if (serve(head, len, &seen) == SG_REQUEST_OK)
					accepted++;
				forget(&seen);
			}
		}
	}
	ck_assert_uint_eq(accepted, 1);
}
END_TEST

/* Put a line into the head, and require that it is refused. */
static enum sg_request_reason with_line(const char *line)
{
	const char *at = strstr(raw, "\r\n") + 2;
	const size_t before = (size_t)(at - raw);
	char copy[sizeof(raw) + 256];
	struct seen seen;
	enum sg_request_reason reason;

	memcpy(copy, raw, before);
	memcpy(copy + before, line, strlen(line));
	memcpy(copy + before + strlen(line), raw + before, raw_len - before);
	reason = serve(copy, raw_len + strlen(line), &seen);
	forget(&seen);
	return reason;
}

START_TEST(a_field_is_not_sent_twice)
{
	static const char *const vault[] = {
		"X-Machine-Id: machine-1\r\n", "x-timestamp: 1711468800\r\n", "X-NONCE: n\r\n",
		"X-Signature: AAAA\r\n", "X-Machine-Id:\r\n", "X-Agent-Id: machine-2\r\n",
	};

	write_request(SG_REQUEST_VAULT, "/v1/a");
	test_reason(with_line("X-Other: a\r\n"), SG_REQUEST_OK);
	for (size_t i = 0; i < sizeof(vault) / sizeof(vault[0]); i++)
		ck_assert_msg(with_line(vault[i]) != SG_REQUEST_OK, "%s", vault[i]);
	write_request(SG_REQUEST_HMAC, "/v1/a");
	ck_assert(with_line("X-Bella-Key-Id: other\r\n") != SG_REQUEST_OK);
	ck_assert(with_line("X-Bella-Signature: 00\r\n") != SG_REQUEST_OK);
	write_request(SG_REQUEST_RFC9421, "/v1/a");
	ck_assert(with_line("Signature-Input: sig1=()\r\n") != SG_REQUEST_OK);
	ck_assert(with_line("Signature-Input: sig0=()\r\n") != SG_REQUEST_OK);
	ck_assert(with_line("Content-Digest: sha-512=:AAAA:\r\n") != SG_REQUEST_OK);
	ck_assert(with_line("Host: other\r\n") != SG_REQUEST_OK);
}
END_TEST

START_TEST(no_second_request_is_hidden_in_the_first)
{
	static const char *const lines[] = {
		"Content-Length: 0\r\n", "Content-Length: 23\r\n", "Transfer-Encoding: chunked\r\n",
		"Transfer-Encoding : chunked\r\n", "Transfer-Encoding:\tchunked\r\n",
		"Transfer-Encoding: x\r\n", "X: y\nTransfer-Encoding: chunked\r\n",
		"X: y\rTransfer-Encoding: chunked\r\n", "X:\r\n Transfer-Encoding: chunked\r\n",
		"X: y\n\nGET /admin HTTP/1.1\r\n", "\r\nGET /admin HTTP/1.1\r\nHost: a\r\n",
		"GET /admin HTTP/1.1\r\n", "Host: other\r\n", "Host : other\r\n",
	};

	write_request(SG_REQUEST_RFC9421, "/v1/a");
	test_reason(with_line(""), SG_REQUEST_OK);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(with_line(lines[i]) != SG_REQUEST_OK, "%s", lines[i]);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("request_form");
	TCase *tc = tcase_create("request");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, no_byte_of_a_request_is_changed_unnoticed, 0, 3);
	tcase_add_loop_test(tc, no_byte_of_a_request_is_lost_or_doubled_unnoticed, 0, 3);
	tcase_add_test(tc, signed_bytes_are_read_in_one_way_only);
	tcase_add_test(tc, a_field_is_not_sent_twice);
	tcase_add_test(tc, no_second_request_is_hidden_in_the_first);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
