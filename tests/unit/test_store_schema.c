/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/schema.c: what isn't exactly a store is refused and stays as it
 * is, and what a killed writer left is mended.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/runner.h"
#include "lib/store.h"

/* Begin both ways; the file must be refused and not change. */
static void expect_refused(enum sg_err err)
{
	struct test_snapshot snapshot = test_snapshot_take(test_store_path);

	ck_assert_int_eq(test_store_probe(SG_STORE_READ), err);
	ck_assert_int_eq(test_store_probe(SG_STORE_WRITE), err);
	test_snapshot_check(&snapshot, test_store_path);
}

START_TEST(an_empty_file_is_refused)
{
	test_file_write(test_store_path, sg_bytes(NULL, 0));
	expect_refused(SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(a_text_file_is_refused)
{
	test_file_write(test_store_path, sg_bytes_str("not a store\n"));
	expect_refused(SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(random_bytes_are_refused)
{
	uint8_t bytes[3 * 4096];
	size_t i;

	srandom(4711);
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)random();
	test_file_write(test_store_path, sg_bytes(bytes, sizeof(bytes)));
	expect_refused(SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(random_bytes_behind_a_sound_header_are_refused)
{
	struct sg_buf file = test_file_read(test_store_path);
	size_t i;

	srandom(4711);
	for (i = 100; i < file.len; i++)
		file.data[i] = (uint8_t)random();
	test_file_write(test_store_path, sg_buf_bytes(&file));
	expect_refused(SG_ERR_STORE_DAMAGED);
	sg_buf_free(&file);
}
END_TEST

START_TEST(a_store_cut_at_any_length_is_refused)
{
	struct sg_buf file, now;
	size_t len;

	ck_assert_int_eq(test_store_put(1, "one"), SG_OK);
	file = test_file_read(test_store_path);
	for (len = file.len; len-- > 0; ) {
		ck_assert_int_eq(truncate(test_store_path, (off_t)len), 0);
		ck_assert_int_eq(test_store_probe(len % 2 ? SG_STORE_READ : SG_STORE_WRITE),
		                 SG_ERR_STORE_DAMAGED);
	}
	for (len = 1; len < file.len; len += 1021) {
		test_file_write(test_store_path, sg_bytes(file.data, len));
		ck_assert_int_eq(test_store_probe(SG_STORE_WRITE), SG_ERR_STORE_DAMAGED);
		now = test_file_read(test_store_path);
		ck_assert(sg_bytes_equal(sg_buf_bytes(&now), sg_bytes(file.data, len)));
		sg_buf_free(&now);
	}
	sg_buf_free(&file);
}
END_TEST

START_TEST(bytes_behind_the_last_page_are_refused)
{
	struct sg_buf file = test_file_read(test_store_path);
	static const uint8_t more[4096];

	ck_assert_int_eq(sg_buf_append(&file, sg_bytes(more, 1)), SG_OK);
	test_file_write(test_store_path, sg_buf_bytes(&file));
	expect_refused(SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(sg_buf_append(&file, sg_bytes(more, 4095)), SG_OK);
	test_file_write(test_store_path, sg_buf_bytes(&file));
	expect_refused(SG_ERR_STORE_DAMAGED);
	sg_buf_free(&file);
}
END_TEST

START_TEST(another_version_is_refused)
{
	test_store_sql("PRAGMA user_version=2");
	expect_refused(SG_ERR_STORE_VERSION);
	test_store_sql("PRAGMA user_version=0");
	expect_refused(SG_ERR_STORE_VERSION);
}
END_TEST

START_TEST(another_version_may_look_different)
{
	test_store_sql("PRAGMA user_version=2; PRAGMA page_size=8192; PRAGMA auto_vacuum=FULL;"
	               "DROP TABLE item; VACUUM");
	expect_refused(SG_ERR_STORE_VERSION);
}
END_TEST

START_TEST(the_database_of_another_program_is_refused)
{
	test_store_sql("PRAGMA application_id=1");
	expect_refused(SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(a_write_ahead_log_is_refused)
{
	test_store_sql("PRAGMA journal_mode=WAL");
	expect_refused(SG_ERR_STORE_DAMAGED);
}
END_TEST

static const char *const changes[] = {
	"CREATE TRIGGER t AFTER INSERT ON object BEGIN DELETE FROM object; END",
	"CREATE VIEW v AS SELECT record FROM object",
	"CREATE INDEX i ON object(record)",
	"CREATE TABLE more(x)",
	"DROP TABLE object",
	"DROP TABLE item",
	"ALTER TABLE object ADD COLUMN more BLOB",
	"ALTER TABLE object RENAME COLUMN record TO data",
	"DROP TABLE object; CREATE VIEW object AS SELECT 1 AS uuid, 2 AS record, 3 AS seq",
	"PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = sql || ' '",
	"PRAGMA writable_schema=ON;"
	"  UPDATE sqlite_schema SET sql = 'CREATE TABLE object(' WHERE name = 'object'",
	"PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = NULL",
	"PRAGMA writable_schema=ON; UPDATE sqlite_schema SET rootpage = 99",
	"PRAGMA writable_schema=ON; UPDATE sqlite_schema SET rootpage = 2",
	"PRAGMA writable_schema=ON; DELETE FROM sqlite_schema",
	"PRAGMA page_size=8192; VACUUM",
	"PRAGMA auto_vacuum=FULL; VACUUM",
};

START_TEST(other_tables_are_refused)
{
	test_store_sql(changes[_i]);
	expect_refused(SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(a_very_long_statement_in_the_schema_is_refused)
{
	char *sql = malloc(4000), *end;

	ck_assert_ptr_nonnull(sql);
	strcpy(sql, "CREATE TABLE more(");
	end = sql + strlen(sql);
	memset(end, 'x', 3000);
	strcpy(end + 3000, ")");
	test_store_sql(sql);
	expect_refused(SG_ERR_STORE_DAMAGED);
	free(sql);
}
END_TEST

START_TEST(what_a_killed_writer_left_is_rolled_back)
{
	ck_assert_int_eq(test_store_put(1, "one"), SG_OK);
	test_store_leave_hot_journal();
	ck_assert_int_eq(test_store_probe(_i == 0 ? SG_STORE_READ : SG_STORE_WRITE), SG_OK);
	ck_assert_int_ne(access(test_store_journal, F_OK), 0);
	test_store_expect_state("state");
	test_store_expect(1, "one");
	ck_assert_uint_eq(test_store_count(), 1);
}
END_TEST

static void expect_refused_with_journal(enum sg_err err)
{
	struct test_snapshot snapshot;

	test_store_leave_hot_journal();
	snapshot = test_snapshot_take(test_store_journal);
	expect_refused(err);
	test_snapshot_check(&snapshot, test_store_journal);
}

START_TEST(the_journal_of_another_program_is_left_alone)
{
	test_store_sql("PRAGMA application_id=1");
	expect_refused_with_journal(SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(the_journal_of_another_version_is_left_alone)
{
	test_store_sql("PRAGMA user_version=2");
	expect_refused_with_journal(SG_ERR_STORE_VERSION);
}
END_TEST

START_TEST(a_journal_of_random_bytes_is_no_danger)
{
	uint8_t bytes[8192];
	size_t i;

	srandom(4711);
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)random();
	test_file_write(test_store_journal, sg_bytes(bytes, sizeof(bytes)));
	ck_assert_int_eq(test_store_probe(SG_STORE_WRITE), SG_OK);
	test_store_expect_state("state");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("store/schema");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, test_store_setup, test_store_teardown);
	tcase_add_test(t, an_empty_file_is_refused);
	tcase_add_test(t, a_text_file_is_refused);
	tcase_add_test(t, random_bytes_are_refused);
	tcase_add_test(t, random_bytes_behind_a_sound_header_are_refused);
	tcase_add_test(t, a_store_cut_at_any_length_is_refused);
	tcase_add_test(t, bytes_behind_the_last_page_are_refused);
	tcase_add_test(t, another_version_is_refused);
	tcase_add_test(t, another_version_may_look_different);
	tcase_add_test(t, the_database_of_another_program_is_refused);
	tcase_add_test(t, a_write_ahead_log_is_refused);
	tcase_add_loop_test(t, other_tables_are_refused, 0, sizeof(changes) / sizeof(changes[0]));
	tcase_add_test(t, a_very_long_statement_in_the_schema_is_refused);
	tcase_add_loop_test(t, what_a_killed_writer_left_is_rolled_back, 0, 2);
	tcase_add_test(t, the_journal_of_another_program_is_left_alone);
	tcase_add_test(t, the_journal_of_another_version_is_left_alone);
	tcase_add_test(t, a_journal_of_random_bytes_is_no_danger);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
