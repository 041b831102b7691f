/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The blob of a key that lives in a TPM, read from somebody who can write the store.
 */
#include "seal/tpm/key.h"

#include <string.h>

#include "lib/hex.h"
#include "lib/runner.h"

static struct sg_tpm_blob key;
static TPMT_PUBLIC *area = &key.area.publicArea;
static struct sg_buf blob;

/* A P-256 key that signs, as the TPM describes it. */
static void setup(void)
{
	key = (struct sg_tpm_blob){
		.area.publicArea = {
			.type = TPM2_ALG_ECC,
			.nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
			                    TPMA_OBJECT_SENSITIVEDATAORIGIN |
			                    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA |
			                    TPMA_OBJECT_SIGN_ENCRYPT,
			.parameters.eccDetail = {
				.symmetric.algorithm = TPM2_ALG_NULL,
				.scheme = {
					.scheme = TPM2_ALG_ECDSA,
					.details.ecdsa.hashAlg = TPM2_ALG_SHA256,
				},
				.curveID = TPM2_ECC_NIST_P256,
				.kdf.scheme = TPM2_ALG_NULL,
			},
			.unique.ecc = { .x.size = 32, .y.size = 31 },
		},
		.private_area.size = 64,
	};
	memset(area->unique.ecc.x.buffer, 0x11, 32);
	memset(area->unique.ecc.y.buffer, 0x22, 31);
}

static void teardown(void)
{
	sg_buf_free(&blob);
}

static enum sg_err read_as(enum sg_resident_kind kind, unsigned use)
{
	struct sg_tpm_blob out;

	blob.len = 0;
	ck_assert_int_eq(sg_tpm_key_write(&key, &blob), SG_OK);
	return sg_tpm_key_read(sg_buf_bytes(&blob), kind, use, &out);
}

static enum sg_err read_back(void)
{
	return read_as(SG_RESIDENT_P256, SG_RESIDENT_SIGN);
}

START_TEST(a_key_is_read_for_what_it_was_made_for_and_nothing_else)
{
	ck_assert_int_eq(read_back(), SG_OK);
	ck_assert_mem_eq(blob.data, "SGK1", 4);
	ck_assert_int_eq(read_as(SG_RESIDENT_P256, SG_RESIDENT_DERIVE), SG_ERR_FORMAT);
	ck_assert_int_eq(read_as(SG_RESIDENT_HMAC_SHA256, SG_RESIDENT_SIGN), SG_ERR_FORMAT);
}
END_TEST

START_TEST(a_key_for_both_uses_is_read_for_each)
{
	area->objectAttributes |= TPMA_OBJECT_DECRYPT;
	area->parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
	ck_assert_int_eq(read_as(SG_RESIDENT_P256, SG_RESIDENT_SIGN), SG_OK);
	ck_assert_int_eq(read_as(SG_RESIDENT_P256, SG_RESIDENT_DERIVE), SG_OK);
}
END_TEST

START_TEST(a_point_is_written_with_its_leading_zeros)
{
	uint8_t point[SG_RESIDENT_POINT];

	sg_tpm_key_point(&key, point);
	ck_assert_uint_eq(point[0], 4);
	assert_bytes(sg_bytes(point + 1, 32), repeat(0x11, 32));
	ck_assert_uint_eq(point[33], 0);
	assert_bytes(sg_bytes(point + 34, 31), repeat(0x22, 31));
}
END_TEST

START_TEST(any_other_attribute_is_refused)
{
	const TPMA_OBJECT right = area->objectAttributes;

	for (int bit = 0; bit < 32; bit++) {
		area->objectAttributes = right ^ (1u << bit);
		blob.len = 0;
		/* What can't even be written is no blob either. */
		if (sg_tpm_key_write(&key, &blob) == SG_OK)
			ck_assert_int_eq(read_back(), SG_ERR_FORMAT);
	}
}
END_TEST

START_TEST(another_curve_scheme_or_policy_is_refused)
{
	area->parameters.eccDetail.curveID = TPM2_ECC_NIST_P384;
	ck_assert_int_eq(read_back(), SG_ERR_FORMAT);
	area->parameters.eccDetail.curveID = TPM2_ECC_NIST_P256;
	area->parameters.eccDetail.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA1;
	ck_assert_int_eq(read_back(), SG_ERR_FORMAT);
	area->parameters.eccDetail.scheme.scheme = TPM2_ALG_ECDAA;
	ck_assert_int_eq(read_back(), SG_ERR_FORMAT);
	area->parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
	ck_assert_int_eq(read_back(), SG_ERR_FORMAT);
	setup();
	area->authPolicy.size = 32;
	ck_assert_int_eq(read_back(), SG_ERR_FORMAT);
}
END_TEST

START_TEST(a_number_that_is_too_long_is_refused)
{
	area->unique.ecc.x.size = 33;
	ck_assert_int_eq(read_back(), SG_ERR_FORMAT);
}
END_TEST

START_TEST(every_cut_and_any_bytes_behind_are_refused)
{
	struct sg_tpm_blob out;

	ck_assert_int_eq(read_back(), SG_OK);
	for (size_t len = 0; len < blob.len; len++)
		ck_assert_int_eq(sg_tpm_key_read(sg_bytes(blob.data, len), SG_RESIDENT_P256,
		                                 SG_RESIDENT_SIGN, &out), SG_ERR_FORMAT);
	ck_assert_int_eq(sg_buf_append(&blob, sg_bytes_str("x")), SG_OK);
	ck_assert_int_eq(sg_tpm_key_read(sg_buf_bytes(&blob), SG_RESIDENT_P256, SG_RESIDENT_SIGN,
	                                 &out), SG_ERR_FORMAT);
}
END_TEST

START_TEST(the_blob_of_a_sealed_object_is_no_key)
{
	struct sg_tpm_blob out;

	ck_assert_int_eq(read_back(), SG_OK);
	memcpy(blob.data, "SGT1", 4);
	ck_assert_int_eq(sg_tpm_key_read(sg_buf_bytes(&blob), SG_RESIDENT_P256, SG_RESIDENT_SIGN,
	                                 &out), SG_ERR_FORMAT);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("seal key");
	TCase *tcase = tcase_create("blob");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_key_is_read_for_what_it_was_made_for_and_nothing_else);
	tcase_add_test(tcase, a_key_for_both_uses_is_read_for_each);
	tcase_add_test(tcase, a_point_is_written_with_its_leading_zeros);
	tcase_add_test(tcase, any_other_attribute_is_refused);
	tcase_add_test(tcase, another_curve_scheme_or_policy_is_refused);
	tcase_add_test(tcase, a_number_that_is_too_long_is_refused);
	tcase_add_test(tcase, every_cut_and_any_bytes_behind_are_refused);
	tcase_add_test(tcase, the_blob_of_a_sealed_object_is_no_key);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
