/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks. Who is root on a machine, or has made a TPM up, and wants an identity for a key that is
 * guarded otherwise than he says. The TPM is one in software, which says and signs what he likes, but
 * for what a real one would never sign.
 */
#include <openssl/ec.h>
#include <string.h>

#include "crypto/ed25519.h"
#include "enroll/area.h"
#include "enroll/verify.h"
#include "lib/judging.h"
#include "lib/runner.h"

#define UNRESTRICTED 0x00040472u        /* a key that signs whatever it is given */

static void refused(enum sg_enroll_reason have, enum sg_enroll_reason want)
{
	test_reason(have, want, "what he tries");
}

START_TEST(who_makes_up_a_tpm_gets_no_challenge)
{
	const struct test_oddity none = { NULL }, server = { .usage = "serverAuth" };
	struct test_authority tpm = { .key = test_machine.tpm.ek_key };
	const uint8_t *der = test_second.hello.chain[0].data;

	/* By an authority of his own, which has the name of the maker's. */
	test_endorse(&test_stranger, test_machine.tpm.ek_key, &none, &test_machine.hello.chain[0]);
	refused(test_begin(), SG_ENROLL_EK_CHAIN);
	/* By the certificate of a TPM, as if that were an authority. */
	tpm.certificate = d2i_X509(NULL, &der, (long)test_second.hello.chain[0].len);
	test_endorse(&tpm, test_machine.tpm.ek_key, &none, &test_machine.hello.chain[0]);
	test_copy(&test_machine.hello.chain[1], &test_second.hello.chain[0]);
	refused(test_begin(), SG_ENROLL_EK_CHAIN);
	X509_free(tpm.certificate);
	sg_buf_free(&test_machine.hello.chain[1]);
	/* By one for something else, or for somebody else's TPM. */
	test_endorse(&test_maker, test_machine.tpm.ek_key, &server, &test_machine.hello.chain[0]);
	refused(test_begin(), SG_ENROLL_EK_USAGE);
	test_copy(&test_machine.hello.chain[0], &test_second.hello.chain[0]);
	refused(test_begin(), SG_ENROLL_EK_OTHER);
	/* By that TPM's own key, which he has not. */
	test_copy(&test_machine.hello.ek, &test_second.hello.ek);
	refused(test_begin(), SG_ENROLL_OK);
	ck_assert(!enroller_answer(&test_machine, sg_buf_bytes(&test_pending.challenge)));
}
END_TEST

/* What he does with a TPM that is his: not one of them is something that it would refuse to sign. */
enum trick { DUPLICABLE, BORN_ELSEWHERE, HIDDEN, BYPASSED, ANY_LABEL, TRICKS };

static enum trick trick;

static const struct {
	enum sg_enroll_origin origin;
	enum sg_enroll_reason reason;
} tricks[TRICKS] = {
	[DUPLICABLE] = { SG_ORIGIN_HOST, SG_ENROLL_OBJECT_LEAVES },
	[BORN_ELSEWHERE] = { SG_ORIGIN_TPM, SG_ENROLL_OBJECT },
	[HIDDEN] = { SG_ORIGIN_TPM, SG_ENROLL_POLICY },
	[BYPASSED] = { SG_ORIGIN_TPM, SG_ENROLL_OBJECT },
	[ANY_LABEL] = { SG_ORIGIN_TPM, SG_ENROLL_POLICY_OTHER },
};

static void fake(struct enroller *e, enum enroller_stage stage)
{
	if (stage == ENROLLER_OBJECT && trick == DUPLICABLE)
		e->attributes &= ~0x12u;
	if (stage == ENROLLER_OBJECT && trick == BORN_ELSEWHERE)
		e->attributes &= ~0x20u;
	if (stage == ENROLLER_OBJECT && trick == BYPASSED)
		e->attributes |= 0x40u;
	if (stage == ENROLLER_OBJECT && (trick == HIDDEN || trick == ANY_LABEL))
		e->policy.auth = true;
	if (stage == ENROLLER_OBJECT && trick == ANY_LABEL)
		sg_buf_free(&e->policy.signer);
	if (stage == ENROLLER_PROOF && trick == HIDDEN)
		enroller_set(&e->evidence.steps, "[{\"step\":\"auth-value\"}]");
}

START_TEST(an_object_is_what_it_is_said_to_be)
{
	trick = (enum trick)_i;
	test_demand.origin = tricks[_i].origin;
	test_machine.change = fake;
	test_answer();
	refused(test_finish(), tricks[_i].reason);
}
END_TEST

#define DECRYPT 0x00020000u
#define STORES 0x00030000u              /* restricted, and for decryption: it has children */

static uint32_t also;                   /* attributes that the object has besides */

static void decrypts(struct enroller *e, enum enroller_stage stage)
{
	if (stage == ENROLLER_OBJECT)
		e->attributes |= also;
}

/* What is shown of an agent's key, of each origin: it is bytes that are sealed or a key of HMAC, with
 * which a TPM neither decrypts nor unwraps; and nothing else is taken for one. */
START_TEST(an_agents_key_unwraps_nothing)
{
	static const uint32_t more[] = { DECRYPT, STORES };
	struct sg_area_hash object;

	test_machine.hello.class = SG_CLASS_AGENT;
	test_demand.origin = (enum sg_enroll_origin)_i;
	test_answer();
	refused(test_finish(), SG_ENROLL_OK);
	ck_assert_int_ge(test_finding.level, SG_LEVEL_ASSERTED);
	ck_assert(sg_area_hash_read(sg_buf_bytes(&test_machine.evidence.object), &object));
	ck_assert_uint_eq(object.attributes & STORES, 0);
	/* What was minted is the registrar's own object, and no other is. */
	for (size_t i = 0; i < 2 && test_demand.origin != SG_ORIGIN_VAULT; i++) {
		also = more[i];
		test_machine.change = decrypts;
		test_answer();
		refused(test_finish(), SG_ENROLL_OBJECT);
	}
	test_machine.change = NULL;
	test_answer();
	test_copy(&test_machine.evidence.object, &test_machine.tpm.parent);
	enroller_prove(&test_machine);
	refused(test_finish(), SG_ENROLL_OBJECT);
}
END_TEST

START_TEST(a_key_that_signs_anything_attests_nothing)
{
	soft_tpm_ak_area(test_machine.tpm.ak_key, UNRESTRICTED, &test_machine.hello.ak);
	refused(test_begin(), SG_ENROLL_AK);
}
END_TEST

/* He has a key of his own, and an object of the TPM that was made for another. */
START_TEST(a_public_key_is_not_swapped)
{
	struct sg_secret *mine = NULL;

	test_answer();
	refused(test_finish(), SG_ENROLL_OK);
	ck_assert_int_eq(sg_ed25519_generate(&mine), SG_OK);
	memcpy(test_machine.evidence.key, sg_ed25519_public(mine).data, SG_ED25519_PUBLIC);
	sg_secret_free(&test_machine.key);
	test_machine.key = mine;
	enroller_prove(&test_machine);
	refused(test_finish(), SG_ENROLL_ATTEST_OTHER);
}
END_TEST

START_TEST(an_enrolment_is_not_played_again)
{
	struct sg_enroll_evidence *evidence = &test_machine.evidence;

	test_answer();
	refused(test_finish(), SG_ENROLL_OK);
	refused(test_begin(), SG_ENROLL_OK);
	refused(test_finish(), SG_ENROLL_SESSION_UNKNOWN);
	memcpy(evidence->session, test_machine.challenge.session, sizeof evidence->session);
	enroller_prove(&test_machine);
	refused(test_finish(), SG_ENROLL_CREDENTIAL);
	/* Nor somebody else's hello, whose answer he doesn't know. */
	refused(test_begin_as(&test_second), SG_ENROLL_OK);
	sg_enroll_challenge_clear(&test_machine.challenge);
	test_machine.challenge = test_second.challenge;
	ck_assert(!enroller_answer(&test_machine, sg_buf_bytes(&test_pending.challenge)));
	memset(&test_machine.challenge, 0, sizeof test_machine.challenge);
}
END_TEST

static void later(struct enroller *e, enum enroller_stage stage)
{
	if (stage == ENROLLER_OBJECT)
		e->policy.until += 3600000;
}

static void slow(struct enroller *e, enum enroller_stage stage)
{
	if (stage == ENROLLER_ATTEST)
		e->clock -= 3600000;
}

START_TEST(a_lease_is_not_made_longer)
{
	static void (*const ways[])(struct enroller *e, enum enroller_stage stage) = { later, slow };

	test_demand.lifetime = 3600;
	for (size_t i = 0; i < 2; i++) {
		test_machine.change = ways[i];
		test_answer();
		refused(test_finish(), SG_ENROLL_CLOCK);
	}
}
END_TEST

/* Nothing that his own TPM holds opens what is closed for another storage key beside it. */
static void assert_closed(void)
{
	const struct sg_buf *loaded[] = { &test_machine.tpm.ak, &test_machine.tpm.parent };
	const struct sg_enroll_challenge *c = &test_machine.challenge;
	uint8_t name[SG_NODE_NAME];
	struct sg_secret *out = NULL;

	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(sg_area_name(sg_buf_bytes(loaded[i]), name), SG_OK);
		ck_assert(!soft_tpm_activate(&test_machine.tpm, sg_bytes(name, sizeof name),
		                             sg_buf_bytes(&c->parent_credential),
		                             sg_buf_bytes(&c->parent_credential_seed), &out));
		sg_secret_free(&out);
	}
}

/* He has the endorsement key of the hello, or its storage key, and not both in one TPM. */
START_TEST(a_minted_key_opens_in_one_tpm)
{
	test_demand.origin = SG_ORIGIN_VAULT;
	test_copy(&test_machine.hello.parent, &test_second.tpm.parent);
	refused(test_begin(), SG_ENROLL_OK);
	assert_closed();
	ck_assert(!enroller_answer(&test_machine, sg_buf_bytes(&test_pending.challenge)));
	test_copy(&test_machine.hello.parent, &test_machine.tpm.parent);
	test_copy(&test_machine.hello.ek, &test_second.tpm.ek);
	test_copy(&test_machine.hello.chain[0], &test_second.hello.chain[0]);
	refused(test_begin(), SG_ENROLL_OK);
	ck_assert(!enroller_answer(&test_machine, sg_buf_bytes(&test_pending.challenge)));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("enroll");
	TCase *tc = tcase_create("enroll");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, test_judging_begin, test_judging_end);
	tcase_add_test(tc, who_makes_up_a_tpm_gets_no_challenge);
	tcase_add_loop_test(tc, an_object_is_what_it_is_said_to_be, 0, TRICKS);
	tcase_add_loop_test(tc, an_agents_key_unwraps_nothing, SG_ORIGIN_HOST, SG_ORIGINS);
	tcase_add_test(tc, a_key_that_signs_anything_attests_nothing);
	tcase_add_test(tc, a_public_key_is_not_swapped);
	tcase_add_test(tc, an_enrolment_is_not_played_again);
	tcase_add_test(tc, a_lease_is_not_made_longer);
	tcase_add_test(tc, a_minted_key_opens_in_one_tpm);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
