/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A server of HTTP: that requests and connections are bounded, and where it listens. TLS is
 * in test_registrar.sh.
 */
#include "tools/serve_http.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/runner.h"

#define BODY 1000
#define WAIT 20000              /* milliseconds, at most */

static struct serve_http *http;
static unsigned short port;
static pthread_mutex_t hold = PTHREAD_MUTEX_INITIALIZER;        /* who has it stops the answers */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int heads, bodies, silent;       /* these are guarded by lock: the server has several threads */
static char seen[128];          /* the last path */

static int get(const int *number)
{
	int value;

	pthread_mutex_lock(&lock);
	value = *number;
	pthread_mutex_unlock(&lock);
	return value;
}

static void count(int *number)
{
	pthread_mutex_lock(&lock);
	++*number;
	pthread_mutex_unlock(&lock);
}

static void ck_seen(const char *what)
{
	pthread_mutex_lock(&lock);
	ck_assert_str_eq(seen, what);
	pthread_mutex_unlock(&lock);
}

static void say(struct serve_answer *answer, unsigned status, const char *text)
{
	answer->status = status;
	ck_assert_int_eq(sg_buf_append(&answer->body, sg_bytes_str(text)), SG_OK);
}

static bool head(void *context, const struct serve_head *of, struct serve_answer *answer)
{
	(void)context;
	pthread_mutex_lock(&lock);
	heads++;
	snprintf(seen, sizeof seen, "%s %s%s %s", of->method, of->path, of->query ? "?" : "",
	         of->source);
	pthread_mutex_unlock(&lock);
	if (of->ambiguous || of->lost) {
		say(answer, 400, "ambiguous");
		return true;
	}
	if (strcmp(of->path, "/no") != 0)
		return false;
	say(answer, 429, "wait");
	answer->retry_after = 7;
	return true;
}

static void body(void *context, const struct serve_head *of, struct sg_bytes bytes,
                 struct serve_answer *answer)
{
	char text[32];

	(void)context;
	pthread_mutex_lock(&hold);
	pthread_mutex_unlock(&hold);
	count(&bodies);
	snprintf(text, sizeof text, "%zu of %s", bytes.len, of->path);
	say(answer, 200, text);
}

static void too_long(void *context, const struct serve_head *of, struct serve_answer *answer)
{
	(void)context;
	(void)of;
	say(answer, 413, "long");
}

static void hear_nothing(void *context, const char *source)
{
	(void)context;
	ck_assert_str_eq(source, "127.0.0.1");
	count(&silent);
}

static void begin(const struct serve_limits *limits)
{
	static const struct serve_calls calls = { .head = head, .body = body,
		                                  .too_long = too_long,
		                                  .silent = hear_nothing };
	static const struct serve_tls none = { NULL, NULL, NULL };
	struct serve_socket listener;

	ck_assert_int_eq(serve_socket_open("127.0.0.1:0", &listener), TOOL_OK);
	ck_assert(listener.loopback);
	port = (unsigned short)atoi(strchr(listener.address, ':') + 1);
	heads = bodies = silent = 0;
	ck_assert_int_eq(serve_http_start(&listener, &none, limits, &calls, &http), TOOL_OK);
}

static void setup(void)
{
	static const struct serve_limits limits = { BODY, 600, 600, 50, 50 };

	begin(&limits);
}

static void teardown(void)
{
	serve_http_stop(&http, 0);
}

static int connect_to(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port),
	                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
	return fd;
}

/* Send; the other side may be gone. */
static bool put(int fd, const char *text, size_t len)
{
	return send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* Read to the end of the connection. */
static const char *rest(int fd)
{
	static char text[8192];
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len + 1 < sizeof text) {
		ck_assert_int_eq(poll(&ready, 1, WAIT), 1);
		n = recv(fd, text + len, sizeof text - 1 - len, 0);
		len += n > 0 ? (size_t)n : 0;
	}
	text[len] = '\0';
	close(fd);
	return text;
}

static const char *ask(const char *request)
{
	int fd = connect_to();

	ck_assert(put(fd, request, strlen(request)));
	return rest(fd);
}

static bool has(const char *text, const char *what)
{
	return strcasestr(text, what) != NULL;
}

START_TEST(a_request_gets_its_answer_and_the_connection_ends)
{
	const char *answer = ask("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");

	ck_assert_msg(strncmp(answer, "HTTP/1.1 200 ", 13) == 0, "%s", answer);
	ck_assert(has(answer, "\r\n\r\n3 of /a"));
	ck_assert(has(answer, "\r\nConnection: close\r\n"));
	ck_assert(has(answer, "\r\nContent-Type: application/json\r\n"));
	ck_assert(has(answer, "\r\nCache-Control: no-store\r\n"));
	ck_seen("POST /a 127.0.0.1");
}
END_TEST

START_TEST(a_second_request_of_a_connection_is_not_read)
{
	ask("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"
	    "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");
	ck_assert_int_eq(get(&heads), 1);
}
END_TEST

START_TEST(a_path_comes_as_it_was_sent)
{
	ask("POST /a%2fb%00 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	ck_seen("POST /a%2fb%00 127.0.0.1");
	ask("POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	ck_seen("POST /a? 127.0.0.1");
}
END_TEST

START_TEST(a_body_has_a_bound)
{
	char request[BODY + 200];
	int head_len = snprintf(request, sizeof request,
	                        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", BODY);
	int fd = connect_to();

	memset(request + head_len, 'x', BODY);
	ck_assert(put(fd, request, (size_t)head_len + BODY));
	ck_assert(has(rest(fd), "\r\n\r\n1000 of /a"));
	/* One that says that it is longer is refused before it comes. */
	ck_assert(has(ask("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"),
	              "413 "));
	ck_assert(has(ask("POST /a HTTP/1.1\r\nHost: x\r\n"
	                  "Content-Length: 18446744073709551615\r\n\r\n"), "HTTP/1.1 4"));
	ck_assert_int_eq(get(&bodies), 1);
}
END_TEST

START_TEST(a_body_in_chunks_has_the_same_bound)
{
	static const char start[] =
		"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
	char chunk[64 + 6];
	int fd = connect_to();

	memset(chunk, 'x', sizeof chunk);
	memcpy(chunk, "40\r\n", 4);
	memcpy(chunk + 68, "\r\n", 2);
	ck_assert(put(fd, start, strlen(start)));
	for (int i = 0; i < 16; i++)
		ck_assert(put(fd, chunk, sizeof chunk));
	ck_assert(put(fd, "0\r\n\r\n", 5));
	ck_assert(has(rest(fd), "413 "));
	ck_assert_int_eq(get(&bodies), 0);
}
END_TEST

START_TEST(who_is_turned_away_at_the_head_need_send_nothing_more)
{
	const char *answer = ask("POST /no HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n");

	ck_assert(has(answer, "429 ") && has(answer, "\r\nRetry-After: 7\r\n"));
	ck_assert_int_eq(get(&bodies), 0);
}
END_TEST

static const char *const nonsense[] = {
	"\r\n\r\n\r\n", "GET\r\n\r\n", "POST /a HTTP/9.9\r\n\r\n", "\x16\x03\x01\x02\x01\x01\r\n\r\n",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n\r\n",
	"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
};

/* Wait until a server has done with all that it took. */
static void finish(void)
{
	serve_http_stop(&http, WAIT / 1000);
}

START_TEST(what_is_no_request_reaches_nobody)
{
	int fd = connect_to();

	ck_assert(put(fd, nonsense[_i], strlen(nonsense[_i])));
	shutdown(fd, SHUT_WR);
	ck_assert(!has(rest(fd), "200 "));
	finish();
	ck_assert_int_eq(get(&bodies), 0);
	/* Each is told in one way or the other. */
	ck_assert_int_eq(get(&heads) + get(&silent), 1);
}
END_TEST

START_TEST(a_connection_without_a_request_is_told)
{
	close(connect_to());
	ask("POST /a HTTP/1.1\r\n\r\n");
	finish();
	ck_assert_int_eq(get(&silent), 2);
	ck_assert_int_eq(get(&heads), 0);
}
END_TEST

START_TEST(and_one_with_a_request_is_not)
{
	ask("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	ask("POST /no HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	finish();
	ck_assert_int_eq(get(&silent), 0);
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
	answer = ask(request);
	ck_assert_msg(strncmp(answer + strlen("HTTP/1.1 "), framings[_i].good ? "200" : "400",
	                      3) == 0, "%s", answer);
	ck_assert_int_eq(get(&bodies), framings[_i].good);
}
END_TEST

START_TEST(a_head_has_a_bound)
{
	static char line[1024];
	int fd = connect_to();
	bool went = put(fd, "POST /a HTTP/1.1\r\nHost: x\r\n", 27);

	memset(line, 'x', sizeof line);
	memcpy(line, "X-Y: ", 5);
	memcpy(line + sizeof line - 2, "\r\n", 2);
	for (int i = 0; i < 100 && went; i++)
		went = put(fd, line, sizeof line);
	ck_assert(!has(rest(fd), "200 "));
	ck_assert_int_eq(get(&heads), 0);
}
END_TEST

/* Read what is there without waiting; false at the end of the connection. */
static bool is_open(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char byte;

	return poll(&ready, 1, 10) == 0 || recv(fd, &byte, 1, 0) > 0;
}

START_TEST(who_sends_a_byte_now_and_then_is_cut_off)
{
	static const struct serve_limits limits = { BODY, 1, 600, 50, 50 };
	int fd, i = 0;

	teardown();
	begin(&limits);
	fd = connect_to();
	ck_assert(put(fd, "POST /a HTTP/1.1\r\nX-Long: ", 26));
	while (is_open(fd) && put(fd, "x", 1) && ++i < WAIT / 10)
		serve_http_tick(http);
	ck_assert_int_lt(i, WAIT / 10);
	close(fd);
}
END_TEST

START_TEST(who_says_nothing_is_cut_off)
{
	static const struct serve_limits limits = { BODY, 600, 1, 50, 50 };

	teardown();
	begin(&limits);
	ck_assert_str_eq(rest(connect_to()), "");
}
END_TEST

/* The server's threads take connections in any order, so that any of the three may be the one that
 * is too many. One is refused when the other two are there. */
START_TEST(an_address_has_so_many_connections)
{
	static const struct serve_limits limits = { BODY, 600, 600, 50, 2 };
	struct pollfd lines[3];
	int ended = 0;

	teardown();
	begin(&limits);
	for (int i = 0; i < 3; i++) {
		lines[i] = (struct pollfd){ .fd = connect_to(), .events = POLLIN };
		(void)put(lines[i].fd, "POST ", 5);
	}
	ck_assert_int_eq(poll(lines, 3, WAIT), 1);
	for (int i = 0; i < 3; i++) {
		ended += !is_open(lines[i].fd);
		close(lines[i].fd);
	}
	ck_assert_int_eq(ended, 1);
}
END_TEST

START_TEST(a_proxy_that_is_trusted_says_who_asks)
{
	struct serve_limits limits = { BODY, 600, 600, 50, 50 };
	static const char request[] = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
				      "X-Forwarded-For: 198.51.100.1\r\n"
				      "X-Forwarded-For: 192.0.2.1\r\n\r\n";

	ask(request);
	ck_seen("POST /a 127.0.0.1");
	teardown();
	ck_assert(sg_nets_read(sg_bytes_str("127.0.0.0/8"), &limits.proxies));
	begin(&limits);
	ask(request);
	ck_seen("POST /a 192.0.2.1");
	ck_assert(has(ask("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
	                  "Forwarded: for=\r\n\r\n"), "HTTP/1.1 400"));
	ck_seen("POST /a 127.0.0.1");
}
END_TEST

START_TEST(a_proxy_that_is_trusted_stands_for_many)
{
	struct serve_limits limits = { BODY, 600, 600, 50, 1 };
	struct pollfd lines[3];

	teardown();
	ck_assert(sg_nets_read(sg_bytes_str("127.0.0.1"), &limits.proxies));
	begin(&limits);
	for (int i = 0; i < 3; i++) {
		lines[i] = (struct pollfd){ .fd = connect_to(), .events = POLLIN };
		ck_assert(put(lines[i].fd, "GET ", 4));
	}
	for (int i = 0; i < 3; i++) {
		ck_assert(put(lines[i].fd, "/a HTTP/1.1\r\nHost: x\r\n\r\n", 24));
		ck_assert(has(rest(lines[i].fd), "0 of /a"));
	}
}
END_TEST

static void *stop(void *arg)
{
	(void)arg;
	serve_http_stop(&http, WAIT / 1000);
	return NULL;
}

START_TEST(who_is_being_answered_at_the_end_gets_the_answer)
{
	static const char request[] = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx";
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port),
	                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	pthread_t thread;
	int fd = connect_to(), late;

	pthread_mutex_lock(&hold);
	ck_assert(put(fd, request, strlen(request)));
	/* It is being answered where the head was looked at. */
	for (int i = 0; i < WAIT / 10 && get(&heads) == 0; i++)
		poll(NULL, 0, 10);
	ck_assert_int_eq(pthread_create(&thread, NULL, stop, NULL), 0);
	pthread_mutex_unlock(&hold);
	ck_assert(has(rest(fd), "\r\n\r\n1 of /a"));
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_lt(connect(late, (struct sockaddr *)&at, sizeof at), 0);
	close(late);
}
END_TEST

static const struct {
	const char *where, *listens;    /* NULL: refused */
	bool loopback;
} wheres[] = {
	{ "127.0.0.1:0", "127.0.0.1:", true }, { "[::1]:0", "[::1]:", true },
	{ "0.0.0.0:0", "0.0.0.0:", false },    { "[::]:0", "[::]:", false },
	{ "127.0.0.1", NULL, false },          { "127.0.0.1:", NULL, false },
	{ "127.0.0.1:65536", NULL, false },    { "127.0.0.1:-1", NULL, false },
	{ "127.0.0.1:1x", NULL, false },       { "::1:80", NULL, false },
	{ "localhost:80", NULL, false },       { ":80", NULL, false },
	{ "", NULL, false },                   { "[127.0.0.1]:80", NULL, false },
	{ "127.0.0.1:00000000080", NULL, false },
};

START_TEST(it_listens_at_an_address_and_a_port)
{
	struct serve_socket s;
	enum tool_exit code = serve_socket_open(wheres[_i].where, &s);

	/* There may be no IPv6 here. */
	if (wheres[_i].where[0] == '[' && code == TOOL_FAILED)
		return;
	ck_assert_int_eq(code, wheres[_i].listens != NULL ? TOOL_OK : TOOL_USAGE);
	if (code != TOOL_OK)
		return;
	ck_assert(strncmp(s.address, wheres[_i].listens, strlen(wheres[_i].listens)) == 0);
	ck_assert(s.loopback == wheres[_i].loopback);
	close(s.fd);
}
END_TEST

START_TEST(an_address_of_ipv4_is_one_however_it_came)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };
	char text[INET6_ADDRSTRLEN];

	memcpy(six.sin6_addr.s6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\7", 16);
	serve_socket_source((struct sockaddr *)&six, text);
	ck_assert_str_eq(text, "192.0.2.7");
	memcpy(&four.sin_addr, "\xc0\0\2\7", 4);
	serve_socket_source((struct sockaddr *)&four, text);
	ck_assert_str_eq(text, "192.0.2.7");
	six.sin6_addr = in6addr_loopback;
	serve_socket_source((struct sockaddr *)&six, text);
	ck_assert_str_eq(text, "::1");
	serve_socket_source(NULL, text);
	ck_assert_str_eq(text, "-");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("serve_http");
	TCase *server = tcase_create("server"), *socket_case = tcase_create("socket");

	tcase_add_checked_fixture(server, setup, teardown);
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
	tcase_add_test(server, who_sends_a_byte_now_and_then_is_cut_off);
	tcase_add_test(server, who_says_nothing_is_cut_off);
	tcase_add_test(server, an_address_has_so_many_connections);
	tcase_add_test(server, a_proxy_that_is_trusted_says_who_asks);
	tcase_add_test(server, a_proxy_that_is_trusted_stands_for_many);
	tcase_add_test(server, who_is_being_answered_at_the_end_gets_the_answer);
	suite_add_tcase(suite, server);
	tcase_add_loop_test(socket_case, it_listens_at_an_address_and_a_port, 0,
	                    sizeof wheres / sizeof wheres[0]);
	tcase_add_test(socket_case, an_address_of_ipv4_is_one_however_it_came);
	suite_add_tcase(suite, socket_case);
	return test_run(suite);
}
