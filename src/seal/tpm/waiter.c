/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Waiting in a thread of its own. Such a thread holds no lock of the module, takes
 * no signal of the program, and has nothing but its own record and the TCTI.
 */
#include "seal/tpm/waiter.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <tss2/tss2_tctildr.h>
#include <tss2/tss2_tpm2_types.h>

/* The application forbids threads for the whole process (C_Initialize). */
static _Atomic bool forbidden;

struct waiter {
	TSS2_RC (*act)(struct waiter *);
	char *name;                     /* what is to be opened, or NULL */
	TSS2_TCTI_CONTEXT *inner;
	uint8_t command[TPM2_MAX_COMMAND_SIZE];
	size_t command_len;
	uint8_t answer[TPM2_MAX_RESPONSE_SIZE];
	size_t len;
	TSS2_RC rc;

	pthread_mutex_t lock;           /* of what follows */
	pthread_cond_t changed;
	bool done;                      /* it was done */
	bool left;                      /* nobody wants it any more: the thread cleans up */
};

static void waiter_free(struct waiter *w)
{
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w->name);
	free(w);
}

static struct waiter *waiter_new(TSS2_RC (*act)(struct waiter *))
{
	struct waiter *w = calloc(1, sizeof *w);
	pthread_condattr_t attr;

	if (w == NULL)
		return NULL;
	w->act = act;
	if (pthread_mutex_init(&w->lock, NULL) != 0) {
		free(w);
		return NULL;
	}
	if (pthread_condattr_init(&attr) != 0 ||
	    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) != 0 ||
	    pthread_cond_init(&w->changed, &attr) != 0) {
		pthread_mutex_destroy(&w->lock);
		free(w);
		return NULL;
	}
	pthread_condattr_destroy(&attr);
	return w;
}

void sg_waiter_allow(bool threads)
{
	atomic_store(&forbidden, !threads);
}

/* Start a thread that no signal of the program reaches. */
static bool start(pthread_t *thread, void *(*fn)(void *), void *arg)
{
	sigset_t all, before;
	bool started;

	sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
		return false;
	started = pthread_create(thread, NULL, fn, arg) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

static void *work(void *arg)
{
	struct waiter *w = arg;
	bool left;

	w->rc = w->act(w);
	pthread_mutex_lock(&w->lock);
	w->done = true;
	left = w->left;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
	if (left) {
		if (w->inner != NULL)
			Tss2_TctiLdr_Finalize(&w->inner);
		waiter_free(w);
	}
	return NULL;
}

static struct timespec in(int milliseconds)
{
	struct timespec t = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += milliseconds / 1000;
	t.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

/* Tell whether it was done in time; where not, the waiter is the thread's from now on. */
static bool done_in_time(struct waiter *w, const struct timespec *end)
{
	int r = 0;
	bool done;

	pthread_mutex_lock(&w->lock);
	while (!w->done && r != ETIMEDOUT)
		r = pthread_cond_timedwait(&w->changed, &w->lock, end);
	done = w->done;
	w->left = !done;
	pthread_mutex_unlock(&w->lock);
	return done;
}

/* Have it done within so many milliseconds. Where it was started and not done in time, the waiter
 * is no longer the caller's, and *w is NULL. */
static TSS2_RC within(struct waiter **w, int milliseconds)
{
	const struct timespec end = in(milliseconds);
	pthread_t thread;

	if (atomic_load(&forbidden) || !start(&thread, work, *w))
		return (*w)->act(*w);
	if (!done_in_time(*w, &end)) {
		pthread_detach(thread);
		*w = NULL;
		return SG_TCTI_RC_LATE;
	}
	pthread_join(thread, NULL);
	return (*w)->rc;
}

static TSS2_RC connect_to(struct waiter *w)
{
	return Tss2_TctiLdr_Initialize(w->name, &w->inner);
}

/* Tell whether the TCTI, or one that it stands around, forks to be opened. Who holds the store may
 * fork, and every other thread waits for him first: such a one is opened by the caller. It does
 * not wait for its program. */
static bool forks(const char *name)
{
	return strncmp(name, "cmd:", 4) == 0 || strstr(name, ":cmd:") != NULL ||
	       strstr(name, "tcti-cmd") != NULL;
}

TSS2_RC sg_waiter_open(const char *name, int milliseconds, TSS2_TCTI_CONTEXT **inner)
{
	struct waiter *w = waiter_new(connect_to);
	TSS2_RC rc = TSS2_TCTI_RC_MEMORY;

	*inner = NULL;
	if (w == NULL)
		return rc;
	w->name = strdup(name);
	if (w->name != NULL)
		rc = forks(name) ? w->act(w) : within(&w, milliseconds);
	if (rc == TSS2_RC_SUCCESS)
		*inner = w->inner;
	if (w != NULL)
		waiter_free(w);
	return rc;
}

static TSS2_RC exchange(struct waiter *w)
{
	TSS2_RC rc = Tss2_Tcti_Transmit(w->inner, w->command_len, w->command);

	return rc != TSS2_RC_SUCCESS
	               ? rc
	               : Tss2_Tcti_Receive(w->inner, &w->len, w->answer, TSS2_TCTI_TIMEOUT_BLOCK);
}

TSS2_RC sg_waiter_ask(TSS2_TCTI_CONTEXT **inner, int milliseconds, struct sg_bytes command,
                      uint8_t *answer, size_t *len)
{
	struct waiter *w = waiter_new(exchange);
	TSS2_RC rc;

	if (w == NULL)
		return TSS2_TCTI_RC_MEMORY;
	assert(command.len <= sizeof w->command);
	memcpy(w->command, command.data, command.len);
	w->command_len = command.len;
	w->inner = *inner;
	w->len = *len < sizeof w->answer ? *len : sizeof w->answer;
	rc = within(&w, milliseconds);
	if (rc == SG_TCTI_RC_LATE)
		*inner = NULL;
	if (rc == TSS2_RC_SUCCESS) {
		memcpy(answer, w->answer, w->len < *len ? w->len : *len);
		*len = w->len;
	}
	if (w != NULL)
		waiter_free(w);
	return rc;
}

static void *finalize(void *arg)
{
	TSS2_TCTI_CONTEXT *inner = arg;

	Tss2_TctiLdr_Finalize(&inner);
	return NULL;
}

void sg_waiter_finalize(TSS2_TCTI_CONTEXT **inner)
{
	pthread_t thread;

	if (*inner == NULL)
		return;
	if (!atomic_load(&forbidden) && start(&thread, finalize, *inner))
		pthread_detach(thread);
	else
		Tss2_TctiLdr_Finalize(inner);
	*inner = NULL;
}
