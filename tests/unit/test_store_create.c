/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/create.c: a store appears complete or not at all.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/runner.h"
#include "lib/store.h"

/* Stands before the one of the C library, as a file system that lacks it. */
static int cannot_rename;               /* errno, or 0 */
static const char *takes_the_name;      /* what somebody else makes in this moment, or NULL */

int renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
	FILE *file = takes_the_name != NULL ? fopen(takes_the_name, "wx") : NULL;

	if (file != NULL)
		ck_assert_int_eq(fclose(file), 0);
	errno = cannot_rename;
	return cannot_rename != 0 ? -1 : (int)syscall(SYS_renameat2, from, old, to, new, flags);
}

static enum sg_err create(const char *path)
{
	return sg_store_create(path, sg_bytes_str("t"), sg_bytes_str("s"), sg_bytes("", 0));
}

static unsigned entries(const char *folder)
{
	DIR *dir = opendir(folder);
	unsigned n = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL)
		n++;
	ck_assert_int_eq(closedir(dir), 0);
	return n - 2;
}

START_TEST(a_new_store_holds_its_two_records)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_READ);
	struct sg_buf record = { 0 };

	ck_assert_int_eq(sg_store_get(txn, SG_STORE_TOKEN, &record), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&record), sg_bytes_str("token")));
	sg_buf_free(&record);
	sg_store_abort(&txn);
	test_store_expect_state("state");
	ck_assert_uint_eq(test_store_count(), 0);
}
END_TEST

START_TEST(a_new_store_is_private_whatever_the_umask)
{
	char *path = sg_store_path(test_store_folder, 1);
	struct stat st;

	umask(0);
	ck_assert_int_eq(create(path), SG_OK);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0600);
	ck_assert_uint_eq(st.st_nlink, 1);
	free(path);
}
END_TEST

START_TEST(a_new_store_can_be_used_whatever_the_umask)
{
	char *path = sg_store_path(test_store_folder, 1);
	struct stat st;

	umask(0777);
	ck_assert_int_eq(create(path), SG_OK);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0600);
	free(path);
}
END_TEST

START_TEST(a_store_appears_where_the_file_system_can_only_link)
{
	char *path = sg_store_path(test_store_folder, 1);
	struct stat st;

	cannot_rename = EINVAL;
	ck_assert_int_eq(create(path), SG_OK);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert_uint_eq(st.st_nlink, 1);
	ck_assert_uint_eq(entries(test_store_folder), 2);
	cannot_rename = ENOSYS;
	ck_assert_int_eq(create(path), SG_ERR_STORE_EXISTS);
	free(path);
}
END_TEST

/* Another process makes the store after it was looked for. */
START_TEST(a_store_is_not_replaced_where_the_file_system_can_only_link)
{
	char *path = sg_store_path(test_store_folder, 1);
	struct stat st;

	cannot_rename = EINVAL;
	takes_the_name = path;
	ck_assert_int_eq(create(path), SG_ERR_STORE_EXISTS);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert_uint_eq(st.st_size, 0);
	ck_assert_uint_eq(entries(test_store_folder), 2);
	free(path);
}
END_TEST

START_TEST(another_error_of_renaming_is_no_reason_to_link)
{
	char *path = sg_store_path(test_store_folder, 1);

	cannot_rename = EACCES;
	ck_assert_int_eq(create(path), SG_ERR_STORE_READONLY);
	ck_assert_uint_eq(entries(test_store_folder), 1);
	free(path);
}
END_TEST

START_TEST(creating_leaves_nothing_but_the_store)
{
	ck_assert_uint_eq(entries(test_store_folder), 1);
}
END_TEST

START_TEST(a_store_is_not_replaced)
{
	struct test_snapshot snapshot = test_snapshot_take(test_store_path);

	ck_assert_int_eq(create(test_store_path), SG_ERR_STORE_EXISTS);
	test_snapshot_check(&snapshot, test_store_path);
	ck_assert_uint_eq(entries(test_store_folder), 1);
}
END_TEST

START_TEST(a_dangling_link_is_not_written_through)
{
	char *path = sg_store_path(test_store_folder, 1);
	char *target = scratch_path(test_store_folder, "target");

	ck_assert_int_eq(symlink(target, path), 0);
	ck_assert_int_eq(create(path), SG_ERR_STORE_EXISTS);
	ck_assert_int_ne(access(target, F_OK), 0);
	free(target);
	free(path);
}
END_TEST

START_TEST(a_journal_of_a_deleted_store_is_not_played_back)
{
	test_store_leave_hot_journal();
	ck_assert_int_eq(unlink(test_store_path), 0);
	ck_assert_int_eq(create(test_store_path), SG_ERR_STORE_EXISTS);
	ck_assert_int_eq(unlink(test_store_journal), 0);
	ck_assert_int_eq(create(test_store_path), SG_OK);
	test_store_expect_state("s");
}
END_TEST

START_TEST(leftovers_of_a_killed_creation_are_harmless)
{
	char *draft = scratch_path(test_store_folder, "slot-0001.db.new-abcdef");
	char *path = sg_store_path(test_store_folder, 1);

	test_file_write(draft, sg_bytes_str("half"));
	ck_assert_int_eq(create(path), SG_OK);
	free(path);
	free(draft);
}
END_TEST

START_TEST(a_missing_folder_is_an_error)
{
	char *folder = scratch_path(test_store_folder, "none");
	char *path = sg_store_path(folder, 0);

	ck_assert_int_eq(create(path), SG_ERR_STORE_MISSING);
	free(path);
	free(folder);
}
END_TEST

START_TEST(a_folder_open_to_others_is_refused)
{
	char *path = sg_store_path(test_store_folder, 1);

	ck_assert_int_eq(chmod(test_store_folder, 0755), 0);
	ck_assert_int_eq(create(path), SG_ERR_STORE_UNSAFE);
	ck_assert_uint_eq(entries(test_store_folder), 1);
	free(path);
}
END_TEST

START_TEST(a_record_that_is_too_long_makes_no_store)
{
	char *path = sg_store_path(test_store_folder, 1);
	uint8_t *record = calloc(1, SG_STORE_RECORD_MAX + 1);

	ck_assert_ptr_nonnull(record);
	ck_assert_int_eq(sg_store_create(path, sg_bytes_str("t"),
	                                 sg_bytes(record, SG_STORE_RECORD_MAX + 1), sg_bytes("", 0)),
	                 SG_ERR_RANGE);
	ck_assert_uint_eq(entries(test_store_folder), 1);
	ck_assert_int_eq(sg_store_create(path, sg_bytes_str("t"),
	                                 sg_bytes(record, SG_STORE_RECORD_MAX), sg_bytes("", 0)),
	                 SG_OK);
	free(record);
	free(path);
}
END_TEST

START_TEST(a_full_disk_makes_no_store)
{
	struct rlimit limit = { 8192, 8192 };
	char *path = sg_store_path(test_store_folder, 1);

	ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(create(path), SG_ERR_STORE_FULL);
	ck_assert_uint_eq(entries(test_store_folder), 1);
	free(path);
}
END_TEST

START_TEST(of_many_creators_one_wins)
{
	char *path = sg_store_path(test_store_folder, 1);
	int status, won = 0, lost = 0, i;

	for (i = 0; i < 8; i++) {
		pid_t pid = fork();

		ck_assert_int_ge(pid, 0);
		if (pid == 0) {
			enum sg_err err = create(path);

			_exit(err == SG_OK ? 0 : err == SG_ERR_STORE_EXISTS ? 1 : 2);
		}
	}
	for (i = 0; i < 8; i++) {
		ck_assert_int_gt(wait(&status), 0);
		ck_assert(WIFEXITED(status));
		won += WEXITSTATUS(status) == 0;
		lost += WEXITSTATUS(status) == 1;
	}
	ck_assert_int_eq(won, 1);
	ck_assert_int_eq(lost, 7);
	ck_assert_uint_eq(entries(test_store_folder), 2);
	free(path);
}
END_TEST

/* The child says when it is about to start, and is killed while it works. */
START_TEST(a_creator_that_is_killed_leaves_a_whole_store_or_none)
{
	int start[2], round;
	char byte;

	for (round = 1; round <= 30; round++) {
		char *path = sg_store_path(test_store_folder, (unsigned)round);
		struct sg_store_txn *txn = NULL;
		enum sg_err err;
		pid_t pid;

		ck_assert_int_eq(pipe(start), 0);
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0) {
			if (write(start[1], "x", 1) == 1)
				(void)create(path);
			_exit(0);
		}
		ck_assert_int_eq(close(start[1]), 0);
		ck_assert_int_eq(read(start[0], &byte, 1), 1);
		/* Some system calls as a delay of no particular length. */
		for (int i = 0; i < round * round * 20; i++)
			(void)getppid();
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
		ck_assert_int_eq(close(start[0]), 0);
		err = sg_store_begin(path, SG_STORE_WRITE, &txn);
		ck_assert_msg(err == SG_OK || err == SG_ERR_STORE_MISSING, "%d", err);
		sg_store_abort(&txn);
		ck_assert_int_eq(create(path), err == SG_OK ? SG_ERR_STORE_EXISTS : SG_OK);
		free(path);
	}
}
END_TEST

START_TEST(a_removed_store_is_gone)
{
	ck_assert_int_eq(sg_store_remove(test_store_path), SG_OK);
	ck_assert_uint_eq(entries(test_store_folder), 0);
	ck_assert_int_eq(test_store_probe(SG_STORE_READ), SG_ERR_STORE_MISSING);
	ck_assert_int_eq(sg_store_remove(test_store_path), SG_ERR_STORE_MISSING);
}
END_TEST

START_TEST(a_damaged_store_can_be_removed)
{
	test_file_write(test_store_path, sg_bytes_str("garbage"));
	test_file_write(test_store_journal, sg_bytes_str("garbage"));
	ck_assert_int_eq(sg_store_remove(test_store_path), SG_OK);
	ck_assert_uint_eq(entries(test_store_folder), 0);
}
END_TEST

START_TEST(removing_a_link_leaves_its_target)
{
	char *path = sg_store_path(test_store_folder, 1);

	ck_assert_int_eq(symlink(test_store_path, path), 0);
	ck_assert_int_eq(sg_store_remove(path), SG_OK);
	ck_assert_int_ne(access(path, F_OK), 0);
	test_store_expect_state("state");
	free(path);
}
END_TEST

START_TEST(a_store_that_is_removed_while_it_is_read_stays_readable)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_READ);
	struct sg_buf record = { 0 };

	ck_assert_int_eq(sg_store_remove(test_store_path), SG_OK);
	ck_assert_int_eq(sg_store_get(txn, SG_STORE_STATE, &record), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&record), sg_bytes_str("state")));
	sg_buf_free(&record);
	sg_store_abort(&txn);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("store/create");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, test_store_setup, test_store_teardown);
	tcase_add_test(t, a_new_store_holds_its_two_records);
	tcase_add_test(t, a_new_store_is_private_whatever_the_umask);
	tcase_add_test(t, a_new_store_can_be_used_whatever_the_umask);
	tcase_add_test(t, a_store_appears_where_the_file_system_can_only_link);
	tcase_add_test(t, a_store_is_not_replaced_where_the_file_system_can_only_link);
	tcase_add_test(t, another_error_of_renaming_is_no_reason_to_link);
	tcase_add_test(t, creating_leaves_nothing_but_the_store);
	tcase_add_test(t, a_store_is_not_replaced);
	tcase_add_test(t, a_dangling_link_is_not_written_through);
	tcase_add_test(t, a_journal_of_a_deleted_store_is_not_played_back);
	tcase_add_test(t, leftovers_of_a_killed_creation_are_harmless);
	tcase_add_test(t, a_missing_folder_is_an_error);
	tcase_add_test(t, a_folder_open_to_others_is_refused);
	tcase_add_test(t, a_record_that_is_too_long_makes_no_store);
	tcase_add_test(t, a_full_disk_makes_no_store);
	tcase_add_test(t, of_many_creators_one_wins);
	tcase_add_test(t, a_creator_that_is_killed_leaves_a_whole_store_or_none);
	tcase_add_test(t, a_removed_store_is_gone);
	tcase_add_test(t, a_damaged_store_can_be_removed);
	tcase_add_test(t, removing_a_link_leaves_its_target);
	tcase_add_test(t, a_store_that_is_removed_while_it_is_read_stays_readable);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
