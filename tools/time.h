/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Spans and points of time in words.
 */
#ifndef TOOLS_TIME_H
#define TOOLS_TIME_H

#include <stddef.h>
#include <stdint.h>

/* Write "2 hours" or "90 seconds". */
void tool_span(uint32_t seconds, char *out, size_t size);

/* Write the local time so many seconds from now: "17:05", with the date if it is not today. */
void tool_until(uint32_t seconds, char *out, size_t size);

/* Write the local date and time of so many seconds since 1970: "2026-05-04 17:05". */
void tool_date(uint64_t seconds, char *out, size_t size);

#endif
