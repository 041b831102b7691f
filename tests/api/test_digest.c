/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. CKM_SHA256, CKM_SHA384, CKM_SHA512, and random numbers.
 */
#include <string.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

/* [FIPS 180-4]: "abc" and the empty message. */
static const struct {
	CK_MECHANISM_TYPE mechanism;
	const char *abc, *empty;
} vectors[] = {
	{ CKM_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ CKM_SHA384,
	  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	  "8086072ba1e7cc2358baeca134c825a7",
	  "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
	  "274edebfe76f65fbd51ad2f14898b95b" },
	{ CKM_SHA512,
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	  "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
	  "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e" },
};

#define VECTORS ((int)(sizeof vectors / sizeof vectors[0]))

static CK_SESSION_HANDLE s;
static CK_MECHANISM sha = { CKM_SHA256, NULL, 0 };
static CK_BYTE abc[] = "abc", out[64];

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
}

START_TEST(the_vectors_come_out)
{
	CK_ULONG len = sizeof out;

	sha.mechanism = vectors[_i].mechanism;
	p11_ok(p11->C_DigestInit(s, &sha));
	p11_ok(p11->C_Digest(s, abc, 3, out, &len));
	assert_bytes(sg_bytes(out, len), hex(vectors[_i].abc));
	p11_ok(p11->C_DigestInit(s, &sha));
	len = sizeof out;
	p11_ok(p11->C_Digest(s, NULL, 0, out, &len));
	assert_bytes(sg_bytes(out, len), hex(vectors[_i].empty));
}
END_TEST

START_TEST(the_vectors_come_out_in_parts)
{
	CK_ULONG len = sizeof out;

	sha.mechanism = vectors[_i].mechanism;
	p11_ok(p11->C_DigestInit(s, &sha));
	p11_ok(p11->C_DigestUpdate(s, abc, 1));
	p11_ok(p11->C_DigestUpdate(s, NULL, 0));
	p11_ok(p11->C_DigestUpdate(s, abc + 1, 2));
	p11_ok(p11->C_DigestFinal(s, out, &len));
	assert_bytes(sg_bytes(out, len), hex(vectors[_i].abc));
	p11_ok(p11->C_DigestInit(s, &sha));
	p11_ok(p11->C_DigestFinal(s, out, &len));
	assert_bytes(sg_bytes(out, len), hex(vectors[_i].empty));
}
END_TEST

START_TEST(sizes_and_small_buffers_do_not_end_it)
{
	CK_ULONG len = 0;

	p11_ok(p11->C_DigestInit(s, &sha));
	p11_ok(p11->C_DigestUpdate(s, abc, 3));
	p11_ok(p11->C_DigestFinal(s, NULL, &len));
	ck_assert_uint_eq(len, 32);
	len = 31;
	p11_is(CKR_BUFFER_TOO_SMALL, p11->C_DigestFinal(s, out, &len));
	p11_ok(p11->C_DigestFinal(s, out, &len));
	assert_bytes(sg_bytes(out, len), hex(vectors[0].abc));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_DigestFinal(s, out, &len));
}
END_TEST

START_TEST(other_errors_do)
{
	CK_ULONG len = sizeof out;

	p11_ok(p11->C_DigestInit(s, &sha));
	p11_is(CKR_OPERATION_ACTIVE, p11->C_DigestInit(s, &sha));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_DigestUpdate(s, NULL, 1));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_DigestUpdate(s, abc, 3));
	p11_ok(p11->C_DigestInit(s, &sha));
	p11_ok(p11->C_DigestUpdate(s, abc, 3));
	p11_is(CKR_OPERATION_ACTIVE, p11->C_Digest(s, abc, 3, out, &len));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_DigestFinal(s, out, &len));
	p11_ok(p11->C_DigestInit(s, &sha));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_Digest(s, abc, 3, out, NULL));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_Digest(s, abc, 3, out, &len));
}
END_TEST

START_TEST(keys_are_not_digested)
{
	CK_OBJECT_HANDLE key = p11_make_aes(s, NULL);

	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_DigestKey(s, key));
	p11_ok(p11->C_DigestInit(s, &sha));
	p11_is(CKR_KEY_INDIGESTIBLE, p11->C_DigestKey(s, key));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_DigestUpdate(s, abc, 3));
	p11_ok(p11->C_DigestInit(s, &sha));
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_DigestKey(s, key + 1));
	p11_ok(p11->C_DigestInit(s, &sha));
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_DigestKey(s, CK_INVALID_HANDLE));
}
END_TEST

START_TEST(a_digest_is_a_mechanism_without_a_parameter)
{
	CK_MECHANISM param = { CKM_SHA256, abc, 3 }, null = { CKM_SHA256, NULL, 3 };

	p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_DigestInit(s, &param));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_DigestInit(s, &null));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_DigestInit(s, NULL));
	p11_is(CKR_MECHANISM_INVALID, p11->C_DigestInit(s, &p11_eddsa));
	p11_is(CKR_MECHANISM_INVALID, p11->C_DigestInit(s, &p11_kw));
}
END_TEST

START_TEST(a_digest_needs_no_open_token)
{
	CK_ULONG len = sizeof out;

	p11_ok(p11->C_Finalize(NULL));
	p11_configure("");
	p11_start();
	s = p11_open(0);
	p11_ok(p11->C_DigestInit(s, &sha));
	p11_ok(p11->C_Digest(s, abc, 3, out, &len));
	p11_ok(p11->C_GenerateRandom(s, out, len));
}
END_TEST

START_TEST(random_numbers_differ_and_stay_in_bounds)
{
	CK_BYTE a[66] = { 0 }, b[66] = { 0 };

	p11_ok(p11->C_GenerateRandom(s, a + 1, 64));
	p11_ok(p11->C_GenerateRandom(s, b + 1, 64));
	ck_assert_mem_ne(a, b, sizeof a);
	ck_assert_uint_eq(a[0] | a[65] | b[0] | b[65], 0);
	p11_ok(p11->C_GenerateRandom(s, NULL, 0));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GenerateRandom(s, NULL, 1));
}
END_TEST

START_TEST(there_is_nothing_to_seed)
{
	p11_is(CKR_RANDOM_SEED_NOT_SUPPORTED, p11->C_SeedRandom(s, abc, 3));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_SeedRandom(s, NULL, 3));
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("digest");
	TCase *tc = tcase_create("digest");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, the_vectors_come_out, 0, VECTORS);
	tcase_add_loop_test(tc, the_vectors_come_out_in_parts, 0, VECTORS);
	tcase_add_test(tc, sizes_and_small_buffers_do_not_end_it);
	tcase_add_test(tc, other_errors_do);
	tcase_add_test(tc, keys_are_not_digested);
	tcase_add_test(tc, a_digest_is_a_mechanism_without_a_parameter);
	tcase_add_test(tc, a_digest_needs_no_open_token);
	tcase_add_test(tc, random_numbers_differ_and_stay_in_bounds);
	tcase_add_test(tc, there_is_nothing_to_seed);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
