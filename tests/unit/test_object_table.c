/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/object_table.c.
 */
#include "core/object_table.h"

#include <string.h>

#include "crypto/crypto.h"
#include "lib/runner.h"

#define MANY 1000

static struct sg_object_table table;
static const struct sg_session *const session = (const struct sg_session *)&table;

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void teardown(void)
{
	sg_table_clear(&table);
	sg_crypto_stop();
}

static struct sg_object *make(void)
{
	const struct sg_origin imported = { false, CK_UNAVAILABLE_INFORMATION };
	struct sg_attrs attrs = { 0 };
	struct sg_secret *none = NULL;
	struct sg_object *object = NULL;

	ck_assert_int_eq(sg_attrs_set_ulong(&attrs, CKA_CLASS, CKO_DATA), SG_OK);
	ck_assert_uint_eq(sg_object_new(&attrs, &none, imported, &object), CKR_OK);
	return object;
}

static CK_OBJECT_HANDLE add(const struct sg_session *of)
{
	struct sg_object *object = make();
	CK_OBJECT_HANDLE handle = 0;

	ck_assert_int_eq(sg_table_add(&table, &object, of, &handle), SG_OK);
	ck_assert_ptr_null(object);
	ck_assert_uint_ne(handle, 0);
	return handle;
}

START_TEST(an_object_is_found_by_handle_and_row)
{
	CK_OBJECT_HANDLE handle = add(NULL);
	struct sg_entry *entry = sg_table_find(&table, handle);

	ck_assert_ptr_nonnull(entry);
	ck_assert_ptr_eq(sg_table_find_row(&table, entry->object->uuid), entry);
	ck_assert_ptr_null(sg_table_find(&table, handle + 1));
	ck_assert_ptr_null(sg_table_find(&table, 0));
	ck_assert_ptr_null(sg_table_find(&table, ~0UL));
}
END_TEST

START_TEST(a_session_object_has_no_row)
{
	CK_OBJECT_HANDLE handle = add(session);
	struct sg_entry *entry = sg_table_find(&table, handle);

	ck_assert_ptr_eq(entry->session, session);
	ck_assert_ptr_null(sg_table_find_row(&table, entry->object->uuid));
}
END_TEST

START_TEST(a_row_is_compared_whole)
{
	struct sg_entry *entry = sg_table_find(&table, add(NULL));
	uint8_t row[SG_UUID];

	memcpy(row, entry->object->uuid, SG_UUID);
	row[SG_UUID - 1] ^= 1;
	ck_assert_ptr_null(sg_table_find_row(&table, row));
}
END_TEST

START_TEST(rows_that_begin_with_zeros_are_found)
{
	struct sg_object *object = make(), *zero = make();
	CK_OBJECT_HANDLE handle;

	memset(object->uuid, 0, 8);
	ck_assert_int_eq(sg_table_add(&table, &object, NULL, &handle), SG_OK);
	ck_assert_ptr_nonnull(sg_table_find_row(&table, sg_table_find(&table, handle)->object->uuid));
	memset(zero->uuid, 0, SG_UUID);
	ck_assert_int_eq(sg_table_add(&table, &zero, NULL, &handle), SG_OK);
	ck_assert_ptr_nonnull(sg_table_find_row(&table, (uint8_t[SG_UUID]){ 0 }));
}
END_TEST

START_TEST(handles_are_never_used_again)
{
	CK_OBJECT_HANDLE last = 0;

	for (int i = 0; i < 100; i++) {
		CK_OBJECT_HANDLE handle = add(NULL);

		ck_assert_uint_gt(handle, last);
		last = handle;
		sg_table_remove(&table, sg_table_find(&table, handle));
		ck_assert_ptr_null(sg_table_find(&table, handle));
	}
	sg_table_clear(&table);
	ck_assert_uint_gt(add(NULL), last);
}
END_TEST

START_TEST(another_version_takes_the_place)
{
	CK_OBJECT_HANDLE handle = add(session);
	struct sg_object *version = make(), *same = version;

	sg_table_replace(sg_table_find(&table, handle), &version);
	ck_assert_ptr_null(version);
	ck_assert_ptr_eq(sg_table_find(&table, handle)->object, same);
}
END_TEST

static bool is_of(const struct sg_entry *entry, const void *arg)
{
	return entry->session == arg;
}

START_TEST(some_of_many_are_removed)
{
	static CK_OBJECT_HANDLE handles[MANY];

	for (int i = 0; i < MANY; i++)
		handles[i] = add(i % 3 == 0 ? NULL : session);
	sg_table_remove_if(&table, is_of, session);
	for (int i = 0; i < MANY; i++)
		ck_assert((sg_table_find(&table, handles[i]) != NULL) == (i % 3 == 0));
	sg_table_remove_if(&table, is_of, session);
	sg_table_clear(&table);
	for (int i = 0; i < MANY; i++)
		ck_assert_ptr_null(sg_table_find(&table, handles[i]));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("object_table");
	TCase *tc = tcase_create("object_table");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, an_object_is_found_by_handle_and_row);
	tcase_add_test(tc, a_session_object_has_no_row);
	tcase_add_test(tc, a_row_is_compared_whole);
	tcase_add_test(tc, rows_that_begin_with_zeros_are_found);
	tcase_add_test(tc, handles_are_never_used_again);
	tcase_add_test(tc, another_version_takes_the_place);
	tcase_add_test(tc, some_of_many_are_removed);
	return s;
}

int main(void)
{
	return test_run(suite());
}
