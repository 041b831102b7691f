/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Where details of a failure go. The library is silent by default: a
 * line goes to a callback if one is set and nowhere else. A line never holds a
 * secret, a PIN or a key, in any form.
 */
#ifndef SG_UTIL_LOG_H
#define SG_UTIL_LOG_H

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>

enum sg_log_level {
	SG_LOG_ERROR,           /* the cause of an error that is being returned */
	SG_LOG_NOTICE,          /* something the administrator wants to know */
	SG_LOG_DEBUG,
};

/* One complete sentence without a newline; it is valid during the call only. */
typedef void (*sg_log_fn)(enum sg_log_level level, const char *line, void *arg);

/* Set the callback, or NULL for silence. It is called by one thread at a time, and must not log. */
void sg_log_set(sg_log_fn fn, void *arg);

/* Send lines to syslog, facility LOG_AUTHPRIV, each after "signet: ". The identity stays the
 * one of the program that loaded us. */
void sg_log_to_syslog(void);

/* Let this thread send nothing while *when is true; NULL ends that. It must outlive the thread, or
 * that end. */
void sg_log_mute(const atomic_bool *when);

/* Send what this thread logs to fn alone, until this is called with NULL. fn may be in several
 * threads at a time. */
void sg_log_divert(sg_log_fn fn, void *arg);

/* Format and send one line; longer than 511 bytes is cut. errno is kept. */
void sg_log(enum sg_log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
