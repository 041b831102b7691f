/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of enroll/judge_object.c and enroll/attested.c: each thing that is not as it should be is
 * refused for its own reason, though all that follows from it is right.
 */
#include "enroll/judge.h"

#include <string.h>

#include "lib/judging.h"
#include "lib/runner.h"

static void swap_signer(struct enroller *e) { e->signer = test_second.tpm.ak_key; }
static void not_generated(struct enroller *e) { e->certified.magic ^= 1; }
static void other_kind(struct enroller *e) { e->certified.kind = 0x8017; }
static void no_attest(struct enroller *e) { e->certified.missing = true; }
static void other_extra(struct enroller *e) { e->certified.extra[3] ^= 1; }
static void other_name(struct enroller *e) { e->object_name[9] ^= 1; }
static void other_hash(struct enroller *e) { e->creation_hash[9] ^= 1; }
static void other_parent(struct enroller *e) { e->parent_name[9] ^= 1; }
static void elsewhere(struct enroller *e) { e->parent_qualified[9] ^= 1; }
static void signed_elsewhere(struct enroller *e) { e->time.signer[9] ^= 1; }
static void other_outside(struct enroller *e) { e->outside[9] ^= 1; }
static void not_fixed(struct enroller *e) { e->attributes &= ~0x02u; }
static void parent_not_fixed(struct enroller *e) { e->attributes &= ~0x10u; }
static void walks_around(struct enroller *e) { e->policy.auth = true; e->attributes |= 0xc0u; }
static void open_to_all(struct enroller *e) { e->attributes |= 0x40u; }
static void says_born(struct enroller *e) { e->attributes |= 0x20u; }
static void not_born(struct enroller *e) { e->attributes &= ~0x20u; }
static void restricted(struct enroller *e) { e->attributes |= 0x10000u; }
static void other_scheme(struct enroller *e) { e->hmac = !e->hmac; }
static void no_policy_allowed(struct enroller *e) { e->attributes ^= 0xc0u; }
static void unlocked(struct enroller *e) { sg_buf_free(&e->policy.signer); e->policy.auth = true; }
static void more_policy(struct enroller *e) { e->policy.auth = true; e->attributes ^= 0xc0u; }
static void one_byte_more(struct enroller *e)
{
	ck_assert_int_eq(sg_buf_append(&e->evidence.certified.attest, sg_bytes("", 1)), SG_OK);
}
static void longer_time(struct enroller *e)
{
	ck_assert_int_eq(sg_buf_append(&e->evidence.time.attest, sg_bytes("", 1)), SG_OK);
}
static void time_of_another(struct enroller *e) { e->time.extra[0] ^= 1; }
static void swap_creation(struct enroller *e) { e->evidence.creation.data[40] ^= 1; }
static void cut_object(struct enroller *e) { e->evidence.object.len--; }
static void hidden(struct enroller *e) { enroller_set(&e->evidence.steps, "[]"); }
static void made_up(struct enroller *e)
{
	enroller_set(&e->evidence.steps, "[{\"step\":\"auth-value\"}]");
}
static void leave_out(struct enroller *e) { sg_buf_free(&e->evidence.steps); }
static void no_steps(struct enroller *e) { enroller_set(&e->evidence.steps, "nothing"); }
static void spoil_proof(struct enroller *e) { e->evidence.proof[5] ^= 1; }
static void change_label(struct enroller *e) { enroller_set(&e->evidence.label, "other"); }
static void swap_key(struct enroller *e) { e->evidence.key[0] ^= 1; }
static void swap_object(struct enroller *e)
{
	e->evidence.object.data[e->evidence.object.len - 1] ^= 1;
}
static void cut_signature(struct enroller *e) { e->evidence.certified.signature.len--; }
static void zero_signature(struct enroller *e)
{
	memset(e->evidence.certified.signature.data, 0, e->evidence.certified.signature.len);
}

/* The order-1 point: any signature of zeros fits it in careless libraries. */
static void weak_key(struct enroller *e)
{
	memset(e->evidence.key, 0, sizeof e->evidence.key);
	e->evidence.key[0] = 1;
}

static const struct test_row rows[] = {
	{ ENROLLER_ATTEST, no_attest, SG_ENROLL_ATTEST, SG_ORIGIN_HOST, "no attestation" },
	{ ENROLLER_ATTEST, not_generated, SG_ENROLL_ATTEST, SG_ORIGIN_HOST, "not by a TPM" },
	{ ENROLLER_ATTEST, other_kind, SG_ENROLL_ATTEST, SG_ORIGIN_HOST, "of another kind" },
	{ ENROLLER_SIGN, one_byte_more, SG_ENROLL_ATTEST, SG_ORIGIN_HOST, "more than it is" },
	{ ENROLLER_SIGN, swap_signer, SG_ENROLL_ATTEST_SIGNATURE, SG_ORIGIN_HOST, "another TPM's" },
	{ ENROLLER_PROOF, cut_signature, SG_ENROLL_ATTEST_SIGNATURE, SG_ORIGIN_HOST, "cut short" },
	{ ENROLLER_PROOF, zero_signature, SG_ENROLL_ATTEST_SIGNATURE, SG_ORIGIN_HOST, "zeros" },
	{ ENROLLER_ATTEST, other_extra, SG_ENROLL_ATTEST_OTHER, SG_ORIGIN_HOST, "replayed" },
	{ ENROLLER_PROOF, swap_key, SG_ENROLL_ATTEST_OTHER, SG_ORIGIN_HOST, "for another key" },
	{ ENROLLER_CREATION, other_outside, SG_ENROLL_ATTEST_OTHER, SG_ORIGIN_TPM, "made before" },
	{ ENROLLER_PROOF, cut_object, SG_ENROLL_OBJECT, SG_ORIGIN_HOST, "no object" },
	{ ENROLLER_OBJECT, other_scheme, SG_ENROLL_OBJECT, SG_ORIGIN_HOST, "no sealed object" },
	{ ENROLLER_OBJECT, says_born, SG_ENROLL_OBJECT, SG_ORIGIN_HOST, "sealed, and born there" },
	{ ENROLLER_OBJECT, walks_around, SG_ENROLL_OBJECT, SG_ORIGIN_HOST, "policy or password" },
	{ ENROLLER_OBJECT, no_policy_allowed, SG_ENROLL_OBJECT, SG_ORIGIN_HOST, "it never opens" },
	{ ENROLLER_OBJECT, restricted, SG_ENROLL_OBJECT, SG_ORIGIN_HOST, "restricted" },
	{ ENROLLER_OBJECT, other_scheme, SG_ENROLL_OBJECT, SG_ORIGIN_TPM, "no key of HMAC" },
	{ ENROLLER_OBJECT, not_born, SG_ENROLL_OBJECT, SG_ORIGIN_TPM, "brought from elsewhere" },
	{ ENROLLER_OBJECT, open_to_all, SG_ENROLL_OBJECT, SG_ORIGIN_TPM, "any label" },
	{ ENROLLER_ATTEST, other_name, SG_ENROLL_OBJECT_NAME, SG_ORIGIN_HOST, "another object" },
	{ ENROLLER_PROOF, swap_object, SG_ENROLL_OBJECT_NAME, SG_ORIGIN_TPM, "another object" },
	{ ENROLLER_PROOF, swap_object, SG_ENROLL_OBJECT_NAME, SG_ORIGIN_VAULT, "another object" },
	{ ENROLLER_OBJECT, not_fixed, SG_ENROLL_OBJECT_LEAVES, SG_ORIGIN_HOST, "to another TPM" },
	{ ENROLLER_OBJECT, parent_not_fixed, SG_ENROLL_OBJECT_LEAVES, SG_ORIGIN_TPM, "duplicable" },
	{ ENROLLER_CREATION, other_parent, SG_ENROLL_OBJECT_PARENT, SG_ORIGIN_HOST, "elsewhere" },
	{ ENROLLER_CREATION, elsewhere, SG_ENROLL_OBJECT_PARENT, SG_ORIGIN_HOST, "another one's" },
	{ ENROLLER_ATTEST, signed_elsewhere, SG_ENROLL_ATTEST_SIGNATURE, SG_ORIGIN_VAULT,
	  "by a key of another hierarchy" },
	{ ENROLLER_ATTEST, other_hash, SG_ENROLL_CREATION, SG_ORIGIN_HOST, "other creation data" },
	{ ENROLLER_PROOF, swap_creation, SG_ENROLL_CREATION, SG_ORIGIN_TPM, "other creation data" },
	{ ENROLLER_CREATION, other_outside, SG_ENROLL_KEY_SWAPPED, SG_ORIGIN_HOST, "another key" },
	{ ENROLLER_OBJECT, more_policy, SG_ENROLL_POLICY_OTHER, SG_ORIGIN_HOST, "a password" },
	{ ENROLLER_PROOF, leave_out, SG_ENROLL_OK, SG_ORIGIN_HOST, "no steps for no policy" },
	{ ENROLLER_PROOF, leave_out, SG_ENROLL_POLICY, SG_ORIGIN_TPM, "none for one" },
	{ ENROLLER_PROOF, made_up, SG_ENROLL_POLICY, SG_ORIGIN_HOST, "steps of no policy" },
	{ ENROLLER_PROOF, hidden, SG_ENROLL_POLICY, SG_ORIGIN_TPM, "a policy without steps" },
	{ ENROLLER_PROOF, made_up, SG_ENROLL_POLICY, SG_ORIGIN_TPM, "steps of another policy" },
	{ ENROLLER_PROOF, no_steps, SG_ENROLL_POLICY, SG_ORIGIN_HOST, "no steps" },
	{ ENROLLER_OBJECT, unlocked, SG_ENROLL_POLICY_OTHER, SG_ORIGIN_TPM, "any label" },
	{ ENROLLER_SIGN, longer_time, SG_ENROLL_ATTEST, SG_ORIGIN_VAULT, "more than a time" },
	{ ENROLLER_ATTEST, time_of_another, SG_ENROLL_ATTEST_OTHER, SG_ORIGIN_VAULT, "an old one" },
	{ ENROLLER_END, spoil_proof, SG_ENROLL_PROOF, SG_ORIGIN_HOST, "another proof" },
	{ ENROLLER_END, change_label, SG_ENROLL_PROOF, SG_ORIGIN_HOST, "changed on its way" },
	{ ENROLLER_OBJECT, weak_key, SG_ENROLL_KEY, SG_ORIGIN_HOST, "a key of small order" },
};

START_TEST(what_is_not_as_it_should_be_has_its_own_reason)
{
	test_row_is_judged(&rows[_i]);
}
END_TEST

/* TPM2_Clear leaves what is of the platform, and sets the clock back to nothing. */
START_TEST(a_lease_below_a_key_of_the_platform_is_refused)
{
	test_machine.hierarchy = 0x4000000c;
	test_demand.lifetime = 3600;
	for (int i = SG_ORIGIN_HOST; i < SG_ORIGINS; i++) {
		test_demand.origin = (enum sg_enroll_origin)i;
		test_answer();
		test_reason(test_finish(), SG_ENROLL_ATTEST_SIGNATURE, "of the platform");
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("enroll_judge_object");
	TCase *tc = tcase_create("enroll_judge_object");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, test_judging_begin, test_judging_end);
	tcase_add_loop_test(tc, what_is_not_as_it_should_be_has_its_own_reason, 0,
	                    sizeof rows / sizeof rows[0]);
	tcase_add_test(tc, a_lease_below_a_key_of_the_platform_is_refused);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
