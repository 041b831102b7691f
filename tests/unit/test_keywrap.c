/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. AES key wrap, against the examples of its RFCs and, for every length,
 * against the index form of the algorithm [RFC 3394 §2.2.1] written out below.
 */
#include "crypto/keywrap.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define KEY_16 "000102030405060708090a0b0c0d0e0f"
#define KEY_24 KEY_16 "1011121314151617"
#define KEY_32 KEY_24 "18191a1b1c1d1e1f"
#define DATA_16 "00112233445566778899aabbccddeeff"
#define RFC5649_KEY "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8"

/* [RFC 3394 §4.1 to §4.6] [RFC 5649 §6] */
static const struct vector {
	enum sg_keywrap_alg alg;
	const char *key, *plain, *wrapped;
} vectors[] = {
	{ SG_KW, KEY_16, DATA_16, "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5" },
	{ SG_KW, KEY_24, DATA_16, "96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d" },
	{ SG_KW, KEY_32, DATA_16, "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7" },
	{ SG_KW, KEY_24, DATA_16 "0001020304050607",
	  "031d33264e15d33268f24ec260743edce1c6c7ddee725a936ba814915c6762d2" },
	{ SG_KW, KEY_32, DATA_16 "0001020304050607",
	  "a8f9bc1612c68b3ff6e6f4fbe30e71e4769c8b80a32cb8958cd5d17d6b254da1" },
	{ SG_KW, KEY_32, DATA_16 KEY_16,
	  "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21" },
	{ SG_KWP, RFC5649_KEY, "c37b7e6492584340bed12207808941155068f738",
	  "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a" },
	{ SG_KWP, RFC5649_KEY, "466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f" },
};

#define VECTORS ((int)(sizeof(vectors) / sizeof(vectors[0])))

static const size_t key_lens[] = { 16, 24, 32 };

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void teardown(void)
{
	sg_crypto_stop();
}

static void encrypt_block(struct sg_bytes key, uint8_t block[16])
{
	const EVP_CIPHER *ecb = key.len == 16 ? EVP_aes_128_ecb() :
	                        key.len == 24 ? EVP_aes_192_ecb() : EVP_aes_256_ecb();
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int written = 0;

	ck_assert_int_eq(EVP_EncryptInit_ex(ctx, ecb, NULL, key.data, NULL), 1);
	ck_assert_int_eq(EVP_EncryptUpdate(ctx, block, &written, block, 16), 1);
	ck_assert_int_eq(written, 16);
	EVP_CIPHER_CTX_free(ctx);
}

/* Wrap as the RFCs write it down. */
static struct sg_bytes wrap_by_the_book(enum sg_keywrap_alg alg, struct sg_bytes key,
                                        struct sg_bytes plain, uint8_t *out)
{
	size_t n = (plain.len + 7) / 8;
	uint8_t block[16];

	memset(out, 0, 8 + 8 * n);
	memcpy(out + 8, plain.data, plain.len);
	memset(out, 0xa6, 8);
	if (alg == SG_KWP) {
		memcpy(out, (uint8_t[]){ 0xa6, 0x59, 0x59, 0xa6, 0, 0 }, 6);
		out[6] = (uint8_t)(plain.len >> 8);
		out[7] = (uint8_t)plain.len;
	}
	if (alg == SG_KWP && n == 1) {
		encrypt_block(key, out);
		return sg_bytes(out, 16);
	}
	for (size_t j = 0; j < 6; j++) {
		for (size_t i = 1; i <= n; i++) {
			memcpy(block, out, 8);
			memcpy(block + 8, out + 8 * i, 8);
			encrypt_block(key, block);
			memcpy(out, block, 8);
			memcpy(out + 8 * i, block + 8, 8);
			out[7] ^= (uint8_t)(n * j + i);
			out[6] ^= (uint8_t)((n * j + i) >> 8);
		}
	}
	return sg_bytes(out, 8 + 8 * n);
}

static void fill(uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 37 + len);
}

/* Wrap both ways, compare, unwrap. */
static void assert_wraps(enum sg_keywrap_alg alg, size_t key_len, size_t len)
{
	uint8_t key[32], plain[304], ours[320], book[320];
	struct sg_bytes key_view = sg_bytes(key, key_len), plain_view = sg_bytes(plain, len), want;
	struct sg_secret *back = NULL;

	fill(key, sizeof(key));
	fill(plain, len);
	want = wrap_by_the_book(alg, key_view, plain_view, book);
	ck_assert_uint_eq(sg_keywrap_len(alg, len), want.len);
	ck_assert_int_eq(sg_keywrap_wrap(alg, key_view, plain_view, ours), SG_OK);
	assert_bytes(sg_bytes(ours, want.len), want);
	ck_assert_int_eq(sg_keywrap_unwrap(alg, key_view, want, &back), SG_OK);
	assert_bytes(sg_secret_bytes(back), plain_view);
	sg_secret_free(&back);
}

START_TEST(a_key_wraps_to_the_published_bytes)
{
	const struct vector *v = &vectors[_i];
	struct sg_bytes plain = hex(v->plain), want = hex(v->wrapped);
	uint8_t out[64];

	ck_assert_uint_eq(sg_keywrap_len(v->alg, plain.len), want.len);
	ck_assert_int_eq(sg_keywrap_wrap(v->alg, hex(v->key), plain, out), SG_OK);
	assert_bytes(sg_bytes(out, want.len), want);
}
END_TEST

START_TEST(the_published_bytes_unwrap_to_the_key)
{
	const struct vector *v = &vectors[_i];
	struct sg_secret *plain = NULL;

	ck_assert_int_eq(sg_keywrap_unwrap(v->alg, hex(v->key), hex(v->wrapped), &plain), SG_OK);
	assert_bytes(sg_secret_bytes(plain), hex(v->plain));
	sg_secret_free(&plain);
	ck_assert_ptr_null(plain);
}
END_TEST

START_TEST(every_length_wraps_with_padding_as_the_rfc_says)
{
	for (size_t len = 1; len <= 300; len++)
		assert_wraps(SG_KWP, key_lens[_i], len);
}
END_TEST

START_TEST(every_multiple_of_eight_wraps_as_the_rfc_says)
{
	for (size_t len = 16; len <= 304; len += 8)
		assert_wraps(SG_KW, key_lens[_i], len);
}
END_TEST

START_TEST(the_longest_key_wraps_and_unwraps)
{
	const enum sg_keywrap_alg alg = _i ? SG_KW : SG_KWP;
	struct sg_bytes key = repeat(1, 32), plain = repeat(2, SG_KEYWRAP_MAX);
	size_t len = sg_keywrap_len(alg, plain.len);
	uint8_t *wrapped = malloc(len);
	struct sg_secret *back = NULL;

	ck_assert_uint_eq(len, SG_KEYWRAP_MAX + 8);
	ck_assert_int_eq(sg_keywrap_wrap(alg, key, plain, wrapped), SG_OK);
	ck_assert_int_eq(sg_keywrap_unwrap(alg, key, sg_bytes(wrapped, len), &back), SG_OK);
	assert_bytes(sg_secret_bytes(back), plain);
	sg_secret_free(&back);
	free(wrapped);
}
END_TEST

START_TEST(any_changed_bit_is_noticed)
{
	const struct vector *v = &vectors[_i];
	struct sg_bytes key = hex(v->key), wrapped = hex(v->wrapped);
	struct sg_secret *plain = NULL;
	uint8_t bad[64];

	for (size_t bit = 0; bit < wrapped.len * 8; bit++) {
		memcpy(bad, wrapped.data, wrapped.len);
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(sg_keywrap_unwrap(v->alg, key, sg_bytes(bad, wrapped.len), &plain),
		                 SG_ERR_TAG);
		ck_assert_ptr_null(plain);
	}
}
END_TEST

START_TEST(another_key_does_not_unwrap)
{
	const struct vector *v = &vectors[_i];
	struct sg_secret *plain = NULL;

	ck_assert_int_eq(sg_keywrap_unwrap(v->alg, repeat(9, 32), hex(v->wrapped), &plain),
	                 SG_ERR_TAG);
	ck_assert_ptr_null(plain);
}
END_TEST

START_TEST(the_two_algorithms_do_not_unwrap_each_other)
{
	struct sg_secret *plain = NULL;

	ck_assert_int_eq(sg_keywrap_unwrap(SG_KWP, hex(vectors[5].key), hex(vectors[5].wrapped),
	                                   &plain), SG_ERR_TAG);
	ck_assert_int_eq(sg_keywrap_unwrap(SG_KW, hex(vectors[6].key), hex(vectors[6].wrapped),
	                                   &plain), SG_ERR_TAG);
	ck_assert_ptr_null(plain);
}
END_TEST

START_TEST(lengths_that_cannot_be_wrapped_have_no_length)
{
	static const size_t bad[] = { 0, 1, 8, 15, 17, 23, SG_KEYWRAP_MAX + 8, SIZE_MAX - 7 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_uint_eq(sg_keywrap_len(SG_KW, bad[i]), 0);
	ck_assert_uint_eq(sg_keywrap_len(SG_KWP, 0), 0);
	ck_assert_uint_eq(sg_keywrap_len(SG_KWP, SG_KEYWRAP_MAX + 1), 0);
	ck_assert_uint_eq(sg_keywrap_len(SG_KWP, SIZE_MAX), 0);
}
END_TEST

START_TEST(impossible_inputs_are_refused_and_nothing_is_written)
{
	uint8_t out[64] = { 0 };

	ck_assert_int_eq(sg_keywrap_wrap(SG_KW, repeat(1, 32), repeat(2, 15), out), SG_ERR_RANGE);
	ck_assert_int_eq(sg_keywrap_wrap(SG_KW, repeat(1, 32), repeat(2, 8), out), SG_ERR_RANGE);
	ck_assert_int_eq(sg_keywrap_wrap(SG_KWP, repeat(1, 32), sg_bytes(NULL, 0), out),
	                 SG_ERR_RANGE);
	ck_assert_int_eq(sg_keywrap_wrap(SG_KWP, repeat(1, 31), repeat(2, 16), out), SG_ERR_RANGE);
	ck_assert_int_eq(sg_keywrap_wrap(SG_KW, sg_bytes(NULL, 0), repeat(2, 16), out),
	                 SG_ERR_RANGE);
	for (size_t i = 0; i < sizeof(out); i++)
		ck_assert_uint_eq(out[i], 0);
}
END_TEST

START_TEST(impossible_wrapped_lengths_are_refused)
{
	static const size_t bad_kw[] = { 0, 8, 16, 23, 25, SG_KEYWRAP_MAX + 16 };
	static const size_t bad_kwp[] = { 0, 8, 15, 17, SG_KEYWRAP_MAX + 16 };
	struct sg_secret *plain = NULL;

	for (size_t i = 0; i < sizeof(bad_kw) / sizeof(bad_kw[0]); i++)
		ck_assert_int_eq(sg_keywrap_unwrap(SG_KW, repeat(1, 32), repeat(2, bad_kw[i]),
		                                   &plain), SG_ERR_RANGE);
	for (size_t i = 0; i < sizeof(bad_kwp) / sizeof(bad_kwp[0]); i++)
		ck_assert_int_eq(sg_keywrap_unwrap(SG_KWP, repeat(1, 32), repeat(2, bad_kwp[i]),
		                                   &plain), SG_ERR_RANGE);
	ck_assert_int_eq(sg_keywrap_unwrap(SG_KWP, repeat(1, 20), repeat(2, 40), &plain),
	                 SG_ERR_RANGE);
	ck_assert_ptr_null(plain);
}
END_TEST

/* Padding that is not zero, and lengths that do not fit [RFC 5649 §3]. */
START_TEST(wrong_padding_is_noticed)
{
	static const char *const forged[] = {
		"a65959a600000007" "4142434445464701",  /* the padding is not zero */
		"a65959a600000000" "0000000000000000",  /* no byte of key */
		"a65959a600000009" "4142434445464748",  /* longer than there is */
		"a65959a680000008" "4142434445464748",
		"a65959a700000008" "4142434445464748",  /* another constant */
	};
	struct sg_bytes key = hex(KEY_32);
	struct sg_secret *plain = NULL;
	uint8_t block[16];

	memcpy(block, hex(forged[_i]).data, 16);
	encrypt_block(key, block);
	ck_assert_int_eq(sg_keywrap_unwrap(SG_KWP, key, sg_bytes(block, 16), &plain), SG_ERR_TAG);
	ck_assert_ptr_null(plain);
}
END_TEST

START_TEST(an_unwrapped_key_takes_no_more_guarded_memory_than_it_needs)
{
	struct sg_bytes key = repeat(1, 32), plain = repeat(2, 32);
	struct sg_secret *back = NULL;
	uint8_t wrapped[40];

	ck_assert_int_eq(sg_keywrap_wrap(SG_KWP, key, plain, wrapped), SG_OK);
	ck_assert_int_eq(sg_keywrap_unwrap(SG_KWP, key, sg_bytes(wrapped, 40), &back), SG_OK);
	ck_assert_uint_eq(back->len, 32);
	ck_assert_uint_eq(back->cap, 32);
	sg_secret_free(&back);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("keywrap");
	TCase *tc = tcase_create("keywrap");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_key_wraps_to_the_published_bytes, 0, VECTORS);
	tcase_add_loop_test(tc, the_published_bytes_unwrap_to_the_key, 0, VECTORS);
	tcase_add_loop_test(tc, every_length_wraps_with_padding_as_the_rfc_says, 0, 3);
	tcase_add_loop_test(tc, every_multiple_of_eight_wraps_as_the_rfc_says, 0, 3);
	tcase_add_loop_test(tc, the_longest_key_wraps_and_unwraps, 0, 2);
	tcase_add_loop_test(tc, any_changed_bit_is_noticed, 0, VECTORS);
	tcase_add_loop_test(tc, another_key_does_not_unwrap, 0, VECTORS);
	tcase_add_test(tc, the_two_algorithms_do_not_unwrap_each_other);
	tcase_add_test(tc, lengths_that_cannot_be_wrapped_have_no_length);
	tcase_add_test(tc, impossible_inputs_are_refused_and_nothing_is_written);
	tcase_add_test(tc, impossible_wrapped_lengths_are_refused);
	tcase_add_loop_test(tc, wrong_padding_is_noticed, 0, 5);
	tcase_add_test(tc, an_unwrapped_key_takes_no_more_guarded_memory_than_it_needs);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
