/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Days. Digits in the order of their weight compare as bytes do.
 */
#include "core/date.h"

#include <stdio.h>
#include <string.h>

#define YEAR_MAX 9999

/* Read n digits; -1 where one is none. */
static int digits(const uint8_t *d, size_t n)
{
	int value = 0;

	for (size_t i = 0; i < n; i++) {
		if (d[i] < '0' || d[i] > '9')
			return -1;
		value = 10 * value + (d[i] - '0');
	}
	return value;
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool sg_date_valid(struct sg_bytes date)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year, month, day;

	if (date.len != SG_DATE)
		return false;
	year = digits(date.data, 4);
	month = digits(date.data + 4, 2);
	day = digits(date.data + 6, 2);
	if (year < 1 || month < 1 || month > 12 || day < 1)
		return false;
	return day <= days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

void sg_date_of(time_t moment, uint8_t day[SG_DATE])
{
	char text[64];
	struct tm tm;

	if (gmtime_r(&moment, &tm) == NULL || tm.tm_year > YEAR_MAX - 1900) {
		memcpy(day, "99991231", SG_DATE);
		return;
	}
	snprintf(text, sizeof text, "%04d%02d%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	memcpy(day, text, SG_DATE);
}

bool sg_date_within(const uint8_t day[SG_DATE], struct sg_bytes start, struct sg_bytes end)
{
	return (start.len != SG_DATE || memcmp(day, start.data, SG_DATE) >= 0) &&
	       (end.len != SG_DATE || memcmp(day, end.data, SG_DATE) <= 0);
}
