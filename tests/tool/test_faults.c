/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The command on a TPM with a fault: it says the cause in one sentence of its own, and
 * what to do next.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "core/token.h"
#include "lib/command.h"
#include "lib/fault.h"
#include "lib/file.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "tools/exit.h"
#include "util/err.h"

static struct test_tpm tpm;

static void set_up(void)
{
	test_fault_start(&tpm);
	p11_setup();
	p11_configure_tpm(tpm.tcti);
	p11_make_machine();
}

static void tear_down(void)
{
	p11_teardown();
	test_tpm_stop(&tpm);
}

/* The same with a token whose changes are counted. */
static void set_up_counted(void)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("token"), .sealer = "tpm", .machine = true,
		.rollback_protection = true,
	};

	test_fault_start(&tpm);
	p11_setup();
	p11_configure_tpm(tpm.tcti);
	p11_make(0, &plan);
}

/* List the keys, which opens the token. */
static int list(void)
{
	return test_command("list");
}

static const struct {
	enum test_fault fault;
	uint32_t command, value;
	enum sg_err err;
} faults[] = {
	{ TEST_REFUSE, TPM2_CC_Load, TPM2_RC_RETRY, SG_ERR_HW_RETRY },
	{ TEST_REFUSE, TPM2_CC_Load, TPM2_RC_YIELDED, SG_ERR_HW_YIELDED },
	{ TEST_REFUSE, TPM2_CC_Unseal, TPM2_RC_TESTING, SG_ERR_HW_TESTING },
	{ TEST_REFUSE, TPM2_CC_Unseal, TPM2_RC_NV_RATE, SG_ERR_HW_NV_RATE },
	{ TEST_REFUSE, TPM2_CC_Unseal, TPM2_RC_LOCKOUT, SG_ERR_LOCKED },
	{ TEST_REFUSE, TPM2_CC_Unseal, TPM2_RC_PCR_CHANGED, SG_ERR_PCR_CHANGED },
	{ TEST_REFUSE, TPM2_CC_Load, 0x1df, SG_ERR_SEALED_DAMAGED },
	{ TEST_REFUSE, TPM2_CC_Load, TPM2_RC_OBJECT_MEMORY, SG_ERR_HW_MEMORY },
	{ TEST_REFUSE, TPM2_CC_StartAuthSession, TPM2_RC_SESSION_MEMORY, SG_ERR_HW_MEMORY },
	{ TEST_REFUSE, TEST_ANY, TPM2_RC_FAILURE, SG_ERR_HW_FAILURE },
	{ TEST_REFUSE, TEST_ANY, TPM2_RC_INITIALIZE, SG_ERR_HW_NOT_STARTED },
	{ TEST_REFUSE, TEST_ANY, TPM2_RC_REBOOT, SG_ERR_HW_REBOOT },
	{ TEST_REFUSE, TPM2_CC_Load, TPM2_RC_COMMAND_CODE, SG_ERR_HW_UNSUPPORTED },
	{ TEST_LOSE, TPM2_CC_Unseal, 0, SG_ERR_HW_REMOVED },
	{ TEST_CUT, TPM2_CC_Load, 0, SG_ERR_HW_REMOVED },
	{ TEST_DIE_BEFORE, TPM2_CC_Load, 0, SG_ERR_HW_REMOVED },
	{ TEST_DELAY, TPM2_CC_Unseal, 30000, SG_ERR_HW_TIMEOUT },
};

START_TEST(a_fault_is_told_in_a_sentence_with_the_next_step)
{
	const enum sg_err err = faults[_i].err;

	test_fault_set(faults[_i].fault, faults[_i].command, TEST_ALWAYS, faults[_i].value);
	ck_assert_int_eq(list(), tool_exit_err(err));
	test_require_said(sg_err_sentence(err));
	test_require_said(sg_err_advice(err));
	ck_assert_uint_ge(test_fault_clear(), 1);
	test_tpm_power_cut(&tpm);
	ck_assert_int_eq(list(), TOOL_OK);
}
END_TEST

/* The n-th time that the counter is to be moved, the TPM refuses once; each change moves it twice. */
static void refuse_counting(unsigned nth)
{
	test_fault_set(TEST_REFUSE, TPM2_CC_NV_Increment, nth, TPM2_RC_FAILURE);
}

static void require_told(const char *what)
{
	ck_assert_uint_eq(test_fault_clear(), 1);
	test_require_said(sg_err_sentence(SG_ERR_UNCOUNTED));
	test_require_unsaid("can't");
	test_require_said(what);
}

static void require_halves(bool private_key, bool public_key)
{
	ck_assert_int_eq(list(), TOOL_OK);
	ck_assert_msg((strstr(test_said, "private key") != NULL) == private_key, "%s", test_said);
	ck_assert_msg((strstr(test_said, "public key") != NULL) == public_key, "%s", test_said);
}

START_TEST(a_key_that_is_made_uncounted_is_said_to_be_made)
{
	refuse_counting(2);
	ck_assert_int_eq(test_command("keygen --label k"), TOOL_UNTOLD);
	require_told("Made the Ed25519 key pair \"k\" (id ");
	require_halves(true, true);
}
END_TEST

/* With the key of RFC 8410 §10.3. */
#define IMPORT "import --label k << END\n" \
	"-----BEGIN PRIVATE KEY-----\n" \
	"MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n" \
	"-----END PRIVATE KEY-----\nEND\n"

START_TEST(a_key_of_which_a_half_is_uncounted_is_imported_whole)
{
	refuse_counting(2);
	ck_assert_int_eq(test_command(IMPORT), TOOL_OK);
	ck_assert_uint_eq(test_fault_clear(), 1);
	require_halves(true, true);
}
END_TEST

START_TEST(a_key_of_which_the_last_half_is_uncounted_is_not_taken_back)
{
	refuse_counting(4);
	ck_assert_int_eq(test_command(IMPORT), TOOL_UNTOLD);
	require_told("Imported the Ed25519 key pair \"k\" (id ");
	require_halves(true, true);
}
END_TEST

START_TEST(both_halves_are_deleted_where_one_is_uncounted)
{
	ck_assert_int_eq(test_command("keygen --label k"), TOOL_OK);
	refuse_counting(2);
	ck_assert_int_eq(test_command("delete --label k --yes"), TOOL_OK);
	ck_assert_uint_eq(test_fault_clear(), 1);
	require_halves(false, false);
	ck_assert_int_eq(test_command("keygen --label k"), TOOL_OK);
	refuse_counting(4);
	ck_assert_int_eq(test_command("delete --label k --yes"), TOOL_UNTOLD);
	require_told("done");
	require_halves(false, false);
}
END_TEST

START_TEST(of_two_halves_that_do_not_both_go_it_is_said_that_one_is_gone)
{
	ck_assert_int_eq(test_command("keygen --label k"), TOOL_OK);
	test_fault_set(TEST_DIE_BEFORE, TPM2_CC_NV_Increment, 2, 0);
	ck_assert_int_eq(test_command("delete --label k --yes"), TOOL_HARDWARE);
	ck_assert_uint_eq(test_fault_clear(), 1);
	test_require_said("1 of 2 objects of that name are gone");
	test_tpm_power_cut(&tpm);
	ck_assert_int_eq(list(), TOOL_OK);
	ck_assert_msg((strstr(test_said, "private key") == NULL) !=
	              (strstr(test_said, "public key") == NULL), "%s", test_said);
}
END_TEST

START_TEST(an_index_that_counts_for_an_old_pin_is_named_until_it_goes)
{
	const char *const pins[] = { "oldpin", "newpin" };
	char line[512], *path;

	for (int i = 0; i < 2; i++) {
		path = scratch_path(p11_folder, pins[i]);
		test_file_write(path, sg_bytes_str(pins[i]));
		free(path);
	}
	snprintf(line, sizeof line, "init --label pin --pin-file %s/oldpin --pin-tries 3", p11_folder);
	ck_assert_int_eq(test_command(line), TOOL_OK);
	test_fault_set(TEST_REFUSE, TPM2_CC_NV_UndefineSpace, 1, TPM2_RC_FAILURE);
	snprintf(line, sizeof line, "pin set --token pin --pin-file %s/oldpin --new-pin-file %s/newpin",
	         p11_folder, p11_folder);
	ck_assert_int_eq(test_command(line), TOOL_UNTOLD);
	ck_assert_uint_eq(test_fault_clear(), 1);
	test_require_said(sg_err_sentence(SG_ERR_PIN_LEFT));
	test_require_unsaid("can't");
	(void)test_command("doctor");
	test_require_said("that was changed");
	snprintf(line, sizeof line, "list --token pin --pin-file %s/newpin", p11_folder);
	ck_assert_int_eq(test_command(line), TOOL_OK);
	(void)test_command("doctor");
	test_require_unsaid("that was changed");
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("tool faults");
	TCase *tc = tcase_create("faults");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, a_fault_is_told_in_a_sentence_with_the_next_step, 0,
	                    sizeof faults / sizeof faults[0]);
	suite_add_tcase(suite, tc);
	tc = tcase_create("uncounted");
	tcase_add_checked_fixture(tc, set_up_counted, tear_down);
	tcase_add_test(tc, a_key_that_is_made_uncounted_is_said_to_be_made);
	tcase_add_test(tc, a_key_of_which_a_half_is_uncounted_is_imported_whole);
	tcase_add_test(tc, a_key_of_which_the_last_half_is_uncounted_is_not_taken_back);
	tcase_add_test(tc, both_halves_are_deleted_where_one_is_uncounted);
	tcase_add_test(tc, of_two_halves_that_do_not_both_go_it_is_said_that_one_is_gone);
	tcase_add_test(tc, an_index_that_counts_for_an_old_pin_is_named_until_it_goes);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
