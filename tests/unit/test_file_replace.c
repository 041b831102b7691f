/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A private file that is replaced at once.
 */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/hex.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "util/file.h"
#include "util/signal.h"

static char *folder;
static char path[256];
static struct sg_buf content;

static void setup(void)
{
	folder = scratch_make();
	snprintf(path, sizeof path, "%s/file", folder);
}

static void teardown(void)
{
	sg_buf_free(&content);
	scratch_remove(&folder);
}

static void expect(const char *text)
{
	content.len = 0;
	ck_assert_int_eq(sg_file_read_trusted(path, 100, &content), SG_OK);
	assert_bytes(sg_buf_bytes(&content), sg_bytes_str(text));
}

START_TEST(a_file_is_made_private_and_replaced)
{
	struct stat st;

	umask(0);
	ck_assert_int_eq(sg_file_replace_private(path, sg_bytes_str("one")), SG_OK);
	expect("one");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(sg_file_replace_private(path, sg_bytes_str("")), SG_OK);
	expect("");
}
END_TEST

START_TEST(what_a_crash_left_behind_does_not_matter)
{
	char left[300];

	snprintf(left, sizeof left, "%s.new", path);
	ck_assert_int_eq(symlink("/nowhere", left), 0);
	ck_assert_int_eq(sg_file_replace_private(path, sg_bytes_str("one")), SG_OK);
	expect("one");
	ck_assert_int_ne(access(left, F_OK), 0);
}
END_TEST

START_TEST(where_it_cant_be_written_the_old_one_stays)
{
	struct rlimit none = { 2, RLIM_INFINITY };
	struct sg_signal_hold hold;

	ck_assert_int_eq(sg_file_replace_private(path, sg_bytes_str("one")), SG_OK);
	sg_signal_block(&hold, SIGXFSZ);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	ck_assert_int_eq(sg_file_replace_private(path, sg_bytes_str("another")), SG_ERR_SYSTEM);
	none.rlim_cur = RLIM_INFINITY;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	sg_signal_release(&hold);
	expect("one");
}
END_TEST

START_TEST(a_folder_that_others_may_touch_is_refused)
{
	ck_assert_int_eq(chmod(folder, 0755), 0);
	ck_assert_int_eq(sg_file_replace_private(path, sg_bytes_str("one")), SG_ERR_STORE_UNSAFE);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_path_without_a_folder_is_refused)
{
	ck_assert_int_eq(sg_file_replace_private("file", sg_bytes_str("one")), SG_ERR_ARG);
	ck_assert_int_eq(sg_file_replace_private("/", sg_bytes_str("one")), SG_ERR_ARG);
}
END_TEST

#define WRITERS 4
#define BIG 40000

/* Replace the file by one that is full of a letter, again and again. */
static void write_letter(char letter)
{
	static char text[BIG + 1];
	int status = 0;

	memset(text, letter, BIG);
	for (int i = 0; i < 40 && status == 0; i++)
		status = sg_file_replace_private(path, sg_bytes_str(text)) != SG_OK;
	_exit(status);
}

START_TEST(writers_at_the_same_time_leave_a_whole_file)
{
	pid_t children[WRITERS];
	int status;

	for (int i = 0; i < WRITERS; i++) {
		children[i] = fork();
		ck_assert_int_ge(children[i], 0);
		if (children[i] == 0)
			write_letter((char)('a' + i));
	}
	for (int i = 0; i < WRITERS; i++) {
		ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
		ck_assert_int_eq(status, 0);
	}
	ck_assert_int_eq(sg_file_read_trusted(path, BIG + 1, &content), SG_OK);
	ck_assert_uint_eq(content.len, BIG);
	for (size_t i = 0; i < BIG; i++)
		ck_assert_uint_eq(content.data[i], content.data[0]);
}
END_TEST

START_TEST(a_folder_that_stays_locked_is_an_error)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert_int_eq(sg_file_replace_private(path, sg_bytes_str("one")), SG_ERR_STORE_BUSY);
	ck_assert_int_ne(access(path, F_OK), 0);
	close(fd);
	ck_assert_int_eq(sg_file_replace_private(path, sg_bytes_str("one")), SG_OK);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("file_replace");
	TCase *tc = tcase_create("file_replace");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_file_is_made_private_and_replaced);
	tcase_add_test(tc, what_a_crash_left_behind_does_not_matter);
	tcase_add_test(tc, where_it_cant_be_written_the_old_one_stays);
	tcase_add_test(tc, a_folder_that_others_may_touch_is_refused);
	tcase_add_test(tc, a_path_without_a_folder_is_refused);
	tcase_add_test(tc, writers_at_the_same_time_leave_a_whole_file);
	tcase_add_test(tc, a_folder_that_stays_locked_is_an_error);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
