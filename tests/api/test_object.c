/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Objects and their attributes: what can be made, read and changed, and what
 * never leaves.
 */
#include <stdio.h>
#include <string.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

#define NONE CK_UNAVAILABLE_INFORMATION

static CK_SESSION_HANDLE s;

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
}

static CK_RV create(struct p11_template *t, CK_OBJECT_HANDLE *object)
{
	*object = 0;
	return p11->C_CreateObject(s, t->attr, t->n, object);
}

/* Secrets never leave. */

enum origin { GENERATED, IMPORTED, UNWRAPPED, ORIGINS };

static void add_policy(struct p11_template *t, bool token, bool sensitive, bool extractable)
{
	p11_bool(t, CKA_TOKEN, token);
	p11_bool(t, CKA_SENSITIVE, sensitive);
	p11_bool(t, CKA_EXTRACTABLE, extractable);
}

static CK_OBJECT_HANDLE make_secret(enum origin origin, bool token, bool sensitive,
                                    bool extractable)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key = 0, kek, source;
	CK_BYTE wrapped[64];
	CK_ULONG len = sizeof wrapped;

	add_policy(&t, token, sensitive, extractable);
	switch (origin) {
	case GENERATED:
		p11_ulong(&t, CKA_VALUE_LEN, 32);
		p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
		break;
	case IMPORTED:
		p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
		p11_ulong(&t, CKA_KEY_TYPE, CKK_AES);
		p11_bytes(&t, CKA_VALUE, repeat('s', 32).data, 32);
		p11_ok(create(&t, &key));
		break;
	case UNWRAPPED:
		p11_ulong(&t, CKA_KEY_TYPE, CKK_AES);
		kek = p11_import_aes(s, repeat('k', 32));
		source = p11_import_aes(s, repeat('s', 32));
		p11_ok(p11->C_WrapKey(s, &p11_kwp, kek, source, wrapped, &len));
		p11_ok(p11->C_UnwrapKey(s, &p11_kwp, kek, wrapped, len, t.attr, t.n, &key));
		break;
	case ORIGINS:
		break;
	}
	return key;
}

static CK_OBJECT_HANDLE make_private(enum origin origin, bool token, bool sensitive,
                                     bool extractable)
{
	struct p11_template t = { 0 }, public = { 0 };
	CK_OBJECT_HANDLE key = 0, pub;

	add_policy(&t, token, sensitive, extractable);
	if (origin == GENERATED) {
		p11_bytes(&public, CKA_EC_PARAMS, p11_ed25519_oid, 5);
		p11_ok(p11->C_GenerateKeyPair(s, &p11_pair_gen, public.attr, public.n, t.attr, t.n,
		                              &pub, &key));
		return key;
	}
	p11_ulong(&t, CKA_CLASS, CKO_PRIVATE_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_EC_EDWARDS);
	p11_bytes(&t, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	p11_bytes(&t, CKA_VALUE, repeat('s', 32).data, 32);
	p11_ok(create(&t, &key));
	return key;
}

static void check_value(CK_OBJECT_HANDLE key, enum origin origin, bool readable)
{
	CK_BYTE out[64];
	CK_ULONG len = sizeof out;

	memset(out, 0x55, sizeof out);
	if (!readable) {
		p11_is(CKR_ATTRIBUTE_SENSITIVE, p11_get(s, key, CKA_VALUE, out, &len));
		ck_assert_uint_eq(len, NONE);
		assert_bytes(sg_bytes(out, sizeof out), repeat(0x55, sizeof out));
		len = 0;
		p11_is(CKR_ATTRIBUTE_SENSITIVE, p11_get(s, key, CKA_VALUE, NULL, &len));
		ck_assert_uint_eq(len, NONE);
		return;
	}
	p11_ok(p11_get(s, key, CKA_VALUE, NULL, &len));
	ck_assert_uint_eq(len, 32);
	len = sizeof out;
	p11_ok(p11_get(s, key, CKA_VALUE, out, &len));
	ck_assert_uint_eq(len, 32);
	if (origin != GENERATED)
		assert_bytes(sg_bytes(out, 32), repeat('s', 32));
}

/* The loop counts: two bits of policy, one of where it lies. */
START_TEST(a_secret_key_shows_its_value_only_where_it_may)
{
	bool sensitive = _i & 1, extractable = _i & 2, token = _i & 4;

	for (int origin = 0; origin < ORIGINS; origin++) {
		CK_OBJECT_HANDLE key = make_secret((enum origin)origin, token, sensitive,
		                                   extractable);

		check_value(key, (enum origin)origin, extractable && !sensitive);
		ck_assert(p11_get_bool(s, key, CKA_ALWAYS_SENSITIVE) ==
		          (origin == GENERATED && sensitive));
		ck_assert(p11_get_bool(s, key, CKA_NEVER_EXTRACTABLE) ==
		          (origin == GENERATED && !extractable));
		ck_assert(p11_get_bool(s, key, CKA_LOCAL) == (origin == GENERATED));
		ck_assert_uint_eq(p11_get_ulong(s, key, CKA_KEY_GEN_MECHANISM),
		                  origin == GENERATED ? CKM_AES_KEY_GEN : NONE);
	}
}
END_TEST

START_TEST(a_private_key_shows_its_value_only_where_it_may)
{
	bool sensitive = _i & 1, extractable = _i & 2, token = _i & 4;

	for (int origin = 0; origin < UNWRAPPED; origin++) {
		CK_OBJECT_HANDLE key = make_private((enum origin)origin, token, sensitive,
		                                    extractable);

		check_value(key, (enum origin)origin, extractable && !sensitive);
		ck_assert(p11_get_bool(s, key, CKA_ALWAYS_SENSITIVE) ==
		          (origin == GENERATED && sensitive));
		ck_assert(p11_get_bool(s, key, CKA_NEVER_EXTRACTABLE) ==
		          (origin == GENERATED && !extractable));
	}
}
END_TEST

START_TEST(a_value_that_becomes_sensitive_stays_so)
{
	CK_OBJECT_HANDLE key = make_secret(IMPORTED, _i, false, true);
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

	check_value(key, IMPORTED, true);
	p11_ok(p11_set(s, key, CKA_SENSITIVE, &yes, 1));
	check_value(key, IMPORTED, false);
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, key, CKA_SENSITIVE, &no, 1));
	p11_ok(p11_set(s, key, CKA_SENSITIVE, &yes, 1));
	check_value(key, IMPORTED, false);
	key = make_secret(IMPORTED, _i, false, true);
	p11_ok(p11_set(s, key, CKA_EXTRACTABLE, &no, 1));
	check_value(key, IMPORTED, false);
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, key, CKA_EXTRACTABLE, &yes, 1));
	check_value(key, IMPORTED, false);
}
END_TEST

START_TEST(a_value_is_not_found_by_searching_for_it)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE found;

	make_secret(IMPORTED, false, true, false);
	make_secret(IMPORTED, false, false, true);
	p11_bytes(&t, CKA_VALUE, repeat('s', 32).data, 32);
	ck_assert_uint_eq(p11_find(s, &t, &found, 1), 0);
}
END_TEST

START_TEST(a_key_without_attributes_of_its_own_is_closed)
{
	CK_OBJECT_HANDLE pub, priv, key = p11_make_aes(s, NULL);

	p11_make_pair(s, NULL, &pub, &priv);
	for (int i = 0; i < 2; i++, key = priv) {
		ck_assert(p11_get_bool(s, key, CKA_SENSITIVE));
		ck_assert(p11_get_bool(s, key, CKA_ALWAYS_SENSITIVE));
		ck_assert(!p11_get_bool(s, key, CKA_EXTRACTABLE));
		ck_assert(p11_get_bool(s, key, CKA_NEVER_EXTRACTABLE));
		ck_assert(p11_get_bool(s, key, CKA_PRIVATE));
		ck_assert(p11_get_bool(s, key, CKA_LOCAL));
	}
	ck_assert(!p11_get_bool(s, pub, CKA_PRIVATE));
	ck_assert(p11_get_bool(s, pub, CKA_LOCAL));
}
END_TEST

/* Reading. */

START_TEST(every_attribute_is_answered_after_one_that_cannot_be)
{
	CK_OBJECT_HANDLE key = p11_make_aes(s, NULL);
	CK_BYTE value[32], small[1];
	CK_BBOOL token = 7, sensitive = 7;
	CK_ULONG class = 0;
	CK_ATTRIBUTE t[] = {
		{ CKA_VALUE, value, sizeof value }, { CKA_TOKEN, &token, 1 },
		{ CKA_MODULUS, value, sizeof value }, { CKA_CLASS, &class, sizeof class },
		{ CKA_UNIQUE_ID, small, 1 }, { CKA_SENSITIVE, &sensitive, 1 },
		{ CKA_LABEL, NULL, 99 },
	};
	CK_RV rv = p11->C_GetAttributeValue(s, key, t, 7);

	ck_assert(rv == CKR_ATTRIBUTE_SENSITIVE || rv == CKR_ATTRIBUTE_TYPE_INVALID ||
	          rv == CKR_BUFFER_TOO_SMALL);
	ck_assert_uint_eq(t[0].ulValueLen, NONE);
	ck_assert_uint_eq(token, CK_FALSE);
	ck_assert_uint_eq(t[1].ulValueLen, 1);
	ck_assert_uint_eq(t[2].ulValueLen, NONE);
	ck_assert_uint_eq(class, CKO_SECRET_KEY);
	ck_assert_uint_eq(t[4].ulValueLen, NONE);
	ck_assert_uint_eq(sensitive, CK_TRUE);
	ck_assert_uint_eq(t[6].ulValueLen, 0);
}
END_TEST

START_TEST(sizes_come_without_a_buffer)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE object;
	CK_BYTE out[8] = { 0 };
	CK_ULONG len = 0;

	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_text(&t, CKA_LABEL, "12345");
	p11_ok(create(&t, &object));
	p11_ok(p11_get(s, object, CKA_LABEL, NULL, &len));
	ck_assert_uint_eq(len, 5);
	len = 4;
	p11_is(CKR_BUFFER_TOO_SMALL, p11_get(s, object, CKA_LABEL, out, &len));
	ck_assert_uint_eq(len, NONE);
	ck_assert_uint_eq(out[0], 0);
	len = sizeof out;
	p11_ok(p11_get(s, object, CKA_LABEL, out, &len));
	ck_assert_uint_eq(len, 5);
	ck_assert_mem_eq(out, "12345\0\0", 8);
}
END_TEST

START_TEST(reading_checks_its_arguments)
{
	CK_OBJECT_HANDLE key = p11_make_aes(s, NULL);
	CK_ATTRIBUTE a = { CKA_CLASS, NULL, 0 };
	CK_ULONG size = 0;

	p11_is(CKR_ARGUMENTS_BAD, p11->C_GetAttributeValue(s, key, NULL, 1));
	p11_ok(p11->C_GetAttributeValue(s, key, NULL, 0));
	p11_is(CKR_OBJECT_HANDLE_INVALID, p11->C_GetAttributeValue(s, 0, &a, 1));
	p11_is(CKR_OBJECT_HANDLE_INVALID, p11->C_GetAttributeValue(s, key + 1, &a, 1));
	p11_is(CKR_OBJECT_HANDLE_INVALID, p11->C_GetAttributeValue(s, ~0UL, &a, 1));
	p11_ok(p11->C_GetObjectSize(s, key, &size));
	ck_assert_uint_gt(size, 0);
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GetObjectSize(s, key, NULL));
}
END_TEST

START_TEST(unique_ids_are_unique_and_given_by_the_token)
{
	CK_BYTE a[64], b[64];
	CK_ULONG a_len = 64, b_len = 64;
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE object;

	p11_ok(p11_get(s, p11_make_aes(s, NULL), CKA_UNIQUE_ID, a, &a_len));
	p11_ok(p11_get(s, p11_make_aes(s, "x"), CKA_UNIQUE_ID, b, &b_len));
	ck_assert_uint_eq(a_len, 32);
	ck_assert_uint_eq(b_len, 32);
	ck_assert_mem_ne(a, b, 32);
	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_text(&t, CKA_UNIQUE_ID, "mine");
	p11_is(CKR_ATTRIBUTE_READ_ONLY, create(&t, &object));
}
END_TEST

/* Making. */

START_TEST(templates_are_checked_before_anything_is_made)
{
	static CK_BYTE big[65537];
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE object;

	p11_is(CKR_ARGUMENTS_BAD, p11->C_CreateObject(s, NULL, 1, &object));
	p11_is(CKR_TEMPLATE_INCOMPLETE, p11->C_CreateObject(s, NULL, 0, &object));
	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_is(CKR_ARGUMENTS_BAD, p11->C_CreateObject(s, t.attr, t.n, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_CreateObject(s, t.attr, ~0UL, &object));
	p11_bytes(&t, CKA_LABEL, NULL, 4);
	p11_is(CKR_ARGUMENTS_BAD, create(&t, &object));
	t.attr[1].pValue = big;
	t.attr[1].ulValueLen = sizeof big;
	p11_is(CKR_ARGUMENTS_BAD, create(&t, &object));
	t.attr[1].ulValueLen = ~0UL;
	p11_is(CKR_ARGUMENTS_BAD, create(&t, &object));
	t.attr[1].ulValueLen = 65536;
	p11_ok(create(&t, &object));
	p11_text(&t, CKA_LABEL, "again");
	p11_is(CKR_TEMPLATE_INCONSISTENT, create(&t, &object));
	ck_assert_uint_eq(p11_count(s), 1);
}
END_TEST

START_TEST(classes_and_types_that_are_not_ours_are_refused)
{
	static const CK_ULONG classes[] = { CKO_HW_FEATURE, CKO_DOMAIN_PARAMETERS, 99, NONE - 1 };
	static const CK_ULONG types[] = { CKK_RSA, CKK_EC, CKK_DES3, 0x40, NONE - 1 };
	CK_OBJECT_HANDLE object;

	for (size_t i = 0; i < 4; i++) {
		struct p11_template t = { 0 };

		p11_ulong(&t, CKA_CLASS, classes[i]);
		p11_is(CKR_ATTRIBUTE_VALUE_INVALID, create(&t, &object));
	}
	for (size_t i = 0; i < 5; i++) {
		struct p11_template t = { 0 };

		p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
		p11_ulong(&t, CKA_KEY_TYPE, types[i]);
		p11_bytes(&t, CKA_VALUE, repeat(1, 16).data, 16);
		p11_is(CKR_ATTRIBUTE_VALUE_INVALID, create(&t, &object));
	}
}
END_TEST

START_TEST(values_have_their_size)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE object;

	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_bytes(&t, CKA_TOKEN, "\0\0", 2);
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, create(&t, &object));
	t.attr[1].ulValueLen = 0;
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, create(&t, &object));
	p11_bytes(&t, CKA_PRIVATE, "\2", 1);
	t.attr[1].ulValueLen = 1;
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, create(&t, &object));
	t.n = 0;
	p11_bytes(&t, CKA_CLASS, "\0\0\0\0", 4);
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, create(&t, &object));
}
END_TEST

START_TEST(what_means_nothing_here_is_refused)
{
	static const CK_ATTRIBUTE_TYPE read_only[] = {
		CKA_LOCAL, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE, CKA_TRUSTED,
	};
	static const CK_ATTRIBUTE_TYPE strange[] = { CKA_MODULUS, CKA_ALWAYS_AUTHENTICATE, 0x7777 };
	CK_OBJECT_HANDLE object;

	for (size_t i = 0; i < 7; i++) {
		struct p11_template t = { 0 };

		p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
		p11_ulong(&t, CKA_KEY_TYPE, CKK_AES);
		p11_bytes(&t, CKA_VALUE, repeat(1, 16).data, 16);
		p11_bool(&t, i < 4 ? read_only[i] : strange[i - 4], true);
		p11_is(i < 4 ? CKR_ATTRIBUTE_READ_ONLY : CKR_ATTRIBUTE_TYPE_INVALID,
		       create(&t, &object));
	}
}
END_TEST

START_TEST(keys_need_their_value_in_its_length)
{
	CK_OBJECT_HANDLE object;
	CK_BYTE value[64] = { 1 };

	for (CK_ULONG len = 0; len <= 64; len++) {
		struct p11_template secret = { 0 }, private = { 0 };
		bool aes = len == 16 || len == 24 || len == 32;

		p11_ulong(&secret, CKA_CLASS, CKO_SECRET_KEY);
		p11_ulong(&secret, CKA_KEY_TYPE, CKK_AES);
		p11_bytes(&secret, CKA_VALUE, value, len);
		p11_is(aes ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID, create(&secret, &object));
		p11_ulong(&private, CKA_CLASS, CKO_PRIVATE_KEY);
		p11_ulong(&private, CKA_KEY_TYPE, CKK_EC_EDWARDS);
		p11_bytes(&private, CKA_EC_PARAMS, p11_ed25519_oid, 5);
		p11_bytes(&private, CKA_VALUE, value, len);
		p11_is(len == 32 ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID, create(&private, &object));
		private.n = 3;
		p11_is(CKR_TEMPLATE_INCOMPLETE, create(&private, &object));
	}
}
END_TEST

START_TEST(a_data_object_holds_bytes)
{
	struct p11_template t = { 0 }, found = { 0 };
	CK_OBJECT_HANDLE object, again;
	CK_BYTE out[3000];
	CK_ULONG len = sizeof out;

	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_bool(&t, CKA_TOKEN, _i & 1);
	p11_bool(&t, CKA_PRIVATE, _i & 2);
	p11_text(&t, CKA_APPLICATION, "signet");
	p11_text(&t, CKA_OBJECT_ID, "\x06\x01\x2a");
	p11_bytes(&t, CKA_VALUE, repeat('d', 2999).data, 2999);
	p11_ok(create(&t, &object));
	p11_ok(p11_get(s, object, CKA_VALUE, out, &len));
	assert_bytes(sg_bytes(out, len), repeat('d', 2999));
	p11_text(&found, CKA_APPLICATION, "signet");
	ck_assert_uint_eq(p11_find(s, &found, &again, 1), 1);
	ck_assert_uint_eq(again, object);
}
END_TEST

START_TEST(a_data_object_may_be_empty)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE object;
	CK_ULONG len = 9;
	CK_BYTE out[9];

	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bytes(&t, CKA_VALUE, NULL, 0);
	p11_ok(create(&t, &object));
	p11_ok(p11_get(s, object, CKA_VALUE, out, &len));
	ck_assert_uint_eq(len, 0);
}
END_TEST

START_TEST(a_certificate_is_kept)
{
	struct p11_template t = { 0 }, bare = { 0 };
	CK_OBJECT_HANDLE object;
	CK_BYTE out[700];
	CK_ULONG len = sizeof out;

	p11_ulong(&bare, CKA_CLASS, CKO_CERTIFICATE);
	p11_is(CKR_TEMPLATE_INCOMPLETE, create(&bare, &object));
	p11_ulong(&t, CKA_CLASS, CKO_CERTIFICATE);
	p11_ulong(&t, CKA_CERTIFICATE_TYPE, CKC_X_509);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bytes(&t, CKA_VALUE, repeat('c', 600).data, 600);
	p11_text(&t, CKA_ID, "id");
	p11_text(&t, CKA_SUBJECT, "subject");
	p11_text(&t, CKA_ISSUER, "issuer");
	p11_text(&t, CKA_SERIAL_NUMBER, "1");
	p11_text(&t, CKA_URL, "http://127.0.0.1/c");
	p11_bytes(&t, CKA_HASH_OF_SUBJECT_PUBLIC_KEY, repeat('h', 20).data, 20);
	p11_bytes(&t, CKA_HASH_OF_ISSUER_PUBLIC_KEY, repeat('i', 20).data, 20);
	p11_ulong(&t, CKA_NAME_HASH_ALGORITHM, CKM_SHA256);
	p11_ok(create(&t, &object));
	ck_assert_uint_eq(p11_get_ulong(s, object, CKA_NAME_HASH_ALGORITHM), CKM_SHA256);
	ck_assert_uint_eq(p11_get_ulong(s, object, CKA_JAVA_MIDP_SECURITY_DOMAIN), 0);
	p11_ok(p11_get(s, object, CKA_HASH_OF_ISSUER_PUBLIC_KEY, out, &len));
	assert_bytes(sg_bytes(out, len), repeat('i', 20));
	len = sizeof out;
	p11_ok(p11_get(s, object, CKA_VALUE, out, &len));
	assert_bytes(sg_bytes(out, len), repeat('c', 600));
	ck_assert(!p11_get_bool(s, object, CKA_TRUSTED));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, object, CKA_VALUE, "x", 1));
	p11_bool(&t, CKA_TRUSTED, true);
	p11_is(CKR_ATTRIBUTE_READ_ONLY, create(&t, &object));
}
END_TEST

START_TEST(what_is_no_certificate_of_x_509_is_refused)
{
	static const struct {
		CK_ULONG type, category, domain, len;
	} bad[] = {
		{ CKC_X_509_ATTR_CERT, 0, 0, 5 }, { 77, 0, 0, 5 }, { CKC_X_509, 4, 0, 5 },
		{ CKC_X_509, 0, 4, 5 }, { CKC_X_509, 0, 0, 0 },
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct p11_template t = { 0 };
		CK_OBJECT_HANDLE object;

		p11_ulong(&t, CKA_CLASS, CKO_CERTIFICATE);
		p11_ulong(&t, CKA_CERTIFICATE_TYPE, bad[i].type);
		p11_ulong(&t, CKA_CERTIFICATE_CATEGORY, bad[i].category);
		p11_ulong(&t, CKA_JAVA_MIDP_SECURITY_DOMAIN, bad[i].domain);
		p11_bytes(&t, CKA_VALUE, "value", bad[i].len);
		p11_is(CKR_ATTRIBUTE_VALUE_INVALID, create(&t, &object));
	}
}
END_TEST

/* However long its value is: that it can't be here at all comes first. */
START_TEST(a_private_key_that_only_the_hardware_makes_is_not_brought_in)
{
	static const uint8_t p256_oid[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE object;

	p11_ulong(&t, CKA_CLASS, CKO_PRIVATE_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_EC);
	p11_bytes(&t, CKA_EC_PARAMS, p256_oid, sizeof p256_oid);
	p11_bytes(&t, CKA_VALUE, repeat('v', 32).data, 32);
	p11_is(CKR_TEMPLATE_INCONSISTENT, create(&t, &object));
}
END_TEST

/* Edwards keys in all their forms. */

static const char point_hex[] = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
static const char seed_hex[] = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

static CK_RV create_public(struct sg_bytes params, struct sg_bytes point, CK_OBJECT_HANDLE *key)
{
	struct p11_template t = { 0 };

	p11_ulong(&t, CKA_CLASS, CKO_PUBLIC_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_EC_EDWARDS);
	p11_bytes(&t, CKA_EC_PARAMS, params.data, params.len);
	p11_bytes(&t, CKA_EC_POINT, point.data, point.len);
	return create(&t, key);
}

static const char *const points[] = { "", "0420", "032100" };
static const char *const params[] = { "06032b6570", "06092b06010401da470f01",
	                              "130c656477617264733235353139" };

START_TEST(a_public_key_is_read_in_every_form_and_kept_in_one)
{
	char point[80];
	CK_OBJECT_HANDLE key;
	CK_BYTE out[64];
	CK_ULONG len = sizeof out;

	snprintf(point, sizeof point, "%s%s", points[_i % 3], point_hex);
	p11_ok(create_public(hex(params[_i / 3]), hex(point), &key));
	p11_ok(p11_get(s, key, CKA_EC_PARAMS, out, &len));
	assert_bytes(sg_bytes(out, len), hex(params[0]));
	len = sizeof out;
	p11_ok(p11_get(s, key, CKA_EC_POINT, out, &len));
	ck_assert_uint_eq(len, 34);
	assert_bytes(sg_bytes(out, 2), hex("0420"));
	assert_bytes(sg_bytes(out + 2, 32), hex(point_hex));
	len = sizeof out;
	p11_ok(p11_get(s, key, CKA_PUBLIC_KEY_INFO, out, &len));
	assert_bytes(sg_bytes(out, 12), hex("302a300506032b6570032100"));
	assert_bytes(sg_bytes(out + 12, len - 12), hex(point_hex));
}
END_TEST

/* Some clients give it, as p11-kit import-object does. */
START_TEST(the_key_info_of_a_template_must_be_the_one_that_is_computed)
{
	CK_OBJECT_HANDLE pub, priv, again;
	struct p11_template t = { 0 };
	CK_BYTE info[64], point[64];
	CK_ULONG len = sizeof info, point_len = sizeof point;

	p11_make_pair(s, NULL, &pub, &priv);
	p11_ok(p11_get(s, pub, CKA_PUBLIC_KEY_INFO, info, &len));
	p11_ok(p11_get(s, pub, CKA_EC_POINT, point, &point_len));
	p11_ulong(&t, CKA_CLASS, CKO_PUBLIC_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_EC_EDWARDS);
	p11_bytes(&t, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	p11_bytes(&t, CKA_EC_POINT, point, point_len);
	p11_bytes(&t, CKA_PUBLIC_KEY_INFO, info, len);
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &again));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, again, CKA_PUBLIC_KEY_INFO, info, len));
	info[len - 1] ^= 1;
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, p11->C_CreateObject(s, t.attr, t.n, &again));
}
END_TEST

START_TEST(the_key_info_of_a_private_key_must_be_its_own)
{
	static const uint8_t seed[32] = { 7 };
	CK_OBJECT_HANDLE key = p11_import_seed(s, seed), again;
	struct p11_template t = { 0 };
	CK_BYTE info[64];
	CK_ULONG len = sizeof info;

	p11_ok(p11_get(s, key, CKA_PUBLIC_KEY_INFO, info, &len));
	p11_ulong(&t, CKA_CLASS, CKO_PRIVATE_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_EC_EDWARDS);
	p11_bytes(&t, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	p11_bytes(&t, CKA_VALUE, seed, sizeof seed);
	p11_bytes(&t, CKA_PUBLIC_KEY_INFO, info, len);
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &again));
	info[len - 1] ^= 1;
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, p11->C_CreateObject(s, t.attr, t.n, &again));
}
END_TEST

START_TEST(the_configuration_chooses_the_raw_point)
{
	CK_OBJECT_HANDLE pub, priv;
	CK_BYTE out[64];
	CK_ULONG len = sizeof out;
	char lines[4200];

	p11_ok(p11->C_Finalize(NULL));
	snprintf(lines, sizeof lines, "%s\nec-point = raw", p11_sealer_lines);
	p11_configure(lines);
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	p11_make_pair(s, "key", &pub, &priv);
	p11_ok(p11_get(s, pub, CKA_EC_POINT, out, &len));
	ck_assert_uint_eq(len, 32);
	p11_ok(p11_get(s, priv, CKA_EC_POINT, NULL, &len));
	ck_assert_uint_eq(len, 32);
}
END_TEST

START_TEST(what_is_no_ed25519_key_is_refused)
{
	struct sg_bytes good = hex(point_hex);
	CK_OBJECT_HANDLE key;

	p11_is(CKR_CURVE_NOT_SUPPORTED, create_public(hex("06032b6571"), good, &key));
	p11_is(CKR_CURVE_NOT_SUPPORTED, create_public(hex("06082a8648ce3d030107"), good, &key));
	p11_is(CKR_CURVE_NOT_SUPPORTED, create_public(hex(""), good, &key));
	for (size_t len = 0; len < 70; len++)
		if (len != 32)
			p11_is(CKR_ATTRIBUTE_VALUE_INVALID,
			       create_public(hex(params[0]), repeat(4, len), &key));
	/* The neutral element, a point of order two, and no point at all. */
	p11_is(CKR_PUBLIC_KEY_INVALID, create_public(hex(params[0]), hex(
	       "0100000000000000000000000000000000000000000000000000000000000000"), &key));
	p11_is(CKR_PUBLIC_KEY_INVALID, create_public(hex(params[0]), hex(
	       "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"), &key));
	p11_is(CKR_PUBLIC_KEY_INVALID, create_public(hex(params[0]), hex(
	       "0200000000000000000000000000000000000000000000000000000000000000"), &key));
}
END_TEST

START_TEST(a_private_key_with_another_public_half_is_refused)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key;

	p11_ulong(&t, CKA_CLASS, CKO_PRIVATE_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_EC_EDWARDS);
	p11_bytes(&t, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	p11_bytes(&t, CKA_VALUE, hex(seed_hex).data, 32);
	p11_bytes(&t, CKA_EC_POINT, hex(point_hex).data, 32);
	p11_ok(create(&t, &key));
	t.attr[4].pValue = (void *)(uintptr_t)repeat(7, 32).data;
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, create(&t, &key));
}
END_TEST

START_TEST(both_halves_of_a_pair_agree)
{
	CK_OBJECT_HANDLE pub, priv;
	CK_BYTE a[34], b[34];
	CK_ULONG a_len = 34, b_len = 34;

	p11_make_pair(s, NULL, &pub, &priv);
	p11_ok(p11_get(s, pub, CKA_EC_POINT, a, &a_len));
	p11_ok(p11_get(s, priv, CKA_EC_POINT, b, &b_len));
	assert_bytes(sg_bytes(a, a_len), sg_bytes(b, b_len));
	ck_assert_uint_eq(p11_get_ulong(s, pub, CKA_KEY_GEN_MECHANISM), CKM_EC_EDWARDS_KEY_PAIR_GEN);
	ck_assert(p11_get_bool(s, pub, CKA_VERIFY));
	ck_assert(p11_get_bool(s, priv, CKA_SIGN));
}
END_TEST

/* Changing. */

START_TEST(a_change_is_all_or_nothing)
{
	CK_OBJECT_HANDLE key = p11_make_aes(s, "before");
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE t[] = {
		{ CKA_LABEL, (char[]){ "after" }, 5 }, { CKA_ENCRYPT, &no, 1 },
		{ CKA_SENSITIVE, &no, 1 },
	};

	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11->C_SetAttributeValue(s, key, t, 3));
	ck_assert(p11_get_bool(s, key, CKA_ENCRYPT));
	p11_find_label(s, CKO_SECRET_KEY, "before");
	p11_ok(p11->C_SetAttributeValue(s, key, t, 2));
	ck_assert(!p11_get_bool(s, key, CKA_ENCRYPT));
	ck_assert_uint_eq(p11_find_label(s, CKO_SECRET_KEY, "after"), key);
}
END_TEST

START_TEST(what_an_object_is_never_changes)
{
	static const CK_ATTRIBUTE_TYPE bools[] = {
		CKA_TOKEN, CKA_PRIVATE, CKA_MODIFIABLE, CKA_DESTROYABLE, CKA_LOCAL,
		CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE, CKA_SIGNET_SEALED, CKA_TRUSTED,
	};
	CK_OBJECT_HANDLE key = p11_make_aes(s, "key");
	CK_ULONG number = 1;
	CK_BBOOL yes = CK_TRUE;

	for (size_t i = 0; i < sizeof bools / sizeof bools[0]; i++)
		p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, key, bools[i], &yes, 1));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, key, CKA_CLASS, &number, sizeof number));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, key, CKA_KEY_TYPE, &number, sizeof number));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, key, CKA_VALUE_LEN, &number, sizeof number));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, key, CKA_VALUE, &number, sizeof number));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, key, CKA_UNIQUE_ID, "x", 1));
	p11_is(CKR_ATTRIBUTE_TYPE_INVALID, p11_set(s, key, CKA_MODULUS, "x", 1));
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, p11_set(s, key, CKA_ENCRYPT, &number, sizeof number));
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, p11_set(s, key, CKA_ENCRYPT, "\7", 1));
	p11_is(CKR_ARGUMENTS_BAD, p11_set(s, key, CKA_LABEL, NULL, 1));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_SetAttributeValue(s, key, NULL, 1));
	p11_is(CKR_OBJECT_HANDLE_INVALID, p11_set(s, 0, CKA_LABEL, "x", 1));
}
END_TEST

START_TEST(objects_may_refuse_changes_and_destruction)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE object;

	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_bool(&t, CKA_MODIFIABLE, false);
	p11_bool(&t, CKA_DESTROYABLE, false);
	p11_ok(create(&t, &object));
	p11_is(CKR_ACTION_PROHIBITED, p11_set(s, object, CKA_LABEL, "x", 1));
	p11_is(CKR_ACTION_PROHIBITED, p11->C_DestroyObject(s, object));
	ck_assert_uint_eq(p11_count(s), 1);
}
END_TEST

START_TEST(a_key_sealed_on_its_own_lies_on_the_token)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_SIGNET_SEALED, true);
	p11_is(CKR_TEMPLATE_INCONSISTENT, p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
	p11_bool(&t, CKA_TOKEN, true);
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
	ck_assert(p11_get_bool(s, key, CKA_SIGNET_SEALED));
	ck_assert(!p11_get_bool(s, p11_make_aes(s, NULL), CKA_SIGNET_SEALED));
}
END_TEST

START_TEST(data_sealed_on_its_own_is_short_private_and_read_again)
{
	CK_BYTE out[128];
	CK_ULONG len = sizeof out;
	CK_OBJECT_HANDLE object;
	struct p11_template t = { 0 };

	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_PRIVATE, true);
	p11_bool(&t, CKA_SIGNET_SEALED, true);
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, create(&t, &object));
	p11_bytes(&t, CKA_VALUE, repeat('v', 129).data, 129);
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, create(&t, &object));
	t.attr[t.n - 1].ulValueLen = 128;
	p11_ok(create(&t, &object));
	ck_assert(p11_get_bool(s, object, CKA_SIGNET_SEALED));
	p11_ok(p11_get(s, object, CKA_VALUE, out, &len));
	ck_assert_mem_eq(out, repeat('v', 128).data, 128);
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, object, CKA_SIGNET_SEALED, "", 1));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, object, CKA_VALUE, "other", 5));
}
END_TEST

/* Finding. */

START_TEST(searches_match_all_that_they_name)
{
	CK_OBJECT_HANDLE pub, priv, aes = p11_make_aes(s, NULL), found[8];
	struct p11_template class = { 0 }, type = { 0 }, token = { 0 }, both = { 0 }, none = { 0 };

	p11_make_pair(s, "pair", &pub, &priv);
	p11_ok(p11_set(s, priv, CKA_ID, "\1\2", 2));
	p11_ulong(&class, CKA_CLASS, CKO_PUBLIC_KEY);
	ck_assert_uint_eq(p11_find(s, &class, found, 8), 1);
	ck_assert_uint_eq(found[0], pub);
	p11_ulong(&type, CKA_KEY_TYPE, CKK_EC_EDWARDS);
	ck_assert_uint_eq(p11_find(s, &type, found, 8), 2);
	p11_bool(&token, CKA_TOKEN, false);
	ck_assert_uint_eq(p11_find(s, &token, found, 8), 1);
	ck_assert_uint_eq(found[0], aes);
	p11_text(&both, CKA_LABEL, "pair");
	p11_bytes(&both, CKA_ID, "\1\2", 2);
	ck_assert_uint_eq(p11_find(s, &both, found, 8), 1);
	ck_assert_uint_eq(found[0], priv);
	p11_text(&none, CKA_LABEL, "pai");
	ck_assert_uint_eq(p11_find(s, &none, found, 8), 0);
	ck_assert_uint_eq(p11_count(s), 3);
}
END_TEST

START_TEST(a_public_key_is_found_by_any_form_of_its_point)
{
	CK_OBJECT_HANDLE key = p11_import_point(s, hex(point_hex)), found;

	for (int i = 0; i < 3; i++) {
		struct p11_template t = { 0 };
		char point[80];

		snprintf(point, sizeof point, "%s%s", points[i], point_hex);
		p11_bytes(&t, CKA_EC_POINT, hex(point).data, hex(point).len);
		ck_assert_uint_eq(p11_find(s, &t, &found, 1), 1);
		ck_assert_uint_eq(found, key);
	}
}
END_TEST

START_TEST(a_key_is_found_by_any_form_of_its_curve)
{
	CK_OBJECT_HANDLE pub, priv, found[2];

	p11_make_pair(s, NULL, &pub, &priv);
	p11_make_aes(s, NULL);
	for (int i = 0; i < 3; i++) {
		struct p11_template t = { 0 };

		p11_bytes(&t, CKA_EC_PARAMS, hex(params[i]).data, hex(params[i]).len);
		ck_assert_uint_eq(p11_find(s, &t, found, 2), 2);
		ck_assert(found[0] == pub || found[1] == pub);
		ck_assert(found[0] == priv || found[1] == priv);
	}
}
END_TEST

START_TEST(another_curve_finds_nothing)
{
	static const char *const others[] = { "06032b656e", "06032b65", "06032b657000", "" };
	CK_OBJECT_HANDLE pub, priv, found;

	p11_make_pair(s, NULL, &pub, &priv);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		struct p11_template t = { 0 };

		p11_bytes(&t, CKA_EC_PARAMS, hex(others[i]).data, hex(others[i]).len);
		ck_assert_uint_eq(p11_find(s, &t, &found, 1), 0);
	}
}
END_TEST

START_TEST(strange_searches_find_nothing)
{
	CK_OBJECT_HANDLE found;

	p11_make_aes(s, NULL);
	for (int i = 0; i < 5; i++) {
		struct p11_template t = { 0 };

		if (i == 0)
			p11_ulong(&t, CKA_MODULUS_BITS, 1);
		else if (i == 1)
			p11_bytes(&t, CKA_CLASS, "\4", 1);
		else if (i == 2)
			p11_bytes(&t, CKA_TOKEN, NULL, 0);
		else if (i == 3)
			p11_bytes(&t, CKA_CLASS, NULL, 0);
		else
			p11_bytes(&t, 0xffffffffffff, "x", 1);
		ck_assert_uint_eq(p11_find(s, &t, &found, 1), 0);
	}
	p11_is(CKR_ARGUMENTS_BAD, p11->C_FindObjectsInit(s, NULL, 1));
	p11_is(CKR_ARGUMENTS_BAD,
	       p11->C_FindObjectsInit(s, (CK_ATTRIBUTE[1]){ { CKA_LABEL, NULL, 1 } }, 1));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_FindObjectsFinal(s));
}
END_TEST

START_TEST(a_search_has_a_beginning_and_an_end)
{
	CK_OBJECT_HANDLE found[2];
	CK_ULONG n = 5;

	p11_make_aes(s, NULL);
	p11_make_aes(s, NULL);
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_FindObjects(s, found, 1, &n));
	p11_ok(p11->C_FindObjectsInit(s, NULL, 0));
	p11_is(CKR_OPERATION_ACTIVE, p11->C_FindObjectsInit(s, NULL, 0));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_FindObjects(s, found, 1, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_FindObjects(s, NULL, 1, &n));
	p11_ok(p11->C_FindObjects(s, found, 1, &n));
	ck_assert_uint_eq(n, 1);
	p11_ok(p11->C_FindObjects(s, found, 0, &n));
	ck_assert_uint_eq(n, 0);
	p11_make_aes(s, NULL);
	p11_ok(p11->C_FindObjects(s, found + 1, 1, &n));
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_ne(found[0], found[1]);
	p11_ok(p11->C_FindObjects(s, found, 1, &n));
	ck_assert_uint_eq(n, 0);
	p11_ok(p11->C_FindObjectsFinal(s));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_FindObjectsFinal(s));
}
END_TEST

START_TEST(many_objects_are_all_found_once)
{
	CK_OBJECT_HANDLE found[300];
	CK_ULONG n;

	for (int i = 0; i < 250; i++)
		p11_make_aes(s, NULL);
	n = p11_find(s, NULL, found, 300);
	ck_assert_uint_eq(n, 250);
	for (CK_ULONG i = 1; i < n; i++)
		ck_assert_uint_lt(found[i - 1], found[i]);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("object");
	TCase *tc = tcase_create("object");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, a_secret_key_shows_its_value_only_where_it_may, 0, 8);
	tcase_add_loop_test(tc, a_private_key_shows_its_value_only_where_it_may, 0, 8);
	tcase_add_loop_test(tc, a_value_that_becomes_sensitive_stays_so, 0, 2);
	tcase_add_test(tc, a_value_is_not_found_by_searching_for_it);
	tcase_add_test(tc, a_key_without_attributes_of_its_own_is_closed);
	tcase_add_test(tc, every_attribute_is_answered_after_one_that_cannot_be);
	tcase_add_test(tc, sizes_come_without_a_buffer);
	tcase_add_test(tc, reading_checks_its_arguments);
	tcase_add_test(tc, unique_ids_are_unique_and_given_by_the_token);
	tcase_add_test(tc, templates_are_checked_before_anything_is_made);
	tcase_add_test(tc, classes_and_types_that_are_not_ours_are_refused);
	tcase_add_test(tc, values_have_their_size);
	tcase_add_test(tc, what_means_nothing_here_is_refused);
	tcase_add_test(tc, keys_need_their_value_in_its_length);
	tcase_add_loop_test(tc, a_data_object_holds_bytes, 0, 4);
	tcase_add_test(tc, a_data_object_may_be_empty);
	tcase_add_test(tc, a_certificate_is_kept);
	tcase_add_test(tc, what_is_no_certificate_of_x_509_is_refused);
	tcase_add_test(tc, a_private_key_that_only_the_hardware_makes_is_not_brought_in);
	tcase_add_loop_test(tc, a_public_key_is_read_in_every_form_and_kept_in_one, 0, 9);
	tcase_add_test(tc, the_key_info_of_a_template_must_be_the_one_that_is_computed);
	tcase_add_test(tc, the_key_info_of_a_private_key_must_be_its_own);
	tcase_add_test(tc, the_configuration_chooses_the_raw_point);
	tcase_add_test(tc, what_is_no_ed25519_key_is_refused);
	tcase_add_test(tc, a_private_key_with_another_public_half_is_refused);
	tcase_add_test(tc, both_halves_of_a_pair_agree);
	tcase_add_test(tc, a_change_is_all_or_nothing);
	tcase_add_test(tc, what_an_object_is_never_changes);
	tcase_add_test(tc, objects_may_refuse_changes_and_destruction);
	tcase_add_test(tc, a_key_sealed_on_its_own_lies_on_the_token);
	tcase_add_test(tc, data_sealed_on_its_own_is_short_private_and_read_again);
	tcase_add_test(tc, searches_match_all_that_they_name);
	tcase_add_test(tc, a_public_key_is_found_by_any_form_of_its_point);
	tcase_add_test(tc, a_key_is_found_by_any_form_of_its_curve);
	tcase_add_test(tc, another_curve_finds_nothing);
	tcase_add_test(tc, strange_searches_find_nothing);
	tcase_add_test(tc, a_search_has_a_beginning_and_an_end);
	tcase_add_test(tc, many_objects_are_all_found_once);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
