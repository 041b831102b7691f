/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Saying on standard error what failed, why, and what to do next:
 * "signet: what failed: sentence (details)" and a line with the next step. The
 * details are the lines that the library logged. Never a secret in any of them.
 */
#ifndef TOOLS_FAIL_H
#define TOOLS_FAIL_H

#include <stdbool.h>

#include "tools/exit.h"

/* Start gathering what the library logs; again after C_Initialize, which may redirect it. */
void tool_log_gather(void);

/* Tell what the library wants an administrator to know, from now on or no more. */
void tool_log_notices(bool told);

/* Forget what was gathered: before a call whose failure will be told. */
void tool_log_clear(void);

/* Return the gathered lines in one, "a; b", without the last where that is the
 * sentence of err. Empty where there is nothing. It is valid until the next call. */
const char *tool_log_lines(enum sg_err err);

/* Tell which cause stands behind a return value: the one whose sentence the library
 * logged last, since several causes share one return value. SG_OK: PKCS#11's own. */
enum sg_err tool_cause(CK_RV rv);

/* Tell that something failed, and return the exit code. The format says what. */
enum tool_exit tool_fail_err(enum sg_err err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
enum tool_exit tool_fail_rv(CK_RV rv, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same with a sentence of the caller's; advice may be NULL. */
enum tool_exit tool_fail(enum tool_exit code, const char *advice, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Note that what was asked for is done, so that only telling it can fail from here on: what
 * fails is told together with what was done, and the exit code is TOOL_UNTOLD. */
void tool_done(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Write one line to standard error after "signet: ". */
void tool_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
