/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks of those whom the module serves: another process of the same user, a program that is
 * logged in, the security officer. Each asks the module for what it may not have.
 */
#include <string.h>

#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/tpm.h"

#define NEW_PIN "another PIN"

static struct test_tpm tpm;
static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE pub, priv;

static void set_up(void)
{
	p11_setup();
	test_tpm_start(&tpm);
	p11_configure_tpm(tpm.tcti);
	s = p11_user();
	p11_make_pair(s, "key", &pub, &priv);
}

static void tear_down(void)
{
	p11_teardown();
	test_tpm_stop(&tpm);
}

static void ask_without_pin(void *arg)
{
	CK_SESSION_HANDLE session;

	(void)arg;
	p11_start();
	session = p11_open(CKF_RW_SESSION);
	ck_assert_uint_eq(p11_count(session), 1);       /* the public key */
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_SignInit(session, &p11_eddsa, priv));
	p11_login(session, CKU_USER, "wrong", CKR_PIN_INCORRECT);
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_SignInit(session, &p11_eddsa, priv));
}

/* That the user is logged in here opens nothing there. */
START_TEST(another_process_of_the_user_gets_no_private_key)
{
	uint8_t signature[64];

	p11_in_child(ask_without_pin, NULL);
	p11_ok(p11_sign(s, priv, "x", signature));
}
END_TEST

static void require_closed(CK_OBJECT_HANDLE key, CK_OBJECT_HANDLE wrapping)
{
	struct p11_template weaker = { .n = 0 }, open = { .n = 0 };
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_BYTE out[256];
	CK_ULONG len = sizeof out;
	CK_OBJECT_HANDLE copy;

	p11_is(CKR_ATTRIBUTE_SENSITIVE, p11_get(s, key, CKA_VALUE, out, &len));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, key, CKA_EXTRACTABLE, &yes, 1));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11_set(s, key, CKA_SENSITIVE, &no, 1));
	p11_bool(&weaker, CKA_EXTRACTABLE, true);
	ck_assert_uint_ne(p11->C_CopyObject(s, key, weaker.attr, weaker.n, &copy), CKR_OK);
	p11_bool(&open, CKA_SENSITIVE, false);
	ck_assert_uint_ne(p11->C_CopyObject(s, key, open.attr, open.n, &copy), CKR_OK);
	len = sizeof out;
	p11_is(CKR_KEY_UNEXTRACTABLE, p11->C_WrapKey(s, &p11_kwp, wrapping, key, out, &len));
}

START_TEST(who_is_logged_in_gets_no_key_out)
{
	CK_OBJECT_HANDLE wrapping = p11_import_aes(s, sg_bytes("0123456789abcdef", 16));

	require_closed(priv, wrapping);
	require_closed(p11_make_aes(s, "secret"), wrapping);
}
END_TEST

START_TEST(the_officer_sees_signs_and_makes_nothing_private)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key;

	p11_ok(p11->C_Logout(s));
	p11_login(s, CKU_SO, P11_SO_PIN, CKR_OK);
	ck_assert_uint_eq(p11_count(s), 1);
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_SignInit(s, &p11_eddsa, priv));
	p11_ulong(&t, CKA_VALUE_LEN, 16);
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
}
END_TEST

/* He can, by what he is for: the user learns of it, whose PIN is another one then. */
START_TEST(an_officer_who_sets_a_pin_of_his_own_is_found_out)
{
	uint8_t signature[64];

	p11_ok(p11->C_Logout(s));
	p11_login(s, CKU_SO, P11_SO_PIN, CKR_OK);
	p11_ok(p11->C_InitPIN(s, (CK_BYTE *)NEW_PIN, strlen(NEW_PIN)));
	p11_ok(p11->C_Logout(s));
	p11_login(s, CKU_USER, NEW_PIN, CKR_OK);
	p11_ok(p11_sign(s, p11_find_label(s, CKO_PRIVATE_KEY, "key"), "x", signature));
	p11_ok(p11->C_Logout(s));
	p11_login(s, CKU_USER, P11_PIN, CKR_PIN_INCORRECT);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("insider");
	TCase *tcase = tcase_create("insider");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	if (test_child_can_have_threads())
		tcase_add_test(tcase, another_process_of_the_user_gets_no_private_key);
	tcase_add_test(tcase, who_is_logged_in_gets_no_key_out);
	tcase_add_test(tcase, the_officer_sees_signs_and_makes_nothing_private);
	tcase_add_test(tcase, an_officer_who_sets_a_pin_of_his_own_is_found_out);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
