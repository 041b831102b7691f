/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Where a server listens: addresses of both kinds, what systemd gives, and who somebody is.
 */
#include "tools/serve_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/runner.h"

static struct serve_socket opened = { .fd = -1 };

static void teardown(void)
{
	if (opened.fd >= 0)
		close(opened.fd);
	opened.fd = -1;
}

START_TEST(a_free_port_is_taken_and_told)
{
	int listens = 0;
	unsigned port;
	socklen_t len = sizeof listens;

	ck_assert_int_eq(serve_socket_open("127.0.0.1:0", &opened), TOOL_OK);
	ck_assert_int_eq(sscanf(opened.address, "127.0.0.1:%u", &port), 1);
	ck_assert_uint_gt(port, 0);
	ck_assert(opened.loopback);
	ck_assert_int_eq(getsockopt(opened.fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len), 0);
	ck_assert_int_eq(listens, 1);
	ck_assert_int_eq(fcntl(opened.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}
END_TEST

START_TEST(an_address_that_others_reach_is_no_loopback)
{
	ck_assert_int_eq(serve_socket_open("0.0.0.0:0", &opened), TOOL_OK);
	ck_assert(!opened.loopback);
}
END_TEST

START_TEST(a_port_that_is_taken_is_told)
{
	struct serve_socket again;

	ck_assert_int_eq(serve_socket_open("127.0.0.1:0", &opened), TOOL_OK);
	ck_assert_int_eq(serve_socket_open(opened.address, &again), TOOL_FAILED);
	close(again.fd);
}
END_TEST

static const char *const none[] = {
	"", ":", "127.0.0.1", "127.0.0.1:", ":8443", "127.0.0.1:http", "127.0.0.1:65536",
	"127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1: 1", "127.0.0.1:1 ", "127.0.0.1:000001",
	"127.0.0.1:1x", "localhost:1", "127.1:1", "::1:1", "[::1]", "[::1:1", "::1]:1", "[]:1",
	"[127.0.0.1]:1", "[::1%lo]:1", "127.0.0.1:18446744073709551617",
	"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001]:1",
};

START_TEST(what_is_no_address_and_port_is_refused)
{
	ck_assert_int_eq(serve_socket_open(none[_i], &opened), TOOL_USAGE);
	ck_assert_int_eq(opened.fd, -1);
}
END_TEST

/* What systemd sets, but for the process, which is the number or, at 0, this one. */
static bool give(long pid, const char *sockets)
{
	char text[32];

	snprintf(text, sizeof text, "%ld", pid != 0 ? pid : (long)getpid());
	return setenv("LISTEN_PID", text, 1) == 0 && setenv("LISTEN_FDS", sockets, 1) == 0 &&
	       setenv("LISTEN_FDNAMES", "x", 1) == 0;
}

START_TEST(what_is_for_another_process_is_left_alone)
{
	ck_assert(give(1, "1"));
	ck_assert_int_eq(serve_socket_given(&opened), TOOL_OK);
	ck_assert_int_eq(opened.fd, -1);
	ck_assert_ptr_null(getenv("LISTEN_PID"));
	ck_assert_ptr_null(getenv("LISTEN_FDS"));
	ck_assert_ptr_null(getenv("LISTEN_FDNAMES"));
}
END_TEST

static const char *const counts[] = { "0", "", "one", "1 ", "-1" };

START_TEST(a_number_that_is_none_gives_nothing)
{
	ck_assert(give(0, counts[_i]));
	ck_assert_int_eq(serve_socket_given(&opened), TOOL_OK);
	ck_assert_int_eq(opened.fd, -1);
}
END_TEST

START_TEST(two_sockets_are_refused)
{
	ck_assert(give(0, "2"));
	ck_assert_int_eq(serve_socket_given(&opened), TOOL_CONFIG);
	ck_assert_int_eq(opened.fd, -1);
}
END_TEST

/* What a child with fd in the place of systemd's first says of it; -1: with nothing there. That place
 * is Check's in this process, so the child asserts nothing. */
static int given(int fd)
{
	struct serve_socket got;
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (fd != 3)
			(void)close(3);
		if ((fd >= 0 && dup2(fd, 3) != 3) || !give(0, "1"))
			_exit(99);
		status = serve_socket_given(&got);
		if (status == TOOL_OK)
			status = got.fd == 3 && got.loopback &&
			         (fcntl(3, F_GETFD) & FD_CLOEXEC) != 0 ? 0 : 98;
		_exit(status);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(a_socket_that_listens_is_taken)
{
	ck_assert_int_eq(serve_socket_open("127.0.0.1:0", &opened), TOOL_OK);
	ck_assert_int_eq(given(opened.fd), 0);
}
END_TEST

START_TEST(what_does_not_listen_for_tcp_is_refused)
{
	const struct sockaddr_un automatic = { .sun_family = AF_UNIX };
	int quiet = socket(AF_INET, SOCK_STREAM, 0), local = socket(AF_UNIX, SOCK_STREAM, 0);
	int file = open("/dev/null", O_RDONLY);

	ck_assert_int_eq(bind(local, (const struct sockaddr *)&automatic, sizeof automatic.sun_family), 0);
	ck_assert_int_eq(listen(local, 1), 0);
	ck_assert_int_eq(given(quiet), TOOL_CONFIG);
	ck_assert_int_eq(given(local), TOOL_CONFIG);
	ck_assert_int_eq(given(file), TOOL_CONFIG);
	ck_assert_int_eq(given(-1), TOOL_CONFIG);
	close(quiet);
	close(local);
	close(file);
}
END_TEST

/* An address of either kind; it lives until the next one. */
static const struct sockaddr *address(const char *text)
{
	static struct sockaddr_in6 six;
	static struct sockaddr_in four;

	four = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(5) };
	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		return (struct sockaddr *)&four;
	six = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(5) };
	ck_assert_int_eq(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
	return (struct sockaddr *)&six;
}

static const struct {
	const char *address, *written;
	unsigned len;
	const char *bytes;
} people[] = {
	{ "192.0.2.7", "192.0.2.7", 4, "\xc0\0\2\7" },
	{ "::ffff:192.0.2.7", "192.0.2.7", 4, "\xc0\0\2\7" },
	{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", 8, "\x20\1\xd\xb8\0\1\0\2" },
	{ "2001:db8:1:2::", "2001:db8:1:2::", 8, "\x20\1\xd\xb8\0\1\0\2" },
	{ "::1", "::1", 8, "\0\0\0\0\0\0\0\0" },
};

START_TEST(somebody_is_his_address_or_his_network)
{
	const struct sockaddr *from = address(people[_i].address);
	struct serve_source who = serve_socket_who(from);
	char text[INET6_ADDRSTRLEN];

	serve_socket_source(from, text);
	ck_assert_str_eq(text, people[_i].written);
	ck_assert_uint_eq(who.len, people[_i].len);
	ck_assert_mem_eq(who.bytes, people[_i].bytes, who.len);
}
END_TEST

START_TEST(who_has_no_address_is_nobody)
{
	const struct sockaddr local = { .sa_family = AF_UNIX };
	char text[INET6_ADDRSTRLEN];

	serve_socket_source(NULL, text);
	ck_assert_str_eq(text, "-");
	serve_socket_source(&local, text);
	ck_assert_str_eq(text, "-");
	ck_assert_uint_eq(serve_socket_who(NULL).len, 0);
	ck_assert_uint_eq(serve_socket_who(&local).len, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("serve_socket");
	TCase *tcase = tcase_create("socket");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, a_free_port_is_taken_and_told);
	tcase_add_test(tcase, an_address_that_others_reach_is_no_loopback);
	tcase_add_test(tcase, a_port_that_is_taken_is_told);
	tcase_add_loop_test(tcase, what_is_no_address_and_port_is_refused, 0,
	                    (int)(sizeof none / sizeof none[0]));
	tcase_add_test(tcase, what_is_for_another_process_is_left_alone);
	tcase_add_loop_test(tcase, a_number_that_is_none_gives_nothing, 0,
	                    (int)(sizeof counts / sizeof counts[0]));
	tcase_add_test(tcase, two_sockets_are_refused);
	tcase_add_test(tcase, a_socket_that_listens_is_taken);
	tcase_add_test(tcase, what_does_not_listen_for_tcp_is_refused);
	tcase_add_loop_test(tcase, somebody_is_his_address_or_his_network, 0,
	                    (int)(sizeof people / sizeof people[0]));
	tcase_add_test(tcase, who_has_no_address_is_nobody);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
