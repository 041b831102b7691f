/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Having something done later.
 */
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "lib/runner.h"
#include "util/alarm.h"
#include "util/errand.h"

#define FAR 3600000                     /* milliseconds: nobody waits for that */
#define PATIENCE 30                     /* seconds */

static struct sg_alarm alarm_clock;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t rung = PTHREAD_COND_INITIALIZER;
static unsigned rings, again;
static _Atomic time_t slept;            /* seconds, of which only CLOCK_BOOTTIME knows */

int __real_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);

int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
	int r = __real_clock_gettime(clock, out);

	if (clock == CLOCK_BOOTTIME)
		out->tv_sec += slept;
	return r;
}

/* It may set itself once more. */
static void ring(void *arg)
{
	pthread_mutex_lock(&lock);
	rings++;
	if (again > 0) {
		again--;
		ck_assert(sg_alarm_set(arg, 1));
	}
	pthread_cond_signal(&rung);
	pthread_mutex_unlock(&lock);
}

/* With a bound, so that an alarm that never rings is a failure and no test that hangs. */
static void wait_for_rings(unsigned n)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE;
	pthread_mutex_lock(&lock);
	while (rings < n && rc == 0)
		rc = pthread_cond_timedwait(&rung, &lock, &until);
	pthread_mutex_unlock(&lock);
	ck_assert_msg(rc == 0, "it has not rung");
}

static void set_up(void)
{
	rings = again = 0;
	atomic_store(&slept, 0);
	sg_errand_allow(true);
	ck_assert_int_eq(sg_alarm_init(&alarm_clock, ring, &alarm_clock), SG_OK);
}

static void tear_down(void)
{
	sg_alarm_clear(&alarm_clock);
	sg_errand_allow(true);
}

START_TEST(it_rings)
{
	ck_assert(sg_alarm_set(&alarm_clock, 1));
	wait_for_rings(1);
}
END_TEST

START_TEST(it_rings_again_when_it_is_set_again)
{
	for (unsigned i = 1; i <= 20; i++) {
		ck_assert(sg_alarm_set(&alarm_clock, i % 2));
		wait_for_rings(i);
	}
}
END_TEST

START_TEST(it_can_be_set_while_it_rings)
{
	again = 2;
	ck_assert(sg_alarm_set(&alarm_clock, 0));
	wait_for_rings(3);
}
END_TEST

START_TEST(the_last_time_that_was_set_holds)
{
	ck_assert(sg_alarm_set(&alarm_clock, FAR));
	ck_assert(sg_alarm_set(&alarm_clock, 1));
	wait_for_rings(1);
}
END_TEST

/* Nobody waits for that hour but by the clock. */
START_TEST(the_sleep_of_the_machine_counts)
{
	ck_assert(sg_alarm_set(&alarm_clock, FAR));
	atomic_store(&slept, FAR / 1000);
	wait_for_rings(1);
}
END_TEST

START_TEST(what_is_cleared_before_its_time_does_not_ring)
{
	ck_assert(sg_alarm_set(&alarm_clock, FAR));
	sg_alarm_clear(&alarm_clock);
	ck_assert_uint_eq(rings, 0);
	set_up();
}
END_TEST

START_TEST(an_alarm_that_was_never_set_has_no_thread)
{
	ck_assert(!alarm_clock.made);
}
END_TEST

START_TEST(without_threads_it_says_that_it_will_not_ring)
{
	sg_errand_allow(false);
	ck_assert(!sg_alarm_set(&alarm_clock, 0));
	ck_assert(!alarm_clock.made);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("alarm");
	TCase *tcase = tcase_create("alarm");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, it_rings);
	tcase_add_test(tcase, it_rings_again_when_it_is_set_again);
	tcase_add_test(tcase, it_can_be_set_while_it_rings);
	tcase_add_test(tcase, the_last_time_that_was_set_holds);
	tcase_add_test(tcase, the_sleep_of_the_machine_counts);
	tcase_add_test(tcase, what_is_cleared_before_its_time_does_not_ring);
	tcase_add_test(tcase, an_alarm_that_was_never_set_has_no_thread);
	tcase_add_test(tcase, without_threads_it_says_that_it_will_not_ring);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
