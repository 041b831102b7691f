/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. How long servers are waited for.
 */
#include "tools/timeout.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "tools/fail.h"

#define SECONDS_MAX 86400

enum tool_exit tool_timeout_read(const struct tool *tool, long otherwise, long *seconds)
{
	const char *text = tool->value[OPT_TIMEOUT];
	char *end;

	*seconds = otherwise;
	if (text == NULL)
		return TOOL_OK;
	errno = 0;
	*seconds = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || *seconds < 1 || *seconds > SECONDS_MAX)
		return tool_fail(TOOL_USAGE, NULL, "--timeout is a number of seconds from 1 to %d",
		                 SECONDS_MAX);
	return TOOL_OK;
}

void tool_timeout_sleep(long ms)
{
	struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&pause, &pause) != 0 && errno == EINTR)
		;
}
