/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Progress, by a thread that waits: an alarm would interrupt the calls
 * that talk to the TPM.
 */
#include "tools/progress.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include "tools/fail.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t done;
static pthread_t thread;
static const char *text;
static bool running;            /* of the main thread only */
static bool ended;              /* guarded by lock */

static void *wait_and_tell(void *arg)
{
	struct timespec until;
	int rc = 0;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec++;
	pthread_mutex_lock(&lock);
	while (!ended && rc == 0)
		rc = pthread_cond_timedwait(&done, &lock, &until);
	if (!ended)
		tool_note("%s ...", text);
	pthread_mutex_unlock(&lock);
	return NULL;
}

void tool_progress_begin(const char *what)
{
	pthread_condattr_t attr;
	sigset_t all, before;

	if (running || !isatty(STDERR_FILENO))
		return;
	text = what;
	ended = false;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&done, &attr);
	pthread_condattr_destroy(&attr);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	running = pthread_create(&thread, NULL, wait_and_tell, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void tool_progress_end(void)
{
	if (!running)
		return;
	pthread_mutex_lock(&lock);
	ended = true;
	pthread_cond_signal(&done);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	pthread_cond_destroy(&done);
	running = false;
}
