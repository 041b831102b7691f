/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/fleet.c: opening the file of a fleet, which may be another one, of others, locked,
 * gone, or where nothing can be written.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "crypto/hex.h"
#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "store/fleet.h"

#define NOW INT64_C(1711468800)
#define NOBODY 65534

static char *folder, *path;
static struct sg_fleet *fleet;

static void setup(void)
{
	folder = scratch_make();
	path = scratch_path(folder, "fleet.db");
	ck_assert_int_eq(sg_fleet_open(path, true, &fleet), SG_OK);
}

static void teardown(void)
{
	sg_fleet_close(&fleet);
	free(path);
	scratch_remove(&folder);
}

static enum sg_err try_entry(void)
{
	struct sg_fleet_event event = { NOW, "x", "tester", "subject", sg_bytes("{}", 2) };

	return fleet->ops->event_add(fleet, &event);
}

static void add_entry(void)
{
	ck_assert_int_eq(try_entry(), SG_OK);
}

static uint64_t last_entry(struct sg_fleet *of)
{
	struct sg_fleet_head last;

	ck_assert_int_eq(of->ops->entry_last(of, &last), SG_OK);
	return last.seq;
}

START_TEST(it_is_private_and_opens_again)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	add_entry();
	sg_fleet_close(&fleet);
	ck_assert_int_eq(sg_fleet_open(path, false, &fleet), SG_OK);
	ck_assert_uint_eq(last_entry(fleet), 1);
}
END_TEST

START_TEST(without_a_file_there_is_no_fleet)
{
	struct sg_fleet *other = NULL;
	char *missing = scratch_path(folder, "none.db");

	ck_assert_int_eq(sg_fleet_open(missing, false, &other), SG_ERR_STORE_MISSING);
	ck_assert_ptr_null(other);
	free(missing);
}
END_TEST

/* Change a byte of the file, and see what opening it says. */
static enum sg_err reopened_with(long at, uint8_t byte)
{
	int fd;
	enum sg_err err;

	sg_fleet_close(&fleet);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
	close(fd);
	err = sg_fleet_open(path, false, &fleet);
	return err;
}

/* Take the right to write there, also from root. */
static void make_still(void)
{
	sg_fleet_close(&fleet);
	ck_assert_int_eq(chmod(path, 0400), 0);
	ck_assert_int_eq(chmod(folder, 0500), 0);
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(path, NOBODY, (gid_t)-1), 0);
	ck_assert_int_eq(chown(folder, NOBODY, (gid_t)-1), 0);
	ck_assert_int_eq(seteuid(NOBODY), 0);
}

static void end_still(void)
{
	sg_fleet_close(&fleet);
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(chmod(folder, 0700), 0);
}

START_TEST(a_file_that_is_there_is_not_missing_where_nothing_can_be_written)
{
	make_still();
	ck_assert_int_eq(sg_fleet_open(path, false, &fleet), SG_ERR_STORE_READONLY);
	ck_assert_int_eq(sg_fleet_open(path, true, &fleet), SG_ERR_STORE_READONLY);
	end_still();
}
END_TEST

START_TEST(it_can_be_looked_at_where_nothing_can_be_written)
{

	/* Characters that mean something in a URI. */
	free(path);
	path = scratch_path(folder, "a?b#c%41 d.db");
	sg_fleet_close(&fleet);
	ck_assert_int_eq(sg_fleet_open(path, true, &fleet), SG_OK);
	add_entry();
	make_still();
	ck_assert_int_eq(sg_fleet_open_read(path, &fleet), SG_OK);
	ck_assert_uint_eq(last_entry(fleet), 1);
	ck_assert_int_eq(try_entry(), SG_ERR_STORE_READONLY);
	ck_assert_uint_eq(last_entry(fleet), 1);
	end_still();
}
END_TEST

START_TEST(but_not_without_what_its_journal_has)
{
	char *wal;

	sg_fleet_close(&fleet);
	wal = scratch_write(folder, "fleet.db-wal", "something", 9, 0400);
	if (geteuid() == 0)
		ck_assert_int_eq(chown(wal, NOBODY, (gid_t)-1), 0);
	make_still();
	ck_assert_int_eq(sg_fleet_open_read(path, &fleet), SG_ERR_STORE_READONLY);
	end_still();
	free(wal);
}
END_TEST

START_TEST(where_it_can_be_written_it_is_looked_at_like_any_other)
{
	struct sg_fleet *other = NULL;

	ck_assert_int_eq(sg_fleet_open_read(path, &other), SG_OK);
	ck_assert_int_eq(try_entry(), SG_OK);
	ck_assert_uint_eq(last_entry(other), 1);
	sg_fleet_close(&other);
}
END_TEST

START_TEST(who_finds_it_locked_does_not_wait_for_ever)
{
	sqlite3 *locker = NULL;

	ck_assert_int_eq(sqlite3_open(path, &locker), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(locker, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	/* With the patience of before, this would take twice as long as a test may. */
	fleet->ops->patience(fleet, 1);
	for (unsigned i = 0; i < 12; i++)
		ck_assert_int_eq(try_entry(), SG_ERR_STORE_BUSY);
	ck_assert_uint_eq(last_entry(fleet), 0);
	ck_assert_int_eq(sqlite3_exec(locker, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	fleet->ops->patience(fleet, 10000);
	ck_assert_int_eq(try_entry(), SG_OK);
	ck_assert_int_eq(sqlite3_close(locker), SQLITE_OK);
}
END_TEST

START_TEST(another_version_is_refused_untouched)
{
	struct test_snapshot before;

	ck_assert_int_eq(reopened_with(63, 3), SG_ERR_STORE_VERSION);
	before = test_snapshot_take(path);
	ck_assert_int_eq(sg_fleet_open(path, true, &fleet), SG_ERR_STORE_VERSION);
	test_snapshot_check(&before, path);
}
END_TEST

/* Version 1 was never given out; its tables are others. */
START_TEST(a_version_of_before_is_not_called_damaged)
{
	ck_assert_int_eq(reopened_with(63, 1), SG_ERR_STORE_VERSION);
}
END_TEST

/* Run SQL on the file behind the back of the fleet. */
static void run_sql(const char *file, const char *sql)
{
	sqlite3 *db = NULL;

	ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s",
	              sqlite3_errmsg(db));
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

START_TEST(a_copy_that_sqlite_made_is_a_store_and_one_with_more_in_it_is_none)
{
	char *copy = scratch_path(folder, "copy.db"), sql[512];
	struct sg_fleet *other = NULL;

	add_entry();
	snprintf(sql, sizeof sql, "VACUUM INTO '%s'", copy);
	run_sql(path, sql);
	ck_assert_int_eq(chmod(copy, 0600), 0);
	ck_assert_int_eq(sg_fleet_open(copy, false, &other), SG_OK);
	ck_assert_uint_eq(last_entry(other), 1);
	sg_fleet_close(&other);
	run_sql(copy, "CREATE INDEX planted ON entry(at)");
	ck_assert_int_eq(sg_fleet_open(copy, false, &other), SG_ERR_STORE_DAMAGED);
	run_sql(copy, "DROP INDEX planted; DROP INDEX agent_due");
	ck_assert_int_eq(sg_fleet_open(copy, false, &other), SG_ERR_STORE_DAMAGED);
	free(copy);
}
END_TEST

/* Whoever changes the tables gives them another version, and puts the digest of both here: a store
 * of before is refused as one of another version then, and not as damaged. */
START_TEST(a_version_stands_for_these_tables_alone)
{
	static const char digest[] = "3d3ce6c0cba0382ec2b826fd1fae4a3989120130baad243629623dd1a08ec337";
	uint8_t hash[32], text[64];
	struct sg_buf all = { 0 };
	sqlite3_stmt *s = NULL;
	sqlite3 *db = NULL;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT user_version FROM pragma_user_version "
	                                        "UNION ALL SELECT sql FROM (SELECT sql FROM "
	                                        "sqlite_schema WHERE sql IS NOT NULL ORDER BY sql)",
	                                    -1, &s, NULL), SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW) {
		const char *sql = (const char *)sqlite3_column_text(s, 0);

		ck_assert_int_eq(sg_buf_append(&all, sg_bytes(sql, strlen(sql) + 1)), SG_OK);
	}
	ck_assert_int_eq(sqlite3_finalize(s), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
	ck_assert_int_eq(sg_digest_once(SG_SHA256, sg_buf_bytes(&all), hash), SG_OK);
	sg_hex_write(sg_bytes(hash, sizeof hash), text);
	ck_assert_msg(memcmp(text, digest, sizeof text) == 0, "%.64s", (const char *)text);
	sg_buf_free(&all);
}
END_TEST

/* Each minute a registrar looks for them, while nobody else can write. */
START_TEST(what_is_due_is_found_without_looking_at_all_members)
{
	static const char *const due[] = {
		"SELECT id FROM machine WHERE ended > 0 AND ended > ?1 LIMIT ?2",
		"SELECT id FROM agent WHERE ended > 0 AND ended > ?1 LIMIT ?2",
	};
	sqlite3_stmt *s = NULL;
	sqlite3 *db = NULL;
	char *plan;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	for (size_t i = 0; i < sizeof due / sizeof due[0]; i++) {
		ck_assert_int_gt(asprintf(&plan, "EXPLAIN QUERY PLAN %s", due[i]), 0);
		ck_assert_int_eq(sqlite3_prepare_v2(db, plan, -1, &s, NULL), SQLITE_OK);
		ck_assert_int_eq(sqlite3_step(s), SQLITE_ROW);
		ck_assert_int_eq(strncmp((const char *)sqlite3_column_text(s, 3), "SEARCH", 6), 0);
		ck_assert_int_eq(sqlite3_finalize(s), SQLITE_OK);
		free(plan);
	}
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}
END_TEST

START_TEST(a_file_of_something_else_is_refused)
{
	ck_assert_int_eq(reopened_with(68, 0), SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(a_file_that_others_may_read_is_refused)
{
	sg_fleet_close(&fleet);
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_int_eq(sg_fleet_open(path, false, &fleet), SG_ERR_STORE_UNSAFE);
}
END_TEST

START_TEST(a_fleet_whose_file_was_removed_says_so)
{
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(try_entry(), SG_ERR_STORE_MISSING);
	ck_assert_int_eq(try_entry(), SG_ERR_STORE_MISSING);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fleet");
	TCase *tcase = tcase_create("opening");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, it_is_private_and_opens_again);
	tcase_add_test(tcase, without_a_file_there_is_no_fleet);
	tcase_add_test(tcase, a_file_that_is_there_is_not_missing_where_nothing_can_be_written);
	tcase_add_test(tcase, it_can_be_looked_at_where_nothing_can_be_written);
	tcase_add_test(tcase, but_not_without_what_its_journal_has);
	tcase_add_test(tcase, where_it_can_be_written_it_is_looked_at_like_any_other);
	tcase_add_test(tcase, who_finds_it_locked_does_not_wait_for_ever);
	tcase_add_test(tcase, another_version_is_refused_untouched);
	tcase_add_test(tcase, a_version_of_before_is_not_called_damaged);
	tcase_add_test(tcase, a_copy_that_sqlite_made_is_a_store_and_one_with_more_in_it_is_none);
	tcase_add_test(tcase, a_version_stands_for_these_tables_alone);
	tcase_add_test(tcase, what_is_due_is_found_without_looking_at_all_members);
	tcase_add_test(tcase, a_file_of_something_else_is_refused);
	tcase_add_test(tcase, a_file_that_others_may_read_is_refused);
	tcase_add_test(tcase, a_fleet_whose_file_was_removed_says_so);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
