/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of crypto/tpm_kdf.c. The values were computed with Python's hmac and hashlib.
 */
#include "crypto/tpm_kdf.h"

#include "lib/hex.h"
#include "lib/runner.h"

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define NONE sg_bytes(NULL, 0)

static struct sg_secret *out;

static void teardown(void)
{
	sg_secret_free(&out);
}

START_TEST(kdfa_derives_what_was_computed_elsewhere)
{
	ck_assert_int_eq(sg_tpm_kdfa(hex(KEY), "STORAGE", repeat(0xa5, 34), NONE, 16, &out), SG_OK);
	assert_bytes(sg_secret_bytes(out), hex("ce557f0b856a8742292b48278d523bae"));
	sg_secret_free(&out);
	ck_assert_int_eq(sg_tpm_kdfa(hex(KEY), "INTEGRITY", NONE, NONE, 32, &out), SG_OK);
	assert_bytes(sg_secret_bytes(out),
	             hex("bacf689f634ece301e1f1b15b072d9c87db6a69585db42b1a0cb8f73ebe2692e"));
}
END_TEST

START_TEST(kdfe_derives_what_was_computed_elsewhere)
{
	ck_assert_int_eq(sg_tpm_kdfe(hex(KEY), "DUPLICATE", repeat(0x11, 32), repeat(0x22, 32), 32,
	                             &out), SG_OK);
	assert_bytes(sg_secret_bytes(out),
	             hex("7fa8f6837cb95d19be6e619677b3af50611751ae35c6eb426ba6afe5fc041e49"));
}
END_TEST

START_TEST(no_more_than_a_block_is_derived)
{
	ck_assert_int_eq(sg_tpm_kdfa(hex(KEY), "STORAGE", NONE, NONE, 33, &out), SG_ERR_RANGE);
	ck_assert_int_eq(sg_tpm_kdfa(hex(KEY), "STORAGE", NONE, NONE, 0, &out), SG_ERR_RANGE);
	ck_assert_int_eq(sg_tpm_kdfe(hex(KEY), "STORAGE", NONE, NONE, 33, &out), SG_ERR_RANGE);
	ck_assert_ptr_null(out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tpm kdf");
	TCase *tc = tcase_create("tpm kdf");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, kdfa_derives_what_was_computed_elsewhere);
	tcase_add_test(tc, kdfe_derives_what_was_computed_elsewhere);
	tcase_add_test(tc, no_more_than_a_block_is_derived);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
