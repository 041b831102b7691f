/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. Good hellos and good evidence, of which the input changes some bytes or fields, and after
 * which signatures are made anew where it says so: nothing that was changed is taken, unless all
 * that it stands under was made anew, and then it is still what was demanded. The first byte says
 * which: the steps of a policy as text, a hello, evidence, or evidence as text.
 */
#include <string.h>

#include "crypto/crypto.h"
#include "enroll/area.h"
#include "enroll/steps.h"
#include "fuzz/input.h"
#include "lib/enroller.h"

#define AT 2000000000u
#define LIFETIME 3600
#define CHANGES_MAX 8
#define SLACK_MS 10000

/* What a change may do after it; bits of a decision. */
#define AGAIN_HASHES 1u                 /* the Name and the hash that are attested */
#define AGAIN_ATTESTS 2u                /* signatures of the attestation key */
#define AGAIN_PROOF 4u

/* An enrolment of each origin, all of it good. */
static struct {
	struct enroller machine;
	struct sg_enroll_demand demand;
	struct sg_enroll_pending pending;
	struct sg_buf json;             /* the evidence */
} worlds[SG_ORIGINS];

static struct test_authority maker;
static struct sg_authorities *authorities;

static void need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("%s", what);
}

/* What the helpers of tests check is checked outside of a test here. */
void __wrap__mark_point(const char *file, int line);
void __wrap__ck_assert_failed(const char *file, int line, const char *expression,
                              const char *message, ...) __attribute__((noreturn));

void __wrap__mark_point(const char *file, int line)
{
	(void)file;
	(void)line;
}

void __wrap__ck_assert_failed(const char *file, int line, const char *expression,
                              const char *message, ...)
{
	(void)message;
	fuzz_fail("%s:%d: %s", file, line, expression);
}

static void make_world(enum sg_enroll_origin origin)
{
	struct enroller *machine = &worlds[origin].machine;
	struct sg_enroll_finding finding;

	worlds[origin].demand = (struct sg_enroll_demand){
		.authorities = authorities, .origin = origin, .lifetime = LIFETIME,
		.bind_pcrs = "pcr=sha256:7=0707070707070707070707070707070707070707070707070707070707"
		             "070707",
		.quote_pcrs = "pcr=sha256:0,7",
	};
	enroller_make(machine, SG_EK_P256, &maker);
	need(sg_enroll_challenge_make(sg_buf_bytes(&machine->hello_json), &machine->hello,
	                              &worlds[origin].demand, AT, &worlds[origin].pending,
	                              &machine->challenge) == SG_ENROLL_OK, "a challenge");
	need(enroller_answer(machine, sg_buf_bytes(&worlds[origin].pending.challenge)), "an answer");
	need(sg_enroll_evidence_verify(&worlds[origin].pending, &worlds[origin].demand,
	                               &machine->evidence, &finding) == SG_ENROLL_OK,
	     "good evidence is refused");
	need(sg_enroll_evidence_write(&machine->evidence, &worlds[origin].json) == SG_OK, "JSON");
}

static void make_worlds(void)
{
	struct sg_buf pem = { 0 };

	need(sg_crypto_start() == SG_OK, "crypto");
	test_authority_make(&maker, "maker", NULL);
	test_authority_pem(&maker, &pem);
	need(sg_authorities_read(sg_buf_bytes(&pem), &authorities) == SG_OK, "authorities");
	sg_buf_free(&pem);
	for (int origin = SG_ORIGIN_HOST; origin < SG_ORIGINS; origin++)
		make_world((enum sg_enroll_origin)origin);
}

/* Change a field: flip, cut, lengthen, fill, or put a piece of another in. */
static void change_bytes(struct fuzz_input *in, struct sg_buf *field, const struct sg_buf *from)
{
	const size_t at = field->len > 0 ? (fuzz_byte(in) << 8 | fuzz_byte(in)) % field->len : 0;
	const size_t rest = field->len - at;
	size_t n;

	switch (fuzz_below(in, 6)) {
	case 0:
		if (rest > 0)
			field->data[at] ^= (uint8_t)(1u << fuzz_below(in, 8));
		break;
	case 1:
		if (rest > 0)
			field->data[at] = fuzz_byte(in);
		break;
	case 2:
		field->len = at;
		break;
	case 3:
		n = fuzz_below(in, 32);
		for (size_t i = 0; i < n; i++)
			need(sg_buf_append(field, sg_bytes(&in->len, 1)) == SG_OK, "memory");
		break;
	case 4:
		n = from->len < rest ? from->len : rest;
		if (n > 0)
			memmove(field->data + at, from->data, n);
		break;
	case 5:
		need(from == field || sg_buf_set(field, sg_buf_bytes(from)) == SG_OK, "memory");
		break;
	}
}

/* The steps of a policy, which anybody may send. */
static void try_steps(struct sg_bytes text)
{
	struct sg_enroll_policy found, again;

	if (sg_enroll_steps_replay(text, &found) != SG_ENROLL_OK)
		return;
	need(sg_enroll_steps_replay(text, &again) == SG_ENROLL_OK &&
	     memcmp(&found, &again, sizeof found) == 0, "a policy is replayed differently");
	need(sg_pcrs_known(&found.pcrs), "a value that is demanded is not known");
}

static void try_hello(struct fuzz_input *in)
{
	const unsigned origin = SG_ORIGIN_HOST + fuzz_below(in, SG_ORIGINS - 1);
	const struct enroller *good = &worlds[origin].machine;
	struct sg_enroll_pending pending = { .credential = NULL };
	struct sg_enroll_challenge challenge;
	struct sg_enroll_hello hello;
	struct sg_buf *fields[] = { &hello.ek, &hello.ak, &hello.parent, &hello.chain[0],
		                    &hello.chain[1] };
	enum sg_enroll_reason why;
	uint8_t point[SG_P256_POINT];

	memset(&hello, 0, sizeof hello);
	memset(&challenge, 0, sizeof challenge);
	need(sg_enroll_hello_read(sg_buf_bytes(&good->hello_json), &hello) == SG_ENROLL_OK, "a hello");
	for (unsigned i = fuzz_below(in, CHANGES_MAX); i > 0; i--) {
		const unsigned which = fuzz_below(in, 5);

		change_bytes(in, fields[which], fields[fuzz_below(in, 5)]);
	}
	why = sg_enroll_challenge_make(sg_buf_bytes(&good->hello_json), &hello,
	                               &worlds[origin].demand, AT, &pending, &challenge);
	if (why == SG_ENROLL_OK) {
		need(sg_bytes_equal(sg_buf_bytes(&hello.ek), sg_buf_bytes(&good->hello.ek)),
		     "another endorsement key is taken");
		need(sg_area_ak_read(sg_buf_bytes(&hello.ak), point), "no attestation key is taken");
		need(challenge.credential.len > 0 && pending.credential != NULL, "no credential");
	}
	sg_enroll_pending_clear(&pending);
	sg_enroll_challenge_clear(&challenge);
	sg_enroll_hello_clear(&hello);
}

static bool same_buf(const struct sg_buf *a, const struct sg_buf *b)
{
	return sg_bytes_equal(sg_buf_bytes(a), sg_buf_bytes(b));
}

static bool same_evidence(const struct sg_enroll_evidence *a, const struct sg_enroll_evidence *b)
{
	struct sg_buf one = { 0 }, two = { 0 };
	bool same = sg_enroll_evidence_write(a, &one) == SG_OK &&
	            sg_enroll_evidence_write(b, &two) == SG_OK && same_buf(&one, &two);

	sg_buf_free(&one);
	sg_buf_free(&two);
	return same;
}

/* What must hold of all that is taken, whoever signed it. */
static void check_taken(unsigned origin, const struct sg_enroll_evidence *evidence,
                        const struct sg_enroll_finding *finding)
{
	const uint32_t fixed = SG_AREA_FIXED_TPM | SG_AREA_FIXED_PARENT;
	struct sg_area_hash object;

	need(sg_area_hash_read(sg_buf_bytes(&evidence->object), &object), "no object is taken");
	need(origin == SG_ORIGIN_VAULT || (object.attributes & fixed) == fixed,
	     "an object that can leave is taken");
	need(object.has_policy && (object.attributes & SG_AREA_USER_WITH_AUTH) == 0,
	     "an object that opens without its policy is taken");
	need(finding->origin == origin, "another origin is found");
	need(finding->until > 0 && finding->until <= finding->clock + 1000 * LIFETIME + SLACK_MS,
	     "a lease that ends too late is taken");
	need(memcmp(finding->key, evidence->key, sizeof finding->key) == 0, "another key is found");
}

static void make_again(struct enroller *good, struct sg_enroll_evidence *evidence, unsigned again)
{
	struct sg_enroll_attest *attests[] = { &evidence->certified, &evidence->quote,
		                               &evidence->time };
	const size_t at = 4 + 2 + 2 + SG_NODE_NAME + 2 + SG_ENROLL_HASH + 17 + 8 + 2;
	struct sg_buf *certified = &evidence->certified.attest;
	struct sg_enroll_evidence kept;

	if ((again & AGAIN_HASHES) != 0 && certified->len >= at + SG_NODE_NAME + 2 + SG_ENROLL_HASH) {
		need(sg_area_name(sg_buf_bytes(&evidence->object), certified->data + at) == SG_OK &&
		     sg_digest_once(SG_SHA256, sg_buf_bytes(&evidence->creation),
		                    certified->data + at + SG_NODE_NAME + 2) == SG_OK, "hashes");
	}
	for (size_t i = 0; i < 3 && (again & AGAIN_ATTESTS) != 0; i++)
		if (attests[i]->attest.len > 0)
			soft_tpm_sign(good->tpm.ak_key, sg_buf_bytes(&attests[i]->attest),
			              &attests[i]->signature);
	if ((again & AGAIN_PROOF) != 0) {
		kept = good->evidence;
		good->evidence = *evidence;
		enroller_prove(good);
		*evidence = good->evidence;
		good->evidence = kept;
	}
}

static void try_evidence(struct fuzz_input *in)
{
	const unsigned origin = SG_ORIGIN_HOST + fuzz_below(in, SG_ORIGINS - 1);
	const unsigned again = fuzz_below(in, 8);
	struct enroller *good = &worlds[origin].machine;
	struct sg_enroll_evidence evidence;
	struct sg_enroll_finding finding;
	struct sg_buf *fields[] = {
		&evidence.object, &evidence.creation, &evidence.certified.attest,
		&evidence.certified.signature, &evidence.steps, &evidence.label, &evidence.quoted,
		&evidence.quote.attest, &evidence.quote.signature, &evidence.eventlog,
		&evidence.time.attest, &evidence.time.signature, &evidence.request,
	};
	const unsigned n = sizeof fields / sizeof fields[0];

	memset(&evidence, 0, sizeof evidence);
	need(sg_enroll_evidence_read(sg_buf_bytes(&worlds[origin].json), &evidence) == SG_ENROLL_OK,
	     "evidence");
	for (unsigned i = fuzz_below(in, CHANGES_MAX); i > 0; i--) {
		const unsigned which = fuzz_below(in, n);

		change_bytes(in, fields[which], fields[fuzz_below(in, n)]);
	}
	make_again(good, &evidence, again);
	if (sg_enroll_evidence_verify(&worlds[origin].pending, &worlds[origin].demand, &evidence,
	                              &finding) == SG_ENROLL_OK) {
		check_taken(origin, &evidence, &finding);
		need((again & AGAIN_PROOF) != 0 || same_evidence(&evidence, &good->evidence),
		     "changed evidence is taken");
	}
	sg_enroll_evidence_clear(&evidence);
}

static void try_text(struct sg_bytes text)
{
	struct sg_enroll_evidence evidence;
	struct sg_enroll_finding finding;

	memset(&evidence, 0, sizeof evidence);
	if (sg_enroll_evidence_read(text, &evidence) == SG_ENROLL_OK)
		for (int origin = SG_ORIGIN_HOST; origin < SG_ORIGINS; origin++)
			need(sg_enroll_evidence_verify(&worlds[origin].pending,
			                               &worlds[origin].demand, &evidence,
			                               &finding) != SG_ENROLL_OK,
			     "what nobody proved is taken");
	sg_enroll_evidence_clear(&evidence);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	const unsigned which = fuzz_below(&in, 4);

	if (authorities == NULL)
		make_worlds();
	if (which == 0)
		try_steps(sg_bytes(in.data, in.len));
	else if (which == 1)
		try_hello(&in);
	else if (which == 2)
		try_evidence(&in);
	else
		try_text(sg_bytes(in.data, in.len));
	return 0;
}
