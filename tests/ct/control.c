/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of constant time. Functions that let a secret out on purpose: were they not found,
 * the other tests would say nothing.
 */
#include <string.h>

#include "crypto/aes_gcm.h"
#include "ct/cases.h"
#include "util/bytes.h"

static struct sg_secret *secret;

/* Require findings, and forgive them. */
static void require_findings(void)
{
	ck_assert_uint_gt(ct_findings(), 0);
	sg_secret_free(&secret);
	ct_begin();
}

/* The volatile keeps the compiler from finding a way without a branch. */
START_TEST(a_branch_on_a_secret_is_found)
{
	volatile int result = 0;

	secret = ct_make(32);
	if (secret->data[3] & 1)
		result = 1;
	(void)result;
	require_findings();
}
END_TEST

START_TEST(an_index_that_is_secret_is_found)
{
	static const volatile uint8_t table[256] = { 1, 2, 3 };
	volatile uint8_t result;

	secret = ct_make(32);
	result = table[secret->data[3]];
	(void)result;
	require_findings();
}
END_TEST

START_TEST(a_comparison_that_stops_early_is_found)
{
	const uint8_t guess[32] = { 0 };
	volatile bool same;

	secret = ct_make(32);
	same = sg_bytes_equal(sg_secret_bytes(secret), sg_bytes(guess, sizeof guess));
	(void)same;
	require_findings();
}
END_TEST

START_TEST(reading_a_secret_as_hexadecimal_is_found)
{
	uint8_t bytes[16];
	volatile bool good;

	secret = ct_make(32);
	good = sg_bytes_unhex(sg_secret_bytes(secret), bytes, sizeof bytes);
	(void)good;
	require_findings();
}
END_TEST

START_TEST(a_secret_that_was_decrypted_is_still_one)
{
	const uint8_t iv[SG_GCM_IV] = { 0 };
	uint8_t text[16] = "sixteen bytes ab", tag[SG_GCM_TAG];
	volatile int result = 0;

	secret = ct_make(32);
	ck_assert_int_eq(sg_gcm_encrypt(sg_secret_bytes(secret), sg_bytes(iv, sizeof iv),
	                                sg_bytes(NULL, 0), sg_bytes(text, sizeof text), text,
	                                tag, sizeof tag), SG_OK);
	ck_assert_int_eq(sg_gcm_decrypt(sg_secret_bytes(secret), sg_bytes(iv, sizeof iv),
	                                sg_bytes(NULL, 0), sg_bytes(text, sizeof text),
	                                sg_bytes(tag, sizeof tag), text), SG_OK);
	ck_assert_uint_eq(ct_findings(), 0);
	if (text[5] == 'e')
		result = 1;
	(void)result;
	require_findings();
}
END_TEST

START_TEST(what_may_be_known_is_not_found)
{
	secret = ct_make(32);
	ct_public(secret->data, secret->len);
	ck_assert_uint_eq(secret->data[0], 11);
	sg_secret_free(&secret);
}
END_TEST

void ct_control_add(TCase *tcase)
{
	tcase_add_test(tcase, a_branch_on_a_secret_is_found);
	tcase_add_test(tcase, an_index_that_is_secret_is_found);
	tcase_add_test(tcase, a_comparison_that_stops_early_is_found);
	tcase_add_test(tcase, reading_a_secret_as_hexadecimal_is_found);
	tcase_add_test(tcase, a_secret_that_was_decrypted_is_still_one);
	tcase_add_test(tcase, what_may_be_known_is_not_found);
}
