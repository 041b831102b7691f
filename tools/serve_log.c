/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The lines that a server writes.
 */
#include "tools/serve_log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *or_none(const char *word)
{
	return word != NULL ? word : "-";
}

void serve_log(const struct serve_line *line)
{
	struct timespec now = { 0, 0 };
	char text[256], at[32];
	time_t second = time(NULL);
	struct tm tm;
	long ms;
	int len;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (now.tv_sec - line->began.tv_sec) * 1000 +
	     (now.tv_nsec - line->began.tv_nsec) / 1000000;
	if (gmtime_r(&second, &tm) == NULL ||
	    strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		strcpy(at, "-");
	len = snprintf(text, sizeof text, "%s %s %s %u %s %ldms\n", at, line->source,
	               or_none(line->place), line->status, or_none(line->why), ms);
	/* Who reads the log is gone: the server goes on. */
	if (len > 0 && (size_t)len < sizeof text && write(STDERR_FILENO, text, (size_t)len) != len)
		return;
}
