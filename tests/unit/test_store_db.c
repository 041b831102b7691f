/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/db.c: connections and the translation of SQLite's codes.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/runner.h"
#include "lib/store.h"
#include "store/db.h"

static const struct {
	int code;
	enum sg_err err;
} table[] = {
	{ SQLITE_OK, SG_OK },
	{ SQLITE_FULL, SG_ERR_STORE_FULL },
	{ SQLITE_BUSY, SG_ERR_STORE_BUSY },
	{ SQLITE_BUSY_RECOVERY, SG_ERR_STORE_BUSY },
	{ SQLITE_READONLY, SG_ERR_STORE_READONLY },
	{ SQLITE_READONLY_ROLLBACK, SG_ERR_STORE_READONLY },
	{ SQLITE_READONLY_DIRECTORY, SG_ERR_STORE_READONLY },
	{ SQLITE_READONLY_DBMOVED, SG_ERR_STORE_MISSING },
	{ SQLITE_CORRUPT, SG_ERR_STORE_DAMAGED },
	{ SQLITE_CORRUPT_INDEX, SG_ERR_STORE_DAMAGED },
	{ SQLITE_NOTADB, SG_ERR_STORE_DAMAGED },
	{ SQLITE_IOERR_SHORT_READ, SG_ERR_STORE_DAMAGED },
	{ SQLITE_IOERR_READ, SG_ERR_SYSTEM },
	{ SQLITE_IOERR_NOMEM, SG_ERR_NOMEM },
	{ SQLITE_NOMEM, SG_ERR_NOMEM },
	{ SQLITE_CANTOPEN_SYMLINK, SG_ERR_STORE_UNSAFE },
	{ SQLITE_TOOBIG, SG_ERR_STORE_DAMAGED },
	{ SQLITE_MISUSE, SG_ERR_SYSTEM },
};

START_TEST(result_codes_are_translated)
{
	ck_assert_int_eq(sg_store_db_error(NULL, table[_i].code), table[_i].err);
}
END_TEST

START_TEST(a_missing_file_is_not_made)
{
	char *path = scratch_path(test_store_folder, "none");
	sqlite3 *db = NULL;

	ck_assert_int_eq(sg_store_db_open(path, &db), SG_ERR_STORE_MISSING);
	ck_assert_ptr_null(db);
	ck_assert_int_ne(access(path, F_OK), 0);
	free(path);
}
END_TEST

START_TEST(a_link_is_not_opened)
{
	char *real = realpath(test_store_folder, NULL), *path = scratch_path(real, "link");
	sqlite3 *db = NULL;

	ck_assert_int_eq(symlink(test_store_path, path), 0);
	ck_assert_int_eq(sg_store_db_open(path, &db), SG_ERR_STORE_UNSAFE);
	ck_assert_ptr_null(db);
	free(path);
	free(real);
}
END_TEST

START_TEST(other_files_cannot_be_attached)
{
	char *real = realpath(test_store_path, NULL);
	sqlite3 *db = NULL;

	ck_assert_int_eq(sg_store_db_open(real, &db), SG_OK);
	ck_assert_int_ne(sg_store_db_exec(db, "ATTACH ':memory:' AS other"), SG_OK);
	sg_store_db_close(&db);
	ck_assert_ptr_null(db);
	free(real);
}
END_TEST

START_TEST(the_schema_table_cannot_be_written)
{
	char *real = realpath(test_store_path, NULL);
	sqlite3 *db = NULL;

	ck_assert_int_eq(sg_store_db_open(real, &db), SG_OK);
	ck_assert_int_eq(sg_store_db_exec(db, "PRAGMA writable_schema=ON"), SG_OK);
	ck_assert_int_ne(sg_store_db_exec(db, "DELETE FROM sqlite_schema"), SG_OK);
	sg_store_db_close(&db);
	free(real);
}
END_TEST

START_TEST(a_column_that_is_no_blob_is_damage)
{
	char *real = realpath(test_store_path, NULL);
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	struct sg_bytes bytes;

	ck_assert_int_eq(sg_store_db_open(real, &db), SG_OK);
	ck_assert_int_eq(sg_store_db_prepare(db, "SELECT 'text', NULL, x'0102'", &stmt), SG_OK);
	ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
	ck_assert_int_eq(sg_store_db_column(stmt, 0, 10, &bytes), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(sg_store_db_column(stmt, 1, 10, &bytes), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(sg_store_db_column(stmt, 2, 1, &bytes), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(sg_store_db_column(stmt, 2, 2, &bytes), SG_OK);
	ck_assert_uint_eq(bytes.len, 2);
	ck_assert_int_eq(sqlite3_finalize(stmt), SQLITE_OK);
	sg_store_db_close(&db);
	free(real);
}
END_TEST

START_TEST(closing_nothing_is_fine)
{
	sqlite3 *db = NULL;

	sg_store_db_close(NULL);
	sg_store_db_close(&db);
	ck_assert_ptr_null(db);
}
END_TEST

static void expect_no_connection(void *path)
{
	sqlite3 *db = NULL;

	if (sg_store_db_open(path, &db) != SG_ERR_SYSTEM || db != NULL)
		_exit(EXIT_FAILURE);
}

static void expect_a_connection(void *path)
{
	sqlite3 *db = NULL;

	if (sg_store_db_open(path, &db) != SG_OK)
		_exit(EXIT_FAILURE);
	sg_store_db_close(&db);
}

START_TEST(a_child_forked_beside_a_connection_gets_none)
{
	char *real = realpath(test_store_path, NULL);
	sqlite3 *db = NULL;

	ck_assert_int_eq(sg_store_db_open(real, &db), SG_OK);
	test_in_child(expect_no_connection, real);
	sg_store_db_close(&db);
	test_in_child(expect_a_connection, real);
	free(real);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("store/db");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, test_store_setup, test_store_teardown);
	tcase_add_loop_test(t, result_codes_are_translated, 0,
	                    sizeof(table) / sizeof(table[0]));
	tcase_add_test(t, a_missing_file_is_not_made);
	tcase_add_test(t, a_link_is_not_opened);
	tcase_add_test(t, other_files_cannot_be_attached);
	tcase_add_test(t, the_schema_table_cannot_be_written);
	tcase_add_test(t, a_column_that_is_no_blob_is_damage);
	tcase_add_test(t, closing_nothing_is_fine);
	tcase_add_test(t, a_child_forked_beside_a_connection_gets_none);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
