/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. PIN tokens: making them, the user's and the officer's login, changing PINs.
 */
#include <string.h>
#include <unistd.h>

#include "lib/p11.h"
#include "lib/runner.h"

#define LABEL (CK_BYTE *)"another label                   "

static CK_FLAGS token_flags(void)
{
	CK_TOKEN_INFO info;

	p11_ok(p11->C_GetTokenInfo(0, &info));
	return info.flags;
}

static CK_RV init_token(const char *pin)
{
	return p11->C_InitToken(0, (CK_BYTE *)pin, strlen(pin), LABEL);
}

static CK_RV init_pin(CK_SESSION_HANDLE session, const char *pin)
{
	return p11->C_InitPIN(session, (CK_BYTE *)pin, strlen(pin));
}

static CK_RV set_pin(CK_SESSION_HANDLE session, const char *old, const char *new)
{
	return p11->C_SetPIN(session, (CK_BYTE *)old, strlen(old), (CK_BYTE *)new, strlen(new));
}

static CK_STATE state_of(CK_SESSION_HANDLE session)
{
	CK_SESSION_INFO info;

	p11_ok(p11->C_GetSessionInfo(session, &info));
	return info.state;
}

START_TEST(a_new_token_has_an_officer_and_no_user)
{
	CK_SESSION_HANDLE session;
	CK_TOKEN_INFO info;

	p11_start();
	p11_ok(init_token(P11_SO_PIN));
	p11_ok(p11->C_GetTokenInfo(0, &info));
	ck_assert_uint_eq(info.flags, CKF_RNG | CKF_LOGIN_REQUIRED | CKF_TOKEN_INITIALIZED);
	ck_assert_mem_eq(info.label, LABEL, 32);
	session = p11_open(CKF_RW_SESSION);
	p11_login(session, CKU_USER, P11_PIN, CKR_USER_PIN_NOT_INITIALIZED);
	p11_is(CKR_USER_PIN_NOT_INITIALIZED, set_pin(session, P11_PIN, P11_PIN));
}
END_TEST

START_TEST(labels_are_text)
{
	CK_BYTE empty[32], broken[32];

	memset(empty, ' ', sizeof empty);
	memset(broken, 0xff, sizeof broken);
	p11_start();
	p11_is(CKR_ARGUMENTS_BAD, p11->C_InitToken(0, (CK_BYTE *)P11_SO_PIN, 8, empty));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_InitToken(0, (CK_BYTE *)P11_SO_PIN, 8, broken));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_InitToken(0, (CK_BYTE *)P11_SO_PIN, 8, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_InitToken(0, NULL, 8, LABEL));
	ck_assert_uint_eq(token_flags() & CKF_TOKEN_INITIALIZED, 0);
}
END_TEST

START_TEST(pins_have_a_length)
{
	char longest[256];
	CK_SESSION_HANDLE session;

	memset(longest, 'x', 255);
	longest[255] = '\0';
	p11_start();
	p11_is(CKR_PIN_LEN_RANGE, init_token("123"));
	p11_is(CKR_PIN_LEN_RANGE, p11->C_InitToken(0, NULL, 0, LABEL));
	p11_ok(init_token("1234"));
	session = p11_open(CKF_RW_SESSION);
	p11_login(session, CKU_SO, "1234", CKR_OK);
	p11_is(CKR_PIN_LEN_RANGE, init_pin(session, "123"));
	p11_is(CKR_PIN_LEN_RANGE, p11->C_InitPIN(session, (CK_BYTE *)longest, 256));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_InitPIN(session, NULL, 8));
	p11_ok(init_pin(session, longest));
	p11_is(CKR_PIN_LEN_RANGE, set_pin(session, "1234", "123"));
	p11_ok(p11->C_Logout(session));
	p11_login(session, CKU_USER, longest, CKR_OK);
}
END_TEST

START_TEST(the_right_pin_logs_in)
{
	CK_SESSION_HANDLE session = p11_user(), ro = p11_open(0);

	ck_assert_uint_eq(state_of(session), CKS_RW_USER_FUNCTIONS);
	ck_assert_uint_eq(state_of(ro), CKS_RO_USER_FUNCTIONS);
	p11_login(ro, CKU_USER, P11_PIN, CKR_USER_ALREADY_LOGGED_IN);
	p11_login(ro, CKU_USER, "wrong", CKR_USER_ALREADY_LOGGED_IN);
	p11_login(ro, CKU_SO, P11_SO_PIN, CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
	p11_ok(p11->C_Logout(ro));
	ck_assert_uint_eq(state_of(session), CKS_RW_PUBLIC_SESSION);
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_Logout(session));
}
END_TEST

START_TEST(users_have_no_names)
{
	CK_UTF8CHAR *pin = (CK_UTF8CHAR *)P11_PIN, name[] = "alice";
	CK_ULONG n = strlen(P11_PIN);
	CK_SESSION_HANDLE session;

	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, p11_3_2->C_LoginUser(1, CKU_USER, pin, n, name, 5));
	p11_make_pin_token();
	session = p11_open(CKF_RW_SESSION);
	p11_is(CKR_SESSION_HANDLE_INVALID,
	       p11_3_2->C_LoginUser(~session, CKU_USER, pin, n, name, 5));
	p11_is(CKR_FUNCTION_NOT_SUPPORTED,
	       p11_3_2->C_LoginUser(session, CKU_USER, pin, n, name, 5));
	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_LoginUser(session, CKU_USER, pin, n, NULL, 5));
	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_LoginUser(session, CKU_USER, NULL, n, name, 5));
	ck_assert_uint_eq(state_of(session), CKS_RW_PUBLIC_SESSION);
	p11_is(CKR_PIN_INCORRECT, p11_3_2->C_LoginUser(session, CKU_USER, name, 5, NULL, 0));
	p11_ok(p11_3_2->C_LoginUser(session, CKU_USER, pin, n, name, 0));
	ck_assert_uint_eq(state_of(session), CKS_RW_USER_FUNCTIONS);
}
END_TEST

START_TEST(a_wrong_pin_does_not)
{
	CK_SESSION_HANDLE session;

	p11_make_pin_token();
	session = p11_open(CKF_RW_SESSION);
	p11_login(session, CKU_USER, "wrong", CKR_PIN_INCORRECT);
	p11_login(session, CKU_USER, "", CKR_PIN_INCORRECT);
	p11_is(CKR_PIN_INCORRECT, p11->C_Login(session, CKU_USER, NULL, 0));
	p11_login(session, CKU_USER, P11_SO_PIN, CKR_PIN_INCORRECT);
	p11_login(session, CKU_SO, P11_PIN, CKR_PIN_INCORRECT);
	p11_is(CKR_PIN_INCORRECT,
	       p11->C_Login(session, CKU_USER, (CK_BYTE *)P11_PIN, strlen(P11_PIN) - 1));
	ck_assert_uint_eq(state_of(session), CKS_RW_PUBLIC_SESSION);
	p11_login(session, CKU_USER, P11_PIN, CKR_OK);
}
END_TEST

START_TEST(a_wrong_pin_shows_in_the_flags_until_a_right_one)
{
	const CK_FLAGS low = CKF_USER_PIN_COUNT_LOW, so_low = CKF_SO_PIN_COUNT_LOW;
	CK_SESSION_HANDLE session;

	p11_make_pin_token();
	session = p11_open(CKF_RW_SESSION);
	ck_assert_uint_eq(token_flags() & (low | so_low), 0);
	p11_login(session, CKU_USER, "wrong", CKR_PIN_INCORRECT);
	ck_assert_uint_eq(token_flags() & (low | so_low), low);
	p11_login(session, CKU_SO, "wrong", CKR_PIN_INCORRECT);
	ck_assert_uint_eq(token_flags() & (low | so_low), low | so_low);
	p11_login(session, CKU_USER, P11_PIN, CKR_OK);
	ck_assert_uint_eq(token_flags() & (low | so_low), so_low);
	p11_ok(p11->C_Logout(session));
	p11_login(session, CKU_SO, P11_SO_PIN, CKR_OK);
	ck_assert_uint_eq(token_flags() & (low | so_low), 0);
}
END_TEST

START_TEST(making_a_token_new_with_a_wrong_pin_shows_in_the_flags)
{
	p11_make_pin_token();
	p11_is(CKR_PIN_INCORRECT, init_token("wrong one"));
	ck_assert_uint_ne(token_flags() & CKF_SO_PIN_COUNT_LOW, 0);
	p11_ok(init_token(P11_SO_PIN));
	ck_assert_uint_eq(token_flags() & CKF_SO_PIN_COUNT_LOW, 0);
}
END_TEST

START_TEST(the_officer_has_read_write_sessions_only)
{
	CK_SESSION_HANDLE ro, rw, more;

	p11_make_pin_token();
	ro = p11_open(0);
	rw = p11_open(CKF_RW_SESSION);
	p11_login(rw, CKU_SO, P11_SO_PIN, CKR_SESSION_READ_ONLY_EXISTS);
	p11_ok(p11->C_CloseSession(ro));
	p11_login(rw, CKU_SO, P11_SO_PIN, CKR_OK);
	ck_assert_uint_eq(state_of(rw), CKS_RW_SO_FUNCTIONS);
	p11_is(CKR_SESSION_READ_WRITE_SO_EXISTS,
	       p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &more));
	more = p11_open(CKF_RW_SESSION);
	ck_assert_uint_eq(state_of(more), CKS_RW_SO_FUNCTIONS);
	p11_login(more, CKU_USER, P11_PIN, CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
}
END_TEST

START_TEST(the_officer_sees_no_private_objects)
{
	CK_SESSION_HANDLE session = p11_user();
	CK_OBJECT_HANDLE pub, priv, key;
	struct p11_template t = { 0 };

	p11_make_pair(session, "key", &pub, &priv);
	p11_ok(p11->C_Logout(session));
	p11_login(session, CKU_SO, P11_SO_PIN, CKR_OK);
	ck_assert_uint_eq(p11_count(session), 1);
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_SignInit(session, &p11_eddsa, priv));
	p11_ulong(&t, CKA_VALUE_LEN, 16);
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_GenerateKey(session, &p11_aes_gen, t.attr, t.n, &key));
}
END_TEST

START_TEST(only_the_officer_sets_a_pin)
{
	CK_SESSION_HANDLE session = p11_user();

	p11_is(CKR_USER_NOT_LOGGED_IN, init_pin(session, "87654321"));
	p11_ok(p11->C_Logout(session));
	p11_is(CKR_USER_NOT_LOGGED_IN, init_pin(session, "87654321"));
	p11_login(session, CKU_SO, P11_SO_PIN, CKR_OK);
	p11_ok(init_pin(session, "87654321"));
	p11_ok(p11->C_Logout(session));
	p11_login(session, CKU_USER, P11_PIN, CKR_PIN_INCORRECT);
	p11_login(session, CKU_USER, "87654321", CKR_OK);
}
END_TEST

START_TEST(a_pin_that_the_officer_sets_keeps_the_objects)
{
	CK_SESSION_HANDLE session = p11_user();
	CK_OBJECT_HANDLE pub, priv;
	uint8_t signature[64];

	p11_make_pair(session, "key", &pub, &priv);
	p11_ok(p11->C_Logout(session));
	p11_login(session, CKU_SO, P11_SO_PIN, CKR_OK);
	p11_ok(init_pin(session, "87654321"));
	p11_ok(p11->C_Logout(session));
	p11_login(session, CKU_USER, "87654321", CKR_OK);
	p11_ok(p11_sign(session, p11_find_label(session, CKO_PRIVATE_KEY, "key"), "x", signature));
}
END_TEST

START_TEST(a_wrong_old_pin_changes_nothing)
{
	CK_SESSION_HANDLE session = p11_user();

	p11_is(CKR_PIN_INCORRECT, set_pin(session, "wrong", "87654321"));
	p11_is(CKR_PIN_INCORRECT, set_pin(session, "", "87654321"));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_SetPIN(session, NULL, 4, (CK_BYTE *)"87654321", 8));
	ck_assert_uint_ne(token_flags() & CKF_USER_PIN_COUNT_LOW, 0);
	p11_ok(p11->C_Logout(session));
	p11_login(session, CKU_USER, "87654321", CKR_PIN_INCORRECT);
	p11_login(session, CKU_USER, P11_PIN, CKR_OK);
}
END_TEST

START_TEST(a_right_old_pin_changes_it)
{
	CK_SESSION_HANDLE session;

	p11_make_pin_token();
	session = p11_open(CKF_RW_SESSION);
	p11_ok(set_pin(session, P11_PIN, "87654321"));
	ck_assert_uint_eq(state_of(session), CKS_RW_PUBLIC_SESSION);
	p11_login(session, CKU_USER, P11_PIN, CKR_PIN_INCORRECT);
	p11_login(session, CKU_USER, "87654321", CKR_OK);
	p11_ok(set_pin(session, "87654321", "12345678"));
	ck_assert_uint_eq(state_of(session), CKS_RW_USER_FUNCTIONS);
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	p11_login(p11_open(0), CKU_USER, "12345678", CKR_OK);
}
END_TEST

START_TEST(the_officer_changes_the_officers_pin)
{
	CK_SESSION_HANDLE session;

	p11_make_pin_token();
	session = p11_open(CKF_RW_SESSION);
	p11_login(session, CKU_SO, P11_SO_PIN, CKR_OK);
	p11_is(CKR_PIN_INCORRECT, set_pin(session, P11_PIN, "87654321"));
	p11_ok(set_pin(session, P11_SO_PIN, "87654321"));
	p11_ok(p11->C_Logout(session));
	p11_login(session, CKU_SO, P11_SO_PIN, CKR_PIN_INCORRECT);
	p11_login(session, CKU_SO, "87654321", CKR_OK);
	p11_ok(p11->C_Logout(session));
	p11_login(session, CKU_USER, P11_PIN, CKR_OK);
}
END_TEST

START_TEST(closing_the_last_session_logs_out)
{
	CK_SESSION_HANDLE session = p11_user(), other = p11_open(0);

	p11_ok(p11->C_CloseSession(session));
	ck_assert_uint_eq(state_of(other), CKS_RO_USER_FUNCTIONS);
	p11_ok(p11->C_CloseSession(other));
	ck_assert_uint_eq(state_of(p11_open(0)), CKS_RO_PUBLIC_SESSION);
}
END_TEST

START_TEST(closing_all_sessions_logs_out)
{
	p11_user();
	p11_ok(p11->C_CloseAllSessions(0));
	ck_assert_uint_eq(state_of(p11_open(0)), CKS_RO_PUBLIC_SESSION);
}
END_TEST

START_TEST(private_objects_are_there_for_the_user_only)
{
	CK_SESSION_HANDLE session = p11_user();
	CK_OBJECT_HANDLE pub, priv, of_session_pub, of_session;
	CK_ULONG size;

	p11_make_pair(session, "key", &pub, &priv);
	p11_make_pair(session, NULL, &of_session_pub, &of_session);
	ck_assert_uint_eq(p11_count(session), 4);
	p11_ok(p11->C_Logout(session));
	ck_assert_uint_eq(p11_count(session), 2);
	p11_is(CKR_OBJECT_HANDLE_INVALID, p11->C_GetObjectSize(session, priv, &size));
	p11_is(CKR_OBJECT_HANDLE_INVALID, p11->C_DestroyObject(session, priv));
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_SignInit(session, &p11_eddsa, priv));
	p11_login(session, CKU_USER, P11_PIN, CKR_OK);
	ck_assert_uint_eq(p11_count(session), 3);
	p11_is(CKR_OBJECT_HANDLE_INVALID, p11->C_GetObjectSize(session, priv, &size));
	p11_is(CKR_OBJECT_HANDLE_INVALID, p11->C_GetObjectSize(session, of_session, &size));
}
END_TEST

START_TEST(private_objects_are_made_by_the_user_only)
{
	struct p11_template t = { 0 };
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key, pub;

	p11_make_pin_token();
	session = p11_open(CKF_RW_SESSION);
	p11_ulong(&t, CKA_VALUE_LEN, 16);
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_GenerateKey(session, &p11_aes_gen, t.attr, t.n, &key));
	t.n = 0;
	p11_bytes(&t, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	p11_is(CKR_USER_NOT_LOGGED_IN,
	       p11->C_GenerateKeyPair(session, &p11_pair_gen, t.attr, t.n, NULL, 0, &pub, &key));
	ck_assert_uint_eq(p11_count(session), 0);
}
END_TEST

START_TEST(public_objects_need_no_login)
{
	CK_SESSION_HANDLE session = p11_user();
	CK_OBJECT_HANDLE pub, priv;
	struct p11_template t = { 0 };

	p11_make_pair(session, "key", &pub, &priv);
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	session = p11_open(CKF_RW_SESSION);
	ck_assert_uint_eq(p11_count(session), 1);
	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_bool(&t, CKA_TOKEN, true);
	p11_text(&t, CKA_LABEL, "note");
	p11_ok(p11->C_CreateObject(session, t.attr, t.n, &pub));
	p11_login(session, CKU_USER, P11_PIN, CKR_OK);
	ck_assert_uint_eq(p11_count(session), 3);
}
END_TEST

START_TEST(a_logout_ends_operations_with_private_keys)
{
	CK_SESSION_HANDLE session = p11_user(), other = p11_open(0);
	CK_MECHANISM sha = { CKM_SHA256, NULL, 0 };
	CK_OBJECT_HANDLE pub, priv;
	uint8_t signature[64];
	CK_ULONG len = 64;

	p11_make_pair(session, NULL, &pub, &priv);
	p11_ok(p11->C_SignInit(session, &p11_eddsa, priv));
	p11_ok(p11->C_SignInit(other, &p11_eddsa, priv));
	p11_ok(p11->C_VerifyInit(other, &p11_eddsa, pub));
	p11_ok(p11->C_DigestInit(other, &sha));
	p11_ok(p11->C_Logout(session));
	p11_is(CKR_OPERATION_NOT_INITIALIZED,
	       p11->C_Sign(session, (CK_BYTE *)"x", 1, signature, &len));
	p11_is(CKR_OPERATION_NOT_INITIALIZED,
	       p11->C_Sign(other, (CK_BYTE *)"x", 1, signature, &len));
	p11_is(CKR_SIGNATURE_INVALID,
	       p11->C_Verify(other, (CK_BYTE *)"x", 1, signature, sizeof signature));
	p11_ok(p11->C_DigestUpdate(other, (CK_BYTE *)"x", 1));
}
END_TEST

START_TEST(a_token_with_sessions_is_not_made_new)
{
	CK_SESSION_HANDLE session = p11_user();

	p11_is(CKR_SESSION_EXISTS, init_token(P11_SO_PIN));
	p11_ok(p11->C_CloseSession(session));
	p11_ok(init_token(P11_SO_PIN));
}
END_TEST

START_TEST(making_a_token_new_destroys_all_and_keeps_the_serial)
{
	CK_SESSION_HANDLE session = p11_user();
	CK_TOKEN_INFO before, after;
	CK_OBJECT_HANDLE pub, priv;

	p11_make_pair(session, "key", &pub, &priv);
	p11_ok(p11->C_CloseSession(session));
	p11_ok(p11->C_GetTokenInfo(0, &before));
	p11_ok(init_token(P11_SO_PIN));
	p11_ok(p11->C_GetTokenInfo(0, &after));
	ck_assert_mem_eq(before.serialNumber, after.serialNumber, 16);
	ck_assert_mem_eq(after.label, LABEL, 32);
	ck_assert_uint_eq(after.flags & CKF_USER_PIN_INITIALIZED, 0);
	session = p11_open(CKF_RW_SESSION);
	ck_assert_uint_eq(p11_count(session), 0);
	p11_login(session, CKU_USER, P11_PIN, CKR_USER_PIN_NOT_INITIALIZED);
	p11_login(session, CKU_SO, P11_SO_PIN, CKR_OK);
	p11_ok(init_pin(session, P11_PIN));
	p11_ok(p11->C_Logout(session));
	p11_login(session, CKU_USER, P11_PIN, CKR_OK);
	ck_assert_uint_eq(p11_count(session), 0);
}
END_TEST

START_TEST(making_a_token_new_with_a_wrong_pin_changes_nothing)
{
	CK_SESSION_HANDLE session = p11_user();
	CK_OBJECT_HANDLE pub, priv;

	p11_make_pair(session, "key", &pub, &priv);
	p11_ok(p11->C_CloseSession(session));
	p11_is(CKR_PIN_INCORRECT, init_token(P11_PIN));
	session = p11_open(CKF_RW_SESSION);
	p11_login(session, CKU_USER, P11_PIN, CKR_OK);
	ck_assert_uint_eq(p11_count(session), 2);
}
END_TEST

static void make_new_elsewhere(void *arg)
{
	(void)arg;
	p11_start();
	p11_ok(init_token(P11_SO_PIN));
}

START_TEST(a_token_made_new_by_another_process_is_noticed)
{
	CK_SESSION_HANDLE session = p11_user();
	CK_OBJECT_HANDLE pub, priv;

	p11_make_pair(session, "key", &pub, &priv);
	p11_in_child(make_new_elsewhere, NULL);
	session = p11_open(CKF_RW_SESSION);
	ck_assert_uint_eq(state_of(session), CKS_RW_PUBLIC_SESSION);
	ck_assert_uint_eq(p11_count(session), 0);
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_SignInit(session, &p11_eddsa, priv));
	p11_login(session, CKU_SO, P11_SO_PIN, CKR_OK);
}
END_TEST

static void change_pin_elsewhere(void *arg)
{
	(void)arg;
	p11_start();
	p11_ok(set_pin(p11_open(CKF_RW_SESSION), P11_PIN, "87654321"));
}

START_TEST(a_pin_changed_by_another_process_counts)
{
	CK_SESSION_HANDLE session = p11_user();

	p11_in_child(change_pin_elsewhere, NULL);
	p11_make_aes(session, "made after");
	p11_ok(p11->C_Logout(session));
	p11_login(session, CKU_USER, P11_PIN, CKR_PIN_INCORRECT);
	p11_login(session, CKU_USER, "87654321", CKR_OK);
	ck_assert_uint_eq(p11_count(session), 1);
}
END_TEST

START_TEST(a_token_that_is_gone_takes_no_pin)
{
	CK_SESSION_HANDLE session;

	p11_make_pin_token();
	session = p11_open(CKF_RW_SESSION);
	ck_assert_int_eq(unlink(p11_store), 0);
	p11_login(session, CKU_USER, P11_PIN, CKR_TOKEN_NOT_PRESENT);
	p11_is(CKR_TOKEN_NOT_PRESENT, set_pin(session, P11_PIN, "another horse"));
	ck_assert_uint_eq(state_of(session), CKS_RW_PUBLIC_SESSION);
	ck_assert_int_ne(access(p11_store, F_OK), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("pin");
	TCase *tc = p11_case(s, "pin");

	tcase_add_test(tc, a_new_token_has_an_officer_and_no_user);
	tcase_add_test(tc, labels_are_text);
	tcase_add_test(tc, pins_have_a_length);
	tcase_add_test(tc, the_right_pin_logs_in);
	tcase_add_test(tc, users_have_no_names);
	tcase_add_test(tc, a_wrong_pin_does_not);
	tcase_add_test(tc, a_wrong_pin_shows_in_the_flags_until_a_right_one);
	tcase_add_test(tc, making_a_token_new_with_a_wrong_pin_shows_in_the_flags);
	tcase_add_test(tc, the_officer_has_read_write_sessions_only);
	tcase_add_test(tc, the_officer_sees_no_private_objects);
	tcase_add_test(tc, only_the_officer_sets_a_pin);
	tcase_add_test(tc, a_pin_that_the_officer_sets_keeps_the_objects);
	tcase_add_test(tc, a_wrong_old_pin_changes_nothing);
	tcase_add_test(tc, a_right_old_pin_changes_it);
	tcase_add_test(tc, the_officer_changes_the_officers_pin);
	tcase_add_test(tc, closing_the_last_session_logs_out);
	tcase_add_test(tc, closing_all_sessions_logs_out);
	tc = p11_case(s, "private");
	tcase_add_test(tc, private_objects_are_there_for_the_user_only);
	tcase_add_test(tc, private_objects_are_made_by_the_user_only);
	tcase_add_test(tc, public_objects_need_no_login);
	tcase_add_test(tc, a_logout_ends_operations_with_private_keys);
	tc = p11_case(s, "new");
	tcase_add_test(tc, a_token_with_sessions_is_not_made_new);
	tcase_add_test(tc, making_a_token_new_destroys_all_and_keeps_the_serial);
	tcase_add_test(tc, making_a_token_new_with_a_wrong_pin_changes_nothing);
	tcase_add_test(tc, a_token_made_new_by_another_process_is_noticed);
	tcase_add_test(tc, a_pin_changed_by_another_process_counts);
	tcase_add_test(tc, a_token_that_is_gone_takes_no_pin);
	return s;
}

int main(void)
{
	return test_run(suite());
}
