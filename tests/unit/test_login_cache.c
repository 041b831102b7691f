/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/login_cache.c, on the soft sealer, with a clock of the test's own: how long a
 * login is remembered, and that it stretches no PIN. What clients see of it is tested in
 * tests/api, and who could misuse it in tests/attack.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/token.h"
#include "crypto/crypto.h"
#include "crypto/kdf.h"
#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"

#define SECONDS 3600

static char *folder;
static struct sg_config *config;
static struct sg_token *token;
static struct sg_secret *pin;
static unsigned stretched;
static _Atomic time_t slept;            /* seconds, of which only CLOCK_BOOTTIME knows */

int __real_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);

int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
	int r = __real_clock_gettime(clock, out);

	if (clock == CLOCK_BOOTTIME)
		out->tv_sec += slept;
	return r;
}

enum sg_err __real_sg_argon2id(struct sg_bytes secret, struct sg_bytes salt,
                               struct sg_argon2_cost cost, size_t len, struct sg_secret **out);
enum sg_err __wrap_sg_argon2id(struct sg_bytes secret, struct sg_bytes salt,
                               struct sg_argon2_cost cost, size_t len, struct sg_secret **out);

enum sg_err __wrap_sg_argon2id(struct sg_bytes secret, struct sg_bytes salt,
                               struct sg_argon2_cost cost, size_t len, struct sg_secret **out)
{
	stretched++;
	return __real_sg_argon2id(secret, salt, cost, len, out);
}

static void set_up(void)
{
	struct sg_token_plan plan = { .label = sg_bytes_str("label"), .sealer = "soft" };
	char *passphrase, text[4096];

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	folder = scratch_make();
	passphrase = scratch_path(folder, "passphrase");
	test_file_write(passphrase, sg_bytes_str("words"));
	snprintf(text, sizeof text, "state = %s/state\nsealer = soft\nallow-soft = yes\n"
	         "soft-passphrase-file = %s\nlogin-cache = %d\n", folder, passphrase, SECONDS);
	ck_assert_int_eq(sg_config_parse(sg_bytes_str(text), "test.conf", &config), SG_OK);
	ck_assert_int_eq(sg_token_new(config, 0, &token), SG_OK);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("1234"), &pin), SG_OK);
	plan.user_pin = pin;
	ck_assert_int_eq(sg_token_create(token, &plan, NULL), SG_OK);
	slept = 0;
	free(passphrase);
}

static void tear_down(void)
{
	sg_token_free(&token);
	sg_config_free(&config);
	sg_secret_free(&pin);
	scratch_remove(&folder);
	sg_crypto_stop();
}

/* Log in; return whether a PIN was stretched for it. */
static bool log_in(void)
{
	stretched = 0;
	ck_assert_uint_eq(sg_token_login(token, SG_USER, sg_secret_bytes(pin)), CKR_OK);
	return stretched > 0;
}

static void log_out(void)
{
	ck_assert_uint_eq(sg_token_logout(token, false), CKR_OK);
	ck_assert_ptr_null(token->keys[SG_PRIVATE_HALF]);
}

START_TEST(a_login_that_is_remembered_stretches_no_pin)
{
	ck_assert(log_in());
	log_out();
	ck_assert(!log_in());
	ck_assert_ptr_nonnull(token->keys[SG_PRIVATE_HALF]);
	ck_assert_ptr_null(token->cache.keys);
}
END_TEST

/* The thread may not have looked yet. */
START_TEST(it_is_not_remembered_over_a_sleep_of_the_machine)
{
	log_in();
	log_out();
	slept = SECONDS;
	ck_assert(log_in());
}
END_TEST

START_TEST(each_logout_begins_the_time_anew)
{
	log_in();
	log_out();
	slept = SECONDS - 60;
	ck_assert(!log_in());
	log_out();
	slept += SECONDS - 60;
	ck_assert(!log_in());
}
END_TEST

START_TEST(an_alarm_that_rings_too_early_wipes_nothing)
{
	log_in();
	log_out();
	token->cache.alarm.ring(token);
	ck_assert_ptr_nonnull(token->cache.keys);
	slept = SECONDS;
	token->cache.alarm.ring(token);
	ck_assert_ptr_null(token->cache.keys);
	ck_assert_ptr_null(token->cache.proof.code);
}
END_TEST

START_TEST(an_alarm_that_rings_during_a_login_ends_nothing)
{
	log_in();
	log_out();
	log_in();
	slept = SECONDS;
	token->cache.alarm.ring(token);
	ck_assert_int_eq(token->user, SG_USER);
	ck_assert_ptr_nonnull(token->keys[SG_PRIVATE_HALF]);
	log_out();
	ck_assert(!log_in());
}
END_TEST

START_TEST(a_logout_leaves_the_code_of_a_pin_and_no_pin)
{
	const struct sg_login_proof *proof = &token->cache.proof;

	log_in();
	log_out();
	ck_assert_uint_eq(proof->code->len, 64);
	for (size_t i = 0; i + pin->len <= proof->code->len; i++)
		ck_assert_int_ne(memcmp(proof->code->data + i, pin->data, pin->len), 0);
}
END_TEST

START_TEST(a_token_that_closes_remembers_nothing)
{
	log_in();
	log_out();
	pthread_rwlock_wrlock(&token->lock);
	sg_token_close(token);
	pthread_rwlock_unlock(&token->lock);
	ck_assert_ptr_null(token->cache.keys);
	ck_assert(log_in());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("login cache");
	TCase *tcase = tcase_create("login cache");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_login_that_is_remembered_stretches_no_pin);
	tcase_add_test(tcase, it_is_not_remembered_over_a_sleep_of_the_machine);
	tcase_add_test(tcase, each_logout_begins_the_time_anew);
	tcase_add_test(tcase, an_alarm_that_rings_too_early_wipes_nothing);
	tcase_add_test(tcase, an_alarm_that_rings_during_a_login_ends_nothing);
	tcase_add_test(tcase, a_logout_leaves_the_code_of_a_pin_and_no_pin);
	tcase_add_test(tcase, a_token_that_closes_remembers_nothing);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
