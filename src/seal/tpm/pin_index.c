/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Indices that count wrong PINs. Whoever owns the TPM can remove an index and
 * define another with the same handle, attributes and policy, under a value that he knows. That
 * one is not written, so it has another Name; and to write it he would need a signature, over
 * a nonce of the TPM that is never there twice, of a key that is gone.
 */
#include "seal/tpm/pin_index.h"

#include <string.h>
#include <tss2/tss2_mu.h>

#include "crypto/kdf.h"
#include "crypto/random.h"
#include "seal/tpm/auth.h"
#include "seal/tpm/key.h"
#include "seal/tpm/nv.h"
#include "seal/tpm/rc.h"
#include "seal/tpm/session.h"
#include "util/log.h"

#define DIGEST SG_POLICY_DIGEST

/* The key while it is kept: what the TPM gave out, which only this TPM loads again. */
struct signer {
	struct sg_tpm_blob blob;
};

void sg_tpm_pin_free(struct sg_tpm_pin *pin)
{
	sg_secret_free(&pin->object);
	sg_secret_free(&pin->index);
}

enum sg_err sg_tpm_pin_split(const struct sg_secret *auth, struct sg_tpm_pin *pin)
{
	const struct sg_bytes none = { NULL, 0 };
	enum sg_err err;

	*pin = (struct sg_tpm_pin){ NULL, NULL };
	err = sg_hkdf_sha256(sg_secret_bytes(auth), none, sg_bytes_str("signet/1 PIN object"),
	                     SG_SEAL_AUTH, &pin->object);
	if (err == SG_OK)
		err = sg_hkdf_sha256(sg_secret_bytes(auth), none,
		                     sg_bytes_str("signet/1 PIN index"), SG_SEAL_AUTH, &pin->index);
	return err;
}

static void area_fill(TPMS_NV_PUBLIC *out, const struct sg_pin_index *index)
{
	*out = (TPMS_NV_PUBLIC){
		.nvIndex = index->handle,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = SG_PIN_INDEX_ATTRIBUTES,
		.authPolicy.size = DIGEST,
		.dataSize = SG_PIN_INDEX_DATA,
	};
	memcpy(out->authPolicy.buffer, index->authority, DIGEST);
}

bool sg_tpm_pin_index_is(const TPMS_NV_PUBLIC *area, struct sg_pin_index *index)
{
	*index = (struct sg_pin_index){ .handle = area->nvIndex };
	memcpy(index->authority, area->authPolicy.buffer, DIGEST);
	return area->nameAlg == TPM2_ALG_SHA256 && area->authPolicy.size == DIGEST &&
	       area->dataSize == SG_PIN_INDEX_DATA &&
	       (area->attributes & ~SG_PIN_INDEX_WRITTEN) == SG_PIN_INDEX_ATTRIBUTES;
}

/* What writing takes: PolicySigned by the key, with an empty policyRef [TPM2 Part 3 §23.3]. */
static enum sg_err writer_of(const struct sg_tpm_blob *key, uint8_t out[DIGEST])
{
	uint8_t message[DIGEST + 4 + SG_PIN_INDEX_NAME] = { 0 };
	uint8_t area[sizeof key->area.publicArea], *name = message + DIGEST + 4;
	size_t len = 0;
	enum sg_err err;

	sg_put_u32(message + DIGEST, TPM2_CC_PolicySigned);
	if (Tss2_MU_TPMT_PUBLIC_Marshal(&key->area.publicArea, area, sizeof area, &len) !=
	    TSS2_RC_SUCCESS)
		return SG_ERR_HW_FAULT;
	name[0] = TPM2_ALG_SHA256 >> 8;
	name[1] = TPM2_ALG_SHA256 & 0xff;
	err = sg_digest_once(SG_SHA256, sg_bytes(area, len), name + 2);
	if (err == SG_OK)
		err = sg_digest_once(SG_SHA256, sg_bytes(message, sizeof message), out);
	return err == SG_OK ? sg_digest_once(SG_SHA256, sg_bytes(out, DIGEST), out) : err;
}

enum sg_err sg_tpm_pin_index_plan(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                                  struct sg_pin_plan *plan)
{
	struct signer *signer;
	enum sg_err err;

	sg_secret_free(&plan->signer);          /* of a try before */
	sg_secret_free(&plan->signer_auth);
	/* Its handle is open to who shares the TPM, or sits on its bus, while it is loaded. */
	err = sg_random_secret(SG_SEAL_AUTH, &plan->signer_auth);
	if (err == SG_OK)
		err = sg_secret_new(sizeof *signer, &plan->signer);
	if (err != SG_OK)
		return err;
	signer = (void *)plan->signer->data;
	err = sg_tpm_key_create(tpm, srk, session, SG_RESIDENT_P256, SG_RESIDENT_SIGN,
	                        plan->signer_auth, &signer->blob);
	plan->index.handle = sg_nv_draw();
	if (err == SG_OK)
		err = writer_of(&signer->blob, plan->index.writer);
	return err == SG_OK ? sg_pin_index_authority(&plan->index) : err;
}

/* What is written, once: no wrong PIN yet, and how many are taken [TPM2 Part 2 §13.3]. */
static void data_fill(TPM2B_MAX_NV_BUFFER *out, uint32_t tries)
{
	*out = (TPM2B_MAX_NV_BUFFER){ .size = SG_PIN_INDEX_DATA };
	sg_put_u32(out->buffer + 4, tries);
}

/* The one command that is allowed: NV_Write of these bytes to this index, which has not been
 * written [TPM2 Part 1 §16.7]. */
static enum sg_err write_digest(const struct sg_pin_plan *plan, TPM2B_DIGEST *out)
{
	struct sg_buf message = { 0 };
	struct sg_writer w = sg_writer(&message);
	uint8_t name[SG_PIN_INDEX_NAME];
	TPM2B_MAX_NV_BUFFER data;
	enum sg_err err = sg_pin_index_name(&plan->index, false, name);

	data_fill(&data, plan->tries);
	out->size = DIGEST;
	sg_write_u32(&w, TPM2_CC_NV_Write);
	sg_write_bytes(&w, sg_bytes(name, sizeof name));
	sg_write_bytes(&w, sg_bytes(name, sizeof name));
	sg_write_u16(&w, data.size);
	sg_write_bytes(&w, sg_bytes(data.buffer, data.size));
	sg_write_u16(&w, 0);                    /* offset */
	if (err == SG_OK)
		err = w.err;
	if (err == SG_OK)
		err = sg_digest_once(SG_SHA256, sg_buf_bytes(&message), out->buffer);
	sg_buf_free(&message);
	return err;
}

/* What is signed: the nonce of this very session, so that the signature is worth nothing in
 * any other; no end; the command; no policyRef [TPM2 Part 3 §23.3]. */
static enum sg_err signed_digest(const TPM2B_NONCE *nonce, const TPM2B_DIGEST *command,
                                 uint8_t out[DIGEST])
{
	struct sg_buf message = { 0 };
	struct sg_writer w = sg_writer(&message);
	enum sg_err err;

	sg_write_bytes(&w, sg_bytes(nonce->buffer, nonce->size));
	sg_write_u32(&w, 0);
	sg_write_bytes(&w, sg_bytes(command->buffer, command->size));
	err = w.err;
	if (err == SG_OK)
		err = sg_digest_once(SG_SHA256, sg_buf_bytes(&message), out);
	sg_buf_free(&message);
	return err;
}

/* Bring the session to the authPolicy, from one of the two that it is made of. */
static enum sg_err either(struct sg_tpm *tpm, ESYS_TR policy_session,
                          const struct sg_pin_index *index)
{
	TPML_DIGEST branches = {
		.count = 2, .digests = { { .size = DIGEST }, { .size = DIGEST } },
	};
	enum sg_err err = sg_pin_index_reader(branches.digests[1].buffer);

	memcpy(branches.digests[0].buffer, index->writer, DIGEST);
	if (err != SG_OK)
		return err;
	return sg_tpm_err(TPM2_CC_PolicyOR,
	                  Esys_PolicyOR(tpm->esys, policy_session, ESYS_TR_NONE, ESYS_TR_NONE,
	                                ESYS_TR_NONE, &branches));
}

/* Sign, and let the policy session write. */
static enum sg_err allow(struct sg_tpm *tpm, ESYS_TR key, ESYS_TR session, ESYS_TR policy_session,
                         const struct sg_pin_plan *plan)
{
	static const TPM2B_NONCE no_reference;
	uint8_t digest[DIGEST], raw[SG_RESIDENT_SIGNATURE];
	TPMT_SIGNATURE signature = { .sigAlg = TPM2_ALG_ECDSA };
	TPMS_SIGNATURE_ECC *ecdsa = &signature.signature.ecdsa;
	TPM2B_NONCE *nonce = NULL;
	TPM2B_DIGEST command;
	enum sg_err err;

	err = sg_tpm_err(TPM2_CC_PolicySigned,
	                 Esys_TRSess_GetNonceTPM(tpm->esys, policy_session, &nonce));
	if (err == SG_OK)
		err = write_digest(plan, &command);
	if (err == SG_OK)
		err = signed_digest(nonce, &command, digest);
	if (err == SG_OK)
		err = sg_tpm_key_sign(tpm, key, session, plan->signer_auth, digest, raw);
	if (err == SG_OK) {
		ecdsa->hash = TPM2_ALG_SHA256;
		ecdsa->signatureR.size = ecdsa->signatureS.size = sizeof raw / 2;
		memcpy(ecdsa->signatureR.buffer, raw, sizeof raw / 2);
		memcpy(ecdsa->signatureS.buffer, raw + sizeof raw / 2, sizeof raw / 2);
		err = sg_tpm_err(TPM2_CC_PolicySigned,
		                 Esys_PolicySigned(tpm->esys, key, policy_session, ESYS_TR_NONE,
		                                   ESYS_TR_NONE, ESYS_TR_NONE, nonce, &command,
		                                   &no_reference, 0, &signature, NULL, NULL));
	}
	if (err == SG_OK)
		err = either(tpm, policy_session, &plan->index);
	explicit_bzero(&signature, sizeof signature);
	explicit_bzero(raw, sizeof raw);
	Esys_Free(nonce);
	return err;
}

/* Write for the only time. */
static enum sg_err write_once(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session, ESYS_TR nv,
                              const struct sg_pin_plan *plan)
{
	const struct signer *signer = (const void *)plan->signer->data;
	ESYS_TR key = ESYS_TR_NONE, policy_session;
	TPM2B_MAX_NV_BUFFER data;
	enum sg_err err, flushed = SG_OK;

	err = sg_tpm_session_next(tpm, session, TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT |
	                                        TPMA_SESSION_CONTINUESESSION);
	if (err == SG_OK)
		err = sg_tpm_key_load(tpm, srk, session, &signer->blob, &key);
	if (err == SG_OK)
		err = sg_tpm_session_open(tpm, srk, TPM2_SE_POLICY, &policy_session);
	if (err == SG_OK)
		err = allow(tpm, key, session, policy_session, plan);
	if (err == SG_OK)       /* what was signed is the command as it crosses the bus */
		err = sg_tpm_session_next(tpm, policy_session, 0);
	if (err == SG_OK) {
		data_fill(&data, plan->tries);
		err = sg_tpm_err(TPM2_CC_NV_Write,
		                 Esys_NV_Write(tpm->esys, nv, nv, policy_session, ESYS_TR_NONE,
		                               ESYS_TR_NONE, &data, 0));
	}
	if (key != ESYS_TR_NONE)
		flushed = sg_tpm_err(TPM2_CC_FlushContext, Esys_FlushContext(tpm->esys, key));
	return err != SG_OK ? err : flushed;
}

/* An index that could not be written is of no use to anybody. */
static void undo(struct sg_tpm *tpm, ESYS_TR srk, const struct sg_secret *owner_auth,
                 const struct sg_pin_index *index)
{
	ESYS_TR session;

	sg_tcti_flush(&tpm->tcti);
	if (sg_tpm_session_open(tpm, srk, TPM2_SE_HMAC, &session) != SG_OK ||
	    sg_tpm_pin_index_remove(tpm, session, owner_auth, index) != SG_OK)
		sg_log(SG_LOG_ERROR, "the new index 0x%08x, which nobody uses, could not be removed "
		       "from the TPM", index->handle);
}

enum sg_err sg_tpm_pin_index_make(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                                  const struct sg_secret *owner_auth,
                                  const struct sg_pin_plan *plan, const struct sg_secret *auth)
{
	TPMS_NV_PUBLIC area;
	ESYS_TR nv;
	enum sg_err err;

	area_fill(&area, &plan->index);
	err = sg_nv_define(tpm, session, owner_auth, auth, &area, &nv);
	if (err != SG_OK)
		return err;
	sg_tpm_scrub(tpm, nv, session);
	err = write_once(tpm, srk, session, nv, plan);
	if (err != SG_OK)
		undo(tpm, srk, owner_auth, &plan->index);
	return err;
}

/* Take up an index that was written. */
static enum sg_err open_written(struct sg_tpm *tpm, const struct sg_pin_index *index, ESYS_TR *nv)
{
	uint8_t name[SG_PIN_INDEX_NAME];
	enum sg_err err = sg_pin_index_name(index, true, name);

	if (err == SG_OK)
		err = sg_nv_open(tpm, index->handle, sg_bytes(name, sizeof name), nv);
	return err == SG_ERR_HW_NV_GONE ? SG_ERR_PIN_INDEX : err;
}

enum sg_err sg_tpm_pin_index_assert(struct sg_tpm *tpm, ESYS_TR session, ESYS_TR policy_session,
                                    const struct sg_pin_index *index, const struct sg_secret *auth)
{
	static const TPM2B_NONCE none;
	static const TPM2B_DIGEST any_command;
	ESYS_TR nv;
	enum sg_err err = open_written(tpm, index, &nv);

	if (err == SG_OK)       /* there is nothing to encrypt */
		err = sg_tpm_session_next(tpm, session, TPMA_SESSION_CONTINUESESSION);
	if (err != SG_OK)
		return err;
	err = sg_tpm_auth_set(tpm, nv, auth);
	if (err == SG_OK)
		err = sg_tpm_err(TPM2_CC_PolicySecret,
		                 Esys_PolicySecret(tpm->esys, nv, policy_session, session,
		                                   ESYS_TR_NONE, ESYS_TR_NONE, &none, &any_command,
		                                   &none, 0, NULL, NULL));
	sg_tpm_scrub(tpm, nv, session);
	return err;
}

/* Let the policy session read, and nothing else. */
static enum sg_err allow_reading(struct sg_tpm *tpm, ESYS_TR policy_session,
                                 const struct sg_pin_index *index)
{
	enum sg_err err;

	err = sg_tpm_err(TPM2_CC_PolicyCommandCode,
	                 Esys_PolicyCommandCode(tpm->esys, policy_session, ESYS_TR_NONE,
	                                        ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CC_NV_Read));
	return err == SG_OK ? either(tpm, policy_session, index) : err;
}

enum sg_err sg_tpm_pin_index_read(struct sg_tpm *tpm, ESYS_TR srk,
                                  const struct sg_pin_index *index, uint32_t *count,
                                  uint32_t *limit)
{
	TPM2B_MAX_NV_BUFFER *data = NULL;
	ESYS_TR nv, policy_session;
	enum sg_err err = open_written(tpm, index, &nv);

	if (err == SG_OK)
		err = sg_tpm_session_open(tpm, srk, TPM2_SE_POLICY, &policy_session);
	if (err == SG_OK)
		err = allow_reading(tpm, policy_session, index);
	if (err == SG_OK)       /* the value of the PIN, which is not known, would encrypt too */
		err = sg_tpm_session_next(tpm, policy_session, 0);
	if (err != SG_OK)
		return err;
	err = sg_tpm_err(TPM2_CC_NV_Read,
	                 Esys_NV_Read(tpm->esys, nv, nv, policy_session, ESYS_TR_NONE,
	                              ESYS_TR_NONE, SG_PIN_INDEX_DATA, 0, &data));
	if (err == SG_ERR_HW_NV_GONE)   /* it was put in the place of ours just now */
		err = SG_ERR_PIN_INDEX;
	if (err == SG_OK && data->size != SG_PIN_INDEX_DATA)
		err = SG_ERR_HW_FAULT;
	if (err == SG_OK) {
		*count = sg_get_u32(data->buffer);
		*limit = sg_get_u32(data->buffer + 4);
	}
	Esys_Free(data);
	return err;
}

enum sg_err sg_tpm_pin_index_remove(struct sg_tpm *tpm, ESYS_TR session,
                                    const struct sg_secret *owner_auth,
                                    const struct sg_pin_index *index)
{
	struct sg_pin_index found;
	TPMS_NV_PUBLIC area;
	ESYS_TR nv;
	enum sg_err err = sg_nv_look(tpm, index->handle, &nv, &area);

	if (err == SG_ERR_HW_NV_GONE)
		return SG_OK;
	if (err != SG_OK)
		return err;
	if (!sg_tpm_pin_index_is(&area, &found) || !sg_pin_index_same(&found, index)) {
		sg_log(SG_LOG_NOTICE, "at 0x%08x in the TPM stands another index than the one that "
		       "counted wrong PINs; it was left untouched", index->handle);
		return SG_OK;
	}
	return sg_nv_undefine(tpm, session, owner_auth, nv);
}
