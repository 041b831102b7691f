/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Answers a challenge: makes the key by its origin, has the hardware say how, and
 * signs all of it with the key. The seed is in guarded memory, and gone at the end.
 */
#include <string.h>

#include "crypto/ed25519.h"
#include "crypto/random.h"
#include "enroll/box.h"
#include "enroll/machine.h"
#include "enroll/request.h"
#include "enroll/steps.h"
#include "util/log.h"

/* What keys are derived with. A key is made for each enrolment, so one label does. */
#define LABEL "signet ed25519 1"

#define MS 1000
#define SUBJECT_MAX 64                  /* bytes of a common name */

/* An answer in the making. */
struct answer {
	struct sg_sealer *sealer;
	struct sg_bytes parent;
	const struct sg_attest_ops *ops;
	struct sg_bytes ak_blob;
	struct sg_enroll_hello hello;
	struct sg_enroll_challenge challenge;
	struct sg_policy policy;        /* that is asked for */
	struct sg_policy quote;         /* the PCRs of it */
	struct sg_attest_object object;
	struct sg_secret *key;          /* the Ed25519 key */
	uint8_t transcript[SG_ENROLL_HASH];
	uint8_t qualifying[SG_ENROLL_HASH];
	struct sg_enroll_evidence evidence;
};

static void clear(struct answer *a)
{
	sg_enroll_hello_clear(&a->hello);
	sg_enroll_challenge_clear(&a->challenge);
	sg_policy_clear(&a->policy);
	sg_policy_clear(&a->quote);
	sg_attest_object_clear(&a->object);
	sg_secret_free(&a->key);
	sg_enroll_evidence_clear(&a->evidence);
}

/* Read PCRs that are asked for, and nothing else that a policy may have. */
static enum sg_err read_pcrs(const struct sg_buf *text, struct sg_policy *policy)
{
	enum sg_err err = text->len > 0 ? sg_policy_parse(sg_buf_bytes(text), policy) : SG_OK;

	return err == SG_OK && (policy->signer.len > 0 || policy->until > 0) ? SG_ERR_FORMAT : err;
}

static enum sg_err read_messages(struct answer *a, struct sg_bytes hello, struct sg_bytes challenge)
{
	enum sg_err err = SG_OK;

	if (sg_enroll_hello_read(hello, &a->hello) != SG_ENROLL_OK ||
	    sg_enroll_challenge_read(challenge, &a->challenge) != SG_ENROLL_OK)
		err = SG_ERR_FORMAT;
	if (err == SG_OK)
		err = sg_enroll_transcript(hello, challenge, a->transcript);
	if (err == SG_OK)
		err = read_pcrs(&a->challenge.pcrs, &a->policy);
	if (err == SG_OK)
		err = read_pcrs(&a->challenge.quote, &a->quote);
	if (err == SG_OK && a->challenge.lifetime > 0) {
		if (a->challenge.lifetime > (UINT64_MAX - a->hello.clock) / MS)
			return SG_ERR_FORMAT;
		a->policy.until = a->hello.clock + a->challenge.lifetime * MS;
	}
	return err;
}

/* Open the credential that is for the endorsement key and the attestation key together. */
static enum sg_err open_credential(struct answer *a)
{
	const struct sg_enroll_challenge *c = &a->challenge;
	struct sg_secret *credential = NULL;
	enum sg_err err = a->ops->activate(a->sealer, a->parent, a->hello.ek_kind, a->ak_blob,
	                                   sg_buf_bytes(&c->credential),
	                                   sg_buf_bytes(&c->credential_seed), &credential);

	if (err == SG_OK)
		err = sg_enroll_opened(credential, a->transcript, a->evidence.opened);
	sg_secret_free(&credential);
	return err;
}

static enum sg_err guard(const struct answer *a, uint8_t outside[SG_ENROLL_HASH],
                         struct sg_attest_guard *out)
{
	*out = (struct sg_attest_guard){
		.policy = sg_policy_empty(&a->policy) ? NULL : &a->policy,
		.outside = sg_bytes(outside, SG_ENROLL_HASH),
	};
	return sg_enroll_outside(a->challenge.nonce,
	                         a->key != NULL ? sg_ed25519_public(a->key).data : NULL, outside);
}

/* The seed is what comes out of the hardware, also where it went in before. */
static enum sg_err unseal_key(struct answer *a)
{
	const struct sg_seal_guard open = { .auth = NULL };
	struct sg_secret *seed = NULL;
	enum sg_err err = a->sealer->ops->unseal(a->sealer, a->parent, &open,
	                                                 sg_buf_bytes(&a->object.blob), &seed);

	if (err == SG_OK)
		err = sg_ed25519_from_seed(sg_secret_bytes(seed), &a->key);
	sg_secret_free(&seed);
	return err;
}

static enum sg_err make_host(struct answer *a)
{
	struct sg_secret *seed = NULL;
	uint8_t outside[SG_ENROLL_HASH];
	struct sg_attest_guard how;
	enum sg_err err = sg_ed25519_generate(&a->key);

	if (err == SG_OK)
		err = sg_secret_copy(sg_bytes(a->key->data, SG_ED25519_SEED), &seed);
	if (err == SG_OK)
		err = guard(a, outside, &how);
	if (err == SG_OK)
		err = a->ops->seal(a->sealer, a->parent, &how, seed, &a->object);
	sg_secret_free(&seed);
	return err;
}

static enum sg_err make_tpm(struct answer *a)
{
	uint8_t outside[SG_ENROLL_HASH];
	struct sg_attest_guard how;
	enum sg_err err = guard(a, outside, &how);

	if (err == SG_OK)
		err = a->ops->derive(a->sealer, a->parent, &how, sg_bytes_str(LABEL),
		                     &a->object);
	if (err == SG_OK)
		err = sg_buf_set(&a->evidence.label, sg_bytes_str(LABEL));
	return err == SG_OK ? unseal_key(a) : err;
}

/* Take in what the registrar sealed for this TPM, and look whether it is what it says. */
static enum sg_err make_vault(struct answer *a)
{
	const struct sg_enroll_challenge *c = &a->challenge;
	struct sg_secret *box_key = NULL, *duplicate = NULL;
	enum sg_err err;

	if (c->object.len == 0 || c->duplicate.len == 0 || c->seed.len == 0 ||
	    c->parent_credential.len == 0 || c->parent_credential_seed.len == 0)
		return SG_ERR_FORMAT;
	err = a->ops->activate(a->sealer, a->parent, a->hello.ek_kind,
	                       (struct sg_bytes){ NULL, 0 }, sg_buf_bytes(&c->parent_credential),
	                       sg_buf_bytes(&c->parent_credential_seed), &box_key);
	if (err == SG_OK)
		err = sg_enroll_box_open(box_key, sg_buf_bytes(&c->object), sg_buf_bytes(&c->seed),
		                         sg_buf_bytes(&c->duplicate), &duplicate);
	if (err == SG_OK)
		err = a->ops->import(a->sealer, a->parent,
		                     sg_policy_empty(&a->policy) ? NULL : &a->policy,
		                     sg_buf_bytes(&c->object), duplicate, sg_buf_bytes(&c->seed),
		                     &a->object);
	if (err == SG_OK)
		err = unseal_key(a);
	if (err == SG_OK && !sg_bytes_equal(sg_ed25519_public(a->key),
	                                    sg_bytes(c->key, sizeof c->key)))
		err = SG_ERR_TAG;
	sg_secret_free(&box_key);
	sg_secret_free(&duplicate);
	return err;
}

static enum sg_err (*const makers[SG_ORIGINS])(struct answer *a) = {
	[SG_ORIGIN_HOST] = make_host,
	[SG_ORIGIN_TPM] = make_tpm,
	[SG_ORIGIN_VAULT] = make_vault,
};

/* Put what the hardware signed into the evidence. */
static enum sg_err take_signed(struct sg_attest_signed *from, struct sg_enroll_attest *to)
{
	enum sg_err err = sg_buf_set(&to->attest, sg_buf_bytes(&from->attest));

	if (err == SG_OK)
		err = sg_buf_set(&to->signature, sg_bytes(from->signature, sizeof from->signature));
	sg_attest_signed_clear(from);
	return err;
}

static enum sg_err show_object(struct answer *a)
{
	struct sg_attest_signed said = { .attest = { NULL, 0, 0 } };
	enum sg_err err = sg_buf_set(&a->evidence.object, sg_buf_bytes(&a->object.area));

	if (err == SG_OK)
		err = sg_buf_set(&a->evidence.creation, sg_buf_bytes(&a->object.creation));
	if (err == SG_OK)
		err = sg_enroll_steps_write(&a->object.policy, &a->evidence.steps);
	if (err == SG_OK && a->challenge.origin != SG_ORIGIN_VAULT)
		err = a->ops->certify(a->sealer, a->parent, a->ak_blob, &a->object,
		                      sg_bytes(a->qualifying, sizeof a->qualifying), &said);
	if (err == SG_OK && said.attest.len > 0)
		err = take_signed(&said, &a->evidence.certified);
	sg_attest_signed_clear(&said);
	return err;
}

static enum sg_err show_time(struct answer *a)
{
	struct sg_attest_signed said = { .attest = { NULL, 0, 0 } };
	enum sg_err err = a->ops->time(a->sealer, a->parent, a->ak_blob,
	                               sg_bytes(a->qualifying, sizeof a->qualifying), &said);

	if (err == SG_OK)
		err = take_signed(&said, &a->evidence.time);
	sg_attest_signed_clear(&said);
	return err;
}

static enum sg_err show_pcrs(struct answer *a)
{
	struct sg_attest_signed said = { .attest = { NULL, 0, 0 } };
	enum sg_err err;

	if (!sg_pcrs_any(&a->quote.pcrs))
		return SG_OK;
	err = a->ops->quote(a->sealer, a->parent, a->ak_blob,
	                    sg_bytes(a->qualifying, sizeof a->qualifying), &a->quote.pcrs, &said);
	if (err == SG_OK)
		err = take_signed(&said, &a->evidence.quote);
	if (err == SG_OK)
		err = sg_policy_text(&a->quote, true, &a->evidence.quoted);
	sg_attest_signed_clear(&said);
	return err;
}

static enum sg_err sign(void *context, struct sg_bytes message,
                        uint8_t signature[SG_ENROLL_PROOF_LEN])
{
	return sg_ed25519_sign(sg_secret_bytes(context), message, signature);
}

/* The host's name is the subject, as far as a certificate takes it. */
static enum sg_err show_request(struct answer *a)
{
	const struct sg_enroll_signer signer = { sign, a->key };
	const struct sg_enroll_request request = {
		.name = sg_bytes(a->hello.host.data,
		                 a->hello.host.len <= SUBJECT_MAX ? a->hello.host.len : 0),
		.key = sg_ed25519_public(a->key).data, .certified = &a->evidence.certified,
		.object = sg_buf_bytes(&a->evidence.object),
	};

	if (a->challenge.origin == SG_ORIGIN_VAULT || request.name.len == 0)
		return SG_OK;
	return sg_enroll_request_write(&request, &signer, &a->evidence.request);
}

static enum sg_err prove(struct answer *a)
{
	uint8_t digest[SG_ENROLL_HASH];
	enum sg_err err = sg_enroll_evidence_digest(&a->evidence, a->transcript, digest);

	return err == SG_OK ? sg_ed25519_sign(sg_secret_bytes(a->key),
	                                      sg_bytes(digest, sizeof digest), a->evidence.proof)
	                    : err;
}

static enum sg_err make_evidence(struct answer *a, struct sg_bytes eventlog)
{
	struct sg_enroll_evidence *e = &a->evidence;
	enum sg_err err = open_credential(a);

	memcpy(e->session, a->challenge.session, sizeof e->session);
	e->origin = a->challenge.origin;
	if (err == SG_OK)
		err = makers[a->challenge.origin](a);
	if (err != SG_OK)
		return err;
	memcpy(e->key, sg_ed25519_public(a->key).data, sizeof e->key);
	err = sg_enroll_qualifying(a->transcript, e->key, a->qualifying);
	if (err == SG_OK)
		err = show_object(a);
	if (err == SG_OK)
		err = show_pcrs(a);
	if (err == SG_OK && a->challenge.eventlog)
		err = sg_buf_set(&e->eventlog, eventlog);
	if (err == SG_OK)
		err = show_time(a);
	if (err == SG_OK)
		err = show_request(a);
	return err == SG_OK ? prove(a) : err;
}

enum sg_err sg_enroll_machine_answer(const struct sg_enroll_device *device,
                                     struct sg_bytes challenge, struct sg_bytes eventlog,
                                     struct sg_enroll_state *state)
{
	struct answer a = {
		.sealer = device->sealer, .parent = device->parent,
		.ops = device->sealer->ops->attest,
		.ak_blob = sg_buf_bytes(&state->ak_blob),
	};
	enum sg_err err;

	if (a.ops == NULL)
		return SG_ERR_HW_UNSUPPORTED;
	err = read_messages(&a, sg_buf_bytes(&state->hello), challenge);
	if (err == SG_OK)
		err = make_evidence(&a, eventlog);
	if (err == SG_OK)
		err = sg_enroll_evidence_write(&a.evidence, &state->evidence);
	if (err == SG_OK)
		err = sg_buf_set(&state->challenge, challenge);
	if (err == SG_OK)
		err = sg_buf_set(&state->blob, sg_buf_bytes(&a.object.blob));
	if (err == SG_OK) {
		memcpy(state->key, a.evidence.key, sizeof state->key);
		state->phase = SG_PHASE_ANSWERED;
	}
	clear(&a);
	return err;
}
