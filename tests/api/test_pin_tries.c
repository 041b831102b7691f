/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The tries of a PIN as a client sees them, on a TPM: counted by the TPM's own lockout,
 * or by an index for this PIN alone; flags, and what the officer can do.
 */
#include <stdio.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "core/token.h"
#include "crypto/crypto.h"
#include "lib/fault.h"
#include "lib/file.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/tpm.h"
#include "seal/pin_index.h"

#define LABEL (CK_BYTE *)"another label                   "
#define USER_FLAGS (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED)
#define SO_FLAGS (CKF_SO_PIN_COUNT_LOW | CKF_SO_PIN_FINAL_TRY | CKF_SO_PIN_LOCKED)

static struct test_tpm tpm;
static CK_SESSION_HANDLE s;

static void set_up(void)
{
	test_fault_start(&tpm);
	p11_setup();
	p11_configure_tpm(tpm.tcti);
}

static void tear_down(void)
{
	p11_teardown();
	test_tpm_stop(&tpm);
}

/* With an index that takes so many tries. */
static void configure_tries(unsigned tries)
{
	char lines[256];

	snprintf(lines, sizeof lines, "tcti = %s\npin-tries = %u", tpm.tcti, tries);
	p11_configure(lines);
}

/* A PIN token, and a session in which nobody is logged in. */
static void make(unsigned tries)
{
	configure_tries(tries);
	p11_make_pin_token();
	s = p11_open(CKF_RW_SESSION);
}

/* The same with a store that is anchored to a counter. */
static void make_anchored(unsigned tries)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("anchored"), .sealer = "tpm", .pin_tries = tries,
		.rollback_protection = true,
	};

	configure_tries(0);
	p11_make(0, &plan);
	p11_start();
	s = p11_open(CKF_RW_SESSION);
}

static CK_FLAGS flags_of(CK_FLAGS which)
{
	CK_TOKEN_INFO info;

	p11_ok(p11->C_GetTokenInfo(0, &info));
	return info.flags & which;
}

static void log_in(CK_USER_TYPE user, const char *pin)
{
	p11_login(s, user, pin, CKR_OK);
	p11_ok(p11->C_Logout(s));
}

static void try_wrong(unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		p11_login(s, CKU_USER, "wrong", CKR_PIN_INCORRECT);
}

static CK_RV init_pin(const char *pin)
{
	CK_RV rv;

	p11_login(s, CKU_SO, P11_SO_PIN, CKR_OK);
	rv = p11->C_InitPIN(s, (CK_BYTE *)pin, strlen(pin));
	p11_ok(p11->C_Logout(s));
	return rv;
}

static CK_RV set_pin(const char *old, const char *new)
{
	return p11->C_SetPIN(s, (CK_BYTE *)old, strlen(old), (CK_BYTE *)new, strlen(new));
}

/* The module starts over, as in another process. */
static void start_over(void)
{
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(CKF_RW_SESSION);
}

/* How many indices that look like ours the TPM has. */
static size_t indices(void)
{
	struct sg_config config = { .tcti = tpm.tcti };
	struct sg_sealer *sealer = NULL;
	struct sg_pin_index found[8];
	size_t count;

	ck_assert_int_eq(sg_sealer_open("tpm", &config, &sealer), SG_OK);
	ck_assert_int_eq(sealer->ops->pin_index->list(sealer, found, 8, &count), SG_OK);
	sg_sealer_free(&sealer);
	return count;
}

START_TEST(the_lockout_of_the_tpm_shows_in_the_flags)
{
	make(0);
	ck_assert_uint_eq(flags_of(USER_FLAGS), 0);
	try_wrong(1);
	ck_assert_uint_eq(flags_of(USER_FLAGS), CKF_USER_PIN_COUNT_LOW);
	try_wrong(1);
	ck_assert_uint_eq(flags_of(USER_FLAGS), CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY);
	try_wrong(1);
	ck_assert_uint_eq(flags_of(USER_FLAGS), CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_LOCKED);
	p11_login(s, CKU_USER, P11_PIN, CKR_PIN_LOCKED);
	test_tpm_shell(&tpm, "tpm2_dictionarylockout -c");
	log_in(CKU_USER, P11_PIN);
	ck_assert_uint_eq(flags_of(USER_FLAGS), 0);
}
END_TEST

START_TEST(a_process_that_tried_no_pin_shows_what_the_tpm_counted)
{
	make(0);
	try_wrong(2);
	start_over();
	ck_assert_uint_eq(flags_of(USER_FLAGS), CKF_USER_PIN_FINAL_TRY);
}
END_TEST

START_TEST(without_a_session_the_tpm_is_not_asked)
{
	make(0);
	try_wrong(2);
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	test_tpm_forget(&tpm);
	ck_assert_uint_eq(flags_of(USER_FLAGS), 0);
	ck_assert_uint_eq(tpm.count, 0);
}
END_TEST

START_TEST(who_is_logged_in_is_not_told_again)
{
	make(0);
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	test_tpm_forget(&tpm);
	ck_assert_uint_eq(flags_of(USER_FLAGS), 0);
	ck_assert_uint_eq(tpm.count, 0);
}
END_TEST

START_TEST(an_index_takes_as_many_as_were_asked_for)
{
	make(5);
	ck_assert_uint_eq(flags_of(USER_FLAGS | SO_FLAGS), 0);
	try_wrong(3);
	ck_assert_uint_eq(flags_of(USER_FLAGS), CKF_USER_PIN_COUNT_LOW);
	try_wrong(1);
	ck_assert_uint_eq(flags_of(USER_FLAGS), CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY);
	log_in(CKU_USER, P11_PIN);
	ck_assert_uint_eq(flags_of(USER_FLAGS), 0);
	try_wrong(5);
	ck_assert_uint_eq(flags_of(USER_FLAGS), CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_LOCKED);
	p11_login(s, CKU_USER, P11_PIN, CKR_PIN_LOCKED);
	start_over();
	ck_assert_uint_eq(flags_of(USER_FLAGS), CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_LOCKED);
}
END_TEST

START_TEST(the_officer_helps_who_has_spent_his_tries)
{
	make(2);
	try_wrong(2);
	p11_login(s, CKU_USER, P11_PIN, CKR_PIN_LOCKED);
	p11_ok(init_pin("another one"));
	ck_assert_uint_eq(flags_of(USER_FLAGS), 0);
	ck_assert_uint_eq(indices(), 1);
	log_in(CKU_USER, "another one");
	try_wrong(2);
	p11_login(s, CKU_USER, "another one", CKR_PIN_LOCKED);
}
END_TEST

START_TEST(the_officer_is_under_the_lockout_of_the_tpm)
{
	make(5);
	p11_login(s, CKU_SO, "wrong", CKR_PIN_INCORRECT);
	p11_login(s, CKU_SO, "wrong", CKR_PIN_INCORRECT);
	ck_assert_uint_eq(flags_of(SO_FLAGS), CKF_SO_PIN_COUNT_LOW | CKF_SO_PIN_FINAL_TRY);
	p11_login(s, CKU_SO, "wrong", CKR_PIN_INCORRECT);
	p11_login(s, CKU_SO, P11_SO_PIN, CKR_PIN_LOCKED);
	ck_assert_uint_eq(flags_of(SO_FLAGS), CKF_SO_PIN_COUNT_LOW | CKF_SO_PIN_LOCKED);
	log_in(CKU_USER, P11_PIN);
}
END_TEST

START_TEST(a_changed_pin_has_an_index_of_its_own_and_the_old_one_goes)
{
	make(3);
	ck_assert_uint_eq(indices(), 1);
	try_wrong(2);
	p11_ok(set_pin(P11_PIN, "another one"));
	ck_assert_uint_eq(indices(), 1);
	p11_login(s, CKU_USER, P11_PIN, CKR_PIN_INCORRECT);
	log_in(CKU_USER, "another one");
	start_over();
	log_in(CKU_USER, "another one");
}
END_TEST

START_TEST(the_token_made_new_has_no_index_of_the_old_one)
{
	make(3);
	p11_ok(p11->C_CloseAllSessions(0));
	p11_ok(p11->C_InitToken(0, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), LABEL));
	ck_assert_uint_eq(indices(), 0);
	s = p11_open(CKF_RW_SESSION);
	p11_ok(init_pin(P11_PIN));
	ck_assert_uint_eq(indices(), 1);
	try_wrong(3);
	p11_login(s, CKU_USER, P11_PIN, CKR_PIN_LOCKED);
}
END_TEST

/* The index that counted for the old PIN is gone with it. */
START_TEST(an_old_copy_of_the_store_brings_no_old_pin_back)
{
	struct sg_buf old;

	make(3);
	p11_ok(p11->C_Finalize(NULL));
	old = test_file_read(p11_store);
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	p11_ok(set_pin(P11_PIN, "another one"));
	p11_ok(p11->C_Finalize(NULL));
	test_file_write(p11_store, sg_buf_bytes(&old));
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	p11_login(s, CKU_USER, P11_PIN, CKR_SIGNET_HW_NV_GONE);
	p11_login(s, CKU_USER, "another one", CKR_SIGNET_HW_NV_GONE);
	sg_buf_free(&old);
}
END_TEST

START_TEST(a_store_that_is_anchored_has_such_pins_too)
{
	make_anchored(3);
	try_wrong(2);
	p11_ok(set_pin(P11_PIN, "another one"));
	ck_assert_uint_eq(indices(), 1);
	try_wrong(3);
	p11_login(s, CKU_USER, "another one", CKR_PIN_LOCKED);
	p11_ok(init_pin(P11_PIN));
	ck_assert_uint_eq(indices(), 1);
	start_over();
	log_in(CKU_USER, P11_PIN);
	p11_ok(p11->C_CloseAllSessions(0));
	p11_ok(p11->C_InitToken(0, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), LABEL));
	ck_assert_uint_eq(indices(), 0);
}
END_TEST

/* At each command of a change of the PIN the TPM loses its power. */
START_TEST(a_power_cut_at_any_command_leaves_one_pin_and_the_next_change_cleans_up)
{
	bool done = false;

	make(9);
	for (unsigned n = 1; !done; n++) {
		CK_RV rv;

		test_fault_set(_i == 0 ? TEST_DIE_BEFORE : TEST_DIE_AFTER, TEST_ANY, n, 0);
		rv = set_pin(P11_PIN, "another one");
		done = test_fault_clear() == 0;
		if (!done) {
			test_tpm_power_cut(&tpm);
			start_over();
		}
		ck_assert(!done || rv == CKR_OK);
		if (p11->C_Login(s, CKU_USER, (CK_BYTE *)P11_PIN, strlen(P11_PIN)) == CKR_OK)
			p11_ok(p11->C_Logout(s));
		else
			p11_ok(set_pin("another one", P11_PIN));
		ck_assert_uint_lt(n, 200);
	}
	p11_ok(set_pin(P11_PIN, P11_PIN));
	ck_assert_uint_eq(indices(), 1);
	log_in(CKU_USER, P11_PIN);
}
END_TEST

/* Or an older copy of the store opens with the old PIN. */
START_TEST(an_index_that_could_not_be_removed_is_said_and_goes_with_the_next_login)
{
	make(3);
	test_fault_set(TEST_REFUSE, TPM2_CC_NV_UndefineSpace, 1, TPM2_RC_FAILURE);
	p11_is(CKR_SIGNET_PIN_LEFT, _i == 1 ? init_pin("another one")
	                                    : set_pin(P11_PIN, "another one"));
	ck_assert_uint_eq(test_fault_clear(), 1);
	ck_assert_uint_eq(indices(), 2);
	start_over();
	log_in(CKU_USER, "another one");
	ck_assert_uint_eq(indices(), 1);
}
END_TEST

START_TEST(an_index_whose_removal_was_broken_off_goes_with_the_next_login)
{
	make(3);
	test_fault_set(TEST_DIE_BEFORE, TPM2_CC_NV_UndefineSpace, 1, 0);
	p11_is(CKR_SIGNET_PIN_LEFT, set_pin(P11_PIN, "another one"));
	ck_assert_uint_eq(test_fault_clear(), 1);
	test_tpm_power_cut(&tpm);
	start_over();
	ck_assert_uint_eq(indices(), 2);
	log_in(_i == 0 ? CKU_USER : CKU_SO, _i == 0 ? "another one" : P11_SO_PIN);
	ck_assert_uint_eq(indices(), 1);
}
END_TEST

START_TEST(a_token_made_new_over_an_index_that_stays_says_so)
{
	make(3);
	p11_ok(p11->C_CloseAllSessions(0));
	test_fault_set(TEST_REFUSE, TPM2_CC_NV_UndefineSpace, 1, TPM2_RC_FAILURE);
	p11_is(CKR_SIGNET_PIN_LEFT,
	       p11->C_InitToken(0, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), LABEL));
	ck_assert_uint_eq(test_fault_clear(), 1);
	s = p11_open(CKF_RW_SESSION);
	log_in(CKU_SO, P11_SO_PIN);
	ck_assert_uint_eq(indices(), 0);
}
END_TEST

START_TEST(an_owner_with_a_password_keeps_the_old_pin)
{
	make(3);
	test_tpm_shell(&tpm, "tpm2_changeauth -c o secret");
	ck_assert_uint_ne(set_pin(P11_PIN, "another one"), CKR_OK);
	log_in(CKU_USER, P11_PIN);
	test_tpm_shell(&tpm, "tpm2_changeauth -c o -p secret");
	p11_ok(set_pin(P11_PIN, "another one"));
	ck_assert_uint_eq(indices(), 1);
	log_in(CKU_USER, "another one");
}
END_TEST

START_TEST(a_removed_index_is_an_error_of_its_own)
{
	make(3);
	test_tpm_shell(&tpm, "for i in $(tpm2_getcap handles-nv-index | sed 's/- //'); do "
	               "tpm2_nvundefine -C o $i; done");
	p11_login(s, CKU_USER, P11_PIN, CKR_SIGNET_HW_NV_GONE);
	p11_ok(init_pin(P11_PIN));
	log_in(CKU_USER, P11_PIN);
}
END_TEST

START_TEST(a_sealer_that_cannot_count_makes_no_such_token)
{
	p11_configure_soft("pin-tries = 3");
	p11_start();
	p11_is(CKR_SIGNET_HW_UNSUPPORTED,
	       p11->C_InitToken(0, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), LABEL));
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("tries of PINs");
	TCase *tc = tcase_create("tries");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	suite_add_tcase(suite, tc);
	tcase_add_test(tc, the_lockout_of_the_tpm_shows_in_the_flags);
	tcase_add_test(tc, a_process_that_tried_no_pin_shows_what_the_tpm_counted);
	tcase_add_test(tc, without_a_session_the_tpm_is_not_asked);
	tcase_add_test(tc, who_is_logged_in_is_not_told_again);
	tcase_add_test(tc, an_index_takes_as_many_as_were_asked_for);
	tcase_add_test(tc, the_officer_helps_who_has_spent_his_tries);
	tcase_add_test(tc, the_officer_is_under_the_lockout_of_the_tpm);
	tcase_add_test(tc, a_changed_pin_has_an_index_of_its_own_and_the_old_one_goes);
	tcase_add_test(tc, a_store_that_is_anchored_has_such_pins_too);
	tcase_add_test(tc, an_old_copy_of_the_store_brings_no_old_pin_back);
	tcase_add_test(tc, the_token_made_new_has_no_index_of_the_old_one);
	tcase_add_loop_test(tc, a_power_cut_at_any_command_leaves_one_pin_and_the_next_change_cleans_up,
	                    0, 2);
	tcase_add_loop_test(tc, an_index_that_could_not_be_removed_is_said_and_goes_with_the_next_login,
	                    0, 2);
	tcase_add_loop_test(tc, an_index_whose_removal_was_broken_off_goes_with_the_next_login, 0, 2);
	tcase_add_test(tc, a_token_made_new_over_an_index_that_stays_says_so);
	tcase_add_test(tc, an_owner_with_a_password_keeps_the_old_pin);
	tcase_add_test(tc, a_removed_index_is_an_error_of_its_own);
	tcase_add_test(tc, a_sealer_that_cannot_count_makes_no_such_token);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
