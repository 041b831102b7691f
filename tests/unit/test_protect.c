/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of seal/tpm/protect.c, duplicate.c and area.c, as far as no TPM is needed.
 */
#include "seal/tpm/protect.h"

#include <string.h>

#include "crypto/crypto.h"
#include "lib/conformance.h"
#include "lib/hex.h"
#include "lib/runner.h"
#include "seal/tpm/duplicate.h"

/* A storage key as TPMs write it: ECC, SHA-256, attributes 0x30472, no policy, AES-128-CFB, no
 * scheme, P-256, no KDF; its point is that of RFC 6979 §A.2.5. */
#define HEAD "0023000b00030472" "0000" "000600800043" "0010" "0003" "0010"
#define X "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define Y "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define KEY HEAD "0020" X "0020" Y

static struct sg_secret *seed, *inner;
static struct sg_buf out;
static TPMT_PUBLIC area;

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void teardown(void)
{
	sg_secret_free(&seed);
	sg_secret_free(&inner);
	sg_buf_free(&out);
	sg_crypto_stop();
}

/* Computed with Python's hmac and hashlib and AES blocks of the openssl command. */
START_TEST(what_is_protected_is_what_was_computed_elsewhere)
{
	uint8_t name[34] = { 0, 0x0b };

	for (uint8_t i = 0; i < 32; i++)
		name[2 + i] = i;
	seed = test_secret(32, 0x40);
	inner = test_secret(34, 0x7e);
	inner->data[0] = 0;
	inner->data[1] = 0x20;
	ck_assert_int_eq(sg_tpm_protect(seed, sg_bytes(name, sizeof name), inner, &out), SG_OK);
	assert_bytes(sg_buf_bytes(&out), hex(
		"00205f6a49143dab55110532e97a97bff9ad0149fcd6bc8bf909122bd6f45e65c2f49a93fdd4fb64"
		"733717381de1f98e09df1ae4238be9ad70d330e262e401e8badc1ee7"));
}
END_TEST

START_TEST(a_storage_key_is_read_and_written_as_it_was)
{
	ck_assert_int_eq(sg_tpm_storage_key_read(hex(KEY), &area), SG_OK);
	ck_assert_int_eq(sg_tpm_area_write(&area, &out), SG_OK);
	assert_bytes(sg_buf_bytes(&out), hex(KEY));
}
END_TEST

/* Each of them would let somebody else have what is closed for it, or is no such key. */
static const char *const others[] = {
	"0023000b00030470" "0000" "000600800043" "0010" "0003" "0010" "0020" X "0020" Y, /* not fixedTPM */
	"0023000b00030462" "0000" "000600800043" "0010" "0003" "0010" "0020" X "0020" Y, /* nor fixedParent */
	"0023000b00030452" "0000" "000600800043" "0010" "0003" "0010" "0020" X "0020" Y, /* not born there */
	"0023000b00020472" "0000" "000600800043" "0010" "0003" "0010" "0020" X "0020" Y, /* not restricted */
	"0023000b00050472" "0000" "000600800043" "0010" "0003" "0010" "0020" X "0020" Y, /* signs */
	"0023000b00030472" "0000" "000601000043" "0010" "0003" "0010" "0020" X "0020" Y, /* AES-256 */
	"0023000b00030472" "0000" "000600800043" "0010" "0004" "0010" "0020" X "0020" Y, /* P-384 */
	HEAD "0020" X "0020" X,                                         /* not on the curve */
	HEAD "0000" "0000",
	HEAD "0020" X "001f" Y,
	KEY "00",
	HEAD,
	"",
};

START_TEST(nothing_else_is_taken_for_a_storage_key)
{
	ck_assert_int_eq(sg_tpm_storage_key_read(hex(others[_i]), &area), SG_ERR_FORMAT);
}
END_TEST

START_TEST(no_two_duplicates_of_a_secret_are_alike)
{
	struct sg_parcel one = { .is_signed = false }, two = { .is_signed = false };

	ck_assert_int_eq(sg_tpm_storage_key_read(hex(KEY), &area), SG_OK);
	inner = test_secret(32, 9);
	ck_assert_int_eq(sg_tpm_duplicate(&area, inner, &one), SG_OK);
	ck_assert_int_eq(sg_tpm_duplicate(&area, inner, &two), SG_OK);
	ck_assert(!sg_bytes_equal(sg_buf_bytes(&one.object), sg_buf_bytes(&two.object)));
	ck_assert(!sg_bytes_equal(sg_buf_bytes(&one.duplicate), sg_buf_bytes(&two.duplicate)));
	ck_assert(!sg_bytes_equal(sg_buf_bytes(&one.seed), sg_buf_bytes(&two.seed)));
	sg_parcel_clear(&one);
	sg_parcel_clear(&two);
}
END_TEST

START_TEST(values_that_nobody_knows_are_not_demanded)
{
	struct sg_parcel one = { .is_signed = false };

	ck_assert_int_eq(sg_tpm_storage_key_read(hex(KEY), &area), SG_OK);
	ck_assert_int_eq(sg_policy_parse(sg_bytes_str("pcr=sha256:7"), &one.policy), SG_OK);
	inner = test_secret(32, 9);
	ck_assert_int_eq(sg_tpm_duplicate(&area, inner, &one), SG_ERR_RANGE);
	sg_parcel_clear(&one);
}
END_TEST

START_TEST(no_more_than_a_tpm_seals_is_duplicated)
{
	struct sg_parcel one = { .is_signed = false };

	ck_assert_int_eq(sg_tpm_storage_key_read(hex(KEY), &area), SG_OK);
	inner = test_secret(129, 9);
	ck_assert_int_eq(sg_tpm_duplicate(&area, inner, &one), SG_ERR_RANGE);
	inner->len = 0;
	ck_assert_int_eq(sg_tpm_duplicate(&area, inner, &one), SG_ERR_RANGE);
	sg_parcel_clear(&one);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("protect");
	TCase *tc = tcase_create("protect");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_protected_is_what_was_computed_elsewhere);
	tcase_add_test(tc, a_storage_key_is_read_and_written_as_it_was);
	tcase_add_loop_test(tc, nothing_else_is_taken_for_a_storage_key, 0,
	                    sizeof others / sizeof others[0]);
	tcase_add_test(tc, no_two_duplicates_of_a_secret_are_alike);
	tcase_add_test(tc, values_that_nobody_knows_are_not_demanded);
	tcase_add_test(tc, no_more_than_a_tpm_seals_is_duplicated);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
