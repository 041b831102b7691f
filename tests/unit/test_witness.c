/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/witness.c.
 */
#include "core/witness.h"

#include <string.h>

#include "crypto/crypto.h"
#include "lib/keys.h"
#include "lib/runner.h"

static struct sg_keyset *keys, *other_keys;
static const uint8_t token[SG_UUID] = "token", row[SG_UUID] = "one", other_row[SG_UUID] = "two";

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

static struct sg_witness of(const struct sg_keyset *k, const uint8_t uuid[SG_UUID],
                            uint64_t generation, const char *record)
{
	struct sg_witness witness = { { 0 } };

	sg_witness_add(&witness, k, uuid, generation, sg_bytes_str(record));
	return witness;
}

static bool same(struct sg_witness a, struct sg_witness b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

START_TEST(it_is_of_key_row_generation_and_content)
{
	struct sg_witness one = of(keys, row, 7, "content");

	ck_assert(same(one, of(keys, row, 7, "content")));
	ck_assert(!same(one, of(other_keys, row, 7, "content")));
	ck_assert(!same(one, of(keys, other_row, 7, "content")));
	ck_assert(!same(one, of(keys, row, 8, "content")));
	ck_assert(!same(one, of(keys, row, 7, "Content")));
}
END_TEST

START_TEST(the_order_of_rows_does_not_matter)
{
	struct sg_witness a = of(keys, row, 1, "a"), b = of(keys, other_row, 2, "b");

	sg_witness_add(&a, keys, other_row, 2, sg_bytes_str("b"));
	sg_witness_add(&b, keys, row, 1, sg_bytes_str("a"));
	ck_assert(same(a, b));
}
END_TEST

START_TEST(taking_a_row_out_undoes_adding_it)
{
	struct sg_witness witness = of(keys, row, 1, "a");

	for (uint64_t i = 0; i < 64; i++) {
		sg_witness_add(&witness, keys, other_row, i, sg_bytes_str("b"));
		ck_assert(!same(witness, of(keys, row, 1, "a")));
		sg_witness_remove(&witness, keys, other_row, i, sg_bytes_str("b"));
		ck_assert(same(witness, of(keys, row, 1, "a")));
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("witness");
	TCase *tc = tcase_create("witness");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, it_is_of_key_row_generation_and_content);
	tcase_add_test(tc, the_order_of_rows_does_not_matter);
	tcase_add_test(tc, taking_a_row_out_undoes_adding_it);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
