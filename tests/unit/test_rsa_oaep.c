/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of crypto/rsa_oaep.c. OpenSSL's own OAEP opens what it closes.
 */
#include "crypto/rsa_oaep.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define BITS 2048

static EVP_PKEY *pair;
static uint8_t modulus[SG_RSA_MODULUS_MAX], exponent[SG_RSA_EXPONENT_MAX];
static struct sg_rsa_public public;

static struct sg_bytes number(const char *name, uint8_t *out)
{
	BIGNUM *n = NULL;
	int len;

	ck_assert_int_eq(EVP_PKEY_get_bn_param(pair, name, &n), 1);
	len = BN_bn2bin(n, out);
	BN_free(n);
	return sg_bytes(out, (size_t)len);
}

/* Once for all tests, for it takes a while. */
static void make_pair(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	pair = EVP_RSA_gen(BITS);
	ck_assert_ptr_nonnull(pair);
	public.modulus = number(OSSL_PKEY_PARAM_RSA_N, modulus);
	public.exponent = number(OSSL_PKEY_PARAM_RSA_E, exponent);
}

static void free_pair(void)
{
	EVP_PKEY_free(pair);
	sg_crypto_stop();
}

/* Open what was closed by OpenSSL; return the length, or 0. */
static size_t openssl_opens(const EVP_MD *md, const uint8_t *closed, uint8_t out[BITS / 8])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pair, NULL);
	size_t len = BITS / 8;

	ck_assert_int_eq(EVP_PKEY_decrypt_init(ctx), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md), 1);
	if (EVP_PKEY_decrypt(ctx, out, &len, closed, BITS / 8) != 1)
		len = 0;
	EVP_PKEY_CTX_free(ctx);
	return len;
}

static struct sg_secret *secret_of(size_t len)
{
	struct sg_secret *plain = NULL;

	ck_assert_int_eq(sg_secret_copy(repeat(0x5c, len), &plain), SG_OK);
	return plain;
}

static const size_t lengths[] = { 1, 32, 64 };

START_TEST(openssl_opens_what_is_closed_with_either_hash)
{
	const EVP_MD *const mds[] = { EVP_sha1(), EVP_sha256() };
	struct sg_secret *plain = secret_of(lengths[_i]);
	uint8_t closed[SG_RSA_MODULUS_MAX], opened[BITS / 8];

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(sg_rsa_oaep_encrypt(&public, i == 0 ? SG_OAEP_SHA1 : SG_OAEP_SHA256,
		                                     plain, closed), SG_OK);
		ck_assert_uint_eq(openssl_opens(mds[i], closed, opened), plain->len);
		ck_assert_mem_eq(opened, plain->data, plain->len);
		ck_assert_uint_eq(openssl_opens(mds[1 - i], closed, opened), 0);
	}
	sg_secret_free(&plain);
}
END_TEST

START_TEST(openssl_opens_what_is_closed_with_a_label_by_that_label_alone)
{
	static const char label[] = "DUPLICATE";        /* its zero belongs to it */
	struct sg_secret *plain = secret_of(32);
	uint8_t closed[SG_RSA_MODULUS_MAX], opened[BITS / 8];
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pair, NULL);
	size_t len = sizeof opened;

	ck_assert_int_eq(sg_rsa_oaep_encrypt_label(&public, SG_OAEP_SHA256,
	                                           sg_bytes(label, sizeof label), plain, closed),
	                 SG_OK);
	ck_assert_uint_eq(openssl_opens(EVP_sha256(), closed, opened), 0);
	ck_assert_int_eq(EVP_PKEY_decrypt_init(ctx), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, OPENSSL_memdup(label, sizeof label),
	                                                  sizeof label), 1);
	ck_assert_int_eq(EVP_PKEY_decrypt(ctx, opened, &len, closed, BITS / 8), 1);
	assert_bytes(sg_bytes(opened, len), sg_secret_bytes(plain));
	EVP_PKEY_CTX_free(ctx);
	sg_secret_free(&plain);
}
END_TEST

START_TEST(no_two_are_alike)
{
	struct sg_secret *plain = secret_of(32);
	uint8_t closed[2][SG_RSA_MODULUS_MAX];

	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(sg_rsa_oaep_encrypt(&public, SG_OAEP_SHA256, plain, closed[i]), SG_OK);
	ck_assert_mem_ne(closed[0], closed[1], BITS / 8);
	sg_secret_free(&plain);
}
END_TEST

START_TEST(no_other_length_is_taken)
{
	struct sg_secret *plain = secret_of(65), *none = NULL;
	uint8_t closed[SG_RSA_MODULUS_MAX];

	ck_assert_int_eq(sg_rsa_oaep_encrypt(&public, SG_OAEP_SHA1, plain, closed), SG_ERR_RANGE);
	ck_assert_int_eq(sg_secret_new(32, &none), SG_OK);
	ck_assert_int_eq(sg_rsa_oaep_encrypt(&public, SG_OAEP_SHA1, none, closed), SG_ERR_RANGE);
	sg_secret_free(&plain);
	sg_secret_free(&none);
}
END_TEST

START_TEST(a_key_that_hides_nothing_is_refused)
{
	static const uint8_t e1[] = { 1 }, e3[] = { 3 }, e0[] = { 0, 1, 0, 1 }, even[] = { 1, 0, 2 };
	const struct sg_bytes n = public.modulus, e = public.exponent;
	uint8_t bad[SG_RSA_MODULUS_MAX];
	const struct sg_rsa_public keys[] = {
		{ sg_bytes(NULL, 0), e }, { n, sg_bytes(NULL, 0) },
		{ n, sg_bytes(e1, sizeof e1) }, { n, sg_bytes(e3, sizeof e3) },
		{ n, sg_bytes(e0, sizeof e0) }, { n, sg_bytes(even, sizeof even) },
		{ sg_bytes(n.data, n.len - 1), e }, { sg_bytes(bad, n.len), e },
		{ repeat(0xff, SG_RSA_MODULUS_MAX + 1), e },
	};

	memcpy(bad, n.data, n.len);
	bad[n.len - 1] ^= 1;
	ck_assert(sg_rsa_public_valid(&public));
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		ck_assert_msg(!sg_rsa_public_valid(&keys[i]), "key %zu", i);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rsa oaep");
	TCase *tc = tcase_create("rsa oaep");

	tcase_add_unchecked_fixture(tc, make_pair, free_pair);
	tcase_add_loop_test(tc, openssl_opens_what_is_closed_with_either_hash, 0,
	                    sizeof lengths / sizeof lengths[0]);
	tcase_add_test(tc, openssl_opens_what_is_closed_with_a_label_by_that_label_alone);
	tcase_add_test(tc, no_two_are_alike);
	tcase_add_test(tc, no_other_length_is_taken);
	tcase_add_test(tc, a_key_that_hides_nothing_is_refused);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
