/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Files of signed PCR values: what is taken out of them, and that nothing in them
 * does harm. That the signatures count is shown in tests/tpm/test_policy.c.
 */
#include "seal/policy_signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define ONE "{\"pcrs\":[7,11],\"pkfp\":\"" A "\",\"pol\":\"" B "\",\"sig\":\"AQID\"}"

/* Values of PCRs. */
#define V1 "0101010101010101010101010101010101010101010101010101010101010101"
#define V2 "0202020202020202020202020202020202020202020202020202020202020202"

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

/* Values of PCRs of the bank SHA-256: bytes that are all the same, by the number of the PCR; 0 for
 * one that is not selected. */
static struct sg_pcrs pcrs_of(const uint8_t byte[SG_PCRS])
{
	struct sg_pcrs pcrs = { 0 };
	struct sg_pcr_bank *bank = &pcrs.bank[SG_SHA256];

	for (unsigned n = 0; n < SG_PCRS; n++) {
		if (byte[n] == 0)
			continue;
		bank->selected |= UINT32_C(1) << n;
		memset(bank->value[n], byte[n], 32);
	}
	bank->known = bank->selected;
	return pcrs;
}

/* Take in a signature over PCR 7 = 01... and PCR 11 = the byte, whose file says of the values what
 * is given. */
static enum sg_err add_valued(uint8_t eleven, const char *values)
{
	const uint8_t byte[SG_PCRS] = { [7] = 1, [11] = eleven };
	const struct sg_pcrs pcrs = pcrs_of(byte);
	uint8_t digest[SG_POLICY_DIGEST];
	char pol[2 * sizeof digest + 1] = "", json[1024];

	ck_assert_int_eq(sg_policy_pcr_digest(&pcrs, digest), SG_OK);
	sg_bytes_hex(sg_bytes(digest, sizeof digest), pol);
	ck_assert_int_lt(snprintf(json, sizeof json, "{\"sha256\":[{\"pcrs\":[7,11],\"pkfp\":\"" A
	                          "\",\"pol\":\"%s\",\"sig\":\"AQID\",\"values\":%s}]}", pol, values),
	                 (int)sizeof json);
	return add(json);
}

START_TEST(values_that_make_what_was_signed_are_kept)
{
	ck_assert_int_eq(add_valued(2, "{\"7\":\"" V1 "\",\"11\":\"" V2 "\"}"), SG_OK);
	ck_assert_uint_eq(signatures.doubted, 0);
	ck_assert_ptr_nonnull(signatures.list[0].values);
	assert_bytes(sg_bytes(signatures.list[0].values->value[11], 32), hex(V2));
}
END_TEST

static const char *const other_values[] = {
	"{\"7\":\"" V2 "\",\"11\":\"" V2 "\"}", "{\"7\":\"" V2 "\",\"11\":\"" V1 "\"}",
	"{\"7\":\"" V1 "\"}", "{\"7\":\"" V1 "\",\"11\":\"" V2 "\",\"12\":\"" V2 "\"}",
	"{\"7\":\"" V1 "\",\"11\":\"" V2 "02\"}", "{\"7\":\"" V1 "\",\"11\":2}",
	"[\"" V1 "\",\"" V2 "\"]", "\"" V1 "\"", "null", "{}",
};

START_TEST(other_values_are_not_believed_and_the_signature_stays)
{
	ck_assert_int_eq(add_valued(2, other_values[_i]), SG_OK);
	ck_assert_uint_eq(signatures.doubted, 1);
	ck_assert_uint_eq(signatures.n, 1);
	ck_assert_ptr_null(signatures.list[0].values);
}
END_TEST

/* Of three signatures, and one that does not say what it is over. */
static void add_three(void)
{
	ck_assert_int_eq(add_valued(2, "{\"7\":\"" V1 "\",\"11\":\"" V2 "\"}"), SG_OK);
	ck_assert_int_eq(add_valued(1, "{\"7\":\"" V1 "\",\"11\":\"" V1 "\"}"), SG_OK);
	ck_assert_int_eq(add_valued(2, "{\"7\":\"" V1 "\",\"11\":\"" V2 "\"}"), SG_OK);
	ck_assert_int_eq(add("{\"sha256\":[" ONE "]}"), SG_OK);
	ck_assert_uint_eq(signatures.n, 4);
}

static const struct {
	uint8_t seven, eleven;
	size_t nearest;
} nears[] = {
	{ 3, 1, 1 }, { 1, 3, 2 }, { 3, 2, 2 }, { 3, 3, 2 },
};

START_TEST(the_nearest_has_the_fewest_other_values_and_is_the_last_of_such)
{
	const uint8_t byte[SG_PCRS] = { [7] = nears[_i].seven, [11] = nears[_i].eleven };
	const struct sg_pcrs now = pcrs_of(byte);
	uint8_t print[SG_POLICY_DIGEST];

	memset(print, 0xaa, sizeof print);
	add_three();
	ck_assert_ptr_eq(sg_policy_signatures_nearest(&signatures, print, &now),
	                 &signatures.list[nears[_i].nearest]);
}
END_TEST

START_TEST(values_of_another_signer_or_of_pcrs_that_are_not_there_are_not_near)
{
	const uint8_t one[SG_PCRS] = { [7] = 1 }, both[SG_PCRS] = { [7] = 1, [11] = 1 };
	struct sg_pcrs now = pcrs_of(one), asked;
	uint8_t print[SG_POLICY_DIGEST];

	memset(print, 0xaa, sizeof print);
	add_three();
	sg_policy_signatures_pcrs(&signatures, print, &asked);
	ck_assert_uint_eq(asked.bank[SG_SHA256].selected, 1 << 7 | 1 << 11);
	ck_assert_ptr_null(sg_policy_signatures_nearest(&signatures, print, &now));
	now = pcrs_of(both);
	print[0] ^= 1;
	ck_assert_ptr_null(sg_policy_signatures_nearest(&signatures, print, &now));
	sg_policy_signatures_pcrs(&signatures, print, &asked);
	ck_assert(!sg_pcrs_any(&asked));
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
	tcase_add_test(tc, values_that_make_what_was_signed_are_kept);
	tcase_add_loop_test(tc, other_values_are_not_believed_and_the_signature_stays, 0,
	                    N(other_values));
	tcase_add_loop_test(tc, the_nearest_has_the_fewest_other_values_and_is_the_last_of_such, 0,
	                    N(nears));
	tcase_add_test(tc, values_of_another_signer_or_of_pcrs_that_are_not_there_are_not_near);
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
