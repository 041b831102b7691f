/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/op_message.c, with a mechanism of the test's own that counts its messages
 * and gives out as many bytes as come in.
 */
#include "core/op_message.h"

#include <string.h>

#include "core/mech.h"
#include "lib/runner.h"

static int begun, parts;
static CK_RV begin_answer, part_answer;
static struct sg_op op;
static struct sg_message message;

static CK_RV begin(struct sg_op *o, const struct sg_message *m)
{
	(void)m;
	begun++;
	o->gcm.tag_len = 16;
	return begin_answer;
}

static CK_RV size(const struct sg_op *o, size_t in_len, bool last, size_t *out_len)
{
	(void)o;
	(void)last;
	*out_len = in_len;
	return CKR_OK;
}

static CK_RV next(struct sg_op *o, const struct sg_message *m, struct sg_bytes in, uint8_t *out,
                  bool last)
{
	(void)m;
	(void)last;
	ck_assert_uint_eq(o->gcm.tag_len, 16);
	parts++;
	memcpy(out, in.data, in.len);
	return part_answer;
}

static const struct sg_message_fns message_fns = { begin, size, next };
static const struct sg_op_fns fns = { .message = &message_fns };
static const struct sg_mech mech = { .type = CKM_VENDOR_DEFINED };

static void setup(void)
{
	begun = parts = 0;
	begin_answer = part_answer = CKR_OK;
	op = (struct sg_op){ .mech = &mech, .fns = &fns };
	message = (struct sg_message){ NULL };
}

static void teardown(void)
{
	sg_op_end(&op);
}

static CK_RV once(CK_ULONG room)
{
	uint8_t out[16];

	return sg_message_once(&op, &message, sg_bytes_str("text"), out, &room);
}

static CK_RV part(CK_ULONG room, bool last)
{
	uint8_t out[16];

	return sg_message_next(&op, &message, sg_bytes_str("text"), out, &room, last);
}

START_TEST(there_is_no_message_before_an_operation_begins)
{
	sg_op_end(&op);
	ck_assert_uint_eq(once(16), CKR_OPERATION_NOT_INITIALIZED);
	ck_assert_uint_eq(sg_message_begin(&op, &message), CKR_OPERATION_NOT_INITIALIZED);
	ck_assert_uint_eq(part(16, true), CKR_OPERATION_NOT_INITIALIZED);
	ck_assert_uint_eq(sg_message_final(&op), CKR_OPERATION_NOT_INITIALIZED);
	ck_assert_int_eq(begun, 0);
}
END_TEST

START_TEST(one_operation_goes_through_any_number_of_messages)
{
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(once(4), CKR_OK);
		ck_assert_uint_eq(op.gcm.tag_len, 0);
	}
	ck_assert_int_eq(begun, 3);
	ck_assert(sg_op_active(&op));
	ck_assert_uint_eq(sg_message_final(&op), CKR_OK);
	ck_assert(!sg_op_active(&op));
}
END_TEST

START_TEST(asking_for_the_size_begins_nothing)
{
	CK_ULONG len = 0;

	ck_assert_uint_eq(sg_message_once(&op, &message, sg_bytes_str("text"), NULL, &len), CKR_OK);
	ck_assert_uint_eq(len, 4);
	ck_assert_uint_eq(once(3), CKR_BUFFER_TOO_SMALL);
	ck_assert_int_eq(begun, 0);
	ck_assert_uint_eq(once(4), CKR_OK);
}
END_TEST

START_TEST(a_message_in_parts_ends_with_the_last_one)
{
	ck_assert_uint_eq(part(4, false), CKR_OPERATION_NOT_INITIALIZED);
	ck_assert_uint_eq(sg_message_begin(&op, &message), CKR_OK);
	ck_assert_uint_eq(part(4, false), CKR_OK);
	ck_assert_uint_eq(part(3, true), CKR_BUFFER_TOO_SMALL);
	ck_assert_uint_eq(part(4, true), CKR_OK);
	ck_assert_int_eq(begun, 1);
	ck_assert_int_eq(parts, 2);
	ck_assert_uint_eq(part(4, true), CKR_OPERATION_NOT_INITIALIZED);
	ck_assert(sg_op_active(&op));
}
END_TEST

START_TEST(a_message_within_a_message_ends_that_one)
{
	ck_assert_uint_eq(sg_message_begin(&op, &message), CKR_OK);
	ck_assert_uint_eq(once(4), CKR_OPERATION_ACTIVE);
	ck_assert_uint_eq(once(4), CKR_OK);
	ck_assert_uint_eq(sg_message_begin(&op, &message), CKR_OK);
	ck_assert_uint_eq(sg_message_begin(&op, &message), CKR_OPERATION_ACTIVE);
	ck_assert_uint_eq(part(4, true), CKR_OPERATION_NOT_INITIALIZED);
}
END_TEST

START_TEST(an_error_ends_the_message_and_not_the_operation)
{
	part_answer = CKR_AEAD_DECRYPT_FAILED;
	ck_assert_uint_eq(once(4), CKR_AEAD_DECRYPT_FAILED);
	ck_assert_uint_eq(sg_message_begin(&op, &message), CKR_OK);
	ck_assert_uint_eq(part(4, false), CKR_AEAD_DECRYPT_FAILED);
	ck_assert_uint_eq(part(4, false), CKR_OPERATION_NOT_INITIALIZED);
	begin_answer = CKR_MECHANISM_PARAM_INVALID;
	ck_assert_uint_eq(sg_message_begin(&op, &message), CKR_MECHANISM_PARAM_INVALID);
	begin_answer = part_answer = CKR_OK;
	ck_assert_uint_eq(once(4), CKR_OK);
}
END_TEST

START_TEST(pointers_to_nothing_are_refused)
{
	CK_ULONG room = 16;
	uint8_t out[16];

	ck_assert_uint_eq(sg_message_once(&op, &message, sg_bytes(NULL, 1), out, &room),
	                  CKR_ARGUMENTS_BAD);
	ck_assert_uint_eq(sg_message_once(&op, &message, sg_bytes_str("a"), out, NULL),
	                  CKR_ARGUMENTS_BAD);
	message.param_len = 1;
	ck_assert_uint_eq(once(16), CKR_ARGUMENTS_BAD);
	message = (struct sg_message){ .aad = { NULL, 1 } };
	ck_assert_uint_eq(sg_message_begin(&op, &message), CKR_ARGUMENTS_BAD);
	ck_assert_int_eq(begun, 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("op_message");
	TCase *tc = tcase_create("op_message");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, there_is_no_message_before_an_operation_begins);
	tcase_add_test(tc, one_operation_goes_through_any_number_of_messages);
	tcase_add_test(tc, asking_for_the_size_begins_nothing);
	tcase_add_test(tc, a_message_in_parts_ends_with_the_last_one);
	tcase_add_test(tc, a_message_within_a_message_ends_that_one);
	tcase_add_test(tc, an_error_ends_the_message_and_not_the_operation);
	tcase_add_test(tc, pointers_to_nothing_are_refused);
	return s;
}

int main(void)
{
	return test_run(suite());
}
