/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/stamp.c.
 */
#include "store/stamp.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "lib/stamp.h"

static char *folder, *path;

static void setup(void)
{
	folder = scratch_make();
	path = scratch_write(folder, "file", "contents", 8, 0600);
}

static void teardown(void)
{
	free(path);
	scratch_remove(&folder);
}

static struct timespec at(time_t seconds, long ns)
{
	return (struct timespec){ seconds, ns };
}

START_TEST(a_change_is_past_when_a_tick_lies_between)
{
	ck_assert(!sg_store_stamp_is_past(at(50, 123456789), at(50, 123456789)));
	ck_assert(!sg_store_stamp_is_past(at(50, 123456789), at(50, 223456789)));
	ck_assert(sg_store_stamp_is_past(at(50, 123456789), at(50, 223456790)));
	ck_assert(!sg_store_stamp_is_past(at(50, 987654321), at(51, 0)));
	ck_assert(sg_store_stamp_is_past(at(50, 987654321), at(51, 87654322)));
}
END_TEST

START_TEST(a_change_in_the_future_is_not_past)
{
	ck_assert(!sg_store_stamp_is_past(at(51, 1234567), at(50, 999999999)));
	ck_assert(!sg_store_stamp_is_past(at(1000000, 1234567), at(50, 0)));
}
END_TEST

START_TEST(whole_seconds_are_past_when_seconds_lie_between)
{
	ck_assert(!sg_store_stamp_is_past(at(50, 0), at(50, 999999999)));
	ck_assert(!sg_store_stamp_is_past(at(50, 0), at(53, 999999999)));
	ck_assert(sg_store_stamp_is_past(at(50, 0), at(54, 0)));
	ck_assert(!sg_store_stamp_is_past(at(50, 125000000), at(51, 0)));
}
END_TEST

START_TEST(every_field_counts)
{
	const struct sg_store_stamp a = {
		.dev = 1, .ino = 2, .size = 3, .changed = { 4, 5 }, .written = { 6, 7 },
	};
	struct sg_store_stamp b[7] = { a, a, a, a, a, a, a };

	b[0].dev++;
	b[1].ino++;
	b[2].size++;
	b[3].changed.tv_sec++;
	b[4].changed.tv_nsec++;
	b[5].written.tv_sec++;
	b[6].written.tv_nsec++;
	ck_assert(sg_store_stamp_same(&a, &a));
	for (int i = 0; i < 7; i++)
		ck_assert(!sg_store_stamp_same(&a, &b[i]));
}
END_TEST

START_TEST(a_settled_stamp_holds_until_the_file_is_written)
{
	struct sg_store_stamp stamp;

	test_stamp_settle(path, &stamp);
	ck_assert(sg_store_stamp_holds(&stamp, path));
	ck_assert(sg_store_stamp_holds(&stamp, path));
	test_file_write(path, sg_bytes("CONTENTS", 8));
	ck_assert(!sg_store_stamp_holds(&stamp, path));
}
END_TEST

START_TEST(a_stamp_that_is_not_settled_never_holds)
{
	struct sg_store_stamp stamp;

	test_stamp_settle(path, &stamp);
	stamp.settled = false;
	ck_assert(!sg_store_stamp_holds(&stamp, path));
	stamp = (struct sg_store_stamp){ .settled = false };
	ck_assert(!sg_store_stamp_holds(&stamp, path));
}
END_TEST

/* Also where the new file has the old one's contents and times. */
START_TEST(another_file_in_its_place_is_told)
{
	struct sg_store_stamp stamp;
	char *other = scratch_write(folder, "other", "contents", 8, 0600);
	struct timespec times[2];

	test_stamp_settle(path, &stamp);
	times[0] = times[1] = stamp.written;
	ck_assert_int_eq(utimensat(AT_FDCWD, other, times, 0), 0);
	ck_assert_int_eq(rename(other, path), 0);
	ck_assert(!sg_store_stamp_holds(&stamp, path));
	free(other);
}
END_TEST

START_TEST(a_file_that_is_gone_or_a_link_has_no_stamp)
{
	struct sg_store_stamp stamp;
	char *elsewhere = scratch_path(folder, "elsewhere");

	test_stamp_settle(path, &stamp);
	ck_assert_int_eq(rename(path, elsewhere), 0);
	ck_assert(!sg_store_stamp_holds(&stamp, path));
	ck_assert_int_eq(symlink(elsewhere, path), 0);
	ck_assert(!sg_store_stamp_holds(&stamp, path));
	sg_store_stamp_take(path, &stamp);
	ck_assert(!stamp.settled);
	free(elsewhere);
}
END_TEST

START_TEST(what_no_file_system_of_this_machine_keeps_is_not_trusted)
{
	struct sg_store_stamp stamp;

	sg_store_stamp_take("/proc/version", &stamp);
	ck_assert(!stamp.settled);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("store_stamp");
	TCase *tc = tcase_create("store_stamp");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, a_change_is_past_when_a_tick_lies_between);
	tcase_add_test(tc, a_change_in_the_future_is_not_past);
	tcase_add_test(tc, whole_seconds_are_past_when_seconds_lie_between);
	tcase_add_test(tc, every_field_counts);
	tcase_add_test(tc, a_settled_stamp_holds_until_the_file_is_written);
	tcase_add_test(tc, a_stamp_that_is_not_settled_never_holds);
	tcase_add_test(tc, another_file_in_its_place_is_told);
	tcase_add_test(tc, a_file_that_is_gone_or_a_link_has_no_stamp);
	tcase_add_test(tc, what_no_file_system_of_this_machine_keeps_is_not_trusted);
	return s;
}

int main(void)
{
	return test_run(suite());
}
