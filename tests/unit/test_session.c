/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/session.c: what a logout ends, and a token that is gone. The rest is tested in
 * tests/api. The linker puts a function of this file before the one that walks through the
 * table, to count steps.
 */
#include "core/session.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/key_ops.h"
#include "core/token_objects.h"
#include "crypto/crypto.h"
#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"

static char *folder;
static struct sg_config *config;
static struct sg_token *token;
static struct sg_session_table table;
static struct sg_bytes pin;
static size_t steps;

bool __real_sg_map_next(const struct sg_map *map, size_t *at, uint64_t *key, void **value);
bool __wrap_sg_map_next(const struct sg_map *map, size_t *at, uint64_t *key, void **value);

bool __wrap_sg_map_next(const struct sg_map *map, size_t *at, uint64_t *key, void **value)
{
	if (map == &table.by_handle)
		steps++;
	return __real_sg_map_next(map, at, key, value);
}

static void create(struct sg_token *made)
{
	struct sg_token_plan plan = { .label = sg_bytes_str("token"), .sealer = "soft" };
	struct sg_secret *secret = NULL;

	ck_assert_int_eq(sg_secret_copy(pin, &secret), SG_OK);
	plan.user_pin = secret;
	ck_assert_int_eq(sg_token_create(made, &plan, NULL), SG_OK);
	sg_secret_free(&secret);
}

static void setup(void)
{
	char *conf, *passphrase, text[4096];

	pin = sg_bytes_str("12345678");
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
	create(token);
	sg_session_table_init(&table);
	free(conf);
	free(passphrase);
}

static void teardown(void)
{
	sg_session_table_clear(&table);
	sg_token_free(&token);
	sg_config_free(&config);
	scratch_remove(&folder);
	sg_crypto_stop();
}

static struct sg_session *open_session(void)
{
	CK_SESSION_HANDLE handle = 0;

	ck_assert_uint_eq(sg_session_open(&table, token, CKF_SERIAL_SESSION | CKF_RW_SESSION,
	                                  &handle), CKR_OK);
	return sg_session_acquire(&table, handle);
}

/* Begin to make codes with a new private key. */
static void begin(struct sg_session *session)
{
	CK_MECHANISM generate = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 };
	CK_MECHANISM hmac = { CKM_SHA256_HMAC, NULL, 0 };
	CK_BBOOL yes = CK_TRUE;
	CK_ULONG len = 32;
	CK_ATTRIBUTE template[] = {
		{ CKA_VALUE_LEN, &len, sizeof len }, { CKA_SIGN, &yes, 1 },
	};
	CK_OBJECT_HANDLE key = 0;

	ck_assert_uint_eq(sg_key_generate(session, &generate, template, 2, &key), CKR_OK);
	ck_assert_uint_eq(sg_op_begin(session, SG_OP_SIGN, &hmac, key), CKR_OK);
}

static void log_in(void)
{
	ck_assert_uint_eq(sg_token_login(token, SG_USER, pin), CKR_OK);
}

START_TEST(a_logout_leaves_no_operation_that_keeps_a_key)
{
	struct sg_session *session = open_session();

	log_in();
	begin(session);
	ck_assert_ptr_nonnull(session->op[SG_OP_SIGN].key);
	ck_assert_uint_eq(sg_token_logout(token, false), CKR_OK);
	pthread_mutex_unlock(&session->lock);
	sg_session_end_private(&table, token);
	pthread_mutex_lock(&session->lock);
	ck_assert_ptr_null(session->op[SG_OP_SIGN].key);
	sg_session_release(&session);
}
END_TEST

/* Another thread has logged in again before the first one's logout is through. */
START_TEST(what_began_after_the_next_login_goes_on)
{
	struct sg_session *session = open_session();

	log_in();
	ck_assert_uint_eq(sg_token_logout(token, false), CKR_OK);
	log_in();
	begin(session);
	pthread_mutex_unlock(&session->lock);
	sg_session_end_private(&table, token);
	pthread_mutex_lock(&session->lock);
	ck_assert(sg_op_active(&session->op[SG_OP_SIGN]));
	sg_session_release(&session);
}
END_TEST

START_TEST(a_logout_looks_at_each_session_once)
{
	for (int i = 0; i < 1000; i++) {
		struct sg_session *session = open_session();

		sg_session_release(&session);
	}
	steps = 0;
	sg_session_end_private(&table, token);
	ck_assert_uint_ge(steps, 1000);
	ck_assert_uint_le(steps, 1001);
}
END_TEST

/* As another process does. */
static void put_another_in_its_place(void)
{
	struct sg_token *other = NULL;

	ck_assert_int_eq(unlink(token->path), 0);
	ck_assert_int_eq(sg_token_new(config, 0, &other), SG_OK);
	create(other);
	sg_token_free(&other);
	ck_assert_int_eq(sg_token_sync(token), SG_ERR_TOKEN_REPLACED);
}

static CK_RV open_one(CK_SESSION_HANDLE *handle)
{
	return sg_session_open(&table, token, CKF_SERIAL_SESSION, handle);
}

START_TEST(no_session_opens_with_a_token_that_is_gone)
{
	CK_SESSION_HANDLE first = 0, second = 0;

	ck_assert_uint_eq(open_one(&first), CKR_OK);
	put_another_in_its_place();
	ck_assert_uint_eq(open_one(&second), CKR_DEVICE_REMOVED);
	ck_assert(sg_session_close(&table, first));
	ck_assert_int_eq(sg_token_sync(token), SG_OK);
	ck_assert_uint_eq(open_one(&second), CKR_OK);
}
END_TEST

/* Two threads clean up, and the second does so when the first has gone on. */
START_TEST(sessions_with_the_next_token_stay)
{
	CK_SESSION_HANDLE old = 0, fresh = 0;

	ck_assert_uint_eq(open_one(&old), CKR_OK);
	put_another_in_its_place();
	sg_session_close_gone(&table, token);
	ck_assert(!sg_session_close(&table, old));
	ck_assert_int_eq(sg_token_sync(token), SG_OK);
	ck_assert_uint_eq(open_one(&fresh), CKR_OK);
	sg_session_close_gone(&table, token);
	ck_assert(sg_session_close(&table, fresh));
}
END_TEST

static CK_SESSION_HANDLE closing;
static atomic_bool over;

static void *close_it(void *arg)
{
	(void)arg;
	return sg_session_close(&table, closing) ? &closing : NULL;
}

static bool is_in_table(CK_SESSION_HANDLE handle)
{
	bool found;

	sg_gate_enter(&table.gate);
	found = sg_map_get(&table.by_handle, handle) != NULL;
	sg_gate_leave(&table.gate);
	return found;
}

static void *close_gone(void *arg)
{
	CK_ULONG *left = arg;

	sg_session_close_gone(&table, token);
	pthread_rwlock_rdlock(&token->lock);
	*left = token->sessions;
	pthread_rwlock_unlock(&token->lock);
	atomic_store(&over, true);
	return NULL;
}

/* Tell whether somebody waits until all who are closing sessions are through. */
static bool is_waited_for(void)
{
	if (pthread_rwlock_tryrdlock(&table.closing) != 0)
		return true;
	pthread_rwlock_unlock(&table.closing);
	return false;
}

START_TEST(a_session_that_another_thread_is_closing_is_waited_for)
{
	struct sg_session *session = open_session();
	CK_ULONG left = 0;
	pthread_t closer, waiter;
	void *closed = NULL;

	closing = session->handle;
	put_another_in_its_place();
	ck_assert_int_eq(pthread_create(&closer, NULL, close_it, NULL), 0);
	while (is_in_table(closing))
		sched_yield();
	ck_assert_int_eq(pthread_create(&waiter, NULL, close_gone, &left), 0);
	while (!is_waited_for() && !atomic_load(&over))
		sched_yield();
	sg_session_release(&session);
	ck_assert_int_eq(pthread_join(closer, &closed), 0);
	ck_assert_int_eq(pthread_join(waiter, NULL), 0);
	ck_assert_ptr_eq(closed, &closing);
	ck_assert_uint_eq(left, 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("session");
	TCase *tc = tcase_create("session");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, a_logout_leaves_no_operation_that_keeps_a_key);
	tcase_add_test(tc, what_began_after_the_next_login_goes_on);
	tcase_add_test(tc, a_logout_looks_at_each_session_once);
	tcase_add_test(tc, no_session_opens_with_a_token_that_is_gone);
	tcase_add_test(tc, sessions_with_the_next_token_stay);
	tcase_add_test(tc, a_session_that_another_thread_is_closing_is_waited_for);
	return s;
}

int main(void)
{
	return test_run(suite());
}
