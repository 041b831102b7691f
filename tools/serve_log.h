/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The lines that a server writes on standard error: one for each request, and one for
 * each connection over which none came. Nothing in them is what a client wrote.
 */
#ifndef TOOLS_SERVE_LOG_H
#define TOOLS_SERVE_LOG_H

#include <time.h>

struct serve_line {
	struct timespec began;          /* by CLOCK_MONOTONIC */
	const char *source;             /* an address */
	const char *place;              /* NULL: none */
	unsigned status;                /* 0: nothing was answered */
	const char *why;                /* NULL: nothing to say */
};

/* Write a line about what is over now. Who reads the log may be gone. */
void serve_log(const struct serve_line *line);

#endif
