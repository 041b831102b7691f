/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The module on a TPM, and what only a TPM has: a bus on which commands cross, and a
 * count of wrong PINs. What any hardware does is in test_hardware.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/tpm.h"

static struct test_tpm tpm;
static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE pub, priv;
static uint8_t signature[64];

/* The command before which the connection is cut. */
static _Atomic uint32_t cut;

static bool cutter(void *arg, uint32_t code)
{
	(void)arg;
	return code != cut;
}

/* Somebody logs out, once, while the TPM is asked to open something. He waits then for those who
 * use sessions, and the TPM goes on as soon as he is out. */
static atomic_bool logs_out;
static pthread_t leaver;
static CK_SESSION_HANDLE witness;

static void *log_out(void *arg)
{
	(void)arg;
	p11_ok(p11->C_Logout(s));
	return NULL;
}

static bool log_out_then(void *arg, uint32_t code)
{
	CK_SESSION_INFO info = { .state = CKS_RW_USER_FUNCTIONS };

	(void)arg;
	if (code != TPM2_CC_Unseal || !atomic_exchange(&logs_out, false))
		return true;
	ck_assert_int_eq(pthread_create(&leaver, NULL, log_out, NULL), 0);
	while (info.state == CKS_RW_USER_FUNCTIONS)
		p11_ok(p11->C_GetSessionInfo(witness, &info));
	return true;
}

static void set_up_logout(void)
{
	static const struct test_wire_hooks hooks = { .command = log_out_then };
	char lines[160];

	atomic_store(&logs_out, false);
	test_tpm_start_wired(&tpm, &hooks);
	p11_setup();
	snprintf(lines, sizeof lines, "tcti = %s\nlogin-cache = 3600\n", tpm.tcti);
	p11_configure(lines);
}

static void set_up_wired(void)
{
	static const struct test_wire_hooks hooks = { .command = cutter };

	cut = 0;
	test_tpm_start_wired(&tpm, &hooks);
	p11_setup();
	p11_configure_tpm(tpm.tcti);
}

static void set_up(void)
{
	test_tpm_start(&tpm);
	p11_setup();
	p11_configure_tpm(tpm.tcti);
}

static void tear_down(void)
{
	p11_teardown();
	test_tpm_stop(&tpm);
}

static CK_RV look(void)
{
	CK_RV rv = p11->C_FindObjectsInit(s, NULL, 0);

	if (rv == CKR_OK)
		p11_ok(p11->C_FindObjectsFinal(s));
	return rv;
}

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

START_TEST(neither_seed_nor_pin_crosses_in_clear)
{
	struct sg_bytes seed = repeat(0x5a, 32);

	s = p11_user();
	priv = import_sealed(seed.data);
	p11_ok(p11_sign(s, priv, "x", signature));
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(0);
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	p11_ok(p11_sign(s, p11_find_label(s, CKO_PRIVATE_KEY, "sealed"), "x", signature));
	ck_assert_uint_ge(test_tpm_sent(&tpm, TPM2_CC_Unseal), 2);
	ck_assert(!test_tpm_seen(&tpm, sg_bytes(seed.data, 8)));
	ck_assert(!test_tpm_seen(&tpm, sg_bytes_str(P11_PIN)));
	ck_assert(!test_tpm_seen(&tpm, sg_bytes_str(P11_SO_PIN)));
}
END_TEST

START_TEST(data_sealed_on_its_own_asks_the_tpm_and_never_crosses_in_clear)
{
	struct sg_bytes value = repeat(0xa5, 44);
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE object;
	CK_BYTE out[64];
	CK_ULONG len = sizeof out;
	unsigned sent;

	s = p11_machine();
	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_text(&t, CKA_LABEL, "share");
	p11_bytes(&t, CKA_VALUE, value.data, value.len);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_PRIVATE, true);
	p11_bool(&t, CKA_SIGNET_SEALED, true);
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &object));
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(0);
	object = p11_find_label(s, CKO_DATA, "share");
	sent = test_tpm_sent(&tpm, TPM2_CC_Unseal);
	p11_ok(p11_get(s, object, CKA_VALUE, out, &len));
	ck_assert_uint_eq(test_tpm_sent(&tpm, TPM2_CC_Unseal), sent + 1);
	ck_assert(sg_bytes_equal(sg_bytes(out, len), repeat(0xa5, 44)));
	ck_assert(!test_tpm_seen(&tpm, repeat(0xa5, 8)));
}
END_TEST

START_TEST(a_connection_that_breaks_in_the_middle_is_an_error_of_the_device)
{
	static const uint32_t codes[] = { TPM2_CC_StartAuthSession, TPM2_CC_Load, TPM2_CC_Unseal };
	CK_RV rv;

	s = p11_machine();
	p11_make_pair(s, "pair", &pub, &priv);
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(0);
	cut = codes[_i];
	rv = look();
	ck_assert_msg(rv == CKR_DEVICE_REMOVED || rv == CKR_DEVICE_ERROR, "0x%lx", rv);
	cut = 0;
	p11_ok(look());
	ck_assert_uint_eq(p11_count(s), 2);
}
END_TEST

START_TEST(wrong_pins_lock_the_pin_and_not_the_machine)
{
	CK_SESSION_HANDLE machine;
	CK_TOKEN_INFO info;
	CK_RV rv = CKR_PIN_INCORRECT;

	p11_make_pin_token();
	p11_make_machine_in(1);
	test_tpm_shell(&tpm, "tpm2_dictionarylockout -s -n 3 -t 1000 -l 1000");
	s = p11_open(CKF_RW_SESSION);
	for (int i = 0; i < 4 && rv == CKR_PIN_INCORRECT; i++)
		rv = p11->C_Login(s, CKU_USER, (CK_BYTE *)"wrong", 5);
	p11_is(CKR_PIN_LOCKED, rv);
	p11_login(s, CKU_USER, P11_PIN, CKR_PIN_LOCKED);
	p11_ok(p11->C_GetTokenInfo(0, &info));
	ck_assert_uint_ne(info.flags & CKF_USER_PIN_LOCKED, 0);
	p11_ok(p11->C_OpenSession(1, CKF_SERIAL_SESSION, NULL, NULL, &machine));
	ck_assert_uint_eq(p11_count(machine), 0);
	ck_assert_uint_eq(p11_count(s), 0);
	test_tpm_shell(&tpm, "tpm2_dictionarylockout -c");
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	p11_ok(p11->C_GetTokenInfo(0, &info));
	ck_assert_uint_eq(info.flags & (CKF_USER_PIN_LOCKED | CKF_USER_PIN_COUNT_LOW), 0);
}
END_TEST

START_TEST(a_pin_locked_at_the_use_of_a_key_logs_out)
{
	struct p11_template public = { 0 }, private = { 0 };
	CK_SESSION_INFO info;
	CK_RV rv = CKR_PIN_INCORRECT;

	s = p11_user();
	test_tpm_shell(&tpm, "tpm2_dictionarylockout -s -n 3 -t 1000 -l 1000");
	p11_bytes(&public, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	p11_bool(&private, CKA_ALWAYS_AUTHENTICATE, true);
	p11_ok(p11->C_GenerateKeyPair(s, &p11_pair_gen, public.attr, public.n, private.attr,
	                              private.n, &pub, &priv));
	p11_ok(p11->C_SignInit(s, &p11_eddsa, priv));
	for (int i = 0; i < 4 && rv == CKR_PIN_INCORRECT; i++)
		rv = p11->C_Login(s, CKU_CONTEXT_SPECIFIC, (CK_BYTE *)"wrong", 5);
	p11_is(CKR_PIN_LOCKED, rv);
	p11_ok(p11->C_GetSessionInfo(s, &info));
	ck_assert_uint_eq(info.state, CKS_RW_PUBLIC_SESSION);
	p11_login(s, CKU_CONTEXT_SPECIFIC, P11_PIN, CKR_OPERATION_NOT_INITIALIZED);
}
END_TEST

static CK_RV encrypt_init(CK_SESSION_HANDLE session)
{
	CK_MECHANISM cbc = { CKM_AES_CBC, (CK_BYTE *)"sixteen bytes iv", 16 };

	return p11->C_EncryptInit(session, &cbc, p11_find_label(session, CKO_SECRET_KEY, "root"));
}

static CK_RV encrypt(CK_SESSION_HANDLE session)
{
	CK_BYTE out[16];
	CK_ULONG len = sizeof out;

	return p11->C_Encrypt(session, (CK_BYTE *)"sixteen bytes ok", 16, out, &len);
}

static void make_key_with_pin(void)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_PRIVATE, true);
	p11_bool(&t, CKA_ENCRYPT, true);
	p11_bool(&t, CKA_SIGNET_SEALED, true);
	p11_text(&t, CKA_LABEL, "root");
	p11_text(&t, CKA_SIGNET_PIN, "seven dwarfs");
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
	p11_ok(p11->C_Logout(s));
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
}

START_TEST(a_logout_that_is_remembered_closes_a_new_key_with_a_pin)
{
	s = p11_user();
	make_key_with_pin();
	p11_ok(encrypt_init(s));
	p11_is(CKR_USER_NOT_LOGGED_IN, encrypt(s));
}
END_TEST

/* The login that is remembered brings back the objects that the logout found, open or closed. */
START_TEST(a_logout_while_the_pin_of_a_key_is_checked_closes_the_key)
{
	CK_SESSION_HANDLE other;

	s = p11_user();
	other = p11_open(CKF_RW_SESSION);
	witness = p11_open(CKF_RW_SESSION);
	make_key_with_pin();
	p11_ok(encrypt_init(other));
	atomic_store(&logs_out, true);
	p11_login(other, CKU_CONTEXT_SPECIFIC, "seven dwarfs", CKR_USER_NOT_LOGGED_IN);
	ck_assert(!atomic_load(&logs_out));
	ck_assert_int_eq(pthread_join(leaver, NULL), 0);
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	p11_ok(encrypt_init(s));
	p11_is(CKR_USER_NOT_LOGGED_IN, encrypt(s));
	p11_ok(encrypt_init(s));
	p11_login(s, CKU_CONTEXT_SPECIFIC, "seven dwarfs", CKR_OK);
	p11_ok(encrypt(s));
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("tpm");
	TCase *wired = tcase_create("wired"), *plain = tcase_create("plain");
	TCase *logout = tcase_create("logout");

	tcase_add_checked_fixture(wired, set_up_wired, tear_down);
	suite_add_tcase(suite, wired);
	tcase_add_test(wired, neither_seed_nor_pin_crosses_in_clear);
	tcase_add_test(wired, data_sealed_on_its_own_asks_the_tpm_and_never_crosses_in_clear);
	tcase_add_loop_test(wired, a_connection_that_breaks_in_the_middle_is_an_error_of_the_device,
	                    0, 3);
	tcase_add_checked_fixture(logout, set_up_logout, tear_down);
	suite_add_tcase(suite, logout);
	tcase_add_test(logout, a_logout_that_is_remembered_closes_a_new_key_with_a_pin);
	tcase_add_test(logout, a_logout_while_the_pin_of_a_key_is_checked_closes_the_key);
	tcase_add_checked_fixture(plain, set_up, tear_down);
	suite_add_tcase(suite, plain);
	tcase_add_test(plain, wrong_pins_lock_the_pin_and_not_the_machine);
	tcase_add_test(plain, a_pin_locked_at_the_use_of_a_key_logs_out);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
