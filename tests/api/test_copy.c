/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. C_CopyObject: what a copy may differ in, and that nothing becomes weaker by it.
 */
#include <string.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

static CK_SESSION_HANDLE s;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
}

static CK_RV copy_as(CK_OBJECT_HANDLE object, struct p11_template *t, CK_OBJECT_HANDLE *copy)
{
	*copy = 0;
	return p11->C_CopyObject(s, object, t != NULL ? t->attr : NULL, t != NULL ? t->n : 0, copy);
}

/* Copy with one flag given. */
static CK_RV copy_flag(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, bool value,
                       CK_OBJECT_HANDLE *copy)
{
	struct p11_template t = { 0 };

	p11_bool(&t, type, value);
	return copy_as(object, &t, copy);
}

/* Import an AES key with one more flag. */
static CK_OBJECT_HANDLE import(CK_ATTRIBUTE_TYPE type, bool value)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key = 0;

	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_AES);
	p11_bytes(&t, CKA_VALUE, repeat('v', 32).data, 32);
	p11_bool(&t, type, value);
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &key));
	return key;
}

static void check_value(CK_OBJECT_HANDLE key, CK_RV wanted)
{
	CK_BYTE out[64];
	CK_ULONG len = sizeof out;

	p11_is(wanted, p11_get(s, key, CKA_VALUE, out, &len));
	if (wanted == CKR_OK)
		assert_bytes(sg_bytes(out, len), repeat('v', 32));
}

START_TEST(a_copy_is_an_object_of_its_own)
{
	CK_OBJECT_HANDLE data, copy;
	struct p11_template t = { 0 };
	CK_BYTE id[2][32];
	CK_ULONG len = 32;

	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_text(&t, CKA_LABEL, "original");
	p11_bytes(&t, CKA_VALUE, repeat('v', 32).data, 32);
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &data));
	p11_ok(copy_as(data, NULL, &copy));
	ck_assert_uint_ne(copy, data);
	check_value(copy, CKR_OK);
	p11_ok(p11_get(s, data, CKA_UNIQUE_ID, id[0], &len));
	p11_ok(p11_get(s, copy, CKA_UNIQUE_ID, id[1], &len));
	ck_assert_mem_ne(id[0], id[1], 32);
	p11_ok(p11_set(s, copy, CKA_LABEL, "copy", 4));
	p11_find_label(s, CKO_DATA, "original");
	p11_ok(p11->C_DestroyObject(s, data));
	check_value(copy, CKR_OK);
}
END_TEST

START_TEST(session_objects_become_token_objects_and_the_other_way_round)
{
	CK_OBJECT_HANDLE key = p11_import_aes(s, repeat('v', 32)), stored, copy;
	struct p11_template t = { 0 }, secret = { 0 };
	CK_BYTE wrapped[64];
	CK_ULONG len = sizeof wrapped;

	p11_ok(p11_set(s, key, CKA_SENSITIVE, &yes, 1));
	p11_bool(&t, CKA_TOKEN, true);
	p11_text(&t, CKA_LABEL, "stored");
	p11_ok(copy_as(key, &t, &stored));
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	stored = p11_find_label(s, CKO_SECRET_KEY, "stored");
	p11_ok(copy_flag(stored, CKA_TOKEN, false, &copy));
	ck_assert(!p11_get_bool(s, copy, CKA_TOKEN));
	check_value(copy, CKR_ATTRIBUTE_SENSITIVE);
	p11_ok(p11->C_DestroyObject(s, stored));
	/* The same key: it unwraps what the copy wrapped. */
	stored = p11_import_aes(s, repeat('v', 32));
	p11_ok(p11->C_WrapKey(s, &p11_kwp, copy, stored, wrapped, &len));
	p11_ulong(&secret, CKA_KEY_TYPE, CKK_AES);
	p11_ok(p11->C_UnwrapKey(s, &p11_kwp, stored, wrapped, len, secret.attr, secret.n, &key));
}
END_TEST

START_TEST(a_copy_of_a_secret_is_as_secret)
{
	CK_OBJECT_HANDLE open = import(CKA_SENSITIVE, false), closed = import(CKA_SENSITIVE, true);
	CK_OBJECT_HANDLE copy;

	p11_is(CKR_ATTRIBUTE_READ_ONLY, copy_flag(closed, CKA_SENSITIVE, false, &copy));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, copy_flag(closed, CKA_EXTRACTABLE, true, &copy));
	ck_assert_uint_eq(copy, 0);
	p11_ok(copy_as(closed, NULL, &copy));
	check_value(copy, CKR_ATTRIBUTE_SENSITIVE);
	p11_ok(copy_flag(open, CKA_SENSITIVE, true, &copy));
	ck_assert(!p11_get_bool(s, copy, CKA_ALWAYS_SENSITIVE));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, copy_flag(open, CKA_PRIVATE, false, &copy));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, copy_flag(closed, CKA_ALWAYS_SENSITIVE, true, &copy));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, copy_flag(closed, CKA_LOCAL, true, &copy));
}
END_TEST

START_TEST(a_key_that_becomes_unextractable_was_not_always)
{
	CK_OBJECT_HANDLE key = p11_make_aes(s, NULL), copy;

	p11_ok(copy_as(key, NULL, &copy));
	ck_assert(p11_get_bool(s, copy, CKA_LOCAL));
	ck_assert(p11_get_bool(s, copy, CKA_ALWAYS_SENSITIVE));
	ck_assert(p11_get_bool(s, copy, CKA_NEVER_EXTRACTABLE));
	ck_assert_uint_eq(p11_get_ulong(s, copy, CKA_KEY_GEN_MECHANISM), CKM_AES_KEY_GEN);
	key = p11_import_aes(s, repeat('v', 32));
	p11_ok(copy_flag(key, CKA_EXTRACTABLE, false, &copy));
	ck_assert(!p11_get_bool(s, copy, CKA_NEVER_EXTRACTABLE));
	ck_assert(!p11_get_bool(s, copy, CKA_LOCAL));
}
END_TEST

START_TEST(what_can_not_be_copied_says_so)
{
	CK_OBJECT_HANDLE key = import(CKA_COPYABLE, false), copy, pub, priv;

	p11_make_pair(s, NULL, &pub, &priv);
	p11_is(CKR_ACTION_PROHIBITED, copy_as(key, NULL, &copy));
	p11_is(CKR_ACTION_PROHIBITED, copy_as(pub, NULL, &copy));
	p11_is(CKR_ACTION_PROHIBITED, copy_as(priv, NULL, &copy));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, key, CKA_COPYABLE, &yes, 1));
	key = import(CKA_COPYABLE, true);
	p11_ok(copy_as(key, NULL, &copy));
	p11_ok(p11_set(s, key, CKA_COPYABLE, &no, 1));
	p11_is(CKR_ACTION_PROHIBITED, copy_as(key, NULL, &copy));
	p11_is(CKR_OBJECT_HANDLE_INVALID, copy_as(~0UL, NULL, &copy));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_CopyObject(s, key, NULL, 1, &copy));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_CopyObject(s, key, NULL, 0, NULL));
}
END_TEST

START_TEST(a_pair_can_be_made_copyable)
{
	struct p11_template pub = { 0 }, priv = { 0 };
	CK_OBJECT_HANDLE public, private, copy;
	uint8_t signature[64];

	p11_bytes(&pub, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	p11_bool(&priv, CKA_COPYABLE, true);
	p11_ok(p11->C_GenerateKeyPair(s, &p11_pair_gen, pub.attr, pub.n, priv.attr, priv.n, &public,
	                              &private));
	p11_ok(copy_flag(private, CKA_TOKEN, true, &copy));
	p11_ok(p11_sign(s, copy, "x", signature));
	p11_ok(p11_verify(s, public, "x", signature));
}
END_TEST

START_TEST(what_can_not_be_modified_is_not_modified_by_copying)
{
	CK_OBJECT_HANDLE key = import(CKA_MODIFIABLE, false), copy;

	p11_is(CKR_ATTRIBUTE_READ_ONLY, copy_flag(key, CKA_WRAP, true, &copy));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, copy_flag(key, CKA_MODIFIABLE, true, &copy));
	p11_ok(copy_flag(key, CKA_TOKEN, true, &copy));
	p11_is(CKR_ACTION_PROHIBITED, p11_set(s, copy, CKA_WRAP, &yes, 1));
	key = import(CKA_MODIFIABLE, true);
	p11_ok(copy_flag(key, CKA_MODIFIABLE, false, &copy));
	p11_is(CKR_ACTION_PROHIBITED, p11_set(s, copy, CKA_WRAP, &yes, 1));
	p11_ok(copy_flag(key, CKA_WRAP, true, &copy));
	ck_assert(p11_get_bool(s, copy, CKA_WRAP));
	p11_ok(copy_flag(key, CKA_DESTROYABLE, false, &copy));
	p11_is(CKR_ACTION_PROHIBITED, p11->C_DestroyObject(s, copy));
}
END_TEST

START_TEST(a_sealed_key_keeps_its_seal)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE root, copy;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SIGNET_SEALED, true);
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &root));
	p11_is(CKR_TEMPLATE_INCONSISTENT, copy_flag(root, CKA_TOKEN, false, &copy));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, copy_flag(root, CKA_SIGNET_SEALED, false, &copy));
	p11_ok(copy_as(root, NULL, &copy));
	ck_assert(p11_get_bool(s, copy, CKA_SIGNET_SEALED));
}
END_TEST

START_TEST(a_read_only_session_copies_into_itself)
{
	CK_OBJECT_HANDLE key = p11_make_aes(s, "key"), copy;
	CK_SESSION_HANDLE ro = p11_open(0);
	CK_ATTRIBUTE token = { CKA_TOKEN, &no, 1 };

	p11_is(CKR_SESSION_READ_ONLY, p11->C_CopyObject(ro, key, NULL, 0, &copy));
	p11_ok(p11->C_CopyObject(ro, key, &token, 1, &copy));
	p11_ok(p11->C_CloseSession(ro));
	p11_is(CKR_OBJECT_HANDLE_INVALID, p11->C_DestroyObject(s, copy));
}
END_TEST

START_TEST(limits_are_copied_too)
{
	CK_MECHANISM_TYPE kwp = CKM_AES_KEY_WRAP_KWP;
	struct p11_template t = { 0 }, more = { 0 };
	CK_OBJECT_HANDLE key, copy;
	CK_BYTE out[64];
	CK_ULONG len = sizeof out;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_WRAP, true);
	p11_bytes(&t, CKA_ALLOWED_MECHANISMS, &kwp, sizeof kwp);
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
	p11_bytes(&more, CKA_ALLOWED_MECHANISMS, &kwp, sizeof kwp);
	p11_is(CKR_ATTRIBUTE_READ_ONLY, copy_as(key, &more, &copy));
	p11_ok(copy_as(key, NULL, &copy));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED,
	       p11->C_WrapKey(s, &p11_kw, copy, p11_import_aes(s, repeat('v', 32)), out, &len));
}
END_TEST

START_TEST(an_object_has_the_size_of_what_it_holds)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE small, big;
	CK_ULONG sizes[2];

	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_bytes(&t, CKA_VALUE, repeat('v', 32).data, 32);
	p11_bool(&t, CKA_TOKEN, _i != 0);
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &small));
	t.attr[1] = (CK_ATTRIBUTE){ CKA_VALUE, (void *)(uintptr_t)repeat('v', 500).data, 500 };
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &big));
	p11_ok(p11->C_GetObjectSize(s, small, &sizes[0]));
	p11_ok(p11->C_GetObjectSize(s, big, &sizes[1]));
	ck_assert_uint_eq(sizes[1] - sizes[0], 500 - 32);
	ck_assert_uint_gt(sizes[0], 32);
}
END_TEST

static Suite *suite(void)
{
	Suite *s_ = suite_create("copy");
	TCase *tc = tcase_create("copy");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	suite_add_tcase(s_, tc);
	tcase_add_test(tc, a_copy_is_an_object_of_its_own);
	tcase_add_test(tc, session_objects_become_token_objects_and_the_other_way_round);
	tcase_add_test(tc, a_copy_of_a_secret_is_as_secret);
	tcase_add_test(tc, a_key_that_becomes_unextractable_was_not_always);
	tcase_add_test(tc, what_can_not_be_copied_says_so);
	tcase_add_test(tc, a_pair_can_be_made_copyable);
	tcase_add_test(tc, what_can_not_be_modified_is_not_modified_by_copying);
	tcase_add_test(tc, a_sealed_key_keeps_its_seal);
	tcase_add_test(tc, a_read_only_session_copies_into_itself);
	tcase_add_test(tc, limits_are_copied_too);
	tcase_add_loop_test(tc, an_object_has_the_size_of_what_it_holds, 0, 2);
	return s_;
}

int main(void)
{
	return test_run(suite());
}
