/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/anchor.c.
 */
#include "core/anchor.h"

#include <string.h>

#include "crypto/crypto.h"
#include "lib/keys.h"
#include "lib/runner.h"

static struct sg_keyset *keys[2], *other;
static struct sg_token_record record = { .uuid = "token" };
static struct sg_state state;
static struct sg_anchor anchor;
static struct sg_buf stored;

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	keys[SG_PUBLIC_HALF] = test_keyset('u', record.uuid);
	keys[SG_PRIVATE_HALF] = test_keyset('r', record.uuid);
	other = test_keyset('o', record.uuid);
	sg_state_init(&state);
	anchor.count = 0x0102030405060708;
	memset(&anchor.witness, 'w', sizeof anchor.witness);
	sg_anchor_sign(&anchor, keys, &record, &state);
	ck_assert_int_eq(sg_anchor_write(&anchor, &stored), SG_OK);
}

static void teardown(void)
{
	sg_keyset_free(&keys[0]);
	sg_keyset_free(&keys[1]);
	sg_keyset_free(&other);
	sg_buf_free(&stored);
	sg_crypto_stop();
}

static enum sg_err check(void)
{
	return sg_anchor_check(&anchor, keys, &record, &state);
}

START_TEST(what_is_written_is_read_and_authentic)
{
	struct sg_anchor again;

	ck_assert_uint_eq(stored.len, 4 + 2 + 8 + 3 * SG_MAC);
	ck_assert_int_eq(sg_anchor_parse(sg_buf_bytes(&stored), &again), SG_OK);
	ck_assert_uint_eq(again.count, anchor.count);
	ck_assert_mem_eq(&again.witness, &anchor.witness, sizeof again.witness);
	ck_assert_int_eq(sg_anchor_check(&again, keys, &record, &state), SG_OK);
}
END_TEST

START_TEST(every_changed_byte_is_noticed)
{
	for (size_t i = 0; i < stored.len; i++) {
		enum sg_err err;

		stored.data[i] ^= 1;
		err = sg_anchor_parse(sg_buf_bytes(&stored), &anchor);
		if (err == SG_OK)
			err = check();
		ck_assert_int_eq(err, i == 4 || i == 5 ? SG_ERR_STORE_VERSION
		                                       : SG_ERR_STORE_DAMAGED);
		stored.data[i] ^= 1;
	}
}
END_TEST

START_TEST(every_cut_is_noticed)
{
	for (size_t len = 0; len < stored.len; len++)
		ck_assert_int_eq(sg_anchor_parse(sg_bytes(stored.data, len), &anchor),
		                 SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(sg_buf_append(&stored, sg_bytes("", 1)), SG_OK);
	ck_assert_int_eq(sg_anchor_parse(sg_buf_bytes(&stored), &anchor), SG_ERR_STORE_DAMAGED);
}
END_TEST

/* By any of the codes of what it is over. */
START_TEST(it_is_over_the_record_and_both_halves)
{
	uint8_t *const codes[] = {
		record.uuid, record.mac[SG_PUBLIC_HALF], record.mac[SG_PRIVATE_HALF],
		state.set[SG_PUBLIC_HALF].mac, state.set[SG_PRIVATE_HALF].mac,
	};

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		codes[i][15] ^= 1;
		ck_assert_int_eq(check(), SG_ERR_STORE_DAMAGED);
		codes[i][15] ^= 1;
	}
	ck_assert_int_eq(check(), SG_OK);
}
END_TEST

START_TEST(each_half_is_checked_whose_keys_are_there)
{
	struct sg_keyset *const open[2] = { keys[SG_PUBLIC_HALF], NULL };

	anchor.mac[SG_PRIVATE_HALF][0] ^= 1;
	ck_assert_int_eq(sg_anchor_check(&anchor, open, &record, &state), SG_OK);
	ck_assert_int_eq(check(), SG_ERR_STORE_DAMAGED);
	anchor.mac[SG_PRIVATE_HALF][0] ^= 1;
	anchor.mac[SG_PUBLIC_HALF][0] ^= 1;
	ck_assert_int_eq(sg_anchor_check(&anchor, open, &record, &state), SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(both_halves_are_over_the_witness)
{
	for (int half = 0; half < 2; half++) {
		struct sg_keyset *kept = keys[half];

		anchor.witness.sum[SG_MAC - 1] ^= 1;
		ck_assert_int_eq(check(), SG_ERR_STORE_DAMAGED);
		keys[half] = NULL;
		ck_assert_int_eq(check(), SG_ERR_STORE_DAMAGED);
		anchor.witness.sum[SG_MAC - 1] ^= 1;
		ck_assert_int_eq(check(), SG_OK);
		keys[half] = kept;
	}
}
END_TEST

START_TEST(who_has_the_public_half_only_makes_none)
{
	struct sg_keyset *const his[2] = { keys[SG_PUBLIC_HALF], other };

	sg_anchor_sign(&anchor, his, &record, &state);
	ck_assert_int_eq(check(), SG_ERR_STORE_DAMAGED);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("anchor");
	TCase *tc = tcase_create("anchor");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_written_is_read_and_authentic);
	tcase_add_test(tc, every_changed_byte_is_noticed);
	tcase_add_test(tc, every_cut_is_noticed);
	tcase_add_test(tc, it_is_over_the_record_and_both_halves);
	tcase_add_test(tc, each_half_is_checked_whose_keys_are_there);
	tcase_add_test(tc, both_halves_are_over_the_witness);
	tcase_add_test(tc, who_has_the_public_half_only_makes_none);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
