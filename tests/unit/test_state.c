/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/state.c.
 */
#include "core/state.h"

#include <string.h>

#include "crypto/crypto.h"
#include "lib/keys.h"
#include "lib/runner.h"

static struct sg_keyset *keys, *other_keys;
static const uint8_t token[SG_UUID] = "token", other_token[SG_UUID] = "other";
static uint8_t rows[4][SG_UUID] = { "one", "two", "three", "four" };

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	keys = test_keyset('k', token);
	other_keys = test_keyset('o', token);
}

static void teardown(void)
{
	sg_keyset_free(&keys);
	sg_keyset_free(&other_keys);
	sg_crypto_stop();
}

START_TEST(the_order_of_rows_does_not_matter)
{
	struct sg_set a = { 0 }, b = { 0 };

	for (int i = 0; i < 4; i++) {
		sg_set_add(&a, keys, rows[i], 7);
		sg_set_add(&b, keys, rows[3 - i], 7);
	}
	ck_assert(sg_set_same_rows(&a, &b));
	ck_assert_uint_eq(a.count, 4);
}
END_TEST

START_TEST(taking_a_row_out_undoes_adding_it)
{
	struct sg_set a = { 0 }, before;

	for (uint64_t i = 0; i < 300; i++) {
		before = a;
		sg_set_add(&a, keys, rows[i % 4], i);
		ck_assert(!sg_set_same_rows(&a, &before));
		sg_set_remove(&a, keys, rows[i % 4], i);
		ck_assert(sg_set_same_rows(&a, &before));
		sg_set_add(&a, keys, rows[i % 4], i);
	}
	for (uint64_t i = 300; i > 0; i--)
		sg_set_remove(&a, keys, rows[(i - 1) % 4], i - 1);
	before = (struct sg_set){ 0 };
	ck_assert(sg_set_same_rows(&a, &before));
}
END_TEST

START_TEST(the_sum_is_of_row_generation_and_key)
{
	struct sg_set a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };

	sg_set_add(&a, keys, rows[0], 1);
	sg_set_add(&b, keys, rows[0], 2);
	sg_set_add(&c, keys, rows[1], 1);
	sg_set_add(&d, other_keys, rows[0], 1);
	ck_assert(!sg_set_same_rows(&a, &b));
	ck_assert(!sg_set_same_rows(&a, &c));
	ck_assert(!sg_set_same_rows(&a, &d));
}
END_TEST

START_TEST(a_row_twice_is_not_the_row_once)
{
	struct sg_set once = { 0 }, twice = { 0 }, none = { 0 };

	sg_set_add(&once, keys, rows[0], 1);
	sg_set_add(&twice, keys, rows[0], 1);
	sg_set_add(&twice, keys, rows[0], 1);
	ck_assert(!sg_set_same_rows(&once, &twice));
	ck_assert(!sg_set_same_rows(&none, &twice));
}
END_TEST

START_TEST(a_signed_set_checks)
{
	struct sg_set set = { .generation = 3 };

	sg_set_add(&set, keys, rows[0], 3);
	sg_set_sign(&set, SG_PRIVATE_HALF, keys, token);
	ck_assert_int_eq(sg_set_check(&set, SG_PRIVATE_HALF, keys, token), SG_OK);
	ck_assert_int_eq(sg_set_check(&set, SG_PUBLIC_HALF, keys, token), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(sg_set_check(&set, SG_PRIVATE_HALF, other_keys, token),
	                 SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(sg_set_check(&set, SG_PRIVATE_HALF, keys, other_token),
	                 SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(every_byte_of_a_set_is_signed)
{
	struct sg_set set = { .generation = 3 };
	uint8_t *bytes = (uint8_t *)&set;

	sg_set_add(&set, keys, rows[0], 3);
	sg_set_sign(&set, SG_PUBLIC_HALF, keys, token);
	for (size_t i = 0; i < sizeof set; i++) {
		bytes[i] ^= 0x20;
		ck_assert_int_eq(sg_set_check(&set, SG_PUBLIC_HALF, keys, token),
		                 SG_ERR_STORE_DAMAGED);
		bytes[i] ^= 0x20;
	}
	ck_assert_int_eq(sg_set_check(&set, SG_PUBLIC_HALF, keys, token), SG_OK);
}
END_TEST

START_TEST(what_is_written_is_read)
{
	struct sg_state state, read;
	struct sg_buf stored = { 0 };

	sg_state_init(&state);
	state.set[0].generation = 1;
	state.set[1].generation = ~(uint64_t)0;
	sg_set_add(&state.set[1], keys, rows[2], 9);
	sg_set_sign(&state.set[0], SG_PUBLIC_HALF, keys, token);
	ck_assert_int_eq(sg_state_write(&state, &stored), SG_OK);
	ck_assert_int_eq(sg_state_parse(sg_buf_bytes(&stored), &read), SG_OK);
	ck_assert_mem_eq(&state, &read, sizeof state);
	sg_buf_free(&stored);
}
END_TEST

START_TEST(what_is_no_state_is_not_read)
{
	struct sg_state state, read;
	struct sg_buf stored = { 0 };

	sg_state_init(&state);
	ck_assert_int_eq(sg_state_write(&state, &stored), SG_OK);
	for (size_t len = 0; len < stored.len; len++)
		ck_assert_int_eq(sg_state_parse(sg_bytes(stored.data, len), &read),
		                 SG_ERR_STORE_DAMAGED);
	for (size_t i = 0; i < 6; i++) {
		stored.data[i] ^= 1;
		ck_assert_int_eq(sg_state_parse(sg_buf_bytes(&stored), &read),
		                 i < 4 ? SG_ERR_STORE_DAMAGED : SG_ERR_STORE_VERSION);
		stored.data[i] ^= 1;
	}
	ck_assert_int_eq(sg_buf_append(&stored, sg_bytes("", 1)), SG_OK);
	ck_assert_int_eq(sg_state_parse(sg_buf_bytes(&stored), &read), SG_ERR_STORE_DAMAGED);
	sg_buf_free(&stored);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("state");
	TCase *tc = tcase_create("state");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, the_order_of_rows_does_not_matter);
	tcase_add_test(tc, taking_a_row_out_undoes_adding_it);
	tcase_add_test(tc, the_sum_is_of_row_generation_and_key);
	tcase_add_test(tc, a_row_twice_is_not_the_row_once);
	tcase_add_test(tc, a_signed_set_checks);
	tcase_add_test(tc, every_byte_of_a_set_is_signed);
	tcase_add_test(tc, what_is_written_is_read);
	tcase_add_test(tc, what_is_no_state_is_not_read);
	return s;
}

int main(void)
{
	return test_run(suite());
}
