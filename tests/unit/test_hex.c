/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Hexadecimal digits of a secret.
 */
#include "crypto/hex.h"

#include <string.h>

#include "lib/hex.h"
#include "lib/runner.h"

static uint8_t out[16];
static size_t len;

START_TEST(bytes_become_digits)
{
	uint8_t digits[9];

	sg_hex_write(sg_bytes("\x00\x9f\xa0\xff", 4), digits);
	ck_assert_mem_eq(digits, "009fa0ff", 8);
}
END_TEST

START_TEST(digits_of_either_case_become_bytes)
{
	ck_assert(sg_hex_read(sg_bytes_str("009FaAff"), out, sizeof out, &len));
	ck_assert_uint_eq(len, 4);
	ck_assert_mem_eq(out, "\x00\x9f\xaa\xff", 4);
}
END_TEST

START_TEST(anything_else_is_refused)
{
	static const char *const wrong[] = {
		"", "0", "012", "0g", "00 11", " 0011", "0011\n", "0x00", "00:11", "AAAA=",
		"0011223344556677889900112233445566",
	};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		ck_assert_msg(!sg_hex_read(sg_bytes_str(wrong[i]), out, sizeof out, &len), "%s",
		              wrong[i]);
	ck_assert(!sg_hex_read(sg_bytes("00\0", 3), out, sizeof out, &len));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("hex");
	TCase *tc = tcase_create("hex");

	tcase_add_test(tc, bytes_become_digits);
	tcase_add_test(tc, digits_of_either_case_become_bytes);
	tcase_add_test(tc, anything_else_is_refused);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
