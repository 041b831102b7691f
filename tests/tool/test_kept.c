/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Keys that live in an HSM and their tokens, by the command: whatever becomes of a token, its
 * keys are found, and those of others stay.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/token.h"
#include "lib/command.h"
#include "lib/faulty.h"
#include "lib/file.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "lib/softhsm.h"
#include "tools/exit.h"

#define SEALS 1                 /* objects that seal the tokens */
#define PAIR 2

static struct test_softhsm softhsm;
static struct test_faulty hsm;

static void make_token(CK_SLOT_ID slot, const char *label)
{
	const struct sg_token_plan plan = { .label = sg_bytes_str(label), .machine = true };

	p11_make(slot, &plan);
}

static void configure(const char *more)
{
	char lines[2048];

	snprintf(lines, sizeof lines, "sealer = hsm\nhsm = %s\n%s", hsm.uri, more);
	p11_configure(lines);
}

static void set_up(void)
{
	/* SoftHSM 2.6.1 forgets the name of an Ed25519 key's curve, also in the command. */
	ck_assert_int_eq(setenv("LSAN_OPTIONS", "detect_leaks=0", 1), 0);
	ck_assert_int_eq(setenv("ASAN_OPTIONS", "detect_leaks=0", 1), 0);
	test_softhsm_start(&softhsm);
	test_faulty_start(&hsm, softhsm.module, softhsm.pin_file);
	p11_setup();
	configure("");
	make_token(0, "one");
	make_token(1, "two");
}

static void tear_down(void)
{
	p11_teardown();
	test_faulty_stop(&hsm);
	test_softhsm_stop(&softhsm);
}

static void require_objects(CK_ULONG n)
{
	ck_assert_uint_eq(test_hsm_count(softhsm.module, TEST_HSM_LABEL), n);
}

static void make_key(const char *token)
{
	char line[128];

	snprintf(line, sizeof line, "keygen --token %s --label key --in-hsm", token);
	ck_assert_int_eq(test_command(line), TOOL_OK);
}

START_TEST(keys_that_their_tokens_know_are_in_order)
{
	make_key("one");
	make_key("two");
	(void)test_command("doctor");
	test_require_said("that a token here has a record of: 2");
	test_require_unsaid("no record of it");
}
END_TEST

static const struct {
	const char *line, *function, *types;
} makers[] = {
	{ "keygen --token one --label lost --in-hsm", "C_GenerateKeyPair",
	  "--type privkey, and again with --type pubkey removes it" },
	{ "keygen --token one --label lost --in-hsm --type p256", "C_GenerateKeyPair", "--type privkey" },
	{ "root create --token one --label lost --in-hsm --no-recovery", "C_GenerateKey",
	  "--type secrkey removes it" },
};

START_TEST(a_key_that_a_killed_command_left_is_named_and_goes_with_the_token)
{
	make_key("one");
	test_faulty_at(&hsm, makers[_i].function, 1, FAULTY_KILLED_AFTER);
	ck_assert_int_eq(test_command(makers[_i].line), 128 + SIGKILL);
	(void)test_command("doctor");
	test_require_said("which has no record of it");
	test_require_said(makers[_i].types);
	test_require_said("that a token here has a record of: 1");
	ck_assert_int_eq(test_command("destroy --token one --yes"), TOOL_OK);
	ck_assert_str_eq(test_said, "");
	require_objects(SEALS);
}
END_TEST

START_TEST(a_token_that_is_destroyed_takes_its_keys_along_and_no_others)
{
	make_key("one");
	make_key("two");
	ck_assert_int_eq(test_command("destroy --token one --yes"), TOOL_OK);
	require_objects(SEALS + PAIR);
	ck_assert_int_eq(test_command("pubkey --token two --label key"), TOOL_OK);
	ck_assert_int_eq(test_command("sign --token two --label key < /dev/null"), TOOL_OK);
}
END_TEST

START_TEST(a_key_that_the_hsm_does_not_remove_is_named)
{
	make_key("one");
	test_faulty_fail(&hsm, "C_DestroyObject", 1, TEST_FOREVER, CKR_ACTION_PROHIBITED);
	ck_assert_int_eq(test_command("destroy --token one --yes"), TOOL_OK);
	test_require_said("of the token could not be removed from pkcs11:token=");
	test_require_said("--delete-object --id ");
	require_objects(SEALS + PAIR);
	(void)test_command("doctor");
	test_require_said("labelled signet-");
	test_require_said(": 1; of a token of another machine, user or folder, or left");
	test_require_unsaid("--delete-object");
}
END_TEST

START_TEST(of_an_hsm_that_is_away_it_is_said_what_may_be_there)
{
	make_key("one");
	test_faulty_remove(&hsm);
	ck_assert_int_eq(test_command("destroy --token one --yes"), TOOL_OK);
	test_require_said("keys of the token that may be in pkcs11:token=");
	test_require_said("labelled signet-");
	test_faulty_insert(&hsm);
	require_objects(SEALS + PAIR);
}
END_TEST

START_TEST(a_store_that_was_deleted_by_hand_leaves_keys_that_are_named)
{
	make_key("one");
	ck_assert_int_eq(remove(p11_store), 0);
	(void)test_command("doctor");
	test_require_said(": 1; of a token of another machine, user or folder, or left");
}
END_TEST

START_TEST(of_a_token_that_can_not_be_read_no_key_is_given_up)
{
	make_key("one");
	p11_sql("DELETE FROM item");
	(void)test_command("doctor");
	test_require_said("a token or a store here that can't be read may need them");
	test_require_unsaid("--delete-object");
}
END_TEST

/* The store from before the move has the record, until it goes too. */
START_TEST(keys_that_a_token_left_behind_when_it_moved_go_with_its_old_store)
{
	char more[512];
	char *passphrase = scratch_path(p11_folder, "passphrase");

	test_file_write(passphrase, sg_bytes_str("correct horse"));
	snprintf(more, sizeof more, "allow-soft = yes\nsoft-passphrase-file = %s", passphrase);
	configure(more);
	make_key("one");
	make_key("two");
	ck_assert_int_eq(test_command("migrate --token one --to soft --leave-behind"), TOOL_OK);
	(void)test_command("doctor");
	test_require_said("that a token here has a record of: 2");
	test_require_unsaid("no record of it");
	ck_assert_int_eq(test_command("destroy --token one --aside --yes"), TOOL_OK);
	require_objects(SEALS + PAIR);
	free(passphrase);
}
END_TEST

/* A key that was made after the token came back is not the old store's. */
START_TEST(an_old_store_takes_no_key_of_the_token_as_it_is_now_along)
{
	char more[512];
	char *passphrase = scratch_path(p11_folder, "passphrase");

	test_file_write(passphrase, sg_bytes_str("correct horse"));
	snprintf(more, sizeof more, "allow-soft = yes\nsoft-passphrase-file = %s", passphrase);
	configure(more);
	make_key("one");
	ck_assert_int_eq(test_command("migrate --token one --to soft --leave-behind"), TOOL_OK);
	ck_assert_int_eq(test_command("migrate --token one --to hsm"), TOOL_OK);
	ck_assert_int_eq(test_command("keygen --token one --label new --in-hsm"), TOOL_OK);
	require_objects(SEALS + 2 * PAIR);
	ck_assert_int_eq(test_command("destroy --token one --aside --yes"), TOOL_OK);
	require_objects(SEALS + PAIR);
	ck_assert_int_eq(test_command("sign --token one --label new < /dev/null"), TOOL_OK);
	free(passphrase);
}
END_TEST

static const uint64_t lengths[] = { 0, 1, 15, 38, 40, 4096, UINT64_MAX };

/* The command ends as ever: by its own word, and with nothing destroyed. */
START_TEST(a_length_that_the_hsm_lies_about_is_not_believed)
{
	int code;

	make_key("one");
	test_faulty_lie(&hsm, "C_GetAttributeValue", lengths[_i]);
	code = test_command("doctor");
	ck_assert(code == TOOL_OK || code == TOOL_FAILED);
	ck_assert_int_eq(test_command("destroy --token one --yes"), TOOL_OK);
	require_objects(SEALS + PAIR);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("tool kept");
	TCase *tc = tcase_create("kept");

	tcase_set_timeout(tc, 600);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, keys_that_their_tokens_know_are_in_order);
	tcase_add_loop_test(tc, a_key_that_a_killed_command_left_is_named_and_goes_with_the_token, 0,
	                    sizeof makers / sizeof makers[0]);
	tcase_add_test(tc, a_token_that_is_destroyed_takes_its_keys_along_and_no_others);
	tcase_add_test(tc, a_key_that_the_hsm_does_not_remove_is_named);
	tcase_add_test(tc, of_an_hsm_that_is_away_it_is_said_what_may_be_there);
	tcase_add_test(tc, a_store_that_was_deleted_by_hand_leaves_keys_that_are_named);
	tcase_add_test(tc, of_a_token_that_can_not_be_read_no_key_is_given_up);
	tcase_add_test(tc, keys_that_a_token_left_behind_when_it_moved_go_with_its_old_store);
	tcase_add_test(tc, an_old_store_takes_no_key_of_the_token_as_it_is_now_along);
	tcase_add_loop_test(tc, a_length_that_the_hsm_lies_about_is_not_believed, 0,
	                    sizeof lengths / sizeof lengths[0]);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
