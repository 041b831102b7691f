/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A server of HTTP: what it takes for a request, and of whom. TLS is in
 * test_registrar_serve.sh.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/runner.h"
#include "lib/served.h"

START_TEST(a_request_gets_its_answer_and_the_connection_ends)
{
	const char *answer = served_ask("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");

	ck_assert_msg(strncmp(answer, "HTTP/1.1 200 ", 13) == 0, "%s", answer);
	ck_assert(served_has(answer, "\r\n\r\n3 of /a"));
	ck_assert(served_has(answer, "\r\nConnection: close\r\n"));
	ck_assert(served_has(answer, "\r\nContent-Type: application/json\r\n"));
	ck_assert(served_has(answer, "\r\nCache-Control: no-store\r\n"));
	served_ck_seen("POST /a 127.0.0.1");
}
END_TEST

START_TEST(a_second_request_of_a_connection_is_not_read)
{
	served_ask("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"
	    "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");
	ck_assert_int_eq(served_heads(), 1);
}
END_TEST

START_TEST(a_path_comes_as_it_was_sent)
{
	served_ask("POST /a%2fb%00 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	served_ck_seen("POST /a%2fb%00 127.0.0.1");
	served_ask("POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	served_ck_seen("POST /a? 127.0.0.1");
}
END_TEST

START_TEST(a_body_has_a_bound)
{
	char request[SERVED_BODY + 200];
	int head_len = snprintf(request, sizeof request,
	                        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", SERVED_BODY);
	int fd = served_connect();

	memset(request + head_len, 'x', SERVED_BODY);
	ck_assert(served_put(fd, request, (size_t)head_len + SERVED_BODY));
	ck_assert(served_has(served_rest(fd), "\r\n\r\n1000 of /a"));
	/* One that says that it is longer is refused before it comes. */
	ck_assert(served_has(served_ask("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"),
	              "413 "));
	ck_assert(served_has(served_ask("POST /a HTTP/1.1\r\nHost: x\r\n"
	                  "Content-Length: 18446744073709551615\r\n\r\n"), "HTTP/1.1 4"));
	ck_assert_int_eq(served_bodies(), 1);
}
END_TEST

START_TEST(a_body_in_chunks_has_the_same_bound)
{
	static const char start[] =
		"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
	char chunk[64 + 6];
	int fd = served_connect();

	memset(chunk, 'x', sizeof chunk);
	memcpy(chunk, "40\r\n", 4);
	memcpy(chunk + 68, "\r\n", 2);
	ck_assert(served_put(fd, start, strlen(start)));
	for (int i = 0; i < 16; i++)
		ck_assert(served_put(fd, chunk, sizeof chunk));
	ck_assert(served_put(fd, "0\r\n\r\n", 5));
	ck_assert(served_has(served_rest(fd), "413 "));
	ck_assert_int_eq(served_bodies(), 0);
}
END_TEST

START_TEST(who_is_turned_away_at_the_head_need_send_nothing_more)
{
	const char *answer = served_ask("POST /no HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n");

	ck_assert(served_has(answer, "429 ") && served_has(answer, "\r\nRetry-After: 7\r\n"));
	ck_assert_int_eq(served_bodies(), 0);
}
END_TEST

static const char *const nonsense[] = {
	"\r\n\r\n\r\n", "GET\r\n\r\n", "POST /a HTTP/9.9\r\n\r\n", "\x16\x03\x01\x02\x01\x01\r\n\r\n",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n\r\n",
	"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
};

START_TEST(what_is_no_request_reaches_nobody)
{
	int fd = served_connect();

	ck_assert(served_put(fd, nonsense[_i], strlen(nonsense[_i])));
	shutdown(fd, SHUT_WR);
	ck_assert(!served_has(served_rest(fd), "200 "));
	served_end();
	ck_assert_int_eq(served_bodies(), 0);
	/* Each is told in one way or the other. */
	ck_assert_int_eq(served_heads() + served_silent(), 1);
}
END_TEST

START_TEST(a_connection_without_a_request_is_told)
{
	close(served_connect());
	served_ask("POST /a HTTP/1.1\r\n\r\n");
	served_end();
	ck_assert_int_eq(served_silent(), 2);
	ck_assert_int_eq(served_heads(), 0);
}
END_TEST

START_TEST(and_one_with_a_request_is_not)
{
	served_ask("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	served_ask("POST /no HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	served_end();
	ck_assert_int_eq(served_silent(), 0);
}
END_TEST

#define CHUNKED "Transfer-Encoding: chunked\r\n"

static const struct {
	const char *head;
	bool good;
} framings[] = {
	{ "1.1\r\nContent-Length: 4\r\n", true },
	{ "1.1\r\n" CHUNKED, true },
	{ "1.1\r\nContent-Length: 4\r\nContent-Length: 4\r\n", false },
	{ "1.1\r\nContent-Length: 4\r\ncontent-length: 0\r\n", false },
	{ "1.1\r\nContent-Length: 4\r\n" CHUNKED, false },
	{ "1.1\r\n" CHUNKED "Content-Length: 0\r\n", false },
	{ "1.1\r\n" CHUNKED CHUNKED, false },
	{ "1.1\r\nTransfer-Encoding: identity\r\n", false },
	{ "1.1\r\nTransfer-Encoding: gzip, chunked\r\n", false },
	{ "1.0\r\n" CHUNKED, false },
};

START_TEST(where_a_body_ends_is_said_once)
{
	char request[256];
	const char *answer;

	snprintf(request, sizeof request, "POST /a HTTP/%sHost: x\r\n\r\n%s", framings[_i].head,
	         framings[_i].good && strstr(framings[_i].head, "chunked") == NULL
	                 ? "body" : "0\r\n\r\n");
	answer = served_ask(request);
	/* Newer versions of libmicrohttpd refuse some of these themselves. */
	ck_assert_msg(strncmp(answer, framings[_i].good ? "HTTP/1.1 2" : "HTTP/1.1 4",
	                      strlen("HTTP/1.1 4")) == 0, "%s", answer);
	ck_assert_int_eq(served_bodies(), framings[_i].good);
}
END_TEST

START_TEST(a_head_has_a_bound)
{
	static char line[1024];
	int fd = served_connect();
	bool went = served_put(fd, "POST /a HTTP/1.1\r\nHost: x\r\n", 27);

	memset(line, 'x', sizeof line);
	memcpy(line, "X-Y: ", 5);
	memcpy(line + sizeof line - 2, "\r\n", 2);
	for (int i = 0; i < 100 && went; i++)
		went = served_put(fd, line, sizeof line);
	ck_assert(!served_has(served_rest(fd), "200 "));
	ck_assert_int_eq(served_heads(), 0);
}
END_TEST

START_TEST(a_proxy_that_is_trusted_says_who_asks)
{
	struct serve_limits limits = { SERVED_BODY, 600, 600, 50, 50 };
	static const char request[] = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
				      "X-Forwarded-For: 198.51.100.1\r\n"
				      "X-Forwarded-For: 192.0.2.1\r\n\r\n";

	served_ask(request);
	served_ck_seen("POST /a 127.0.0.1");
	served_teardown();
	ck_assert(sg_nets_read(sg_bytes_str("127.0.0.0/8"), &limits.proxies));
	served_begin(&limits);
	served_ask(request);
	served_ck_seen("POST /a 192.0.2.1");
	ck_assert(served_has(served_ask("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
	                  "Forwarded: for=\r\n\r\n"), "HTTP/1.1 400"));
	served_ck_seen("POST /a 127.0.0.1");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("serve_http");
	TCase *server = tcase_create("server");

	tcase_add_checked_fixture(server, served_setup, served_teardown);
	tcase_set_timeout(server, 120);
	tcase_add_test(server, a_request_gets_its_answer_and_the_connection_ends);
	tcase_add_test(server, a_second_request_of_a_connection_is_not_read);
	tcase_add_test(server, a_path_comes_as_it_was_sent);
	tcase_add_test(server, a_body_has_a_bound);
	tcase_add_test(server, a_body_in_chunks_has_the_same_bound);
	tcase_add_test(server, who_is_turned_away_at_the_head_need_send_nothing_more);
	tcase_add_loop_test(server, what_is_no_request_reaches_nobody, 0,
	                    sizeof nonsense / sizeof nonsense[0]);
	tcase_add_test(server, a_connection_without_a_request_is_told);
	tcase_add_test(server, and_one_with_a_request_is_not);
	tcase_add_loop_test(server, where_a_body_ends_is_said_once, 0,
	                    sizeof framings / sizeof framings[0]);
	tcase_add_test(server, a_head_has_a_bound);
	tcase_add_test(server, a_proxy_that_is_trusted_says_who_asks);
	suite_add_tcase(suite, server);
	return test_run(suite);
}
