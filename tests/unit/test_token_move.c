/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/token_move.c: rows that are no whole are not read, and whatever the new store has
 * other than the old one is noticed. Here the new one is a copy of the old, under the same keys.
 */
#include "core/token_move.h"

#include <stdlib.h>
#include <string.h>

#include "core/token_objects.h"
#include "core/token_write.h"
#include "lib/file.h"
#include "lib/moving.h"
#include "lib/runner.h"
#include "lib/scratch.h"

static struct sg_token_proof proof;
static struct sg_move move;
static struct sg_store_txn *to;
static struct sg_token *copy;           /* of the token, whose store lies elsewhere */

static void setup(void)
{
	struct sg_buf store;

	moving_setup();
	moving_make(true, NULL);
	moving_fill();
	store = test_file_read(moving_token->path);
	ck_assert_int_eq(sg_token_new(moving_a, 0, &copy), SG_OK);
	free(copy->path);
	copy->path = scratch_path(moving_folder, "copy.db");
	test_file_write(copy->path, sg_buf_bytes(&store));
	sg_buf_free(&store);
	ck_assert_int_eq(sg_token_sync(copy), SG_OK);
}

static void teardown(void)
{
	sg_store_abort(&move.txn);
	sg_store_abort(&to);
	sg_move_clear(&move);
	sg_token_proof_clear(&proof);
	sg_token_free(&copy);
	moving_teardown();
}

static enum sg_err survey(void)
{
	const struct sg_token_pins none = { NULL };
	enum sg_err err;

	ck_assert_int_eq(sg_token_read_record(moving_token, &proof.record), SG_OK);
	sg_token_opening_lock(moving_token);
	ck_assert_int_eq(sg_token_prove(moving_token, &none, &proof), SG_OK);
	ck_assert_int_eq(sg_store_begin(moving_token->path, SG_STORE_READ, &move.txn), SG_OK);
	ck_assert_int_eq(sg_token_read_state(move.txn, &move.state), SG_OK);
	move.from = &proof;
	err = sg_move_survey(&move);
	sg_token_opening_unlock(moving_token);
	return err;
}

static enum sg_err compare(void)
{
	ck_assert_int_eq(survey(), SG_OK);
	ck_assert_int_eq(sg_store_begin(copy->path, SG_STORE_READ, &to), SG_OK);
	return sg_move_compare(&move, to, &proof);
}

/* Get the object that is neither sealed nor a key. */
static struct sg_object *get(CK_OBJECT_HANDLE *handle)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	const CK_ATTRIBUTE template = { CKA_CLASS, &class, sizeof class };
	struct sg_object *object = NULL;
	CK_OBJECT_HANDLE *handles = NULL;
	size_t n = 0;

	ck_assert_int_eq(sg_token_find(copy, &template, 1, &handles, &n), SG_OK);
	ck_assert_uint_eq(n, 1);
	*handle = handles[0];
	free(handles);
	ck_assert_int_eq(sg_token_object(copy, *handle, &object), SG_OK);
	return object;
}

START_TEST(what_is_the_same_is_the_same)
{
	ck_assert_int_eq(compare(), SG_OK);
}
END_TEST

START_TEST(another_label_is_noticed)
{
	struct sg_attrs attrs = { 0 };
	CK_OBJECT_HANDLE handle;
	struct sg_object *object = get(&handle);

	ck_assert_int_eq(sg_attrs_copy(&object->attrs, &attrs), SG_OK);
	ck_assert_int_eq(sg_attrs_set(&attrs, CKA_LABEL, sg_bytes_str("another")), SG_OK);
	ck_assert_int_eq(sg_token_change(copy, handle, object, &attrs), SG_OK);
	sg_attrs_free(&attrs);
	sg_object_unref(&object);
	ck_assert_int_eq(compare(), SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(an_object_that_is_missing_is_noticed)
{
	CK_OBJECT_HANDLE handle;
	struct sg_object *object = get(&handle);

	ck_assert_int_eq(sg_token_destroy(copy, handle, object), SG_OK);
	sg_object_unref(&object);
	ck_assert_int_eq(compare(), SG_ERR_STORE_DAMAGED);
}
END_TEST

static enum sg_err take_row(const uint8_t uuid[SG_UUID], struct sg_bytes record, void *arg)
{
	(void)record;
	memcpy(arg, uuid, SG_UUID);
	return SG_ERR_NOT_FOUND;        /* no more */
}

START_TEST(a_store_that_lacks_a_row_does_not_move)
{
	struct sg_store_txn *txn = NULL;
	uint8_t uuid[SG_UUID];

	ck_assert_int_eq(sg_store_begin(moving_token->path, SG_STORE_WRITE, &txn), SG_OK);
	ck_assert_int_eq(sg_store_object_each(txn, take_row, uuid), SG_ERR_NOT_FOUND);
	ck_assert_int_eq(sg_store_object_delete(txn, uuid), SG_OK);
	ck_assert_int_eq(sg_store_commit(&txn), SG_OK);
	ck_assert_int_eq(survey(), SG_ERR_STORE_DAMAGED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("token_move");
	TCase *tcase = tcase_create("token_move");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_is_the_same_is_the_same);
	tcase_add_test(tcase, another_label_is_noticed);
	tcase_add_test(tcase, an_object_that_is_missing_is_noticed);
	tcase_add_test(tcase, a_store_that_lacks_a_row_does_not_move);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
