/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of crypto/p256.c, with the examples of RFC 6979.
 */
#include "crypto/p256.h"

#include <string.h>

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

/* [RFC 6979 §A.2.5] */
#define X "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define Y "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define POINT "04" X Y
#define SAMPLE_256 "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716" \
	"f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"

static const struct vector {
	const char *digest, *signature;
} vectors[] = {
	/* SHA-1, SHA-256, SHA-384 and SHA-512 of "sample". */
	{ "8151325dcdbae9e0ff95f9f9658432dbedfdb209",
	  "61340c88c3aaebeb4f6d667f672ca9759a6ccaa9fa8811313039ee4a35471d32"
	  "6d7f147dac089441bb2e2fe8f7a3fa264b9c475098fdcf6e00d7c996e1b8b7eb" },
	{ "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf", SAMPLE_256 },
	{ "9a9083505bc92276aec4be312696ef7bf3bf603f4bbd381196a029f340585312"
	  "313bca4a9b5b890efee42c77b1ee25fe",
	  "0eafea039b20e9b42309fb1d89e213057cbf973dc0cfc8f129edddc800ef7719"
	  "4861f0491e6998b9455193e34e7b0d284ddd7149a74b95b9261f13abde940954" },
	{ "39a5e04aaff7455d9850c605364f514c11324ce64016960d23d5dc57d3ffd8f4"
	  "9a739468ab8049bf18eef820cdb1ad6c9015f838556bc7fad4138b23fdf986c7",
	  "8496a60b5e9b47c825488827e0495b0e3fa109ec4568fd3f8d1097678eb97f00"
	  "2362ab1adbe2b8adf9cb9edab740ea6049c028114f2460f96554f61fae3302fe" },
};

static enum sg_err verify(struct sg_bytes point, struct sg_bytes digest, struct sg_bytes signature)
{
	uint8_t cut[SG_P256_DIGEST];

	sg_p256_digest(digest, cut);
	return sg_p256_verify(point, sg_bytes(cut, sizeof cut), signature);
}

START_TEST(the_signatures_of_the_standard_verify)
{
	const struct vector *v = &vectors[_i];

	ck_assert_int_eq(verify(hex(POINT), hex(v->digest), hex(v->signature)), SG_OK);
}
END_TEST

START_TEST(any_changed_byte_fails)
{
	struct sg_buf digest = { 0 }, signature = { 0 };

	ck_assert_int_eq(sg_buf_set(&digest, hex(vectors[1].digest)), SG_OK);
	ck_assert_int_eq(sg_buf_set(&signature, hex(SAMPLE_256)), SG_OK);
	for (size_t i = 0; i < digest.len; i++) {
		digest.data[i] ^= 1;
		ck_assert_int_eq(sg_p256_verify(hex(POINT), sg_buf_bytes(&digest),
		                                sg_buf_bytes(&signature)), SG_ERR_TAG);
		digest.data[i] ^= 1;
	}
	for (size_t i = 0; i < signature.len; i++) {
		signature.data[i] ^= 0x80;
		ck_assert_int_eq(sg_p256_verify(hex(POINT), sg_buf_bytes(&digest),
		                                sg_buf_bytes(&signature)), SG_ERR_TAG);
		signature.data[i] ^= 0x80;
	}
	sg_buf_free(&digest);
	sg_buf_free(&signature);
}
END_TEST

START_TEST(numbers_outside_the_group_are_no_signature)
{
	static const char *const bad[] = {
		"0000000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000000000000000000000000000",
		"efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
		"0000000000000000000000000000000000000000000000000000000000000000",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
		/* The order of the group. */
		"efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_int_eq(verify(hex(POINT), hex(vectors[1].digest), hex(bad[i])),
		                 SG_ERR_TAG);
}
END_TEST

START_TEST(wrong_lengths_are_refused)
{
	struct sg_bytes digest = hex(vectors[1].digest), signature = hex(SAMPLE_256);

	ck_assert_int_eq(sg_p256_verify(hex(POINT), sg_bytes(digest.data, 31), signature),
	                 SG_ERR_RANGE);
	ck_assert_int_eq(sg_p256_verify(hex(POINT), digest, sg_bytes(signature.data, 63)),
	                 SG_ERR_RANGE);
	ck_assert_int_eq(sg_p256_verify(hex(X Y), digest, signature), SG_ERR_FORMAT);
}
END_TEST

START_TEST(only_points_of_the_curve_are_valid)
{
	static const char *const bad[] = {
		"", "00", "04", X Y, "06" X Y, "07" X Y, "02" X, "05" X Y, "04" Y X, POINT "00",
		"04" "0000000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000000000000000000000000000",
		"04" X "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462298",
		/* x is not below the field's prime. */
		"04" "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff" Y,
	};

	ck_assert(sg_p256_valid(hex(POINT)));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert(!sg_p256_valid(hex(bad[i])));
}
END_TEST

START_TEST(a_short_digest_is_a_number)
{
	uint8_t out[SG_P256_DIGEST];

	sg_p256_digest(hex("0102"), out);
	assert_bytes(sg_bytes(out, 32),
	             hex("0000000000000000000000000000000000000000000000000000000000000102"));
	sg_p256_digest(sg_bytes(NULL, 0), out);
	assert_bytes(sg_bytes(out, 32), repeat(0, 32));
	sg_p256_digest(repeat(7, 200), out);
	assert_bytes(sg_bytes(out, 32), repeat(7, 32));
}
END_TEST

/* Signatures as OpenSSL writes them. */
static const struct vector ders[] = {
	{ SAMPLE_256,
	  "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
	  "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8" },
	{ "0eafea039b20e9b42309fb1d89e213057cbf973dc0cfc8f129edddc800ef7719"
	  "4861f0491e6998b9455193e34e7b0d284ddd7149a74b95b9261f13abde940954",
	  "304402200eafea039b20e9b42309fb1d89e213057cbf973dc0cfc8f129edddc800ef7719"
	  "02204861f0491e6998b9455193e34e7b0d284ddd7149a74b95b9261f13abde940954" },
	{ "0000000000000000000000000000000000000000000000000000000000000001"
	  "0000000000000000000000000000000000000000000000000000000000000080",
	  "3007020101" "02020080" },
};

START_TEST(both_forms_of_a_signature_say_the_same)
{
	struct sg_bytes raw = hex(ders[_i].digest), der = hex(ders[_i].signature);
	uint8_t out[SG_P256_DER_MAX], back[SG_P256_SIGNATURE];

	assert_bytes(sg_bytes(out, sg_p256_to_der(raw.data, out)), der);
	ck_assert(sg_p256_from_der(der, back));
	assert_bytes(sg_bytes(back, sizeof back), raw);
}
END_TEST

START_TEST(other_encodings_of_a_signature_are_refused)
{
	static const char *const bad[] = {
		"", "30", "3000", "3003020101", "300602010102010100", "3007020101020101",
		"3107020101" "02020080", "3006030101" "020101", "3006020181" "020101",
		"300702020001" "020101", "3005020002" "0101", "3006020101" "0201",
		"30080202000102020001", "308106020101020101",
	};
	uint8_t raw[SG_P256_SIGNATURE];
	struct sg_bytes der = hex(ders[0].signature);

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert(!sg_p256_from_der(hex(bad[i]), raw));
	for (size_t len = 0; len < der.len; len++)
		ck_assert(!sg_p256_from_der(sg_bytes(der.data, len), raw));
	ck_assert(sg_p256_from_der(hex("3006020101020101"), raw));
}
END_TEST

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static Suite *suite(void)
{
	Suite *s = suite_create("p256");
	TCase *tcase = tcase_create("p256");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, the_signatures_of_the_standard_verify, 0,
	                    sizeof vectors / sizeof vectors[0]);
	tcase_add_test(tcase, any_changed_byte_fails);
	tcase_add_test(tcase, numbers_outside_the_group_are_no_signature);
	tcase_add_test(tcase, wrong_lengths_are_refused);
	tcase_add_test(tcase, only_points_of_the_curve_are_valid);
	tcase_add_test(tcase, a_short_digest_is_a_number);
	tcase_add_loop_test(tcase, both_forms_of_a_signature_say_the_same, 0,
	                    sizeof ders / sizeof ders[0]);
	tcase_add_test(tcase, other_encodings_of_a_signature_are_refused);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
