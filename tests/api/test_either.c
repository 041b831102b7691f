/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A token that two sealers seal, "tpm+soft": either opens it, and a TPM whose power is taken
 * away takes nothing with it. To change how it is sealed both are needed.
 */
#include <string.h>
#include <unistd.h>

#include "lib/either.h"
#include "lib/runner.h"

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE pub, priv;
static uint8_t signature[64];

static void signs(void)
{
	pub = p11_find_label(s, CKO_PUBLIC_KEY, "pair");
	priv = p11_find_label(s, CKO_PRIVATE_KEY, "pair");
	p11_ok(p11_sign(s, priv, "text", signature));
	p11_ok(p11_verify(s, pub, "text", signature));
}

static void works_again(void)
{
	s = either_again();
	signs();
}

static void make_machine(void)
{
	s = p11_machine();
	p11_make_pair(s, "pair", &pub, &priv);
}

START_TEST(it_opens_and_signs_when_the_tpm_is_gone)
{
	make_machine();
	test_tpm_kill(&either_tpm);
	works_again();
	p11_make_pair(s, "another", &pub, &priv);
	works_again();
}
END_TEST

START_TEST(it_opens_by_the_tpm_when_the_other_is_gone)
{
	make_machine();
	either_lose_soft();
	works_again();
}
END_TEST

START_TEST(it_opens_by_the_tpm_when_the_configuration_forbids_the_other)
{
	make_machine();
	p11_configure_tpm(either_tpm.tcti);
	works_again();
}
END_TEST

START_TEST(the_order_of_the_list_is_that_of_the_tries)
{
	either_configure("soft+tpm");
	make_machine();
	test_tpm_forget(&either_tpm);
	works_again();
	ck_assert_uint_eq(either_tpm.count, 0);
	either_lose_soft();
	works_again();
	ck_assert_uint_ne(either_tpm.count, 0);
}
END_TEST

START_TEST(without_both_it_stays_closed_and_says_what_can_be_mended)
{
	make_machine();
	test_tpm_kill(&either_tpm);
	either_lose_soft();
	p11_ok(p11->C_Finalize(NULL));
	p11_is(CKR_TOKEN_NOT_PRESENT, p11_look(&s));
}
END_TEST

START_TEST(it_is_not_made_while_one_is_away)
{
	test_tpm_kill(&either_tpm);
	p11_start();
	p11_is(CKR_TOKEN_NOT_PRESENT,
	       p11->C_InitToken(0, (CK_UTF8CHAR *)P11_SO_PIN, strlen(P11_SO_PIN),
	                        (CK_UTF8CHAR *)"either                          "));
	ck_assert_int_ne(access(p11_store, F_OK), 0);
}
END_TEST

START_TEST(a_pin_opens_it_when_the_tpm_is_gone)
{
	s = either_pin_token();
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	p11_make_pair(s, "pair", &pub, &priv);
	test_tpm_kill(&either_tpm);
	s = either_log_in(P11_PIN, CKR_OK);
	signs();
}
END_TEST

START_TEST(a_changed_pin_holds_with_either)
{
	s = either_pin_token();
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	p11_ok(either_set_pin(s, P11_PIN, "another horse"));
	s = either_log_in("another horse", CKR_OK);
	test_tpm_kill(&either_tpm);
	s = either_log_in("another horse", CKR_OK);
}
END_TEST

START_TEST(a_key_that_the_hardware_seals_alone_opens_by_either)
{
	struct p11_template t = { .n = 0 };

	s = p11_machine();
	p11_text(&t, CKA_LABEL, "pair");
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SIGN, true);
	p11_bool(&t, CKA_SIGNET_SEALED, true);
	p11_bytes(&t, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	p11_ok(p11->C_GenerateKeyPair(s, &p11_pair_gen, &t.attr[4], 1, t.attr, 4, &pub, &priv));
	test_tpm_kill(&either_tpm);
	s = either_again();
	priv = p11_find_label(s, CKO_PRIVATE_KEY, "pair");
	p11_ok(p11_sign(s, priv, "text", signature));
}
END_TEST

START_TEST(a_policy_of_a_key_is_no_policy_where_one_sealer_has_none)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key;

	s = p11_machine();
	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SIGNET_SEALED, true);
	p11_text(&t, CKA_SIGNET_POLICY, "pcr=sha256:16");
	p11_is(CKR_SIGNET_HW_UNSUPPORTED, p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
	ck_assert_uint_eq(p11_count(s), 0);
}
END_TEST

START_TEST(the_pin_of_a_key_holds_with_either)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key;

	s = p11_machine();
	p11_text(&t, CKA_LABEL, "pair");
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SIGNET_SEALED, true);
	p11_text(&t, CKA_SIGNET_PIN, "seven dwarfs");
	p11_bytes(&t, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	p11_ok(p11->C_GenerateKeyPair(s, &p11_pair_gen, &t.attr[4], 1, t.attr, 4, &pub, &key));
	test_tpm_kill(&either_tpm);
	s = either_again();
	key = p11_find_label(s, CKO_PRIVATE_KEY, "pair");
	p11_is(CKR_USER_NOT_LOGGED_IN, p11_sign(s, key, "text", signature));
	p11_ok(p11->C_SignInit(s, &p11_eddsa, key));
	p11_login(s, CKU_CONTEXT_SPECIFIC, "seven dwarf", CKR_PIN_INCORRECT);
	p11_login(s, CKU_CONTEXT_SPECIFIC, "seven dwarfs", CKR_OK);
}
END_TEST

START_TEST(it_keeps_no_keys_in_the_hardware)
{
	CK_MECHANISM_INFO info;

	make_machine();
	p11_ok(p11->C_GetMechanismInfo(0, CKM_ECDSA, &info));
	ck_assert_uint_eq(info.flags & CKF_HW, 0);
}
END_TEST

START_TEST(it_shows_what_it_is)
{
	CK_TOKEN_INFO info;

	make_machine();
	p11_ok(p11->C_GetTokenInfo(0, &info));
	ck_assert_mem_eq(info.model, "list (insecure) ", 16);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("either opens it");
	TCase *tc = tcase_create("tpm+soft"), *counted = tcase_create("commands");

	tcase_add_checked_fixture(tc, either_set_up, either_tear_down);
	tcase_add_test(tc, it_opens_and_signs_when_the_tpm_is_gone);
	tcase_add_test(tc, it_opens_by_the_tpm_when_the_other_is_gone);
	tcase_add_test(tc, it_opens_by_the_tpm_when_the_configuration_forbids_the_other);
	tcase_add_test(tc, without_both_it_stays_closed_and_says_what_can_be_mended);
	tcase_add_test(tc, it_is_not_made_while_one_is_away);
	tcase_add_test(tc, a_pin_opens_it_when_the_tpm_is_gone);
	tcase_add_test(tc, a_changed_pin_holds_with_either);
	tcase_add_test(tc, a_key_that_the_hardware_seals_alone_opens_by_either);
	tcase_add_test(tc, a_policy_of_a_key_is_no_policy_where_one_sealer_has_none);
	tcase_add_test(tc, the_pin_of_a_key_holds_with_either);
	tcase_add_test(tc, it_keeps_no_keys_in_the_hardware);
	tcase_add_test(tc, it_shows_what_it_is);
	suite_add_tcase(all, tc);
	tcase_add_checked_fixture(counted, either_set_up_wired, either_tear_down);
	tcase_add_test(counted, the_order_of_the_list_is_that_of_the_tries);
	suite_add_tcase(all, counted);
	return all;
}

int main(void)
{
	return test_run(suite());
}
