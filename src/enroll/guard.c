/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The text of guards, and what they allow.
 */
#include "enroll/guard.h"

#include <string.h>

#define DAY 86400
#define MINUTES 1440
#define EVERY_DAY 0x7fu
#define THURSDAY 4                      /* the day of Unix second 0 */

static const char *const day_names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

/* Read two digits. */
static bool two(const uint8_t *at, unsigned max, unsigned *out)
{
	if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
		return false;
	*out = (unsigned)(at[0] - '0') * 10 + (unsigned)(at[1] - '0');
	return *out <= max;
}

/* Read HH:MM. */
static bool read_minute(const uint8_t *at, unsigned *out)
{
	unsigned hour, minute;

	if (!two(at, 24, &hour) || at[2] != ':' || !two(at + 3, 59, &minute))
		return false;
	*out = hour * 60 + minute;
	return *out <= MINUTES;
}

static bool read_between(struct sg_bytes text, struct sg_guard *out)
{
	return text.len == strlen("00:00-00:00") && text.data[5] == '-' &&
	       read_minute(text.data, &out->first) && read_minute(text.data + 6, &out->last) &&
	       out->first < MINUTES && out->first != out->last;
}

static bool read_days(struct sg_bytes text, struct sg_guard *out)
{
	out->days = 0;
	for (;;) {
		unsigned day = 0;

		while (day < 7 && (text.len < 3 || memcmp(text.data, day_names[day], 3) != 0))
			day++;
		if (day == 7 || (out->days >> day & 1) != 0)
			return false;
		out->days |= 1u << day;
		if (text.len == 3)
			return true;
		if (text.data[3] != ',')
			return false;
		text = sg_bytes(text.data + 4, text.len - 4);
	}
}

static bool read_from(struct sg_bytes text, struct sg_guard *out)
{
	return sg_nets_read(text, &out->from);
}

static bool read_zone(struct sg_bytes text, struct sg_guard *out)
{
	if (!sg_zone_name_is(text))
		return false;
	memcpy(out->zone, text.data, text.len);
	out->zone[text.len] = '\0';
	return true;
}

static const struct {
	const char *name;
	bool (*read)(struct sg_bytes text, struct sg_guard *out);
	bool timed;
} clauses[] = {
	{ "from=", read_from, false },
	{ "between=", read_between, true },
	{ "days=", read_days, true },
	{ "zone=", read_zone, true },
};

#define CLAUSES (sizeof clauses / sizeof clauses[0])

/* Read one clause, which may be there once. */
static bool read_clause(struct sg_bytes text, struct sg_guard *out, bool seen[CLAUSES])
{
	for (size_t i = 0; i < CLAUSES; i++) {
		const size_t len = strlen(clauses[i].name);

		if (text.len <= len || memcmp(text.data, clauses[i].name, len) != 0)
			continue;
		if (seen[i])
			return false;
		seen[i] = true;
		out->timed = out->timed || clauses[i].timed;
		return clauses[i].read(sg_bytes(text.data + len, text.len - len), out);
	}
	return false;
}

bool sg_guard_read(const char *text, struct sg_guard *out)
{
	bool seen[CLAUSES] = { false };

	*out = (struct sg_guard){ .last = MINUTES, .days = EVERY_DAY };
	if (text[0] == '\0')
		return true;
	for (;;) {
		const size_t len = strcspn(text, " ");

		if (!read_clause(sg_bytes(text, len), out, seen))
			return false;
		if (text[len] == '\0')
			break;
		text += len + 1;
	}
	/* A zone alone says nothing, and so is a mistake. */
	return seen[3] ? seen[1] || seen[2] : true;
}

/* Round down, also below zero. */
static int64_t days_of(int64_t seconds)
{
	return seconds >= 0 ? seconds / DAY : -((-seconds + DAY - 1) / DAY);
}

static bool on_day(const struct sg_guard *guard, int64_t day)
{
	const int64_t of_week = ((day + THURSDAY) % 7 + 7) % 7;

	return (guard->days >> of_week & 1) != 0;
}

/* A time that goes over midnight belongs to the day on which it began. */
static bool in_time(const struct sg_guard *guard, int64_t local)
{
	const int64_t day = days_of(local);
	const unsigned minute = (unsigned)((local - day * DAY) / 60);

	if (guard->first < guard->last)
		return minute >= guard->first && minute < guard->last && on_day(guard, day);
	return (minute >= guard->first && on_day(guard, day)) ||
	       (minute < guard->last && on_day(guard, day - 1));
}

bool sg_guard_allows(const struct sg_guard *guard, struct sg_bytes source, int64_t now,
                     int32_t offset)
{
	if (guard->from.n > 0 && !sg_nets_have(&guard->from, source))
		return false;
	return !guard->timed || in_time(guard, now + offset);
}
