/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/token_proof.c, on the soft sealer: which PINs must be given, and that nothing of
 * a record that was changed is proved. What follows from a proof is tested where it is used.
 */
#include "core/token_proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"

static char *folder;
static struct sg_config *config;
static struct sg_token *token;
static struct sg_token_proof proof;
static struct sg_secret *user, *so, *wrong;

static void setup(void)
{
	char *passphrase, text[4096];

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	folder = scratch_make();
	passphrase = scratch_path(folder, "passphrase");
	test_file_write(passphrase, sg_bytes_str("words"));
	snprintf(text, sizeof text, "state = %s/state\nsealer = soft\nallow-soft = yes\n"
	         "soft-passphrase-file = %s\n", folder, passphrase);
	ck_assert_int_eq(sg_config_parse(sg_bytes_str(text), "lines", &config), SG_OK);
	ck_assert_int_eq(sg_token_new(config, 0, &token), SG_OK);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("correct horse"), &user), SG_OK);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("battery staple"), &so), SG_OK);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("staple battery"), &wrong), SG_OK);
	free(passphrase);
}

static void teardown(void)
{
	sg_token_proof_clear(&proof);
	sg_token_free(&token);
	sg_config_free(&config);
	sg_secret_free(&user);
	sg_secret_free(&so);
	sg_secret_free(&wrong);
	scratch_remove(&folder);
	sg_crypto_stop();
}

static void make(const struct sg_secret *user_pin, const struct sg_secret *so_pin)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("token"), .sealer = "soft",
		.machine = user_pin == NULL && so_pin == NULL,
		.user_pin = user_pin, .so_pin = so_pin,
	};

	ck_assert_int_eq(sg_token_create(token, &plan, NULL), SG_OK);
	ck_assert_int_eq(sg_token_read_record(token, &proof.record), SG_OK);
}

static enum sg_err prove(const struct sg_secret *user_pin, const struct sg_secret *so_pin)
{
	const struct sg_token_pins pins = { .user = user_pin, .so = so_pin };
	enum sg_err err;

	sg_token_opening_lock(token);
	err = sg_token_prove(token, &pins, &proof);
	sg_token_opening_unlock(token);
	return err;
}

START_TEST(either_pin_opens_the_key)
{
	make(user, so);
	ck_assert_int_eq(prove(_i == 1 ? NULL : user, _i == 0 ? NULL : so), SG_OK);
	ck_assert_uint_eq(proof.token_key->len, SG_TOKEN_KEY);
	ck_assert_ptr_nonnull(proof.keys[SG_PUBLIC_HALF]);
	ck_assert_ptr_nonnull(proof.keys[SG_PRIVATE_HALF]);
}
END_TEST

/* Else a wrong one would become that PIN by a change of both. */
START_TEST(every_pin_that_is_given_must_be_right)
{
	make(user, so);
	ck_assert_int_eq(_i == 0 ? prove(user, wrong) : prove(wrong, so), SG_ERR_AUTH);
	ck_assert(token->pin[_i == 0 ? SG_SO : SG_USER].low);
	ck_assert(!token->pin[_i == 0 ? SG_USER : SG_SO].low);
	ck_assert_ptr_null(proof.token_key);
	ck_assert_ptr_null(proof.keys[SG_PRIVATE_HALF]);
}
END_TEST

START_TEST(a_pin_that_was_never_set_is_a_wrong_one)
{
	make(user, NULL);
	ck_assert_int_eq(prove(user, so), SG_ERR_AUTH);
	ck_assert_ptr_null(proof.token_key);
}
END_TEST

START_TEST(without_a_pin_nothing_is_proved)
{
	make(user, so);
	ck_assert_int_eq(prove(NULL, NULL), SG_ERR_ARG);
	ck_assert_ptr_null(proof.token_key);
}
END_TEST

START_TEST(a_machine_token_takes_none)
{
	make(NULL, NULL);
	ck_assert_int_eq(prove(user, NULL), SG_ERR_ARG);
	ck_assert_int_eq(prove(NULL, so), SG_ERR_ARG);
	ck_assert_int_eq(prove(NULL, NULL), SG_OK);
}
END_TEST

START_TEST(a_record_that_was_changed_is_damaged_with_the_right_pin)
{
	make(user, so);
	proof.record.created++;
	ck_assert_int_eq(prove(user, NULL), SG_ERR_STORE_DAMAGED);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("token_proof");
	TCase *tc = tcase_create("token_proof");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, either_pin_opens_the_key, 0, 3);
	tcase_add_loop_test(tc, every_pin_that_is_given_must_be_right, 0, 2);
	tcase_add_test(tc, a_pin_that_was_never_set_is_a_wrong_one);
	tcase_add_test(tc, without_a_pin_nothing_is_proved);
	tcase_add_test(tc, a_machine_token_takes_none);
	tcase_add_test(tc, a_record_that_was_changed_is_damaged_with_the_right_pin);
	return s;
}

int main(void)
{
	return test_run(suite());
}
