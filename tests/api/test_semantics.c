/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Rules of PKCS#11 that hold for many functions at once: how operations end, what a
 * wrong key is called, what a public session may do, and what the structures say.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "lib/file.h"
#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE pub, priv, aes;
static CK_BYTE iv[512], in[64], out[600];
static CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = 12, .ulTagBits = 128 };
static CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
static CK_MECHANISM message = { CKM_AES_GCM, NULL, 0 }, sha = { CKM_SHA256, NULL, 0 };

static void make_keys(void)
{
	p11_make_pair(s, NULL, &pub, &priv);
	aes = p11_make_aes(s, NULL);
}

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
	make_keys();
}

/* The operations of 2.40 in one shape. Those without output ignore out and len. */
static CK_RV digest_init(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	(void)key;
	return p11->C_DigestInit(s, mechanism);
}

static CK_RV digest_update(CK_BYTE *data, CK_ULONG n, CK_BYTE *to, CK_ULONG *len)
{
	(void)to;
	(void)len;
	return p11->C_DigestUpdate(s, data, n);
}

static CK_RV sign_update(CK_BYTE *data, CK_ULONG n, CK_BYTE *to, CK_ULONG *len)
{
	(void)to;
	(void)len;
	return p11->C_SignUpdate(s, data, n);
}

static CK_RV verify_update(CK_BYTE *data, CK_ULONG n, CK_BYTE *to, CK_ULONG *len)
{
	(void)to;
	(void)len;
	return p11->C_VerifyUpdate(s, data, n);
}

static CK_RV verify(CK_BYTE *data, CK_ULONG n, CK_BYTE *signature, CK_ULONG *len)
{
	return p11->C_Verify(s, data, n, signature, len != NULL ? 64 : 1);
}

static CK_RV digest(CK_BYTE *data, CK_ULONG n, CK_BYTE *to, CK_ULONG *len)
{
	return p11->C_Digest(s, data, n, to, len);
}

static CK_RV sign(CK_BYTE *data, CK_ULONG n, CK_BYTE *to, CK_ULONG *len)
{
	return p11->C_Sign(s, data, n, to, len);
}

static CK_RV encrypt(CK_BYTE *data, CK_ULONG n, CK_BYTE *to, CK_ULONG *len)
{
	return p11->C_Encrypt(s, data, n, to, len);
}

static CK_RV decrypt(CK_BYTE *data, CK_ULONG n, CK_BYTE *to, CK_ULONG *len)
{
	return p11->C_Decrypt(s, data, n, to, len);
}

static CK_RV encrypt_update(CK_BYTE *data, CK_ULONG n, CK_BYTE *to, CK_ULONG *len)
{
	return p11->C_EncryptUpdate(s, data, n, to, len);
}

static CK_RV decrypt_update(CK_BYTE *data, CK_ULONG n, CK_BYTE *to, CK_ULONG *len)
{
	return p11->C_DecryptUpdate(s, data, n, to, len);
}

static CK_RV sign_init(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	return p11->C_SignInit(s, mechanism, key);
}

static CK_RV verify_init(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	return p11->C_VerifyInit(s, mechanism, key);
}

static CK_RV encrypt_init(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	return p11->C_EncryptInit(s, mechanism, key);
}

static CK_RV decrypt_init(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	return p11->C_DecryptInit(s, mechanism, key);
}

static CK_RV message_encrypt_init(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	return p11_3_2->C_MessageEncryptInit(s, mechanism, key);
}

static CK_RV message_decrypt_init(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	return p11_3_2->C_MessageDecryptInit(s, mechanism, key);
}

static CK_RV verify_signature_init(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	return p11_3_2->C_VerifySignatureInit(s, mechanism, key, in, 64);
}

typedef CK_RV phase(CK_BYTE *data, CK_ULONG n, CK_BYTE *to, CK_ULONG *len);

static const struct {
	CK_MECHANISM *mechanism;
	CK_OBJECT_HANDLE *key;
	CK_RV (*init)(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
	phase *once, *update;
	CK_ULONG size;          /* of what once gives out for all of in; 0 where it gives out nothing */
} operations[] = {
	{ &sha, &aes, digest_init, digest, digest_update, 32 },
	{ &p11_eddsa, &priv, sign_init, sign, sign_update, 64 },
	{ &p11_eddsa, &pub, verify_init, verify, verify_update, 0 },
	{ &gcm, &aes, encrypt_init, encrypt, encrypt_update, sizeof in + 16 },
	{ &gcm, &aes, decrypt_init, decrypt, decrypt_update, sizeof in - 16 },
};

#define OPERATIONS ((int)(sizeof operations / sizeof operations[0]))

static void begin(int i)
{
	p11_ok(operations[i].init(operations[i].mechanism, *operations[i].key));
}

/* The operation is over: there is none to go on with, and a new one begins. */
static void assert_over(int i)
{
	CK_ULONG len = sizeof out;

	p11_is(CKR_OPERATION_NOT_INITIALIZED, operations[i].update(in, 1, out, &len));
	len = sizeof out;
	p11_is(CKR_OPERATION_NOT_INITIALIZED, operations[i].once(in, sizeof in, out, &len));
	begin(i);
}

START_TEST(missing_input_ends_an_operation)
{
	CK_ULONG len = sizeof out;

	begin(_i);
	p11_is(CKR_ARGUMENTS_BAD, operations[_i].once(NULL, 1, out, &len));
	assert_over(_i);
	len = sizeof out;
	p11_is(CKR_ARGUMENTS_BAD, operations[_i].update(NULL, 1, out, &len));
	assert_over(_i);
}
END_TEST

START_TEST(a_missing_length_or_signature_ends_an_operation)
{
	begin(_i);
	p11_is(CKR_ARGUMENTS_BAD, operations[_i].once(in, sizeof in, NULL, NULL));
	assert_over(_i);
}
END_TEST

START_TEST(one_shot_after_a_part_is_active_and_ends_both)
{
	CK_ULONG len = sizeof out;

	begin(_i);
	p11_ok(operations[_i].update(in, 1, out, &len));
	len = sizeof out;
	p11_is(CKR_OPERATION_ACTIVE, operations[_i].once(in, sizeof in, out, &len));
	assert_over(_i);
}
END_TEST

START_TEST(sizes_and_small_buffers_end_nothing)
{
	const CK_ULONG size = operations[_i].size;
	CK_ULONG len = 0;

	if (size == 0)
		return;
	begin(_i);
	for (int round = 0; round < 3; round++) {
		p11_ok(operations[_i].once(in, sizeof in, NULL, &len));
		ck_assert_uint_eq(len, size);
		len = size - 1;
		p11_is(CKR_BUFFER_TOO_SMALL, operations[_i].once(in, sizeof in, out, &len));
		ck_assert_uint_eq(len, size);
		len = 0;
		p11_is(CKR_BUFFER_TOO_SMALL, operations[_i].once(in, sizeof in, out, &len));
		ck_assert_uint_eq(len, size);
	}
	p11_is(CKR_OPERATION_ACTIVE, operations[_i].init(operations[_i].mechanism,
	                                                 *operations[_i].key));
}
END_TEST

START_TEST(a_second_begin_leaves_the_first_alone)
{
	CK_ULONG len = sizeof out;

	begin(_i);
	p11_ok(operations[_i].update(in, 1, out, &len));
	p11_is(CKR_OPERATION_ACTIVE, operations[_i].init(operations[_i].mechanism,
	                                                 *operations[_i].key));
	len = sizeof out;
	p11_ok(operations[_i].update(in, 1, out, &len));
}
END_TEST

static const struct {
	CK_RV (*init)(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
	CK_MECHANISM *mechanism;
} inits[] = {
	{ sign_init, &p11_eddsa },
	{ verify_init, &p11_eddsa },
	{ verify_signature_init, &p11_eddsa },
	{ encrypt_init, &gcm },
	{ decrypt_init, &gcm },
	{ message_encrypt_init, &message },
	{ message_decrypt_init, &message },
};

#define INITS ((int)(sizeof inits / sizeof inits[0]))

/* Handles of nothing, of what is gone, and of what is no key. */
static void wrong_keys(CK_OBJECT_HANDLE wrong[4])
{
	struct p11_template t = { 0 };

	wrong[0] = CK_INVALID_HANDLE;
	wrong[1] = ~0UL;
	wrong[2] = p11_make_aes(s, NULL);
	p11_ok(p11->C_DestroyObject(s, wrong[2]));
	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &wrong[3]));
}

START_TEST(a_wrong_key_is_a_key_handle_that_is_invalid)
{
	CK_OBJECT_HANDLE wrong[4];

	wrong_keys(wrong);
	for (int i = 0; i < 4; i++) {
		p11_is(CKR_KEY_HANDLE_INVALID, inits[_i].init(inits[_i].mechanism, wrong[i]));
		p11_is(CKR_ARGUMENTS_BAD, inits[_i].init(NULL, aes));
	}
}
END_TEST

START_TEST(wrong_keys_of_other_functions_have_their_own_names)
{
	CK_HKDF_PARAMS hkdf = { .bExtract = CK_TRUE, .prfHashMechanism = CKM_SHA256,
	                        .ulSaltType = CKF_HKDF_SALT_NULL };
	CK_MECHANISM derive = { CKM_HKDF_DERIVE, &hkdf, sizeof hkdf };
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE wrong[4], key;
	CK_ULONG len;

	wrong_keys(wrong);
	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_AES);
	for (int i = 0; i < 3; i++) {
		len = sizeof out;
		p11_is(CKR_WRAPPING_KEY_HANDLE_INVALID,
		       p11->C_WrapKey(s, &p11_kwp, wrong[i], aes, out, &len));
		p11_is(CKR_KEY_HANDLE_INVALID,
		       p11->C_WrapKey(s, &p11_kwp, aes, wrong[i], out, &len));
		p11_is(CKR_UNWRAPPING_KEY_HANDLE_INVALID,
		       p11->C_UnwrapKey(s, &p11_kwp, wrong[i], in, 24, t.attr, t.n, &key));
		p11_is(CKR_KEY_HANDLE_INVALID,
		       p11->C_DeriveKey(s, &derive, wrong[i], NULL, 0, &key));
	}
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_WrapKey(s, &p11_kwp, aes, wrong[3], out, &len));
	p11_is(CKR_WRAPPING_KEY_TYPE_INCONSISTENT,
	       p11->C_WrapKey(s, &p11_kwp, priv, aes, out, &len));
	p11_is(CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT,
	       p11->C_UnwrapKey(s, &p11_kwp, priv, in, 24, t.attr, t.n, &key));
}
END_TEST

/* Not even the TPM: what a session makes for itself needs nothing of the token. */
START_TEST(a_public_session_works_with_public_session_objects)
{
	struct p11_template t = { 0 }, k = { 0 }, all = { 0 };
	CK_OBJECT_HANDLE data, key, found[3];
	CK_ULONG len = sizeof out;
	char text[4096];

	p11_make_pin_token();
	p11_ok(p11->C_Finalize(NULL));
	/* From here on the sealer is not to be had. */
	snprintf(text, sizeof text, "state = %s/state\ntcti = device:%s/no-such-tpm\n", p11_folder,
	         p11_folder);
	test_file_write(p11_conf, sg_bytes_str(text));
	p11_start();
	s = p11_open(0);
	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_text(&t, CKA_VALUE, "value");
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &data));
	p11_ulong(&k, CKA_VALUE_LEN, 32);
	p11_bool(&k, CKA_PRIVATE, false);
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, k.attr, k.n, &key));
	p11_ok(p11->C_EncryptInit(s, &gcm, key));
	p11_ok(p11->C_Encrypt(s, in, sizeof in, out, &len));
	len = sizeof out;
	p11_ok(p11_get(s, data, CKA_VALUE, out, &len));
	assert_bytes(sg_bytes(out, len), sg_bytes_str("value"));
	p11_bool(&all, CKA_TOKEN, false);
	ck_assert_uint_eq(p11_find(s, &all, found, 3), 2);
	p11_ok(p11->C_DestroyObject(s, data));
	ck_assert_uint_eq(p11_find(s, &all, found, 3), 1);
}
END_TEST

START_TEST(a_public_session_makes_nothing_private)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key;

	p11_make_pin_token();
	s = p11_open(CKF_RW_SESSION);
	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
	p11_bool(&t, CKA_PRIVATE, true);
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
}
END_TEST

START_TEST(a_logout_of_nobody_is_said_to_be_one)
{
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_Logout(s));
	p11_ok(p11->C_Login(s, CKU_USER, NULL, 0));
	p11_ok(p11->C_Logout(s));
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_Logout(s));
}
END_TEST

static CK_STATE state_of(CK_SESSION_HANDLE session)
{
	CK_SESSION_INFO info;

	p11_ok(p11->C_GetSessionInfo(session, &info));
	ck_assert_uint_eq(info.slotID, 0);
	ck_assert_uint_eq(info.ulDeviceError, 0);
	return info.state;
}

START_TEST(sessions_are_in_the_state_of_their_user)
{
	CK_SESSION_HANDLE rw, ro;

	p11_make_pin_token();
	rw = p11_open(CKF_RW_SESSION);
	ro = p11_open(0);
	ck_assert_uint_eq(state_of(rw), CKS_RW_PUBLIC_SESSION);
	ck_assert_uint_eq(state_of(ro), CKS_RO_PUBLIC_SESSION);
	p11_login(ro, CKU_USER, P11_PIN, CKR_OK);
	ck_assert_uint_eq(state_of(rw), CKS_RW_USER_FUNCTIONS);
	ck_assert_uint_eq(state_of(ro), CKS_RO_USER_FUNCTIONS);
	p11_ok(p11->C_Logout(rw));
	ck_assert_uint_eq(state_of(rw), CKS_RW_PUBLIC_SESSION);
	ck_assert_uint_eq(state_of(ro), CKS_RO_PUBLIC_SESSION);
	p11_ok(p11->C_CloseSession(ro));
	p11_login(rw, CKU_SO, P11_SO_PIN, CKR_OK);
	ck_assert_uint_eq(state_of(rw), CKS_RW_SO_FUNCTIONS);
	ck_assert_uint_eq(state_of(p11_open(CKF_RW_SESSION)), CKS_RW_SO_FUNCTIONS);
}
END_TEST

/* Text fields have no zero in them, and end with spaces. */
#define assert_padded(field) \
	do { \
		ck_assert_ptr_null(memchr((field), 0, sizeof(field))); \
		ck_assert_uint_eq((field)[sizeof(field) - 1], ' '); \
	} while (0)

START_TEST(text_is_padded_with_spaces)
{
	CK_SLOT_INFO slot;
	CK_TOKEN_INFO token;
	CK_INFO info;

	p11_ok(p11->C_GetInfo(&info));
	assert_padded(info.manufacturerID);
	assert_padded(info.libraryDescription);
	ck_assert_uint_eq(info.flags, 0);
	for (CK_SLOT_ID i = 0; i < 2; i++) {        /* one with a token, and an empty one */
		memset(&slot, 0, sizeof slot);
		memset(&token, 0, sizeof token);
		p11_ok(p11->C_GetSlotInfo(i, &slot));
		assert_padded(slot.slotDescription);
		assert_padded(slot.manufacturerID);
		p11_ok(p11->C_GetTokenInfo(i, &token));
		assert_padded(token.label);
		assert_padded(token.manufacturerID);
		assert_padded(token.model);
		assert_padded(token.utcTime);
		ck_assert_ptr_null(memchr(token.serialNumber, 0, sizeof token.serialNumber));
		ck_assert_uint_eq(token.ulMaxSessionCount, CK_EFFECTIVELY_INFINITE);
		ck_assert_uint_eq(token.ulMaxRwSessionCount, CK_EFFECTIVELY_INFINITE);
		ck_assert_uint_le(token.ulMinPinLen, token.ulMaxPinLen);
	}
}
END_TEST

/* A cipher of OpenSSL, as another implementation of the same standard. */
static EVP_CIPHER_CTX *reference(const EVP_CIPHER *cipher, const uint8_t *key, int iv_len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	ck_assert_ptr_nonnull(ctx);
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	ck_assert_int_eq(EVP_EncryptInit_ex(ctx, cipher, NULL, NULL, NULL), 1);
	if (iv_len > 0)
		ck_assert_int_eq(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, iv_len, NULL), 1);
	ck_assert_int_eq(EVP_EncryptInit_ex(ctx, NULL, NULL, key, iv_len > 0 ? iv : NULL), 1);
	return ctx;
}

/* Longer ones than OpenSSL takes are in `unit/test_aes_gcm.c`. */
START_TEST(gcm_is_what_openssl_makes_of_every_iv)
{
	const struct sg_bytes value = repeat(0x42, 32);

	aes = p11_import_aes(s, value);
	for (CK_ULONG n = 1; n <= 128; n++) {
		CK_ULONG len = sizeof out;
		EVP_CIPHER_CTX *ctx;
		uint8_t wanted[80];
		int done = 0;

		iv[n - 1] = (CK_BYTE)n;
		ctx = reference(EVP_aes_256_gcm(), value.data, (int)n);
		ck_assert_int_eq(EVP_EncryptUpdate(ctx, wanted, &done, in, sizeof in), 1);
		ck_assert_int_eq(EVP_EncryptFinal_ex(ctx, wanted + done, &done), 1);
		ck_assert_int_eq(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, wanted + 64), 1);
		params.ulIvLen = n;
		p11_ok(p11->C_EncryptInit(s, &gcm, aes));
		p11_ok(p11->C_Encrypt(s, in, sizeof in, out, &len));
		assert_bytes(sg_bytes(out, len), sg_bytes(wanted, sizeof wanted));
		EVP_CIPHER_CTX_free(ctx);
	}
}
END_TEST

START_TEST(kwp_is_what_openssl_makes_of_every_length)
{
	const struct sg_bytes value = repeat(0x42, 32);

	aes = p11_import_aes(s, value);
	for (size_t n = 1; n <= 512; n++) {
		EVP_CIPHER_CTX *ctx = reference(EVP_aes_256_wrap_pad(), value.data, 0);
		struct sg_bytes plain = repeat((uint8_t)n, n);
		struct p11_template t = { 0 };
		CK_OBJECT_HANDLE key;
		CK_ULONG len = sizeof out;
		uint8_t wanted[600];
		int done = 0;

		ck_assert_int_eq(EVP_EncryptUpdate(ctx, wanted, &done, plain.data, (int)n), 1);
		EVP_CIPHER_CTX_free(ctx);
		p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
		p11_ulong(&t, CKA_KEY_TYPE, CKK_GENERIC_SECRET);
		p11_bytes(&t, CKA_VALUE, plain.data, plain.len);
		p11_bool(&t, CKA_EXTRACTABLE, true);
		p11_ok(p11->C_CreateObject(s, t.attr, t.n, &key));
		p11_ok(p11->C_WrapKey(s, &p11_kwp, aes, key, out, &len));
		assert_bytes(sg_bytes(out, len), sg_bytes(wanted, (size_t)done));
		p11_ok(p11->C_DestroyObject(s, key));
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("semantics");
	TCase *tc = tcase_create("operations");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	suite_add_tcase(all, tc);
	tcase_add_loop_test(tc, missing_input_ends_an_operation, 0, OPERATIONS);
	tcase_add_loop_test(tc, a_missing_length_or_signature_ends_an_operation, 0, OPERATIONS);
	tcase_add_loop_test(tc, one_shot_after_a_part_is_active_and_ends_both, 0, OPERATIONS);
	tcase_add_loop_test(tc, sizes_and_small_buffers_end_nothing, 0, OPERATIONS);
	tcase_add_loop_test(tc, a_second_begin_leaves_the_first_alone, 0, OPERATIONS);
	tcase_add_loop_test(tc, a_wrong_key_is_a_key_handle_that_is_invalid, 0, INITS);
	tcase_add_test(tc, wrong_keys_of_other_functions_have_their_own_names);
	tcase_add_test(tc, a_logout_of_nobody_is_said_to_be_one);
	tcase_add_test(tc, text_is_padded_with_spaces);
	tcase_add_test(tc, gcm_is_what_openssl_makes_of_every_iv);
	tcase_add_test(tc, kwp_is_what_openssl_makes_of_every_length);
	tc = p11_case(all, "sessions");
	tcase_add_test(tc, a_public_session_works_with_public_session_objects);
	tcase_add_test(tc, a_public_session_makes_nothing_private);
	tcase_add_test(tc, sessions_are_in_the_state_of_their_user);
	return all;
}

int main(void)
{
	return test_run(suite());
}
