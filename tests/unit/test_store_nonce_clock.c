/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/nonce.c with a clock that was wrong, and of what it says of that and of files that
 * can't be used.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/runner.h"
#include "unit/nonces.h"
#include "util/log.h"

#define YEAR (INT64_C(365) * 86400)

static enum sg_err try_at(const char *value, int64_t now)
{
	enum sg_store_nonce answer;

	return nonces_try(value, now, now, &answer);
}

static char line[512];

static void keep_line(enum sg_log_level level, const char *text, void *arg)
{
	(void)level;
	(void)arg;
	snprintf(line, sizeof line, "%s", text);
}

/* It was set wrong, or nobody had set it yet. */
START_TEST(a_clock_that_was_a_year_ahead_for_a_moment_does_no_harm)
{
	char value[16];

	for (int i = 0; i < 3000; i++) {
		snprintf(value, sizeof value, "%d", i);
		ck_assert_int_eq(nonces_use_at(value, NOW, NOW), SG_NONCE_FRESH);
	}
	ck_assert_int_eq(nonces_use_at("ahead", NOW + YEAR, NOW + YEAR), SG_NONCE_FRESH);
	ck_assert_int_eq(nonces_use_at("also ahead", NOW + YEAR + 60, NOW + YEAR + 60), SG_NONCE_FRESH);
	/* Back again: what was taken is not taken twice, and what is new is. */
	for (int64_t late = 1; late < 400; late += 40) {
		snprintf(value, sizeof value, "late %d", (int)late);
		ck_assert_int_ne(nonces_use_at("7", NOW, NOW + late), SG_NONCE_FRESH);
		ck_assert_int_eq(nonces_use_at(value, NOW + late, NOW + late), SG_NONCE_FRESH);
		ck_assert_int_eq(nonces_use_at(value, NOW + late, NOW + late), SG_NONCE_SEEN);
	}
	ck_assert_int_eq(nonces_use_at("ahead", NOW + YEAR, NOW + YEAR), SG_NONCE_SEEN);
}
END_TEST

START_TEST(a_clock_that_was_ahead_for_long_is_told_of)
{
	char value[16];

	for (int64_t i = 0; i < 70 * WINDOW; i += 40) {
		snprintf(value, sizeof value, "%d", (int)i);
		ck_assert_int_eq(nonces_use_at(value, NOW + YEAR + i, NOW + YEAR + i), SG_NONCE_FRESH);
	}
	sg_log_set(keep_line, NULL);
	ck_assert_int_eq(nonces_use_at("now", NOW, NOW), SG_NONCE_UNSURE);
	ck_assert_msg(strstr(line, nonces_path) != NULL && strstr(line, "clock was ahead") != NULL &&
	              strstr(line, "wait 600 seconds") != NULL, "%s", line);
	/* Once in a minute. */
	line[0] = '\0';
	ck_assert_int_eq(nonces_use_at("now", NOW + 59, NOW + 59), SG_NONCE_UNSURE);
	ck_assert_str_eq(line, "");
	ck_assert_int_eq(nonces_use_at("now", NOW + 60, NOW + 60), SG_NONCE_UNSURE);
	ck_assert_str_ne(line, "");
	sg_log_set(NULL, NULL);
}
END_TEST

START_TEST(a_store_that_fails_is_named)
{
	sg_log_set(keep_line, NULL);
	ck_assert_int_eq(nonces_restart(), SG_OK);
	ck_assert_int_eq(nonces_use_at("b", NOW, NOW), SG_NONCE_FRESH);
	ck_assert_int_eq(unlink(nonces_path), 0);
	/* It is noticed when rows are moved, and from then on. */
	ck_assert_int_eq(nonces_use_at("a", NOW, NOW), SG_NONCE_FRESH);
	ck_assert_int_ne(try_at("c", NOW + 90), SG_OK);
	line[0] = '\0';
	ck_assert_int_ne(try_at("d", NOW + 90), SG_OK);
	ck_assert_msg(strstr(line, nonces_path) != NULL && strstr(line, "keeps no nonces") != NULL, "%s", line);
	sg_log_set(NULL, NULL);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("store_nonce_clock");
	TCase *tcase = tcase_create("store_nonce_clock");

	tcase_add_checked_fixture(tcase, nonces_setup, nonces_teardown);
	tcase_add_test(tcase, a_clock_that_was_a_year_ahead_for_a_moment_does_no_harm);
	tcase_add_test(tcase, a_clock_that_was_ahead_for_long_is_told_of);
	tcase_add_test(tcase, a_store_that_fails_is_named);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
