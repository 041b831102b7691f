/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Many threads at once. What they do is checked in the end; that they do it
 * without a race is for ThreadSanitizer to say.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/p11.h"
#include "lib/runner.h"

#define THREADS 8
#define ROUNDS 40

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE pub, priv, aes;

/* Check reports from the thread of the test only: the others count what is wrong. */
static atomic_uint wrong;
static atomic_uint done;
static pthread_barrier_t barrier;

static void expect(bool good)
{
	if (!good)
		atomic_fetch_add(&wrong, 1);
}

static void run(void *(*fn)(void *))
{
	pthread_t threads[THREADS];

	ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, THREADS), 0);
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, fn, (void *)i), 0);
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	pthread_barrier_destroy(&barrier);
	ck_assert_uint_eq(atomic_load(&wrong), 0);
}

static CK_RV open_session(CK_FLAGS flags, CK_SESSION_HANDLE *session)
{
	return p11->C_OpenSession(0, CKF_SERIAL_SESSION | flags, NULL, NULL, session);
}

static CK_RV sign_and_verify(CK_SESSION_HANDLE session)
{
	uint8_t signature[64];
	CK_RV rv = p11_sign(session, priv, "message", signature);

	return rv != CKR_OK ? rv : p11_verify(session, pub, "message", signature);
}

static CK_RV encrypt_and_decrypt(CK_SESSION_HANDLE session, uint8_t number)
{
	CK_BYTE iv[12] = { number }, text[40] = { number }, sealed[56], back[40];
	CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = 12, .ulTagBits = 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
	CK_ULONG len = sizeof sealed;
	CK_RV rv;

	rv = p11->C_EncryptInit(session, &gcm, aes);
	if (rv == CKR_OK)
		rv = p11->C_Encrypt(session, text, sizeof text, sealed, &len);
	if (rv == CKR_OK)
		rv = p11->C_DecryptInit(session, &gcm, aes);
	len = sizeof back;
	if (rv == CKR_OK)
		rv = p11->C_Decrypt(session, sealed, sizeof sealed, back, &len);
	return rv != CKR_OK ? rv : memcmp(back, text, sizeof text) == 0 ? CKR_OK
	                                                                 : CKR_GENERAL_ERROR;
}

static void *with_own_session(void *arg)
{
	CK_SESSION_HANDLE mine = 0;

	expect(open_session(0, &mine) == CKR_OK);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < ROUNDS; i++) {
		expect(sign_and_verify(mine) == CKR_OK);
		expect(encrypt_and_decrypt(mine, (uint8_t)((size_t)arg + 1)) == CKR_OK);
	}
	expect(p11->C_CloseSession(mine) == CKR_OK);
	return NULL;
}

START_TEST(threads_with_sessions_of_their_own_work_side_by_side)
{
	s = p11_machine();
	p11_make_pair(s, "pair", &pub, &priv);
	aes = p11_make_aes(s, NULL);
	run(with_own_session);
}
END_TEST

/* On a shared session operations of one thread get in the way of another's, and that is all. */
static bool shared_answer(CK_RV rv)
{
	return rv == CKR_OK || rv == CKR_OPERATION_ACTIVE || rv == CKR_OPERATION_NOT_INITIALIZED;
}

static void *with_shared_session(void *arg)
{
	uint8_t signature[64];
	CK_ULONG n;

	pthread_barrier_wait(&barrier);
	for (int i = 0; i < ROUNDS; i++) {
		CK_RV rv = p11_sign(s, priv, "message", signature);

		expect(shared_answer(rv));
		if (rv == CKR_OK)
			atomic_fetch_add(&done, 1);
		if ((size_t)arg % 2 == 0) {
			expect(shared_answer(p11->C_FindObjectsInit(s, NULL, 0)));
			expect(shared_answer(p11->C_FindObjects(s, &(CK_OBJECT_HANDLE){ 0 }, 1, &n)));
			expect(shared_answer(p11->C_FindObjectsFinal(s)));
		}
	}
	return NULL;
}

START_TEST(threads_may_share_a_session)
{
	s = p11_machine();
	p11_make_pair(s, NULL, &pub, &priv);
	run(with_shared_session);
	ck_assert_uint_gt(atomic_load(&done), 0);
}
END_TEST

static void *open_and_close(void *arg)
{
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < ROUNDS; i++) {
		CK_SESSION_HANDLE mine = 0;

		expect(open_session((size_t)arg % 2 ? CKF_RW_SESSION : 0, &mine) == CKR_OK);
		expect(sign_and_verify(mine) == CKR_OK);
		p11_make_aes(mine, NULL);
		expect(p11->C_CloseSession(mine) == CKR_OK);
		expect(p11->C_CloseSession(mine) == CKR_SESSION_HANDLE_INVALID);
	}
	return NULL;
}

START_TEST(sessions_open_and_close_while_others_sign)
{
	s = p11_machine();
	p11_make_pair(s, NULL, &pub, &priv);
	run(open_and_close);
	ck_assert_uint_eq(p11_count(s), 2);
}
END_TEST

/* One thread closes what the others use. */
static void *close_under_the_others(void *arg)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key;
	uint8_t signature[64];

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	for (int i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(&barrier);
		if (arg == NULL)
			expect(open_session(0, &s) == CKR_OK);
		pthread_barrier_wait(&barrier);
		if (arg == NULL) {
			expect(p11->C_CloseSession(s) == CKR_OK);
		} else {
			CK_RV rv = p11_sign(s, priv, "message", signature);

			expect(shared_answer(rv) || rv == CKR_SESSION_HANDLE_INVALID);
			do
				rv = p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key);
			while (rv == CKR_OK);
			expect(rv == CKR_SESSION_HANDLE_INVALID);
		}
	}
	return NULL;
}

START_TEST(a_session_closes_while_others_use_it)
{
	CK_SESSION_HANDLE keeper = p11_machine();

	p11_make_pair(keeper, NULL, &pub, &priv);
	run(close_under_the_others);
	ck_assert_uint_eq(p11_count(keeper), 2);
}
END_TEST

static void *first_use(void *arg)
{
	CK_SESSION_HANDLE mine = 0;
	CK_ULONG n = 0;

	(void)arg;
	expect(open_session(0, &mine) == CKR_OK);
	pthread_barrier_wait(&barrier);
	expect(p11->C_FindObjectsInit(mine, NULL, 0) == CKR_OK);
	expect(p11->C_FindObjects(mine, (CK_OBJECT_HANDLE[4]){ 0 }, 4, &n) == CKR_OK);
	expect(n == 2);
	expect(p11->C_FindObjectsFinal(mine) == CKR_OK);
	return NULL;
}

START_TEST(the_first_use_may_come_from_all_at_once)
{
	s = p11_machine();
	p11_make_pair(s, "pair", &pub, &priv);
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	run(first_use);
}
END_TEST

static void *log_in(void *arg)
{
	CK_SESSION_HANDLE mine = 0;
	CK_RV rv;

	(void)arg;
	expect(open_session(0, &mine) == CKR_OK);
	pthread_barrier_wait(&barrier);
	rv = p11->C_Login(mine, CKU_USER, (CK_BYTE *)P11_PIN, strlen(P11_PIN));
	expect(rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN);
	if (rv == CKR_OK)
		atomic_fetch_add(&done, 1);
	pthread_barrier_wait(&barrier);
	expect(sign_and_verify(mine) == CKR_KEY_HANDLE_INVALID);
	return NULL;
}

START_TEST(of_several_logins_one_succeeds)
{
	s = p11_user();
	p11_make_pair(s, NULL, &pub, &priv);
	p11_ok(p11->C_Logout(s));
	run(log_in);
	ck_assert_uint_eq(atomic_load(&done), 1);
}
END_TEST

static void *log_in_to_machine(void *arg)
{
	CK_SESSION_HANDLE mine = 0;
	CK_RV rv;

	(void)arg;
	expect(open_session(0, &mine) == CKR_OK);
	pthread_barrier_wait(&barrier);
	rv = p11->C_Login(mine, CKU_USER, NULL, 0);
	expect(rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN);
	if (rv == CKR_OK)
		atomic_fetch_add(&done, 1);
	return NULL;
}

START_TEST(of_several_logins_to_a_machine_token_one_succeeds)
{
	p11_machine();
	run(log_in_to_machine);
	ck_assert_uint_eq(atomic_load(&done), 1);
}
END_TEST

/* Every thread logs in and out and signs with whatever there is; all must end. */
static void *log_in_and_out(void *arg)
{
	struct p11_template t = { 0 };
	CK_SESSION_HANDLE mine = 0;
	CK_OBJECT_HANDLE key = 0;
	CK_BYTE text[4] = { 0 };
	uint8_t signature[64];
	CK_ULONG len;
	CK_RV rv;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	expect(open_session(CKF_RW_SESSION, &mine) == CKR_OK);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 10; i++) {
		rv = p11->C_Login(mine, CKU_USER, (CK_BYTE *)P11_PIN, strlen(P11_PIN));
		expect(rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN);
		rv = p11->C_GenerateKey(mine, &p11_aes_gen, t.attr, t.n, &key);
		expect(rv == CKR_OK || rv == CKR_USER_NOT_LOGGED_IN);
		rv = p11->C_SignInit(mine, &p11_eddsa, priv);
		expect(rv == CKR_OK || rv == CKR_KEY_HANDLE_INVALID || rv == CKR_USER_NOT_LOGGED_IN);
		len = sizeof signature;
		rv = p11->C_Sign(mine, text, sizeof text, signature, &len);
		expect(rv == CKR_OK || rv == CKR_OPERATION_NOT_INITIALIZED);
		if ((size_t)arg % 2 == 0) {
			rv = p11->C_Logout(mine);
			expect(rv == CKR_OK || rv == CKR_USER_NOT_LOGGED_IN);
		}
	}
	return NULL;
}

START_TEST(logins_and_logouts_of_many_end)
{
	s = p11_user();
	p11_make_pair(s, NULL, &pub, &priv);
	run(log_in_and_out);
}
END_TEST

static void *make_and_destroy(void *arg)
{
	CK_SESSION_HANDLE mine = 0;
	CK_OBJECT_HANDLE key;

	(void)arg;
	expect(open_session(CKF_RW_SESSION, &mine) == CKR_OK);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 5; i++) {
		key = p11_make_aes(mine, "mine");
		expect(p11_set(mine, key, CKA_LABEL, "changed", 7) == CKR_OK);
		expect(p11_count(mine) > 0);
		if (i % 2 == 0)
			expect(p11->C_DestroyObject(mine, key) == CKR_OK);
	}
	return NULL;
}

START_TEST(threads_write_to_the_token_at_once)
{
	struct p11_template t = { 0 };

	s = p11_machine();
	run(make_and_destroy);
	ck_assert_uint_eq(p11_count(s), 2 * THREADS);
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(0);
	p11_text(&t, CKA_LABEL, "changed");
	ck_assert_uint_eq(p11_find(s, &t, NULL, 0), 2 * THREADS);
}
END_TEST

static CK_OBJECT_HANDLE shared;

/* Each thread sets an attribute of its own; none may be lost. */
static void *set_one(void *arg)
{
	static const CK_ATTRIBUTE_TYPE types[THREADS] = {
		CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE,
		CKA_EXTRACTABLE,
	};
	CK_SESSION_HANDLE mine = 0;
	CK_BBOOL no = CK_FALSE, yes = CK_TRUE;
	size_t i = (size_t)arg;

	expect(open_session(CKF_RW_SESSION, &mine) == CKR_OK);
	pthread_barrier_wait(&barrier);
	expect(p11_set(mine, shared, types[i], types[i] == CKA_EXTRACTABLE ? &no : &yes, 1) ==
	       CKR_OK);
	return NULL;
}

START_TEST(no_change_of_an_attribute_is_lost)
{
	static const CK_ATTRIBUTE_TYPE types[] = {
		CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE,
	};

	s = p11_machine();
	for (int round = 0; round < 10; round++) {
		struct p11_template t = { 0 };

		p11_ulong(&t, CKA_VALUE_LEN, 32);
		p11_bool(&t, CKA_TOKEN, _i);
		p11_bool(&t, CKA_EXTRACTABLE, true);
		p11_bool(&t, CKA_ENCRYPT, false);
		p11_bool(&t, CKA_DECRYPT, false);
		p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &shared));
		run(set_one);
		for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
			ck_assert(p11_get_bool(s, shared, types[i]));
		ck_assert(!p11_get_bool(s, shared, CKA_EXTRACTABLE));
	}
}
END_TEST

static void *look_at_slots(void *arg)
{
	CK_SLOT_ID slots[8];
	CK_TOKEN_INFO info;
	CK_ULONG n;

	pthread_barrier_wait(&barrier);
	for (int i = 0; i < ROUNDS; i++) {
		n = 8;
		expect(p11->C_GetSlotList(CK_TRUE, (size_t)arg % 2 ? slots : NULL, &n) == CKR_OK);
		expect(n >= 1);
		expect(p11->C_GetTokenInfo(0, &info) == CKR_OK);
		expect(p11->C_GetTokenInfo(99, &info) == CKR_SLOT_ID_INVALID);
	}
	return NULL;
}

START_TEST(slots_are_looked_at_from_all_sides)
{
	p11_make_machine();
	p11_start();
	run(look_at_slots);
}
END_TEST

static void *begin_and_end(void *arg)
{
	CK_SESSION_HANDLE mine;
	CK_RV rv;

	(void)arg;
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < ROUNDS; i++) {
		rv = p11->C_Initialize(NULL);
		expect(rv == CKR_OK || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED);
		rv = open_session(0, &mine);
		expect(rv == CKR_OK || rv == CKR_CRYPTOKI_NOT_INITIALIZED);
		rv = p11->C_Finalize(NULL);
		expect(rv == CKR_OK || rv == CKR_CRYPTOKI_NOT_INITIALIZED);
	}
	return NULL;
}

START_TEST(the_module_begins_and_ends_in_many_threads)
{
	p11_make_machine();
	run(begin_and_end);
}
END_TEST

static void *sign_to_the_end(void *arg)
{
	uint8_t signature[64];
	CK_RV rv;

	do {
		rv = p11_sign(((CK_SESSION_HANDLE *)arg)[0], priv, "message", signature);
		expect(rv == CKR_OK || rv == CKR_CRYPTOKI_NOT_INITIALIZED);
		atomic_fetch_add(&done, 1);
	} while (rv == CKR_OK);
	return NULL;
}

START_TEST(finalize_is_not_kept_waiting_by_calls_without_end)
{
	CK_SESSION_HANDLE own[THREADS];
	pthread_t threads[THREADS];

	s = p11_machine();
	p11_make_pair(s, NULL, &pub, &priv);
	for (size_t i = 0; i < THREADS; i++) {
		own[i] = p11_open(0);
		ck_assert_int_eq(pthread_create(&threads[i], NULL, sign_to_the_end, &own[i]), 0);
	}
	while (atomic_load(&done) < 100)
		sched_yield();
	p11_ok(p11->C_Finalize(NULL));
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(atomic_load(&wrong), 0);
}
END_TEST

/* A session that opens, and stays open. */
static void *open_and_look(void *arg)
{
	CK_SESSION_HANDLE mine = 0;
	CK_SESSION_INFO info;

	(void)arg;
	pthread_barrier_wait(&barrier);
	expect(open_session(0, &mine) == CKR_OK);
	pthread_barrier_wait(&barrier);
	expect(p11->C_GetSessionInfo(mine, &info) == CKR_OK);
	return NULL;
}

/* One token after the other stands in the slot, with sessions to clean up. */
START_TEST(a_session_that_opens_with_the_next_token_stays_open)
{
	struct sg_buf stores[2];

	for (int i = 0; i < 2; i++) {
		p11_make_machine();
		stores[i] = test_file_read(p11_store);
		ck_assert_int_eq(unlink(p11_store), 0);
	}
	test_file_write(p11_store, sg_buf_bytes(&stores[1]));
	p11_start();
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < 200; i++)
			(void)p11_open(0);
		test_file_write(p11_store, sg_buf_bytes(&stores[round % 2]));
		run(open_and_look);
		p11_ok(p11->C_CloseAllSessions(0));
	}
	sg_buf_free(&stores[0]);
	sg_buf_free(&stores[1]);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("threads");
	TCase *tc = p11_case(suite, "threads");

	tcase_add_test(tc, threads_with_sessions_of_their_own_work_side_by_side);
	tcase_add_test(tc, threads_may_share_a_session);
	tcase_add_test(tc, sessions_open_and_close_while_others_sign);
	tcase_add_test(tc, a_session_closes_while_others_use_it);
	tcase_add_test(tc, the_first_use_may_come_from_all_at_once);
	tcase_add_test(tc, of_several_logins_one_succeeds);
	tcase_add_test(tc, of_several_logins_to_a_machine_token_one_succeeds);
	tcase_add_test(tc, logins_and_logouts_of_many_end);
	tcase_add_test(tc, threads_write_to_the_token_at_once);
	tcase_add_loop_test(tc, no_change_of_an_attribute_is_lost, 0, 2);
	tcase_add_test(tc, slots_are_looked_at_from_all_sides);
	tcase_add_test(tc, a_session_that_opens_with_the_next_token_stays_open);
	tcase_add_test(tc, the_module_begins_and_ends_in_many_threads);
	tcase_add_test(tc, finalize_is_not_kept_waiting_by_calls_without_end);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
