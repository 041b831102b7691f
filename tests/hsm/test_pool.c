/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The module on an HSM that is away, refuses, loses what it had or has little of it. The
 * caller learns what happened, and what can be made good again is, without beginning anew.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/faulty.h"
#include "lib/file.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/softhsm.h"

#define THREADS 8

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

/* Use the token, which opens it if nobody has yet. */
static CK_RV use(void)
{
	CK_RV rv = p11->C_FindObjectsInit(s, NULL, 0);

	if (rv == CKR_OK)
		p11_ok(p11->C_FindObjectsFinal(s));
	return rv;
}

/* Begin anew, so that the token is closed. */
static void reopen(void)
{
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(CKF_RW_SESSION);
}

/* Make a key that the HSM seals. */
static CK_RV seal_in(CK_SESSION_HANDLE session)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SIGNET_SEALED, true);
	return p11->C_GenerateKey(session, &p11_aes_gen, t.attr, t.n, &key);
}

static CK_RV seal(void)
{
	return seal_in(s);
}

static const struct fault {
	const char *function;
	CK_RV rv, told;
} faults[] = {
	{ "C_Initialize", CKR_GENERAL_ERROR, CKR_DEVICE_ERROR },
	{ "C_GetSlotList", CKR_DEVICE_ERROR, CKR_DEVICE_ERROR },
	{ "C_GetTokenInfo", CKR_TOKEN_NOT_PRESENT, CKR_TOKEN_NOT_PRESENT },
	{ "C_GetTokenInfo", CKR_TOKEN_NOT_RECOGNIZED, CKR_TOKEN_NOT_PRESENT },
	{ "C_OpenSession", CKR_TOKEN_NOT_PRESENT, CKR_DEVICE_REMOVED },
	{ "C_OpenSession", CKR_DEVICE_REMOVED, CKR_DEVICE_REMOVED },
	{ "C_OpenSession", CKR_SLOT_ID_INVALID, CKR_TOKEN_NOT_PRESENT },
	{ "C_OpenSession", CKR_SESSION_COUNT, CKR_DEVICE_MEMORY },
	{ "C_OpenSession", CKR_HOST_MEMORY, CKR_DEVICE_ERROR },
	{ "C_OpenSession", CKR_DEVICE_ERROR, CKR_DEVICE_ERROR },
	{ "C_Login", CKR_PIN_LOCKED, CKR_SIGNET_HSM_LOCKED },
	{ "C_Login", CKR_PIN_EXPIRED, CKR_SIGNET_HSM_PIN },
	{ "C_Login", CKR_PIN_LEN_RANGE, CKR_SIGNET_HSM_PIN },
	{ "C_Login", CKR_USER_PIN_NOT_INITIALIZED, CKR_SIGNET_HSM_PIN },
	{ "C_Login", CKR_USER_ANOTHER_ALREADY_LOGGED_IN, CKR_SIGNET_HW_BUSY },
	{ "C_Login", CKR_USER_TOO_MANY_TYPES, CKR_SIGNET_HW_BUSY },
	{ "C_FindObjectsInit", CKR_OPERATION_ACTIVE, CKR_DEVICE_ERROR },
	{ "C_FindObjects", CKR_GENERAL_ERROR, CKR_DEVICE_ERROR },
	{ "C_DecryptInit", CKR_MECHANISM_INVALID, CKR_SIGNET_HW_UNSUPPORTED },
	{ "C_DecryptInit", CKR_MECHANISM_PARAM_INVALID, CKR_SIGNET_HW_UNSUPPORTED },
	{ "C_DecryptInit", CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_SIGNET_HW_UNSUPPORTED },
	{ "C_DecryptInit", CKR_KEY_HANDLE_INVALID, CKR_TOKEN_NOT_RECOGNIZED },
	{ "C_DecryptInit", CKR_USER_NOT_LOGGED_IN, CKR_DEVICE_REMOVED },
	{ "C_DecryptInit", CKR_FUNCTION_CANCELED, CKR_SIGNET_HW_BUSY },
	{ "C_Decrypt", CKR_ENCRYPTED_DATA_INVALID, CKR_SIGNET_SEALED_DAMAGED },
	{ "C_Decrypt", CKR_GENERAL_ERROR, CKR_DEVICE_ERROR },
	{ "C_Decrypt", CKR_SESSION_HANDLE_INVALID, CKR_DEVICE_REMOVED },
	{ "C_Decrypt", CKR_DEVICE_ERROR, CKR_DEVICE_ERROR },
};

START_TEST(what_the_hsm_says_is_told_and_passes)
{
	const struct fault *f = &faults[_i];

	reopen();
	test_faulty_fail(&hsm, f->function, 1, TEST_FOREVER, f->rv);
	p11_is(f->told, use());
	p11_is(f->told, use());
	test_faulty_fail(&hsm, f->function, 1, 0, CKR_OK);
	p11_ok(use());
	p11_ok(seal());
}
END_TEST

/* Whether the PIN is locked stands in the token's information, which is read with the connection. */
START_TEST(a_locked_hsm_is_looked_at_anew_each_time)
{
	uint64_t looks;

	reopen();
	test_faulty_fail(&hsm, "C_Login", 1, TEST_FOREVER, CKR_PIN_LOCKED);
	p11_is(CKR_SIGNET_HSM_LOCKED, use());
	looks = test_faulty_calls(&hsm, "C_GetTokenInfo");
	p11_is(CKR_SIGNET_HSM_LOCKED, use());
	ck_assert_uint_gt(test_faulty_calls(&hsm, "C_GetTokenInfo"), looks);
}
END_TEST

START_TEST(a_hiccup_is_nobodys_business)
{
	static const CK_RV passing[] = {
		CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED, CKR_DEVICE_REMOVED,
		CKR_TOKEN_NOT_PRESENT, CKR_USER_NOT_LOGGED_IN, CKR_DEVICE_ERROR,
		CKR_KEY_HANDLE_INVALID, CKR_CRYPTOKI_NOT_INITIALIZED,
	};

	for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
		test_faulty_fail(&hsm, "C_Encrypt", 1, 1, passing[i]);
		p11_ok(seal());
		test_faulty_fail(&hsm, "C_EncryptInit", 1, 1, passing[i]);
		p11_ok(seal());
	}
}
END_TEST

START_TEST(an_answer_that_was_lost_is_asked_for_again)
{
	test_faulty_lose(&hsm, "C_Encrypt", 1, 1, CKR_DEVICE_REMOVED);
	p11_ok(seal());
	test_faulty_lose(&hsm, "C_EncryptInit", 1, 1, CKR_DEVICE_REMOVED);
	p11_ok(seal());
}
END_TEST

START_TEST(an_hsm_that_is_not_there_is_said_not_to_be)
{
	test_faulty_remove(&hsm);
	reopen();
	p11_is(CKR_TOKEN_NOT_PRESENT, use());
	test_faulty_insert(&hsm);
	p11_ok(use());
}
END_TEST

START_TEST(one_that_is_taken_away_and_put_back_works_by_itself)
{
	p11_ok(use());
	p11_ok(seal());
	test_faulty_remove(&hsm);
	p11_is(CKR_DEVICE_REMOVED, seal());
	p11_is(CKR_DEVICE_REMOVED, seal());
	test_faulty_insert(&hsm);
	p11_ok(seal());
}
END_TEST

static const char *const steps[] = { "C_EncryptInit", "C_Encrypt" };

START_TEST(so_does_one_that_goes_away_while_it_works)
{
	p11_ok(seal());
	test_faulty_at(&hsm, steps[_i], 1, FAULTY_REMOVED);
	p11_is(CKR_DEVICE_REMOVED, seal());
	test_faulty_insert(&hsm);
	p11_ok(seal());
}
END_TEST

START_TEST(a_restart_is_not_noticed_and_costs_one_login)
{
	p11_ok(seal());
	test_faulty_forget(&hsm);
	test_faulty_restart(&hsm);
	p11_ok(seal());
	ck_assert_uint_eq(test_faulty_calls(&hsm, "C_Login"), 1);
	test_faulty_at(&hsm, steps[_i], 1, FAULTY_RESTARTED);
	p11_ok(seal());
	ck_assert_uint_eq(test_faulty_calls(&hsm, "C_Login"), 2);
	p11_ok(seal());
	ck_assert_uint_eq(test_faulty_calls(&hsm, "C_Login"), 2);
}
END_TEST

static void *seal_often(void *unused)
{
	CK_SESSION_HANDLE own = p11_open(CKF_RW_SESSION);

	for (int i = 0; i < 4; i++)
		p11_ok(seal_in(own));
	return unused;
}

static void seal_from_threads(void)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, seal_often, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(p11_count(s), 4 * THREADS);
}

START_TEST(threads_take_turns_at_an_hsm_with_one_session)
{
	test_faulty_limit_sessions(&hsm, 1);
	reopen();
	seal_from_threads();
}
END_TEST

START_TEST(threads_use_an_hsm_side_by_side)
{
	seal_from_threads();
}
END_TEST

START_TEST(threads_outlive_restarts_of_the_hsm)
{
	test_faulty_at(&hsm, "C_EncryptInit", 5, FAULTY_RESTARTED);
	test_faulty_at(&hsm, "C_Encrypt", 15, FAULTY_RESTARTED);
	seal_from_threads();
}
END_TEST

START_TEST(tokens_share_an_hsm_with_one_session)
{
	CK_SESSION_HANDLE other;

	p11_make_machine_in(1);
	reopen();
	test_faulty_limit_sessions(&hsm, 1);
	p11_ok(seal());
	p11_ok(p11->C_OpenSession(1, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &other));
	p11_ok(seal_in(other));
	p11_ok(seal());
}
END_TEST

static void set_pin(const char *pin)
{
	test_file_write(softhsm.pin_file, sg_bytes_str(pin));
}

START_TEST(a_wrong_pin_of_the_hsm_is_tried_once)
{
	reopen();
	set_pin("a wrong pin");
	test_faulty_forget(&hsm);
	for (int i = 0; i < 5; i++)
		p11_is(CKR_SIGNET_HSM_PIN, use());
	ck_assert_uint_eq(test_faulty_calls(&hsm, "C_Login"), 1);
	set_pin("another wrong pin");
	for (int i = 0; i < 5; i++)
		p11_is(CKR_SIGNET_HSM_PIN, use());
	ck_assert_uint_eq(test_faulty_calls(&hsm, "C_Login"), 2);
	set_pin(TEST_HSM_PIN);
	p11_ok(use());
}
END_TEST

START_TEST(a_wrong_pin_of_the_hsm_is_tried_once_for_all_its_tokens)
{
	CK_SESSION_HANDLE other;

	p11_make_machine_in(1);
	reopen();
	set_pin("a wrong pin");
	test_faulty_forget(&hsm);
	p11_ok(p11->C_OpenSession(1, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &other));
	p11_is(CKR_SIGNET_HSM_PIN, use());
	p11_is(CKR_SIGNET_HSM_PIN, p11->C_FindObjectsInit(other, NULL, 0));
	ck_assert_uint_eq(test_faulty_calls(&hsm, "C_Login"), 1);
	set_pin(TEST_HSM_PIN);
	p11_ok(use());
	p11_ok(p11->C_FindObjectsInit(other, NULL, 0));
}
END_TEST

START_TEST(without_the_file_of_the_pin_nothing_is_tried)
{
	reopen();
	ck_assert_int_eq(unlink(softhsm.pin_file), 0);
	test_faulty_forget(&hsm);
	p11_is(CKR_SIGNET_HSM_PIN, use());
	ck_assert_uint_eq(test_faulty_calls(&hsm, "C_Login"), 0);
	set_pin(TEST_HSM_PIN);
	p11_ok(use());
}
END_TEST

START_TEST(a_module_that_is_initialised_already_is_used)
{
	test_faulty_fail(&hsm, "C_Initialize", 1, 0, CKR_OK);
	reopen();
	test_faulty_lose(&hsm, "C_Initialize", 1, TEST_FOREVER, CKR_CRYPTOKI_ALREADY_INITIALIZED);
	p11_ok(use());
	p11_ok(seal());
}
END_TEST

/* The application's session is still there, and its user logged in. */
static void check_application(const struct test_hsm *in)
{
	CK_SESSION_INFO info;

	p11_ok(in->f->C_GetSessionInfo(in->session, &info));
	ck_assert_uint_eq(info.state, CKS_RW_USER_FUNCTIONS);
}

START_TEST(an_application_that_uses_the_hsm_itself_is_left_alone)
{
	struct test_hsm in;

	p11_ok(p11->C_Finalize(NULL));
	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	p11_ok(use());
	p11_ok(seal());
	check_application(&in);
	p11_ok(p11->C_Finalize(NULL));
	check_application(&in);
	test_hsm_leave(&in);
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	p11_ok(seal());
}
END_TEST

/* The calls of a token's first use: none that could be spared. Of each slot it is asked which
 * token it has, and SoftHSM has a free one. */
static const struct budget {
	const char *function;
	uint64_t calls;
} budget[] = {
	{ "C_Initialize", 1 }, { "C_GetSlotList", 2 }, { "C_GetTokenInfo", 2 },
	{ "C_OpenSession", 1 }, { "C_Login", 1 }, { "C_FindObjectsInit", 1 },
	{ "C_FindObjects", 1 }, { "C_FindObjectsFinal", 1 }, { "C_DecryptInit", 1 },
	{ "C_Decrypt", 1 },
};

START_TEST(the_first_use_of_a_token_asks_no_more_than_it_must)
{
	uint64_t all = 0;

	reopen();
	test_faulty_forget(&hsm);
	p11_ok(use());
	for (size_t i = 0; i < sizeof budget / sizeof budget[0]; i++) {
		ck_assert_msg(test_faulty_calls(&hsm, budget[i].function) <= budget[i].calls,
		              "%s: %lu", budget[i].function,
		              (unsigned long)test_faulty_calls(&hsm, budget[i].function));
		all += budget[i].calls;
	}
	ck_assert_uint_le(test_faulty_calls(&hsm, NULL), all);
}
END_TEST

START_TEST(what_is_open_asks_nothing)
{
	CK_OBJECT_HANDLE pub, priv;
	uint8_t signature[64];

	p11_make_pair(s, "pair", &pub, &priv);
	test_faulty_forget(&hsm);
	p11_ok(use());
	p11_ok(p11_sign(s, priv, "x", signature));
	p11_ok(p11_verify(s, pub, "x", signature));
	p11_make_pair(s, "another", &pub, &priv);
	ck_assert_uint_eq(test_faulty_calls(&hsm, NULL), 0);
	/* Also where the HSM is away. */
	test_faulty_remove(&hsm);
	p11_ok(p11_sign(s, priv, "x", signature));
}
END_TEST

START_TEST(a_key_more_is_sealed_by_five_calls)
{
	p11_ok(seal());
	test_faulty_forget(&hsm);
	p11_ok(seal());
	ck_assert_uint_eq(test_faulty_calls(&hsm, NULL), 5);
}
END_TEST

#define COUNT(list) (sizeof (list) / sizeof (list)[0])

static Suite *suite(void)
{
	Suite *suite = suite_create("hsm_pool");
	TCase *tc = tcase_create("pool");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, what_the_hsm_says_is_told_and_passes, 0, COUNT(faults));
	tcase_add_test(tc, a_locked_hsm_is_looked_at_anew_each_time);
	tcase_add_test(tc, a_hiccup_is_nobodys_business);
	tcase_add_test(tc, an_answer_that_was_lost_is_asked_for_again);
	tcase_add_test(tc, an_hsm_that_is_not_there_is_said_not_to_be);
	tcase_add_test(tc, one_that_is_taken_away_and_put_back_works_by_itself);
	tcase_add_loop_test(tc, so_does_one_that_goes_away_while_it_works, 0, COUNT(steps));
	tcase_add_loop_test(tc, a_restart_is_not_noticed_and_costs_one_login, 0, COUNT(steps));
	tcase_add_test(tc, threads_take_turns_at_an_hsm_with_one_session);
	tcase_add_test(tc, threads_use_an_hsm_side_by_side);
	tcase_add_test(tc, threads_outlive_restarts_of_the_hsm);
	tcase_add_test(tc, tokens_share_an_hsm_with_one_session);
	tcase_add_test(tc, a_wrong_pin_of_the_hsm_is_tried_once);
	tcase_add_test(tc, a_wrong_pin_of_the_hsm_is_tried_once_for_all_its_tokens);
	tcase_add_test(tc, without_the_file_of_the_pin_nothing_is_tried);
	tcase_add_test(tc, a_module_that_is_initialised_already_is_used);
	tcase_add_test(tc, an_application_that_uses_the_hsm_itself_is_left_alone);
	tcase_add_test(tc, the_first_use_of_a_token_asks_no_more_than_it_must);
	tcase_add_test(tc, what_is_open_asks_nothing);
	tcase_add_test(tc, a_key_more_is_sealed_by_five_calls);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
