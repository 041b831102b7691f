/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Starting and ending the cryptographic libraries.
 */
#include "crypto/crypto.h"

#include "crypto/digest.h"
#include "lib/runner.h"

static void assert_usable(void)
{
	uint8_t out[SG_DIGEST_MAX];

	ck_assert_int_eq(sg_digest_once(SG_SHA256, sg_bytes_str("abc"), out), SG_OK);
}

START_TEST(starting_twice_is_free)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}
END_TEST

START_TEST(stopping_without_a_start_does_nothing)
{
	sg_crypto_stop();
	sg_crypto_stop();
	assert_usable();
	sg_crypto_stop();
}
END_TEST

START_TEST(everything_works_again_after_a_stop)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	assert_usable();
	sg_crypto_stop();
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	assert_usable();
	sg_crypto_stop();
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("crypto");
	TCase *tc = tcase_create("crypto");

	tcase_add_test(tc, starting_twice_is_free);
	tcase_add_test(tc, stopping_without_a_start_does_nothing);
	tcase_add_test(tc, everything_works_again_after_a_stop);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
