/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Waiting for an answer in a thread of its own.
 */
#include <pthread.h>
#include <string.h>

#include "lib/runner.h"
#include "seal/tpm/waiter.h"

/* A TCTI on the heap, as that of tctildr: it answers when it may. */
struct slow {
	TSS2_TCTI_CONTEXT_COMMON_V1 v1;
	TSS2_RC rc;
};

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static TSS2_RC slow_receive(TSS2_TCTI_CONTEXT *context, size_t *size, uint8_t *response,
                            int32_t timeout)
{
	(void)timeout;
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	memset(response, 'x', 5);
	*size = 5;
	return ((struct slow *)context)->rc;
}

static struct slow slow = { .v1 = { .version = 1, .receive = slow_receive } };

START_TEST(an_answer_in_time_is_received)
{
	TSS2_TCTI_CONTEXT *inner = (TSS2_TCTI_CONTEXT *)&slow;
	uint8_t answer[16] = { 0 };
	size_t len = sizeof answer;

	ck_assert_uint_eq(sg_waiter_receive(&inner, 60000, answer, &len), TSS2_RC_SUCCESS);
	ck_assert_uint_eq(len, 5);
	ck_assert_mem_eq(answer, "xxxxx\0", 6);
	ck_assert_ptr_eq(inner, &slow);
}
END_TEST

START_TEST(an_error_is_passed_on)
{
	TSS2_TCTI_CONTEXT *inner = (TSS2_TCTI_CONTEXT *)&slow;
	uint8_t answer[16];
	size_t len = sizeof answer;

	slow.rc = TSS2_TCTI_RC_IO_ERROR;
	ck_assert_uint_eq(sg_waiter_receive(&inner, 60000, answer, &len), TSS2_TCTI_RC_IO_ERROR);
	ck_assert_ptr_eq(inner, &slow);
}
END_TEST

START_TEST(a_late_answer_is_nobody_s)
{
	TSS2_TCTI_CONTEXT *inner = (TSS2_TCTI_CONTEXT *)&slow;
	uint8_t answer[16] = { 0 };
	size_t len = sizeof answer;

	pthread_mutex_lock(&gate);
	ck_assert_uint_eq(sg_waiter_receive(&inner, 10, answer, &len), SG_TCTI_RC_LATE);
	ck_assert_ptr_null(inner);
	ck_assert_uint_eq(answer[0], 0);
}
END_TEST

START_TEST(nothing_is_finalized_where_nothing_is)
{
	TSS2_TCTI_CONTEXT *inner = NULL;

	sg_waiter_finalize(&inner);
	ck_assert_ptr_null(inner);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("waiter");
	TCase *tcase = tcase_create("waiter");

	tcase_add_test(tcase, an_answer_in_time_is_received);
	tcase_add_test(tcase, an_error_is_passed_on);
	tcase_add_test(tcase, a_late_answer_is_nobody_s);
	tcase_add_test(tcase, nothing_is_finalized_where_nothing_is);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
