/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of crypto/siphash.c.
 */
#include "crypto/siphash.h"
#include "lib/runner.h"

/* The example of the definition: key 00 01 ... 0f, bytes 00 01 ... 0e. */
START_TEST(the_example_of_the_definition)
{
	uint8_t key[SG_SIPHASH_KEY], bytes[15];

	for (uint8_t i = 0; i < sizeof key; i++)
		key[i] = i;
	for (uint8_t i = 0; i < sizeof bytes; i++)
		bytes[i] = i;
	/* It is written little-endian there: a129ca6149be45e5. */
	ck_assert_uint_eq(sg_siphash(key, sg_bytes(bytes, sizeof bytes)),
	                  UINT64_C(0xe545be4961ca29a1));
}
END_TEST

START_TEST(every_byte_and_the_key_count)
{
	uint8_t key[SG_SIPHASH_KEY] = { 0 }, bytes[4] = { 0 };
	uint64_t one = sg_siphash(key, sg_bytes(bytes, 4));

	ck_assert_uint_ne(sg_siphash(key, sg_bytes(bytes, 3)), one);
	bytes[3] = 1;
	ck_assert_uint_ne(sg_siphash(key, sg_bytes(bytes, 4)), one);
	bytes[3] = 0;
	key[0] = 1;
	ck_assert_uint_ne(sg_siphash(key, sg_bytes(bytes, 4)), one);
	ck_assert_uint_eq(sg_siphash(key, sg_bytes(NULL, 0)), sg_siphash(key, sg_bytes(bytes, 0)));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("siphash");
	TCase *tcase = tcase_create("siphash");

	tcase_add_test(tcase, the_example_of_the_definition);
	tcase_add_test(tcase, every_byte_and_the_key_count);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
