/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/attrs.c.
 */
#include "core/attrs.h"

#include <string.h>

#include "lib/hex.h"
#include "lib/runner.h"

static struct sg_attrs attrs;

static void teardown(void)
{
	sg_attrs_free(&attrs);
}

static void set(CK_ATTRIBUTE_TYPE type, const char *text)
{
	ck_assert_int_eq(sg_attrs_set(&attrs, type, sg_bytes_str(text)), SG_OK);
}

static void expect(CK_ATTRIBUTE_TYPE type, const char *text)
{
	struct sg_bytes value = { NULL, 0 };

	ck_assert(sg_attrs_get(&attrs, type, &value));
	assert_bytes(value, sg_bytes_str(text));
}

START_TEST(an_empty_list_has_nothing)
{
	struct sg_bytes value;
	CK_ATTRIBUTE_TYPE type;
	size_t at = 0;

	ck_assert(!sg_attrs_get(&attrs, CKA_LABEL, &value));
	ck_assert(!sg_attrs_next(&attrs, &at, &type, &value));
	ck_assert(!sg_attrs_bool(&attrs, CKA_TOKEN));
	ck_assert_uint_eq(sg_attrs_ulong(&attrs, CKA_CLASS), CK_UNAVAILABLE_INFORMATION);
}
END_TEST

START_TEST(values_are_kept_in_any_order_of_setting)
{
	static const CK_ATTRIBUTE_TYPE orders[][3] = {
		{ 1, 2, 3 }, { 1, 3, 2 }, { 2, 1, 3 }, { 2, 3, 1 }, { 3, 1, 2 }, { 3, 2, 1 },
	};

	for (int i = 0; i < 3; i++)
		set(orders[_i][i], (char[]){ (char)('0' + orders[_i][i]), 0 });
	expect(1, "1");
	expect(2, "2");
	expect(3, "3");
	assert_bytes(sg_buf_bytes(&attrs.list),
	             hex("000000010000000131000000020000000132000000030000000133"));
}
END_TEST

START_TEST(setting_again_replaces)
{
	static const char *const values[] = { "", "x", "a longer value", "short" };

	set(1, "first");
	set(3, "last");
	for (size_t i = 0; i < 4; i++) {
		set(2, values[i]);
		expect(1, "first");
		expect(2, values[i]);
		expect(3, "last");
	}
}
END_TEST

START_TEST(an_empty_value_is_not_an_absent_one)
{
	struct sg_bytes value = { NULL, 9 };

	set(CKA_ID, "");
	ck_assert(sg_attrs_get(&attrs, CKA_ID, &value));
	ck_assert_uint_eq(value.len, 0);
}
END_TEST

START_TEST(bools_and_numbers_come_back)
{
	static const CK_ULONG numbers[] = { 0, 1, 0x0123456789abcdef, ~0UL - 1, ~0UL };

	ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_TOKEN, true), SG_OK);
	ck_assert(sg_attrs_bool(&attrs, CKA_TOKEN));
	ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_TOKEN, false), SG_OK);
	ck_assert(!sg_attrs_bool(&attrs, CKA_TOKEN));
	for (size_t i = 0; i < 5; i++) {
		ck_assert_int_eq(sg_attrs_set_ulong(&attrs, CKA_CLASS, numbers[i]), SG_OK);
		ck_assert_uint_eq(sg_attrs_ulong(&attrs, CKA_CLASS), numbers[i]);
	}
}
END_TEST

START_TEST(a_value_of_another_size_is_no_bool_and_no_number)
{
	set(CKA_TOKEN, "\1\1");
	set(CKA_CLASS, "1234567");
	ck_assert(!sg_attrs_bool(&attrs, CKA_TOKEN));
	ck_assert_uint_eq(sg_attrs_ulong(&attrs, CKA_CLASS), CK_UNAVAILABLE_INFORMATION);
	set(CKA_TOKEN, "\2");
	ck_assert(!sg_attrs_bool(&attrs, CKA_TOKEN));
}
END_TEST

START_TEST(types_and_values_have_limits)
{
	static uint8_t big[65537];

	ck_assert_int_eq(sg_attrs_set(&attrs, 1, sg_bytes(big, 65537)), SG_ERR_RANGE);
	ck_assert_int_eq(sg_attrs_set(&attrs, 1UL << 32, sg_bytes(big, 1)), SG_ERR_RANGE);
	ck_assert_uint_eq(attrs.list.len, 0);
	ck_assert_int_eq(sg_attrs_set(&attrs, 0xffffffff, sg_bytes(big, 65536)), SG_OK);
}
END_TEST

START_TEST(a_list_is_its_own_stored_form)
{
	struct sg_attrs read = { 0 };

	set(7, "seven");
	set(5, "five");
	ck_assert_int_eq(sg_attrs_parse(sg_buf_bytes(&attrs.list), &read), SG_OK);
	assert_bytes(sg_buf_bytes(&read.list), sg_buf_bytes(&attrs.list));
	ck_assert_int_eq(sg_attrs_parse(sg_bytes(NULL, 0), &read), SG_OK);
	ck_assert_uint_eq(read.list.len, 0);
	sg_attrs_free(&read);
}
END_TEST

START_TEST(what_could_not_have_been_written_is_not_read)
{
	static const char *const bad[] = {
		"00", "00000001", "0000000100000001", "000000010000000231",
		"00000001000000013100", "00000002000000013200000001000000013100",
		"000000010000000131000000010000000131", "00000002000000013200000001000000013131",
		"0000000100010001",
	};

	set(1, "kept");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_int_eq(sg_attrs_parse(hex(bad[i]), &attrs), SG_ERR_FORMAT);
	expect(1, "kept");
}
END_TEST

START_TEST(every_shorter_list_is_refused_or_a_beginning)
{
	struct sg_attrs read = { 0 };
	size_t whole = 0;

	set(1, "abc");
	set(2, "");
	set(3, "defgh");
	for (size_t len = 0; len <= attrs.list.len; len++)
		whole += sg_attrs_parse(sg_bytes(attrs.list.data, len), &read) == SG_OK;
	ck_assert_uint_eq(whole, 4);
	sg_attrs_free(&read);
}
END_TEST

START_TEST(a_copy_stands_alone)
{
	struct sg_attrs copy = { 0 };
	struct sg_bytes value;

	set(1, "one");
	ck_assert_int_eq(sg_attrs_copy(&attrs, &copy), SG_OK);
	set(1, "two");
	ck_assert(sg_attrs_get(&copy, 1, &value));
	assert_bytes(value, sg_bytes_str("one"));
	sg_attrs_free(&copy);
	sg_attrs_free(&copy);
}
END_TEST

START_TEST(stepping_meets_all_in_ascending_order)
{
	CK_ATTRIBUTE_TYPE type, last = 0;
	struct sg_bytes value;
	size_t at = 0, n = 0;

	for (CK_ATTRIBUTE_TYPE i = 50; i > 0; i--)
		set(i * 37 % 53 + 1, "v");
	while (sg_attrs_next(&attrs, &at, &type, &value)) {
		ck_assert_uint_gt(type, last);
		last = type;
		n++;
	}
	ck_assert_uint_eq(n, 50);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("attrs");
	TCase *tc = tcase_create("attrs");

	tcase_add_checked_fixture(tc, NULL, teardown);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, an_empty_list_has_nothing);
	tcase_add_loop_test(tc, values_are_kept_in_any_order_of_setting, 0, 6);
	tcase_add_test(tc, setting_again_replaces);
	tcase_add_test(tc, an_empty_value_is_not_an_absent_one);
	tcase_add_test(tc, bools_and_numbers_come_back);
	tcase_add_test(tc, a_value_of_another_size_is_no_bool_and_no_number);
	tcase_add_test(tc, types_and_values_have_limits);
	tcase_add_test(tc, a_list_is_its_own_stored_form);
	tcase_add_test(tc, what_could_not_have_been_written_is_not_read);
	tcase_add_test(tc, every_shorter_list_is_refused_or_a_beginning);
	tcase_add_test(tc, a_copy_stands_alone);
	tcase_add_test(tc, stepping_meets_all_in_ascending_order);
	return s;
}

int main(void)
{
	return test_run(suite());
}
