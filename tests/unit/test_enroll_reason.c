/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The table of reasons, and refusals.
 */
#include <string.h>

#include "enroll/reason.h"
#include "enroll/refusal.h"
#include "lib/runner.h"

START_TEST(each_reason_has_a_name_of_its_own_a_sentence_and_a_status)
{
	for (unsigned i = 0; i < SG_ENROLL_REASON_COUNT; i++) {
		const char *name = sg_enroll_reason_name((enum sg_enroll_reason)i);
		const unsigned status = sg_enroll_reason_status((enum sg_enroll_reason)i);

		ck_assert_str_ne(name, "unknown");
		ck_assert_uint_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
		ck_assert_uint_gt(strlen(sg_enroll_reason_sentence((enum sg_enroll_reason)i)), 10);
		ck_assert(i == 0 ? status == 200 : status >= 400 && status < 600);
		for (unsigned j = 0; j < i; j++)
			ck_assert_str_ne(name, sg_enroll_reason_name((enum sg_enroll_reason)j));
	}
}
END_TEST

START_TEST(a_reason_that_is_none_is_unknown)
{
	ck_assert_str_eq(sg_enroll_reason_name(SG_ENROLL_REASON_COUNT), "unknown");
	ck_assert_uint_eq(sg_enroll_reason_status(SG_ENROLL_REASON_COUNT), 500);
}
END_TEST

START_TEST(a_refusal_is_read_as_it_was_written)
{
	struct sg_buf json = { NULL, 0, 0 };

	for (unsigned i = SG_ENROLL_INTERNAL; i < SG_ENROLL_REASON_COUNT; i++) {
		enum sg_enroll_reason reason = SG_ENROLL_OK;

		ck_assert_int_eq(sg_enroll_refusal_write((enum sg_enroll_reason)i, &json), SG_OK);
		ck_assert(sg_enroll_refusal_read(sg_buf_bytes(&json), &reason));
		ck_assert_uint_eq(reason, i);
	}
	sg_buf_free(&json);
}
END_TEST

START_TEST(what_is_no_refusal_is_not_read_as_one)
{
	static const char *const wrong[] = {
		"", "{}", "[]", "null", "{\"reason\":1}", "{\"reason\":\"host\"", "\"host\"",
	};
	enum sg_enroll_reason reason;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		ck_assert_msg(!sg_enroll_refusal_read(sg_bytes_str(wrong[i]), &reason), "%s",
		              wrong[i]);
}
END_TEST

START_TEST(a_refusal_for_a_reason_of_later_is_one_that_is_not_known)
{
	enum sg_enroll_reason reason = SG_ENROLL_OK;

	ck_assert(sg_enroll_refusal_read(sg_bytes_str("{\"reason\":\"of-later\"}"), &reason));
	ck_assert_int_eq(reason, SG_ENROLL_INTERNAL);
	ck_assert(sg_enroll_refusal_read(sg_bytes_str("{\"reason\":\"ok\"}"), &reason));
	ck_assert_int_eq(reason, SG_ENROLL_INTERNAL);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("enrolment reasons");
	TCase *tcase = tcase_create("table");

	tcase_add_test(tcase, each_reason_has_a_name_of_its_own_a_sentence_and_a_status);
	tcase_add_test(tcase, a_reason_that_is_none_is_unknown);
	tcase_add_test(tcase, a_refusal_is_read_as_it_was_written);
	tcase_add_test(tcase, what_is_no_refusal_is_not_read_as_one);
	tcase_add_test(tcase, a_refusal_for_a_reason_of_later_is_one_that_is_not_known);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
