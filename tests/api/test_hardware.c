/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The module on hardware, a TPM or an HSM: how often it is asked, and what becomes of a
 * token when it is missing, goes away, comes back or is another one.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "lib/device.h"
#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE pub, priv, aes;
static uint8_t signature[64];

/* The most that the first use of a token asks, and a login. Each call of an HSM counts, as do
 * those that make the connection and end it. */
static size_t at_first(void)
{
	return test_device_is_hsm() ? 20 : 6;
}

static size_t at_login(void)
{
	return test_device_is_hsm() ? 20 : 10;
}

static size_t at_last(void)
{
	return test_device_is_hsm() ? 4 : 0;
}

static CK_RV encrypt(void)
{
	CK_BYTE iv[12] = { 1 }, text[20] = { 2 }, sealed[36];
	CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = 12, .ulTagBits = 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
	CK_ULONG len = sizeof sealed;
	CK_RV rv = p11->C_EncryptInit(s, &gcm, aes);

	return rv != CKR_OK ? rv : p11->C_Encrypt(s, text, sizeof text, sealed, &len);
}

/* Make a machine token with keys, and end. */
static void populate(void)
{
	s = p11_machine();
	p11_make_pair(s, "pair", &pub, &priv);
	p11_make_aes(s, "secret");
	p11_ok(p11->C_Finalize(NULL));
}

static void find_keys(void)
{
	pub = p11_find_label(s, CKO_PUBLIC_KEY, "pair");
	priv = p11_find_label(s, CKO_PRIVATE_KEY, "pair");
	aes = p11_find_label(s, CKO_SECRET_KEY, "secret");
}

static CK_RV look(void)
{
	CK_RV rv = p11->C_FindObjectsInit(s, NULL, 0);

	if (rv == CKR_OK)
		p11_ok(p11->C_FindObjectsFinal(s));
	return rv;
}

START_TEST(nothing_is_asked_before_the_token_is_used)
{
	CK_TOKEN_INFO info;
	CK_SLOT_INFO slot;
	CK_ULONG n = 0;

	populate();
	test_device_asked();
	p11_start();
	p11_ok(p11->C_GetSlotList(CK_TRUE, NULL, &n));
	p11_ok(p11->C_GetSlotInfo(0, &slot));
	p11_ok(p11->C_GetTokenInfo(0, &info));
	s = p11_open(CKF_RW_SESSION);
	p11_ok(p11->C_GenerateRandom(s, signature, sizeof signature));
	p11_make_pair(s, NULL, &pub, &priv);
	p11_ok(p11_sign(s, priv, "x", signature));
	p11_ok(p11->C_Finalize(NULL));
	ck_assert_uint_eq(test_device_asked(), 0);
}
END_TEST

START_TEST(the_first_use_asks_little_and_the_rest_nothing)
{
	CK_OBJECT_HANDLE made;
	CK_BYTE wrapped[64];
	CK_ULONG len = sizeof wrapped;
	size_t n;

	populate();
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	test_device_asked();
	p11_ok(look());
	n = test_device_asked();
	ck_assert_uint_ge(n, 1);
	ck_assert_uint_le(n, at_first());
	find_keys();
	for (int i = 0; i < 5; i++) {
		p11_ok(p11_sign(s, priv, "x", signature));
		p11_ok(p11_verify(s, pub, "x", signature));
		p11_ok(encrypt());
		made = p11_import_aes(s, repeat('k', 32));
		p11_ok(p11->C_WrapKey(s, &p11_kwp, aes, made, wrapped, &len));
	}
	p11_make_aes(s, "another");
	p11_ok(p11_set(s, aes, CKA_LABEL, "changed", 7));
	p11_ok(p11->C_DestroyObject(s, priv));
	p11_ok(p11->C_Login(s, CKU_USER, NULL, 0));
	p11_ok(p11->C_Logout(s));
	p11_ok(p11->C_CloseAllSessions(0));
	ck_assert_uint_eq(test_device_asked(), 0);
	p11_ok(p11->C_Finalize(NULL));
	ck_assert_uint_le(test_device_asked(), at_last());
	test_device_require_idle();
}
END_TEST

START_TEST(a_login_asks_little_and_the_rest_nothing)
{
	size_t n;

	s = p11_user();
	p11_make_pair(s, "pair", &pub, &priv);
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(0);
	test_device_asked();
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	n = test_device_asked();
	ck_assert_uint_ge(n, 1);
	ck_assert_uint_le(n, at_login());
	p11_ok(p11_sign(s, p11_find_label(s, CKO_PRIVATE_KEY, "pair"), "x", signature));
	p11_ok(p11->C_Logout(s));
	ck_assert_uint_eq(p11_count(s), 1);
	ck_assert_uint_eq(test_device_asked(), 0);
	p11_ok(p11->C_Finalize(NULL));
	ck_assert_uint_le(test_device_asked(), at_last());
	test_device_require_idle();
}
END_TEST

/* Check reports from the thread of the test only. */
static atomic_uint wrong;

static void *first_use(void *arg)
{
	CK_SESSION_HANDLE mine = 0;

	(void)arg;
	if (p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &mine) != CKR_OK ||
	    p11->C_FindObjectsInit(mine, NULL, 0) != CKR_OK)
		atomic_fetch_add(&wrong, 1);
	return NULL;
}

START_TEST(a_first_use_from_many_threads_asks_once)
{
	pthread_t threads[8];

	populate();
	p11_start();
	test_device_asked();
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, first_use, NULL), 0);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(atomic_load(&wrong), 0);
	ck_assert_uint_eq(test_device_opened(), 1);
	ck_assert_uint_le(test_device_asked(), at_first());
}
END_TEST

static CK_OBJECT_HANDLE import_sealed(const uint8_t seed[32])
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key = 0;

	p11_ulong(&t, CKA_CLASS, CKO_PRIVATE_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_EC_EDWARDS);
	p11_bytes(&t, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	p11_bytes(&t, CKA_VALUE, seed, 32);
	p11_text(&t, CKA_LABEL, "sealed");
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SIGNET_SEALED, true);
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &key));
	return key;
}

START_TEST(a_key_sealed_on_its_own_is_unsealed_at_its_first_use_only)
{
	populate();
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	p11_ok(look());
	test_device_asked();
	import_sealed(repeat(7, 32).data);
	ck_assert_uint_ge(test_device_sealed(), 1);
	p11_ok(p11->C_Finalize(NULL));
	/* What an HSM closed is opened to see that it can be. */
	test_device_asked();
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	find_keys();
	priv = p11_find_label(s, CKO_PRIVATE_KEY, "sealed");
	ck_assert_uint_eq(test_device_opened(), 1);
	test_device_asked();
	p11_ok(p11_set(s, priv, CKA_ID, "1", 1));
	p11_ok(encrypt());
	ck_assert_uint_eq(test_device_asked(), 0);
	p11_ok(p11_sign(s, priv, "x", signature));
	ck_assert_uint_eq(test_device_opened(), 1);
	ck_assert_uint_le(test_device_asked(), at_first());
	p11_ok(p11_sign(s, priv, "x", signature));
	p11_ok(p11_set(s, priv, CKA_ID, "2", 1));
	p11_ok(p11_sign(s, priv, "x", signature));
	ck_assert_uint_eq(test_device_asked(), 0);
}
END_TEST

static bool is_gone(CK_RV rv)
{
	return rv == CKR_DEVICE_ERROR || rv == CKR_DEVICE_REMOVED;
}

/* Make a key that the hardware seals on its own. */
static CK_RV make_sealed(void)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SIGNET_SEALED, true);
	return p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key);
}

START_TEST(hardware_that_goes_away_and_comes_back_is_used_again)
{
	CK_RV rv;

	populate();
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	/* This process has not seen it yet: to it there is none. */
	test_device_kill();
	p11_is(CKR_TOKEN_NOT_PRESENT, look());
	test_device_resume();
	find_keys();
	p11_ok(p11_sign(s, priv, "x", signature));
	/* Now it has. */
	test_device_kill();
	for (int i = 0; i < 2; i++) {
		rv = make_sealed();
		ck_assert_msg(is_gone(rv), "0x%lx", rv);
	}
	test_device_resume();
	p11_ok(make_sealed());
}
END_TEST

START_TEST(an_open_token_does_not_need_its_hardware)
{
	populate();
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	find_keys();
	test_device_kill();
	p11_ok(p11_sign(s, priv, "x", signature));
	p11_ok(encrypt());
	p11_make_aes(s, "made without");
	ck_assert_uint_eq(p11_count(s), 4);
	test_device_resume();
}
END_TEST

START_TEST(a_login_without_the_hardware_fails_and_is_no_wrong_pin)
{
	CK_TOKEN_INFO info;
	CK_RV rv;

	p11_make_pin_token();
	s = p11_open(0);
	test_device_kill();
	rv = p11->C_Login(s, CKU_USER, (CK_BYTE *)P11_PIN, strlen(P11_PIN));
	ck_assert_msg(is_gone(rv), "0x%lx", rv);
	p11_ok(p11->C_GetTokenInfo(0, &info));
	ck_assert_uint_eq(info.flags & CKF_USER_PIN_COUNT_LOW, 0);
	test_device_resume();
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
}
END_TEST

START_TEST(everything_opens_after_a_power_cut_and_a_restart)
{
	populate();
	for (int i = 0; i < 2; i++) {
		if (i == 0)
			test_device_power_cut();
		else
			test_device_restart();
		p11_start();
		s = p11_open(0);
		find_keys();
		p11_ok(p11_sign(s, priv, "x", signature));
		p11_ok(p11_verify(s, pub, "x", signature));
		p11_ok(p11->C_Finalize(NULL));
	}
}
END_TEST

START_TEST(other_hardware_is_not_recognized)
{
	populate();
	test_device_another();
	if (_i == 1)
		p11_make_machine_in(1);
	p11_start();
	s = p11_open(0);
	p11_is(CKR_TOKEN_NOT_RECOGNIZED, look());
	p11_ok(p11->C_Finalize(NULL));
	test_device_configure();
	p11_start();
	s = p11_open(0);
	p11_ok(look());
}
END_TEST

START_TEST(no_hardware_at_all_is_a_token_that_is_not_present)
{
	CK_BYTE label[33] = "x                               ";
	CK_TOKEN_INFO info;

	populate();
	test_device_none();
	p11_start();
	p11_ok(p11->C_GetTokenInfo(0, &info));
	ck_assert_uint_ne(info.flags & CKF_TOKEN_INITIALIZED, 0);
	s = p11_open(0);
	p11_is(CKR_TOKEN_NOT_PRESENT, look());
	p11_is(CKR_TOKEN_NOT_PRESENT, p11->C_Login(s, CKU_USER, NULL, 0));
	p11_is(CKR_TOKEN_NOT_PRESENT, p11->C_InitToken(1, (CK_BYTE *)P11_SO_PIN, 8, label));
	p11_ok(p11->C_GetTokenInfo(1, &info));
	ck_assert_uint_eq(info.flags & CKF_TOKEN_INITIALIZED, 0);
}
END_TEST

START_TEST(pins_work)
{
	s = p11_user();
	p11_make_pair(s, "pair", &pub, &priv);
	p11_is(CKR_PIN_INCORRECT, p11->C_SetPIN(s, (CK_BYTE *)"wrong", 5, (CK_BYTE *)"12345678", 8));
	p11_ok(p11->C_SetPIN(s, (CK_BYTE *)P11_PIN, strlen(P11_PIN), (CK_BYTE *)"12345678", 8));
	p11_ok(p11->C_Logout(s));
	p11_login(s, CKU_USER, P11_PIN, CKR_PIN_INCORRECT);
	p11_login(s, CKU_USER, "12345678", CKR_OK);
	p11_ok(p11_sign(s, p11_find_label(s, CKO_PRIVATE_KEY, "pair"), "x", signature));
}
END_TEST

static void finalize_only(void *arg)
{
	(void)arg;
	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_Finalize(NULL));
}

static void begin_anew(void *arg)
{
	(void)arg;
	test_device_abandon();
	p11_start();
	s = p11_open(0);
	find_keys();
	p11_ok(p11_sign(s, priv, "x", signature));
	p11_ok(p11->C_Finalize(NULL));
}

START_TEST(a_child_asks_for_itself_and_leaves_the_parent_alone)
{
	populate();
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	find_keys();
	test_device_asked();
	p11_in_child(finalize_only, NULL);
	ck_assert_uint_eq(test_device_asked(), 0);
	p11_in_child(begin_anew, NULL);
	ck_assert_uint_eq(test_device_opened(), 1);
	ck_assert_uint_le(test_device_asked(), at_first());
	p11_ok(p11_sign(s, priv, "x", signature));
	ck_assert_uint_eq(test_device_asked(), 0);
	import_sealed(repeat(7, 32).data);
	p11_in_child(begin_anew, NULL);
	p11_ok(p11_sign(s, p11_find_label(s, CKO_PRIVATE_KEY, "sealed"), "x", signature));
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("hardware");
	TCase *wired = tcase_create("wired"), *plain = tcase_create("plain");

	tcase_add_checked_fixture(wired, test_device_setup, test_device_teardown);
	suite_add_tcase(suite, wired);
	tcase_add_test(wired, nothing_is_asked_before_the_token_is_used);
	tcase_add_test(wired, the_first_use_asks_little_and_the_rest_nothing);
	tcase_add_test(wired, a_login_asks_little_and_the_rest_nothing);
	tcase_add_test(wired, a_first_use_from_many_threads_asks_once);
	tcase_add_test(wired, a_key_sealed_on_its_own_is_unsealed_at_its_first_use_only);
	if (test_child_can_have_threads())
		tcase_add_test(wired, a_child_asks_for_itself_and_leaves_the_parent_alone);
	tcase_add_checked_fixture(plain, test_device_setup_plain, test_device_teardown);
	suite_add_tcase(suite, plain);
	tcase_add_test(plain, hardware_that_goes_away_and_comes_back_is_used_again);
	tcase_add_test(plain, an_open_token_does_not_need_its_hardware);
	tcase_add_test(plain, a_login_without_the_hardware_fails_and_is_no_wrong_pin);
	tcase_add_test(plain, everything_opens_after_a_power_cut_and_a_restart);
	tcase_add_loop_test(plain, other_hardware_is_not_recognized, 0, 2);
	tcase_add_test(plain, no_hardware_at_all_is_a_token_that_is_not_present);
	tcase_add_test(plain, pins_work);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
