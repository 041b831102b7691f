/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/date.c.
 */
#include "core/date.h"

#include <string.h>

#include "lib/runner.h"

static struct sg_bytes day(const char *text)
{
	return sg_bytes_str(text);
}

static const uint8_t *today(const char *text)
{
	return (const uint8_t *)text;
}

START_TEST(days_of_the_calendar_are_valid)
{
	static const char *const good[] = {
		"00010101", "19991231", "20260731", "20240229", "20000229", "99991231",
	};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		ck_assert_msg(sg_date_valid(day(good[i])), "%s", good[i]);
}
END_TEST

START_TEST(other_digits_are_none)
{
	static const char *const bad[] = {
		"", "2026", "2026073", "202607311", "00000101", "20260001", "20261301", "20260100",
		"20260132", "20260431", "20260230", "20250229", "19000229", "2026 101", "20260 01",
		"2026010 ", "-2026101", "2026-1-1", "2026010a", "\xb2\xb0""260101",
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(!sg_date_valid(day(bad[i])), "%s", bad[i]);
	ck_assert(!sg_date_valid(sg_bytes("2026\0101", 8)));
}
END_TEST

START_TEST(a_moment_has_its_day_in_utc)
{
	static const struct {
		time_t moment;
		const char *day;
	} cases[] = {
		{ 0, "19700101" }, { 86399, "19700101" }, { 86400, "19700102" }, { -1, "19691231" },
		{ 951782400, "20000229" }, { 253402300799, "99991231" },
		{ 253402300800, "99991231" }, { INT64_MAX, "99991231" },
	};
	uint8_t out[SG_DATE];

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		sg_date_of(cases[i].moment, out);
		ck_assert_mem_eq(out, cases[i].day, SG_DATE);
		ck_assert(sg_date_valid(sg_bytes(out, SG_DATE)));
	}
}
END_TEST

START_TEST(both_limits_are_included)
{
	ck_assert(sg_date_within(today("20260731"), day("20260731"), day("20260731")));
	ck_assert(sg_date_within(today("20260731"), day("20260730"), day("20270101")));
	ck_assert(!sg_date_within(today("20260731"), day("20260801"), day("20270101")));
	ck_assert(!sg_date_within(today("20260731"), day("20260101"), day("20260730")));
}
END_TEST

START_TEST(an_empty_limit_is_none)
{
	ck_assert(sg_date_within(today("20260731"), day(""), day("")));
	ck_assert(sg_date_within(today("20260731"), day("20260731"), day("")));
	ck_assert(!sg_date_within(today("20260731"), day("20260801"), day("")));
	ck_assert(sg_date_within(today("20260731"), day(""), day("20260731")));
	ck_assert(!sg_date_within(today("20260731"), day(""), day("20260730")));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("date");
	TCase *tc = tcase_create("date");

	suite_add_tcase(s, tc);
	tcase_add_test(tc, days_of_the_calendar_are_valid);
	tcase_add_test(tc, other_digits_are_none);
	tcase_add_test(tc, a_moment_has_its_day_in_utc);
	tcase_add_test(tc, both_limits_are_included);
	tcase_add_test(tc, an_empty_limit_is_none);
	return s;
}

int main(void)
{
	return test_run(suite());
}
