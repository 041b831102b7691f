/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/builtin.c. What clients see of it is in tests/api/test_builtin.c.
 */
#include "core/builtin.h"

#include <stdlib.h>

#include "core/mech.h"
#include "core/object_table.h"
#include "lib/runner.h"

static CK_OBJECT_CLASS profile = CKO_PROFILE, mechanism = CKO_MECHANISM, data = CKO_DATA;

START_TEST(only_their_classes_ask_for_them)
{
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &profile, sizeof profile }, { CKA_CLASS, &mechanism, sizeof mechanism },
		{ CKA_CLASS, &data, sizeof data }, { CKA_CLASS, &profile, 4 }, { CKA_CLASS, NULL, 0 },
		{ CKA_PROFILE_ID, &profile, sizeof profile },
	};

	for (size_t i = 0; i < 6; i++)
		ck_assert(sg_builtin_asked(&t[i], 1) == (i < 2));
	ck_assert(!sg_builtin_asked(NULL, 0));
}
END_TEST

/* Count what a token without hardware of its own can do. */
static size_t count_mechanisms(void)
{
	const struct sg_mech *const *mechs;
	size_t all, n = 0;

	mechs = sg_mechs(&all);
	for (size_t i = 0; i < all; i++)
		n += sg_mech_flags(mechs[i], NULL) != 0;
	return n;
}

START_TEST(each_handle_names_one_object_or_none)
{
	struct sg_object *object = NULL;
	size_t found = 0;

	for (CK_OBJECT_HANDLE handle = 0; handle < SG_HANDLE_FIRST; handle++) {
		enum sg_err err = sg_builtin_object(NULL, handle, &object);

		ck_assert(err == SG_OK || err == SG_ERR_NOT_FOUND);
		ck_assert((object != NULL) == (err == SG_OK));
		if (err != SG_OK)
			continue;
		found++;
		ck_assert(object->token && !object->secluded);
		ck_assert(object->class == CKO_PROFILE || object->class == CKO_MECHANISM);
		sg_object_unref(&object);
	}
	ck_assert_uint_gt(found, count_mechanisms());
	ck_assert_int_eq(sg_builtin_object(NULL, CK_INVALID_HANDLE, &object), SG_ERR_NOT_FOUND);
	ck_assert_int_eq(sg_builtin_object(NULL, SG_HANDLE_FIRST - 1, &object), SG_ERR_NOT_FOUND);
	ck_assert_int_eq(sg_builtin_object(NULL, ~0UL, &object), SG_ERR_NOT_FOUND);
	ck_assert_ptr_null(object);
}
END_TEST

START_TEST(there_is_one_for_each_mechanism_that_the_token_has)
{
	CK_ATTRIBUTE t = { CKA_CLASS, &mechanism, sizeof mechanism };
	struct sg_object *object = NULL;
	CK_OBJECT_HANDLE *handles;
	size_t count, all;

	sg_mechs(&all);
	ck_assert_int_eq(sg_builtin_find(NULL, &t, 1, &handles, &count), SG_OK);
	ck_assert_uint_eq(count, count_mechanisms());
	ck_assert_uint_lt(count, all);
	for (size_t i = 0; i < count; i++) {
		ck_assert(i == 0 || handles[i - 1] < handles[i]);
		ck_assert_int_eq(sg_builtin_object(NULL, handles[i], &object), SG_OK);
		sg_object_unref(&object);
	}
	free(handles);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("builtin");
	TCase *tc = tcase_create("builtin");

	suite_add_tcase(s, tc);
	tcase_add_test(tc, only_their_classes_ask_for_them);
	tcase_add_test(tc, each_handle_names_one_object_or_none);
	tcase_add_test(tc, there_is_one_for_each_mechanism_that_the_token_has);
	return s;
}

int main(void)
{
	return test_run(suite());
}
