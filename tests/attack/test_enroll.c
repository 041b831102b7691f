/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks. Who is root on a machine, or has made a TPM up, and wants an identity for a key that is
 * guarded otherwise than he says. The TPM is one in software, which says and signs what he likes, but
 * for what a real one would never sign.
 */
#include <openssl/ec.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/ed25519.h"
#include "enroll/area.h"
#include "enroll/verify.h"
#include "lib/enroller.h"
#include "lib/runner.h"

#define AT 2000000000u
#define UNRESTRICTED 0x00040472u        /* a key that signs whatever it is given */

static struct test_authority maker, attacker;
static struct sg_authorities *authorities;
static struct enroller machine, victim;
static struct sg_enroll_demand demand;
static struct sg_enroll_pending pending;
static struct sg_enroll_finding finding;

static void setup(void)
{
	struct sg_buf pem = { 0 };

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	test_authority_make(&maker, "maker", NULL);
	test_authority_make(&attacker, "maker", NULL);
	test_authority_pem(&maker, &pem);
	ck_assert_int_eq(sg_authorities_read(sg_buf_bytes(&pem), &authorities), SG_OK);
	sg_buf_free(&pem);
	enroller_make(&machine, SG_EK_P256, &maker);
	enroller_make(&victim, SG_EK_P256, &maker);
	demand = (struct sg_enroll_demand){ .authorities = authorities };
}

static void teardown(void)
{
	sg_enroll_pending_clear(&pending);
	enroller_free(&machine);
	enroller_free(&victim);
	sg_authorities_free(&authorities);
	test_authority_free(&maker);
	test_authority_free(&attacker);
	sg_crypto_stop();
}

static enum sg_enroll_reason begin(struct enroller *e)
{
	sg_enroll_pending_clear(&pending);
	sg_enroll_challenge_clear(&e->challenge);
	memset(&e->challenge, 0, sizeof e->challenge);
	enroller_say_hello(e);
	return sg_enroll_challenge_make(sg_buf_bytes(&e->hello_json), &e->hello, &demand, AT,
	                                &pending, &e->challenge);
}

static void refused(enum sg_enroll_reason have, enum sg_enroll_reason want)
{
	ck_assert_msg(have == want, "%s, not %s", sg_enroll_reason_name(have),
	              sg_enroll_reason_name(want));
}

static void answer(void)
{
	refused(begin(&machine), SG_ENROLL_OK);
	ck_assert(enroller_answer(&machine, sg_buf_bytes(&pending.challenge)));
}

static enum sg_enroll_reason finish(void)
{
	return sg_enroll_evidence_verify(&pending, &demand, &machine.evidence, &finding);
}

START_TEST(who_makes_up_a_tpm_gets_no_challenge)
{
	const struct test_oddity none = { NULL }, server = { .usage = "serverAuth" };
	struct test_authority tpm = { .key = machine.tpm.ek_key };
	const uint8_t *der = victim.hello.chain[0].data;

	/* By an authority of his own, which has the name of the maker's. */
	test_endorse(&attacker, machine.tpm.ek_key, &none, &machine.hello.chain[0]);
	refused(begin(&machine), SG_ENROLL_EK_CHAIN);
	/* By the certificate of a TPM, as if that were an authority. */
	tpm.certificate = d2i_X509(NULL, &der, (long)victim.hello.chain[0].len);
	test_endorse(&tpm, machine.tpm.ek_key, &none, &machine.hello.chain[0]);
	ck_assert_int_eq(sg_buf_set(&machine.hello.chain[1], sg_buf_bytes(&victim.hello.chain[0])),
	                 SG_OK);
	refused(begin(&machine), SG_ENROLL_EK_CHAIN);
	X509_free(tpm.certificate);
	sg_buf_free(&machine.hello.chain[1]);
	/* By one for something else, or for somebody else's TPM. */
	test_endorse(&maker, machine.tpm.ek_key, &server, &machine.hello.chain[0]);
	refused(begin(&machine), SG_ENROLL_EK_USAGE);
	ck_assert_int_eq(sg_buf_set(&machine.hello.chain[0], sg_buf_bytes(&victim.hello.chain[0])),
	                 SG_OK);
	refused(begin(&machine), SG_ENROLL_EK_OTHER);
	/* By that TPM's own key, which he has not. */
	ck_assert_int_eq(sg_buf_set(&machine.hello.ek, sg_buf_bytes(&victim.hello.ek)), SG_OK);
	refused(begin(&machine), SG_ENROLL_OK);
	ck_assert(!enroller_answer(&machine, sg_buf_bytes(&pending.challenge)));
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
	demand.origin = tricks[_i].origin;
	machine.change = fake;
	answer();
	refused(finish(), tricks[_i].reason);
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

	machine.hello.class = SG_CLASS_AGENT;
	demand.origin = (enum sg_enroll_origin)_i;
	answer();
	refused(finish(), SG_ENROLL_OK);
	ck_assert_int_ge(finding.level, SG_LEVEL_ASSERTED);
	ck_assert(sg_area_hash_read(sg_buf_bytes(&machine.evidence.object), &object));
	ck_assert_uint_eq(object.attributes & STORES, 0);
	/* What was minted is the registrar's own object, and no other is. */
	for (size_t i = 0; i < 2 && demand.origin != SG_ORIGIN_VAULT; i++) {
		also = more[i];
		machine.change = decrypts;
		answer();
		refused(finish(), SG_ENROLL_OBJECT);
	}
	machine.change = NULL;
	answer();
	ck_assert_int_eq(sg_buf_set(&machine.evidence.object, sg_buf_bytes(&machine.tpm.parent)),
	                 SG_OK);
	enroller_prove(&machine);
	refused(finish(), SG_ENROLL_OBJECT);
}
END_TEST

START_TEST(a_key_that_signs_anything_attests_nothing)
{
	soft_tpm_ak_area(machine.tpm.ak_key, UNRESTRICTED, &machine.hello.ak);
	refused(begin(&machine), SG_ENROLL_AK);
}
END_TEST

/* He has a key of his own, and an object of the TPM that was made for another. */
START_TEST(a_public_key_is_not_swapped)
{
	struct sg_secret *mine = NULL;

	answer();
	refused(finish(), SG_ENROLL_OK);
	ck_assert_int_eq(sg_ed25519_generate(&mine), SG_OK);
	memcpy(machine.evidence.key, sg_ed25519_public(mine).data, SG_ED25519_PUBLIC);
	sg_secret_free(&machine.key);
	machine.key = mine;
	enroller_prove(&machine);
	refused(finish(), SG_ENROLL_ATTEST_OTHER);
}
END_TEST

START_TEST(an_enrolment_is_not_played_again)
{
	struct sg_enroll_evidence *evidence = &machine.evidence;

	answer();
	refused(finish(), SG_ENROLL_OK);
	refused(begin(&machine), SG_ENROLL_OK);
	refused(finish(), SG_ENROLL_SESSION_UNKNOWN);
	memcpy(evidence->session, machine.challenge.session, sizeof evidence->session);
	enroller_prove(&machine);
	refused(finish(), SG_ENROLL_CREDENTIAL);
	/* Nor somebody else's hello, whose answer he doesn't know. */
	refused(begin(&victim), SG_ENROLL_OK);
	sg_enroll_challenge_clear(&machine.challenge);
	machine.challenge = victim.challenge;
	ck_assert(!enroller_answer(&machine, sg_buf_bytes(&pending.challenge)));
	memset(&machine.challenge, 0, sizeof machine.challenge);
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

	demand.lifetime = 3600;
	for (size_t i = 0; i < 2; i++) {
		machine.change = ways[i];
		answer();
		refused(finish(), SG_ENROLL_CLOCK);
	}
}
END_TEST

/* Nothing that his own TPM holds opens what is closed for another storage key beside it. */
static void assert_closed(void)
{
	const struct sg_buf *loaded[] = { &machine.tpm.ak, &machine.tpm.parent };
	uint8_t name[SG_NODE_NAME];
	struct sg_secret *out = NULL;

	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(sg_area_name(sg_buf_bytes(loaded[i]), name), SG_OK);
		ck_assert(!soft_tpm_activate(&machine.tpm, sg_bytes(name, sizeof name),
		                             sg_buf_bytes(&machine.challenge.parent_credential),
		                             sg_buf_bytes(&machine.challenge.parent_credential_seed),
		                             &out));
		sg_secret_free(&out);
	}
}

/* He has the endorsement key of the hello, or its storage key, and not both in one TPM. */
START_TEST(a_minted_key_opens_in_one_tpm)
{
	demand.origin = SG_ORIGIN_VAULT;
	ck_assert_int_eq(sg_buf_set(&machine.hello.parent, sg_buf_bytes(&victim.tpm.parent)), SG_OK);
	refused(begin(&machine), SG_ENROLL_OK);
	assert_closed();
	ck_assert(!enroller_answer(&machine, sg_buf_bytes(&pending.challenge)));
	ck_assert_int_eq(sg_buf_set(&machine.hello.parent, sg_buf_bytes(&machine.tpm.parent)), SG_OK);
	ck_assert_int_eq(sg_buf_set(&machine.hello.ek, sg_buf_bytes(&victim.tpm.ek)), SG_OK);
	ck_assert_int_eq(sg_buf_set(&machine.hello.chain[0], sg_buf_bytes(&victim.hello.chain[0])),
	                 SG_OK);
	refused(begin(&machine), SG_ENROLL_OK);
	ck_assert(!enroller_answer(&machine, sg_buf_bytes(&pending.challenge)));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("enroll");
	TCase *tc = tcase_create("enroll");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
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
