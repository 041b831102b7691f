/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/token_index.c against swtpm: what counted for a PIN that was changed, where it
 * could not be removed then and the owner hierarchy has a password, which no login knows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "core/token_index.h"
#include "core/token_reseal.h"
#include "crypto/crypto.h"
#include "lib/fault.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "seal/pin_index.h"
#include "util/log.h"

#define PIN "correct horse"
#define OTHER_PIN "staple battery"
#define FOUND 8

static struct test_tpm tpm;
static struct sg_config *config;
static struct sg_token *token;
static struct sg_secret *pin, *so_pin, *owner;
static char *folder;
static unsigned told;                   /* errors that say how it is removed */

static void count_told(enum sg_log_level level, const char *line, void *arg)
{
	(void)arg;
	told += level == SG_LOG_ERROR && strstr(line, "signet reseal with --owner-auth-file") != NULL;
}

static void setup(void)
{
	struct sg_token_plan plan = {
		.label = sg_bytes_str("token"), .sealer = "tpm", .pin_tries = 3,
	};
	char lines[256];

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	test_fault_start(&tpm);
	folder = scratch_make();
	snprintf(lines, sizeof lines, "state = %s/state\ntcti = %s\n", folder, tpm.tcti);
	ck_assert_int_eq(sg_config_parse(sg_bytes_str(lines), "lines", &config), SG_OK);
	ck_assert_int_eq(sg_token_new(config, 0, &token), SG_OK);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str(PIN), &pin), SG_OK);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("officer's"), &so_pin), SG_OK);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("secret"), &owner), SG_OK);
	plan.user_pin = pin;
	plan.so_pin = so_pin;
	ck_assert_int_eq(sg_token_create(token, &plan, NULL), SG_OK);
	told = 0;
	sg_log_set(count_told, NULL);
}

static void teardown(void)
{
	sg_token_free(&token);
	sg_config_free(&config);
	sg_secret_free(&pin);
	sg_secret_free(&so_pin);
	sg_secret_free(&owner);
	test_tpm_stop(&tpm);
	scratch_remove(&folder);
	sg_crypto_stop();
}

static size_t indices(void)
{
	struct sg_pin_index found[FOUND];
	struct sg_sealer *sealer = NULL;
	size_t count = 0;

	ck_assert_int_eq(sg_sealer_open("tpm", config, &sealer), SG_OK);
	ck_assert_int_eq(sealer->ops->pin_index->list(sealer, found, FOUND, &count), SG_OK);
	sg_sealer_free(&sealer);
	return count;
}

static void refuse_removal(void)
{
	test_fault_set(TEST_REFUSE, TPM2_CC_NV_UndefineSpace, 1, TPM2_RC_FAILURE);
}

static void set_owner(void)
{
	ck_assert_uint_eq(test_fault_clear(), 1);
	test_tpm_shell(&tpm, "tpm2_changeauth -c o secret");
}

static void change_pin(void)
{
	refuse_removal();
	ck_assert_uint_eq(sg_token_set_pin(token, SG_USER, sg_bytes_str(PIN),
	                                   sg_bytes_str(OTHER_PIN), NULL), CKR_SIGNET_PIN_LEFT);
	set_owner();
}

static void log_in(enum sg_user user, const char *text)
{
	ck_assert_uint_eq(sg_token_login(token, user, sg_bytes_str(text)), CKR_OK);
	ck_assert_uint_eq(sg_token_logout(token, false), CKR_OK);
}

static enum sg_err reseal(const char *user_pin, const struct sg_secret *so,
                          const struct sg_secret *owner_auth)
{
	struct sg_token_reseal how = { .pins = { .so = so, .owner_auth = owner_auth } };
	struct sg_secret *user = NULL;
	enum sg_err err;

	if (user_pin != NULL)
		ck_assert_int_eq(sg_secret_copy(sg_bytes_str(user_pin), &user), SG_OK);
	how.pins.user = user;
	err = sg_token_reseal(token, &how);
	sg_secret_free(&user);
	return err;
}

START_TEST(a_login_that_may_not_remove_it_says_who_does)
{
	change_pin();
	log_in(SG_USER, OTHER_PIN);
	ck_assert_uint_eq(indices(), 2);
	ck_assert_uint_eq(told, 1);
}
END_TEST

START_TEST(sealing_anew_with_the_owner_s_password_removes_it)
{
	change_pin();
	ck_assert_int_eq(reseal(OTHER_PIN, NULL, owner), SG_OK);
	ck_assert_uint_eq(indices(), 1);
	log_in(SG_USER, OTHER_PIN);
	ck_assert_uint_eq(told, 0);
}
END_TEST

/* A token made anew has no PIN of a user, but may have left the index of one. */
START_TEST(so_it_does_where_only_the_officer_is_left)
{
	refuse_removal();
	ck_assert_int_eq(sg_token_recreate(token, sg_secret_bytes(so_pin), sg_bytes_str("anew")),
	                 SG_ERR_PIN_LEFT);
	set_owner();
	ck_assert_int_eq(reseal(NULL, so_pin, NULL), SG_ERR_PIN_LEFT);
	ck_assert_uint_eq(indices(), 1);
	ck_assert_int_eq(reseal(NULL, so_pin, owner), SG_OK);
	ck_assert_uint_eq(indices(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("token_index");
	TCase *tcase = tcase_create("token_index");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_login_that_may_not_remove_it_says_who_does);
	tcase_add_test(tcase, sealing_anew_with_the_owner_s_password_removes_it);
	tcase_add_test(tcase, so_it_does_where_only_the_officer_is_left);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
