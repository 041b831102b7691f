/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Which boot this is, as the kernel tells it.
 */
#include <string.h>

#include "lib/runner.h"
#include "util/boot.h"

START_TEST(a_moment_is_in_the_same_boot_as_the_one_before)
{
	struct sg_boot_moment one, two;

	ck_assert_int_eq(sg_boot_moment_read(&one), SG_OK);
	ck_assert_int_eq(sg_boot_moment_read(&two), SG_OK);
	ck_assert(sg_boot_same(&one, &two));
	ck_assert(!sg_boot_slept(&one, &two));
	ck_assert_uint_gt(one.awake, 0);
	ck_assert_uint_ge(two.awake, one.awake);
}
END_TEST

START_TEST(a_boot_id_is_read_as_the_kernel_writes_it)
{
	static const uint8_t wanted[SG_BOOT_ID] = {
		0x1c, 0x5d, 0x8a, 0xf0, 0x00, 0x11, 0x42, 0x33, 0x84, 0x55, 0x66, 0x77, 0x88, 0x99,
		0xaa, 0xbf,
	};
	uint8_t id[SG_BOOT_ID];

	ck_assert_int_eq(sg_boot_id_parse("1c5d8af0-0011-4233-8455-66778899aabf\n", id), SG_OK);
	ck_assert_mem_eq(id, wanted, sizeof id);
}
END_TEST

START_TEST(what_is_no_boot_id_is_refused)
{
	static const char *const wrong[] = {
		"", "\n", "1c5d8af0-0011-4233-8455-66778899aab", "1c5d8af0-0011-4233-8455-66778899aabff",
		"1c5d8af0-0011-4233-8455-66778899aabg", "1c5d8af0 0011-4233-8455-66778899aabf",
	};
	uint8_t id[SG_BOOT_ID];

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		ck_assert_int_eq(sg_boot_id_parse(wrong[i], id), SG_ERR_FORMAT);
}
END_TEST

START_TEST(boots_are_told_apart_by_each_byte)
{
	struct sg_boot_moment one = { .awake = 1 };

	for (size_t i = 0; i < SG_BOOT_ID; i++) {
		struct sg_boot_moment other = one;

		other.id[i] ^= 1;
		ck_assert(!sg_boot_same(&one, &other));
	}
}
END_TEST

START_TEST(sleep_is_what_the_machine_did_not_count)
{
	struct sg_boot_moment before = { .awake = 1000, .asleep = 5000 }, now = before;

	now.awake += 100000;
	ck_assert(!sg_boot_slept(&before, &now));
	now.asleep += 9;
	ck_assert(!sg_boot_slept(&before, &now));
	now.asleep += 1;
	ck_assert(sg_boot_slept(&before, &now));
	now.asleep = 0;
	ck_assert(!sg_boot_slept(&before, &now));
}
END_TEST

START_TEST(a_machine_that_slept_is_up_for_nobody_knows_how_long)
{
	struct sg_boot_moment now = { .awake = 1000, .asleep = 9 };

	ck_assert_uint_eq(sg_boot_up(&now), 1000);
	now.asleep = 10;
	ck_assert_uint_eq(sg_boot_up(&now), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("boot");
	TCase *tcase = tcase_create("boot");

	tcase_add_test(tcase, a_moment_is_in_the_same_boot_as_the_one_before);
	tcase_add_test(tcase, a_boot_id_is_read_as_the_kernel_writes_it);
	tcase_add_test(tcase, what_is_no_boot_id_is_refused);
	tcase_add_test(tcase, boots_are_told_apart_by_each_byte);
	tcase_add_test(tcase, sleep_is_what_the_machine_did_not_count);
	tcase_add_test(tcase, a_machine_that_slept_is_up_for_nobody_knows_how_long);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
