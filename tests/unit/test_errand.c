/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Doing in a thread what may never end.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include "lib/runner.h"
#include "util/errand.h"

struct work {
	struct sg_errand errand;
	pthread_t by;
	sigset_t mask;
};

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool dropped, no_threads;

static void act(struct sg_errand *errand)
{
	struct work *work = (struct work *)errand;

	work->by = pthread_self();
	pthread_sigmask(SIG_SETMASK, NULL, &work->mask);
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
}

static void work_free(struct work *work)
{
	sg_errand_clear(&work->errand);
	free(work);
}

static void drop(struct sg_errand *errand)
{
	work_free((struct work *)errand);
	pthread_mutex_lock(&lock);
	dropped = true;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
}

static struct work *work_new(void)
{
	struct work *work = calloc(1, sizeof *work);

	ck_assert_ptr_nonnull(work);
	ck_assert_int_eq(sg_errand_init(&work->errand, act, drop), SG_OK);
	return work;
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
                          void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
                          void *arg);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
                          void *arg)
{
	return no_threads ? EAGAIN : __real_pthread_create(thread, attr, fn, arg);
}

START_TEST(what_ends_in_time_is_the_caller_s)
{
	struct work *work = work_new();

	ck_assert(sg_errand_within(&work->errand, 60000));
	ck_assert(!pthread_equal(work->by, pthread_self()));
	ck_assert(sigismember(&work->mask, SIGTERM));
	work_free(work);
	ck_assert(!dropped);
}
END_TEST

START_TEST(what_is_late_is_dropped_when_it_ends)
{
	struct work *work = work_new();

	pthread_mutex_lock(&gate);
	ck_assert(!sg_errand_within(&work->errand, 1));
	ck_assert(!dropped);
	ck_assert_uint_eq(sg_errand_late(), 1);
	pthread_mutex_unlock(&gate);
	pthread_mutex_lock(&lock);
	while (!dropped)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < 60000 && sg_errand_late() > 0; i++)
		poll(NULL, 0, 1);
	ck_assert_uint_eq(sg_errand_late(), 0);
}
END_TEST

static void *nothing(void *arg)
{
	return arg;
}

static void the_caller_does_it(void)
{
	struct work *work = work_new();

	ck_assert(sg_errand_within(&work->errand, 0));
	ck_assert(pthread_equal(work->by, pthread_self()));
	ck_assert(!sigismember(&work->mask, SIGTERM));
	ck_assert(!sg_errand_send(nothing, NULL));
	work_free(work);
}

START_TEST(where_no_thread_may_be_made_the_caller_does_it)
{
	sg_errand_allow(false);
	the_caller_does_it();
}
END_TEST

START_TEST(where_no_thread_can_be_made_too)
{
	no_threads = true;
	the_caller_does_it();
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("errand");
	TCase *tcase = tcase_create("errand");

	tcase_add_test(tcase, what_ends_in_time_is_the_caller_s);
	tcase_add_test(tcase, what_is_late_is_dropped_when_it_ends);
	tcase_add_test(tcase, where_no_thread_may_be_made_the_caller_does_it);
	tcase_add_test(tcase, where_no_thread_can_be_made_too);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
