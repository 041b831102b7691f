/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/sum.c.
 */
#include "core/sum.h"

#include <string.h>

#include "lib/runner.h"

static const uint8_t zero[SG_MAC], one[SG_MAC] = { [SG_MAC - 1] = 1 };
static uint8_t most[SG_MAC];

static void setup(void)
{
	memset(most, 0xff, sizeof most);
}

START_TEST(a_carry_goes_through_and_over_the_top)
{
	uint8_t sum[SG_MAC];

	memcpy(sum, most, sizeof sum);
	sg_sum_add(sum, one);
	ck_assert_mem_eq(sum, zero, sizeof sum);
	sg_sum_subtract(sum, one);
	ck_assert_mem_eq(sum, most, sizeof sum);
}
END_TEST

START_TEST(a_number_can_be_added_to_itself_and_taken_off)
{
	const uint8_t number[SG_MAC] = { 0x80, [SG_MAC - 2] = 0x01, [SG_MAC - 1] = 0x80 };
	const uint8_t twice[SG_MAC] = { [SG_MAC - 2] = 0x03 };
	uint8_t sum[SG_MAC];

	memcpy(sum, number, sizeof sum);
	sg_sum_add(sum, number);
	ck_assert_mem_eq(sum, twice, sizeof sum);
	sg_sum_subtract(sum, number);
	ck_assert_mem_eq(sum, number, sizeof sum);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("sum");
	TCase *tc = tcase_create("sum");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, a_carry_goes_through_and_over_the_top);
	tcase_add_test(tc, a_number_can_be_added_to_itself_and_taken_off);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
