/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Files of signed PCR values: what is taken out of them, and that nothing in them
 * does harm. That the signatures count is shown in tests/tpm/test_policy.c.
 */
#include "seal/policy_signature.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define ONE "{\"pcrs\":[7,11],\"pkfp\":\"" A "\",\"pol\":\"" B "\",\"sig\":\"AQID\"}"

static struct sg_policy_signatures signatures;

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void teardown(void)
{
	sg_policy_signatures_clear(&signatures);
}

static enum sg_err add(const char *json)
{
	return sg_policy_signatures_add(&signatures, sg_bytes_str(json));
}

START_TEST(a_signature_is_taken_out_of_its_file)
{
	const struct sg_policy_signature *one;

	ck_assert_int_eq(add("{\"sha256\":[" ONE "]}"), SG_OK);
	ck_assert_uint_eq(signatures.n, 1);
	one = &signatures.list[0];
	ck_assert_int_eq(one->bank, SG_SHA256);
	ck_assert_uint_eq(one->selected, 1 << 7 | 1 << 11);
	assert_bytes(sg_bytes(one->signer, 32), hex(A));
	assert_bytes(sg_bytes(one->policy, 32), hex(B));
	assert_bytes(sg_bytes(one->bytes, one->len), hex("010203"));
}
END_TEST

START_TEST(several_files_make_one_list)
{
	ck_assert_int_eq(add("{\"sha384\":[" ONE "," ONE "]}"), SG_OK);
	ck_assert_int_eq(add("{\"sha256\":[" ONE "]}"), SG_OK);
	ck_assert_uint_eq(signatures.n, 3);
	ck_assert_int_eq(signatures.list[0].bank, SG_SHA384);
	ck_assert_int_eq(signatures.list[2].bank, SG_SHA256);
}
END_TEST

static const char *const passed_over[] = {
	"{}", "{\"sha1\":[" ONE "]}", "{\"sha256\":{}}", "{\"sha256\":[1,null,[]]}",
	"{\"sha256\":[{}]}",
	"{\"sha256\":[{\"pcrs\":[],\"pkfp\":\"" A "\",\"pol\":\"" B "\",\"sig\":\"AQID\"}]}",
	"{\"sha256\":[{\"pcrs\":[24],\"pkfp\":\"" A "\",\"pol\":\"" B "\",\"sig\":\"AQID\"}]}",
	"{\"sha256\":[{\"pcrs\":[\"7\"],\"pkfp\":\"" A "\",\"pol\":\"" B "\",\"sig\":\"AQID\"}]}",
	"{\"sha256\":[{\"pcrs\":[7],\"pkfp\":\"aa\",\"pol\":\"" B "\",\"sig\":\"AQID\"}]}",
	"{\"sha256\":[{\"pcrs\":[7],\"pkfp\":\"" A "\",\"pol\":\"" B A "\",\"sig\":\"AQID\"}]}",
	"{\"sha256\":[{\"pcrs\":[7],\"pkfp\":\"" A "\",\"pol\":\"" B "\",\"sig\":\"!\"}]}",
	"{\"sha256\":[{\"pcrs\":[7],\"pkfp\":\"" A "\",\"pol\":\"" B "\",\"sig\":\"\"}]}",
};

START_TEST(what_is_no_signature_is_passed_over)
{
	ck_assert_int_eq(add(passed_over[_i]), SG_OK);
	ck_assert_uint_eq(signatures.n, 0);
}
END_TEST

static const char *const refused[] = { "", "[]", "1", "{", "{\"sha256\":[]}x",
                                       "{\"sha256\":[],\"sha256\":[]}" };

START_TEST(another_file_is_refused)
{
	ck_assert_int_eq(add(refused[_i]), SG_ERR_FORMAT);
}
END_TEST

START_TEST(of_very_many_the_last_are_taken)
{
	struct sg_buf json = { 0 };

	ck_assert_int_eq(sg_buf_append(&json, sg_bytes_str("{\"sha256\":[")), SG_OK);
	for (int i = 0; i < 2 * SG_POLICY_SIGNATURES_MAX; i++)
		ck_assert_int_eq(sg_buf_append(&json, sg_bytes_str("{\"pcrs\":[1],\"pkfp\":\"" A
		                 "\",\"pol\":\"" B "\",\"sig\":\"AQID\"},")), SG_OK);
	ck_assert_int_eq(sg_buf_append(&json, sg_bytes_str(ONE "]}")), SG_OK);
	ck_assert_int_eq(sg_policy_signatures_add(&signatures, sg_buf_bytes(&json)), SG_OK);
	ck_assert_uint_eq(signatures.n, SG_POLICY_SIGNATURES_MAX);
	ck_assert_uint_eq(signatures.list[SG_POLICY_SIGNATURES_MAX - 1].selected, 1 << 7 | 1 << 11);
	sg_buf_free(&json);
}
END_TEST

START_TEST(a_signature_that_is_too_long_is_passed_over)
{
	struct sg_buf json = { 0 };

	ck_assert_int_eq(sg_buf_append(&json, sg_bytes_str("{\"sha256\":[{\"pcrs\":[7],\"pkfp\":\"" A
	                 "\",\"pol\":\"" B "\",\"sig\":\"")), SG_OK);
	ck_assert_int_eq(sg_buf_append(&json, repeat('A', 4 * 171)), SG_OK);
	ck_assert_int_eq(sg_buf_append(&json, sg_bytes_str("\"}]}")), SG_OK);
	ck_assert_int_eq(sg_policy_signatures_add(&signatures, sg_buf_bytes(&json)), SG_OK);
	ck_assert_uint_eq(signatures.n, 0);
	sg_buf_free(&json);
}
END_TEST

START_TEST(a_file_that_is_too_long_is_refused)
{
	size_t len = SG_POLICY_FILE_MAX + 1;
	char *text = malloc(len);

	ck_assert_ptr_nonnull(text);
	memset(text, ' ', len);
	text[0] = '{';
	text[1] = '}';
	ck_assert_int_eq(sg_policy_signatures_add(&signatures, sg_bytes(text, len - 1)), SG_OK);
	ck_assert_int_eq(sg_policy_signatures_add(&signatures, sg_bytes(text, len)), SG_ERR_FORMAT);
	free(text);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("policy_signature");
	TCase *tc = tcase_create("policy_signature");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_signature_is_taken_out_of_its_file);
	tcase_add_test(tc, several_files_make_one_list);
	tcase_add_loop_test(tc, what_is_no_signature_is_passed_over, 0, N(passed_over));
	tcase_add_loop_test(tc, another_file_is_refused, 0, N(refused));
	tcase_add_test(tc, of_very_many_the_last_are_taken);
	tcase_add_test(tc, a_signature_that_is_too_long_is_passed_over);
	tcase_add_test(tc, a_file_that_is_too_long_is_refused);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
