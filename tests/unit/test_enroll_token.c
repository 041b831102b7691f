/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of enroll/token.c and enroll/token_rules.c.
 */
#include "enroll/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/runner.h"

#define PCR "0000000000000000000000000000000000000000000000000000000000000000"

static struct sg_enroll_rules rules;
static struct sg_buf text;
static const char *wrong;

static void setup(void)
{
	rules = (struct sg_enroll_rules){ .level = SG_LEVEL_ASSERTED };
}

static void teardown(void)
{
	sg_enroll_rules_clear(&rules);
	sg_buf_free(&text);
}

START_TEST(a_token_is_random_and_only_its_hash_finds_it)
{
	struct sg_secret *one = NULL, *two = NULL;
	uint8_t hash[SG_ENROLL_HASH], other[SG_ENROLL_HASH], again[SG_ENROLL_HASH];

	ck_assert_int_eq(sg_enroll_token_make(&one, hash), SG_OK);
	ck_assert_int_eq(sg_enroll_token_make(&two, other), SG_OK);
	ck_assert_uint_eq(one->len, SG_ENROLL_TOKEN_TEXT);
	ck_assert_mem_eq(one->data, "sgt_", 4);
	for (size_t i = 4; i < one->len; i++)
		ck_assert_ptr_nonnull(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		                             "0123456789-_", one->data[i]));
	ck_assert_mem_ne(one->data, two->data, SG_ENROLL_TOKEN_TEXT);
	ck_assert_int_eq(sg_enroll_token_hash(sg_secret_bytes(one), again), SG_OK);
	ck_assert_mem_eq(hash, again, sizeof hash);
	ck_assert_mem_ne(hash, other, sizeof hash);
	sg_secret_free(&one);
	sg_secret_free(&two);
}
END_TEST

START_TEST(rules_come_back_as_they_were)
{
	static const uint8_t eks[2][SG_ENROLL_EK_HASH] = { { 1, 2 }, { 3 } };
	struct sg_enroll_rules again = { .class = SG_CLASS_MACHINE };
	struct sg_buf second = { NULL, 0, 0 };

	rules.class = SG_CLASS_AGENT;
	rules.level = SG_LEVEL_MINTED;
	rules.origin = SG_ORIGIN_VAULT;
	rules.by_hand = rules.by_clock = rules.eventlog = true;
	rules.lifetime = 86400;
	strcpy(rules.host, "web-*");
	strcpy(rules.name, "worker-{uuid8}");
	strcpy(rules.sources, "10.0.0.0/8,2001:db8::/32");
	rules.makers[rules.n_makers++] = strdup("id:53544D20");
	rules.eks = calloc(2, sizeof *rules.eks);
	memcpy(rules.eks, eks, sizeof eks);
	rules.n_eks = 2;
	rules.bind_pcrs = strdup("pcr=sha256:7=" PCR);
	rules.quote_pcrs = strdup("pcr=sha256:0,7");
	strcpy(rules.guard, "days=mon zone=Europe/Berlin");
	ck_assert_int_eq(sg_enroll_rules_write(&rules, &text, &wrong), SG_OK);
	ck_assert_int_eq(sg_enroll_rules_read(sg_buf_bytes(&text), &again, &wrong), SG_OK);
	ck_assert_uint_eq(again.nets.n, 2);
	ck_assert_uint_eq(again.n_eks, 2);
	ck_assert_mem_eq(again.eks, eks, sizeof eks);
	ck_assert_int_eq(sg_enroll_rules_write(&again, &second, &wrong), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&text), sg_buf_bytes(&second)));
	sg_enroll_rules_clear(&again);
	sg_buf_free(&second);
}
END_TEST

/* Expect that the rules can't be written, for this member. */
static void refused_for(const char *member)
{
	ck_assert_int_eq(sg_enroll_rules_write(&rules, &text, &wrong), SG_ERR_FORMAT);
	ck_assert_str_eq(wrong, member);
}

START_TEST(rules_that_no_token_can_have_are_refused)
{
	rules.lifetime = 3599;
	refused_for("lifetime");
	rules.lifetime = SG_ENROLL_LIFETIME_MAX + 1;
	refused_for("lifetime");
	rules.lifetime = 0;
	rules.by_clock = true;
	refused_for("byClock");
	rules.by_clock = false;
	strcpy(rules.host, "[a]");
	refused_for("host");
	rules.host[0] = '\0';
	strcpy(rules.name, "{nothing}");
	refused_for("name");
	rules.name[0] = '\0';
	strcpy(rules.sources, "10.0.0.1/8");
	refused_for("sources");
	rules.sources[0] = '\0';
	strcpy(rules.guard, "nonsense");
	refused_for("guard");
	rules.guard[0] = '\0';
	rules.eventlog = true;
	refused_for("eventLog");
	rules.eventlog = false;
	rules.bind_pcrs = strdup("until=5");
	refused_for("pcrs");
	free(rules.bind_pcrs);
	rules.bind_pcrs = NULL;
	rules.level = SG_LEVEL_MINTED;
	rules.origin = SG_ORIGIN_HOST;
	refused_for("origin");
	rules.level = SG_LEVEL_BORN;
	refused_for("origin");
	/* Who mints a key must know what it is bound to. */
	rules.bind_pcrs = strdup("pcr=sha256:7");
	rules.origin = SG_ORIGIN_VAULT;
	refused_for("pcrs");
	rules.origin = SG_ORIGIN_ANY;
	rules.level = SG_LEVEL_MINTED;
	refused_for("pcrs");
	rules.level = SG_LEVEL_BORN;
	ck_assert_int_eq(sg_enroll_rules_write(&rules, &text, &wrong), SG_OK);
}
END_TEST

START_TEST(a_token_that_asks_for_no_proof_asks_nothing_of_a_tpm)
{
	rules.level = SG_LEVEL_NONE;
	ck_assert_int_eq(sg_enroll_rules_write(&rules, &text, &wrong), SG_OK);
	rules.makers[rules.n_makers++] = strdup("STM");
	refused_for("level");
	sg_enroll_rules_clear(&rules);
	rules.level = SG_LEVEL_NONE;
	rules.eks = calloc(1, sizeof *rules.eks);
	refused_for("level");
	sg_enroll_rules_clear(&rules);
	rules.level = SG_LEVEL_NONE;
	rules.lifetime = 86400;
	rules.by_clock = true;
	refused_for("level");
	rules.by_clock = false;
	ck_assert_int_eq(sg_enroll_rules_write(&rules, &text, &wrong), SG_OK);
	for (int origin = SG_ORIGIN_ANY + 1; origin <= SG_ORIGIN_VAULT; origin++) {
		rules.origin = (enum sg_enroll_origin)origin;
		refused_for("level");
	}
	rules.origin = SG_ORIGIN_ANY;
	rules.bind_pcrs = strdup("pcr=sha256:7");
	refused_for("level");
	sg_enroll_rules_clear(&rules);
	rules.level = SG_LEVEL_NONE;
	rules.quote_pcrs = strdup("pcr=sha256:7");
	refused_for("level");
}
END_TEST

START_TEST(an_unknown_or_missing_demand_is_refused)
{
	struct sg_enroll_rules out = { .class = SG_CLASS_MACHINE };
	char changed[1024];

	ck_assert_int_eq(sg_enroll_rules_write(&rules, &text, &wrong), SG_OK);
	snprintf(changed, sizeof changed, "%.*s,\"more\":1}", (int)text.len - 1, text.data);
	ck_assert_int_eq(sg_enroll_rules_read(sg_bytes_str(changed), &out, &wrong), SG_ERR_FORMAT);
	sg_enroll_rules_clear(&out);
	ck_assert_int_eq(sg_enroll_rules_read(sg_bytes_str("{\"version\":1}"), &out, &wrong),
	                 SG_ERR_FORMAT);
	sg_enroll_rules_clear(&out);
	ck_assert_int_eq(sg_enroll_rules_read(sg_bytes_str(""), &out, &wrong), SG_ERR_FORMAT);
	sg_enroll_rules_clear(&out);
}
END_TEST

START_TEST(an_empty_list_of_endorsement_keys_allows_none)
{
	struct sg_enroll_rules again = { .class = SG_CLASS_MACHINE };
	struct sg_enroll_demand demand;

	rules.eks = calloc(1, sizeof *rules.eks);
	ck_assert_int_eq(sg_enroll_rules_write(&rules, &text, &wrong), SG_OK);
	ck_assert_int_eq(sg_enroll_rules_read(sg_buf_bytes(&text), &again, &wrong), SG_OK);
	sg_enroll_rules_demand(&again, NULL, &demand);
	ck_assert_ptr_nonnull(demand.eks);
	ck_assert_uint_eq(demand.n_eks, 0);
	sg_enroll_rules_clear(&again);
}
END_TEST

static enum sg_enroll_reason judged(const char *source, const char *host,
                                    enum sg_enroll_class class, enum sg_enroll_origin origin)
{
	return sg_enroll_rules_judge(&rules, source, sg_bytes_str(host), class, origin);
}

START_TEST(who_shows_it_is_judged_by_address_host_class_and_origin)
{
	ck_assert(sg_nets_read(sg_bytes_str("10.0.0.0/8"), &rules.nets));
	strcpy(rules.host, "web-*");
	rules.origin = SG_ORIGIN_TPM;
	ck_assert_int_eq(judged("10.1.1.1", "web-1", SG_CLASS_MACHINE, SG_ORIGIN_ANY),
	                 SG_ENROLL_OK);
	ck_assert_int_eq(judged("11.1.1.1", "web-1", SG_CLASS_MACHINE, SG_ORIGIN_ANY),
	                 SG_ENROLL_SOURCE);
	ck_assert_int_eq(judged("", "web-1", SG_CLASS_MACHINE, SG_ORIGIN_ANY), SG_ENROLL_SOURCE);
	ck_assert_int_eq(judged("10.1.1.1", "db-1", SG_CLASS_MACHINE, SG_ORIGIN_ANY),
	                 SG_ENROLL_HOST);
	ck_assert_int_eq(judged("10.1.1.1", "web-\n", SG_CLASS_MACHINE, SG_ORIGIN_ANY),
	                 SG_ENROLL_HOST);
	ck_assert_int_eq(judged("10.1.1.1", "web-1", SG_CLASS_AGENT, SG_ORIGIN_ANY),
	                 SG_ENROLL_CLASS);
	ck_assert_int_eq(judged("10.1.1.1", "web-1", SG_CLASS_MACHINE, SG_ORIGIN_HOST),
	                 SG_ENROLL_ORIGIN);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("token");
	TCase *tcase = tcase_create("rules");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_token_is_random_and_only_its_hash_finds_it);
	tcase_add_test(tcase, rules_come_back_as_they_were);
	tcase_add_test(tcase, rules_that_no_token_can_have_are_refused);
	tcase_add_test(tcase, a_token_that_asks_for_no_proof_asks_nothing_of_a_tpm);
	tcase_add_test(tcase, an_unknown_or_missing_demand_is_refused);
	tcase_add_test(tcase, an_empty_list_of_endorsement_keys_allows_none);
	tcase_add_test(tcase, who_shows_it_is_judged_by_address_host_class_and_origin);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
