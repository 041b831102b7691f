/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. From what the module of an HSM returns to our own errors.
 */
#include "client/rc.h"

#include <stdio.h>
#include <string.h>

#include <signet/pkcs11.h>

#include "lib/runner.h"
#include "util/log.h"

struct row {
	CK_RV rv;
	enum sg_err err;
	bool lost;
};

static const struct row rows[] = {
	{ CKR_OK, SG_OK, false },
	{ CKR_HOST_MEMORY, SG_ERR_HSM_FAULT, false },
	{ CKR_SLOT_ID_INVALID, SG_ERR_HSM_MISSING, true },
	{ CKR_TOKEN_NOT_RECOGNIZED, SG_ERR_HSM_MISSING, true },
	{ CKR_TOKEN_NOT_PRESENT, SG_ERR_HSM_REMOVED, true },
	{ CKR_DEVICE_REMOVED, SG_ERR_HSM_REMOVED, true },
	{ CKR_CRYPTOKI_NOT_INITIALIZED, SG_ERR_HSM_REMOVED, true },
	{ CKR_SESSION_HANDLE_INVALID, SG_ERR_HSM_REMOVED, true },
	{ CKR_SESSION_CLOSED, SG_ERR_HSM_REMOVED, true },
	{ CKR_USER_NOT_LOGGED_IN, SG_ERR_HSM_REMOVED, true },
	{ CKR_KEY_HANDLE_INVALID, SG_ERR_HSM_OTHER, true },
	{ CKR_OBJECT_HANDLE_INVALID, SG_ERR_HSM_OTHER, true },
	{ CKR_WRAPPING_KEY_HANDLE_INVALID, SG_ERR_HSM_OTHER, true },
	{ CKR_UNWRAPPING_KEY_HANDLE_INVALID, SG_ERR_HSM_OTHER, true },
	{ CKR_DEVICE_ERROR, SG_ERR_HSM_FAULT, true },
	{ CKR_OPERATION_ACTIVE, SG_ERR_HSM_FAULT, true },
	{ CKR_SESSION_COUNT, SG_ERR_HSM_SESSIONS, false },
	{ CKR_FUNCTION_CANCELED, SG_ERR_HSM_BUSY, false },
	{ CKR_USER_ANOTHER_ALREADY_LOGGED_IN, SG_ERR_HSM_BUSY, false },
	{ CKR_USER_TOO_MANY_TYPES, SG_ERR_HSM_BUSY, false },
	{ CKR_PIN_INCORRECT, SG_ERR_HSM_PIN, false },
	{ CKR_PIN_EXPIRED, SG_ERR_HSM_PIN, false },
	{ CKR_USER_PIN_NOT_INITIALIZED, SG_ERR_HSM_PIN, false },
	{ CKR_PIN_LOCKED, SG_ERR_HSM_LOCKED, false },
	{ CKR_MECHANISM_INVALID, SG_ERR_HSM_MECHANISM, false },
	{ CKR_KEY_FUNCTION_NOT_PERMITTED, SG_ERR_HSM_MECHANISM, false },
	{ CKR_TEMPLATE_INCONSISTENT, SG_ERR_HSM_MECHANISM, false },
	{ CKR_ENCRYPTED_DATA_INVALID, SG_ERR_SEALED_DAMAGED, false },
	{ CKR_AEAD_DECRYPT_FAILED, SG_ERR_SEALED_DAMAGED, false },
	{ CKR_WRAPPED_KEY_INVALID, SG_ERR_SEALED_DAMAGED, false },
	{ CKR_DEVICE_MEMORY, SG_ERR_HSM_FAULT, false },
	{ CKR_ARGUMENTS_BAD, SG_ERR_HSM_FAULT, false },
	{ CKR_BUFFER_TOO_SMALL, SG_ERR_HSM_FAULT, false },
	{ CKR_MUTEX_BAD, SG_ERR_HSM_FAULT, false },
	{ CKR_OPERATION_NOT_INITIALIZED, SG_ERR_HSM_FAULT, true },
	{ CKR_FUNCTION_REJECTED, SG_ERR_HSM_MECHANISM, false },
	{ CKR_SIGNET_STORE_UNSAFE, SG_ERR_HW_PERMISSION, false },
	{ CKR_SIGNET_SECURE_MEMORY, SG_ERR_SECURE_MEMORY, false },
	{ CKR_GENERAL_ERROR, SG_ERR_HSM_FAULT, false },
	{ CKR_VENDOR_DEFINED | 77, SG_ERR_HSM_FAULT, false },
};

START_TEST(a_code_has_its_meaning)
{
	bool lost = false;

	ck_assert_int_eq(sg_client_err("C_Something", rows[_i].rv, &lost), rows[_i].err);
	ck_assert(lost == rows[_i].lost);
	ck_assert_int_eq(sg_client_err("C_Something", rows[_i].rv, NULL), rows[_i].err);
}
END_TEST

START_TEST(what_was_lost_stays_so)
{
	bool lost = true;

	ck_assert_int_eq(sg_client_err("C_Something", CKR_OK, &lost), SG_OK);
	ck_assert(lost);
	ck_assert_int_eq(sg_client_err("C_Something", CKR_PIN_INCORRECT, &lost), SG_ERR_HSM_PIN);
	ck_assert(lost);
}
END_TEST

static const CK_RV vague[] = {
	CKR_GENERAL_ERROR, CKR_FUNCTION_FAILED, CKR_DATA_INVALID, CKR_DATA_LEN_RANGE,
	CKR_VENDOR_DEFINED, CKR_VENDOR_DEFINED | 77,
};

START_TEST(what_may_be_about_the_data_is_no_more_than_that)
{
	ck_assert(sg_client_is_vague(vague[_i]));
	ck_assert_int_eq(sg_client_err("C_Something", vague[_i], NULL), SG_ERR_HSM_FAULT);
}
END_TEST

START_TEST(what_is_about_the_hsm_alone_is_known)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		ck_assert(sg_client_is_vague(rows[i].rv) == (rows[i].rv == CKR_GENERAL_ERROR ||
		                                             rows[i].rv == (CKR_VENDOR_DEFINED | 77)));
}
END_TEST

START_TEST(every_refusal_is_an_error)
{
	for (CK_RV rv = 1; rv < 0x400; rv++)
		ck_assert_int_ne(sg_client_err("C_Something", rv, NULL), SG_OK);
}
END_TEST

static char said[512];

static void hear(enum sg_log_level level, const char *text, void *arg)
{
	(void)arg;
	(void)level;
	snprintf(said, sizeof said, "%s", text);
}

/* p11-kit does not know them: "Unknown error" would name no cause. */
START_TEST(a_code_of_our_own_module_is_said_in_words)
{
	sg_log_set(hear, NULL);
	ck_assert_int_eq(sg_client_err("C_Login", CKR_SIGNET_SECURE_MEMORY, NULL),
	                 SG_ERR_SECURE_MEMORY);
	sg_log_set(NULL, NULL);
	ck_assert_msg(strstr(said, sg_err_sentence(SG_ERR_SECURE_MEMORY)) != NULL, "%s", said);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("hsm_rc");
	TCase *tcase = tcase_create("rc");

	tcase_add_loop_test(tcase, a_code_has_its_meaning, 0, sizeof rows / sizeof rows[0]);
	tcase_add_test(tcase, what_was_lost_stays_so);
	tcase_add_loop_test(tcase, what_may_be_about_the_data_is_no_more_than_that, 0,
	                    sizeof vague / sizeof vague[0]);
	tcase_add_test(tcase, what_is_about_the_hsm_alone_is_known);
	tcase_add_test(tcase, every_refusal_is_an_error);
	tcase_add_test(tcase, a_code_of_our_own_module_is_said_in_words);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
