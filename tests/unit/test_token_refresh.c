/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/token_refresh.c. A second token on the same store stands for another
 * process. The linker puts functions of this file before those that the core calls: they
 * count who opens the store, see that no lock of the token is held meanwhile, and come in
 * between two steps of a refresh.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/session.h"
#include "core/token_objects.h"
#include "crypto/crypto.h"
#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "lib/stamp.h"

static char *folder;
static struct sg_config *config;
static struct sg_token *token, *other;
static struct sg_session session;

enum sg_err __real_sg_store_begin(const char *path, enum sg_store_mode mode,
                                  struct sg_store_txn **out);
enum sg_err __wrap_sg_store_begin(const char *path, enum sg_store_mode mode,
                                  struct sg_store_txn **out);
void __real_sg_store_abort(struct sg_store_txn **txn);
void __wrap_sg_store_abort(struct sg_store_txn **txn);
enum sg_err __real_sg_store_object_each(struct sg_store_txn *txn, sg_store_row_fn fn, void *arg);
enum sg_err __wrap_sg_store_object_each(struct sg_store_txn *txn, sg_store_row_fn fn, void *arg);
int __real_pthread_rwlock_wrlock(pthread_rwlock_t *lock);
int __wrap_pthread_rwlock_wrlock(pthread_rwlock_t *lock);

static int opened;
static bool busy_once_written, busy;    /* nobody can read the store after the next write */
static unsigned reading;                /* transactions for reading that are open */
static void (*in_between)(void);        /* runs once, before the token is next locked for writing */
static void (*each_time)(void);         /* the same, whenever that is and it locks nothing itself */
static void (*before_reading)(void);    /* runs once, before the store is next opened to be read */
static void (*before_writing)(void);    /* the same for an opening to be written */

/* Who waits for the store or reads it may not hold a lock that a signature needs. */
static void require_free_lock(void)
{
	if (token == NULL)
		return;
	ck_assert_int_eq(pthread_rwlock_trywrlock(&token->lock), 0);
	pthread_rwlock_unlock(&token->lock);
}

static void run_once(void (**which)(void))
{
	void (*fn)(void) = *which;

	*which = NULL;
	if (fn != NULL)
		fn();
}

enum sg_err __wrap_sg_store_begin(const char *path, enum sg_store_mode mode,
                                  struct sg_store_txn **out)
{
	enum sg_err err;

	require_free_lock();
	opened++;
	if (mode == SG_STORE_READ)
		run_once(&before_reading);
	if (mode == SG_STORE_WRITE)
		run_once(&before_writing);
	if (mode != SG_STORE_READ && busy_once_written)
		busy = true;
	if (mode == SG_STORE_READ && busy)
		return SG_ERR_STORE_BUSY;
	err = __real_sg_store_begin(path, mode, out);
	reading += err == SG_OK && mode == SG_STORE_READ;
	return err;
}

/* Who reads ends by this; and who writes, with nothing left to end. */
void __wrap_sg_store_abort(struct sg_store_txn **txn)
{
	reading -= reading > 0 && *txn != NULL;
	__real_sg_store_abort(txn);
}

enum sg_err __wrap_sg_store_object_each(struct sg_store_txn *txn, sg_store_row_fn fn, void *arg)
{
	require_free_lock();
	return __real_sg_store_object_each(txn, fn, arg);
}

int __wrap_pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
	void (*fn)(void) = each_time;

	if (token != NULL && lock == &token->lock) {
		run_once(&in_between);
		run_once(&each_time);
		each_time = fn;
	}
	return __real_pthread_rwlock_wrlock(lock);
}

static void setup(void)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("token"), .sealer = "soft", .machine = true,
	};
	char *conf, *passphrase, text[4096];

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
	ck_assert_int_eq(sg_token_create(token, &plan, NULL), SG_OK);
	ck_assert_int_eq(sg_token_new(config, 0, &other), SG_OK);
	ck_assert_int_eq(sg_token_sync(other), SG_OK);
	ck_assert_int_eq(sg_token_open(other), SG_OK);
	free(conf);
	free(passphrase);
}

static void teardown(void)
{
	sg_token_free(&token);
	sg_token_free(&other);
	sg_config_free(&config);
	scratch_remove(&folder);
	sg_crypto_stop();
}

/* Add a data object to the token as this process or as the other one. */
static enum sg_err try_to_add(struct sg_token *to, CK_OBJECT_HANDLE *handle)
{
	const struct sg_origin imported = { false, CK_UNAVAILABLE_INFORMATION };
	struct sg_attrs attrs = { 0 };
	struct sg_secret *none = NULL;
	struct sg_object *object = NULL;
	enum sg_err err;

	ck_assert_int_eq(sg_attrs_set_ulong(&attrs, CKA_CLASS, CKO_DATA), SG_OK);
	ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_TOKEN, true), SG_OK);
	ck_assert_uint_eq(sg_object_new(&attrs, &none, imported, &object), CKR_OK);
	err = sg_token_add(to, &session, &object, 1, handle);
	sg_object_unref(&object);
	return err;
}

static CK_OBJECT_HANDLE add(struct sg_token *to)
{
	CK_OBJECT_HANDLE handle = 0;

	ck_assert_int_eq(try_to_add(to, &handle), SG_OK);
	return handle;
}

static size_t count(void)
{
	CK_OBJECT_HANDLE *handles = NULL;
	size_t n = 0;

	ck_assert_int_eq(sg_token_find(token, NULL, 0, &handles, &n), SG_OK);
	free(handles);
	return n;
}

/* Search once when the stamp of the store is settled, so that the token can trust it. */
static size_t count_settled(void)
{
	struct sg_store_stamp stamp;

	test_stamp_settle(token->path, &stamp);
	return count();
}

static bool knows(CK_OBJECT_HANDLE handle)
{
	struct sg_object *object = NULL;
	enum sg_err err = sg_token_object(token, handle, &object);

	sg_object_unref(&object);
	return err == SG_OK;
}

START_TEST(a_search_opens_no_store_that_did_not_change)
{
	add(other);
	ck_assert_uint_eq(count_settled(), 1);
	opened = 0;
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(count(), 1);
	ck_assert_int_eq(opened, 0);
}
END_TEST

START_TEST(a_session_opens_no_store_that_did_not_change)
{
	struct sg_store_stamp stamp;

	test_stamp_settle(token->path, &stamp);
	ck_assert_int_eq(sg_token_sync(token), SG_OK);
	opened = 0;
	ck_assert_int_eq(sg_token_sync(token), SG_OK);
	ck_assert_int_eq(opened, 0);
	ck_assert_int_eq(sg_store_remove(token->path), SG_OK);
	ck_assert_int_eq(sg_token_sync(token), SG_ERR_STORE_MISSING);
}
END_TEST

START_TEST(a_change_of_another_process_is_seen_by_the_next_search)
{
	for (size_t i = 1; i <= 5; i++) {
		(void)count_settled();
		add(other);
		ck_assert_uint_eq(count(), i);
	}
}
END_TEST

START_TEST(a_change_right_after_a_search_is_seen_too)
{
	for (size_t i = 1; i <= 50; i++) {
		add(other);
		ck_assert_uint_eq(count(), i);
	}
}
END_TEST

START_TEST(a_change_of_our_own_is_seen)
{
	ck_assert_uint_eq(count_settled(), 0);
	add(token);
	ck_assert_uint_eq(count(), 1);
	ck_assert_uint_eq(count_settled(), 1);
}
END_TEST

START_TEST(what_was_closed_and_opened_again_is_shown_though_the_store_did_not_change)
{
	ck_assert_uint_eq(count_settled(), 0);
	add(other);
	ck_assert_uint_eq(count_settled(), 1);
	pthread_rwlock_wrlock(&token->lock);
	sg_token_close(token);
	pthread_rwlock_unlock(&token->lock);
	ck_assert_uint_eq(count(), 1);
}
END_TEST

static CK_OBJECT_HANDLE mine;

static void add_mine(void)
{
	mine = add(token);
}

/* The reading is older than our own object, which it must not take away again. */
START_TEST(what_was_read_before_a_change_of_our_own_is_not_taken_over)
{
	ck_assert_uint_eq(count(), 0);
	add(other);
	in_between = add_mine;
	ck_assert_uint_eq(count(), 2);
	ck_assert_ptr_null(in_between);
	ck_assert(knows(mine));
	ck_assert_uint_eq(count(), 2);
}
END_TEST

/* The same at the other end: what we add is read, though the table had it first. */
START_TEST(what_is_added_before_the_store_is_read_stays_too)
{
	ck_assert_uint_eq(count(), 0);
	add(other);
	before_reading = add_mine;
	ck_assert_uint_eq(count(), 2);
	ck_assert_ptr_null(before_reading);
	ck_assert(knows(mine));
}
END_TEST

static void destroy_mine(void)
{
	struct sg_object *object = NULL;

	ck_assert_int_eq(sg_token_object(token, mine, &object), SG_OK);
	ck_assert_int_eq(sg_token_destroy(token, mine, object), SG_OK);
	sg_object_unref(&object);
}

START_TEST(what_was_read_before_it_was_destroyed_does_not_come_back)
{
	add_mine();
	ck_assert_uint_eq(count(), 1);
	add(other);
	in_between = destroy_mine;
	ck_assert_uint_eq(count(), 1);
	ck_assert_ptr_null(in_between);
	ck_assert(!knows(mine));
}
END_TEST

static void label_mine(const char *label)
{
	struct sg_object *object = NULL;
	struct sg_attrs attrs = { 0 };

	ck_assert_int_eq(sg_token_object(token, mine, &object), SG_OK);
	ck_assert_int_eq(sg_attrs_copy(&object->attrs, &attrs), SG_OK);
	ck_assert_int_eq(sg_attrs_set(&attrs, CKA_LABEL, sg_bytes_str(label)), SG_OK);
	ck_assert_int_eq(sg_token_change(token, mine, object, &attrs), SG_OK);
	sg_object_unref(&object);
}

static bool mine_is_labelled(const char *label)
{
	struct sg_object *object = NULL;
	struct sg_bytes value = { 0 };
	bool is;

	ck_assert_int_eq(sg_token_object(token, mine, &object), SG_OK);
	is = sg_attrs_get(&object->attrs, CKA_LABEL, &value) &&
	     sg_bytes_equal(value, sg_bytes_str(label));
	sg_object_unref(&object);
	return is;
}

static void label_again(void)
{
	label_mine("second");
}

START_TEST(what_was_read_before_it_was_changed_does_not_come_back)
{
	add_mine();
	label_mine("first");
	add(other);
	in_between = label_again;
	ck_assert_uint_eq(count(), 2);
	ck_assert_ptr_null(in_between);
	ck_assert(mine_is_labelled("second"));
	label_mine("third");
	ck_assert_uint_eq(count(), 2);
	ck_assert(mine_is_labelled("third"));
}
END_TEST

static size_t added;

/* Nobody can add while the store is being read: it would wait for the reader. */
static void add_while_nobody_reads(void)
{
	if (reading > 0)
		return;
	add_mine();
	added++;
}

START_TEST(a_search_ends_though_the_token_changes_each_time_it_was_read)
{
	add_mine();
	label_mine("first");
	ck_assert_uint_eq(count(), 1);
	add(other);
	each_time = add_while_nobody_reads;
	ck_assert_uint_eq(count(), 2 + added);
	each_time = NULL;
	ck_assert_uint_gt(added, 1);
	ck_assert(knows(mine));
	label_mine("second");
	ck_assert_uint_eq(count(), 2 + added);
	ck_assert(mine_is_labelled("second"));
}
END_TEST

static CK_OBJECT_HANDLE theirs;
static struct sg_object *held;          /* by somebody who is about to change it */

/* A thread that committed before comes to enter what it wrote, while another reads. */
static void enter_late(void)
{
	struct sg_object *object = NULL;
	CK_OBJECT_HANDLE handle;

	if (reading == 0) {
		add_while_nobody_reads();
		return;
	}
	ck_assert_int_eq(sg_token_object(other, theirs, &object), SG_OK);
	held = sg_object_ref(object);
	ck_assert_int_eq(pthread_rwlock_wrlock(&token->lock), 0);
	ck_assert_int_eq(sg_table_add(&token->objects, &object, NULL, &handle), SG_OK);
	token->changes++;
	pthread_rwlock_unlock(&token->lock);
}

/* It is not replaced by another of the same generation: a change that is made of the one that
 * somebody holds would never be shown. */
START_TEST(what_was_entered_while_it_was_read_stays_what_it_is)
{
	struct sg_object *now = NULL;
	struct sg_entry *entry;

	ck_assert_uint_eq(count(), 0);
	add(other);
	theirs = add(other);
	each_time = enter_late;
	ck_assert_uint_eq(count(), 2 + added);
	each_time = NULL;
	ck_assert_ptr_nonnull(held);
	entry = sg_table_find_row(&token->objects, held->uuid);
	ck_assert_ptr_nonnull(entry);
	ck_assert_int_eq(sg_token_object(token, entry->handle, &now), SG_OK);
	ck_assert_ptr_eq(now, held);
	sg_object_unref(&now);
	sg_object_unref(&held);
}
END_TEST

static void add_others(void)
{
	add(other);
}

START_TEST(what_another_process_commits_during_a_refresh_is_seen_by_the_next)
{
	ck_assert_uint_eq(count(), 0);
	add(other);
	in_between = add_others;
	ck_assert_uint_eq(count(), 1);
	ck_assert_uint_eq(count_settled(), 2);
}
END_TEST

static void close_token(void)
{
	pthread_rwlock_wrlock(&token->lock);
	sg_token_close(token);
	pthread_rwlock_unlock(&token->lock);
}

static void add_and_close_in_the_end(void)
{
	if (reading > 0)
		close_token();
	else
		add_while_nobody_reads();
}

START_TEST(a_half_that_closes_while_the_token_changes_each_time_is_left_out)
{
	ck_assert_uint_eq(count(), 0);
	add(other);
	each_time = add_and_close_in_the_end;
	ck_assert_uint_eq(count(), 0);
	each_time = NULL;
	ck_assert_uint_gt(added, 1);
	ck_assert_uint_eq(count(), 1 + added);
}
END_TEST

START_TEST(what_was_read_with_keys_that_are_gone_is_not_taken_over)
{
	add(other);
	ck_assert_int_eq(sg_token_open(token), SG_OK);
	in_between = close_token;
	ck_assert_uint_eq(count(), 0);
	ck_assert_uint_eq(count(), 1);
}
END_TEST

/* Put a token with an officer in the place of the machine token, and open it. */
static void make_pin_token(void)
{
	struct sg_secret *so_pin = NULL;
	struct sg_token_plan plan = { .label = sg_bytes_str("token"), .sealer = "soft" };

	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("12345678"), &so_pin), SG_OK);
	plan.so_pin = so_pin;
	ck_assert_int_eq(sg_store_remove(token->path), SG_OK);
	ck_assert_int_eq(sg_token_sync(token), SG_ERR_STORE_MISSING);
	ck_assert_int_eq(sg_token_create(token, &plan, NULL), SG_OK);
	ck_assert_int_eq(sg_token_sync(other), SG_OK);
	sg_secret_free(&so_pin);
}

/* The generation of the new one is behind ours, the same, or ahead. */
START_TEST(a_token_that_another_process_made_new_shows_the_new_objects)
{
	size_t n = (size_t)_i;

	make_pin_token();
	add(token);
	add(token);
	ck_assert_uint_eq(count(), 2);
	ck_assert_int_eq(sg_token_recreate(other, sg_bytes_str("12345678"), sg_bytes_str("new")),
	                 SG_OK);
	for (size_t i = 0; i < n; i++)
		add(other);
	ck_assert_uint_eq(count(), n);
	add(token);
	ck_assert_uint_eq(count(), n + 1);
}
END_TEST

/* Only the look at what was written fails, so what was written holds. */
START_TEST(a_pin_that_was_changed_is_reported_as_changed)
{
	const struct sg_bytes old_pin = sg_bytes_str("12345678"), pin = sg_bytes_str("23456789");

	make_pin_token();
	busy_once_written = true;
	ck_assert_uint_eq(sg_token_set_pin(token, SG_SO, old_pin, pin, NULL), CKR_OK);
	ck_assert(busy);
	busy = busy_once_written = false;
	ck_assert_uint_eq(sg_token_login(token, SG_SO, old_pin), CKR_PIN_INCORRECT);
	ck_assert_uint_eq(sg_token_login(token, SG_SO, pin), CKR_OK);
}
END_TEST

START_TEST(a_token_that_was_made_new_is_reported_as_new)
{
	make_pin_token();
	busy_once_written = true;
	ck_assert_int_eq(sg_token_recreate(token, sg_bytes_str("12345678"), sg_bytes_str("new")),
	                 SG_OK);
	ck_assert(busy);
	busy = busy_once_written = false;
	ck_assert_int_eq(sg_token_sync(token), SG_OK);
	ck_assert_mem_eq(token->record.label, "new ", 4);
}
END_TEST

/* Another process makes the token new, and another thread sees that. */
static void make_new(void)
{
	struct sg_store_stamp stamp;

	ck_assert_int_eq(sg_token_recreate(other, sg_bytes_str("12345678"), sg_bytes_str("new")),
	                 SG_OK);
	test_stamp_settle(token->path, &stamp);
	ck_assert_int_eq(sg_token_sync(token), SG_OK);
}

static bool is_new(void)
{
	ck_assert_int_eq(sg_token_sync(token), SG_OK);
	return memcmp(token->record.label, "new ", 4) == 0;
}

/* Another process makes the token new, and nobody here looks. */
static void make_new_unseen(void)
{
	ck_assert_int_eq(sg_token_recreate(other, sg_bytes_str("12345678"), sg_bytes_str("new")),
	                 SG_OK);
}

static const struct {
	void (*fn)(void);
	enum sg_err err;
} remakers[] = {
	{ make_new_unseen, SG_ERR_STORE_DAMAGED },
	{ make_new, SG_ERR_CLOSED },
};

START_TEST(an_object_of_the_old_token_never_gets_into_the_new_one)
{
	CK_OBJECT_HANDLE handle = 0;

	make_pin_token();
	ck_assert_uint_eq(count(), 0);
	in_between = remakers[_i].fn;
	ck_assert_int_eq(try_to_add(token, &handle), remakers[_i].err);
	ck_assert_ptr_null(in_between);
	ck_assert(is_new());
	ck_assert_uint_eq(count(), 0);
	add(token);
	ck_assert_uint_eq(count(), 1);
}
END_TEST

/* The reader of the old record is the last to write it down. */
START_TEST(an_old_record_that_opens_late_does_not_stay)
{
	make_pin_token();
	add(other);
	in_between = make_new;
	ck_assert_int_eq(sg_token_open(token), SG_OK);
	ck_assert_ptr_null(in_between);
	ck_assert(is_new());
	ck_assert_uint_eq(count(), 0);
}
END_TEST

START_TEST(a_login_with_keys_of_a_token_that_was_made_new_meanwhile_fails)
{
	const struct sg_bytes so_pin = sg_bytes_str("12345678");
	struct sg_store_stamp stamp;

	make_pin_token();
	test_stamp_settle(token->path, &stamp);
	ck_assert_int_eq(sg_token_sync(token), SG_OK);
	in_between = make_new;
	ck_assert_uint_eq(sg_token_login(token, SG_SO, so_pin), CKR_TOKEN_NOT_RECOGNIZED);
	ck_assert_ptr_null(in_between);
	ck_assert_int_eq(token->user, SG_NOBODY);
	ck_assert_ptr_null(token->token_key);
	ck_assert_uint_eq(sg_token_login(token, SG_SO, so_pin), CKR_OK);
	ck_assert_uint_eq(count(), 0);
	add(token);
	ck_assert_uint_eq(count(), 1);
}
END_TEST

/* Another process changes the officer's PIN, which was proved already. */
static void change_pin(void)
{
	ck_assert_uint_eq(sg_token_set_pin(other, SG_SO, sg_bytes_str("12345678"),
	                                   sg_bytes_str("23456789"), NULL), CKR_OK);
}

START_TEST(a_pin_that_was_changed_meanwhile_does_not_come_back_with_a_token_made_new)
{
	make_pin_token();
	before_writing = change_pin;
	ck_assert_int_eq(sg_token_recreate(token, sg_bytes_str("12345678"), sg_bytes_str("new")),
	                 SG_ERR_AUTH);
	ck_assert_ptr_null(before_writing);
	ck_assert_uint_eq(sg_token_login(token, SG_SO, sg_bytes_str("12345678")),
	                  CKR_PIN_INCORRECT);
	ck_assert_uint_eq(sg_token_login(token, SG_SO, sg_bytes_str("23456789")), CKR_OK);
}
END_TEST

/* The store is gone before a login to the machine token is through. */
static void take_away(void)
{
	token->sessions = 1;
	ck_assert_int_eq(sg_store_remove(token->path), SG_OK);
	ck_assert_int_eq(sg_token_sync(token), SG_ERR_STORE_MISSING);
	ck_assert(token->replaced);
}

START_TEST(nobody_logs_in_to_a_token_that_is_gone)
{
	struct sg_store_stamp stamp;

	ck_assert_int_eq(sg_token_open(token), SG_OK);
	test_stamp_settle(token->path, &stamp);
	ck_assert_int_eq(sg_token_sync(token), SG_OK);
	in_between = take_away;
	ck_assert_uint_eq(sg_token_login(token, SG_USER, sg_bytes(NULL, 0)), CKR_DEVICE_REMOVED);
	ck_assert_ptr_null(in_between);
	ck_assert_int_eq(token->user, SG_NOBODY);
}
END_TEST

START_TEST(a_store_that_is_damaged_stays_an_error)
{
	CK_OBJECT_HANDLE *handles = NULL;
	struct sg_buf stored = { 0 };
	struct sg_store_txn *txn = NULL;
	size_t n = 0;

	ck_assert_uint_eq(count(), 0);
	ck_assert_int_eq(sg_store_begin(token->path, SG_STORE_WRITE, &txn), SG_OK);
	ck_assert_int_eq(sg_store_get(txn, SG_STORE_STATE, &stored), SG_OK);
	stored.data[stored.len - 1] ^= 1;
	ck_assert_int_eq(sg_store_put(txn, SG_STORE_STATE, sg_buf_bytes(&stored)), SG_OK);
	ck_assert_int_eq(sg_store_commit(&txn), SG_OK);
	sg_buf_free(&stored);
	ck_assert_int_eq(sg_token_find(token, NULL, 0, &handles, &n), SG_ERR_STORE_DAMAGED);
	ck_assert_ptr_null(handles);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("token_refresh");
	TCase *tc = tcase_create("token_refresh");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, a_search_opens_no_store_that_did_not_change);
	tcase_add_test(tc, a_session_opens_no_store_that_did_not_change);
	tcase_add_test(tc, a_change_of_another_process_is_seen_by_the_next_search);
	tcase_add_test(tc, a_change_right_after_a_search_is_seen_too);
	tcase_add_test(tc, a_change_of_our_own_is_seen);
	tcase_add_test(tc, what_was_closed_and_opened_again_is_shown_though_the_store_did_not_change);
	tcase_add_test(tc, what_was_read_before_a_change_of_our_own_is_not_taken_over);
	tcase_add_test(tc, what_is_added_before_the_store_is_read_stays_too);
	tcase_add_test(tc, what_was_read_before_it_was_destroyed_does_not_come_back);
	tcase_add_test(tc, what_was_read_before_it_was_changed_does_not_come_back);
	tcase_add_test(tc, a_search_ends_though_the_token_changes_each_time_it_was_read);
	tcase_add_test(tc, what_was_entered_while_it_was_read_stays_what_it_is);
	tcase_add_test(tc, a_half_that_closes_while_the_token_changes_each_time_is_left_out);
	tcase_add_test(tc, what_another_process_commits_during_a_refresh_is_seen_by_the_next);
	tcase_add_test(tc, what_was_read_with_keys_that_are_gone_is_not_taken_over);
	tcase_add_loop_test(tc, a_token_that_another_process_made_new_shows_the_new_objects, 0, 4);
	tcase_add_test(tc, a_pin_that_was_changed_is_reported_as_changed);
	tcase_add_test(tc, a_token_that_was_made_new_is_reported_as_new);
	tcase_add_loop_test(tc, an_object_of_the_old_token_never_gets_into_the_new_one, 0, 2);
	tcase_add_test(tc, an_old_record_that_opens_late_does_not_stay);
	tcase_add_test(tc, a_login_with_keys_of_a_token_that_was_made_new_meanwhile_fails);
	tcase_add_test(tc, a_pin_that_was_changed_meanwhile_does_not_come_back_with_a_token_made_new);
	tcase_add_test(tc, nobody_logs_in_to_a_token_that_is_gone);
	tcase_add_test(tc, a_store_that_is_damaged_stays_an_error);
	return s;
}

int main(void)
{
	return test_run(suite());
}
