/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/nonce.c: what is fresh, what was seen, and what can't be known; after a restart,
 * among threads, and in children of fork.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/runner.h"
#include "lib/scratch.h"
#include "store/nonce.h"
#include "store/nonce_front.h"

#define NOW INT64_C(1711468800)
#define WINDOW 300
#define MAX 100000
#define THREADS 4
#define ROUNDS 200

static char *folder, *path;
static struct sg_store_nonces *store;

static void open_store(size_t max)
{
	ck_assert_int_eq(sg_store_nonces_open(path, max, &store), SG_OK);
}

static void setup(void)
{
	folder = scratch_make();
	path = scratch_path(folder, "nonces.db");
	open_store(MAX);
}

static void teardown(void)
{
	sg_store_nonces_close(&store);
	free(path);
	scratch_remove(&folder);
}

static void restart(size_t max)
{
	sg_store_nonces_close(&store);
	open_store(max);
}

static enum sg_store_nonce use_at(const char *value, int64_t made, int64_t now)
{
	const struct sg_store_nonce_time time = { made, now, WINDOW };
	enum sg_store_nonce answer;

	ck_assert_int_eq(sg_store_nonce_use(store, sg_bytes_str(value), time, &answer), SG_OK);
	return answer;
}

static enum sg_store_nonce use(const char *value)
{
	return use_at(value, NOW, NOW);
}

static void fill(unsigned from, unsigned n, int64_t at)
{
	char value[16];

	for (unsigned i = 0; i < n; i++) {
		snprintf(value, sizeof value, "%u", from + i);
		ck_assert_int_eq(use_at(value, at, at), SG_NONCE_FRESH);
	}
}

START_TEST(a_value_is_fresh_once)
{
	ck_assert_int_eq(use("a"), SG_NONCE_FRESH);
	ck_assert_int_eq(use("a"), SG_NONCE_SEEN);
	ck_assert_int_eq(use("b"), SG_NONCE_FRESH);
	ck_assert_int_eq(use(""), SG_NONCE_FRESH);
	ck_assert_int_eq(use(""), SG_NONCE_SEEN);
}
END_TEST

START_TEST(another_time_does_not_make_it_fresh)
{
	ck_assert_int_eq(use_at("a", NOW, NOW), SG_NONCE_FRESH);
	ck_assert_int_eq(use_at("a", NOW + 10, NOW + 10), SG_NONCE_SEEN);
	ck_assert_int_eq(use_at("a", NOW - 10, NOW + 10), SG_NONCE_SEEN);
}
END_TEST

START_TEST(it_was_seen_after_a_restart)
{
	ck_assert_int_eq(use("a"), SG_NONCE_FRESH);
	restart(MAX);
	ck_assert_int_eq(use("a"), SG_NONCE_SEEN);
	ck_assert_int_eq(use("b"), SG_NONCE_FRESH);
}
END_TEST

START_TEST(it_was_seen_when_it_has_moved_to_the_table)
{
	fill(0, 10, NOW);
	/* A later time than the mark moves the front. */
	ck_assert_int_eq(use_at("x", NOW + 200, NOW + 200), SG_NONCE_FRESH);
	ck_assert_int_eq(use_at("3", NOW, NOW + 200), SG_NONCE_SEEN);
	restart(MAX);
	ck_assert_int_eq(use_at("3", NOW, NOW + 200), SG_NONCE_SEEN);
}
END_TEST

START_TEST(a_front_that_is_full_moves_to_the_table)
{
	fill(0, SG_NONCE_FRONT_MAX + 10, NOW);
	for (unsigned i = 0; i < SG_NONCE_FRONT_MAX + 10; i += 1000) {
		char value[16];

		snprintf(value, sizeof value, "%u", i);
		ck_assert_int_eq(use(value), SG_NONCE_SEEN);
	}
	restart(MAX);
	ck_assert_int_eq(use("5"), SG_NONCE_SEEN);
	ck_assert_int_eq(use("32770"), SG_NONCE_SEEN);
}
END_TEST

START_TEST(what_is_full_takes_no_more_and_forgets_nothing)
{
	restart(10);
	fill(0, 10, NOW);
	ck_assert_int_eq(use("x"), SG_NONCE_FULL);
	ck_assert_int_eq(use("0"), SG_NONCE_SEEN);
	ck_assert_int_eq(use_at("x", NOW + WINDOW, NOW + WINDOW), SG_NONCE_FULL);
	ck_assert_int_eq(use_at("0", NOW, NOW + WINDOW), SG_NONCE_SEEN);
	restart(10);
	ck_assert_int_eq(use("x"), SG_NONCE_FULL);
}
END_TEST

START_TEST(what_is_too_old_makes_room)
{
	const int64_t then = NOW + WINDOW + 1;

	restart(10);
	fill(0, 10, NOW);
	ck_assert_int_eq(use_at("x", then, then), SG_NONCE_FRESH);
	ck_assert_int_eq(use_at("x", then, then), SG_NONCE_SEEN);
	fill(100, 9, then);
	ck_assert_int_eq(use_at("y", then, then), SG_NONCE_FULL);
}
END_TEST

START_TEST(what_was_forgotten_is_not_fresh_when_the_clock_goes_back)
{
	const int64_t then = NOW + WINDOW + 1;

	restart(10);
	fill(0, 10, NOW);
	ck_assert_int_eq(use_at("x", then, then), SG_NONCE_FRESH);
	ck_assert_int_eq(use_at("3", NOW, NOW), SG_NONCE_UNSURE);
	ck_assert_int_eq(use_at("new", NOW, NOW), SG_NONCE_UNSURE);
	ck_assert_int_eq(use_at("new", then, then), SG_NONCE_FRESH);
}
END_TEST

START_TEST(a_smaller_window_of_another_does_not_open_ours)
{
	const struct sg_store_nonce_time narrow = { NOW + 100, NOW + 100, 10 };
	enum sg_store_nonce answer;

	restart(10);
	fill(0, 10, NOW);
	ck_assert_int_eq(sg_store_nonce_use(store, sg_bytes_str("x"), narrow, &answer), SG_OK);
	ck_assert_int_eq(answer, SG_NONCE_FRESH);
	ck_assert_int_eq(use_at("3", NOW, NOW + 100), SG_NONCE_UNSURE);
}
END_TEST

START_TEST(values_of_all_times_are_forgotten_in_the_end)
{
	/* Each moving of the front looks at one part of the table, and there are 64. */
	fill(0, 500, NOW);
	for (unsigned i = 0; i < 70; i++) {
		int64_t at = NOW + WINDOW + 40 + 100 * i;

		fill(1000 + i, 1, at);
	}
	sg_store_nonces_close(&store);
	/* All but those of the last minutes. */
	open_store(20);
	ck_assert_int_eq(use_at("x", NOW + WINDOW + 40 + 6900, NOW + WINDOW + 40 + 6900),
	                 SG_NONCE_FRESH);
}
END_TEST

START_TEST(two_stores_of_one_process_see_each_other)
{
	struct sg_store_nonces *first = store;

	ck_assert_int_eq(use("a"), SG_NONCE_FRESH);
	store = NULL;
	open_store(MAX);
	ck_assert_int_eq(use("a"), SG_NONCE_SEEN);
	ck_assert_int_eq(use("b"), SG_NONCE_FRESH);
	fill(0, 5, NOW + 100);
	sg_store_nonces_close(&store);
	store = first;
	ck_assert_int_eq(use("b"), SG_NONCE_SEEN);
	ck_assert_int_eq(use_at("4", NOW + 100, NOW + 100), SG_NONCE_SEEN);
}
END_TEST

START_TEST(a_child_goes_on_and_its_parent_too)
{
	int status;
	pid_t pid;

	ck_assert_int_eq(use("a"), SG_NONCE_FRESH);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		const struct sg_store_nonce_time time = { NOW, NOW, WINDOW };
		enum sg_store_nonce a, b;

		if (sg_store_nonce_use(store, sg_bytes_str("a"), time, &a) != SG_OK ||
		    sg_store_nonce_use(store, sg_bytes_str("b"), time, &b) != SG_OK)
			_exit(2);
		_exit(a == SG_NONCE_SEEN && b == SG_NONCE_FRESH ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(use("b"), SG_NONCE_SEEN);
	ck_assert_int_eq(use("c"), SG_NONCE_FRESH);
}
END_TEST

static unsigned wins[ROUNDS];
static pthread_mutex_t wins_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t barrier;

static void *race(void *arg)
{
	const struct sg_store_nonce_time time = { NOW, NOW, WINDOW };

	(void)arg;
	for (unsigned i = 0; i < ROUNDS; i++) {
		enum sg_store_nonce answer;
		char value[16];

		snprintf(value, sizeof value, "%u", i);
		pthread_barrier_wait(&barrier);
		if (sg_store_nonce_use(store, sg_bytes_str(value), time, &answer) == SG_OK &&
		    answer == SG_NONCE_FRESH) {
			pthread_mutex_lock(&wins_lock);
			wins[i]++;
			pthread_mutex_unlock(&wins_lock);
		}
	}
	return NULL;
}

START_TEST(of_threads_that_race_for_a_value_one_wins)
{
	pthread_t threads[THREADS];

	pthread_barrier_init(&barrier, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, race, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < ROUNDS; i++)
		ck_assert_uint_eq(wins[i], 1);
	pthread_barrier_destroy(&barrier);
}
END_TEST

START_TEST(the_files_are_private)
{
	static const char *const ends[] = { "", "-front" };

	for (size_t i = 0; i < 2; i++) {
		char name[512];
		struct stat st;

		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		ck_assert_int_eq(stat(name, &st), 0);
		ck_assert_int_eq(st.st_mode & 0777, 0600);
	}
}
END_TEST

START_TEST(a_folder_or_a_file_that_others_can_write_is_refused)
{
	struct sg_store_nonces *other = NULL;

	sg_store_nonces_close(&store);
	ck_assert_int_eq(chmod(path, 0620), 0);
	ck_assert_int_eq(sg_store_nonces_open(path, MAX, &other), SG_ERR_STORE_UNSAFE);
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_eq(chmod(folder, 0777), 0);
	ck_assert_int_eq(sg_store_nonces_open(path, MAX, &other), SG_ERR_STORE_UNSAFE);
	ck_assert_int_eq(chmod(folder, 0700), 0);
	ck_assert_int_eq(sg_store_nonces_open(path, MAX, &other), SG_OK);
	sg_store_nonces_close(&other);
}
END_TEST

START_TEST(a_folder_that_is_missing_is_not_made)
{
	struct sg_store_nonces *other = NULL;
	char *missing = scratch_path(folder, "none/nonces.db");

	ck_assert_int_eq(sg_store_nonces_open(missing, MAX, &other), SG_ERR_STORE_MISSING);
	ck_assert_ptr_null(other);
	ck_assert_ptr_nonnull(strstr(sg_store_nonces_sentence(SG_ERR_STORE_MISSING), "folder"));
	ck_assert_ptr_null(strstr(sg_store_nonces_sentence(SG_ERR_STORE_MISSING), "token"));
	ck_assert_int_eq(sg_store_nonces_open(path, 0, &other), SG_ERR_ARG);
	sg_store_nonces_close(&other);
	sg_store_nonces_close(NULL);
	free(missing);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("store_nonce");
	TCase *tcase = tcase_create("store_nonce");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_value_is_fresh_once);
	tcase_add_test(tcase, another_time_does_not_make_it_fresh);
	tcase_add_test(tcase, it_was_seen_after_a_restart);
	tcase_add_test(tcase, it_was_seen_when_it_has_moved_to_the_table);
	tcase_add_test(tcase, a_front_that_is_full_moves_to_the_table);
	tcase_add_test(tcase, what_is_full_takes_no_more_and_forgets_nothing);
	tcase_add_test(tcase, what_is_too_old_makes_room);
	tcase_add_test(tcase, what_was_forgotten_is_not_fresh_when_the_clock_goes_back);
	tcase_add_test(tcase, a_smaller_window_of_another_does_not_open_ours);
	tcase_add_test(tcase, values_of_all_times_are_forgotten_in_the_end);
	tcase_add_test(tcase, two_stores_of_one_process_see_each_other);
	tcase_add_test(tcase, a_child_goes_on_and_its_parent_too);
	tcase_add_test(tcase, of_threads_that_race_for_a_value_one_wins);
	tcase_add_test(tcase, the_files_are_private);
	tcase_add_test(tcase, a_folder_or_a_file_that_others_can_write_is_refused);
	tcase_add_test(tcase, a_folder_that_is_missing_is_not_made);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
