/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of crypto/aes_cbc.c. Its blocks are tested in test_aes.c.
 */
#include "crypto/aes_cbc.h"

#include <string.h>

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define LONGEST 2600

static const uint8_t key[32] = { 'k', 'e', 'y' };
static const uint8_t iv[SG_AES_BLOCK] = { 1, 2, 3 };
static uint8_t text[LONGEST], cipher[LONGEST + 16], out[LONGEST + 32];

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (uint8_t)(i * 11 + i / 256);
}

static void teardown(void)
{
	sg_crypto_stop();
}

/* Put a message through in steps; *len gets the length of the output, which starts at the
 * message where in_place is true. */
static enum sg_err run(struct sg_cbc_form form, struct sg_bytes in, size_t step, bool in_place,
                       size_t *len)
{
	static uint8_t room[LONGEST + 16];
	struct sg_cbc *cbc = NULL;
	struct sg_bytes last;
	enum sg_err err;

	*len = 0;
	memcpy(room, in.data, in.len);
	ck_assert_int_eq(sg_cbc_new(form, sg_bytes(key, sizeof key), iv, &cbc), SG_OK);
	for (size_t at = 0; at < in.len; at += step) {
		size_t n = in.len - at < step ? in.len - at : step;
		size_t gives = sg_cbc_part_len(form, sg_cbc_held(cbc), n);
		uint8_t *to = in_place ? room + at : out + *len;

		/* What is given out may be longer than the part by what was held. */
		if (gives > n)
			to = out + *len;
		ck_assert_int_eq(sg_cbc_update(cbc, sg_bytes(room + at, n), to), SG_OK);
		if (to != out + *len)
			memcpy(out + *len, to, gives);
		*len += gives;
	}
	err = sg_cbc_final(cbc, &last);
	if (last.len > 0)
		memcpy(out + *len, last.data, last.len);
	*len += last.len;
	ck_assert_int_eq(sg_cbc_final(cbc, &last), err);
	ck_assert_int_eq(sg_cbc_update(cbc, sg_bytes(text, 1), out + sizeof out - 16), SG_ERR_ARG);
	sg_cbc_free(&cbc);
	return err;
}

static const struct sg_cbc_form pad = { true, true }, unpad = { false, true };
static const struct sg_cbc_form chain = { true, false }, unchain = { false, false };

START_TEST(padded_texts_of_every_length_come_back)
{
	for (size_t len = 0; len <= 70; len++)
		for (size_t step = 1; step <= 40; step++)
			for (int in_place = 0; in_place < 2; in_place++) {
				size_t n;

				ck_assert_int_eq(run(pad, sg_bytes(text, len), step, in_place, &n), SG_OK);
				ck_assert_uint_eq(n, (len / 16 + 1) * 16);
				memcpy(cipher, out, n);
				ck_assert_int_eq(run(unpad, sg_bytes(cipher, n), step, in_place, &n), SG_OK);
				assert_bytes(sg_bytes(out, n), sg_bytes(text, len));
			}
}
END_TEST

START_TEST(long_texts_in_parts_are_what_they_are_whole)
{
	static const size_t steps[] = { 1, 15, 16, 17, 1000, 1024, 1040, 1041, 2048, 2500, LONGEST };
	size_t n;

	ck_assert_int_eq(run(pad, sg_bytes(text, LONGEST), LONGEST, false, &n), SG_OK);
	memcpy(cipher, out, n);
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		for (int in_place = 0; in_place < 2; in_place++) {
			ck_assert_int_eq(run(pad, sg_bytes(text, LONGEST), steps[i], in_place, &n), SG_OK);
			ck_assert_mem_eq(out, cipher, n);
			ck_assert_int_eq(run(unpad, sg_bytes(cipher, n), steps[i], in_place, &n), SG_OK);
			assert_bytes(sg_bytes(out, n), sg_bytes(text, LONGEST));
		}
}
END_TEST

START_TEST(without_padding_only_whole_blocks_end)
{
	size_t n;

	for (size_t len = 0; len <= 64; len++) {
		enum sg_err want = len % 16 == 0 ? SG_OK : SG_ERR_RANGE;

		ck_assert_int_eq(run(chain, sg_bytes(text, len), 5, false, &n), want);
		ck_assert_int_eq(run(unchain, sg_bytes(text, len), 5, false, &n), want);
		ck_assert_uint_eq(n, len / 16 * 16);
	}
}
END_TEST

START_TEST(a_padded_ciphertext_is_whole_blocks_and_not_nothing)
{
	size_t n;

	for (size_t len = 0; len <= 64; len++)
		if (len % 16 != 0 || len == 0)
			ck_assert_int_eq(run(unpad, sg_bytes(text, len), 5, false, &n), SG_ERR_RANGE);
}
END_TEST

/* Every possible last byte, behind every padding that would be right. */
START_TEST(only_right_padding_is_taken)
{
	uint8_t block[16];
	size_t n;

	for (unsigned fill = 0; fill <= 16; fill++)
		for (unsigned count = 0; count <= 16; count++)
			for (unsigned last = 0; last < 256; last++) {
				memset(block, 0xee, sizeof block);
				memset(block + 16 - count, (int)fill, count);
				block[15] = (uint8_t)last;
				ck_assert_int_eq(run(chain, sg_bytes(block, 16), 16, false, &n), SG_OK);
				memcpy(cipher, out, 16);
				if (last >= 1 && last <= 16 && (last == 1 || (fill == last && count >= last))) {
					ck_assert_int_eq(run(unpad, sg_bytes(cipher, 16), 16, false, &n), SG_OK);
					ck_assert_uint_eq(n, 16 - last);
				} else {
					ck_assert_int_eq(run(unpad, sg_bytes(cipher, 16), 16, false, &n),
					                 SG_ERR_FORMAT);
					ck_assert_uint_eq(n, 0);
				}
			}
}
END_TEST

START_TEST(a_key_of_another_length_is_refused)
{
	struct sg_cbc *cbc = NULL;

	ck_assert_int_eq(sg_cbc_new(pad, repeat(1, 31), iv, &cbc), SG_ERR_RANGE);
	ck_assert_ptr_null(cbc);
	sg_cbc_free(&cbc);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("aes_cbc");
	TCase *tc = tcase_create("aes_cbc");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, padded_texts_of_every_length_come_back);
	tcase_add_test(tc, long_texts_in_parts_are_what_they_are_whole);
	tcase_add_test(tc, without_padding_only_whole_blocks_end);
	tcase_add_test(tc, a_padded_ciphertext_is_whole_blocks_and_not_nothing);
	tcase_add_test(tc, only_right_padding_is_taken);
	tcase_add_test(tc, a_key_of_another_length_is_refused);
	return s;
}

int main(void)
{
	return test_run(suite());
}
