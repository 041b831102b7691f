/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A store in a folder of its own, with short ways to write and read it.
 * Everything here ends the test when it fails, unless it returns an error.
 */
#include "lib/store.h"

#include <check.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

char *test_store_folder, *test_store_path, *test_store_journal;

void test_store_setup(void)
{
	test_store_folder = scratch_make();
	test_store_path = scratch_path(test_store_folder, "slot-0000.db");
	test_store_journal = scratch_path(test_store_folder, "slot-0000.db-journal");
	ck_assert_int_eq(sg_store_create(test_store_path, sg_bytes_str("token"),
	                                 sg_bytes_str("state"), sg_bytes("", 0)), SG_OK);
}

void test_store_teardown(void)
{
	free(test_store_journal);
	free(test_store_path);
	scratch_remove(&test_store_folder);
}

void test_uuid(unsigned n, uint8_t uuid[SG_UUID])
{
	memset(uuid, 0, SG_UUID);
	memcpy(uuid, &n, sizeof(n));
}

struct sg_store_txn *test_store_begin(enum sg_store_mode mode)
{
	struct sg_store_txn *txn = NULL;

	ck_assert_int_eq(sg_store_begin(test_store_path, mode, &txn), SG_OK);
	ck_assert_ptr_nonnull(txn);
	return txn;
}

enum sg_err test_store_probe(enum sg_store_mode mode)
{
	struct sg_store_txn *txn = NULL;
	enum sg_err err;

	err = sg_store_begin(test_store_path, mode, &txn);
	ck_assert((err == SG_OK) == (txn != NULL));
	if (err != SG_OK)
		return err;
	return sg_store_commit(&txn);
}

enum sg_err test_store_put(unsigned n, const char *text)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_WRITE);
	uint8_t uuid[SG_UUID];
	enum sg_err err;

	test_uuid(n, uuid);
	err = sg_store_object_put(txn, uuid, sg_bytes_str(text));
	if (err == SG_OK)
		return sg_store_commit(&txn);
	sg_store_abort(&txn);
	return err;
}

enum sg_err test_store_put_state(const char *text)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_WRITE);
	enum sg_err err;

	err = sg_store_put(txn, SG_STORE_STATE, sg_bytes_str(text));
	if (err == SG_OK)
		return sg_store_commit(&txn);
	sg_store_abort(&txn);
	return err;
}

void test_store_expect(unsigned n, const char *text)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_READ);
	struct sg_buf record = { 0 };
	uint8_t uuid[SG_UUID];

	test_uuid(n, uuid);
	ck_assert_int_eq(sg_store_object_get(txn, uuid, &record), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&record), sg_bytes_str(text)));
	sg_buf_free(&record);
	sg_store_abort(&txn);
}

void test_store_expect_state(const char *text)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_READ);
	struct sg_buf record = { 0 };

	ck_assert_int_eq(sg_store_get(txn, SG_STORE_STATE, &record), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&record), sg_bytes_str(text)));
	sg_buf_free(&record);
	sg_store_abort(&txn);
}

static enum sg_err count_one(const uint8_t uuid[SG_UUID], struct sg_bytes record, void *arg)
{
	(void)uuid;
	(void)record;
	++*(unsigned *)arg;
	return SG_OK;
}

unsigned test_store_count(void)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_READ);
	unsigned n = 0;

	ck_assert_int_eq(sg_store_object_each(txn, count_one, &n), SG_OK);
	sg_store_abort(&txn);
	return n;
}

void test_in_child(void (*fn)(void *), void *arg)
{
	pid_t pid = fork();
	int status = 0;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		fn(arg);
		_exit(EXIT_SUCCESS);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
}

void test_store_sql(const char *sql)
{
	sqlite3 *db = NULL;

	ck_assert_int_eq(sqlite3_open(test_store_path, &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s",
	              sqlite3_errmsg(db));
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

/* A cache of one page makes SQLite write pages to the file before the commit. */
static void die_while_writing(void)
{
	static const char sql[] =
		"PRAGMA cache_size=1; BEGIN; UPDATE item SET record = x'ff';"
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 64)"
		"  INSERT INTO object(uuid, record) SELECT randomblob(16), zeroblob(9000) FROM n;"
		"UPDATE object SET record = x'ee'";
	sqlite3 *db = NULL;

	if (sqlite3_open(test_store_path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		_exit(EXIT_FAILURE);
	raise(SIGKILL);
}

void test_store_leave_hot_journal(void)
{
	struct sg_buf before = test_file_read(test_store_path), after, journal;
	pid_t pid = fork();
	int status = 0;

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		die_while_writing();
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	after = test_file_read(test_store_path);
	ck_assert(!sg_bytes_equal(sg_buf_bytes(&before), sg_buf_bytes(&after)));
	journal = test_file_read(test_store_journal);
	ck_assert_uint_gt(journal.len, 512);
	ck_assert_uint_ne(journal.data[0], 0);
	sg_buf_free(&journal);
	sg_buf_free(&after);
	sg_buf_free(&before);
}
