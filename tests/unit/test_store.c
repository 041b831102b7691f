/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/store.c: what may be opened, transactions, threads and forks.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/runner.h"
#include "lib/store.h"

#define NOBODY 65534
#define THREADS 4
#define ROWS_PER_THREAD 25

START_TEST(a_missing_store_is_missing)
{
	ck_assert_int_eq(unlink(test_store_path), 0);
	ck_assert_int_eq(test_store_probe(SG_STORE_READ), SG_ERR_STORE_MISSING);
	ck_assert_int_eq(test_store_probe(SG_STORE_WRITE), SG_ERR_STORE_MISSING);
	ck_assert_int_ne(access(test_store_path, F_OK), 0);
}
END_TEST

START_TEST(a_folder_in_place_of_a_store_is_refused)
{
	ck_assert_int_eq(unlink(test_store_path), 0);
	ck_assert_int_eq(mkdir(test_store_path, 0700), 0);
	ck_assert_int_eq(test_store_probe(SG_STORE_READ), SG_ERR_STORE_UNSAFE);
}
END_TEST

START_TEST(a_link_in_place_of_a_store_is_refused)
{
	char *other = scratch_path(test_store_folder, "other");

	ck_assert_int_eq(rename(test_store_path, other), 0);
	ck_assert_int_eq(symlink(other, test_store_path), 0);
	ck_assert_int_eq(test_store_probe(SG_STORE_READ), SG_ERR_STORE_UNSAFE);
	free(other);
}
END_TEST

START_TEST(a_fifo_in_place_of_a_store_is_refused)
{
	ck_assert_int_eq(unlink(test_store_path), 0);
	ck_assert_int_eq(mkfifo(test_store_path, 0600), 0);
	ck_assert_int_eq(test_store_probe(SG_STORE_READ), SG_ERR_STORE_UNSAFE);
}
END_TEST

START_TEST(a_store_with_a_second_name_is_refused)
{
	char *other = scratch_path(test_store_folder, "other");

	ck_assert_int_eq(link(test_store_path, other), 0);
	ck_assert_int_eq(test_store_probe(SG_STORE_READ), SG_ERR_STORE_UNSAFE);
	free(other);
}
END_TEST

START_TEST(a_store_that_others_can_read_is_refused)
{
	struct test_snapshot snapshot = test_snapshot_take(test_store_path);

	ck_assert_int_eq(chmod(test_store_path, 0640), 0);
	ck_assert_int_eq(test_store_probe(SG_STORE_READ), SG_ERR_STORE_UNSAFE);
	test_snapshot_check(&snapshot, test_store_path);
}
END_TEST

START_TEST(a_store_in_a_folder_open_to_others_is_refused)
{
	ck_assert_int_eq(chmod(test_store_folder, 0701), 0);
	ck_assert_int_eq(test_store_probe(SG_STORE_READ), SG_ERR_STORE_UNSAFE);
}
END_TEST

/* For root only. */
START_TEST(a_store_of_somebody_else_is_refused)
{
	ck_assert_int_eq(chown(test_store_path, NOBODY, NOBODY), 0);
	ck_assert_int_eq(test_store_probe(SG_STORE_READ), SG_ERR_STORE_UNSAFE);
}
END_TEST

static void expect_readonly(void *arg)
{
	(void)arg;
	/* Root may write everything, so the test goes on as somebody else. */
	if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
		_exit(2);
	if (test_store_probe(SG_STORE_WRITE) != SG_ERR_STORE_READONLY)
		_exit(3);
	if (test_store_probe(SG_STORE_READ) != SG_OK)
		_exit(4);
}

START_TEST(a_store_that_cannot_be_written_can_be_read)
{
	struct test_snapshot snapshot = test_snapshot_take(test_store_path);

	if (geteuid() == 0) {
		ck_assert_int_eq(chown(test_store_path, NOBODY, NOBODY), 0);
		ck_assert_int_eq(chown(test_store_folder, NOBODY, NOBODY), 0);
	}
	ck_assert_int_eq(chmod(test_store_path, 0400), 0);
	test_in_child(expect_readonly, NULL);
	test_snapshot_check(&snapshot, test_store_path);
}
END_TEST

static void expect_readonly_folder(void *arg)
{
	struct sg_store_txn *txn;

	(void)arg;
	if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
		_exit(2);
	txn = test_store_begin(SG_STORE_WRITE);
	if (sg_store_put(txn, SG_STORE_STATE, sg_bytes_str("new")) != SG_ERR_STORE_READONLY)
		_exit(3);
	if (sg_store_commit(&txn) != SG_ERR_STORE_READONLY)
		_exit(4);
}

START_TEST(a_folder_that_cannot_be_written_is_reported)
{
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(test_store_path, NOBODY, NOBODY), 0);
		ck_assert_int_eq(chown(test_store_folder, NOBODY, NOBODY), 0);
	}
	ck_assert_int_eq(chmod(test_store_folder, 0500), 0);
	test_in_child(expect_readonly_folder, NULL);
	ck_assert_int_eq(chmod(test_store_folder, 0700), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(chown(test_store_path, 0, 0) | chown(test_store_folder, 0, 0), 0);
	test_store_expect_state("state");
}
END_TEST

START_TEST(what_is_committed_is_seen_by_the_next_transaction)
{
	ck_assert_int_eq(test_store_put(1, "one"), SG_OK);
	ck_assert_int_eq(test_store_put_state("new"), SG_OK);
	test_store_expect(1, "one");
	test_store_expect_state("new");
}
END_TEST

START_TEST(what_is_aborted_never_was)
{
	struct sg_store_txn *txn;
	uint8_t uuid[SG_UUID];

	ck_assert_int_eq(test_store_put(1, "one"), SG_OK);
	txn = test_store_begin(SG_STORE_WRITE);
	test_uuid(2, uuid);
	ck_assert_int_eq(sg_store_object_put(txn, uuid, sg_bytes_str("two")), SG_OK);
	ck_assert_int_eq(sg_store_put(txn, SG_STORE_STATE, sg_bytes_str("new")), SG_OK);
	test_uuid(1, uuid);
	ck_assert_int_eq(sg_store_object_delete(txn, uuid), SG_OK);
	sg_store_abort(&txn);
	ck_assert_ptr_null(txn);
	ck_assert_uint_eq(test_store_count(), 1);
	test_store_expect(1, "one");
	test_store_expect_state("state");
}
END_TEST

START_TEST(aborting_nothing_is_fine)
{
	struct sg_store_txn *txn = NULL;

	sg_store_abort(NULL);
	sg_store_abort(&txn);
	ck_assert_ptr_null(txn);
}
END_TEST

START_TEST(nothing_is_written_in_a_reading_transaction)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_READ);
	uint8_t uuid[SG_UUID];

	test_uuid(1, uuid);
	ck_assert_int_eq(sg_store_put(txn, SG_STORE_STATE, sg_bytes_str("new")), SG_ERR_ARG);
	ck_assert_int_eq(sg_store_object_put(txn, uuid, sg_bytes_str("one")), SG_ERR_ARG);
	ck_assert_int_eq(sg_store_object_delete(txn, uuid), SG_ERR_ARG);
	ck_assert_int_eq(sg_store_object_delete_all(txn), SG_ERR_ARG);
	ck_assert_int_eq(sg_store_commit(&txn), SG_OK);
	test_store_expect_state("state");
}
END_TEST

START_TEST(reading_changes_nothing_in_the_file)
{
	struct test_snapshot snapshot = test_snapshot_take(test_store_path);

	ck_assert_int_eq(test_store_probe(SG_STORE_READ), SG_OK);
	ck_assert_int_eq(test_store_probe(SG_STORE_WRITE), SG_OK);
	test_snapshot_check(&snapshot, test_store_path);
}
END_TEST

START_TEST(readers_do_not_exclude_each_other)
{
	struct sg_store_txn *a = test_store_begin(SG_STORE_READ);
	struct sg_store_txn *b = test_store_begin(SG_STORE_READ);

	sg_store_abort(&a);
	sg_store_abort(&b);
}
END_TEST

START_TEST(a_reader_sees_nothing_of_a_writer_that_is_not_done)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_WRITE);

	ck_assert_int_eq(sg_store_put(txn, SG_STORE_STATE, sg_bytes_str("new")), SG_OK);
	test_store_expect_state("state");
	ck_assert_int_eq(sg_store_commit(&txn), SG_OK);
	test_store_expect_state("new");
}
END_TEST

START_TEST(a_second_writer_is_told_that_the_store_is_busy)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_WRITE);

	ck_assert_int_eq(test_store_probe(SG_STORE_WRITE), SG_ERR_STORE_BUSY);
	ck_assert_int_eq(sg_store_put(txn, SG_STORE_STATE, sg_bytes_str("new")), SG_OK);
	ck_assert_int_eq(sg_store_commit(&txn), SG_OK);
	test_store_expect_state("new");
}
END_TEST

static void *write_state(void *arg)
{
	*(enum sg_err *)arg = test_store_put_state("second");
	return NULL;
}

START_TEST(a_second_writer_waits_for_the_first)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_WRITE);
	enum sg_err err = SG_ERR_SYSTEM;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, write_state, &err), 0);
	ck_assert_int_eq(sg_store_put(txn, SG_STORE_STATE, sg_bytes_str("first")), SG_OK);
	ck_assert_int_eq(sg_store_commit(&txn), SG_OK);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(err, SG_OK);
	test_store_expect_state("second");
}
END_TEST

/* Not with test_store_put: Check's assertions are not made for threads. */
static void *write_rows(void *arg)
{
	unsigned first = *(unsigned *)arg, i;
	uint8_t uuid[SG_UUID];

	for (i = first; i < first + ROWS_PER_THREAD; i++) {
		struct sg_store_txn *txn = NULL;

		test_uuid(i, uuid);
		if (sg_store_begin(test_store_path, SG_STORE_WRITE, &txn) != SG_OK)
			return arg;
		if (sg_store_object_put(txn, uuid, sg_bytes_str("row")) != SG_OK) {
			sg_store_abort(&txn);
			return arg;
		}
		if (sg_store_commit(&txn) != SG_OK)
			return arg;
	}
	return NULL;
}

START_TEST(threads_write_at_the_same_time)
{
	pthread_t threads[THREADS];
	unsigned first[THREADS], i;
	void *failed;

	for (i = 0; i < THREADS; i++) {
		first[i] = i * ROWS_PER_THREAD;
		ck_assert_int_eq(pthread_create(&threads[i], NULL, write_rows, &first[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(threads[i], &failed), 0);
		ck_assert_ptr_null(failed);
	}
	ck_assert_uint_eq(test_store_count(), THREADS * ROWS_PER_THREAD);
}
END_TEST

/* Read until the last state is there; the state between two commits is never to be seen. */
static void *read_states(void *arg)
{
	struct sg_buf record = { 0 };
	bool last = false, between = false;
	enum sg_err err = SG_OK;

	while (!last && !between && err == SG_OK) {
		struct sg_store_txn *txn = NULL;

		err = sg_store_begin(test_store_path, SG_STORE_READ, &txn);
		if (err == SG_OK)
			err = sg_store_get(txn, SG_STORE_STATE, &record);
		sg_store_abort(&txn);
		last = sg_bytes_equal(sg_buf_bytes(&record), sg_bytes_str("last"));
		between = sg_bytes_equal(sg_buf_bytes(&record), sg_bytes_str("between"));
	}
	sg_buf_free(&record);
	return last ? NULL : arg;
}

START_TEST(nobody_sees_what_is_committed_in_between)
{
	struct sg_store_txn *txn = NULL;
	pthread_t thread;
	void *failed;

	ck_assert_int_eq(pthread_create(&thread, NULL, read_states, &txn), 0);
	for (int i = 0; i < 20; i++) {
		txn = test_store_begin(SG_STORE_ALONE);
		ck_assert_int_eq(sg_store_put(txn, SG_STORE_STATE, sg_bytes_str("between")), SG_OK);
		ck_assert_int_eq(sg_store_commit_more(txn), SG_OK);
		ck_assert_int_eq(sg_store_put(txn, SG_STORE_STATE, sg_bytes_str("state")), SG_OK);
		ck_assert_int_eq(sg_store_commit(&txn), SG_OK);
	}
	ck_assert_int_eq(test_store_put_state("last"), SG_OK);
	ck_assert_int_eq(pthread_join(thread, &failed), 0);
	ck_assert_ptr_null(failed);
}
END_TEST

START_TEST(what_is_committed_in_between_stays)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_ALONE);

	ck_assert_int_eq(sg_store_put(txn, SG_STORE_STATE, sg_bytes_str("between")), SG_OK);
	ck_assert_int_eq(sg_store_commit_more(txn), SG_OK);
	ck_assert_int_eq(sg_store_put(txn, SG_STORE_STATE, sg_bytes_str("lost")), SG_OK);
	sg_store_abort(&txn);
	test_store_expect_state("between");
}
END_TEST

START_TEST(only_who_is_alone_commits_in_between)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_WRITE);

	ck_assert_int_eq(sg_store_put(txn, SG_STORE_STATE, sg_bytes_str("lost")), SG_OK);
	ck_assert_int_eq(sg_store_commit_more(txn), SG_ERR_ARG);
	sg_store_abort(&txn);
	test_store_expect_state("state");
}
END_TEST

START_TEST(a_store_that_was_replaced_while_waiting_is_not_written)
{
	struct sg_store_txn *txn = NULL;
	char *other = scratch_path(test_store_folder, "other");

	/* The name leads to another file than the one that is opened: as after a wait. */
	txn = test_store_begin(SG_STORE_WRITE);
	ck_assert_int_eq(rename(test_store_path, other), 0);
	ck_assert_int_eq(sg_store_create(test_store_path, sg_bytes_str("t"), sg_bytes_str("s"),
	                                 sg_bytes("", 0)), SG_OK);
	ck_assert_int_ne(sg_store_put(txn, SG_STORE_STATE, sg_bytes_str("lost")), SG_OK);
	ck_assert_int_ne(sg_store_commit(&txn), SG_OK);
	test_store_expect_state("s");
	free(other);
}
END_TEST

static void misuse(void *arg)
{
	struct sg_store_txn *txn = arg;
	struct sg_buf record = { 0 };
	uint8_t uuid[SG_UUID] = { 0 };

	if (sg_store_get(txn, SG_STORE_STATE, &record) != SG_ERR_SYSTEM ||
	    sg_store_put(txn, SG_STORE_STATE, sg_bytes_str("child")) != SG_ERR_SYSTEM ||
	    sg_store_object_get(txn, uuid, &record) != SG_ERR_SYSTEM ||
	    sg_store_object_put(txn, uuid, sg_bytes_str("child")) != SG_ERR_SYSTEM ||
	    sg_store_object_delete(txn, uuid) != SG_ERR_SYSTEM ||
	    sg_store_object_delete_all(txn) != SG_ERR_SYSTEM ||
	    sg_store_commit_more(txn) != SG_ERR_SYSTEM ||
	    sg_store_object_each(txn, NULL, NULL) != SG_ERR_SYSTEM)
		_exit(2);
}

static void commit(void *arg)
{
	struct sg_store_txn *txn = arg;

	if (sg_store_commit(&txn) != SG_ERR_SYSTEM || txn != NULL)
		_exit(2);
}

static void abort_it(void *arg)
{
	struct sg_store_txn *txn = arg;

	sg_store_abort(&txn);
}

START_TEST(a_child_cannot_use_a_transaction_of_its_parent)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_WRITE);

	ck_assert_int_eq(sg_store_put(txn, SG_STORE_STATE, sg_bytes_str("new")), SG_OK);
	test_in_child(misuse, txn);
	test_in_child(commit, txn);
	ck_assert_int_eq(access(test_store_journal, F_OK), 0);
	test_in_child(abort_it, txn);
	ck_assert_int_eq(access(test_store_journal, F_OK), 0);
	test_store_expect_state("state");
	ck_assert_int_eq(sg_store_commit(&txn), SG_OK);
	test_store_expect_state("new");
}
END_TEST

static void write_one(void *arg)
{
	(void)arg;
	if (test_store_put(1, "one") != SG_OK)
		_exit(2);
}

START_TEST(a_child_makes_transactions_of_its_own)
{
	ck_assert_int_eq(test_store_probe(SG_STORE_WRITE), SG_OK);
	test_in_child(write_one, NULL);
	test_store_expect(1, "one");
}
END_TEST

/* Nothing is printed, whatever happens to the file. */
START_TEST(the_store_is_silent)
{
	char *path = scratch_path(test_store_folder, "output");
	struct sg_buf output;

	ck_assert_ptr_nonnull(freopen(path, "w", stderr));
	test_store_sql("CREATE TABLE more(x)");
	ck_assert_int_eq(test_store_probe(SG_STORE_READ), SG_ERR_STORE_DAMAGED);
	test_file_write(test_store_path, sg_bytes_str("garbage"));
	ck_assert_int_eq(test_store_probe(SG_STORE_WRITE), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(fflush(stderr), 0);
	output = test_file_read(path);
	ck_assert_uint_eq(output.len, 0);
	sg_buf_free(&output);
	free(path);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("store/store");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, test_store_setup, test_store_teardown);
	tcase_add_test(t, a_missing_store_is_missing);
	tcase_add_test(t, a_folder_in_place_of_a_store_is_refused);
	tcase_add_test(t, a_link_in_place_of_a_store_is_refused);
	tcase_add_test(t, a_fifo_in_place_of_a_store_is_refused);
	tcase_add_test(t, a_store_with_a_second_name_is_refused);
	tcase_add_test(t, a_store_that_others_can_read_is_refused);
	tcase_add_test(t, a_store_in_a_folder_open_to_others_is_refused);
	if (geteuid() == 0)
		tcase_add_test(t, a_store_of_somebody_else_is_refused);
	tcase_add_test(t, a_store_that_cannot_be_written_can_be_read);
	tcase_add_test(t, a_folder_that_cannot_be_written_is_reported);
	tcase_add_test(t, what_is_committed_is_seen_by_the_next_transaction);
	tcase_add_test(t, what_is_aborted_never_was);
	tcase_add_test(t, aborting_nothing_is_fine);
	tcase_add_test(t, nothing_is_written_in_a_reading_transaction);
	tcase_add_test(t, reading_changes_nothing_in_the_file);
	tcase_add_test(t, readers_do_not_exclude_each_other);
	tcase_add_test(t, a_reader_sees_nothing_of_a_writer_that_is_not_done);
	tcase_add_test(t, a_second_writer_is_told_that_the_store_is_busy);
	tcase_add_test(t, a_second_writer_waits_for_the_first);
	tcase_add_test(t, threads_write_at_the_same_time);
	tcase_add_test(t, nobody_sees_what_is_committed_in_between);
	tcase_add_test(t, what_is_committed_in_between_stays);
	tcase_add_test(t, only_who_is_alone_commits_in_between);
	tcase_add_test(t, a_store_that_was_replaced_while_waiting_is_not_written);
	tcase_add_test(t, a_child_cannot_use_a_transaction_of_its_parent);
	tcase_add_test(t, a_child_makes_transactions_of_its_own);
	tcase_add_test(t, the_store_is_silent);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
