/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Having something done later, by a thread that waits for the time and ends when nothing
 * is left to wait for. It takes no signal of the program and is made only where threads may be
 * (util/errand.h). In a child after fork there is no such thread, and nothing is done.
 */
#ifndef SG_UTIL_ALARM_H
#define SG_UTIL_ALARM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/err.h"

struct sg_alarm {
	void (*ring)(void *arg);        /* runs in the thread, which holds no lock */
	void *arg;

	pthread_mutex_t lock;           /* of what follows */
	pthread_cond_t changed;
	pthread_t thread;
	bool made;                      /* there is a thread to be joined, at work or done */
	bool waiting;                   /* there is one that will look at due again */
	bool stopped;
	uint64_t due;                   /* milliseconds of CLOCK_BOOTTIME; 0: never */
};

/* Prepare an alarm, which makes no thread; undo it with sg_alarm_clear. Errors: NOMEM. */
enum sg_err sg_alarm_init(struct sg_alarm *alarm, void (*ring)(void *arg), void *arg);

/* Have ring(arg) called so many milliseconds from now, in the place of what was set before. It may
 * also still run for that, and be called early by no more than a millisecond. The machine's sleep
 * counts: after one it is called within a second. False where no thread may or can be made: then
 * nothing will be called. */
bool sg_alarm_set(struct sg_alarm *alarm, unsigned milliseconds);

/* End the thread, waiting for a ring that runs. The caller holds no lock that ring takes. */
void sg_alarm_clear(struct sg_alarm *alarm);

#endif
