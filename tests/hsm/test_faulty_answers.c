/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The faulty module is the HSM of another maker, or one whose answers are wrong: each
 * such quirk shows itself to who calls it.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/faulty.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/softhsm.h"

#define TEXT "sixteen and more bytes"
#define TEXT_LEN (sizeof TEXT - 1)
#define TAG_LEN 16

static struct test_softhsm softhsm;
static struct test_faulty hsm;
static CK_FUNCTION_LIST *f;

static void setup(void)
{
	test_softhsm_start(&softhsm);
	test_faulty_start(&hsm, softhsm.module, softhsm.pin_file);
	f = test_hsm_load(hsm.module);
}

static void teardown(void)
{
	test_faulty_stop(&hsm);
	test_softhsm_stop(&softhsm);
}

/* An HSM with an AES key. */
static CK_OBJECT_HANDLE enter_with_key(struct test_hsm *in)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key = 0;

	test_hsm_enter(in, hsm.module, TEST_HSM_LABEL);
	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_ENCRYPT, true);
	p11_bool(&t, CKA_DECRYPT, true);
	p11_ok(in->f->C_GenerateKey(in->session, &mechanism, t.attr, t.n, &key));
	return key;
}

static CK_RV gcm_init(struct test_hsm *in, CK_OBJECT_HANDLE key, CK_BYTE *iv, CK_ULONG iv_len,
                      CK_ULONG iv_bits, CK_RV (*init)(CK_SESSION_HANDLE, CK_MECHANISM *,
                                                      CK_OBJECT_HANDLE))
{
	CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = iv_len, .ulIvBits = iv_bits,
	                         .ulTagBits = 8 * TAG_LEN };
	CK_MECHANISM mechanism = { CKM_AES_GCM, &params, sizeof params };

	return init(in->session, &mechanism, key);
}

/* Open with the IV and require the text. */
static void check_opens(struct test_hsm *in, CK_OBJECT_HANDLE key, CK_BYTE *iv, CK_ULONG iv_len,
                        CK_BYTE *sealed)
{
	CK_BYTE text[128];
	CK_ULONG len = sizeof text;

	p11_ok(gcm_init(in, key, iv, iv_len, 8 * iv_len, in->f->C_DecryptInit));
	p11_ok(in->f->C_Decrypt(in->session, sealed, TEXT_LEN + TAG_LEN, text, &len));
	ck_assert_uint_eq(len, TEXT_LEN);
	ck_assert(memcmp(text, TEXT, TEXT_LEN) == 0);
}

static bool is_zero(const CK_BYTE iv[12])
{
	static const CK_BYTE zero[12];

	return memcmp(iv, zero, sizeof zero) == 0;
}

static bool is_listed(struct test_hsm *in, CK_MECHANISM_TYPE type)
{
	CK_MECHANISM_TYPE all[512];
	CK_ULONG n = 512, asked = 0;
	bool found = false;

	p11_ok(in->f->C_GetMechanismList(in->slot, NULL, &asked));
	p11_ok(in->f->C_GetMechanismList(in->slot, all, &n));
	ck_assert_uint_eq(n, asked);
	for (CK_ULONG i = 0; i < n; i++)
		found = found || all[i] == type;
	return found;
}

START_TEST(the_iv_of_the_caller_is_used_by_default)
{
	CK_BYTE iv[12] = { 1, 2, 3 }, sealed[128];
	CK_ULONG len = sizeof sealed;
	struct test_hsm in;
	CK_OBJECT_HANDLE key = enter_with_key(&in);

	p11_ok(gcm_init(&in, key, iv, sizeof iv, 96, in.f->C_EncryptInit));
	p11_ok(in.f->C_Encrypt(in.session, (CK_BYTE *)TEXT, TEXT_LEN, sealed, &len));
	ck_assert(iv[0] == 1 && iv[1] == 2 && iv[2] == 3);
	check_opens(&in, key, iv, sizeof iv, sealed);
	test_hsm_leave(&in);
}
END_TEST

START_TEST(an_iv_of_the_hsm_is_written_at_the_beginning)
{
	CK_BYTE iv[12] = { 0 }, sealed[128];
	CK_ULONG len = sizeof sealed;
	struct test_hsm in;
	CK_OBJECT_HANDLE key = enter_with_key(&in);

	test_faulty_gcm(&hsm, FAULTY_GCM_AT_INIT, 0);
	p11_ok(gcm_init(&in, key, iv, sizeof iv, 96, in.f->C_EncryptInit));
	ck_assert(!is_zero(iv));
	p11_ok(in.f->C_Encrypt(in.session, (CK_BYTE *)TEXT, TEXT_LEN, sealed, &len));
	check_opens(&in, key, iv, sizeof iv, sealed);
	test_hsm_leave(&in);
}
END_TEST

START_TEST(an_iv_of_the_hsm_is_written_at_the_end)
{
	CK_BYTE iv[12] = { 0 }, sealed[128];
	CK_ULONG len = 0;
	struct test_hsm in;
	CK_OBJECT_HANDLE key = enter_with_key(&in);

	test_faulty_gcm(&hsm, FAULTY_GCM_AT_END, 0);
	p11_ok(gcm_init(&in, key, iv, sizeof iv, 96, in.f->C_EncryptInit));
	p11_ok(in.f->C_Encrypt(in.session, (CK_BYTE *)TEXT, TEXT_LEN, NULL, &len));
	ck_assert(is_zero(iv));
	p11_ok(in.f->C_Encrypt(in.session, (CK_BYTE *)TEXT, TEXT_LEN, sealed, &len));
	ck_assert(!is_zero(iv));
	check_opens(&in, key, iv, sizeof iv, sealed);
	test_hsm_leave(&in);
}
END_TEST

START_TEST(an_hsm_that_makes_the_iv_refuses_another)
{
	CK_BYTE iv[12] = { 1 }, zero[16] = { 0 };
	struct test_hsm in;
	CK_OBJECT_HANDLE key = enter_with_key(&in);

	test_faulty_gcm(&hsm, FAULTY_GCM_AT_END, 0);
	p11_is(CKR_MECHANISM_PARAM_INVALID,
	       gcm_init(&in, key, iv, sizeof iv, 96, in.f->C_EncryptInit));
	p11_is(CKR_MECHANISM_PARAM_INVALID,
	       gcm_init(&in, key, zero, sizeof zero, 128, in.f->C_EncryptInit));
	p11_is(CKR_MECHANISM_PARAM_INVALID,
	       gcm_init(&in, key, NULL, 0, 0, in.f->C_EncryptInit));
	test_hsm_leave(&in);
}
END_TEST

START_TEST(an_iv_of_the_hsm_is_appended)
{
	const CK_ULONG whole = TEXT_LEN + TAG_LEN + 16;
	CK_BYTE sealed[128];
	CK_ULONG len = 0;
	struct test_hsm in;
	CK_OBJECT_HANDLE key = enter_with_key(&in);

	test_faulty_gcm(&hsm, FAULTY_GCM_APPENDED, 16);
	p11_ok(gcm_init(&in, key, NULL, 0, 0, in.f->C_EncryptInit));
	p11_ok(in.f->C_Encrypt(in.session, (CK_BYTE *)TEXT, TEXT_LEN, NULL, &len));
	ck_assert_uint_eq(len, whole);
	len = whole - 1;
	p11_is(CKR_BUFFER_TOO_SMALL,
	       in.f->C_Encrypt(in.session, (CK_BYTE *)TEXT, TEXT_LEN, sealed, &len));
	ck_assert_uint_eq(len, whole);
	p11_ok(in.f->C_Encrypt(in.session, (CK_BYTE *)TEXT, TEXT_LEN, sealed, &len));
	ck_assert_uint_eq(len, whole);
	check_opens(&in, key, sealed + TEXT_LEN + TAG_LEN, 16, sealed);
	test_hsm_leave(&in);
}
END_TEST

START_TEST(an_iv_is_appended_to_what_comes_in_parts)
{
	CK_BYTE sealed[128];
	CK_ULONG len = sizeof sealed, rest;
	struct test_hsm in;
	CK_OBJECT_HANDLE key = enter_with_key(&in);

	test_faulty_gcm(&hsm, FAULTY_GCM_APPENDED, 12);
	test_faulty_fail(&hsm, "C_Encrypt", 1, TEST_FOREVER, CKR_FUNCTION_NOT_SUPPORTED);
	p11_ok(gcm_init(&in, key, NULL, 0, 0, in.f->C_EncryptInit));
	p11_is(CKR_FUNCTION_NOT_SUPPORTED,
	       in.f->C_Encrypt(in.session, (CK_BYTE *)TEXT, TEXT_LEN, sealed, &len));
	p11_ok(in.f->C_EncryptUpdate(in.session, (CK_BYTE *)TEXT, TEXT_LEN, sealed, &len));
	rest = sizeof sealed - len;
	p11_ok(in.f->C_EncryptFinal(in.session, sealed + len, &rest));
	ck_assert_uint_eq(len + rest, TEXT_LEN + TAG_LEN + 12);
	check_opens(&in, key, sealed + TEXT_LEN + TAG_LEN, 12, sealed);
	test_hsm_leave(&in);
}
END_TEST

START_TEST(the_bits_of_the_iv_are_looked_at)
{
	CK_BYTE iv[12] = { 1 };
	struct test_hsm in;
	CK_OBJECT_HANDLE key = enter_with_key(&in);

	test_faulty_quirks(&hsm, FAULTY_NEEDS_IV_BITS);
	p11_is(CKR_MECHANISM_PARAM_INVALID,
	       gcm_init(&in, key, iv, sizeof iv, 0, in.f->C_EncryptInit));
	p11_is(CKR_MECHANISM_PARAM_INVALID,
	       gcm_init(&in, key, iv, sizeof iv, 0, in.f->C_DecryptInit));
	p11_ok(gcm_init(&in, key, iv, sizeof iv, 96, in.f->C_EncryptInit));
	test_hsm_leave(&in);
}
END_TEST

START_TEST(a_mechanism_is_gone)
{
	CK_MECHANISM_INFO info;
	CK_BYTE iv[12] = { 1 };
	struct test_hsm in;
	CK_OBJECT_HANDLE key = enter_with_key(&in);

	ck_assert(is_listed(&in, CKM_AES_GCM));
	test_faulty_mechanism(&hsm, CKM_AES_GCM, FAULTY_GONE);
	ck_assert(!is_listed(&in, CKM_AES_GCM));
	ck_assert(is_listed(&in, CKM_AES_KEY_WRAP_PAD));
	p11_is(CKR_MECHANISM_INVALID, in.f->C_GetMechanismInfo(in.slot, CKM_AES_GCM, &info));
	p11_is(CKR_MECHANISM_INVALID,
	       gcm_init(&in, key, iv, sizeof iv, 96, in.f->C_EncryptInit));
	test_faulty_mechanism(&hsm, CKM_AES_GCM, 0);
	p11_ok(gcm_init(&in, key, iv, sizeof iv, 96, in.f->C_EncryptInit));
	test_hsm_leave(&in);
}
END_TEST

START_TEST(a_mechanism_is_listed_but_refused)
{
	CK_BYTE iv[12] = { 1 };
	struct test_hsm in;
	CK_OBJECT_HANDLE key = enter_with_key(&in);

	test_faulty_mechanism(&hsm, CKM_AES_GCM, FAULTY_REFUSED);
	ck_assert(is_listed(&in, CKM_AES_GCM));
	p11_is(CKR_MECHANISM_INVALID,
	       gcm_init(&in, key, iv, sizeof iv, 96, in.f->C_EncryptInit));
	test_hsm_leave(&in);
}
END_TEST

START_TEST(eddsa_is_taken_away)
{
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	ck_assert(is_listed(&in, CKM_EDDSA));
	test_faulty_mechanism(&hsm, CKM_EDDSA, FAULTY_GONE);
	ck_assert(!is_listed(&in, CKM_EDDSA));
	test_hsm_leave(&in);
}
END_TEST

START_TEST(a_mechanism_loses_a_flag)
{
	CK_MECHANISM_INFO info;
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	test_faulty_mechanism_flags(&hsm, CKM_AES_GCM, CKF_DECRYPT);
	p11_ok(in.f->C_GetMechanismInfo(in.slot, CKM_AES_GCM, &info));
	ck_assert_uint_eq(info.flags & (CKF_ENCRYPT | CKF_DECRYPT), CKF_ENCRYPT);
	test_hsm_leave(&in);
}
END_TEST

START_TEST(kwp_has_its_later_number)
{
	CK_MECHANISM_INFO info;
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	test_faulty_quirks(&hsm, FAULTY_KWP_IS_210B);
	ck_assert(is_listed(&in, CKM_AES_KEY_WRAP_KWP));
	ck_assert(!is_listed(&in, CKM_AES_KEY_WRAP_PAD));
	p11_ok(in.f->C_GetMechanismInfo(in.slot, CKM_AES_KEY_WRAP_KWP, &info));
	p11_is(CKR_MECHANISM_INVALID,
	       in.f->C_GetMechanismInfo(in.slot, CKM_AES_KEY_WRAP_PAD, &info));
	test_hsm_leave(&in);
}
END_TEST

START_TEST(a_signature_has_a_length_that_is_wrong)
{
	CK_MECHANISM make = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 };
	CK_MECHANISM sign = { CKM_SHA256_HMAC, NULL, 0 };
	CK_BYTE answer[32], honest[32];
	CK_ULONG len = sizeof honest;
	CK_OBJECT_HANDLE key;
	struct p11_template t = { .n = 0 };
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_SIGN, true);
	p11_ok(in.f->C_GenerateKey(in.session, &make, t.attr, t.n, &key));
	p11_ok(in.f->C_SignInit(in.session, &sign, key));
	p11_ok(in.f->C_Sign(in.session, (CK_BYTE *)TEXT, TEXT_LEN, honest, &len));
	ck_assert_uint_eq(len, sizeof honest);

	test_faulty_lie(&hsm, "C_Sign", 5000);
	test_faulty_garble(&hsm, "C_Sign");
	p11_ok(in.f->C_SignInit(in.session, &sign, key));
	p11_ok(in.f->C_Sign(in.session, (CK_BYTE *)TEXT, TEXT_LEN, NULL, &len));
	ck_assert_uint_eq(len, sizeof answer);
	p11_ok(in.f->C_Sign(in.session, (CK_BYTE *)TEXT, TEXT_LEN, answer, &len));
	ck_assert_uint_eq(len, 5000);
	ck_assert(memcmp(answer, honest, sizeof answer) != 0);

	test_faulty_honest(&hsm, "C_Sign");
	len = sizeof answer;
	p11_ok(in.f->C_SignInit(in.session, &sign, key));
	p11_ok(in.f->C_Sign(in.session, (CK_BYTE *)TEXT, TEXT_LEN, answer, &len));
	ck_assert_uint_eq(len, sizeof answer);
	ck_assert(memcmp(answer, honest, sizeof answer) == 0);
	test_hsm_leave(&in);
}
END_TEST

START_TEST(an_attribute_has_a_length_that_is_wrong)
{
	CK_ULONG value = 0;
	struct test_hsm in;
	CK_OBJECT_HANDLE key = enter_with_key(&in);
	CK_ATTRIBUTE attr = { CKA_VALUE_LEN, &value, sizeof value };

	test_faulty_lie(&hsm, "C_GetAttributeValue", 0);
	p11_ok(in.f->C_GetAttributeValue(in.session, key, &attr, 1));
	ck_assert_uint_eq(attr.ulValueLen, 0);
	test_hsm_leave(&in);
}
END_TEST

START_TEST(token_texts_are_not_padded)
{
	CK_TOKEN_INFO info;
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	test_faulty_quirks(&hsm, FAULTY_UNPADDED);
	p11_ok(in.f->C_GetTokenInfo(in.slot, &info));
	ck_assert_str_eq((char *)info.label, TEST_HSM_LABEL);
	ck_assert(info.model[sizeof info.model - 1] == '\0');
	test_hsm_leave(&in);
}
END_TEST

START_TEST(the_list_of_slots_grows_between_the_calls)
{
	CK_SLOT_ID slots[8];
	CK_ULONG n = 0, before;
	struct test_hsm in;

	test_hsm_enter(&in, hsm.module, TEST_HSM_LABEL);
	test_faulty_quirks(&hsm, FAULTY_SLOTS_GROW);
	p11_ok(in.f->C_GetSlotList(CK_TRUE, NULL, &n));
	before = n;
	p11_is(CKR_BUFFER_TOO_SMALL, in.f->C_GetSlotList(CK_TRUE, slots, &n));
	ck_assert_uint_eq(n, before + 1);
	p11_ok(in.f->C_GetSlotList(CK_TRUE, slots, &n));
	test_hsm_leave(&in);
}
END_TEST

START_TEST(initialising_refuses_flags)
{
	CK_C_INITIALIZE_ARGS locking = { .flags = CKF_OS_LOCKING_OK };
	CK_C_INITIALIZE_ARGS threadless = { .flags = CKF_LIBRARY_CANT_CREATE_OS_THREADS };

	test_faulty_quirks(&hsm, FAULTY_NO_OS_LOCKING);
	p11_is(CKR_CANT_LOCK, f->C_Initialize(&locking));
	test_faulty_quirks(&hsm, FAULTY_NEEDS_THREADS);
	p11_is(CKR_NEED_TO_CREATE_THREADS, f->C_Initialize(&threadless));
	test_faulty_quirks(&hsm, FAULTY_NEEDS_ARGUMENTS);
	p11_is(CKR_ARGUMENTS_BAD, f->C_Initialize(NULL));
	p11_ok(f->C_Initialize(&locking));
	p11_ok(f->C_Finalize(NULL));
}
END_TEST

START_TEST(initialising_says_that_somebody_did)
{
	test_faulty_fail(&hsm, "C_Initialize", 1, 1, CKR_CRYPTOKI_ALREADY_INITIALIZED);
	p11_is(CKR_CRYPTOKI_ALREADY_INITIALIZED, f->C_Initialize(NULL));
	p11_ok(f->C_Initialize(NULL));
	p11_ok(f->C_Finalize(NULL));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("faulty answers");
	TCase *tc = tcase_create("answers");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_iv_of_the_caller_is_used_by_default);
	tcase_add_test(tc, an_iv_of_the_hsm_is_written_at_the_beginning);
	tcase_add_test(tc, an_iv_of_the_hsm_is_written_at_the_end);
	tcase_add_test(tc, an_hsm_that_makes_the_iv_refuses_another);
	tcase_add_test(tc, an_iv_of_the_hsm_is_appended);
	tcase_add_test(tc, an_iv_is_appended_to_what_comes_in_parts);
	tcase_add_test(tc, the_bits_of_the_iv_are_looked_at);
	tcase_add_test(tc, a_mechanism_is_gone);
	tcase_add_test(tc, a_mechanism_is_listed_but_refused);
	tcase_add_test(tc, eddsa_is_taken_away);
	tcase_add_test(tc, a_mechanism_loses_a_flag);
	tcase_add_test(tc, kwp_has_its_later_number);
	tcase_add_test(tc, a_signature_has_a_length_that_is_wrong);
	tcase_add_test(tc, an_attribute_has_a_length_that_is_wrong);
	tcase_add_test(tc, token_texts_are_not_padded);
	tcase_add_test(tc, the_list_of_slots_grows_between_the_calls);
	tcase_add_test(tc, initialising_refuses_flags);
	tcase_add_test(tc, initialising_says_that_somebody_did);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
