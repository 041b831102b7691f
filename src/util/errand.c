/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Threads that do what may hang.
 */
#include "util/errand.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "util/log.h"

/* The application forbids threads for the whole process (C_Initialize). */
static _Atomic bool forbidden;

static atomic_uint late;

void sg_errand_allow(bool threads)
{
	atomic_store(&forbidden, !threads);
}

enum sg_err sg_errand_init(struct sg_errand *errand, void (*act)(struct sg_errand *),
                           void (*drop)(struct sg_errand *))
{
	pthread_condattr_t attr;
	bool made;

	*errand = (struct sg_errand){ .act = act, .drop = drop };
	if (pthread_mutex_init(&errand->lock, NULL) != 0)
		return SG_ERR_NOMEM;
	made = pthread_condattr_init(&attr) == 0;
	if (made) {
		made = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
		       pthread_cond_init(&errand->changed, &attr) == 0;
		pthread_condattr_destroy(&attr);
	}
	if (!made)
		pthread_mutex_destroy(&errand->lock);
	return made ? SG_OK : SG_ERR_NOMEM;
}

void sg_errand_clear(struct sg_errand *errand)
{
	pthread_cond_destroy(&errand->changed);
	pthread_mutex_destroy(&errand->lock);
}

bool sg_errand_start(pthread_t *thread, void *(*fn)(void *arg), void *arg)
{
	sigset_t all, before;
	bool started;

	if (atomic_load(&forbidden))
		return false;
	sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
		return false;
	started = pthread_create(thread, NULL, fn, arg) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

/* What a thread says that nobody waits for would be taken for the cause of something else. */
static void *work(void *arg)
{
	static const atomic_bool always = true;
	struct sg_errand *errand = arg;
	bool left;

	sg_log_mute(&errand->left);
	errand->act(errand);
	pthread_mutex_lock(&errand->lock);
	errand->done = true;
	left = atomic_load(&errand->left);
	pthread_cond_signal(&errand->changed);
	pthread_mutex_unlock(&errand->lock);
	sg_log_mute(&always);
	if (left) {
		errand->drop(errand);
		atomic_fetch_sub(&late, 1);
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

/* Tell whether it was done in time; where not, it is the thread's from now on. */
static bool done_in_time(struct sg_errand *errand, const struct timespec *end)
{
	int r = 0;
	bool done;

	pthread_mutex_lock(&errand->lock);
	while (!errand->done && r != ETIMEDOUT)
		r = pthread_cond_timedwait(&errand->changed, &errand->lock, end);
	done = errand->done;
	atomic_store(&errand->left, !done);
	if (!done)
		atomic_fetch_add(&late, 1);
	pthread_mutex_unlock(&errand->lock);
	return done;
}

bool sg_errand_within(struct sg_errand *errand, int milliseconds)
{
	const struct timespec end = in(milliseconds);
	pthread_t thread;

	if (!sg_errand_start(&thread, work, errand)) {
		errand->act(errand);
		return true;
	}
	if (!done_in_time(errand, &end)) {
		pthread_detach(thread);
		return false;
	}
	pthread_join(thread, NULL);
	return true;
}

unsigned sg_errand_late(void)
{
	return atomic_load(&late);
}

bool sg_errand_send(void *(*fn)(void *arg), void *arg)
{
	pthread_t thread;

	if (!sg_errand_start(&thread, fn, arg))
		return false;
	pthread_detach(thread);
	return true;
}
