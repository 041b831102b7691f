/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. The one place where a detail leaves the library. It must never write
 * to standard error, and never touch the syslog identity of the program.
 */
#include "util/log.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <syslog.h>

#include "util/fork.h"

#define LINE_SIZE 512

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;        /* of these, and of who is told */
static _Atomic(sg_log_fn) log_fn;
static void *log_arg;

static _Thread_local const atomic_bool *muted;
static _Thread_local sg_log_fn diverted;
static _Thread_local void *diverted_arg;

/* Another thread of the parent may have held the lock. */
static void in_child(void)
{
	pthread_mutex_init(&lock, NULL);
}

void sg_log_set(sg_log_fn fn, void *arg)
{
	/* Without memory for that a child may wait for ever, and nobody could be told. */
	(void)sg_fork_child(in_child);
	pthread_mutex_lock(&lock);
	atomic_store(&log_fn, fn);
	log_arg = arg;
	pthread_mutex_unlock(&lock);
}

void sg_log_mute(const atomic_bool *when)
{
	muted = when;
}

void sg_log_divert(sg_log_fn fn, void *arg)
{
	diverted = fn;
	diverted_arg = arg;
}

static void to_syslog(enum sg_log_level level, const char *line, void *arg)
{
	static const int priorities[] = {
		[SG_LOG_ERROR] = LOG_ERR,
		[SG_LOG_NOTICE] = LOG_NOTICE,
		[SG_LOG_DEBUG] = LOG_DEBUG,
	};

	(void)arg;
	/* No openlog: it would rename every line of the program that loaded us. */
	syslog(LOG_AUTHPRIV | priorities[level], "signet: %s", line);
}

void sg_log_to_syslog(void)
{
	sg_log_set(to_syslog, NULL);
}

static void send_to_all(enum sg_log_level level, const char *line)
{
	sg_log_fn fn;

	pthread_mutex_lock(&lock);
	fn = atomic_load(&log_fn);
	if (fn != NULL)
		fn(level, line, log_arg);
	pthread_mutex_unlock(&lock);
}

void sg_log(enum sg_log_level level, const char *format, ...)
{
	int saved = errno;
	char line[LINE_SIZE];
	va_list args;

	sg_log_fn fn = atomic_load(&log_fn);

	if ((fn == NULL && diverted == NULL) || (muted != NULL && atomic_load(muted)))
		return;
	va_start(args, format);
	if (vsnprintf(line, sizeof(line), format, args) < 0)
		line[0] = '\0';
	va_end(args);

	/* A file name may hold a newline, and a newline would forge a second line. */
	for (char *c = line; *c != '\0'; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	}
	if (diverted != NULL)
		diverted(level, line, diverted_arg);
	else
		send_to_all(level, line);
	errno = saved;
}
