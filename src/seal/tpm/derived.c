/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Secrets that are derived in the TPM. What comes out goes through an encrypted
 * session, and is left neither in memory of ours nor of tpm2-tss.
 */
#include "seal/tpm/derived.h"

#include <string.h>

#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/spki.h"
#include "seal/tpm/area.h"
#include "seal/tpm/boot.h"
#include "seal/tpm/key.h"
#include "seal/tpm/pcr.h"
#include "seal/tpm/policy.h"
#include "seal/tpm/rc.h"
#include "seal/tpm/session.h"
#include "util/log.h"

#define DIGEST SG_POLICY_DIGEST
#define POLICY_STORED_MAX 8192

static const char magic[4] = { 'S', 'G', 'D', '1' };

/* The policy alone lets the key be used, and no power cut counts as a try. */
static const TPMT_PUBLIC template = {
	.type = TPM2_ALG_KEYEDHASH,
	.nameAlg = TPM2_ALG_SHA256,
	.objectAttributes = TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_FIXEDTPM |
	                    TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
	                    TPMA_OBJECT_ADMINWITHPOLICY | TPMA_OBJECT_NODA,
	.authPolicy = { .size = DIGEST },
	.parameters.keyedHashDetail.scheme = {
		.scheme = TPM2_ALG_HMAC,
		.details = { .hmac = { .hashAlg = TPM2_ALG_SHA256 } },
	},
};

/* Fill in the template for a policy. */
static enum sg_err fill(TPMT_PUBLIC *area, const struct sg_policy *policy)
{
	*area = template;
	return sg_policy_digest(policy, area->authPolicy.buffer);
}

/* Tell whether an area is that of a key which was made so, for this policy. */
static bool is_ours(const TPMT_PUBLIC *area, const struct sg_policy *policy)
{
	struct sg_buf have = { 0 }, want = { 0 };
	TPMT_PUBLIC ours;
	bool same = area->type == TPM2_ALG_KEYEDHASH && area->unique.keyedHash.size == DIGEST &&
	            fill(&ours, policy) == SG_OK;

	if (same)
		ours.unique = area->unique;
	same = same && sg_tpm_area_write(area, &have) == SG_OK &&
	       sg_tpm_area_write(&ours, &want) == SG_OK &&
	       sg_bytes_equal(sg_buf_bytes(&have), sg_buf_bytes(&want));
	sg_buf_free(&have);
	sg_buf_free(&want);
	return same;
}

bool sg_derived_is(struct sg_bytes blob)
{
	struct sg_reader r = sg_reader(blob);

	sg_read_magic(&r, magic);
	return !r.failed;
}

enum sg_err sg_derived_write(const struct sg_derived *derived, struct sg_buf *out)
{
	struct sg_buf policy = { 0 };
	struct sg_writer w = sg_writer(out), inner = sg_writer(&policy);

	sg_policy_write(&derived->policy, &inner);
	sg_write_magic(&w, magic);
	sg_write_var(&w, sg_buf_bytes(&policy));
	sg_write_var(&w, sg_buf_bytes(&derived->label));
	sg_write_var(&w, sg_buf_bytes(&derived->ticket));
	sg_tpm_blob_write(&derived->key, &w);
	sg_buf_free(&policy);
	return w.err != SG_OK ? w.err : inner.err;
}

enum sg_err sg_derived_read(struct sg_bytes blob, struct sg_derived *out)
{
	struct sg_reader r = sg_reader(blob);
	struct sg_bytes policy, label, ticket;
	enum sg_err err;

	*out = (struct sg_derived){ 0 };
	sg_read_magic(&r, magic);
	policy = sg_read_var(&r, POLICY_STORED_MAX);
	label = sg_read_var(&r, SG_ATTEST_LABEL_MAX);
	ticket = sg_read_var(&r, SG_DERIVED_TICKET);
	err = r.failed || label.len == 0 ? SG_ERR_FORMAT : sg_policy_read(policy, &out->policy);
	if (err == SG_OK && (out->policy.signer.len == 0 || out->policy.auth))
		err = SG_ERR_FORMAT;
	if (err == SG_OK)
		err = sg_buf_set(&out->label, label);
	if (err == SG_OK)
		err = sg_buf_set(&out->ticket, ticket);
	if (err == SG_OK)
		err = sg_tpm_blob_read(&r, &out->key);
	if (err == SG_OK && !is_ours(&out->key.area.publicArea, &out->policy))
		err = SG_ERR_FORMAT;
	if (err != SG_OK)
		sg_log(SG_LOG_ERROR, "the blob is not that of a key from which this program has a TPM "
		       "derive");
	return err;
}

void sg_derived_clear(struct sg_derived *derived)
{
	sg_policy_clear(&derived->policy);
	sg_buf_free(&derived->label);
	sg_buf_free(&derived->ticket);
	memset(derived, 0, sizeof *derived);
}

/* Compute what the one use is: TPM2_HMAC with this key, this label and SHA-256 [TPM2 Part 1
 * §16.7]; and the policy that allows it alone [TPM2 Part 3 §23.13]. */
static enum sg_err one_use(const struct sg_derived *derived, TPM2B_DIGEST *cp_hash,
                           uint8_t approved[DIGEST])
{
	uint8_t name[SG_TPM_NAME], code[4], zeros[DIGEST] = { 0 };
	struct sg_buf message = { 0 };
	struct sg_writer w = sg_writer(&message);
	enum sg_err err = sg_tpm_area_name(&derived->key.area.publicArea, name);

	cp_hash->size = DIGEST;
	sg_write_u32(&w, TPM2_CC_HMAC);
	sg_write_bytes(&w, sg_bytes(name, sizeof name));
	sg_write_u16(&w, (uint16_t)derived->label.len);
	sg_write_bytes(&w, sg_buf_bytes(&derived->label));
	sg_write_u16(&w, TPM2_ALG_SHA256);
	if (err == SG_OK)
		err = w.err;
	if (err == SG_OK)
		err = sg_digest_once(SG_SHA256, sg_buf_bytes(&message), cp_hash->buffer);
	message.len = 0;
	sg_put_u32(code, TPM2_CC_PolicyCpHash);
	sg_write_bytes(&w, sg_bytes(zeros, sizeof zeros));
	sg_write_bytes(&w, sg_bytes(code, sizeof code));
	sg_write_bytes(&w, sg_bytes(cp_hash->buffer, DIGEST));
	if (err == SG_OK)
		err = w.err;
	if (err == SG_OK)
		err = sg_digest_once(SG_SHA256, sg_buf_bytes(&message), approved);
	sg_buf_free(&message);
	return err;
}

/* The signer. The TPM makes it too, so that its private half is never anywhere else; and its blob,
 * and what uses it, are wiped when it has signed once. */
struct signer {
	struct sg_tpm_blob blob;
};

/* Make the signer, and with it the policy. */
static enum sg_err make_signer(struct sg_tpm *tpm, ESYS_TR srk, const struct sg_policy *wanted,
                               const struct sg_secret *auth, struct signer *signer,
                               struct sg_policy *policy)
{
	static const uint8_t algorithm[] = { SG_P256_ALGORITHM };
	uint8_t point[SG_RESIDENT_POINT];
	ESYS_TR session;
	enum sg_err err = wanted != NULL ? sg_policy_copy(wanted, policy) : SG_OK;

	if (err == SG_OK)
		err = sg_tpm_session_open(tpm, srk, TPM2_SE_HMAC, &session);
	if (err == SG_OK)
		err = sg_tpm_pcr_read(tpm, session, &policy->pcrs);
	if (err == SG_OK)
		err = sg_tpm_key_create(tpm, srk, session, SG_RESIDENT_P256, SG_RESIDENT_SIGN, auth,
		                        &signer->blob);
	if (err != SG_OK)
		return err;
	sg_tpm_key_point(&signer->blob, point);
	return sg_spki_der(sg_bytes(algorithm, sizeof algorithm), sg_bytes(point, sizeof point),
	                   &policy->signer);
}

/* Make the key that is derived from. */
static enum sg_err make_key(struct sg_tpm *tpm, ESYS_TR srk, const struct sg_tpm_shown *shown,
                            struct sg_derived *out)
{
	static const TPM2B_SENSITIVE_CREATE nothing;
	TPM2B_PUBLIC wanted = { 0 };
	ESYS_TR session;
	enum sg_err err = fill(&wanted.publicArea, &out->policy);

	if (err == SG_OK)
		err = sg_tpm_session_open(tpm, srk, TPM2_SE_HMAC, &session);
	if (err == SG_OK)
		err = sg_tpm_session_next(tpm, session,
		                          TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT);
	if (err == SG_OK)
		err = sg_tpm_create(tpm, srk, session, &nothing, &wanted, shown, &out->key);
	if (err == SG_OK && !is_ours(&out->key.area.publicArea, &out->policy)) {
		sg_log(SG_LOG_ERROR, "the TPM made another key than was asked for");
		err = SG_ERR_HW_FAULT;
	}
	return err;
}

/* Have the signer sign what it approves, and the TPM say so: with its ticket nobody needs the
 * signature again. */
static enum sg_err approve(struct sg_tpm *tpm, ESYS_TR srk, const struct sg_secret *auth,
                           const struct signer *signer, struct sg_derived *out)
{
	struct sg_policy_signature one = { 0 };
	uint8_t digest[DIGEST], raw[SG_RESIDENT_SIGNATURE];
	ESYS_TR session, object = ESYS_TR_NONE;
	TPMT_TK_VERIFIED *ticket = NULL;
	TPM2B_NAME *name = NULL;
	TPM2B_DIGEST cp_hash;
	enum sg_err err = one_use(out, &cp_hash, one.policy);

	if (err == SG_OK)
		err = sg_digest_once(SG_SHA256, sg_bytes(one.policy, DIGEST), digest);
	if (err == SG_OK)
		err = sg_tpm_session_open(tpm, srk, TPM2_SE_HMAC, &session);
	if (err == SG_OK)
		err = sg_tpm_key_load(tpm, srk, session, &signer->blob, &object);
	if (err == SG_OK)
		err = sg_tpm_key_sign(tpm, object, session, auth, digest, raw);
	if (object != ESYS_TR_NONE)
		sg_tpm_err(TPM2_CC_FlushContext, Esys_FlushContext(tpm->esys, object));
	if (err == SG_OK) {
		one.len = sg_p256_to_der(raw, one.bytes);
		err = sg_tpm_policy_check(tpm, &out->policy, &one, &name, &ticket);
	}
	if (err == SG_OK && (ticket->hierarchy != TPM2_RH_OWNER ||
	                     ticket->digest.size > SG_DERIVED_TICKET))
		err = SG_ERR_HW_FAULT;
	if (err == SG_OK)
		err = sg_buf_set(&out->ticket,
		                 sg_bytes(ticket->digest.buffer, ticket->digest.size));
	Esys_Free(name);
	Esys_Free(ticket);
	return err;
}

enum sg_err sg_derived_create(struct sg_tpm *tpm, ESYS_TR srk, const struct sg_policy *policy,
                              struct sg_bytes label, const struct sg_tpm_shown *shown,
                              struct sg_derived *out)
{
	struct sg_secret *auth = NULL, *guarded = NULL;
	struct signer *signer;
	enum sg_err err;

	*out = (struct sg_derived){ 0 };
	/* Its handle is open to who shares the TPM, or sits on its bus, while it is loaded. */
	err = sg_random_secret(SG_SEAL_AUTH, &auth);
	if (err == SG_OK)
		err = sg_secret_new(sizeof *signer, &guarded);
	if (err != SG_OK)
		goto out;
	signer = (void *)guarded->data;
	err = make_signer(tpm, srk, policy, auth, signer, &out->policy);
	if (err == SG_OK)
		err = sg_buf_set(&out->label, label);
	if (err == SG_OK)
		err = make_key(tpm, srk, shown, out);
	if (err == SG_OK)
		err = approve(tpm, srk, auth, signer, out);
out:
	sg_secret_free(&auth);
	sg_secret_free(&guarded);
	return err;
}

/* Compute the Name of the signer. */
static enum sg_err signer_name(const struct sg_policy *policy, TPM2B_NAME *out)
{
	struct sg_buf area = { 0 };
	struct sg_writer w = sg_writer(&area);
	enum sg_err err = sg_policy_signer_area(sg_buf_bytes(&policy->signer), &w);

	*out = (TPM2B_NAME){ .size = SG_TPM_NAME };
	out->name[0] = TPM2_ALG_SHA256 >> 8;
	out->name[1] = TPM2_ALG_SHA256 & 0xff;
	if (err == SG_OK)
		err = sg_digest_once(SG_SHA256, sg_buf_bytes(&area), out->name + 2);
	sg_buf_free(&area);
	return err;
}

/* Bring the session to the key's authPolicy: the one use, as the signer approved it, and then what
 * else there is to the policy. */
static enum sg_err assert_use(struct sg_tpm *tpm, ESYS_TR session, const struct sg_derived *derived)
{
	const struct sg_tpm_policy_proof proof = { .signatures = NULL };
	const struct sg_policy rest = {
		.pcrs = derived->policy.pcrs, .until = derived->policy.until,
	};
	TPMT_TK_VERIFIED ticket = { .tag = TPM2_ST_VERIFIED, .hierarchy = TPM2_RH_OWNER };
	uint8_t approved[DIGEST];
	TPM2B_DIGEST cp_hash;
	TPM2B_NAME name;
	enum sg_err err = one_use(derived, &cp_hash, approved);

	ticket.digest.size = (uint16_t)derived->ticket.len;
	if (derived->ticket.len > 0)
		memcpy(ticket.digest.buffer, derived->ticket.data, derived->ticket.len);
	if (err == SG_OK)
		err = signer_name(&derived->policy, &name);
	if (err == SG_OK)
		err = sg_tpm_err(TPM2_CC_PolicyCpHash,
		                 Esys_PolicyCpHash(tpm->esys, session, ESYS_TR_NONE, ESYS_TR_NONE,
		                                   ESYS_TR_NONE, &cp_hash));
	if (err == SG_OK) {
		err = sg_tpm_policy_authorize(tpm, session, approved, &name, &ticket);
		if (err == SG_ERR_POLICY) {
			sg_log(SG_LOG_ERROR, "the TPM never heard that this label may be used: the "
			       "label was changed, or what allows it");
			err = SG_ERR_SEALED_DAMAGED;
		}
	}
	return err == SG_OK ? sg_tpm_policy_assert(tpm, session, &rest, &proof) : err;
}

/* Have the key derive. The session may not decrypt: the TPM would compute the cpHash over what
 * was encrypted. It ends with the command. */
static enum sg_err derive(struct sg_tpm *tpm, ESYS_TR object, ESYS_TR session,
                          struct sg_bytes label, struct sg_secret **out)
{
	TPM2B_MAX_BUFFER buffer = { .size = (uint16_t)label.len };
	TPM2B_DIGEST *made = NULL;
	enum sg_err err = sg_tpm_session_next(tpm, session, TPMA_SESSION_ENCRYPT);

	if (err != SG_OK)
		return err;
	memcpy(buffer.buffer, label.data, label.len);
	err = sg_tpm_err(TPM2_CC_HMAC,
	                 Esys_HMAC(tpm->esys, object, session, ESYS_TR_NONE, ESYS_TR_NONE, &buffer,
	                           TPM2_ALG_SHA256, &made));
	sg_tpm_scrub(tpm, ESYS_TR_RH_NULL, ESYS_TR_PASSWORD);
	if (err == SG_OK && made->size != SG_DERIVED_SECRET) {
		sg_log(SG_LOG_ERROR, "the TPM computed another code than was asked for");
		err = SG_ERR_HW_FAULT;
	}
	if (err == SG_OK)
		err = sg_secret_copy(sg_bytes(made->buffer, made->size), out);
	if (made != NULL)
		explicit_bzero(made, sizeof *made);
	Esys_Free(made);
	return err;
}

enum sg_err sg_derived_open(struct sg_tpm *tpm, ESYS_TR srk, const struct sg_seal_guard *guard,
                            const struct sg_derived *derived, struct sg_secret **out)
{
	ESYS_TR object = ESYS_TR_NONE, session;
	enum sg_err err;

	*out = NULL;
	err = sg_tpm_session_open(tpm, srk, TPM2_SE_POLICY, &session);
	if (err == SG_OK && guard->look != NULL && !guard->look->made)
		err = sg_tpm_boot_look(tpm, session, false, guard->look);
	/* A policy session can't stand for the parent's empty authValue; it encrypts. */
	if (err == SG_OK)
		err = sg_tpm_err(TPM2_CC_Load,
		                 Esys_Load(tpm->esys, srk, ESYS_TR_PASSWORD, session, ESYS_TR_NONE,
		                           &derived->key.private_area, &derived->key.area,
		                           &object));
	if (err == SG_OK)
		err = assert_use(tpm, session, derived);
	return err == SG_OK ? derive(tpm, object, session, sg_buf_bytes(&derived->label), out)
	                    : err;
}
