/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What swtpm shows of itself and of a key, judged by src/enroll as a registrar does it: of
 * each origin, with all that can be asked for, and what a machine that owns its TPM tries with it.
 */
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/ed25519.h"
#include "crypto/random.h"
#include "enroll/box.h"
#include "enroll/steps.h"
#include "enroll/verify.h"
#include "lib/authority.h"
#include "lib/conformance.h"
#include "lib/runner.h"
#include "lib/tpm.h"
#include "seal/attest.h"

#define LABEL "signet"
#define LIFETIME 3600
#define AT 2000000000u

static struct test_tpm tpm;
static struct test_authority maker;
static struct sg_authorities *authorities;
static struct sg_attest_keys keys;
static struct sg_attest_object object;
static struct sg_secret *seed, *key;

static struct sg_enroll_demand demand;
static struct sg_enroll_hello hello;
static struct sg_buf hello_json;
static struct sg_enroll_challenge challenge;
static struct sg_enroll_pending pending;
static struct sg_enroll_evidence evidence;
static struct sg_enroll_finding finding;

static const struct sg_attest_ops *ops(void)
{
	return test_sealer->ops->attest;
}

static struct sg_bytes parent(void)
{
	return sg_buf_bytes(&test_parent);
}

static struct sg_bytes ak(void)
{
	return sg_buf_bytes(&keys.ak_blob);
}

static void setup(void)
{
	struct sg_buf pem = { 0 };

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	test_tpm_start_wired(&tpm, NULL);
	test_sealer_on(tpm.tcti);
	test_provision();
	test_authority_make(&maker, "maker", NULL);
	test_authority_pem(&maker, &pem);
	ck_assert_int_eq(sg_authorities_read(sg_buf_bytes(&pem), &authorities), SG_OK);
	sg_buf_free(&pem);
	test_endorse_tpm(&tpm, &maker);
	demand = (struct sg_enroll_demand){ .authorities = authorities };
}

static void forget(void)
{
	sg_enroll_pending_clear(&pending);
	sg_enroll_hello_clear(&hello);
	sg_enroll_challenge_clear(&challenge);
	sg_enroll_evidence_clear(&evidence);
	memset(&hello, 0, sizeof hello);
	memset(&challenge, 0, sizeof challenge);
	memset(&evidence, 0, sizeof evidence);
	sg_attest_object_clear(&object);
	sg_secret_free(&seed);
	sg_secret_free(&key);
	sg_buf_free(&hello_json);
}

static void teardown(void)
{
	forget();
	sg_attest_keys_clear(&keys);
	sg_authorities_free(&authorities);
	test_authority_free(&maker);
	test_sealer_end();
	test_tpm_stop(&tpm);
}

static void set(struct sg_buf *buf, struct sg_bytes bytes)
{
	ck_assert_int_eq(sg_buf_set(buf, bytes), SG_OK);
}

static enum sg_enroll_reason begin(void)
{
	forget();
	sg_attest_keys_clear(&keys);
	ck_assert_int_eq(ops()->keys(test_sealer, parent(), sg_bytes(NULL, 0), &keys), SG_OK);
	ck_assert_int_eq(ops()->clock(test_sealer, parent(), &hello.clock), SG_OK);
	set(&hello.token, sg_bytes_str("a token"));
	set(&hello.host, sg_bytes_str("worker"));
	set(&hello.software, sg_bytes_str("test"));
	sg_random(hello.nonce, sizeof hello.nonce);
	hello.ek_kind = keys.ek_kind;
	set(&hello.ek, sg_buf_bytes(&keys.ek));
	set(&hello.ak, sg_buf_bytes(&keys.ak));
	set(&hello.parent, sg_buf_bytes(&keys.parent));
	set(&hello.chain[0], sg_buf_bytes(&keys.certificate));
	ck_assert_int_eq(sg_enroll_hello_write(&hello, &hello_json), SG_OK);
	return sg_enroll_challenge_make(sg_buf_bytes(&hello_json), &hello, &demand, AT, &pending,
	                                &challenge);
}

/* Open a credential for the attestation key, or for the storage key. */
static struct sg_secret *activate(struct sg_bytes ak_blob, const struct sg_buf *credential,
                                  const struct sg_buf *encrypted)
{
	struct sg_secret *secret = NULL;

	ck_assert_int_eq(ops()->activate(test_sealer, parent(), keys.ek_kind, ak_blob,
	                                 sg_buf_bytes(credential), sg_buf_bytes(encrypted), &secret),
	                 SG_OK);
	return secret;
}

static void make_policy(struct sg_policy *policy)
{
	ck_assert_int_eq(sg_policy_parse(sg_buf_bytes(&challenge.pcrs), policy), SG_OK);
	if (challenge.lifetime > 0)
		policy->until = hello.clock + 1000 * challenge.lifetime;
}

static void take_minted(const struct sg_policy *policy)
{
	struct sg_secret *duplicate = NULL;
	struct sg_secret *box = activate(sg_bytes(NULL, 0), &challenge.parent_credential,
	                                 &challenge.parent_credential_seed);

	ck_assert_int_eq(sg_enroll_box_open(box, sg_buf_bytes(&challenge.object),
	                                    sg_buf_bytes(&challenge.seed),
	                                    sg_buf_bytes(&challenge.duplicate), &duplicate), SG_OK);
	ck_assert_int_eq(ops()->import(test_sealer, parent(),
	                               sg_policy_empty(policy) ? NULL : policy,
	                               sg_buf_bytes(&challenge.object), duplicate,
	                               sg_buf_bytes(&challenge.seed), &object), SG_OK);
	sg_secret_free(&box);
	sg_secret_free(&duplicate);
}

static void seal_own(const struct sg_policy *policy)
{
	uint8_t outside[SG_ENROLL_HASH];
	const struct sg_attest_guard guard = { policy, sg_bytes(outside, sizeof outside) };
	struct sg_secret *plain = NULL;

	ck_assert_int_eq(sg_random_secret(SG_ED25519_SEED, &plain), SG_OK);
	ck_assert_int_eq(sg_ed25519_from_seed(sg_secret_bytes(plain), &key), SG_OK);
	ck_assert_int_eq(sg_enroll_outside(challenge.nonce, sg_ed25519_public(key).data, outside),
	                 SG_OK);
	sg_secret_free(&key);
	ck_assert_int_eq(ops()->seal(test_sealer, parent(), &guard, plain, &object), SG_OK);
	sg_secret_free(&plain);
}

static void derive(const struct sg_policy *policy)
{
	uint8_t outside[SG_ENROLL_HASH];
	const struct sg_attest_guard guard = { policy, sg_bytes(outside, sizeof outside) };

	ck_assert_int_eq(sg_enroll_outside(challenge.nonce, NULL, outside), SG_OK);
	ck_assert_int_eq(ops()->derive(test_sealer, parent(), &guard, sg_bytes_str(LABEL), &object),
	                 SG_OK);
	set(&evidence.label, sg_bytes_str(LABEL));
}

/* Make the object, or take it in, and open it. */
static void make_key(void)
{
	const struct sg_seal_guard guard = { .auth = NULL };
	struct sg_policy policy = { .until = 0 };

	make_policy(&policy);
	if (challenge.origin == SG_ORIGIN_VAULT)
		take_minted(&policy);
	else if (challenge.origin == SG_ORIGIN_TPM)
		derive(&policy);
	else
		seal_own(&policy);
	sg_policy_clear(&policy);
	ck_assert_int_eq(test_sealer->ops->unseal(test_sealer, parent(), &guard,
	                                          sg_buf_bytes(&object.blob), &seed), SG_OK);
	ck_assert_int_eq(sg_ed25519_from_seed(sg_secret_bytes(seed), &key), SG_OK);
	memcpy(evidence.key, sg_ed25519_public(key).data, sizeof evidence.key);
	set(&evidence.object, sg_buf_bytes(&object.area));
	set(&evidence.creation, sg_buf_bytes(&object.creation));
	ck_assert_int_eq(sg_enroll_steps_write(&object.policy, &evidence.steps), SG_OK);
}

static void keep(struct sg_attest_signed *from, struct sg_enroll_attest *to)
{
	set(&to->attest, sg_buf_bytes(&from->attest));
	set(&to->signature, sg_bytes(from->signature, sizeof from->signature));
	sg_attest_signed_clear(from);
}

static void attest(const uint8_t transcript[SG_ENROLL_HASH])
{
	uint8_t bytes[SG_ENROLL_HASH];
	const struct sg_bytes qualifying = sg_bytes(bytes, sizeof bytes);
	struct sg_attest_signed one = { .attest = { 0 } };
	struct sg_policy quoted = { .until = 0 };

	ck_assert_int_eq(sg_enroll_qualifying(transcript, evidence.key, bytes), SG_OK);
	if (challenge.origin != SG_ORIGIN_VAULT) {
		ck_assert_int_eq(ops()->certify(test_sealer, parent(), ak(), &object, qualifying,
		                                &one), SG_OK);
		keep(&one, &evidence.certified);
	}
	ck_assert_int_eq(ops()->time(test_sealer, parent(), ak(), qualifying, &one), SG_OK);
	keep(&one, &evidence.time);
	ck_assert_int_eq(sg_policy_parse(sg_buf_bytes(&challenge.quote), &quoted), SG_OK);
	if (sg_pcrs_any(&quoted.pcrs)) {
		ck_assert_int_eq(ops()->quote(test_sealer, parent(), ak(), qualifying, &quoted.pcrs,
		                              &one), SG_OK);
		keep(&one, &evidence.quote);
		ck_assert_int_eq(sg_policy_text(&quoted, true, &evidence.quoted), SG_OK);
	}
	sg_policy_clear(&quoted);
}

static enum sg_enroll_reason finish(void)
{
	uint8_t transcript[SG_ENROLL_HASH], digest[SG_ENROLL_HASH];
	struct sg_secret *credential;

	ck_assert_int_eq(sg_enroll_transcript(sg_buf_bytes(&hello_json),
	                                      sg_buf_bytes(&pending.challenge), transcript), SG_OK);
	credential = activate(ak(), &challenge.credential, &challenge.credential_seed);
	ck_assert_int_eq(sg_enroll_opened(credential, transcript, evidence.opened), SG_OK);
	sg_secret_free(&credential);
	memcpy(evidence.session, challenge.session, sizeof evidence.session);
	evidence.origin = challenge.origin;
	attest(transcript);
	ck_assert_int_eq(sg_enroll_evidence_digest(&evidence, transcript, digest), SG_OK);
	ck_assert_int_eq(sg_ed25519_sign(sg_secret_bytes(key), sg_bytes(digest, sizeof digest),
	                                 evidence.proof), SG_OK);
	return sg_enroll_evidence_verify(&pending, &demand, &evidence, &finding);
}

static void assert_reason(enum sg_enroll_reason have, enum sg_enroll_reason want)
{
	ck_assert_msg(have == want, "%s, not %s", sg_enroll_reason_name(have),
	              sg_enroll_reason_name(want));
}

START_TEST(a_key_of_each_origin_enrols)
{
	demand.origin = (enum sg_enroll_origin)_i;
	assert_reason(begin(), SG_ENROLL_OK);
	make_key();
	assert_reason(finish(), SG_ENROLL_OK);
	ck_assert_int_eq(finding.level, _i == SG_ORIGIN_HOST  ? SG_LEVEL_ASSERTED
	                                : _i == SG_ORIGIN_TPM ? SG_LEVEL_BORN
	                                                      : SG_LEVEL_MINTED);
	ck_assert(finding.ek_certified);
	ck_assert_uint_eq(finding.until, 0);
	ck_assert_uint_gt(finding.clock, 0);
	ck_assert_uint_gt(finding.firmware, 0);
}
END_TEST

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

/* After a start of swtpm without firmware all of these PCRs are zero. */
START_TEST(all_that_can_be_asked_for_is_shown)
{
	demand.origin = (enum sg_enroll_origin)_i;
	demand.lifetime = LIFETIME;
	demand.bind_pcrs = "pcr=sha256:7=" ZEROS;
	demand.quote_pcrs = "pcr=sha256:0,7=" ZEROS ";pcr=sha384:3";
	assert_reason(begin(), SG_ENROLL_OK);
	make_key();
	assert_reason(finish(), SG_ENROLL_OK);
	ck_assert_uint_eq(finding.until, hello.clock + 1000 * LIFETIME);
}
END_TEST

/* Its owner may set the clock forward as he likes: a later end is no longer lease then. */
START_TEST(a_clock_that_is_ahead_only_shortens_the_lease)
{
	const struct sg_seal_guard guard = { .auth = NULL };

	demand.lifetime = LIFETIME;
	assert_reason(begin(), SG_ENROLL_OK);
	make_key();
	test_tpm_shell(&tpm, "tpm2_setclock 86400000");
	assert_reason(finish(), SG_ENROLL_OK);
	ck_assert_uint_lt(finding.until, finding.clock);
	sg_secret_free(&seed);
	ck_assert_int_eq(test_sealer->ops->unseal(test_sealer, parent(), &guard,
	                                          sg_buf_bytes(&object.blob), &seed),
	                 SG_ERR_LEASE);
}
END_TEST

/* The hello says what the clock is; a lie about it comes out when the TPM attests the time. */
START_TEST(a_lie_about_the_clock_comes_out)
{
	demand.origin = (enum sg_enroll_origin)_i;
	demand.lifetime = LIFETIME;
	assert_reason(begin(), SG_ENROLL_OK);
	hello.clock += 600000;
	sg_buf_free(&hello_json);
	sg_enroll_pending_clear(&pending);
	sg_enroll_challenge_clear(&challenge);
	memset(&challenge, 0, sizeof challenge);
	ck_assert_int_eq(sg_enroll_hello_write(&hello, &hello_json), SG_OK);
	assert_reason(sg_enroll_challenge_make(sg_buf_bytes(&hello_json), &hello, &demand, AT,
	                                       &pending, &challenge), SG_ENROLL_OK);
	make_key();
	assert_reason(finish(), SG_ENROLL_CLOCK);
}
END_TEST

START_TEST(evidence_by_another_attestation_key_of_the_same_tpm_is_refused)
{
	assert_reason(begin(), SG_ENROLL_OK);
	make_key();
	assert_reason(finish(), SG_ENROLL_OK);
	sg_attest_keys_clear(&keys);
	ck_assert_int_eq(ops()->keys(test_sealer, parent(), sg_bytes(NULL, 0), &keys), SG_OK);
	attest(pending.transcript);
	assert_reason(sg_enroll_evidence_verify(&pending, &demand, &evidence, &finding),
	              SG_ENROLL_ATTEST_SIGNATURE);
}
END_TEST

/* The key of the first enrolment is as good as it was, and was not made for the second. */
START_TEST(an_object_of_an_earlier_enrolment_is_refused)
{
	struct sg_attest_object kept;
	struct sg_secret *kept_key;
	struct sg_enroll_evidence old;

	demand.origin = (enum sg_enroll_origin)_i;
	assert_reason(begin(), SG_ENROLL_OK);
	make_key();
	kept = object;
	kept_key = key;
	old = evidence;
	memset(&object, 0, sizeof object);
	memset(&evidence, 0, sizeof evidence);
	key = NULL;
	assert_reason(begin(), SG_ENROLL_OK);
	object = kept;
	key = kept_key;
	evidence = old;
	assert_reason(finish(), _i == SG_ORIGIN_HOST ? SG_ENROLL_KEY_SWAPPED
	                                             : SG_ENROLL_ATTEST_OTHER);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("evidence");
	TCase *tc = tcase_create("evidence");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_key_of_each_origin_enrols, SG_ORIGIN_HOST, SG_ORIGINS);
	tcase_add_loop_test(tc, all_that_can_be_asked_for_is_shown, SG_ORIGIN_HOST, SG_ORIGINS);
	tcase_add_test(tc, a_clock_that_is_ahead_only_shortens_the_lease);
	tcase_add_loop_test(tc, a_lie_about_the_clock_comes_out, SG_ORIGIN_HOST, SG_ORIGINS);
	tcase_add_test(tc, evidence_by_another_attestation_key_of_the_same_tpm_is_refused);
	tcase_add_loop_test(tc, an_object_of_an_earlier_enrolment_is_refused, SG_ORIGIN_HOST,
	                    SG_ORIGIN_VAULT);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
