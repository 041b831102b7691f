/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The order in which every function looks at what it is given: is the module
 * initialised, is there such a session, are the pointers there, and only then the rest.
 */
#include <string.h>

#include "lib/p11.h"
#include "lib/runner.h"

#define NONE CK_INVALID_HANDLE

static CK_BYTE b[64];
static CK_ULONG n;
static CK_OBJECT_HANDLE h;
static CK_MECHANISM unknown = { CKM_RSA_PKCS, NULL, 0 };

/* Everything that takes a session, with nothing else that is right. */
static void call_with_session(CK_SESSION_HANDLE s, CK_RV wanted)
{
	p11_is(wanted, p11->C_CloseSession(s));
	p11_is(wanted, p11->C_GetSessionInfo(s, NULL));
	p11_is(wanted, p11->C_GetOperationState(s, NULL, NULL));
	p11_is(wanted, p11->C_SetOperationState(s, NULL, 1, NONE, NONE));
	p11_is(wanted, p11->C_Login(s, 99, NULL, 1));
	p11_is(wanted, p11->C_Logout(s));
	p11_is(wanted, p11->C_InitPIN(s, NULL, 1));
	p11_is(wanted, p11->C_SetPIN(s, NULL, 1, NULL, 1));
	p11_is(wanted, p11->C_CreateObject(s, NULL, 1, NULL));
	p11_is(wanted, p11->C_CopyObject(s, NONE, NULL, 1, NULL));
	p11_is(wanted, p11->C_DestroyObject(s, NONE));
	p11_is(wanted, p11->C_GetObjectSize(s, NONE, NULL));
	p11_is(wanted, p11->C_GetAttributeValue(s, NONE, NULL, 1));
	p11_is(wanted, p11->C_SetAttributeValue(s, NONE, NULL, 1));
	p11_is(wanted, p11->C_FindObjectsInit(s, NULL, 1));
	p11_is(wanted, p11->C_FindObjects(s, NULL, 1, NULL));
	p11_is(wanted, p11->C_FindObjectsFinal(s));
	p11_is(wanted, p11->C_EncryptInit(s, NULL, NONE));
	p11_is(wanted, p11->C_Encrypt(s, NULL, 1, NULL, NULL));
	p11_is(wanted, p11->C_EncryptUpdate(s, NULL, 1, NULL, NULL));
	p11_is(wanted, p11->C_EncryptFinal(s, NULL, NULL));
	p11_is(wanted, p11->C_DecryptInit(s, NULL, NONE));
	p11_is(wanted, p11->C_Decrypt(s, NULL, 1, NULL, NULL));
	p11_is(wanted, p11->C_DecryptUpdate(s, NULL, 1, NULL, NULL));
	p11_is(wanted, p11->C_DecryptFinal(s, NULL, NULL));
	p11_is(wanted, p11->C_DigestInit(s, NULL));
	p11_is(wanted, p11->C_Digest(s, NULL, 1, NULL, NULL));
	p11_is(wanted, p11->C_DigestUpdate(s, NULL, 1));
	p11_is(wanted, p11->C_DigestKey(s, NONE));
	p11_is(wanted, p11->C_DigestFinal(s, NULL, NULL));
	p11_is(wanted, p11->C_SignInit(s, NULL, NONE));
	p11_is(wanted, p11->C_Sign(s, NULL, 1, NULL, NULL));
	p11_is(wanted, p11->C_SignUpdate(s, NULL, 1));
	p11_is(wanted, p11->C_SignFinal(s, NULL, NULL));
	p11_is(wanted, p11->C_SignRecoverInit(s, NULL, NONE));
	p11_is(wanted, p11->C_SignRecover(s, NULL, 1, NULL, NULL));
	p11_is(wanted, p11->C_VerifyInit(s, NULL, NONE));
	p11_is(wanted, p11->C_Verify(s, NULL, 1, NULL, 1));
	p11_is(wanted, p11->C_VerifyUpdate(s, NULL, 1));
	p11_is(wanted, p11->C_VerifyFinal(s, NULL, 1));
	p11_is(wanted, p11->C_VerifyRecoverInit(s, NULL, NONE));
	p11_is(wanted, p11->C_VerifyRecover(s, NULL, 1, NULL, NULL));
	p11_is(wanted, p11->C_DigestEncryptUpdate(s, NULL, 1, NULL, NULL));
	p11_is(wanted, p11->C_DecryptDigestUpdate(s, NULL, 1, NULL, NULL));
	p11_is(wanted, p11->C_SignEncryptUpdate(s, NULL, 1, NULL, NULL));
	p11_is(wanted, p11->C_DecryptVerifyUpdate(s, NULL, 1, NULL, NULL));
	p11_is(wanted, p11->C_GenerateKey(s, NULL, NULL, 1, NULL));
	p11_is(wanted, p11->C_GenerateKeyPair(s, NULL, NULL, 1, NULL, 1, NULL, NULL));
	p11_is(wanted, p11->C_WrapKey(s, NULL, NONE, NONE, NULL, NULL));
	p11_is(wanted, p11->C_UnwrapKey(s, NULL, NONE, NULL, 1, NULL, 1, NULL));
	p11_is(wanted, p11->C_DeriveKey(s, NULL, NONE, NULL, 1, NULL));
	p11_is(wanted, p11->C_SeedRandom(s, NULL, 1));
	p11_is(wanted, p11->C_GenerateRandom(s, NULL, 1));
	p11_is(wanted, p11->C_GetFunctionStatus(s));
	p11_is(wanted, p11->C_CancelFunction(s));
}

static void call_new_with_session(CK_SESSION_HANDLE s, CK_RV wanted)
{
	p11_is(wanted, p11_3_2->C_LoginUser(s, 99, NULL, 1, NULL, 1));
	p11_is(wanted, p11_3_2->C_LoginUser(s, 99, NULL, 1, NULL, 0));
	p11_is(wanted, p11_3_2->C_SessionCancel(s, 0));
	p11_is(wanted, p11_3_2->C_MessageEncryptInit(s, NULL, NONE));
	p11_is(wanted, p11_3_2->C_EncryptMessage(s, NULL, 1, NULL, 1, NULL, 1, NULL, NULL));
	p11_is(wanted, p11_3_2->C_EncryptMessageBegin(s, NULL, 1, NULL, 1));
	p11_is(wanted, p11_3_2->C_EncryptMessageNext(s, NULL, 1, NULL, 1, NULL, NULL, 0));
	p11_is(wanted, p11_3_2->C_MessageEncryptFinal(s));
	p11_is(wanted, p11_3_2->C_MessageDecryptInit(s, NULL, NONE));
	p11_is(wanted, p11_3_2->C_DecryptMessage(s, NULL, 1, NULL, 1, NULL, 1, NULL, NULL));
	p11_is(wanted, p11_3_2->C_DecryptMessageBegin(s, NULL, 1, NULL, 1));
	p11_is(wanted, p11_3_2->C_DecryptMessageNext(s, NULL, 1, NULL, 1, NULL, NULL, 0));
	p11_is(wanted, p11_3_2->C_MessageDecryptFinal(s));
	p11_is(wanted, p11_3_2->C_MessageSignInit(s, NULL, NONE));
	p11_is(wanted, p11_3_2->C_SignMessage(s, NULL, 1, NULL, 1, NULL, NULL));
	p11_is(wanted, p11_3_2->C_SignMessageBegin(s, NULL, 1));
	p11_is(wanted, p11_3_2->C_SignMessageNext(s, NULL, 1, NULL, 1, NULL, NULL));
	p11_is(wanted, p11_3_2->C_MessageSignFinal(s));
	p11_is(wanted, p11_3_2->C_MessageVerifyInit(s, NULL, NONE));
	p11_is(wanted, p11_3_2->C_VerifyMessage(s, NULL, 1, NULL, 1, NULL, 1));
	p11_is(wanted, p11_3_2->C_VerifyMessageBegin(s, NULL, 1));
	p11_is(wanted, p11_3_2->C_VerifyMessageNext(s, NULL, 1, NULL, 1, NULL, 1));
	p11_is(wanted, p11_3_2->C_MessageVerifyFinal(s));
	p11_is(wanted, p11_3_2->C_EncapsulateKey(s, NULL, NONE, NULL, 1, NULL, NULL, NULL));
	p11_is(wanted, p11_3_2->C_DecapsulateKey(s, NULL, NONE, NULL, 1, NULL, 1, NULL));
	p11_is(wanted, p11_3_2->C_VerifySignatureInit(s, NULL, NONE, NULL, 1));
	p11_is(wanted, p11_3_2->C_VerifySignature(s, NULL, 1));
	p11_is(wanted, p11_3_2->C_VerifySignatureUpdate(s, NULL, 1));
	p11_is(wanted, p11_3_2->C_VerifySignatureFinal(s));
	p11_is(wanted, p11_3_2->C_GetSessionValidationFlags(s, 99, NULL));
	p11_is(wanted, p11_3_2->C_AsyncComplete(s, NULL, NULL));
	p11_is(wanted, p11_3_2->C_AsyncGetID(s, NULL, NULL));
	p11_is(wanted, p11_3_2->C_AsyncJoin(s, NULL, 0, NULL, 1));
	p11_is(wanted, p11_3_2->C_WrapKeyAuthenticated(s, NULL, NONE, NONE, NULL, 1, NULL, NULL));
	p11_is(wanted, p11_3_2->C_UnwrapKeyAuthenticated(s, NULL, NONE, NULL, 1, NULL, 1, NULL, 1,
	                                                 NULL));
}

/* Everything that takes a slot, with nothing else that is right. */
static void call_with_slot(CK_SLOT_ID slot, CK_RV wanted)
{
	p11_is(wanted, p11->C_GetSlotInfo(slot, NULL));
	p11_is(wanted, p11->C_GetTokenInfo(slot, NULL));
	p11_is(wanted, p11->C_GetMechanismList(slot, NULL, NULL));
	p11_is(wanted, p11->C_GetMechanismInfo(slot, ~0UL, NULL));
	p11_is(wanted, p11->C_InitToken(slot, NULL, 1, NULL));
	p11_is(wanted, p11->C_OpenSession(slot, 0, NULL, NULL, NULL));
	p11_is(wanted, p11->C_CloseAllSessions(slot));
}

static void call_the_rest(CK_RV wanted)
{
	p11_is(wanted, p11->C_GetInfo(NULL));
	p11_is(wanted, p11->C_GetSlotList(CK_TRUE, NULL, NULL));
	p11_is(wanted, p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, NULL, NULL));
}

START_TEST(before_it_is_initialised_nothing_else_counts)
{
	call_with_session(1, CKR_CRYPTOKI_NOT_INITIALIZED);
	call_new_with_session(1, CKR_CRYPTOKI_NOT_INITIALIZED);
	call_with_slot(~0UL, CKR_CRYPTOKI_NOT_INITIALIZED);
	call_the_rest(CKR_CRYPTOKI_NOT_INITIALIZED);
	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_Finalize(b));
}
END_TEST

START_TEST(once_it_is_initialised_no_arguments_count)
{
	CK_C_INITIALIZE_ARGS bad = { .pReserved = b };

	p11_is(CKR_ARGUMENTS_BAD, p11->C_Initialize(&bad));
	p11_machine();
	p11_is(CKR_CRYPTOKI_ALREADY_INITIALIZED, p11->C_Initialize(&bad));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_Finalize(b));
}
END_TEST

START_TEST(without_a_session_or_slot_nothing_else_counts)
{
	CK_SESSION_HANDLE closed = p11_machine();

	p11_ok(p11->C_CloseSession(closed));
	call_with_session(closed, CKR_SESSION_HANDLE_INVALID);
	call_with_session(NONE, CKR_SESSION_HANDLE_INVALID);
	call_new_with_session(closed, CKR_SESSION_HANDLE_INVALID);
	call_with_slot(~0UL, CKR_SLOT_ID_INVALID);
	call_the_rest(CKR_ARGUMENTS_BAD);
}
END_TEST

START_TEST(pointers_come_before_what_a_slot_says)
{
	const CK_FLAGS parallel = 0;

	p11_machine();
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GetSlotInfo(0, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GetTokenInfo(0, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GetMechanismList(0, NULL, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GetMechanismInfo(0, ~0UL, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_InitToken(0, NULL, 1, b));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_InitToken(0, b, 8, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_OpenSession(0, parallel, NULL, NULL, NULL));
}
END_TEST

START_TEST(pointers_come_before_users_and_objects)
{
	CK_SESSION_HANDLE s = p11_machine();

	p11_is(CKR_ARGUMENTS_BAD, p11->C_GetSessionInfo(s, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_Login(s, 99, NULL, 1));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_InitPIN(s, NULL, 8));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_SetPIN(s, NULL, 8, b, 8));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_SetPIN(s, b, 8, NULL, 8));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GetObjectSize(s, NONE, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GetAttributeValue(s, NONE, NULL, 1));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_SetAttributeValue(s, NONE, NULL, 1));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_FindObjectsInit(s, NULL, 1));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_FindObjects(s, NULL, 1, &n));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_FindObjects(s, &h, 1, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GenerateRandom(s, NULL, 1));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_SeedRandom(s, NULL, 1));
}
END_TEST

/* Each of the ways in which a template can be without its pointers. */
START_TEST(pointers_in_templates_come_before_the_mechanism)
{
	CK_ATTRIBUTE hollow = { CKA_LABEL, NULL, 5 };
	CK_ATTRIBUTE within = { CKA_UNWRAP_TEMPLATE, &hollow, sizeof hollow };
	CK_ATTRIBUTE *const templates[] = { NULL, &hollow, &within };
	CK_SESSION_HANDLE s = p11_machine();

	for (int i = 0; i < 3; i++) {
		CK_ATTRIBUTE *t = templates[i];

		p11_is(CKR_ARGUMENTS_BAD, p11->C_CreateObject(s, t, 1, &h));
		p11_is(CKR_ARGUMENTS_BAD, p11->C_SetAttributeValue(s, NONE, t, 1));
		p11_is(CKR_ARGUMENTS_BAD, p11->C_FindObjectsInit(s, t, 1));
		p11_is(CKR_ARGUMENTS_BAD, p11->C_GenerateKey(s, &unknown, t, 1, &h));
		p11_is(CKR_ARGUMENTS_BAD,
		       p11->C_GenerateKeyPair(s, &unknown, t, 1, NULL, 0, &h, &h));
		p11_is(CKR_ARGUMENTS_BAD,
		       p11->C_GenerateKeyPair(s, &unknown, NULL, 0, t, 1, &h, &h));
		p11_is(CKR_ARGUMENTS_BAD, p11->C_UnwrapKey(s, &unknown, NONE, b, 8, t, 1, &h));
		p11_is(CKR_ARGUMENTS_BAD, p11->C_DeriveKey(s, &unknown, NONE, t, 1, &h));
	}
}
END_TEST

START_TEST(pointers_come_before_the_mechanism)
{
	CK_MECHANISM hollow = { CKM_RSA_PKCS, NULL, 5 };
	CK_SESSION_HANDLE s = p11_machine();

	p11_is(CKR_ARGUMENTS_BAD, p11->C_GenerateKey(s, &unknown, NULL, 0, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GenerateKey(s, NULL, NULL, 0, &h));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GenerateKeyPair(s, &unknown, NULL, 0, NULL, 0, NULL, &h));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GenerateKeyPair(s, &unknown, NULL, 0, NULL, 0, &h, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_WrapKey(s, &unknown, NONE, NONE, b, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_UnwrapKey(s, &unknown, NONE, NULL, 8, NULL, 0, &h));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_UnwrapKey(s, &unknown, NONE, b, 8, NULL, 0, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_DeriveKey(s, NULL, NONE, NULL, 0, &h));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_SignInit(s, &hollow, NONE));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_VerifyInit(s, &hollow, NONE));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_EncryptInit(s, &hollow, NONE));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_DecryptInit(s, &hollow, NONE));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_DigestInit(s, &hollow));
	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_MessageEncryptInit(s, &hollow, NONE));
	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_MessageDecryptInit(s, &hollow, NONE));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_GenerateKey(s, &hollow, NULL, 0, &h));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_WrapKey(s, &hollow, NONE, NONE, b, &n));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_UnwrapKey(s, &hollow, NONE, b, 8, NULL, 0, &h));
	p11_is(CKR_ARGUMENTS_BAD, p11->C_DeriveKey(s, &hollow, NONE, NULL, 0, &h));
}
END_TEST

START_TEST(the_mechanism_comes_before_the_key)
{
	CK_SESSION_HANDLE s = p11_machine();

	p11_is(CKR_MECHANISM_INVALID, p11->C_SignInit(s, &unknown, NONE));
	p11_is(CKR_MECHANISM_INVALID, p11->C_VerifyInit(s, &unknown, NONE));
	p11_is(CKR_MECHANISM_INVALID, p11->C_EncryptInit(s, &unknown, NONE));
	p11_is(CKR_MECHANISM_INVALID, p11->C_DecryptInit(s, &unknown, NONE));
	p11_is(CKR_MECHANISM_INVALID, p11->C_WrapKey(s, &unknown, NONE, NONE, b, &n));
	p11_is(CKR_MECHANISM_INVALID, p11->C_UnwrapKey(s, &unknown, NONE, b, 8, NULL, 0, &h));
	p11_is(CKR_MECHANISM_INVALID, p11->C_DeriveKey(s, &unknown, NONE, NULL, 0, &h));
	p11_is(CKR_MECHANISM_INVALID, p11_3_2->C_MessageEncryptInit(s, &unknown, NONE));
	p11_is(CKR_MECHANISM_INVALID, p11_3_2->C_VerifySignatureInit(s, &unknown, NONE, b, 64));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("order");
	TCase *tc = p11_case(s, "order");

	tcase_add_test(tc, before_it_is_initialised_nothing_else_counts);
	tcase_add_test(tc, once_it_is_initialised_no_arguments_count);
	tcase_add_test(tc, without_a_session_or_slot_nothing_else_counts);
	tcase_add_test(tc, pointers_come_before_what_a_slot_says);
	tcase_add_test(tc, pointers_come_before_users_and_objects);
	tcase_add_test(tc, pointers_in_templates_come_before_the_mechanism);
	tcase_add_test(tc, pointers_come_before_the_mechanism);
	tcase_add_test(tc, the_mechanism_comes_before_the_key);
	return s;
}

int main(void)
{
	return test_run(suite());
}
