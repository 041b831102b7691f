/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/token.c and core/token_create.c, on the soft sealer: what a plan must
 * be, and what a failure leaves behind. Logins and objects are tested in tests/api.
 */
#include "core/token.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"

static char *folder, *passphrase;
static struct sg_config *config;
static struct sg_token *token;
static struct sg_secret *pin, *short_pin, *long_pin;

static void setup(void)
{
	char *conf, text[4096];

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	folder = scratch_make();
	passphrase = scratch_path(folder, "passphrase");
	conf = scratch_path(folder, "conf");
	test_file_write(passphrase, sg_bytes_str("words"));
	snprintf(text, sizeof text, "state = %s/state\nsealer = soft\nallow-soft = yes\n"
	         "soft-passphrase-file = %s\n", folder, passphrase);
	test_file_write(conf, sg_bytes_str(text));
	ck_assert_int_eq(setenv("SIGNET_CONF", conf, 1), 0);
	unsetenv("SIGNET_STATE");
	ck_assert_int_eq(sg_config_load(&config), SG_OK);
	ck_assert_int_eq(sg_token_new(config, 0, &token), SG_OK);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("1234"), &pin), SG_OK);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("123"), &short_pin), SG_OK);
	ck_assert_int_eq(sg_secret_new(256, &long_pin), SG_OK);
	long_pin->len = 256;
	free(conf);
}

static void teardown(void)
{
	sg_token_free(&token);
	sg_config_free(&config);
	sg_secret_free(&pin);
	sg_secret_free(&short_pin);
	sg_secret_free(&long_pin);
	free(passphrase);
	scratch_remove(&folder);
	sg_crypto_stop();
}

static enum sg_err create(struct sg_token_plan plan)
{
	if (plan.sealer == NULL)
		plan.sealer = "soft";
	if (plan.label.data == NULL)
		plan.label = sg_bytes_str("label");
	return sg_token_create(token, &plan, NULL);
}

static bool store_exists(void)
{
	return access(token->path, F_OK) == 0;
}

START_TEST(a_plan_that_contradicts_itself_is_refused)
{
	static uint8_t too_long[33] = "123456789012345678901234567890123";

	ck_assert_int_eq(create((struct sg_token_plan){ .machine = true, .user_pin = pin }),
	                 SG_ERR_ARG);
	ck_assert_int_eq(create((struct sg_token_plan){ .machine = true, .so_pin = pin }), SG_ERR_ARG);
	ck_assert_int_eq(create((struct sg_token_plan){ .machine = false }), SG_ERR_ARG);
	ck_assert_int_eq(create((struct sg_token_plan){ .user_pin = short_pin }), SG_ERR_RANGE);
	ck_assert_int_eq(create((struct sg_token_plan){ .so_pin = long_pin }), SG_ERR_RANGE);
	ck_assert_int_eq(create((struct sg_token_plan){ .machine = true,
	                                                .label = sg_bytes_str("a\nb") }), SG_ERR_ARG);
	ck_assert_int_eq(create((struct sg_token_plan){ .machine = true,
	                                                .label = sg_bytes(too_long, 33) }),
	                 SG_ERR_RANGE);
	ck_assert(!store_exists());
}
END_TEST

START_TEST(a_sealer_that_fails_leaves_nothing_behind)
{
	ck_assert_int_eq(create((struct sg_token_plan){ .machine = true, .sealer = "none" }),
	                 SG_ERR_SEALER_UNKNOWN);
	ck_assert_int_eq(unlink(passphrase), 0);
	ck_assert_int_eq(create((struct sg_token_plan){ .machine = true }), SG_ERR_HW_MISSING);
	ck_assert(!store_exists());
	ck_assert(!token->present);
}
END_TEST

START_TEST(a_sealer_that_is_off_makes_no_token)
{
	config->allow_soft = false;
	ck_assert_int_eq(create((struct sg_token_plan){ .machine = true }), SG_ERR_SEALER_OFF);
	ck_assert(!store_exists());
}
END_TEST

START_TEST(a_store_that_is_there_is_kept)
{
	struct test_snapshot before;

	ck_assert_int_eq(create((struct sg_token_plan){ .machine = true }), SG_OK);
	before = test_snapshot_take(token->path);
	ck_assert_int_eq(create((struct sg_token_plan){ .machine = true }), SG_ERR_STORE_EXISTS);
	test_snapshot_check(&before, token->path);
}
END_TEST

START_TEST(a_machine_token_opens_whole)
{
	bool made = false;
	struct sg_token_plan plan = { .label = sg_bytes_str("x"), .sealer = "soft", .machine = true };

	ck_assert_int_eq(sg_token_create(token, &plan, &made), SG_OK);
	ck_assert(made);
	ck_assert(token->present);
	ck_assert_ptr_null(token->keys[SG_PUBLIC_HALF]);
	ck_assert_int_eq(sg_token_open(token), SG_OK);
	ck_assert_ptr_nonnull(token->keys[SG_PUBLIC_HALF]);
	ck_assert_ptr_nonnull(token->keys[SG_PRIVATE_HALF]);
	ck_assert(sg_token_private_open(token));
}
END_TEST

START_TEST(a_pin_token_opens_its_public_half_only)
{
	ck_assert_int_eq(create((struct sg_token_plan){ .user_pin = pin }), SG_OK);
	ck_assert_int_eq(sg_token_open(token), SG_OK);
	ck_assert_ptr_nonnull(token->keys[SG_PUBLIC_HALF]);
	ck_assert_ptr_null(token->keys[SG_PRIVATE_HALF]);
	ck_assert(!sg_token_private_open(token));
	ck_assert_uint_eq(sg_token_login(token, SG_SO, sg_secret_bytes(pin)), CKR_PIN_INCORRECT);
	ck_assert_uint_eq(sg_token_login(token, SG_USER, sg_secret_bytes(pin)), CKR_OK);
	ck_assert_ptr_nonnull(token->keys[SG_PRIVATE_HALF]);
	ck_assert_ptr_null(token->token_key);
	ck_assert_uint_eq(sg_token_logout(token, false), CKR_OK);
	ck_assert_ptr_null(token->keys[SG_PRIVATE_HALF]);
}
END_TEST

START_TEST(the_officer_holds_the_token_key_while_logged_in)
{
	ck_assert_int_eq(create((struct sg_token_plan){ .so_pin = pin }), SG_OK);
	ck_assert_uint_eq(sg_token_login(token, SG_SO, sg_secret_bytes(pin)), CKR_OK);
	ck_assert_ptr_nonnull(token->token_key);
	ck_assert(!sg_token_private_open(token));
	ck_assert_uint_eq(sg_token_logout(token, false), CKR_OK);
	ck_assert_ptr_null(token->token_key);
}
END_TEST

START_TEST(the_last_session_that_closes_logs_out)
{
	ck_assert_int_eq(create((struct sg_token_plan){ .user_pin = pin }), SG_OK);
	token->sessions = 2;
	token->read_only_sessions = 1;
	ck_assert_uint_eq(sg_token_login(token, SG_USER, sg_secret_bytes(pin)), CKR_OK);
	sg_token_session_closed(token, CKF_SERIAL_SESSION);
	ck_assert_uint_eq(token->read_only_sessions, 0);
	ck_assert_int_eq(token->user, SG_USER);
	sg_token_session_closed(token, CKF_SERIAL_SESSION | CKF_RW_SESSION);
	ck_assert_uint_eq(token->sessions, 0);
	ck_assert_int_eq(token->user, SG_NOBODY);
	ck_assert_ptr_null(token->keys[SG_PRIVATE_HALF]);
}
END_TEST

START_TEST(a_read_only_session_that_opened_meanwhile_stops_the_officer)
{
	ck_assert_int_eq(create((struct sg_token_plan){ .so_pin = pin }), SG_OK);
	token->read_only_sessions = 1;
	ck_assert_uint_eq(sg_token_login(token, SG_SO, sg_secret_bytes(pin)),
	                  CKR_SESSION_READ_ONLY_EXISTS);
	ck_assert_ptr_null(token->token_key);
}
END_TEST

START_TEST(what_cannot_be_a_pin_is_not_tried)
{
	ck_assert(!sg_pin_fits(sg_secret_bytes(short_pin)));
	ck_assert(!sg_pin_fits(sg_secret_bytes(long_pin)));
	ck_assert(!sg_pin_fits(sg_bytes(NULL, 0)));
	ck_assert(sg_pin_fits(sg_secret_bytes(pin)));
	ck_assert(sg_pin_fits(sg_bytes(long_pin->data, 255)));
}
END_TEST

START_TEST(a_token_whose_store_is_gone_closes)
{
	ck_assert_int_eq(create((struct sg_token_plan){ .machine = true }), SG_OK);
	ck_assert_int_eq(sg_token_open(token), SG_OK);
	ck_assert_int_eq(sg_store_remove(token->path), SG_OK);
	ck_assert_int_eq(sg_token_sync(token), SG_ERR_STORE_MISSING);
	ck_assert(!token->present);
	ck_assert_ptr_null(token->keys[SG_PUBLIC_HALF]);
	ck_assert(!sg_token_private_open(token));
	ck_assert_int_eq(create((struct sg_token_plan){ .machine = true }), SG_OK);
	ck_assert_int_eq(sg_token_open(token), SG_OK);
}
END_TEST

START_TEST(the_sealer_tells_about_itself_with_and_without_a_token)
{
	struct sg_sealer_status status;

	ck_assert_int_eq(sg_token_status(token, &status), SG_OK);
	ck_assert_str_eq(status.device, "soft");
	ck_assert(!status.parent_same);
	ck_assert_int_eq(create((struct sg_token_plan){ .machine = true }), SG_OK);
	ck_assert_int_eq(sg_token_status(token, &status), SG_OK);
	ck_assert(status.parent_same);
}
END_TEST

START_TEST(a_token_is_made_new_by_its_officer_only)
{
	uint8_t uuid[SG_UUID];

	ck_assert_int_eq(create((struct sg_token_plan){ .so_pin = pin, .user_pin = pin }), SG_OK);
	memcpy(uuid, token->record.uuid, SG_UUID);
	ck_assert_int_eq(sg_token_recreate(token, sg_bytes_str("wrong"), sg_bytes_str("new")),
	                 SG_ERR_AUTH);
	ck_assert(token->pin[SG_SO].low);
	ck_assert_int_eq(sg_token_recreate(token, sg_secret_bytes(pin), sg_bytes_str("new")), SG_OK);
	ck_assert(!token->pin[SG_SO].low);
	ck_assert_mem_eq(token->record.uuid, uuid, SG_UUID);
	ck_assert_mem_eq(token->record.label, "new ", 4);
	ck_assert_uint_eq(token->record.copy[SG_SEAL_USER].blob.len, 0);
}
END_TEST

static void *write_once(void *arg)
{
	pthread_rwlock_wrlock(&token->lock);
	pthread_rwlock_unlock(&token->lock);
	return arg;
}

/* Else those who search all the time would keep out those who log in for ever. */
START_TEST(who_waits_to_change_a_token_comes_before_who_reads_next)
{
	pthread_t writer;
	int rc = 0;

	pthread_rwlock_rdlock(&token->lock);
	ck_assert_int_eq(pthread_create(&writer, NULL, write_once, NULL), 0);
	for (int i = 0; i < 10000000 && rc == 0; i++) {
		rc = pthread_rwlock_tryrdlock(&token->lock);
		if (rc == 0)
			pthread_rwlock_unlock(&token->lock);
		sched_yield();
	}
	pthread_rwlock_unlock(&token->lock);
	ck_assert_int_eq(pthread_join(writer, NULL), 0);
	ck_assert_int_eq(rc, EBUSY);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("token");
	TCase *tc = tcase_create("token");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, a_plan_that_contradicts_itself_is_refused);
	tcase_add_test(tc, a_sealer_that_fails_leaves_nothing_behind);
	tcase_add_test(tc, a_sealer_that_is_off_makes_no_token);
	tcase_add_test(tc, a_store_that_is_there_is_kept);
	tcase_add_test(tc, a_machine_token_opens_whole);
	tcase_add_test(tc, a_pin_token_opens_its_public_half_only);
	tcase_add_test(tc, the_officer_holds_the_token_key_while_logged_in);
	tcase_add_test(tc, the_last_session_that_closes_logs_out);
	tcase_add_test(tc, a_read_only_session_that_opened_meanwhile_stops_the_officer);
	tcase_add_test(tc, what_cannot_be_a_pin_is_not_tried);
	tcase_add_test(tc, a_token_whose_store_is_gone_closes);
	tcase_add_test(tc, the_sealer_tells_about_itself_with_and_without_a_token);
	tcase_add_test(tc, a_token_is_made_new_by_its_officer_only);
	tcase_add_test(tc, who_waits_to_change_a_token_comes_before_who_reads_next);
	return s;
}

int main(void)
{
	return test_run(suite());
}
