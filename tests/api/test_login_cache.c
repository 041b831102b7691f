/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Clients that log in and out around every operation, and from several threads: what the
 * settings login-cache, idempotent-login and ignore-pin change, and what they do not. With a TPM
 * or an HSM, which counts what it is asked. Who could misuse them is in attack/test_login_cache.
 */
#include <pthread.h>
#include <string.h>

#include "core/token.h"
#include "lib/device.h"
#include "lib/p11.h"
#include "lib/runner.h"

#define THREADS 4
#define ROUNDS 8

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE root;

static void log_in(const char *pin, CK_RV wanted)
{
	p11_login(s, CKU_USER, pin, wanted);
}

/* Seal something with the root, as a vault does. */
static CK_RV encrypt(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	CK_BYTE iv[12] = { 1 }, text[20] = { 2 }, sealed[36];
	CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = 12, .ulIvBits = 96, .ulTagBits = 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
	CK_ULONG len = sizeof sealed;
	CK_RV rv = p11->C_EncryptInit(session, &gcm, key);

	return rv != CKR_OK ? rv : p11->C_Encrypt(session, text, sizeof text, sealed, &len);
}

/* Make a root that the hardware seals on its own. */
static void make_root(void)
{
	struct p11_template t = { 0 };

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_PRIVATE, true);
	p11_bool(&t, CKA_ENCRYPT, true);
	p11_bool(&t, CKA_SIGNET_SEALED, true);
	p11_text(&t, CKA_LABEL, "root");
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &root));
}

/* The module starts over with these lines, and a session in which nobody is logged in. */
static void begin_with(const char *lines)
{
	(void)p11->C_Finalize(NULL);
	test_device_configure_more(lines);
	p11_start();
	s = p11_open(CKF_RW_SESSION);
}

/* A PIN token with a root. */
static void make_with(const char *lines)
{
	s = p11_user();
	make_root();
	begin_with(lines);
}

static CK_OBJECT_HANDLE find_root(void)
{
	return p11_find_label(s, CKO_SECRET_KEY, "root");
}

/* What the classic client does for one operation; returns how much the hardware was asked. */
static size_t one_round(void)
{
	test_device_asked();
	log_in(P11_PIN, CKR_OK);
	p11_ok(encrypt(s, find_root()));
	p11_ok(p11->C_Logout(s));
	return test_device_asked();
}

START_TEST(a_login_that_is_remembered_asks_nothing)
{
	make_with("");
	for (int i = 0; i < 2; i++)
		ck_assert_uint_gt(one_round(), 0);
	begin_with("login-cache = 3600");
	ck_assert_uint_gt(one_round(), 0);
	for (int i = 0; i < ROUNDS; i++)
		ck_assert_uint_eq(one_round(), 0);
	/* The last session that closes logs out too. */
	log_in(P11_PIN, CKR_OK);
	p11_ok(p11->C_CloseAllSessions(0));
	s = p11_open(CKF_RW_SESSION);
	ck_assert_uint_eq(one_round(), 0);
}
END_TEST

START_TEST(private_objects_are_there_for_who_is_logged_in_only)
{
	CK_BYTE iv[12] = { 1 }, part[16] = { 0 }, out[64];
	CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = 12, .ulTagBits = 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
	CK_ULONG len = sizeof out;
	CK_OBJECT_HANDLE before;

	make_with("login-cache = 3600");
	log_in(P11_PIN, CKR_OK);
	before = find_root();
	p11_ok(p11->C_EncryptInit(s, &gcm, before));
	p11_ok(p11->C_Logout(s));
	ck_assert_uint_eq(p11_count_keys(s, NULL), 0);
	p11_is(CKR_KEY_HANDLE_INVALID, encrypt(s, before));
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_Logout(s));
	log_in(P11_PIN, CKR_OK);
	p11_is(CKR_OPERATION_NOT_INITIALIZED,
	       p11->C_EncryptUpdate(s, part, sizeof part, out, &len));
	p11_is(CKR_KEY_HANDLE_INVALID, encrypt(s, before));
	p11_ok(encrypt(s, find_root()));
	p11_ok(p11->C_DestroyObject(s, find_root()));
	p11_ok(p11->C_Logout(s));
	log_in(P11_PIN, CKR_OK);
	ck_assert_uint_eq(p11_count_keys(s, NULL), 0);
}
END_TEST

static void destroy_root(void *arg)
{
	(void)arg;
	test_device_abandon();
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	log_in(P11_PIN, CKR_OK);
	p11_ok(p11->C_DestroyObject(s, find_root()));
	p11_ok(p11->C_Finalize(NULL));
}

START_TEST(what_another_process_did_meanwhile_is_seen)
{
	make_with("login-cache = 3600");
	one_round();
	p11_in_child(destroy_root, NULL);
	test_device_asked();
	log_in(P11_PIN, CKR_OK);
	ck_assert_uint_eq(test_device_asked(), 0);
	ck_assert_uint_eq(p11_count_keys(s, NULL), 0);
}
END_TEST

START_TEST(a_new_pin_asks_the_hardware_once)
{
	make_with("login-cache = 3600");
	one_round();
	p11_ok(p11->C_SetPIN(s, (CK_BYTE *)P11_PIN, strlen(P11_PIN), (CK_BYTE *)"another", 7));
	log_in(P11_PIN, CKR_PIN_INCORRECT);
	log_in("another", CKR_OK);
	p11_ok(p11->C_Logout(s));
	test_device_asked();
	log_in("another", CKR_OK);
	ck_assert_uint_eq(test_device_asked(), 0);
}
END_TEST

START_TEST(the_officer_is_never_remembered)
{
	make_with("login-cache = 3600\nidempotent-login = yes");
	one_round();
	p11_login(s, CKU_SO, P11_SO_PIN, CKR_OK);
	p11_login(s, CKU_SO, P11_SO_PIN, CKR_USER_ALREADY_LOGGED_IN);
	p11_ok(p11->C_Logout(s));
	test_device_asked();
	p11_login(s, CKU_SO, P11_SO_PIN, CKR_OK);
	ck_assert_uint_gt(test_device_asked(), 0);
	p11_ok(p11->C_Logout(s));
	/* And it ended what was left of the user. */
	ck_assert_uint_gt(one_round(), 0);
}
END_TEST

START_TEST(where_no_thread_may_be_made_nothing_is_left)
{
	CK_C_INITIALIZE_ARGS args = {
		.flags = CKF_OS_LOCKING_OK | CKF_LIBRARY_CANT_CREATE_OS_THREADS,
	};

	make_with("login-cache = 3600");
	p11_ok(p11->C_Finalize(NULL));
	p11_ok(p11->C_Initialize(&args));
	s = p11_open(CKF_RW_SESSION);
	one_round();
	ck_assert_uint_gt(one_round(), 0);
}
END_TEST

START_TEST(logins_are_counted_where_that_is_wanted)
{
	make_with("ignore-pin = yes");
	log_in("a pin", CKR_PIN_INCORRECT);     /* this token has one */
	log_in(P11_PIN, CKR_OK);
	log_in(P11_PIN, CKR_USER_ALREADY_LOGGED_IN);
	begin_with("idempotent-login = yes");
	log_in(P11_PIN, CKR_OK);
	root = find_root();
	test_device_asked();
	log_in(P11_PIN, CKR_OK);
	ck_assert_uint_eq(test_device_asked(), 0);
	p11_ok(p11->C_Logout(s));
	p11_ok(encrypt(s, root));
	p11_ok(p11->C_Logout(s));
	p11_is(CKR_KEY_HANDLE_INVALID, encrypt(s, root));
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_Logout(s));
	ck_assert_uint_gt(one_round(), 0);
	/* The last session answers all logins. */
	log_in(P11_PIN, CKR_OK);
	log_in(P11_PIN, CKR_OK);
	p11_ok(p11->C_CloseSession(s));
	s = p11_open(CKF_RW_SESSION);
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_Logout(s));
	log_in(P11_PIN, CKR_OK);
	p11_ok(p11->C_Logout(s));
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_Logout(s));
}
END_TEST

START_TEST(a_second_login_with_another_pin_is_proved)
{
	make_with("idempotent-login = yes");
	log_in(P11_PIN, CKR_OK);
	test_device_asked();
	log_in("wrong", CKR_PIN_INCORRECT);
	ck_assert_uint_gt(test_device_asked(), 0);
	p11_ok(encrypt(s, find_root()));
	p11_ok(p11->C_SetPIN(s, (CK_BYTE *)P11_PIN, strlen(P11_PIN), (CK_BYTE *)"another", 7));
	log_in(P11_PIN, CKR_PIN_INCORRECT);
	log_in("another", CKR_OK);
	test_device_asked();
	log_in("another", CKR_OK);
	ck_assert_uint_eq(test_device_asked(), 0);
	for (int i = 0; i < 3; i++)
		p11_ok(p11->C_Logout(s));
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_Logout(s));
}
END_TEST

/* One thread of the classic client; a failure is returned. */
static void *client(void *arg)
{
	CK_SESSION_HANDLE mine = 0;
	CK_ATTRIBUTE label = { CKA_LABEL, (void *)"root", 4 };
	CK_OBJECT_HANDLE key = 0;
	CK_ULONG n = 0;
	CK_RV rv = CKR_OK;

	for (int i = 0; i < ROUNDS && rv == CKR_OK; i++) {
		rv = p11->C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &mine);
		if (rv == CKR_OK)
			rv = p11->C_Login(mine, CKU_USER, (CK_BYTE *)P11_PIN, strlen(P11_PIN));
		if (rv == CKR_OK)
			rv = p11->C_FindObjectsInit(mine, &label, 1);
		if (rv == CKR_OK)
			rv = p11->C_FindObjects(mine, &key, 1, &n);
		if (rv == CKR_OK)
			rv = p11->C_FindObjectsFinal(mine);
		if (rv == CKR_OK)
			rv = n == 1 ? encrypt(mine, key) : CKR_FUNCTION_FAILED;
		if (rv == CKR_OK)
			rv = p11->C_Logout(mine);
		if (rv == CKR_OK)
			rv = p11->C_CloseSession(mine);
	}
	*(CK_RV *)arg = rv;
	return NULL;
}

START_TEST(threads_that_each_log_in_and_out_do_not_disturb_one_another)
{
	pthread_t thread[THREADS];
	CK_RV result[THREADS];

	make_with("login-cache = 3600\nidempotent-login = yes");
	one_round();
	test_device_asked();
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, client, &result[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
		p11_ok(result[i]);
	}
	ck_assert_uint_eq(test_device_asked(), 0);
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_Logout(s));
}
END_TEST

START_TEST(a_machine_token_takes_no_pin_unless_it_is_to_ignore_it)
{
	p11_make_machine();
	begin_with("");
	log_in("a pin", CKR_PIN_INCORRECT);
	begin_with("ignore-pin = yes\nidempotent-login = yes");
	log_in("a pin", CKR_OK);
	log_in("another", CKR_OK);
	p11_ok(p11->C_Logout(s));
	p11_ok(p11->C_Logout(s));
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_Logout(s));
	p11_login(s, CKU_SO, "a pin", CKR_PIN_INCORRECT);
}
END_TEST

/* With rollback protection, which only a TPM has. */
static void make_anchored(void)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("anchored"), .sealer = "tpm", .rollback_protection = true,
	};

	p11_make(0, &plan);
	begin_with("login-cache = 3600");
	log_in(P11_PIN, CKR_OK);
	make_root();
	p11_ok(p11->C_Logout(s));
}

/* The times of a file tell its changes once they are past the kernel's tick. */
static void settle(void)
{
	for (int i = 0; i < 10000 && one_round() != 0; i++)
		;
}

START_TEST(a_store_that_is_anchored_is_compared_with_its_counter_when_it_was_written)
{
	if (test_device_is_hsm())
		return;
	make_anchored();
	settle();
	ck_assert_uint_eq(one_round(), 0);
	p11_sql("CREATE TABLE other(x); DROP TABLE other");
	test_device_asked();
	log_in(P11_PIN, CKR_OK);
	ck_assert_uint_gt(test_device_asked(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("login cache");
	TCase *tcase = tcase_create("logins");

	tcase_add_checked_fixture(tcase, test_device_setup, test_device_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_login_that_is_remembered_asks_nothing);
	tcase_add_test(tcase, private_objects_are_there_for_who_is_logged_in_only);
	if (test_child_can_have_threads())
		tcase_add_test(tcase, what_another_process_did_meanwhile_is_seen);
	tcase_add_test(tcase, a_new_pin_asks_the_hardware_once);
	tcase_add_test(tcase, the_officer_is_never_remembered);
	tcase_add_test(tcase, where_no_thread_may_be_made_nothing_is_left);
	tcase_add_test(tcase, logins_are_counted_where_that_is_wanted);
	tcase_add_test(tcase, a_second_login_with_another_pin_is_proved);
	tcase_add_test(tcase, threads_that_each_log_in_and_out_do_not_disturb_one_another);
	tcase_add_test(tcase, a_machine_token_takes_no_pin_unless_it_is_to_ignore_it);
	tcase_add_test(tcase,
	               a_store_that_is_anchored_is_compared_with_its_counter_when_it_was_written);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
