/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of enroll/net.c.
 */
#include "enroll/net.h"
#include "lib/runner.h"

static bool reads(const char *text)
{
	struct sg_nets nets;

	return sg_nets_read(sg_bytes_str(text), &nets);
}

static bool has(const char *text, const char *address)
{
	struct sg_nets nets;

	ck_assert(sg_nets_read(sg_bytes_str(text), &nets));
	return sg_nets_have(&nets, sg_bytes_str(address));
}

START_TEST(an_address_is_in_its_range_up_to_the_last_bit)
{
	ck_assert(has("192.0.2.0/25", "192.0.2.127"));
	ck_assert(!has("192.0.2.0/25", "192.0.2.128"));
	ck_assert(has("192.0.2.7", "192.0.2.7"));
	ck_assert(!has("192.0.2.7", "192.0.2.6"));
	ck_assert(has("0.0.0.0/0", "255.255.255.255"));
	ck_assert(has("2001:db8::/33", "2001:db8:7fff::1"));
	ck_assert(!has("2001:db8::/33", "2001:db8:8000::1"));
}
END_TEST

START_TEST(one_of_several_ranges_is_enough)
{
	ck_assert(has("10.0.0.0/8,2001:db8::/32", "2001:db8::5"));
	ck_assert(has("10.0.0.0/8,2001:db8::/32", "10.200.3.4"));
	ck_assert(!has("10.0.0.0/8,2001:db8::/32", "11.0.0.1"));
}
END_TEST

START_TEST(families_are_not_mixed_but_for_mapped_addresses)
{
	ck_assert(!has("0.0.0.0/0", "2001:db8::1"));
	ck_assert(!has("::/0", "192.0.2.7"));
	ck_assert(has("192.0.2.0/24", "::ffff:192.0.2.7"));
	ck_assert(has("::ffff:192.0.2.0", "192.0.2.0"));
}
END_TEST

START_TEST(what_is_no_address_is_in_no_range)
{
	ck_assert(!has("0.0.0.0/0", ""));
	ck_assert(!has("0.0.0.0/0", "host"));
	ck_assert(!has("0.0.0.0/0", "1.2.3.4 "));
	ck_assert(!has("::/0", "fe80::1%eth0"));
}
END_TEST

START_TEST(what_is_no_range_is_refused)
{
	static const char *const texts[] = {
		"", ",", "10.0.0.0/8,", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "10.0.0.0/08",
		"10.0.0.0/-1", "10.0.0/8", "2001:db8::/129", "2001:db8::1/64", "10.0.0.0/8 ",
		"1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,"
		"1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1",
	};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		ck_assert_msg(!reads(texts[i]), "%s", texts[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("net");
	TCase *tcase = tcase_create("ranges");

	tcase_add_test(tcase, an_address_is_in_its_range_up_to_the_last_bit);
	tcase_add_test(tcase, one_of_several_ranges_is_enough);
	tcase_add_test(tcase, families_are_not_mixed_but_for_mapped_addresses);
	tcase_add_test(tcase, what_is_no_address_is_in_no_range);
	tcase_add_test(tcase, what_is_no_range_is_refused);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
