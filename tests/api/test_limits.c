/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What keeps a key from being used, on a machine token: allowed mechanisms, dates, and
 * the templates that a key has for those that it wraps and unwraps.
 */
#include <string.h>
#include <time.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

#define DAY 86400

static CK_SESSION_HANDLE s;
static CK_BYTE wrapped[64];
static CK_ULONG wrapped_len;

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
}

/* The start of an AES key's template: a key of this value for other keys. */
static void aes_for_keys(struct p11_template *t, char value)
{
	p11_ulong(t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(t, CKA_KEY_TYPE, CKK_AES);
	p11_bytes(t, CKA_VALUE, repeat((uint8_t)value, 32).data, 32);
	p11_bool(t, CKA_WRAP, true);
	p11_bool(t, CKA_UNWRAP, true);
	p11_bool(t, CKA_EXTRACTABLE, true);
}

/* The same for one that may do everything. */
static void aes(struct p11_template *t, char value)
{
	aes_for_keys(t, value);
	p11_bool(t, CKA_ENCRYPT, true);
	p11_bool(t, CKA_DECRYPT, true);
}

static CK_OBJECT_HANDLE create(struct p11_template *t)
{
	CK_OBJECT_HANDLE key = 0;

	p11_ok(p11->C_CreateObject(s, t->attr, t->n, &key));
	return key;
}

static CK_OBJECT_HANDLE plain_key(void)
{
	return p11_import_aes(s, repeat('p', 32));
}

static CK_RV wrap(CK_OBJECT_HANDLE wrapping, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	wrapped_len = sizeof wrapped;
	return p11->C_WrapKey(s, mechanism, wrapping, key, wrapped, &wrapped_len);
}

/* Unwrap what was wrapped last. */
static CK_RV unwrap(CK_OBJECT_HANDLE unwrapping, CK_MECHANISM *mechanism, struct p11_template *t,
                    CK_OBJECT_HANDLE *key)
{
	*key = 0;
	return p11->C_UnwrapKey(s, mechanism, unwrapping, wrapped, wrapped_len, t->attr, t->n, key);
}

static CK_RV gcm_begin(CK_OBJECT_HANDLE key, bool encrypt)
{
	static CK_BYTE iv[12];
	CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = 12, .ulIvBits = 96, .ulTagBits = 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };

	return encrypt ? p11->C_EncryptInit(s, &gcm, key) : p11->C_DecryptInit(s, &gcm, key);
}

/* --- CKA_ALLOWED_MECHANISMS --- */

START_TEST(a_key_is_used_with_the_mechanisms_that_it_names)
{
	CK_MECHANISM_TYPE allowed[] = { CKM_AES_KEY_WRAP_KWP };
	CK_OBJECT_HANDLE key, out, other = plain_key();
	struct p11_template t = { 0 }, secret = { 0 };

	aes(&t, 'k');
	p11_bytes(&t, CKA_ALLOWED_MECHANISMS, allowed, sizeof allowed);
	key = create(&t);
	p11_ulong(&secret, CKA_KEY_TYPE, CKK_AES);
	p11_ok(wrap(key, &p11_kwp, other));
	p11_ok(unwrap(key, &p11_kwp, &secret, &out));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, wrap(key, &p11_kw, other));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, unwrap(key, &p11_kw, &secret, &out));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, gcm_begin(key, true));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, gcm_begin(key, false));
	p11_ok(gcm_begin(other, true));
}
END_TEST

START_TEST(halves_of_a_pair_name_their_own_mechanisms)
{
	CK_MECHANISM_TYPE eddsa[] = { CKM_EDDSA }, ecdsa[] = { CKM_ECDSA };
	struct p11_template pub = { 0 }, priv = { 0 };
	CK_OBJECT_HANDLE public, private;
	uint8_t signature[64];

	p11_bytes(&pub, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	p11_bytes(&pub, CKA_ALLOWED_MECHANISMS, ecdsa, sizeof ecdsa);
	p11_bytes(&priv, CKA_ALLOWED_MECHANISMS, eddsa, sizeof eddsa);
	p11_ok(p11->C_GenerateKeyPair(s, &p11_pair_gen, pub.attr, pub.n, priv.attr, priv.n, &public,
	                              &private));
	p11_ok(p11_sign(s, private, "x", signature));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, p11_verify(s, public, "x", signature));
}
END_TEST

START_TEST(allowed_mechanisms_are_read_back_and_do_not_change)
{
	CK_MECHANISM_TYPE allowed[] = { CKM_AES_GCM, CKM_AES_KEY_WRAP }, out[3] = { 0 };
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key;
	CK_ULONG len = 0;

	aes(&t, 'k');
	p11_bytes(&t, CKA_ALLOWED_MECHANISMS, allowed, sizeof allowed);
	p11_bool(&t, CKA_TOKEN, true);
	p11_text(&t, CKA_LABEL, "limited");
	create(&t);
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	key = p11_find_label(s, CKO_SECRET_KEY, "limited");
	p11_ok(p11_get(s, key, CKA_ALLOWED_MECHANISMS, NULL, &len));
	ck_assert_uint_eq(len, sizeof allowed);
	len = sizeof allowed - 1;
	p11_is(CKR_BUFFER_TOO_SMALL, p11_get(s, key, CKA_ALLOWED_MECHANISMS, out, &len));
	len = sizeof out;
	p11_ok(p11_get(s, key, CKA_ALLOWED_MECHANISMS, out, &len));
	ck_assert_mem_eq(out, allowed, sizeof allowed);
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, key, CKA_ALLOWED_MECHANISMS, allowed, 8));
	p11_ok(gcm_begin(key, true));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, wrap(key, &p11_kwp, plain_key()));
}
END_TEST

/* --- dates --- */

/* Add a date so many days from now; two of them are never today. */
static void date(struct p11_template *t, CK_ATTRIBUTE_TYPE type, int days, char text[16])
{
	time_t moment = time(NULL) + (time_t)days * DAY;
	struct tm tm;

	ck_assert_ptr_nonnull(gmtime_r(&moment, &tm));
	ck_assert_uint_eq(strftime(text, 16, "%Y%m%d", &tm), 8);
	p11_bytes(t, type, text, 8);
}

static CK_OBJECT_HANDLE dated_key(int from, int to, CK_OBJECT_HANDLE *public)
{
	struct p11_template pub = { 0 }, priv = { 0 };
	char start[16], end[16];
	CK_OBJECT_HANDLE private;

	p11_bytes(&pub, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	date(&pub, CKA_START_DATE, from, start);
	date(&pub, CKA_END_DATE, to, end);
	date(&priv, CKA_START_DATE, from, start);
	date(&priv, CKA_END_DATE, to, end);
	p11_ok(p11->C_GenerateKeyPair(s, &p11_pair_gen, pub.attr, pub.n, priv.attr, priv.n, public,
	                              &private));
	return private;
}

START_TEST(a_key_outside_its_dates_does_not_sign)
{
	CK_OBJECT_HANDLE public;
	uint8_t signature[64];

	p11_ok(p11_sign(s, dated_key(-2, 2, &public), "x", signature));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, p11_sign(s, dated_key(2, 4, &public), "x", signature));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED,
	       p11_sign(s, dated_key(-4, -2, &public), "x", signature));
}
END_TEST

START_TEST(old_signatures_are_still_verified)
{
	CK_OBJECT_HANDLE public, private = dated_key(-4, 2, &public);
	struct p11_template t = { 0 };
	uint8_t signature[64];
	char end[16];

	p11_ok(p11_sign(s, private, "x", signature));
	date(&t, CKA_END_DATE, -2, end);
	p11_ok(p11->C_SetAttributeValue(s, private, t.attr, t.n));
	p11_ok(p11->C_SetAttributeValue(s, public, t.attr, t.n));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, p11_sign(s, private, "x", signature));
	p11_ok(p11_verify(s, public, "x", signature));
}
END_TEST

START_TEST(an_expired_key_reads_what_there_is_and_makes_nothing_new)
{
	CK_OBJECT_HANDLE key, out, other = plain_key();
	struct p11_template t = { 0 }, later = { 0 }, secret = { 0 };
	char end[16];

	aes(&t, 'k');
	key = create(&t);
	p11_ok(wrap(key, &p11_kwp, other));
	date(&later, CKA_END_DATE, -2, end);
	p11_ok(p11->C_SetAttributeValue(s, key, later.attr, later.n));
	p11_ulong(&secret, CKA_KEY_TYPE, CKK_AES);
	p11_ok(unwrap(key, &p11_kwp, &secret, &out));
	p11_ok(gcm_begin(key, false));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, wrap(key, &p11_kwp, other));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, gcm_begin(key, true));
}
END_TEST

START_TEST(one_date_alone_is_a_limit_too)
{
	struct p11_template pub = { 0 }, priv = { 0 };
	CK_OBJECT_HANDLE public, private;
	uint8_t signature[64];
	char text[16];

	p11_bytes(&pub, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	date(&priv, _i ? CKA_START_DATE : CKA_END_DATE, _i ? 2 : -2, text);
	p11_ok(p11->C_GenerateKeyPair(s, &p11_pair_gen, pub.attr, pub.n, priv.attr, priv.n, &public,
	                              &private));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, p11_sign(s, private, "x", signature));
	p11_ok(p11_set(s, private, _i ? CKA_START_DATE : CKA_END_DATE, NULL, 0));
	p11_ok(p11_sign(s, private, "x", signature));
}
END_TEST

START_TEST(dates_are_days_and_in_order)
{
	struct p11_template bad = { 0 }, order = { 0 }, good = { 0 };
	CK_OBJECT_HANDLE key;

	aes(&bad, 'k');
	p11_text(&bad, CKA_END_DATE, "20260230");
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, p11->C_CreateObject(s, bad.attr, bad.n, &key));
	aes(&order, 'k');
	p11_text(&order, CKA_START_DATE, "20260102");
	p11_text(&order, CKA_END_DATE, "20260101");
	p11_is(CKR_TEMPLATE_INCONSISTENT, p11->C_CreateObject(s, order.attr, order.n, &key));
	aes(&good, 'k');
	p11_text(&good, CKA_START_DATE, "20260101");
	key = create(&good);
	p11_is(CKR_TEMPLATE_INCONSISTENT, p11_set(s, key, CKA_END_DATE, "20251231", 8));
	p11_ok(p11_set(s, key, CKA_END_DATE, "20260101", 8));
}
END_TEST

/* --- CKA_WRAP_TEMPLATE, CKA_UNWRAP_TEMPLATE --- */

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static CK_OBJECT_HANDLE key_with(CK_ATTRIBUTE_TYPE type, const CK_ATTRIBUTE *nested, size_t n)
{
	struct p11_template t = { 0 };

	aes_for_keys(&t, 'k');
	p11_bytes(&t, type, nested, n * sizeof *nested);
	return create(&t);
}

START_TEST(only_keys_that_match_the_wrap_template_are_wrapped)
{
	CK_ATTRIBUTE nested[] = { { CKA_SENSITIVE, &yes, 1 }, { CKA_TOKEN, &no, 1 } };
	CK_OBJECT_HANDLE wrapping = key_with(CKA_WRAP_TEMPLATE, nested, 2), open;
	struct p11_template t = { 0 };

	aes(&t, 'o');
	p11_bool(&t, CKA_SENSITIVE, false);
	open = create(&t);
	p11_ok(wrap(wrapping, &p11_kwp, plain_key()));
	p11_is(CKR_KEY_HANDLE_INVALID, wrap(wrapping, &p11_kwp, open));
	wrapped_len = sizeof wrapped;
	p11_is(CKR_KEY_HANDLE_INVALID,
	       p11->C_WrapKey(s, &p11_kwp, wrapping, open, NULL, &wrapped_len));
	p11_ok(p11_set(s, open, CKA_SENSITIVE, &yes, 1));
	p11_ok(wrap(wrapping, &p11_kwp, open));
}
END_TEST

START_TEST(the_unwrap_template_is_added_to_the_new_key)
{
	CK_MECHANISM_TYPE gcm = CKM_AES_GCM;
	CK_ATTRIBUTE nested[] = {
		{ CKA_EXTRACTABLE, &no, 1 }, { CKA_MODIFIABLE, &no, 1 },
		{ CKA_ALLOWED_MECHANISMS, &gcm, sizeof gcm },
	};
	CK_OBJECT_HANDLE kek = key_with(CKA_UNWRAP_TEMPLATE, nested, 3), key;
	struct p11_template t = { 0 };

	p11_ok(wrap(kek, &p11_kwp, plain_key()));
	p11_ulong(&t, CKA_KEY_TYPE, CKK_AES);
	p11_bool(&t, CKA_WRAP, true);
	p11_bool(&t, CKA_ENCRYPT, true);
	p11_bool(&t, CKA_EXTRACTABLE, false);
	p11_ok(unwrap(kek, &p11_kwp, &t, &key));
	ck_assert(!p11_get_bool(s, key, CKA_EXTRACTABLE));
	ck_assert(!p11_get_bool(s, key, CKA_MODIFIABLE));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, wrap(key, &p11_kwp, plain_key()));
	p11_ok(gcm_begin(key, true));
	p11_is(CKR_ACTION_PROHIBITED, p11_set(s, key, CKA_WRAP, &no, 1));
}
END_TEST

/* CKM_AES_CBC decrypts the single blocks of which CKM_AES_KEY_WRAP_KWP consists. */
START_TEST(a_key_with_an_unwrap_template_never_encrypts_or_decrypts)
{
	static const CK_ATTRIBUTE_TYPE uses[] = { CKA_ENCRYPT, CKA_DECRYPT };
	CK_ATTRIBUTE nested[] = { { CKA_EXTRACTABLE, &no, 1 } };
	CK_OBJECT_HANDLE kek = key_with(CKA_UNWRAP_TEMPLATE, nested, 1), copy = 0;
	struct p11_template made = { 0 };
	CK_ATTRIBUTE use = { uses[_i], &yes, 1 };

	ck_assert(!p11_get_bool(s, kek, use.type));
	p11_is(CKR_TEMPLATE_INCONSISTENT, p11_set(s, kek, use.type, &yes, 1));
	p11_is(CKR_TEMPLATE_INCONSISTENT, p11->C_CopyObject(s, kek, &use, 1, &copy));
	aes_for_keys(&made, 'k');
	p11_bytes(&made, CKA_UNWRAP_TEMPLATE, nested, sizeof nested);
	p11_bool(&made, use.type, true);
	p11_is(CKR_TEMPLATE_INCONSISTENT, p11->C_CreateObject(s, made.attr, made.n, &copy));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, gcm_begin(kek, use.type == CKA_ENCRYPT));
}
END_TEST

START_TEST(a_key_for_keys_encrypts_and_decrypts_only_if_asked_to)
{
	struct p11_template wraps = { 0 }, unwraps = { 0 }, neither = { 0 };
	CK_OBJECT_HANDLE key = 0;

	p11_ulong(&wraps, CKA_VALUE_LEN, 32);
	p11_bool(&wraps, CKA_WRAP, true);
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, wraps.attr, wraps.n, &key));
	ck_assert(!p11_get_bool(s, key, CKA_DECRYPT) && !p11_get_bool(s, key, CKA_ENCRYPT));
	p11_ulong(&unwraps, CKA_VALUE_LEN, 32);
	p11_bool(&unwraps, CKA_UNWRAP, true);
	p11_bool(&unwraps, CKA_DECRYPT, true);
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, unwraps.attr, unwraps.n, &key));
	ck_assert(p11_get_bool(s, key, CKA_DECRYPT) && !p11_get_bool(s, key, CKA_ENCRYPT));
	p11_ulong(&neither, CKA_VALUE_LEN, 32);
	p11_bool(&neither, CKA_WRAP, false);
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, neither.attr, neither.n, &key));
	ck_assert(p11_get_bool(s, key, CKA_DECRYPT) && p11_get_bool(s, key, CKA_ENCRYPT));
}
END_TEST

START_TEST(a_conflict_with_the_unwrap_template_makes_no_key)
{
	CK_ATTRIBUTE nested[] = { { CKA_EXTRACTABLE, &no, 1 } };
	CK_OBJECT_HANDLE kek = key_with(CKA_UNWRAP_TEMPLATE, nested, 1), key;
	struct p11_template t = { 0 };
	CK_ULONG before;

	p11_ok(wrap(kek, &p11_kwp, plain_key()));
	before = p11_count(s);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_AES);
	p11_bool(&t, CKA_EXTRACTABLE, true);
	p11_is(CKR_TEMPLATE_INCONSISTENT, unwrap(kek, &p11_kwp, &t, &key));
	ck_assert_uint_eq(p11_count(s), before);
	ck_assert_uint_eq(key, 0);
}
END_TEST

/* Import a key to derive from, with a template for what is derived. */
static CK_OBJECT_HANDLE base_with(const CK_ATTRIBUTE *nested, size_t n)
{
	struct p11_template t = { 0 };

	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_GENERIC_SECRET);
	p11_bytes(&t, CKA_VALUE, repeat('b', 32).data, 32);
	p11_bool(&t, CKA_DERIVE, true);
	p11_bytes(&t, CKA_DERIVE_TEMPLATE, nested, n * sizeof *nested);
	return create(&t);
}

START_TEST(the_derive_template_is_added_to_the_new_key_or_conflicts)
{
	CK_HKDF_PARAMS params = {
		.bExpand = CK_TRUE, .prfHashMechanism = CKM_SHA256, .ulSaltType = CKF_HKDF_SALT_NULL,
	};
	CK_MECHANISM hkdf = { CKM_HKDF_DERIVE, &params, sizeof params };
	CK_KEY_TYPE type = CKK_AES;
	CK_ATTRIBUTE nested[] = {
		{ CKA_KEY_TYPE, &type, sizeof type }, { CKA_ENCRYPT, &no, 1 },
	};
	CK_OBJECT_HANDLE base = base_with(nested, 2), key;
	struct p11_template t = { 0 }, conflict = { 0 };

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_ok(p11->C_DeriveKey(s, &hkdf, base, t.attr, t.n, &key));
	ck_assert_uint_eq(p11_get_ulong(s, key, CKA_KEY_TYPE), CKK_AES);
	ck_assert(!p11_get_bool(s, key, CKA_ENCRYPT));
	p11_ulong(&conflict, CKA_VALUE_LEN, 32);
	p11_bool(&conflict, CKA_ENCRYPT, true);
	p11_is(CKR_TEMPLATE_INCONSISTENT,
	       p11->C_DeriveKey(s, &hkdf, base, conflict.attr, conflict.n, &key));
}
END_TEST

START_TEST(an_expired_key_derives_nothing)
{
	CK_HKDF_PARAMS params = {
		.bExpand = CK_TRUE, .prfHashMechanism = CKM_SHA256, .ulSaltType = CKF_HKDF_SALT_NULL,
	};
	CK_MECHANISM hkdf = { CKM_HKDF_DERIVE, &params, sizeof params };
	CK_OBJECT_HANDLE base = base_with(NULL, 0), key;
	struct p11_template t = { 0 }, later = { 0 };
	char end[16];

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_ok(p11->C_DeriveKey(s, &hkdf, base, t.attr, t.n, &key));
	date(&later, CKA_END_DATE, -2, end);
	p11_ok(p11->C_SetAttributeValue(s, base, later.attr, later.n));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED,
	       p11->C_DeriveKey(s, &hkdf, base, t.attr, t.n, &key));
}
END_TEST

START_TEST(templates_survive_in_the_store_and_are_read_in_two_steps)
{
	CK_ATTRIBUTE nested[] = { { CKA_SENSITIVE, &yes, 1 }, { CKA_LABEL, &yes, 1 } };
	CK_ATTRIBUTE out[2] = { { 0, NULL, 0 }, { 0, NULL, 0 } };
	struct p11_template t = { 0 };
	CK_BYTE label = 7;
	CK_BBOOL flag = 7;
	CK_OBJECT_HANDLE key;
	CK_ULONG len = 0;

	aes(&t, 'k');
	p11_bytes(&t, CKA_WRAP_TEMPLATE, nested, sizeof nested);
	p11_bool(&t, CKA_TOKEN, true);
	p11_text(&t, CKA_LABEL, "kek");
	create(&t);
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	key = p11_find_label(s, CKO_SECRET_KEY, "kek");
	p11_ok(p11_get(s, key, CKA_WRAP_TEMPLATE, NULL, &len));
	ck_assert_uint_eq(len, sizeof out);
	p11_ok(p11_get(s, key, CKA_WRAP_TEMPLATE, out, &len));
	ck_assert_uint_eq(out[0].type, CKA_LABEL);
	ck_assert_uint_eq(out[0].ulValueLen, 1);
	ck_assert_uint_eq(out[1].type, CKA_SENSITIVE);
	out[0].pValue = &label;
	out[1].pValue = &flag;
	p11_ok(p11_get(s, key, CKA_WRAP_TEMPLATE, out, &len));
	ck_assert_uint_eq(label, 1);
	ck_assert_uint_eq(flag, CK_TRUE);
	p11_is(CKR_KEY_HANDLE_INVALID, wrap(key, &p11_kwp, plain_key()));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, key, CKA_WRAP_TEMPLATE, NULL, 0));
}
END_TEST

START_TEST(hostile_templates_make_no_key)
{
	CK_ATTRIBUTE deep = { CKA_LABEL, NULL, 0 };
	CK_ATTRIBUTE bad[] = {
		{ CKA_LABEL, NULL, 4 }, { CKA_LABEL, &yes, ~0UL }, { CKA_VALUE, &yes, 1 },
		{ CKA_UNWRAP_TEMPLATE, &deep, sizeof deep }, { CKA_SENSITIVE, &yes, 8 },
	};
	static const CK_ATTRIBUTE_TYPE types[] = {
		CKA_WRAP_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_DERIVE_TEMPLATE,
	};
	CK_ULONG before = p11_count(s);

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		for (size_t j = 0; j < 3; j++) {
			struct p11_template t = { 0 };
			CK_OBJECT_HANDLE key;

			aes(&t, 'k');
			p11_bytes(&t, types[j], &bad[i], sizeof bad[i]);
			ck_assert_uint_ne(p11->C_CreateObject(s, t.attr, t.n, &key), CKR_OK);
		}
	ck_assert_uint_eq(p11_count(s), before);
}
END_TEST

START_TEST(arrays_are_not_searched_for)
{
	CK_MECHANISM_TYPE gcm = CKM_AES_GCM;
	CK_ATTRIBUTE nested[] = { { CKA_SENSITIVE, &yes, 1 } };
	struct p11_template t = { 0 }, mechanisms = { 0 }, template = { 0 };

	aes(&t, 'k');
	p11_bytes(&t, CKA_ALLOWED_MECHANISMS, &gcm, sizeof gcm);
	p11_bytes(&t, CKA_WRAP_TEMPLATE, nested, sizeof nested);
	create(&t);
	p11_bytes(&mechanisms, CKA_ALLOWED_MECHANISMS, &gcm, sizeof gcm);
	ck_assert_uint_eq(p11_find(s, &mechanisms, NULL, 0), 0);
	p11_bytes(&template, CKA_WRAP_TEMPLATE, nested, sizeof nested);
	ck_assert_uint_eq(p11_find(s, &template, NULL, 0), 0);
}
END_TEST

/* --- what a machine token has no one for --- */

START_TEST(nobody_is_the_officer_of_a_machine_token)
{
	CK_OBJECT_HANDLE key = plain_key(), other;
	struct p11_template t = { 0 };

	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, key, CKA_TRUSTED, &yes, 1));
	aes(&t, 'k');
	p11_bool(&t, CKA_TRUSTED, true);
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11->C_CreateObject(s, t.attr, t.n, &other));
	p11_ok(p11_set(s, key, CKA_WRAP_WITH_TRUSTED, &yes, 1));
	p11_is(CKR_KEY_NOT_WRAPPABLE, wrap(plain_key(), &p11_kwp, key));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, key, CKA_WRAP_WITH_TRUSTED, &no, 1));
}
END_TEST

START_TEST(a_machine_token_has_no_pin_to_ask_for)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key;

	p11_ulong(&t, CKA_CLASS, CKO_PRIVATE_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_EC_EDWARDS);
	p11_bytes(&t, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	p11_bytes(&t, CKA_VALUE, repeat('s', 32).data, 32);
	p11_bool(&t, CKA_ALWAYS_AUTHENTICATE, true);
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, p11->C_CreateObject(s, t.attr, t.n, &key));
	p11_login(s, CKU_CONTEXT_SPECIFIC, "", CKR_OPERATION_NOT_INITIALIZED);
}
END_TEST

static Suite *suite(void)
{
	Suite *s_ = suite_create("limits");
	TCase *tc = tcase_create("limits");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	suite_add_tcase(s_, tc);
	tcase_add_test(tc, a_key_is_used_with_the_mechanisms_that_it_names);
	tcase_add_test(tc, halves_of_a_pair_name_their_own_mechanisms);
	tcase_add_test(tc, allowed_mechanisms_are_read_back_and_do_not_change);
	tcase_add_test(tc, a_key_outside_its_dates_does_not_sign);
	tcase_add_test(tc, old_signatures_are_still_verified);
	tcase_add_test(tc, an_expired_key_reads_what_there_is_and_makes_nothing_new);
	tcase_add_loop_test(tc, one_date_alone_is_a_limit_too, 0, 2);
	tcase_add_test(tc, dates_are_days_and_in_order);
	tcase_add_test(tc, only_keys_that_match_the_wrap_template_are_wrapped);
	tcase_add_test(tc, the_unwrap_template_is_added_to_the_new_key);
	tcase_add_test(tc, a_conflict_with_the_unwrap_template_makes_no_key);
	tcase_add_loop_test(tc, a_key_with_an_unwrap_template_never_encrypts_or_decrypts, 0, 2);
	tcase_add_test(tc, a_key_for_keys_encrypts_and_decrypts_only_if_asked_to);
	tcase_add_test(tc, the_derive_template_is_added_to_the_new_key_or_conflicts);
	tcase_add_test(tc, an_expired_key_derives_nothing);
	tcase_add_test(tc, templates_survive_in_the_store_and_are_read_in_two_steps);
	tcase_add_test(tc, hostile_templates_make_no_key);
	tcase_add_test(tc, arrays_are_not_searched_for);
	tcase_add_test(tc, nobody_is_the_officer_of_a_machine_token);
	tcase_add_test(tc, a_machine_token_has_no_pin_to_ask_for);
	return s_;
}

int main(void)
{
	return test_run(suite());
}
