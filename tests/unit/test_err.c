/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of util/err.c.
 */
#include "util/err.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "lib/runner.h"

START_TEST(every_error_has_a_name_and_a_sentence)
{
	for (int i = 0; i < SG_ERR_COUNT; i++) {
		const char *name = sg_err_name((enum sg_err)i);
		const char *sentence = sg_err_sentence((enum sg_err)i);

		ck_assert_msg(name != NULL && name[0] != '\0', "error %d has no name", i);
		ck_assert_msg(sentence != NULL && isupper((unsigned char)sentence[0]),
			      "error %d has no sentence", i);
		ck_assert_int_ne(sentence[strlen(sentence) - 1], '.');
	}
}
END_TEST

START_TEST(names_are_lower_case_and_unique)
{
	for (int i = 0; i < SG_ERR_COUNT; i++) {
		const char *name = sg_err_name((enum sg_err)i);

		ck_assert_uint_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(name, sg_err_name((enum sg_err)j));
	}
}
END_TEST

START_TEST(sentences_are_unique)
{
	for (int i = 0; i < SG_ERR_COUNT; i++) {
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(sg_err_sentence((enum sg_err)i),
					 sg_err_sentence((enum sg_err)j));
	}
}
END_TEST

START_TEST(advice_is_a_complete_sentence_or_absent)
{
	for (int i = 0; i < SG_ERR_COUNT; i++) {
		const char *advice = sg_err_advice((enum sg_err)i);

		if (advice != NULL)
			ck_assert_int_eq(advice[strlen(advice) - 1], '.');
	}
	ck_assert_ptr_null(sg_err_advice(SG_OK));
	ck_assert_ptr_nonnull(sg_err_advice(SG_ERR_HW_PERMISSION));
}
END_TEST

START_TEST(a_number_outside_of_the_table_is_unknown)
{
	ck_assert_str_eq(sg_err_name(SG_ERR_COUNT), "unknown");
	ck_assert_str_eq(sg_err_name((enum sg_err)(SG_ERR_COUNT + 1000)), "unknown");
	ck_assert_ptr_nonnull(sg_err_sentence(SG_ERR_COUNT));
	ck_assert_ptr_null(sg_err_advice(SG_ERR_COUNT));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("err");
	TCase *t = tcase_create("err");

	tcase_add_test(t, every_error_has_a_name_and_a_sentence);
	tcase_add_test(t, names_are_lower_case_and_unique);
	tcase_add_test(t, sentences_are_unique);
	tcase_add_test(t, advice_is_a_complete_sentence_or_absent);
	tcase_add_test(t, a_number_outside_of_the_table_is_unknown);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
