/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of enroll/steps.c, steps_write.c and policy_digest.c: what is written down of a policy of
 * ours is replayed to the digest of seal/policy.c, and what a branch hides is seen.
 */
#include "enroll/steps.h"

#include <openssl/ec.h>
#include <stdio.h>
#include <string.h>

#include "crypto/crypto.h"
#include "enroll/message.h"
#include "enroll/policy_digest.h"
#include "lib/hex.h"
#include "lib/runner.h"
#include "lib/soft_tpm.h"

#define VALUE "0707070707070707070707070707070707070707070707070707070707070707"
#define OTHER "0808080808080808080808080808080808080808080808080808080808080808"
#define PCR_7 "{\"step\":\"pcr\",\"pcrs\":\"pcr=sha256:7=" VALUE "\"}"
#define PCR_7_OTHER "{\"step\":\"pcr\",\"pcrs\":\"pcr=sha256:7=" OTHER "\"}"
#define CLOCK(n) "{\"step\":\"clock\",\"until\":" #n "}"
#define AUTH "{\"step\":\"auth-value\"}"
/* 328 is Certify, 330 CertifyCreation, 331 Duplicate, 341 HMAC, 344 Quote, 347 HMAC_Start, 349
 * Sign, 350 Unseal. */
#define COMMAND(n) "{\"step\":\"command\",\"code\":" #n "}"
#define OR(a, b) "{\"step\":\"or\",\"branches\":[[" a "],[" b "]]}"

static struct sg_policy policy;
static struct sg_enroll_policy found;
static struct sg_buf json;

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void teardown(void)
{
	sg_policy_clear(&policy);
	sg_buf_free(&json);
	sg_crypto_stop();
}

static enum sg_enroll_reason replay(const char *text)
{
	return sg_enroll_steps_replay(sg_bytes_str(text), &found);
}

static void replays(const char *text)
{
	enum sg_enroll_reason why = replay(text);

	ck_assert_msg(why == SG_ENROLL_OK, "%s: %s", text, sg_enroll_reason_name(why));
}

static void parse(const char *text)
{
	sg_policy_clear(&policy);
	ck_assert_int_eq(sg_policy_parse(sg_bytes_str(text), &policy), SG_OK);
}

/* What is written is replayed to the digest of the object. */
static void agree(void)
{
	uint8_t digest[SG_POLICY_DIGEST];

	ck_assert_int_eq(sg_policy_digest(&policy, digest), SG_OK);
	ck_assert_int_eq(sg_enroll_steps_write(&policy, &json), SG_OK);
	ck_assert_int_eq(sg_enroll_steps_replay(sg_buf_bytes(&json), &found), SG_ENROLL_OK);
	ck_assert_mem_eq(found.digest, digest, sizeof digest);
	ck_assert(found.empty == sg_policy_empty(&policy));
	ck_assert_uint_eq(found.until, policy.until);
	ck_assert(found.authorized == (policy.signer.len > 0));
	ck_assert(!found.duplicates);
	for (size_t i = 0; i < SG_PCR_BANKS; i++)
		ck_assert_uint_eq(found.pcrs.bank[i].selected, policy.pcrs.bank[i].selected);
}

static void make_signer(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	soft_tpm_spki(key, &policy.signer);
	EVP_PKEY_free(key);
}

START_TEST(our_policies_replay_to_the_digest_of_their_objects)
{
	agree();
	policy.auth = true;
	agree();
	parse("pcr=sha256:7=" VALUE);
	agree();
	policy.until = 1234567;
	agree();
	make_signer();
	agree();
	policy.auth = true;
	policy.index = (struct sg_pin_index){ .handle = 0x01800001 };
	agree();
	parse("pcr=sha256:0=" VALUE ",7=" OTHER ";pcr=sha384:1=" VALUE "00000000000000000000000000000000");
	agree();
	parse("until=1");
	agree();
}
END_TEST

START_TEST(a_policy_without_all_its_values_is_not_written)
{
	parse("pcr=sha256:7");
	ck_assert_int_eq(sg_enroll_steps_write(&policy, &json), SG_ERR_FORMAT);
	parse("");
	policy.until = UINT64_MAX;
	ck_assert_int_eq(sg_enroll_steps_write(&policy, &json), SG_ERR_FORMAT);
}
END_TEST

/* Digests that a TPM (libtpms 0.9) made of the same steps in a trial session. */
static const struct {
	const char *steps, *digest;
} measured[] = {
	{ "[" AUTH "]", "8fcd2169ab92694e0c633f1ab772842b8241bbc20288981fc7ac1eddc1fddb0e" },
	{ "[" COMMAND(350) "]", "e613137076524bde487533865884e9732ebee3aacb095d94a6de492ec06c46fa" },
	{ "[" CLOCK(100000000) "]",
	  "f5be6b19a18d5a68150767245da6086be7d84a34f405d038077d73937279d310" },
	{ "[" OR(AUTH, COMMAND(328)) "]",
	  "0805cfcd8e38f038ef945011f8be4f3ddd447f473053df0099313e9b037d422e" },
};

START_TEST(a_tpm_makes_the_same_digest)
{
	uint8_t digest[SG_POLICY_DIGEST];

	replays(measured[_i].steps);
	ck_assert(sg_bytes_unhex(sg_bytes_str(measured[_i].digest), digest, sizeof digest));
	ck_assert_mem_eq(found.digest, digest, sizeof digest);
}
END_TEST

/* PolicySecret with the endorsement hierarchy: PolicyA of the EK profile. */
START_TEST(the_policy_of_endorsement_keys_comes_out)
{
	static const uint8_t head[] = { 0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8 };

	replays("[{\"step\":\"secret\",\"name\":\"QAAACw==\",\"ref\":\"\"}]");
	ck_assert_mem_eq(found.digest, head, sizeof head);
}
END_TEST

START_TEST(branches_go_on_from_what_stands_before_them)
{
	uint8_t branches[2][SG_POLICY_DIGEST], digest[SG_POLICY_DIGEST] = { 0 };

	replays("[" AUTH "," COMMAND(350) "]");
	memcpy(branches[0], found.digest, sizeof branches[0]);
	replays("[" AUTH "," CLOCK(5) "]");
	memcpy(branches[1], found.digest, sizeof branches[1]);
	ck_assert_int_eq(sg_enroll_digest_or(digest, (const uint8_t (*)[SG_POLICY_DIGEST])branches,
	                                     2), SG_OK);
	replays("[" AUTH "," OR(COMMAND(350), CLOCK(5)) "]");
	ck_assert_mem_eq(found.digest, digest, sizeof digest);
	ck_assert_int_eq(sg_enroll_digest_auth(digest), SG_OK);
	replays("[" AUTH "," OR(COMMAND(350), CLOCK(5)) "," AUTH "]");
	ck_assert_mem_eq(found.digest, digest, sizeof digest);
}
END_TEST

/* What only one way through demands is not demanded. */
static const struct {
	const char *steps;
	uint64_t until;
	bool pcr, authorized, duplicates;
} ways[] = {
	{ "[]", 0, false, false, false },
	{ "[" PCR_7 "," CLOCK(9) "]", 9, true, false, false },
	{ "[" CLOCK(9) "," CLOCK(5) "]", 5, false, false, false },
	{ "[" CLOCK(5) "," CLOCK(9) "]", 5, false, false, false },
	{ "[" OR(CLOCK(9), CLOCK(5)) "]", 9, false, false, false },
	{ "[" OR(CLOCK(9), AUTH) "]", 0, false, false, false },
	{ "[" OR(AUTH, CLOCK(9)) "]", 0, false, false, false },
	{ "[" OR(PCR_7 "," AUTH, PCR_7) "]", 0, true, false, false },
	{ "[" OR(PCR_7, PCR_7_OTHER) "]", 0, false, false, false },
	{ "[" OR(PCR_7, AUTH) "]", 0, false, false, false },
	{ "[" PCR_7 "," OR(AUTH, CLOCK(9)) "]", 0, true, false, false },
	{ "[" OR(AUTH, CLOCK(9)) "," PCR_7 "]", 0, true, false, false },
	/* A branch that is kept to a command opens, unless that is known not to use the secret. */
	{ "[" OR(PCR_7 "," CLOCK(9), COMMAND(331)) "]", 9, true, false, true },
	{ "[" OR(COMMAND(331), PCR_7 "," CLOCK(9)) "]", 9, true, false, true },
	{ "[" OR(PCR_7 "," CLOCK(9), COMMAND(350)) "]", 0, false, false, false },
	{ "[" OR(PCR_7 "," CLOCK(9), COMMAND(341)) "]", 0, false, false, false },
	{ "[" OR(PCR_7 "," CLOCK(9), COMMAND(347)) "]", 0, false, false, false },
	{ "[" OR(PCR_7 "," CLOCK(9), COMMAND(349)) "]", 0, false, false, false },
	{ "[" OR(PCR_7 "," CLOCK(9), COMMAND(344)) "]", 0, false, false, false },
	{ "[" OR(PCR_7 "," CLOCK(9), COMMAND(328)) "]", 0, false, false, false },
	{ "[" OR(COMMAND(330), PCR_7 "," CLOCK(9)) "]", 0, false, false, false },
	/* A branch that lets it leave, also one in a branch, also before and after others. */
	{ "[" COMMAND(331) "]", 0, false, false, true },
	{ "[" OR(PCR_7, COMMAND(331)) "]", 0, true, false, true },
	{ "[" OR(PCR_7, OR(AUTH "," COMMAND(331), CLOCK(9))) "]", 0, false, false, true },
	{ "[" OR(PCR_7, AUTH) "," COMMAND(331) "]", 0, false, false, true },
	{ "[" COMMAND(350) "," COMMAND(331) "]", 0, false, false, false },
};

START_TEST(what_every_way_demands_is_found)
{
	replays(ways[_i].steps);
	ck_assert_msg(found.until == ways[_i].until, "%s: until %llu", ways[_i].steps,
	              (unsigned long long)found.until);
	ck_assert_msg((found.pcrs.bank[SG_SHA256].selected == 0x80) == ways[_i].pcr, "%s: PCRs %x",
	              ways[_i].steps, found.pcrs.bank[SG_SHA256].selected);
	ck_assert_msg(found.authorized == ways[_i].authorized, "%s", ways[_i].steps);
	ck_assert_msg(found.duplicates == ways[_i].duplicates, "%s: leaves", ways[_i].steps);
}
END_TEST

/* PolicyAuthorize forgets: what stood before it is demanded no more. */
START_TEST(what_somebody_may_sign_otherwise_is_not_demanded)
{
	char text[1024];

	parse("");
	make_signer();
	ck_assert_int_eq(sg_enroll_steps_write(&policy, &json), SG_OK);
	snprintf(text, sizeof text, "[" PCR_7 "," CLOCK(9) ",%.*s", (int)json.len - 1,
	         (const char *)json.data + 1);
	replays(text);
	ck_assert(found.authorized && found.until == 0 && !sg_pcrs_any(&found.pcrs));
	snprintf(text, sizeof text, "[%.*s," PCR_7 "," CLOCK(9) "]", (int)json.len - 2,
	         (const char *)json.data + 1);
	replays(text);
	ck_assert(found.authorized && found.until == 9 && sg_pcrs_any(&found.pcrs));
}
END_TEST

/* The signature must be asked for on each way that opens. */
START_TEST(who_may_sign_on_one_way_only_is_not_asked_on_all)
{
	static const struct {
		const char *before, *behind;
		bool authorized;
	} forms[] = {
		{ "[", "]", true },
		{ "[" CLOCK(9) ",", "]", true },
		{ "[{\"step\":\"or\",\"branches\":[[", "],[" CLOCK(9) "]]}]", false },
		{ "[{\"step\":\"or\",\"branches\":[[" AUTH "],[", "]]}]", false },
		{ "[{\"step\":\"or\",\"branches\":[[", "],[" COMMAND(331) "]]}]", true },
		{ "[{\"step\":\"or\",\"branches\":[[", "],[" COMMAND(347) "]]}]", false },
	};
	char text[1024];

	parse("");
	make_signer();
	ck_assert_int_eq(sg_enroll_steps_write(&policy, &json), SG_OK);
	snprintf(text, sizeof text, "%s%.*s%s", forms[_i].before, (int)json.len - 2,
	         (const char *)json.data + 1, forms[_i].behind);
	replays(text);
	ck_assert_msg(found.authorized == forms[_i].authorized, "%s", text);
	ck_assert_uint_eq(found.signers, 1);
}
END_TEST

/* Wherever in the list they stand. */
START_TEST(what_asks_for_more_than_pcrs_and_time_is_seen)
{
	static const char *const asking[] = {
		"[" AUTH "]", "[" COMMAND(350) "]", "[" OR(CLOCK(9), AUTH) "]",
		"[" OR(CLOCK(9), OR(PCR_7, COMMAND(347))) "," CLOCK(5) "]",
		"[{\"step\":\"secret\",\"name\":\"QAAACw==\",\"ref\":\"\"}]",
	};

	for (size_t i = 0; i < sizeof asking / sizeof asking[0]; i++) {
		replays(asking[i]);
		ck_assert_msg(found.asks, "%s", asking[i]);
	}
	replays("[" OR(PCR_7, CLOCK(9)) "]");
	ck_assert(!found.asks && found.signers == 0);
}
END_TEST

static const char *const refused[] = {
	"", "{}", "1", "[1]", "[{}]", "[[]]", "[{\"step\":1}]", "[{\"step\":\"\"}]", "[" AUTH, "[" AUTH ",]",
	"[" AUTH "]x",
	"[{\"step\":\"auth-value\",\"more\":1}]", "[{\"step\":\"auth-value\",\"step\":\"auth-value\"}]",
	"[{\"step\":\"pcr\"}]", "[{\"step\":\"pcr\",\"pcrs\":1}]", "[{\"step\":\"pcr\",\"pcrs\":\"\"}]",
	"[{\"step\":\"pcr\",\"pcrs\":\"pcr=sha256:7\"}]",
	"[{\"step\":\"pcr\",\"pcrs\":\"pcr=sha256:7=" VALUE ";until=5\"}]",
	"[{\"step\":\"pcr\",\"pcrs\":\"pcr=sha1:7=" VALUE "\"}]",
	"[" PCR_7 "," PCR_7_OTHER "]",
	"[{\"step\":\"clock\"}]", "[" CLOCK(0) "]", "[" CLOCK(-1) "]", "[" CLOCK("5") "]", "[" CLOCK(1.5) "]",
	"[" CLOCK(18446744073709551616) "]",
	"[{\"step\":\"authorize\",\"key\":\"\",\"ref\":\"\"}]",
	"[{\"step\":\"authorize\",\"key\":\"ACMADAAA\",\"ref\":\"\"}]",
	"[{\"step\":\"authorize\",\"key\":\"ACMACwAA\"}]",
	"[{\"step\":\"authorize\",\"key\":\"ACMACwAA\",\"ref\":\"*\"}]",
	"[{\"step\":\"secret\",\"name\":\"\",\"ref\":\"\"}]",
	"[{\"step\":\"secret\",\"name\":\"QAAACw==\"}]",
	"[" COMMAND(0) "]", "[" COMMAND(4294967296) "]",
	"[{\"step\":\"or\",\"branches\":[]}]", "[{\"step\":\"or\",\"branches\":[[]]}]",
	"[{\"step\":\"or\",\"branches\":[[],1]}]",
	"[{\"step\":\"or\",\"branches\":[[],[],[],[],[],[],[],[],[]]}]",
	"[" OR(OR(OR(OR(OR("", ""), ""), ""), ""), "") "]",
};

START_TEST(what_is_no_list_of_steps_is_refused)
{
	enum sg_enroll_reason why = replay(refused[_i]);

	ck_assert_msg(why == SG_ENROLL_FORMAT, "%s: %s", refused[_i], sg_enroll_reason_name(why));
}
END_TEST

START_TEST(a_list_that_is_too_long_is_refused)
{
	struct sg_writer w;

	json.len = 0;
	w = sg_writer(&json);
	for (int i = 0; i < 65; i++)
		sg_write_bytes(&w, sg_bytes_str(i == 0 ? "[" AUTH : "," AUTH));
	sg_write_bytes(&w, sg_bytes_str("]"));
	ck_assert_int_eq(sg_enroll_steps_replay(sg_buf_bytes(&json), &found), SG_ENROLL_TOO_LONG);
	while (json.len <= SG_ENROLL_STEPS_MAX)
		sg_write_bytes(&w, sg_bytes_str("          "));
	ck_assert_int_eq(sg_enroll_steps_replay(sg_buf_bytes(&json), &found), SG_ENROLL_TOO_LONG);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("enroll_steps");
	TCase *tc = tcase_create("enroll_steps");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, our_policies_replay_to_the_digest_of_their_objects);
	tcase_add_test(tc, a_policy_without_all_its_values_is_not_written);
	tcase_add_loop_test(tc, a_tpm_makes_the_same_digest, 0,
	                    sizeof measured / sizeof measured[0]);
	tcase_add_test(tc, the_policy_of_endorsement_keys_comes_out);
	tcase_add_test(tc, branches_go_on_from_what_stands_before_them);
	tcase_add_loop_test(tc, what_every_way_demands_is_found, 0, sizeof ways / sizeof ways[0]);
	tcase_add_test(tc, what_somebody_may_sign_otherwise_is_not_demanded);
	tcase_add_loop_test(tc, who_may_sign_on_one_way_only_is_not_asked_on_all, 0, 6);
	tcase_add_test(tc, what_asks_for_more_than_pcrs_and_time_is_seen);
	tcase_add_loop_test(tc, what_is_no_list_of_steps_is_refused, 0,
	                    sizeof refused / sizeof refused[0]);
	tcase_add_test(tc, a_list_that_is_too_long_is_refused);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
