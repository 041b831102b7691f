/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Verification with the signature first: C_VerifySignatureInit and what follows.
 */
#include <string.h>

#include "lib/p11.h"
#include "lib/runner.h"

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE pub, priv;
static CK_BYTE text[] = "hello", signature[64];

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
	p11_make_pair(s, NULL, &pub, &priv);
	p11_ok(p11_sign(s, priv, (char *)text, signature));
}

static CK_RV begin(void)
{
	return p11_3_2->C_VerifySignatureInit(s, &p11_eddsa, pub, signature, sizeof signature);
}

START_TEST(a_right_signature_is_valid)
{
	p11_ok(begin());
	p11_ok(p11_3_2->C_VerifySignature(s, text, 5));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11_3_2->C_VerifySignature(s, text, 5));
}
END_TEST

START_TEST(a_right_signature_is_valid_in_parts)
{
	p11_ok(begin());
	p11_ok(p11_3_2->C_VerifySignatureUpdate(s, text, 2));
	p11_ok(p11_3_2->C_VerifySignatureUpdate(s, text + 2, 3));
	p11_ok(p11_3_2->C_VerifySignatureFinal(s));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11_3_2->C_VerifySignatureFinal(s));
}
END_TEST

START_TEST(a_wrong_signature_or_text_is_not)
{
	p11_ok(begin());
	p11_is(CKR_SIGNATURE_INVALID, p11_3_2->C_VerifySignature(s, text, 4));
	p11_ok(begin());
	p11_ok(p11_3_2->C_VerifySignatureUpdate(s, text, 4));
	p11_is(CKR_SIGNATURE_INVALID, p11_3_2->C_VerifySignatureFinal(s));
	signature[9] ^= 1;
	p11_ok(begin());
	p11_is(CKR_SIGNATURE_INVALID, p11_3_2->C_VerifySignature(s, text, 5));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11_3_2->C_VerifySignature(s, text, 5));
}
END_TEST

START_TEST(the_signature_is_copied_when_it_begins)
{
	p11_ok(begin());
	memset(signature, 0, sizeof signature);
	p11_ok(p11_3_2->C_VerifySignature(s, text, 5));
}
END_TEST

START_TEST(a_signature_of_another_length_is_said_to_be)
{
	p11_ok(p11_3_2->C_VerifySignatureInit(s, &p11_eddsa, pub, signature, 63));
	p11_is(CKR_SIGNATURE_LEN_RANGE, p11_3_2->C_VerifySignature(s, text, 5));
	p11_ok(p11_3_2->C_VerifySignatureInit(s, &p11_eddsa, pub, NULL, 0));
	p11_is(CKR_SIGNATURE_LEN_RANGE, p11_3_2->C_VerifySignature(s, text, 5));
}
END_TEST

START_TEST(it_begins_like_a_verification)
{
	CK_MECHANISM unknown = { CKM_RSA_PKCS, NULL, 0 };

	p11_is(CKR_ARGUMENTS_BAD,
	       p11_3_2->C_VerifySignatureInit(s, &unknown, pub, NULL, sizeof signature));
	p11_is(CKR_MECHANISM_INVALID,
	       p11_3_2->C_VerifySignatureInit(s, &unknown, pub, signature, sizeof signature));
	p11_is(CKR_KEY_HANDLE_INVALID,
	       p11_3_2->C_VerifySignatureInit(s, &p11_eddsa, ~pub, signature, sizeof signature));
	p11_is(CKR_KEY_TYPE_INCONSISTENT,
	       p11_3_2->C_VerifySignatureInit(s, &p11_eddsa, priv, signature, sizeof signature));
	p11_ok(p11_set(s, pub, CKA_VERIFY, &(CK_BBOOL){ CK_FALSE }, 1));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, begin());
}
END_TEST

START_TEST(errors_end_it)
{
	p11_ok(begin());
	p11_is(CKR_ARGUMENTS_BAD, p11_3_2->C_VerifySignature(s, NULL, 5));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11_3_2->C_VerifySignature(s, text, 5));
	p11_ok(begin());
	p11_ok(p11_3_2->C_VerifySignatureUpdate(s, text, 2));
	p11_is(CKR_OPERATION_ACTIVE, p11_3_2->C_VerifySignature(s, text, 5));
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11_3_2->C_VerifySignatureFinal(s));
}
END_TEST

START_TEST(it_is_apart_from_a_verification_with_the_signature_last)
{
	p11_ok(begin());
	p11_is(CKR_OPERATION_NOT_INITIALIZED, p11->C_Verify(s, text, 5, signature, 64));
	p11_ok(p11->C_VerifyInit(s, &p11_eddsa, pub));
	p11_ok(p11_3_2->C_VerifySignature(s, text, 5));
	p11_ok(p11->C_Verify(s, text, 5, signature, 64));
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("verify_signature");
	TCase *tc = tcase_create("verify_signature");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	suite_add_tcase(all, tc);
	tcase_add_test(tc, a_right_signature_is_valid);
	tcase_add_test(tc, a_right_signature_is_valid_in_parts);
	tcase_add_test(tc, a_wrong_signature_or_text_is_not);
	tcase_add_test(tc, the_signature_is_copied_when_it_begins);
	tcase_add_test(tc, a_signature_of_another_length_is_said_to_be);
	tcase_add_test(tc, it_begins_like_a_verification);
	tcase_add_test(tc, errors_end_it);
	tcase_add_test(tc, it_is_apart_from_a_verification_with_the_signature_last);
	return all;
}

int main(void)
{
	return test_run(suite());
}
