/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What ties the parts of an enrolment to each other. The values were computed by
 * Python's hashlib and hmac from what doc/formats.md says.
 */
#include <string.h>

#include "enroll/binding.h"
#include "lib/hex.h"
#include "lib/runner.h"

static uint8_t out[SG_ENROLL_HASH];

static void is(const char *digits)
{
	assert_bytes(sg_bytes(out, sizeof out), hex(digits));
}

START_TEST(the_transcript_is_a_hash_of_both_messages_with_their_lengths)
{
	ck_assert_int_eq(sg_enroll_transcript(sg_bytes_str("ab"), sg_bytes_str("c"), out), SG_OK);
	is("4cc1dd59da1a8ed1a0feceeca5f88dc9b670f3b0b603e5e76063199b31a7d11d");
}
END_TEST

START_TEST(a_byte_that_moves_to_the_other_message_is_noticed)
{
	uint8_t other[SG_ENROLL_HASH];

	ck_assert_int_eq(sg_enroll_transcript(sg_bytes_str("ab"), sg_bytes_str("c"), out), SG_OK);
	ck_assert_int_eq(sg_enroll_transcript(sg_bytes_str("a"), sg_bytes_str("bc"), other), SG_OK);
	ck_assert(memcmp(out, other, sizeof out) != 0);
}
END_TEST

START_TEST(an_object_is_made_for_a_nonce_and_a_key)
{
	ck_assert_int_eq(sg_enroll_outside(repeat(1, 32).data, repeat(2, 32).data, out), SG_OK);
	is("576ca32fe4aa3ac95e595c49785d78d82518c3750f24b6e005a7948eccda54cc");
}
END_TEST

START_TEST(a_derived_key_is_not_known_when_its_object_is_made)
{
	ck_assert_int_eq(sg_enroll_outside(repeat(1, 32).data, NULL, out), SG_OK);
	is("1f5009bcb2c87b777921d4416eb24c5e6d98a1c2338e663f9f6484ee09a4af39");
}
END_TEST

START_TEST(attestations_carry_the_transcript_and_the_key)
{
	ck_assert_int_eq(sg_enroll_qualifying(repeat(1, 32).data, repeat(2, 32).data, out), SG_OK);
	is("ace3572d3f32bdd2283affeed90806a2c27ba620e6cde8f4de5ddf0a597ae1bc");
}
END_TEST

START_TEST(an_opened_credential_is_shown_by_a_code_of_the_transcript)
{
	struct sg_secret *credential = NULL;

	ck_assert_int_eq(sg_secret_copy(repeat(3, 32), &credential), SG_OK);
	ck_assert_int_eq(sg_enroll_opened(credential, repeat(1, 32).data, out), SG_OK);
	is("f94b35284ef24e2c86eca052133bd64a9456c86cf63cf9cafb05fef00fe0e453");
	sg_secret_free(&credential);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("enrolment binding");
	TCase *tcase = tcase_create("hashes");

	tcase_add_test(tcase, the_transcript_is_a_hash_of_both_messages_with_their_lengths);
	tcase_add_test(tcase, a_byte_that_moves_to_the_other_message_is_noticed);
	tcase_add_test(tcase, an_object_is_made_for_a_nonce_and_a_key);
	tcase_add_test(tcase, a_derived_key_is_not_known_when_its_object_is_made);
	tcase_add_test(tcase, attestations_carry_the_transcript_and_the_key);
	tcase_add_test(tcase, an_opened_credential_is_shown_by_a_code_of_the_transcript);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
