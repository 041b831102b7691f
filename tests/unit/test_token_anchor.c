/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/token_anchor.c, with a counter that is a number in memory.
 */
#include "core/token_anchor.h"

#include <stdlib.h>

#include "crypto/crypto.h"
#include "lib/keys.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "seal/counter.h"

/* The hardware: what the counter shows, and how it fails. */
static uint64_t value;
static enum sg_err broken;              /* SG_OK: it works */
static unsigned failures, calls;        /* so many moves fail; so many were asked for */

static enum sg_err fake_read(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes ref,
                             const struct sg_secret *auth, uint64_t *shown)
{
	(void)sealer;
	(void)parent;
	(void)ref;
	(void)auth;
	*shown = value;
	return broken;
}

static enum sg_err fake_advance(struct sg_sealer *sealer, struct sg_bytes parent,
                                struct sg_bytes ref, const struct sg_secret *auth, uint64_t to,
                                uint64_t *shown)
{
	(void)sealer;
	(void)parent;
	(void)ref;
	(void)auth;
	calls++;
	if (calls <= failures)
		return broken;
	if (value != to)
		value++;
	*shown = value;
	return SG_OK;
}

static uint32_t another;                /* another counter of the token */

static enum sg_err fake_other(struct sg_sealer *sealer, struct sg_bytes parent,
                              const uint8_t owner[SG_COUNTER_OWNER], struct sg_bytes ref,
                              uint32_t *handle)
{
	(void)sealer;
	(void)parent;
	(void)owner;
	(void)ref;
	*handle = another;
	return SG_OK;
}

static const struct sg_counter_ops fake_counter = {
	.read = fake_read, .advance = fake_advance, .other = fake_other,
};
static const struct sg_sealer_ops fake_ops = { .name = "fake", .counter = &fake_counter };
static struct sg_sealer sealer = { &fake_ops };

static struct sg_keyset *keys[2];
static struct sg_token_record record = { .uuid = "token" };
static struct sg_state state;
static struct sg_anchor anchor;
static struct sg_store_txn *txn;
static struct sg_token token;
static char *folder;

static void setup(void)
{
	struct sg_buf stored[3] = { { 0 } };

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	keys[SG_PUBLIC_HALF] = test_keyset('u', record.uuid);
	keys[SG_PRIVATE_HALF] = test_keyset('r', record.uuid);
	folder = scratch_make();
	token.path = scratch_path(folder, "store.db");
	sg_state_init(&state);
	value = anchor.count = 40;
	broken = SG_OK;
	failures = calls = another = 0;
	ck_assert_int_eq(sg_buf_set(&record.counter, sg_bytes_str("counter")), SG_OK);
	ck_assert_int_eq(sg_token_record_write(&record, keys, &stored[0]), SG_OK);
	ck_assert_int_eq(sg_state_write(&state, &stored[1]), SG_OK);
	sg_anchor_sign(&anchor, keys, &record, &state);
	ck_assert_int_eq(sg_anchor_write(&anchor, &stored[2]), SG_OK);
	ck_assert_int_eq(sg_store_create(token.path, sg_buf_bytes(&stored[0]),
	                                 sg_buf_bytes(&stored[1]), sg_buf_bytes(&stored[2])), SG_OK);
	for (int i = 0; i < 3; i++)
		sg_buf_free(&stored[i]);
}

static void teardown(void)
{
	sg_store_abort(&txn);
	sg_token_record_clear(&record);
	sg_keyset_free(&keys[0]);
	sg_keyset_free(&keys[1]);
	free(token.path);
	scratch_remove(&folder);
	sg_crypto_stop();
}

static const struct {
	uint64_t value;
	enum sg_err err;
	bool unfinished;
} shown[] = {
	{ 40, SG_OK, false },
	{ 39, SG_OK, true },
	{ 41, SG_ERR_STORE_OLD, false },
	{ 38, SG_ERR_HW_NV_GONE, false },
	{ 0, SG_ERR_HW_NV_GONE, false },
	{ UINT64_MAX, SG_ERR_STORE_OLD, false },
};

START_TEST(the_newest_store_shows_what_the_counter_shows_or_one_more)
{
	bool unfinished = false;

	value = shown[_i].value;
	ck_assert_int_eq(sg_token_anchor_ask(&sealer, &record, keys, &anchor, &unfinished),
	                 shown[_i].err);
	ck_assert(unfinished == shown[_i].unfinished);
}
END_TEST

START_TEST(a_counter_that_can_not_be_read_is_an_error)
{
	bool unfinished = false;

	broken = SG_ERR_HW_REMOVED;
	ck_assert_int_eq(sg_token_anchor_ask(&sealer, &record, keys, &anchor, &unfinished),
	                 SG_ERR_HW_REMOVED);
	ck_assert(!unfinished);
}
END_TEST

START_TEST(a_store_whose_counter_is_gone_is_old_where_the_token_has_another)
{
	bool unfinished = false;

	broken = SG_ERR_HW_NV_GONE;
	ck_assert_int_eq(sg_token_anchor_ask(&sealer, &record, keys, &anchor, &unfinished),
	                 SG_ERR_HW_NV_GONE);
	another = 0x01800000;
	ck_assert_int_eq(sg_token_anchor_ask(&sealer, &record, keys, &anchor, &unfinished),
	                 SG_ERR_STORE_OLD);
}
END_TEST

static void begin(void)
{
	ck_assert_int_eq(sg_store_begin(token.path, SG_STORE_ALONE, &txn), SG_OK);
}

static uint64_t stored_count(void)
{
	struct sg_anchor stored;

	sg_store_abort(&txn);
	ck_assert_int_eq(sg_store_begin(token.path, SG_STORE_READ, &txn), SG_OK);
	ck_assert_int_eq(sg_token_anchor_read(txn, keys, &record, &state, &stored), SG_OK);
	return stored.count;
}

START_TEST(a_change_takes_two_steps)
{
	begin();
	ck_assert_int_eq(sg_token_anchor_begin(&token, txn, &sealer, keys, &record, &state, &anchor),
	                 SG_OK);
	ck_assert_uint_eq(value, 41);
	ck_assert_int_eq(sg_token_anchor_cast(txn, &sealer, keys, &record, &state, &anchor), SG_OK);
	ck_assert_uint_eq(value, 42);
	ck_assert_uint_eq(stored_count(), 42);
}
END_TEST

START_TEST(before_a_change_what_was_broken_off_is_finished)
{
	value = 39;
	begin();
	ck_assert_int_eq(sg_token_anchor_begin(&token, txn, &sealer, keys, &record, &state, &anchor),
	                 SG_OK);
	ck_assert_uint_eq(value, 41);
}
END_TEST

START_TEST(no_change_begins_without_the_keys_of_both_halves)
{
	struct sg_keyset *const open[2] = { keys[SG_PUBLIC_HALF], NULL };

	begin();
	ck_assert_int_eq(sg_token_anchor_begin(&token, txn, &sealer, open, &record, &state, &anchor),
	                 SG_ERR_CLOSED);
	ck_assert_uint_eq(stored_count(), 40);
}
END_TEST

START_TEST(a_failure_before_a_change_is_the_failure_of_the_hardware)
{
	broken = SG_ERR_HW_TIMEOUT;
	failures = 1;
	begin();
	ck_assert_int_eq(sg_token_anchor_again(txn, &sealer, keys, &record, &state, &anchor),
	                 SG_ERR_HW_TIMEOUT);
}
END_TEST

/* Which failures may be over with the next try; nobody waits twice for a silent TPM. */
static const struct {
	enum sg_err broken;
	unsigned failures, calls;
	enum sg_err err;
} moves[] = {
	{ SG_ERR_HW_REMOVED, 1, 2, SG_OK },
	{ SG_ERR_HW_BUSY, 1, 2, SG_OK },
	{ SG_ERR_HW_REMOVED, 2, 2, SG_ERR_UNCOUNTED },
	{ SG_ERR_HW_TIMEOUT, 1, 1, SG_ERR_UNCOUNTED },
	{ SG_ERR_HW_FAILURE, 1, 1, SG_ERR_UNCOUNTED },
	{ SG_ERR_HW_NV_GONE, 1, 1, SG_ERR_UNCOUNTED },
};

START_TEST(a_change_that_is_committed_stands_whatever_the_counter_does)
{
	broken = moves[_i].broken;
	failures = moves[_i].failures;
	begin();
	ck_assert_int_eq(sg_token_anchor_cast(txn, &sealer, keys, &record, &state, &anchor),
	                 moves[_i].err);
	ck_assert(sg_token_anchor_stands(moves[_i].err));
	ck_assert_uint_eq(calls, moves[_i].calls);
	ck_assert_uint_eq(value, moves[_i].err == SG_OK ? 41 : 40);
	ck_assert_uint_eq(stored_count(), 41);
}
END_TEST

START_TEST(whoever_comes_next_finishes_it_once)
{
	value = 39;
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(sg_token_anchor_finish(&token, &sealer, &record, keys), SG_OK);
		ck_assert_uint_eq(value, 40);
		ck_assert_uint_eq(calls, 1);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("token_anchor");
	TCase *tc = tcase_create("token_anchor");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, the_newest_store_shows_what_the_counter_shows_or_one_more, 0,
	                    (int)(sizeof shown / sizeof shown[0]));
	tcase_add_test(tc, a_counter_that_can_not_be_read_is_an_error);
	tcase_add_test(tc, a_store_whose_counter_is_gone_is_old_where_the_token_has_another);
	tcase_add_test(tc, a_change_takes_two_steps);
	tcase_add_test(tc, before_a_change_what_was_broken_off_is_finished);
	tcase_add_test(tc, no_change_begins_without_the_keys_of_both_halves);
	tcase_add_test(tc, a_failure_before_a_change_is_the_failure_of_the_hardware);
	tcase_add_loop_test(tc, a_change_that_is_committed_stands_whatever_the_counter_does, 0,
	                    (int)(sizeof moves / sizeof moves[0]));
	tcase_add_test(tc, whoever_comes_next_finishes_it_once);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
