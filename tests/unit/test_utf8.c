/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of util/utf8.c.
 */
#include "util/utf8.h"

#include "lib/runner.h"

#define TEXT(s) sg_bytes(s, sizeof(s) - 1)

START_TEST(a_character_has_one_to_four_bytes)
{
	ck_assert_uint_eq(sg_utf8_len(TEXT("a")), 1);
	ck_assert_uint_eq(sg_utf8_len(TEXT("\0")), 1);
	ck_assert_uint_eq(sg_utf8_len(TEXT("\x7f")), 1);
	ck_assert_uint_eq(sg_utf8_len(TEXT("\xc2\x80")), 2);            /* U+0080 */
	ck_assert_uint_eq(sg_utf8_len(TEXT("\xdf\xbf")), 2);            /* U+07FF */
	ck_assert_uint_eq(sg_utf8_len(TEXT("\xe0\xa0\x80")), 3);        /* U+0800 */
	ck_assert_uint_eq(sg_utf8_len(TEXT("\xed\x9f\xbf")), 3);        /* U+D7FF */
	ck_assert_uint_eq(sg_utf8_len(TEXT("\xee\x80\x80")), 3);        /* U+E000 */
	ck_assert_uint_eq(sg_utf8_len(TEXT("\xef\xbf\xbf")), 3);        /* U+FFFF */
	ck_assert_uint_eq(sg_utf8_len(TEXT("\xf0\x90\x80\x80")), 4);    /* U+10000 */
	ck_assert_uint_eq(sg_utf8_len(TEXT("\xf4\x8f\xbf\xbf")), 4);    /* U+10FFFF */
}
END_TEST

START_TEST(what_follows_a_character_does_not_matter)
{
	ck_assert_uint_eq(sg_utf8_len(TEXT("a\xff")), 1);
	ck_assert_uint_eq(sg_utf8_len(TEXT("\xc3\xa9\x80")), 2);
}
END_TEST

START_TEST(nothing_is_no_character)
{
	ck_assert_uint_eq(sg_utf8_len(sg_bytes(NULL, 0)), 0);
	ck_assert(!sg_utf8_control(sg_bytes(NULL, 0)));
}
END_TEST

START_TEST(what_cannot_begin_a_character_is_none)
{
	for (unsigned lead = 0x80; lead <= 0xff; lead++) {
		uint8_t text[] = { (uint8_t)lead, 0x80, 0x80, 0x80, 0x80, 0x80 };
		bool begins = lead >= 0xc2 && lead <= 0xf4 && lead != 0xe0 && lead != 0xf0;

		ck_assert_msg((sg_utf8_len(sg_bytes(text, sizeof text)) > 0) == begins,
		              "0x%02x", lead);
	}
}
END_TEST

START_TEST(a_form_that_is_cut_short_is_no_character)
{
	static const char *const whole[] = { "\xc3\xa9", "\xe9\x8d\xb5", "\xf0\x9f\x94\x91" };

	for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
		ck_assert_uint_eq(sg_utf8_len(sg_bytes(whole[i], i + 2)), i + 2);
		for (size_t len = 0; len < i + 2; len++)
			ck_assert_uint_eq(sg_utf8_len(sg_bytes(whole[i], len)), 0);
	}
	ck_assert_uint_eq(sg_utf8_len(TEXT("\xc3(")), 0);
	ck_assert_uint_eq(sg_utf8_len(TEXT("\xe9\x8d(")), 0);
	ck_assert_uint_eq(sg_utf8_len(TEXT("\xf0\x9f\x94\xc1")), 0);
}
END_TEST

START_TEST(a_form_that_is_too_long_is_no_character)
{
	ck_assert_uint_eq(sg_utf8_len(TEXT("\xc0\xaf")), 0);
	ck_assert_uint_eq(sg_utf8_len(TEXT("\xc1\xbf")), 0);
	ck_assert_uint_eq(sg_utf8_len(TEXT("\xe0\x9f\xbf")), 0);
	ck_assert_uint_eq(sg_utf8_len(TEXT("\xf0\x8f\xbf\xbf")), 0);
}
END_TEST

START_TEST(numbers_that_unicode_does_not_have_are_no_characters)
{
	ck_assert_uint_eq(sg_utf8_len(TEXT("\xed\xa0\x80")), 0);        /* U+D800 */
	ck_assert_uint_eq(sg_utf8_len(TEXT("\xed\xbf\xbf")), 0);        /* U+DFFF */
	ck_assert_uint_eq(sg_utf8_len(TEXT("\xf4\x90\x80\x80")), 0);    /* U+110000 */
}
END_TEST

START_TEST(what_steers_a_terminal_is_told)
{
	ck_assert(sg_utf8_control(TEXT("\0")));
	ck_assert(sg_utf8_control(TEXT("\x1b[31m")));
	ck_assert(sg_utf8_control(TEXT("\x1f")));
	ck_assert(sg_utf8_control(TEXT("\x7f")));
	ck_assert(sg_utf8_control(TEXT("\xc2\x80")));
	ck_assert(sg_utf8_control(TEXT("\xc2\x9b")));                   /* another escape */
	ck_assert(sg_utf8_control(TEXT("\xc2\x9f")));
}
END_TEST

START_TEST(what_is_shown_steers_nothing)
{
	ck_assert(!sg_utf8_control(TEXT(" ")));
	ck_assert(!sg_utf8_control(TEXT("~")));
	ck_assert(!sg_utf8_control(TEXT("\xc2\xa0")));
	ck_assert(!sg_utf8_control(TEXT("\xf0\x9f\x94\x91")));
	ck_assert(!sg_utf8_control(TEXT("\x9b")));                      /* no character */
}
END_TEST

START_TEST(plain_text_has_neither_other_bytes_nor_controls)
{
	ck_assert(sg_utf8_plain(sg_bytes(NULL, 0)));
	ck_assert(sg_utf8_plain(TEXT("vault 1 \xf0\x9f\x94\x91")));
	ck_assert(!sg_utf8_plain(TEXT("vault\n")));
	ck_assert(!sg_utf8_plain(TEXT("vault\0")));
	ck_assert(!sg_utf8_plain(TEXT("vault\xc2\x9b")));
	ck_assert(!sg_utf8_plain(TEXT("vault\xff")));
	ck_assert(!sg_utf8_plain(TEXT("vault\xf0\x9f")));
}
END_TEST

START_TEST(direction_marks_are_invisible)
{
	static const char *const marks[] = {
		"\xd8\x9c", "\xe2\x80\x8e", "\xe2\x80\x8f",    /* U+061C, U+200E, U+200F */
		"\xe2\x80\xaa", "\xe2\x80\xae",                /* U+202A, U+202E */
		"\xe2\x81\xa6", "\xe2\x81\xa9",                /* U+2066, U+2069 */
	};

	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
		ck_assert_msg(sg_utf8_invisible(sg_bytes_str(marks[i])), "%zu", i);
}
END_TEST

START_TEST(what_a_program_may_ignore_is_invisible)
{
	ck_assert(sg_utf8_invisible(TEXT("\xc2\xad")));          /* U+00AD, soft hyphen */
	ck_assert(sg_utf8_invisible(TEXT("\xe2\x80\x8b")));      /* U+200B, zero width space */
	ck_assert(sg_utf8_invisible(TEXT("\xe2\x80\xa8")));      /* U+2028, line separator */
	ck_assert(sg_utf8_invisible(TEXT("\xe3\x85\xa4")));      /* U+3164, Hangul filler */
	ck_assert(sg_utf8_invisible(TEXT("\xef\xbb\xbf")));      /* U+FEFF, byte order mark */
	ck_assert(sg_utf8_invisible(TEXT("\xf3\xa0\x81\x81")));  /* U+E0041, tag letter */
}
END_TEST

START_TEST(what_is_seen_is_not_invisible)
{
	static const char *const seen[] = {
		"a", " ", "\xc2\xac", "\xc2\xae", "\xc3\xa9", "\xd7\x90", "\xe2\x80\x90",
		"\xe2\x80\xaf", "\xe9\x8d\xb5", "\xf0\x9f\x94\x91", "", "\xff",
	};

	for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++)
		ck_assert_msg(!sg_utf8_invisible(sg_bytes_str(seen[i])), "%zu", i);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("utf8");
	TCase *tc = tcase_create("utf8");

	tcase_add_test(tc, direction_marks_are_invisible);
	tcase_add_test(tc, what_a_program_may_ignore_is_invisible);
	tcase_add_test(tc, what_is_seen_is_not_invisible);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, a_character_has_one_to_four_bytes);
	tcase_add_test(tc, what_follows_a_character_does_not_matter);
	tcase_add_test(tc, nothing_is_no_character);
	tcase_add_test(tc, what_cannot_begin_a_character_is_none);
	tcase_add_test(tc, a_form_that_is_cut_short_is_no_character);
	tcase_add_test(tc, a_form_that_is_too_long_is_no_character);
	tcase_add_test(tc, numbers_that_unicode_does_not_have_are_no_characters);
	tcase_add_test(tc, what_steers_a_terminal_is_told);
	tcase_add_test(tc, what_is_shown_steers_nothing);
	tcase_add_test(tc, plain_text_has_neither_other_bytes_nor_controls);
	return s;
}

int main(void)
{
	return test_run(suite());
}
