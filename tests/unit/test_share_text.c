/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Shares as words and as base64: what was mistyped is named.
 */
#include <stdio.h>
#include <string.h>

#include "core/share_text.h"
#include "lib/hex.h"
#include "lib/runner.h"

static struct sg_secret *secret, *text;
static struct sg_share share[2], back;
static size_t wrong;

static void set_up(void)
{
	ck_assert_int_eq(sg_secret_copy(repeat(0xa5, SG_SHARE_SECRET), &secret), SG_OK);
	ck_assert_int_eq(sg_share_make(secret, 2, 2, share), SG_OK);
}

static void tear_down(void)
{
	sg_share_clear(&share[0]);
	sg_share_clear(&share[1]);
	sg_share_clear(&back);
	sg_secret_free(&secret);
	sg_secret_free(&text);
}

static enum sg_err read_text(void)
{
	sg_share_clear(&back);
	return sg_share_text_read(sg_secret_bytes(text), &back, &wrong);
}

static void comes_back(void)
{
	ck_assert_int_eq(read_text(), SG_OK);
	ck_assert_uint_eq(wrong, 0);
	assert_bytes(sg_secret_bytes(back.part), sg_secret_bytes(share[1].part));
	assert_bytes(sg_bytes(back.id, SG_SHARE_ID), sg_bytes(share[1].id, SG_SHARE_ID));
}

START_TEST(words_come_back)
{
	ck_assert_int_eq(sg_share_text_write(&share[1], SG_SHARE_WORDS, &text), SG_OK);
	ck_assert_uint_eq(sg_share_text_count(sg_secret_bytes(text)), SG_SHARE_TEXT_WORDS);
	ck_assert(sg_share_text_is_words(sg_secret_bytes(text)));
	comes_back();
	for (size_t i = 0; i < text->len; i++)
		if (text->data[i] >= 'a')
			text->data[i] ^= 0x20;
		else
			text->data[i] = '-';
	comes_back();
}
END_TEST

/* Read a text in the place of what was written. */
static void read_instead(const char *instead)
{
	sg_secret_free(&text);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str(instead), &text), SG_OK);
	sg_share_text_clean(text);
}

START_TEST(what_stands_before_shown_words_is_passed_over)
{
	char shown[1024];
	size_t len = 0;

	ck_assert_int_eq(sg_share_text_write(&share[1], SG_SHARE_WORDS, &text), SG_OK);
	for (size_t at = 0; at < text->len; at += 36)
		len += (size_t)snprintf(shown + len, sizeof shown - len,
		                        "    words %2zu to %2zu:  %.*s", at / 6 + 1, at / 6 + 6,
		                        (int)(text->len - at < 36 ? text->len - at : 36),
		                        (const char *)text->data + at);
	read_instead(shown);
	comes_back();
}
END_TEST

static const char *const no_head[] = {
	"", "words", "words 1 to", "words to 6:", "words 1 6:", "words 1 to 6", "wordsab 1 to 6:",
	"a words 1 to 6:", "# words 1 to 6:",
};

START_TEST(nothing_else_is_passed_over)
{
	read_instead(no_head[_i]);
	assert_bytes(sg_secret_bytes(text), sg_bytes_str(no_head[_i]));
}
END_TEST

START_TEST(base64_comes_back)
{
	ck_assert_int_eq(sg_share_text_write(&share[1], SG_SHARE_BASE64, &text), SG_OK);
	ck_assert_uint_eq(text->len, 76);
	ck_assert(!sg_share_text_is_words(sg_secret_bytes(text)));
	comes_back();
	text->data[40] ^= 1;
	ck_assert_int_ne(read_text(), SG_OK);
}
END_TEST

/* Another letter of the same kind makes another word that there is. */
START_TEST(each_mistyped_letter_is_told_by_the_number_of_its_word)
{
	static const char consonants[] = "bdfghjklmnprstvz", vowels[] = "aiou";

	ck_assert_int_eq(sg_share_text_write(&share[1], SG_SHARE_WORDS, &text), SG_OK);
	for (size_t i = 0; i < text->len; i++) {
		const uint8_t right = text->data[i];
		const char *kind = i % 6 % 2 == 0 ? consonants : vowels;

		if (i % 6 == 5)
			continue;
		text->data[i] = (uint8_t)(right == kind[2] ? kind[1] : kind[2]);
		ck_assert_int_eq(read_text(), SG_ERR_TAG);
		ck_assert_uint_eq(wrong, i / 6 + 1);
		text->data[i] = 'x';
		ck_assert_int_eq(read_text(), SG_ERR_TAG);
		ck_assert_uint_eq(wrong, i / 6 + 1);
		text->data[i] = right;
	}
	comes_back();
}
END_TEST

START_TEST(two_words_that_changed_places_are_noticed)
{
	uint8_t word[5];

	ck_assert_int_eq(sg_share_text_write(&share[1], SG_SHARE_WORDS, &text), SG_OK);
	memcpy(word, text->data + 72, 5);
	memcpy(text->data + 72, text->data + 78, 5);
	memcpy(text->data + 78, word, 5);
	ck_assert_int_eq(read_text(), SG_ERR_TAG);
}
END_TEST

START_TEST(words_that_are_missing_or_too_many_are_noticed)
{
	ck_assert_int_eq(sg_share_text_write(&share[1], SG_SHARE_WORDS, &text), SG_OK);
	text->len -= 6;
	ck_assert_int_eq(read_text(), SG_ERR_RANGE);
	sg_secret_free(&text);
	ck_assert_int_eq(sg_secret_copy(repeat(' ', 8), &text), SG_OK);
	ck_assert_int_eq(read_text(), SG_ERR_FORMAT);
	sg_secret_free(&text);
	ck_assert_int_eq(sg_secret_copy(repeat('b', SG_SHARE_TEXT_MAX + 1), &text), SG_OK);
	ck_assert_int_eq(read_text(), SG_ERR_FORMAT);
}
END_TEST

START_TEST(a_share_of_a_longer_secret_is_refused)
{
	struct sg_share other[2];

	sg_secret_free(&secret);
	ck_assert_int_eq(sg_secret_copy(repeat(0xa5, 48), &secret), SG_OK);
	ck_assert_int_eq(sg_share_make(secret, 2, 2, other), SG_OK);
	ck_assert_int_eq(sg_share_text_write(&other[0], SG_SHARE_WORDS, &text), SG_ERR_RANGE);
	sg_share_clear(&other[0]);
	sg_share_clear(&other[1]);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("share_text");
	TCase *tcase = tcase_create("share_text");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, words_come_back);
	tcase_add_test(tcase, what_stands_before_shown_words_is_passed_over);
	tcase_add_loop_test(tcase, nothing_else_is_passed_over, 0,
	                    sizeof no_head / sizeof no_head[0]);
	tcase_add_test(tcase, base64_comes_back);
	tcase_add_test(tcase, each_mistyped_letter_is_told_by_the_number_of_its_word);
	tcase_add_test(tcase, two_words_that_changed_places_are_noticed);
	tcase_add_test(tcase, words_that_are_missing_or_too_many_are_noticed);
	tcase_add_test(tcase, a_share_of_a_longer_secret_is_refused);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
