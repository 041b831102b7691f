/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Having the attestation key sign what the TPM says of itself: how an object was made,
 * what the time is, what is in PCRs. The session authorises the key and authenticates the answer.
 */
#include <string.h>
#include <tss2/tss2_mu.h>

#include "seal/tpm/ak.h"
#include "seal/tpm/attest.h"
#include "seal/tpm/creation.h"
#include "seal/tpm/derived.h"
#include "seal/tpm/key.h"
#include "seal/tpm/pcr.h"
#include "seal/tpm/rc.h"
#include "seal/tpm/sealed.h"
#include "seal/tpm/sealer.h"
#include "seal/tpm/session.h"
#include "util/log.h"

/* One signature to have made, and what each kind needs. */
struct signing {
	struct sg_bytes parent;
	struct sg_tpm_blob ak;
	TPM2B_DATA qualifying;
	enum sg_err (*attest)(struct sg_tpm *tpm, struct signing *s, ESYS_TR ak);
	struct sg_attest_signed *out;

	struct sg_tpm_blob object;      /* to certify */
	TPM2B_DIGEST hash;
	TPMT_TK_CREATION ticket;
	struct sg_pcrs *pcrs;           /* to quote */

	ESYS_TR srk, session;           /* while the TPM is open */
	TPM2B_ATTEST *attested;
	TPMT_SIGNATURE *signature;
};

/* The key has a scheme, which need not be named again. */
static const TPMT_SIG_SCHEME own_scheme = { .scheme = TPM2_ALG_NULL };

static enum sg_err do_sign(struct sg_tpm *tpm, void *arg)
{
	struct signing *s = arg;
	ESYS_TR ak;
	enum sg_err err = sg_tpm_open_parent(tpm, s->parent, &s->srk, &s->session);

	s->attested = NULL;
	s->signature = NULL;
	if (err == SG_OK)
		err = sg_tpm_key_load(tpm, s->srk, s->session, &s->ak, &ak);
	if (err == SG_OK)
		err = s->attest(tpm, s, ak);
	if (err == SG_OK)
		err = sg_ak_take(s->attested, s->signature, s->out);
	Esys_Free(s->attested);
	Esys_Free(s->signature);
	return err;
}

/* Read what all have, and have it signed. */
static enum sg_err sign(struct sg_sealer *sealer, struct signing *s, struct sg_bytes ak_blob,
                        struct sg_bytes qualifying)
{
	enum sg_err err;

	memset(s->out, 0, sizeof *s->out);
	if (qualifying.len != SG_ATTEST_HASH)
		return SG_ERR_RANGE;
	s->qualifying.size = SG_ATTEST_HASH;
	memcpy(s->qualifying.buffer, qualifying.data, SG_ATTEST_HASH);
	err = sg_ak_read(ak_blob, &s->ak);
	return err == SG_OK ? sg_tpm_transact(sealer, do_sign, s) : err;
}

/* How an object was made. */

static enum sg_err certify(struct sg_tpm *tpm, struct signing *s, ESYS_TR ak)
{
	ESYS_TR object;
	enum sg_err err = sg_tpm_key_load(tpm, s->srk, s->session, &s->object, &object);

	if (err != SG_OK)
		return err;
	return sg_tpm_err(TPM2_CC_CertifyCreation,
	                  Esys_CertifyCreation(tpm->esys, ak, object, s->session, ESYS_TR_NONE,
	                                       ESYS_TR_NONE, &s->qualifying, &s->hash,
	                                       &own_scheme, &s->ticket, &s->attested,
	                                       &s->signature));
}

/* Read the object out of the blob, of whatever kind it is. */
static enum sg_err read_object(struct sg_bytes blob, struct sg_tpm_blob *out)
{
	struct sg_derived derived = { .label = { NULL, 0, 0 } };
	struct sg_sealed sealed = { .imported = false };
	enum sg_err err;

	err = sg_derived_is(blob) ? sg_derived_read(blob, &derived) : sg_sealed_read(blob, &sealed);
	*out = sg_derived_is(blob) ? derived.key : sealed.object;
	sg_derived_clear(&derived);
	sg_sealed_clear(&sealed);
	return err;
}

enum sg_err sg_tpm_attest_certify(struct sg_sealer *sealer, struct sg_bytes parent,
                                  struct sg_bytes ak_blob, const struct sg_attest_object *object,
                                  struct sg_bytes qualifying, struct sg_attest_signed *out)
{
	struct signing s = { .parent = parent, .attest = certify, .out = out };
	enum sg_err err = read_object(sg_buf_bytes(&object->blob), &s.object);

	memset(out, 0, sizeof *out);
	if (err == SG_OK)
		err = sg_tpm_ticket_read(sg_buf_bytes(&object->ticket), &s.ticket);
	if (err == SG_OK && (object->hash.len == 0 || object->hash.len > sizeof s.hash.buffer))
		err = SG_ERR_FORMAT;
	if (err != SG_OK)
		return err;
	s.hash.size = (uint16_t)object->hash.len;
	memcpy(s.hash.buffer, object->hash.data, object->hash.len);
	return sign(sealer, &s, ak_blob, qualifying);
}

/* What the time is. */

static enum sg_err get_time(struct sg_tpm *tpm, struct signing *s, ESYS_TR ak)
{
	return sg_tpm_err(TPM2_CC_GetTime,
	                  Esys_GetTime(tpm->esys, ESYS_TR_RH_ENDORSEMENT, ak, ESYS_TR_PASSWORD,
	                               s->session, ESYS_TR_NONE, &s->qualifying, &own_scheme,
	                               &s->attested, &s->signature));
}

enum sg_err sg_tpm_attest_time(struct sg_sealer *sealer, struct sg_bytes parent,
                               struct sg_bytes ak_blob, struct sg_bytes qualifying,
                               struct sg_attest_signed *out)
{
	struct signing s = { .parent = parent, .attest = get_time, .out = out };

	return sign(sealer, &s, ak_blob, qualifying);
}

static enum sg_err do_clock(struct sg_tpm *tpm, void *arg)
{
	TPMS_TIME_INFO *now = NULL;
	uint64_t *ms = arg;
	enum sg_err err = sg_tpm_err(TPM2_CC_ReadClock,
	                             Esys_ReadClock(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
	                                            ESYS_TR_NONE, &now));

	if (err == SG_OK)
		*ms = now->clockInfo.clock;
	Esys_Free(now);
	return err;
}

enum sg_err sg_tpm_attest_clock(struct sg_sealer *sealer, struct sg_bytes parent, uint64_t *ms)
{
	(void)parent;
	*ms = 0;
	return sg_tpm_transact(sealer, do_clock, ms);
}

/* What is in PCRs. */

/* Tell whether the quote is of the values that were read: else one was extended in between. */
static enum sg_err compare(const struct signing *s)
{
	uint8_t digest[SG_POLICY_DIGEST];
	TPMS_ATTEST said;
	size_t at = 0;
	enum sg_err err = sg_pcrs_digest(s->pcrs, digest);

	if (err != SG_OK)
		return err;
	if (Tss2_MU_TPMS_ATTEST_Unmarshal(s->attested->attestationData, s->attested->size, &at,
	                                  &said) != TSS2_RC_SUCCESS ||
	    said.type != TPM2_ST_ATTEST_QUOTE) {
		sg_log(SG_LOG_ERROR, "what the TPM says of its PCRs has not the form that it must have");
		return SG_ERR_HW_FAULT;
	}
	return sg_bytes_equal(sg_bytes(said.attested.quote.pcrDigest.buffer,
	                               said.attested.quote.pcrDigest.size),
	                      sg_bytes(digest, sizeof digest))
	               ? SG_OK
	               : SG_ERR_PCR_CHANGED;
}

static enum sg_err quote(struct sg_tpm *tpm, struct signing *s, ESYS_TR ak)
{
	TPML_PCR_SELECTION selection;
	enum sg_err err;

	for (size_t i = 0; i < SG_PCR_BANKS; i++)
		s->pcrs->bank[i].known = 0;
	err = sg_tpm_pcr_read(tpm, s->session, s->pcrs);
	if (err == SG_OK)
		err = sg_tpm_session_next(tpm, s->session,
		                          TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT |
		                          TPMA_SESSION_CONTINUESESSION);
	if (err != SG_OK)
		return err;
	sg_tpm_pcr_selection(s->pcrs, &selection);
	err = sg_tpm_err(TPM2_CC_Quote,
	                 Esys_Quote(tpm->esys, ak, s->session, ESYS_TR_NONE, ESYS_TR_NONE,
	                            &s->qualifying, &own_scheme, &selection, &s->attested,
	                            &s->signature));
	return err == SG_OK ? compare(s) : err;
}

enum sg_err sg_tpm_attest_quote(struct sg_sealer *sealer, struct sg_bytes parent,
                                struct sg_bytes ak_blob, struct sg_bytes qualifying,
                                struct sg_pcrs *pcrs, struct sg_attest_signed *out)
{
	struct signing s = { .parent = parent, .attest = quote, .out = out, .pcrs = pcrs };

	if (!sg_pcrs_any(pcrs)) {
		memset(out, 0, sizeof *out);
		return SG_ERR_ARG;
	}
	return sign(sealer, &s, ak_blob, qualifying);
}
