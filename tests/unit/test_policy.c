/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Policies: their two forms, and their digests. What a TPM makes of the same steps
 * is compared in tests/tpm/test_policy.c.
 */
#include "seal/policy.h"

#include <string.h>

#include "crypto/crypto.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES "1111111111111111111111111111111111111111111111111111111111111111"

/* A key that openssl made for this test; it is used nowhere. */
#define SIGNER "3059301306072a8648ce3d020106082a8648ce3d030107034200041fa2dd5e0e0561d2e564" \
	"250400e936c83c846d2b80c2a1e71a89c046075148bb2da8242f310719050ac0a56549b2d82a3c9795d8" \
	"06331f4437756b2ff3964127"

static struct sg_policy policy;
static struct sg_buf out;

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void teardown(void)
{
	sg_policy_clear(&policy);
	sg_buf_free(&out);
}

static enum sg_err parse(const char *text)
{
	sg_policy_clear(&policy);
	return sg_policy_parse(sg_bytes_str(text), &policy);
}

START_TEST(an_empty_text_asks_for_nothing)
{
	ck_assert_int_eq(parse(""), SG_OK);
	ck_assert(sg_policy_empty(&policy));
}
END_TEST

START_TEST(pcrs_are_read_with_their_values_or_without)
{
	ck_assert_int_eq(parse("pcr=sha256:11,7=" ONES), SG_OK);
	ck_assert_uint_eq(policy.pcrs.bank[SG_SHA256].selected, 1 << 7 | 1 << 11);
	ck_assert_uint_eq(policy.pcrs.bank[SG_SHA256].known, 1 << 7);
	assert_bytes(sg_bytes(policy.pcrs.bank[SG_SHA256].value[7], 32), hex(ONES));
	ck_assert(!sg_pcrs_known(&policy.pcrs));
	ck_assert(!sg_policy_empty(&policy));
}
END_TEST

static const char *const texts[][2] = {
	{ "", "" },
	{ "pcr=sha256:7", "pcr=sha256:7" },
	{ "pcr=sha256:23,0", "pcr=sha256:0,23" },
	{ "pcr=sha384:1;pcr=sha256:7;", "pcr=sha256:7;pcr=sha384:1" },
	{ "pcr=sha256:7=" ONES ";pcr=sha256:08", "pcr=sha256:7=" ONES ",8" },
	{ "signer=" SIGNER, "signer=" SIGNER },
	{ "signer=" SIGNER ";pcr=sha512:14", "pcr=sha512:14;signer=" SIGNER },
	{ "until=1", "until=1" },
	{ "until=18446744073709551615;pcr=sha256:7", "pcr=sha256:7;until=18446744073709551615" },
};

START_TEST(a_text_has_one_canonical_form)
{
	ck_assert_int_eq(parse(texts[_i][0]), SG_OK);
	ck_assert_int_eq(sg_policy_text(&policy, true, &out), SG_OK);
	assert_bytes(sg_buf_bytes(&out), sg_bytes_str(texts[_i][1]));
}
END_TEST

START_TEST(values_can_be_left_out_of_the_text)
{
	ck_assert_int_eq(parse("pcr=sha256:7=" ONES ",8"), SG_OK);
	ck_assert_int_eq(sg_policy_text(&policy, false, &out), SG_OK);
	assert_bytes(sg_buf_bytes(&out), sg_bytes_str("pcr=sha256:7,8"));
}
END_TEST

static const char *const bad_texts[] = {
	"pcr", "pcr=", "pcr=sha256", "pcr=sha256:", "pcr=sha1:7", "pcr=SHA256:7", "pcr=sha256:24",
	"pcr=sha256:-1", "pcr=sha256:7,,8", "pcr=sha256:7,7", "pcr=sha256:7;pcr=sha256:7",
	"pcr=sha256: 7", "pcr=sha256:7=", "pcr=sha256:7=11", "pcr=sha256:7=" ONES "1",
	"pcr=sha384:7=" ONES, "pcr=sha256:007", "signer=", "signer=00", "signer=" SIGNER "00",
	"signer=" SIGNER ";signer=" SIGNER, "policy=1", "=", "sha256:7",
	"until", "until=", "until=0", "until=01", "until=-1", "until=1 ", "until=1h",
	"until=18446744073709551616", "until=99999999999999999999999", "until=1;until=2",
};

START_TEST(another_text_is_refused)
{
	ck_assert_int_eq(parse(bad_texts[_i]), SG_ERR_FORMAT);
}
END_TEST

START_TEST(a_text_with_a_zero_byte_is_refused)
{
	ck_assert_int_eq(sg_policy_parse(sg_bytes("pcr=sha256:7\0", 13), &policy), SG_ERR_FORMAT);
}
END_TEST

/* Write policy to out. */
static void store(void)
{
	struct sg_writer w = sg_writer(&out);

	out.len = 0;
	sg_policy_write(&policy, &w);
	ck_assert_int_eq(w.err, SG_OK);
}

static const char *const stored_texts[] = {
	"", "pcr=sha256:7=" ONES, "pcr=sha256:0=" ONES ",23=" ZERO ";pcr=sha384:2=" ONES
	"11111111111111111111111111111111", "signer=" SIGNER,
	"pcr=sha256:7=" ONES ";signer=" SIGNER, "until=86400000",
	"pcr=sha256:7=" ONES ";until=258",
};

START_TEST(what_is_stored_reads_back)
{
	struct sg_policy back = { 0 };
	struct sg_buf text = { 0 };

	ck_assert_int_eq(parse(stored_texts[_i]), SG_OK);
	policy.auth = _i % 2 == 1;
	store();
	ck_assert_int_eq(sg_policy_read(sg_buf_bytes(&out), &back), SG_OK);
	ck_assert(back.auth == policy.auth);
	ck_assert_int_eq(sg_policy_text(&back, true, &text), SG_OK);
	assert_bytes(sg_buf_bytes(&text), sg_bytes_str(stored_texts[_i]));
	sg_policy_clear(&back);
	sg_buf_free(&text);
}
END_TEST

START_TEST(what_is_stored_and_cut_short_is_refused_or_asks_for_less)
{
	struct sg_policy back = { 0 };
	struct sg_buf again = { 0 };
	struct sg_writer w = sg_writer(&again);

	ck_assert_int_eq(parse("pcr=sha256:7=" ONES ";signer=" SIGNER), SG_OK);
	policy.auth = true;
	store();
	for (size_t len = 0; len < out.len; len++) {
		if (sg_policy_read(sg_bytes(out.data, len), &back) == SG_OK) {
			again.len = 0;
			sg_policy_write(&back, &w);
			assert_bytes(sg_buf_bytes(&again), sg_bytes(out.data, len));
		}
		sg_policy_clear(&back);
	}
	sg_buf_free(&again);
}
END_TEST

static const char *const bad_stored[] = {
	"00",
	"0600000000",                                   /* no such step */
	"0500000000",
	"0500000007" "00000000000001",
	"0500000009" "000000000000000100",
	"0500000008" "0000000000000000",                /* no time */
	"0500000008" "0000000000000001" "0500000008" "0000000000000001",
	"0300000000" "0500000008" "0000000000000001",   /* in another order */
	"0400000000",
	"0400000024" "017fffff" ONES,                   /* below the owner's range */
	"0400000024" "01c00000" ONES,                   /* above it */
	"0400000025" "01800000" ONES "00",
	"0400000024" "01812345" ONES,                   /* of no PIN */
	"0300000000" "0400000024" "01800000" ONES,      /* in another order */
	"0300000001" "00",                              /* an operand too many */
	"0300000000" "0300000000",                      /* a step twice */
	"0300000000" "0200000026" "000b00000080" ONES,  /* in another order */
	"0200000000",                                   /* no bank */
	"0200000006" "000b00000000",                    /* no PCR */
	"0200000026" "000b01000000" ONES,               /* PCR 24 */
	"0200000026" "000400000080" ONES,               /* SHA-1 */
	"0200000025" "000b00000080" "11111111111111111111111111111111111111111111111111111111111111",
	"0100000001" "30",
};

START_TEST(another_stored_form_is_refused)
{
	ck_assert_int_eq(sg_policy_read(hex(bad_stored[_i]), &policy), SG_ERR_FORMAT);
}
END_TEST

START_TEST(an_empty_policy_has_an_empty_digest)
{
	uint8_t digest[SG_POLICY_DIGEST];

	ck_assert_int_eq(parse(""), SG_OK);
	ck_assert_int_eq(sg_policy_digest(&policy, digest), SG_OK);
	assert_bytes(sg_bytes(digest, sizeof digest), hex(ZERO));
}
END_TEST

START_TEST(a_copy_is_the_same)
{
	struct sg_policy copy = { 0 };
	uint8_t a[SG_POLICY_DIGEST], b[SG_POLICY_DIGEST];

	ck_assert_int_eq(parse("pcr=sha256:7=" ONES ";signer=" SIGNER), SG_OK);
	policy.auth = true;
	ck_assert_int_eq(sg_policy_copy(&policy, &copy), SG_OK);
	ck_assert_int_eq(sg_policy_digest(&policy, a), SG_OK);
	ck_assert_int_eq(sg_policy_digest(&copy, b), SG_OK);
	ck_assert_mem_eq(a, b, sizeof a);
	sg_policy_clear(&copy);
}
END_TEST

START_TEST(a_time_is_stored_and_asked_for)
{
	uint8_t digest[SG_POLICY_DIGEST], other[SG_POLICY_DIGEST];

	ck_assert_int_eq(parse("until=258"), SG_OK);
	ck_assert(!sg_policy_empty(&policy));
	store();
	assert_bytes(sg_buf_bytes(&out), hex("0500000008" "0000000000000102"));
	ck_assert_int_eq(sg_policy_digest(&policy, digest), SG_OK);
	policy.until++;
	ck_assert_int_eq(sg_policy_digest(&policy, other), SG_OK);
	ck_assert_mem_ne(digest, other, sizeof other);
}
END_TEST

START_TEST(an_index_is_stored_and_asked_for)
{
	const char *const stored = "0400000024" "01812345" ONES "0300000000";
	uint8_t with[SG_POLICY_DIGEST], without[SG_POLICY_DIGEST];
	struct sg_policy copy = { 0 };

	ck_assert_int_eq(sg_policy_read(hex(stored), &policy), SG_OK);
	ck_assert(!sg_policy_empty(&policy));
	ck_assert_uint_eq(policy.index.handle, 0x01812345);
	store();
	assert_bytes(sg_buf_bytes(&out), hex(stored));
	ck_assert_int_eq(sg_policy_copy(&policy, &copy), SG_OK);
	ck_assert_int_eq(sg_policy_digest(&copy, with), SG_OK);
	copy.index.handle = 0;
	ck_assert_int_eq(sg_policy_digest(&copy, without), SG_OK);
	ck_assert_mem_ne(with, without, sizeof with);
	sg_policy_clear(&copy);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("policy");
	TCase *tc = tcase_create("policy");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_empty_text_asks_for_nothing);
	tcase_add_test(tc, pcrs_are_read_with_their_values_or_without);
	tcase_add_loop_test(tc, a_text_has_one_canonical_form, 0, N(texts));
	tcase_add_test(tc, values_can_be_left_out_of_the_text);
	tcase_add_loop_test(tc, another_text_is_refused, 0, N(bad_texts));
	tcase_add_test(tc, a_text_with_a_zero_byte_is_refused);
	tcase_add_loop_test(tc, what_is_stored_reads_back, 0, N(stored_texts));
	tcase_add_test(tc, what_is_stored_and_cut_short_is_refused_or_asks_for_less);
	tcase_add_loop_test(tc, another_stored_form_is_refused, 0, N(bad_stored));
	tcase_add_test(tc, an_empty_policy_has_an_empty_digest);
	tcase_add_test(tc, a_copy_is_the_same);
	tcase_add_test(tc, a_time_is_stored_and_asked_for);
	tcase_add_test(tc, an_index_is_stored_and_asked_for);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
