/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of enroll/judge_policy.c and enroll/judge_clock.c: PCRs that are asked for, policies of
 * somebody else's making, and ends that come too late.
 */
#include "enroll/judge.h"

#include <string.h>

#include "lib/judging.h"
#include "lib/runner.h"

static void no_log(struct enroller *e) { enroller_set(&e->evidence.eventlog, "no log"); }

#define PCR_7 "1717171717171717171717171717171717171717171717171717171717171717"
#define PCR_0 "1010101010101010101010101010101010101010101010101010101010101010"

static void no_quote(struct enroller *e) { e->quote.missing = true; }
static void quote_of_another(struct enroller *e) { e->quote.extra[0] ^= 1; }
static void other_values(struct enroller *e) { e->pcrs_digest[0] ^= 1; }
static void fewer(struct enroller *e) { e->pcrs.bank[SG_SHA256].selected = 1; }
static void claim(struct enroller *e)
{
	enroller_set(&e->evidence.quoted, "pcr=sha256:0=" PCR_7 ",7=" PCR_7);
}
static void claim_more(struct enroller *e)
{
	enroller_set(&e->evidence.quoted, "pcr=sha256:0=" PCR_0 ",7=" PCR_7 ",8=" PCR_7);
}
static void claim_nothing(struct enroller *e)
{
	enroller_set(&e->evidence.quoted, "pcr=sha256:0,7");
}
static void bind_nothing(struct enroller *e) { memset(&e->policy.pcrs, 0, sizeof e->policy.pcrs); }
static void bind_other(struct enroller *e) { e->policy.pcrs.bank[SG_SHA256].value[7][0] ^= 1; }
static void bind_more(struct enroller *e)
{
	struct sg_pcr_bank *bank = &e->policy.pcrs.bank[SG_SHA256];

	bank->selected |= 1u << 9;
	bank->known |= 1u << 9;
}

/* Without PCRs and clock there is no policy at all, and other attributes are right. */
static void bind_nothing_at_all(struct enroller *e) { bind_nothing(e); e->attributes ^= 0xc0u; }

static const struct test_row pcr_rows[] = {
	{ ENROLLER_ATTEST, no_quote, SG_ENROLL_QUOTE, SG_ORIGIN_HOST, "no quote" },
	{ ENROLLER_ATTEST, quote_of_another, SG_ENROLL_ATTEST_OTHER, SG_ORIGIN_HOST, "an old one" },
	{ ENROLLER_ATTEST, other_values, SG_ENROLL_QUOTE, SG_ORIGIN_HOST, "other values" },
	{ ENROLLER_ATTEST, fewer, SG_ENROLL_QUOTE, SG_ORIGIN_HOST, "fewer PCRs" },
	{ ENROLLER_PROOF, claim, SG_ENROLL_QUOTE, SG_ORIGIN_TPM, "values that were not quoted" },
	{ ENROLLER_PROOF, claim_more, SG_ENROLL_QUOTE, SG_ORIGIN_TPM, "one that was not quoted" },
	{ ENROLLER_PROOF, claim_nothing, SG_ENROLL_QUOTE, SG_ORIGIN_TPM, "no values" },
	{ ENROLLER_OBJECT, bind_nothing_at_all, SG_ENROLL_POLICY_OTHER, SG_ORIGIN_HOST, "unbound" },
	{ ENROLLER_OBJECT, bind_nothing, SG_ENROLL_POLICY_OTHER, SG_ORIGIN_TPM, "unbound" },
	{ ENROLLER_OBJECT, bind_other, SG_ENROLL_POLICY_OTHER, SG_ORIGIN_HOST, "not quoted" },
	{ ENROLLER_OBJECT, bind_other, SG_ENROLL_POLICY_OTHER, SG_ORIGIN_TPM, "what isn't quoted" },
	{ ENROLLER_OBJECT, bind_more, SG_ENROLL_OK, SG_ORIGIN_HOST, "more than was asked for" },
};

START_TEST(pcrs_that_are_asked_for_must_be_shown)
{
	test_demand.bind_pcrs = "pcr=sha256:7";
	test_demand.quote_pcrs = "pcr=sha256:0,7";
	test_row_is_judged(&pcr_rows[_i]);
}
END_TEST

START_TEST(pcrs_must_have_the_values_that_are_demanded)
{
	static const struct test_row other = { ENROLLER_OBJECT, bind_other, SG_ENROLL_POLICY_OTHER,
		                               SG_ORIGIN_HOST, "bound" };

	test_demand.quote_pcrs = "pcr=sha256:7=" PCR_0;
	test_answer();
	test_reason(test_finish(), SG_ENROLL_PCRS, "quoted");
	test_demand.quote_pcrs = NULL;
	test_demand.bind_pcrs = "pcr=sha256:7=" PCR_0;
	test_row_is_judged(&other);
}
END_TEST

START_TEST(an_event_log_that_is_missing_is_refused)
{
	test_demand.quote_pcrs = "pcr=sha256:7";
	test_demand.eventlog = true;
	test_answer();
	ck_assert(test_machine.challenge.eventlog);
	test_reason(test_finish(), SG_ENROLL_EVENTLOG, "none");
}
END_TEST

START_TEST(an_event_log_that_is_none_is_refused)
{
	static const struct test_row other = { ENROLLER_PROOF, no_log, SG_ENROLL_EVENTLOG,
		                               SG_ORIGIN_HOST, "no log" };

	test_demand.quote_pcrs = "pcr=sha256:7";
	test_demand.eventlog = true;
	test_row_is_judged(&other);
}
END_TEST

/* Policies that somebody else makes are as good, where every way that opens demands enough and
 * nothing stands in them but PCRs, an end, and the lock of a key that is derived. */

#define CLOCK "{\"step\":\"clock\",\"until\":8600000}"
#define SOONER "{\"step\":\"clock\",\"until\":8500000}"
#define BOUND "{\"step\":\"pcr\",\"pcrs\":\"pcr=sha256:7=" PCR_7 "\"}"
#define AUTH "{\"step\":\"auth-value\"}"
#define SECRET "{\"step\":\"secret\",\"name\":\"QAAACw==\",\"ref\":\"\"}"
#define SIGNER "{\"step\":\"authorize\",\"key\":\"ACMACwAA\",\"ref\":\"\"}"
#define COMMAND(n) "{\"step\":\"command\",\"code\":" #n "}"
#define OR(a, b) "{\"step\":\"or\",\"branches\":[[" a "],[" b "]]}"
#define HOST SG_ORIGIN_HOST
#define TPM SG_ORIGIN_TPM

static const struct foreign {
	enum sg_enroll_origin origin;
	const char *steps;
	enum sg_enroll_reason reason;
	const char *what;
} foreign[] = {
	{ HOST, "[" CLOCK "]", SG_ENROLL_OK, "ours" },
	{ HOST, "[" CLOCK "," BOUND "]", SG_ENROLL_OK, "narrower" },
	{ HOST, "[" OR(CLOCK, BOUND "," SOONER) "]", SG_ENROLL_OK, "an end on each way" },
	{ HOST, "[" OR(CLOCK, BOUND) "]", SG_ENROLL_POLICY_OTHER, "no end on one way" },
	{ HOST, "[" CLOCK "," AUTH "]", SG_ENROLL_POLICY_OTHER, "and a password" },
	{ HOST, "[" CLOCK "," SECRET "]", SG_ENROLL_POLICY_OTHER, "and somebody's password" },
	{ HOST, "[" CLOCK "," COMMAND(350) "]", SG_ENROLL_POLICY_OTHER, "to unseal alone" },
	{ HOST, "[" SIGNER "," CLOCK "]", SG_ENROLL_POLICY_OTHER, "what somebody signs" },
	{ HOST, "[" OR(CLOCK, COMMAND(328)) "]", SG_ENROLL_POLICY_OTHER, "or to be certified" },
	{ HOST, "[" OR(CLOCK, AUTH) "]", SG_ENROLL_POLICY_OTHER, "or a password" },
	{ HOST, "[" OR(CLOCK, OR(AUTH, CLOCK)) "]", SG_ENROLL_POLICY_OTHER, "deeper" },
	{ HOST, "[" OR(CLOCK, COMMAND(331)) "]", SG_ENROLL_OBJECT_LEAVES, "to be duplicated" },
	{ TPM, "[" SIGNER "," CLOCK "]", SG_ENROLL_OK, "ours" },
	{ TPM, "[" CLOCK "]", SG_ENROLL_POLICY_OTHER, "any label" },
	{ TPM, "[" OR(SIGNER "," CLOCK, CLOCK) "]", SG_ENROLL_POLICY_OTHER, "or any label" },
	{ TPM, "[" OR(CLOCK, SIGNER "," CLOCK) "]", SG_ENROLL_POLICY_OTHER, "any label, or one" },
	{ TPM, "[" OR(SIGNER, SIGNER) "," CLOCK "]", SG_ENROLL_POLICY_OTHER, "two that sign" },
	{ TPM, "[" SIGNER "," CLOCK "," AUTH "]", SG_ENROLL_POLICY_OTHER, "and a password" },
	{ TPM, "[" OR(SIGNER "," CLOCK, COMMAND(347)) "]", SG_ENROLL_POLICY_OTHER, "HMAC_Start" },
	{ TPM, "[" OR(SIGNER "," CLOCK, COMMAND(349)) "]", SG_ENROLL_POLICY_OTHER, "Sign" },
	{ TPM, "[" OR(SIGNER "," CLOCK, COMMAND(344)) "]", SG_ENROLL_POLICY_OTHER, "Quote" },
};

START_TEST(policies_of_others_are_judged_by_all_their_branches)
{
	test_demand.lifetime = 3600;
	test_demand.origin = foreign[_i].origin;
	test_machine.steps = foreign[_i].steps;
	test_machine.hello.clock = 5000000;
	ck_assert_int_eq(test_begin(), SG_ENROLL_OK);
	ck_assert(enroller_answer(&test_machine, sg_buf_bytes(&test_pending.challenge)));
	test_reason(test_finish(), foreign[_i].reason, foreign[_i].what);
}
END_TEST

/* The clock. */

static void no_time(struct enroller *e) { e->time.missing = true; }
static void unsafe(struct enroller *e) { e->safe = false; }
static void too_long(struct enroller *e) { e->policy.until += 60000; }
static void for_ever(struct enroller *e) { e->policy.until = 0; e->attributes ^= 0xc0u; }
static void lock_for_ever(struct enroller *e) { e->policy.until = 0; }
static void set_back(struct enroller *e) { e->clock -= 3000; }
static void far_off(struct enroller *e) { e->clock -= 100000; }

static const struct test_row clock_rows[] = {
	{ ENROLLER_ATTEST, no_time, SG_ENROLL_CLOCK, SG_ORIGIN_HOST, "no time" },
	{ ENROLLER_ATTEST, unsafe, SG_ENROLL_CLOCK, SG_ORIGIN_HOST, "a clock that may go back" },
	{ ENROLLER_OBJECT, too_long, SG_ENROLL_CLOCK, SG_ORIGIN_HOST, "a minute too long" },
	{ ENROLLER_OBJECT, too_long, SG_ENROLL_CLOCK, SG_ORIGIN_TPM, "a minute too long" },
	{ ENROLLER_ATTEST, far_off, SG_ENROLL_CLOCK, SG_ORIGIN_HOST, "a clock far off" },
	{ ENROLLER_ATTEST, far_off, SG_ENROLL_CLOCK, SG_ORIGIN_VAULT, "a clock far off" },
	{ ENROLLER_ATTEST, set_back, SG_ENROLL_OK, SG_ORIGIN_HOST, "as far as a cut sets it back" },
	{ ENROLLER_OBJECT, for_ever, SG_ENROLL_POLICY_OTHER, SG_ORIGIN_HOST, "no end" },
	{ ENROLLER_OBJECT, lock_for_ever, SG_ENROLL_POLICY_OTHER, SG_ORIGIN_TPM, "no end" },
};

START_TEST(a_lease_that_would_not_end_in_time_is_refused)
{
	test_demand.lifetime = 3600;
	test_row_is_judged(&clock_rows[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("enroll_judge_policy");
	TCase *tc = tcase_create("enroll_judge_policy");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, test_judging_begin, test_judging_end);
	tcase_add_loop_test(tc, pcrs_that_are_asked_for_must_be_shown, 0,
	                    sizeof pcr_rows / sizeof pcr_rows[0]);
	tcase_add_test(tc, pcrs_must_have_the_values_that_are_demanded);
	tcase_add_test(tc, an_event_log_that_is_missing_is_refused);
	tcase_add_test(tc, an_event_log_that_is_none_is_refused);
	tcase_add_loop_test(tc, policies_of_others_are_judged_by_all_their_branches, 0,
	                    sizeof foreign / sizeof foreign[0]);
	tcase_add_loop_test(tc, a_lease_that_would_not_end_in_time_is_refused, 0,
	                    sizeof clock_rows / sizeof clock_rows[0]);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
