/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Who is connected to a server: how many connections a source may have, and who is one; and
 * where it listens.
 */
#include "tools/serve_crowd.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/runner.h"

#define MOST 3

static struct serve_crowd *crowd;

/* A connection as a server and somebody have it. */
struct line {
	int ends[2];
	struct serve_guest *guest;
};

static void setup(void)
{
	ck_assert(serve_crowd_new(600, MOST, &crowd));
}

static void teardown(void)
{
	serve_crowd_free(&crowd);
}

static struct serve_source who(const char *text)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		return serve_socket_who((struct sockaddr *)&four);
	ck_assert_int_eq(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
	return serve_socket_who((struct sockaddr *)&six);
}

static void come(struct line *line, const char *from)
{
	struct serve_source source = who(from);

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, line->ends), 0);
	line->guest = serve_crowd_join(crowd, line->ends[0], &source);
	ck_assert_ptr_nonnull(line->guest);
}

/* Tell whether somebody still has his connection. */
static bool stays(const struct line *line)
{
	char byte;

	return recv(line->ends[1], &byte, 1, 0) == -1;
}

static void go(struct line *line)
{
	serve_crowd_leave(crowd, &line->guest);
	close(line->ends[0]);
	close(line->ends[1]);
}

/* Let so many come and one more, and tell whether that one stays. */
static bool one_more_stays(const char *const from[MOST], const char *another)
{
	struct line lines[MOST], late;
	bool good;

	for (int i = 0; i < MOST; i++) {
		come(&lines[i], from[i]);
		ck_assert(stays(&lines[i]));
	}
	come(&late, another);
	good = stays(&late);
	go(&late);
	for (int i = 0; i < MOST; i++) {
		ck_assert(stays(&lines[i]));
		go(&lines[i]);
	}
	return good;
}

START_TEST(all_addresses_of_a_network_of_ipv6_are_one_source)
{
	static const char *const network[MOST] = { "2001:db8::1", "2001:db8::2",
	                                           "2001:db8:0:0:ffff::3" };

	ck_assert(!one_more_stays(network, "2001:db8::4"));
	ck_assert(one_more_stays(network, "2001:db8:0:1::1"));
	ck_assert(one_more_stays(network, "192.0.2.1"));
}
END_TEST

START_TEST(an_address_of_ipv4_is_one_source_however_it_came)
{
	static const char *const address[MOST] = { "192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1" };

	ck_assert(!one_more_stays(address, "192.0.2.1"));
	ck_assert(!one_more_stays(address, "::ffff:192.0.2.1"));
	ck_assert(one_more_stays(address, "192.0.2.2"));
	ck_assert(one_more_stays(address, "::ffff:192.0.2.2"));
}
END_TEST

START_TEST(who_goes_makes_room_and_who_was_refused_takes_none)
{
	struct line lines[MOST], late;

	for (int i = 0; i < MOST; i++)
		come(&lines[i], "192.0.2.1");
	come(&late, "192.0.2.1");
	ck_assert(!stays(&late));
	go(&lines[0]);
	come(&lines[0], "192.0.2.1");
	ck_assert(stays(&lines[0]));
	ck_assert_uint_eq(serve_crowd_sweep(crowd), MOST + 1);
	go(&late);
	for (int i = 0; i < MOST; i++)
		go(&lines[i]);
	ck_assert_uint_eq(serve_crowd_sweep(crowd), 0);
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

START_TEST(an_address_of_ipv4_is_written_as_one)
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
	Suite *suite = suite_create("serve_crowd");
	TCase *tcase = tcase_create("crowd"), *socket_case = tcase_create("socket");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, all_addresses_of_a_network_of_ipv6_are_one_source);
	tcase_add_test(tcase, an_address_of_ipv4_is_one_source_however_it_came);
	tcase_add_test(tcase, who_goes_makes_room_and_who_was_refused_takes_none);
	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(socket_case, it_listens_at_an_address_and_a_port, 0,
	                    sizeof wheres / sizeof wheres[0]);
	tcase_add_test(socket_case, an_address_of_ipv4_is_written_as_one);
	suite_add_tcase(suite, socket_case);
	return test_run(suite);
}
