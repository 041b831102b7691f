/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Sessions: opening and closing, what a read-only one may do, and what
 * belongs to a session. PINs are in test_pin.c.
 */
#include <string.h>

#include "lib/p11.h"
#include "lib/runner.h"

static CK_STATE state_of(CK_SESSION_HANDLE session)
{
	CK_SESSION_INFO info;

	p11_ok(p11->C_GetSessionInfo(session, &info));
	ck_assert_uint_eq(info.slotID, 0);
	return info.state;
}

static CK_OBJECT_HANDLE make_data(CK_SESSION_HANDLE session, bool token, CK_RV wanted)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE object = 0;

	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_bool(&t, CKA_TOKEN, token);
	p11_is(wanted, p11->C_CreateObject(session, t.attr, t.n, &object));
	return object;
}

START_TEST(sessions_are_serial)
{
	CK_SESSION_HANDLE session;

	p11_make_machine();
	p11_start();
	p11_is(CKR_SESSION_PARALLEL_NOT_SUPPORTED, p11->C_OpenSession(0, 0, NULL, NULL, &session));
	p11_is(CKR_SESSION_PARALLEL_NOT_SUPPORTED,
	       p11->C_OpenSession(0, CKF_RW_SESSION, NULL, NULL, &session));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, NULL));
}
END_TEST

START_TEST(a_slot_without_a_token_has_no_sessions)
{
	CK_SESSION_HANDLE session;

	p11_start();
	p11_is(CKR_TOKEN_NOT_RECOGNIZED,
	       p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session));
}
END_TEST

START_TEST(a_session_tells_its_kind)
{
	CK_SESSION_HANDLE rw = p11_machine(), ro = p11_open(0);
	CK_SESSION_INFO info;

	p11_ok(p11->C_GetSessionInfo(ro, &info));
	ck_assert_uint_eq(info.flags, CKF_SERIAL_SESSION);
	ck_assert_uint_eq(info.state, CKS_RO_PUBLIC_SESSION);
	p11_ok(p11->C_GetSessionInfo(rw, &info));
	ck_assert_uint_eq(info.flags, CKF_SERIAL_SESSION | CKF_RW_SESSION);
	ck_assert_uint_eq(info.state, CKS_RW_PUBLIC_SESSION);
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GetSessionInfo(rw, NULL));
}
END_TEST

START_TEST(the_token_counts_its_sessions)
{
	CK_SESSION_HANDLE rw = p11_machine(), ro = p11_open(0);
	CK_TOKEN_INFO info;

	p11_ok(p11->C_GetTokenInfo(0, &info));
	ck_assert_uint_eq(info.ulSessionCount, 2);
	ck_assert_uint_eq(info.ulRwSessionCount, 1);
	ck_assert_uint_eq(info.ulMaxSessionCount, CK_EFFECTIVELY_INFINITE);
	p11_ok(p11->C_CloseSession(rw));
	p11_ok(p11->C_CloseSession(ro));
	p11_ok(p11->C_GetTokenInfo(0, &info));
	ck_assert_uint_eq(info.ulSessionCount, 0);
	ck_assert_uint_eq(info.ulRwSessionCount, 0);
}
END_TEST

START_TEST(a_closed_handle_is_never_valid_again)
{
	CK_SESSION_HANDLE first = p11_machine(), later;

	p11_ok(p11->C_CloseSession(first));
	for (int i = 0; i < 200; i++) {
		later = p11_open(CKF_RW_SESSION);
		ck_assert_uint_ne(later, first);
		ck_assert_uint_ne(later, CK_INVALID_HANDLE);
		p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_CloseSession(first));
	}
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	p11_open(CKF_RW_SESSION);
	p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_CloseSession(first));
	p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_CloseSession(later));
}
END_TEST

START_TEST(all_sessions_of_a_slot_close_together)
{
	CK_SESSION_HANDLE a = p11_machine(), b = p11_open(0);

	p11_ok(p11->C_CloseAllSessions(0));
	p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_CloseSession(a));
	p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_CloseSession(b));
	p11_ok(p11->C_CloseAllSessions(0));
}
END_TEST

START_TEST(a_read_only_session_changes_nothing_on_the_token)
{
	CK_SESSION_HANDLE rw = p11_machine(), ro = p11_open(0);
	CK_OBJECT_HANDLE stored = make_data(rw, true, CKR_OK), pub, priv;
	struct p11_template t = { 0 };

	make_data(ro, true, CKR_SESSION_READ_ONLY);
	p11_is(CKR_SESSION_READ_ONLY, p11->C_DestroyObject(ro, stored));
	p11_is(CKR_SESSION_READ_ONLY, p11_set(ro, stored, CKA_LABEL, "x", 1));
	p11_bool(&t, CKA_TOKEN, true);
	p11_ulong(&t, CKA_VALUE_LEN, 16);
	p11_is(CKR_SESSION_READ_ONLY, p11->C_GenerateKey(ro, &p11_aes_gen, t.attr, t.n, &pub));
	t.n = 1;
	p11_bytes(&t, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	p11_is(CKR_SESSION_READ_ONLY, p11->C_GenerateKeyPair(ro, &p11_pair_gen, t.attr, t.n, NULL,
	                                                     0, &pub, &priv));
	p11_is(CKR_SESSION_READ_ONLY, p11->C_InitPIN(ro, (CK_BYTE *)"12345678", 8));
	p11_is(CKR_SESSION_READ_ONLY, p11->C_SetPIN(ro, NULL, 0, NULL, 0));
	ck_assert_uint_eq(p11_count(ro), 1);
}
END_TEST

START_TEST(a_read_only_session_has_session_objects)
{
	CK_SESSION_HANDLE ro;
	CK_OBJECT_HANDLE object;

	p11_machine();
	ro = p11_open(0);
	object = make_data(ro, false, CKR_OK);
	p11_ok(p11_set(ro, object, CKA_LABEL, "x", 1));
	p11_ok(p11->C_DestroyObject(ro, object));
	p11_is(CKR_OBJECT_HANDLE_INVALID, p11->C_DestroyObject(ro, object));
}
END_TEST

START_TEST(session_objects_go_with_their_session)
{
	CK_SESSION_HANDLE keep = p11_machine(), a = p11_open(0);
	CK_OBJECT_HANDLE of_keep = make_data(keep, false, CKR_OK);
	CK_OBJECT_HANDLE of_a = make_data(a, false, CKR_OK);
	CK_ULONG size;

	ck_assert_uint_eq(p11_count(keep), 2);
	p11_ok(p11->C_GetObjectSize(keep, of_a, &size));
	p11_ok(p11->C_CloseSession(a));
	ck_assert_uint_eq(p11_count(keep), 1);
	p11_is(CKR_OBJECT_HANDLE_INVALID, p11->C_GetObjectSize(keep, of_a, &size));
	p11_ok(p11->C_GetObjectSize(keep, of_keep, &size));
}
END_TEST

START_TEST(an_object_handle_is_never_used_again)
{
	CK_SESSION_HANDLE session = p11_machine();
	CK_OBJECT_HANDLE first = make_data(session, false, CKR_OK);

	p11_ok(p11->C_DestroyObject(session, first));
	for (int i = 0; i < 100; i++)
		ck_assert_uint_ne(make_data(session, false, CKR_OK), first);
	p11_is(CKR_OBJECT_HANDLE_INVALID, p11->C_DestroyObject(session, first));
}
END_TEST

START_TEST(a_machine_token_asks_for_no_login)
{
	CK_SESSION_HANDLE session = p11_machine();
	CK_TOKEN_INFO info;
	CK_OBJECT_HANDLE pub, priv;
	uint8_t signature[64];

	p11_ok(p11->C_GetTokenInfo(0, &info));
	ck_assert_uint_eq(info.flags & CKF_LOGIN_REQUIRED, 0);
	p11_make_pair(session, "key", &pub, &priv);
	ck_assert(p11_get_bool(session, priv, CKA_PRIVATE));
	p11_ok(p11_sign(session, priv, "hello", signature));
	p11_ok(p11_verify(session, pub, "hello", signature));
}
END_TEST

START_TEST(the_empty_pin_logs_in_to_a_machine_token)
{
	CK_SESSION_HANDLE session = p11_machine();
	CK_BYTE empty = 0;

	p11_ok(p11->C_Login(session, CKU_USER, NULL, 0));
	ck_assert_uint_eq(state_of(session), CKS_RW_USER_FUNCTIONS);
	p11_is(CKR_USER_ALREADY_LOGGED_IN, p11->C_Login(session, CKU_USER, &empty, 0));
	p11_ok(p11->C_Logout(session));
	p11_ok(p11->C_Login(session, CKU_USER, &empty, 0));
	p11_ok(p11->C_Logout(session));
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_Logout(session));
}
END_TEST

START_TEST(any_other_pin_does_not)
{
	CK_SESSION_HANDLE session = p11_machine();

	p11_login(session, CKU_USER, "1", CKR_PIN_INCORRECT);
	p11_login(session, CKU_USER, P11_PIN, CKR_PIN_INCORRECT);
	p11_login(session, CKU_SO, "", CKR_PIN_INCORRECT);
	p11_login(session, CKU_SO, P11_PIN, CKR_PIN_INCORRECT);
	ck_assert_uint_eq(state_of(session), CKS_RW_PUBLIC_SESSION);
	p11_is(CKR_PIN_INCORRECT, p11->C_SetPIN(session, NULL, 0, (CK_BYTE *)"12345678", 8));
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_InitPIN(session, (CK_BYTE *)"12345678", 8));
}
END_TEST

START_TEST(a_machine_token_is_not_made_new)
{
	CK_BYTE label[33] = "x                               ";
	CK_SESSION_HANDLE session = p11_machine();

	make_data(session, true, CKR_OK);
	p11_ok(p11->C_CloseSession(session));
	p11_is(CKR_PIN_INCORRECT, p11->C_InitToken(0, (CK_BYTE *)"12345678", 8, label));
	ck_assert_uint_eq(p11_count(p11_open(0)), 1);
}
END_TEST

START_TEST(after_a_logout_a_machine_token_still_signs)
{
	CK_SESSION_HANDLE session = p11_machine();
	CK_OBJECT_HANDLE pub, priv;
	uint8_t signature[64];

	p11_make_pair(session, NULL, &pub, &priv);
	p11_ok(p11->C_Login(session, CKU_USER, NULL, 0));
	p11_ok(p11->C_SignInit(session, &p11_eddsa, priv));
	p11_ok(p11->C_Logout(session));
	p11_is(CKR_OPERATION_ACTIVE, p11->C_SignInit(session, &p11_eddsa, priv));
	p11_ok(p11->C_Sign(session, (CK_BYTE *)"x", 1, signature, &(CK_ULONG){ 64 }));
}
END_TEST

START_TEST(users_are_the_known_ones)
{
	CK_SESSION_HANDLE session = p11_machine();

	p11_is(CKR_USER_TYPE_INVALID, p11->C_Login(session, 3, NULL, 0));
	p11_is(CKR_USER_TYPE_INVALID, p11->C_Login(session, ~0UL, NULL, 0));
	p11_is(CKR_OPERATION_NOT_INITIALIZED,
	       p11->C_Login(session, CKU_CONTEXT_SPECIFIC, NULL, 0));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_Login(session, CKU_USER, NULL, 4));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("session");
	TCase *tc = p11_case(s, "session");

	tcase_add_test(tc, sessions_are_serial);
	tcase_add_test(tc, a_slot_without_a_token_has_no_sessions);
	tcase_add_test(tc, a_session_tells_its_kind);
	tcase_add_test(tc, the_token_counts_its_sessions);
	tcase_add_test(tc, a_closed_handle_is_never_valid_again);
	tcase_add_test(tc, all_sessions_of_a_slot_close_together);
	tcase_add_test(tc, a_read_only_session_changes_nothing_on_the_token);
	tcase_add_test(tc, a_read_only_session_has_session_objects);
	tcase_add_test(tc, session_objects_go_with_their_session);
	tcase_add_test(tc, an_object_handle_is_never_used_again);
	tc = p11_case(s, "machine");
	tcase_add_test(tc, a_machine_token_asks_for_no_login);
	tcase_add_test(tc, the_empty_pin_logs_in_to_a_machine_token);
	tcase_add_test(tc, any_other_pin_does_not);
	tcase_add_test(tc, a_machine_token_is_not_made_new);
	tcase_add_test(tc, after_a_logout_a_machine_token_still_signs);
	tcase_add_test(tc, users_are_the_known_ones);
	return s;
}

int main(void)
{
	return test_run(suite());
}
