/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Which errors of one member let the next one be asked, and which error is told.
 */
#include "lib/runner.h"
#include "seal/any/verdict.h"

START_TEST(what_a_member_says_of_a_pin_is_the_answer)
{
	ck_assert(!sg_any_goes_on(SG_ERR_AUTH));
	ck_assert(!sg_any_goes_on(SG_ERR_LOCKED));
	ck_assert(!sg_any_goes_on(SG_ERR_PIN_SPENT));
	ck_assert(!sg_any_goes_on(SG_ERR_PIN_INDEX));
}
END_TEST

START_TEST(what_opened_is_not_opened_again)
{
	ck_assert(!sg_any_goes_on(SG_OK));
}
END_TEST

START_TEST(memory_that_is_short_stops)
{
	ck_assert(!sg_any_goes_on(SG_ERR_NOMEM));
	ck_assert(!sg_any_goes_on(SG_ERR_SECURE_MEMORY));
}
END_TEST

/* From the first cause of a sealer to the last one before what it says of a PIN. */
START_TEST(whatever_befalls_hardware_lets_the_next_be_asked)
{
	for (int err = SG_ERR_HW_MISSING; err <= SG_ERR_SEALED_DAMAGED; err++)
		ck_assert_msg(sg_any_goes_on((enum sg_err)err), "%s",
		              sg_err_name((enum sg_err)err));
}
END_TEST

START_TEST(each_cause_of_hardware_tells_more_than_one_that_nobody_named)
{
	for (int err = SG_ERR_HW_MISSING; err <= SG_ERR_SEALED_DAMAGED; err++)
		ck_assert_int_eq(sg_any_telling(SG_ERR_STORE_FULL, (enum sg_err)err), err);
}
END_TEST

START_TEST(a_member_that_is_not_set_up_lets_the_next_be_asked)
{
	ck_assert(sg_any_goes_on(SG_ERR_CONFIG));
	ck_assert(sg_any_goes_on(SG_ERR_SEALER_OFF));
	ck_assert(sg_any_goes_on(SG_ERR_STORE_UNSAFE));
	ck_assert(sg_any_goes_on(SG_ERR_FORMAT));
	ck_assert(sg_any_goes_on(SG_ERR_POLICY));
}
END_TEST

START_TEST(what_can_be_mended_tells_more_than_what_is_lost)
{
	ck_assert_int_eq(sg_any_telling(SG_ERR_HW_NO_PARENT, SG_ERR_HW_MISSING),
	                 SG_ERR_HW_MISSING);
	ck_assert_int_eq(sg_any_telling(SG_ERR_HW_MISSING, SG_ERR_HW_OTHER), SG_ERR_HW_MISSING);
	ck_assert_int_eq(sg_any_telling(SG_ERR_HW_MISSING, SG_ERR_HW_BUSY), SG_ERR_HW_BUSY);
	ck_assert_int_eq(sg_any_telling(SG_ERR_POLICY, SG_ERR_HW_TIMEOUT), SG_ERR_POLICY);
	ck_assert_int_eq(sg_any_telling(SG_ERR_HW_MISSING, SG_ERR_AUTH), SG_ERR_AUTH);
}
END_TEST

START_TEST(the_first_of_two_alike_is_told)
{
	ck_assert_int_eq(sg_any_telling(SG_ERR_HW_BUSY, SG_ERR_HW_TIMEOUT), SG_ERR_HW_BUSY);
	ck_assert_int_eq(sg_any_telling(SG_ERR_HW_TIMEOUT, SG_ERR_HW_BUSY), SG_ERR_HW_TIMEOUT);
	ck_assert_int_eq(sg_any_telling(SG_OK, SG_ERR_HW_OTHER), SG_ERR_HW_OTHER);
	ck_assert_int_eq(sg_any_telling(SG_ERR_HW_OTHER, SG_OK), SG_ERR_HW_OTHER);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("verdicts of a list of sealers");
	TCase *tcase = tcase_create("verdict");

	tcase_add_test(tcase, what_a_member_says_of_a_pin_is_the_answer);
	tcase_add_test(tcase, what_opened_is_not_opened_again);
	tcase_add_test(tcase, memory_that_is_short_stops);
	tcase_add_test(tcase, whatever_befalls_hardware_lets_the_next_be_asked);
	tcase_add_test(tcase, each_cause_of_hardware_tells_more_than_one_that_nobody_named);
	tcase_add_test(tcase, a_member_that_is_not_set_up_lets_the_next_be_asked);
	tcase_add_test(tcase, what_can_be_mended_tells_more_than_what_is_lost);
	tcase_add_test(tcase, the_first_of_two_alike_is_told);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
