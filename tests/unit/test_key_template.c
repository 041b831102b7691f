/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/key_template.c.
 */
#include "core/key_template.h"

#include <string.h>

#include "core/attr_value.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define TEXT(s) (void *)(uintptr_t)(s)

static struct sg_object key, other;
static struct sg_merged merged;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_ULONG len32 = 32, len16 = 16;
static CK_MECHANISM_TYPE gcm = CKM_AES_GCM;

static void teardown(void)
{
	sg_attrs_free(&key.attrs);
	sg_attrs_free(&other.attrs);
	sg_merged_free(&merged);
}

static void give_key(CK_ATTRIBUTE_TYPE which, const CK_ATTRIBUTE *nested, size_t n)
{
	const CK_ATTRIBUTE attr = { which, (void *)(uintptr_t)nested, n * sizeof *nested };
	struct sg_value value;

	ck_assert_uint_eq(sg_value_store(sg_attr_row(which, SG_IN_SECRET), &attr, &value), CKR_OK);
	ck_assert_int_eq(sg_attrs_set(&key.attrs, which, value.stored), SG_OK);
	sg_value_free(&value);
}

START_TEST(without_a_template_everything_matches)
{
	ck_assert(sg_key_template_matches(&key, &other));
	give_key(CKA_WRAP_TEMPLATE, NULL, 0);
	ck_assert(sg_key_template_matches(&key, &other));
}
END_TEST

START_TEST(every_attribute_must_be_there_and_equal)
{
	CK_ATTRIBUTE nested[] = { { CKA_LABEL, TEXT("a"), 1 }, { CKA_SENSITIVE, &yes, 1 } };

	give_key(CKA_WRAP_TEMPLATE, nested, 2);
	ck_assert(!sg_key_template_matches(&key, &other));
	ck_assert_int_eq(sg_attrs_set(&other.attrs, CKA_LABEL, sg_bytes("a", 1)), SG_OK);
	ck_assert(!sg_key_template_matches(&key, &other));
	ck_assert_int_eq(sg_attrs_set_bool(&other.attrs, CKA_SENSITIVE, false), SG_OK);
	ck_assert(!sg_key_template_matches(&key, &other));
	ck_assert_int_eq(sg_attrs_set_bool(&other.attrs, CKA_SENSITIVE, true), SG_OK);
	ck_assert(sg_key_template_matches(&key, &other));
	ck_assert_int_eq(sg_attrs_set(&other.attrs, CKA_LABEL, sg_bytes("ab", 2)), SG_OK);
	ck_assert(!sg_key_template_matches(&key, &other));
}
END_TEST

START_TEST(a_key_without_a_template_leaves_the_callers)
{
	CK_ATTRIBUTE mine[] = { { CKA_LABEL, TEXT("a"), 1 } };

	ck_assert_uint_eq(sg_key_template_merge(&key, CKA_UNWRAP_TEMPLATE, mine, 1, &merged),
	                  CKR_OK);
	ck_assert_uint_eq(merged.n, 1);
	ck_assert_ptr_eq(merged.attr[0].pValue, mine[0].pValue);
	sg_merged_free(&merged);
	ck_assert_uint_eq(sg_key_template_merge(&key, CKA_UNWRAP_TEMPLATE, NULL, 0, &merged),
	                  CKR_OK);
	ck_assert_uint_eq(merged.n, 0);
}
END_TEST

START_TEST(what_the_caller_left_out_is_added_in_his_form)
{
	CK_ATTRIBUTE mine[] = { { CKA_TOKEN, &no, 1 } };
	CK_ATTRIBUTE nested[] = {
		{ CKA_VALUE_LEN, &len32, 8 }, { CKA_ID, TEXT("0123456789"), 10 }, { CKA_WRAP, &no, 1 },
		{ CKA_ALLOWED_MECHANISMS, &gcm, sizeof gcm }, { CKA_END_DATE, NULL, 0 },
	};

	give_key(CKA_DERIVE_TEMPLATE, nested, 5);
	ck_assert_uint_eq(sg_key_template_merge(&key, CKA_DERIVE_TEMPLATE, mine, 1, &merged),
	                  CKR_OK);
	ck_assert_uint_eq(merged.n, 6);
	for (size_t i = 0; i < 5; i++) {
		const CK_ATTRIBUTE *found = NULL;

		for (CK_ULONG j = 0; j < merged.n; j++)
			if (merged.attr[j].type == nested[i].type)
				found = &merged.attr[j];
		ck_assert_ptr_nonnull(found);
		assert_bytes(sg_bytes(found->pValue, found->ulValueLen),
		             sg_bytes(nested[i].pValue, nested[i].ulValueLen));
	}
}
END_TEST

START_TEST(the_same_value_twice_is_no_conflict_and_another_one_is)
{
	CK_ATTRIBUTE nested[] = {
		{ CKA_VALUE_LEN, &len32, 8 }, { CKA_ALLOWED_MECHANISMS, &gcm, sizeof gcm },
	};
	CK_MECHANISM_TYPE kwp = CKM_AES_KEY_WRAP_KWP;
	CK_ATTRIBUTE same[] = { nested[1], nested[0] };
	CK_ATTRIBUTE shorter[] = { { CKA_VALUE_LEN, &len16, 8 } };
	CK_ATTRIBUTE wider[] = { { CKA_ALLOWED_MECHANISMS, &kwp, sizeof kwp } };
	CK_ATTRIBUTE malformed[] = { { CKA_VALUE_LEN, &len32, 4 } };

	give_key(CKA_UNWRAP_TEMPLATE, nested, 2);
	ck_assert_uint_eq(sg_key_template_merge(&key, CKA_UNWRAP_TEMPLATE, same, 2, &merged),
	                  CKR_OK);
	ck_assert_uint_eq(merged.n, 2);
	sg_merged_free(&merged);
	ck_assert_uint_eq(sg_key_template_merge(&key, CKA_UNWRAP_TEMPLATE, shorter, 1, &merged),
	                  CKR_TEMPLATE_INCONSISTENT);
	sg_merged_free(&merged);
	ck_assert_uint_eq(sg_key_template_merge(&key, CKA_UNWRAP_TEMPLATE, wider, 1, &merged),
	                  CKR_TEMPLATE_INCONSISTENT);
	sg_merged_free(&merged);
	ck_assert_uint_eq(sg_key_template_merge(&key, CKA_UNWRAP_TEMPLATE, malformed, 1, &merged),
	                  CKR_ATTRIBUTE_VALUE_INVALID);
	sg_merged_free(&merged);
	ck_assert_uint_eq(sg_key_template_merge(&key, CKA_DERIVE_TEMPLATE, shorter, 1, &merged),
	                  CKR_OK);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("key_template");
	TCase *tc = tcase_create("key_template");

	tcase_add_checked_fixture(tc, NULL, teardown);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, without_a_template_everything_matches);
	tcase_add_test(tc, every_attribute_must_be_there_and_equal);
	tcase_add_test(tc, a_key_without_a_template_leaves_the_callers);
	tcase_add_test(tc, what_the_caller_left_out_is_added_in_his_form);
	tcase_add_test(tc, the_same_value_twice_is_no_conflict_and_another_one_is);
	return s;
}

int main(void)
{
	return test_run(suite());
}
