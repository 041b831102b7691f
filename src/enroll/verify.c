/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Judges evidence: what must be shown, in the order in which it is looked at. Each
 * part is judged in a file of its own (enroll/judge.h).
 */
#include "enroll/verify.h"

#include <string.h>

#include "crypto/ed25519.h"
#include "enroll/judge.h"
#include "enroll/request.h"
#include "seal/tpm/distant.h"

static enum sg_enroll_reason judge_session(struct sg_judging *j, struct sg_enroll_finding *out)
{
	out->origin = j->challenge->origin;
	memcpy(out->key, j->evidence->key, sizeof out->key);
	if (j->evidence->origin != out->origin || out->origin == SG_ORIGIN_ANY ||
	    (j->demand->origin != SG_ORIGIN_ANY && j->demand->origin != out->origin))
		return SG_ENROLL_ORIGIN;
	out->level = sg_enroll_origin_level(out->origin);
	if (out->level < j->demand->level)
		return SG_ENROLL_LEVEL;
	return memcmp(j->evidence->session, j->challenge->session, SG_ENROLL_SESSION) == 0
	               ? SG_ENROLL_OK : SG_ENROLL_SESSION_UNKNOWN;
}

/* The storage key is of the owner hierarchy, and the attestation key is below it. What is of the
 * platform outlives TPM2_Clear, which sets the clock back to nothing: a lease would begin again. */
static enum sg_err qualify(struct sg_judging *j)
{
	uint8_t parent[SG_NODE_NAME], ak[SG_NODE_NAME];
	enum sg_err err = sg_area_name(sg_buf_bytes(&j->hello->parent), parent);

	if (err == SG_OK)
		err = sg_area_qualified_primary(parent, j->parent);
	if (err == SG_OK)
		err = sg_area_name(sg_buf_bytes(&j->hello->ak), ak);
	return err == SG_OK ? sg_area_qualified(j->parent, ak, j->by.signer) : err;
}

/* The hello was judged before, but by what was demanded then. */
static enum sg_enroll_reason judge_keys(struct sg_judging *j, struct sg_enroll_finding *out)
{
	enum sg_enroll_reason why = sg_judge_ek(j->hello, j->demand, out);

	if (why != SG_ENROLL_OK)
		return why;
	if (!sg_area_ak_read(sg_buf_bytes(&j->hello->ak), j->by.point))
		return SG_ENROLL_AK;
	if (sg_distant_parent(sg_buf_bytes(&j->hello->parent)) != SG_OK)
		return SG_ENROLL_PARENT;
	if (qualify(j) != SG_OK)
		return SG_ENROLL_INTERNAL;
	return sg_enroll_qualifying(j->transcript, j->evidence->key, j->by.qualifying) == SG_OK
	               ? SG_ENROLL_OK : SG_ENROLL_INTERNAL;
}

static enum sg_enroll_reason judge_credential(const struct sg_judging *j,
                                              const struct sg_secret *credential)
{
	uint8_t wanted[SG_ENROLL_HASH];

	if (credential == NULL || sg_enroll_opened(credential, j->transcript, wanted) != SG_OK)
		return SG_ENROLL_INTERNAL;
	return sg_secret_equal(sg_bytes(wanted, sizeof wanted),
	                       sg_bytes(j->evidence->opened, sizeof wanted))
	               ? SG_ENROLL_OK : SG_ENROLL_CREDENTIAL;
}

/* The object, how it was made, and its policy. One that was minted is known already: its key
 * shows that it was opened. */
static enum sg_enroll_reason judge_making(struct sg_judging *j, struct sg_enroll_finding *out)
{
	const bool minted = out->origin == SG_ORIGIN_VAULT;
	struct sg_attested certified = { .safe = false };
	enum sg_enroll_reason why = SG_ENROLL_OK;

	if (!minted)
		why = sg_attested_check(&j->evidence->certified, SG_ATTESTED_CREATION, &j->by,
		                        &certified);
	else if (j->evidence->certified.attest.len > 0 || j->evidence->creation.len > 0)
		why = SG_ENROLL_ATTEST;
	if (why == SG_ENROLL_OK)
		why = sg_judge_object(j, &certified, out);
	if (why == SG_ENROLL_OK && !minted)
		why = sg_judge_creation(j, &certified);
	return why == SG_ENROLL_OK ? sg_judge_policy(j, out) : why;
}

static enum sg_enroll_reason judge_proof(const struct sg_judging *j)
{
	const struct sg_bytes key = sg_bytes(j->evidence->key, SG_ENROLL_KEY_LEN);
	uint8_t digest[SG_ENROLL_HASH];

	if (!sg_ed25519_public_valid(key))
		return SG_ENROLL_KEY;
	if (j->challenge->origin == SG_ORIGIN_VAULT &&
	    memcmp(key.data, j->challenge->key, key.len) != 0)
		return SG_ENROLL_KEY_SWAPPED;
	if (sg_enroll_evidence_digest(j->evidence, j->transcript, digest) != SG_OK)
		return SG_ENROLL_INTERNAL;
	return sg_ed25519_verify(key, sg_bytes(digest, sizeof digest),
	                         sg_bytes(j->evidence->proof, SG_ENROLL_PROOF_LEN)) == SG_OK
	               ? SG_ENROLL_OK : SG_ENROLL_PROOF;
}

/* The certificate request, where one came along. */
static enum sg_enroll_reason judge_request(const struct sg_judging *j)
{
	const struct sg_enroll_request wanted = {
		.key = j->evidence->key, .certified = &j->evidence->certified,
		.object = sg_buf_bytes(&j->evidence->object),
	};

	if (j->evidence->request.len == 0)
		return SG_ENROLL_OK;
	return sg_enroll_request_verify(&wanted, sg_buf_bytes(&j->evidence->request));
}

static enum sg_enroll_reason judge_all(struct sg_judging *j, const struct sg_secret *credential,
                                       struct sg_enroll_finding *out)
{
	enum sg_enroll_reason why = judge_session(j, out);

	if (why == SG_ENROLL_OK)
		why = judge_keys(j, out);
	if (why == SG_ENROLL_OK)
		why = judge_credential(j, credential);
	if (why == SG_ENROLL_OK)
		why = judge_making(j, out);
	if (why == SG_ENROLL_OK)
		why = sg_judge_quote(j);
	if (why == SG_ENROLL_OK)
		why = sg_judge_clock(j, out);
	if (why == SG_ENROLL_OK)
		why = judge_proof(j);
	if (why == SG_ENROLL_OK)
		why = judge_request(j);
	return why;
}

enum sg_enroll_reason sg_enroll_evidence_verify(const struct sg_enroll_pending *pending,
                                                const struct sg_enroll_demand *demand,
                                                const struct sg_enroll_evidence *evidence,
                                                struct sg_enroll_finding *out)
{
	struct sg_enroll_challenge challenge;
	struct sg_enroll_hello hello;
	struct sg_judging j = {
		.demand = demand, .hello = &hello, .challenge = &challenge, .evidence = evidence,
		.transcript = pending->transcript,
	};
	enum sg_enroll_reason why = SG_ENROLL_INTERNAL;

	memset(out, 0, sizeof *out);
	memset(&hello, 0, sizeof hello);
	memset(&challenge, 0, sizeof challenge);
	/* What was kept was read before; if it can't be read now, the store is damaged. */
	if (sg_enroll_hello_read(sg_buf_bytes(&pending->hello), &hello) == SG_ENROLL_OK &&
	    sg_enroll_challenge_read(sg_buf_bytes(&pending->challenge), &challenge) == SG_ENROLL_OK)
		why = judge_all(&j, pending->credential, out);
	sg_enroll_hello_clear(&hello);
	sg_enroll_challenge_clear(&challenge);
	return why;
}
