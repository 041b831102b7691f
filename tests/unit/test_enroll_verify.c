/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of enroll/verify.c: what is good is taken, of each origin; what belongs to another
 * enrolment, or was changed anywhere, is not.
 */
#include "enroll/verify.h"

#include <pthread.h>
#include <string.h>

#include "crypto/ed25519.h"
#include "enroll/request.h"
#include "lib/judging.h"
#include "lib/runner.h"

#define VALUE "1717171717171717171717171717171717171717171717171717171717171717"

START_TEST(a_key_that_the_host_made_is_asserted)
{
	uint8_t hash[SG_ENROLL_EK_HASH];

	test_enrols(SG_LEVEL_ASSERTED);
	ck_assert_int_eq(test_finding.origin, SG_ORIGIN_HOST);
	ck_assert(test_finding.ek_certified);
	test_ek_hash(&test_machine, hash);
	ck_assert_mem_eq(test_finding.ek, hash, sizeof hash);
	ck_assert_mem_eq(test_finding.object_name, test_machine.object_name, SG_NODE_NAME);
	ck_assert_uint_eq(test_finding.clock, test_machine.clock);
	ck_assert_uint_eq(test_finding.until, 0);
	ck_assert(test_finding.resets == 3 && test_finding.restarts == 4);
	ck_assert_uint_eq(test_finding.firmware, 5);
}
END_TEST

START_TEST(a_key_that_is_derived_was_born_in_the_tpm)
{
	test_demand.origin = SG_ORIGIN_TPM;
	test_enrols(SG_LEVEL_BORN);
}
END_TEST

START_TEST(a_key_that_was_sent_is_minted)
{
	test_demand.origin = SG_ORIGIN_VAULT;
	test_enrols(SG_LEVEL_MINTED);
	ck_assert_mem_eq(test_machine.challenge.key, test_finding.key, sizeof test_finding.key);
}
END_TEST

START_TEST(an_endorsement_key_of_rsa_is_as_good)
{
	enroller_free(&test_machine);
	enroller_make(&test_machine, SG_EK_RSA2048, &test_maker);
	test_enrols(SG_LEVEL_ASSERTED);
	test_demand.origin = SG_ORIGIN_VAULT;
	test_enrols(SG_LEVEL_MINTED);
}
END_TEST

/* All at once, of each origin. */
START_TEST(what_is_asked_for_is_shown)
{
	test_demand.origin = (enum sg_enroll_origin)_i;
	test_demand.lifetime = 3600;
	test_demand.bind_pcrs = "pcr=sha256:7=" VALUE;
	test_demand.quote_pcrs = "pcr=sha256:0,7=" VALUE;
	test_answer();
	test_reason(test_finish(), SG_ENROLL_OK, "all at once");
	ck_assert_uint_eq(test_finding.until, test_machine.hello.clock + 3600000);
}
END_TEST

/* Who is not told what to be chooses what proves enough. */
START_TEST(the_origin_follows_from_the_level_where_nobody_chooses)
{
	static const enum sg_enroll_origin wanted[] = {
		SG_ORIGIN_HOST, SG_ORIGIN_HOST, SG_ORIGIN_TPM, SG_ORIGIN_VAULT,
	};

	test_demand.level = (enum sg_enroll_level)_i;
	ck_assert_int_eq(test_begin(), SG_ENROLL_OK);
	ck_assert_int_eq(test_machine.challenge.origin, wanted[_i]);
}
END_TEST

START_TEST(another_origin_than_the_demanded_is_refused)
{
	test_demand.origin = SG_ORIGIN_VAULT;
	test_machine.hello.origin = SG_ORIGIN_HOST;
	test_reason(test_begin(), SG_ENROLL_ORIGIN, "the wish");
	test_demand.origin = SG_ORIGIN_ANY;
	test_demand.level = SG_LEVEL_BORN;
	test_reason(test_begin(), SG_ENROLL_LEVEL, "a wish that proves too little");
	test_demand.level = SG_LEVEL_NONE;
	test_answer();
	test_machine.evidence.origin = SG_ORIGIN_TPM;
	enroller_prove(&test_machine);
	test_reason(test_finish(), SG_ENROLL_ORIGIN, "another than in the challenge");
	test_machine.evidence.origin = SG_ORIGIN_HOST;
	test_demand.level = SG_LEVEL_MINTED;
	test_reason(test_finish(), SG_ENROLL_LEVEL, "more is demanded meanwhile");
	test_demand.level = SG_LEVEL_NONE;
	test_demand.origin = SG_ORIGIN_VAULT;
	test_reason(test_finish(), SG_ENROLL_ORIGIN, "another is demanded meanwhile");
	/* PCR values that nobody knows yet can't be sealed to. */
	test_demand = (struct sg_enroll_demand){
		.authorities = test_authorities, .origin = SG_ORIGIN_VAULT,
		.bind_pcrs = "pcr=sha256:7",
	};
	test_machine.hello.origin = SG_ORIGIN_ANY;
	test_reason(test_begin(), SG_ENROLL_ORIGIN, "values that are not known");
}
END_TEST

START_TEST(evidence_of_another_enrolment_is_refused)
{
	struct sg_enroll_pending kept;

	test_answer();
	kept = test_pending;
	memset(&test_pending, 0, sizeof test_pending);
	ck_assert_int_eq(test_begin(), SG_ENROLL_OK);
	test_reason(test_finish(), SG_ENROLL_SESSION_UNKNOWN, "another session");
	memcpy(test_machine.evidence.session, test_machine.challenge.session, SG_ENROLL_SESSION);
	enroller_prove(&test_machine);
	test_reason(test_finish(), SG_ENROLL_CREDENTIAL, "an old answer in a new session");
	sg_enroll_pending_clear(&test_pending);
	test_pending = kept;
}
END_TEST

static enum sg_err sign_request(void *context, struct sg_bytes message,
                                uint8_t signature[SG_ENROLL_PROOF_LEN])
{
	const struct enroller *e = context;

	return sg_ed25519_sign(sg_secret_bytes(e->key), message, signature);
}

static void make_request(struct enroller *e)
{
	const struct sg_enroll_signer signer = { sign_request, e };
	const struct sg_enroll_request request = {
		.name = sg_bytes_str("worker"), .key = e->evidence.key,
		.certified = &e->evidence.certified, .object = sg_buf_bytes(&e->evidence.object),
	};

	ck_assert_int_eq(sg_enroll_request_write(&request, &signer, &e->evidence.request), SG_OK);
}

static void spoil_request(struct enroller *e)
{
	make_request(e);
	e->evidence.request.data[e->evidence.request.len - 1] ^= 1;
}

static const struct test_row request_rows[] = {
	{ ENROLLER_PROOF, make_request, SG_ENROLL_OK, SG_ORIGIN_HOST, "a request" },
	{ ENROLLER_PROOF, make_request, SG_ENROLL_OK, SG_ORIGIN_TPM, "a request" },
	{ ENROLLER_PROOF, spoil_request, SG_ENROLL_REQUEST, SG_ORIGIN_HOST, "not signed" },
};

START_TEST(a_certificate_request_must_be_that_of_the_key)
{
	test_row_is_judged(&request_rows[_i]);
}
END_TEST

/* Each byte of a good enrolment counts: none can be changed without being noticed. */
START_TEST(no_byte_of_the_evidence_can_be_changed)
{
	struct sg_buf json = { 0 };
	unsigned taken = 0;

	test_demand.lifetime = 3600;
	test_demand.bind_pcrs = test_demand.quote_pcrs = "pcr=sha256:7";
	test_answer();
	ck_assert_int_eq(sg_enroll_evidence_write(&test_machine.evidence, &json), SG_OK);
	for (size_t at = 0; at < json.len; at++) {
		struct sg_enroll_evidence changed;

		memset(&changed, 0, sizeof changed);
		json.data[at] ^= 0x01;
		if (sg_enroll_evidence_read(sg_buf_bytes(&json), &changed) == SG_ENROLL_OK)
			taken += sg_enroll_evidence_verify(&test_pending, &test_demand, &changed,
			                                   &test_finding) == SG_ENROLL_OK;
		json.data[at] ^= 0x01;
		sg_enroll_evidence_clear(&changed);
	}
	sg_buf_free(&json);
	ck_assert_uint_eq(taken, 0);
	test_reason(test_finish(), SG_ENROLL_OK, "unchanged");
}
END_TEST

/* Both halves, over and over; what fails is looked at where Check may be called. */
static void *enrol(void *arg)
{
	const struct enroller *e = &test_machine;
	size_t *taken = arg;

	for (int i = 0; i < 20; i++) {
		struct sg_enroll_pending kept = { .credential = NULL };
		struct sg_enroll_challenge challenge = { .expires = 0 };
		struct sg_enroll_finding found;

		*taken += sg_enroll_challenge_make(sg_buf_bytes(&e->hello_json), &e->hello,
		                                   &test_demand, TEST_JUDGED_AT, &kept,
		                                   &challenge) == SG_ENROLL_OK &&
		          sg_enroll_evidence_verify(&test_pending, &test_demand, &e->evidence,
		                                    &found) == SG_ENROLL_OK;
		sg_enroll_pending_clear(&kept);
		sg_enroll_challenge_clear(&challenge);
	}
	return NULL;
}

START_TEST(any_number_of_threads_may_judge)
{
	pthread_t threads[4];
	size_t taken[4] = { 0 };

	test_demand.lifetime = 3600;
	test_answer();
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, enrol, &taken[i]), 0);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		ck_assert_uint_eq(taken[i], 20);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("enroll_verify");
	TCase *tc = tcase_create("enroll_verify");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, test_judging_begin, test_judging_end);
	tcase_add_test(tc, a_key_that_the_host_made_is_asserted);
	tcase_add_test(tc, a_key_that_is_derived_was_born_in_the_tpm);
	tcase_add_test(tc, a_key_that_was_sent_is_minted);
	tcase_add_test(tc, an_endorsement_key_of_rsa_is_as_good);
	tcase_add_loop_test(tc, what_is_asked_for_is_shown, SG_ORIGIN_HOST, SG_ORIGINS);
	tcase_add_loop_test(tc, the_origin_follows_from_the_level_where_nobody_chooses, 0,
	                    SG_LEVELS);
	tcase_add_test(tc, another_origin_than_the_demanded_is_refused);
	tcase_add_test(tc, evidence_of_another_enrolment_is_refused);
	tcase_add_loop_test(tc, a_certificate_request_must_be_that_of_the_key, 0,
	                    sizeof request_rows / sizeof request_rows[0]);
	tcase_add_test(tc, no_byte_of_the_evidence_can_be_changed);
	tcase_add_test(tc, any_number_of_threads_may_judge);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
