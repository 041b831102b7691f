/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Ending operations before their time: C_SessionCancel, and Init functions without
 * a mechanism. One table of operations serves all.
 */
#include <string.h>

#include "lib/p11.h"
#include "lib/runner.h"

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE pub, priv, aes;
static CK_BYTE iv[12], in[16], out[64];
static CK_ULONG len;
static CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = 12, .ulTagBits = 128 };
static CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
static CK_MECHANISM message = { CKM_AES_GCM, NULL, 0 }, sha = { CKM_SHA256, NULL, 0 };

static CK_RV digest_init(CK_MECHANISM *mechanism)
{
	return p11->C_DigestInit(s, mechanism);
}

static CK_RV digest_update(void)
{
	return p11->C_DigestUpdate(s, in, 1);
}

static CK_RV sign_init(CK_MECHANISM *mechanism)
{
	return p11->C_SignInit(s, mechanism, priv);
}

static CK_RV sign_update(void)
{
	return p11->C_SignUpdate(s, in, 1);
}

static CK_RV verify_init(CK_MECHANISM *mechanism)
{
	return p11->C_VerifyInit(s, mechanism, pub);
}

static CK_RV verify_update(void)
{
	return p11->C_VerifyUpdate(s, in, 1);
}

static CK_RV verify_signature_init(CK_MECHANISM *mechanism)
{
	return p11_3_2->C_VerifySignatureInit(s, mechanism, pub, out, sizeof out);
}

static CK_RV verify_signature_update(void)
{
	return p11_3_2->C_VerifySignatureUpdate(s, in, 1);
}

static CK_RV encrypt_init(CK_MECHANISM *mechanism)
{
	return p11->C_EncryptInit(s, mechanism, aes);
}

static CK_RV encrypt_update(void)
{
	len = sizeof out;
	return p11->C_EncryptUpdate(s, in, 1, out, &len);
}

static CK_RV decrypt_init(CK_MECHANISM *mechanism)
{
	return p11->C_DecryptInit(s, mechanism, aes);
}

static CK_RV decrypt_update(void)
{
	len = sizeof out;
	return p11->C_DecryptUpdate(s, in, 1, out, &len);
}

/* A message must have begun, or its parts are refused for that. */
static CK_GCM_MESSAGE_PARAMS of_message = { .pIv = iv, .ulIvLen = 12, .ulTagBits = 128 };

static CK_RV message_encrypt_init(CK_MECHANISM *mechanism)
{
	CK_RV rv = p11_3_2->C_MessageEncryptInit(s, mechanism, aes);

	if (rv == CKR_OK && mechanism != NULL)
		p11_ok(p11_3_2->C_EncryptMessageBegin(s, &of_message, sizeof of_message, NULL, 0));
	return rv;
}

static CK_RV message_encrypt_next(void)
{
	len = sizeof out;
	return p11_3_2->C_EncryptMessageNext(s, NULL, 0, in, 1, out, &len, 0);
}

static CK_RV message_decrypt_init(CK_MECHANISM *mechanism)
{
	CK_RV rv = p11_3_2->C_MessageDecryptInit(s, mechanism, aes);

	if (rv == CKR_OK && mechanism != NULL)
		p11_ok(p11_3_2->C_DecryptMessageBegin(s, &of_message, sizeof of_message, NULL, 0));
	return rv;
}

static CK_RV message_decrypt_next(void)
{
	len = sizeof out;
	return p11_3_2->C_DecryptMessageNext(s, NULL, 0, in, 1, out, &len, 0);
}

static const struct {
	CK_FLAGS flag;
	CK_MECHANISM *mechanism;
	CK_RV (*init)(CK_MECHANISM *mechanism);
	CK_RV (*update)(void);
} operations[] = {
	{ CKF_DIGEST, &sha, digest_init, digest_update },
	{ CKF_SIGN, &p11_eddsa, sign_init, sign_update },
	{ CKF_VERIFY, &p11_eddsa, verify_init, verify_update },
	{ CKF_VERIFY, &p11_eddsa, verify_signature_init, verify_signature_update },
	{ CKF_ENCRYPT, &gcm, encrypt_init, encrypt_update },
	{ CKF_DECRYPT, &gcm, decrypt_init, decrypt_update },
	{ CKF_MESSAGE_ENCRYPT, &message, message_encrypt_init, message_encrypt_next },
	{ CKF_MESSAGE_DECRYPT, &message, message_decrypt_init, message_decrypt_next },
};

#define OPERATIONS ((int)(sizeof operations / sizeof operations[0]))
#define ALL (CKF_DIGEST | CKF_SIGN | CKF_VERIFY | CKF_ENCRYPT | CKF_DECRYPT | \
             CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT | CKF_FIND_OBJECTS)

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
	p11_make_pair(s, NULL, &pub, &priv);
	aes = p11_make_aes(s, NULL);
}

/* Begin all operations, and a search. */
static void begin_all(void)
{
	for (int i = 0; i < OPERATIONS; i++)
		p11_ok(operations[i].init(operations[i].mechanism));
	p11_ok(p11->C_FindObjectsInit(s, NULL, 0));
}

static void assert_active(CK_FLAGS flags)
{
	CK_ULONG n;

	for (int i = 0; i < OPERATIONS; i++)
		p11_is(operations[i].flag & flags ? CKR_OK : CKR_OPERATION_NOT_INITIALIZED,
		       operations[i].update());
	p11_is(flags & CKF_FIND_OBJECTS ? CKR_OK : CKR_OPERATION_NOT_INITIALIZED,
	       p11->C_FindObjects(s, NULL, 0, &n));
}

START_TEST(a_flag_ends_its_operation_and_no_other)
{
	begin_all();
	p11_ok(p11_3_2->C_SessionCancel(s, operations[_i].flag));
	assert_active(ALL & ~operations[_i].flag);
	p11_ok(operations[_i].init(operations[_i].mechanism));
}
END_TEST

START_TEST(a_search_is_ended_by_its_flag)
{
	begin_all();
	p11_ok(p11_3_2->C_SessionCancel(s, CKF_FIND_OBJECTS));
	assert_active(ALL & ~CKF_FIND_OBJECTS);
	p11_ok(p11->C_FindObjectsInit(s, NULL, 0));
}
END_TEST

START_TEST(all_flags_end_all)
{
	begin_all();
	p11_ok(p11_3_2->C_SessionCancel(s, ~0UL));
	assert_active(0);
	begin_all();
}
END_TEST

START_TEST(no_flag_and_flags_of_nothing_end_nothing)
{
	begin_all();
	p11_ok(p11_3_2->C_SessionCancel(s, 0));
	p11_ok(p11_3_2->C_SessionCancel(s, CKF_HW | CKF_WRAP | CKF_UNWRAP | CKF_DERIVE |
	                                   CKF_GENERATE | CKF_GENERATE_KEY_PAIR));
	assert_active(ALL);
}
END_TEST

START_TEST(there_may_be_nothing_to_end)
{
	p11_ok(p11_3_2->C_SessionCancel(s, ALL));
	p11_is(CKR_SESSION_HANDLE_INVALID, p11_3_2->C_SessionCancel(~s, ALL));
	p11_ok(p11->C_Finalize(NULL));
	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, p11_3_2->C_SessionCancel(s, ALL));
}
END_TEST

START_TEST(other_sessions_are_left_alone)
{
	CK_SESSION_HANDLE other = p11_open(0);

	begin_all();
	p11_ok(p11_3_2->C_SessionCancel(other, ~0UL));
	assert_active(ALL);
}
END_TEST

START_TEST(no_mechanism_ends_the_operation)
{
	p11_ok(operations[_i].init(operations[_i].mechanism));
	p11_ok(operations[_i].update());
	p11_ok(operations[_i].init(NULL));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, operations[_i].update());
	p11_ok(operations[_i].init(operations[_i].mechanism));
}
END_TEST

START_TEST(no_mechanism_is_a_missing_argument_where_nothing_is_active)
{
	p11_is(CKR_ARGUMENTS_BAD, operations[_i].init(NULL));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, operations[_i].update());
}
END_TEST

START_TEST(one_operation_of_a_kind_is_active_at_a_time)
{
	p11_ok(operations[_i].init(operations[_i].mechanism));
	p11_is(CKR_OPERATION_ACTIVE, operations[_i].init(operations[_i].mechanism));
	p11_ok(operations[_i].update());
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("cancel");
	TCase *tc = tcase_create("cancel");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	suite_add_tcase(all, tc);
	tcase_add_loop_test(tc, a_flag_ends_its_operation_and_no_other, 0, OPERATIONS);
	tcase_add_test(tc, a_search_is_ended_by_its_flag);
	tcase_add_test(tc, all_flags_end_all);
	tcase_add_test(tc, no_flag_and_flags_of_nothing_end_nothing);
	tcase_add_test(tc, there_may_be_nothing_to_end);
	tcase_add_test(tc, other_sessions_are_left_alone);
	tcase_add_loop_test(tc, no_mechanism_ends_the_operation, 0, OPERATIONS);
	tcase_add_loop_test(tc, no_mechanism_is_a_missing_argument_where_nothing_is_active, 0,
	                    OPERATIONS);
	tcase_add_loop_test(tc, one_operation_of_a_kind_is_active_at_a_time, 0, OPERATIONS);
	return all;
}

int main(void)
{
	return test_run(suite());
}
