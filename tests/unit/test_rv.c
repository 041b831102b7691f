/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of client/rv.c.
 */
#include "client/rv.h"

#include <string.h>

#include "lib/runner.h"

START_TEST(every_cause_has_a_return_value_that_says_something)
{
	ck_assert_uint_eq(sg_rv(SG_OK), CKR_OK);
	for (int err = SG_OK + 1; err < SG_ERR_COUNT; err++) {
		CK_RV rv = sg_rv((enum sg_err)err);

		ck_assert_msg(rv != CKR_OK && rv != CKR_GENERAL_ERROR, "%s",
		              sg_err_name((enum sg_err)err));
		ck_assert_msg(sg_rv_name(rv) != NULL, "%s", sg_err_name((enum sg_err)err));
	}
}
END_TEST

START_TEST(causes_that_need_different_steps_differ)
{
	static const enum sg_err apart[] = {
		SG_ERR_AUTH, SG_ERR_LOCKED, SG_ERR_POLICY, SG_ERR_PCR_CHANGED, SG_ERR_HW_OTHER,
		SG_ERR_HW_MISSING,
		SG_ERR_HW_PERMISSION, SG_ERR_HW_BUSY, SG_ERR_HW_NO_PARENT, SG_ERR_HW_FOREIGN,
		SG_ERR_HW_OWNER_AUTH, SG_ERR_HW_REMOVED, SG_ERR_HW_FAULT, SG_ERR_HW_MEMORY,
		SG_ERR_HW_UNSUPPORTED, SG_ERR_HW_RETRY, SG_ERR_HW_YIELDED, SG_ERR_HW_TESTING,
		SG_ERR_HW_NV_RATE, SG_ERR_HW_NV_FULL, SG_ERR_HW_FAILURE, SG_ERR_HW_NOT_STARTED,
		SG_ERR_HW_REBOOT, SG_ERR_HW_TIMEOUT, SG_ERR_SEALED_DAMAGED, SG_ERR_TRIPWIRE,
		SG_ERR_STORE_DAMAGED, SG_ERR_STORE_VERSION, SG_ERR_STORE_UNSAFE, SG_ERR_STORE_BUSY,
		SG_ERR_STORE_READONLY, SG_ERR_SECURE_MEMORY, SG_ERR_CONFIG, SG_ERR_SEALER_OFF,
	};
	const size_t n = sizeof apart / sizeof apart[0];

	for (size_t i = 0; i < n; i++) {
		ck_assert_int_eq(sg_rv_cause(sg_rv(apart[i])), apart[i]);
		for (size_t j = i + 1; j < n; j++)
			ck_assert_uint_ne(sg_rv(apart[i]), sg_rv(apart[j]));
	}
}
END_TEST

START_TEST(values_of_pkcs11_itself_have_no_cause)
{
	ck_assert_int_eq(sg_rv_cause(CKR_OK), SG_OK);
	ck_assert_int_eq(sg_rv_cause(CKR_MECHANISM_INVALID), SG_OK);
	ck_assert_int_eq(sg_rv_cause(0x7777), SG_OK);
}
END_TEST

START_TEST(names_are_spelled_as_in_the_specification)
{
	ck_assert_str_eq(sg_rv_name(CKR_OK), "CKR_OK");
	ck_assert_str_eq(sg_rv_name(CKR_PIN_INCORRECT), "CKR_PIN_INCORRECT");
	ck_assert_str_eq(sg_rv_name(CKR_SIGNET_STORE_DAMAGED), "CKR_SIGNET_STORE_DAMAGED");
	ck_assert_ptr_null(sg_rv_name(0x7777));
	ck_assert_ptr_null(sg_rv_name(CKR_SIGNET));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("rv");
	TCase *tc = tcase_create("rv");

	suite_add_tcase(s, tc);
	tcase_add_test(tc, every_cause_has_a_return_value_that_says_something);
	tcase_add_test(tc, causes_that_need_different_steps_differ);
	tcase_add_test(tc, values_of_pkcs11_itself_have_no_cause);
	tcase_add_test(tc, names_are_spelled_as_in_the_specification);
	return s;
}

int main(void)
{
	return test_run(suite());
}
