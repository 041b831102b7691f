/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The machine's side of an enrolment against swtpm, judged by the registrar's side: what one
 * makes the other takes, for every origin. What a registrar must not take is tested in
 * tests/unit/test_enroll_*.c.
 */
#include "enroll/machine.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "enroll/verify.h"
#include "lib/authority.h"
#include "lib/conformance.h"
#include "lib/hex.h"
#include "lib/runner.h"
#include "lib/tpm.h"

#define LATER 2000000000

static struct test_tpm tpm;
static struct test_authority maker;
static struct sg_authorities *authorities;
static struct sg_enroll_demand demand;
static struct sg_enroll_wish wish;
static struct sg_enroll_state state;
static struct sg_enroll_pending pending;
static struct sg_enroll_finding finding;
static struct sg_buf eventlog;

static void set_up(void)
{
	struct sg_buf pem = { NULL, 0, 0 };

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	test_tpm_start(&tpm);
	test_authority_make(&maker, "Maker of TPMs", NULL);
	test_endorse_tpm(&tpm, &maker);
	test_authority_pem(&maker, &pem);
	ck_assert_int_eq(sg_authorities_read(sg_buf_bytes(&pem), &authorities), SG_OK);
	sg_buf_free(&pem);
	test_sealer_on(tpm.tcti);
	test_provision();
	demand = (struct sg_enroll_demand){ .authorities = authorities };
	wish = (struct sg_enroll_wish){
		.token = sg_bytes_str("a token"), .host = sg_bytes_str("web-7"),
		.software = sg_bytes_str("signet"),
	};
}

static void tear_down(void)
{
	ck_assert_uint_eq(test_tpm_loaded(&tpm, 0x80), 0);
	sg_enroll_state_clear(&state);
	sg_enroll_pending_clear(&pending);
	sg_buf_free(&eventlog);
	sg_authorities_free(&authorities);
	test_authority_free(&maker);
	test_sealer_end();
	test_tpm_stop(&tpm);
}

static struct sg_enroll_device device(void)
{
	return (struct sg_enroll_device){ test_sealer, sg_buf_bytes(&test_parent) };
}

static void say_hello(void)
{
	const struct sg_enroll_device d = device();

	ck_assert_int_eq(sg_enroll_machine_hello(&d, &wish, &state), SG_OK);
	ck_assert_int_eq(state.phase, SG_PHASE_BEGUN);
}

static enum sg_enroll_reason challenge(void)
{
	struct sg_enroll_hello hello = { .class = SG_CLASS_MACHINE };
	struct sg_enroll_challenge out = { .origin = SG_ORIGIN_ANY };
	const struct sg_bytes json = sg_buf_bytes(&state.hello);
	enum sg_enroll_reason reason;

	sg_enroll_pending_clear(&pending);
	ck_assert_int_eq(sg_enroll_hello_read(json, &hello), SG_ENROLL_OK);
	reason = sg_enroll_challenge_make(json, &hello, &demand, LATER, &pending, &out);
	sg_enroll_hello_clear(&hello);
	sg_enroll_challenge_clear(&out);
	return reason;
}

static enum sg_err answer(void)
{
	const struct sg_enroll_device d = device();

	return sg_enroll_machine_answer(&d, sg_buf_bytes(&pending.challenge),
	                                sg_buf_bytes(&eventlog), &state);
}

static enum sg_enroll_reason verify(void)
{
	struct sg_enroll_evidence evidence = { .origin = SG_ORIGIN_ANY };
	enum sg_enroll_reason reason;

	ck_assert_int_eq(sg_enroll_evidence_read(sg_buf_bytes(&state.evidence), &evidence),
	                 SG_ENROLL_OK);
	reason = sg_enroll_evidence_verify(&pending, &demand, &evidence, &finding);
	sg_enroll_evidence_clear(&evidence);
	return reason;
}

/* Enrol, and expect a level. */
static void enrol(enum sg_enroll_origin origin, enum sg_enroll_level level)
{
	enum sg_enroll_reason reason;

	wish.origin = origin;
	say_hello();
	ck_assert_int_eq(challenge(), SG_ENROLL_OK);
	ck_assert_int_eq(answer(), SG_OK);
	ck_assert_int_eq(state.phase, SG_PHASE_ANSWERED);
	reason = verify();
	ck_assert_msg(reason == SG_ENROLL_OK, "%s", sg_enroll_reason_name(reason));
	ck_assert_int_eq(finding.level, level);
	ck_assert_int_eq(finding.origin, origin);
	ck_assert_mem_eq(finding.key, state.key, sizeof state.key);
	ck_assert(finding.ek_certified);
}

/* The blob that is kept gives the seed of the key. */
static void opens(void)
{
	const struct sg_seal_guard guard = { .auth = NULL };
	struct sg_secret *seed = NULL;

	ck_assert_int_eq(test_sealer->ops->unseal(test_sealer, sg_buf_bytes(&test_parent), &guard,
	                                          sg_buf_bytes(&state.blob), &seed), SG_OK);
	ck_assert_uint_eq(seed->len, 32);
	sg_secret_free(&seed);
}

START_TEST(a_key_of_this_machine_is_asserted)
{
	enrol(SG_ORIGIN_HOST, SG_LEVEL_ASSERTED);
	opens();
}
END_TEST

START_TEST(a_key_that_is_derived_in_the_tpm_is_born_there)
{
	enrol(SG_ORIGIN_TPM, SG_LEVEL_BORN);
	opens();
}
END_TEST

START_TEST(a_key_of_the_registrar_is_minted)
{
	enrol(SG_ORIGIN_VAULT, SG_LEVEL_MINTED);
	opens();
}
END_TEST

START_TEST(a_lease_and_pcrs_are_in_the_policy_of_every_origin_that_can_have_them)
{
	demand.lifetime = 3600;
	demand.bind_pcrs = "pcr=sha256:7";
	enrol(SG_ORIGIN_HOST, SG_LEVEL_ASSERTED);
	ck_assert_uint_eq(finding.until > finding.clock, 1);
	opens();
	enrol(SG_ORIGIN_TPM, SG_LEVEL_BORN);
	ck_assert_uint_eq(finding.until > finding.clock, 1);
	opens();
	demand.bind_pcrs = NULL;
	enrol(SG_ORIGIN_VAULT, SG_LEVEL_MINTED);
	ck_assert_uint_eq(finding.until > finding.clock, 1);
	opens();
}
END_TEST

/* Three authorities below the maker, of which the last one endorses the TPM. */
static void endorse_by_three(struct test_authority links[3])
{
	static const char *const names[] = { "first", "second", "third" };

	for (size_t i = 0; i < 3; i++)
		test_authority_make(&links[i], names[i], i == 0 ? &maker : &links[i - 1]);
	test_tpm_shell(&tpm, "tpm2_nvundefine -C p 0x1c0000a");
	test_endorse_tpm(&tpm, &links[2]);
}

/* Leave the certificates as makers do, one after the other and over two indices, of which the second
 * one is not full. */
static void leave_in_tpm(const struct test_authority links[3])
{
	static const uint8_t unused[100];
	struct sg_buf all = { 0 }, one = { 0 };
	const size_t first = 700;

	for (size_t i = 0; i < 3; i++) {
		test_authority_der(&links[i], &one);
		ck_assert_int_eq(sg_buf_append(&all, sg_buf_bytes(&one)), SG_OK);
	}
	ck_assert_int_eq(sg_buf_append(&all, sg_bytes(unused, sizeof unused)), SG_OK);
	ck_assert_uint_gt(all.len, first);
	test_endorsement_between(&tpm, 0, sg_bytes(all.data, first));
	test_endorsement_between(&tpm, 1, sg_bytes(all.data + first, all.len - first));
	sg_buf_free(&all);
	sg_buf_free(&one);
}

static void between(struct sg_buf *pem, const struct test_authority *links, size_t n)
{
	for (size_t i = 0; i < n; i++)
		test_authority_pem(&links[i], pem);
	wish.between = sg_buf_bytes(pem);
}

START_TEST(certificates_in_between_come_from_the_tpm_or_from_who_enrols)
{
	const struct sg_enroll_device d = device();
	struct test_authority links[3];
	struct sg_buf pem = { 0 };

	endorse_by_three(links);
	say_hello();
	ck_assert_int_eq(challenge(), SG_ENROLL_EK_CHAIN);
	leave_in_tpm(links);
	say_hello();
	ck_assert_int_eq(challenge(), SG_ENROLL_OK);
	between(&pem, links, 2);
	say_hello();
	ck_assert_int_eq(challenge(), SG_ENROLL_EK_CHAIN);
	between(&pem, links + 2, 1);
	say_hello();
	ck_assert_int_eq(challenge(), SG_ENROLL_OK);
	between(&pem, links, 3);
	between(&pem, links, 2);        /* eight in all */
	ck_assert_int_eq(sg_enroll_machine_hello(&d, &wish, &state), SG_ERR_FORMAT);
	wish.between = sg_bytes_str("no certificate");
	ck_assert_int_eq(sg_enroll_machine_hello(&d, &wish, &state), SG_ERR_FORMAT);
	sg_buf_free(&pem);
	for (size_t i = 0; i < 3; i++)
		test_authority_free(&links[i]);
}
END_TEST

START_TEST(what_is_no_certificate_in_the_tpm_is_left_out)
{
	test_endorsement_between(&tpm, 0, sg_bytes_str("nothing of the kind"));
	enrol(SG_ORIGIN_HOST, SG_LEVEL_ASSERTED);
}
END_TEST

START_TEST(pcrs_are_quoted_where_they_are_asked_for)
{
	demand.quote_pcrs = "pcr=sha256:0,7";
	enrol(SG_ORIGIN_HOST, SG_LEVEL_ASSERTED);
	demand.eventlog = true;
	say_hello();
	ck_assert_int_eq(challenge(), SG_ENROLL_OK);
	ck_assert_int_eq(answer(), SG_OK);
	ck_assert_int_eq(verify(), SG_ENROLL_EVENTLOG);
	/* PCRs that nothing extended follow from a log that has no event but its first. */
	ck_assert_int_eq(sg_buf_set(&eventlog, hex(
		"000000000300000000000000000000000000000000000000000000002100000053706563204944"
		"204576656e743033000000000000020002010000000b00200000")), SG_OK);
	say_hello();
	ck_assert_int_eq(challenge(), SG_ENROLL_OK);
	ck_assert_int_eq(answer(), SG_OK);
	ck_assert_int_eq(verify(), SG_ENROLL_OK);
}
END_TEST

START_TEST(the_attestation_key_stays_the_same)
{
	struct sg_enroll_hello first = { .class = SG_CLASS_MACHINE }, second = first;

	say_hello();
	ck_assert_int_eq(sg_enroll_hello_read(sg_buf_bytes(&state.hello), &first), SG_ENROLL_OK);
	say_hello();
	ck_assert_int_eq(sg_enroll_hello_read(sg_buf_bytes(&state.hello), &second), SG_ENROLL_OK);
	assert_bytes(sg_buf_bytes(&first.ak), sg_buf_bytes(&second.ak));
	ck_assert(memcmp(first.nonce, second.nonce, sizeof first.nonce) != 0);
	sg_enroll_hello_clear(&first);
	sg_enroll_hello_clear(&second);
}
END_TEST

START_TEST(a_challenge_for_another_hello_is_not_answered_in_a_way_that_counts)
{
	struct sg_enroll_asked asked;

	say_hello();
	ck_assert_int_eq(challenge(), SG_ENROLL_OK);
	ck_assert_int_eq(sg_enroll_machine_asked(sg_buf_bytes(&pending.challenge), SG_ORIGIN_TPM,
	                                         &asked), SG_ENROLL_ORIGIN);
	ck_assert_int_eq(asked.origin, SG_ORIGIN_HOST);
	say_hello();                    /* another nonce: another transcript */
	ck_assert_int_eq(answer(), SG_OK);
	ck_assert_int_eq(verify(), SG_ENROLL_CREDENTIAL);
}
END_TEST

START_TEST(a_credential_that_was_changed_opens_nothing)
{
	struct sg_enroll_challenge changed = { .origin = SG_ORIGIN_ANY };

	say_hello();
	ck_assert_int_eq(challenge(), SG_ENROLL_OK);
	ck_assert_int_eq(sg_enroll_challenge_read(sg_buf_bytes(&pending.challenge), &changed),
	                 SG_ENROLL_OK);
	changed.credential.data[changed.credential.len - 1] ^= 1;
	ck_assert_int_eq(sg_enroll_challenge_write(&changed, &pending.challenge), SG_OK);
	ck_assert_int_eq(answer(), SG_ERR_SEALED_DAMAGED);
	ck_assert_int_eq(state.phase, SG_PHASE_BEGUN);
	sg_enroll_challenge_clear(&changed);
}
END_TEST

START_TEST(a_minted_key_that_is_not_the_one_that_was_named_is_refused)
{
	struct sg_enroll_challenge changed = { .origin = SG_ORIGIN_ANY };

	wish.origin = SG_ORIGIN_VAULT;
	say_hello();
	ck_assert_int_eq(challenge(), SG_ENROLL_OK);
	ck_assert_int_eq(sg_enroll_challenge_read(sg_buf_bytes(&pending.challenge), &changed),
	                 SG_ENROLL_OK);
	changed.key[0] ^= 1;
	ck_assert_int_eq(sg_enroll_challenge_write(&changed, &pending.challenge), SG_OK);
	ck_assert_int_eq(answer(), SG_ERR_TAG);
	changed.key[0] ^= 1;
	sg_buf_free(&changed.duplicate);
	ck_assert_int_eq(sg_enroll_challenge_write(&changed, &pending.challenge), SG_OK);
	ck_assert_int_eq(answer(), SG_ERR_FORMAT);
	sg_enroll_challenge_clear(&changed);
}
END_TEST

START_TEST(an_identity_of_another_key_is_not_taken)
{
	struct sg_enroll_identity identity = { .class = SG_CLASS_MACHINE }, read = identity;
	struct sg_buf json = { NULL, 0, 0 };

	enrol(SG_ORIGIN_HOST, SG_LEVEL_ASSERTED);
	ck_assert_int_eq(sg_buf_set(&identity.id, sg_bytes_str("id")), SG_OK);
	ck_assert_int_eq(sg_buf_set(&identity.name, sg_bytes_str("name")), SG_OK);
	ck_assert_int_eq(sg_buf_set(&identity.vault, sg_bytes_str("vault")), SG_OK);
	ck_assert_int_eq(sg_buf_set(&identity.api_url, sg_bytes_str("https://v")), SG_OK);
	memset(identity.key, 1, sizeof identity.key);
	ck_assert_int_eq(sg_enroll_identity_write(&identity, &json), SG_OK);
	ck_assert_int_eq(sg_enroll_machine_named(sg_buf_bytes(&json), &state, &read),
	                 SG_ENROLL_KEY_SWAPPED);
	sg_enroll_identity_clear(&read);
	memcpy(identity.key, state.key, sizeof identity.key);
	identity.level = SG_LEVEL_BORN;
	ck_assert_int_eq(sg_enroll_identity_write(&identity, &json), SG_OK);
	ck_assert_int_eq(sg_enroll_machine_named(sg_buf_bytes(&json), &state, &read),
	                 SG_ENROLL_LEVEL);
	sg_enroll_identity_clear(&read);
	identity.level = SG_LEVEL_ASSERTED;
	identity.class = SG_CLASS_AGENT;
	ck_assert_int_eq(sg_enroll_identity_write(&identity, &json), SG_OK);
	ck_assert_int_eq(sg_enroll_machine_named(sg_buf_bytes(&json), &state, &read),
	                 SG_ENROLL_CLASS);
	sg_enroll_identity_clear(&read);
	identity.class = SG_CLASS_MACHINE;
	ck_assert_int_eq(sg_enroll_identity_write(&identity, &json), SG_OK);
	ck_assert_int_eq(sg_enroll_machine_named(sg_buf_bytes(&json), &state, &read),
	                 SG_ENROLL_OK);
	ck_assert_int_eq(state.phase, SG_PHASE_NAMED);
	sg_enroll_identity_clear(&read);
	sg_enroll_identity_clear(&identity);
	sg_buf_free(&json);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("enrolment of a machine");
	TCase *tcase = tcase_create("machine");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_key_of_this_machine_is_asserted);
	tcase_add_test(tcase, a_key_that_is_derived_in_the_tpm_is_born_there);
	tcase_add_test(tcase, a_key_of_the_registrar_is_minted);
	tcase_add_test(tcase, a_lease_and_pcrs_are_in_the_policy_of_every_origin_that_can_have_them);
	tcase_add_test(tcase, certificates_in_between_come_from_the_tpm_or_from_who_enrols);
	tcase_add_test(tcase, what_is_no_certificate_in_the_tpm_is_left_out);
	tcase_add_test(tcase, pcrs_are_quoted_where_they_are_asked_for);
	tcase_add_test(tcase, the_attestation_key_stays_the_same);
	tcase_add_test(tcase, a_challenge_for_another_hello_is_not_answered_in_a_way_that_counts);
	tcase_add_test(tcase, a_credential_that_was_changed_opens_nothing);
	tcase_add_test(tcase, a_minted_key_that_is_not_the_one_that_was_named_is_refused);
	tcase_add_test(tcase, an_identity_of_another_key_is_not_taken);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
