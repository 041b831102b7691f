/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of enroll/judge_ek.c: whose endorsement keys are taken, and through which certificates.
 */
#include "enroll/judge.h"

#include <string.h>

#include "lib/judging.h"
#include "lib/runner.h"

START_TEST(an_endorsement_key_of_no_template_is_refused)
{
	test_machine.hello.ek.data[7] ^= 0x10;       /* no longer bound to its TPM's hierarchy */
	test_reason(test_begin(), SG_ENROLL_EK, "other attributes");
	test_machine.hello.ek.data[7] ^= 0x10;
	test_machine.hello.ek_kind = SG_EK_RSA2048;
	test_reason(test_begin(), SG_ENROLL_EK, "another kind than it says");
	test_machine.hello.ek_kind = SG_EK_P256;
	test_machine.hello.ek.data[test_machine.hello.ek.len - 1] ^= 1;
	test_reason(test_begin(), SG_ENROLL_EK, "a point off the curve");
	test_copy(&test_machine.hello.ek, &test_machine.tpm.parent);
	test_reason(test_begin(), SG_ENROLL_EK, "a storage key");
	test_machine.hello.ek.len = 0;
	test_reason(sg_enroll_challenge_make(sg_bytes_str("{}"), &test_machine.hello, &test_demand,
	                                     TEST_JUDGED_AT, &test_pending,
	                                     &test_machine.challenge), SG_ENROLL_EK, "none");
}
END_TEST

START_TEST(an_endorsement_key_without_a_certificate_is_refused)
{
	sg_buf_free(&test_machine.hello.chain[0]);
	test_reason(test_begin(), SG_ENROLL_EK_UNCERTIFIED, "no certificate");
}
END_TEST

START_TEST(a_chain_to_somebody_else_is_refused)
{
	const struct test_oddity none = { NULL }, expired = { .expired = true };

	test_endorse(&test_stranger, test_machine.tpm.ek_key, &none, &test_machine.hello.chain[0]);
	test_reason(test_begin(), SG_ENROLL_EK_CHAIN, "a stranger");
	test_endorse(&test_maker, test_machine.tpm.ek_key, &expired, &test_machine.hello.chain[0]);
	test_reason(test_begin(), SG_ENROLL_EK_CHAIN, "over");
	test_endorse(&test_maker, test_machine.tpm.ek_key, &none, &test_machine.hello.chain[0]);
	test_demand.authorities = NULL;
	test_reason(test_begin(), SG_ENROLL_EK_CHAIN, "nobody is trusted");
	test_demand.authorities = test_authorities;
	enroller_set(&test_machine.hello.chain[0], "no certificate");
	test_reason(test_begin(), SG_ENROLL_EK_CHAIN, "no certificate");
}
END_TEST

/* Authorities, each under the one before and the first under the maker, of which the last one
 * endorses the machine; the chain has their certificates, that of the last one first. */
static void make_chain(struct test_authority *links, size_t n)
{
	const struct test_oddity none = { NULL };

	for (size_t i = 0; i < n; i++) {
		const char name[] = { (char)('a' + i), '\0' };

		test_authority_make(&links[i], name, i == 0 ? &test_maker : &links[i - 1]);
		test_authority_der(&links[i], &test_machine.hello.chain[n - i]);
	}
	test_endorse(&links[n - 1], test_machine.tpm.ek_key, &none, &test_machine.hello.chain[0]);
}

static void free_chain(struct test_authority *links, size_t n)
{
	for (size_t i = 0; i < n; i++)
		test_authority_free(&links[i]);
}

START_TEST(certificates_in_between_may_come_along)
{
	struct test_authority links[SG_ENROLL_CHAIN_MAX - 1];
	struct sg_buf *chain = test_machine.hello.chain, kept;

	make_chain(links, 2);
	test_reason(test_begin(), SG_ENROLL_OK, "both links");
	test_enrols(SG_LEVEL_ASSERTED);
	kept = chain[1];
	chain[1] = chain[2];
	chain[2] = kept;
	test_reason(test_begin(), SG_ENROLL_OK, "in any order");
	enroller_set(&chain[2], "no certificate");
	test_reason(test_begin(), SG_ENROLL_EK_CHAIN, "a link that is none");
	sg_buf_free(&chain[2]);
	test_reason(test_begin(), SG_ENROLL_EK_CHAIN, "one link is missing");
	sg_buf_free(&chain[1]);
	test_reason(test_begin(), SG_ENROLL_EK_CHAIN, "both are");
	free_chain(links, 2);
	make_chain(links, SG_ENROLL_CHAIN_MAX - 1);
	test_reason(test_begin(), SG_ENROLL_OK, "as long as one may be");
	free_chain(links, SG_ENROLL_CHAIN_MAX - 1);
}
END_TEST

START_TEST(who_is_no_authority_does_not_stand_in_between)
{
	const struct test_oddity none = { NULL };
	struct test_authority unfit;

	test_authority_make_unfit(&unfit, "unfit", &test_maker);
	test_endorse(&unfit, test_machine.tpm.ek_key, &none, &test_machine.hello.chain[0]);
	test_authority_der(&unfit, &test_machine.hello.chain[1]);
	test_reason(test_begin(), SG_ENROLL_EK_CHAIN, "its certificate says that it is none");
	test_authority_free(&unfit);
}
END_TEST

/* Also where its certificate, or that of the maker, came along twice. */
START_TEST(what_comes_along_is_not_trusted_for_that)
{
	const struct test_oddity none = { NULL };
	struct test_authority loner;

	test_authority_make(&loner, "loner", NULL);
	test_endorse(&loner, test_machine.tpm.ek_key, &none, &test_machine.hello.chain[0]);
	test_authority_der(&loner, &test_machine.hello.chain[1]);
	test_reason(test_begin(), SG_ENROLL_EK_CHAIN, "a root of nobody's");
	test_authority_free(&loner);
	test_endorse(&test_stranger, test_machine.tpm.ek_key, &none, &test_machine.hello.chain[0]);
	test_authority_der(&test_stranger, &test_machine.hello.chain[1]);
	test_reason(test_begin(), SG_ENROLL_EK_CHAIN, "a root of its own");
	test_authority_der(&test_maker, &test_machine.hello.chain[2]);
	test_authority_der(&test_stranger, &test_machine.hello.chain[3]);
	test_reason(test_begin(), SG_ENROLL_EK_CHAIN, "beside one that is trusted");
	test_endorse(&test_maker, test_machine.tpm.ek_key, &none, &test_machine.hello.chain[0]);
	test_reason(test_begin(), SG_ENROLL_OK, "which is the one that counts");
}
END_TEST

/* A list of what a maker revoked stays in the authorities. */
START_TEST(what_a_maker_revoked_is_refused)
{
	struct sg_buf *certificate = &test_machine.hello.chain[0], list = { 0 };
	uint8_t eks[1][SG_ENROLL_EK_HASH];

	test_revoke(&test_maker, sg_buf_bytes(&test_second.hello.chain[0]), false, &list);
	ck_assert_int_eq(sg_authorities_revoke(test_authorities, sg_buf_bytes(&list)), SG_OK);
	test_enrols(SG_LEVEL_ASSERTED);
	test_copy(certificate, &test_second.hello.chain[0]);
	test_reason(test_begin(), SG_ENROLL_EK_REVOKED, "revoked");
	test_ek_hash(&test_machine, eks[0]);
	test_demand.eks = eks;
	test_demand.n_eks = 1;
	test_reason(test_begin(), SG_ENROLL_EK_REVOKED, "revoked and listed");
	sg_buf_free(certificate);
	test_reason(test_begin(), SG_ENROLL_EK_UNCERTIFIED, "listed, and leaves it out");
	enroller_set(certificate, "no certificate");
	test_reason(test_begin(), SG_ENROLL_EK_CHAIN, "listed, with something else");
	sg_buf_free(&list);
}
END_TEST

START_TEST(a_list_that_is_over_is_not_passed_over)
{
	struct sg_buf list = { 0 };
	uint8_t eks[1][SG_ENROLL_EK_HASH];

	test_answer();
	test_revoke(&test_maker, sg_bytes(NULL, 0), true, &list);
	ck_assert_int_eq(sg_authorities_revoke(test_authorities, sg_buf_bytes(&list)), SG_OK);
	test_reason(test_finish(), SG_ENROLL_EK_LIST, "since the challenge was made");
	test_reason(test_begin(), SG_ENROLL_EK_LIST, "from the beginning");
	test_ek_hash(&test_machine, eks[0]);
	test_demand.eks = eks;
	test_demand.n_eks = 1;
	test_reason(test_begin(), SG_ENROLL_EK_LIST, "also for who is listed");
	sg_buf_free(&list);
}
END_TEST

START_TEST(a_certificate_for_something_else_is_refused)
{
	static const char *const usages[] = { "", "serverAuth", "2.23.133.8.3" };
	const struct test_oddity odd = { .usage = usages[_i] };

	test_endorse(&test_maker, test_machine.tpm.ek_key, &odd, &test_machine.hello.chain[0]);
	test_reason(test_begin(), SG_ENROLL_EK_USAGE, "usage");
}
END_TEST

START_TEST(a_certificate_of_another_key_is_refused)
{
	test_copy(&test_machine.hello.chain[0], &test_second.hello.chain[0]);
	test_reason(test_begin(), SG_ENROLL_EK_OTHER, "another key's");
}
END_TEST

START_TEST(only_makers_that_are_named_are_taken)
{
	static const char *const nobody[] = { "id:00000000" };
	static const char *const makers[] = { "id:00000000", "id:53474E54" };
	const struct test_oddity named = { .maker = "id:53474E54" };

	test_demand.makers = nobody;
	test_demand.n_makers = 1;
	test_reason(test_begin(), SG_ENROLL_EK_MAKER, "no name");
	test_endorse(&test_maker, test_machine.tpm.ek_key, &named, &test_machine.hello.chain[0]);
	test_reason(test_begin(), SG_ENROLL_EK_MAKER, "another name");
	test_demand.makers = makers;
	test_demand.n_makers = 2;
	test_reason(test_begin(), SG_ENROLL_OK, "its name");
	test_demand.n_makers = 0;
	test_reason(test_begin(), SG_ENROLL_EK_MAKER, "an empty list allows nobody");
}
END_TEST

START_TEST(a_listed_key_needs_no_certificate)
{
	uint8_t list[2][SG_ENROLL_EK_HASH];

	test_ek_hash(&test_machine, list[1]);
	test_ek_hash(&test_second, list[0]);
	test_demand.eks = list;
	test_demand.n_eks = 1;
	test_reason(test_begin(), SG_ENROLL_EK_UNLISTED, "certified and not listed");
	test_demand.n_eks = 2;
	test_enrols(SG_LEVEL_ASSERTED);
	ck_assert(test_finding.ek_certified);
	sg_buf_free(&test_machine.hello.chain[0]);
	test_enrols(SG_LEVEL_ASSERTED);
	ck_assert(!test_finding.ek_certified);
	test_demand.n_eks = 1;
	test_reason(test_begin(), SG_ENROLL_EK_UNCERTIFIED, "neither");
	test_reason(test_finish(), SG_ENROLL_INTERNAL, "nothing is kept of what was refused");
}
END_TEST

START_TEST(a_listed_key_needs_a_certificate_where_makers_are_named_too)
{
	static const char *const nobody[] = { "id:00000000" };
	uint8_t list[1][SG_ENROLL_EK_HASH];

	test_ek_hash(&test_machine, list[0]);
	test_demand.eks = list;
	test_demand.n_eks = 1;
	test_demand.makers = nobody;
	test_demand.n_makers = 1;
	test_reason(test_begin(), SG_ENROLL_EK_MAKER, "listed, of another maker");
	sg_buf_free(&test_machine.hello.chain[0]);
	test_reason(test_begin(), SG_ENROLL_EK_UNCERTIFIED, "listed, of no maker");
}
END_TEST

/* The list is looked at again when the evidence comes. */
START_TEST(a_key_that_was_taken_off_the_list_meanwhile_is_refused)
{
	uint8_t list[1][SG_ENROLL_EK_HASH];

	test_answer();
	memset(list, 0, sizeof list);
	test_demand.eks = list;
	test_demand.n_eks = 1;
	test_reason(test_finish(), SG_ENROLL_EK_UNLISTED, "finish");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("enroll_judge_ek");
	TCase *tc = tcase_create("enroll_judge_ek");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, test_judging_begin, test_judging_end);
	tcase_add_test(tc, an_endorsement_key_of_no_template_is_refused);
	tcase_add_test(tc, an_endorsement_key_without_a_certificate_is_refused);
	tcase_add_test(tc, a_chain_to_somebody_else_is_refused);
	tcase_add_test(tc, certificates_in_between_may_come_along);
	tcase_add_test(tc, who_is_no_authority_does_not_stand_in_between);
	tcase_add_test(tc, what_comes_along_is_not_trusted_for_that);
	tcase_add_test(tc, what_a_maker_revoked_is_refused);
	tcase_add_test(tc, a_list_that_is_over_is_not_passed_over);
	tcase_add_loop_test(tc, a_certificate_for_something_else_is_refused, 0, 3);
	tcase_add_test(tc, a_certificate_of_another_key_is_refused);
	tcase_add_test(tc, only_makers_that_are_named_are_taken);
	tcase_add_test(tc, a_listed_key_needs_no_certificate);
	tcase_add_test(tc, a_listed_key_needs_a_certificate_where_makers_are_named_too);
	tcase_add_test(tc, a_key_that_was_taken_off_the_list_meanwhile_is_refused);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
