/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of crypto/x25519.c.
 */
#include "crypto/x25519.h"

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define ALICE "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"
#define ALICE_POINT "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
#define BOB "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"
#define BOB_POINT "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
#define SHARED "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void require_shared(const char *private_key, const char *point, const char *want)
{
	struct sg_secret *key = NULL, *shared = NULL;

	ck_assert_int_eq(sg_x25519_from_private(hex(private_key), &key), SG_OK);
	ck_assert_int_eq(sg_x25519_shared(key, hex(point), &shared), SG_OK);
	assert_bytes(sg_secret_bytes(shared), hex(want));
	sg_secret_free(&key);
	sg_secret_free(&shared);
}

/* [RFC 7748 §5.2] */
START_TEST(the_published_products_are_computed)
{
	require_shared("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
	               "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
	               "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
	require_shared("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
	               "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
	               "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}
END_TEST

/* [RFC 7748 §6.1] */
START_TEST(both_sides_share_the_published_secret)
{
	require_shared(ALICE, BOB_POINT, SHARED);
	require_shared(BOB, ALICE_POINT, SHARED);
}
END_TEST

START_TEST(a_private_key_has_the_published_public_key)
{
	struct sg_secret *key = NULL;

	ck_assert_int_eq(sg_x25519_from_private(hex(ALICE), &key), SG_OK);
	assert_bytes(sg_secret_bytes(key), hex(ALICE ALICE_POINT));
	sg_secret_free(&key);
}
END_TEST

START_TEST(new_keys_differ_and_agree)
{
	struct sg_secret *a = NULL, *b = NULL, *ab = NULL, *ba = NULL;

	ck_assert_int_eq(sg_x25519_generate(&a), SG_OK);
	ck_assert_int_eq(sg_x25519_generate(&b), SG_OK);
	ck_assert_mem_ne(a->data, b->data, 32);
	ck_assert_int_eq(sg_x25519_shared(a, sg_bytes(b->data + 32, 32), &ab), SG_OK);
	ck_assert_int_eq(sg_x25519_shared(b, sg_bytes(a->data + 32, 32), &ba), SG_OK);
	assert_bytes(sg_secret_bytes(ab), sg_secret_bytes(ba));
	sg_secret_free(&a);
	sg_secret_free(&b);
	sg_secret_free(&ab);
	sg_secret_free(&ba);
}
END_TEST

/* The points of small order, and one of them written above the field's prime. */
static const char *const bad_points[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

START_TEST(no_secret_is_shared_through_a_point_of_small_order)
{
	struct sg_secret *key = NULL, *shared = NULL;

	ck_assert_int_eq(sg_x25519_generate(&key), SG_OK);
	ck_assert(!sg_x25519_public_valid(hex(bad_points[_i])));
	ck_assert_int_eq(sg_x25519_shared(key, hex(bad_points[_i]), &shared), SG_ERR_TAG);
	ck_assert_ptr_null(shared);
	sg_secret_free(&key);
}
END_TEST

START_TEST(keys_have_32_bytes)
{
	struct sg_secret *key = NULL, *kept = NULL, *shared = NULL;

	ck_assert_int_eq(sg_x25519_from_private(hex(ALICE), &kept), SG_OK);
	for (size_t len = 0; len <= 64; len++) {
		if (len == 32)
			continue;
		ck_assert_int_eq(sg_x25519_from_private(repeat(9, len), &key), SG_ERR_RANGE);
		ck_assert_int_eq(sg_x25519_shared(kept, repeat(9, len), &shared), SG_ERR_RANGE);
		ck_assert(!sg_x25519_public_valid(repeat(9, len)));
	}
	ck_assert(sg_x25519_public_valid(hex(ALICE_POINT)));
	sg_secret_free(&kept);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("x25519");
	TCase *tc = tcase_create("x25519");

	tcase_add_checked_fixture(tc, setup, NULL);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, the_published_products_are_computed);
	tcase_add_test(tc, both_sides_share_the_published_secret);
	tcase_add_test(tc, a_private_key_has_the_published_public_key);
	tcase_add_test(tc, new_keys_differ_and_agree);
	tcase_add_loop_test(tc, no_secret_is_shared_through_a_point_of_small_order, 0,
	                    sizeof bad_points / sizeof bad_points[0]);
	tcase_add_test(tc, keys_have_32_bytes);
	return s;
}

int main(void)
{
	return test_run(suite());
}
