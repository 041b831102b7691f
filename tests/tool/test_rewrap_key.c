/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of tools/rewrap_key.c, on a token that is none: it has one key, and unwraps what was wrapped
 * again as a key that is a little different. Keys answer as HMAC keys do: one with zeros behind
 * it answers like the one without.
 */
#include <string.h>

#include "lib/runner.h"
#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/rewrap_key.h"

enum { NEWEST = 1, OLD, FIRST, AGAIN };

CK_BBOOL tool_true = CK_TRUE, tool_false = CK_FALSE;

static CK_ULONG first_len, again_len;   /* of the key, and of what it is unwrapped as again */
static CK_BYTE first_answer, again_answer;
static CK_RV asked;                     /* what asking for a length answers */
static CK_OBJECT_HANDLE signs;
static unsigned alive;                  /* keys in the session */

CK_RV tool_key_open(const struct tool *tool, CK_OBJECT_HANDLE key)
{
	(void)tool;
	(void)key;
	return CKR_OK;
}

CK_RV C_UnwrapKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE with,
                  CK_BYTE_PTR wrapped, CK_ULONG len, CK_ATTRIBUTE_PTR attr, CK_ULONG n,
                  CK_OBJECT_HANDLE_PTR key)
{
	(void)session;
	(void)mechanism;
	(void)attr;
	(void)n;
	if (len != 1 || wrapped[0] != with)
		return CKR_WRAPPED_KEY_INVALID;
	*key = with == OLD ? FIRST : AGAIN;
	alive++;
	return CKR_OK;
}

CK_RV C_WrapKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE with,
                CK_OBJECT_HANDLE key, CK_BYTE_PTR wrapped, CK_ULONG_PTR len)
{
	(void)session;
	(void)mechanism;
	(void)key;
	*len = 1;
	if (wrapped != NULL)
		wrapped[0] = (CK_BYTE)with;
	return CKR_OK;
}

CK_RV C_GenerateRandom(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG len)
{
	(void)session;
	memset(data, 7, len);
	return CKR_OK;
}

CK_RV C_SignInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
	(void)session;
	(void)mechanism;
	signs = key;
	return CKR_OK;
}

CK_RV C_Sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG len, CK_BYTE_PTR signature,
             CK_ULONG_PTR signature_len)
{
	(void)session;
	(void)data;
	(void)len;
	memset(signature, signs == FIRST ? first_answer : again_answer, *signature_len);
	return CKR_OK;
}

CK_RV C_GetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_ATTRIBUTE_PTR attr,
                          CK_ULONG n)
{
	(void)session;
	ck_assert(n == 1 && attr->type == CKA_VALUE_LEN && attr->ulValueLen == sizeof(CK_ULONG));
	*(CK_ULONG *)attr->pValue = key == FIRST ? first_len : again_len;
	return asked;
}

CK_RV C_DestroyObject(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	(void)session;
	(void)key;
	alive--;
	return CKR_OK;
}

static void setup(void)
{
	first_len = again_len = 32;
	first_answer = again_answer = 1;
	asked = CKR_OK;
	alive = 0;
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
}

/* Rewrap the one key that there is. */
static enum tool_rewrapped rewrap(void)
{
	static const struct tool tool = { .session = 1 };
	struct tool_version versions[] = { { .key = NEWEST }, { .key = OLD } };
	const struct tool_versions root = { .version = versions, .n = 2 };
	struct tool_rewrap_key how = { .tool = &tool, .root = &root };
	struct sg_buf out = { NULL, 0, 0 };
	const uint8_t wrapped = OLD;
	const char *why = NULL;
	enum tool_rewrapped verdict = tool_rewrap_key(&how, sg_bytes(&wrapped, 1), &out, &why);

	ck_assert_uint_eq(alive, 0);
	sg_buf_free(&out);
	return verdict;
}

START_TEST(the_same_key_is_rewrapped)
{
	ck_assert_int_eq(rewrap(), TOOL_REWRAP_DONE);
}
END_TEST

START_TEST(another_key_stops_it)
{
	again_answer = 2;
	ck_assert_int_eq(rewrap(), TOOL_REWRAP_STOPPED);
}
END_TEST

START_TEST(a_key_with_zeros_behind_it_is_another)
{
	again_len = 33;
	ck_assert_int_eq(rewrap(), TOOL_REWRAP_STOPPED);
}
END_TEST

START_TEST(a_length_that_is_not_told_stops_it)
{
	asked = CKR_DEVICE_ERROR;
	ck_assert_int_eq(rewrap(), TOOL_REWRAP_STOPPED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rewrap_key");
	TCase *tc = tcase_create("rewrap_key");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, the_same_key_is_rewrapped);
	tcase_add_test(tc, another_key_stops_it);
	tcase_add_test(tc, a_key_with_zeros_behind_it_is_another);
	tcase_add_test(tc, a_length_that_is_not_told_stops_it);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
