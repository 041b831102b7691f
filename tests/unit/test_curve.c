/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/curve.c.
 */
#include "core/curve.h"

#include "lib/hex.h"
#include "lib/runner.h"

#define POINT "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

static bool named(struct sg_bytes params)
{
	return sg_curve_named(CKK_EC_EDWARDS, params) != NULL;
}

static const struct sg_curve *ed25519(void)
{
	return sg_curve_named(CKK_EC_EDWARDS, hex("06032b6570"));
}

START_TEST(the_three_names_of_ed25519_are_known)
{
	ck_assert(named(hex("06032b6570")));
	ck_assert(named(hex("06092b06010401da470f01")));
	ck_assert(named(hex("130c656477617264733235353139")));
}
END_TEST

START_TEST(the_three_names_of_p256_are_known_and_its_point_is_an_octet_string)
{
	static const char *const names[] = {
		"06082a8648ce3d030107", "1309736563703235367231", "130a7072696d6532353676" "31",
	};
	const struct sg_curve *p256 = sg_curve_named(CKK_EC, hex(names[0]));
	uint8_t out[SG_CURVE_EMIT_MAX];

	ck_assert_ptr_nonnull(p256);
	for (size_t i = 0; i < 3; i++)
		ck_assert_ptr_eq(sg_curve_named(CKK_EC, hex(names[i])), p256);
	ck_assert_ptr_null(sg_curve_named(CKK_EC, hex("06052b81040022")));
	ck_assert_uint_eq(sg_curve_emit(p256, repeat(4, 65), SG_EC_POINT_RAW, out), 67);
	assert_bytes(sg_bytes(out, 2), hex("0441"));
	/* No private key of it is ever brought in or made here. */
	ck_assert_ptr_null(p256->from_private);
	ck_assert_ptr_null(p256->generate);
}
END_TEST

START_TEST(other_names_are_not)
{
	static const char *const others[] = {
		"", "06032b6571", "06032b656f", "06032b65", "06032b657000", "06082a8648ce3d030107",
		"130c656477617264733235353138", "0c0c656477617264733235353139", "656477617264733235353139",
	};

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		ck_assert(!named(hex(others[i])));
}
END_TEST

START_TEST(a_name_belongs_to_its_type_of_key)
{
	ck_assert_ptr_null(sg_curve_named(CKK_EC, hex("06032b6570")));
	ck_assert_ptr_null(sg_curve_named(CK_UNAVAILABLE_INFORMATION, hex("06032b6570")));
}
END_TEST

START_TEST(a_point_is_read_in_three_forms)
{
	static const char *const forms[] = { POINT, "0420" POINT, "032100" POINT };

	for (size_t i = 0; i < 3; i++) {
		struct sg_bytes value = hex(forms[i]), point = { NULL, 0 };

		ck_assert(sg_curve_point(ed25519(), value, &point));
		assert_bytes(point, hex(POINT));
		ck_assert_ptr_eq(point.data + point.len, value.data + value.len);
	}
}
END_TEST

START_TEST(what_is_no_point_is_refused)
{
	static const char *const bad[] = {
		"0421" POINT, "0520" POINT, "032000" POINT, "032101" POINT, "042000" POINT,
		POINT "00", "04822000" POINT,
	};
	struct sg_bytes point;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert(!sg_curve_point(ed25519(), hex(bad[i]), &point));
	for (size_t len = 0; len < 64; len++)
		ck_assert(sg_curve_point(ed25519(), repeat(0xaa, len), &point) == (len == 32));
}
END_TEST

START_TEST(setting_keeps_one_form_of_everything)
{
	struct sg_attrs attrs = { 0 };
	struct sg_bytes value;

	ck_assert_int_eq(sg_curve_set(ed25519(), &attrs, hex(POINT)), SG_OK);
	ck_assert(sg_attrs_get(&attrs, CKA_EC_PARAMS, &value));
	assert_bytes(value, hex("06032b6570"));
	ck_assert(sg_attrs_get(&attrs, CKA_EC_POINT, &value));
	assert_bytes(value, hex(POINT));
	ck_assert(sg_attrs_get(&attrs, CKA_PUBLIC_KEY_INFO, &value));
	assert_bytes(value, hex("302a300506032b6570032100" POINT));
	sg_attrs_free(&attrs);
}
END_TEST

START_TEST(a_point_is_given_out_as_configured)
{
	uint8_t out[SG_CURVE_EMIT_MAX];

	ck_assert_uint_eq(sg_curve_emit(ed25519(), hex(POINT), SG_EC_POINT_RAW, out), 32);
	assert_bytes(sg_bytes(out, 32), hex(POINT));
	ck_assert_uint_eq(sg_curve_emit(ed25519(), hex(POINT), SG_EC_POINT_OCTET, out), 34);
	assert_bytes(sg_bytes(out, 34), hex("0420" POINT));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("curve");
	TCase *tc = tcase_create("curve");

	suite_add_tcase(s, tc);
	tcase_add_test(tc, the_three_names_of_ed25519_are_known);
	tcase_add_test(tc, the_three_names_of_p256_are_known_and_its_point_is_an_octet_string);
	tcase_add_test(tc, other_names_are_not);
	tcase_add_test(tc, a_name_belongs_to_its_type_of_key);
	tcase_add_test(tc, a_point_is_read_in_three_forms);
	tcase_add_test(tc, what_is_no_point_is_refused);
	tcase_add_test(tc, setting_keeps_one_form_of_everything);
	tcase_add_test(tc, a_point_is_given_out_as_configured);
	return s;
}

int main(void)
{
	return test_run(suite());
}
