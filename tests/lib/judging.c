/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Machines that are judged.
 */
#include "lib/judging.h"

#include <string.h>

#include "crypto/crypto.h"
#include "crypto/digest.h"

struct test_authority test_maker, test_stranger;
struct sg_authorities *test_authorities;
struct enroller test_machine, test_second;
struct sg_enroll_demand test_demand;
struct sg_enroll_pending test_pending;
struct sg_enroll_finding test_finding;

static const struct test_row *now;

void test_judging_begin(void)
{
	struct sg_buf pem = { 0 };

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	test_authority_make(&test_maker, "maker", NULL);
	test_authority_make(&test_stranger, "maker", NULL);
	test_authority_pem(&test_maker, &pem);
	ck_assert_int_eq(sg_authorities_read(sg_buf_bytes(&pem), &test_authorities), SG_OK);
	sg_buf_free(&pem);
	enroller_make(&test_machine, SG_EK_P256, &test_maker);
	enroller_make(&test_second, SG_EK_P256, &test_maker);
	test_demand = (struct sg_enroll_demand){ .authorities = test_authorities };
}

void test_judging_end(void)
{
	sg_enroll_pending_clear(&test_pending);
	enroller_free(&test_machine);
	enroller_free(&test_second);
	sg_authorities_free(&test_authorities);
	test_authority_free(&test_maker);
	test_authority_free(&test_stranger);
	sg_crypto_stop();
}

enum sg_enroll_reason test_begin_as(struct enroller *e)
{
	sg_enroll_pending_clear(&test_pending);
	sg_enroll_challenge_clear(&e->challenge);
	memset(&e->challenge, 0, sizeof e->challenge);
	enroller_say_hello(e);
	return sg_enroll_challenge_make(sg_buf_bytes(&e->hello_json), &e->hello, &test_demand,
	                                TEST_JUDGED_AT, &test_pending, &e->challenge);
}

enum sg_enroll_reason test_begin(void)
{
	return test_begin_as(&test_machine);
}

void test_answer(void)
{
	test_reason(test_begin(), SG_ENROLL_OK, "a good hello");
	ck_assert(enroller_answer(&test_machine, sg_buf_bytes(&test_pending.challenge)));
}

enum sg_enroll_reason test_finish(void)
{
	return sg_enroll_evidence_verify(&test_pending, &test_demand, &test_machine.evidence,
	                                 &test_finding);
}

void test_copy(struct sg_buf *to, const struct sg_buf *from)
{
	ck_assert_int_eq(sg_buf_set(to, sg_buf_bytes(from)), SG_OK);
}

void test_ek_hash(const struct enroller *e, uint8_t hash[SG_ENROLL_EK_HASH])
{
	ck_assert_int_eq(sg_digest_once(SG_SHA256, sg_buf_bytes(&e->spki), hash), SG_OK);
}

void test_reason(enum sg_enroll_reason have, enum sg_enroll_reason want, const char *what)
{
	ck_assert_msg(have == want, "%s: %s, not %s", what, sg_enroll_reason_name(have),
	              sg_enroll_reason_name(want));
}

void test_enrols(enum sg_enroll_level level)
{
	test_answer();
	test_reason(test_finish(), SG_ENROLL_OK, "good evidence");
	ck_assert_int_eq(test_finding.level, level);
	ck_assert_mem_eq(test_finding.key, test_machine.evidence.key, sizeof test_finding.key);
}

static void change(struct enroller *e, enum enroller_stage stage)
{
	if (stage == now->stage)
		now->change(e);
}

void test_row_is_judged(const struct test_row *row)
{
	now = row;
	test_demand.origin = row->origin;
	test_machine.change = change;
	test_answer();
	test_reason(test_finish(), row->reason, row->what);
}
