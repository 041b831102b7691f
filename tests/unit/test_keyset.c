/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/keyset.c.
 */
#include "core/keyset.h"

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

static struct sg_secret *token_key, *public_key;
static uint8_t uuid[SG_UUID] = { 1, 2, 3 }, other_uuid[SG_UUID] = { 1, 2, 4 };

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	ck_assert_int_eq(sg_secret_copy(repeat('t', SG_TOKEN_KEY), &token_key), SG_OK);
	ck_assert_int_eq(sg_public_key_derive(token_key, uuid, &public_key), SG_OK);
}

static void teardown(void)
{
	sg_secret_free(&token_key);
	sg_secret_free(&public_key);
	sg_crypto_stop();
}

static bool same(const struct sg_secret *a, const struct sg_secret *b)
{
	return sg_secret_equal(sg_secret_bytes(a), sg_secret_bytes(b));
}

START_TEST(all_keys_differ)
{
	struct sg_keyset *halves[2] = { NULL, NULL };
	const struct sg_secret *keys[6] = { token_key, public_key };

	ck_assert_int_eq(sg_keyset_derive(public_key, uuid, &halves[SG_PUBLIC_HALF]), SG_OK);
	ck_assert_int_eq(sg_keyset_derive(token_key, uuid, &halves[SG_PRIVATE_HALF]), SG_OK);
	for (int half = 0; half < 2; half++) {
		keys[2 + 2 * half] = halves[half]->record;
		keys[3 + 2 * half] = halves[half]->mac;
	}
	for (int i = 0; i < 6; i++) {
		ck_assert_uint_eq(keys[i]->len, 32);
		for (int j = i + 1; j < 6; j++)
			ck_assert(!same(keys[i], keys[j]));
	}
	sg_keyset_free(&halves[0]);
	sg_keyset_free(&halves[1]);
	ck_assert_ptr_null(halves[0]);
	sg_keyset_free(&halves[0]);
}
END_TEST

START_TEST(the_same_key_gives_the_same_keys)
{
	struct sg_keyset *a = NULL, *b = NULL;

	ck_assert_int_eq(sg_keyset_derive(token_key, uuid, &a), SG_OK);
	ck_assert_int_eq(sg_keyset_derive(token_key, uuid, &b), SG_OK);
	ck_assert(same(a->record, b->record));
	ck_assert(same(a->mac, b->mac));
	sg_keyset_free(&a);
	sg_keyset_free(&b);
}
END_TEST

START_TEST(keys_live_until_the_last_who_holds_them_lets_go)
{
	struct sg_keyset *mine = NULL, *theirs, *nothing = NULL;

	ck_assert_int_eq(sg_keyset_derive(token_key, uuid, &mine), SG_OK);
	theirs = sg_keyset_ref(mine);
	ck_assert_ptr_eq(theirs, mine);
	sg_keyset_free(&mine);
	ck_assert_ptr_null(mine);
	ck_assert_uint_eq(theirs->mac->len, SG_TOKEN_KEY);
	sg_keyset_free(&theirs);
	ck_assert_ptr_null(sg_keyset_ref(nothing));
}
END_TEST

START_TEST(another_token_gives_other_keys)
{
	struct sg_keyset *a = NULL, *b = NULL;
	struct sg_secret *other = NULL;

	ck_assert_int_eq(sg_keyset_derive(token_key, uuid, &a), SG_OK);
	ck_assert_int_eq(sg_keyset_derive(token_key, other_uuid, &b), SG_OK);
	ck_assert_int_eq(sg_public_key_derive(token_key, other_uuid, &other), SG_OK);
	ck_assert(!same(a->record, b->record));
	ck_assert(!same(a->mac, b->mac));
	ck_assert(!same(public_key, other));
	sg_keyset_free(&a);
	sg_keyset_free(&b);
	sg_secret_free(&other);
}
END_TEST

/* Computed with another HKDF-SHA-256, from 32 times 't' and the uuid: the format may not drift. */
START_TEST(the_derivation_is_the_documented_one)
{
	struct sg_keyset *private = NULL, *public = NULL;

	ck_assert_int_eq(sg_keyset_derive(token_key, uuid, &private), SG_OK);
	ck_assert_int_eq(sg_keyset_derive(public_key, uuid, &public), SG_OK);
	assert_bytes(sg_secret_bytes(public_key),
	             hex("5f81eab147819ab67ebfe18da64f8d803b047edbc322aece1446262823260e32"));
	assert_bytes(sg_secret_bytes(private->record),
	             hex("373c3f9c2845f44dc487b06f5a28ac209bf4181730f04b6371bd38cf864a86ec"));
	assert_bytes(sg_secret_bytes(public->mac),
	             hex("8ee7df263416ed532bdc419977d51fd8d72fd2d04c709b2e0913bfd22b75bf50"));
	sg_keyset_free(&private);
	sg_keyset_free(&public);
}
END_TEST

START_TEST(freeing_nothing_is_fine)
{
	struct sg_keyset *none = NULL;

	sg_keyset_free(NULL);
	sg_keyset_free(&none);
	ck_assert_ptr_null(none);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("keyset");
	TCase *tc = tcase_create("keyset");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, all_keys_differ);
	tcase_add_test(tc, the_same_key_gives_the_same_keys);
	tcase_add_test(tc, keys_live_until_the_last_who_holds_them_lets_go);
	tcase_add_test(tc, freeing_nothing_is_fine);
	tcase_add_test(tc, another_token_gives_other_keys);
	tcase_add_test(tc, the_derivation_is_the_documented_one);
	return s;
}

int main(void)
{
	return test_run(suite());
}
