/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The faulty module passes calls on, and each fault of calls, sessions and tokens shows
 * itself to who calls it.
 */
#include <errno.h>
#include <p11-kit/p11-kit.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/faulty.h"
#include "lib/p11.h"
#include "lib/p11server.h"
#include "lib/runner.h"
#include "lib/softhsm.h"

static struct test_softhsm softhsm;
static struct test_faulty hsm;

static void setup(void)
{
	test_softhsm_start(&softhsm);
	test_faulty_start(&hsm, softhsm.module, softhsm.pin_file);
}

static void teardown(void)
{
	test_faulty_stop(&hsm);
	test_softhsm_stop(&softhsm);
}

static CK_RV make_key(const struct test_hsm *in, CK_OBJECT_HANDLE *key)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	struct p11_template t = { .n = 0 };

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	return in->f->C_GenerateKey(in->session, &mechanism, t.attr, t.n, key);
}

static CK_RV get_random(const struct test_hsm *in)
{
	CK_BYTE bytes[8];

	return in->f->C_GenerateRandom(in->session, bytes, sizeof bytes);
}

static CK_RV open_one(const struct test_hsm *in, CK_SESSION_HANDLE *session)
{
	return in->f->C_OpenSession(in->slot, CKF_SERIAL_SESSION, NULL, NULL, session);
}

START_TEST(without_faults_it_is_the_module_below)
{
	CK_OBJECT_HANDLE key;
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	p11_ok(make_key(&in, &key));
	test_hsm_leave(&in);
	ck_assert_uint_eq(test_hsm_count(softhsm.module, TEST_HSM_LABEL), 1);
}
END_TEST

START_TEST(its_list_is_that_of_2_40_and_every_function_is_its_own)
{
	CK_FUNCTION_LIST *f = test_hsm_load(hsm.module), *below = test_hsm_load(softhsm.module);
	void *ours, *theirs;
	size_t at = offsetof(CK_FUNCTION_LIST, C_Initialize);

	ck_assert(f->version.major == 2 && f->version.minor == 40);
	for (; at < sizeof *f; at += sizeof ours) {
		memcpy(&ours, (char *)f + at, sizeof ours);
		memcpy(&theirs, (char *)below + at, sizeof theirs);
		ck_assert(ours != NULL && ours != theirs);
	}
	ck_assert_uint_eq(at, sizeof(CK_FUNCTION_LIST));
}
END_TEST

START_TEST(every_name_stands_where_its_function_does)
{
	CK_FUNCTION_LIST *f = test_hsm_load(hsm.module);
	const struct { const char *name; size_t at; } some[] = {
		{ "C_Initialize", offsetof(CK_FUNCTION_LIST, C_Initialize) },
		{ "C_Login", offsetof(CK_FUNCTION_LIST, C_Login) },
		{ "C_Encrypt", offsetof(CK_FUNCTION_LIST, C_Encrypt) },
		{ "C_Sign", offsetof(CK_FUNCTION_LIST, C_Sign) },
		{ "C_UnwrapKey", offsetof(CK_FUNCTION_LIST, C_UnwrapKey) },
		{ "C_WaitForSlotEvent", offsetof(CK_FUNCTION_LIST, C_WaitForSlotEvent) },
	};

	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
		ck_assert_uint_eq(some[i].at, offsetof(CK_FUNCTION_LIST, C_Initialize)
		                  + faulty_number(some[i].name) * sizeof f->C_Initialize);
	ck_assert_uint_eq(faulty_number("C_Nothing"), FAULTY_FUNCTIONS);
}
END_TEST

START_TEST(calls_are_counted)
{
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	test_faulty_forget(&hsm);
	ck_assert_uint_eq(test_faulty_calls(&hsm, NULL), 0);
	p11_ok(get_random(&in));
	p11_ok(get_random(&in));
	ck_assert_uint_eq(test_faulty_calls(&hsm, "C_GenerateRandom"), 2);
	ck_assert_uint_eq(test_faulty_calls(&hsm, NULL), 2);
	test_hsm_leave(&in);
}
END_TEST

START_TEST(the_second_and_third_call_fail)
{
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	test_faulty_fail(&hsm, "C_GenerateRandom", 2, 2, CKR_DEVICE_ERROR);
	p11_ok(get_random(&in));
	p11_is(CKR_DEVICE_ERROR, get_random(&in));
	p11_is(CKR_DEVICE_ERROR, get_random(&in));
	p11_ok(get_random(&in));
	test_hsm_leave(&in);
}
END_TEST

START_TEST(the_second_call_fails_whatever_its_function_is)
{
	CK_SESSION_INFO info;
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	test_faulty_fail(&hsm, NULL, 2, 1, CKR_DEVICE_ERROR);
	p11_ok(get_random(&in));
	p11_is(CKR_DEVICE_ERROR, in.f->C_GetSessionInfo(in.session, &info));
	p11_ok(in.f->C_GetSessionInfo(in.session, &info));
	test_faulty_at(&hsm, NULL, 2, FAULTY_REMOVED);
	p11_ok(get_random(&in));
	p11_is(CKR_DEVICE_REMOVED, in.f->C_GetSessionInfo(in.session, &info));
	test_faulty_insert(&hsm);
	p11_ok(in.f->C_Finalize(NULL));
}
END_TEST

START_TEST(a_call_fails_until_it_is_told_not_to)
{
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	test_faulty_fail(&hsm, "C_GenerateRandom", 1, TEST_FOREVER, CKR_FUNCTION_FAILED);
	p11_is(CKR_FUNCTION_FAILED, get_random(&in));
	test_faulty_forget(&hsm);
	p11_is(CKR_FUNCTION_FAILED, get_random(&in));
	test_faulty_fail(&hsm, "C_GenerateRandom", 1, 0, CKR_OK);
	p11_ok(get_random(&in));
	test_hsm_leave(&in);
}
END_TEST

START_TEST(forgetting_counts_keeps_what_is_to_come)
{
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	p11_ok(get_random(&in));
	test_faulty_fail(&hsm, "C_GenerateRandom", 2, 1, CKR_DEVICE_ERROR);
	test_faulty_forget(&hsm);
	p11_ok(get_random(&in));
	p11_is(CKR_DEVICE_ERROR, get_random(&in));
	test_hsm_leave(&in);
}
END_TEST

START_TEST(a_failed_call_does_nothing_and_a_lost_answer_something)
{
	CK_OBJECT_HANDLE key;
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	test_faulty_fail(&hsm, "C_GenerateKey", 1, 1, CKR_DEVICE_ERROR);
	p11_is(CKR_DEVICE_ERROR, make_key(&in, &key));
	ck_assert_uint_eq(test_hsm_count(softhsm.module, TEST_HSM_LABEL), 0);
	test_faulty_lose(&hsm, "C_GenerateKey", 1, 1, CKR_DEVICE_ERROR);
	p11_is(CKR_DEVICE_ERROR, make_key(&in, &key));
	ck_assert_uint_eq(test_hsm_count(softhsm.module, TEST_HSM_LABEL), 1);
	test_hsm_leave(&in);
}
END_TEST

START_TEST(faults_reach_another_process)
{
	test_faulty_fail(&hsm, "C_Finalize", 1, 1, CKR_OK);
	test_hsm_count(hsm.module, TEST_HSM_LABEL);
	ck_assert_uint_eq(test_faulty_calls(&hsm, "C_Finalize"), 1);
	ck_assert_uint_eq(test_faulty_calls(&hsm, "C_Login"), 1);
}
END_TEST

START_TEST(a_removed_token_is_gone)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slots[8];
	CK_SLOT_INFO slot;
	CK_TOKEN_INFO token;
	CK_ULONG n = 8;
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	test_faulty_remove(&hsm);
	p11_is(CKR_DEVICE_REMOVED, get_random(&in));
	p11_is(CKR_TOKEN_NOT_PRESENT, open_one(&in, &session));
	p11_is(CKR_TOKEN_NOT_PRESENT, in.f->C_GetTokenInfo(in.slot, &token));
	p11_ok(in.f->C_GetSlotInfo(in.slot, &slot));
	ck_assert_uint_eq(slot.flags & CKF_TOKEN_PRESENT, 0);
	p11_ok(in.f->C_GetSlotList(CK_TRUE, slots, &n));
	ck_assert_uint_eq(n, 0);
	n = 8;
	p11_ok(in.f->C_GetSlotList(CK_FALSE, slots, &n));
	ck_assert_uint_ne(n, 0);
	p11_ok(in.f->C_Finalize(NULL));
}
END_TEST

START_TEST(a_reinserted_token_knows_no_session_login_or_handle)
{
	CK_SESSION_INFO info;
	CK_OBJECT_HANDLE key;
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	p11_ok(make_key(&in, &key));
	test_faulty_remove(&hsm);
	test_faulty_insert(&hsm);
	p11_is(CKR_SESSION_HANDLE_INVALID, get_random(&in));
	p11_ok(open_one(&in, &in.session));
	p11_ok(in.f->C_GetSessionInfo(in.session, &info));
	ck_assert_uint_eq(info.state, CKS_RO_PUBLIC_SESSION);
	p11_is(CKR_OBJECT_HANDLE_INVALID, in.f->C_DestroyObject(in.session, key));
	test_hsm_leave(&in);
}
END_TEST

START_TEST(a_handle_of_another_generation_is_refused)
{
	const CK_ULONG other = 1ul << 32;
	CK_OBJECT_HANDLE key;
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	p11_ok(make_key(&in, &key));
	p11_is(CKR_OBJECT_HANDLE_INVALID, in.f->C_DestroyObject(in.session, key ^ other));
	in.session ^= other;
	p11_is(CKR_SESSION_HANDLE_INVALID, get_random(&in));
	in.session ^= other;
	test_hsm_leave(&in);
}
END_TEST

START_TEST(who_comes_back_after_a_restart_logs_in_and_works)
{
	CK_OBJECT_HANDLE key;
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	test_faulty_restart(&hsm);
	p11_is(CKR_SESSION_HANDLE_INVALID, make_key(&in, &key));
	p11_ok(in.f->C_OpenSession(in.slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
	                           &in.session));
	p11_is(CKR_USER_NOT_LOGGED_IN, make_key(&in, &key));
	p11_ok(in.f->C_Login(in.session, CKU_USER, (CK_BYTE *)TEST_HSM_PIN, strlen(TEST_HSM_PIN)));
	p11_ok(make_key(&in, &key));
	p11_ok(in.f->C_DestroyObject(in.session, key));
	test_hsm_leave(&in);
}
END_TEST

START_TEST(handles_that_are_found_are_of_the_generation)
{
	CK_OBJECT_HANDLE key, found;
	struct test_hsm in;
	CK_ULONG n;

	test_faulty_restart(&hsm);
	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	p11_ok(make_key(&in, &key));
	p11_ok(in.f->C_FindObjectsInit(in.session, NULL, 0));
	p11_ok(in.f->C_FindObjects(in.session, &found, 1, &n));
	p11_ok(in.f->C_FindObjectsFinal(in.session));
	ck_assert_uint_eq(n, 1);
	p11_ok(in.f->C_DestroyObject(in.session, found));
	test_hsm_leave(&in);
}
END_TEST

START_TEST(a_token_goes_or_restarts_at_a_call)
{
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	test_faulty_at(&hsm, "C_GenerateRandom", 2, FAULTY_REMOVED);
	p11_ok(get_random(&in));
	p11_is(CKR_DEVICE_REMOVED, get_random(&in));
	test_faulty_insert(&hsm);
	p11_ok(open_one(&in, &in.session));
	test_faulty_at(&hsm, "C_GenerateRandom", 2, FAULTY_RESTARTED);
	p11_ok(get_random(&in));
	p11_is(CKR_SESSION_HANDLE_INVALID, get_random(&in));
	p11_ok(in.f->C_Finalize(NULL));
}
END_TEST

/* Make a key in a child that dies at it; return how many there are then. */
static CK_ULONG keys_of_a_victim(enum faulty_event event)
{
	CK_OBJECT_HANDLE key;
	struct test_hsm in;
	pid_t pid;
	int status;

	test_faulty_at(&hsm, "C_GenerateKey", 1, event);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
		(void)make_key(&in, &key);
		_exit(EXIT_SUCCESS);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return test_hsm_count(softhsm.module, TEST_HSM_LABEL);
}

START_TEST(a_process_dies_before_a_call_or_after_it)
{
	ck_assert_uint_eq(keys_of_a_victim(FAULTY_KILLED), 0);
	ck_assert_uint_eq(keys_of_a_victim(FAULTY_KILLED_AFTER), 1);
}
END_TEST

START_TEST(a_session_beyond_the_limit_is_refused)
{
	CK_SESSION_HANDLE session;
	CK_TOKEN_INFO info;
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	test_faulty_limit_sessions(&hsm, 2);
	p11_ok(open_one(&in, &session));
	p11_is(CKR_SESSION_COUNT, open_one(&in, &session));
	p11_ok(in.f->C_CloseSession(session));
	p11_ok(open_one(&in, &session));
	p11_ok(in.f->C_GetTokenInfo(in.slot, &info));
	ck_assert_uint_eq(info.ulMaxSessionCount, 2);
	p11_ok(in.f->C_CloseAllSessions(in.slot));
	p11_ok(open_one(&in, &session));
	p11_ok(open_one(&in, &session));
	p11_is(CKR_SESSION_COUNT, open_one(&in, &session));
	p11_ok(in.f->C_Finalize(NULL));
}
END_TEST

START_TEST(a_restart_frees_what_the_limit_counts)
{
	CK_SESSION_HANDLE session;
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	test_faulty_limit_sessions(&hsm, 1);
	p11_is(CKR_SESSION_COUNT, open_one(&in, &session));
	test_faulty_restart(&hsm);
	p11_ok(open_one(&in, &session));
	p11_ok(in.f->C_Finalize(NULL));
}
END_TEST

static void *random_in_thread(void *arg)
{
	return (void *)(uintptr_t)get_random(arg);
}

START_TEST(a_call_hangs_until_it_is_let_go)
{
	struct test_hsm in;
	pthread_t thread;
	void *rv;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	test_faulty_hang(&hsm, "C_GenerateRandom");
	ck_assert_int_eq(pthread_create(&thread, NULL, random_in_thread, &in), 0);
	test_faulty_await(&hsm, "C_GenerateRandom", 1);
	ck_assert_int_eq(pthread_tryjoin_np(thread, &rv), EBUSY);
	test_faulty_release(&hsm, "C_GenerateRandom");
	ck_assert_int_eq(pthread_join(thread, &rv), 0);
	p11_ok((CK_RV)(uintptr_t)rv);
	test_hsm_leave(&in);
}
END_TEST

START_TEST(a_token_is_removed_while_a_call_hangs)
{
	struct test_hsm in;
	pthread_t thread;
	void *rv;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	test_faulty_hang(&hsm, "C_GenerateRandom");
	ck_assert_int_eq(pthread_create(&thread, NULL, random_in_thread, &in), 0);
	test_faulty_await(&hsm, "C_GenerateRandom", 1);
	test_faulty_remove(&hsm);
	test_faulty_release(&hsm, "C_GenerateRandom");
	ck_assert_int_eq(pthread_join(thread, &rv), 0);
	p11_is(CKR_DEVICE_REMOVED, (CK_RV)(uintptr_t)rv);
	p11_ok(in.f->C_Finalize(NULL));
}
END_TEST

START_TEST(two_of_them_have_a_state_each)
{
	struct test_faulty other;
	struct test_hsm one, two;

	test_faulty_start(&other, softhsm.module, softhsm.pin_file);
	test_hsm_enter(&one, hsm.module, TEST_HSM_LABEL);
	test_hsm_enter(&two, other.module, TEST_HSM_LABEL);
	ck_assert(one.initialised && two.initialised);
	test_faulty_remove(&other);
	p11_is(CKR_DEVICE_REMOVED, get_random(&two));
	p11_ok(get_random(&one));
	p11_ok(two.f->C_Finalize(NULL));
	p11_ok(get_random(&one));
	test_hsm_leave(&one);
	test_faulty_stop(&other);
}
END_TEST

START_TEST(an_hsm_in_another_process_has_faults_too)
{
	struct test_p11server server;
	struct test_faulty before;
	struct test_hsm in;

	test_p11server_start(&server, &softhsm);
	test_faulty_start(&before, server.module, softhsm.pin_file);
	test_hsm_enter(&in, before.module, TEST_HSM_LABEL);
	p11_ok(get_random(&in));
	test_faulty_remove(&before);
	p11_is(CKR_DEVICE_REMOVED, get_random(&in));
	p11_ok(in.f->C_Finalize(NULL));
	test_faulty_stop(&before);
	test_p11server_stop(&server);
}
END_TEST

START_TEST(p11_kit_loads_it_and_lets_it_go_and_loads_it_again)
{
	CK_FUNCTION_LIST *module;

	for (int i = 0; i < 2; i++) {
		module = p11_kit_module_load(hsm.module, P11_KIT_MODULE_CRITICAL);
		ck_assert_ptr_nonnull(module);
		ck_assert_int_eq(p11_kit_module_initialize(module), CKR_OK);
		(void)test_hsm_slot(module, TEST_HSM_LABEL);
		ck_assert_int_eq(p11_kit_module_finalize(module), CKR_OK);
		p11_kit_module_release(module);
	}
	ck_assert_uint_eq(test_faulty_calls(&hsm, "C_Initialize"), 2);
	ck_assert_uint_eq(test_faulty_calls(&hsm, "C_Finalize"), 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("faulty");
	TCase *tc = tcase_create("faulty");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, without_faults_it_is_the_module_below);
	tcase_add_test(tc, its_list_is_that_of_2_40_and_every_function_is_its_own);
	tcase_add_test(tc, every_name_stands_where_its_function_does);
	tcase_add_test(tc, calls_are_counted);
	tcase_add_test(tc, the_second_and_third_call_fail);
	tcase_add_test(tc, the_second_call_fails_whatever_its_function_is);
	tcase_add_test(tc, a_call_fails_until_it_is_told_not_to);
	tcase_add_test(tc, forgetting_counts_keeps_what_is_to_come);
	tcase_add_test(tc, a_failed_call_does_nothing_and_a_lost_answer_something);
	tcase_add_test(tc, faults_reach_another_process);
	tcase_add_test(tc, a_removed_token_is_gone);
	tcase_add_test(tc, a_reinserted_token_knows_no_session_login_or_handle);
	tcase_add_test(tc, a_handle_of_another_generation_is_refused);
	tcase_add_test(tc, who_comes_back_after_a_restart_logs_in_and_works);
	tcase_add_test(tc, handles_that_are_found_are_of_the_generation);
	tcase_add_test(tc, a_token_goes_or_restarts_at_a_call);
	tcase_add_test(tc, a_process_dies_before_a_call_or_after_it);
	tcase_add_test(tc, a_session_beyond_the_limit_is_refused);
	tcase_add_test(tc, a_restart_frees_what_the_limit_counts);
	tcase_add_test(tc, a_call_hangs_until_it_is_let_go);
	tcase_add_test(tc, a_token_is_removed_while_a_call_hangs);
	tcase_add_test(tc, two_of_them_have_a_state_each);
	tcase_add_test(tc, an_hsm_in_another_process_has_faults_too);
	tcase_add_test(tc, p11_kit_loads_it_and_lets_it_go_and_loads_it_again);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
