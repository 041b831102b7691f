/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What a token keeps of its hardware between two looks.
 */
#include <string.h>

#include "core/tripwire.h"
#include "lib/runner.h"

static struct sg_tripwire one, two;
static struct sg_buf stored;

static void setup(void)
{
	one = (struct sg_tripwire){
		.whose = "0123456789abcde", .moment = { .id = "fedcba987654321", .awake = 5, .asleep = 6 },
		.late = 0x0102030405060708, .trips = SG_TRIP_SEED | SG_TRIP_RECORD,
		.tripped = 1700000000,
	};
	memset(one.state.bytes, 0x5a, sizeof one.state.bytes);
	stored.len = 0;
	ck_assert_int_eq(sg_tripwire_write(&one, &stored), SG_OK);
}

static void teardown(void)
{
	sg_buf_free(&stored);
}

START_TEST(what_was_written_is_read)
{
	ck_assert_uint_eq(stored.len, SG_TRIPWIRE_STORED);
	ck_assert_int_eq(sg_tripwire_parse(sg_buf_bytes(&stored), &two), SG_OK);
	ck_assert_mem_eq(two.whose, one.whose, sizeof one.whose);
	ck_assert(sg_boot_same(&two.moment, &one.moment));
	ck_assert_uint_eq(two.moment.awake, 5);
	ck_assert_uint_eq(two.moment.asleep, 6);
	ck_assert_mem_eq(&two.state, &one.state, sizeof one.state);
	ck_assert_uint_eq(two.late, one.late);
	ck_assert_uint_eq(two.trips, one.trips);
	ck_assert_uint_eq(two.tripped, 1700000000);
}
END_TEST

START_TEST(the_form_is_the_one_that_is_documented)
{
	static const uint8_t head[4] = { 'S', 'G', 'B', '2' };
	static const uint8_t tail[20] = {
		1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 1, 4, 0, 0, 0, 0, 0x65, 0x53, 0xf1, 0,
	};

	ck_assert_mem_eq(stored.data, head, sizeof head);
	ck_assert_mem_eq(stored.data + 4, one.whose, sizeof one.whose);
	ck_assert_mem_eq(stored.data + 52, one.state.bytes, sizeof one.state.bytes);
	ck_assert_mem_eq(stored.data + 116, tail, sizeof tail);
}
END_TEST

START_TEST(every_length_but_the_right_one_is_refused)
{
	for (size_t len = 0; len < stored.len; len++)
		ck_assert_int_eq(sg_tripwire_parse(sg_bytes(stored.data, len), &two), SG_ERR_FORMAT);
	ck_assert_int_eq(sg_buf_append(&stored, sg_bytes("", 1)), SG_OK);
	ck_assert_int_eq(sg_tripwire_parse(sg_buf_bytes(&stored), &two), SG_ERR_FORMAT);
}
END_TEST

START_TEST(another_version_is_refused)
{
	stored.data[3] = '1';
	ck_assert_int_eq(sg_tripwire_parse(sg_buf_bytes(&stored), &two), SG_ERR_FORMAT);
}
END_TEST

START_TEST(a_reason_that_nobody_knows_is_refused)
{
	stored.data[124 + 2] |= 4;      /* the bit behind the last one */
	ck_assert_int_eq(sg_tripwire_parse(sg_buf_bytes(&stored), &two), SG_ERR_FORMAT);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tripwire");
	TCase *tcase = tcase_create("tripwire");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_was_written_is_read);
	tcase_add_test(tcase, the_form_is_the_one_that_is_documented);
	tcase_add_test(tcase, every_length_but_the_right_one_is_refused);
	tcase_add_test(tcase, another_version_is_refused);
	tcase_add_test(tcase, a_reason_that_nobody_knows_is_refused);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
