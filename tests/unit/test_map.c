/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of util/map.c.
 */
#include "util/map.h"

#include "lib/runner.h"

#define MANY 10000

static int values[MANY + 1];

static void fill(struct sg_map *map)
{
	for (uint64_t key = 1; key <= MANY; key++)
		ck_assert_int_eq(sg_map_put(map, key, &values[key]), SG_OK);
}

START_TEST(an_empty_map_has_nothing)
{
	struct sg_map map = { NULL, 0, 0 };
	size_t at = 0;
	uint64_t key;
	void *value;

	ck_assert_ptr_null(sg_map_get(&map, 1));
	ck_assert_ptr_null(sg_map_take(&map, 1));
	ck_assert(!sg_map_next(&map, &at, &key, &value));
	sg_map_free(&map);
	sg_map_free(NULL);
}
END_TEST

START_TEST(every_key_finds_its_value)
{
	struct sg_map map = { NULL, 0, 0 };

	fill(&map);
	ck_assert_uint_eq(map.count, MANY);
	for (uint64_t key = 1; key <= MANY; key++)
		ck_assert_ptr_eq(sg_map_get(&map, key), &values[key]);
	ck_assert_ptr_null(sg_map_get(&map, MANY + 1));
	sg_map_free(&map);
}
END_TEST

START_TEST(the_key_zero_is_never_there)
{
	struct sg_map map = { NULL, 0, 0 };

	fill(&map);
	ck_assert_ptr_null(sg_map_get(&map, 0));
	ck_assert_ptr_null(sg_map_take(&map, 0));
	ck_assert_uint_eq(map.count, MANY);
	sg_map_free(&map);
}
END_TEST

START_TEST(putting_twice_replaces)
{
	struct sg_map map = { NULL, 0, 0 };

	ck_assert_int_eq(sg_map_put(&map, 5, &values[1]), SG_OK);
	ck_assert_int_eq(sg_map_put(&map, 5, &values[2]), SG_OK);
	ck_assert_uint_eq(map.count, 1);
	ck_assert_ptr_eq(sg_map_get(&map, 5), &values[2]);
	sg_map_free(&map);
}
END_TEST

START_TEST(replacing_needs_no_room)
{
	struct sg_map map = { NULL, 0, 0 };
	size_t size;

	do
		ck_assert_int_eq(sg_map_put(&map, map.count + 1, &values[1]), SG_OK);
	while (map.count + 1 <= map.size / 4 * 3);
	size = map.size;
	ck_assert_int_eq(sg_map_put(&map, 1, &values[2]), SG_OK);
	ck_assert_uint_eq(map.size, size);
	ck_assert_ptr_eq(sg_map_get(&map, 1), &values[2]);
	sg_map_free(&map);
}
END_TEST

START_TEST(what_was_taken_is_gone_and_the_rest_stays)
{
	struct sg_map map = { NULL, 0, 0 };

	fill(&map);
	for (uint64_t key = 1; key <= MANY; key += 3)
		ck_assert_ptr_eq(sg_map_take(&map, key), &values[key]);
	for (uint64_t key = 1; key <= MANY; key++)
		ck_assert_ptr_eq(sg_map_get(&map, key), key % 3 == 1 ? NULL : &values[key]);
	ck_assert_ptr_null(sg_map_take(&map, 1));
	sg_map_free(&map);
}
END_TEST

START_TEST(colliding_keys_survive_the_taking_of_each_other)
{
	/* Keys with all bits in the upper half and a small table make long runs. */
	for (uint64_t gone = 1; gone <= 12; gone++) {
		struct sg_map map = { NULL, 0, 0 };

		for (uint64_t i = 1; i <= 12; i++)
			ck_assert_int_eq(sg_map_put(&map, i << 60 | i << 36, &values[i]), SG_OK);
		ck_assert_ptr_eq(sg_map_take(&map, gone << 60 | gone << 36), &values[gone]);
		for (uint64_t i = 1; i <= 12; i++)
			ck_assert_ptr_eq(sg_map_get(&map, i << 60 | i << 36),
					 i == gone ? NULL : &values[i]);
		sg_map_free(&map);
	}
}
END_TEST

START_TEST(stepping_meets_every_entry_once)
{
	struct sg_map map = { NULL, 0, 0 };
	size_t at = 0, met = 0;
	uint64_t key, sum = 0;
	void *value;

	fill(&map);
	while (sg_map_next(&map, &at, &key, &value)) {
		ck_assert_ptr_eq(value, &values[key]);
		met++;
		sum += key;
	}
	ck_assert_uint_eq(met, MANY);
	ck_assert_uint_eq(sum, (uint64_t)MANY * (MANY + 1) / 2);
	sg_map_free(&map);
}
END_TEST

START_TEST(a_map_with_room_does_not_grow)
{
	struct sg_map map = { NULL, 0, 0 };
	size_t size;

	ck_assert_int_eq(sg_map_reserve(&map, 0), SG_OK);
	ck_assert_uint_eq(map.size, 0);
	ck_assert_int_eq(sg_map_reserve(&map, 1000), SG_OK);
	size = map.size;
	for (uint64_t key = 1; key <= 1000; key++)
		ck_assert_int_eq(sg_map_put(&map, key, &map), SG_OK);
	ck_assert_uint_eq(map.size, size);
	sg_map_free(&map);
}
END_TEST

START_TEST(a_freed_map_is_empty_and_usable)
{
	struct sg_map map = { NULL, 0, 0 };

	fill(&map);
	sg_map_free(&map);
	ck_assert_uint_eq(map.count, 0);
	ck_assert_ptr_null(sg_map_get(&map, 1));
	ck_assert_int_eq(sg_map_put(&map, UINT64_MAX, &values[1]), SG_OK);
	ck_assert_ptr_eq(sg_map_get(&map, UINT64_MAX), &values[1]);
	sg_map_free(&map);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("map");
	TCase *t = tcase_create("map");

	tcase_add_test(t, an_empty_map_has_nothing);
	tcase_add_test(t, every_key_finds_its_value);
	tcase_add_test(t, the_key_zero_is_never_there);
	tcase_add_test(t, putting_twice_replaces);
	tcase_add_test(t, replacing_needs_no_room);
	tcase_add_test(t, what_was_taken_is_gone_and_the_rest_stays);
	tcase_add_test(t, colliding_keys_survive_the_taking_of_each_other);
	tcase_add_test(t, stepping_meets_every_entry_once);
	tcase_add_test(t, a_map_with_room_does_not_grow);
	tcase_add_test(t, a_freed_map_is_empty_and_usable);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
