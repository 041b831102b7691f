/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Spans and points of time.
 */
#include "tools/time.h"

#include <stdio.h>
#include <time.h>

void tool_span(uint32_t seconds, char *out, size_t size)
{
	static const struct {
		uint32_t seconds;
		const char *name;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" } };

	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		uint32_t n = seconds / units[i].seconds;

		if (n * units[i].seconds == seconds && (n > 0 || units[i].seconds == 1)) {
			snprintf(out, size, "%u %s%s", n, units[i].name, n == 1 ? "" : "s");
			return;
		}
	}
}

void tool_until(uint32_t seconds, char *out, size_t size)
{
	time_t now = time(NULL), then = now + (time_t)seconds + 60;     /* up to the full minute */
	struct tm today, day;

	if (localtime_r(&now, &today) == NULL || localtime_r(&then, &day) == NULL ||
	    strftime(out, size, today.tm_yday == day.tm_yday ? "%H:%M" : "%Y-%m-%d %H:%M",
	             &day) == 0)
		snprintf(out, size, "a later time");
}

void tool_date(uint64_t seconds, char *out, size_t size)
{
	time_t then = (time_t)seconds;
	struct tm day;

	if (localtime_r(&then, &day) == NULL || strftime(out, size, "%Y-%m-%d %H:%M", &day) == 0)
		snprintf(out, size, "at an unknown time");
}
