/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. PCRs: the names of banks, and which values differ. The digests are compared with those
 * of a TPM in tests/tpm/test_policy.c.
 */
#include "seal/pcrs.h"

#include "lib/runner.h"

START_TEST(a_bank_is_found_by_its_name)
{
	ck_assert_uint_eq(sg_pcr_hash_named(sg_bytes_str("sha384")), SG_SHA384);
	ck_assert_uint_eq(sg_pcr_hash_named(sg_bytes_str("sha1")), SG_PCR_BANKS);
	ck_assert_uint_eq(sg_pcr_hash_named(sg_bytes_str("sha25")), SG_PCR_BANKS);
	ck_assert_uint_eq(sg_pcr_hash_named(sg_bytes_str("")), SG_PCR_BANKS);
}
END_TEST

START_TEST(only_selected_pcrs_differ)
{
	struct sg_pcr_bank expected = { .selected = 1 << 7 | 1u << 23 }, found = expected;

	ck_assert_uint_eq(sg_pcr_bank_differing(SG_SHA256, &expected, &found), 0);
	found.value[7][0] = 1;
	found.value[8][0] = 1;
	found.value[23][31] = 1;
	ck_assert_uint_eq(sg_pcr_bank_differing(SG_SHA256, &expected, &found), expected.selected);
}
END_TEST

START_TEST(what_lies_behind_a_value_makes_no_difference)
{
	struct sg_pcr_bank expected = { .selected = 1 }, found = expected;

	found.value[0][47] = 1;
	ck_assert_uint_eq(sg_pcr_bank_differing(SG_SHA256, &expected, &found), 0);
	ck_assert_uint_eq(sg_pcr_bank_differing(SG_SHA384, &expected, &found), 1);
}
END_TEST

START_TEST(values_are_known_when_none_is_lacking)
{
	struct sg_pcrs pcrs = { 0 };

	ck_assert(sg_pcrs_known(&pcrs) && !sg_pcrs_any(&pcrs));
	pcrs.bank[SG_SHA512].selected = 3;
	pcrs.bank[SG_SHA512].known = 1;
	ck_assert(!sg_pcrs_known(&pcrs) && sg_pcrs_any(&pcrs));
	pcrs.bank[SG_SHA512].known = 7;
	ck_assert(sg_pcrs_known(&pcrs));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("pcrs");
	TCase *tc = tcase_create("pcrs");

	tcase_add_test(tc, a_bank_is_found_by_its_name);
	tcase_add_test(tc, only_selected_pcrs_differ);
	tcase_add_test(tc, what_lies_behind_a_value_makes_no_difference);
	tcase_add_test(tc, values_are_known_when_none_is_lacking);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
