/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/op.c, with a mechanism of the test's own that counts what it is asked for:
 * it gives out two bytes for each that comes in, and four at the end.
 */
#include "core/op.h"

#include <string.h>

#include "core/mech.h"
#include "core/session.h"
#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

static int worked;
static CK_RV answer;
static struct sg_session session;
static struct sg_op *op;
static atomic_uint closings;

static CK_RV size(const struct sg_op *o, enum sg_op_phase phase, size_t in_len, size_t *out_len)
{
	(void)o;
	*out_len = phase == SG_OP_FINAL ? 4 : 2 * in_len;
	return CKR_OK;
}

static CK_RV work(struct sg_op *o, struct sg_bytes in, uint8_t *out)
{
	(void)o;
	worked++;
	memset(out, 'x', 2 * in.len);
	return answer;
}

static CK_RV final(struct sg_op *o, uint8_t *out)
{
	return work(o, sg_bytes(NULL, 2), out);
}

static CK_RV verify(struct sg_op *o, struct sg_bytes in, struct sg_bytes signature)
{
	(void)o;
	worked++;
	return sg_bytes_equal(in, signature) ? answer : CKR_SIGNATURE_INVALID;
}

static const struct sg_op_fns fns = {
	.size = size, .once = work, .update = work, .final = final, .verify = verify,
};
static const struct sg_mech mech = { .type = CKM_VENDOR_DEFINED, .digest = SG_SHA256 };

static void begin(void)
{
	worked = 0;
	answer = CKR_OK;
	op = &session.op[SG_OP_SIGN];
	*op = (struct sg_op){ .mech = &mech, .fns = &fns };
}

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	memset(&session, 0, sizeof session);
	begin();
}

static void teardown(void)
{
	for (int kind = 0; kind < SG_OPS; kind++)
		sg_op_end(&session.op[kind]);
	sg_crypto_stop();
}

static CK_RV run(enum sg_op_phase phase, const char *in, CK_ULONG room)
{
	uint8_t out[16];

	return sg_op_run(op, phase, sg_bytes_str(in), out, &room);
}

START_TEST(nothing_runs_before_an_operation_begins)
{
	sg_op_end(op);
	ck_assert(!sg_op_active(op));
	ck_assert_uint_eq(run(SG_OP_ONCE, "a", 16), CKR_OPERATION_NOT_INITIALIZED);
	ck_assert_uint_eq(sg_op_verify(op, SG_OP_ONCE, sg_bytes_str("a"), sg_bytes_str("a")),
	                  CKR_OPERATION_NOT_INITIALIZED);
	ck_assert_int_eq(worked, 0);
}
END_TEST

START_TEST(asking_for_the_size_does_no_work_and_ends_nothing)
{
	CK_ULONG len = 0;

	ck_assert_uint_eq(sg_op_run(op, SG_OP_ONCE, sg_bytes_str("abc"), NULL, &len), CKR_OK);
	ck_assert_uint_eq(len, 6);
	ck_assert_int_eq(worked, 0);
	ck_assert(sg_op_active(op));
}
END_TEST

START_TEST(too_small_a_buffer_leaves_the_operation_as_it_was)
{
	ck_assert_uint_eq(run(SG_OP_ONCE, "abc", 5), CKR_BUFFER_TOO_SMALL);
	ck_assert_int_eq(worked, 0);
	ck_assert_uint_eq(run(SG_OP_ONCE, "abc", 6), CKR_OK);
	ck_assert(!sg_op_active(op));
}
END_TEST

START_TEST(parts_go_on_until_the_last_one)
{
	ck_assert_uint_eq(run(SG_OP_UPDATE, "abc", 6), CKR_OK);
	ck_assert_uint_eq(run(SG_OP_UPDATE, "abc", 6), CKR_OK);
	ck_assert(sg_op_active(op));
	ck_assert_uint_eq(run(SG_OP_FINAL, "", 4), CKR_OK);
	ck_assert(!sg_op_active(op));
	ck_assert_int_eq(worked, 3);
}
END_TEST

START_TEST(one_shot_after_a_part_ends_the_operation)
{
	ck_assert_uint_eq(run(SG_OP_UPDATE, "abc", 6), CKR_OK);
	ck_assert_uint_eq(run(SG_OP_ONCE, "abc", 6), CKR_OPERATION_ACTIVE);
	ck_assert(!sg_op_active(op));
	ck_assert_int_eq(worked, 1);
}
END_TEST

START_TEST(an_error_ends_the_operation)
{
	answer = CKR_DEVICE_ERROR;
	ck_assert_uint_eq(run(SG_OP_UPDATE, "abc", 6), CKR_DEVICE_ERROR);
	ck_assert(!sg_op_active(op));
	begin();
	ck_assert_uint_eq(sg_op_run(op, SG_OP_UPDATE, sg_bytes(NULL, 1), NULL, NULL),
	                  CKR_ARGUMENTS_BAD);
	ck_assert(!sg_op_active(op));
	ck_assert_int_eq(worked, 0);
}
END_TEST

START_TEST(an_operation_ends_with_the_token_that_it_began_with)
{
	op->closings = &closings;
	op->epoch = atomic_load(&closings);
	ck_assert(sg_op_active(op));
	atomic_fetch_add(&closings, 1);
	ck_assert_uint_eq(run(SG_OP_ONCE, "abc", 6), CKR_OPERATION_NOT_INITIALIZED);
	ck_assert_int_eq(worked, 0);
}
END_TEST

START_TEST(without_the_pin_that_a_key_asks_for_nothing_is_done)
{
	CK_ULONG len = 0;

	op->pin = SG_PIN_WANTED;
	ck_assert_uint_eq(sg_op_run(op, SG_OP_ONCE, sg_bytes_str("a"), NULL, &len), CKR_OK);
	ck_assert_uint_eq(run(SG_OP_ONCE, "a", 2), CKR_USER_NOT_LOGGED_IN);
	ck_assert_int_eq(worked, 0);
	ck_assert(!sg_op_active(op));
}
END_TEST

START_TEST(a_pin_that_no_operation_asked_for_is_not_looked_at)
{
	ck_assert_uint_eq(sg_op_login(&session, sg_bytes_str("1234")),
	                  CKR_OPERATION_NOT_INITIALIZED);
	op->pin = SG_PIN_GIVEN;
	ck_assert_uint_eq(sg_op_login(&session, sg_bytes_str("1234")),
	                  CKR_USER_ALREADY_LOGGED_IN);
}
END_TEST

START_TEST(a_verification_ends_whatever_comes_out)
{
	const struct sg_bytes a = sg_bytes_str("a"), b = sg_bytes_str("b");

	ck_assert_uint_eq(sg_op_verify(op, SG_OP_ONCE, a, a), CKR_OK);
	ck_assert(!sg_op_active(op));
	begin();
	ck_assert_uint_eq(sg_op_verify(op, SG_OP_ONCE, a, b), CKR_SIGNATURE_INVALID);
	ck_assert(!sg_op_active(op));
	begin();
	ck_assert_uint_eq(sg_op_verify(op, SG_OP_ONCE, a, sg_bytes(NULL, 1)), CKR_ARGUMENTS_BAD);
	ck_assert(!sg_op_active(op));
	ck_assert_int_eq(worked, 0);
}
END_TEST

START_TEST(what_was_gathered_is_verified_at_the_end)
{
	ck_assert_uint_eq(sg_op_gather(op, sg_bytes_str("mess")), CKR_OK);
	ck_assert_uint_eq(sg_op_gather(op, sg_bytes_str("age")), CKR_OK);
	ck_assert_uint_eq(sg_op_verify(op, SG_OP_FINAL, sg_bytes(NULL, 0),
	                               sg_bytes_str("message")), CKR_OK);
}
END_TEST

START_TEST(no_more_is_gathered_than_there_is_room_for)
{
	ck_assert_uint_eq(sg_op_gather(op, sg_bytes_str("a")), CKR_OK);
	ck_assert_uint_eq(sg_op_gather(op, sg_bytes("a", (size_t)64 << 20)), CKR_DATA_LEN_RANGE);
	ck_assert_uint_eq(sg_op_gather(op, sg_bytes("a", SIZE_MAX)), CKR_DATA_LEN_RANGE);
	ck_assert_uint_eq(op->data.len, 1);
}
END_TEST

/* [FIPS 180-4], the example "abc" */
START_TEST(parts_are_digested_with_the_digest_of_the_mechanism)
{
	uint8_t digest[SG_DIGEST_MAX];

	ck_assert_uint_eq(sg_op_digest(op, sg_bytes_str("a")), CKR_OK);
	ck_assert_uint_eq(sg_op_digest(op, sg_bytes_str("bc")), CKR_OK);
	ck_assert_int_eq(sg_digest_final(op->digest, digest), SG_OK);
	assert_bytes(sg_bytes(digest, 32),
	             hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}
END_TEST

START_TEST(a_kind_of_operation_begins_once)
{
	const CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 };

	ck_assert_uint_eq(sg_op_begin(&session, SG_OP_DIGEST, &sha256, 0), CKR_OK);
	ck_assert_uint_eq(sg_op_begin(&session, SG_OP_DIGEST, &sha256, 0), CKR_OPERATION_ACTIVE);
	ck_assert(sg_op_active(&session.op[SG_OP_DIGEST]));
}
END_TEST

START_TEST(what_can_not_begin_leaves_no_operation)
{
	CK_BYTE byte = 0;
	const CK_MECHANISM other = { CKM_EDDSA, NULL, 0 }, unknown = { CKM_MD5, NULL, 0 };
	const CK_MECHANISM with = { CKM_SHA256, &byte, 1 }, without = { CKM_SHA256, NULL, 1 };

	ck_assert_uint_eq(sg_op_begin(&session, SG_OP_DIGEST, &other, 0), CKR_MECHANISM_INVALID);
	ck_assert_uint_eq(sg_op_begin(&session, SG_OP_DIGEST, &unknown, 0),
	                  CKR_MECHANISM_INVALID);
	ck_assert_uint_eq(sg_op_begin(&session, SG_OP_DIGEST, &with, 0),
	                  CKR_MECHANISM_PARAM_INVALID);
	ck_assert_uint_eq(sg_op_begin(&session, SG_OP_DIGEST, &without, 0), CKR_ARGUMENTS_BAD);
	ck_assert(!sg_op_active(&session.op[SG_OP_DIGEST]));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("op");
	TCase *tc = tcase_create("op");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, nothing_runs_before_an_operation_begins);
	tcase_add_test(tc, asking_for_the_size_does_no_work_and_ends_nothing);
	tcase_add_test(tc, too_small_a_buffer_leaves_the_operation_as_it_was);
	tcase_add_test(tc, parts_go_on_until_the_last_one);
	tcase_add_test(tc, one_shot_after_a_part_ends_the_operation);
	tcase_add_test(tc, an_error_ends_the_operation);
	tcase_add_test(tc, an_operation_ends_with_the_token_that_it_began_with);
	tcase_add_test(tc, without_the_pin_that_a_key_asks_for_nothing_is_done);
	tcase_add_test(tc, a_pin_that_no_operation_asked_for_is_not_looked_at);
	tcase_add_test(tc, a_verification_ends_whatever_comes_out);
	tcase_add_test(tc, what_was_gathered_is_verified_at_the_end);
	tcase_add_test(tc, no_more_is_gathered_than_there_is_room_for);
	tcase_add_test(tc, parts_are_digested_with_the_digest_of_the_mechanism);
	tcase_add_test(tc, a_kind_of_operation_begins_once);
	tcase_add_test(tc, what_can_not_begin_leaves_no_operation);
	return s;
}

int main(void)
{
	return test_run(suite());
}
