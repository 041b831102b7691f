/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of enroll/zone.c, zone_rule.c and zones.c, against the C library's own reading of the same
 * files, which it can only do for the whole process.
 */
#include "enroll/zone.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "enroll/zone_rule.h"
#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"

static const char *const names[] = {
	"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca",
	"Asia/Kathmandu", "America/Argentina/Buenos_Aires", "Europe/Dublin", "Pacific/Apia",
	"Asia/Gaza", "America/Nuuk", "Antarctica/Troll",
};

static bool has_zones(void)
{
	return access(SG_ZONE_FOLDER "/Europe/Berlin", R_OK) == 0;
}

START_TEST(a_zone_says_what_the_c_library_says)
{
	const char *name = names[_i];
	struct sg_zone *zone = NULL;
	char *folder = scratch_make();

	if (has_zones()) {
		ck_assert_int_eq(sg_zone_load(SG_ZONE_FOLDER, name, &zone), SG_OK);
		ck_assert_int_eq(setenv("TZ", name, 1), 0);
		tzset();
		/* From 1972 to 2070: in the table, and behind it. */
		for (int64_t at = INT64_C(63072000); at < INT64_C(3155760000); at += 86400 * 3 + 3607) {
			const time_t then = (time_t)at;
			struct tm tm;

			ck_assert_ptr_nonnull(localtime_r(&then, &tm));
			ck_assert_msg(sg_zone_offset(zone, at) == (int32_t)tm.tm_gmtoff,
			              "%s at %lld: %d, not %ld", name, (long long)at,
			              (int)sg_zone_offset(zone, at), tm.tm_gmtoff);
		}
		sg_zone_free(&zone);
	}
	scratch_remove(&folder);
}
END_TEST

static int32_t by_rule(const char *text, int64_t at)
{
	struct sg_zone_rule rule;

	ck_assert_msg(sg_zone_rule_read(sg_bytes_str(text), &rule), "%s", text);
	return sg_zone_rule_offset(&rule, at);
}

START_TEST(a_rule_changes_at_the_second)
{
	const char *const text = "CET-1CEST,M3.5.0,M10.5.0/3";

	/* 2024-03-31 01:00 and 2024-10-27 01:00 UTC. */
	ck_assert_int_eq(by_rule(text, 1711846799), 3600);
	ck_assert_int_eq(by_rule(text, 1711846800), 7200);
	ck_assert_int_eq(by_rule(text, 1729990799), 7200);
	ck_assert_int_eq(by_rule(text, 1729990800), 3600);
	ck_assert_int_eq(by_rule("<+0330>-3:30", 0), 12600);
	/* In the south summer goes over the year's end. */
	ck_assert_int_eq(by_rule("AEST-10AEDT,M10.1.0,M4.1.0/3", 1704067200), 39600);
	ck_assert_int_eq(by_rule("EST5EDT,J60,J305", 1719792000), -14400);
	ck_assert_int_eq(by_rule("EST5EDT4,59/-1,300/25", 1704067200), -18000);
}
END_TEST

START_TEST(what_is_no_rule_is_refused)
{
	static const char *const texts[] = {
		"", "C-1", "CET", "CET-1CEST", "CET-25", "CET-1CEST,M13.1.0,M10.5.0",
		"CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,M3.5.0",
		"CET-1CEST,M3.5.0,M10.5.0/3x", "<CET-1", "CET-1CEST,J0,J5", "CET-1CEST,366,5",
		"CET-1CEST,M3.5.0/168,M10.5.0",
	};
	struct sg_zone_rule rule;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		ck_assert_msg(!sg_zone_rule_read(sg_bytes_str(texts[i]), &rule), "%s", texts[i]);
}
END_TEST

START_TEST(no_name_leads_out_of_the_folder)
{
	static const char *const texts[] = {
		"", "/", "..", "../passwd", "Europe/../../passwd", "/etc/localtime", "Europe/",
		"Europe//Berlin", ".hidden", "Europe/Ber lin", "-x",
	};
	struct sg_zone *zone = NULL;
	char *folder = scratch_make(), *link = scratch_path(folder, "Link");

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		ck_assert_int_eq(sg_zone_load(SG_ZONE_FOLDER, texts[i], &zone), SG_ERR_NOT_FOUND);
	ck_assert_int_eq(symlink("/etc/passwd", link), 0);
	ck_assert_int_eq(sg_zone_load(folder, "Link", &zone), SG_ERR_NOT_FOUND);
	ck_assert_int_eq(sg_zone_load(folder, "None", &zone), SG_ERR_NOT_FOUND);
	free(link);
	scratch_remove(&folder);
}
END_TEST

START_TEST(a_file_that_was_cut_or_changed_is_refused_or_read_within_its_bounds)
{
	struct sg_zone *zone = NULL;
	struct sg_buf file;

	if (!has_zones())
		return;
	file = test_file_read(SG_ZONE_FOLDER "/Europe/Berlin");
	for (size_t len = 0; len < file.len; len++)
		ck_assert_int_eq(sg_zone_read(sg_bytes(file.data, len), &zone), SG_ERR_FORMAT);
	for (size_t i = 0; i < file.len; i++) {
		file.data[i] ^= 0x81;
		if (sg_zone_read(sg_buf_bytes(&file), &zone) == SG_OK)
			(void)sg_zone_offset(zone, 1711468800);
		sg_zone_free(&zone);
		file.data[i] ^= 0x81;
	}
	sg_buf_free(&file);
}
END_TEST

START_TEST(zones_are_kept_and_more_of_them_than_fit_too)
{
	struct sg_zones *zones = NULL;
	int32_t offset;

	ck_assert_int_eq(sg_zones_new(SG_ZONE_FOLDER, &zones), SG_OK);
	ck_assert_int_eq(sg_zones_offset(zones, "No/Such", 0, &offset), SG_ERR_NOT_FOUND);
	for (size_t round = 0; has_zones() && round < 20; round++)
		for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
			ck_assert_int_eq(sg_zones_offset(zones, names[i],
			                                 1711468800 + 1000 * (int64_t)round, &offset),
			                 SG_OK);
	sg_zones_free(&zones);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("zone");
	TCase *tcase = tcase_create("zones");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_zone_says_what_the_c_library_says, 0,
	                    sizeof names / sizeof names[0]);
	tcase_add_test(tcase, a_rule_changes_at_the_second);
	tcase_add_test(tcase, what_is_no_rule_is_refused);
	tcase_add_test(tcase, no_name_leads_out_of_the_folder);
	tcase_add_test(tcase, a_file_that_was_cut_or_changed_is_refused_or_read_within_its_bounds);
	tcase_add_test(tcase, zones_are_kept_and_more_of_them_than_fit_too);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
