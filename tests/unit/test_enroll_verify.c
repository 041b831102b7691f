/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of enroll/verify.c and the parts of the judgement: what is good is taken, and each thing
 * that is not as it should be is refused for its own reason, though all that follows from it is
 * right.
 */
#include "enroll/verify.h"

#include <pthread.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/digest.h"
#include "crypto/ed25519.h"
#include "enroll/request.h"
#include "lib/enroller.h"
#include "lib/runner.h"

#define AT 2000000000u                  /* Unix seconds */
#define AK_ATTRIBUTES 0x00050472u

static struct test_authority maker, stranger;
static struct sg_authorities *authorities;
static struct enroller machine, other;
static struct sg_enroll_demand demand;
static struct sg_enroll_pending pending;
static struct sg_enroll_finding finding;

static void setup(void)
{
	struct sg_buf pem = { 0 };

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	test_authority_make(&maker, "maker", NULL);
	test_authority_make(&stranger, "stranger", NULL);
	test_authority_pem(&maker, &pem);
	ck_assert_int_eq(sg_authorities_read(sg_buf_bytes(&pem), &authorities), SG_OK);
	sg_buf_free(&pem);
	enroller_make(&machine, SG_EK_P256, &maker);
	enroller_make(&other, SG_EK_P256, &maker);
	demand = (struct sg_enroll_demand){ .authorities = authorities };
}

static void teardown(void)
{
	sg_enroll_pending_clear(&pending);
	enroller_free(&machine);
	enroller_free(&other);
	sg_authorities_free(&authorities);
	test_authority_free(&maker);
	test_authority_free(&stranger);
	sg_crypto_stop();
}

static enum sg_enroll_reason begin(void)
{
	sg_enroll_pending_clear(&pending);
	sg_enroll_challenge_clear(&machine.challenge);
	memset(&machine.challenge, 0, sizeof machine.challenge);
	enroller_say_hello(&machine);
	return sg_enroll_challenge_make(sg_buf_bytes(&machine.hello_json), &machine.hello, &demand,
	                                AT, &pending, &machine.challenge);
}

static enum sg_enroll_reason finish(void)
{
	return sg_enroll_evidence_verify(&pending, &demand, &machine.evidence, &finding);
}

static void answer(void)
{
	ck_assert_int_eq(begin(), SG_ENROLL_OK);
	ck_assert(enroller_answer(&machine, sg_buf_bytes(&pending.challenge)));
}

static void assert_reason(enum sg_enroll_reason have, enum sg_enroll_reason want, const char *what)
{
	ck_assert_msg(have == want, "%s: %s, not %s", what, sg_enroll_reason_name(have),
	              sg_enroll_reason_name(want));
}

static void enrols(enum sg_enroll_level level)
{
	answer();
	assert_reason(finish(), SG_ENROLL_OK, "good evidence");
	ck_assert_int_eq(finding.level, level);
	ck_assert_mem_eq(finding.key, machine.evidence.key, sizeof finding.key);
}

START_TEST(a_key_that_the_host_made_is_asserted)
{
	uint8_t hash[SG_ENROLL_EK_HASH];

	enrols(SG_LEVEL_ASSERTED);
	ck_assert_int_eq(finding.origin, SG_ORIGIN_HOST);
	ck_assert(finding.ek_certified);
	ck_assert_int_eq(sg_digest_once(SG_SHA256, sg_buf_bytes(&machine.spki), hash), SG_OK);
	ck_assert_mem_eq(finding.ek, hash, sizeof hash);
	ck_assert_mem_eq(finding.object_name, machine.object_name, sizeof finding.object_name);
	ck_assert_uint_eq(finding.clock, machine.clock);
	ck_assert_uint_eq(finding.until, 0);
	ck_assert(finding.resets == 3 && finding.restarts == 4 && finding.firmware == 5);
}
END_TEST

START_TEST(a_key_that_is_derived_was_born_in_the_tpm)
{
	demand.origin = SG_ORIGIN_TPM;
	enrols(SG_LEVEL_BORN);
}
END_TEST

START_TEST(a_key_that_was_sent_is_minted)
{
	demand.origin = SG_ORIGIN_VAULT;
	enrols(SG_LEVEL_MINTED);
	ck_assert_mem_eq(machine.challenge.key, finding.key, sizeof finding.key);
}
END_TEST

START_TEST(an_endorsement_key_of_rsa_is_as_good)
{
	enroller_free(&machine);
	enroller_make(&machine, SG_EK_RSA2048, &maker);
	enrols(SG_LEVEL_ASSERTED);
	demand.origin = SG_ORIGIN_VAULT;
	enrols(SG_LEVEL_MINTED);
}
END_TEST

/* All at once, of each origin. */
START_TEST(what_is_asked_for_is_shown)
{
	demand.origin = (enum sg_enroll_origin)_i;
	demand.lifetime = 3600;
	demand.bind_pcrs = "pcr=sha256:7=1717171717171717171717171717171717171717171717171717171717171717";
	demand.quote_pcrs = "pcr=sha256:0,7=1717171717171717171717171717171717171717171717171717171717171717";
	answer();
	assert_reason(finish(), SG_ENROLL_OK, "all at once");
	ck_assert_uint_eq(finding.until, machine.hello.clock + 3600000);
}
END_TEST

/* Who is not told what to be chooses what proves enough. */
START_TEST(the_origin_follows_from_the_level_where_nobody_chooses)
{
	static const enum sg_enroll_origin wanted[] = {
		SG_ORIGIN_HOST, SG_ORIGIN_HOST, SG_ORIGIN_TPM, SG_ORIGIN_VAULT,
	};

	demand.level = (enum sg_enroll_level)_i;
	ck_assert_int_eq(begin(), SG_ENROLL_OK);
	ck_assert_int_eq(machine.challenge.origin, wanted[_i]);
}
END_TEST

START_TEST(another_origin_than_the_demanded_is_refused)
{
	demand.origin = SG_ORIGIN_VAULT;
	machine.hello.origin = SG_ORIGIN_HOST;
	assert_reason(begin(), SG_ENROLL_ORIGIN, "the wish");
	demand.origin = SG_ORIGIN_ANY;
	demand.level = SG_LEVEL_BORN;
	assert_reason(begin(), SG_ENROLL_LEVEL, "a wish that proves too little");
	demand.level = SG_LEVEL_NONE;
	answer();
	machine.evidence.origin = SG_ORIGIN_TPM;
	enroller_prove(&machine);
	assert_reason(finish(), SG_ENROLL_ORIGIN, "another than in the challenge");
	machine.evidence.origin = SG_ORIGIN_HOST;
	demand.level = SG_LEVEL_MINTED;
	assert_reason(finish(), SG_ENROLL_LEVEL, "more is demanded meanwhile");
	demand.level = SG_LEVEL_NONE;
	demand.origin = SG_ORIGIN_VAULT;
	assert_reason(finish(), SG_ENROLL_ORIGIN, "another is demanded meanwhile");
	/* PCR values that nobody knows yet can't be sealed to. */
	demand = (struct sg_enroll_demand){
		.authorities = authorities, .origin = SG_ORIGIN_VAULT, .bind_pcrs = "pcr=sha256:7",
	};
	machine.hello.origin = SG_ORIGIN_ANY;
	assert_reason(begin(), SG_ENROLL_ORIGIN, "values that are not known");
}
END_TEST

/* Endorsement keys. */

START_TEST(an_endorsement_key_of_no_template_is_refused)
{
	machine.hello.ek.data[7] ^= 0x10;       /* no longer bound to its TPM's hierarchy */
	assert_reason(begin(), SG_ENROLL_EK, "other attributes");
	machine.hello.ek.data[7] ^= 0x10;
	machine.hello.ek_kind = SG_EK_RSA2048;
	assert_reason(begin(), SG_ENROLL_EK, "another kind than it says");
	machine.hello.ek_kind = SG_EK_P256;
	machine.hello.ek.data[machine.hello.ek.len - 1] ^= 1;
	assert_reason(begin(), SG_ENROLL_EK, "a point off the curve");
	ck_assert_int_eq(sg_buf_set(&machine.hello.ek, sg_buf_bytes(&machine.tpm.parent)), SG_OK);
	assert_reason(begin(), SG_ENROLL_EK, "a storage key");
	machine.hello.ek.len = 0;
	assert_reason(sg_enroll_challenge_make(sg_bytes_str("{}"), &machine.hello, &demand, AT,
	                                       &pending, &machine.challenge), SG_ENROLL_EK, "none");
}
END_TEST

START_TEST(an_endorsement_key_without_a_certificate_is_refused)
{
	sg_buf_free(&machine.hello.chain[0]);
	assert_reason(begin(), SG_ENROLL_EK_UNCERTIFIED, "no certificate");
}
END_TEST

START_TEST(a_chain_to_somebody_else_is_refused)
{
	const struct test_oddity none = { NULL }, expired = { .expired = true };

	test_endorse(&stranger, machine.tpm.ek_key, &none, &machine.hello.chain[0]);
	assert_reason(begin(), SG_ENROLL_EK_CHAIN, "a stranger");
	test_endorse(&maker, machine.tpm.ek_key, &expired, &machine.hello.chain[0]);
	assert_reason(begin(), SG_ENROLL_EK_CHAIN, "over");
	test_endorse(&maker, machine.tpm.ek_key, &none, &machine.hello.chain[0]);
	demand.authorities = NULL;
	assert_reason(begin(), SG_ENROLL_EK_CHAIN, "nobody is trusted");
	demand.authorities = authorities;
	enroller_set(&machine.hello.chain[0], "no certificate");
	assert_reason(begin(), SG_ENROLL_EK_CHAIN, "no certificate");
}
END_TEST

/* Authorities, each under the one before and the first under the maker, of which the last one
 * endorses the machine; the chain has their certificates, that of the last one first. */
static void make_chain(struct test_authority *links, size_t n)
{
	const struct test_oddity none = { NULL };

	for (size_t i = 0; i < n; i++) {
		const char name[] = { (char)('a' + i), '\0' };

		test_authority_make(&links[i], name, i == 0 ? &maker : &links[i - 1]);
		test_authority_der(&links[i], &machine.hello.chain[n - i]);
	}
	test_endorse(&links[n - 1], machine.tpm.ek_key, &none, &machine.hello.chain[0]);
}

static void free_chain(struct test_authority *links, size_t n)
{
	for (size_t i = 0; i < n; i++)
		test_authority_free(&links[i]);
}

START_TEST(certificates_in_between_may_come_along)
{
	struct test_authority links[SG_ENROLL_CHAIN_MAX - 1];
	struct sg_buf *chain = machine.hello.chain, kept;

	make_chain(links, 2);
	assert_reason(begin(), SG_ENROLL_OK, "both links");
	enrols(SG_LEVEL_ASSERTED);
	kept = chain[1];
	chain[1] = chain[2];
	chain[2] = kept;
	assert_reason(begin(), SG_ENROLL_OK, "in any order");
	enroller_set(&chain[2], "no certificate");
	assert_reason(begin(), SG_ENROLL_EK_CHAIN, "a link that is none");
	sg_buf_free(&chain[2]);
	assert_reason(begin(), SG_ENROLL_EK_CHAIN, "one link is missing");
	sg_buf_free(&chain[1]);
	assert_reason(begin(), SG_ENROLL_EK_CHAIN, "both are");
	free_chain(links, 2);
	make_chain(links, SG_ENROLL_CHAIN_MAX - 1);
	assert_reason(begin(), SG_ENROLL_OK, "as long as one may be");
	free_chain(links, SG_ENROLL_CHAIN_MAX - 1);
}
END_TEST

START_TEST(who_is_no_authority_does_not_stand_in_between)
{
	const struct test_oddity none = { NULL };
	struct test_authority unfit;

	test_authority_make_unfit(&unfit, "unfit", &maker);
	test_endorse(&unfit, machine.tpm.ek_key, &none, &machine.hello.chain[0]);
	test_authority_der(&unfit, &machine.hello.chain[1]);
	assert_reason(begin(), SG_ENROLL_EK_CHAIN, "its certificate says that it is none");
	test_authority_free(&unfit);
}
END_TEST

/* Also where its certificate, or that of the maker, came along twice. */
START_TEST(what_comes_along_is_not_trusted_for_that)
{
	const struct test_oddity none = { NULL };

	test_endorse(&stranger, machine.tpm.ek_key, &none, &machine.hello.chain[0]);
	test_authority_der(&stranger, &machine.hello.chain[1]);
	assert_reason(begin(), SG_ENROLL_EK_CHAIN, "a root of its own");
	test_authority_der(&maker, &machine.hello.chain[2]);
	test_authority_der(&stranger, &machine.hello.chain[3]);
	assert_reason(begin(), SG_ENROLL_EK_CHAIN, "beside one that is trusted");
	test_endorse(&maker, machine.tpm.ek_key, &none, &machine.hello.chain[0]);
	assert_reason(begin(), SG_ENROLL_OK, "which is the one that counts");
}
END_TEST

/* A list of what a maker revoked stays in the authorities. */
START_TEST(what_a_maker_revoked_is_refused)
{
	struct sg_buf *certificate = &machine.hello.chain[0], list = { 0 };
	uint8_t eks[1][SG_ENROLL_EK_HASH];

	test_revoke(&maker, sg_buf_bytes(&other.hello.chain[0]), false, &list);
	ck_assert_int_eq(sg_authorities_revoke(authorities, sg_buf_bytes(&list)), SG_OK);
	enrols(SG_LEVEL_ASSERTED);
	ck_assert_int_eq(sg_buf_set(certificate, sg_buf_bytes(&other.hello.chain[0])), SG_OK);
	assert_reason(begin(), SG_ENROLL_EK_REVOKED, "revoked");
	ck_assert_int_eq(sg_digest_once(SG_SHA256, sg_buf_bytes(&machine.spki), eks[0]), SG_OK);
	demand.eks = eks;
	demand.n_eks = 1;
	assert_reason(begin(), SG_ENROLL_EK_REVOKED, "revoked and listed");
	sg_buf_free(&list);
}
END_TEST

START_TEST(a_list_that_is_over_is_not_passed_over)
{
	struct sg_buf list = { 0 };
	uint8_t eks[1][SG_ENROLL_EK_HASH];

	answer();
	test_revoke(&maker, sg_bytes(NULL, 0), true, &list);
	ck_assert_int_eq(sg_authorities_revoke(authorities, sg_buf_bytes(&list)), SG_OK);
	assert_reason(finish(), SG_ENROLL_EK_LIST, "since the challenge was made");
	assert_reason(begin(), SG_ENROLL_EK_LIST, "from the beginning");
	ck_assert_int_eq(sg_digest_once(SG_SHA256, sg_buf_bytes(&machine.spki), eks[0]), SG_OK);
	demand.eks = eks;
	demand.n_eks = 1;
	assert_reason(begin(), SG_ENROLL_OK, "who is listed needs no certificate");
	sg_buf_free(&list);
}
END_TEST

START_TEST(a_certificate_for_something_else_is_refused)
{
	static const char *const usages[] = { "", "serverAuth", "2.23.133.8.3" };
	const struct test_oddity odd = { .usage = usages[_i] };

	test_endorse(&maker, machine.tpm.ek_key, &odd, &machine.hello.chain[0]);
	assert_reason(begin(), SG_ENROLL_EK_USAGE, "usage");
}
END_TEST

START_TEST(a_certificate_of_another_key_is_refused)
{
	ck_assert_int_eq(sg_buf_set(&machine.hello.chain[0], sg_buf_bytes(&other.hello.chain[0])),
	                 SG_OK);
	assert_reason(begin(), SG_ENROLL_EK_OTHER, "another key's");
}
END_TEST

START_TEST(only_makers_that_are_named_are_taken)
{
	static const char *const nobody[] = { "id:00000000" };
	static const char *const makers[] = { "id:00000000", "id:53474E54" };
	const struct test_oddity named = { .maker = "id:53474E54" };

	demand.makers = nobody;
	demand.n_makers = 1;
	assert_reason(begin(), SG_ENROLL_EK_MAKER, "no name");
	test_endorse(&maker, machine.tpm.ek_key, &named, &machine.hello.chain[0]);
	assert_reason(begin(), SG_ENROLL_EK_MAKER, "another name");
	demand.makers = makers;
	demand.n_makers = 2;
	assert_reason(begin(), SG_ENROLL_OK, "its name");
	demand.n_makers = 0;
	assert_reason(begin(), SG_ENROLL_EK_MAKER, "an empty list allows nobody");
}
END_TEST

START_TEST(a_listed_key_needs_no_certificate)
{
	uint8_t list[2][SG_ENROLL_EK_HASH];

	ck_assert_int_eq(sg_digest_once(SG_SHA256, sg_buf_bytes(&machine.spki), list[1]), SG_OK);
	ck_assert_int_eq(sg_digest_once(SG_SHA256, sg_buf_bytes(&other.spki), list[0]), SG_OK);
	demand.eks = list;
	demand.n_eks = 1;
	assert_reason(begin(), SG_ENROLL_EK_UNLISTED, "certified and not listed");
	demand.n_eks = 2;
	enrols(SG_LEVEL_ASSERTED);
	ck_assert(finding.ek_certified);
	sg_buf_free(&machine.hello.chain[0]);
	enrols(SG_LEVEL_ASSERTED);
	ck_assert(!finding.ek_certified);
	demand.n_eks = 1;
	assert_reason(begin(), SG_ENROLL_EK_UNCERTIFIED, "neither");
	assert_reason(finish(), SG_ENROLL_INTERNAL, "nothing is kept of what was refused");
}
END_TEST

/* The list is looked at again when the evidence comes. */
START_TEST(a_key_that_was_taken_off_the_list_meanwhile_is_refused)
{
	uint8_t list[1][SG_ENROLL_EK_HASH];

	answer();
	memset(list, 0, sizeof list);
	demand.eks = list;
	demand.n_eks = 1;
	assert_reason(finish(), SG_ENROLL_EK_UNLISTED, "finish");
}
END_TEST

/* The other keys. */

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
	soft_tpm_ak_area(machine.tpm.ak_key, aks[_i].attributes, &machine.hello.ak);
	assert_reason(begin(), SG_ENROLL_AK, aks[_i].what);
}
END_TEST

START_TEST(an_attestation_key_in_another_form_is_refused)
{
	const size_t len = machine.hello.ak.len;

	for (size_t at = 0; at < len; at++) {
		enum sg_enroll_reason why;

		machine.hello.ak.data[at] ^= 0x01;
		why = begin();
		ck_assert_msg(why == SG_ENROLL_AK, "byte %zu: %s", at, sg_enroll_reason_name(why));
		machine.hello.ak.data[at] ^= 0x01;
	}
	machine.hello.ak.len--;
	assert_reason(begin(), SG_ENROLL_AK, "cut short");
}
END_TEST

START_TEST(a_parent_that_is_no_storage_key_is_refused)
{
	machine.hello.parent.data[7] ^= 0x02;
	assert_reason(begin(), SG_ENROLL_PARENT, "not fixed to its TPM");
	ck_assert_int_eq(sg_buf_set(&machine.hello.parent, sg_buf_bytes(&machine.tpm.ak)), SG_OK);
	assert_reason(begin(), SG_ENROLL_PARENT, "the attestation key");
}
END_TEST

START_TEST(a_parent_with_a_policy_of_its_own_is_refused)
{
	static const uint8_t policy[2 + SG_POLICY_DIGEST] = { 0, SG_POLICY_DIGEST };
	const struct sg_bytes area = sg_buf_bytes(&machine.tpm.parent);
	struct sg_writer w = sg_writer(&machine.hello.parent);

	machine.hello.parent.len = 0;
	sg_write_bytes(&w, sg_bytes(area.data, 8));
	sg_write_bytes(&w, sg_bytes(policy, sizeof policy));
	sg_write_bytes(&w, sg_bytes(area.data + 10, area.len - 10));
	ck_assert_int_eq(w.err, SG_OK);
	assert_reason(begin(), SG_ENROLL_PARENT, "with a policy");
}
END_TEST

START_TEST(a_tpm_without_the_endorsement_key_opens_no_credential)
{
	EVP_PKEY *key = machine.tpm.ek_key;

	ck_assert_int_eq(begin(), SG_ENROLL_OK);
	machine.tpm.ek_key = other.tpm.ek_key;
	ck_assert(!enroller_answer(&machine, sg_buf_bytes(&pending.challenge)));
	machine.tpm.ek_key = key;
	ck_assert(enroller_answer(&machine, sg_buf_bytes(&pending.challenge)));
	machine.evidence.opened[0] ^= 1;
	enroller_prove(&machine);
	assert_reason(finish(), SG_ENROLL_CREDENTIAL, "a guess");
}
END_TEST

/* An endorsement key and somebody else's attestation key: the credential is for no TPM at all. */
START_TEST(an_attestation_key_of_another_tpm_opens_no_credential)
{
	ck_assert_int_eq(sg_buf_set(&machine.hello.ak, sg_buf_bytes(&other.tpm.ak)), SG_OK);
	ck_assert_int_eq(begin(), SG_ENROLL_OK);
	ck_assert(!enroller_answer(&machine, sg_buf_bytes(&pending.challenge)));
}
END_TEST

/* Nor does a storage key of another TPM open what was minted. */
START_TEST(a_minted_key_is_for_one_tpm)
{
	demand.origin = SG_ORIGIN_VAULT;
	ck_assert_int_eq(sg_buf_set(&machine.hello.parent, sg_buf_bytes(&other.tpm.parent)), SG_OK);
	ck_assert_int_eq(begin(), SG_ENROLL_OK);
	ck_assert(!enroller_answer(&machine, sg_buf_bytes(&pending.challenge)));
	ck_assert_int_eq(sg_buf_set(&other.tpm.ek, sg_buf_bytes(&machine.tpm.ek)), SG_OK);
	other.challenge = machine.challenge;
	ck_assert(!enroller_answer(&other, sg_buf_bytes(&pending.challenge)));
	memset(&other.challenge, 0, sizeof other.challenge);
}
END_TEST

START_TEST(evidence_of_another_enrolment_is_refused)
{
	struct sg_enroll_pending kept;

	answer();
	kept = pending;
	memset(&pending, 0, sizeof pending);
	ck_assert_int_eq(begin(), SG_ENROLL_OK);
	assert_reason(finish(), SG_ENROLL_SESSION_UNKNOWN, "another session");
	memcpy(machine.evidence.session, machine.challenge.session, SG_ENROLL_SESSION);
	enroller_prove(&machine);
	assert_reason(finish(), SG_ENROLL_CREDENTIAL, "an old answer in a new session");
	sg_enroll_pending_clear(&pending);
	pending = kept;
}
END_TEST

/* A change of what the machine makes, and what is said of it. */
struct row {
	enum enroller_stage stage;
	void (*change)(struct enroller *e);
	enum sg_enroll_reason reason;
	enum sg_enroll_origin origin;
	const char *what;
};

static const struct row *row;

static void change(struct enroller *e, enum enroller_stage stage)
{
	if (stage == row->stage)
		row->change(e);
}

static void swap_signer(struct enroller *e) { e->signer = other.tpm.ak_key; }
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

static const struct row rows[] = {
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
	{ ENROLLER_ATTEST, time_of_another, SG_ENROLL_ATTEST_OTHER, SG_ORIGIN_VAULT, "an old time" },
	{ ENROLLER_END, spoil_proof, SG_ENROLL_PROOF, SG_ORIGIN_HOST, "another proof" },
	{ ENROLLER_END, change_label, SG_ENROLL_PROOF, SG_ORIGIN_HOST, "changed on its way" },
	{ ENROLLER_OBJECT, weak_key, SG_ENROLL_KEY, SG_ORIGIN_HOST, "a key of small order" },
};

START_TEST(what_is_not_as_it_should_be_has_its_own_reason)
{
	row = &rows[_i];
	demand.origin = row->origin;
	machine.change = change;
	answer();
	assert_reason(finish(), row->reason, row->what);
}
END_TEST

/* TPM2_Clear leaves what is of the platform, and sets the clock back to nothing. */
START_TEST(a_lease_below_a_key_of_the_platform_is_refused)
{
	machine.hierarchy = 0x4000000c;
	demand.lifetime = 3600;
	for (int i = SG_ORIGIN_HOST; i < SG_ORIGINS; i++) {
		demand.origin = (enum sg_enroll_origin)i;
		answer();
		assert_reason(finish(), SG_ENROLL_ATTEST_SIGNATURE, "of the platform");
	}
}
END_TEST

/* One that was minted and that somebody else has is refused, as is the key of somebody else. */
START_TEST(another_key_than_the_minted_one_is_refused)
{
	struct sg_secret *mine;

	demand.origin = SG_ORIGIN_VAULT;
	answer();
	mine = machine.key;
	ck_assert_int_eq(sg_ed25519_generate(&machine.key), SG_OK);
	memcpy(machine.evidence.key, sg_ed25519_public(machine.key).data, SG_ED25519_PUBLIC);
	sg_buf_free(&machine.evidence.time.attest);
	sg_buf_free(&machine.evidence.time.signature);
	enroller_prove(&machine);
	assert_reason(finish(), SG_ENROLL_KEY_SWAPPED, "another key");
	sg_secret_free(&mine);
}
END_TEST

/* PCRs. */

static void no_log(struct enroller *e) { enroller_set(&e->evidence.eventlog, "no log"); }

#define PCR_7 "1717171717171717171717171717171717171717171717171717171717171717"
#define PCR_0 "1010101010101010101010101010101010101010101010101010101010101010"

static void no_quote(struct enroller *e) { e->quote.missing = true; }
static void quote_of_another(struct enroller *e) { e->quote.extra[0] ^= 1; }
static void other_values(struct enroller *e) { e->pcrs_digest[0] ^= 1; }
static void fewer(struct enroller *e) { e->pcrs.bank[SG_SHA256].selected = 1; }
static void claim(struct enroller *e)
{
	enroller_set(&e->evidence.quoted, "pcr=sha256:0=" PCR_7 ",7=" PCR_7);
}
static void claim_more(struct enroller *e)
{
	enroller_set(&e->evidence.quoted, "pcr=sha256:0=" PCR_0 ",7=" PCR_7 ",8=" PCR_7);
}
static void claim_nothing(struct enroller *e)
{
	enroller_set(&e->evidence.quoted, "pcr=sha256:0,7");
}
static void bind_nothing(struct enroller *e) { memset(&e->policy.pcrs, 0, sizeof e->policy.pcrs); }
static void bind_other(struct enroller *e) { e->policy.pcrs.bank[SG_SHA256].value[7][0] ^= 1; }
static void bind_more(struct enroller *e)
{
	struct sg_pcr_bank *bank = &e->policy.pcrs.bank[SG_SHA256];

	bank->selected |= 1u << 9;
	bank->known |= 1u << 9;
}

/* Without PCRs and clock there is no policy at all, and other attributes are right. */
static void bind_nothing_at_all(struct enroller *e) { bind_nothing(e); e->attributes ^= 0xc0u; }

static const struct row pcr_rows[] = {
	{ ENROLLER_ATTEST, no_quote, SG_ENROLL_QUOTE, SG_ORIGIN_HOST, "no quote" },
	{ ENROLLER_ATTEST, quote_of_another, SG_ENROLL_ATTEST_OTHER, SG_ORIGIN_HOST, "an old one" },
	{ ENROLLER_ATTEST, other_values, SG_ENROLL_QUOTE, SG_ORIGIN_HOST, "other values" },
	{ ENROLLER_ATTEST, fewer, SG_ENROLL_QUOTE, SG_ORIGIN_HOST, "fewer PCRs" },
	{ ENROLLER_PROOF, claim, SG_ENROLL_QUOTE, SG_ORIGIN_TPM, "values that were not quoted" },
	{ ENROLLER_PROOF, claim_more, SG_ENROLL_QUOTE, SG_ORIGIN_TPM, "one that was not quoted" },
	{ ENROLLER_PROOF, claim_nothing, SG_ENROLL_QUOTE, SG_ORIGIN_TPM, "no values" },
	{ ENROLLER_OBJECT, bind_nothing_at_all, SG_ENROLL_POLICY_OTHER, SG_ORIGIN_HOST, "unbound" },
	{ ENROLLER_OBJECT, bind_nothing, SG_ENROLL_POLICY_OTHER, SG_ORIGIN_TPM, "unbound" },
	{ ENROLLER_OBJECT, bind_other, SG_ENROLL_POLICY_OTHER, SG_ORIGIN_HOST, "what isn't quoted" },
	{ ENROLLER_OBJECT, bind_other, SG_ENROLL_POLICY_OTHER, SG_ORIGIN_TPM, "what isn't quoted" },
	{ ENROLLER_OBJECT, bind_more, SG_ENROLL_OK, SG_ORIGIN_HOST, "more than was asked for" },
};

START_TEST(pcrs_that_are_asked_for_must_be_shown)
{
	row = &pcr_rows[_i];
	demand.origin = row->origin;
	demand.bind_pcrs = "pcr=sha256:7";
	demand.quote_pcrs = "pcr=sha256:0,7";
	machine.change = change;
	answer();
	assert_reason(finish(), row->reason, row->what);
}
END_TEST

START_TEST(pcrs_must_have_the_values_that_are_demanded)
{
	demand.quote_pcrs = "pcr=sha256:7=" PCR_0;
	answer();
	assert_reason(finish(), SG_ENROLL_PCRS, "quoted");
	demand.quote_pcrs = NULL;
	demand.bind_pcrs = "pcr=sha256:7=" PCR_0;
	row = &(struct row){ ENROLLER_OBJECT, bind_other, SG_ENROLL_POLICY_OTHER, SG_ORIGIN_HOST, "" };
	machine.change = change;
	answer();
	assert_reason(finish(), SG_ENROLL_POLICY_OTHER, "bound");
}
END_TEST

START_TEST(an_event_log_that_is_missing_is_refused)
{
	demand.quote_pcrs = "pcr=sha256:7";
	demand.eventlog = true;
	answer();
	ck_assert(machine.challenge.eventlog);
	assert_reason(finish(), SG_ENROLL_EVENTLOG, "none");
}
END_TEST

START_TEST(an_event_log_that_is_none_is_refused)
{
	demand.quote_pcrs = "pcr=sha256:7";
	demand.eventlog = true;
	ck_assert_int_eq(begin(), SG_ENROLL_OK);
	row = &(struct row){ ENROLLER_PROOF, no_log, SG_ENROLL_EVENTLOG, SG_ORIGIN_HOST, "" };
	machine.change = change;
	ck_assert(enroller_answer(&machine, sg_buf_bytes(&pending.challenge)));
	assert_reason(finish(), SG_ENROLL_EVENTLOG, "no log");
}
END_TEST

/* Certificate requests. */

static enum sg_err sign_request(void *context, struct sg_bytes message,
                                uint8_t signature[SG_ENROLL_PROOF_LEN])
{
	const struct enroller *e = context;

	return sg_ed25519_sign(sg_secret_bytes(e->key), message, signature);
}

static void make_request(struct enroller *e)
{
	const struct sg_enroll_signer signer = { sign_request, e };
	const struct sg_enroll_request request = {
		.name = sg_bytes_str("worker"), .key = e->evidence.key,
		.certified = &e->evidence.certified, .object = sg_buf_bytes(&e->evidence.object),
	};

	ck_assert_int_eq(sg_enroll_request_write(&request, &signer, &e->evidence.request), SG_OK);
}

static void spoil_request(struct enroller *e)
{
	make_request(e);
	e->evidence.request.data[e->evidence.request.len - 1] ^= 1;
}

static const struct row request_rows[] = {
	{ ENROLLER_PROOF, make_request, SG_ENROLL_OK, SG_ORIGIN_HOST, "a request" },
	{ ENROLLER_PROOF, make_request, SG_ENROLL_OK, SG_ORIGIN_TPM, "a request" },
	{ ENROLLER_PROOF, spoil_request, SG_ENROLL_REQUEST, SG_ORIGIN_HOST, "not signed" },
};

START_TEST(a_certificate_request_must_be_that_of_the_key)
{
	row = &request_rows[_i];
	demand.origin = row->origin;
	machine.change = change;
	answer();
	assert_reason(finish(), row->reason, row->what);
}
END_TEST

/* Policies that somebody else makes are as good, where every way that opens demands enough and
 * nothing stands in them but PCRs, an end, and the lock of a key that is derived. */

#define CLOCK "{\"step\":\"clock\",\"until\":8600000}"
#define SOONER "{\"step\":\"clock\",\"until\":8500000}"
#define BOUND "{\"step\":\"pcr\",\"pcrs\":\"pcr=sha256:7=" PCR_7 "\"}"
#define AUTH "{\"step\":\"auth-value\"}"
#define SECRET "{\"step\":\"secret\",\"name\":\"QAAACw==\",\"ref\":\"\"}"
#define SIGNER "{\"step\":\"authorize\",\"key\":\"ACMACwAA\",\"ref\":\"\"}"
#define COMMAND(n) "{\"step\":\"command\",\"code\":" #n "}"
#define OR(a, b) "{\"step\":\"or\",\"branches\":[[" a "],[" b "]]}"
#define HOST SG_ORIGIN_HOST
#define TPM SG_ORIGIN_TPM

static const struct foreign {
	enum sg_enroll_origin origin;
	const char *steps;
	enum sg_enroll_reason reason;
	const char *what;
} foreign[] = {
	{ HOST, "[" CLOCK "]", SG_ENROLL_OK, "ours" },
	{ HOST, "[" CLOCK "," BOUND "]", SG_ENROLL_OK, "narrower" },
	{ HOST, "[" OR(CLOCK, BOUND "," SOONER) "]", SG_ENROLL_OK, "an end on each way" },
	{ HOST, "[" OR(CLOCK, BOUND) "]", SG_ENROLL_POLICY_OTHER, "no end on one way" },
	{ HOST, "[" CLOCK "," AUTH "]", SG_ENROLL_POLICY_OTHER, "and a password" },
	{ HOST, "[" CLOCK "," SECRET "]", SG_ENROLL_POLICY_OTHER, "and somebody's password" },
	{ HOST, "[" CLOCK "," COMMAND(350) "]", SG_ENROLL_POLICY_OTHER, "to unseal alone" },
	{ HOST, "[" SIGNER "," CLOCK "]", SG_ENROLL_POLICY_OTHER, "what somebody signs" },
	{ HOST, "[" OR(CLOCK, COMMAND(328)) "]", SG_ENROLL_POLICY_OTHER, "or to be certified" },
	{ HOST, "[" OR(CLOCK, AUTH) "]", SG_ENROLL_POLICY_OTHER, "or a password" },
	{ HOST, "[" OR(CLOCK, OR(AUTH, CLOCK)) "]", SG_ENROLL_POLICY_OTHER, "deeper" },
	{ HOST, "[" OR(CLOCK, COMMAND(331)) "]", SG_ENROLL_OBJECT_LEAVES, "to be duplicated" },
	{ TPM, "[" SIGNER "," CLOCK "]", SG_ENROLL_OK, "ours" },
	{ TPM, "[" CLOCK "]", SG_ENROLL_POLICY_OTHER, "any label" },
	{ TPM, "[" OR(SIGNER "," CLOCK, CLOCK) "]", SG_ENROLL_POLICY_OTHER, "or any label" },
	{ TPM, "[" OR(CLOCK, SIGNER "," CLOCK) "]", SG_ENROLL_POLICY_OTHER, "any label, or one" },
	{ TPM, "[" OR(SIGNER, SIGNER) "," CLOCK "]", SG_ENROLL_POLICY_OTHER, "two that sign" },
	{ TPM, "[" SIGNER "," CLOCK "," AUTH "]", SG_ENROLL_POLICY_OTHER, "and a password" },
	{ TPM, "[" OR(SIGNER "," CLOCK, COMMAND(347)) "]", SG_ENROLL_POLICY_OTHER, "HMAC_Start" },
	{ TPM, "[" OR(SIGNER "," CLOCK, COMMAND(349)) "]", SG_ENROLL_POLICY_OTHER, "Sign" },
	{ TPM, "[" OR(SIGNER "," CLOCK, COMMAND(344)) "]", SG_ENROLL_POLICY_OTHER, "Quote" },
};

START_TEST(policies_of_others_are_judged_by_all_their_branches)
{
	demand.lifetime = 3600;
	demand.origin = foreign[_i].origin;
	machine.steps = foreign[_i].steps;
	machine.hello.clock = 5000000;
	ck_assert_int_eq(begin(), SG_ENROLL_OK);
	ck_assert(enroller_answer(&machine, sg_buf_bytes(&pending.challenge)));
	assert_reason(finish(), foreign[_i].reason, foreign[_i].what);
}
END_TEST

/* The clock. */

static void no_time(struct enroller *e) { e->time.missing = true; }
static void unsafe(struct enroller *e) { e->safe = false; }
static void too_long(struct enroller *e) { e->policy.until += 60000; }
static void for_ever(struct enroller *e) { e->policy.until = 0; e->attributes ^= 0xc0u; }
static void lock_for_ever(struct enroller *e) { e->policy.until = 0; }
static void set_back(struct enroller *e) { e->clock -= 3000; }
static void far_off(struct enroller *e) { e->clock -= 100000; }

static const struct row clock_rows[] = {
	{ ENROLLER_ATTEST, no_time, SG_ENROLL_CLOCK, SG_ORIGIN_HOST, "no time" },
	{ ENROLLER_ATTEST, unsafe, SG_ENROLL_CLOCK, SG_ORIGIN_HOST, "a clock that may go back" },
	{ ENROLLER_OBJECT, too_long, SG_ENROLL_CLOCK, SG_ORIGIN_HOST, "a minute too long" },
	{ ENROLLER_OBJECT, too_long, SG_ENROLL_CLOCK, SG_ORIGIN_TPM, "a minute too long" },
	{ ENROLLER_ATTEST, far_off, SG_ENROLL_CLOCK, SG_ORIGIN_HOST, "a clock far off" },
	{ ENROLLER_ATTEST, far_off, SG_ENROLL_CLOCK, SG_ORIGIN_VAULT, "a clock far off" },
	{ ENROLLER_ATTEST, set_back, SG_ENROLL_OK, SG_ORIGIN_HOST, "as far as a cut sets it back" },
	{ ENROLLER_OBJECT, for_ever, SG_ENROLL_POLICY_OTHER, SG_ORIGIN_HOST, "no end" },
	{ ENROLLER_OBJECT, lock_for_ever, SG_ENROLL_POLICY_OTHER, SG_ORIGIN_TPM, "no end" },
};

START_TEST(a_lease_that_would_not_end_in_time_is_refused)
{
	row = &clock_rows[_i];
	demand.origin = row->origin;
	demand.lifetime = 3600;
	machine.change = change;
	answer();
	assert_reason(finish(), row->reason, row->what);
}
END_TEST

START_TEST(a_clock_that_never_was_is_refused)
{
	machine.hello.clock = INT64_MAX;
	demand.lifetime = 1;
	assert_reason(begin(), SG_ENROLL_CLOCK, "begin");
}
END_TEST

/* Each byte of a good enrolment counts: none can be changed without being noticed. */
START_TEST(no_byte_of_the_evidence_can_be_changed)
{
	struct sg_buf json = { 0 };
	unsigned taken = 0;

	demand.lifetime = 3600;
	demand.bind_pcrs = demand.quote_pcrs = "pcr=sha256:7";
	answer();
	ck_assert_int_eq(sg_enroll_evidence_write(&machine.evidence, &json), SG_OK);
	for (size_t at = 0; at < json.len; at++) {
		struct sg_enroll_evidence changed;

		memset(&changed, 0, sizeof changed);
		json.data[at] ^= 0x01;
		if (sg_enroll_evidence_read(sg_buf_bytes(&json), &changed) == SG_ENROLL_OK)
			taken += sg_enroll_evidence_verify(&pending, &demand, &changed, &finding) ==
			         SG_ENROLL_OK;
		json.data[at] ^= 0x01;
		sg_enroll_evidence_clear(&changed);
	}
	sg_buf_free(&json);
	ck_assert_uint_eq(taken, 0);
	assert_reason(finish(), SG_ENROLL_OK, "unchanged");
}
END_TEST

/* Both halves, over and over; what fails is looked at where Check may be called. */
static void *enrol(void *arg)
{
	size_t *taken = arg;

	for (int i = 0; i < 20; i++) {
		struct sg_enroll_pending kept = { .credential = NULL };
		struct sg_enroll_challenge challenge = { .expires = 0 };
		struct sg_enroll_finding found;

		if (sg_enroll_challenge_make(sg_buf_bytes(&machine.hello_json), &machine.hello,
		                             &demand, AT, &kept, &challenge) == SG_ENROLL_OK &&
		    sg_enroll_evidence_verify(&pending, &demand, &machine.evidence, &found) ==
		    SG_ENROLL_OK)
			++*taken;
		sg_enroll_pending_clear(&kept);
		sg_enroll_challenge_clear(&challenge);
	}
	return NULL;
}

START_TEST(any_number_of_threads_may_judge)
{
	pthread_t threads[4];
	size_t taken[4] = { 0 };

	demand.lifetime = 3600;
	answer();
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, enrol, &taken[i]), 0);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		ck_assert_uint_eq(taken[i], 20);
	}
}
END_TEST

static void add_keys(TCase *tc)
{
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
	tcase_add_test(tc, a_key_that_was_taken_off_the_list_meanwhile_is_refused);
	tcase_add_loop_test(tc, an_attestation_key_that_could_lie_is_refused, 0,
	                    sizeof aks / sizeof aks[0]);
	tcase_add_test(tc, an_attestation_key_in_another_form_is_refused);
	tcase_add_test(tc, a_parent_that_is_no_storage_key_is_refused);
	tcase_add_test(tc, a_parent_with_a_policy_of_its_own_is_refused);
	tcase_add_test(tc, a_tpm_without_the_endorsement_key_opens_no_credential);
	tcase_add_test(tc, an_attestation_key_of_another_tpm_opens_no_credential);
	tcase_add_test(tc, a_minted_key_is_for_one_tpm);
}

static void add_evidence(TCase *tc)
{
	tcase_add_test(tc, evidence_of_another_enrolment_is_refused);
	tcase_add_loop_test(tc, what_is_not_as_it_should_be_has_its_own_reason, 0,
	                    sizeof rows / sizeof rows[0]);
	tcase_add_test(tc, a_lease_below_a_key_of_the_platform_is_refused);
	tcase_add_test(tc, another_key_than_the_minted_one_is_refused);
	tcase_add_loop_test(tc, pcrs_that_are_asked_for_must_be_shown, 0,
	                    sizeof pcr_rows / sizeof pcr_rows[0]);
	tcase_add_test(tc, pcrs_must_have_the_values_that_are_demanded);
	tcase_add_test(tc, an_event_log_that_is_missing_is_refused);
	tcase_add_test(tc, an_event_log_that_is_none_is_refused);
	tcase_add_loop_test(tc, a_certificate_request_must_be_that_of_the_key, 0,
	                    sizeof request_rows / sizeof request_rows[0]);
	tcase_add_loop_test(tc, a_lease_that_would_not_end_in_time_is_refused, 0,
	                    sizeof clock_rows / sizeof clock_rows[0]);
	tcase_add_test(tc, a_clock_that_never_was_is_refused);
	tcase_add_loop_test(tc, policies_of_others_are_judged_by_all_their_branches, 0,
	                    sizeof foreign / sizeof foreign[0]);
	tcase_add_test(tc, no_byte_of_the_evidence_can_be_changed);
	tcase_add_test(tc, any_number_of_threads_may_judge);
}

int main(void)
{
	Suite *suite = suite_create("enroll_verify");
	TCase *tc = tcase_create("enroll_verify");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_key_that_the_host_made_is_asserted);
	tcase_add_test(tc, a_key_that_is_derived_was_born_in_the_tpm);
	tcase_add_test(tc, a_key_that_was_sent_is_minted);
	tcase_add_test(tc, an_endorsement_key_of_rsa_is_as_good);
	tcase_add_loop_test(tc, what_is_asked_for_is_shown, SG_ORIGIN_HOST, SG_ORIGINS);
	tcase_add_loop_test(tc, the_origin_follows_from_the_level_where_nobody_chooses, 0, SG_LEVELS);
	tcase_add_test(tc, another_origin_than_the_demanded_is_refused);
	add_keys(tc);
	add_evidence(tc);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
