/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of util/fork.c.
 */
#include "util/fork.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/runner.h"

static int order[16];
static int ran;

static void first(void)
{
	order[ran++] = 1;
}

static void second(void)
{
	order[ran++] = 2;
}

/* Run in a child what tells whether all is well, and return what it said. */
static bool in_a_child(bool (*check)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(check() ? 0 : 1);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static unsigned generation_before;

static bool generation_differs(void)
{
	return sg_fork_generation() != generation_before;
}

static bool grandchild_differs(void)
{
	unsigned mine = sg_fork_generation();
	unsigned parents = generation_before;

	if (mine == parents)
		return false;
	generation_before = mine;
	return in_a_child(generation_differs);
}

START_TEST(the_generation_stays_in_the_parent_and_differs_in_the_child)
{
	ck_assert_int_eq(sg_fork_watch(), SG_OK);
	generation_before = sg_fork_generation();
	ck_assert(in_a_child(generation_differs));
	ck_assert_uint_eq(sg_fork_generation(), generation_before);
}
END_TEST

START_TEST(the_generation_differs_in_a_grandchild_too)
{
	ck_assert_int_eq(sg_fork_watch(), SG_OK);
	generation_before = sg_fork_generation();
	ck_assert(in_a_child(grandchild_differs));
}
END_TEST

static bool generation_grew_by_one(void)
{
	return sg_fork_generation() == generation_before + 1;
}

START_TEST(watching_twice_counts_once)
{
	ck_assert_int_eq(sg_fork_watch(), SG_OK);
	ck_assert_int_eq(sg_fork_watch(), SG_OK);
	generation_before = sg_fork_generation();
	ck_assert(in_a_child(generation_grew_by_one));
}
END_TEST

static bool both_ran_in_order(void)
{
	return ran == 2 && order[0] == 1 && order[1] == 2;
}

START_TEST(functions_run_once_each_in_the_order_of_registration)
{
	ck_assert_int_eq(sg_fork_child(first), SG_OK);
	ck_assert_int_eq(sg_fork_child(second), SG_OK);
	ck_assert_int_eq(sg_fork_child(first), SG_OK);
	ck_assert(in_a_child(both_ran_in_order));
	ck_assert_int_eq(ran, 0);
}
END_TEST

static void f3(void) { ran++; }
static void f4(void) { ran++; }
static void f5(void) { ran++; }
static void f6(void) { ran++; }
static void f7(void) { ran++; }
static void f8(void) { ran++; }
static void f9(void) { ran += 100; }

static bool eight_ran(void)
{
	return ran == 8;
}

START_TEST(a_ninth_function_is_refused)
{
	static void (*const fns[])(void) = { first, second, f3, f4, f5, f6, f7, f8 };

	for (size_t i = 0; i < sizeof(fns) / sizeof(fns[0]); i++)
		ck_assert_int_eq(sg_fork_child(fns[i]), SG_OK);
	ck_assert_int_eq(sg_fork_child(f9), SG_ERR_NOMEM);
	ck_assert_int_eq(sg_fork_child(f8), SG_OK);
	ck_assert(in_a_child(eight_ran));
}
END_TEST

static atomic_bool forked;

static void *fork_once(void *arg)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	atomic_store(&forked, true);
	return waitpid(pid, NULL, 0) == pid ? NULL : arg;
}

START_TEST(a_fork_waits_until_it_is_not_held_off)
{
	pthread_t thread;
	void *failed;

	ck_assert_int_eq(sg_fork_watch(), SG_OK);
	ck_assert(sg_fork_hold());
	ck_assert_int_eq(pthread_create(&thread, NULL, fork_once, &forked), 0);
	for (int i = 0; i < 1000; i++)
		sched_yield();
	ck_assert(!atomic_load(&forked));
	sg_fork_release();
	ck_assert_int_eq(pthread_join(thread, &failed), 0);
	ck_assert_ptr_null(failed);
	ck_assert(atomic_load(&forked));
}
END_TEST

static bool can_hold(void)
{
	bool held = sg_fork_hold();

	if (held)
		sg_fork_release();
	return held;
}

START_TEST(a_child_can_hold_forks_off_too)
{
	ck_assert_int_eq(sg_fork_watch(), SG_OK);
	ck_assert(in_a_child(can_hold));
	ck_assert(can_hold());
}
END_TEST

static bool held_in_handler;

static void hold_in_handler(void)
{
	held_in_handler = can_hold();
}

static bool is_true(void)
{
	return held_in_handler;
}

/* It would else wait for itself. */
START_TEST(who_forks_can_hold_forks_off_meanwhile)
{
	ck_assert_int_eq(pthread_atfork(hold_in_handler, NULL, NULL), 0);
	ck_assert_int_eq(sg_fork_watch(), SG_OK);
	ck_assert(in_a_child(is_true));
	ck_assert(held_in_handler);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("fork");
	TCase *t = tcase_create("fork");

	tcase_add_test(t, the_generation_stays_in_the_parent_and_differs_in_the_child);
	tcase_add_test(t, the_generation_differs_in_a_grandchild_too);
	tcase_add_test(t, watching_twice_counts_once);
	tcase_add_test(t, functions_run_once_each_in_the_order_of_registration);
	tcase_add_test(t, a_ninth_function_is_refused);
	tcase_add_test(t, a_fork_waits_until_it_is_not_held_off);
	tcase_add_test(t, a_child_can_hold_forks_off_too);
	tcase_add_test(t, who_forks_can_hold_forks_off_meanwhile);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
