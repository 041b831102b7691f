/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A token that an HSM and a TPM seal, "hsm+tpm", or two HSMs, "hsm+hsm": either opens it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/token.h"
#include "lib/faulty.h"
#include "lib/file.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/softhsm.h"
#include "lib/tpm.h"

#define SECOND "second hsm of a test"
#define NEW_PIN "another horse"

static struct test_softhsm softhsm;
static struct test_faulty one, two;
static struct test_tpm tpm;
static char *second_uri;
static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE pub, priv;

static void configure(const char *sealer, const char *first, const char *second)
{
	char lines[4096];

	ck_assert_int_lt(snprintf(lines, sizeof lines, "hsm-timeout = 1\nsealer = %s\n%s%s%s%s%s%s%s", sealer,
	                          first != NULL ? "hsm = " : "", first != NULL ? first : "",
	                          first != NULL ? "\n" : "", second != NULL ? "hsm = " : "",
	                          second != NULL ? second : "", second != NULL ? "\n" : "",
	                          "allow-soft = no"), (int)sizeof lines);
	if (tpm.pid != 0) {
		strcat(lines, "\ntcti = ");
		strcat(lines, tpm.tcti);
	}
	p11_configure(lines);
}

static void begin(void)
{
	test_softhsm_start(&softhsm);
	test_softhsm_add(&softhsm, SECOND);
	test_faulty_start(&one, softhsm.module, softhsm.pin_file);
	test_faulty_start(&two, softhsm.module, softhsm.pin_file);
	second_uri = test_hsm_uri(two.module, SECOND, softhsm.pin_file);
	p11_setup();
}

static void set_up_tpm(void)
{
	begin();
	test_tpm_start(&tpm);
	configure("hsm+tpm", one.uri, NULL);
}

static void set_up_hsms(void)
{
	begin();
	configure("hsm+hsm", one.uri, second_uri);
}

static void tear_down(void)
{
	p11_teardown();
	test_tpm_stop(&tpm);
	test_faulty_stop(&one);
	test_faulty_stop(&two);
	test_softhsm_stop(&softhsm);
	free(second_uri);
}

static CK_SESSION_HANDLE again(void)
{
	(void)p11->C_Finalize(NULL);
	p11_start();
	return p11_open(CKF_RW_SESSION);
}

static void make_machine(void)
{
	s = p11_machine();
	p11_make_pair(s, "pair", &pub, &priv);
	(void)p11->C_Finalize(NULL);
}

/* Begin anew with what the store has, and sign and verify with its key. */
static void works_again(void)
{
	uint8_t signature[64];

	s = again();
	pub = p11_find_label(s, CKO_PUBLIC_KEY, "pair");
	priv = p11_find_label(s, CKO_PRIVATE_KEY, "pair");
	p11_ok(p11_sign(s, priv, "text", signature));
	p11_ok(p11_verify(s, pub, "text", signature));
	(void)p11->C_Finalize(NULL);
}

static void make_pin_token(void)
{
	p11_make(0, &(struct sg_token_plan){ .label = sg_bytes_str("either") });
}

static void log_in(const char *pin, CK_RV wanted)
{
	s = again();
	p11_login(s, CKU_USER, pin, wanted);
}

static CK_RV set_pin(void)
{
	return p11->C_SetPIN(s, (CK_UTF8CHAR *)P11_PIN, strlen(P11_PIN), (CK_UTF8CHAR *)NEW_PIN,
	                     strlen(NEW_PIN));
}

static CK_RV init_token(void)
{
	p11_start();
	return p11->C_InitToken(0, (CK_UTF8CHAR *)P11_SO_PIN, strlen(P11_SO_PIN),
	                        (CK_UTF8CHAR *)"either                          ");
}

START_TEST(an_hsm_and_a_tpm_each_open_it_alone)
{
	make_machine();
	test_faulty_remove(&one);
	works_again();
	test_faulty_insert(&one);
	test_tpm_kill(&tpm);
	works_again();
	test_faulty_remove(&one);
	s = again();
	p11_is(CKR_TOKEN_NOT_PRESENT, p11->C_FindObjectsInit(s, NULL, 0));
}
END_TEST

START_TEST(an_hsm_that_is_not_configured_any_more_is_one_that_is_away)
{
	make_machine();
	configure("tpm", NULL, NULL);
	works_again();
}
END_TEST

START_TEST(an_hsm_whose_own_pin_is_wrong_does_not_close_it)
{
	make_machine();
	test_file_write(softhsm.pin_file, sg_bytes_str("not the pin"));
	works_again();
}
END_TEST

START_TEST(an_hsm_that_opens_no_session_does_not_close_it)
{
	make_machine();
	test_faulty_fail(&one, "C_OpenSession", 1, TEST_FOREVER, CKR_SESSION_COUNT);
	works_again();
}
END_TEST

START_TEST(an_hsm_that_hangs_does_not_close_it)
{
	make_machine();
	test_faulty_hang(&one, "C_Decrypt");
	works_again();
	test_faulty_await(&one, "C_Decrypt", 1);
	test_faulty_release(&one, "C_Decrypt");
	test_tpm_kill(&tpm);
	works_again();
}
END_TEST

START_TEST(an_hsm_that_fails_at_every_function_does_not_close_it)
{
	static const char *const functions[] = {
		"C_Initialize", "C_GetSlotList", "C_GetTokenInfo", "C_Login", "C_FindObjectsInit",
		"C_FindObjects", "C_DecryptInit", "C_Decrypt",
	};

	make_machine();
	for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
		test_faulty_fail(&one, functions[i], 1, TEST_FOREVER, CKR_DEVICE_ERROR);
		test_faulty_forget(&one);
		works_again();
		ck_assert_uint_ne(test_faulty_calls(&one, functions[i]), 0);
		test_faulty_fail(&one, functions[i], 1, 0, CKR_OK);
	}
}
END_TEST

/* Some say no more than that they failed, as they do of a wrong PIN. */
START_TEST(an_hsm_that_fails_says_nothing_of_the_pin)
{
	static const CK_RV said[] = {
		CKR_GENERAL_ERROR, CKR_FUNCTION_FAILED, CKR_DEVICE_MEMORY, CKR_VENDOR_DEFINED | 1,
	};
	CK_TOKEN_INFO info;

	make_pin_token();
	for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
		test_faulty_fail(&one, "C_Decrypt", 1, TEST_FOREVER, said[i]);
		log_in(P11_PIN, CKR_OK);
		p11_ok(p11->C_GetTokenInfo(0, &info));
		ck_assert_uint_eq(info.flags & CKF_USER_PIN_COUNT_LOW, 0);
		test_faulty_fail(&one, "C_Decrypt", 1, 0, CKR_OK);
	}
}
END_TEST

START_TEST(an_hsm_whose_key_was_deleted_does_not_close_it)
{
	make_machine();
	test_softhsm_add(&softhsm, "third");
	free(one.uri);
	one.uri = test_hsm_uri(one.module, "third", softhsm.pin_file);
	configure("hsm+tpm", one.uri, NULL);
	works_again();
}
END_TEST

START_TEST(a_wrong_pin_is_tried_by_the_hsm_and_not_by_the_tpm)
{
	make_pin_token();
	log_in("wrong horse", CKR_PIN_INCORRECT);
	test_tpm_shell(&tpm, "tpm2_getcap properties-variable | grep -q 'LOCKOUT_COUNTER: 0x0$'");
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
}
END_TEST

START_TEST(a_wrong_pin_is_tried_by_the_tpm_where_the_hsm_is_away)
{
	make_pin_token();
	test_faulty_remove(&one);
	log_in("wrong horse", CKR_PIN_INCORRECT);
	test_tpm_shell(&tpm, "tpm2_getcap properties-variable | grep -q 'LOCKOUT_COUNTER: 0x1$'");
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
}
END_TEST

START_TEST(a_pin_is_not_changed_while_the_hsm_is_away)
{
	make_pin_token();
	log_in(P11_PIN, CKR_OK);
	test_faulty_remove(&one);
	ck_assert_uint_ne(set_pin(), CKR_OK);
	log_in(NEW_PIN, CKR_PIN_INCORRECT);
	test_faulty_insert(&one);
	log_in(NEW_PIN, CKR_PIN_INCORRECT);
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
}
END_TEST

START_TEST(a_changed_pin_holds_with_either)
{
	make_pin_token();
	log_in(P11_PIN, CKR_OK);
	p11_ok(set_pin());
	test_faulty_remove(&one);
	log_in(P11_PIN, CKR_PIN_INCORRECT);
	p11_login(s, CKU_USER, NEW_PIN, CKR_OK);
	test_faulty_insert(&one);
	test_tpm_kill(&tpm);
	log_in(P11_PIN, CKR_PIN_INCORRECT);
	p11_login(s, CKU_USER, NEW_PIN, CKR_OK);
}
END_TEST

START_TEST(it_shows_what_it_is)
{
	CK_TOKEN_INFO info;

	make_machine();
	p11_start();
	p11_ok(p11->C_GetTokenInfo(0, &info));
	ck_assert_mem_eq(info.model, "HSM+TPM         ", 16);
}
END_TEST

START_TEST(nothing_is_made_in_the_hsm_while_the_tpm_is_away)
{
	test_tpm_kill(&tpm);
	p11_is(CKR_TOKEN_NOT_PRESENT, init_token());
	(void)p11->C_Finalize(NULL);
	ck_assert_uint_eq(test_hsm_count(softhsm.module, TEST_HSM_LABEL), 0);
	ck_assert_int_ne(access(p11_store, F_OK), 0);
}
END_TEST

START_TEST(two_hsms_each_open_it_alone)
{
	make_machine();
	test_faulty_remove(&one);
	works_again();
	test_faulty_insert(&one);
	test_faulty_remove(&two);
	works_again();
	test_faulty_remove(&one);
	s = again();
	p11_is(CKR_TOKEN_NOT_PRESENT, p11->C_FindObjectsInit(s, NULL, 0));
}
END_TEST

START_TEST(each_of_two_hsms_has_a_key_of_its_own)
{
	make_machine();
	ck_assert_uint_eq(test_hsm_count(softhsm.module, TEST_HSM_LABEL), 1);
	ck_assert_uint_eq(test_hsm_count(softhsm.module, SECOND), 1);
}
END_TEST

START_TEST(the_lines_of_two_hsms_can_change_places)
{
	make_machine();
	configure("hsm+hsm", second_uri, one.uri);
	works_again();
	configure("hsm+hsm", second_uri, NULL);
	works_again();
	configure("hsm+hsm", one.uri, NULL);
	works_again();
}
END_TEST

/* A third HSM is configured first now, and has no part in the token. */
START_TEST(a_token_that_is_made_new_stays_in_its_hsms)
{
	char *third, both[4096];

	test_softhsm_add(&softhsm, "third");
	third = test_hsm_uri(one.module, "third", softhsm.pin_file);
	make_pin_token();
	snprintf(both, sizeof both, "%s\nhsm = %s", one.uri, second_uri);
	configure("hsm+hsm", third, both);
	p11_ok(init_token());
	(void)p11->C_Finalize(NULL);
	ck_assert_uint_eq(test_hsm_count(softhsm.module, "third"), 0);
	free(third);
}
END_TEST

START_TEST(two_hsms_need_two_lines)
{
	configure("hsm+hsm", one.uri, NULL);
	p11_is(CKR_SIGNET_CONFIG, init_token());
	(void)p11->C_Finalize(NULL);
	ck_assert_uint_eq(test_hsm_count(softhsm.module, TEST_HSM_LABEL), 0);
}
END_TEST

START_TEST(one_hsm_by_two_ways_is_refused)
{
	char *other_way = test_hsm_uri(two.module, TEST_HSM_LABEL, softhsm.pin_file);

	configure("hsm+hsm", one.uri, other_way);
	p11_is(CKR_SIGNET_CONFIG, init_token());
	ck_assert_int_ne(access(p11_store, F_OK), 0);
	free(other_way);
}
END_TEST

START_TEST(nothing_is_made_in_one_hsm_while_the_other_is_away)
{
	test_faulty_remove(&two);
	p11_is(CKR_TOKEN_NOT_PRESENT, init_token());
	(void)p11->C_Finalize(NULL);
	ck_assert_uint_eq(test_hsm_count(softhsm.module, TEST_HSM_LABEL), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("either opens it, with an HSM");
	TCase *with_tpm = tcase_create("hsm+tpm"), *hsms = tcase_create("hsm+hsm");

	tcase_add_checked_fixture(with_tpm, set_up_tpm, tear_down);
	tcase_add_test(with_tpm, an_hsm_and_a_tpm_each_open_it_alone);
	tcase_add_test(with_tpm, an_hsm_that_is_not_configured_any_more_is_one_that_is_away);
	tcase_add_test(with_tpm, an_hsm_whose_own_pin_is_wrong_does_not_close_it);
	tcase_add_test(with_tpm, an_hsm_that_opens_no_session_does_not_close_it);
	tcase_add_test(with_tpm, an_hsm_that_hangs_does_not_close_it);
	tcase_add_test(with_tpm, an_hsm_that_fails_at_every_function_does_not_close_it);
	tcase_add_test(with_tpm, an_hsm_that_fails_says_nothing_of_the_pin);
	tcase_add_test(with_tpm, an_hsm_whose_key_was_deleted_does_not_close_it);
	tcase_add_test(with_tpm, a_wrong_pin_is_tried_by_the_hsm_and_not_by_the_tpm);
	tcase_add_test(with_tpm, a_wrong_pin_is_tried_by_the_tpm_where_the_hsm_is_away);
	tcase_add_test(with_tpm, a_pin_is_not_changed_while_the_hsm_is_away);
	tcase_add_test(with_tpm, a_changed_pin_holds_with_either);
	tcase_add_test(with_tpm, it_shows_what_it_is);
	tcase_add_test(with_tpm, nothing_is_made_in_the_hsm_while_the_tpm_is_away);
	suite_add_tcase(all, with_tpm);
	tcase_add_checked_fixture(hsms, set_up_hsms, tear_down);
	tcase_add_test(hsms, two_hsms_each_open_it_alone);
	tcase_add_test(hsms, each_of_two_hsms_has_a_key_of_its_own);
	tcase_add_test(hsms, the_lines_of_two_hsms_can_change_places);
	tcase_add_test(hsms, a_token_that_is_made_new_stays_in_its_hsms);
	tcase_add_test(hsms, two_hsms_need_two_lines);
	tcase_add_test(hsms, one_hsm_by_two_ways_is_refused);
	tcase_add_test(hsms, nothing_is_made_in_one_hsm_while_the_other_is_away);
	suite_add_tcase(all, hsms);
	return all;
}

int main(void)
{
	return test_run(suite());
}
