/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/row.c, through transactions: rows and their order.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/runner.h"
#include "lib/store.h"

/* The first letters of the records in the order in which they are visited. */
struct letters {
	char text[32];
	size_t n;
	enum sg_err stop;       /* what the third visit returns */
};

static enum sg_err note(const uint8_t uuid[SG_UUID], struct sg_bytes record, void *arg)
{
	struct letters *l = arg;

	(void)uuid;
	l->text[l->n++] = (char)record.data[0];
	return l->n == 3 ? l->stop : SG_OK;
}

static void expect_letters(const char *text)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_READ);
	struct letters l = { .stop = SG_OK };

	ck_assert_int_eq(sg_store_object_each(txn, note, &l), SG_OK);
	ck_assert_str_eq(l.text, text);
	sg_store_abort(&txn);
}

static void put_three(void)
{
	ck_assert_int_eq(test_store_put(30, "a"), SG_OK);
	ck_assert_int_eq(test_store_put(10, "b"), SG_OK);
	ck_assert_int_eq(test_store_put(20, "c"), SG_OK);
}

static enum sg_err delete_one(unsigned n)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_WRITE);
	uint8_t uuid[SG_UUID];
	enum sg_err err;

	test_uuid(n, uuid);
	err = sg_store_object_delete(txn, uuid);
	ck_assert_int_eq(sg_store_commit(&txn), SG_OK);
	return err;
}

START_TEST(rows_come_in_the_order_of_creation)
{
	put_three();
	expect_letters("abc");
}
END_TEST

START_TEST(a_row_that_is_replaced_keeps_its_place)
{
	put_three();
	ck_assert_int_eq(test_store_put(30, "d"), SG_OK);
	expect_letters("dbc");
}
END_TEST

START_TEST(a_row_that_is_made_again_comes_last)
{
	put_three();
	ck_assert_int_eq(delete_one(30), SG_OK);
	ck_assert_int_eq(test_store_put(30, "a"), SG_OK);
	expect_letters("bca");
	ck_assert_int_eq(delete_one(30), SG_OK);
	ck_assert_int_eq(test_store_put(40, "d"), SG_OK);
	expect_letters("bcd");
}
END_TEST

START_TEST(a_visit_can_end_early)
{
	struct sg_store_txn *txn;
	struct letters l = { .stop = SG_ERR_TAG };

	put_three();
	ck_assert_int_eq(test_store_put(40, "d"), SG_OK);
	txn = test_store_begin(SG_STORE_READ);
	ck_assert_int_eq(sg_store_object_each(txn, note, &l), SG_ERR_TAG);
	ck_assert_str_eq(l.text, "abc");
	sg_store_abort(&txn);
}
END_TEST

START_TEST(a_missing_row_is_not_found)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_READ);
	struct sg_buf record = { 0 };
	uint8_t uuid[SG_UUID];

	test_uuid(1, uuid);
	ck_assert_int_eq(sg_store_object_get(txn, uuid, &record), SG_ERR_NOT_FOUND);
	ck_assert_uint_eq(record.len, 0);
	sg_store_abort(&txn);
	ck_assert_int_eq(delete_one(1), SG_ERR_NOT_FOUND);
}
END_TEST

START_TEST(all_rows_can_be_deleted)
{
	struct sg_store_txn *txn;

	put_three();
	txn = test_store_begin(SG_STORE_WRITE);
	ck_assert_int_eq(sg_store_object_delete_all(txn), SG_OK);
	ck_assert_int_eq(sg_store_commit(&txn), SG_OK);
	ck_assert_uint_eq(test_store_count(), 0);
	test_store_expect_state("state");
}
END_TEST

START_TEST(a_deleted_record_is_not_in_the_file)
{
	static const char secret[] = "a record that is to vanish";
	struct sg_buf file;

	ck_assert_int_eq(test_store_put(1, secret), SG_OK);
	file = test_file_read(test_store_path);
	ck_assert_ptr_nonnull(memmem(file.data, file.len, secret, strlen(secret)));
	sg_buf_free(&file);
	ck_assert_int_eq(delete_one(1), SG_OK);
	file = test_file_read(test_store_path);
	ck_assert_ptr_null(memmem(file.data, file.len, secret, strlen(secret)));
	sg_buf_free(&file);
}
END_TEST

START_TEST(a_record_may_hold_any_bytes)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_WRITE);
	struct sg_buf out = { 0 };
	uint8_t uuid[SG_UUID], record[512];
	size_t i;

	for (i = 0; i < sizeof(record); i++)
		record[i] = (uint8_t)i;
	memset(uuid, 0xff, sizeof(uuid));
	ck_assert_int_eq(sg_store_object_put(txn, uuid, sg_bytes(record, sizeof(record))), SG_OK);
	ck_assert_int_eq(sg_store_object_get(txn, uuid, &out), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&out), sg_bytes(record, sizeof(record))));
	ck_assert_int_eq(sg_store_commit(&txn), SG_OK);
	sg_buf_free(&out);
}
END_TEST

START_TEST(an_empty_record_is_a_record)
{
	ck_assert_int_eq(test_store_put(1, ""), SG_OK);
	test_store_expect(1, "");
}
END_TEST

START_TEST(reading_replaces_what_the_buffer_holds)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_READ);
	struct sg_buf out = { 0 };

	ck_assert_int_eq(sg_buf_set(&out, sg_bytes_str("something longer")), SG_OK);
	ck_assert_int_eq(sg_store_get(txn, SG_STORE_TOKEN, &out), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&out), sg_bytes_str("token")));
	sg_buf_free(&out);
	sg_store_abort(&txn);
}
END_TEST

START_TEST(the_longest_record_fits_and_no_longer_one)
{
	struct sg_store_txn *txn = test_store_begin(SG_STORE_WRITE);
	uint8_t *record = calloc(1, SG_STORE_RECORD_MAX + 1), uuid[SG_UUID];
	struct sg_buf out = { 0 };

	ck_assert_ptr_nonnull(record);
	test_uuid(1, uuid);
	ck_assert_int_eq(sg_store_object_put(txn, uuid, sg_bytes(record, SG_STORE_RECORD_MAX + 1)),
	                 SG_ERR_RANGE);
	ck_assert_int_eq(sg_store_put(txn, SG_STORE_STATE,
	                              sg_bytes(record, SG_STORE_RECORD_MAX + 1)), SG_ERR_RANGE);
	ck_assert_int_eq(sg_store_object_put(txn, uuid, sg_bytes(record, SG_STORE_RECORD_MAX)),
	                 SG_OK);
	ck_assert_int_eq(sg_store_commit(&txn), SG_OK);
	txn = test_store_begin(SG_STORE_READ);
	ck_assert_int_eq(sg_store_object_get(txn, uuid, &out), SG_OK);
	ck_assert_uint_eq(out.len, SG_STORE_RECORD_MAX);
	sg_store_abort(&txn);
	sg_buf_free(&out);
	free(record);
}
END_TEST

START_TEST(a_planted_record_that_is_too_long_is_damage)
{
	struct sg_store_txn *txn;
	struct sg_buf out = { 0 };
	struct letters l = { .stop = SG_OK };
	uint8_t uuid[SG_UUID] = { 0 };

	test_store_sql(_i == 0 ? "INSERT INTO object VALUES(1, zeroblob(16), zeroblob(1048577))"
	                       : "INSERT INTO object VALUES(1, zeroblob(16), zeroblob(9000000))");
	txn = test_store_begin(SG_STORE_READ);
	ck_assert_int_eq(sg_store_object_get(txn, uuid, &out), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(sg_store_object_each(txn, note, &l), SG_ERR_STORE_DAMAGED);
	ck_assert_uint_eq(l.n, 0);
	sg_store_abort(&txn);
	sg_buf_free(&out);
}
END_TEST

START_TEST(a_planted_uuid_of_another_length_is_damage)
{
	struct sg_store_txn *txn;
	struct letters l = { .stop = SG_OK };

	test_store_sql(_i == 0 ? "INSERT INTO object VALUES(1, zeroblob(15), x'00')"
	                       : "INSERT INTO object VALUES(1, zeroblob(17), x'00')");
	txn = test_store_begin(SG_STORE_READ);
	ck_assert_int_eq(sg_store_object_each(txn, note, &l), SG_ERR_STORE_DAMAGED);
	ck_assert_uint_eq(l.n, 0);
	sg_store_abort(&txn);
}
END_TEST

START_TEST(a_missing_single_record_is_damage)
{
	struct sg_store_txn *txn;
	struct sg_buf out = { 0 };

	test_store_sql("DELETE FROM item WHERE id = 1");
	txn = test_store_begin(SG_STORE_READ);
	ck_assert_int_eq(sg_store_get(txn, SG_STORE_TOKEN, &out), SG_OK);
	ck_assert_int_eq(sg_store_get(txn, SG_STORE_STATE, &out), SG_ERR_STORE_DAMAGED);
	sg_store_abort(&txn);
	sg_buf_free(&out);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("store/row");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, test_store_setup, test_store_teardown);
	tcase_add_test(t, rows_come_in_the_order_of_creation);
	tcase_add_test(t, a_row_that_is_replaced_keeps_its_place);
	tcase_add_test(t, a_row_that_is_made_again_comes_last);
	tcase_add_test(t, a_visit_can_end_early);
	tcase_add_test(t, a_missing_row_is_not_found);
	tcase_add_test(t, all_rows_can_be_deleted);
	tcase_add_test(t, a_deleted_record_is_not_in_the_file);
	tcase_add_test(t, a_record_may_hold_any_bytes);
	tcase_add_test(t, an_empty_record_is_a_record);
	tcase_add_test(t, reading_replaces_what_the_buffer_holds);
	tcase_add_test(t, the_longest_record_fits_and_no_longer_one);
	tcase_add_loop_test(t, a_planted_record_that_is_too_long_is_damage, 0, 2);
	tcase_add_loop_test(t, a_planted_uuid_of_another_length_is_damage, 0, 2);
	tcase_add_test(t, a_missing_single_record_is_damage);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
