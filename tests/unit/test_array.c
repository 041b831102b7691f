/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of util/array.c.
 */
#include "util/array.h"

#include <stdint.h>
#include <stdlib.h>

#include "lib/runner.h"

START_TEST(an_array_keeps_its_items_while_it_grows)
{
	uint32_t *items = NULL;
	size_t cap = 0;

	for (uint32_t n = 0; n < 1000; n++) {
		uint32_t *grown = sg_array_grow(items, n, &cap, sizeof *items);

		ck_assert_ptr_nonnull(grown);
		ck_assert_uint_gt(cap, n);
		items = grown;
		items[n] = 3 * n;
	}
	for (uint32_t n = 0; n < 1000; n++)
		ck_assert_uint_eq(items[n], 3 * n);
	free(items);
}
END_TEST

START_TEST(an_array_with_room_stays_where_it_is)
{
	size_t cap = 0;
	char *items = sg_array_grow(NULL, 0, &cap, 1);
	size_t room = cap;

	ck_assert_ptr_nonnull(items);
	for (size_t n = 0; n < room; n++)
		ck_assert_ptr_eq(sg_array_grow(items, n, &cap, 1), items);
	ck_assert_uint_eq(cap, room);
	free(items);
}
END_TEST

START_TEST(a_size_that_overflows_leaves_the_array_alone)
{
	char item = 'a';
	size_t cap = SIZE_MAX / 4;

	ck_assert_ptr_null(sg_array_grow(&item, cap, &cap, 16));
	ck_assert_uint_eq(cap, SIZE_MAX / 4);
	ck_assert_int_eq(item, 'a');
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("array");
	TCase *t = tcase_create("array");

	tcase_add_test(t, an_array_keeps_its_items_while_it_grows);
	tcase_add_test(t, an_array_with_room_stays_where_it_is);
	tcase_add_test(t, a_size_that_overflows_leaves_the_array_alone);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
