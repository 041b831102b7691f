/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Lists of parents and of blobs: what is written is read, and nothing else is.
 */
#include <string.h>

#include "lib/runner.h"
#include "seal/any/list.h"
#include "seal/sealer.h"

static struct sg_buf part[SG_ANY_MOST], list;
static struct sg_bytes view[SG_ANY_MOST];

static void setup(void)
{
	for (size_t i = 0; i < SG_ANY_MOST; i++)
		ck_assert_int_eq(sg_buf_set(&part[i], sg_bytes("abcdefg", i + 1)), SG_OK);
}

static void teardown(void)
{
	for (size_t i = 0; i < SG_ANY_MOST; i++)
		sg_buf_free(&part[i]);
	sg_buf_free(&list);
}

static void fill(struct sg_buf *buf, size_t len)
{
	buf->len = 0;
	ck_assert_int_eq(sg_buf_reserve(buf, len), SG_OK);
	memset(buf->data, 'x', len);
	buf->len = len;
}

START_TEST(what_is_written_is_read)
{
	size_t n = (size_t)_i;

	ck_assert_int_eq(sg_any_write(SG_ANY_BLOBS, part, n, &list), SG_OK);
	ck_assert_int_eq(sg_any_read(SG_ANY_BLOBS, sg_buf_bytes(&list), view, n), SG_OK);
	for (size_t i = 0; i < n; i++)
		ck_assert(sg_bytes_equal(view[i], sg_buf_bytes(&part[i])));
}
END_TEST

START_TEST(it_is_written_as_it_is_described)
{
	static const char wanted[] = "SGAP\2\0\0\0\1a\0\0\0\2ab";

	ck_assert_int_eq(sg_any_write(SG_ANY_PARENTS, part, 2, &list), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&list), sg_bytes(wanted, sizeof wanted - 1)));
}
END_TEST

START_TEST(another_number_is_refused)
{
	ck_assert_int_eq(sg_any_write(SG_ANY_BLOBS, part, 3, &list), SG_OK);
	ck_assert_int_eq(sg_any_read(SG_ANY_BLOBS, sg_buf_bytes(&list), view, 2), SG_ERR_FORMAT);
	ck_assert_int_eq(sg_any_read(SG_ANY_BLOBS, sg_buf_bytes(&list), view, 4), SG_ERR_FORMAT);
}
END_TEST

START_TEST(parents_are_no_blobs)
{
	ck_assert_int_eq(sg_any_write(SG_ANY_PARENTS, part, 2, &list), SG_OK);
	ck_assert_int_eq(sg_any_read(SG_ANY_BLOBS, sg_buf_bytes(&list), view, 2), SG_ERR_FORMAT);
}
END_TEST

START_TEST(what_is_cut_short_or_too_long_is_refused)
{
	ck_assert_int_eq(sg_any_write(SG_ANY_BLOBS, part, 2, &list), SG_OK);
	for (size_t len = 0; len < list.len; len++)
		ck_assert_int_eq(sg_any_read(SG_ANY_BLOBS, sg_bytes(list.data, len), view, 2),
		                 SG_ERR_FORMAT);
	ck_assert_int_eq(sg_buf_append(&list, sg_bytes("", 1)), SG_OK);
	ck_assert_int_eq(sg_any_read(SG_ANY_BLOBS, sg_buf_bytes(&list), view, 2), SG_ERR_FORMAT);
}
END_TEST

START_TEST(an_empty_part_is_refused)
{
	static const char empty[] = "SGAB\2\0\0\0\1a\0\0\0\0";

	part[1].len = 0;
	ck_assert_int_eq(sg_any_write(SG_ANY_BLOBS, part, 2, &list), SG_ERR_RANGE);
	ck_assert_uint_eq(list.len, 0);
	ck_assert_int_eq(sg_any_read(SG_ANY_BLOBS, sg_bytes(empty, sizeof empty - 1), view, 2),
	                 SG_ERR_FORMAT);
}
END_TEST

START_TEST(a_length_beyond_the_end_is_refused)
{
	static const char huge[] = "SGAB\2\377\377\377\377a\0\0\0\1b";

	ck_assert_int_eq(sg_any_read(SG_ANY_BLOBS, sg_bytes(huge, sizeof huge - 1), view, 2),
	                 SG_ERR_FORMAT);
}
END_TEST

START_TEST(no_list_gets_longer_than_a_parent_or_a_blob_may_be)
{
	fill(&part[0], SG_SEAL_PARENT_MAX - 5 - 4 - 4 - part[1].len);
	ck_assert_int_eq(sg_any_write(SG_ANY_PARENTS, part, 2, &list), SG_OK);
	ck_assert_uint_eq(list.len, SG_SEAL_PARENT_MAX);
	ck_assert_int_eq(sg_any_read(SG_ANY_PARENTS, sg_buf_bytes(&list), view, 2), SG_OK);
	fill(&part[0], part[0].len + 1);
	ck_assert_int_eq(sg_any_write(SG_ANY_PARENTS, part, 2, &list), SG_ERR_RANGE);
	ck_assert_int_eq(sg_any_write(SG_ANY_BLOBS, part, 2, &list), SG_OK);
	fill(&part[0], SG_SEAL_BLOB_MAX - 5 - 4 - 4 - part[1].len + 1);
	ck_assert_int_eq(sg_any_write(SG_ANY_BLOBS, part, 2, &list), SG_ERR_RANGE);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("lists of a list of sealers");
	TCase *tcase = tcase_create("list");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, what_is_written_is_read, 2, SG_ANY_MOST + 1);
	tcase_add_test(tcase, it_is_written_as_it_is_described);
	tcase_add_test(tcase, another_number_is_refused);
	tcase_add_test(tcase, parents_are_no_blobs);
	tcase_add_test(tcase, what_is_cut_short_or_too_long_is_refused);
	tcase_add_test(tcase, an_empty_part_is_refused);
	tcase_add_test(tcase, a_length_beyond_the_end_is_refused);
	tcase_add_test(tcase, no_list_gets_longer_than_a_parent_or_a_blob_may_be);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
