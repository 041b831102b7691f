/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Event logs. The log and its values were made by a program in Python, of the structures
 * of the PC Client Platform Firmware Profile: a start in locality 3, two events of PCR 7, and one
 * each of PCRs 0 and 4, with digests of SHA-1, SHA-256 and SHA-384.
 */
#include "enroll/eventlog.h"

#include <string.h>

#include "lib/hex.h"
#include "lib/runner.h"

static const char log_digits[] =
	"00000000030000000000000000000000000000000000000000000000290000005370656320494420"
	"4576656e74303300000000000002000203000000040014000b0020000c0030000000000000030000"
	"00030000000400accbee477f8354d254ee70fcb9844cab318df4a00b00cc604ca58e421ca0911aaf"
	"d86563ea52a7cfc18c517c44f2abbf4d470c3503540c008fb034e542ff7e1b1f48c730f70d5c0c3d"
	"4301e1916971e267a1b1487e0b17c64e5ccdd1e4435de5fd93176c9ed9e861110000005374617274"
	"75704c6f63616c69747900030000000008000000030000000400d460dbbab19a9e8a128b3f1addb8"
	"1ee12321163c0b0097bf4a7b156fdc932da7151ce643f90fa0a0795ce4cc123fdef0df5443d7af8d"
	"0c0042f8440c52ecb379478b7f3d223979558a0562380fa97d6d3515673de89ab0e37cd947a054a8"
	"2d7fb2db51b962e376e2040000006372746d07000000010000800300000004007100619dfa0576dc"
	"c2130959734bf35fa8a8ae930b0094a7308021f74b9cbe5531d31e375fe0192ce21282f4720cecd3"
	"275ce04b54890c0062ffb90558cacb7e5128d3988357a685d5da8cf98c46ec5c9d4541ebc2865f1f"
	"a71b32107448fa346a056c4b36a84d770a000000536563757265426f6f7407000000040000000300"
	"000004009069ca78e7450a285173431b3e52c5c25299e4730b00df3f619804a92fdb4057192dc43d"
	"d748ea778adc52bc498ce80524c014b811190c00394341b7182cd227c5c6b07ef8000cdfd86136c4"
	"292b8e576573ad7ed9ae41019f5818b4b971c9effc60e1ad9f1289f0040000000000000004000000"
	"03000080030000000400ad5974f370027ab0659fe7208b1194ca2aa6cad20b00e00b287ac1347d3f"
	"5ad0629b1aec03dcebf2fb1d44b3ffbfcd11695cfc19e0ee0c0031002be98c8bada356393344bcdf"
	"5ce61941a4bd36424de379c65d1d68d24743c8aae27c6e9875a00c971196554d12ed0b000000626f"
	"6f74206c6f61646572";

static const char *const sha256_0 = "f6503b368c0221783c1f5612115c6073b99427e0550fd8fe187475ab73559303";
static const char *const sha256_4 = "4813a2df05399a004fbef70127de2660606d0d94778cf331877424bb934b49c3";
static const char *const sha256_7 = "86716e7d63f661e78364de0db2d8bf3036f342c5f184999432755208254392ad";
static const char sha384_7[] =
	"f9cac49c519cb1fa2271763dd0b6facd3a0be493f6ddd9ace18fe33cf84122a46925471e7fdd74e2"
	"e35940366e8a2f7b";

#define HEAD 73                         /* bytes of the first event */
#define ALGORITHMS (32 + 24)            /* where the number of hashes stands in it */

static struct sg_pcrs pcrs;
static struct sg_buf log_bytes;

static void set_up(void)
{
	memset(&pcrs, 0, sizeof pcrs);
	ck_assert_int_eq(sg_buf_set(&log_bytes, hex(log_digits)), SG_OK);
}

static void tear_down(void)
{
	sg_buf_free(&log_bytes);
}

static enum sg_enroll_reason replay(void)
{
	memset(&pcrs, 0, sizeof pcrs);
	return sg_enroll_eventlog_replay(sg_buf_bytes(&log_bytes), &pcrs);
}

static void has(enum sg_digest_alg bank, unsigned pcr, const char *digits)
{
	assert_bytes(sg_bytes(pcrs.bank[bank].value[pcr], sg_pcr_hashes[bank].len), hex(digits));
}

START_TEST(a_log_is_replayed_to_the_values_of_every_bank_it_has)
{
	ck_assert_int_eq(replay(), SG_ENROLL_OK);
	has(SG_SHA256, 4, sha256_4);
	has(SG_SHA256, 7, sha256_7);
	has(SG_SHA384, 7, sha384_7);
	ck_assert_uint_eq(pcrs.bank[SG_SHA256].known, 0xffffff);
	ck_assert_uint_eq(pcrs.bank[SG_SHA384].known, 0xffffff);
	ck_assert_uint_eq(pcrs.bank[SG_SHA512].known, 0);
}
END_TEST

START_TEST(the_locality_of_the_start_is_where_pcr_0_begins)
{
	ck_assert_int_eq(replay(), SG_ENROLL_OK);
	has(SG_SHA256, 0, sha256_0);
}
END_TEST

START_TEST(a_pcr_that_nothing_extended_is_as_a_reset_leaves_it)
{
	ck_assert_int_eq(replay(), SG_ENROLL_OK);
	assert_bytes(sg_bytes(pcrs.bank[SG_SHA256].value[5], 32), repeat(0, 32));
	assert_bytes(sg_bytes(pcrs.bank[SG_SHA256].value[17], 32), repeat(0xff, 32));
	assert_bytes(sg_bytes(pcrs.bank[SG_SHA256].value[22], 32), repeat(0xff, 32));
	assert_bytes(sg_bytes(pcrs.bank[SG_SHA256].value[23], 32), repeat(0, 32));
}
END_TEST

static void quote(struct sg_pcrs *quoted, uint32_t selected)
{
	ck_assert_int_eq(replay(), SG_ENROLL_OK);
	*quoted = pcrs;
	memset(&quoted->bank[SG_SHA384], 0, sizeof quoted->bank[SG_SHA384]);
	quoted->bank[SG_SHA256].selected = selected;
}

static enum sg_enroll_reason check(const struct sg_pcrs *quoted)
{
	return sg_enroll_eventlog_check(sg_buf_bytes(&log_bytes), quoted);
}

START_TEST(what_was_quoted_must_follow_from_the_log)
{
	struct sg_pcrs quoted;

	quote(&quoted, 0x91);
	ck_assert_int_eq(check(&quoted), SG_ENROLL_OK);
	quoted.bank[SG_SHA256].value[7][31] ^= 1;
	ck_assert_int_eq(check(&quoted), SG_ENROLL_EVENTLOG);
	quoted.bank[SG_SHA256].selected = 0x11;
	ck_assert_int_eq(check(&quoted), SG_ENROLL_OK);
	quoted.bank[SG_SHA512].selected = 1;
	ck_assert_int_eq(check(&quoted), SG_ENROLL_EVENTLOG);
}
END_TEST

START_TEST(an_event_that_was_taken_out_is_noticed)
{
	struct sg_pcrs quoted;

	quote(&quoted, 0x10);
	log_bytes.len = HEAD;           /* none but the first */
	ck_assert_int_eq(replay(), SG_ENROLL_OK);
	ck_assert_int_eq(check(&quoted), SG_ENROLL_EVENTLOG);
}
END_TEST

START_TEST(a_log_that_is_cut_short_is_none_except_behind_an_event)
{
	const size_t whole = log_bytes.len;
	unsigned taken = 0;

	for (size_t len = 0; len < whole; len++) {
		log_bytes.len = len;
		taken += replay() == SG_ENROLL_OK;
	}
	ck_assert_uint_eq(taken, 5);    /* behind each event but the last */
}
END_TEST

START_TEST(hashes_that_are_there_twice_or_not_at_all_are_refused)
{
	log_bytes.data[ALGORITHMS + 4] = 0x0b;          /* SHA-1 becomes a second SHA-256 */
	ck_assert_int_eq(replay(), SG_ENROLL_EVENTLOG);
	log_bytes.data[ALGORITHMS + 4] = 4;
	ck_assert_int_eq(replay(), SG_ENROLL_OK);
	log_bytes.data[ALGORITHMS] = 0;
	ck_assert_int_eq(replay(), SG_ENROLL_EVENTLOG);
	log_bytes.data[ALGORITHMS] = 17;
	ck_assert_int_eq(replay(), SG_ENROLL_EVENTLOG);
}
END_TEST

START_TEST(a_hash_of_another_length_is_not_taken_for_the_one_that_is_known)
{
	log_bytes.data[ALGORITHMS + 10] = 20;           /* SHA-256 of 20 bytes */
	ck_assert_int_eq(replay(), SG_ENROLL_EVENTLOG);
	log_bytes.len = HEAD;
	ck_assert_int_eq(replay(), SG_ENROLL_OK);
	ck_assert_uint_eq(pcrs.bank[SG_SHA256].known, 0);
}
END_TEST

START_TEST(an_event_of_no_pcr_is_refused)
{
	const size_t second = HEAD + 12 + 2 + 20 + 2 + 32 + 2 + 48 + 4 + 17;

	log_bytes.data[second] = SG_PCRS;
	ck_assert_int_eq(replay(), SG_ENROLL_EVENTLOG);
}
END_TEST

START_TEST(what_has_another_beginning_is_no_log)
{
	log_bytes.data[32] = 's';
	ck_assert_int_eq(replay(), SG_ENROLL_EVENTLOG);
	log_bytes.len = 0;
	ck_assert_int_eq(replay(), SG_ENROLL_EVENTLOG);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("event log");
	TCase *tcase = tcase_create("log");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_log_is_replayed_to_the_values_of_every_bank_it_has);
	tcase_add_test(tcase, the_locality_of_the_start_is_where_pcr_0_begins);
	tcase_add_test(tcase, a_pcr_that_nothing_extended_is_as_a_reset_leaves_it);
	tcase_add_test(tcase, what_was_quoted_must_follow_from_the_log);
	tcase_add_test(tcase, an_event_that_was_taken_out_is_noticed);
	tcase_add_test(tcase, a_log_that_is_cut_short_is_none_except_behind_an_event);
	tcase_add_test(tcase, hashes_that_are_there_twice_or_not_at_all_are_refused);
	tcase_add_test(tcase, a_hash_of_another_length_is_not_taken_for_the_one_that_is_known);
	tcase_add_test(tcase, an_event_of_no_pcr_is_refused);
	tcase_add_test(tcase, what_has_another_beginning_is_no_log);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
