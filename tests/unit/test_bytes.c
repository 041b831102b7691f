/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of util/bytes.c.
 */
#include "util/bytes.h"

#include <stdlib.h>
#include <string.h>

#include "lib/runner.h"

START_TEST(a_null_string_is_an_empty_view)
{
	ck_assert_uint_eq(sg_bytes_str(NULL).len, 0);
	ck_assert_uint_eq(sg_bytes_str("abc").len, 3);
}
END_TEST

START_TEST(views_are_equal_when_their_bytes_are)
{
	ck_assert(sg_bytes_equal(sg_bytes("a\0b", 3), sg_bytes("a\0b", 3)));
	ck_assert(!sg_bytes_equal(sg_bytes("a\0b", 3), sg_bytes("a\0c", 3)));
	ck_assert(!sg_bytes_equal(sg_bytes("ab", 2), sg_bytes("abc", 3)));
}
END_TEST

START_TEST(empty_views_are_equal_wherever_they_point)
{
	ck_assert(sg_bytes_equal(sg_bytes(NULL, 0), sg_bytes("x", 0)));
}
END_TEST

START_TEST(a_buffer_keeps_what_was_appended)
{
	struct sg_buf buf = { NULL, 0, 0 };

	for (unsigned i = 0; i < 1000; i++) {
		uint8_t byte = (uint8_t)i;

		ck_assert_int_eq(sg_buf_append(&buf, sg_bytes(&byte, 1)), SG_OK);
	}
	ck_assert_uint_eq(buf.len, 1000);
	for (unsigned i = 0; i < 1000; i++)
		ck_assert_uint_eq(buf.data[i], (uint8_t)i);
	sg_buf_free(&buf);
}
END_TEST

START_TEST(appending_nothing_to_nothing_is_fine)
{
	struct sg_buf buf = { NULL, 0, 0 };

	ck_assert_int_eq(sg_buf_append(&buf, sg_bytes(NULL, 0)), SG_OK);
	ck_assert_uint_eq(buf.len, 0);
	sg_buf_free(&buf);
}
END_TEST

START_TEST(setting_replaces_the_contents)
{
	struct sg_buf buf = { NULL, 0, 0 };

	ck_assert_int_eq(sg_buf_set(&buf, sg_bytes_str("a longer text")), SG_OK);
	ck_assert_int_eq(sg_buf_set(&buf, sg_bytes_str("short")), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&buf), sg_bytes_str("short")));
	sg_buf_free(&buf);
}
END_TEST

START_TEST(a_buffer_can_be_set_to_a_part_of_itself)
{
	struct sg_buf buf = { NULL, 0, 0 };

	ck_assert_int_eq(sg_buf_set(&buf, sg_bytes_str("0123456789")), SG_OK);
	ck_assert_int_eq(sg_buf_set(&buf, sg_bytes(buf.data + 3, 4)), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&buf), sg_bytes_str("3456")));
	sg_buf_free(&buf);
}
END_TEST

START_TEST(a_size_that_overflows_is_out_of_range)
{
	struct sg_buf buf = { NULL, 0, 0 };

	ck_assert_int_eq(sg_buf_append(&buf, sg_bytes_str("x")), SG_OK);
	ck_assert_int_eq(sg_buf_reserve(&buf, SIZE_MAX), SG_ERR_RANGE);
	ck_assert_int_eq(sg_buf_reserve(&buf, PTRDIFF_MAX), SG_ERR_RANGE);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&buf), sg_bytes_str("x")));
	sg_buf_free(&buf);
}
END_TEST

START_TEST(reserved_room_is_used_without_moving)
{
	struct sg_buf buf = { NULL, 0, 0 };
	uint8_t *before;
	uint8_t block[500] = { 0 };

	ck_assert_int_eq(sg_buf_reserve(&buf, sizeof(block)), SG_OK);
	before = buf.data;
	ck_assert_int_eq(sg_buf_append(&buf, sg_bytes(block, sizeof(block))), SG_OK);
	ck_assert_ptr_eq(buf.data, before);
	sg_buf_free(&buf);
}
END_TEST

START_TEST(freeing_and_wiping_leave_an_empty_buffer)
{
	struct sg_buf buf = { NULL, 0, 0 };

	sg_buf_free(NULL);
	sg_buf_wipe(NULL);
	ck_assert_int_eq(sg_buf_set(&buf, sg_bytes_str("abc")), SG_OK);
	sg_buf_wipe(&buf);
	ck_assert_ptr_null(buf.data);
	ck_assert_uint_eq(buf.len, 0);
	ck_assert_uint_eq(buf.cap, 0);
	sg_buf_free(&buf);
}
END_TEST

START_TEST(an_output_is_shifted_where_it_lies_over_the_input_elsewhere)
{
	const uint8_t room[30] = { 0 };
	struct sg_bytes in = sg_bytes(room + 10, 10);

	for (size_t at = 0; at <= 20; at++)
		ck_assert(sg_bytes_shifted(in, room + at) == (at > 0 && at < 20 && at != 10));
	ck_assert(!sg_bytes_shifted(sg_bytes(room + 10, 0), room + 9));
	ck_assert(!sg_bytes_shifted(in, NULL));
}
END_TEST

START_TEST(numbers_are_put_big_endian)
{
	static const uint8_t expected[] = { 0x01, 0x02, 0x03, 0x84, 0xf5, 0x06, 0x07, 0x08 };
	uint8_t out[8];

	sg_put_u64(out, 0x01020384f5060708);
	ck_assert_mem_eq(out, expected, 8);
	sg_put_u32(out, 0xf5060708);
	ck_assert_mem_eq(out, expected + 4, 4);
	ck_assert_mem_eq(out + 4, expected + 4, 4);
}
END_TEST

START_TEST(a_number_that_was_put_is_got)
{
	uint8_t bytes[8];

	sg_put_u32(bytes, 0x81020384);
	ck_assert_uint_eq(sg_get_u32(bytes), 0x81020384);
	sg_put_u64(bytes, UINT64_C(0x8102038485060708));
	ck_assert_uint_eq(bytes[0], 0x81);
	ck_assert_uint_eq(sg_get_u64(bytes), UINT64_C(0x8102038485060708));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("bytes");
	TCase *t = tcase_create("bytes");

	tcase_add_test(t, a_null_string_is_an_empty_view);
	tcase_add_test(t, views_are_equal_when_their_bytes_are);
	tcase_add_test(t, empty_views_are_equal_wherever_they_point);
	tcase_add_test(t, a_buffer_keeps_what_was_appended);
	tcase_add_test(t, appending_nothing_to_nothing_is_fine);
	tcase_add_test(t, setting_replaces_the_contents);
	tcase_add_test(t, a_buffer_can_be_set_to_a_part_of_itself);
	tcase_add_test(t, a_size_that_overflows_is_out_of_range);
	tcase_add_test(t, reserved_room_is_used_without_moving);
	tcase_add_test(t, freeing_and_wiping_leave_an_empty_buffer);
	tcase_add_test(t, an_output_is_shifted_where_it_lies_over_the_input_elsewhere);
	tcase_add_test(t, numbers_are_put_big_endian);
	tcase_add_test(t, a_number_that_was_put_is_got);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
