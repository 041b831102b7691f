/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of crypto/kdf.c.
 */
#include "crypto/kdf.h"

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* [RFC 5869 §A.1 to §A.3] */
static const struct hkdf_vector {
	const char *ikm, *salt, *info, *okm;
} hkdf_vectors[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	  "000102030405060708090a0b0c",
	  "f0f1f2f3f4f5f6f7f8f9",
	  "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
	  "34007208d5b887185865" },
	{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	  "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
	  "404142434445464748494a4b4c4d4e4f",
	  "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
	  "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
	  "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
	  "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
	  "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
	  "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
	  "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
	  "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
	  "cc30c58179ec3e87c14c01d5c1f3434f1d87" },
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
	  "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
	  "9d201395faa4b61a96c8" },
};

/* Computed with libargon2 20171227, argon2id_hash_raw with one lane. The first
 * is also what its command prints:
 * printf 123456 | argon2 0123456789abcdef -id -t 1 -k 8192 -p 1 -l 32 -r */
static const struct argon2_vector {
	const char *pin, *salt;
	struct sg_argon2_cost cost;
	const char *out;
} argon2_vectors[] = {
	{ "123456", "0123456789abcdef", { 1, 8192 },
	  "13a626247bffeceae57a90b33db8256bbd4f20749a6d7c6588f3bb8e0eb56c86" },
	{ "correct horse", "fedcba9876543210", { 3, 8192 },
	  "5f7f997c0632a69154eed1af0f862d57f5a0c9d574e50495a322bc277fb18633"
	  "a4640f4b03b88b981d11d6679c62fd9c4d4af5885396f69fd5eb9d80f9384c3e" },
	{ "", "0123456789abcdef", { 2, 16384 }, "7406242e5f7966b0385a51e02afa2f21" },
};

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void teardown(void)
{
	sg_crypto_stop();
}

START_TEST(hkdf_gives_the_published_keys)
{
	const struct hkdf_vector *v = &hkdf_vectors[_i];
	struct sg_bytes okm = hex(v->okm);
	struct sg_secret *out = NULL;

	ck_assert_int_eq(sg_hkdf_sha256(hex(v->ikm), hex(v->salt), hex(v->info), okm.len, &out),
	                 SG_OK);
	assert_bytes(sg_secret_bytes(out), okm);
	sg_secret_free(&out);
}
END_TEST

/* As test case 1 of RFC 5869, whose own vectors end with SHA-256; made with OpenSSL's HKDF. */
START_TEST(hkdf_works_with_longer_digests)
{
	struct sg_bytes salt = hex("000102030405060708090a0b0c"), info = hex("f0f1f2f3f4f5f6f7f8f9");
	struct sg_secret *prk = NULL, *out = NULL;

	ck_assert_int_eq(sg_hkdf_extract(&sg_hmac_sha384, repeat(0x0b, 22), salt, &prk), SG_OK);
	ck_assert_int_eq(sg_hkdf_expand(&sg_hmac_sha384, sg_secret_bytes(prk), info, 80, &out), SG_OK);
	assert_bytes(sg_secret_bytes(out),
	             hex("9b5097a86038b805309076a44b3a9f38063e25b516dcbf369f394cfab43685f7"
	                 "48b6457763e4f0204fc5d95d1da3e62587b22eb8943d0fab6bb631a2fe9df1a6"
	                 "8c6ce5d56116a52005b3f122b88b39b7"));
	sg_secret_free(&prk);
	sg_secret_free(&out);
	ck_assert_int_eq(sg_hkdf_extract(&sg_hmac_sha512, repeat(0x0b, 22), salt, &prk), SG_OK);
	ck_assert_int_eq(sg_hkdf_expand(&sg_hmac_sha512, sg_secret_bytes(prk), info, 80, &out), SG_OK);
	assert_bytes(sg_secret_bytes(out),
	             hex("832390086cda71fb47625bb5ceb168e4c8e26a1a16ed34d9fc7fe92c14815793"
	                 "38da362cb8d9f925d7cbcce0dff7098769cf15959867d571c1715450cb530137"
	                 "be3fb62f3cf32b84feba8f1eb1b563e2"));
	sg_secret_free(&prk);
	sg_secret_free(&out);
}
END_TEST

/* The first vector of NIST's validation suite for ANSI X9.63 with SHA-256; the second was
 * made with OpenSSL's X963KDF. */
START_TEST(x963_gives_known_keys)
{
	struct sg_secret *out = NULL;

	ck_assert_int_eq(sg_x963_sha256(hex("96c05619d56c328ab95fe84b18264b08725b85e33fd34f08"),
	                                sg_bytes(NULL, 0), 16, &out), SG_OK);
	assert_bytes(sg_secret_bytes(out), hex("443024c3dae66b95e6f5670601558f71"));
	sg_secret_free(&out);
	ck_assert_int_eq(sg_x963_sha256(repeat(0x0b, 16), hex("f0f1f2"), 80, &out), SG_OK);
	assert_bytes(sg_secret_bytes(out),
	             hex("24a467cb0e12c79b01a539ab1a54d3e875155b4b3edaac559e4a9dc8d1edb91f"
	                 "0bd8a9ad975e39b74d88b5962369b02feb030f5f3d666e0727b2c55c860e4474"
	                 "054705b07fa96fcf2bf4623281bd88fa"));
	sg_secret_free(&out);
	ck_assert_int_eq(sg_x963_sha256(repeat(1, 16), sg_bytes(NULL, 0), 0, &out), SG_ERR_RANGE);
	ck_assert_int_eq(sg_x963_sha256(repeat(1, 16), sg_bytes(NULL, 0), 255 * 32 + 1, &out),
	                 SG_ERR_RANGE);
	ck_assert_ptr_null(out);
}
END_TEST

START_TEST(hkdf_refuses_a_short_key_to_expand)
{
	struct sg_bytes none = sg_bytes(NULL, 0);
	struct sg_secret *out = NULL;

	ck_assert_int_eq(sg_hkdf_extract(&sg_hmac_sha256, none, none, &out), SG_ERR_RANGE);
	ck_assert_int_eq(sg_hkdf_expand(&sg_hmac_sha512, repeat(1, 63), none, 16, &out), SG_ERR_RANGE);
	ck_assert_int_eq(sg_hkdf_expand(&sg_hmac_sha512, repeat(1, 64), none, 255 * 64 + 1, &out),
	                 SG_ERR_RANGE);
	ck_assert_ptr_null(out);
	ck_assert_int_eq(sg_hkdf_expand(&sg_hmac_sha512, repeat(1, 64), none, 255 * 64, &out), SG_OK);
	sg_secret_free(&out);
}
END_TEST

START_TEST(hkdf_gives_the_longest_key_it_can)
{
	struct sg_bytes ikm = repeat(1, 32), none = sg_bytes(NULL, 0);
	struct sg_secret *whole = NULL, *head = NULL;

	ck_assert_int_eq(sg_hkdf_sha256(ikm, none, none, 255 * 32, &whole), SG_OK);
	ck_assert_int_eq(sg_hkdf_sha256(ikm, none, none, 32, &head), SG_OK);
	ck_assert_uint_eq(whole->len, 255 * 32);
	assert_bytes(sg_bytes(whole->data, 32), sg_secret_bytes(head));
	sg_secret_free(&whole);
	sg_secret_free(&head);
}
END_TEST

START_TEST(hkdf_refuses_impossible_lengths)
{
	struct sg_bytes ikm = repeat(1, 32), none = sg_bytes(NULL, 0);
	struct sg_secret *out = NULL;

	ck_assert_int_eq(sg_hkdf_sha256(ikm, none, none, 0, &out), SG_ERR_RANGE);
	ck_assert_int_eq(sg_hkdf_sha256(ikm, none, none, 255 * 32 + 1, &out), SG_ERR_RANGE);
	ck_assert_int_eq(sg_hkdf_sha256(none, none, none, 32, &out), SG_ERR_RANGE);
	ck_assert_ptr_null(out);
}
END_TEST

START_TEST(another_label_gives_another_key)
{
	struct sg_bytes ikm = repeat(1, 32), none = sg_bytes(NULL, 0);
	struct sg_secret *a = NULL, *b = NULL;

	ck_assert_int_eq(sg_hkdf_sha256(ikm, none, sg_bytes_str("a"), 32, &a), SG_OK);
	ck_assert_int_eq(sg_hkdf_sha256(ikm, none, sg_bytes_str("b"), 32, &b), SG_OK);
	ck_assert(!sg_secret_equal(sg_secret_bytes(a), sg_secret_bytes(b)));
	sg_secret_free(&a);
	sg_secret_free(&b);
}
END_TEST

START_TEST(argon2id_gives_what_its_reference_gives)
{
	const struct argon2_vector *v = &argon2_vectors[_i];
	struct sg_bytes want = hex(v->out);
	struct sg_secret *out = NULL;

	ck_assert_int_eq(sg_argon2id(sg_bytes_str(v->pin), sg_bytes_str(v->salt), v->cost,
	                             want.len, &out), SG_OK);
	assert_bytes(sg_secret_bytes(out), want);
	sg_secret_free(&out);
}
END_TEST

START_TEST(argon2id_takes_no_pin_at_all)
{
	const struct argon2_vector *v = &argon2_vectors[2];
	struct sg_secret *out = NULL;

	ck_assert_int_eq(sg_argon2id(sg_bytes(NULL, 0), sg_bytes_str(v->salt), v->cost, 16, &out),
	                 SG_OK);
	assert_bytes(sg_secret_bytes(out), hex(v->out));
	sg_secret_free(&out);
}
END_TEST

START_TEST(argon2id_refuses_hostile_costs)
{
	static const struct sg_argon2_cost costs[] = {
		{ 0, 8192 }, { 17, 8192 }, { UINT32_MAX, 8192 },
		{ 1, 0 }, { 1, 8191 }, { 1, 1048577 }, { 1, UINT32_MAX },
	};
	struct sg_secret *out = NULL;

	for (int i = 0; i < N(costs); i++)
		ck_assert_int_eq(sg_argon2id(sg_bytes_str("1234"), repeat(1, 16), costs[i], 32,
		                             &out), SG_ERR_RANGE);
	ck_assert_ptr_null(out);
}
END_TEST

START_TEST(argon2id_refuses_other_lengths)
{
	const struct sg_argon2_cost cost = { 1, 8192 };
	struct sg_bytes pin = sg_bytes_str("1234");
	struct sg_secret *out = NULL;

	ck_assert_int_eq(sg_argon2id(pin, repeat(1, 15), cost, 32, &out), SG_ERR_RANGE);
	ck_assert_int_eq(sg_argon2id(pin, repeat(1, 17), cost, 32, &out), SG_ERR_RANGE);
	ck_assert_int_eq(sg_argon2id(pin, repeat(1, 16), cost, 15, &out), SG_ERR_RANGE);
	ck_assert_int_eq(sg_argon2id(pin, repeat(1, 16), cost, 65, &out), SG_ERR_RANGE);
	ck_assert_ptr_null(out);
}
END_TEST

START_TEST(the_default_cost_is_one_that_is_accepted)
{
	struct sg_secret *out = NULL;

	ck_assert_int_eq(sg_argon2id(sg_bytes_str("1234"), repeat(1, 16), sg_argon2_default, 32,
	                             &out), SG_OK);
	ck_assert_uint_eq(out->len, 32);
	sg_secret_free(&out);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("kdf");
	TCase *tc = tcase_create("kdf");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, hkdf_gives_the_published_keys, 0, N(hkdf_vectors));
	tcase_add_test(tc, hkdf_works_with_longer_digests);
	tcase_add_test(tc, x963_gives_known_keys);
	tcase_add_test(tc, hkdf_refuses_a_short_key_to_expand);
	tcase_add_test(tc, hkdf_gives_the_longest_key_it_can);
	tcase_add_test(tc, hkdf_refuses_impossible_lengths);
	tcase_add_test(tc, another_label_gives_another_key);
	tcase_add_loop_test(tc, argon2id_gives_what_its_reference_gives, 0, N(argon2_vectors));
	tcase_add_test(tc, argon2id_takes_no_pin_at_all);
	tcase_add_test(tc, argon2id_refuses_hostile_costs);
	tcase_add_test(tc, argon2id_refuses_other_lengths);
	tcase_add_test(tc, the_default_cost_is_one_that_is_accepted);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
