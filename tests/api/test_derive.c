/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. C_DeriveKey with HKDF, and what a derived key inherits.
 */
#include <string.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

#define IKM1 "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
#define PRK1 "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"
#define OKM1 "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"

static CK_SESSION_HANDLE s;
static CK_HKDF_PARAMS params;
static CK_MECHANISM derive = { CKM_HKDF_DERIVE, &params, sizeof params };
static CK_MECHANISM data = { CKM_HKDF_DATA, &params, sizeof params };

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
	/* [RFC 5869 §A.1] */
	params = (CK_HKDF_PARAMS){
		.bExtract = CK_TRUE, .bExpand = CK_TRUE, .prfHashMechanism = CKM_SHA256,
		.ulSaltType = CKF_HKDF_SALT_DATA,
		.pSalt = (CK_BYTE *)hex("000102030405060708090a0b0c").data, .ulSaltLen = 13,
		.pInfo = (CK_BYTE *)hex("f0f1f2f3f4f5f6f7f8f9").data, .ulInfoLen = 10,
	};
}

static CK_OBJECT_HANDLE import_more(CK_KEY_TYPE type, struct sg_bytes value,
                                    struct p11_template *t)
{
	CK_OBJECT_HANDLE key = 0;

	p11_ulong(t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(t, CKA_KEY_TYPE, type);
	p11_bytes(t, CKA_VALUE, value.data, value.len);
	p11_ok(p11->C_CreateObject(s, t->attr, t->n, &key));
	return key;
}

/* Import a secret key that may derive. */
static CK_OBJECT_HANDLE import(CK_KEY_TYPE type, struct sg_bytes value)
{
	struct p11_template t = { 0 };

	p11_bool(&t, CKA_DERIVE, true);
	return import_more(type, value, &t);
}

/* Import a seed that may derive. */
static CK_OBJECT_HANDLE import_seed(uint8_t byte)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key = 0;

	p11_ulong(&t, CKA_CLASS, CKO_PRIVATE_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_EC_EDWARDS);
	p11_bytes(&t, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	p11_bytes(&t, CKA_VALUE, repeat(byte, 32).data, 32);
	p11_bool(&t, CKA_DERIVE, true);
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &key));
	return key;
}

static CK_RV derive_with(CK_MECHANISM *m, CK_OBJECT_HANDLE base, struct p11_template *t,
                         CK_OBJECT_HANDLE *key)
{
	return p11->C_DeriveKey(s, m, base, t->attr, t->n, key);
}

/* Derive a key that shows its value, of a type and length. */
static CK_RV derive_shown(CK_OBJECT_HANDLE base, CK_KEY_TYPE type, CK_ULONG len,
                          CK_OBJECT_HANDLE *key)
{
	struct p11_template t = { 0 };

	p11_ulong(&t, CKA_KEY_TYPE, type);
	if (len > 0)
		p11_ulong(&t, CKA_VALUE_LEN, len);
	p11_bool(&t, CKA_SENSITIVE, false);
	p11_bool(&t, CKA_EXTRACTABLE, true);
	return derive_with(&derive, base, &t, key);
}

static void require_value(CK_OBJECT_HANDLE key, struct sg_bytes value)
{
	static CK_BYTE out[20000];
	CK_ULONG len = sizeof out;

	p11_ok(p11_get(s, key, CKA_VALUE, out, &len));
	assert_bytes(sg_bytes(out, len), value);
}

START_TEST(the_vector_of_rfc_5869_derives)
{
	CK_OBJECT_HANDLE base = import(CKK_HKDF, hex(IKM1)), key;

	p11_ok(derive_shown(base, CKK_GENERIC_SECRET, 42, &key));
	require_value(key, hex(OKM1));
	p11_ok(derive_shown(import(CKK_GENERIC_SECRET, hex(IKM1)), CKK_GENERIC_SECRET, 42, &key));
	require_value(key, hex(OKM1));
	p11_ok(derive_shown(base, CKK_AES, 32, &key));
	require_value(key, sg_bytes(hex(OKM1).data, 32));
}
END_TEST

START_TEST(the_two_steps_can_be_made_one_by_one)
{
	CK_OBJECT_HANDLE base = import(CKK_HKDF, hex(IKM1)), prk, key;
	struct p11_template t = { 0 };

	params.bExpand = CK_FALSE;
	p11_ok(derive_shown(base, CKK_HKDF, 0, &prk));
	require_value(prk, hex(PRK1));
	ck_assert_uint_eq(p11_get_ulong(s, prk, CKA_VALUE_LEN), 32);
	p11_ok(derive_shown(base, CKK_HKDF, 32, &prk));
	p11_is(CKR_KEY_SIZE_RANGE, derive_shown(base, CKK_HKDF, 31, &prk));
	p11_ulong(&t, CKA_KEY_TYPE, CKK_HKDF);
	p11_bool(&t, CKA_DERIVE, true);
	p11_ok(derive_with(&derive, base, &t, &prk));
	params.bExpand = CK_TRUE;
	params.bExtract = CK_FALSE;
	p11_ok(derive_shown(prk, CKK_GENERIC_SECRET, 42, &key));
	require_value(key, hex(OKM1));
	/* The salt is not looked at without an extraction. */
	params.ulSaltType = 77;
	p11_ok(derive_shown(prk, CKK_GENERIC_SECRET, 42, &key));
	require_value(key, hex(OKM1));
}
END_TEST

START_TEST(the_salt_may_be_a_key)
{
	CK_OBJECT_HANDLE base = import(CKK_HKDF, hex(IKM1)), key;

	params.ulSaltType = CKF_HKDF_SALT_KEY;
	params.hSaltKey = import(CKK_GENERIC_SECRET, hex("000102030405060708090a0b0c"));
	p11_ok(derive_shown(base, CKK_GENERIC_SECRET, 42, &key));
	require_value(key, hex(OKM1));
}
END_TEST

START_TEST(a_salt_key_must_be_there_and_allow_it)
{
	CK_OBJECT_HANDLE base = import(CKK_HKDF, hex(IKM1)), key;
	struct p11_template t = { 0 };

	params.ulSaltType = CKF_HKDF_SALT_KEY;
	params.hSaltKey = 0;
	p11_is(CKR_MECHANISM_PARAM_INVALID, derive_shown(base, CKK_GENERIC_SECRET, 42, &key));
	params.hSaltKey = 4711;
	p11_is(CKR_KEY_HANDLE_INVALID, derive_shown(base, CKK_GENERIC_SECRET, 42, &key));
	params.hSaltKey = import(CKK_SHA256_HMAC, hex(IKM1));
	p11_is(CKR_KEY_TYPE_INCONSISTENT, derive_shown(base, CKK_GENERIC_SECRET, 42, &key));
	params.hSaltKey = import_more(CKK_HKDF, hex(IKM1), &t);
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, derive_shown(base, CKK_GENERIC_SECRET, 42, &key));
}
END_TEST

/* Else a base key of the caller's own would bring out what the template keeps in. */
START_TEST(a_key_with_a_template_for_derived_keys_is_no_salt)
{
	CK_OBJECT_HANDLE base = import(CKK_HKDF, hex(IKM1)), key;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE nested[] = { { CKA_EXTRACTABLE, &no, 1 } };
	struct p11_template t = { 0 };

	p11_bool(&t, CKA_DERIVE, yes);
	p11_bytes(&t, CKA_DERIVE_TEMPLATE, nested, sizeof nested);
	params.ulSaltType = CKF_HKDF_SALT_KEY;
	params.hSaltKey = import_more(CKK_HKDF, hex(IKM1), &t);
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, derive_shown(base, CKK_GENERIC_SECRET, 42, &key));
}
END_TEST

START_TEST(no_salt_is_a_salt_of_zeros)
{
	CK_OBJECT_HANDLE base = import(CKK_HKDF, hex(IKM1)), key;

	/* [RFC 5869 §A.3] */
	params.ulSaltType = CKF_HKDF_SALT_NULL;
	params.pInfo = NULL;
	params.ulInfoLen = 0;
	p11_ok(derive_shown(base, CKK_GENERIC_SECRET, 42, &key));
	require_value(key, hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
	                       "9d201395faa4b61a96c8"));
	params.ulSaltType = CKF_HKDF_SALT_DATA;
	params.pSalt = NULL;
	params.ulSaltLen = 0;
	p11_ok(derive_shown(base, CKK_GENERIC_SECRET, 42, &key));
}
END_TEST

/* The key of an offline cache of secrets, as clients make it of their machine's seed; the
 * value was made with OpenSSL's HKDF. */
START_TEST(a_cache_key_comes_out_of_a_seed_that_stays)
{
	CK_OBJECT_HANDLE base = import_seed(0x42), key;
	const struct sg_bytes want =
		hex("06db0d9945104e3582c73b581b5378a7d1e36e05c3115d153ff6a2f3b3ec8ae9");

	params.pSalt = (CK_BYTE *)"vault_golden";
	params.ulSaltLen = 12;
	params.pInfo = (CK_BYTE *)"sikkerkey-cache-v1";
	params.ulInfoLen = 18;
	p11_ok(derive_shown(base, CKK_AES, 32, &key));
	require_value(key, want);
	ck_assert(!p11_get_bool(s, base, CKA_EXTRACTABLE));
}
END_TEST

START_TEST(the_same_bytes_come_as_data)
{
	CK_OBJECT_HANDLE base = import_seed(0x42), object;
	struct p11_template t = { 0 };

	params.pSalt = (CK_BYTE *)"vault_golden";
	params.ulSaltLen = 12;
	params.pInfo = (CK_BYTE *)"sikkerkey-cache-v1";
	params.ulInfoLen = 18;
	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_text(&t, CKA_LABEL, "cache");
	p11_ok(derive_with(&data, base, &t, &object));
	require_value(object, hex("06db0d9945104e3582c73b581b5378a7d1e36e05c3115d153ff6a2f3b3ec8ae9"));
	ck_assert_uint_eq(p11_get_ulong(s, object, CKA_CLASS), CKO_DATA);
	ck_assert(p11_get_bool(s, object, CKA_PRIVATE));
}
END_TEST

START_TEST(data_of_every_length_is_the_beginning_of_the_longest)
{
	CK_OBJECT_HANDLE base = import(CKK_HKDF, hex(IKM1)), object;
	static CK_BYTE all[255 * 32], some[255 * 32];

	for (CK_ULONG len = sizeof all; len > 0; len = len > 80 ? len / 2 : len - 1) {
		struct p11_template t = { 0 };
		CK_ULONG got = sizeof some;

		p11_ulong(&t, CKA_VALUE_LEN, len);
		p11_ok(derive_with(&data, base, &t, &object));
		p11_ok(p11_get(s, object, CKA_VALUE, some, &got));
		ck_assert_uint_eq(got, len);
		if (len == sizeof all)
			memcpy(all, some, sizeof all);
		ck_assert_mem_eq(all, some, len);
		p11_ok(p11->C_DestroyObject(s, object));
	}
}
END_TEST

START_TEST(a_seed_is_only_used_through_both_steps)
{
	CK_OBJECT_HANDLE base = import_seed(1), key;

	params.bExpand = CK_FALSE;
	p11_is(CKR_MECHANISM_PARAM_INVALID, derive_shown(base, CKK_HKDF, 0, &key));
	params.bExpand = CK_TRUE;
	params.bExtract = CK_FALSE;
	p11_is(CKR_MECHANISM_PARAM_INVALID, derive_shown(base, CKK_HKDF, 32, &key));
}
END_TEST

START_TEST(what_lies_between_the_steps_is_no_data)
{
	CK_OBJECT_HANDLE base = import(CKK_HKDF, hex(IKM1)), object;
	struct p11_template t = { 0 };

	params.bExpand = CK_FALSE;
	p11_is(CKR_MECHANISM_PARAM_INVALID, derive_with(&data, base, &t, &object));
}
END_TEST

START_TEST(the_base_key_is_of_a_kind_that_may)
{
	CK_OBJECT_HANDLE key, pub, priv;
	struct p11_template t = { 0 };

	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED,
	       derive_shown(import_more(CKK_HKDF, hex(IKM1), &t), CKK_AES, 32, &key));
	p11_is(CKR_KEY_TYPE_INCONSISTENT,
	       derive_shown(import(CKK_AES, repeat(1, 32)), CKK_AES, 32, &key));
	p11_is(CKR_KEY_TYPE_INCONSISTENT,
	       derive_shown(import(CKK_SHA256_HMAC, repeat(1, 32)), CKK_AES, 32, &key));
	p11_is(CKR_KEY_HANDLE_INVALID, derive_shown(0, CKK_AES, 32, &key));
	p11_is(CKR_KEY_HANDLE_INVALID, derive_shown(4711, CKK_AES, 32, &key));
	p11_make_pair(s, NULL, &pub, &priv);
	p11_is(CKR_KEY_TYPE_INCONSISTENT, derive_shown(pub, CKK_AES, 32, &key));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, derive_shown(priv, CKK_AES, 32, &key));
}
END_TEST

START_TEST(a_short_key_to_expand_is_refused)
{
	CK_OBJECT_HANDLE key;

	params.bExtract = CK_FALSE;
	p11_is(CKR_KEY_SIZE_RANGE, derive_shown(import(CKK_HKDF, repeat(1, 31)), CKK_AES, 32, &key));
	p11_ok(derive_shown(import(CKK_HKDF, repeat(1, 32)), CKK_AES, 32, &key));
}
END_TEST

START_TEST(lengths_have_their_limits)
{
	CK_OBJECT_HANDLE base = import(CKK_HKDF, hex(IKM1)), key;
	struct p11_template long_data = { 0 };

	p11_is(CKR_TEMPLATE_INCOMPLETE, derive_shown(base, CKK_AES, 0, &key));
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, derive_shown(base, CKK_AES, 31, &key));
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, derive_shown(base, CKK_GENERIC_SECRET, 513, &key));
	p11_is(CKR_KEY_SIZE_RANGE, derive_shown(base, CKK_GENERIC_SECRET, 15, &key));
	p11_is(CKR_KEY_SIZE_RANGE, derive_shown(base, CKK_SHA256_HMAC, 1, &key));
	p11_ok(derive_shown(base, CKK_GENERIC_SECRET, 16, &key));
	p11_ulong(&long_data, CKA_VALUE_LEN, 255 * 32 + 1);
	p11_is(CKR_KEY_SIZE_RANGE, derive_with(&data, base, &long_data, &key));
}
END_TEST

START_TEST(bad_parameters_are_refused)
{
	CK_OBJECT_HANDLE base = import(CKK_HKDF, hex(IKM1)), key;
	const CK_HKDF_PARAMS good = params;

#define REFUSED(change) \
	params = good; \
	change; \
	p11_is(CKR_MECHANISM_PARAM_INVALID, derive_shown(base, CKK_AES, 32, &key))

	REFUSED(params.bExtract = params.bExpand = CK_FALSE);
	REFUSED(params.bExtract = 2);
	REFUSED(params.bExpand = 0xff);
	REFUSED(params.prfHashMechanism = CKM_SHA_1);
	REFUSED(params.prfHashMechanism = CKM_SHA256_HMAC);
	REFUSED(params.ulSaltType = 0);
	REFUSED(params.ulSaltType = CKF_HKDF_SALT_DATA | CKF_HKDF_SALT_KEY);
	REFUSED(params.pSalt = NULL);
	REFUSED(params.pInfo = NULL);
	REFUSED(params.ulSaltLen = ~0UL);
	REFUSED(params.ulInfoLen = ~0UL);
	params = good;
	for (CK_ULONG len = 0; len < 2 * sizeof params; len++) {
		static CK_HKDF_PARAMS room[2];
		CK_MECHANISM m = { CKM_HKDF_DERIVE, room, len };
		struct p11_template t = { 0 };

		room[0] = params;
		p11_ulong(&t, CKA_VALUE_LEN, 32);
		p11_is(len == sizeof params ? CKR_OK : CKR_MECHANISM_PARAM_INVALID,
		       derive_with(&m, base, &t, &key));
	}
	p11_is(CKR_ARGUMENTS_BAD, p11->C_DeriveKey(s, NULL, base, NULL, 0, &key));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_DeriveKey(s, &derive, base, NULL, 0, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_DeriveKey(s, &derive, base, NULL, 1, &key));
	p11_is(CKR_MECHANISM_INVALID, p11->C_DeriveKey(s, &p11_eddsa, base, NULL, 0, &key));
	p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_DeriveKey(~s, &derive, base, NULL, 0, &key));
}
END_TEST

START_TEST(templates_are_those_of_secret_keys)
{
	CK_OBJECT_HANDLE base = import(CKK_HKDF, hex(IKM1)), key;
	struct p11_template no_type = { 0 }, class = { 0 }, value = { 0 };

	p11_ulong(&no_type, CKA_VALUE_LEN, 20);
	p11_ok(derive_with(&derive, base, &no_type, &key));
	ck_assert_uint_eq(p11_get_ulong(s, key, CKA_KEY_TYPE), CKK_GENERIC_SECRET);
	ck_assert_uint_eq(p11_get_ulong(s, key, CKA_VALUE_LEN), 20);
	ck_assert(!p11_get_bool(s, key, CKA_LOCAL));
	ck_assert_uint_eq(p11_get_ulong(s, key, CKA_KEY_GEN_MECHANISM), CK_UNAVAILABLE_INFORMATION);
	p11_ulong(&class, CKA_CLASS, CKO_PRIVATE_KEY);
	p11_is(CKR_TEMPLATE_INCONSISTENT, derive_with(&derive, base, &class, &key));
	p11_bytes(&value, CKA_VALUE, IKM1, 32);
	p11_is(CKR_TEMPLATE_INCONSISTENT, derive_with(&derive, base, &value, &key));
}
END_TEST

/* Make a base key in the token, sensitive or not, extractable or not. */
static CK_OBJECT_HANDLE generate(bool sensitive, bool extractable)
{
	CK_MECHANISM m = { CKM_HKDF_KEY_GEN, NULL, 0 };
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key = 0;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_DERIVE, true);
	p11_bool(&t, CKA_SENSITIVE, sensitive);
	p11_bool(&t, CKA_EXTRACTABLE, extractable);
	p11_ok(p11->C_GenerateKey(s, &m, t.attr, t.n, &key));
	return key;
}

START_TEST(a_derived_key_has_the_history_of_its_base)
{
	for (int i = 0; i < 16; i++) {
		bool base_sensitive = i & 1, base_extractable = i & 2, sensitive = i & 4,
		     extractable = i & 8;
		struct p11_template t = { 0 };
		CK_OBJECT_HANDLE key;

		p11_ulong(&t, CKA_VALUE_LEN, 32);
		p11_bool(&t, CKA_SENSITIVE, sensitive);
		p11_bool(&t, CKA_EXTRACTABLE, extractable);
		p11_ok(derive_with(&derive, generate(base_sensitive, base_extractable), &t, &key));
		ck_assert(p11_get_bool(s, key, CKA_ALWAYS_SENSITIVE) == (base_sensitive && sensitive));
		ck_assert(p11_get_bool(s, key, CKA_NEVER_EXTRACTABLE) ==
		          (!base_extractable && !extractable));
	}
}
END_TEST

START_TEST(a_derived_key_can_stay_in_the_token)
{
	CK_OBJECT_HANDLE base = import(CKK_HKDF, hex(IKM1)), key;
	struct p11_template t = { 0 };

	p11_ulong(&t, CKA_VALUE_LEN, 42);
	p11_bool(&t, CKA_TOKEN, true);
	p11_text(&t, CKA_LABEL, "derived");
	p11_bool(&t, CKA_SENSITIVE, false);
	p11_bool(&t, CKA_EXTRACTABLE, true);
	p11_ok(derive_with(&derive, base, &t, &key));
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(0);
	require_value(p11_find_label(s, CKO_SECRET_KEY, "derived"), hex(OKM1));
}
END_TEST

START_TEST(a_read_only_session_keeps_nothing)
{
	CK_OBJECT_HANDLE base = import(CKK_HKDF, hex(IKM1)), key;
	CK_SESSION_HANDLE reader = p11_open(0);
	struct p11_template t = { 0 };

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_is(CKR_SESSION_READ_ONLY, p11->C_DeriveKey(reader, &derive, base, t.attr, t.n, &key));
}
END_TEST

static const struct {
	CK_MECHANISM_TYPE mechanism;
	CK_KEY_TYPE type;
	bool signs;
} generators[] = {
	{ CKM_GENERIC_SECRET_KEY_GEN, CKK_GENERIC_SECRET, false },
	{ CKM_HKDF_KEY_GEN, CKK_HKDF, false },
	{ CKM_SHA256_KEY_GEN, CKK_SHA256_HMAC, true },
	{ CKM_SHA384_KEY_GEN, CKK_SHA384_HMAC, true },
	{ CKM_SHA512_KEY_GEN, CKK_SHA512_HMAC, true },
};

START_TEST(keys_are_made_in_every_length)
{
	CK_MECHANISM m = { generators[_i].mechanism, NULL, 0 };
	CK_OBJECT_HANDLE key;

	for (CK_ULONG len = 0; len <= 513; len = len < 34 ? len + 1 : len * 2 - 33) {
		struct p11_template t = { 0 };
		CK_RV rv;

		p11_ulong(&t, CKA_VALUE_LEN, len);
		rv = p11->C_GenerateKey(s, &m, t.attr, t.n, &key);
		p11_is(len == 0 || len > 512 ? CKR_ATTRIBUTE_VALUE_INVALID : CKR_OK, rv);
		if (rv != CKR_OK)
			continue;
		ck_assert_uint_eq(p11_get_ulong(s, key, CKA_VALUE_LEN), len);
		ck_assert_uint_eq(p11_get_ulong(s, key, CKA_KEY_TYPE), generators[_i].type);
		ck_assert_uint_eq(p11_get_ulong(s, key, CKA_KEY_GEN_MECHANISM), m.mechanism);
		ck_assert(p11_get_bool(s, key, CKA_LOCAL));
		ck_assert(p11_get_bool(s, key, CKA_SIGN) == generators[_i].signs);
	}
	p11_is(CKR_TEMPLATE_INCOMPLETE, p11->C_GenerateKey(s, &m, NULL, 0, &key));
}
END_TEST

START_TEST(two_keys_are_two_keys)
{
	CK_MECHANISM m = { generators[_i].mechanism, NULL, 0 };
	CK_BYTE value[2][32];

	for (int i = 0; i < 2; i++) {
		struct p11_template t = { 0 };
		CK_ULONG len = 32;
		CK_OBJECT_HANDLE key;

		p11_ulong(&t, CKA_VALUE_LEN, 32);
		p11_bool(&t, CKA_SENSITIVE, false);
		p11_bool(&t, CKA_EXTRACTABLE, true);
		p11_ok(p11->C_GenerateKey(s, &m, t.attr, t.n, &key));
		p11_ok(p11_get(s, key, CKA_VALUE, value[i], &len));
		ck_assert_uint_eq(len, 32);
	}
	ck_assert_mem_ne(value[0], value[1], 32);
}
END_TEST

START_TEST(mechanisms_are_described)
{
	CK_MECHANISM_INFO info;

	p11_ok(p11->C_GetMechanismInfo(0, CKM_HKDF_DERIVE, &info));
	ck_assert_uint_eq(info.flags, CKF_DERIVE);
	p11_ok(p11->C_GetMechanismInfo(0, CKM_HKDF_DATA, &info));
	ck_assert_uint_eq(info.flags, CKF_DERIVE);
	p11_ok(p11->C_GetMechanismInfo(0, CKM_GENERIC_SECRET_KEY_GEN, &info));
	ck_assert_uint_eq(info.flags, CKF_GENERATE);
	ck_assert_uint_eq(info.ulMinKeySize, 8);
	ck_assert_uint_eq(info.ulMaxKeySize, 4096);
}
END_TEST

static Suite *suite(void)
{
	Suite *s_ = suite_create("derive");
	TCase *tc = tcase_create("derive");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	suite_add_tcase(s_, tc);
	tcase_add_test(tc, the_vector_of_rfc_5869_derives);
	tcase_add_test(tc, the_two_steps_can_be_made_one_by_one);
	tcase_add_test(tc, the_salt_may_be_a_key);
	tcase_add_test(tc, a_salt_key_must_be_there_and_allow_it);
	tcase_add_test(tc, a_key_with_a_template_for_derived_keys_is_no_salt);
	tcase_add_test(tc, no_salt_is_a_salt_of_zeros);
	tcase_add_test(tc, a_cache_key_comes_out_of_a_seed_that_stays);
	tcase_add_test(tc, the_same_bytes_come_as_data);
	tcase_add_test(tc, data_of_every_length_is_the_beginning_of_the_longest);
	tcase_add_test(tc, a_seed_is_only_used_through_both_steps);
	tcase_add_test(tc, what_lies_between_the_steps_is_no_data);
	tcase_add_test(tc, the_base_key_is_of_a_kind_that_may);
	tcase_add_test(tc, a_short_key_to_expand_is_refused);
	tcase_add_test(tc, lengths_have_their_limits);
	tcase_add_test(tc, bad_parameters_are_refused);
	tcase_add_test(tc, templates_are_those_of_secret_keys);
	tcase_add_test(tc, a_derived_key_has_the_history_of_its_base);
	tcase_add_test(tc, a_derived_key_can_stay_in_the_token);
	tcase_add_test(tc, a_read_only_session_keeps_nothing);
	tcase_add_loop_test(tc, keys_are_made_in_every_length, 0, 5);
	tcase_add_loop_test(tc, two_keys_are_two_keys, 0, 5);
	tcase_add_test(tc, mechanisms_are_described);
	return s_;
}

int main(void)
{
	return test_run(suite());
}
