/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/token_create.c and core/token_accept.c against swtpm: what is in the TPM when
 * the store could not be written, or was written although that is said to have failed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/token_accept.h"
#include "core/token_anchor.h"
#include "crypto/crypto.h"
#include "lib/fault.h"
#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "seal/counter.h"
#include "seal/pin_index.h"
#include "util/file.h"
#include "util/log.h"

#define PIN "correct horse"
#define FOUND 8

static struct test_tpm tpm;
static struct sg_config *config;
static struct sg_token *token;
static struct sg_secret *pin;
static char *folder;
static bool syncs_fail;                 /* those of folders */
static bool commits_fail;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
enum sg_err __real_sg_store_commit_more(struct sg_store_txn *txn);
enum sg_err __wrap_sg_store_commit_more(struct sg_store_txn *txn);

int __wrap_fsync(int fd)
{
	struct stat st;

	if (!syncs_fail || fstat(fd, &st) != 0 || !S_ISDIR(st.st_mode))
		return __real_fsync(fd);
	errno = EIO;
	return -1;
}

enum sg_err __wrap_sg_store_commit_more(struct sg_store_txn *txn)
{
	return commits_fail ? SG_ERR_STORE_FULL : __real_sg_store_commit_more(txn);
}

static void setup(void)
{
	char lines[256];

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	test_fault_start(&tpm);
	folder = scratch_make();
	snprintf(lines, sizeof lines, "state = %s/state\ntcti = %s\n", folder, tpm.tcti);
	ck_assert_int_eq(sg_config_parse(sg_bytes_str(lines), "lines", &config), SG_OK);
	ck_assert_int_eq(sg_token_new(config, 0, &token), SG_OK);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str(PIN), &pin), SG_OK);
}

static void teardown(void)
{
	sg_token_free(&token);
	sg_config_free(&config);
	sg_secret_free(&pin);
	test_tpm_stop(&tpm);
	scratch_remove(&folder);
	sg_crypto_stop();
}

static enum sg_err make(bool machine)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("token"), .sealer = "tpm", .machine = machine,
		.user_pin = machine ? NULL : pin, .pin_tries = machine ? 0 : 3,
		.rollback_protection = true,
	};

	return sg_token_create(token, &plan, NULL);
}

/* What of ours the TPM has. */
static size_t count_counters(uint32_t handles[FOUND])
{
	struct sg_sealer *sealer = NULL;
	size_t count = 0;

	ck_assert_int_eq(sg_sealer_open("tpm", config, &sealer), SG_OK);
	ck_assert_int_eq(sealer->ops->counter->list(sealer, handles, FOUND, &count), SG_OK);
	sg_sealer_free(&sealer);
	return count;
}

static void require(size_t counters, size_t indices)
{
	struct sg_pin_index found[FOUND];
	struct sg_sealer *sealer = NULL;
	uint32_t handles[FOUND];
	size_t count = 0;

	ck_assert_uint_eq(count_counters(handles), counters);
	ck_assert_int_eq(sg_sealer_open("tpm", config, &sealer), SG_OK);
	ck_assert_int_eq(sealer->ops->pin_index->list(sealer, found, FOUND, &count), SG_OK);
	ck_assert_uint_eq(count, indices);
	sg_sealer_free(&sealer);
}

/* Somebody removes the counter of the machine token that is there. */
static void lose_counter(void)
{
	uint32_t handles[FOUND];
	char line[80];

	ck_assert_uint_eq(count_counters(handles), 1);
	snprintf(line, sizeof line, "tpm2_nvundefine -C o 0x%08x", handles[0]);
	test_tpm_shell(&tpm, line);
}

static enum sg_err accept_store(void)
{
	const struct sg_token_pins pins = { NULL };

	return sg_token_accept(token, &pins, true);
}

START_TEST(a_token_that_is_there_opens_though_its_folder_could_not_be_synced)
{
	syncs_fail = true;
	ck_assert_int_ne(make(false), SG_OK);
	syncs_fail = false;
	ck_assert_int_eq(access(token->path, F_OK), 0);
	require(1, 1);
	ck_assert_uint_eq(sg_token_login(token, SG_USER, sg_bytes_str(PIN)), CKR_OK);
}
END_TEST

START_TEST(who_comes_too_late_leaves_nothing_in_the_tpm)
{
	ck_assert_int_eq(make(false), SG_OK);
	require(1, 1);
	ck_assert_int_eq(make(false), SG_ERR_STORE_EXISTS);
	require(1, 1);
	ck_assert_uint_eq(sg_token_login(token, SG_USER, sg_bytes_str(PIN)), CKR_OK);
}
END_TEST

START_TEST(a_store_that_can_not_be_made_leaves_nothing_in_the_tpm)
{
	char *journal = NULL;

	ck_assert_int_eq(sg_dir_make_private(config->state), SG_OK);
	ck_assert_int_gt(asprintf(&journal, "%s-journal", token->path), 0);
	ck_assert_int_eq(mkdir(journal, 0700), 0);
	ck_assert_int_eq(make(false), SG_ERR_STORE_EXISTS);
	ck_assert_int_ne(access(token->path, F_OK), 0);
	require(0, 0);
	free(journal);
}
END_TEST

static unsigned told;                   /* errors that name a counter or an index */

static void count_told(enum sg_log_level level, const char *line, void *arg)
{
	(void)arg;
	told += level == SG_LOG_ERROR && strstr(line, " 0x01") != NULL;
}

START_TEST(what_may_be_in_use_stays_and_is_named)
{
	ck_assert_int_eq(sg_dir_make_private(config->state), SG_OK);
	test_file_write(token->path, sg_bytes_str("nobody can read this"));
	sg_log_set(count_told, NULL);
	ck_assert_int_ne(make(false), SG_OK);
	require(1, 1);
	ck_assert_uint_eq(told, 2);
}
END_TEST

START_TEST(what_can_not_be_removed_is_named)
{
	ck_assert_int_eq(make(false), SG_OK);
	sg_log_set(count_told, NULL);
	test_fault_set(TEST_REFUSE, TPM2_CC_NV_UndefineSpace, TEST_ALWAYS, TPM2_RC_NV_SPACE);
	ck_assert_int_ne(make(false), SG_OK);
	ck_assert_uint_ge(test_fault_clear(), 2);
	require(2, 2);
	ck_assert_uint_eq(told, 2);
}
END_TEST

START_TEST(a_new_counter_that_could_not_be_stored_is_removed)
{
	ck_assert_int_eq(make(true), SG_OK);
	lose_counter();
	commits_fail = true;
	ck_assert_int_eq(accept_store(), SG_ERR_STORE_FULL);
	commits_fail = false;
	require(0, 0);
	ck_assert_int_eq(accept_store(), SG_OK);
	require(1, 0);
	ck_assert_int_eq(sg_token_open(token), SG_OK);
}
END_TEST

/* It is made with one increment; the next moves it to the store that was committed. */
START_TEST(a_new_counter_that_was_stored_stays_though_it_could_not_be_moved)
{
	ck_assert_int_eq(make(true), SG_OK);
	lose_counter();
	test_fault_set(TEST_REFUSE, TPM2_CC_NV_Increment, 2, TPM2_RC_NV_SPACE);
	ck_assert_int_ne(accept_store(), SG_OK);
	ck_assert_uint_eq(test_fault_clear(), 1);
	require(1, 0);
	ck_assert_int_eq(sg_token_open(token), SG_OK);
}
END_TEST

START_TEST(a_counter_is_known_by_its_handle)
{
	struct sg_sealer *sealer = NULL;
	uint32_t handles[FOUND];

	ck_assert_int_eq(make(true), SG_OK);
	ck_assert_uint_eq(count_counters(handles), 1);
	ck_assert_int_eq(sg_sealer_open("tpm", config, &sealer), SG_OK);
	ck_assert_uint_eq(sg_token_anchor_handle(sealer, &token->record), handles[0]);
	sg_sealer_free(&sealer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("token_create");
	TCase *tcase = tcase_create("token_create");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_token_that_is_there_opens_though_its_folder_could_not_be_synced);
	tcase_add_test(tcase, who_comes_too_late_leaves_nothing_in_the_tpm);
	tcase_add_test(tcase, a_store_that_can_not_be_made_leaves_nothing_in_the_tpm);
	tcase_add_test(tcase, what_may_be_in_use_stays_and_is_named);
	tcase_add_test(tcase, what_can_not_be_removed_is_named);
	tcase_add_test(tcase, a_new_counter_that_could_not_be_stored_is_removed);
	tcase_add_test(tcase, a_new_counter_that_was_stored_stays_though_it_could_not_be_moved);
	tcase_add_test(tcase, a_counter_is_known_by_its_handle);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
