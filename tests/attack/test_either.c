/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks on a token that two sealers seal: by who has one of the devices and the store, and by
 * who takes one of them away at the right moment.
 */
#include "lib/either.h"
#include "lib/runner.h"

#define OLD P11_PIN
#define NEW "another horse"
#define WRONG "wrong horse"

static CK_SESSION_HANDLE s;

START_TEST(one_device_opens_what_needs_no_pin_and_nothing_more)
{
	CK_OBJECT_HANDLE pub, priv;

	s = either_pin_token();
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	p11_make_pair(s, "pair", &pub, &priv);
	test_tpm_kill(&either_tpm);
	s = either_log_in(WRONG, CKR_PIN_INCORRECT);
	ck_assert_uint_eq(p11_count(s), 1);
	ck_assert_uint_ne(p11_find_label(s, CKO_PUBLIC_KEY, "pair"), 0);
}
END_TEST

START_TEST(a_wrong_pin_is_one_try_of_one_device)
{
	s = either_pin_token();
	s = either_log_in(WRONG, CKR_PIN_INCORRECT);
	test_tpm_shell(&either_tpm,
	               "tpm2_getcap properties-variable | grep -q 'LOCKOUT_COUNTER: 0x1$'");
}
END_TEST

START_TEST(a_tpm_that_takes_no_pin_is_not_walked_around)
{
	s = either_pin_token();
	test_tpm_shell(&either_tpm, "tpm2_dictionarylockout -Q -s -n 1 -t 10000 -l 10000");
	s = either_log_in(WRONG, CKR_PIN_INCORRECT);
	p11_login(s, CKU_USER, P11_PIN, CKR_PIN_LOCKED);
	p11_login(s, CKU_SO, P11_SO_PIN, CKR_PIN_LOCKED);
}
END_TEST

START_TEST(a_pin_is_not_changed_for_one_device_alone)
{
	s = either_pin_token();
	p11_login(s, CKU_USER, OLD, CKR_OK);
	test_tpm_kill(&either_tpm);
	p11_is(CKR_DEVICE_REMOVED, either_set_pin(s, OLD, NEW));
	s = either_log_in(NEW, CKR_PIN_INCORRECT);
	p11_login(s, CKU_USER, OLD, CKR_OK);
	test_tpm_resume(&either_tpm);
	s = either_log_in(NEW, CKR_PIN_INCORRECT);
	p11_login(s, CKU_USER, OLD, CKR_OK);
}
END_TEST

START_TEST(no_device_goes_on_taking_the_old_pin)
{
	s = either_pin_token();
	p11_login(s, CKU_USER, OLD, CKR_OK);
	p11_ok(either_set_pin(s, OLD, NEW));
	s = either_log_in(OLD, CKR_PIN_INCORRECT);
	test_tpm_kill(&either_tpm);
	s = either_log_in(OLD, CKR_PIN_INCORRECT);
	p11_login(s, CKU_USER, NEW, CKR_OK);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("attacks on a list of sealers");
	TCase *tc = tcase_create("tpm+soft");

	tcase_add_checked_fixture(tc, either_set_up, either_tear_down);
	tcase_add_test(tc, one_device_opens_what_needs_no_pin_and_nothing_more);
	tcase_add_test(tc, a_wrong_pin_is_one_try_of_one_device);
	tcase_add_test(tc, a_tpm_that_takes_no_pin_is_not_walked_around);
	tcase_add_test(tc, a_pin_is_not_changed_for_one_device_alone);
	tcase_add_test(tc, no_device_goes_on_taking_the_old_pin);
	suite_add_tcase(all, tc);
	return all;
}

int main(void)
{
	return test_run(suite());
}
