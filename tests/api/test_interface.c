/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The interfaces, and the lists of functions that they lead to.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "lib/p11.h"
#include "lib/runner.h"

#define NAME ((CK_UTF8CHAR *)"PKCS 11")

static const CK_VERSION versions[] = { { 3, 2 }, { 3, 0 }, { 2, 40 } };

static CK_FUNCTION_LIST_3_2 *list_of(CK_VERSION version)
{
	CK_INTERFACE *interface = NULL;

	p11_ok(p11_3_2->C_GetInterface(NAME, &version, &interface, 0));
	return interface->pFunctionList;
}

START_TEST(there_are_three_interfaces_the_newest_first)
{
	CK_INTERFACE list[3];
	CK_ULONG n = 0;

	p11_ok(p11_3_2->C_GetInterfaceList(NULL, &n));
	ck_assert_uint_eq(n, 3);
	p11_ok(p11_3_2->C_GetInterfaceList(list, &n));
	for (int i = 0; i < 3; i++) {
		CK_VERSION *version = list[i].pFunctionList;

		ck_assert_str_eq((char *)list[i].pInterfaceName, "PKCS 11");
		ck_assert_uint_eq(version->major, versions[i].major);
		ck_assert_uint_eq(version->minor, versions[i].minor);
	}
}
END_TEST

START_TEST(a_list_without_room_stays_as_it_is)
{
	CK_INTERFACE list[3] = { { NULL, NULL, 7 } };
	CK_ULONG n = 2;

	p11_is(CKR_BUFFER_TOO_SMALL, p11_3_2->C_GetInterfaceList(list, &n));
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(list[0].flags, 7);
	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_GetInterfaceList(list, NULL));
}
END_TEST

START_TEST(each_interface_is_given_by_its_version)
{
	for (int i = 0; i < 3; i++) {
		CK_FUNCTION_LIST_3_2 *list = list_of(versions[i]);

		ck_assert_uint_eq(list->version.major, versions[i].major);
		ck_assert_uint_eq(list->version.minor, versions[i].minor);
	}
	ck_assert_ptr_eq(list_of(versions[2]), p11);
}
END_TEST

START_TEST(the_newest_is_the_default)
{
	CK_INTERFACE *by_name = NULL, *by_nothing = NULL;

	p11_ok(p11_3_2->C_GetInterface(NAME, NULL, &by_name, 0));
	p11_ok(p11_3_2->C_GetInterface(NULL, NULL, &by_nothing, 0));
	ck_assert_ptr_eq(by_name->pFunctionList, p11_3_2);
	ck_assert_ptr_eq(by_nothing, by_name);
}
END_TEST

START_TEST(what_is_not_there_is_not_given)
{
	CK_INTERFACE *interface = NULL;

	p11_is(CKR_FUNCTION_FAILED,
	       p11_3_2->C_GetInterface((CK_UTF8CHAR *)"Vendor", NULL, &interface, 0));
	p11_is(CKR_FUNCTION_FAILED, p11_3_2->C_GetInterface((CK_UTF8CHAR *)"", NULL, &interface, 0));
	p11_is(CKR_FUNCTION_FAILED,
	       p11_3_2->C_GetInterface(NAME, &(CK_VERSION){ 3, 1 }, &interface, 0));
	p11_is(CKR_FUNCTION_FAILED,
	       p11_3_2->C_GetInterface(NAME, &(CK_VERSION){ 2, 0 }, &interface, 0));
	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_GetInterface(NAME, NULL, NULL, 0));
	ck_assert_ptr_null(interface);
}
END_TEST

/* A child has nothing of its parent's, which the flag would promise. */
START_TEST(no_interface_claims_to_be_fork_safe)
{
	CK_INTERFACE *interface = NULL, list[3];
	CK_ULONG n = 3;

	p11_is(CKR_FUNCTION_FAILED,
	       p11_3_2->C_GetInterface(NULL, NULL, &interface, CKF_INTERFACE_FORK_SAFE));
	p11_ok(p11_3_2->C_GetInterfaceList(list, &n));
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(list[i].flags, 0);
}
END_TEST

/* Every pointer, and in every list: a client may read on behind the version. Programs with other
 * modules in them have functions of these names too; this one has libp11-kit's. */
START_TEST(every_function_of_every_list_is_there_and_ours)
{
	Dl_info of_list, of_function;

	const size_t first = offsetof(CK_FUNCTION_LIST_3_2, C_Initialize);
	const size_t n = (sizeof(CK_FUNCTION_LIST_3_2) - first) / sizeof(void *);

	ck_assert_uint_eq(n, 68 + 24 + 12);
	for (int i = 0; i < 3; i++) {
		void *functions[sizeof(CK_FUNCTION_LIST_3_2) / sizeof(void *)];

		memcpy(functions, (char *)list_of(versions[i]) + first, n * sizeof(void *));
		ck_assert_int_ne(dladdr(list_of(versions[i]), &of_list), 0);
		for (size_t f = 0; f < n; f++) {
			ck_assert_ptr_nonnull(functions[f]);
			ck_assert_int_ne(dladdr(functions[f], &of_function), 0);
			ck_assert_ptr_eq(of_function.dli_fbase, of_list.dli_fbase);
		}
	}
}
END_TEST

START_TEST(the_lists_lead_to_the_same_functions)
{
	CK_FUNCTION_LIST_3_2 *old = list_of(versions[1]);

	ck_assert_ptr_eq(*(void **)&old->C_Sign, *(void **)&p11->C_Sign);
	ck_assert_ptr_eq(*(void **)&old->C_MessageVerifyFinal,
	                 *(void **)&p11_3_2->C_MessageVerifyFinal);
}
END_TEST

START_TEST(each_list_says_its_own_version)
{
	CK_INFO info;

	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, p11_3_2->C_GetInfo(&info));
	p11_start();
	for (int i = 0; i < 3; i++) {
		CK_FUNCTION_LIST_3_2 *list = list_of(versions[i]);

		memset(&info, 0, sizeof info);
		p11_ok(list->C_GetInfo(&info));
		ck_assert_uint_eq(info.cryptokiVersion.major, versions[i].major);
		ck_assert_uint_eq(info.cryptokiVersion.minor, versions[i].minor);
		p11_is(CKR_ARGUMENTS_BAD, list->C_GetInfo(NULL));
	}
}
END_TEST

START_TEST(what_is_not_supported_looks_at_the_session_first)
{
	CK_SESSION_HANDLE s;
	CK_ULONG n = 0;

	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, p11_3_2->C_AsyncGetID(1, NAME, &n));
	s = p11_machine();
	p11_is(CKR_SESSION_HANDLE_INVALID, p11_3_2->C_AsyncGetID(~s, NAME, &n));
	p11_is(CKR_FUNCTION_NOT_SUPPORTED, p11_3_2->C_AsyncGetID(s, NAME, &n));
	p11_is(CKR_SESSION_HANDLE_INVALID, p11_3_2->C_MessageSignInit(~s, &p11_eddsa, 1));
	p11_is(CKR_FUNCTION_NOT_SUPPORTED, p11_3_2->C_MessageSignInit(s, &p11_eddsa, 1));
	p11_is(CKR_FUNCTION_NOT_SUPPORTED,
	       p11_3_2->C_EncapsulateKey(s, &p11_eddsa, 1, NULL, 0, NULL, &n, &n));
}
END_TEST

START_TEST(there_are_no_asynchronous_sessions)
{
	CK_SESSION_HANDLE s = p11_machine();

	p11_is(CKR_SESSION_ASYNC_NOT_SUPPORTED,
	       p11->C_OpenSession(0, CKF_SERIAL_SESSION | CKF_ASYNC_SESSION, NULL, NULL, &s));
}
END_TEST

START_TEST(nothing_was_validated)
{
	CK_SESSION_HANDLE s = p11_machine();
	CK_FLAGS flags = 7;

	p11_ok(p11_3_2->C_GetSessionValidationFlags(s, CKS_LAST_VALIDATION_OK, &flags));
	ck_assert_uint_eq(flags, 0);
	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_GetSessionValidationFlags(s, 99, &flags));
	p11_is(CKR_ARGUMENTS_BAD,
	       p11_3_2->C_GetSessionValidationFlags(s, CKS_LAST_VALIDATION_OK, NULL));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("interface");
	TCase *tc = p11_case(s, "interface");

	tcase_add_test(tc, there_are_three_interfaces_the_newest_first);
	tcase_add_test(tc, a_list_without_room_stays_as_it_is);
	tcase_add_test(tc, each_interface_is_given_by_its_version);
	tcase_add_test(tc, the_newest_is_the_default);
	tcase_add_test(tc, what_is_not_there_is_not_given);
	tcase_add_test(tc, no_interface_claims_to_be_fork_safe);
	tcase_add_test(tc, every_function_of_every_list_is_there_and_ours);
	tcase_add_test(tc, the_lists_lead_to_the_same_functions);
	tcase_add_test(tc, each_list_says_its_own_version);
	tcase_add_test(tc, what_is_not_supported_looks_at_the_session_first);
	tcase_add_test(tc, there_are_no_asynchronous_sessions);
	tcase_add_test(tc, nothing_was_validated);
	return s;
}

int main(void)
{
	return test_run(suite());
}
