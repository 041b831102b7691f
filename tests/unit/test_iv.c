/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. IVs that the module makes.
 */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/iv.h"
#include "crypto/crypto.h"
#include "lib/runner.h"

static void set_up(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void tear_down(void)
{
	sg_crypto_stop();
}

START_TEST(an_iv_is_a_prefix_and_a_counter)
{
	struct sg_iv_source source = { 0 };
	uint8_t first[12] = { 0 }, second[12] = { 0 };

	ck_assert_uint_eq(sg_iv_make(&source, false, first, 12, 0), CKR_OK);
	ck_assert_uint_eq(sg_iv_make(&source, false, second, 12, 0), CKR_OK);
	ck_assert_mem_eq(first, second, 8);
	ck_assert_mem_eq(first + 8, "\0\0\0\0", 4);
	ck_assert_mem_eq(second + 8, "\0\0\0\1", 4);
}
END_TEST

START_TEST(two_sources_have_two_prefixes)
{
	struct sg_iv_source a = { 0 }, b = { 0 };
	uint8_t of_a[12] = { 0 }, of_b[12] = { 0 };

	ck_assert_uint_eq(sg_iv_make(&a, false, of_a, 12, 0), CKR_OK);
	ck_assert_uint_eq(sg_iv_make(&b, false, of_b, 12, 0), CKR_OK);
	ck_assert_mem_ne(of_a, of_b, 8);
}
END_TEST

START_TEST(fixed_bits_stay)
{
	struct sg_iv_source source = { 0 };

	for (size_t fixed = 0; fixed <= 32; fixed++) {
		uint8_t iv[12], before[12];

		memset(before, 0xa5, sizeof before);
		memcpy(iv, before, sizeof iv);
		ck_assert_uint_eq(sg_iv_make(&source, false, iv, 12, fixed), CKR_OK);
		for (size_t bit = 0; bit < fixed; bit++)
			ck_assert_uint_eq(iv[bit / 8] >> (7 - bit % 8) & 1,
			                  before[bit / 8] >> (7 - bit % 8) & 1);
		ck_assert_uint_eq(iv[11], fixed);
	}
}
END_TEST

START_TEST(the_bits_behind_the_fixed_ones_are_made)
{
	struct sg_iv_source source = { .prefix = 0x1122334455667788 };
	uint8_t iv[12], zeros[12] = { 0 };

	memset(iv, 0xff, sizeof iv);
	ck_assert_uint_eq(sg_iv_make(&source, false, iv, 12, 12), CKR_OK);
	ck_assert_mem_eq(iv, "\xff\xf2\x33\x44\x55\x66\x77\x88\0\0\0\0", 12);
	ck_assert_uint_eq(sg_iv_make(&source, false, zeros, 12, 32), CKR_OK);
	ck_assert_mem_eq(zeros, "\0\0\0\0\x55\x66\x77\x88\0\0\0\1", 12);
}
END_TEST

START_TEST(too_few_bits_are_refused_and_count_for_nothing)
{
	static const struct {
		bool random;
		size_t len, fixed;
	} bad[] = {
		{ false, 12, 33 }, { false, 12, 96 }, { false, 12, 97 }, { false, 7, 0 },
		{ false, 12, SIZE_MAX }, { false, 513, 0 }, { true, 12, 1 }, { true, 11, 0 },
	};
	struct sg_iv_source source = { 0 };
	uint8_t iv[513] = { 0 };

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_uint_eq(sg_iv_make(&source, bad[i].random, iv, bad[i].len, bad[i].fixed),
		                  CKR_MECHANISM_PARAM_INVALID);
	ck_assert_uint_eq(source.used, 0);
}
END_TEST

START_TEST(ivs_of_every_length_end_with_the_counter)
{
	for (size_t len = 8; len <= 512; len++) {
		struct sg_iv_source source = { .prefix = 0x1122334455667788, .used = 0x010203 };
		uint8_t iv[514] = { 0 };

		iv[len] = 0x77;
		ck_assert_uint_eq(sg_iv_make(&source, false, iv, len, 0), CKR_OK);
		ck_assert_mem_eq(iv + len - 8, "\x55\x66\x77\x88\0\1\2\3", 8);
		ck_assert_uint_eq(iv[len], 0x77);
	}
}
END_TEST

START_TEST(random_ivs_are_drawn_anew)
{
	struct sg_iv_source source = { 0 };
	uint8_t first[16] = { 1, 2, 3, 4 }, second[16] = { 1, 2, 3, 4 };

	ck_assert_uint_eq(sg_iv_make(&source, true, first, 16, 32), CKR_OK);
	ck_assert_uint_eq(sg_iv_make(&source, true, second, 16, 32), CKR_OK);
	ck_assert_mem_eq(first, second, 4);
	ck_assert_mem_ne(first + 4, second + 4, 4);
	ck_assert_mem_ne(first + 12, second + 12, 4);
}
END_TEST

START_TEST(a_key_wears_out)
{
	struct sg_iv_source source = { .used = 0xffffffff };
	uint8_t iv[12] = { 0 };

	ck_assert_uint_eq(sg_iv_make(&source, false, iv, 12, 0), CKR_OK);
	ck_assert_mem_eq(iv + 8, "\xff\xff\xff\xff", 4);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(sg_iv_make(&source, false, iv, 12, 0), CKR_KEY_EXHAUSTED);
		ck_assert_uint_eq(sg_iv_make(&source, true, iv, 12, 0), CKR_KEY_EXHAUSTED);
	}
}
END_TEST

#define THREADS 8
#define EACH 2000

static struct sg_iv_source shared;
static uint8_t made[THREADS * EACH][12];

static void *make_many(void *arg)
{
	uint8_t(*mine)[12] = arg;

	for (int i = 0; i < EACH; i++)
		if (sg_iv_make(&shared, false, mine[i], 12, 0) != CKR_OK)
			return arg;
	return NULL;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, 12);
}

START_TEST(threads_never_make_the_same_iv)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, make_many, made[i * EACH]), 0);
	for (int i = 0; i < THREADS; i++) {
		void *failed;

		ck_assert_int_eq(pthread_join(threads[i], &failed), 0);
		ck_assert_ptr_null(failed);
	}
	qsort(made, THREADS * EACH, sizeof made[0], compare);
	for (int i = 1; i < THREADS * EACH; i++) {
		ck_assert_mem_ne(made[i - 1], made[i], 12);
		ck_assert_mem_eq(made[i - 1], made[i], 8);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("iv");
	TCase *tc = tcase_create("iv");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, an_iv_is_a_prefix_and_a_counter);
	tcase_add_test(tc, two_sources_have_two_prefixes);
	tcase_add_test(tc, fixed_bits_stay);
	tcase_add_test(tc, the_bits_behind_the_fixed_ones_are_made);
	tcase_add_test(tc, too_few_bits_are_refused_and_count_for_nothing);
	tcase_add_test(tc, ivs_of_every_length_end_with_the_counter);
	tcase_add_test(tc, random_ivs_are_drawn_anew);
	tcase_add_test(tc, a_key_wears_out);
	tcase_add_test(tc, threads_never_make_the_same_iv);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
