/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. C_WrapKeyAuthenticated and its opposite: a key as one message of AES-GCM.
 */
#include <string.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE kek, key;
static CK_BYTE iv[12], tag[16], aad[20] = "an envelope", wrapped[64];
static CK_GCM_MESSAGE_PARAMS params;
static CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
	kek = p11_import_aes(s, repeat('w', 32));
	key = p11_import_aes(s, repeat('k', 32));
	params = (CK_GCM_MESSAGE_PARAMS){ .pIv = iv, .ulIvLen = 12, .ivGenerator = CKG_GENERATE,
	                                  .pTag = tag, .ulTagBits = 128 };
}

static CK_RV wrap(CK_OBJECT_HANDLE object, CK_ULONG *len)
{
	return p11_3_2->C_WrapKeyAuthenticated(s, &gcm, kek, object, aad, sizeof aad, wrapped, len);
}

static CK_RV unwrap(CK_ULONG len, CK_OBJECT_HANDLE *back)
{
	struct p11_template t = { 0 };

	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_AES);
	p11_bool(&t, CKA_SENSITIVE, false);
	p11_bool(&t, CKA_EXTRACTABLE, true);
	return p11_3_2->C_UnwrapKeyAuthenticated(s, &gcm, kek, wrapped, len, t.attr, t.n, aad,
	                                         sizeof aad, back);
}

START_TEST(a_key_comes_back)
{
	CK_ULONG len = sizeof wrapped;
	CK_OBJECT_HANDLE back;
	CK_BYTE value[32];

	p11_ok(wrap(key, &len));
	ck_assert_uint_eq(len, 32);
	p11_ok(unwrap(len, &back));
	len = sizeof value;
	p11_ok(p11_get(s, back, CKA_VALUE, value, &len));
	assert_bytes(sg_bytes(value, len), repeat('k', 32));
	ck_assert(!p11_get_bool(s, back, CKA_LOCAL));
}
END_TEST

/* The wrapped key is the ciphertext that C_EncryptMessage makes of it. */
START_TEST(it_is_a_message)
{
	CK_MECHANISM message = { CKM_AES_GCM, NULL, 0 };
	CK_BYTE cipher[32], mac[16];
	CK_ULONG len = sizeof wrapped, cipher_len = sizeof cipher;

	p11_ok(wrap(key, &len));
	memcpy(mac, tag, sizeof mac);
	params.ivGenerator = CKG_NO_GENERATE;
	p11_ok(p11_3_2->C_MessageEncryptInit(s, &message, kek));
	p11_ok(p11_3_2->C_EncryptMessage(s, &params, sizeof params, aad, sizeof aad,
	                                 (CK_BYTE *)repeat('k', 32).data, 32, cipher, &cipher_len));
	assert_bytes(sg_bytes(cipher, cipher_len), sg_bytes(wrapped, len));
	assert_bytes(sg_bytes(tag, 16), sg_bytes(mac, 16));
}
END_TEST

START_TEST(each_wrap_has_an_iv_of_its_own)
{
	CK_BYTE first[12];
	CK_ULONG len = sizeof wrapped;

	p11_ok(wrap(key, &len));
	memcpy(first, iv, sizeof first);
	len = sizeof wrapped;
	p11_ok(wrap(key, &len));
	ck_assert_mem_eq(iv, first, 8);
	ck_assert_mem_ne(iv + 8, first + 8, 4);
}
END_TEST

START_TEST(asking_for_the_size_spends_no_iv)
{
	static const CK_BYTE zeros[12];
	CK_ULONG len = 0;

	p11_ok(p11_3_2->C_WrapKeyAuthenticated(s, &gcm, kek, key, aad, 20, NULL, &len));
	ck_assert_uint_eq(len, 32);
	len = 31;
	p11_is(CKR_BUFFER_TOO_SMALL, wrap(key, &len));
	ck_assert_uint_eq(len, 32);
	ck_assert_mem_eq(iv, zeros, 12);
}
END_TEST

START_TEST(any_change_is_an_invalid_key)
{
	CK_BYTE *changed[] = { wrapped, wrapped + 31, tag, tag + 15, aad, iv };
	CK_ULONG len = sizeof wrapped;
	CK_OBJECT_HANDLE back;
	CK_ULONG before;

	p11_ok(wrap(key, &len));
	before = p11_count(s);
	for (size_t i = 0; i < sizeof changed / sizeof changed[0]; i++) {
		*changed[i] ^= 1;
		p11_is(CKR_WRAPPED_KEY_INVALID, unwrap(len, &back));
		*changed[i] ^= 1;
	}
	ck_assert_uint_eq(p11_count(s), before);
	p11_ok(unwrap(len, &back));
}
END_TEST

START_TEST(impossible_lengths_are_refused)
{
	CK_OBJECT_HANDLE back;
	CK_ULONG len = sizeof wrapped;

	p11_ok(wrap(key, &len));
	p11_is(CKR_WRAPPED_KEY_LEN_RANGE, unwrap(0, &back));
	p11_is(CKR_WRAPPED_KEY_LEN_RANGE, unwrap(1 << 20, &back));
	p11_is(CKR_WRAPPED_KEY_LEN_RANGE, unwrap(~0UL, &back));
	p11_is(CKR_WRAPPED_KEY_INVALID, unwrap(31, &back));
}
END_TEST

START_TEST(keys_are_checked_as_for_any_wrap)
{
	CK_OBJECT_HANDLE hidden = p11_make_aes(s, NULL), back;
	CK_ULONG len = sizeof wrapped;

	p11_is(CKR_KEY_UNEXTRACTABLE, wrap(hidden, &len));
	p11_is(CKR_KEY_HANDLE_INVALID, wrap(~0UL, &len));
	p11_ok(p11_set(s, kek, CKA_WRAP, &(CK_BBOOL){ CK_FALSE }, 1));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, wrap(key, &len));
	kek = ~0UL;
	p11_is(CKR_WRAPPING_KEY_HANDLE_INVALID, wrap(key, &len));
	p11_is(CKR_UNWRAPPING_KEY_HANDLE_INVALID, unwrap(32, &back));
}
END_TEST

START_TEST(the_parameter_is_that_of_a_message)
{
	CK_MECHANISM none = { CKM_AES_GCM, NULL, 0 }, short_one = { CKM_AES_GCM, &params, 40 };
	CK_MECHANISM *const bad[] = { &none, &short_one };
	CK_ULONG len = sizeof wrapped;

	for (int i = 0; i < 2; i++)
		p11_is(CKR_MECHANISM_PARAM_INVALID,
		       p11_3_2->C_WrapKeyAuthenticated(s, bad[i], kek, key, NULL, 0, wrapped, &len));
	params.ivGenerator = CKG_GENERATE_COUNTER;
	p11_is(CKR_MECHANISM_PARAM_INVALID, wrap(key, &len));
	p11_is(CKR_MECHANISM_INVALID,
	       p11_3_2->C_WrapKeyAuthenticated(s, &p11_kwp, kek, key, NULL, 0, wrapped, &len));
}
END_TEST

START_TEST(missing_arguments_are_said_to_be_missing)
{
	CK_OBJECT_HANDLE back;
	CK_ULONG len = sizeof wrapped;

	p11_is(CKR_ARGUMENTS_BAD,
	       p11_3_2->C_WrapKeyAuthenticated(s, NULL, kek, key, NULL, 0, wrapped, &len));
	p11_is(CKR_ARGUMENTS_BAD,
	       p11_3_2->C_WrapKeyAuthenticated(s, &gcm, kek, key, NULL, 1, wrapped, &len));
	p11_is(CKR_ARGUMENTS_BAD,
	       p11_3_2->C_WrapKeyAuthenticated(s, &gcm, kek, key, NULL, 0, wrapped, NULL));
	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_UnwrapKeyAuthenticated(s, NULL, kek, wrapped, 32, NULL,
	                                                            0, NULL, 0, &back));
	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_UnwrapKeyAuthenticated(s, &gcm, kek, NULL, 32, NULL, 0,
	                                                            NULL, 0, &back));
	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_UnwrapKeyAuthenticated(s, &gcm, kek, wrapped, 32, NULL,
	                                                            1, NULL, 0, &back));
	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_UnwrapKeyAuthenticated(s, &gcm, kek, wrapped, 32, NULL,
	                                                            0, NULL, 1, &back));
	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_UnwrapKeyAuthenticated(s, &gcm, kek, wrapped, 32, NULL,
	                                                            0, NULL, 0, NULL));
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("wrap_authenticated");
	TCase *tc = tcase_create("wrap_authenticated");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	suite_add_tcase(all, tc);
	tcase_add_test(tc, a_key_comes_back);
	tcase_add_test(tc, it_is_a_message);
	tcase_add_test(tc, each_wrap_has_an_iv_of_its_own);
	tcase_add_test(tc, asking_for_the_size_spends_no_iv);
	tcase_add_test(tc, any_change_is_an_invalid_key);
	tcase_add_test(tc, impossible_lengths_are_refused);
	tcase_add_test(tc, keys_are_checked_as_for_any_wrap);
	tcase_add_test(tc, the_parameter_is_that_of_a_message);
	tcase_add_test(tc, missing_arguments_are_said_to_be_missing);
	return all;
}

int main(void)
{
	return test_run(suite());
}
