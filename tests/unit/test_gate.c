/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of util/gate.c.
 */
#include "util/gate.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/runner.h"

#define THREADS (2 * SG_GATE_LANES + 1)         /* some share a lane */
#define ROUNDS 200

static struct sg_gate gate = SG_GATE;
static unsigned long guarded;                   /* a race here is for ThreadSanitizer to see */
static atomic_int in;
static atomic_bool go, stop;

static void run(void *(*fn)(void *), size_t n)
{
	pthread_t threads[THREADS];

	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, fn, (void *)i), 0);
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}

static void *wait_for_all(void *arg)
{
	(void)arg;
	sg_gate_enter(&gate);
	atomic_fetch_add(&in, 1);
	while (atomic_load(&in) < THREADS)
		sched_yield();
	sg_gate_leave(&gate);
	return NULL;
}

START_TEST(any_number_is_in_at_once)
{
	run(wait_for_all, THREADS);
	ck_assert_int_eq(atomic_load(&in), THREADS);
}
END_TEST

/* One in three is alone when it counts, the others look that nobody is. */
static void *count_or_look(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		if ((uintptr_t)arg % 3 == 0) {
			sg_gate_close(&gate);
			guarded++;
			sched_yield();
			guarded++;
			sg_gate_open(&gate);
		} else {
			sg_gate_enter(&gate);
			if (guarded % 2 != 0)
				atomic_fetch_add(&in, 1);
			sg_gate_leave(&gate);
		}
	}
	return NULL;
}

START_TEST(who_closes_it_is_alone)
{
	run(count_or_look, THREADS);
	ck_assert_int_eq(atomic_load(&in), 0);
	ck_assert_uint_eq(guarded, 2UL * ROUNDS * ((THREADS + 2) / 3));
}
END_TEST

static void *come_and_go(void *arg)
{
	(void)arg;
	while (!atomic_load(&stop)) {
		sg_gate_enter(&gate);
		atomic_store(&go, true);
		sched_yield();
		sg_gate_leave(&gate);
	}
	return NULL;
}

START_TEST(who_wants_to_be_alone_is_not_kept_waiting_by_who_comes_later)
{
	pthread_t threads[8];

	for (size_t i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, come_and_go, NULL), 0);
	while (!atomic_load(&go))
		sched_yield();
	for (int i = 0; i < 20; i++) {
		sg_gate_close(&gate);
		sg_gate_open(&gate);
	}
	atomic_store(&stop, true);
	for (size_t i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}
END_TEST

static void *stay(void *arg)
{
	(void)arg;
	sg_gate_enter(&gate);
	atomic_store(&go, true);
	while (!atomic_load(&stop))
		sched_yield();
	sg_gate_leave(&gate);
	return NULL;
}

START_TEST(a_child_makes_it_new_whoever_was_in)
{
	pthread_t thread;
	int status;

	ck_assert_int_eq(pthread_create(&thread, NULL, stay, NULL), 0);
	while (!atomic_load(&go))
		sched_yield();
	if (fork() == 0) {
		sg_gate_init(&gate);
		sg_gate_close(&gate);
		sg_gate_open(&gate);
		_exit(0);
	}
	ck_assert_int_gt(wait(&status), 0);
	ck_assert_int_eq(status, 0);
	atomic_store(&stop, true);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("gate");
	TCase *tc = tcase_create("gate");

	suite_add_tcase(s, tc);
	tcase_add_test(tc, any_number_is_in_at_once);
	tcase_add_test(tc, who_closes_it_is_alone);
	tcase_add_test(tc, who_wants_to_be_alone_is_not_kept_waiting_by_who_comes_later);
	tcase_add_test(tc, a_child_makes_it_new_whoever_was_in);
	return s;
}

int main(void)
{
	return test_run(suite());
}
