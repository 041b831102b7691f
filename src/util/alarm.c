/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. A thread that waits for a time, in naps. It must never hold its lock while it rings.
 */
#include "util/alarm.h"

#include <time.h>

#include "util/errand.h"

#define NAP 1000        /* milliseconds until it looks whether the machine slept meanwhile */

enum sg_err sg_alarm_init(struct sg_alarm *alarm, void (*ring)(void *arg), void *arg)
{
	pthread_condattr_t attr;
	bool made;

	*alarm = (struct sg_alarm){ .ring = ring, .arg = arg };
	if (pthread_mutex_init(&alarm->lock, NULL) != 0)
		return SG_ERR_NOMEM;
	made = pthread_condattr_init(&attr) == 0;
	if (made) {
		made = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
		       pthread_cond_init(&alarm->changed, &attr) == 0;
		pthread_condattr_destroy(&attr);
	}
	if (!made)
		pthread_mutex_destroy(&alarm->lock);
	return made ? SG_OK : SG_ERR_NOMEM;
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec t = { 0, 0 };

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t now(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

/* Wait until it is due, or until that changes, or for a nap: no condition waits by the clock that
 * counts the machine's sleep. The caller holds the lock. */
static void wait_once(struct sg_alarm *alarm, uint64_t left)
{
	const uint64_t at = read_clock(CLOCK_MONOTONIC) + (left < NAP ? left : NAP);
	const struct timespec end = { (time_t)(at / 1000), (long)(at % 1000) * 1000000 };

	(void)pthread_cond_timedwait(&alarm->changed, &alarm->lock, &end);
}

static void *watch(void *arg)
{
	struct sg_alarm *alarm = arg;

	pthread_mutex_lock(&alarm->lock);
	while (!alarm->stopped && alarm->due != 0) {
		const uint64_t at = now();

		if (at < alarm->due) {
			wait_once(alarm, alarm->due - at);
			continue;
		}
		alarm->due = 0;
		pthread_mutex_unlock(&alarm->lock);
		alarm->ring(alarm->arg);
		pthread_mutex_lock(&alarm->lock);
	}
	alarm->waiting = false;
	pthread_mutex_unlock(&alarm->lock);
	return NULL;
}

bool sg_alarm_set(struct sg_alarm *alarm, unsigned milliseconds)
{
	bool set;

	pthread_mutex_lock(&alarm->lock);
	alarm->due = now() + milliseconds;
	if (!alarm->waiting) {
		if (alarm->made)        /* it has left, or is about to */
			pthread_join(alarm->thread, NULL);
		alarm->made = alarm->waiting = sg_errand_start(&alarm->thread, watch, alarm);
	} else {
		pthread_cond_signal(&alarm->changed);
	}
	set = alarm->waiting;
	pthread_mutex_unlock(&alarm->lock);
	return set;
}

void sg_alarm_clear(struct sg_alarm *alarm)
{
	pthread_mutex_lock(&alarm->lock);
	alarm->stopped = true;
	pthread_cond_signal(&alarm->changed);
	pthread_mutex_unlock(&alarm->lock);
	if (alarm->made)
		pthread_join(alarm->thread, NULL);
	pthread_cond_destroy(&alarm->changed);
	pthread_mutex_destroy(&alarm->lock);
}
