/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of enroll/challenge.c and enroll/mint.c: which keys of a TPM get a challenge, and who can
 * answer it.
 */
#include "enroll/verify.h"

#include <string.h>

#include "crypto/ed25519.h"
#include "lib/judging.h"
#include "lib/runner.h"

#define AK_ATTRIBUTES 0x00050472u

static const struct {
	uint32_t attributes;
	const char *what;
} aks[] = {
	{ AK_ATTRIBUTES & ~0x00010000u, "not restricted: it signs what anybody makes up" },
	{ AK_ATTRIBUTES & ~0x00000002u, "not fixed to its TPM" },
	{ AK_ATTRIBUTES & ~0x00000010u, "not fixed to its parent" },
	{ AK_ATTRIBUTES & ~0x00000020u, "not born in its TPM" },
	{ AK_ATTRIBUTES & ~0x00040000u, "does not sign" },
	{ AK_ATTRIBUTES | 0x00020000u, "decrypts too" },
	{ AK_ATTRIBUTES | 0x80000000u, "an attribute that is none" },
};

START_TEST(an_attestation_key_that_could_lie_is_refused)
{
	soft_tpm_ak_area(test_machine.tpm.ak_key, aks[_i].attributes, &test_machine.hello.ak);
	test_reason(test_begin(), SG_ENROLL_AK, aks[_i].what);
}
END_TEST

START_TEST(an_attestation_key_in_another_form_is_refused)
{
	const size_t len = test_machine.hello.ak.len;

	for (size_t at = 0; at < len; at++) {
		enum sg_enroll_reason why;

		test_machine.hello.ak.data[at] ^= 0x01;
		why = test_begin();
		ck_assert_msg(why == SG_ENROLL_AK, "byte %zu: %s", at, sg_enroll_reason_name(why));
		test_machine.hello.ak.data[at] ^= 0x01;
	}
	test_machine.hello.ak.len--;
	test_reason(test_begin(), SG_ENROLL_AK, "cut short");
}
END_TEST

START_TEST(a_parent_that_is_no_storage_key_is_refused)
{
	test_machine.hello.parent.data[7] ^= 0x02;
	test_reason(test_begin(), SG_ENROLL_PARENT, "not fixed to its TPM");
	test_copy(&test_machine.hello.parent, &test_machine.tpm.ak);
	test_reason(test_begin(), SG_ENROLL_PARENT, "the attestation key");
}
END_TEST

START_TEST(a_parent_with_a_policy_of_its_own_is_refused)
{
	static const uint8_t policy[2 + SG_POLICY_DIGEST] = { 0, SG_POLICY_DIGEST };
	const struct sg_bytes area = sg_buf_bytes(&test_machine.tpm.parent);
	struct sg_writer w = sg_writer(&test_machine.hello.parent);

	test_machine.hello.parent.len = 0;
	sg_write_bytes(&w, sg_bytes(area.data, 8));
	sg_write_bytes(&w, sg_bytes(policy, sizeof policy));
	sg_write_bytes(&w, sg_bytes(area.data + 10, area.len - 10));
	ck_assert_int_eq(w.err, SG_OK);
	test_reason(test_begin(), SG_ENROLL_PARENT, "with a policy");
}
END_TEST

START_TEST(a_tpm_without_the_endorsement_key_opens_no_credential)
{
	EVP_PKEY *key = test_machine.tpm.ek_key;

	ck_assert_int_eq(test_begin(), SG_ENROLL_OK);
	test_machine.tpm.ek_key = test_second.tpm.ek_key;
	ck_assert(!enroller_answer(&test_machine, sg_buf_bytes(&test_pending.challenge)));
	test_machine.tpm.ek_key = key;
	ck_assert(enroller_answer(&test_machine, sg_buf_bytes(&test_pending.challenge)));
	test_machine.evidence.opened[0] ^= 1;
	enroller_prove(&test_machine);
	test_reason(test_finish(), SG_ENROLL_CREDENTIAL, "a guess");
}
END_TEST

/* An endorsement key and somebody else's attestation key: the credential is for no TPM at all. */
START_TEST(an_attestation_key_of_another_tpm_opens_no_credential)
{
	test_copy(&test_machine.hello.ak, &test_second.tpm.ak);
	ck_assert_int_eq(test_begin(), SG_ENROLL_OK);
	ck_assert(!enroller_answer(&test_machine, sg_buf_bytes(&test_pending.challenge)));
}
END_TEST

/* Nor does a storage key of another TPM open what was minted. */
START_TEST(a_minted_key_is_for_one_tpm)
{
	test_demand.origin = SG_ORIGIN_VAULT;
	test_copy(&test_machine.hello.parent, &test_second.tpm.parent);
	ck_assert_int_eq(test_begin(), SG_ENROLL_OK);
	ck_assert(!enroller_answer(&test_machine, sg_buf_bytes(&test_pending.challenge)));
	test_copy(&test_second.tpm.ek, &test_machine.tpm.ek);
	test_second.challenge = test_machine.challenge;
	ck_assert(!enroller_answer(&test_second, sg_buf_bytes(&test_pending.challenge)));
	memset(&test_second.challenge, 0, sizeof test_second.challenge);
}
END_TEST

/* One that was minted and that somebody else has is refused, as is the key of somebody else. */
START_TEST(another_key_than_the_minted_one_is_refused)
{
	struct sg_secret *mine;

	test_demand.origin = SG_ORIGIN_VAULT;
	test_answer();
	mine = test_machine.key;
	ck_assert_int_eq(sg_ed25519_generate(&test_machine.key), SG_OK);
	memcpy(test_machine.evidence.key, sg_ed25519_public(test_machine.key).data,
	       SG_ED25519_PUBLIC);
	sg_buf_free(&test_machine.evidence.time.attest);
	sg_buf_free(&test_machine.evidence.time.signature);
	enroller_prove(&test_machine);
	test_reason(test_finish(), SG_ENROLL_KEY_SWAPPED, "another key");
	sg_secret_free(&mine);
}
END_TEST

START_TEST(a_clock_that_never_was_is_refused)
{
	test_machine.hello.clock = INT64_MAX;
	test_demand.lifetime = 1;
	test_reason(test_begin(), SG_ENROLL_CLOCK, "begin");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("enroll_challenge");
	TCase *tc = tcase_create("enroll_challenge");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, test_judging_begin, test_judging_end);
	tcase_add_loop_test(tc, an_attestation_key_that_could_lie_is_refused, 0,
	                    sizeof aks / sizeof aks[0]);
	tcase_add_test(tc, an_attestation_key_in_another_form_is_refused);
	tcase_add_test(tc, a_parent_that_is_no_storage_key_is_refused);
	tcase_add_test(tc, a_parent_with_a_policy_of_its_own_is_refused);
	tcase_add_test(tc, a_tpm_without_the_endorsement_key_opens_no_credential);
	tcase_add_test(tc, an_attestation_key_of_another_tpm_opens_no_credential);
	tcase_add_test(tc, a_minted_key_is_for_one_tpm);
	tcase_add_test(tc, another_key_than_the_minted_one_is_refused);
	tcase_add_test(tc, a_clock_that_never_was_is_refused);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
