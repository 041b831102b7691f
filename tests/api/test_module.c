/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The module as a whole: its function list, C_Initialize and C_Finalize,
 * slots, and what every function answers before and after.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/scratch.h"

START_TEST(the_list_is_that_of_2_40)
{
	CK_RV (*const *functions)(void) = (CK_RV (*const *)(void))(const void *)&p11->C_Initialize;
	size_t n = (sizeof *p11 - offsetof(CK_FUNCTION_LIST, C_Initialize)) / sizeof *functions;

	ck_assert_uint_eq(p11->version.major, 2);
	ck_assert_uint_eq(p11->version.minor, 40);
	ck_assert_uint_eq(n, 68);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(functions[i] != NULL, "function %zu is NULL", i);
}
END_TEST

START_TEST(the_list_gives_itself)
{
	CK_FUNCTION_LIST *list = NULL;

	p11_ok(p11->C_GetFunctionList(&list));
	ck_assert_ptr_eq(list, p11);
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GetFunctionList(NULL));
}
END_TEST

/* Call everything that needs a module, and require the same answer of all. */
static void call_all(CK_RV wanted)
{
	CK_MECHANISM mechanism = { CKM_SHA256, NULL, 0 };
	CK_MECHANISM_INFO mechanism_info;
	CK_MECHANISM_TYPE types[32];
	CK_SESSION_INFO session_info;
	CK_TOKEN_INFO token_info;
	CK_SLOT_INFO slot_info;
	CK_BYTE in[64] = { 0 }, out[64];
	CK_ATTRIBUTE attr = { CKA_LABEL, in, 1 };
	CK_OBJECT_HANDLE h, h2;
	CK_SLOT_ID slots[8];
	CK_ULONG n = 8;
	CK_INFO info;

	p11_is(wanted, p11->C_GetInfo(&info));
	p11_is(wanted, p11->C_GetSlotList(CK_FALSE, slots, &n));
	p11_is(wanted, p11->C_GetSlotInfo(0, &slot_info));
	p11_is(wanted, p11->C_GetTokenInfo(0, &token_info));
	p11_is(wanted, p11->C_GetMechanismList(0, types, &n));
	p11_is(wanted, p11->C_GetMechanismInfo(0, CKM_EDDSA, &mechanism_info));
	p11_is(wanted, p11->C_InitToken(0, in, 8, in));
	p11_is(wanted, p11->C_InitPIN(1, in, 8));
	p11_is(wanted, p11->C_SetPIN(1, in, 8, in, 8));
	p11_is(wanted, p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &h));
	p11_is(wanted, p11->C_CloseSession(1));
	p11_is(wanted, p11->C_CloseAllSessions(0));
	p11_is(wanted, p11->C_GetSessionInfo(1, &session_info));
	p11_is(wanted, p11->C_GetOperationState(1, out, &n));
	p11_is(wanted, p11->C_SetOperationState(1, in, 1, 0, 0));
	p11_is(wanted, p11->C_Login(1, CKU_USER, in, 8));
	p11_is(wanted, p11->C_Logout(1));
	p11_is(wanted, p11->C_CreateObject(1, &attr, 1, &h));
	p11_is(wanted, p11->C_CopyObject(1, 1, &attr, 1, &h));
	p11_is(wanted, p11->C_DestroyObject(1, 1));
	p11_is(wanted, p11->C_GetObjectSize(1, 1, &n));
	p11_is(wanted, p11->C_GetAttributeValue(1, 1, &attr, 1));
	p11_is(wanted, p11->C_SetAttributeValue(1, 1, &attr, 1));
	p11_is(wanted, p11->C_FindObjectsInit(1, &attr, 1));
	p11_is(wanted, p11->C_FindObjects(1, &h, 1, &n));
	p11_is(wanted, p11->C_FindObjectsFinal(1));
	p11_is(wanted, p11->C_EncryptInit(1, &mechanism, 1));
	p11_is(wanted, p11->C_Encrypt(1, in, 1, out, &n));
	p11_is(wanted, p11->C_EncryptUpdate(1, in, 1, out, &n));
	p11_is(wanted, p11->C_EncryptFinal(1, out, &n));
	p11_is(wanted, p11->C_DecryptInit(1, &mechanism, 1));
	p11_is(wanted, p11->C_Decrypt(1, in, 1, out, &n));
	p11_is(wanted, p11->C_DecryptUpdate(1, in, 1, out, &n));
	p11_is(wanted, p11->C_DecryptFinal(1, out, &n));
	p11_is(wanted, p11->C_DigestInit(1, &mechanism));
	p11_is(wanted, p11->C_Digest(1, in, 1, out, &n));
	p11_is(wanted, p11->C_DigestUpdate(1, in, 1));
	p11_is(wanted, p11->C_DigestKey(1, 1));
	p11_is(wanted, p11->C_DigestFinal(1, out, &n));
	p11_is(wanted, p11->C_SignInit(1, &mechanism, 1));
	p11_is(wanted, p11->C_Sign(1, in, 1, out, &n));
	p11_is(wanted, p11->C_SignUpdate(1, in, 1));
	p11_is(wanted, p11->C_SignFinal(1, out, &n));
	p11_is(wanted, p11->C_SignRecoverInit(1, &mechanism, 1));
	p11_is(wanted, p11->C_SignRecover(1, in, 1, out, &n));
	p11_is(wanted, p11->C_VerifyInit(1, &mechanism, 1));
	p11_is(wanted, p11->C_Verify(1, in, 1, out, n));
	p11_is(wanted, p11->C_VerifyUpdate(1, in, 1));
	p11_is(wanted, p11->C_VerifyFinal(1, out, n));
	p11_is(wanted, p11->C_VerifyRecoverInit(1, &mechanism, 1));
	p11_is(wanted, p11->C_VerifyRecover(1, in, 1, out, &n));
	p11_is(wanted, p11->C_DigestEncryptUpdate(1, in, 1, out, &n));
	p11_is(wanted, p11->C_DecryptDigestUpdate(1, in, 1, out, &n));
	p11_is(wanted, p11->C_SignEncryptUpdate(1, in, 1, out, &n));
	p11_is(wanted, p11->C_DecryptVerifyUpdate(1, in, 1, out, &n));
	p11_is(wanted, p11->C_GenerateKey(1, &mechanism, &attr, 1, &h));
	p11_is(wanted, p11->C_GenerateKeyPair(1, &mechanism, &attr, 1, &attr, 1, &h, &h2));
	p11_is(wanted, p11->C_WrapKey(1, &mechanism, 1, 1, out, &n));
	p11_is(wanted, p11->C_UnwrapKey(1, &mechanism, 1, in, 1, &attr, 1, &h));
	p11_is(wanted, p11->C_DeriveKey(1, &mechanism, 1, &attr, 1, &h));
	p11_is(wanted, p11->C_SeedRandom(1, in, 1));
	p11_is(wanted, p11->C_GenerateRandom(1, out, 1));
	p11_is(wanted, p11->C_GetFunctionStatus(1));
	p11_is(wanted, p11->C_CancelFunction(1));
	p11_is(wanted, p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, slots, NULL));
}

START_TEST(nothing_works_before_initialize)
{
	call_all(CKR_CRYPTOKI_NOT_INITIALIZED);
	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_Finalize(NULL));
}
END_TEST

START_TEST(nothing_works_after_finalize)
{
	p11_machine();
	p11_ok(p11->C_Finalize(NULL));
	call_all(CKR_CRYPTOKI_NOT_INITIALIZED);
	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_Finalize(NULL));
}
END_TEST

START_TEST(a_bad_session_is_said_to_be_one_whatever_else_is_wrong)
{
	p11_start();
	for (CK_SESSION_HANDLE s = 0; s < 3; s++) {
		p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_SignInit(s, NULL, 0));
		p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_Sign(s, NULL, 1, NULL, NULL));
		p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_FindObjectsInit(s, NULL, 1));
		p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_CreateObject(s, NULL, 1, NULL));
		p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_GenerateRandom(s, NULL, 1));
		p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_Login(s, 99, NULL, 1));
		p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_CopyObject(s, 0, NULL, 1, NULL));
		p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_DeriveKey(s, NULL, 0, NULL, 1, NULL));
		p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_GetFunctionStatus(s));
		p11_is(CKR_SESSION_HANDLE_INVALID, p11->C_CloseSession(s));
	}
}
END_TEST

START_TEST(initializing_twice_is_an_error_and_harmless)
{
	CK_SESSION_HANDLE session = p11_machine();

	p11_is(CKR_CRYPTOKI_ALREADY_INITIALIZED, p11->C_Initialize(NULL));
	p11_ok(p11->C_CloseSession(session));
}
END_TEST

START_TEST(finalizing_and_initializing_again_works)
{
	p11_make_machine();
	for (int i = 0; i < 3; i++) {
		p11_start();
		p11_open(CKF_RW_SESSION);
		p11_ok(p11->C_Finalize(NULL));
	}
}
END_TEST

static CK_RV mutex_fn(void *mutex)
{
	(void)mutex;
	return CKR_OK;
}

static CK_RV create_fn(void **mutex)
{
	*mutex = NULL;
	return CKR_OK;
}

static CK_RV initialize(CK_FLAGS flags, unsigned callbacks)
{
	CK_C_INITIALIZE_ARGS args = { .flags = flags };
	CK_RV rv;

	args.CreateMutex = callbacks & 1 ? create_fn : NULL;
	args.DestroyMutex = callbacks & 2 ? mutex_fn : NULL;
	args.LockMutex = callbacks & 4 ? mutex_fn : NULL;
	args.UnlockMutex = callbacks & 8 ? mutex_fn : NULL;
	rv = p11->C_Initialize(&args);
	if (rv == CKR_OK)
		p11_ok(p11->C_Finalize(NULL));
	return rv;
}

START_TEST(the_locks_of_the_system_are_the_only_ones)
{
	p11_ok(initialize(0, 0));
	p11_ok(initialize(CKF_OS_LOCKING_OK, 0));
	p11_ok(initialize(CKF_OS_LOCKING_OK, 15));
	p11_ok(initialize(CKF_OS_LOCKING_OK | CKF_LIBRARY_CANT_CREATE_OS_THREADS, 0));
	p11_is(CKR_CANT_LOCK, initialize(0, 15));
}
END_TEST

START_TEST(some_of_the_four_callbacks_are_an_error)
{
	for (unsigned callbacks = 1; callbacks < 15; callbacks++)
		p11_is(CKR_ARGUMENTS_BAD, initialize(CKF_OS_LOCKING_OK, callbacks));
}
END_TEST

START_TEST(reserved_arguments_are_null)
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK, .pReserved = &args };

	p11_is(CKR_ARGUMENTS_BAD, p11->C_Initialize(&args));
	p11_start();
	p11_is(CKR_ARGUMENTS_BAD, p11->C_Finalize(&args));
	p11_ok(p11->C_Finalize(NULL));
}
END_TEST

START_TEST(a_wrong_configuration_stops_initialize)
{
	p11_configure("nonsense = yes");
	p11_is(CKR_SIGNET_CONFIG, p11->C_Initialize(NULL));
	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_Finalize(NULL));
	p11_configure("");
	p11_start();
}
END_TEST

START_TEST(the_module_says_who_it_is)
{
	CK_INFO info;

	p11_start();
	p11_ok(p11->C_GetInfo(&info));
	ck_assert_uint_eq(info.cryptokiVersion.major, 2);
	ck_assert_uint_eq(info.cryptokiVersion.minor, 40);
	ck_assert_mem_eq(info.manufacturerID, "signet                          ", 32);
	ck_assert_ptr_null(memchr(info.libraryDescription, 0, sizeof info.libraryDescription));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GetInfo(NULL));
}
END_TEST

START_TEST(an_empty_state_folder_shows_one_slot_for_a_new_token)
{
	CK_SLOT_ID slot = 99;
	CK_TOKEN_INFO info;
	CK_ULONG n = 0;

	p11_configure_soft("");
	p11_start();
	p11_ok(p11->C_GetSlotList(CK_TRUE, NULL, &n));
	ck_assert_uint_eq(n, 1);
	p11_ok(p11->C_GetSlotList(CK_TRUE, &slot, &n));
	ck_assert_uint_eq(slot, 0);
	p11_ok(p11->C_GetTokenInfo(0, &info));
	ck_assert_uint_eq(info.flags & CKF_TOKEN_INITIALIZED, 0);
	ck_assert_mem_eq(info.model, "soft (insecure) ", 16);
}
END_TEST

START_TEST(a_token_is_followed_by_a_slot_for_the_next)
{
	CK_SLOT_ID slots[4];
	CK_ULONG n = 4;

	p11_make_machine();
	p11_start();
	p11_ok(p11->C_GetSlotList(CK_TRUE, slots, &n));
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(slots[0], 0);
	ck_assert_uint_eq(slots[1], 1);
	n = 1;
	p11_is(CKR_BUFFER_TOO_SMALL, p11->C_GetSlotList(CK_TRUE, slots, &n));
	ck_assert_uint_eq(n, 2);
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GetSlotList(CK_TRUE, slots, NULL));
}
END_TEST

START_TEST(a_token_made_elsewhere_shows_up)
{
	CK_BYTE label[33] = "second                          ";
	CK_SLOT_ID slots[4];
	CK_ULONG n = 0;

	p11_start();
	p11_ok(p11->C_GetSlotList(CK_TRUE, NULL, &n));
	p11_make_machine();
	p11_ok(p11->C_GetSlotList(CK_TRUE, NULL, &n));
	ck_assert_uint_eq(n, 2);
	p11_ok(p11->C_InitToken(1, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), label));
	n = 4;
	p11_ok(p11->C_GetSlotList(CK_TRUE, NULL, &n));
	p11_ok(p11->C_GetSlotList(CK_TRUE, slots, &n));
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(slots[2], 2);
}
END_TEST

START_TEST(a_slot_that_is_not_there_is_invalid)
{
	CK_MECHANISM_INFO mechanism_info;
	CK_SESSION_HANDLE session;
	CK_TOKEN_INFO token_info;
	CK_SLOT_INFO slot_info;
	CK_BYTE label[32] = "x";
	CK_ULONG n = 0;

	p11_start();
	for (CK_SLOT_ID slot = 1; slot != 0; slot = slot == 1 ? 10000 : slot == 10000 ? ~0UL : 0) {
		p11_is(CKR_SLOT_ID_INVALID, p11->C_GetSlotInfo(slot, &slot_info));
		p11_is(CKR_SLOT_ID_INVALID, p11->C_GetTokenInfo(slot, &token_info));
		p11_is(CKR_SLOT_ID_INVALID, p11->C_GetMechanismList(slot, NULL, &n));
		p11_is(CKR_SLOT_ID_INVALID,
		       p11->C_GetMechanismInfo(slot, CKM_EDDSA, &mechanism_info));
		p11_is(CKR_SLOT_ID_INVALID, p11->C_InitToken(slot, label, 8, label));
		p11_is(CKR_SLOT_ID_INVALID, p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL,
		                                               NULL, &session));
		p11_is(CKR_SLOT_ID_INVALID, p11->C_CloseAllSessions(slot));
	}
}
END_TEST

START_TEST(each_listed_mechanism_describes_itself)
{
	CK_MECHANISM_TYPE types[64];
	CK_MECHANISM_INFO info;
	CK_ULONG n = 0, room = 1;

	p11_start();
	p11_ok(p11->C_GetMechanismList(0, NULL, &n));
	ck_assert_uint_gt(n, 1);
	p11_is(CKR_BUFFER_TOO_SMALL, p11->C_GetMechanismList(0, types, &room));
	ck_assert_uint_eq(room, n);
	p11_ok(p11->C_GetMechanismList(0, types, &n));
	for (CK_ULONG i = 0; i < n; i++) {
		p11_ok(p11->C_GetMechanismInfo(0, types[i], &info));
		ck_assert_uint_ne(info.flags, 0);
		ck_assert_uint_le(info.ulMinKeySize, info.ulMaxKeySize);
	}
	p11_is(CKR_MECHANISM_INVALID, p11->C_GetMechanismInfo(0, CKM_RSA_PKCS, &info));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GetMechanismInfo(0, CKM_EDDSA, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GetMechanismList(0, NULL, NULL));
}
END_TEST

START_TEST(functions_that_are_missing_say_so)
{
	CK_SESSION_HANDLE s = p11_machine();

	p11_is(CKR_FUNCTION_NOT_SUPPORTED, p11->C_SignRecoverInit(s, NULL, 0));
	p11_is(CKR_FUNCTION_NOT_SUPPORTED, p11->C_VerifyRecoverInit(s, NULL, 0));
	p11_is(CKR_FUNCTION_NOT_SUPPORTED, p11->C_GetOperationState(s, NULL, NULL));
	p11_is(CKR_FUNCTION_NOT_PARALLEL, p11->C_GetFunctionStatus(s));
	p11_is(CKR_FUNCTION_NOT_PARALLEL, p11->C_CancelFunction(s));
}
END_TEST

START_TEST(without_the_sealer_everything_but_the_token_works)
{
	CK_SESSION_HANDLE session;
	CK_TOKEN_INFO info;
	char *passphrase = scratch_path(p11_folder, "passphrase");

	p11_configure_soft("");
	p11_make_machine();
	ck_assert_int_eq(unlink(passphrase), 0);
	free(passphrase);
	p11_start();
	p11_ok(p11->C_GetTokenInfo(0, &info));
	ck_assert_uint_ne(info.flags & CKF_TOKEN_INITIALIZED, 0);
	session = p11_open(CKF_RW_SESSION);
	p11_is(CKR_TOKEN_NOT_PRESENT, p11->C_FindObjectsInit(session, NULL, 0));
	p11_is(CKR_TOKEN_NOT_PRESENT, p11->C_Login(session, CKU_USER, NULL, 0));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_FindObjectsFinal(session));
}
END_TEST

START_TEST(a_sealer_that_is_off_is_said_to_be_off)
{
	CK_SESSION_HANDLE session;

	p11_configure_soft("");
	p11_make_machine();
	p11_configure("");
	p11_start();
	session = p11_open(CKF_RW_SESSION);
	p11_is(CKR_SIGNET_SEALER_OFF, p11->C_FindObjectsInit(session, NULL, 0));
}
END_TEST

START_TEST(a_store_that_others_can_read_is_refused)
{
	CK_SESSION_HANDLE session;
	CK_TOKEN_INFO info;

	p11_make_machine();
	ck_assert_int_eq(chmod(p11_store, 0644), 0);
	p11_start();
	p11_is(CKR_SIGNET_STORE_UNSAFE, p11->C_GetTokenInfo(0, &info));
	p11_is(CKR_SIGNET_STORE_UNSAFE, p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL,
	                                                   &session));
	ck_assert_int_eq(chmod(p11_store, 0600), 0);
	p11_ok(p11->C_GetTokenInfo(0, &info));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("module");
	TCase *tc = p11_case(s, "module");

	tcase_add_test(tc, the_list_is_that_of_2_40);
	tcase_add_test(tc, the_list_gives_itself);
	tcase_add_test(tc, nothing_works_before_initialize);
	tcase_add_test(tc, nothing_works_after_finalize);
	tcase_add_test(tc, a_bad_session_is_said_to_be_one_whatever_else_is_wrong);
	tcase_add_test(tc, initializing_twice_is_an_error_and_harmless);
	tcase_add_test(tc, finalizing_and_initializing_again_works);
	tcase_add_test(tc, the_locks_of_the_system_are_the_only_ones);
	tcase_add_test(tc, some_of_the_four_callbacks_are_an_error);
	tcase_add_test(tc, reserved_arguments_are_null);
	tcase_add_test(tc, a_wrong_configuration_stops_initialize);
	tcase_add_test(tc, the_module_says_who_it_is);
	tcase_add_test(tc, an_empty_state_folder_shows_one_slot_for_a_new_token);
	tcase_add_test(tc, a_token_is_followed_by_a_slot_for_the_next);
	tcase_add_test(tc, a_token_made_elsewhere_shows_up);
	tcase_add_test(tc, a_slot_that_is_not_there_is_invalid);
	tcase_add_test(tc, each_listed_mechanism_describes_itself);
	tcase_add_test(tc, functions_that_are_missing_say_so);
	tcase_add_test(tc, without_the_sealer_everything_but_the_token_works);
	tcase_add_test(tc, a_sealer_that_is_off_is_said_to_be_off);
	tcase_add_test(tc, a_store_that_others_can_read_is_refused);
	return s;
}

int main(void)
{
	return test_run(suite());
}
