/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Keys that live in the hardware, through the module: P-256 pairs are born there and
 * never leave, OpenSSL verifies what they sign, and no call gives one out.
 */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/p256.h"
#include "lib/device.h"
#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

/* The forms of CKA_EC_PARAMS: object identifier, and the names of SEC 2 and X9.62. */
#define OID "06082a8648ce3d030107"
#define SEC "1309736563703235367231"
#define X962 "130a7072696d65323536" "7631"

/* [RFC 6979 §A.2.5], and the SHA-256 of "sample". */
#define POINT \
	"0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6" \
	"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define SAMPLE_SIGNATURE \
	"efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716" \
	"f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE pub, priv;
static CK_BYTE signature[64];
static CK_MECHANISM pair_gen = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
static CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
static CK_MECHANISM ecdsa_sha256 = { CKM_ECDSA_SHA256, NULL, 0 };

static void tear_down(void)
{
	(void)p11->C_Finalize(NULL);
	test_device_require_idle();
	test_device_teardown();
}

/* Make a pair; private_t and params may be NULL. */
static CK_RV make(struct p11_template *private_t, const char *params)
{
	struct p11_template public_t = { .n = 0 }, token = { .n = 0 };
	struct sg_bytes named = hex(params != NULL ? params : OID);

	if (private_t == NULL)
		private_t = &token;
	p11_bytes(&public_t, CKA_EC_PARAMS, named.data, named.len);
	p11_bool(&public_t, CKA_TOKEN, true);
	p11_text(&public_t, CKA_LABEL, "pair");
	p11_text(private_t, CKA_LABEL, "pair");
	if (private_t == &token)
		p11_bool(private_t, CKA_TOKEN, true);
	return p11->C_GenerateKeyPair(s, &pair_gen, public_t.attr, public_t.n, private_t->attr,
	                              private_t->n, &pub, &priv);
}

static CK_RV sign(CK_MECHANISM *mechanism, struct sg_bytes data)
{
	CK_ULONG len = sizeof signature;
	CK_RV rv = p11->C_SignInit(s, mechanism, priv);

	if (rv == CKR_OK)
		rv = p11->C_Sign(s, (CK_BYTE *)data.data, data.len, signature, &len);
	if (rv == CKR_OK)
		ck_assert_uint_eq(len, sizeof signature);
	return rv;
}

static CK_RV verify(CK_MECHANISM *mechanism, struct sg_bytes data, CK_ULONG len)
{
	CK_RV rv = p11->C_VerifyInit(s, mechanism, pub);

	return rv != CKR_OK ? rv : p11->C_Verify(s, (CK_BYTE *)data.data, data.len, signature, len);
}

/* Let OpenSSL read the public key and verify the signature of a message. */
static bool openssl_verifies(CK_OBJECT_HANDLE key, const char *digest, struct sg_bytes message)
{
	uint8_t info[256], der[SG_P256_DER_MAX];
	size_t der_len = sg_p256_to_der(signature, der);
	CK_ULONG len = sizeof info;
	const uint8_t *at = info;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *read;
	int result;

	p11_ok(p11_get(s, key, CKA_PUBLIC_KEY_INFO, info, &len));
	read = d2i_PUBKEY(NULL, &at, (long)len);
	ck_assert_ptr_nonnull(read);
	ck_assert_ptr_eq(at, info + len);
	ck_assert_int_eq(EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL, read, NULL), 1);
	result = EVP_DigestVerify(ctx, der, der_len, message.data, message.len);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(read);
	return result == 1;
}

static const char *const names[] = { OID, SEC, X962 };

START_TEST(openssl_verifies_what_a_new_key_signs)
{
	struct sg_bytes message = sg_bytes_str("a message");
	uint8_t kept[32];
	CK_ULONG len = sizeof kept;

	s = p11_machine();
	p11_ok(make(NULL, names[_i]));
	p11_ok(sign(&ecdsa_sha256, message));
	ck_assert(openssl_verifies(pub, "SHA256", message));
	ck_assert(openssl_verifies(priv, "SHA256", message));
	ck_assert(!openssl_verifies(pub, "SHA256", sg_bytes_str("another")));
	p11_ok(p11_get(s, priv, CKA_EC_PARAMS, kept, &len));
	assert_bytes(sg_bytes(kept, len), hex(OID));
}
END_TEST

static const struct {
	CK_MECHANISM_TYPE type;
	const char *digest;
} hashes[] = {
	{ CKM_ECDSA_SHA256, "SHA256" }, { CKM_ECDSA_SHA384, "SHA384" },
	{ CKM_ECDSA_SHA512, "SHA512" },
};

START_TEST(a_message_may_come_in_parts)
{
	CK_MECHANISM mechanism = { hashes[_i].type, NULL, 0 };
	CK_ULONG len = sizeof signature;

	s = p11_machine();
	p11_ok(make(NULL, NULL));
	p11_ok(p11->C_SignInit(s, &mechanism, priv));
	p11_ok(p11->C_SignUpdate(s, (CK_BYTE *)"a mes", 5));
	p11_ok(p11->C_SignUpdate(s, (CK_BYTE *)"sage", 4));
	p11_ok(p11->C_SignFinal(s, signature, &len));
	ck_assert(openssl_verifies(pub, hashes[_i].digest, sg_bytes_str("a message")));
	p11_ok(p11->C_VerifyInit(s, &mechanism, pub));
	p11_ok(p11->C_VerifyUpdate(s, (CK_BYTE *)"a message", 9));
	p11_ok(p11->C_VerifyFinal(s, signature, len));
	p11_ok(verify(&mechanism, sg_bytes_str("a message"), len));
	p11_is(CKR_SIGNATURE_INVALID, verify(&mechanism, sg_bytes_str("a massage"), len));
	p11_ok(sign(&mechanism, sg_bytes(NULL, 0)));
	ck_assert(openssl_verifies(pub, hashes[_i].digest, sg_bytes(NULL, 0)));
}
END_TEST

START_TEST(a_digest_of_any_length_is_signed)
{
	static const size_t lengths[] = { 1, 20, 31, 32, 33, 48, 64 };

	s = p11_machine();
	p11_ok(make(NULL, NULL));
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		struct sg_bytes digest = repeat((uint8_t)(0x80 + i), lengths[i]);

		p11_ok(sign(&ecdsa, digest));
		p11_ok(verify(&ecdsa, digest, 64));
		p11_is(CKR_SIGNATURE_INVALID, verify(&ecdsa, repeat(1, lengths[i]), 64));
	}
	p11_is(CKR_DATA_LEN_RANGE, sign(&ecdsa, repeat(1, 65)));
	p11_is(CKR_DATA_LEN_RANGE, sign(&ecdsa, sg_bytes(NULL, 0)));
}
END_TEST

START_TEST(a_digest_is_the_one_that_openssl_makes)
{
	s = p11_machine();
	p11_ok(make(NULL, NULL));
	p11_ok(sign(&ecdsa, hex("af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf")));
	ck_assert(openssl_verifies(pub, "SHA256", sg_bytes_str("sample")));
	p11_ok(sign(&ecdsa, hex("8151325dcdbae9e0ff95f9f9658432dbedfdb209")));
	ck_assert(openssl_verifies(pub, "SHA1", sg_bytes_str("sample")));
}
END_TEST

START_TEST(a_key_says_where_it_lives)
{
	static const CK_ATTRIBUTE_TYPE yes[] = {
		CKA_SIGNET_RESIDENT, CKA_LOCAL, CKA_SENSITIVE, CKA_ALWAYS_SENSITIVE,
		CKA_NEVER_EXTRACTABLE, CKA_TOKEN, CKA_PRIVATE, CKA_SIGN,
	};
	CK_OBJECT_HANDLE edwards, half;

	s = p11_machine();
	p11_ok(make(NULL, NULL));
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		ck_assert_msg(p11_get_bool(s, priv, yes[i]), "0x%lx", yes[i]);
	ck_assert(!p11_get_bool(s, priv, CKA_EXTRACTABLE));
	ck_assert(!p11_get_bool(s, priv, CKA_DERIVE));
	ck_assert_uint_eq(p11_get_ulong(s, priv, CKA_KEY_TYPE), CKK_EC);
	ck_assert_uint_eq(p11_get_ulong(s, priv, CKA_KEY_GEN_MECHANISM), CKM_EC_KEY_PAIR_GEN);
	p11_make_pair(s, NULL, &half, &edwards);
	ck_assert(!p11_get_bool(s, edwards, CKA_SIGNET_RESIDENT));
}
END_TEST

START_TEST(a_point_is_an_octet_string)
{
	uint8_t point[80];
	CK_ULONG len = sizeof point;

	s = p11_machine();
	p11_ok(make(NULL, NULL));
	p11_ok(p11_get(s, pub, CKA_EC_POINT, point, &len));
	ck_assert_uint_eq(len, 67);
	ck_assert_uint_eq(point[0], 0x04);
	ck_assert_uint_eq(point[1], 65);
	ck_assert(sg_p256_valid(sg_bytes(point + 2, 65)));
}
END_TEST

START_TEST(no_call_gives_the_key_out)
{
	CK_OBJECT_HANDLE aes, copy;
	CK_BYTE out[512];
	CK_ULONG len = sizeof out;

	s = p11_machine();
	p11_ok(make(NULL, NULL));
	aes = p11_make_aes(s, NULL);
	p11_is(CKR_ATTRIBUTE_SENSITIVE, p11_get(s, priv, CKA_VALUE, out, &len));
	ck_assert_uint_eq(len, CK_UNAVAILABLE_INFORMATION);
	len = sizeof out;
	ck_assert_uint_ne(p11->C_WrapKey(s, &p11_kwp, aes, priv, out, &len), CKR_OK);
	ck_assert_uint_ne(p11->C_CopyObject(s, priv, NULL, 0, &copy), CKR_OK);
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, priv, CKA_EXTRACTABLE, &(CK_BBOOL){ CK_TRUE }, 1));
	p11_is(CKR_ATTRIBUTE_READ_ONLY,
	       p11_set(s, priv, CKA_SIGNET_RESIDENT, &(CK_BBOOL){ CK_FALSE }, 1));
}
END_TEST

START_TEST(what_a_key_is_for_can_only_become_less)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

	s = p11_machine();
	p11_ok(make(NULL, NULL));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, priv, CKA_DERIVE, &yes, 1));
	p11_ok(p11_set(s, priv, CKA_SIGN, &yes, 1));
	p11_ok(sign(&ecdsa, repeat(1, 32)));
	p11_ok(p11_set(s, priv, CKA_SIGN, &no, 1));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, sign(&ecdsa, repeat(1, 32)));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, priv, CKA_SIGN, &yes, 1));
}
END_TEST

static const struct {
	CK_ATTRIBUTE_TYPE type;
	bool value;
} refused[] = {
	{ CKA_SIGNET_RESIDENT, false }, { CKA_EXTRACTABLE, true }, { CKA_SENSITIVE, false },
	{ CKA_SIGNET_SEALED, true }, { CKA_SIGN, false },
};

START_TEST(a_template_that_denies_what_is_so_is_refused)
{
	struct p11_template t = { .n = 0 };

	s = p11_machine();
	test_device_asked();
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, refused[_i].type, refused[_i].value);
	p11_is(CKR_TEMPLATE_INCONSISTENT, make(&t, NULL));
	ck_assert_uint_eq(test_device_asked(), 0);
}
END_TEST

START_TEST(a_session_object_does_not_live_in_the_hardware)
{
	struct p11_template t = { .n = 0 };

	s = p11_machine();
	p11_bool(&t, CKA_TOKEN, false);
	p11_is(CKR_TEMPLATE_INCONSISTENT, make(&t, NULL));
}
END_TEST

START_TEST(other_curves_and_other_mechanisms_are_refused)
{
	struct p11_template public_t = { .n = 0 }, private_t = { .n = 0 };

	s = p11_machine();
	p11_is(CKR_CURVE_NOT_SUPPORTED, make(NULL, "06052b81040022"));
	p11_bool(&private_t, CKA_TOKEN, true);
	p11_bool(&private_t, CKA_SIGNET_RESIDENT, true);
	p11_bytes(&public_t, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	/* No TPM does Ed25519, and an HSM may. */
	p11_is(test_device_is_hsm() ? CKR_OK : CKR_TEMPLATE_INCONSISTENT,
	       p11->C_GenerateKeyPair(s, &p11_pair_gen, public_t.attr, public_t.n, private_t.attr,
	                              private_t.n, &pub, &priv));
	p11_ok(make(NULL, NULL));
	p11_is(CKR_KEY_TYPE_INCONSISTENT, sign(&p11_eddsa, repeat(1, 32)));
	p11_make_pair(s, NULL, &pub, &priv);
	p11_is(CKR_KEY_TYPE_INCONSISTENT, sign(&ecdsa, repeat(1, 32)));
	p11_is(CKR_KEY_TYPE_INCONSISTENT, verify(&ecdsa, repeat(1, 32), 64));
}
END_TEST

START_TEST(a_private_key_is_never_brought_in)
{
	struct p11_template t = { .n = 0 };
	struct sg_bytes oid = hex(OID);
	CK_OBJECT_HANDLE key;
	CK_RV rv;

	s = p11_machine();
	p11_ulong(&t, CKA_CLASS, CKO_PRIVATE_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_EC);
	p11_bytes(&t, CKA_EC_PARAMS, oid.data, oid.len);
	p11_bytes(&t, CKA_VALUE, signature, 32);
	p11_bool(&t, CKA_TOKEN, true);
	rv = p11->C_CreateObject(s, t.attr, t.n, &key);
	ck_assert_msg(rv == CKR_TEMPLATE_INCONSISTENT || rv == CKR_ATTRIBUTE_VALUE_INVALID,
	              "0x%lx", rv);
	p11_bool(&t, CKA_SIGNET_RESIDENT, true);
	p11_is(CKR_TEMPLATE_INCONSISTENT, p11->C_CreateObject(s, t.attr, t.n, &key));
}
END_TEST

/* Import a public key in one form of its point. */
static CK_RV import(const char *point)
{
	struct p11_template t = { .n = 0 };
	struct sg_bytes oid = hex(OID), value = hex(point);

	p11_ulong(&t, CKA_CLASS, CKO_PUBLIC_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_EC);
	p11_bytes(&t, CKA_EC_PARAMS, oid.data, oid.len);
	p11_bytes(&t, CKA_EC_POINT, value.data, value.len);
	return p11->C_CreateObject(s, t.attr, t.n, &pub);
}

START_TEST(the_public_key_of_somebody_else_verifies)
{
	static const char *const forms[] = { POINT, "0441" POINT };

	s = p11_machine();
	memcpy(signature, hex(SAMPLE_SIGNATURE).data, 64);
	for (int i = 0; i < 2; i++) {
		p11_ok(import(forms[i]));
		p11_ok(verify(&ecdsa_sha256, sg_bytes_str("sample"), 64));
		p11_is(CKR_SIGNATURE_INVALID, verify(&ecdsa_sha256, sg_bytes_str("simple"), 64));
		p11_is(CKR_SIGNATURE_LEN_RANGE, verify(&ecdsa_sha256, sg_bytes_str("sample"), 63));
	}
	p11_is(CKR_PUBLIC_KEY_INVALID,
	       import("0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
	              "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462298"));
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID,
	       import("0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"));
}
END_TEST

START_TEST(a_key_is_found_and_works_in_the_next_process)
{
	s = p11_machine();
	p11_ok(make(NULL, NULL));
	p11_ok(p11->C_Finalize(NULL));
	test_device_restart();
	p11_start();
	s = p11_open(0);
	priv = p11_find_label(s, CKO_PRIVATE_KEY, "pair");
	pub = p11_find_label(s, CKO_PUBLIC_KEY, "pair");
	p11_ok(sign(&ecdsa_sha256, sg_bytes_str("later")));
	ck_assert(openssl_verifies(pub, "SHA256", sg_bytes_str("later")));
	ck_assert(p11_get_bool(s, priv, CKA_SIGNET_RESIDENT));
}
END_TEST

START_TEST(a_key_of_a_pin_token_needs_the_pin)
{
	s = p11_user();
	p11_ok(make(NULL, NULL));
	p11_ok(p11->C_SignInit(s, &ecdsa, priv));
	p11_ok(p11->C_Logout(s));
	p11_is(CKR_OPERATION_NOT_INITIALIZED,
	       p11->C_Sign(s, signature, 32, signature, &(CK_ULONG){ 64 }));
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_SignInit(s, &ecdsa, priv));
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	priv = p11_find_label(s, CKO_PRIVATE_KEY, "pair");
	p11_ok(sign(&ecdsa, repeat(1, 32)));
}
END_TEST

START_TEST(a_signature_is_five_questions_and_asking_for_its_size_none)
{
	CK_ULONG len = 0;

	s = p11_machine();
	p11_ok(make(NULL, NULL));
	test_device_asked();
	p11_ok(p11->C_SignInit(s, &ecdsa, priv));
	p11_ok(p11->C_Sign(s, signature, 32, NULL, &len));
	ck_assert_uint_eq(len, 64);
	p11_is(CKR_BUFFER_TOO_SMALL, p11->C_Sign(s, signature, 32, signature, &(CK_ULONG){ 63 }));
	ck_assert_uint_eq(test_device_asked(), 0);
	p11_ok(p11->C_Sign(s, signature, 32, signature, &len));
	/* An HSM is asked for the key, and what it is, at the first use only. */
	ck_assert_uint_eq(test_device_asked(), test_device_is_hsm() ? 7 : 5);
	p11_ok(p11->C_SignInit(s, &ecdsa, priv));
	p11_ok(p11->C_Sign(s, signature, 32, signature, &len));
	ck_assert_uint_eq(test_device_asked(), test_device_is_hsm() ? 2 : 5);
	p11_is(CKR_SIGNATURE_INVALID, verify(&ecdsa, repeat(1, 32), 64));
	ck_assert_uint_eq(test_device_asked(), 0);
}
END_TEST

START_TEST(hardware_that_goes_away_is_an_error_that_ends_with_it)
{
	CK_RV rv;

	s = p11_machine();
	p11_ok(make(NULL, NULL));
	test_device_kill();
	rv = sign(&ecdsa, repeat(1, 32));
	ck_assert_msg(rv == CKR_DEVICE_REMOVED || rv == CKR_DEVICE_ERROR, "0x%lx", rv);
	p11_is(CKR_OPERATION_NOT_INITIALIZED,
	       p11->C_Sign(s, signature, 32, signature, &(CK_ULONG){ 64 }));
	test_device_resume();
	p11_ok(sign(&ecdsa_sha256, sg_bytes_str("again")));
	ck_assert(openssl_verifies(pub, "SHA256", sg_bytes_str("again")));
}
END_TEST

/* Make a MAC key of a type that lives in the hardware unless it is not to. */
static CK_RV make_mac(CK_MECHANISM_TYPE by, CK_ULONG len, bool resident)
{
	CK_MECHANISM mechanism = { by, NULL, 0 };
	struct p11_template t = { .n = 0 };

	p11_ulong(&t, CKA_VALUE_LEN, len);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SIGN, true);
	p11_bool(&t, CKA_VERIFY, true);
	p11_bool(&t, CKA_SIGNET_RESIDENT, resident);
	p11_text(&t, CKA_LABEL, "mac");
	return p11->C_GenerateKey(s, &mechanism, t.attr, t.n, &priv);
}

static const CK_MECHANISM_TYPE mac_gens[] = { CKM_SHA256_KEY_GEN, CKM_GENERIC_SECRET_KEY_GEN };
static CK_MECHANISM hmac = { CKM_SHA256_HMAC, NULL, 0 };

static CK_RV mac(struct sg_bytes data, CK_BYTE out[32])
{
	CK_ULONG len = 32;
	CK_RV rv = p11->C_SignInit(s, &hmac, priv);

	return rv != CKR_OK ? rv : p11->C_Sign(s, (CK_BYTE *)data.data, data.len, out, &len);
}

static CK_RV check_mac(struct sg_bytes data, CK_BYTE in[32])
{
	CK_RV rv = p11->C_VerifyInit(s, &hmac, priv);

	return rv != CKR_OK ? rv : p11->C_Verify(s, (CK_BYTE *)data.data, data.len, in, 32);
}

START_TEST(a_mac_key_in_the_hardware_signs_and_verifies)
{
	struct sg_bytes data = repeat('d', 3000);
	CK_BYTE once[32], parts[32], other[32];
	CK_ULONG len = 32;

	s = p11_machine();
	p11_ok(make_mac(mac_gens[_i], 32, true));
	ck_assert(p11_get_bool(s, priv, CKA_SIGNET_RESIDENT));
	ck_assert_uint_eq(p11_get_ulong(s, priv, CKA_VALUE_LEN), 32);
	p11_ok(mac(data, once));
	p11_ok(check_mac(data, once));
	p11_ok(p11->C_SignInit(s, &hmac, priv));
	for (size_t at = 0; at < data.len; at += 1000)
		p11_ok(p11->C_SignUpdate(s, (CK_BYTE *)data.data + at, 1000));
	p11_ok(p11->C_SignFinal(s, parts, &len));
	ck_assert_mem_eq(parts, once, 32);
	p11_ok(p11->C_VerifyInit(s, &hmac, priv));
	for (size_t at = 0; at < data.len; at += 1500)
		p11_ok(p11->C_VerifyUpdate(s, (CK_BYTE *)data.data + at, 1500));
	p11_ok(p11->C_VerifyFinal(s, once, 32));
	p11_ok(mac(repeat('d', 2999), other));
	ck_assert_mem_ne(other, once, 32);
	once[0] ^= 1;
	p11_is(CKR_SIGNATURE_INVALID, check_mac(data, once));
	/* Another key gives another code. */
	p11_ok(make_mac(mac_gens[_i], 32, true));
	p11_ok(mac(data, other));
	ck_assert_mem_ne(other, parts, 32);
}
END_TEST

START_TEST(a_mac_key_in_the_hardware_does_nothing_else)
{
	CK_MECHANISM sha512 = { CKM_SHA512_HMAC, NULL, 0 };
	CK_BYTE out[64];
	CK_ULONG len = sizeof out;

	s = p11_machine();
	p11_ok(make_mac(CKM_GENERIC_SECRET_KEY_GEN, 32, true));
	p11_is(CKR_KEY_TYPE_INCONSISTENT, p11->C_SignInit(s, &sha512, priv));
	p11_is(CKR_ATTRIBUTE_SENSITIVE, p11_get(s, priv, CKA_VALUE, out, &len));
	len = sizeof out;
	p11_is(CKR_KEY_UNEXTRACTABLE,
	       p11->C_WrapKey(s, &p11_kwp, p11_make_aes(s, NULL), priv, out, &len));
	p11_is(CKR_ACTION_PROHIBITED, p11->C_CopyObject(s, priv, NULL, 0, &pub));
	p11_is(CKR_DATA_LEN_RANGE, mac(repeat(0, 65537), out));
	p11_ok(mac(repeat(0, 65536), out));
}
END_TEST

START_TEST(a_mac_key_in_the_hardware_has_32_bytes)
{
	s = p11_machine();
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, make_mac(CKM_SHA256_KEY_GEN, 31, true));
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, make_mac(CKM_SHA256_KEY_GEN, 64, true));
	p11_is(CKR_TEMPLATE_INCONSISTENT, make_mac(CKM_SHA512_KEY_GEN, 64, true));
	p11_ok(make_mac(CKM_SHA256_KEY_GEN, 64, false));
	ck_assert(!p11_get_bool(s, priv, CKA_SIGNET_RESIDENT));
}
END_TEST

/* Derive an extractable generic secret with a point. */
static CK_RV derive(struct sg_bytes point, CK_OBJECT_HANDLE *key)
{
	CK_ECDH1_DERIVE_PARAMS params = {
		.kdf = CKD_NULL, .ulPublicDataLen = point.len, .pPublicData = (CK_BYTE *)point.data,
	};
	CK_MECHANISM mechanism = { CKM_ECDH1_DERIVE, &params, sizeof params };
	struct p11_template t = { .n = 0 };

	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_GENERIC_SECRET);
	p11_bool(&t, CKA_SENSITIVE, false);
	p11_bool(&t, CKA_EXTRACTABLE, true);
	return p11->C_DeriveKey(s, &mechanism, priv, t.attr, t.n, key);
}

static CK_RV make_deriving(bool signs)
{
	struct p11_template t = { .n = 0 };

	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_DERIVE, true);
	p11_bool(&t, CKA_SIGN, signs);
	return make(&t, NULL);
}

START_TEST(openssl_agrees_on_a_secret)
{
	uint8_t info[256], peer[80], want[32], have[32];
	CK_ULONG len = sizeof info, have_len = sizeof have;
	EVP_PKEY *own = EVP_EC_gen("P-256"), *other;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	size_t peer_len, want_len = sizeof want;
	const uint8_t *at = info;
	CK_OBJECT_HANDLE key;

	s = p11_machine();
	p11_ok(make_deriving(_i == 1));
	p11_is(_i == 1 ? CKR_OK : CKR_KEY_FUNCTION_NOT_PERMITTED, sign(&ecdsa, repeat(1, 32)));
	p11_ok(p11_get(s, pub, CKA_PUBLIC_KEY_INFO, info, &len));
	other = d2i_PUBKEY(NULL, &at, (long)len);
	ck_assert_int_eq(EVP_PKEY_derive_init(ctx), 1);
	ck_assert_int_eq(EVP_PKEY_derive_set_peer(ctx, other), 1);
	ck_assert_int_eq(EVP_PKEY_derive(ctx, want, &want_len), 1);
	ck_assert_int_eq(EVP_PKEY_get_octet_string_param(own, "pub", peer, sizeof peer, &peer_len),
	                 1);
	p11_ok(derive(sg_bytes(peer, peer_len), &key));
	p11_ok(p11_get(s, key, CKA_VALUE, have, &have_len));
	assert_bytes(sg_bytes(have, have_len), sg_bytes(want, want_len));
	ck_assert(!p11_get_bool(s, key, CKA_SIGNET_RESIDENT));
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(own);
	EVP_PKEY_free(other);
}
END_TEST

START_TEST(a_point_that_is_not_on_the_curve_does_not_reach_the_hardware)
{
	CK_OBJECT_HANDLE key;

	s = p11_machine();
	p11_ok(make_deriving(false));
	test_device_asked();
	p11_is(CKR_PUBLIC_KEY_INVALID, derive(hex(
		"0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
		"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462298"), &key));
	p11_is(CKR_MECHANISM_PARAM_INVALID, derive(repeat(4, 64), &key));
	ck_assert_uint_eq(test_device_asked(), 0);
	p11_ok(derive(hex("0441" POINT), &key));
	ck_assert_uint_eq(test_device_asked(), test_device_is_hsm() ? 8 : 5);
}
END_TEST

START_TEST(a_key_that_only_signs_derives_nothing)
{
	CK_OBJECT_HANDLE key;

	s = p11_machine();
	p11_ok(make(NULL, NULL));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, derive(hex(POINT), &key));
}
END_TEST

static atomic_uint wrong;

static void *sign_often(void *arg)
{
	CK_SESSION_HANDLE own = p11_open(0);
	CK_BYTE made[64], digest[32] = { 0 };
	CK_ULONG len;

	for (int i = 0; i < 5; i++) {
		digest[0] = (CK_BYTE)i;
		digest[1] = (CK_BYTE)(uintptr_t)arg;
		len = sizeof made;
		if (p11->C_SignInit(own, &ecdsa, priv) != CKR_OK ||
		    p11->C_Sign(own, digest, sizeof digest, made, &len) != CKR_OK ||
		    p11->C_VerifyInit(own, &ecdsa, pub) != CKR_OK ||
		    p11->C_Verify(own, digest, sizeof digest, made, len) != CKR_OK)
			atomic_fetch_add(&wrong, 1);
	}
	return NULL;
}

START_TEST(threads_sign_with_one_key)
{
	pthread_t threads[4];

	s = p11_machine();
	p11_ok(make(NULL, NULL));
	for (uintptr_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, sign_often, (void *)i), 0);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(atomic_load(&wrong), 0);
}
END_TEST

static bool listed(CK_MECHANISM_TYPE type)
{
	CK_MECHANISM_TYPE list[64];
	CK_ULONG n = 64;

	p11_ok(p11->C_GetMechanismList(0, list, &n));
	while (n > 0)
		if (list[--n] == type)
			return true;
	return false;
}

START_TEST(a_token_lists_what_its_hardware_does)
{
	CK_MECHANISM_INFO info;

	p11_ok(p11->C_Initialize(NULL));
	/* No token yet: the configured sealer is that of the hardware. */
	ck_assert(listed(CKM_EC_KEY_PAIR_GEN));
	p11_ok(p11->C_Finalize(NULL));
	s = p11_machine();
	ck_assert(listed(CKM_EC_KEY_PAIR_GEN));
	p11_ok(p11->C_GetMechanismInfo(0, CKM_ECDSA, &info));
	ck_assert(info.flags & CKF_SIGN);
	ck_assert(info.flags & CKF_HW);
	ck_assert_uint_eq(info.ulMinKeySize, 256);
}
END_TEST

START_TEST(a_token_without_hardware_only_verifies)
{
	CK_MECHANISM_INFO info;

	p11_configure_soft("");
	s = p11_machine();
	ck_assert(!listed(CKM_EC_KEY_PAIR_GEN));
	p11_is(CKR_MECHANISM_INVALID, p11->C_GetMechanismInfo(0, CKM_EC_KEY_PAIR_GEN, &info));
	p11_is(CKR_MECHANISM_INVALID, make(NULL, NULL));
	p11_ok(p11->C_GetMechanismInfo(0, CKM_ECDSA, &info));
	ck_assert(info.flags & CKF_VERIFY);
	ck_assert(!(info.flags & (CKF_SIGN | CKF_HW)));
	p11_is(CKR_TEMPLATE_INCONSISTENT, make_mac(CKM_SHA256_KEY_GEN, 32, true));
	p11_make_pair(s, NULL, &pub, &priv);
	p11_is(CKR_MECHANISM_INVALID, sign(&ecdsa, repeat(1, 32)));
	p11_ok(import(POINT));
	memcpy(signature, hex(SAMPLE_SIGNATURE).data, 64);
	p11_ok(verify(&ecdsa_sha256, sg_bytes_str("sample"), 64));
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("resident keys");
	TCase *tc = tcase_create("wired"), *plain = tcase_create("plain");
	TCase *soft = p11_case(suite, "soft");

	suite_add_tcase(suite, tc);
	suite_add_tcase(suite, plain);
	tcase_add_checked_fixture(plain, test_device_setup_plain, tear_down);
	tcase_add_checked_fixture(tc, test_device_setup, tear_down);
	tcase_add_loop_test(tc, openssl_verifies_what_a_new_key_signs, 0, 3);
	tcase_add_loop_test(tc, a_message_may_come_in_parts, 0, 3);
	tcase_add_test(tc, a_digest_of_any_length_is_signed);
	tcase_add_test(tc, a_digest_is_the_one_that_openssl_makes);
	tcase_add_test(tc, a_key_says_where_it_lives);
	tcase_add_test(tc, a_point_is_an_octet_string);
	tcase_add_test(tc, no_call_gives_the_key_out);
	tcase_add_test(tc, what_a_key_is_for_can_only_become_less);
	tcase_add_loop_test(tc, a_template_that_denies_what_is_so_is_refused, 0,
	                    sizeof refused / sizeof refused[0]);
	tcase_add_test(tc, a_session_object_does_not_live_in_the_hardware);
	tcase_add_test(tc, other_curves_and_other_mechanisms_are_refused);
	tcase_add_test(tc, a_private_key_is_never_brought_in);
	tcase_add_test(tc, the_public_key_of_somebody_else_verifies);
	tcase_add_test(tc, a_key_is_found_and_works_in_the_next_process);
	tcase_add_test(tc, a_key_of_a_pin_token_needs_the_pin);
	tcase_add_test(tc, a_signature_is_five_questions_and_asking_for_its_size_none);
	tcase_add_test(plain, hardware_that_goes_away_is_an_error_that_ends_with_it);
	tcase_add_loop_test(tc, a_mac_key_in_the_hardware_signs_and_verifies, 0, 2);
	tcase_add_test(tc, a_mac_key_in_the_hardware_does_nothing_else);
	tcase_add_test(tc, a_mac_key_in_the_hardware_has_32_bytes);
	tcase_add_loop_test(tc, openssl_agrees_on_a_secret, 0, 2);
	tcase_add_test(tc, a_point_that_is_not_on_the_curve_does_not_reach_the_hardware);
	tcase_add_test(tc, a_key_that_only_signs_derives_nothing);
	tcase_add_test(tc, threads_sign_with_one_key);
	tcase_add_test(tc, a_token_lists_what_its_hardware_does);
	tcase_add_test(soft, a_token_without_hardware_only_verifies);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
