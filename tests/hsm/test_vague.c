/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. An HSM that fails and does not say at what: it is told from a wrong PIN and from bytes that
 * were changed. What it does not open again was not sealed.
 */
#include <stdio.h>
#include <string.h>

#include "lib/conformance.h"
#include "lib/faulty.h"
#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/softhsm.h"

static struct test_softhsm softhsm;
static struct test_faulty hsm;
static struct sg_config config;
static CK_SESSION_HANDLE s;

/* None of these is about data, and the first four are all that some HSMs ever say. */
static const CK_RV codes[] = {
	CKR_GENERAL_ERROR, CKR_FUNCTION_FAILED, CKR_VENDOR_DEFINED | 1, CKR_DATA_INVALID,
	CKR_DEVICE_MEMORY, CKR_ARGUMENTS_BAD, CKR_BUFFER_TOO_SMALL, CKR_MUTEX_BAD,
};

static void start(void)
{
	test_softhsm_start(&softhsm);
	test_faulty_start(&hsm, softhsm.module, softhsm.pin_file);
}

static void stop(void)
{
	test_faulty_stop(&hsm);
	test_softhsm_stop(&softhsm);
}

/* A sealer, a PIN's authorisation, and what was sealed with it. */
static struct sg_secret *auth, *plain;
static struct sg_buf blob;

static void begin(void)
{
	start();
	config.hsm[0] = hsm.uri;
	ck_assert_int_eq(sg_sealer_open("hsm", &config, &test_sealer), SG_OK);
	auth = test_secret(SG_SEAL_AUTH, 1);
	plain = test_secret(32, 0);
}

static void seal_by_gcm(void)
{
	begin();
	test_provision();
	ck_assert_int_eq(test_seal(auth, plain, &blob), SG_OK);
}

static void seal_by_wrapping(void)
{
	begin();
	test_faulty_mechanism(&hsm, CKM_AES_GCM, FAULTY_GONE);
	test_provision();
	ck_assert_int_eq(test_seal(auth, plain, &blob), SG_OK);
}

static void end(void)
{
	sg_secret_free(&auth);
	sg_secret_free(&plain);
	sg_buf_free(&blob);
	test_sealer_end();
	stop();
}

static enum sg_err unseal(void)
{
	struct sg_secret *out = NULL;
	enum sg_err err = test_unseal(auth, sg_buf_bytes(&blob), &out);

	ck_assert((out != NULL) == (err == SG_OK));
	sg_secret_free(&out);
	return err;
}

static void fail_then_pass(const char *function, CK_RV code)
{
	test_faulty_fail(&hsm, function, 1, TEST_FOREVER, code);
	ck_assert_int_eq(unseal(), SG_ERR_HSM_FAULT);
	test_faulty_fail(&hsm, function, 1, 0, CKR_OK);
	ck_assert_int_eq(unseal(), SG_OK);
}

START_TEST(an_hsm_that_fails_to_decrypt_is_no_wrong_pin)
{
	fail_then_pass("C_Decrypt", codes[_i]);
}
END_TEST

START_TEST(an_hsm_that_fails_to_unwrap_is_no_wrong_pin)
{
	fail_then_pass("C_UnwrapKey", codes[_i]);
}
END_TEST

START_TEST(a_failure_that_passes_is_not_told)
{
	test_faulty_lose(&hsm, "C_Decrypt", 1, 1, CKR_GENERAL_ERROR);
	ck_assert_int_eq(unseal(), SG_OK);
}
END_TEST

START_TEST(a_wrong_pin_is_one_by_whatever_name)
{
	auth->data[0] ^= 1;
	test_faulty_lose(&hsm, "C_Decrypt", 1, 1, codes[_i]);
	ck_assert_int_eq(unseal(), SG_ERR_AUTH);
	auth->data[0] ^= 1;
	ck_assert_int_eq(unseal(), SG_OK);
}
END_TEST

START_TEST(what_an_hsm_closes_and_does_not_open_is_not_sealed)
{
	static const char *const functions[] = { "C_Encrypt", "C_Decrypt" };
	struct sg_buf other = { 0 };

	test_faulty_garble(&hsm, functions[_i]);
	ck_assert_int_eq(test_seal(auth, plain, &other), SG_ERR_HSM_FAULT);
	ck_assert_uint_eq(other.len, 0);
	test_faulty_honest(&hsm, functions[_i]);
	ck_assert_int_eq(test_seal(auth, plain, &other), SG_OK);
	sg_buf_free(&other);
}
END_TEST

/* The same through the module. */
static void set_up(void)
{
	char lines[1024];

	start();
	p11_setup();
	snprintf(lines, sizeof lines, "sealer = hsm\nhsm = %s", hsm.uri);
	p11_configure(lines);
}

static void tear_down(void)
{
	p11_teardown();
	stop();
}

static CK_OBJECT_HANDLE make_kept(bool wraps)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key;

	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SIGNET_RESIDENT, true);
	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_ENCRYPT, !wraps);
	p11_bool(&t, CKA_DECRYPT, !wraps);
	p11_bool(&t, CKA_WRAP, wraps);
	p11_bool(&t, CKA_UNWRAP, wraps);
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
	return key;
}

static uint8_t cipher[64];
static CK_ULONG cipher_len;

static CK_RV crypt(CK_OBJECT_HANDLE key, bool encrypt)
{
	uint8_t iv[12] = "an iv of 96", out[64] = "a message";
	CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = 12, .ulIvBits = 96, .ulTagBits = 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
	CK_ULONG len = sizeof out;
	CK_RV rv;

	if (!encrypt) {
		rv = p11->C_DecryptInit(s, &gcm, key);
		return rv == CKR_OK ? p11->C_Decrypt(s, cipher, cipher_len, out, &len) : rv;
	}
	cipher_len = sizeof cipher;
	rv = p11->C_EncryptInit(s, &gcm, key);
	return rv == CKR_OK ? p11->C_Encrypt(s, out, 9, cipher, &cipher_len) : rv;
}

START_TEST(an_hsm_that_fails_to_decrypt_is_no_changed_message)
{
	CK_OBJECT_HANDLE key;

	s = p11_machine();
	key = make_kept(false);
	p11_ok(crypt(key, true));
	test_faulty_fail(&hsm, "C_Decrypt", 1, TEST_FOREVER, codes[_i]);
	p11_is(CKR_DEVICE_ERROR, crypt(key, false));
	test_faulty_fail(&hsm, "C_Decrypt", 1, 0, CKR_OK);
	test_faulty_lose(&hsm, "C_Decrypt", 1, 1, CKR_GENERAL_ERROR);
	p11_ok(crypt(key, false));
	cipher[0] ^= 1;
	p11_is(CKR_ENCRYPTED_DATA_INVALID, crypt(key, false));
}
END_TEST

static CK_RV unwrap(CK_OBJECT_HANDLE key)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE unwrapped;

	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_AES);
	return p11->C_UnwrapKey(s, &p11_kwp, key, cipher, cipher_len, t.attr, t.n, &unwrapped);
}

START_TEST(an_hsm_that_fails_to_unwrap_is_no_changed_key)
{
	CK_OBJECT_HANDLE key, other;

	s = p11_machine();
	key = make_kept(true);
	other = p11_import_aes(s, repeat('k', 32));
	cipher_len = sizeof cipher;
	p11_ok(p11->C_WrapKey(s, &p11_kwp, key, other, cipher, &cipher_len));
	test_faulty_fail(&hsm, "C_UnwrapKey", 1, TEST_FOREVER, codes[_i]);
	p11_is(CKR_DEVICE_ERROR, unwrap(key));
	test_faulty_fail(&hsm, "C_UnwrapKey", 1, 0, CKR_OK);
	p11_ok(unwrap(key));
	cipher[0] ^= 1;
	p11_is(CKR_WRAPPED_KEY_INVALID, unwrap(key));
}
END_TEST

START_TEST(an_hsm_that_makes_no_keys_of_a_session_is_believed)
{
	CK_OBJECT_HANDLE key;

	s = p11_machine();
	key = make_kept(false);
	p11_ok(crypt(key, true));
	test_faulty_fail(&hsm, "C_GenerateKey", 1, TEST_FOREVER, CKR_TEMPLATE_INCONSISTENT);
	p11_ok(crypt(key, false));
	cipher[0] ^= 1;
	p11_is(CKR_ENCRYPTED_DATA_INVALID, crypt(key, false));
}
END_TEST

#define VAGUE 4
#define COUNT(list) (sizeof (list) / sizeof (list)[0])

static TCase *add(Suite *suite, const char *name, void (*begin_it)(void), void (*end_it)(void))
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, begin_it, end_it);
	suite_add_tcase(suite, tc);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("hsm_vague");
	TCase *gcm = add(suite, "gcm", seal_by_gcm, end);
	TCase *wrap = add(suite, "wrap", seal_by_wrapping, end);
	TCase *module = add(suite, "module", set_up, tear_down);

	tcase_add_loop_test(gcm, an_hsm_that_fails_to_decrypt_is_no_wrong_pin, 0, COUNT(codes));
	tcase_add_test(gcm, a_failure_that_passes_is_not_told);
	tcase_add_loop_test(gcm, a_wrong_pin_is_one_by_whatever_name, 0, VAGUE);
	tcase_add_loop_test(gcm, what_an_hsm_closes_and_does_not_open_is_not_sealed, 0, 2);
	tcase_add_loop_test(wrap, an_hsm_that_fails_to_unwrap_is_no_wrong_pin, 0, COUNT(codes));
	tcase_add_loop_test(module, an_hsm_that_fails_to_decrypt_is_no_changed_message, 0,
	                    COUNT(codes));
	tcase_add_loop_test(module, an_hsm_that_fails_to_unwrap_is_no_changed_key, 0, COUNT(codes));
	tcase_add_test(module, an_hsm_that_makes_no_keys_of_a_session_is_believed);
	return test_run(suite);
}
