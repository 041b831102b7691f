/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/object_table.c.
 */
#include "core/object_table.h"

#include <stdio.h>
#include <string.h>

#include "crypto/crypto.h"
#include "lib/runner.h"

#define MANY 1000

static struct sg_object_table table;
static char anything[3];
static const struct sg_session *const session = (const struct sg_session *)&anything[0];
static const struct sg_session *const other = (const struct sg_session *)&anything[1];
static const struct sg_session *const nobody = (const struct sg_session *)&anything[2];

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void teardown(void)
{
	sg_table_clear(&table);
	sg_crypto_stop();
}

/* Make an object with a label and a CKA_ID; NULL: it has none. */
static struct sg_object *make_named(const char *label, const char *id)
{
	const struct sg_origin imported = { false, CK_UNAVAILABLE_INFORMATION };
	struct sg_attrs attrs = { 0 };
	struct sg_secret *none = NULL;
	struct sg_object *object = NULL;

	ck_assert_int_eq(sg_attrs_set_ulong(&attrs, CKA_CLASS, CKO_DATA), SG_OK);
	if (label != NULL)
		ck_assert_int_eq(sg_attrs_set(&attrs, CKA_LABEL, sg_bytes_str(label)), SG_OK);
	if (id != NULL)
		ck_assert_int_eq(sg_attrs_set(&attrs, CKA_ID, sg_bytes_str(id)), SG_OK);
	ck_assert_uint_eq(sg_object_new(&attrs, &none, imported, &object), CKR_OK);
	return object;
}

static struct sg_object *make(void)
{
	return make_named("", NULL);
}

static CK_OBJECT_HANDLE add_object(struct sg_object *object, const struct sg_session *of)
{
	CK_OBJECT_HANDLE handle = 0;

	ck_assert_int_eq(sg_table_add(&table, &object, of, &handle), SG_OK);
	ck_assert_ptr_null(object);
	ck_assert_uint_ne(handle, 0);
	return handle;
}

static CK_OBJECT_HANDLE add(const struct sg_session *of)
{
	return add_object(make(), of);
}

/* Walk to the end and count; handles must ascend. */
static int count(struct sg_walk walk)
{
	const struct sg_entry *entry;
	CK_OBJECT_HANDLE last = 0;
	int n = 0;

	for (; (entry = sg_walk_next(&walk)) != NULL; n++) {
		ck_assert_uint_gt(entry->handle, last);
		last = entry->handle;
	}
	return n;
}

/* Walk to the end and count, in whatever order. */
static int steps(struct sg_walk walk)
{
	int n = 0;

	while (sg_walk_next(&walk) != NULL)
		n++;
	return n;
}

/* Count what a search by label and CKA_ID meets; NULL: not asked for. */
static int met(const char *label, const char *id)
{
	CK_ATTRIBUTE template[2];
	CK_ULONG n = 0;

	if (label != NULL)
		template[n++] = (CK_ATTRIBUTE){ CKA_LABEL, (void *)label, strlen(label) };
	if (id != NULL)
		template[n++] = (CK_ATTRIBUTE){ CKA_ID, (void *)id, strlen(id) };
	return steps(sg_walk_template(&table, template, n));
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

	ck_assert_int_eq(sg_table_replace(&table, sg_table_find(&table, handle), &version), SG_OK);
	ck_assert_ptr_null(version);
	ck_assert_ptr_eq(sg_table_find(&table, handle)->object, same);
}
END_TEST

START_TEST(each_owner_has_its_own)
{
	for (int i = 0; i < MANY; i++)
		add(i % 4 == 0 ? NULL : i % 4 == 1 ? session : other);
	ck_assert_int_eq(count(sg_walk_all(&table)), MANY);
	ck_assert_int_eq(count(sg_walk_owner(&table, NULL)), MANY / 4);
	ck_assert_int_eq(count(sg_walk_owner(&table, session)), MANY / 4);
	ck_assert_int_eq(count(sg_walk_owner(&table, other)), MANY / 2);
	ck_assert_int_eq(count(sg_walk_owner(&table, nobody)), 0);
}
END_TEST

START_TEST(what_is_met_on_a_walk_may_be_removed)
{
	static CK_OBJECT_HANDLE handles[MANY];
	struct sg_walk walk;
	struct sg_entry *entry;

	for (int i = 0; i < MANY; i++)
		handles[i] = add(i % 3 == 0 ? NULL : session);
	walk = sg_walk_owner(&table, session);
	while ((entry = sg_walk_next(&walk)) != NULL)
		sg_table_remove(&table, entry);
	for (int i = 0; i < MANY; i++)
		ck_assert((sg_table_find(&table, handles[i]) != NULL) == (i % 3 == 0));
	ck_assert_int_eq(count(sg_walk_owner(&table, session)), 0);
	sg_table_clear(&table);
	ck_assert_int_eq(count(sg_walk_all(&table)), 0);
	for (int i = 0; i < MANY; i++)
		ck_assert_ptr_null(sg_table_find(&table, handles[i]));
}
END_TEST

START_TEST(a_search_that_names_one_of_many_meets_no_other)
{
	char id[24], label[24];

	for (int i = 0; i < MANY; i++) {
		snprintf(id, sizeof id, "id %d", i);
		snprintf(label, sizeof label, "label %d", i);
		add_object(make_named(label, i % 2 ? id : NULL), i % 3 ? session : NULL);
	}
	ck_assert_int_eq(met(NULL, "id 501"), 1);
	ck_assert_int_eq(met("label 500", NULL), 1);
	ck_assert_int_eq(met("label 500", "id 501"), 1);
	ck_assert_int_eq(met(NULL, "id 500"), 0);
	ck_assert_int_eq(met("label", NULL), 0);
}
END_TEST

START_TEST(a_search_that_names_nothing_meets_all)
{
	for (int i = 0; i < 10; i++)
		add_object(make_named(i % 2 ? "" : "label", i % 3 ? NULL : ""), session);
	ck_assert_int_eq(met(NULL, NULL), 10);
	ck_assert_int_eq(met("", NULL), 10);
	ck_assert_int_eq(met(NULL, ""), 10);
}
END_TEST

START_TEST(those_of_one_name_are_met_together)
{
	static const int order[] = { 1, 0, 2 };         /* the middle, the first, the only */
	CK_OBJECT_HANDLE handles[3];

	for (int i = 0; i < 3; i++) {
		handles[i] = add_object(make_named(NULL, "same"), session);
		add_object(make_named(NULL, "other"), session);
	}
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(met(NULL, "same"), 3 - i);
		sg_table_remove(&table, sg_table_find(&table, handles[order[i]]));
	}
	ck_assert_int_eq(met(NULL, "same"), 0);
	ck_assert_int_eq(met(NULL, "other"), 3);
}
END_TEST

START_TEST(a_new_name_is_found_and_the_old_is_not)
{
	CK_OBJECT_HANDLE handle = add_object(make_named("old", "1"), session);
	struct sg_object *version = make_named("new", "1");

	add_object(make_named("old", "2"), session);
	ck_assert_int_eq(sg_table_replace(&table, sg_table_find(&table, handle), &version), SG_OK);
	ck_assert_int_eq(met("old", NULL), 1);
	ck_assert_int_eq(met("new", NULL), 1);
	ck_assert_int_eq(met(NULL, "1"), 1);
	version = make();
	ck_assert_int_eq(sg_table_replace(&table, sg_table_find(&table, handle), &version), SG_OK);
	ck_assert_int_eq(met("new", NULL), 0);
	ck_assert_int_eq(met(NULL, "1"), 0);
	ck_assert_int_eq(count(sg_walk_all(&table)), 2);
}
END_TEST

/* Names come and go at random; what each search meets is compared with a plain list. */
START_TEST(the_lists_are_right_after_changes_at_random)
{
	static const char *const names[] = { "a", "b", "c", "" };
	CK_OBJECT_HANDLE handles[64] = { 0 };
	int name_of[64], expected;
	uint32_t random = 1;

	for (int round = 0; round < 5000; round++) {
		int at, name;

		random = random * 1664525 + 1013904223;
		at = random >> 26;
		name = random >> 20 & 3;
		if (handles[at] == 0) {
			handles[at] = add_object(make_named(NULL, names[name]), session);
			name_of[at] = name;
		} else if (random >> 18 & 1) {
			sg_table_remove(&table, sg_table_find(&table, handles[at]));
			handles[at] = 0;
		} else {
			struct sg_object *version = make_named(NULL, names[name]);

			ck_assert_int_eq(sg_table_replace(&table,
			                                  sg_table_find(&table, handles[at]),
			                                  &version), SG_OK);
			name_of[at] = name;
		}
		name = round % 3;
		expected = 0;
		for (int i = 0; i < 64; i++)
			expected += handles[i] != 0 && name_of[i] == name;
		ck_assert_int_eq(met(NULL, names[name]), expected);
	}
}
END_TEST

START_TEST(a_place_is_taken_without_memory)
{
	struct sg_entry *places[MANY] = { NULL };
	size_t handles, rows;

	add(NULL);
	for (size_t i = 0; i < MANY; i++)
		ck_assert_int_eq(sg_table_place(&table, true, &places[i]), SG_OK);
	for (size_t i = 0; i < MANY; i++)       /* others come and go meanwhile */
		add(NULL);
	handles = table.by_handle.size;
	rows = table.by_row.size;
	for (size_t i = 0; i < MANY; i++) {
		struct sg_object *object = make();
		CK_OBJECT_HANDLE handle = sg_table_take(&table, &places[i], &object, NULL);

		ck_assert_ptr_null(object);
		ck_assert_ptr_null(places[i]);
		ck_assert_ptr_nonnull(sg_table_find(&table, handle));
	}
	ck_assert_uint_eq(table.by_handle.size, handles);
	ck_assert_uint_eq(table.by_row.size, rows);
	ck_assert_uint_eq(table.promised, 0);
}
END_TEST

START_TEST(a_place_is_given_back)
{
	struct sg_entry *place = NULL;

	sg_table_give_back(&table, &place);
	ck_assert_int_eq(sg_table_place(&table, false, &place), SG_OK);
	ck_assert_uint_eq(table.by_row.size, 0);
	sg_table_give_back(&table, &place);
	ck_assert_ptr_null(place);
	ck_assert_uint_eq(table.promised, 0);
}
END_TEST

/* Full maps: the new name needs a place of its own. */
START_TEST(where_a_place_was_given_back_an_object_is_replaced_without_memory)
{
	CK_OBJECT_HANDLE handle = add_object(make_named("first", "first"), NULL);
	struct sg_entry *place = NULL;

	for (int i = 0; i < MANY; i++) {
		size_t ids, labels;
		char name[24];
		struct sg_object *version;

		snprintf(name, sizeof name, "%d", i);
		add_object(make_named(name, name), NULL);
		ck_assert_int_eq(sg_table_place(&table, false, &place), SG_OK);
		snprintf(name, sizeof name, "other %d", i);
		add_object(make_named(name, name), NULL);
		ids = table.lists[SG_LIST_ID].size;
		labels = table.lists[SG_LIST_LABEL].size;
		sg_table_give_back(&table, &place);
		snprintf(name, sizeof name, "new %d", i);
		version = make_named(name, name);
		ck_assert_int_eq(sg_table_replace(&table, sg_table_find(&table, handle), &version),
		                 SG_OK);
		ck_assert_uint_eq(table.lists[SG_LIST_ID].size, ids);
		ck_assert_uint_eq(table.lists[SG_LIST_LABEL].size, labels);
	}
}
END_TEST

START_TEST(a_dead_handle_names_nothing)
{
	CK_OBJECT_HANDLE dead = sg_table_dead_handle();

	ck_assert_uint_ne(add(NULL), dead);
	ck_assert_ptr_null(sg_table_find(&table, dead));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("object_table");
	TCase *tc = tcase_create("object_table");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_place_is_taken_without_memory);
	tcase_add_test(tc, a_place_is_given_back);
	tcase_add_test(tc, where_a_place_was_given_back_an_object_is_replaced_without_memory);
	tcase_add_test(tc, a_dead_handle_names_nothing);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, an_object_is_found_by_handle_and_row);
	tcase_add_test(tc, a_session_object_has_no_row);
	tcase_add_test(tc, a_row_is_compared_whole);
	tcase_add_test(tc, rows_that_begin_with_zeros_are_found);
	tcase_add_test(tc, handles_are_never_used_again);
	tcase_add_test(tc, another_version_takes_the_place);
	tcase_add_test(tc, each_owner_has_its_own);
	tcase_add_test(tc, what_is_met_on_a_walk_may_be_removed);
	tcase_add_test(tc, a_search_that_names_one_of_many_meets_no_other);
	tcase_add_test(tc, a_search_that_names_nothing_meets_all);
	tcase_add_test(tc, those_of_one_name_are_met_together);
	tcase_add_test(tc, a_new_name_is_found_and_the_old_is_not);
	tcase_add_test(tc, the_lists_are_right_after_changes_at_random);
	tcase_add_test(tc, a_place_is_taken_without_memory);
	tcase_add_test(tc, a_place_is_given_back);
	tcase_add_test(tc, where_a_place_was_given_back_an_object_is_replaced_without_memory);
	tcase_add_test(tc, a_dead_handle_names_nothing);
	return s;
}

int main(void)
{
	return test_run(suite());
}
