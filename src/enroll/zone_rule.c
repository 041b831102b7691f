/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The rule at the end of a zone's file.
 */
#include "enroll/zone_rule.h"

#include <string.h>

#define DAY 86400
#define HOUR 3600
#define HOURS_MAX 167                   /* in a time of day [RFC 9636 §3.3.1] */
#define YEAR_MAX INT64_C(100000)

/* What is left of the text; a failure sticks. */
struct text {
	struct sg_bytes rest;
	bool failed;
};

static uint8_t peek(const struct text *t)
{
	return !t->failed && t->rest.len > 0 ? t->rest.data[0] : 0;
}

static bool take(struct text *t, uint8_t c)
{
	if (peek(t) != c || c == 0)
		return false;
	t->rest = sg_bytes(t->rest.data + 1, t->rest.len - 1);
	return true;
}

static void expect(struct text *t, uint8_t c)
{
	if (!take(t, c))
		t->failed = true;
}

static int number(struct text *t, int min, int max)
{
	int n = 0, digits = 0;

	while (peek(t) >= '0' && peek(t) <= '9' && digits < 3) {
		n = n * 10 + (peek(t) - '0');
		(void)take(t, peek(t));
		digits++;
	}
	if (digits == 0 || n < min || n > max)
		t->failed = true;
	return n;
}

/* A name of letters, or of more in angle brackets. It says nothing to us. */
static void name(struct text *t)
{
	const bool quoted = take(t, '<');
	size_t n = 0;

	while (peek(t) != 0) {
		const uint8_t c = peek(t);
		const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!letter && !(quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-')))
			break;
		(void)take(t, c);
		n++;
	}
	if (n < 3)
		t->failed = true;
	if (quoted)
		expect(t, '>');
}

/* [+-]hh[:mm[:ss]] in seconds. */
static int32_t clock_time(struct text *t, int hours)
{
	const bool minus = take(t, '-');
	int32_t seconds;

	if (!minus)
		(void)take(t, '+');
	seconds = number(t, 0, hours) * HOUR;
	if (take(t, ':'))
		seconds += number(t, 0, 59) * 60;
	if (take(t, ':'))
		seconds += number(t, 0, 59);
	return minus ? -seconds : seconds;
}

static struct sg_zone_day day(struct text *t)
{
	struct sg_zone_day day = { .kind = SG_ZONE_ORDINAL, .time = 2 * HOUR };

	if (take(t, 'M')) {
		day.kind = SG_ZONE_WEEKDAY;
		day.month = number(t, 1, 12);
		expect(t, '.');
		day.week = number(t, 1, 5);
		expect(t, '.');
		day.day = number(t, 0, 6);
	} else if (take(t, 'J')) {
		day.kind = SG_ZONE_JULIAN;
		day.day = number(t, 1, 365);
	} else {
		day.day = number(t, 0, 365);
	}
	if (take(t, '/'))
		day.time = clock_time(t, HOURS_MAX);
	return day;
}

bool sg_zone_rule_read(struct sg_bytes bytes, struct sg_zone_rule *out)
{
	struct text t = { bytes, false };

	*out = (struct sg_zone_rule){ .changes = false };
	name(&t);
	/* It says how far the clocks are behind. */
	out->standard = -clock_time(&t, 24);
	if (t.failed || t.rest.len == 0)
		return !t.failed;
	out->changes = true;
	name(&t);
	out->summer = peek(&t) != ',' ? -clock_time(&t, 24) : out->standard + HOUR;
	expect(&t, ',');
	out->begins = day(&t);
	expect(&t, ',');
	out->ends = day(&t);
	return !t.failed && t.rest.len == 0;
}

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Return the days from 1970-01-01 to the first of January of a year. */
static int64_t days_before(int64_t year)
{
	const int64_t y = year - 1;

	return 365 * (year - 1970) + (y / 4 - y / 100 + y / 400) -
	       (1969 / 4 - 1969 / 100 + 1969 / 400);
}

static int64_t year_of(int64_t at)
{
	const int64_t days = at / DAY;
	int64_t year = 1970 + days / 366;

	if (at < 0 || year > YEAR_MAX)
		return 1970;
	while (days_before(year + 1) <= days)
		year++;
	return year;
}

/* Return the day of the year, from 0, on which the n-th such weekday of a month is. */
static int64_t weekday(const struct sg_zone_day *day, int64_t year)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	const int length = lengths[day->month - 1] + (day->month == 2 && is_leap(year));
	int64_t first = 0;
	int of_month;

	for (int i = 0; i < day->month - 1; i++)
		first += lengths[i] + (i == 1 && is_leap(year));
	/* The first day of 1970 was a Thursday. */
	of_month = (int)((day->day - (days_before(year) + first + 4) % 7 + 14) % 7);
	of_month += 7 * (day->week - 1);
	while (of_month >= length)
		of_month -= 7;
	return first + of_month;
}

/* Return the Unix second at which it is then, by clocks that are so far ahead. */
static int64_t moment(const struct sg_zone_day *day, int64_t year, int32_t offset)
{
	int64_t n = day->day;

	if (day->kind == SG_ZONE_WEEKDAY)
		n = weekday(day, year);
	else if (day->kind == SG_ZONE_JULIAN)
		n = day->day - 1 + (is_leap(year) && day->day >= 60);
	return (days_before(year) + n) * DAY + day->time - offset;
}

/* The last change before a time says what holds; one of the year before may come late. */
int32_t sg_zone_rule_offset(const struct sg_zone_rule *rule, int64_t at)
{
	const int64_t year = year_of(at);
	int64_t latest = INT64_MIN;
	int32_t offset = rule->standard;

	for (int64_t y = year - 1; rule->changes && y <= year + 1; y++) {
		const int64_t begins = moment(&rule->begins, y, rule->standard);
		const int64_t ends = moment(&rule->ends, y, rule->summer);

		if (begins <= at && begins > latest) {
			latest = begins;
			offset = rule->summer;
		}
		/* Where both are at once, as in a zone that is always ahead, summer it is. */
		if (ends <= at && ends > latest) {
			latest = ends;
			offset = rule->standard;
		}
	}
	return offset;
}
