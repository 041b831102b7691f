/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Bytes as Bech32. The lines are those of BIP 173 whose symbols are whole bytes.
 */
#include <stdio.h>
#include <string.h>

#include "lib/hex.h"
#include "lib/runner.h"
#include "util/bech32.h"

static struct sg_secret *text, *bytes;
static size_t wrong;

static void tear_down(void)
{
	sg_secret_free(&text);
	sg_secret_free(&bytes);
}

static const struct { const char *prefix, *bytes, *line; } known[] = {
	{ "a", "", "a12uel5l" },
	{ "abcdef", "00443214c74254b635cf84653a56d7c675be77df",
	  "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw" },
	{ "split", "c5f38b70305f519bf66d85fb6cf03058f3dde463ecd7918f2dc743918f2d",
	  "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w" },
};

static struct sg_bytes bytes_of(int i)
{
	return known[i].bytes[0] == '\0' ? sg_bytes(NULL, 0) : hex(known[i].bytes);
}

static enum sg_err read_line(const char *prefix, const char *line, size_t len)
{
	sg_secret_free(&bytes);
	return sg_bech32_read(prefix, sg_bytes_str(line), len, &bytes, &wrong);
}

START_TEST(lines_of_the_standard_are_read_and_written)
{
	struct sg_bytes want = bytes_of(_i);

	ck_assert_int_eq(read_line(known[_i].prefix, known[_i].line, want.len), SG_OK);
	assert_bytes(sg_secret_bytes(bytes), want);
	ck_assert_int_eq(sg_bech32_write(known[_i].prefix, want, false, &text), SG_OK);
	assert_bytes(sg_secret_bytes(text), sg_bytes_str(known[_i].line));
}
END_TEST

START_TEST(large_letters_are_written_and_read)
{
	ck_assert_int_eq(sg_bech32_write("a-b", hex("00ff10"), true, &text), SG_OK);
	for (size_t i = 0; i < text->len; i++)
		ck_assert(text->data[i] < 'a');
	ck_assert_int_eq(sg_bech32_read("a-b", sg_secret_bytes(text), 3, &bytes, &wrong), SG_OK);
	assert_bytes(sg_secret_bytes(bytes), hex("00ff10"));
}
END_TEST

/* Each other character in each place: the place is told. */
START_TEST(one_wrong_character_is_named)
{
	char line[64];

	snprintf(line, sizeof line, "%s", known[1].line);
	for (size_t at = strlen("abcdef1"); line[at] != '\0'; at++) {
		const char right = line[at];

		for (int c = 1; c < 256; c++) {
			if (c == right || (right >= 'a' && c == right - 0x20))
				continue;
			line[at] = (char)c;
			ck_assert_int_eq(read_line("abcdef", line, 20), SG_ERR_FORMAT);
			ck_assert_uint_eq(wrong, at + 1);
			ck_assert_ptr_null(bytes);
		}
		line[at] = right;
	}
}
END_TEST

START_TEST(several_are_noticed)
{
	ck_assert_int_eq(read_line("abcdef", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqwx", 20),
	                 SG_ERR_FORMAT);
	ck_assert_int_eq(read_line("abcdef", "abcdef1zpyrq9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", 20),
	                 SG_ERR_FORMAT);
}
END_TEST

START_TEST(another_prefix_or_length_is_refused)
{
	ck_assert_int_eq(read_line("abcdeg", known[1].line, 20), SG_ERR_ARG);
	ck_assert_int_eq(read_line("abcde", known[1].line, 20), SG_ERR_ARG);
	ck_assert_int_eq(read_line("abcdef", "abcdef", 20), SG_ERR_ARG);
	ck_assert_int_eq(read_line("abcdef", "", 20), SG_ERR_ARG);
	ck_assert_int_eq(read_line("abcdef", known[1].line, 21), SG_ERR_RANGE);
	ck_assert_int_eq(read_line("abcdef", "abcdef1", 20), SG_ERR_RANGE);
	ck_assert_int_eq(sg_bech32_write("a", repeat(0, 60), false, &text), SG_ERR_RANGE);
}
END_TEST

/* 32 bytes are 52 symbols, the last with four bits that nothing stands for. */
START_TEST(bits_that_stand_for_nothing_are_zero)
{
	ck_assert_int_eq(sg_bech32_write("a", hex("ffff"), false, &text), SG_OK);
	ck_assert_int_eq(sg_bech32_read("a", sg_secret_bytes(text), 2, &bytes, &wrong), SG_OK);
	ck_assert_int_eq(read_line("a", "a1llll5wdftt", 2), SG_ERR_FORMAT);
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("bech32");
	TCase *tcase = tcase_create("bech32");

	tcase_add_checked_fixture(tcase, NULL, tear_down);
	tcase_add_loop_test(tcase, lines_of_the_standard_are_read_and_written, 0,
	                    sizeof known / sizeof known[0]);
	tcase_add_test(tcase, large_letters_are_written_and_read);
	tcase_add_test(tcase, one_wrong_character_is_named);
	tcase_add_test(tcase, several_are_noticed);
	tcase_add_test(tcase, another_prefix_or_length_is_refused);
	tcase_add_test(tcase, bits_that_stand_for_nothing_are_zero);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
