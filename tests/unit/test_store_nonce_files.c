/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/nonce_files.c, and of the two files in it: what is believed after a boot, and of
 * files that were changed, cut, mixed or can't be written.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/random.h"
#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "store/nonce.h"
#include "store/nonce_files.h"

#include "unit/nonces.h"

START_TEST(after_a_boot_what_may_be_lost_is_not_fresh)
{
	ck_assert_int_eq(nonces_use_at("a", NOW, NOW), SG_NONCE_FRESH);
	nonces_boot = 1;
	ck_assert_int_eq(nonces_restart(), SG_OK);
	/* The front was not believed, so "a" is not known; and nothing of its time is fresh. */
	ck_assert_int_eq(nonces_use_at("a", NOW, NOW), SG_NONCE_UNSURE);
	ck_assert_int_eq(nonces_use_at("b", NOW + 30, NOW + 10), SG_NONCE_UNSURE);
	ck_assert_int_eq(nonces_use_at("b", NOW + 61, NOW + 61), SG_NONCE_FRESH);
	ck_assert_int_eq(nonces_use_at("b", NOW + 61, NOW + 61), SG_NONCE_SEEN);
	ck_assert_int_eq(nonces_use_at("a", NOW, NOW + 61), SG_NONCE_UNSURE);
}
END_TEST

START_TEST(after_a_boot_what_was_moved_was_seen)
{
	ck_assert_int_eq(nonces_use_at("a", NOW, NOW), SG_NONCE_FRESH);
	ck_assert_int_eq(nonces_use_at("b", NOW + 100, NOW + 100), SG_NONCE_FRESH);
	nonces_boot = 1;
	ck_assert_int_eq(nonces_restart(), SG_OK);
	ck_assert_int_eq(nonces_use_at("a", NOW, NOW + 100), SG_NONCE_SEEN);
}
END_TEST

START_TEST(what_comes_from_the_future_outlives_a_boot_and_moves_no_mark)
{
	ck_assert_int_eq(nonces_use_at("a", NOW + 250, NOW), SG_NONCE_FRESH);
	ck_assert_int_eq(nonces_use_at("b", NOW, NOW), SG_NONCE_FRESH);
	nonces_boot = 1;
	ck_assert_int_eq(nonces_restart(), SG_OK);
	ck_assert_int_eq(nonces_use_at("a", NOW + 250, NOW + 10), SG_NONCE_SEEN);
	ck_assert_int_eq(nonces_use_at("c", NOW + 61, NOW + 61), SG_NONCE_FRESH);
}
END_TEST

START_TEST(a_store_that_was_not_used_refuses_nothing_after_a_boot)
{
	nonces_boot = 1;
	ck_assert_int_eq(nonces_restart(), SG_OK);
	ck_assert_int_eq(nonces_use("a"), SG_NONCE_FRESH);
}
END_TEST

START_TEST(where_nobody_tells_the_boot_nothing_that_may_be_lost_is_fresh)
{
	nonces_no_boot = true;
	ck_assert_int_eq(nonces_restart(), SG_OK);
	ck_assert_int_eq(nonces_use("a"), SG_NONCE_FRESH);
	ck_assert_int_eq(nonces_restart(), SG_OK);
	ck_assert_int_eq(nonces_use("a"), SG_NONCE_UNSURE);
	ck_assert_int_eq(nonces_use_at("b", NOW + 61, NOW + 61), SG_NONCE_FRESH);
}
END_TEST

/* The mark of that time would have everything refused until then. */
START_TEST(after_a_boot_a_clock_that_was_ahead_and_is_right_again_is_forgotten)
{
	const int64_t ahead = NOW + INT64_C(365) * 86400;

	ck_assert_int_eq(nonces_use_at("a", ahead, ahead), SG_NONCE_FRESH);
	ck_assert_int_eq(nonces_use_at("b", NOW, NOW), SG_NONCE_FRESH);
	nonces_boot = 1;
	ck_assert_int_eq(nonces_restart(), SG_OK);
	ck_assert_int_eq(nonces_use_at("b", NOW, NOW), SG_NONCE_UNSURE);
	ck_assert_int_eq(nonces_use_at("c", NOW + 90, NOW + 90), SG_NONCE_FRESH);
}
END_TEST

START_TEST(a_front_that_is_lost_is_like_a_boot)
{
	ck_assert_int_eq(nonces_use("a"), SG_NONCE_FRESH);
	sg_store_nonces_close(&nonces_store);
	ck_assert_int_eq(unlink(nonces_front), 0);
	ck_assert_int_eq(nonces_restart(), SG_OK);
	ck_assert_int_eq(nonces_use("a"), SG_NONCE_UNSURE);
	ck_assert_int_eq(nonces_use_at("b", NOW + 61, NOW + 61), SG_NONCE_FRESH);
}
END_TEST

START_TEST(a_table_that_is_lost_is_not_made_anew)
{
	ck_assert_int_eq(nonces_use("a"), SG_NONCE_FRESH);
	sg_store_nonces_close(&nonces_store);
	ck_assert_int_eq(unlink(nonces_path), 0);
	ck_assert_int_eq(nonces_restart(), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(access(nonces_path, F_OK), -1);
}
END_TEST

START_TEST(a_table_that_is_removed_in_use_keeps_nothing_more)
{
	enum sg_store_nonce answer;

	ck_assert_int_eq(nonces_use("a"), SG_NONCE_FRESH);
	ck_assert_int_eq(unlink(nonces_path), 0);
	/* At the latest where rows are moved. */
	ck_assert_int_eq(nonces_try("b", NOW + 100, NOW + 100, &answer), SG_ERR_STORE_MISSING);
	ck_assert_int_eq(answer, SG_NONCE_UNSURE);
	ck_assert_int_eq(nonces_try("b", NOW + 100, NOW + 100, &answer), SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(an_older_copy_of_the_table_is_refused)
{
	struct sg_buf old = { 0 };
	char *copy;

	ck_assert_int_eq(nonces_use("a"), SG_NONCE_FRESH);
	sg_store_nonces_close(&nonces_store);
	old = test_file_read(nonces_path);
	ck_assert_int_eq(nonces_restart(), SG_OK);
	ck_assert_int_eq(nonces_use_at("b", NOW + 100, NOW + 100), SG_NONCE_FRESH);
	sg_store_nonces_close(&nonces_store);
	copy = scratch_write(nonces_folder, "nonces.db", old.data, old.len, 0600);
	/* A machine that is made anew from a copy has booted. */
	nonces_boot = (uint8_t)_i;
	ck_assert_int_eq(nonces_restart(), SG_ERR_STORE_DAMAGED);
	nonces_no_boot = true;
	ck_assert_int_eq(nonces_restart(), SG_ERR_STORE_DAMAGED);
	sg_buf_free(&old);
	free(copy);
}
END_TEST

/* Two processes would go on with two fronts, and each take a request once. */
START_TEST(a_front_that_is_removed_in_use_takes_nothing_twice)
{
	struct sg_store_nonces *first = nonces_store, *second = NULL;
	const int64_t later = NOW + 100;
	enum sg_store_nonce answer;

	ck_assert_int_eq(nonces_use("a"), SG_NONCE_FRESH);
	ck_assert_int_eq(unlink(nonces_front), 0);
	ck_assert_int_eq(sg_store_nonces_open(nonces_path, MAX, &second), SG_OK);
	nonces_store = second;
	ck_assert_int_ne(nonces_use("a"), SG_NONCE_FRESH);
	ck_assert_int_eq(nonces_use_at("b", later, later), SG_NONCE_FRESH);
	nonces_store = first;
	ck_assert_int_eq(nonces_try("b", later, later, &answer), SG_ERR_STORE_MISSING);
	ck_assert_int_eq(answer, SG_NONCE_UNSURE);
	/* From then on he goes on with what the other has. */
	ck_assert_int_eq(nonces_use_at("b", later, later), SG_NONCE_SEEN);
	ck_assert_int_eq(nonces_use_at("c", later, later), SG_NONCE_FRESH);
	nonces_store = second;
	ck_assert_int_eq(nonces_use_at("c", later, later), SG_NONCE_SEEN);
	sg_store_nonces_close(&first);
}
END_TEST

START_TEST(a_table_that_is_replaced_in_use_keeps_nothing_more)
{
	struct sg_buf table = test_file_read(nonces_path);
	enum sg_store_nonce answer;
	char *copy;

	ck_assert_int_eq(nonces_use("a"), SG_NONCE_FRESH);
	copy = scratch_write(nonces_folder, "copy", table.data, table.len, 0600);
	ck_assert_int_eq(rename(copy, nonces_path), 0);
	ck_assert_int_eq(nonces_try("b", NOW + 100, NOW + 100, &answer), SG_ERR_STORE_MISSING);
	ck_assert_int_eq(answer, SG_NONCE_UNSURE);
	sg_buf_free(&table);
	free(copy);
}
END_TEST

START_TEST(where_something_else_is_no_file_is_left_beside_it)
{
	static const struct {
		const char *text;
		mode_t mode;
	} others[] = {
		{ "This is a text of somebody.", 0600 }, { "This is a text of somebody.", 0644 },
	};
	struct stat st;

	sg_store_nonces_close(&nonces_store);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(unlink(nonces_path), 0);
		(void)unlink(nonces_front);
		free(scratch_write(nonces_folder, strrchr(nonces_path, '/') + 1, others[i].text,
		                   strlen(others[i].text), others[i].mode));
		ck_assert_int_ne(nonces_restart(), SG_OK);
		ck_assert_int_ne(stat(nonces_front, &st), 0);
	}
}
END_TEST

START_TEST(files_that_are_something_else_are_refused_and_left_alone)
{
	static const char text[] = "This is a text of somebody, which is long enough to be a header "
	                           "of a hundred bytes and of a front as well.";
	struct sg_buf after = { 0 };
	char *const names[] = { nonces_path, nonces_front };

	sg_store_nonces_close(&nonces_store);
	for (size_t i = 0; i < 2; i++) {
		char *moved = scratch_path(nonces_folder, "moved");

		ck_assert_int_eq(rename(names[i], moved), 0);
		free(scratch_write(nonces_folder, strrchr(names[i], '/') + 1, text, sizeof text, 0600));
		ck_assert_int_eq(nonces_restart(), SG_ERR_STORE_DAMAGED);
		after = test_file_read(names[i]);
		ck_assert_mem_eq(after.data, text, sizeof text);
		sg_buf_free(&after);
		ck_assert_int_eq(rename(moved, names[i]), 0);
		free(moved);
	}
	ck_assert_int_eq(nonces_restart(), SG_OK);
}
END_TEST

/* Run a statement in the table, which nobody has open. */
static void change(const char *sql)
{
	sqlite3 *db = NULL;

	ck_assert_int_eq(sqlite3_open(nonces_path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

START_TEST(a_table_with_something_planted_in_it_is_refused)
{
	sg_store_nonces_close(&nonces_store);
	change("CREATE TRIGGER t AFTER INSERT ON seen BEGIN DELETE FROM seen; END");
	ck_assert_int_eq(nonces_restart(), SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(numbers_that_nobody_counts_to_are_refused)
{
	static const char *const changes[] = {
		"UPDATE state SET epoch = 9223372036854775807", "UPDATE state SET epoch = 1, mark = "
		"9223372036854775807", "UPDATE state SET mark = 0, count = 9223372036854775807",
		"UPDATE state SET count = 0, floor = 9223372036854775807",
	};
	const uint8_t epoch[8] = { 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	int fd;

	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		sg_store_nonces_close(&nonces_store);
		change(changes[i]);
		ck_assert_int_eq(nonces_restart(), SG_ERR_STORE_DAMAGED);
	}
	change("UPDATE state SET floor = 0");
	fd = open(nonces_front, O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(pwrite(fd, epoch, sizeof epoch, 8), sizeof epoch);
	close(fd);
	ck_assert_int_eq(nonces_restart(), SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(a_front_that_is_cut_keeps_nothing)
{
	enum sg_store_nonce answer;

	ck_assert_int_eq(nonces_use("a"), SG_NONCE_FRESH);
	sg_store_nonces_close(&nonces_store);
	ck_assert_int_eq(truncate(nonces_front, 20), 0);
	ck_assert_int_eq(nonces_restart(), SG_OK);
	ck_assert_int_eq(nonces_try("a", NOW, NOW, &answer), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(answer, SG_NONCE_UNSURE);
}
END_TEST

/* Whoever has no space gets no answer but a refusal, and goes on when there is some. */
START_TEST(where_the_disk_is_full_nothing_is_fresh)
{
	struct rlimit limit, small;
	enum sg_store_nonce answer;
	unsigned fresh = 0;
	enum sg_err err;
	int64_t at = NOW;
	char value[32];
	int limited;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = (struct rlimit){ 16384, limit.rlim_max };
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(value, sizeof value, "before %u", i);
		ck_assert_int_eq(nonces_use_at(value, at, at), SG_NONCE_FRESH);
	}
	/* Rows of the front have their place; it is the moving that needs more. */
	at += 100;
	/* Check writes to a file too. */
	limited = setrlimit(RLIMIT_FSIZE, &small);
	err = nonces_try("x", at, at, &answer);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(limited, 0);
	ck_assert_int_eq(err, SG_ERR_STORE_FULL);
	ck_assert_int_eq(answer, SG_NONCE_UNSURE);
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(value, sizeof value, "before %u", i);
		fresh += nonces_use_at(value, NOW, at) == SG_NONCE_FRESH;
	}
	ck_assert_uint_eq(fresh, 0);
	ck_assert_int_eq(nonces_use_at("x", at, at), SG_NONCE_FRESH);
}
END_TEST

START_TEST(where_nothing_can_be_written_nothing_is_fresh)
{
	struct sg_store_nonces *other = NULL;
	int status = 0;
	pid_t pid;

	if (geteuid() != 0)
		return;
	/* Root writes to anything but a file that is immutable or on another file system: be
	 * somebody else, whose the files are, and whose folder can't be written. */
	sg_store_nonces_close(&nonces_store);
	ck_assert_int_eq(chown(nonces_folder, 65534, 65534), 0);
	ck_assert_int_eq(chown(nonces_path, 65534, 65534), 0);
	ck_assert_int_eq(chown(nonces_front, 65534, 65534), 0);
	if (access(nonces_journal, F_OK) == 0)
		ck_assert_int_eq(unlink(nonces_journal), 0);
	ck_assert_int_eq(chmod(nonces_path, 0400), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (setgid(65534) != 0 || setuid(65534) != 0)
			_exit(3);
		_exit(sg_store_nonces_open(nonces_path, MAX, &other) == SG_OK ? 1 : 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("store_nonce_files");
	TCase *tcase = tcase_create("store_nonce_files");

	tcase_add_checked_fixture(tcase, nonces_setup, nonces_teardown);
	tcase_add_test(tcase, after_a_boot_what_may_be_lost_is_not_fresh);
	tcase_add_test(tcase, after_a_boot_what_was_moved_was_seen);
	tcase_add_test(tcase, what_comes_from_the_future_outlives_a_boot_and_moves_no_mark);
	tcase_add_test(tcase, a_store_that_was_not_used_refuses_nothing_after_a_boot);
	tcase_add_test(tcase, where_nobody_tells_the_boot_nothing_that_may_be_lost_is_fresh);
	tcase_add_test(tcase, after_a_boot_a_clock_that_was_ahead_and_is_right_again_is_forgotten);
	tcase_add_test(tcase, a_front_that_is_lost_is_like_a_boot);
	tcase_add_test(tcase, a_table_that_is_lost_is_not_made_anew);
	tcase_add_test(tcase, a_table_that_is_removed_in_use_keeps_nothing_more);
	tcase_add_loop_test(tcase, an_older_copy_of_the_table_is_refused, 0, 2);
	tcase_add_test(tcase, a_front_that_is_removed_in_use_takes_nothing_twice);
	tcase_add_test(tcase, a_table_that_is_replaced_in_use_keeps_nothing_more);
	tcase_add_test(tcase, where_something_else_is_no_file_is_left_beside_it);
	tcase_add_test(tcase, files_that_are_something_else_are_refused_and_left_alone);
	tcase_add_test(tcase, a_table_with_something_planted_in_it_is_refused);
	tcase_add_test(tcase, numbers_that_nobody_counts_to_are_refused);
	tcase_add_test(tcase, a_front_that_is_cut_keeps_nothing);
	tcase_add_test(tcase, where_the_disk_is_full_nothing_is_fresh);
	tcase_add_test(tcase, where_nothing_can_be_written_nothing_is_fresh);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
