/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Wrapping and unwrapping with AES-GCM, and private keys as PKCS#8.
 */
#include <string.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

#define KEK "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"

/* [RFC 8410 §10.3]: version 1, and version 2 with attributes and the public key. */
#define SEED "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842"
#define POINT "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"
#define ED25519_DER "302e020100300506032b657004220420" SEED
#define ED25519_DER_2 \
	"3072020101300506032b657004220420" SEED "a01f301d060a2a864886f70d01090914310f0c0d" \
	"437572646c6520436861697273812100" POINT

/* [RFC 7748 §6.1] in the same form. */
#define X25519_KEY "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"
#define X25519_POINT "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
#define X25519_DER "302e020100300506032b656e04220420" X25519_KEY

static const uint8_t x25519_oid[] = { 0x06, 0x03, 0x2b, 0x65, 0x6e };
static CK_BYTE iv[12] = "an iv of 12";
static CK_GCM_PARAMS gcm_params;
static CK_MECHANISM gcm = { CKM_AES_GCM, &gcm_params, sizeof gcm_params };
static CK_MECHANISM *const ways[] = { &p11_kw, &p11_kwp, &gcm };
static const CK_ULONG overheads[] = { 8, 8, 16 };
static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE kek;

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
	kek = p11_import_aes(s, hex(KEK));
	gcm_params = (CK_GCM_PARAMS){
		.pIv = iv, .ulIvLen = sizeof iv, .ulIvBits = 96, .ulTagBits = 128,
		.pAAD = (CK_BYTE *)"what it is", .ulAADLen = 10,
	};
}

static CK_OBJECT_HANDLE import_private(CK_KEY_TYPE type, const char *value, bool extractable)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key = 0;

	p11_ulong(&t, CKA_CLASS, CKO_PRIVATE_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, type);
	p11_bytes(&t, CKA_EC_PARAMS, type == CKK_EC_EDWARDS ? p11_ed25519_oid : x25519_oid, 5);
	p11_bytes(&t, CKA_VALUE, hex(value).data, 32);
	p11_bool(&t, CKA_EXTRACTABLE, extractable);
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &key));
	return key;
}

static CK_OBJECT_HANDLE import_secret(CK_KEY_TYPE type, struct sg_bytes value)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key = 0;

	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, type);
	p11_bytes(&t, CKA_VALUE, value.data, value.len);
	p11_bool(&t, CKA_EXTRACTABLE, true);
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &key));
	return key;
}

static struct sg_bytes wrap(CK_MECHANISM *m, CK_OBJECT_HANDLE key)
{
	static CK_BYTE out[2][700];
	static int turn;
	CK_ULONG len = sizeof out[0];

	turn = !turn;
	p11_ok(p11->C_WrapKey(s, m, kek, key, out[turn], &len));
	return sg_bytes(out[turn], len);
}

/* Wrap bytes as if they were a key. */
static struct sg_bytes wrap_bytes(CK_MECHANISM *m, struct sg_bytes bytes)
{
	return wrap(m, import_secret(CKK_GENERIC_SECRET, bytes));
}

static CK_RV unwrap(CK_MECHANISM *m, struct sg_bytes wrapped, CK_OBJECT_CLASS class,
                    CK_KEY_TYPE type, CK_OBJECT_HANDLE *key)
{
	struct p11_template t = { 0 };

	p11_ulong(&t, CKA_CLASS, class);
	p11_ulong(&t, CKA_KEY_TYPE, type);
	p11_bool(&t, CKA_SENSITIVE, false);
	p11_bool(&t, CKA_EXTRACTABLE, true);
	return p11->C_UnwrapKey(s, m, kek, (CK_BYTE *)wrapped.data, wrapped.len, t.attr, t.n, key);
}

static void require_value(CK_OBJECT_HANDLE key, struct sg_bytes value)
{
	CK_BYTE out[600];
	CK_ULONG len = sizeof out;

	p11_ok(p11_get(s, key, CKA_VALUE, out, &len));
	assert_bytes(sg_bytes(out, len), value);
}

static const struct {
	CK_KEY_TYPE type, other;
	const char *key, *der, *point;
} privates[] = {
	{ CKK_EC_EDWARDS, CKK_EC_MONTGOMERY, SEED, ED25519_DER, POINT },
	{ CKK_EC_MONTGOMERY, CKK_EC_EDWARDS, X25519_KEY, X25519_DER, X25519_POINT },
};

START_TEST(a_private_key_is_wrapped_as_pkcs8)
{
	CK_OBJECT_HANDLE priv = import_private(privates[_i].type, privates[_i].key, true), inner;
	struct sg_bytes wrapped;

	for (int i = 0; i < 3; i++) {
		CK_ULONG asked = 0;

		wrapped = wrap(ways[i], priv);
		ck_assert_uint_eq(wrapped.len, 48 + overheads[i]);
		p11_ok(p11->C_WrapKey(s, ways[i], kek, priv, NULL, &asked));
		ck_assert_uint_eq(asked, wrapped.len);
		p11_ok(unwrap(ways[i], wrapped, CKO_SECRET_KEY, CKK_GENERIC_SECRET, &inner));
		require_value(inner, hex(privates[_i].der));
	}
}
END_TEST

START_TEST(pkcs8_is_unwrapped_to_a_private_key)
{
	CK_OBJECT_HANDLE priv;
	CK_BYTE point[34];

	for (int i = 0; i < 3; i++) {
		struct sg_bytes wrapped = wrap_bytes(ways[i], hex(privates[_i].der));
		CK_ULONG len = sizeof point;

		p11_ok(unwrap(ways[i], wrapped, CKO_PRIVATE_KEY, privates[_i].type, &priv));
		require_value(priv, hex(privates[_i].key));
		p11_ok(p11_get(s, priv, CKA_EC_POINT, point, &len));
		assert_bytes(sg_bytes(point + 2, len - 2), hex(privates[_i].point));
		ck_assert(!p11_get_bool(s, priv, CKA_LOCAL));
		ck_assert(!p11_get_bool(s, priv, CKA_ALWAYS_SENSITIVE));
		ck_assert(!p11_get_bool(s, priv, CKA_NEVER_EXTRACTABLE));
		p11_is(CKR_WRAPPED_KEY_INVALID,
		       unwrap(ways[i], wrapped, CKO_PRIVATE_KEY, privates[_i].other, &priv));
	}
}
END_TEST

START_TEST(version_2_brings_a_public_key_that_must_match)
{
	struct sg_bytes der = hex(ED25519_DER_2);
	CK_OBJECT_HANDLE priv, pub;
	uint8_t signature[64];

	p11_ok(unwrap(&p11_kwp, wrap_bytes(&p11_kwp, der), CKO_PRIVATE_KEY, CKK_EC_EDWARDS, &priv));
	require_value(priv, hex(SEED));
	pub = p11_import_point(s, hex(POINT));
	p11_ok(p11_sign(s, priv, "hello", signature));
	p11_ok(p11_verify(s, pub, "hello", signature));
	((uint8_t *)der.data)[der.len - 1] ^= 1;
	p11_is(CKR_WRAPPED_KEY_INVALID, unwrap(&p11_kwp, wrap_bytes(&p11_kwp, der), CKO_PRIVATE_KEY,
	                                       CKK_EC_EDWARDS, &priv));
}
END_TEST

START_TEST(what_is_no_private_key_is_an_invalid_key)
{
	static const char *const bad[] = {
		SEED, "00", ED25519_DER "00", "302e020102300506032b657004220420" SEED,
		"302e020100300506032b657104220420" SEED, "302e020100300506032b657004220421" SEED,
		"302f020100300506032b65700423042100" SEED, "3030020100300706032b6570050004220420" SEED,
	};
	CK_OBJECT_HANDLE priv;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		p11_is(CKR_WRAPPED_KEY_INVALID,
		       unwrap(&p11_kwp, wrap_bytes(&p11_kwp, hex(bad[i])), CKO_PRIVATE_KEY,
		              CKK_EC_EDWARDS, &priv));
	for (size_t len = 1; len < 48; len++)
		p11_is(CKR_WRAPPED_KEY_INVALID,
		       unwrap(&p11_kwp, wrap_bytes(&p11_kwp, sg_bytes(hex(ED25519_DER).data, len)),
		              CKO_PRIVATE_KEY, CKK_EC_EDWARDS, &priv));
}
END_TEST

START_TEST(only_an_extractable_private_key_is_wrapped)
{
	CK_OBJECT_HANDLE priv = import_private(privates[_i].type, privates[_i].key, false);
	CK_BYTE out[128];
	CK_ULONG len = sizeof out;

	for (int i = 0; i < 3; i++) {
		p11_is(CKR_KEY_UNEXTRACTABLE, p11->C_WrapKey(s, ways[i], kek, priv, out, &len));
		p11_is(CKR_KEY_UNEXTRACTABLE, p11->C_WrapKey(s, ways[i], kek, priv, NULL, &len));
	}
}
END_TEST

START_TEST(an_unwrapped_private_key_is_closed_and_stays)
{
	struct sg_bytes wrapped = wrap_bytes(&p11_kwp, hex(ED25519_DER));
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE priv = 0;
	uint8_t signature[64];
	CK_BYTE value[32];
	CK_ULONG len = sizeof value;

	p11_ulong(&t, CKA_CLASS, CKO_PRIVATE_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_EC_EDWARDS);
	p11_bool(&t, CKA_TOKEN, true);
	p11_text(&t, CKA_LABEL, "unwrapped");
	p11_ok(p11->C_UnwrapKey(s, &p11_kwp, kek, (CK_BYTE *)wrapped.data, wrapped.len, t.attr, t.n,
	                        &priv));
	p11_is(CKR_ATTRIBUTE_SENSITIVE, p11_get(s, priv, CKA_VALUE, value, &len));
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(0);
	priv = p11_find_label(s, CKO_PRIVATE_KEY, "unwrapped");
	p11_ok(p11_sign(s, priv, "hello", signature));
	p11_ok(p11_verify(s, p11_import_point(s, hex(POINT)), "hello", signature));
}
END_TEST

START_TEST(gcm_wraps_as_it_encrypts)
{
	CK_OBJECT_HANDLE key;
	CK_BYTE out[600], text[512];

	memset(text, 'k', sizeof text);
	for (CK_ULONG n = 1; n <= sizeof text; n = n < 40 ? n + 1 : n * 2 - 1) {
		struct sg_bytes wrapped = wrap_bytes(&gcm, sg_bytes(text, n));
		CK_ULONG len = sizeof out;

		p11_ok(p11->C_EncryptInit(s, &gcm, kek));
		p11_ok(p11->C_Encrypt(s, text, n, out, &len));
		assert_bytes(wrapped, sg_bytes(out, len));
		p11_ok(unwrap(&gcm, wrapped, CKO_SECRET_KEY, CKK_GENERIC_SECRET, &key));
		require_value(key, sg_bytes(text, n));
	}
}
END_TEST

START_TEST(gcm_notices_every_change)
{
	struct sg_bytes wrapped = wrap_bytes(&gcm, repeat('k', 32));
	CK_OBJECT_HANDLE key;

	for (size_t i = 0; i < wrapped.len; i++) {
		((uint8_t *)wrapped.data)[i] ^= 1;
		p11_is(CKR_WRAPPED_KEY_INVALID,
		       unwrap(&gcm, wrapped, CKO_SECRET_KEY, CKK_AES, &key));
		((uint8_t *)wrapped.data)[i] ^= 1;
	}
	p11_ok(unwrap(&gcm, wrapped, CKO_SECRET_KEY, CKK_AES, &key));
	gcm_params.ulAADLen--;
	p11_is(CKR_WRAPPED_KEY_INVALID, unwrap(&gcm, wrapped, CKO_SECRET_KEY, CKK_AES, &key));
	gcm_params.ulAADLen++;
	for (size_t len = 0; len <= 16; len++)
		p11_is(CKR_WRAPPED_KEY_LEN_RANGE,
		       unwrap(&gcm, sg_bytes(wrapped.data, len), CKO_SECRET_KEY, CKK_AES, &key));
	p11_is(CKR_WRAPPED_KEY_INVALID,
	       unwrap(&gcm, sg_bytes(wrapped.data, 47), CKO_SECRET_KEY, CKK_AES, &key));
}
END_TEST

START_TEST(gcm_needs_its_parameter_and_a_key_that_may)
{
	CK_OBJECT_HANDLE key = import_secret(CKK_GENERIC_SECRET, repeat('k', 32)), plain = 0, made;
	CK_MECHANISM bare = { CKM_AES_GCM, NULL, 0 };
	struct p11_template t = { 0 };
	CK_BYTE out[64];
	CK_ULONG len = sizeof out;

	p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_WrapKey(s, &bare, kek, key, out, &len));
	gcm_params.ulTagBits = 64;
	p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_WrapKey(s, &gcm, kek, key, out, &len));
	gcm_params.ulTagBits = 96;
	p11_ok(p11->C_WrapKey(s, &gcm, kek, key, out, &len));
	ck_assert_uint_eq(len, 44);
	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &plain));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, p11->C_WrapKey(s, &gcm, plain, key, out, &len));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED,
	       p11->C_UnwrapKey(s, &gcm, plain, out, 44, NULL, 0, &made));
	p11_is(CKR_WRAPPING_KEY_TYPE_INCONSISTENT, p11->C_WrapKey(s, &gcm, key, key, out, &len));
}
END_TEST

static const CK_KEY_TYPE secret_types[] = {
	CKK_GENERIC_SECRET, CKK_HKDF, CKK_SHA256_HMAC, CKK_SHA384_HMAC, CKK_SHA512_HMAC, CKK_AES,
};

START_TEST(secret_keys_of_every_type_come_back)
{
	CK_OBJECT_HANDLE key = import_secret(secret_types[_i], repeat('k', 32)), back;

	for (int i = 0; i < 3; i++) {
		p11_ok(unwrap(ways[i], wrap(ways[i], key), CKO_SECRET_KEY, secret_types[_i], &back));
		require_value(back, repeat('k', 32));
		ck_assert_uint_eq(p11_get_ulong(s, back, CKA_KEY_TYPE), secret_types[_i]);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s_ = suite_create("wrap_private");
	TCase *tc = tcase_create("wrap_private");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	suite_add_tcase(s_, tc);
	tcase_add_loop_test(tc, a_private_key_is_wrapped_as_pkcs8, 0, 2);
	tcase_add_loop_test(tc, pkcs8_is_unwrapped_to_a_private_key, 0, 2);
	tcase_add_test(tc, version_2_brings_a_public_key_that_must_match);
	tcase_add_test(tc, what_is_no_private_key_is_an_invalid_key);
	tcase_add_loop_test(tc, only_an_extractable_private_key_is_wrapped, 0, 2);
	tcase_add_test(tc, an_unwrapped_private_key_is_closed_and_stays);
	tcase_add_test(tc, gcm_wraps_as_it_encrypts);
	tcase_add_test(tc, gcm_notices_every_change);
	tcase_add_test(tc, gcm_needs_its_parameter_and_a_key_that_may);
	tcase_add_loop_test(tc, secret_keys_of_every_type_come_back, 0, 6);
	return s_;
}

int main(void)
{
	return test_run(suite());
}
