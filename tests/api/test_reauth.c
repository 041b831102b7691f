/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Keys that ask for the PIN at each use, and what only the security officer trusts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE key;
static CK_BYTE signature[64];

static void make_key(CK_OBJECT_HANDLE *private)
{
	struct p11_template pub = { 0 }, priv = { 0 };
	CK_OBJECT_HANDLE public;

	p11_bytes(&pub, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	p11_bool(&priv, CKA_ALWAYS_AUTHENTICATE, true);
	p11_bool(&priv, CKA_DERIVE, true);
	p11_ok(p11->C_GenerateKeyPair(s, &p11_pair_gen, pub.attr, pub.n, priv.attr, priv.n, &public,
	                              private));
}

static void set_up(void)
{
	p11_setup();
	s = p11_user();
	make_key(&key);
}

static CK_RV begin(CK_SESSION_HANDLE session)
{
	return p11->C_SignInit(session, &p11_eddsa, key);
}

static CK_RV finish(CK_SESSION_HANDLE session)
{
	CK_ULONG len = sizeof signature;

	return p11->C_Sign(session, (CK_BYTE *)"text", 4, signature, &len);
}

static void authorise(CK_SESSION_HANDLE session, const char *pin, CK_RV wanted)
{
	p11_login(session, CKU_CONTEXT_SPECIFIC, pin, wanted);
}

START_TEST(each_use_asks_for_the_pin)
{
	for (int i = 0; i < 2; i++) {
		p11_ok(begin(s));
		authorise(s, P11_PIN, CKR_OK);
		p11_ok(finish(s));
	}
	p11_ok(begin(s));
	p11_is(CKR_USER_NOT_LOGGED_IN, finish(s));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, finish(s));
}
END_TEST

START_TEST(being_logged_in_is_not_enough)
{
	CK_ULONG len = 0;

	p11_ok(begin(s));
	p11_login(s, CKU_USER, P11_PIN, CKR_USER_ALREADY_LOGGED_IN);
	p11_ok(p11->C_Sign(s, (CK_BYTE *)"text", 4, NULL, &len));
	ck_assert_uint_eq(len, 64);
	p11_is(CKR_USER_NOT_LOGGED_IN, finish(s));
	p11_ok(begin(s));
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_SignUpdate(s, (CK_BYTE *)"text", 4));
	p11_ok(begin(s));
	len = sizeof signature;
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_SignFinal(s, signature, &len));
}
END_TEST

START_TEST(parts_of_one_use_ask_once)
{
	CK_ULONG len = sizeof signature;

	p11_ok(begin(s));
	authorise(s, P11_PIN, CKR_OK);
	p11_ok(p11->C_SignUpdate(s, (CK_BYTE *)"te", 2));
	p11_ok(p11->C_SignUpdate(s, (CK_BYTE *)"xt", 2));
	p11_ok(p11->C_SignFinal(s, signature, &len));
	p11_ok(begin(s));
	p11_is(CKR_USER_NOT_LOGGED_IN, finish(s));
}
END_TEST

/* Where a peer keeps the login with the key, the second session could sign. */
START_TEST(a_login_in_one_session_opens_nothing_in_another)
{
	CK_SESSION_HANDLE other = p11_open(0);

	p11_ok(begin(s));
	p11_ok(begin(other));
	authorise(s, P11_PIN, CKR_OK);
	p11_is(CKR_USER_NOT_LOGGED_IN, finish(other));
	p11_ok(finish(s));
	p11_ok(begin(s));
	authorise(s, P11_PIN, CKR_OK);
	p11_ok(begin(other));
	p11_is(CKR_USER_NOT_LOGGED_IN, finish(other));
	p11_ok(finish(s));
}
END_TEST

START_TEST(a_wrong_pin_leaves_the_operation_waiting)
{
	CK_TOKEN_INFO info;

	p11_ok(begin(s));
	authorise(s, "wrong", CKR_PIN_INCORRECT);
	p11_ok(p11->C_GetTokenInfo(0, &info));
	ck_assert_uint_ne(info.flags & CKF_USER_PIN_COUNT_LOW, 0);
	authorise(s, P11_SO_PIN, CKR_PIN_INCORRECT);
	authorise(s, "", CKR_PIN_INCORRECT);
	authorise(s, P11_PIN, CKR_OK);
	p11_ok(p11->C_GetTokenInfo(0, &info));
	ck_assert_uint_eq(info.flags & CKF_USER_PIN_COUNT_LOW, 0);
	p11_ok(finish(s));
	p11_ok(begin(s));
	authorise(s, "wrong", CKR_PIN_INCORRECT);
	p11_is(CKR_USER_NOT_LOGGED_IN, finish(s));
}
END_TEST

START_TEST(only_an_operation_that_asks_is_answered)
{
	CK_OBJECT_HANDLE pub, plain;

	p11_make_pair(s, NULL, &pub, &plain);
	authorise(s, P11_PIN, CKR_OPERATION_NOT_INITIALIZED);
	p11_ok(p11->C_SignInit(s, &p11_eddsa, plain));
	authorise(s, P11_PIN, CKR_OPERATION_NOT_INITIALIZED);
	authorise(s, "wrong", CKR_OPERATION_NOT_INITIALIZED);
	p11_ok(finish(s));
	p11_ok(begin(s));
	authorise(s, P11_PIN, CKR_OK);
	authorise(s, P11_PIN, CKR_USER_ALREADY_LOGGED_IN);
	p11_ok(finish(s));
	authorise(s, P11_PIN, CKR_OPERATION_NOT_INITIALIZED);
}
END_TEST

START_TEST(a_logout_ends_what_was_authorised)
{
	p11_ok(begin(s));
	authorise(s, P11_PIN, CKR_OK);
	p11_ok(p11->C_Logout(s));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, finish(s));
	authorise(s, P11_PIN, CKR_OPERATION_NOT_INITIALIZED);
}
END_TEST

START_TEST(a_key_that_asks_is_private_and_goes_on_asking)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE object;
	CK_BBOOL no = CK_FALSE;

	p11_ulong(&t, CKA_CLASS, CKO_PRIVATE_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_EC_EDWARDS);
	p11_bytes(&t, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	p11_bytes(&t, CKA_VALUE, repeat('s', 32).data, 32);
	p11_bool(&t, CKA_ALWAYS_AUTHENTICATE, true);
	p11_bool(&t, CKA_PRIVATE, false);
	p11_is(CKR_TEMPLATE_INCONSISTENT, p11->C_CreateObject(s, t.attr, t.n, &object));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, key, CKA_ALWAYS_AUTHENTICATE, &no, 1));
	ck_assert(p11_get_bool(s, key, CKA_ALWAYS_AUTHENTICATE));
}
END_TEST

START_TEST(a_use_without_an_init_is_refused)
{
	CK_HKDF_PARAMS params = {
		.bExpand = CK_TRUE, .prfHashMechanism = CKM_SHA256, .ulSaltType = CKF_HKDF_SALT_NULL,
	};
	CK_MECHANISM hkdf = { CKM_HKDF_DERIVE, &params, sizeof params };
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE derived;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_DeriveKey(s, &hkdf, key, t.attr, t.n, &derived));
	p11_ok(begin(s));
	authorise(s, P11_PIN, CKR_OK);
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_DeriveKey(s, &hkdf, key, t.attr, t.n, &derived));
}
END_TEST

START_TEST(who_knows_no_pin_does_not_wrap_it_either)
{
	struct p11_template pub = { 0 }, priv = { 0 };
	CK_OBJECT_HANDLE kek = p11_make_aes(s, "kek"), public, private;
	CK_BYTE out[200];
	CK_ULONG len = sizeof out;

	p11_bytes(&pub, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	p11_bool(&priv, CKA_ALWAYS_AUTHENTICATE, true);
	p11_bool(&priv, CKA_EXTRACTABLE, true);
	p11_ok(p11->C_GenerateKeyPair(s, &p11_pair_gen, pub.attr, pub.n, priv.attr, priv.n, &public,
	                              &private));
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_WrapKey(s, &p11_kwp, kek, private, out, &len));
}
END_TEST

/* A record whose PIN is known to whoever wrote it there. */
START_TEST(the_pin_of_another_token_opens_nothing)
{
	CK_BYTE label[33] = "another                         ";
	CK_SESSION_HANDLE other;
	char *attach = NULL;

	p11_ok(p11->C_InitToken(1, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), label));
	p11_ok(p11->C_OpenSession(1, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &other));
	p11_login(other, CKU_SO, P11_SO_PIN, CKR_OK);
	p11_ok(p11->C_InitPIN(other, (CK_BYTE *)"12345678", 8));
	ck_assert_int_gt(asprintf(&attach, "ATTACH '%.*s1.db' AS other; UPDATE item SET record = "
	                          "(SELECT record FROM other.item WHERE id = 0) WHERE id = 0",
	                          (int)strlen(p11_store) - 4, p11_store), 0);
	p11_ok(begin(s));
	p11_sql(attach);
	p11_is(CKR_DEVICE_REMOVED, p11->C_Login(s, CKU_CONTEXT_SPECIFIC, (CK_BYTE *)"12345678", 8));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, finish(s));
	free(attach);
}
END_TEST

/* --- CKA_TRUSTED and CKA_WRAP_WITH_TRUSTED --- */

/* A wrapping key that the officer can see. */
static CK_OBJECT_HANDLE public_kek(void)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE kek = 0;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_WRAP, true);
	p11_bool(&t, CKA_PRIVATE, false);
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &kek));
	return kek;
}

static CK_RV wrap(CK_OBJECT_HANDLE kek, CK_OBJECT_HANDLE secret)
{
	CK_BYTE out[64];
	CK_ULONG len = sizeof out;

	return p11->C_WrapKey(s, &p11_kwp, kek, secret, out, &len);
}

START_TEST(only_a_trusted_key_wraps_what_asks_for_one)
{
	CK_OBJECT_HANDLE kek = public_kek(), secret = p11_import_aes(s, repeat('s', 32));
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

	p11_ok(wrap(kek, secret));
	p11_ok(p11_set(s, secret, CKA_WRAP_WITH_TRUSTED, &yes, 1));
	p11_is(CKR_KEY_NOT_WRAPPABLE, wrap(kek, secret));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, kek, CKA_TRUSTED, &yes, 1));
	p11_ok(p11->C_Logout(s));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, kek, CKA_TRUSTED, &yes, 1));
	p11_login(s, CKU_SO, P11_SO_PIN, CKR_OK);
	p11_ok(p11_set(s, kek, CKA_TRUSTED, &yes, 1));
	p11_ok(p11->C_Logout(s));
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	secret = p11_import_aes(s, repeat('s', 32));
	p11_ok(p11_set(s, secret, CKA_WRAP_WITH_TRUSTED, &yes, 1));
	p11_ok(wrap(kek, secret));
	p11_ok(p11_set(s, kek, CKA_TRUSTED, &no, 1));
	p11_is(CKR_KEY_NOT_WRAPPABLE, wrap(kek, secret));
}
END_TEST

START_TEST(the_officer_makes_trusted_objects)
{
	struct p11_template t = { 0 }, private = { 0 };
	CK_OBJECT_HANDLE kek;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_PRIVATE, false);
	p11_bool(&t, CKA_TRUSTED, true);
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &kek));
	p11_ok(p11->C_Logout(s));
	p11_login(s, CKU_SO, P11_SO_PIN, CKR_OK);
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &kek));
	ck_assert(p11_get_bool(s, kek, CKA_TRUSTED));
	p11_ulong(&private, CKA_VALUE_LEN, 32);
	p11_bool(&private, CKA_TRUSTED, true);
	p11_is(CKR_USER_NOT_LOGGED_IN,
	       p11->C_GenerateKey(s, &p11_aes_gen, private.attr, private.n, &kek));
}
END_TEST

static Suite *suite(void)
{
	Suite *s_ = suite_create("reauth");
	TCase *tc = tcase_create("reauth");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	suite_add_tcase(s_, tc);
	tcase_add_test(tc, each_use_asks_for_the_pin);
	tcase_add_test(tc, being_logged_in_is_not_enough);
	tcase_add_test(tc, parts_of_one_use_ask_once);
	tcase_add_test(tc, a_login_in_one_session_opens_nothing_in_another);
	tcase_add_test(tc, a_wrong_pin_leaves_the_operation_waiting);
	tcase_add_test(tc, only_an_operation_that_asks_is_answered);
	tcase_add_test(tc, a_logout_ends_what_was_authorised);
	tcase_add_test(tc, a_key_that_asks_is_private_and_goes_on_asking);
	tcase_add_test(tc, a_use_without_an_init_is_refused);
	tcase_add_test(tc, who_knows_no_pin_does_not_wrap_it_either);
	tcase_add_test(tc, the_pin_of_another_token_opens_nothing);
	tcase_add_test(tc, only_a_trusted_key_wraps_what_asks_for_one);
	tcase_add_test(tc, the_officer_makes_trusted_objects);
	return s_;
}

int main(void)
{
	return test_run(suite());
}
