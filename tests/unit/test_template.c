/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/template.c. What templates do in the whole is in tests/api.
 */
#include "core/template.h"

#include <string.h>

#include "lib/hex.h"
#include "lib/runner.h"

static struct sg_attrs attrs;
static struct sg_secret *material;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_OBJECT_CLASS data = CKO_DATA, secret = CKO_SECRET_KEY, private = CKO_PRIVATE_KEY;
static CK_KEY_TYPE aes = CKK_AES, edwards = CKK_EC_EDWARDS;
static CK_ULONG len32 = 32;
static uint8_t value[64] = "0123456789abcdef0123456789abcdef";
static uint8_t oid[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };

static const struct sg_template_kind create = {
	SG_BY_CREATE, CK_UNAVAILABLE_INFORMATION, CK_UNAVAILABLE_INFORMATION,
};
static const struct sg_template_kind generate = { SG_BY_GENERATE, CKO_SECRET_KEY, CKK_AES };
static const struct sg_template_kind unwrap = {
	SG_BY_UNWRAP, CKO_SECRET_KEY, CK_UNAVAILABLE_INFORMATION,
};

static void teardown(void)
{
	sg_attrs_free(&attrs);
	sg_secret_free(&material);
}

static CK_RV build(struct sg_template_kind kind, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	teardown();
	ck_assert_uint_eq(sg_template_check(t, n), CKR_OK);
	return sg_template_build(kind, t, n, &attrs, &material);
}

#define BUILD(kind, ...) \
	build(kind, (CK_ATTRIBUTE[]){ __VA_ARGS__ }, \
	      sizeof((CK_ATTRIBUTE[]){ __VA_ARGS__ }) / sizeof(CK_ATTRIBUTE))

#define CLASS(c) { CKA_CLASS, &c, sizeof c }
#define TYPE(t) { CKA_KEY_TYPE, &t, sizeof t }
#define VALUE(n) { CKA_VALUE, value, n }
#define BOOL(type, b) { type, &b, 1 }

START_TEST(the_shape_is_checked)
{
	CK_ATTRIBUTE good[] = { CLASS(data), { CKA_LABEL, NULL, 0 } };
	CK_ATTRIBUTE null = { CKA_LABEL, NULL, 1 }, huge = { CKA_LABEL, value, 65537 };
	CK_ATTRIBUTE twice[] = { CLASS(data), BOOL(CKA_TOKEN, yes), BOOL(CKA_TOKEN, yes) };

	ck_assert_uint_eq(sg_template_check(good, 2), CKR_OK);
	ck_assert_uint_eq(sg_template_check(NULL, 0), CKR_OK);
	ck_assert_uint_eq(sg_template_check(NULL, 1), CKR_ARGUMENTS_BAD);
	ck_assert_uint_eq(sg_template_check(good, 257), CKR_ARGUMENTS_BAD);
	ck_assert_uint_eq(sg_template_check(good, ~0UL), CKR_ARGUMENTS_BAD);
	ck_assert_uint_eq(sg_template_check(&null, 1), CKR_ARGUMENTS_BAD);
	ck_assert_uint_eq(sg_template_check(&huge, 1), CKR_ARGUMENTS_BAD);
	ck_assert_uint_eq(sg_template_check(twice, 2), CKR_OK);
	ck_assert_uint_eq(sg_template_check(twice, 3), CKR_TEMPLATE_INCONSISTENT);
}
END_TEST

START_TEST(attributes_are_found_by_type)
{
	CK_ATTRIBUTE t[] = { CLASS(data), BOOL(CKA_TOKEN, yes), { CKA_PRIVATE, value, 2 } };

	ck_assert_ptr_eq(sg_template_find(t, 3, CKA_TOKEN), &t[1]);
	ck_assert_ptr_null(sg_template_find(t, 1, CKA_TOKEN));
	ck_assert(sg_template_bool(t, 3, CKA_TOKEN, false));
	ck_assert(sg_template_bool(t, 3, CKA_LOCAL, true));
	ck_assert(!sg_template_bool(t, 3, CKA_PRIVATE, false));
}
END_TEST

START_TEST(defaults_are_filled_in)
{
	struct sg_bytes label;

	ck_assert_uint_eq(BUILD(create, CLASS(secret), TYPE(aes), VALUE(16)), CKR_OK);
	ck_assert_uint_eq(sg_attrs_ulong(&attrs, CKA_CLASS), CKO_SECRET_KEY);
	ck_assert(sg_attrs_bool(&attrs, CKA_SENSITIVE));
	ck_assert(!sg_attrs_bool(&attrs, CKA_EXTRACTABLE));
	ck_assert(sg_attrs_bool(&attrs, CKA_PRIVATE));
	ck_assert(!sg_attrs_bool(&attrs, CKA_TOKEN));
	ck_assert(sg_attrs_bool(&attrs, CKA_ENCRYPT));
	ck_assert(!sg_attrs_bool(&attrs, CKA_WRAP));
	ck_assert(sg_attrs_get(&attrs, CKA_LABEL, &label));
	ck_assert_uint_eq(label.len, 0);
}
END_TEST

START_TEST(material_goes_to_guarded_memory_and_not_into_the_list)
{
	struct sg_bytes found;

	ck_assert_uint_eq(BUILD(create, CLASS(secret), TYPE(aes), VALUE(32)), CKR_OK);
	ck_assert_uint_eq(material->len, 32);
	ck_assert_mem_eq(material->data, value, 32);
	ck_assert(!sg_attrs_get(&attrs, CKA_VALUE, &found));
	ck_assert_ptr_null(memmem(attrs.list.data, attrs.list.len, value, 16));
}
END_TEST

START_TEST(what_is_missing_is_named)
{
	ck_assert_uint_eq(build(create, NULL, 0), CKR_TEMPLATE_INCOMPLETE);
	ck_assert_uint_eq(BUILD(create, CLASS(secret)), CKR_TEMPLATE_INCOMPLETE);
	ck_assert_uint_eq(BUILD(create, CLASS(secret), TYPE(aes)), CKR_TEMPLATE_INCOMPLETE);
	ck_assert_uint_eq(BUILD(create, CLASS(private), TYPE(edwards), VALUE(32)),
	                  CKR_TEMPLATE_INCOMPLETE);
	ck_assert_uint_eq(build(generate, NULL, 0), CKR_TEMPLATE_INCOMPLETE);
	ck_assert_uint_eq(build(unwrap, NULL, 0), CKR_TEMPLATE_INCOMPLETE);
}
END_TEST

START_TEST(what_the_function_implies_is_not_contradicted)
{
	ck_assert_uint_eq(BUILD(generate, CLASS(secret), TYPE(aes),
	                        { CKA_VALUE_LEN, &len32, sizeof len32 }), CKR_OK);
	ck_assert_uint_eq(BUILD(generate, CLASS(private),
	                        { CKA_VALUE_LEN, &len32, sizeof len32 }), CKR_TEMPLATE_INCONSISTENT);
	ck_assert_uint_eq(BUILD(generate, TYPE(edwards),
	                        { CKA_VALUE_LEN, &len32, sizeof len32 }), CKR_TEMPLATE_INCONSISTENT);
	ck_assert_uint_eq(BUILD(generate, { CKA_VALUE_LEN, &len32, sizeof len32 }, VALUE(32)),
	                  CKR_TEMPLATE_INCONSISTENT);
	ck_assert_uint_eq(BUILD(unwrap, TYPE(aes), VALUE(32)), CKR_TEMPLATE_INCONSISTENT);
	ck_assert_uint_eq(BUILD(create, CLASS(secret), TYPE(aes), VALUE(16),
	                        { CKA_VALUE_LEN, &len32, sizeof len32 }), CKR_TEMPLATE_INCONSISTENT);
}
END_TEST

START_TEST(a_key_sealed_on_its_own_is_a_token_object)
{
	ck_assert_uint_eq(BUILD(create, CLASS(secret), TYPE(aes), VALUE(16),
	                        BOOL(CKA_SIGNET_SEALED, yes)), CKR_TEMPLATE_INCONSISTENT);
	ck_assert_uint_eq(BUILD(create, CLASS(secret), TYPE(aes), VALUE(16),
	                        BOOL(CKA_SIGNET_SEALED, yes), BOOL(CKA_TOKEN, yes)), CKR_OK);
}
END_TEST

START_TEST(data_sealed_on_its_own_is_a_private_token_object)
{
	ck_assert_uint_eq(BUILD(create, CLASS(data), VALUE(16), BOOL(CKA_SIGNET_SEALED, yes),
	                        BOOL(CKA_PRIVATE, yes)), CKR_TEMPLATE_INCONSISTENT);
	ck_assert_uint_eq(BUILD(create, CLASS(data), VALUE(16), BOOL(CKA_SIGNET_SEALED, yes),
	                        BOOL(CKA_TOKEN, yes)), CKR_TEMPLATE_INCONSISTENT);
	ck_assert_uint_eq(BUILD(create, CLASS(data), VALUE(16), BOOL(CKA_SIGNET_SEALED, yes),
	                        BOOL(CKA_TOKEN, yes), BOOL(CKA_PRIVATE, yes)), CKR_OK);
}
END_TEST

START_TEST(the_curve_and_the_point_are_brought_into_one_form)
{
	uint8_t octet[34] = { 0x04, 0x20, 1, 2, 3 };
	struct sg_bytes point;

	ck_assert_uint_eq(BUILD(create, CLASS(private), TYPE(edwards), VALUE(32),
	                        { CKA_EC_PARAMS, oid, sizeof oid },
	                        { CKA_EC_POINT, octet, sizeof octet }), CKR_OK);
	ck_assert(sg_attrs_get(&attrs, CKA_EC_POINT, &point));
	assert_bytes(point, sg_bytes(octet + 2, 32));
	ck_assert_uint_eq(BUILD(create, CLASS(private), TYPE(edwards), VALUE(32),
	                        { CKA_EC_PARAMS, oid, 4 }), CKR_CURVE_NOT_SUPPORTED);
}
END_TEST

static CK_RV change(CK_ATTRIBUTE_TYPE type, const void *bytes, CK_ULONG len)
{
	CK_ATTRIBUTE t = { type, (void *)(uintptr_t)bytes, len };

	return sg_template_change(&attrs, &t, 1);
}

START_TEST(changes_keep_to_the_table)
{
	ck_assert_uint_eq(BUILD(create, CLASS(secret), TYPE(aes), VALUE(16),
	                        BOOL(CKA_EXTRACTABLE, yes), BOOL(CKA_SENSITIVE, no)), CKR_OK);
	ck_assert_uint_eq(change(CKA_LABEL, "new", 3), CKR_OK);
	ck_assert_uint_eq(change(CKA_SENSITIVE, &no, 1), CKR_OK);
	ck_assert_uint_eq(change(CKA_SENSITIVE, &yes, 1), CKR_OK);
	ck_assert_uint_eq(change(CKA_SENSITIVE, &no, 1), CKR_ATTRIBUTE_READ_ONLY);
	ck_assert(sg_attrs_bool(&attrs, CKA_SENSITIVE));
	ck_assert_uint_eq(change(CKA_EXTRACTABLE, &no, 1), CKR_OK);
	ck_assert_uint_eq(change(CKA_EXTRACTABLE, &yes, 1), CKR_ATTRIBUTE_READ_ONLY);
	ck_assert_uint_eq(change(CKA_TOKEN, &yes, 1), CKR_ATTRIBUTE_READ_ONLY);
	ck_assert_uint_eq(change(CKA_VALUE, value, 16), CKR_ATTRIBUTE_READ_ONLY);
	ck_assert_uint_eq(change(CKA_MODULUS, value, 16), CKR_ATTRIBUTE_TYPE_INVALID);
	ck_assert_uint_eq(change(CKA_ENCRYPT, value, 2), CKR_ATTRIBUTE_VALUE_INVALID);
}
END_TEST

START_TEST(what_is_not_modifiable_does_not_change)
{
	ck_assert_uint_eq(BUILD(create, CLASS(data), BOOL(CKA_MODIFIABLE, no)), CKR_OK);
	ck_assert_uint_eq(change(CKA_LABEL, "new", 3), CKR_ACTION_PROHIBITED);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("template");
	TCase *tc = tcase_create("template");

	tcase_add_checked_fixture(tc, NULL, teardown);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, the_shape_is_checked);
	tcase_add_test(tc, attributes_are_found_by_type);
	tcase_add_test(tc, defaults_are_filled_in);
	tcase_add_test(tc, material_goes_to_guarded_memory_and_not_into_the_list);
	tcase_add_test(tc, what_is_missing_is_named);
	tcase_add_test(tc, what_the_function_implies_is_not_contradicted);
	tcase_add_test(tc, a_key_sealed_on_its_own_is_a_token_object);
	tcase_add_test(tc, data_sealed_on_its_own_is_a_private_token_object);
	tcase_add_test(tc, the_curve_and_the_point_are_brought_into_one_form);
	tcase_add_test(tc, changes_keep_to_the_table);
	tcase_add_test(tc, what_is_not_modifiable_does_not_change);
	return s;
}

int main(void)
{
	return test_run(suite());
}
