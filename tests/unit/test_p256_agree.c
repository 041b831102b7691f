/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of crypto/p256_agree.c. The other side is OpenSSL's, by EVP.
 */
#include "crypto/p256_agree.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <string.h>

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

static EVP_PKEY *pair;
static uint8_t point[SG_P256_POINT], ephemeral[2][SG_P256_POINT];
static struct sg_secret *shared, *again;

static void setup(void)
{
	size_t len = 0;

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	pair = EVP_EC_gen("P-256");
	ck_assert_ptr_nonnull(pair);
	ck_assert_int_eq(EVP_PKEY_get_octet_string_param(pair, "encoded-pub-key", point,
	                                                 sizeof point, &len), 1);
	ck_assert_uint_eq(len, sizeof point);
}

static void teardown(void)
{
	sg_secret_free(&shared);
	sg_secret_free(&again);
	EVP_PKEY_free(pair);
	sg_crypto_stop();
}

/* Let the other side compute the secret from the ephemeral point. */
static void other_side(const uint8_t from[SG_P256_POINT], uint8_t out[SG_P256_SHARED])
{
	EVP_PKEY *peer = EVP_PKEY_new();
	EVP_PKEY_CTX *ctx;
	size_t len = SG_P256_SHARED;

	ck_assert_int_eq(EVP_PKEY_copy_parameters(peer, pair), 1);
	ck_assert_int_eq(EVP_PKEY_set1_encoded_public_key(peer, from, SG_P256_POINT), 1);
	ctx = EVP_PKEY_CTX_new(pair, NULL);
	ck_assert_int_eq(EVP_PKEY_derive_init(ctx), 1);
	ck_assert_int_eq(EVP_PKEY_derive_set_peer(ctx, peer), 1);
	ck_assert_int_eq(EVP_PKEY_derive(ctx, out, &len), 1);
	ck_assert_uint_eq(len, SG_P256_SHARED);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
}

START_TEST(the_holder_of_the_point_computes_the_same_secret)
{
	uint8_t expected[SG_P256_SHARED];

	ck_assert_int_eq(sg_p256_agree(sg_bytes(point, sizeof point), ephemeral[0], &shared), SG_OK);
	other_side(ephemeral[0], expected);
	assert_bytes(sg_secret_bytes(shared), sg_bytes(expected, sizeof expected));
}
END_TEST

START_TEST(no_two_secrets_are_alike)
{
	ck_assert_int_eq(sg_p256_agree(sg_bytes(point, sizeof point), ephemeral[0], &shared), SG_OK);
	ck_assert_int_eq(sg_p256_agree(sg_bytes(point, sizeof point), ephemeral[1], &again), SG_OK);
	ck_assert_mem_ne(ephemeral[0], ephemeral[1], SG_P256_POINT);
	ck_assert_mem_ne(shared->data, again->data, SG_P256_SHARED);
}
END_TEST

START_TEST(a_point_that_is_not_on_the_curve_is_refused)
{
	uint8_t bad[SG_P256_POINT];

	memcpy(bad, point, sizeof bad);
	bad[64] ^= 1;
	ck_assert_int_eq(sg_p256_agree(sg_bytes(bad, sizeof bad), ephemeral[0], &shared),
	                 SG_ERR_FORMAT);
	ck_assert_int_eq(sg_p256_agree(sg_bytes(point, 64), ephemeral[0], &shared), SG_ERR_FORMAT);
	ck_assert_ptr_null(shared);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("p256 agree");
	TCase *tc = tcase_create("p256 agree");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_holder_of_the_point_computes_the_same_secret);
	tcase_add_test(tc, no_two_secrets_are_alike);
	tcase_add_test(tc, a_point_that_is_not_on_the_curve_is_refused);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
