/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The login to an HSM: a wrong PIN costs one try for the life of the process, the right one
 * opens it without a restart, and a logout by somebody else is made good.
 */
#include <stdio.h>
#include <string.h>

#include "lib/faulty.h"
#include "lib/file.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/softhsm.h"

#define LATER_PIN "pin of later"

/* SoftHSM 2.6.1 forgets the name of an Ed25519 key's curve whenever it makes or reads one. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libcrypto.so";
}

static struct test_softhsm softhsm;
static struct test_faulty hsm;
static CK_SESSION_HANDLE s;

static void setup(void)
{
	char lines[512];

	p11_setup();
	test_softhsm_start(&softhsm);
	test_faulty_start(&hsm, softhsm.module, softhsm.pin_file);
	snprintf(lines, sizeof lines, "sealer = hsm\nhsm = %s", hsm.uri);
	p11_configure(lines);
	s = p11_machine();
}

static void teardown(void)
{
	p11_teardown();
	test_faulty_stop(&hsm);
	test_softhsm_stop(&softhsm);
}

static CK_RV use(void)
{
	CK_RV rv = p11->C_FindObjectsInit(s, NULL, 0);

	if (rv == CKR_OK)
		p11_ok(p11->C_FindObjectsFinal(s));
	return rv;
}

static void reopen(void)
{
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(CKF_RW_SESSION);
}

static void file_holds(const char *pin)
{
	test_file_write(softhsm.pin_file, sg_bytes_str(pin));
}

static uint64_t logins(void)
{
	return test_faulty_calls(&hsm, "C_Login");
}

START_TEST(who_begins_anew_does_not_try_a_wrong_pin_again)
{
	file_holds("a wrong pin");
	reopen();
	test_faulty_forget(&hsm);
	for (int i = 0; i < 3; i++) {
		p11_is(CKR_SIGNET_HSM_PIN, use());
		reopen();
	}
	ck_assert_uint_eq(logins(), 1);
	file_holds(TEST_HSM_PIN);
	p11_ok(use());
}
END_TEST

static void begin_and_use(void *unused)
{
	(void)unused;
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	p11_is(CKR_SIGNET_HSM_PIN, use());
}

START_TEST(nor_does_a_child)
{
	file_holds("a wrong pin");
	reopen();
	test_faulty_forget(&hsm);
	p11_is(CKR_SIGNET_HSM_PIN, use());
	p11_in_child(begin_and_use, NULL);
	ck_assert_uint_eq(logins(), 1);
}
END_TEST

START_TEST(a_file_that_was_written_again_is_tried)
{
	file_holds("a wrong pin");
	reopen();
	test_faulty_forget(&hsm);
	p11_is(CKR_SIGNET_HSM_PIN, use());
	file_holds("a wrong pin");
	p11_is(CKR_SIGNET_HSM_PIN, use());
	p11_is(CKR_SIGNET_HSM_PIN, use());
	ck_assert_uint_eq(logins(), 2);
}
END_TEST

static void set_later_pin(struct test_hsm *in, void *unused)
{
	(void)unused;
	p11_ok(in->f->C_SetPIN(in->session, (CK_UTF8CHAR *)TEST_HSM_PIN, strlen(TEST_HSM_PIN),
	                       (CK_UTF8CHAR *)LATER_PIN, strlen(LATER_PIN)));
}

/* The file first, and then the HSM, while a service that needs it goes on asking. */
START_TEST(a_pin_that_became_the_right_one_is_tried)
{
	file_holds(LATER_PIN);
	reopen();
	test_faulty_forget(&hsm);
	for (int i = 0; i < 3; i++)
		p11_is(CKR_SIGNET_HSM_PIN, use());
	ck_assert_uint_eq(logins(), 1);
	test_hsm_in_child(softhsm.module, TEST_HSM_LABEL, set_later_pin, NULL);
	p11_ok(use());
	ck_assert_uint_eq(logins(), 2);
}
END_TEST

/* Who enters sets the count back. */
static void enter_and_leave(struct test_hsm *in, void *unused)
{
	(void)in;
	(void)unused;
}

/* The HSM counts a try and fails for another reason than the PIN, as it says. */
START_TEST(a_login_that_was_counted_is_not_repeated)
{
	static const CK_RV values[] = { CKR_GENERAL_ERROR, CKR_DEVICE_ERROR, CKR_PIN_LEN_RANGE };

	file_holds("a wrong pin");
	reopen();
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		test_hsm_in_child(softhsm.module, TEST_HSM_LABEL, enter_and_leave, NULL);
		reopen();
		file_holds("a wrong pin");
		test_faulty_lose(&hsm, "C_Login", 1, TEST_FOREVER, values[i]);
		test_faulty_forget(&hsm);
		ck_assert_uint_ne(use(), CKR_OK);
		p11_is(CKR_SIGNET_HSM_PIN, use());
		ck_assert_uint_eq(logins(), 1);
	}
	test_faulty_fail(&hsm, "C_Login", 1, 0, CKR_OK);
	file_holds(TEST_HSM_PIN);
	p11_ok(use());
}
END_TEST

/* Somebody's mistake shows in the count, and then the HSM fails for another reason. */
START_TEST(a_fault_after_a_mistake_of_somebody_else_is_no_wrong_pin)
{
	file_holds("a wrong pin");
	reopen();
	p11_is(CKR_SIGNET_HSM_PIN, use());
	file_holds(TEST_HSM_PIN);
	test_faulty_fail(&hsm, "C_Login", 1, TEST_FOREVER, CKR_DEVICE_ERROR);
	p11_is(CKR_DEVICE_ERROR, use());
	test_faulty_fail(&hsm, "C_Login", 1, 0, CKR_OK);
	p11_ok(use());
}
END_TEST

START_TEST(the_last_try_is_not_spent_on_a_file)
{
	reopen();
	test_faulty_quirks(&hsm, FAULTY_LAST_TRY);
	test_faulty_forget(&hsm);
	p11_is(CKR_SIGNET_HSM_PIN, use());
	ck_assert_uint_eq(logins(), 0);
	test_faulty_quirks(&hsm, 0);
	p11_ok(use());
}
END_TEST

START_TEST(a_logout_of_the_application_is_made_good)
{
	uint8_t signature[64];
	struct p11_template public_t = { .n = 0 }, t = { .n = 0 };
	const CK_ULONG before = test_hsm_count(softhsm.module, TEST_HSM_LABEL);
	CK_OBJECT_HANDLE pub, priv;
	struct test_hsm in;

	p11_ok(p11->C_Finalize(NULL));
	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SIGNET_RESIDENT, true);
	p11_bytes(&public_t, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	p11_ok(p11->C_GenerateKeyPair(s, &p11_pair_gen, public_t.attr, public_t.n, t.attr, t.n,
	                              &pub, &priv));
	p11_ok(in.f->C_Logout(in.session));
	p11_ok(p11_sign(s, priv, "text", signature));
	p11_ok(in.f->C_Logout(in.session));
	p11_ok(p11->C_DestroyObject(s, priv));
	p11_ok(p11->C_Finalize(NULL));
	test_hsm_leave(&in);
	ck_assert_uint_eq(test_hsm_count(softhsm.module, TEST_HSM_LABEL), before);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("hsm_login");
	TCase *tc = tcase_create("login");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, who_begins_anew_does_not_try_a_wrong_pin_again);
	tcase_add_test(tc, nor_does_a_child);
	tcase_add_test(tc, a_file_that_was_written_again_is_tried);
	tcase_add_test(tc, a_pin_that_became_the_right_one_is_tried);
	tcase_add_test(tc, a_login_that_was_counted_is_not_repeated);
	tcase_add_test(tc, a_fault_after_a_mistake_of_somebody_else_is_no_wrong_pin);
	tcase_add_test(tc, the_last_try_is_not_spent_on_a_file);
	tcase_add_test(tc, a_logout_of_the_application_is_made_good);
	suite_add_tcase(all, tc);
	return all;
}

int main(void)
{
	return test_run(suite());
}
