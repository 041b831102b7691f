/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/statement.c: a statement keeps its first error, and what a column holds in
 * another form is damage.
 */
#include "store/statement.h"

#include <stdio.h>
#include <string.h>

#include "lib/runner.h"

static sqlite3 *db;

static void setup(void)
{
	ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
	ck_assert_int_eq(sg_store_db_exec(db, "CREATE TABLE t (n INTEGER PRIMARY KEY, v)"), SG_OK);
}

static void teardown(void)
{
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

/* Begin a query of one value, written in SQL, and go to it. */
static struct sg_statement at(const char *value)
{
	char sql[200];
	struct sg_statement s;

	snprintf(sql, sizeof sql, "SELECT %s, 7", value);
	s = sg_statement(db, sql);
	ck_assert(sg_statement_row(&s));
	return s;
}

START_TEST(values_are_bound_and_columns_are_read_in_their_order)
{
	struct sg_statement s = sg_statement(db, "SELECT ?1, ?2, ?3, ?2, ?4");
	struct sg_buf buf = { NULL, 0, 0 };
	uint8_t fixed[3];
	char text[8];

	sg_bind_int(&s, INT64_MIN);
	sg_bind_text(&s, "text");
	sg_bind_blob(&s, sg_bytes("\0\1\2", 3));
	sg_bind_int(&s, 2);
	ck_assert(sg_statement_row(&s));
	ck_assert(sg_column_int(&s) == INT64_MIN);
	sg_column_text(&s, text, sizeof text);
	ck_assert_str_eq(text, "text");
	sg_column_fixed(&s, fixed, sizeof fixed);
	ck_assert_mem_eq(fixed, "\0\1\2", 3);
	ck_assert_uint_eq(sg_column_string(&s, 4).len, 4);
	ck_assert(sg_column_flag(&s));
	ck_assert(!sg_statement_row(&s));
	ck_assert_int_eq(sg_statement_end(&s), SG_OK);
	s = at("x'616263'");
	sg_column_buf(&s, 3, &buf);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&buf), sg_bytes_str("abc")));
	ck_assert_int_eq(sg_statement_end(&s), SG_OK);
	sg_buf_free(&buf);
}
END_TEST

static void as_int(struct sg_statement *s)
{
	ck_assert_int_eq(sg_column_int(s), 0);
}

static void as_flag(struct sg_statement *s)
{
	ck_assert(!sg_column_flag(s));
}

static void as_text(struct sg_statement *s)
{
	char text[4] = "old";

	sg_column_text(s, text, sizeof text);
	ck_assert_str_eq(text, "");
}

static void as_string(struct sg_statement *s)
{
	ck_assert_uint_eq(sg_column_string(s, 3).len, 0);
}

static void as_fixed(struct sg_statement *s)
{
	uint8_t bytes[3] = { 9, 9, 9 };

	sg_column_fixed(s, bytes, sizeof bytes);
	ck_assert_mem_eq(bytes, "\x9\x9\x9", 3);
}

static void as_blob(struct sg_statement *s)
{
	ck_assert_uint_eq(sg_column_blob(s, 3).len, 0);
}

static void as_buf(struct sg_statement *s)
{
	struct sg_buf buf = { NULL, 0, 0 };

	sg_column_buf(s, 3, &buf);
	ck_assert_uint_eq(buf.len, 0);
	sg_buf_free(&buf);
}

static const struct {
	const char *value;
	void (*read)(struct sg_statement *s);
} damage[] = {
	{ "'1'", as_int }, { "NULL", as_int }, { "1.0", as_int },
	{ "x'01'", as_flag },
	{ "'four'", as_text }, { "x'61'", as_text }, { "NULL", as_text },
	{ "CAST(x'610062' AS TEXT)", as_text },
	{ "'four'", as_string }, { "1", as_string }, { "CAST(x'00' AS TEXT)", as_string },
	{ "x'0102'", as_fixed }, { "x'01020304'", as_fixed }, { "'abc'", as_fixed },
	{ "x'01020304'", as_blob }, { "NULL", as_blob }, { "'abc'", as_blob },
	{ "x'01020304'", as_buf }, { "7", as_buf },
};

/* And nothing of the row is read behind it. */
START_TEST(a_column_in_another_form_is_damage)
{
	struct sg_statement s = at(damage[_i].value);

	damage[_i].read(&s);
	ck_assert_int_eq(s.err, SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(sg_column_int(&s), 0);
	ck_assert(!sg_statement_row(&s));
	ck_assert_int_eq(sg_statement_end(&s), SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(empty_texts_and_blobs_are_read)
{
	struct sg_statement s = sg_statement(db, "SELECT '', x'', ?1");
	char text[4] = "old";

	sg_bind_blob(&s, sg_bytes(NULL, 0));
	ck_assert(sg_statement_row(&s));
	sg_column_text(&s, text, sizeof text);
	ck_assert_str_eq(text, "");
	sg_column_fixed(&s, NULL, 0);
	ck_assert_uint_eq(sg_column_blob(&s, 0).len, 0);
	ck_assert_int_eq(sg_statement_end(&s), SG_OK);
}
END_TEST

START_TEST(a_statement_that_is_none_fails_at_its_end)
{
	struct sg_statement s = sg_statement(db, "SELEKT 1");

	sg_bind_int(&s, 1);
	sg_bind_text(&s, "a");
	sg_bind_blob(&s, sg_bytes("b", 1));
	ck_assert(!sg_statement_row(&s));
	ck_assert_int_eq(sg_column_int(&s), 0);
	ck_assert_int_ne(sg_statement_end(&s), SG_OK);
	ck_assert_ptr_null(s.stmt);
}
END_TEST

START_TEST(a_value_too_many_is_an_error)
{
	struct sg_statement s = sg_statement(db, "SELECT ?1");

	sg_bind_int(&s, 1);
	sg_bind_int(&s, 2);
	ck_assert(!sg_statement_row(&s));
	ck_assert_int_ne(sg_statement_end(&s), SG_OK);
}
END_TEST

START_TEST(a_row_where_none_belongs_is_damage)
{
	struct sg_statement s = sg_statement(db, "SELECT 1");

	ck_assert_int_eq(sg_statement_run(&s), SG_ERR_STORE_DAMAGED);
}
END_TEST

static enum sg_err change(const char *sql, int64_t n)
{
	struct sg_statement s = sg_statement(db, sql);

	sg_bind_int(&s, n);
	return sg_statement_run_one(&s, SG_ERR_NOT_FOUND);
}

START_TEST(a_change_of_no_row_is_told)
{
	ck_assert_int_eq(change("INSERT INTO t VALUES (?1, 0)", 5), SG_OK);
	ck_assert_int_eq(change("UPDATE t SET v = 1 WHERE n = ?1", 5), SG_OK);
	ck_assert_int_eq(change("UPDATE t SET v = 1 WHERE n = ?1", 6), SG_ERR_NOT_FOUND);
	ck_assert_int_eq(change("INSERT INTO t VALUES (?1, 0)", 6), SG_OK);
	ck_assert_int_eq(change("UPDATE t SET v = ?1", 2), SG_ERR_NOT_FOUND);
}
END_TEST

START_TEST(an_error_of_the_database_goes_before_what_was_not_changed)
{
	ck_assert_int_eq(change("INSERT INTO t VALUES (?1, 0)", 5), SG_OK);
	ck_assert_int_ne(change("INSERT INTO t VALUES (?1, 0)", 5), SG_OK);
	ck_assert_int_ne(change("INSERT INTO t VALUES (?1, 0)", 5), SG_ERR_NOT_FOUND);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store_statement");
	TCase *tcase = tcase_create("statement");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, values_are_bound_and_columns_are_read_in_their_order);
	tcase_add_loop_test(tcase, a_column_in_another_form_is_damage, 0,
	                    (int)(sizeof damage / sizeof damage[0]));
	tcase_add_test(tcase, empty_texts_and_blobs_are_read);
	tcase_add_test(tcase, a_statement_that_is_none_fails_at_its_end);
	tcase_add_test(tcase, a_value_too_many_is_an_error);
	tcase_add_test(tcase, a_row_where_none_belongs_is_damage);
	tcase_add_test(tcase, a_change_of_no_row_is_told);
	tcase_add_test(tcase, an_error_of_the_database_goes_before_what_was_not_changed);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
