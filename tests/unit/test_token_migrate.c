/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/token_migrate.c and core/token_move.c: what moves, what stays, and what is
 * refused. What breaks off in the middle is in tests/unit/test_token_migrate_crash.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/token_aside.h"
#include "core/token_objects.h"
#include "lib/file.h"
#include "lib/moving.h"
#include "lib/runner.h"

#define POLICY "pcr=sha256:7"

static struct sg_token_migrated out;
static uint8_t before[32], after[32];

static void teardown(void)
{
	sg_token_migrated_clear(&out);
	moving_teardown();
}

static void make_filled(bool machine)
{
	moving_make(machine, NULL);
	moving_fill();
	ck_assert_uint_eq(moving_sum(moving_a, NULL, before), 5);
}

/* The PINs of a PIN token. */
static struct sg_token_migration pins(void)
{
	return (struct sg_token_migration){ .pins = { moving_pin, moving_so_pin, NULL } };
}

/* One row of a store. */
struct row {
	uint8_t uuid[SG_UUID];
	struct sg_buf record;
};

static enum sg_err take_row(const uint8_t uuid[SG_UUID], struct sg_bytes record, void *arg)
{
	struct row *row = arg;

	memcpy(row->uuid, uuid, SG_UUID);
	ck_assert_int_eq(sg_buf_set(&row->record, record), SG_OK);
	return SG_ERR_NOT_FOUND;        /* no more */
}

START_TEST(a_machine_token_moves_with_all_that_is_in_it)
{
	struct sg_token_record old = { 0 }, new = { 0 };

	make_filled(true);
	ck_assert_int_eq(sg_token_read_record(moving_token, &old), SG_OK);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
	ck_assert(out.done);
	ck_assert_uint_eq(out.objects, 5);
	ck_assert_uint_eq(out.sealed, 2);
	ck_assert_uint_eq(out.n_stays, 0);
	ck_assert_str_eq(out.from, "one");
	ck_assert_str_eq(out.device, "hardware b");
	moving_require(moving_b, 2, before);
	ck_assert_int_eq(sg_token_read_record(moving_token, &new), SG_OK);
	ck_assert_mem_eq(new.uuid, old.uuid, SG_UUID);
	ck_assert_mem_eq(new.label, old.label, SG_LABEL);
	ck_assert_uint_eq(new.created, old.created);
	ck_assert_str_eq(new.sealer, "two");
	sg_token_record_clear(&old);
	sg_token_record_clear(&new);
}
END_TEST

START_TEST(the_old_store_is_the_way_back)
{
	make_filled(true);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
	ck_assert_uint_eq(moving_sum(moving_a, out.aside, after), 5);
	ck_assert_mem_eq(after, before, sizeof before);
	ck_assert_int_eq(rename(out.aside, moving_token->path), 0);
	moving_require(moving_a, 1, before);
}
END_TEST

START_TEST(a_token_moves_on_and_both_old_stores_are_kept)
{
	struct sg_token_migrated second;

	make_filled(true);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
	sg_token_free(&moving_token);
	ck_assert_int_eq(sg_token_new(moving_b, 0, &moving_token), SG_OK);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ .config = moving_a }, &second),
	                 SG_OK);
	ck_assert_str_ne(second.aside, out.aside);
	moving_require(moving_a, 3, before);
	sg_token_migrated_clear(&second);
}
END_TEST

/* The objects of the old store keep their uuids, and so does the token; their records fit nowhere. */
START_TEST(a_row_of_the_old_store_is_none_of_the_new)
{
	struct sg_store_txn *old = NULL, *new = NULL;
	CK_OBJECT_HANDLE *handles = NULL;
	struct sg_token *token = NULL;
	struct row row = { 0 };
	size_t n;

	make_filled(true);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
	ck_assert_int_eq(sg_store_begin(out.aside, SG_STORE_READ, &old), SG_OK);
	ck_assert_int_eq(sg_store_object_each(old, take_row, &row), SG_ERR_NOT_FOUND);
	sg_store_abort(&old);
	ck_assert_int_eq(sg_store_begin(moving_token->path, SG_STORE_WRITE, &new), SG_OK);
	ck_assert_int_eq(sg_store_object_put(new, row.uuid, sg_buf_bytes(&row.record)), SG_OK);
	ck_assert_int_eq(sg_store_commit(&new), SG_OK);
	ck_assert_int_eq(sg_token_new(moving_b, 0, &token), SG_OK);
	ck_assert_int_eq(sg_token_sync(token), SG_OK);
	ck_assert_int_eq(sg_token_find(token, NULL, 0, &handles, &n), SG_ERR_STORE_DAMAGED);
	sg_token_free(&token);
	sg_buf_free(&row.record);
}
END_TEST

/* Put a single record of the old store into the new one. */
static void put_back(enum sg_store_item item)
{
	struct sg_store_txn *old = NULL, *new = NULL;
	struct sg_buf record = { 0 };

	ck_assert_int_eq(sg_store_begin(out.aside, SG_STORE_READ, &old), SG_OK);
	ck_assert_int_eq(sg_store_get(old, item, &record), SG_OK);
	sg_store_abort(&old);
	ck_assert_int_eq(sg_store_begin(moving_token->path, SG_STORE_WRITE, &new), SG_OK);
	ck_assert_int_eq(sg_store_put(new, item, sg_buf_bytes(&record)), SG_OK);
	ck_assert_int_eq(sg_store_commit(&new), SG_OK);
	sg_buf_free(&record);
}

/* Find something in the token with a configuration. */
static enum sg_err find_with(const struct sg_config *config)
{
	CK_OBJECT_HANDLE *handles = NULL;
	struct sg_token *token = NULL;
	size_t n;
	enum sg_err err;

	ck_assert_int_eq(sg_token_new(config, 0, &token), SG_OK);
	ck_assert_int_eq(sg_token_sync(token), SG_OK);
	err = sg_token_find(token, NULL, 0, &handles, &n);
	free(handles);
	sg_token_free(&token);
	return err;
}

START_TEST(no_record_of_the_old_store_fits_the_new)
{
	make_filled(true);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
	ck_assert_int_eq(find_with(moving_b), SG_OK);
	put_back(SG_STORE_STATE);
	ck_assert_int_eq(find_with(moving_b), SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(the_old_token_record_opens_nothing_of_the_new_store)
{
	make_filled(true);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
	put_back(SG_STORE_TOKEN);
	ck_assert_int_eq(find_with(moving_a), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(find_with(moving_b), SG_ERR_HW_OTHER);
}
END_TEST

START_TEST(both_pins_go_with_the_token)
{
	struct sg_token *token = NULL;

	make_filled(false);
	ck_assert_int_eq(moving_try(pins(), &out), SG_OK);
	moving_require(moving_b, 2, before);
	ck_assert_int_eq(sg_token_new(moving_b, 0, &token), SG_OK);
	ck_assert_int_eq(sg_token_sync(token), SG_OK);
	ck_assert_uint_eq(sg_token_login(token, SG_USER, sg_bytes_str("4321")), CKR_PIN_INCORRECT);
	ck_assert_uint_eq(sg_token_login(token, SG_SO, sg_bytes_str("5678")), CKR_OK);
	sg_token_free(&token);
}
END_TEST

START_TEST(a_wrong_pin_changes_nothing)
{
	struct sg_token_migration how = pins();

	make_filled(false);
	how.pins.so = moving_wrong_pin;
	ck_assert_int_eq(moving_try(how, &out), SG_ERR_AUTH);
	ck_assert(!out.done);
	moving_require(moving_a, 1, before);
}
END_TEST

START_TEST(a_pin_that_is_missing_is_not_left_out)
{
	make_filled(false);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ .pins.user = moving_pin }, &out),
	                 SG_ERR_ARG);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ .pins.so = moving_so_pin }, &out),
	                 SG_ERR_ARG);
	ck_assert(!out.same);
	moving_require(moving_a, 1, before);
}
END_TEST

START_TEST(the_officer_can_be_left_out_where_that_is_said)
{
	struct sg_token *token = NULL;

	make_filled(false);
	ck_assert_int_eq(moving_try((struct sg_token_migration){
		.pins.user = moving_pin, .without_officer = true }, &out), SG_OK);
	moving_require(moving_b, 2, before);
	ck_assert_int_eq(sg_token_new(moving_b, 0, &token), SG_OK);
	ck_assert_int_eq(sg_token_sync(token), SG_OK);
	ck_assert_uint_eq(token->record.copy[SG_SEAL_SO].blob.len, 0);
	sg_token_free(&token);
}
END_TEST

START_TEST(a_machine_token_takes_no_pin)
{
	make_filled(true);
	ck_assert_int_eq(moving_try(pins(), &out), SG_ERR_ARG);
	moving_require(moving_a, 1, before);
}
END_TEST

START_TEST(a_key_in_the_hardware_is_named_and_nothing_is_done)
{
	make_filled(true);
	moving_add_resident();
	moving_sum(moving_a, NULL, before);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
	ck_assert(!out.done);
	ck_assert_uint_eq(out.n_stays, 1);
	ck_assert_int_eq(out.stays[0].why, SG_STAY_RESIDENT);
	ck_assert_uint_eq(out.stays[0].object->class, CKO_SECRET_KEY);
	ck_assert_uint_eq(out.objects, 5);
	moving_require(moving_a, 1, before);
}
END_TEST

START_TEST(a_key_in_the_hardware_stays_in_the_old_store)
{
	make_filled(true);
	moving_add_resident();
	ck_assert_int_eq(moving_try((struct sg_token_migration){ .leave_behind = true }, &out),
	                 SG_OK);
	ck_assert(out.done);
	ck_assert_uint_eq(out.n_stays, 1);
	moving_require(moving_b, 2, before);
	ck_assert_uint_eq(moving_sum(moving_a, out.aside, after), 6);
}
END_TEST

START_TEST(keys_that_the_old_hardware_does_not_open_are_named)
{
	make_filled(true);
	moving_sealers.one_refuses = true;
	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
	ck_assert(!out.done);
	ck_assert_uint_eq(out.n_stays, 2);
	ck_assert_int_eq(out.stays[1].why, SG_STAY_CLOSED);
	ck_assert_int_eq(out.stays[1].err, SG_ERR_POLICY);
	sg_token_migrated_clear(&out);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ .leave_behind = true }, &out),
	                 SG_OK);
	ck_assert_uint_eq(moving_sum(moving_b, NULL, after), 3);
}
END_TEST

START_TEST(a_key_goes_with_its_own_policy)
{
	make_filled(true);
	moving_add_guarded(POLICY, NULL);
	moving_sum(moving_a, NULL, before);
	moving_sealers.two_takes_policies = true;
	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
	ck_assert(out.done);
	ck_assert_uint_eq(out.sealed, 3);
	moving_require(moving_b, 2, before);
}
END_TEST

START_TEST(a_key_whose_policy_can_not_be_enforced_stays)
{
	make_filled(true);
	moving_add_guarded(POLICY, NULL);
	moving_sealers.two_has_none = true;
	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
	ck_assert(!out.done);
	ck_assert_uint_eq(out.n_stays, 1);
	ck_assert_int_eq(out.stays[0].why, SG_STAY_KEY_POLICY);
	sg_token_migrated_clear(&out);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ .leave_behind = true }, &out),
	                 SG_OK);
	moving_require(moving_b, 2, before);
}
END_TEST

START_TEST(a_key_never_loses_its_own_policy_on_the_way)
{
	make_filled(true);
	moving_add_guarded(POLICY, NULL);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ .leave_behind = true }, &out),
	                 SG_ERR_HW_UNSUPPORTED);
	ck_assert(!out.done);
}
END_TEST

START_TEST(a_key_with_a_pin_of_its_own_stays)
{
	make_filled(true);
	moving_add_guarded(NULL, "seven dwarfs");
	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
	ck_assert(!out.done);
	ck_assert_uint_eq(out.n_stays, 1);
	ck_assert_int_eq(out.stays[0].why, SG_STAY_KEY_PIN);
	sg_token_migrated_clear(&out);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ .leave_behind = true }, &out),
	                 SG_OK);
	moving_require(moving_b, 2, before);
}
END_TEST

START_TEST(a_policy_that_can_not_be_enforced_is_named)
{
	struct sg_token_record record = { 0 };

	moving_make(true, POLICY);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
	ck_assert(!out.done);
	ck_assert_uint_eq(out.n_stays, 1);
	ck_assert_int_eq(out.stays[0].why, SG_STAY_POLICY);
	ck_assert_ptr_null(out.stays[0].object);
	sg_token_migrated_clear(&out);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ .leave_behind = true }, &out),
	                 SG_OK);
	ck_assert_int_eq(sg_token_read_record(moving_token, &record), SG_OK);
	ck_assert_uint_eq(record.policy.len, 0);
	sg_token_record_clear(&record);
}
END_TEST

START_TEST(a_policy_that_is_asked_for_is_never_left_behind)
{
	moving_make(true, NULL);
	ck_assert_int_eq(moving_try((struct sg_token_migration){
		.leave_behind = true, .other_policy = true, .policy = sg_bytes_str(POLICY) }, &out),
	                 SG_ERR_HW_UNSUPPORTED);
	ck_assert(!out.done);
	ck_assert_int_eq(access(moving_token->path, F_OK), 0);
}
END_TEST

START_TEST(a_policy_stays_or_goes_as_is_said)
{
	struct sg_token_record record = { 0 };

	moving_make(true, POLICY);
	moving_sealers.two_takes_policies = true;
	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
	ck_assert_int_eq(sg_token_read_record(moving_token, &record), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&record.policy), sg_bytes_str(POLICY)));
	sg_token_record_clear(&record);
	sg_token_migrated_clear(&out);
	sg_token_free(&moving_token);
	ck_assert_int_eq(sg_token_new(moving_b, 0, &moving_token), SG_OK);
	ck_assert_int_eq(moving_try((struct sg_token_migration){
		.other_policy = true, .config = moving_a }, &out), SG_OK);
	ck_assert(out.done);
	ck_assert_int_eq(sg_token_read_record(moving_token, &record), SG_OK);
	ck_assert_uint_eq(record.policy.len, 0);
	sg_token_record_clear(&record);
}
END_TEST

START_TEST(what_protects_and_is_asked_for_must_be_there)
{
	moving_make(true, NULL);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ .rollback_protection = true },
	                            &out), SG_ERR_HW_UNSUPPORTED);
	ck_assert_int_eq(moving_try((struct sg_token_migration){
		.other_tries = true, .pin_tries = 3 }, &out), SG_ERR_ARG);
	ck_assert_int_eq(access(moving_token->path, F_OK), 0);
}
END_TEST

START_TEST(a_dry_run_changes_nothing)
{
	make_filled(true);
	moving_add_resident();
	moving_sum(moving_a, NULL, before);
	ck_assert_int_eq(moving_try((struct sg_token_migration){
		.dry = true, .leave_behind = true }, &out), SG_OK);
	ck_assert(!out.done);
	ck_assert_uint_eq(out.objects, 5);
	ck_assert_uint_eq(out.sealed, 2);
	ck_assert_uint_eq(out.n_stays, 1);
	moving_require(moving_a, 1, before);
}
END_TEST

START_TEST(a_token_does_not_move_to_where_it_is)
{
	make_filled(true);
	ck_assert_int_eq(moving_try((struct sg_token_migration){
		.sealer = "one", .config = moving_a }, &out), SG_ERR_ARG);
	ck_assert(out.same);
	moving_require(moving_a, 1, before);
}
END_TEST

START_TEST(other_hardware_of_the_same_kind_is_another)
{
	make_filled(true);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ .sealer = "one" }, &out), SG_OK);
	moving_require(moving_b, 2, before);
}
END_TEST

START_TEST(hardware_that_is_missing_costs_no_try_of_a_pin)
{
	make_filled(false);
	free(moving_b->tcti);
	moving_b->tcti = strdup("missing");
	moving_sealers.calls = 0;
	ck_assert_int_eq(moving_try(pins(), &out), SG_ERR_HW_MISSING);
	ck_assert_uint_eq(moving_sealers.calls, 0);
	ck_assert_int_eq(moving_try((struct sg_token_migration){
		.pins = pins().pins, .sealer = "three" }, &out), SG_ERR_SEALER_UNKNOWN);
	moving_require(moving_a, 1, before);
}
END_TEST

START_TEST(a_key_that_comes_back_different_stops_it)
{
	make_filled(true);
	moving_sealers.two_forgets = true;
	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_ERR_STORE_DAMAGED);
	ck_assert(!out.done);
	moving_require(moving_a, 1, before);
}
END_TEST

/* Another process changes the PIN when the old one was proved by what is stored now. */
static void change_pin(void)
{
	struct sg_token *other = NULL;

	moving_sealers.each = NULL;
	ck_assert_int_eq(sg_token_new(moving_a, 0, &other), SG_OK);
	ck_assert_int_eq(sg_token_sync(other), SG_OK);
	ck_assert_uint_eq(sg_token_set_pin(other, SG_USER, sg_secret_bytes(moving_pin),
	                                   sg_secret_bytes(moving_wrong_pin), NULL), CKR_OK);
	sg_token_free(&other);
}

START_TEST(a_pin_that_was_changed_meanwhile_is_not_undone)
{
	make_filled(false);
	moving_sealers.each = change_pin;
	ck_assert_int_eq(moving_try(pins(), &out), SG_ERR_STORE_BUSY);
	ck_assert(!out.done);
}
END_TEST

static struct sg_buf older;             /* a copy of the store */

/* A token with rollback protection that has an older copy. */
static void make_older(void)
{
	moving_make_counted();
	moving_fill();
	older = test_file_read(moving_token->path);
	moving_fill();
}

static void put_older(void)
{
	moving_sealers.counted = NULL;
	test_file_write(moving_token->path, sg_buf_bytes(&older));
}

static enum sg_err move_uncounted(void)
{
	return moving_try((struct sg_token_migration){ .leave_behind = true }, &out);
}

START_TEST(an_older_copy_does_not_move)
{
	make_older();
	put_older();
	ck_assert_int_eq(move_uncounted(), SG_ERR_STORE_OLD);
	ck_assert(!out.done);
	sg_buf_free(&older);
}
END_TEST

START_TEST(nor_one_that_comes_when_the_newest_was_asked_for)
{
	make_older();
	moving_sealers.counted = put_older;
	ck_assert_int_eq(move_uncounted(), SG_ERR_STORE_OLD);
	ck_assert(!out.done);
	sg_buf_free(&older);
}
END_TEST

START_TEST(a_change_that_was_broken_off_is_counted_and_moves)
{
	make_older();
	moving_sealers.counter--;
	ck_assert_int_eq(move_uncounted(), SG_OK);
	ck_assert(out.done);
	sg_buf_free(&older);
}
END_TEST

START_TEST(sessions_of_the_old_token_end)
{
	struct sg_token *other = NULL;
	CK_OBJECT_HANDLE *handles = NULL;
	size_t n;

	make_filled(true);
	ck_assert_int_eq(sg_token_new(moving_a, 0, &other), SG_OK);
	ck_assert_int_eq(sg_token_sync(other), SG_OK);
	ck_assert_int_eq(sg_token_find(other, NULL, 0, &handles, &n), SG_OK);
	ck_assert_uint_eq(n, 5);
	free(handles);
	other->sessions = 1;
	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
	ck_assert_int_eq(sg_token_find(other, NULL, 0, &handles, &n), SG_ERR_TOKEN_REPLACED);
	sg_token_free(&other);
}
END_TEST

START_TEST(a_store_that_was_set_aside_can_be_removed)
{
	struct sg_token_left left;

	make_filled(true);
	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
	ck_assert_int_eq(sg_token_aside_remove(moving_a, 0, out.aside, NULL, &left), SG_OK);
	ck_assert_int_eq(left.index_err, SG_OK);
	ck_assert_uint_eq(left.kept.n, 0);
	sg_token_left_clear(&left);
	moving_require(moving_b, 1, before);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("token_migrate");
	TCase *tc = tcase_create("token_migrate");

	tcase_add_checked_fixture(tc, moving_setup, teardown);
	tcase_add_test(tc, a_machine_token_moves_with_all_that_is_in_it);
	tcase_add_test(tc, the_old_store_is_the_way_back);
	tcase_add_test(tc, a_token_moves_on_and_both_old_stores_are_kept);
	tcase_add_test(tc, a_row_of_the_old_store_is_none_of_the_new);
	tcase_add_test(tc, no_record_of_the_old_store_fits_the_new);
	tcase_add_test(tc, the_old_token_record_opens_nothing_of_the_new_store);
	tcase_add_test(tc, both_pins_go_with_the_token);
	tcase_add_test(tc, a_wrong_pin_changes_nothing);
	tcase_add_test(tc, a_pin_that_is_missing_is_not_left_out);
	tcase_add_test(tc, the_officer_can_be_left_out_where_that_is_said);
	tcase_add_test(tc, a_machine_token_takes_no_pin);
	tcase_add_test(tc, a_key_in_the_hardware_is_named_and_nothing_is_done);
	tcase_add_test(tc, a_key_in_the_hardware_stays_in_the_old_store);
	tcase_add_test(tc, keys_that_the_old_hardware_does_not_open_are_named);
	tcase_add_test(tc, a_key_goes_with_its_own_policy);
	tcase_add_test(tc, a_key_whose_policy_can_not_be_enforced_stays);
	tcase_add_test(tc, a_key_never_loses_its_own_policy_on_the_way);
	tcase_add_test(tc, a_key_with_a_pin_of_its_own_stays);
	tcase_add_test(tc, a_policy_that_can_not_be_enforced_is_named);
	tcase_add_test(tc, a_policy_that_is_asked_for_is_never_left_behind);
	tcase_add_test(tc, a_policy_stays_or_goes_as_is_said);
	tcase_add_test(tc, what_protects_and_is_asked_for_must_be_there);
	tcase_add_test(tc, a_dry_run_changes_nothing);
	tcase_add_test(tc, a_token_does_not_move_to_where_it_is);
	tcase_add_test(tc, other_hardware_of_the_same_kind_is_another);
	tcase_add_test(tc, hardware_that_is_missing_costs_no_try_of_a_pin);
	tcase_add_test(tc, a_key_that_comes_back_different_stops_it);
	tcase_add_test(tc, a_pin_that_was_changed_meanwhile_is_not_undone);
	tcase_add_test(tc, an_older_copy_does_not_move);
	tcase_add_test(tc, nor_one_that_comes_when_the_newest_was_asked_for);
	tcase_add_test(tc, a_change_that_was_broken_off_is_counted_and_moves);
	tcase_add_test(tc, sessions_of_the_old_token_end);
	tcase_add_test(tc, a_store_that_was_set_aside_can_be_removed);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
