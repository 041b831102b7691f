/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Indices that count wrong PINs: their stored form and their Names. What a TPM says
 * of the same is compared in tests/tpm/test_pin_fail.c.
 */
#include "seal/pin_index.h"

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define ONES "1111111111111111111111111111111111111111111111111111111111111111"

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static struct sg_pin_index index_of(const char *text)
{
	struct sg_reader r = sg_reader(hex(text));
	struct sg_pin_index index;

	sg_pin_index_read(&r, &index);
	ck_assert(sg_reader_done(&r));
	return index;
}

START_TEST(an_index_reads_back_as_it_was_written)
{
	const struct sg_pin_index index = index_of("01800000" ONES);
	struct sg_buf out = { 0 };
	struct sg_writer w = sg_writer(&out);

	sg_pin_index_write(&index, &w);
	ck_assert_uint_eq(out.len, SG_PIN_INDEX);
	assert_bytes(sg_buf_bytes(&out), hex("01800000" ONES));
	sg_buf_free(&out);
}
END_TEST

static const char *const bad[] = {
	"", "00000000" ONES, "017fffff" ONES, "01c00000" ONES, "81000001" ONES, "01800000" "11",
};

START_TEST(another_form_is_refused)
{
	struct sg_reader r = sg_reader(hex(bad[_i]));
	struct sg_pin_index index;

	sg_pin_index_read(&r, &index);
	ck_assert(r.failed);
}
END_TEST

START_TEST(only_the_very_same_is_the_same)
{
	const struct sg_pin_index a = index_of("01800000" ONES);
	struct sg_pin_index b = a;

	ck_assert(sg_pin_index_same(&a, &b));
	b.handle++;
	ck_assert(!sg_pin_index_same(&a, &b));
	b = a;
	b.authority[31] ^= 1;
	ck_assert(!sg_pin_index_same(&a, &b));
}
END_TEST

/* SHA-256 over zeros, 0000016c, 0000014e; and over zeros, 00000171, what lets write, and that. */
START_TEST(the_authority_lets_write_or_read)
{
	const struct sg_pin_index index = index_of("01812345" ONES);
	uint8_t reader[SG_POLICY_DIGEST];

	ck_assert_int_eq(sg_pin_index_reader(reader), SG_OK);
	assert_bytes(sg_bytes(reader, sizeof reader), hex("47ce3032d8bad1f3089cb0c09088de43"
	                                                 "501491d460402b90cd1b7fc0b68ca92f"));
	assert_bytes(sg_bytes(index.authority, sizeof index.authority),
	             hex("8e9ef9563b146f48df4cba83ea95229b187c416673a175b090126bb4db07d8a2"));
}
END_TEST

/* SHA-256 over 01812345 000b 020c0088 0020 8e9e.. 0008, and the same with 220c0088. */
START_TEST(a_name_is_that_of_the_public_area)
{
	const struct sg_pin_index index = index_of("01812345" ONES);
	uint8_t name[SG_PIN_INDEX_NAME];

	ck_assert_int_eq(sg_pin_index_name(&index, false, name), SG_OK);
	assert_bytes(sg_bytes(name, sizeof name), hex("000b0a57556145375b46f1357f93b3bd3c67"
	                                             "3e1afc37f1684c33fd616b91bd839b80"));
	ck_assert_int_eq(sg_pin_index_name(&index, true, name), SG_OK);
	assert_bytes(sg_bytes(name, sizeof name), hex("000b95db309061b82ca26a40e678b961acf0"
	                                             "6c641d66245f42b2cb5cc084e79b001a"));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("pin index");
	TCase *tc = tcase_create("pin index");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, an_index_reads_back_as_it_was_written);
	tcase_add_loop_test(tc, another_form_is_refused, 0, (int)(sizeof bad / sizeof bad[0]));
	tcase_add_test(tc, only_the_very_same_is_the_same);
	tcase_add_test(tc, the_authority_lets_write_or_read);
	tcase_add_test(tc, a_name_is_that_of_the_public_area);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
