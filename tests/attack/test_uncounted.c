/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks. Somebody cuts the TPM off between the commit of a change and its counter, so that
 * the copy from before is as good as the newest store. The caller is told that his change
 * stands and that it does not count yet; and whoever comes next makes up for it.
 */
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "core/token.h"
#include "lib/fault.h"
#include "lib/file.h"
#include "lib/p11.h"
#include "lib/runner.h"

#define OTHER_PIN "staple battery"
#define BYTES(text) (CK_BYTE *)(text), strlen(text)

static struct test_tpm tpm;
static CK_SESSION_HANDLE s;

static void setup(void)
{
	p11_setup();
	test_fault_start(&tpm);
	p11_configure_tpm(tpm.tcti);
}

static void teardown(void)
{
	(void)p11->C_Finalize(NULL);
	test_tpm_stop(&tpm);
	p11_teardown();
}

static void make_token(bool machine)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("token"), .sealer = "tpm", .machine = machine,
		.rollback_protection = true,
	};

	p11_make(0, &plan);
	p11_ok(p11_look(&s));
}

static CK_RV make_key(void)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_text(&t, CKA_LABEL, "key");
	return p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key);
}

/* The second time that a change moves the counter: it is committed then. */
static void cut_off(void)
{
	test_fault_set(TEST_DIE_BEFORE, TPM2_CC_NV_Increment, 2, 0);
}

static void bring_back(void)
{
	ck_assert_uint_eq(test_fault_clear(), 1);
	test_tpm_power_cut(&tpm);
	test_tpm_forget(&tpm);
}

static void require_counted(unsigned times)
{
	ck_assert_uint_eq(test_tpm_sent(&tpm, TPM2_CC_NV_Increment), times);
	test_tpm_forget(&tpm);
}

START_TEST(a_key_that_is_made_is_there_and_the_next_search_counts_it)
{
	make_token(true);
	cut_off();
	p11_is(CKR_SIGNET_UNCOUNTED, make_key());
	bring_back();
	ck_assert_uint_eq(p11_count_keys(s, NULL), 1);
	require_counted(1);
	ck_assert_uint_eq(p11_count_keys(s, NULL), 1);
	require_counted(0);
}
END_TEST

START_TEST(both_halves_that_are_made_are_given)
{
	struct p11_template pub = { .n = 0 }, t = { .n = 0 };
	CK_OBJECT_HANDLE public_key = 0, private_key = 0;

	make_token(true);
	cut_off();
	p11_bytes(&pub, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	p11_bool(&pub, CKA_TOKEN, true);
	p11_bool(&t, CKA_TOKEN, true);
	p11_is(CKR_SIGNET_UNCOUNTED,
	       p11->C_GenerateKeyPair(s, &p11_pair_gen, pub.attr, pub.n, t.attr, t.n, &public_key,
	                              &private_key));
	bring_back();
	ck_assert_uint_ne(public_key, private_key);
	p11_ok(p11->C_DestroyObject(s, public_key));
	p11_ok(p11->C_DestroyObject(s, private_key));
}
END_TEST

START_TEST(a_key_that_is_destroyed_is_gone)
{
	CK_OBJECT_HANDLE key;

	make_token(true);
	p11_ok(make_key());
	key = p11_find_label(s, CKO_SECRET_KEY, "key");
	cut_off();
	p11_is(CKR_SIGNET_UNCOUNTED, p11->C_DestroyObject(s, key));
	/* Without asking the TPM, which is not there. */
	p11_is(CKR_OBJECT_HANDLE_INVALID, p11->C_DestroyObject(s, key));
	bring_back();
	ck_assert_uint_eq(p11_count_keys(s, NULL), 0);
	require_counted(1);
}
END_TEST

START_TEST(a_key_that_is_changed_is_the_new_one)
{
	CK_OBJECT_HANDLE key;
	char label[8];
	CK_ULONG len = sizeof label;

	make_token(true);
	p11_ok(make_key());
	key = p11_find_label(s, CKO_SECRET_KEY, "key");
	cut_off();
	p11_is(CKR_SIGNET_UNCOUNTED, p11_set(s, key, CKA_LABEL, "new", 3));
	p11_ok(p11_get(s, key, CKA_LABEL, label, &len));
	ck_assert_uint_eq(len, 3);
	ck_assert_mem_eq(label, "new", 3);
	bring_back();
	(void)p11_find_label(s, CKO_SECRET_KEY, "new");
	require_counted(1);
}
END_TEST

START_TEST(a_pin_that_is_changed_is_the_new_one)
{
	make_token(false);
	cut_off();
	p11_is(CKR_SIGNET_UNCOUNTED, p11->C_SetPIN(s, BYTES(P11_PIN), BYTES(OTHER_PIN)));
	bring_back();
	p11_login(s, CKU_USER, P11_PIN, CKR_PIN_INCORRECT);
	p11_login(s, CKU_USER, OTHER_PIN, CKR_OK);
	require_counted(1);
}
END_TEST

START_TEST(after_a_pin_the_next_search_counts_too)
{
	make_token(false);
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	ck_assert_uint_eq(p11_count_keys(s, NULL), 0);
	cut_off();
	p11_is(CKR_SIGNET_UNCOUNTED, p11->C_SetPIN(s, BYTES(P11_PIN), BYTES(OTHER_PIN)));
	bring_back();
	ck_assert_uint_eq(p11_count_keys(s, NULL), 0);
	require_counted(1);
}
END_TEST

/* Or it would take the copy from before for the newest after it has seen the change. */
static void make_key_and_die(void *arg)
{
	(void)arg;
	test_tpm_abandon(&tpm);
	p11_ok(p11_look(&s));
	p11_is(CKR_SIGNET_UNCOUNTED, make_key());
}

START_TEST(another_process_that_sees_the_change_counts_it)
{
	make_token(true);
	ck_assert_uint_eq(p11_count_keys(s, NULL), 0);
	cut_off();
	p11_in_child(make_key_and_die, NULL);
	bring_back();
	ck_assert_uint_eq(p11_count_keys(s, NULL), 1);
	require_counted(1);
}
END_TEST

/* Before the commit of the change itself: it is an error like others, and nothing was changed. */
START_TEST(what_fails_before_the_commit_has_not_happened)
{
	make_token(true);
	test_fault_set(TEST_DIE_BEFORE, TPM2_CC_NV_Increment, 1, 0);
	p11_is(CKR_DEVICE_REMOVED, make_key());
	bring_back();
	ck_assert_uint_eq(p11_count_keys(s, NULL), 0);
}
END_TEST

static const enum test_fault passing[] = { TEST_DROP, TEST_LOSE, TEST_CUT };

START_TEST(a_connection_that_breaks_once_is_no_reason)
{
	make_token(true);
	test_fault_set(passing[_i], TPM2_CC_NV_Increment, 2, 0);
	p11_ok(make_key());
	ck_assert_uint_eq(test_fault_clear(), 1);
	p11_ok(p11_look(&s));
	ck_assert_uint_eq(p11_count_keys(s, NULL), 1);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("uncounted");
	TCase *tc = tcase_create("uncounted");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_key_that_is_made_is_there_and_the_next_search_counts_it);
	tcase_add_test(tc, both_halves_that_are_made_are_given);
	tcase_add_test(tc, a_key_that_is_destroyed_is_gone);
	tcase_add_test(tc, a_key_that_is_changed_is_the_new_one);
	tcase_add_test(tc, a_pin_that_is_changed_is_the_new_one);
	tcase_add_test(tc, after_a_pin_the_next_search_counts_too);
	tcase_add_test(tc, another_process_that_sees_the_change_counts_it);
	tcase_add_test(tc, what_fails_before_the_commit_has_not_happened);
	tcase_add_loop_test(tc, a_connection_that_breaks_once_is_no_reason, 0, 3);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
