/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What a vault says of its seal.
 */
#include "tools/unseal_answer.h"

#include <stdlib.h>
#include <string.h>

#include "lib/runner.h"

static struct unseal_answer answer;

static bool reads(const char *text)
{
	return unseal_answer_read(sg_bytes_str(text), &answer);
}

START_TEST(a_sealed_vault_says_how_many_shares_it_has)
{
	ck_assert(reads("{\"type\":\"shamir\",\"initialized\":true,\"sealed\":true,\"t\":3,\"n\":5,"
	                "\"progress\":2,\"nonce\":\"ef05d55d-4d2c-c594-a5e8-55bc88604c24\","
	                "\"version\":\"1.8.2\",\"migration\":false}"));
	ck_assert(answer.sealed && answer.initialized);
	ck_assert_uint_eq(answer.t, 3);
	ck_assert_uint_eq(answer.n, 5);
	ck_assert_uint_eq(answer.progress, 2);
	ck_assert_str_eq(answer.nonce, "ef05d55d-4d2c-c594-a5e8-55bc88604c24");
	ck_assert_str_eq(answer.type, "shamir");
}
END_TEST

START_TEST(an_unsealed_one_and_an_old_one_say_less)
{
	ck_assert(reads("{\"sealed\":false}"));
	ck_assert(!answer.sealed && answer.initialized);
	ck_assert(reads("{\"sealed\":true,\"t\":3,\"n\":5,\"progress\":0,\"version\":\"0.6.2\"}"));
	ck_assert(answer.sealed && answer.nonce[0] == '\0' && answer.type[0] == '\0');
}
END_TEST

START_TEST(one_that_is_not_initialized_has_no_shares)
{
	ck_assert(reads("{\"initialized\":false,\"sealed\":true,\"t\":0,\"n\":0,\"progress\":0}"));
	ck_assert(!answer.initialized && answer.sealed);
}
END_TEST

static const char *const wrong[] = {
	"", " ", "x", "null", "true", "[]", "{}", "{\"sealed\":null}", "{\"sealed\":\"false\"}",
	"{\"sealed\":0}", "{\"sealed\":false", "{\"sealed\":false}x",
	"{\"sealed\":false,\"sealed\":true}", "{\"sealed\":false,\"initialized\":1}",
	"{\"sealed\":false,\"t\":-1}", "{\"sealed\":false,\"t\":256}", "{\"sealed\":false,\"t\":1.5}",
	"{\"sealed\":false,\"t\":\"3\"}", "{\"sealed\":false,\"nonce\":1}",
	"{\"sealed\":false,\"nonce\":\"a b\"}", "{\"sealed\":false,\"type\":\"\\u001b[31m\"}",
	"{\"sealed\":false,\"nonce\":\"a\\u0000b\"}",
	"{\"sealed\":false,\"type\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
	"{\"sealed\":true}", "{\"sealed\":true,\"t\":0,\"n\":5}", "{\"sealed\":true,\"t\":6,\"n\":5}",
	"{\"sealed\":true,\"t\":3,\"n\":5,\"progress\":3}",
};

START_TEST(anything_else_is_no_answer)
{
	ck_assert_msg(!reads(wrong[_i]), "%s", wrong[_i]);
	ck_assert(answer.sealed && answer.t == 0 && answer.nonce[0] == '\0');
}
END_TEST

START_TEST(an_answer_that_is_too_long_is_none)
{
	char *text = malloc(UNSEAL_ANSWER_MAX + 1);

	ck_assert_ptr_nonnull(text);
	memset(text, ' ', UNSEAL_ANSWER_MAX + 1);
	memcpy(text, "{\"sealed\":false}", strlen("{\"sealed\":false}"));
	ck_assert(unseal_answer_read(sg_bytes(text, UNSEAL_ANSWER_MAX), &answer));
	ck_assert(!unseal_answer_read(sg_bytes(text, UNSEAL_ANSWER_MAX + 1), &answer));
	free(text);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("unseal_answer");
	TCase *tc = tcase_create("unseal_answer");

	tcase_add_test(tc, a_sealed_vault_says_how_many_shares_it_has);
	tcase_add_test(tc, an_unsealed_one_and_an_old_one_say_less);
	tcase_add_test(tc, one_that_is_not_initialized_has_no_shares);
	tcase_add_loop_test(tc, anything_else_is_no_answer, 0, sizeof wrong / sizeof wrong[0]);
	tcase_add_test(tc, an_answer_that_is_too_long_is_none);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
