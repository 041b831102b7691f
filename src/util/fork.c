/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. The fork counter and the list of functions that run in a child. The
 * child handler touches atomics only, because other threads may have been
 * anywhere when the process forked.
 */
#include "util/fork.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#define MAX_FUNCTIONS 8

typedef void (*child_fn)(void);

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int atfork_result;
static atomic_uint generation;
static _Atomic(child_fn) functions[MAX_FUNCTIONS];

static void in_child(void)
{
	atomic_fetch_add(&generation, 1);
	for (size_t i = 0; i < MAX_FUNCTIONS; i++) {
		child_fn fn = atomic_load(&functions[i]);

		if (fn != NULL)
			fn();
	}
}

static void watch(void)
{
	atfork_result = pthread_atfork(NULL, NULL, in_child);
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

unsigned sg_fork_generation(void)
{
	return atomic_load(&generation);
}
