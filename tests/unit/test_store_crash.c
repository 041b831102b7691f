/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of the whole store under force: writers that are killed, several
 * processes at once, a full disk, and every byte of the file turned over.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/runner.h"
#include "lib/store.h"

#define PROCESSES 2
#define ROWS 200
#define KILLS 40
#define OBJECTS 8
#define OBJECT_LEN 20000

/* Write a number into the state record, or into an object of some length. */
static enum sg_err put_number(struct sg_store_txn *txn, uint32_t number)
{
	static uint8_t record[OBJECT_LEN];
	uint8_t uuid[SG_UUID];
	enum sg_err err;
	unsigned i;

	memcpy(record, &number, sizeof(number));
	err = sg_store_put(txn, SG_STORE_STATE, sg_bytes(record, sizeof(number)));
	for (i = 0; i < OBJECTS && err == SG_OK; i++) {
		test_uuid(i, uuid);
		err = sg_store_object_put(txn, uuid, sg_bytes(record, sizeof(record)));
	}
	return err;
}

static enum sg_err check_number(const uint8_t uuid[SG_UUID], struct sg_bytes record, void *arg)
{
	(void)uuid;
	if (record.len != OBJECT_LEN || memcmp(record.data, arg, sizeof(uint32_t)) != 0)
		return SG_ERR_TAG;
	return SG_OK;
}

/* Return the number of the state record, after a check that all objects have the same. */
static uint32_t get_number(void)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_READ);
	struct sg_buf record = { 0 };
	uint32_t number = 0;

	ck_assert_int_eq(sg_store_get(txn, SG_STORE_STATE, &record), SG_OK);
	ck_assert_uint_eq(record.len, sizeof(number));
	memcpy(&number, record.data, sizeof(number));
	ck_assert_int_eq(sg_store_object_each(txn, check_number, &number), SG_OK);
	sg_buf_free(&record);
	sg_store_abort(&txn);
	return number;
}

static enum sg_err write_number(uint32_t number)
{
	struct sg_store_txn *txn = NULL;
	enum sg_err err;

	err = sg_store_begin(test_store_path, SG_STORE_WRITE, &txn);
	if (err != SG_OK)
		return err;
	err = put_number(txn, number);
	if (err == SG_OK)
		return sg_store_commit(&txn);
	sg_store_abort(&txn);
	return err;
}

/* Write number after number, and report each step that is about to be taken, and
 * each commit, by a byte. */
static void write_until_killed(int report, uint32_t number)
{
	struct sg_store_txn *txn = NULL;

	for (;;) {
		if (write(report, "b", 1) != 1 ||
		    sg_store_begin(test_store_path, SG_STORE_WRITE, &txn) != SG_OK ||
		    write(report, "p", 1) != 1 || put_number(txn, ++number) != SG_OK ||
		    write(report, "c", 1) != 1 || sg_store_commit(&txn) != SG_OK ||
		    write(report, "d", 1) != 1)
			_exit(EXIT_FAILURE);
	}
}

/* Read reports until there were n, kill, read the rest, and return the number of commits. */
static uint32_t kill_after(pid_t pid, int report, long n)
{
	uint32_t commits = 0;
	char byte;
	int status;

	while (read(report, &byte, 1) == 1) {
		commits += byte == 'd';
		if (--n == 0)
			ck_assert_int_eq(kill(pid, SIGKILL), 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	return commits;
}

START_TEST(a_writer_that_is_killed_leaves_the_old_state_or_the_new)
{
	uint32_t number = 0, now;
	int round, ends[2];
	pid_t pid;

	srandom(4711);
	ck_assert_int_eq(write_number(0), SG_OK);
	for (round = 0; round < KILLS; round++) {
		ck_assert_int_eq(pipe(ends), 0);
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0) {
			close(ends[0]);
			write_until_killed(ends[1], number);
		}
		ck_assert_int_eq(close(ends[1]), 0);
		number += kill_after(pid, ends[0], 1 + random() % 16);
		ck_assert_int_eq(close(ends[0]), 0);
		now = get_number();
		ck_assert_msg(now == number || now == number + 1, "%u is neither %u nor the next",
		              now, number);
		number = now;
	}
	ck_assert_int_eq(write_number(number), SG_OK);
}
END_TEST

/* The system calls by which SQLite changes files. Each is counted, and the process
 * is killed just before the one that has the number deadline. */
static int (*real_ftruncate)(int, off_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_unlink)(const char *);
static long calls, deadline;

static void count_call(void)
{
	if (++calls == deadline)
		raise(SIGKILL);
}

static int counted_ftruncate(int fd, off_t len)
{
	count_call();
	return real_ftruncate(fd, len);
}

static ssize_t counted_pwrite(int fd, const void *data, size_t len, off_t at)
{
	count_call();
	return real_pwrite(fd, data, len, at);
}

static int counted_unlink(const char *path)
{
	count_call();
	return real_unlink(path);
}

/* SQLite is built with one of the two names. */
static sqlite3_syscall_ptr replace_call(const char *name, const char *other, sqlite3_syscall_ptr fn)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	sqlite3_syscall_ptr before = vfs->xGetSystemCall(vfs, name);

	if (before == NULL)
		before = vfs->xGetSystemCall(vfs, name = other);
	if (before == NULL || vfs->xSetSystemCall(vfs, name, fn) != SQLITE_OK)
		_exit(EXIT_FAILURE);
	return before;
}

static void die_at_call(long number)
{
	deadline = number;
	real_ftruncate = (int (*)(int, off_t))replace_call(
		"ftruncate", "ftruncate", (sqlite3_syscall_ptr)counted_ftruncate);
	real_pwrite = (ssize_t (*)(int, const void *, size_t, off_t))replace_call(
		"pwrite64", "pwrite", (sqlite3_syscall_ptr)counted_pwrite);
	real_unlink = (int (*)(const char *))replace_call(
		"unlink", "unlink", (sqlite3_syscall_ptr)counted_unlink);
}

/* Let a child write the number and die at a call; tell whether it came to its end. */
static bool write_and_die(uint32_t number, long call)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		die_at_call(call);
		_exit(write_number(number) == SG_OK ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFSIGNALED(status) || WEXITSTATUS(status) == 0, "status %x", status);
	return !WIFSIGNALED(status);
}

START_TEST(a_writer_may_die_before_any_change_of_a_file)
{
	uint32_t number = 1, now;
	long call = 1, undone = 0;

	ck_assert_int_eq(write_number(number), SG_OK);
	while (!write_and_die(number + 1, call)) {
		undone += access(test_store_journal, F_OK) == 0;
		now = get_number();
		ck_assert_msg(now == number || now == number + 1, "%u is neither %u nor the next",
		              now, number);
		number = now;
		call++;
	}
	ck_assert_uint_eq(get_number(), number + 1);
	ck_assert_int_gt(undone, OBJECTS);
}
END_TEST

/* One row more, and one added to the state, which holds the number of rows. */
static void add_rows(unsigned first)
{
	struct sg_buf record = { 0 };
	uint8_t uuid[SG_UUID];
	uint32_t number;
	unsigned i;

	for (i = first; i < first + ROWS; i++) {
		struct sg_store_txn *txn = NULL;

		test_uuid(i, uuid);
		if (sg_store_begin(test_store_path, SG_STORE_WRITE, &txn) != SG_OK ||
		    sg_store_get(txn, SG_STORE_STATE, &record) != SG_OK)
			_exit(2);
		memcpy(&number, record.data, sizeof(number));
		number++;
		if (sg_store_put(txn, SG_STORE_STATE, sg_bytes(&number, sizeof(number))) != SG_OK ||
		    sg_store_object_put(txn, uuid, sg_bytes_str("row")) != SG_OK ||
		    sg_store_commit(&txn) != SG_OK)
			_exit(3);
	}
	sg_buf_free(&record);
}

START_TEST(processes_that_write_at_once_lose_nothing)
{
	static const uint32_t zero, all = PROCESSES * ROWS;
	struct sg_store_txn *txn = test_store_begin(SG_STORE_WRITE);
	struct sg_buf record = { 0 };
	int i, status;

	ck_assert_int_eq(sg_store_put(txn, SG_STORE_STATE, sg_bytes(&zero, sizeof(zero))), SG_OK);
	ck_assert_int_eq(sg_store_commit(&txn), SG_OK);
	for (i = 0; i < PROCESSES; i++) {
		pid_t pid = fork();

		ck_assert_int_ge(pid, 0);
		if (pid == 0) {
			add_rows((unsigned)i * ROWS);
			_exit(0);
		}
	}
	for (i = 0; i < PROCESSES; i++) {
		ck_assert_int_gt(wait(&status), 0);
		ck_assert(WIFEXITED(status));
		ck_assert_int_eq(WEXITSTATUS(status), 0);
	}
	ck_assert_uint_eq(test_store_count(), PROCESSES * ROWS);
	txn = test_store_begin(SG_STORE_READ);
	ck_assert_int_eq(sg_store_get(txn, SG_STORE_STATE, &record), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&record), sg_bytes(&all, sizeof(all))));
	sg_buf_free(&record);
	sg_store_abort(&txn);
}
END_TEST

START_TEST(a_file_that_may_not_grow_loses_nothing)
{
	struct rlimit limit = { 262144, RLIM_INFINITY }, before;
	uint8_t *record = calloc(1, SG_STORE_RECORD_MAX), uuid[SG_UUID];
	struct sg_store_txn *txn;
	enum sg_err err;

	ck_assert_ptr_nonnull(record);
	ck_assert_int_eq(write_number(1), SG_OK);
	ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit.rlim_max = before.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	txn = test_store_begin(SG_STORE_WRITE);
	ck_assert_int_eq(put_number(txn, 2), SG_OK);
	test_uuid(99, uuid);
	err = sg_store_object_put(txn, uuid, sg_bytes(record, SG_STORE_RECORD_MAX));
	ck_assert(err == SG_OK || err == SG_ERR_STORE_FULL);
	ck_assert_int_eq(sg_store_commit(&txn), SG_ERR_STORE_FULL);
	ck_assert_uint_eq(get_number(), 1);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	ck_assert_int_eq(write_number(3), SG_OK);
	ck_assert_uint_eq(get_number(), 3);
	free(record);
}
END_TEST

/* A mount namespace of this process alone, with a small file system. Only root gets one. */
static bool enter_small_disk(const char *folder)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", folder, "tmpfs", 0, "size=512k,mode=0700") == 0;
}

static void probe_small_disk(void *arg)
{
	_exit(enter_small_disk(arg) ? EXIT_SUCCESS : EXIT_FAILURE);
}

static bool have_small_disk(void)
{
	char folder[] = "/tmp/signet-test-XXXXXX";
	pid_t pid;
	int status = 1;

	if (mkdtemp(folder) == NULL)
		return false;
	pid = fork();
	if (pid == 0)
		probe_small_disk(folder);
	if (pid > 0)
		(void)waitpid(pid, &status, 0);
	(void)rmdir(folder);
	return status == 0;
}

START_TEST(a_full_disk_loses_nothing)
{
	uint8_t *record = calloc(1, SG_STORE_RECORD_MAX), uuid[SG_UUID];
	struct sg_store_txn *txn;
	enum sg_err err;

	ck_assert_ptr_nonnull(record);
	ck_assert(enter_small_disk(test_store_folder));
	ck_assert_int_eq(sg_store_create(test_store_path, sg_bytes_str("t"), sg_bytes_str("s"),
	                                 sg_bytes("", 0)), SG_OK);
	ck_assert_int_eq(write_number(1), SG_OK);
	txn = test_store_begin(SG_STORE_WRITE);
	test_uuid(99, uuid);
	err = sg_store_object_put(txn, uuid, sg_bytes(record, SG_STORE_RECORD_MAX));
	ck_assert(err == SG_OK || err == SG_ERR_STORE_FULL);
	ck_assert_int_eq(sg_store_commit(&txn), SG_ERR_STORE_FULL);
	ck_assert_uint_eq(get_number(), 1);
	ck_assert_int_eq(umount2(test_store_folder, MNT_DETACH), 0);
	free(record);
}
END_TEST

struct seen {
	unsigned rows;
	size_t bytes;
};

static enum sg_err see(const uint8_t uuid[SG_UUID], struct sg_bytes record, void *arg)
{
	struct seen *seen = arg;
	size_t i;

	seen->rows++;
	seen->bytes += uuid[SG_UUID - 1];
	for (i = 0; i < record.len; i++)
		seen->bytes += record.data[i];
	return SG_OK;
}

/* Read all there is, and in a writing transaction change it, without commit. */
static enum sg_err use(enum sg_store_mode mode)
{
	struct sg_store_txn *txn = NULL;
	struct sg_buf record = { 0 };
	struct seen seen = { 0 };
	uint8_t uuid[SG_UUID];
	enum sg_err err;

	err = sg_store_begin(test_store_path, mode, &txn);
	if (err != SG_OK)
		goto out;
	err = sg_store_get(txn, SG_STORE_TOKEN, &record);
	if (err != SG_OK)
		goto out;
	test_uuid(2, uuid);
	err = sg_store_object_get(txn, uuid, &record);
	if (err != SG_OK)
		goto out;
	err = sg_store_object_each(txn, see, &seen);
	if (err == SG_OK && mode == SG_STORE_WRITE)
		err = sg_store_object_put(txn, uuid, sg_bytes_str("a longer record than before"));
	if (err == SG_OK && mode == SG_STORE_WRITE)
		err = sg_store_object_delete_all(txn);
out:
	sg_store_abort(&txn);
	sg_buf_free(&record);
	return err;
}

static void flip(struct sg_buf *file, size_t at, uint8_t mask)
{
	int fd = open(test_store_path, O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	file->data[at] ^= mask;
	ck_assert_int_eq(pwrite(fd, file->data + at, 1, (off_t)at), 1);
	ck_assert_int_eq(close(fd), 0);
}

/* What a record holds is authenticated by others; here nothing may crash, hang, or
 * be taken for a fault of the machine. */
START_TEST(no_byte_that_changes_does_harm)
{
	static const uint8_t masks[] = { 0x01, 0x80, 0xff };
	struct sg_buf file, now;
	size_t at, refused = 0;
	enum sg_err err;

	ck_assert_int_eq(test_store_put(1, "first"), SG_OK);
	ck_assert_int_eq(test_store_put(2, "second"), SG_OK);
	ck_assert_int_eq(test_store_put(3, "third"), SG_OK);
	file = test_file_read(test_store_path);
	for (at = 0; at < file.len; at++) {
		uint8_t mask = masks[(at + (size_t)_i) % sizeof(masks)];

		flip(&file, at, mask);
		err = use(at % 8 == 0 ? SG_STORE_WRITE : SG_STORE_READ);
		ck_assert_msg(err == SG_OK || err == SG_ERR_STORE_DAMAGED ||
		              err == SG_ERR_STORE_VERSION || err == SG_ERR_NOT_FOUND, "byte %zu ^ %02x: error %d", at, mask, err);
		refused += err != SG_OK;
		flip(&file, at, mask);
	}
	ck_assert_uint_gt(refused, 100);
	now = test_file_read(test_store_path);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&now), sg_buf_bytes(&file)));
	ck_assert_int_eq(use(SG_STORE_WRITE), SG_OK);
	sg_buf_free(&now);
	sg_buf_free(&file);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("store/crash");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, test_store_setup, test_store_teardown);
	tcase_add_test(t, a_writer_that_is_killed_leaves_the_old_state_or_the_new);
	tcase_add_test(t, a_writer_may_die_before_any_change_of_a_file);
	tcase_add_test(t, processes_that_write_at_once_lose_nothing);
	tcase_add_test(t, a_file_that_may_not_grow_loses_nothing);
	if (have_small_disk())
		tcase_add_test(t, a_full_disk_loses_nothing);
	tcase_add_test(t, no_byte_that_changes_does_harm);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
