/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of crypto/aes.c.
 */
#include "crypto/aes.h"

#include <string.h>

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define KEY128 "2b7e151628aed2a6abf7158809cf4f3c"
#define KEY192 "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b"
#define KEY256 "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
#define IV "000102030405060708090a0b0c0d0e0f"
#define COUNTER "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
#define TEXT \
	"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51" \
	"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"

/* [SP 800-38A §F.2, §F.5] */
static const struct {
	enum sg_aes_mode mode;
	const char *key, *iv, *cipher;
} vectors[] = {
	{ SG_AES_CBC_ENCRYPT, KEY128, IV,
	  "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
	  "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7" },
	{ SG_AES_CBC_ENCRYPT, KEY192, IV,
	  "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"
	  "571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd" },
	{ SG_AES_CBC_ENCRYPT, KEY256, IV,
	  "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
	  "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b" },
	{ SG_AES_CTR, KEY128, COUNTER,
	  "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
	  "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee" },
	{ SG_AES_CTR, KEY192, COUNTER,
	  "1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5ccc2c6f4ce8e94"
	  "1e36b26bd1ebc670d1bd1d665620abf74f78a7f6d29809585a97daec58c6b050" },
	{ SG_AES_CTR, KEY256, COUNTER,
	  "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
	  "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6" },
};

#define VECTORS ((int)(sizeof vectors / sizeof vectors[0]))

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void teardown(void)
{
	sg_crypto_stop();
}

static enum sg_err run(enum sg_aes_mode mode, int i, struct sg_bytes in, uint8_t *out)
{
	struct sg_aes *aes = NULL;
	enum sg_err err;

	err = sg_aes_new(mode, hex(vectors[i].key), hex(vectors[i].iv).data, &aes);
	if (err == SG_OK)
		err = sg_aes_run(aes, in, out);
	sg_aes_free(&aes);
	return err;
}

START_TEST(the_published_texts_are_encrypted)
{
	uint8_t out[64];

	ck_assert_int_eq(run(vectors[_i].mode, _i, hex(TEXT), out), SG_OK);
	assert_bytes(sg_bytes(out, 64), hex(vectors[_i].cipher));
}
END_TEST

START_TEST(and_decrypted_in_place)
{
	enum sg_aes_mode back = vectors[_i].mode == SG_AES_CTR ? SG_AES_CTR : SG_AES_CBC_DECRYPT;
	uint8_t buffer[64];

	memcpy(buffer, hex(vectors[_i].cipher).data, 64);
	ck_assert_int_eq(run(back, _i, sg_bytes(buffer, 64), buffer), SG_OK);
	assert_bytes(sg_bytes(buffer, 64), hex(TEXT));
}
END_TEST

START_TEST(parts_give_the_same)
{
	size_t step = vectors[_i].mode == SG_AES_CTR ? 7 : 16;
	struct sg_bytes text = hex(TEXT);
	struct sg_aes *aes = NULL;
	uint8_t out[64];

	ck_assert_int_eq(sg_aes_new(vectors[_i].mode, hex(vectors[_i].key),
	                            hex(vectors[_i].iv).data, &aes), SG_OK);
	for (size_t at = 0; at < 64; at += step)
		ck_assert_int_eq(sg_aes_run(aes, sg_bytes(text.data + at,
		                                          64 - at < step ? 64 - at : step),
		                            out + at), SG_OK);
	assert_bytes(sg_bytes(out, 64), hex(vectors[_i].cipher));
	sg_aes_free(&aes);
	ck_assert_ptr_null(aes);
}
END_TEST

/* [SP 800-38A §F.3.13], whole and with a last block that is short. */
START_TEST(feedback_encrypts_the_published_text_and_parts_of_blocks)
{
	static const char cipher[] =
		"3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b"
		"26751f67a3cbb140b1808cf187a4f4dfc04b05357c5d1c0eeac4c66f9ff7f2e6";
	static const size_t lengths[] = { 64, 64 - 7, 1 };
	struct sg_bytes text = hex(TEXT);
	struct sg_aes *aes = NULL;
	uint8_t out[64];

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(sg_aes_new(SG_AES_CFB_ENCRYPT, hex(KEY128), hex(IV).data, &aes),
		                 SG_OK);
		ck_assert_int_eq(sg_aes_run(aes, sg_bytes(text.data, lengths[i]), out), SG_OK);
		assert_bytes(sg_bytes(out, lengths[i]), sg_bytes(hex(cipher).data, lengths[i]));
		sg_aes_free(&aes);
	}
}
END_TEST

START_TEST(only_whole_blocks_are_chained)
{
	uint8_t out[64];

	for (size_t len = 0; len < 64; len++)
		ck_assert_int_eq(run(SG_AES_CBC_ENCRYPT, 0, repeat(1, len), out),
		                 len % 16 == 0 ? SG_OK : SG_ERR_ARG);
}
END_TEST

START_TEST(overlapping_buffers_are_refused)
{
	uint8_t buffer[64] = { 0 };

	ck_assert_int_eq(run(SG_AES_CTR, 3, sg_bytes(buffer, 32), buffer + 1), SG_ERR_ARG);
	ck_assert_int_eq(run(SG_AES_CTR, 3, sg_bytes(buffer + 31, 32), buffer), SG_ERR_ARG);
	ck_assert_int_eq(run(SG_AES_CTR, 3, sg_bytes(buffer + 32, 32), buffer), SG_OK);
}
END_TEST

START_TEST(keys_have_three_lengths)
{
	struct sg_aes *aes = NULL;

	for (size_t len = 0; len <= 40; len++) {
		bool fits = len == 16 || len == 24 || len == 32;

		ck_assert_int_eq(sg_aes_new(SG_AES_CTR, repeat(1, len), repeat(0, 16).data, &aes),
		                 fits ? SG_OK : SG_ERR_RANGE);
		ck_assert((aes != NULL) == fits);
		sg_aes_free(&aes);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("aes");
	TCase *tc = tcase_create("aes");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, the_published_texts_are_encrypted, 0, VECTORS);
	tcase_add_loop_test(tc, and_decrypted_in_place, 0, VECTORS);
	tcase_add_loop_test(tc, parts_give_the_same, 0, VECTORS);
	tcase_add_test(tc, feedback_encrypts_the_published_text_and_parts_of_blocks);
	tcase_add_test(tc, only_whole_blocks_are_chained);
	tcase_add_test(tc, overlapping_buffers_are_refused);
	tcase_add_test(tc, keys_have_three_lengths);
	return s;
}

int main(void)
{
	return test_run(suite());
}
