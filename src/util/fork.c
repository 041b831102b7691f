/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. The fork counter and the list of functions that run in a child. The
 * child handler touches atomics only, and the lock that its own thread took before,
 * because other threads may have been anywhere when the process forked.
 */
#include "util/fork.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#define MAX_FUNCTIONS 8
#define HOLD_TRIES 12000        /* a millisecond each: longer than a fork waits for the store */

typedef void (*child_fn)(void);

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int atfork_result;
static atomic_uint generation;
static _Atomic(child_fn) functions[MAX_FUNCTIONS];
static _Atomic(const struct sg_fork_door *) around;

/* Held by who forks, or holds forks off. */
static pthread_mutex_t forking = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local bool mine;         /* this thread forks, */
static _Thread_local const struct sg_fork_door *closed;         /* and has closed this */

/* Those whom the door waits for may hold forks off. */
static void before_fork(void)
{
	const struct sg_fork_door *door = atomic_load(&around);

	if (door != NULL)
		door->close();
	pthread_mutex_lock(&forking);
	mine = true;
	closed = door;
}

static void after_fork(bool child)
{
	const struct sg_fork_door *door = closed;

	mine = false;
	pthread_mutex_unlock(&forking);
	if (door != NULL)
		door->open(child);
}

static void in_parent(void)
{
	after_fork(false);
}

static void in_child(void)
{
	after_fork(true);
	atomic_fetch_add(&generation, 1);
	for (size_t i = 0; i < MAX_FUNCTIONS; i++) {
		child_fn fn = atomic_load(&functions[i]);

		if (fn != NULL)
			fn();
	}
}

static void watch(void)
{
	atfork_result = pthread_atfork(before_fork, in_parent, in_child);
}

enum sg_err sg_fork_watch(void)
{
	if (pthread_once(&once, watch) != 0 || atfork_result != 0)
		return SG_ERR_NOMEM;
	return SG_OK;
}

enum sg_err sg_fork_child(void (*fn)(void))
{
	enum sg_err err = sg_fork_watch();

	if (err != SG_OK)
		return err;
	for (size_t i = 0; i < MAX_FUNCTIONS; i++) {
		child_fn there = NULL;

		/* A lost race leaves the winner in "there": it may be the same function. */
		if (atomic_compare_exchange_strong(&functions[i], &there, fn) || there == fn)
			return SG_OK;
	}
	return SG_ERR_NOMEM;
}

enum sg_err sg_fork_around(const struct sg_fork_door *door)
{
	const struct sg_fork_door *there = NULL;
	enum sg_err err = sg_fork_watch();

	if (err != SG_OK)
		return err;
	return atomic_compare_exchange_strong(&around, &there, door) || there == door
	       ? SG_OK : SG_ERR_NOMEM;
}

/* Not pthread_mutex_timedlock, whose clock can be set. */
bool sg_fork_hold(void)
{
	const struct timespec pause = { 0, 1000000 };

	if (mine)       /* we were called by a handler of this very fork, which keeps others off */
		return true;
	for (int i = 0; i < HOLD_TRIES; i++) {
		if (pthread_mutex_trylock(&forking) == 0)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

void sg_fork_release(void)
{
	if (!mine)
		pthread_mutex_unlock(&forking);
}

unsigned sg_fork_generation(void)
{
	return atomic_load(&generation);
}
