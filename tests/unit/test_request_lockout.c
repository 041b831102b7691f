/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of request/lockout.c: what a source is, when it has to wait, and who makes room for whom.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/runner.h"
#include "request/lockout.h"
#include "util/bytes.h"

#define WINDOW 60
#define DURATION 100
#define START 1000

static struct sg_lockout *lockout;

static void begin(unsigned failures, size_t sources)
{
	const struct sg_lockout_rules rules = { failures, WINDOW, DURATION, sources };

	sg_lockout_free(&lockout);
	ck_assert_int_eq(sg_lockout_new(&rules, &lockout), SG_REQUEST_OK);
}

static void setup(void)
{
	begin(3, 64);
}

static void teardown(void)
{
	sg_lockout_free(&lockout);
}

static bool failure(const char *source, int64_t now)
{
	return sg_lockout_fail(lockout, sg_request_text(source), now);
}

static int64_t left(const char *source, int64_t now)
{
	return sg_lockout_left(lockout, sg_request_text(source), now);
}

static const struct {
	const char *one, *other;
	bool same;
} sources[] = {
	{ "192.0.2.1", "192.0.2.1", true },
	{ "192.0.2.1", "192.0.2.2", false },
	{ "192.0.2.1", "::ffff:192.0.2.1", true },
	{ "192.0.2.1", "[::ffff:c000:201]", true },
	{ "192.0.2.1", "::ffff:192.0.2.2", false },
	{ "2001:db8::1", "2001:db8::2", true },
	{ "2001:db8::1", "2001:DB8:0:0:ffff::", true },
	{ "2001:db8::1", "2001:db8:0:1::1", false },
	{ "fe80::1%eth0", "fe80::2%eth1", true },
	{ "[2001:db8::1]", "2001:db8::1", true },
	/* The port is another one with each connection. */
	{ "192.0.2.1:80", "192.0.2.1", true },
	{ "192.0.2.1:4711", "192.0.2.1:4712", true },
	{ "[2001:db8::1]:4711", "2001:db8::1", true },
	{ "[::ffff:192.0.2.1]:4711", "192.0.2.1", true },
	{ "2001:db8::1:4711", "2001:db8::1", true },
	{ " 192.0.2.1 ", "192.0.2.1", true },
	{ "::1", "127.0.0.1", false },
	{ "unix", "unix", true },
	{ "unix", "unit", false },
	/* No address: the texts count. */
	{ "192.0.2.01", "192.0.2.1", false },
	{ "192.0.2.1:port", "192.0.2.1", false },
	{ "192.0.2.1:123456", "192.0.2.1", false },
	{ "[2001:db8::1]x", "2001:db8::1", false },
	{ "[]", "", false },
};

START_TEST(a_source_is_its_address)
{
	uint8_t one[SG_LOCKOUT_SOURCE], other[SG_LOCKOUT_SOURCE];
	size_t n = sg_lockout_source(sg_request_text(sources[_i].one), one);
	size_t m = sg_lockout_source(sg_request_text(sources[_i].other), other);

	ck_assert_msg(sg_bytes_equal(sg_bytes(one, n), sg_bytes(other, m)) == sources[_i].same,
	              "%s and %s", sources[_i].one, sources[_i].other);
}
END_TEST

START_TEST(no_text_is_longer_than_a_source)
{
	char text[2000];
	uint8_t out[SG_LOCKOUT_SOURCE];

	memset(text, 'x', sizeof text);
	for (size_t n = 0; n < sizeof text; n++)
		ck_assert_uint_le(sg_lockout_source((struct sg_request_text){ text, n }, out),
		                  sizeof out);
}
END_TEST

START_TEST(the_third_failure_locks_out_for_a_time)
{
	ck_assert(!failure("192.0.2.1", START));
	ck_assert(!failure("192.0.2.1", START + 1));
	ck_assert_int_eq(left("192.0.2.1", START + 1), 0);
	ck_assert(failure("192.0.2.1", START + 2));
	ck_assert_int_eq(left("192.0.2.1", START + 2), DURATION);
	ck_assert_int_eq(left("::ffff:192.0.2.1", START + 3), DURATION - 1);
	ck_assert_int_eq(left("192.0.2.2", START + 3), 0);
	ck_assert_int_eq(left("192.0.2.1", START + 2 + DURATION - 1), 1);
	ck_assert_int_eq(left("192.0.2.1", START + 2 + DURATION), 0);
}
END_TEST

START_TEST(after_a_lock_counting_begins_anew)
{
	const int64_t after = START + DURATION;

	for (int i = 0; i < 3; i++)
		(void)failure("a", START);
	ck_assert(!failure("a", after));
	ck_assert(!failure("a", after));
	ck_assert_int_eq(left("a", after), 0);
	ck_assert(failure("a", after));
}
END_TEST

START_TEST(failures_while_locked_out_make_it_no_longer)
{
	for (int i = 0; i < 3; i++)
		(void)failure("a", START);
	for (int i = 0; i < 10; i++)
		ck_assert(!failure("a", START + 50));
	ck_assert_int_eq(left("a", START + DURATION), 0);
}
END_TEST

START_TEST(failures_that_a_window_does_not_reach_do_not_count)
{
	(void)failure("a", START);
	(void)failure("a", START + 1);
	ck_assert(!failure("a", START + WINDOW));
	ck_assert(!failure("a", START + WINDOW + 1));
	ck_assert(failure("a", START + WINDOW + 2));
}
END_TEST

/* Who waited for the edge of a window that stands still would have twice the tries there. */
START_TEST(a_window_begins_with_any_failure)
{
	(void)failure("a", START);
	ck_assert(!failure("a", START + WINDOW - 1));
	ck_assert(!failure("a", START + WINDOW + 1));
	ck_assert(failure("a", START + WINDOW + 2));
	begin(1, 64);
	ck_assert(failure("a", START));
	ck_assert(!failure("a", START + 1));
	ck_assert(failure("a", START + DURATION));
}
END_TEST

START_TEST(nobody_is_no_source)
{
	for (int i = 0; i < 10; i++)
		ck_assert(!failure("", START));
	ck_assert_int_eq(left("", START), 0);
}
END_TEST

/* With one group everybody is in it. */
START_TEST(who_is_locked_out_stays_so_however_many_others_fail)
{
	char other[32];

	begin(3, 8);
	for (int i = 0; i < 3; i++)
		(void)failure("192.0.2.1", START);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(other, sizeof other, "10.0.%u.%u", i / 250, i % 250);
		for (int n = 0; n < 3; n++)
			(void)failure(other, START + 1);
	}
	ck_assert_int_gt(left("192.0.2.1", START + 1), 0);
}
END_TEST

START_TEST(the_oldest_failure_makes_room)
{
	char other[32];

	begin(3, 8);
	(void)failure("a", START);
	(void)failure("a", START);
	for (unsigned i = 0; i < 8; i++) {
		snprintf(other, sizeof other, "%u", i);
		(void)failure(other, START + 1 + i);
	}
	/* Forgotten: these are the first two again. */
	ck_assert(!failure("a", START + 20));
	ck_assert(!failure("a", START + 20));
	(void)failure("7", START + 20);
	ck_assert(failure("7", START + 20));
}
END_TEST

/* Who has more addresses than are counted locks all places, and would go on for ever. */
static void fill_all(const char *before, const char *behind)
{
	char source[64];

	begin(3, 8);
	for (int i = 0; i < 24; i++) {
		snprintf(source, sizeof source, "%s%d%s", before, i / 3, behind);
		(void)failure(source, START);
	}
}

static const struct {
	const char *mine, *behind;      /* around a number: addresses of one network */
	const char *another;
} networks[] = {
	{ "2001:db8:7:", "::1", "2001:db8:8:1::1" }, { "192.0.2.", "", "192.0.3.1" },
};

START_TEST(where_all_places_are_locked_new_sources_count_with_their_network)
{
	char source[64];

	fill_all(networks[_i].mine, networks[_i].behind);
	for (int i = 100; i < 103; i++) {
		snprintf(source, sizeof source, "%s%d%s", networks[_i].mine, i,
		         networks[_i].behind);
		ck_assert_int_eq(left(source, START), 0);
		ck_assert(failure(source, START) == (i == 102));
	}
	snprintf(source, sizeof source, "%s200%s", networks[_i].mine, networks[_i].behind);
	ck_assert_int_eq(left(source, START + 1), DURATION - 1);
	/* Nobody else waits. */
	ck_assert_int_eq(left(networks[_i].another, START + 1), 0);
	(void)failure(networks[_i].another, START + 1);
	ck_assert_int_eq(left(networks[_i].another, START + 1), 0);
}
END_TEST

START_TEST(who_has_a_place_is_not_judged_by_his_network)
{
	char source[64];

	fill_all("192.0.2.", "");
	for (int i = 100; i < 103; i++) {
		snprintf(source, sizeof source, "192.0.2.%d", i);
		(void)failure(source, START + DURATION - 1);
	}
	ck_assert_int_gt(left("192.0.2.103", START + DURATION - 1), 0);
	/* Now that there is room again, new ones have places of their own. */
	ck_assert_int_eq(left("192.0.2.103", START + DURATION), 0);
	ck_assert(!failure("192.0.2.103", START + DURATION));
	ck_assert_int_eq(left("192.0.2.1", START + DURATION), 0);
}
END_TEST

START_TEST(locks_that_are_over_make_room)
{
	char other[32];

	begin(1, 8);
	for (unsigned i = 0; i < 8; i++) {
		snprintf(other, sizeof other, "%u", i);
		ck_assert(failure(other, START));
	}
	/* Counted, but in no place of its own. */
	ck_assert(failure("a", START + 1));
	ck_assert_int_eq(left("a", START + DURATION), 0);
	ck_assert(failure("a", START + DURATION));
	ck_assert_int_eq(left("a", START + DURATION), DURATION);
}
END_TEST

START_TEST(a_child_knows_the_locks_of_its_parent)
{
	int status;
	pid_t pid;

	for (int i = 0; i < 3; i++)
		(void)failure("a", START);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(left("a", START) == DURATION && !failure("b", START) ? 0 : 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("request_lockout");
	TCase *tcase = tcase_create("request_lockout");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_source_is_its_address, 0,
	                    sizeof sources / sizeof sources[0]);
	tcase_add_test(tcase, no_text_is_longer_than_a_source);
	tcase_add_test(tcase, the_third_failure_locks_out_for_a_time);
	tcase_add_test(tcase, after_a_lock_counting_begins_anew);
	tcase_add_test(tcase, failures_while_locked_out_make_it_no_longer);
	tcase_add_test(tcase, failures_that_a_window_does_not_reach_do_not_count);
	tcase_add_test(tcase, a_window_begins_with_any_failure);
	tcase_add_test(tcase, nobody_is_no_source);
	tcase_add_test(tcase, who_is_locked_out_stays_so_however_many_others_fail);
	tcase_add_test(tcase, the_oldest_failure_makes_room);
	tcase_add_loop_test(tcase, where_all_places_are_locked_new_sources_count_with_their_network,
	                    0, 2);
	tcase_add_test(tcase, who_has_a_place_is_not_judged_by_his_network);
	tcase_add_test(tcase, locks_that_are_over_make_room);
	tcase_add_test(tcase, a_child_knows_the_locks_of_its_parent);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
