/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What a call into another module leaves behind in the thread that made it.
 */
#include "client/calling.h"

#include <openssl/err.h>

#include "lib/runner.h"

/* As SoftHSM does, whose engine OpenSSL has no more. */
static void fail_inside(void)
{
	ERR_raise(ERR_LIB_ENGINE, ERR_R_INTERNAL_ERROR);
	ERR_raise(ERR_LIB_DSO, ERR_R_INTERNAL_ERROR);
}

START_TEST(errors_of_a_module_are_not_left_to_the_program)
{
	struct sg_signal_hold hold;

	ERR_clear_error();
	sg_client_enter(&hold);
	fail_inside();
	sg_client_leave(&hold);
	ck_assert_uint_eq(ERR_peek_error(), 0);
	sg_client_enter(NULL);
	fail_inside();
	sg_client_leave(NULL);
	ck_assert_uint_eq(ERR_peek_error(), 0);
}
END_TEST

START_TEST(errors_that_the_program_had_stay)
{
	struct sg_signal_hold hold;

	ERR_clear_error();
	ERR_raise(ERR_LIB_SSL, ERR_R_PASSED_INVALID_ARGUMENT);
	sg_client_enter(&hold);
	fail_inside();
	sg_client_leave(&hold);
	ck_assert_int_eq(ERR_GET_LIB(ERR_get_error()), ERR_LIB_SSL);
	ck_assert_uint_eq(ERR_peek_error(), 0);
}
END_TEST

START_TEST(a_thread_is_inside_between_the_two)
{
	struct sg_signal_hold hold;

	ck_assert(!sg_client_is_calling());
	sg_client_enter(&hold);
	ck_assert(sg_client_is_calling());
	sg_client_leave(&hold);
	ck_assert(!sg_client_is_calling());
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("client_calling");
	TCase *tc = tcase_create("calling");

	tcase_add_test(tc, errors_of_a_module_are_not_left_to_the_program);
	tcase_add_test(tc, errors_that_the_program_had_stay);
	tcase_add_test(tc, a_thread_is_inside_between_the_two);
	suite_add_tcase(all, tc);
	return all;
}

int main(void)
{
	return test_run(suite());
}
