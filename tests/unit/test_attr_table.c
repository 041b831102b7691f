/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/attr_table.c: what the rows must be for each other.
 */
#include "core/attr_table.h"

#include "lib/runner.h"

#define KINDS 7
#define ALL ((1u << KINDS) - 1)

static const struct sg_attr_row *rows;
static size_t n;

static void setup(void)
{
	rows = sg_attr_rows(&n);
	ck_assert_uint_gt(n, 40);
}

START_TEST(an_attribute_has_one_row_for_each_kind_of_object)
{
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_ne(rows[i].in, 0);
		ck_assert_uint_eq(rows[i].in & ~ALL, 0);
		for (size_t j = i + 1; j < n; j++)
			ck_assert_msg(rows[i].type != rows[j].type || (rows[i].in & rows[j].in) == 0,
			              "%s has two rows", rows[i].name);
	}
}
END_TEST

START_TEST(a_row_is_found_by_its_type_and_kind)
{
	for (size_t i = 0; i < n; i++)
		for (unsigned bit = 1; bit <= ALL; bit <<= 1)
			ck_assert((sg_attr_row(rows[i].type, bit) == &rows[i]) ==
			          ((rows[i].in & bit) != 0));
	ck_assert_ptr_null(sg_attr_row(CKA_MODULUS, ALL));
	ck_assert_ptr_null(sg_attr_row(CKA_EC_POINT, SG_IN_SECRET));
	ck_assert_ptr_null(sg_attr_row(CKA_CLASS, 0));
}
END_TEST

START_TEST(what_is_required_is_allowed)
{
	for (size_t i = 0; i < n; i++)
		ck_assert_msg((rows[i].required & ~rows[i].allowed) == 0, "%s", rows[i].name);
}
END_TEST

START_TEST(what_the_token_sets_is_never_given_or_changed)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].flags & SG_ATTR_TOKEN_SETS)
			ck_assert_msg(rows[i].allowed == 0 && (rows[i].flags & SG_ATTR_SETTABLE) == 0,
			              "%s", rows[i].name);
}
END_TEST

START_TEST(a_fixed_attribute_has_a_default_and_stays)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].flags & SG_ATTR_FIXED)
			ck_assert_msg(rows[i].otherwise != SG_DEFAULT_NONE &&
			              (rows[i].flags & SG_ATTR_SETTABLE) == 0, "%s", rows[i].name);
}
END_TEST

START_TEST(material_is_never_changed_and_that_of_keys_is_sensitive)
{
	for (size_t i = 0; i < n; i++) {
		bool key = rows[i].in & (SG_IN_PRIVATE | SG_IN_SECRET);

		if ((rows[i].flags & SG_ATTR_MATERIAL) == 0)
			continue;
		ck_assert_uint_eq(rows[i].type, CKA_VALUE);
		ck_assert_uint_eq(rows[i].flags & SG_ATTR_SETTABLE, 0);
		ck_assert(!key || (rows[i].flags & SG_ATTR_SENSITIVE));
	}
	ck_assert(sg_attr_row(CKA_VALUE, SG_IN_PRIVATE)->flags & SG_ATTR_MATERIAL);
	ck_assert(sg_attr_row(CKA_VALUE, SG_IN_SECRET)->flags & SG_ATTR_MATERIAL);
}
END_TEST

START_TEST(one_way_attributes_go_the_safe_way)
{
	for (unsigned bit = SG_IN_PRIVATE; bit <= SG_IN_SECRET; bit <<= 1) {
		const struct sg_attr_row *sensitive = sg_attr_row(CKA_SENSITIVE, bit);
		const struct sg_attr_row *extractable = sg_attr_row(CKA_EXTRACTABLE, bit);

		ck_assert(sensitive->flags & SG_ATTR_ONLY_TO_TRUE);
		ck_assert_int_eq(sensitive->otherwise, SG_DEFAULT_TRUE);
		ck_assert(extractable->flags & SG_ATTR_ONLY_TO_FALSE);
		ck_assert_int_eq(extractable->otherwise, SG_DEFAULT_FALSE);
		ck_assert_int_eq(sg_attr_row(CKA_PRIVATE, bit)->otherwise, SG_DEFAULT_TRUE);
	}
}
END_TEST

START_TEST(defaults_suit_the_kind_of_value)
{
	for (size_t i = 0; i < n; i++) {
		enum sg_attr_default d = rows[i].otherwise;
		bool is_bool = d == SG_DEFAULT_FALSE || d == SG_DEFAULT_TRUE || d == SG_DEFAULT_USAGE;

		ck_assert_msg(!is_bool || rows[i].kind == SG_ATTR_BOOL, "%s", rows[i].name);
		ck_assert_msg(d != SG_DEFAULT_ZERO || rows[i].kind == SG_ATTR_ULONG, "%s",
		              rows[i].name);
		ck_assert_msg(d != SG_DEFAULT_EMPTY || rows[i].kind == SG_ATTR_BYTES ||
		              rows[i].kind == SG_ATTR_DATE, "%s", rows[i].name);
	}
}
END_TEST

START_TEST(nobody_makes_what_is_built_in)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].in & SG_IN_BUILTIN)
			ck_assert_msg((rows[i].in & ~SG_IN_BUILTIN) == 0 &&
			              rows[i].flags == SG_ATTR_TOKEN_SETS, "%s", rows[i].name);
}
END_TEST

START_TEST(classes_have_a_bit_each)
{
	static const CK_OBJECT_CLASS classes[KINDS] = {
		CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY,
		CKO_PROFILE, CKO_MECHANISM,
	};
	unsigned all = 0;

	for (size_t i = 0; i < KINDS; i++)
		all |= sg_attr_class_bit(classes[i]);
	ck_assert_uint_eq(all, ALL);
	ck_assert_uint_eq(sg_attr_class_bit(CKO_HW_FEATURE), 0);
	ck_assert_uint_eq(sg_attr_class_bit(CKO_DOMAIN_PARAMETERS), 0);
	ck_assert_uint_eq(sg_attr_class_bit(CK_UNAVAILABLE_INFORMATION), 0);
}
END_TEST

START_TEST(key_types_know_their_lengths)
{
	const struct sg_key_type *aes = sg_key_type(CKK_AES, SG_IN_SECRET);
	const struct sg_key_type *generic = sg_key_type(CKK_GENERIC_SECRET, SG_IN_SECRET);
	const struct sg_key_type *edwards = sg_key_type(CKK_EC_EDWARDS, SG_IN_PRIVATE);

	for (CK_ULONG len = 0; len < 600; len++) {
		ck_assert(sg_key_type_takes(aes, len) == (len == 16 || len == 24 || len == 32));
		ck_assert(sg_key_type_takes(generic, len) == (len >= 1 && len <= 512));
		ck_assert(sg_key_type_takes(edwards, len) == (len == 32));
	}
	ck_assert(!sg_key_type_takes(generic, ~0UL));
}
END_TEST

START_TEST(a_key_type_belongs_to_its_kinds)
{
	ck_assert_ptr_nonnull(sg_key_type(CKK_EC_EDWARDS, SG_IN_PUBLIC));
	ck_assert_ptr_null(sg_key_type(CKK_EC_EDWARDS, SG_IN_SECRET));
	ck_assert_ptr_null(sg_key_type(CKK_AES, SG_IN_PRIVATE));
	ck_assert_ptr_null(sg_key_type(CKK_RSA, SG_IN_PUBLIC));
	ck_assert_ptr_null(sg_key_type(CK_UNAVAILABLE_INFORMATION, ALL));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("attr_table");
	TCase *tc = tcase_create("attr_table");

	tcase_add_checked_fixture(tc, setup, NULL);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, an_attribute_has_one_row_for_each_kind_of_object);
	tcase_add_test(tc, a_row_is_found_by_its_type_and_kind);
	tcase_add_test(tc, what_is_required_is_allowed);
	tcase_add_test(tc, what_the_token_sets_is_never_given_or_changed);
	tcase_add_test(tc, a_fixed_attribute_has_a_default_and_stays);
	tcase_add_test(tc, material_is_never_changed_and_that_of_keys_is_sensitive);
	tcase_add_test(tc, one_way_attributes_go_the_safe_way);
	tcase_add_test(tc, defaults_suit_the_kind_of_value);
	tcase_add_test(tc, nobody_makes_what_is_built_in);
	tcase_add_test(tc, classes_have_a_bit_each);
	tcase_add_test(tc, key_types_know_their_lengths);
	tcase_add_test(tc, a_key_type_belongs_to_its_kinds);
	return s;
}

int main(void)
{
	return test_run(suite());
}
