/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/mech.c: the rows are complete, and agree with their flags.
 */
#include "core/mech.h"
#include "core/op_message.h"

#include <string.h>

#include "core/attr_table.h"
#include "lib/runner.h"

static const struct sg_mech *const *mechs;
static size_t n;

static void setup(void)
{
	mechs = sg_mechs(&n);
	ck_assert_uint_ge(n, 10);
}

START_TEST(every_row_is_found_by_its_type)
{
	for (size_t i = 0; i < n; i++) {
		ck_assert_ptr_eq(sg_mech(mechs[i]->type), mechs[i]);
		ck_assert_int_eq(strncmp(mechs[i]->name, "CKM_", 4), 0);
	}
	ck_assert_ptr_null(sg_mech(CKM_RSA_PKCS));
	ck_assert_ptr_null(sg_mech(CK_UNAVAILABLE_INFORMATION));
}
END_TEST

static bool makes(const struct sg_mech *m)
{
	return m->generate != NULL || m->resident != NULL;
}

static bool makes_in(const struct sg_mech *m, unsigned in)
{
	return makes(m) && sg_key_type(m->makes, in) != NULL;
}

START_TEST(flags_say_what_a_row_can_do)
{
	for (size_t i = 0; i < n; i++) {
		const struct sg_mech *m = mechs[i];

		ck_assert((m->op[SG_OP_DIGEST] != NULL) == ((m->flags & CKF_DIGEST) != 0));
		ck_assert((m->op[SG_OP_SIGN] != NULL) == ((m->flags & CKF_SIGN) != 0));
		ck_assert((m->op[SG_OP_VERIFY] != NULL) == ((m->flags & CKF_VERIFY) != 0));
		ck_assert((m->op[SG_OP_ENCRYPT] != NULL) == ((m->flags & CKF_ENCRYPT) != 0));
		ck_assert((m->op[SG_OP_DECRYPT] != NULL) == ((m->flags & CKF_DECRYPT) != 0));
		ck_assert((m->wrap != NULL || m->wrap_message != NULL) == ((m->flags & CKF_WRAP) != 0));
		ck_assert((m->wrap != NULL || m->wrap_message != NULL) == ((m->flags & CKF_UNWRAP) != 0));
		ck_assert((m->derive != NULL) == ((m->flags & CKF_DERIVE) != 0));
		ck_assert(makes_in(m, SG_IN_SECRET) == ((m->flags & CKF_GENERATE) != 0));
		ck_assert(makes_in(m, SG_IN_PRIVATE) ==
		          ((m->flags & CKF_GENERATE_KEY_PAIR) != 0));
		ck_assert_uint_eq(m->hardware & ~m->flags, 0);
	}
}
END_TEST

START_TEST(every_operation_has_its_phases)
{
	for (size_t i = 0; i < n; i++)
		for (int kind = 0; kind < SG_OPS; kind++) {
			const struct sg_op_fns *fns = mechs[i]->op[kind];

			if (fns == NULL)
				continue;
			if (fns->message != NULL) {
				ck_assert_ptr_nonnull(fns->message->begin);
				ck_assert_ptr_nonnull(fns->message->size);
				ck_assert_ptr_nonnull(fns->message->next);
				continue;
			}
			ck_assert_ptr_nonnull(fns->size);
			ck_assert_ptr_nonnull(fns->update);
			ck_assert((fns->verify != NULL) == (kind == SG_OP_VERIFY));
			ck_assert((fns->once != NULL) == (kind != SG_OP_VERIFY));
			ck_assert((fns->final != NULL) == (kind != SG_OP_VERIFY));
		}
}
END_TEST

static void assert_keys(const struct sg_key_kind *keys)
{
	ck_assert_ptr_nonnull(keys);
	for (; keys->class != CK_UNAVAILABLE_INFORMATION; keys++)
		ck_assert_ptr_nonnull(sg_key_type(keys->type, sg_attr_class_bit(keys->class)));
}

START_TEST(keys_are_of_a_type_that_there_is)
{
	const unsigned any = SG_IN_PUBLIC | SG_IN_PRIVATE | SG_IN_SECRET;

	for (size_t i = 0; i < n; i++) {
		if (mechs[i]->flags & CKF_DIGEST)
			continue;
		if (makes(mechs[i]))
			ck_assert_ptr_nonnull(sg_key_type(mechs[i]->makes, any));
		for (int kind = 0; kind < SG_OPS; kind++)
			if (mechs[i]->op[kind] != NULL)
				assert_keys(mechs[i]->op[kind]->keys);
		if (mechs[i]->wrap != NULL)
			assert_keys(mechs[i]->wrap->keys);
		if (mechs[i]->derive != NULL)
			assert_keys(mechs[i]->derive->keys);
		ck_assert_uint_gt(mechs[i]->min_key, 0);
		ck_assert_uint_le(mechs[i]->min_key, mechs[i]->max_key);
	}
}
END_TEST

START_TEST(the_two_numbers_of_padded_key_wrap_mean_the_same)
{
	ck_assert_ptr_eq(sg_mech(CKM_AES_KEY_WRAP_PAD)->wrap, sg_mech(CKM_AES_KEY_WRAP_KWP)->wrap);
	ck_assert_ptr_ne(sg_mech(CKM_AES_KEY_WRAP)->wrap, sg_mech(CKM_AES_KEY_WRAP_KWP)->wrap);
}
END_TEST

START_TEST(without_hardware_its_functions_are_not_there)
{
	ck_assert_uint_eq(sg_mech_flags(&sg_mech_ec_generate, NULL), 0);
	ck_assert_uint_eq(sg_mech_flags(&sg_mech_ecdsa, NULL) & (CKF_SIGN | CKF_VERIFY), CKF_VERIFY);
	ck_assert_uint_eq(sg_mech_flags(&sg_mech_eddsa, NULL), sg_mech_eddsa.flags);
}
END_TEST

START_TEST(no_parameter_is_no_parameter)
{
	CK_BYTE byte = 0;

	ck_assert_uint_eq(sg_mech_no_param(&(CK_MECHANISM){ 0, NULL, 0 }), CKR_OK);
	ck_assert_uint_eq(sg_mech_no_param(&(CK_MECHANISM){ 0, &byte, 1 }),
	                  CKR_MECHANISM_PARAM_INVALID);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("mech");
	TCase *tc = tcase_create("mech");

	tcase_add_checked_fixture(tc, setup, NULL);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, every_row_is_found_by_its_type);
	tcase_add_test(tc, flags_say_what_a_row_can_do);
	tcase_add_test(tc, every_operation_has_its_phases);
	tcase_add_test(tc, keys_are_of_a_type_that_there_is);
	tcase_add_test(tc, the_two_numbers_of_padded_key_wrap_mean_the_same);
	tcase_add_test(tc, without_hardware_its_functions_are_not_there);
	tcase_add_test(tc, no_parameter_is_no_parameter);
	return s;
}

int main(void)
{
	return test_run(suite());
}
