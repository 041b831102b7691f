/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/token_migrate.c and store/aside.c under force: killed before each change of a
 * file and each use of the hardware, a full disk, hardware that goes away, others who read and
 * write meanwhile.
 */
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/token_objects.h"
#include "lib/file.h"
#include "lib/moving.h"
#include "lib/points.h"
#include "lib/runner.h"
#include "store/aside.h"

#define MANY 1000                       /* more points than there are */

static struct sg_token_migrated out;
static uint8_t before[32];
static struct sg_buf original;          /* the store as it was */

static atomic_bool waited;              /* somebody waited for the store */

static void count_use(void)
{
	(void)test_points_pass();
}

int __wrap_nanosleep(const struct timespec *pause, struct timespec *left);

int __wrap_nanosleep(const struct timespec *pause, struct timespec *left)
{
	waited = true;
	return (int)syscall(SYS_nanosleep, pause, left);
}

static void setup(void)
{
	test_points = (struct test_points){ .count = 0 };
	waited = false;
	moving_setup();
	moving_make(true, NULL);
	moving_fill();
	moving_sum(moving_a, NULL, before);
	original = test_file_read(moving_token->path);
}

static void teardown(void)
{
	sg_token_migrated_clear(&out);
	sg_buf_free(&original);
	moving_teardown();
}

/* Remove all files, and put the store as it was in its place. */
static void start_over(void)
{
	DIR *dir = opendir(moving_folder);
	struct dirent *entry;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			ck_assert_int_eq(unlinkat(dirfd(dir), entry->d_name, 0), 0);
	ck_assert_int_eq(closedir(dir), 0);
	test_file_write(moving_token->path, sg_buf_bytes(&original));
}

/* Require that the token is whole, and return the configuration that opens it. */
static const struct sg_config *require_either(void)
{
	struct sg_token_record record = { 0 };
	const struct sg_config *config;
	uint8_t now[32];

	ck_assert_int_eq(sg_token_read_record(moving_token, &record), SG_OK);
	config = strcmp(record.sealer, "one") == 0 ? moving_a : moving_b;
	ck_assert_uint_eq(moving_sum(config, NULL, now), 5);
	ck_assert_mem_eq(now, before, sizeof now);
	sg_token_record_clear(&record);
	return config;
}

static void require_nothing_half_done(void)
{
	char *moving = sg_store_moving_path(moving_token->path);

	ck_assert_ptr_nonnull(moving);
	ck_assert_int_ne(access(moving, F_OK), 0);
	free(moving);
}

static bool move_and_die(unsigned at)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		moving_sealers.each = count_use;
		test_points = (struct test_points){ .die_at = at };
		_exit(moving_try((struct sg_token_migration){ 0 }, &out) == SG_OK ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFSIGNALED(status) || WEXITSTATUS(status) == 0, "status %x", status);
	return !WIFSIGNALED(status);
}

START_TEST(killed_anywhere_it_leaves_the_old_token_or_the_new)
{
	unsigned at = 1, old = 0, new = 0;

	for (; !move_and_die(at); at++) {
		if (require_either() == moving_a) {
			old++;
			ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
			ck_assert(out.done);
			sg_token_migrated_clear(&out);
			ck_assert_ptr_eq(require_either(), moving_b);
		} else {
			new++;
		}
		require_nothing_half_done();
		start_over();
		ck_assert_uint_lt(at, MANY);
	}
	ck_assert_ptr_eq(require_either(), moving_b);
	ck_assert_uint_gt(old, 30);
	ck_assert_uint_ge(new, 1);
}
END_TEST

/* Let each call on files fail in turns. */
static void fail_everywhere(int error)
{
	enum sg_err err;

	for (unsigned at = 1; at < MANY && (at == 1 || test_points.count >= at - 1); at++) {
		test_points = (struct test_points){ .fail_at = at, .fail_with = error };
		err = moving_try((struct sg_token_migration){ 0 }, &out);
		test_points.fail_at = 0;
		ck_assert(out.done || err != SG_OK);
		ck_assert_ptr_eq(require_either(), out.done ? moving_b : moving_a);
		require_nothing_half_done();
		if (!out.done)
			moving_require(moving_a, 1, before);
		sg_token_migrated_clear(&out);
		start_over();
	}
}

START_TEST(a_full_disk_changes_nothing)
{
	fail_everywhere(ENOSPC);
}
END_TEST

START_TEST(a_file_system_that_can_not_exchange_files_changes_nothing)
{
	fail_everywhere(EINVAL);
}
END_TEST

START_TEST(hardware_that_goes_away_changes_nothing)
{
	unsigned at = 1;
	enum sg_err err;

	for (;; at++) {
		moving_sealers.calls = 0;
		moving_sealers.fail_at = at;
		err = moving_try((struct sg_token_migration){ 0 }, &out);
		moving_sealers.fail_at = 0;
		if (err == SG_OK)
			break;
		ck_assert_int_eq(err, SG_ERR_HW_REMOVED);
		ck_assert(!out.done);
		moving_require(moving_a, 1, before);
		sg_token_migrated_clear(&out);
	}
	ck_assert_uint_gt(at, 8);
}
END_TEST

START_TEST(what_was_broken_off_is_taken_away)
{
	char *moving = sg_store_moving_path(moving_token->path);

	ck_assert_ptr_nonnull(moving);
	test_file_write(moving, sg_bytes_str("half a store"));
	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
	moving_require(moving_b, 2, before);
	free(moving);
}
END_TEST

/* Run once while the new store is being compared, and so while the old one is locked. */
static void (*meanwhile)(void);

static void run_meanwhile(void)
{
	void (*fn)(void) = meanwhile;
	char *moving = sg_store_moving_path(moving_token->path);

	ck_assert_ptr_nonnull(moving);
	if (fn != NULL && access(moving, F_OK) == 0) {
		meanwhile = NULL;
		fn();
	}
	free(moving);
}

static enum sg_err migrate_with(void (*fn)(void))
{
	meanwhile = fn;
	moving_sealers.each = run_meanwhile;
	return moving_try((struct sg_token_migration){ 0 }, &out);
}

static void read_it(void)
{
	uint8_t now[32];

	moving_sum(moving_a, NULL, now);
	ck_assert_mem_eq(now, before, sizeof now);
}

START_TEST(others_read_the_old_token_until_the_new_one_is_there)
{
	ck_assert_int_eq(migrate_with(read_it), SG_OK);
	ck_assert_ptr_null(meanwhile);
	ck_assert_ptr_eq(require_either(), moving_b);
}
END_TEST

static pthread_t thread;
static enum sg_err got;

/* Start a thread, and wait until it waits for the store. */
static void start_waiting(void *(*fn)(void *))
{
	ck_assert_int_eq(pthread_create(&thread, NULL, fn, NULL), 0);
	while (!waited)
		sched_yield();
}

static void *write_it(void *arg)
{
	struct sg_store_txn *txn = NULL;

	(void)arg;
	got = sg_store_begin(moving_token->path, SG_STORE_WRITE, &txn);
	sg_store_abort(&txn);
	return NULL;
}

static void start_writer(void)
{
	start_waiting(write_it);
}

START_TEST(a_writer_that_comes_in_between_is_told)
{
	ck_assert_int_eq(migrate_with(start_writer), SG_OK);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(got, SG_ERR_STORE_MISSING);
	ck_assert_ptr_eq(require_either(), moving_b);
}
END_TEST

static void *migrate_too(void *arg)
{
	const struct sg_token_migration how = { .sealer = "two", .config = moving_b };
	struct sg_token_migrated second;
	struct sg_token *token = NULL;

	(void)arg;
	if (sg_token_new(moving_a, 0, &token) == SG_OK)
		got = sg_token_migrate(token, &how, &second);
	sg_token_migrated_clear(&second);
	sg_token_free(&token);
	return NULL;
}

static void start_migration(void)
{
	start_waiting(migrate_too);
}

START_TEST(of_two_migrations_at_once_one_is_done)
{
	ck_assert_int_eq(migrate_with(start_migration), SG_OK);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(got, SG_ERR_STORE_MISSING);
	moving_require(moving_b, 2, before);
}
END_TEST

/* Somebody who opened the old token goes on to write with its keys. */
START_TEST(who_writes_with_the_old_keys_is_refused)
{
	CK_OBJECT_HANDLE *handles = NULL;
	struct sg_token *other = NULL;
	struct sg_object *object = NULL;
	size_t n;

	ck_assert_int_eq(sg_token_new(moving_a, 0, &other), SG_OK);
	ck_assert_int_eq(sg_token_sync(other), SG_OK);
	ck_assert_int_eq(sg_token_find(other, NULL, 0, &handles, &n), SG_OK);
	ck_assert_int_eq(sg_token_object(other, handles[0], &object), SG_OK);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
	ck_assert_int_eq(sg_token_destroy(other, handles[0], object), SG_ERR_STORE_DAMAGED);
	ck_assert_ptr_eq(require_either(), moving_b);
	sg_object_unref(&object);
	free(handles);
	sg_token_free(&other);
}
END_TEST

static enum sg_err count_rest(const char *path, unsigned slot, enum sg_store_rest rest, void *arg)
{
	unsigned *counts = arg;

	ck_assert_ptr_nonnull(path);
	ck_assert_uint_eq(slot, 0);
	counts[rest]++;
	return SG_OK;
}

START_TEST(what_lies_beside_a_store_is_listed)
{
	static const char *const ends[] = {
		"moving", "moving-journal", "db.new-abcdef", "db-journal", "aside-", "boot", "moving2",
	};
	unsigned counts[3] = { 0 };

	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		char *path = sg_store_beside(moving_token->path, ends[i]);

		ck_assert_ptr_nonnull(path);
		test_file_write(path, sg_bytes_str("x"));
		free(path);
	}
	ck_assert_int_eq(sg_store_rest_each(moving_folder, count_rest, counts), SG_OK);
	ck_assert_uint_eq(counts[SG_STORE_ASIDE], 1);
	ck_assert_uint_eq(counts[SG_STORE_MOVING], 1);
	ck_assert_uint_eq(counts[SG_STORE_DRAFT], 1);
	ck_assert_int_eq(sg_store_rest_each("/nowhere", count_rest, counts), SG_OK);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("token_migrate_crash");
	TCase *tc = tcase_create("token_migrate_crash");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, killed_anywhere_it_leaves_the_old_token_or_the_new);
	tcase_add_test(tc, a_full_disk_changes_nothing);
	tcase_add_test(tc, a_file_system_that_can_not_exchange_files_changes_nothing);
	tcase_add_test(tc, hardware_that_goes_away_changes_nothing);
	tcase_add_test(tc, what_was_broken_off_is_taken_away);
	tcase_add_test(tc, others_read_the_old_token_until_the_new_one_is_there);
	tcase_add_test(tc, a_writer_that_comes_in_between_is_told);
	tcase_add_test(tc, of_two_migrations_at_once_one_is_done);
	tcase_add_test(tc, who_writes_with_the_old_keys_is_refused);
	tcase_add_test(tc, what_lies_beside_a_store_is_listed);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
