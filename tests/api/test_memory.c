/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Calls that get no memory, each at every allocation that it makes: they say so, do
 * all or nothing, and leave a module that goes on working.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/p11.h"
#include "lib/runner.h"

#define TOO_MANY 20000
#define EXPORTED __attribute__((visibility("default")))

/* The functions below stand before those of the C library, for the module and the libraries
 * that it uses as well. One allocation fails: that before which so many were made. */
static _Thread_local long before = -1;          /* -1: none fails */
static _Thread_local bool failed;

static bool fails(void)
{
	if (before < 0 || before-- > 0)
		return false;
	failed = true;
	errno = ENOMEM;
	return true;
}

EXPORTED void *malloc(size_t size)
{
	static void *(*next)(size_t);

	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "malloc");
	return fails() ? NULL : next(size);
}

EXPORTED void *realloc(void *old, size_t size)
{
	static void *(*next)(void *, size_t);

	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "realloc");
	return fails() ? NULL : next(old, size);
}

EXPORTED void *calloc(size_t n, size_t size)
{
	static void *(*next)(size_t, size_t);

	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "calloc");
	return fails() ? NULL : next(n, size);
}

EXPORTED void *reallocarray(void *old, size_t n, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(n, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, all);
}

/* Make a call in which the allocation after so many fails; tell whether it came so far. */
static bool starve(CK_RV (*call)(CK_SESSION_HANDLE), CK_SESSION_HANDLE session, long n, CK_RV *rv)
{
	failed = false;
	before = n;
	*rv = call(session);
	before = -1;
	return failed;
}

static CK_RV slot_info(CK_SESSION_HANDLE session)
{
	CK_SLOT_INFO info;

	(void)session;
	return p11->C_GetSlotInfo(1, &info);
}

static CK_RV open_session(CK_SESSION_HANDLE session)
{
	CK_RV rv = p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session);

	return rv == CKR_OK ? p11->C_CloseSession(session) : rv;
}

/* Templates are made by hand here: what Check allocates must not fail. */
static CK_BBOOL yes = CK_TRUE;

static CK_RV generate_pair(CK_SESSION_HANDLE session)
{
	CK_ATTRIBUTE public[] = {
		{ CKA_TOKEN, &yes, sizeof yes },
		{ CKA_EC_PARAMS, (void *)p11_ed25519_oid, sizeof p11_ed25519_oid },
	};
	CK_ATTRIBUTE private[] = { { CKA_TOKEN, &yes, sizeof yes } };
	CK_OBJECT_HANDLE public_key, private_key;

	return p11->C_GenerateKeyPair(session, &p11_pair_gen, public, 2, private, 1, &public_key,
	                              &private_key);
}

static CK_RV generate_session_key(CK_SESSION_HANDLE session)
{
	CK_ULONG len = 32;
	CK_ATTRIBUTE template[] = { { CKA_VALUE_LEN, &len, sizeof len } };
	CK_OBJECT_HANDLE key;

	return p11->C_GenerateKey(session, &p11_aes_gen, template, 1, &key);
}

static CK_RV find(CK_SESSION_HANDLE session)
{
	CK_RV rv = p11->C_FindObjectsInit(session, NULL, 0);

	return rv == CKR_OK ? p11->C_FindObjectsFinal(session) : rv;
}

static CK_OBJECT_HANDLE victim;

static CK_RV relabel(CK_SESSION_HANDLE session)
{
	CK_ATTRIBUTE label = { CKA_LABEL, (void *)"other", 5 };

	return p11->C_SetAttributeValue(session, victim, &label, 1);
}

static CK_RV destroy(CK_SESSION_HANDLE session)
{
	return p11->C_DestroyObject(session, victim);
}

/* Destroy everything of a session that is new. */
static void clear(CK_SESSION_HANDLE session, CK_ULONG n)
{
	CK_OBJECT_HANDLE handles[8];
	CK_ULONG found = p11_find(session, NULL, handles, 8);

	for (CK_ULONG i = n; i < found; i++)
		p11_ok(p11->C_DestroyObject(session, handles[i]));
}

/* OpenSSL does not tell why it failed. */
static bool says_why(CK_RV rv)
{
	return rv == CKR_OK || rv == CKR_HOST_MEMORY || rv == CKR_FUNCTION_FAILED;
}

START_TEST(a_slot_that_cannot_be_looked_for_is_not_called_wrong)
{
	static CK_RV (*const calls[])(CK_SESSION_HANDLE) = { slot_info, open_session };
	bool again = true;
	CK_RV rv;

	p11_make_machine();
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++, again = true) {
		for (long n = 0; again; n++) {
			ck_assert_int_lt(n, TOO_MANY);
			p11_ok(p11->C_Initialize(NULL));
			again = starve(calls[i], 0, n, &rv);
			ck_assert_msg(rv == CKR_OK || rv == CKR_HOST_MEMORY,
			              "call %zu, allocation %ld: 0x%lx", i, n, rv);
			p11_ok(calls[i](0));
			p11_ok(p11->C_Finalize(NULL));
		}
	}
}
END_TEST

START_TEST(what_fails_for_memory_makes_nothing)
{
	static const struct {
		CK_RV (*call)(CK_SESSION_HANDLE);
		CK_ULONG makes;
	} calls[] = { { generate_pair, 2 }, { generate_session_key, 1 }, { find, 0 } };
	CK_SESSION_HANDLE session = p11_machine();
	bool again = true;
	CK_RV rv;

	p11_make_aes(session, "key");
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++, again = true) {
		for (long n = 0; again; n++) {
			ck_assert_int_lt(n, TOO_MANY);
			again = starve(calls[i].call, session, n, &rv);
			ck_assert_msg(says_why(rv), "call %zu, allocation %ld: 0x%lx", i, n, rv);
			ck_assert_uint_eq(p11_count(session), 1 + (rv == CKR_OK ? calls[i].makes : 0));
			clear(session, 1);
		}
	}
}
END_TEST

START_TEST(what_fails_for_memory_changes_nothing)
{
	CK_SESSION_HANDLE session = p11_machine();
	bool again = true;
	CK_RV rv;

	victim = p11_make_aes(session, "key");
	for (long n = 0; again; n++) {
		ck_assert_int_lt(n, TOO_MANY);
		again = starve(relabel, session, n, &rv);
		ck_assert_msg(says_why(rv), "allocation %ld: 0x%lx", n, rv);
		ck_assert_uint_eq(p11_find_label(session, CKO_SECRET_KEY,
		                                 rv == CKR_OK ? "other" : "key"), victim);
		p11_ok(p11_set(session, victim, CKA_LABEL, "key", 3));
	}
	again = true;
	for (long n = 0; again; n++) {
		ck_assert_int_lt(n, TOO_MANY);
		again = starve(destroy, session, n, &rv);
		ck_assert_msg(says_why(rv), "allocation %ld: 0x%lx", n, rv);
		ck_assert_uint_eq(p11_count(session), rv == CKR_OK ? 0 : 1);
		if (rv == CKR_OK)
			victim = p11_make_aes(session, "key");
	}
}
END_TEST

static CK_RV log_in(CK_SESSION_HANDLE session)
{
	return p11->C_Login(session, CKU_USER, (CK_BYTE *)P11_PIN, sizeof P11_PIN - 1);
}

START_TEST(a_login_that_fails_for_memory_leaves_nobody_logged_in)
{
	CK_SESSION_HANDLE session;
	CK_SESSION_INFO info;
	bool again = true;
	CK_RV rv;

	/* SoftHSM ends the process that it is in where it gets no memory. */
	p11_configure_soft("");
	p11_make_pin_token();
	session = p11_open(CKF_RW_SESSION);
	for (long n = 0; again; n += 1 + n / 8) {       /* Argon2id takes its time */
		ck_assert_int_lt(n, TOO_MANY);
		again = starve(log_in, session, n, &rv);
		ck_assert_msg(says_why(rv), "allocation %ld: 0x%lx", n, rv);
		p11_ok(p11->C_GetSessionInfo(session, &info));
		ck_assert_uint_eq(info.state, rv == CKR_OK ? CKS_RW_USER_FUNCTIONS
		                                           : CKS_RW_PUBLIC_SESSION);
		p11_is(rv == CKR_OK ? CKR_OK : CKR_USER_NOT_LOGGED_IN, p11->C_Logout(session));
	}
	p11_login(session, CKU_USER, P11_PIN, CKR_OK);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("api: memory");
	TCase *tc = p11_case(s, "memory");

	tcase_add_test(tc, a_slot_that_cannot_be_looked_for_is_not_called_wrong);
	tcase_add_test(tc, what_fails_for_memory_makes_nothing);
	tcase_add_test(tc, what_fails_for_memory_changes_nothing);
	tcase_add_test(tc, a_login_that_fails_for_memory_leaves_nobody_logged_in);
	return s;
}

int main(void)
{
	return test_run(suite());
}
