/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of constant time: the module as a whole, linked into the program so that the
 * borders stand in it. PINs, imported keys and all that is made are secret.
 */
#include <stdio.h>
#include <string.h>

#include "core/token.h"
#include "crypto/crypto.h"
#include "ct/cases.h"
#include "lib/p11.h"
#include "lib/tpm.h"

static struct sg_secret *pin, *so_pin;
static struct test_tpm tpm;

static void setup(void)
{
	p11_setup();
	ck_assert_uint_eq(C_GetFunctionList(&p11), CKR_OK);
	pin = ct_make(13);
	so_pin = ct_make(14);
	ct_begin();
}

static void teardown(void)
{
	(void)p11->C_Finalize(NULL);
	sg_secret_free(&pin);
	sg_secret_free(&so_pin);
	test_tpm_stop(&tpm);
	ct_end();
	p11_teardown();
}

/* Make a PIN token, log in, and return the session. */
static CK_SESSION_HANDLE start(void)
{
	CK_BYTE label[33] = "pin token                       ";
	CK_SESSION_HANDLE s;

	p11_start();
	p11_ok(p11->C_InitToken(0, so_pin->data, so_pin->len, label));
	s = p11_open(CKF_RW_SESSION);
	p11_ok(p11->C_Login(s, CKU_SO, so_pin->data, so_pin->len));
	p11_ok(p11->C_InitPIN(s, pin->data, pin->len));
	p11_ok(p11->C_Logout(s));
	p11_ok(p11->C_Login(s, CKU_USER, pin->data, pin->len));
	return s;
}

/* Of the last login a code of the PIN is remembered, with which the next one is compared. */
static CK_SESSION_HANDLE start_remembering(void)
{
	char lines[sizeof p11_sealer_lines + 64];

	snprintf(lines, sizeof lines, "%s\nlogin-cache = 3600\nidempotent-login = yes",
	         p11_sealer_lines);
	p11_configure(lines);
	return start();
}

START_TEST(pins_are_set_proved_and_refused)
{
	struct sg_secret *wrong = ct_make(13), *new_pin = ct_make(20);
	CK_SESSION_HANDLE s = start_remembering();

	wrong->data[12] ^= 1;
	p11_ok(p11->C_Logout(s));
	for (int i = 0; i < 2; i++)
		p11_ok(p11->C_Login(s, CKU_USER, pin->data, pin->len));
	for (int i = 0; i < 2; i++)
		p11_ok(p11->C_Logout(s));
	p11_is(CKR_PIN_INCORRECT, p11->C_Login(s, CKU_USER, wrong->data, wrong->len));
	p11_ok(p11->C_SetPIN(s, pin->data, pin->len, new_pin->data, new_pin->len));
	p11_ok(p11->C_Login(s, CKU_USER, new_pin->data, new_pin->len));
	sg_secret_free(&wrong);
	sg_secret_free(&new_pin);
}
END_TEST

/* Import 32 secret bytes as a token object. */
static CK_OBJECT_HANDLE import(CK_SESSION_HANDLE s, CK_OBJECT_CLASS class, CK_KEY_TYPE type)
{
	struct sg_secret *value = ct_make(32);
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key = 0;

	p11_ulong(&t, CKA_CLASS, class);
	p11_ulong(&t, CKA_KEY_TYPE, type);
	p11_bytes(&t, CKA_VALUE, value->data, value->len);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_EXTRACTABLE, true);
	p11_bool(&t, CKA_DERIVE, true);
	if (class == CKO_PRIVATE_KEY)
		p11_bytes(&t, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	if (type == CKK_AES) {
		p11_bool(&t, CKA_WRAP, true);
		p11_bool(&t, CKA_UNWRAP, true);
		p11_bool(&t, CKA_ENCRYPT, true);
		p11_bool(&t, CKA_DECRYPT, true);
	}
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &key));
	sg_secret_free(&value);
	return key;
}

/* The module is started anew in between, so that the keys come out of the store. */
START_TEST(keys_are_kept_and_used)
{
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE public_key, private_key, seed;
	uint8_t signature[64];

	import(s, CKO_PRIVATE_KEY, CKK_EC_EDWARDS);
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	p11_ok(p11->C_Login(s, CKU_USER, pin->data, pin->len));
	ck_assert_uint_eq(p11_find(s, NULL, &seed, 1), 1);
	p11_ok(p11_sign(s, seed, "a message", signature));
	p11_make_pair(s, "pair", &public_key, &private_key);
	p11_ok(p11_sign(s, private_key, "a message", signature));
	ct_public(signature, sizeof signature);
	p11_ok(p11_verify(s, public_key, "a message", signature));
	p11_ok(p11->C_DestroyObject(s, seed));
}
END_TEST

/* A key that asks for the PIN before each use: a wrong one, then the right one. */
START_TEST(a_pin_is_confirmed_for_one_use)
{
	struct sg_secret *wrong = ct_make(13);
	struct p11_template pub = { 0 }, priv = { 0 };
	CK_OBJECT_HANDLE public_key, private_key;
	CK_SESSION_HANDLE s = start();
	uint8_t signature[64];
	CK_ULONG len = sizeof signature;

	wrong->data[12] ^= 1;
	p11_bytes(&pub, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	p11_bool(&priv, CKA_ALWAYS_AUTHENTICATE, true);
	p11_ok(p11->C_GenerateKeyPair(s, &p11_pair_gen, pub.attr, pub.n, priv.attr, priv.n,
	                              &public_key, &private_key));
	p11_ok(p11->C_SignInit(s, &p11_eddsa, private_key));
	p11_is(CKR_PIN_INCORRECT, p11->C_Login(s, CKU_CONTEXT_SPECIFIC, wrong->data, wrong->len));
	p11_ok(p11->C_Login(s, CKU_CONTEXT_SPECIFIC, pin->data, pin->len));
	p11_ok(p11->C_Sign(s, (CK_BYTE *)"a message", 9, signature, &len));
	sg_secret_free(&wrong);
}
END_TEST

static CK_OBJECT_HANDLE unwrap(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE with, CK_OBJECT_CLASS class,
                               CK_KEY_TYPE type, uint8_t *wrapped, CK_ULONG len)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key = 0;

	p11_ulong(&t, CKA_CLASS, class);
	p11_ulong(&t, CKA_KEY_TYPE, type);
	p11_ok(p11->C_UnwrapKey(s, &p11_kwp, with, wrapped, len, t.attr, t.n, &key));
	return key;
}

START_TEST(keys_are_wrapped_and_unwrapped)
{
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE aes = import(s, CKO_SECRET_KEY, CKK_AES);
	CK_OBJECT_HANDLE seed = import(s, CKO_PRIVATE_KEY, CKK_EC_EDWARDS);
	struct p11_template t = { 0 };
	uint8_t wrapped[80], signature[64];
	CK_ULONG len = sizeof wrapped;

	p11_ok(p11->C_WrapKey(s, &p11_kwp, aes, aes, wrapped, &len));
	ct_public(wrapped, len);
	unwrap(s, aes, CKO_SECRET_KEY, CKK_AES, wrapped, len);
	len = sizeof wrapped;
	p11_ok(p11->C_WrapKey(s, &p11_kwp, aes, seed, wrapped, &len));
	ct_public(wrapped, len);
	p11_ok(p11_sign(s, unwrap(s, aes, CKO_PRIVATE_KEY, CKK_EC_EDWARDS, wrapped, len),
	                "a message", signature));
	wrapped[1] ^= 1;
	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_GENERIC_SECRET);
	p11_is(CKR_WRAPPED_KEY_INVALID,
	       p11->C_UnwrapKey(s, &p11_kwp, aes, wrapped, len, t.attr, t.n, &seed));
}
END_TEST

START_TEST(keys_are_derived)
{
	CK_HKDF_PARAMS hkdf = { .bExtract = CK_TRUE, .bExpand = CK_TRUE,
	                        .prfHashMechanism = CKM_SHA256, .ulSaltType = CKF_HKDF_SALT_NULL };
	CK_MECHANISM m = { CKM_HKDF_DERIVE, &hkdf, sizeof hkdf };
	CK_SESSION_HANDLE s = start();
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key;
	uint8_t value[32];
	CK_ULONG len = sizeof value;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_EXTRACTABLE, true);
	p11_bool(&t, CKA_SENSITIVE, false);
	p11_ok(p11->C_DeriveKey(s, &m, import(s, CKO_SECRET_KEY, CKK_HKDF), t.attr, t.n, &key));
	p11_ok(p11_get(s, key, CKA_VALUE, value, &len));
	ck_assert_uint_eq(len, 32);
}
END_TEST

/* With a key that lives in the TPM: its own point is as good as another's. */
START_TEST(a_key_in_the_tpm_agrees_on_a_secret)
{
	static const uint8_t oid[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
	CK_MECHANISM generate = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	struct p11_template pub = { 0 }, priv = { 0 }, derived = { 0 };
	CK_OBJECT_HANDLE public_key, private_key, key;
	CK_BYTE point[67];
	CK_ECDH1_DERIVE_PARAMS params = { .kdf = CKD_SHA256_KDF, .pPublicData = point,
	                                  .ulPublicDataLen = sizeof point };
	CK_MECHANISM ecdh = { CKM_ECDH1_DERIVE, &params, sizeof params };
	CK_ULONG len = sizeof point;
	CK_SESSION_HANDLE s;

	test_tpm_start(&tpm);
	p11_configure_tpm(tpm.tcti);
	s = start();
	p11_bytes(&pub, CKA_EC_PARAMS, oid, sizeof oid);
	p11_bool(&priv, CKA_TOKEN, true);
	p11_bool(&priv, CKA_DERIVE, true);
	p11_ok(p11->C_GenerateKeyPair(s, &generate, pub.attr, pub.n, priv.attr, priv.n,
	                              &public_key, &private_key));
	p11_ok(p11_get(s, public_key, CKA_EC_POINT, point, &len));
	p11_ulong(&derived, CKA_VALUE_LEN, 48);
	p11_ok(p11->C_DeriveKey(s, &ecdh, private_key, derived.attr, derived.n, &key));
	params.kdf = CKD_NULL;
	derived.numbers[0] = 16;
	p11_ok(p11->C_DeriveKey(s, &ecdh, private_key, derived.attr, derived.n, &key));
}
END_TEST

/* Make a token that counts wrong PINs in an index and its changes in a counter. */
static void make_guarded(void)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("guarded"), .sealer = "tpm", .user_pin = pin,
		.so_pin = so_pin, .pin_tries = 5, .rollback_protection = true,
	};

	p11_make(0, &plan);
}

START_TEST(a_token_with_an_index_and_a_counter_is_used)
{
	struct sg_secret *wrong = ct_make(13);
	CK_OBJECT_HANDLE public_key, private_key;
	uint8_t signature[64];
	CK_SESSION_HANDLE s;

	test_tpm_start(&tpm);
	p11_configure_tpm(tpm.tcti);
	make_guarded();
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	wrong->data[12] ^= 1;
	p11_is(CKR_PIN_INCORRECT, p11->C_Login(s, CKU_USER, wrong->data, wrong->len));
	p11_ok(p11->C_Login(s, CKU_USER, pin->data, pin->len));
	p11_make_pair(s, "pair", &public_key, &private_key);
	p11_ok(p11_sign(s, private_key, "a message", signature));
	p11_ok(p11->C_DestroyObject(s, private_key));
	sg_secret_free(&wrong);
}
END_TEST

/* Encrypt and decrypt 45 secret bytes, whole and in two parts. */
static void pass_through(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key, bool parts)
{
	struct sg_secret *text = ct_make(45);
	uint8_t cipher[80], plain[80];
	CK_ULONG n = sizeof cipher, more = sizeof cipher;

	p11_ok(p11->C_EncryptInit(s, m, key));
	if (parts) {
		p11_ok(p11->C_EncryptUpdate(s, text->data, 21, cipher, &n));
		p11_ok(p11->C_EncryptUpdate(s, text->data + 21, 24, cipher + n, &more));
		n += more;
		more = sizeof cipher - n;
		p11_ok(p11->C_EncryptFinal(s, cipher + n, &more));
		n += more;
	} else {
		p11_ok(p11->C_Encrypt(s, text->data, text->len, cipher, &n));
	}
	ct_public(cipher, n);
	more = sizeof plain;    /* how long the text is may be known */
	p11_ok(p11->C_DecryptInit(s, m, key));
	p11_ok(p11->C_Decrypt(s, cipher, n, plain, &more));
	ck_assert_uint_eq(more, 45);
	sg_secret_free(&text);
}

START_TEST(data_is_encrypted_and_decrypted)
{
	CK_BYTE iv[16] = { 1 };
	CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = 12, .ulIvBits = 96, .ulTagBits = 128 };
	CK_AES_CTR_PARAMS counter = { .ulCounterBits = 64 };
	CK_MECHANISM mechanisms[] = {
		{ CKM_AES_GCM, &params, sizeof params }, { CKM_AES_CBC_PAD, iv, sizeof iv },
		{ CKM_AES_CTR, &counter, sizeof counter },
	};
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE key = import(s, CKO_SECRET_KEY, CKK_AES);

	for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++) {
		pass_through(s, &mechanisms[i], key, false);
		pass_through(s, &mechanisms[i], key, true);
	}
}
END_TEST

void ct_module_add(Suite *suite)
{
	TCase *t = tcase_create("module");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, pins_are_set_proved_and_refused);
	tcase_add_test(t, keys_are_kept_and_used);
	tcase_add_test(t, a_pin_is_confirmed_for_one_use);
	tcase_add_test(t, keys_are_wrapped_and_unwrapped);
	tcase_add_test(t, keys_are_derived);
	tcase_add_test(t, a_key_in_the_tpm_agrees_on_a_secret);
	tcase_add_test(t, a_token_with_an_index_and_a_counter_is_used);
	tcase_add_test(t, data_is_encrypted_and_decrypted);
	suite_add_tcase(suite, t);
}
