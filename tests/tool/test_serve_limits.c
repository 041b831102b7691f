/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A server of HTTP: how long a connection lasts, and how many there are.
 */
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/runner.h"
#include "lib/served.h"

/* Read what is there without waiting; false at the end of the connection. */
static bool is_open(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char byte;

	return poll(&ready, 1, 10) == 0 || recv(fd, &byte, 1, 0) > 0;
}

START_TEST(who_sends_a_byte_now_and_then_is_cut_off)
{
	static const struct serve_limits limits = { SERVED_BODY, 1, 600, 50, 50 };
	int fd, i = 0;

	served_teardown();
	served_begin(&limits);
	fd = served_connect();
	ck_assert(served_put(fd, "POST /a HTTP/1.1\r\nX-Long: ", 26));
	while (is_open(fd) && served_put(fd, "x", 1) && ++i < SERVED_WAIT / 10)
		served_tick();
	ck_assert_int_lt(i, SERVED_WAIT / 10);
	close(fd);
}
END_TEST

START_TEST(who_says_nothing_is_cut_off)
{
	static const struct serve_limits limits = { SERVED_BODY, 600, 1, 50, 50 };

	served_teardown();
	served_begin(&limits);
	ck_assert_str_eq(served_rest(served_connect()), "");
}
END_TEST

/* The server's threads take connections in any order, so that any of the three may be the one that
 * is too many. One is refused when the other two are there. */
START_TEST(an_address_has_so_many_connections)
{
	static const struct serve_limits limits = { SERVED_BODY, 600, 600, 50, 2 };
	struct pollfd lines[3];
	int ended = 0;

	served_teardown();
	served_begin(&limits);
	for (int i = 0; i < 3; i++) {
		lines[i] = (struct pollfd){ .fd = served_connect(), .events = POLLIN };
		(void)served_put(lines[i].fd, "POST ", 5);
	}
	ck_assert_int_eq(poll(lines, 3, SERVED_WAIT), 1);
	for (int i = 0; i < 3; i++) {
		ended += !is_open(lines[i].fd);
		close(lines[i].fd);
	}
	ck_assert_int_eq(ended, 1);
}
END_TEST

/* Before TLS, and before anything of it is told. */
START_TEST(who_is_not_let_in_is_not_read)
{
	served_close();
	ck_assert_str_eq(served_ask("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"), "");
	served_end();
	ck_assert_int_eq(served_heads() + served_silent(), 0);
}
END_TEST

START_TEST(a_proxy_that_is_trusted_stands_for_many)
{
	struct serve_limits limits = { SERVED_BODY, 600, 600, 50, 1 };
	struct pollfd lines[3];

	served_teardown();
	ck_assert(sg_nets_read(sg_bytes_str("127.0.0.1"), &limits.proxies));
	served_begin(&limits);
	for (int i = 0; i < 3; i++) {
		lines[i] = (struct pollfd){ .fd = served_connect(), .events = POLLIN };
		ck_assert(served_put(lines[i].fd, "GET ", 4));
	}
	for (int i = 0; i < 3; i++) {
		ck_assert(served_put(lines[i].fd, "/a HTTP/1.1\r\nHost: x\r\n\r\n", 24));
		ck_assert(served_has(served_rest(lines[i].fd), "0 of /a"));
	}
}
END_TEST

static void *stop(void *arg)
{
	(void)arg;
	served_end();
	return NULL;
}

START_TEST(who_is_being_answered_at_the_end_gets_the_answer)
{
	static const char request[] = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx";
	pthread_t thread;
	int fd = served_connect();

	served_hold();
	ck_assert(served_put(fd, request, strlen(request)));
	/* It is being answered where the head was looked at. */
	for (int i = 0; i < SERVED_WAIT / 10 && served_heads() == 0; i++)
		poll(NULL, 0, 10);
	ck_assert_int_eq(pthread_create(&thread, NULL, stop, NULL), 0);
	served_go_on();
	ck_assert(served_has(served_rest(fd), "\r\n\r\n1 of /a"));
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(served_try(), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("serve_limits");
	TCase *server = tcase_create("server");

	tcase_add_checked_fixture(server, served_setup, served_teardown);
	tcase_set_timeout(server, 120);
	tcase_add_test(server, who_sends_a_byte_now_and_then_is_cut_off);
	tcase_add_test(server, who_says_nothing_is_cut_off);
	tcase_add_test(server, an_address_has_so_many_connections);
	tcase_add_test(server, who_is_not_let_in_is_not_read);
	tcase_add_test(server, a_proxy_that_is_trusted_stands_for_many);
	tcase_add_test(server, who_is_being_answered_at_the_end_gets_the_answer);
	suite_add_tcase(suite, server);
	return test_run(suite);
}
