/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Bytes as words. The addresses and their words are those of the proposal.
 */
#include <stdio.h>

#include "lib/hex.h"
#include "lib/runner.h"
#include "util/proquint.h"

static struct sg_secret *text, *bytes;
static size_t wrong;

static void tear_down(void)
{
	sg_secret_free(&text);
	sg_secret_free(&bytes);
}

static const struct { const char *bytes, *words; } known[] = {
	{ "7f000001", "lusab babad" }, { "3f54dcc1", "gutih tugad" },
	{ "3f760723", "gutuk bisog" }, { "8c62c18d", "mudof sakat" },
	{ "40ff06c8", "haguz biram" }, { "801e342d", "mabiv gibot" },
	{ "93437702", "natag lisaf" }, { "d43afd44", "tibup zujah" },
	{ "d82344d7", "tobog higil" }, { "d844e815", "todah vobij" },
	{ "c6518188", "sinid makam" }, { "0c6e6ecc", "budov kuras" },
};

START_TEST(the_words_are_those_of_the_proposal)
{
	char line[16];

	snprintf(line, sizeof line, "%s\n", known[_i].words);
	ck_assert_int_eq(sg_proquint_read(sg_bytes_str(line), &bytes, &wrong), SG_OK);
	assert_bytes(sg_secret_bytes(bytes), hex(known[_i].bytes));
	ck_assert_int_eq(sg_proquint_write(sg_secret_bytes(bytes), &text), SG_OK);
	assert_bytes(sg_secret_bytes(text), sg_bytes_str(line));
}
END_TEST

START_TEST(each_pair_of_bytes_comes_back)
{
	uint8_t all[512];

	for (int high = 0; high < 256; high++) {
		for (int low = 0; low < 256; low++) {
			all[2 * low] = (uint8_t)high;
			all[2 * low + 1] = (uint8_t)low;
		}
		ck_assert_int_eq(sg_proquint_write(sg_bytes(all, sizeof all), &text), SG_OK);
		ck_assert_int_eq(sg_proquint_read(sg_secret_bytes(text), &bytes, &wrong), SG_OK);
		assert_bytes(sg_secret_bytes(bytes), sg_bytes(all, sizeof all));
		tear_down();
	}
}
END_TEST

START_TEST(lines_have_six_words)
{
	ck_assert_int_eq(sg_proquint_write(repeat(0, 15), &text), SG_OK);
	assert_bytes(sg_secret_bytes(text),
	             sg_bytes_str("babab babab babab babab babab babab\nbabab babab\n"));
}
END_TEST

START_TEST(people_write_as_they_like)
{
	ck_assert_int_eq(sg_proquint_read(sg_bytes_str("  LUSAB-babad\r\n\tGutih  tugad"), &bytes,
	                                  &wrong), SG_OK);
	assert_bytes(sg_secret_bytes(bytes), hex("7f0000013f54dcc1"));
}
END_TEST

static const struct { const char *text; size_t wrong; } no_words[] = {
	{ "", 0 }, { " \n", 0 }, { "lusa", 1 }, { "lusabb", 1 }, { "lusab babae", 2 },
	{ "lusab cabad", 2 }, { "lusab babad lusba", 3 }, { "1usab", 1 }, { "lus\001b", 1 },
};

START_TEST(what_is_no_word_is_named)
{
	ck_assert_int_eq(sg_proquint_read(sg_bytes_str(no_words[_i].text), &bytes, &wrong),
	                 SG_ERR_FORMAT);
	ck_assert_uint_eq(wrong, no_words[_i].wrong);
	ck_assert_ptr_null(bytes);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("proquint");
	TCase *tcase = tcase_create("proquint");

	tcase_add_checked_fixture(tcase, NULL, tear_down);
	tcase_add_loop_test(tcase, the_words_are_those_of_the_proposal, 0,
	                    sizeof known / sizeof known[0]);
	tcase_add_test(tcase, each_pair_of_bytes_comes_back);
	tcase_add_test(tcase, lines_have_six_words);
	tcase_add_test(tcase, people_write_as_they_like);
	tcase_add_loop_test(tcase, what_is_no_word_is_named, 0,
	                    sizeof no_words / sizeof no_words[0]);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
