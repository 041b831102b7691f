/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of util/cursor.c.
 */
#include "util/cursor.h"

#include <string.h>

#include "lib/runner.h"

START_TEST(numbers_are_big_endian)
{
	static const uint8_t wanted[] = {
		0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
		0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
	};
	struct sg_buf buf = { NULL, 0, 0 };
	struct sg_writer w = sg_writer(&buf);

	sg_write_u8(&w, 0x01);
	sg_write_u16(&w, 0x0203);
	sg_write_u32(&w, 0x04050607);
	sg_write_u64(&w, UINT64_C(0x08090a0b0c0d0e0f));
	ck_assert_int_eq(w.err, SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&buf), sg_bytes(wanted, sizeof(wanted))));
	sg_buf_free(&buf);
}
END_TEST

START_TEST(what_was_written_is_read_back)
{
	struct sg_buf buf = { NULL, 0, 0 };
	struct sg_writer w = sg_writer(&buf);
	struct sg_reader r;

	sg_write_magic(&w, "TEST");
	sg_write_u8(&w, 0xff);
	sg_write_u16(&w, 0xfffe);
	sg_write_u32(&w, 0xfffffffd);
	sg_write_u64(&w, UINT64_MAX - 3);
	sg_write_var(&w, sg_bytes_str("variable"));
	sg_write_bytes(&w, sg_bytes_str("fixed"));
	ck_assert_int_eq(w.err, SG_OK);

	r = sg_reader(sg_buf_bytes(&buf));
	sg_read_magic(&r, "TEST");
	ck_assert_uint_eq(sg_read_u8(&r), 0xff);
	ck_assert_uint_eq(sg_read_u16(&r), 0xfffe);
	ck_assert_uint_eq(sg_read_u32(&r), 0xfffffffd);
	ck_assert_uint_eq(sg_read_u64(&r), UINT64_MAX - 3);
	ck_assert(sg_bytes_equal(sg_read_var(&r, 8), sg_bytes_str("variable")));
	ck_assert(!sg_reader_done(&r));
	ck_assert(sg_bytes_equal(sg_read_bytes(&r, 5), sg_bytes_str("fixed")));
	ck_assert(sg_reader_done(&r));
	sg_buf_free(&buf);
}
END_TEST

START_TEST(a_read_past_the_end_gives_zero_and_stays_failed)
{
	struct sg_reader r = sg_reader(sg_bytes("\x01\x02\x03", 3));

	ck_assert_uint_eq(sg_read_u32(&r), 0);
	ck_assert(r.failed);
	ck_assert_uint_eq(sg_read_u8(&r), 0);
	ck_assert_uint_eq(sg_read_bytes(&r, 0).len, 0);
	ck_assert(!sg_reader_done(&r));
}
END_TEST

START_TEST(an_empty_input_is_done)
{
	struct sg_reader r = sg_reader(sg_bytes(NULL, 0));

	ck_assert_uint_eq(sg_read_bytes(&r, 0).len, 0);
	ck_assert(sg_reader_done(&r));
}
END_TEST

START_TEST(input_that_is_left_over_is_not_done)
{
	struct sg_reader r = sg_reader(sg_bytes("\x01\x02", 2));

	ck_assert_uint_eq(sg_read_u8(&r), 1);
	ck_assert(!sg_reader_done(&r));
}
END_TEST

START_TEST(a_length_above_the_maximum_fails)
{
	struct sg_reader r = sg_reader(sg_bytes("\0\0\0\x04" "abcd", 8));

	ck_assert_uint_eq(sg_read_var(&r, 3).len, 0);
	ck_assert(r.failed);
}
END_TEST

START_TEST(a_length_that_is_not_there_fails)
{
	struct sg_reader r = sg_reader(sg_bytes("\xff\xff\xff\xff" "abcd", 8));

	ck_assert_uint_eq(sg_read_var(&r, SIZE_MAX).len, 0);
	ck_assert(r.failed);
}
END_TEST

START_TEST(a_wrong_or_short_magic_fails)
{
	struct sg_reader wrong = sg_reader(sg_bytes_str("TESU"));
	struct sg_reader cut = sg_reader(sg_bytes_str("TES"));

	sg_read_magic(&wrong, "TEST");
	sg_read_magic(&cut, "TEST");
	ck_assert(wrong.failed);
	ck_assert(cut.failed);
}
END_TEST

START_TEST(a_writer_that_failed_appends_nothing_more)
{
	struct sg_buf buf = { NULL, 0, 0 };
	struct sg_writer w = sg_writer(&buf);
	uint8_t byte = 0;

	sg_write_u8(&w, 7);
	sg_write_bytes(&w, sg_bytes(&byte, SIZE_MAX));
	ck_assert_int_eq(w.err, SG_ERR_RANGE);
	sg_write_u64(&w, 1);
	ck_assert_uint_eq(buf.len, 1);
	sg_buf_free(&buf);
}
END_TEST

START_TEST(a_length_above_32_bits_is_not_written)
{
	struct sg_buf buf = { NULL, 0, 0 };
	struct sg_writer w = sg_writer(&buf);
	uint8_t byte = 0;

	sg_write_var(&w, sg_bytes(&byte, (size_t)UINT32_MAX + 1));
	ck_assert_int_eq(w.err, SG_ERR_RANGE);
	ck_assert_uint_eq(buf.len, 0);
	sg_buf_free(&buf);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("cursor");
	TCase *t = tcase_create("cursor");

	tcase_add_test(t, numbers_are_big_endian);
	tcase_add_test(t, what_was_written_is_read_back);
	tcase_add_test(t, a_read_past_the_end_gives_zero_and_stays_failed);
	tcase_add_test(t, an_empty_input_is_done);
	tcase_add_test(t, input_that_is_left_over_is_not_done);
	tcase_add_test(t, a_length_above_the_maximum_fails);
	tcase_add_test(t, a_length_that_is_not_there_fails);
	tcase_add_test(t, a_wrong_or_short_magic_fails);
	tcase_add_test(t, a_writer_that_failed_appends_nothing_more);
	tcase_add_test(t, a_length_above_32_bits_is_not_written);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
