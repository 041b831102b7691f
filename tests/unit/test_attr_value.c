/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/attr_value.c: values from callers, kept, and back to callers.
 */
#include "core/attr_value.h"

#include <string.h>

#include "lib/hex.h"
#include "lib/runner.h"

#define TEXT(s) (void *)(uintptr_t)(s)

static struct sg_value value;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE, two = 2;
static CK_ULONG number = 0x0102030405060708;

static void teardown(void)
{
	sg_value_free(&value);
}

static CK_RV store(CK_ATTRIBUTE_TYPE type, const void *data, CK_ULONG len)
{
	const struct sg_attr_row *row = sg_attr_row(type, SG_IN_SECRET);

	sg_value_free(&value);
	return sg_value_store(row, &(CK_ATTRIBUTE){ type, (void *)(uintptr_t)data, len }, &value);
}

static CK_RV store_nested(CK_ATTRIBUTE_TYPE which, const CK_ATTRIBUTE *nested, size_t n)
{
	return store(which, nested, n * sizeof *nested);
}

START_TEST(numbers_and_flags_get_a_fixed_width)
{
	ck_assert_uint_eq(store(CKA_CLASS, &number, 8), CKR_OK);
	assert_bytes(value.stored, hex("0102030405060708"));
	ck_assert_uint_eq(store(CKA_TOKEN, &yes, 1), CKR_OK);
	assert_bytes(value.stored, hex("01"));
	ck_assert_uint_eq(store(CKA_TOKEN, &no, 1), CKR_OK);
	assert_bytes(value.stored, hex("00"));
}
END_TEST

START_TEST(a_value_of_another_size_or_meaning_is_refused)
{
	ck_assert_uint_eq(store(CKA_CLASS, &number, 4), CKR_ATTRIBUTE_VALUE_INVALID);
	ck_assert_uint_eq(store(CKA_CLASS, NULL, 0), CKR_ATTRIBUTE_VALUE_INVALID);
	ck_assert_uint_eq(store(CKA_TOKEN, &two, 1), CKR_ATTRIBUTE_VALUE_INVALID);
	ck_assert_uint_eq(store(CKA_TOKEN, NULL, 0), CKR_ATTRIBUTE_VALUE_INVALID);
	ck_assert_uint_eq(store(CKA_TOKEN, &number, 8), CKR_ATTRIBUTE_VALUE_INVALID);
	ck_assert_uint_eq(store(CKA_START_DATE, NULL, 0), CKR_OK);
	ck_assert_uint_eq(store(CKA_START_DATE, "20260731", 8), CKR_OK);
	ck_assert_uint_eq(store(CKA_START_DATE, "20260732", 8), CKR_ATTRIBUTE_VALUE_INVALID);
	ck_assert_uint_eq(store(CKA_START_DATE, "2026073", 7), CKR_ATTRIBUTE_VALUE_INVALID);
}
END_TEST

START_TEST(mechanisms_are_kept_as_numbers)
{
	CK_MECHANISM_TYPE list[] = { CKM_AES_GCM, 0x80000001 };

	ck_assert_uint_eq(store(CKA_ALLOWED_MECHANISMS, list, sizeof list), CKR_OK);
	assert_bytes(value.stored, hex("00000000000010870000000080000001"));
}
END_TEST

START_TEST(a_list_of_mechanisms_has_entries_and_not_too_many)
{
	static CK_MECHANISM_TYPE list[SG_VALUE_MECHANISMS + 1];

	ck_assert_uint_eq(store(CKA_ALLOWED_MECHANISMS, NULL, 0), CKR_ATTRIBUTE_VALUE_INVALID);
	ck_assert_uint_eq(store(CKA_ALLOWED_MECHANISMS, list, 7), CKR_ATTRIBUTE_VALUE_INVALID);
	ck_assert_uint_eq(store(CKA_ALLOWED_MECHANISMS, list, 17), CKR_ATTRIBUTE_VALUE_INVALID);
	ck_assert_uint_eq(store(CKA_ALLOWED_MECHANISMS, list, sizeof list - sizeof list[0]), CKR_OK);
	ck_assert_uint_eq(store(CKA_ALLOWED_MECHANISMS, list, sizeof list),
	                  CKR_ATTRIBUTE_VALUE_INVALID);
}
END_TEST

START_TEST(a_template_is_kept_as_a_list)
{
	CK_ATTRIBUTE nested[] = {
		{ CKA_DECRYPT, &no, 1 }, { CKA_LABEL, TEXT("ab"), 2 }, { CKA_CLASS, &number, 8 },
	};

	ck_assert_uint_eq(store_nested(CKA_UNWRAP_TEMPLATE, nested, 3), CKR_OK);
	assert_bytes(value.stored, hex("00000000000000080102030405060708"
	                               "00000003000000026162"
	                               "000001050000000100"));
	ck_assert_uint_eq(store_nested(CKA_UNWRAP_TEMPLATE, NULL, 0), CKR_OK);
	ck_assert_uint_eq(value.stored.len, 0);
}
END_TEST

START_TEST(hostile_templates_are_refused)
{
	CK_MECHANISM_TYPE gcm = CKM_AES_GCM;
	CK_ATTRIBUTE inner = { CKA_LABEL, TEXT("x"), 1 };
	const struct {
		CK_ATTRIBUTE nested;
		CK_RV rv;
	} cases[] = {
		{ { CKA_LABEL, NULL, 1 }, CKR_ARGUMENTS_BAD },
		{ { CKA_LABEL, NULL, ~0UL }, CKR_ARGUMENTS_BAD },
		{ { CKA_LABEL, TEXT("x"), ~0UL }, CKR_ARGUMENTS_BAD },
		{ { CKA_LABEL, TEXT("x"), SG_VALUE_MAX + 1 }, CKR_ARGUMENTS_BAD },
		{ { CKA_SENSITIVE, &two, 1 }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ { CKA_SENSITIVE, &yes, 2 }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ { CKA_SENSITIVE, NULL, 0 }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ { CKA_VALUE_LEN, &number, 4 }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ { CKA_END_DATE, TEXT("20260230"), 8 }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ { CKA_ALLOWED_MECHANISMS, &gcm, 7 }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ { CKA_VALUE, TEXT("0123456789abcdef"), 16 }, CKR_ATTRIBUTE_TYPE_INVALID },
		{ { CKA_MODULUS, TEXT("x"), 1 }, CKR_ATTRIBUTE_TYPE_INVALID },
		{ { ~0UL, TEXT("x"), 1 }, CKR_ATTRIBUTE_TYPE_INVALID },
		{ { CKA_WRAP_TEMPLATE, &inner, sizeof inner }, CKR_ATTRIBUTE_TYPE_INVALID },
		{ { CKA_UNWRAP_TEMPLATE, &inner, sizeof inner }, CKR_ATTRIBUTE_TYPE_INVALID },
		{ { CKA_DERIVE_TEMPLATE, NULL, 0 }, CKR_ATTRIBUTE_TYPE_INVALID },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		ck_assert_uint_eq(store_nested(CKA_WRAP_TEMPLATE, &cases[i].nested, 1), cases[i].rv);
		ck_assert_uint_eq(store_nested(CKA_UNWRAP_TEMPLATE, &cases[i].nested, 1),
		                  cases[i].rv);
		ck_assert_uint_eq(store_nested(CKA_DERIVE_TEMPLATE, &cases[i].nested, 1),
		                  cases[i].rv);
	}
	ck_assert_uint_eq(store(CKA_WRAP_TEMPLATE, &inner, sizeof inner - 1),
	                  CKR_ATTRIBUTE_VALUE_INVALID);
	ck_assert_uint_eq(store(CKA_WRAP_TEMPLATE, &inner, 1), CKR_ATTRIBUTE_VALUE_INVALID);
}
END_TEST

START_TEST(what_only_the_token_sets_is_compared_but_not_added)
{
	CK_ATTRIBUTE local = { CKA_LOCAL, &yes, 1 };

	ck_assert_uint_eq(store_nested(CKA_WRAP_TEMPLATE, &local, 1), CKR_OK);
	ck_assert_uint_eq(store_nested(CKA_UNWRAP_TEMPLATE, &local, 1), CKR_ATTRIBUTE_TYPE_INVALID);
	ck_assert_uint_eq(store_nested(CKA_DERIVE_TEMPLATE, &local, 1), CKR_ATTRIBUTE_TYPE_INVALID);
}
END_TEST

START_TEST(a_template_has_no_attribute_twice_and_an_upper_bound)
{
	static uint8_t long_text[SG_VALUE_NESTED_BYTES];
	CK_ATTRIBUTE twice[] = { { CKA_LABEL, TEXT("a"), 1 }, { CKA_LABEL, TEXT("a"), 1 } };
	CK_ATTRIBUTE many[SG_VALUE_NESTED + 1] = { { 0 } };
	CK_ATTRIBUTE big[] = {
		{ CKA_LABEL, long_text, sizeof long_text / 2 },
		{ CKA_ID, long_text, sizeof long_text / 2 - 16 },
	};

	ck_assert_uint_eq(store_nested(CKA_WRAP_TEMPLATE, twice, 2), CKR_TEMPLATE_INCONSISTENT);
	ck_assert_uint_eq(store_nested(CKA_WRAP_TEMPLATE, many, SG_VALUE_NESTED + 1),
	                  CKR_ATTRIBUTE_VALUE_INVALID);
	ck_assert_uint_eq(store_nested(CKA_WRAP_TEMPLATE, big, 2), CKR_OK);
	big[1].ulValueLen++;
	ck_assert_uint_eq(store_nested(CKA_WRAP_TEMPLATE, big, 2), CKR_ATTRIBUTE_VALUE_INVALID);
	big[1].ulValueLen = sizeof long_text;
	ck_assert_uint_eq(store_nested(CKA_WRAP_TEMPLATE, big, 2), CKR_ATTRIBUTE_VALUE_INVALID);
}
END_TEST

START_TEST(what_is_stored_fits_and_other_bytes_do_not)
{
	CK_ATTRIBUTE nested[] = { { CKA_DECRYPT, &no, 1 } };
	const struct sg_attr_row *template = sg_attr_row(CKA_WRAP_TEMPLATE, SG_IN_SECRET);
	const struct sg_attr_row *mechanisms = sg_attr_row(CKA_ALLOWED_MECHANISMS, SG_IN_SECRET);
	static const char *const bad[] = {
		"00", "000001050000000100ff", "000001050000000102", "00000105000000020000",
		"4000021100000000", "0000001100000001aa", "000001050000000100000001050000000100",
	};

	ck_assert_uint_eq(store_nested(CKA_WRAP_TEMPLATE, nested, 1), CKR_OK);
	ck_assert(sg_value_fits(template, value.stored));
	ck_assert(sg_value_fits(template, sg_bytes(NULL, 0)));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(!sg_value_fits(template, hex(bad[i])), "%s", bad[i]);
	ck_assert(sg_value_fits(mechanisms, hex("0000000000001087")));
	ck_assert(!sg_value_fits(mechanisms, hex("00000000001087")));
	ck_assert(!sg_value_fits(mechanisms, sg_bytes(NULL, 0)));
}
END_TEST

START_TEST(a_template_is_given_back_in_two_steps)
{
	CK_ATTRIBUTE nested[] = { { CKA_DECRYPT, &no, 1 }, { CKA_VALUE_LEN, &number, 8 } };
	const struct sg_attr_row *row = sg_attr_row(CKA_WRAP_TEMPLATE, SG_IN_SECRET);
	CK_ATTRIBUTE out[3] = { { 7, NULL, 7 }, { 7, NULL, 7 }, { 7, NULL, 7 } };
	CK_ATTRIBUTE attr = { CKA_WRAP_TEMPLATE, NULL, 0 };
	CK_BBOOL flag = 7;
	CK_ULONG back = 0;

	ck_assert_uint_eq(store_nested(CKA_WRAP_TEMPLATE, nested, 2), CKR_OK);
	ck_assert_uint_eq(sg_value_give(row, value.stored, &attr), CKR_OK);
	ck_assert_uint_eq(attr.ulValueLen, 2 * sizeof out[0]);
	attr.pValue = out;
	attr.ulValueLen = sizeof out;
	ck_assert_uint_eq(sg_value_give(row, value.stored, &attr), CKR_OK);
	ck_assert_uint_eq(attr.ulValueLen, 2 * sizeof out[0]);
	ck_assert_uint_eq(out[0].type, CKA_DECRYPT);
	ck_assert_uint_eq(out[0].ulValueLen, 1);
	ck_assert_uint_eq(out[1].type, CKA_VALUE_LEN);
	ck_assert_uint_eq(out[1].ulValueLen, 8);
	ck_assert_uint_eq(out[2].type, 7);
	out[0].pValue = &flag;
	out[1].pValue = &back;
	out[0].type = out[1].type = 7;
	ck_assert_uint_eq(sg_value_give(row, value.stored, &attr), CKR_OK);
	ck_assert_uint_eq(out[0].type, CKA_DECRYPT);
	ck_assert_uint_eq(flag, CK_FALSE);
	ck_assert_uint_eq(back, number);
}
END_TEST

START_TEST(too_little_room_inside_or_outside_is_told)
{
	CK_ATTRIBUTE nested[] = { { CKA_LABEL, TEXT("abc"), 3 }, { CKA_DECRYPT, &no, 1 } };
	const struct sg_attr_row *row = sg_attr_row(CKA_WRAP_TEMPLATE, SG_IN_SECRET);
	char label[3] = "zz";
	CK_BBOOL flag = 7;
	CK_ATTRIBUTE out[2] = { { 0, label, 2 }, { 0, &flag, 1 } };
	CK_ATTRIBUTE attr = { CKA_WRAP_TEMPLATE, out, sizeof out - 1 };

	ck_assert_uint_eq(store_nested(CKA_WRAP_TEMPLATE, nested, 2), CKR_OK);
	ck_assert_uint_eq(sg_value_give(row, value.stored, &attr), CKR_BUFFER_TOO_SMALL);
	ck_assert_uint_eq(attr.ulValueLen, CK_UNAVAILABLE_INFORMATION);
	ck_assert_uint_eq(out[0].type, 0);
	attr.ulValueLen = sizeof out;
	ck_assert_uint_eq(sg_value_give(row, value.stored, &attr), CKR_BUFFER_TOO_SMALL);
	ck_assert_uint_eq(out[0].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	ck_assert_str_eq(label, "zz");
	ck_assert_uint_eq(flag, CK_FALSE);
}
END_TEST

START_TEST(a_type_has_one_kind_of_value_wherever_it_stands_in_keys_and_data)
{
	const struct sg_attr_row *rows;
	size_t n;

	rows = sg_attr_rows(&n);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			ck_assert_msg(rows[i].type != rows[j].type || rows[i].kind == rows[j].kind,
			              "%s", rows[i].name);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("attr_value");
	TCase *tc = tcase_create("attr_value");

	tcase_add_checked_fixture(tc, NULL, teardown);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, numbers_and_flags_get_a_fixed_width);
	tcase_add_test(tc, a_value_of_another_size_or_meaning_is_refused);
	tcase_add_test(tc, mechanisms_are_kept_as_numbers);
	tcase_add_test(tc, a_list_of_mechanisms_has_entries_and_not_too_many);
	tcase_add_test(tc, a_template_is_kept_as_a_list);
	tcase_add_test(tc, hostile_templates_are_refused);
	tcase_add_test(tc, what_only_the_token_sets_is_compared_but_not_added);
	tcase_add_test(tc, a_template_has_no_attribute_twice_and_an_upper_bound);
	tcase_add_test(tc, what_is_stored_fits_and_other_bytes_do_not);
	tcase_add_test(tc, a_template_is_given_back_in_two_steps);
	tcase_add_test(tc, too_little_room_inside_or_outside_is_told);
	tcase_add_test(tc, a_type_has_one_kind_of_value_wherever_it_stands_in_keys_and_data);
	return s;
}

int main(void)
{
	return test_run(suite());
}
