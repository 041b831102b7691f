/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Asserts the steps of policies.
 */
#include "seal/tpm/policy.h"

#include <inttypes.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "crypto/p256.h"
#include "crypto/spki.h"
#include "seal/tpm/pcr.h"
#include "seal/tpm/pin_index.h"
#include "seal/tpm/rc.h"
#include "seal/tpm/session.h"
#include "util/log.h"

#define CLOCK_AT 8                      /* in TPMS_TIME_INFO [TPM2 Part 2 §10.11.6] */
#define CLOCK_SIZE 8

/* What a step needs to be asserted. */
struct assertion {
	struct sg_tpm *tpm;
	ESYS_TR session;
	const struct sg_policy *policy;
	const struct sg_policy_signatures *signatures;
	const struct sg_tpm_policy_proof *proof;
};

static enum sg_err policy_pcr(const struct assertion *a, const struct sg_pcrs *pcrs)
{
	TPM2B_DIGEST digest = { .size = SG_POLICY_DIGEST };
	TPML_PCR_SELECTION selection;
	enum sg_err err;

	sg_tpm_pcr_selection(pcrs, &selection);
	err = sg_pcrs_digest(pcrs, digest.buffer);
	if (err != SG_OK)
		return err;
	err = sg_tpm_err(TPM2_CC_PolicyPCR,
	                 Esys_PolicyPCR(a->tpm->esys, a->session, ESYS_TR_NONE, ESYS_TR_NONE,
	                                ESYS_TR_NONE, &digest, &selection));
	if (err == SG_ERR_POLICY)
		sg_tpm_pcr_explain(a->tpm, pcrs);
	return err;
}

static enum sg_err assert_pcrs(const struct assertion *a)
{
	return sg_pcrs_any(&a->policy->pcrs) ? policy_pcr(a, &a->policy->pcrs) : SG_OK;
}

/* Say when it ended, and when it is now, both in clear and only shown. */
static void explain_clock(struct sg_tpm *tpm, uint64_t until)
{
	TPMS_TIME_INFO *now = NULL;

	if (Esys_ReadClock(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &now) ==
	    TSS2_RC_SUCCESS)
		sg_log(SG_LOG_ERROR, "the lease ended: it opened until the TPM's clock "
		       "showed %" PRIu64 " ms, and that shows %" PRIu64 " ms", until,
		       now->clockInfo.clock);
	else
		sg_log(SG_LOG_ERROR, "the lease ended: it opened until the TPM's clock "
		       "showed %" PRIu64 " ms", until);
	Esys_Free(now);
}

static enum sg_err assert_clock(const struct assertion *a)
{
	TPM2B_OPERAND until = { 0 };
	enum sg_err err;

	if (a->policy->until == 0)
		return SG_OK;
	until.size = CLOCK_SIZE;
	sg_put_u64(until.buffer, a->policy->until);
	err = sg_tpm_err(TPM2_CC_PolicyCounterTimer,
	                 Esys_PolicyCounterTimer(a->tpm->esys, a->session, ESYS_TR_NONE,
	                                         ESYS_TR_NONE, ESYS_TR_NONE, &until, CLOCK_AT,
	                                         TPM2_EO_UNSIGNED_LT));
	if (err != SG_ERR_POLICY)
		return err;
	explain_clock(a->tpm, a->policy->until);
	return SG_ERR_LEASE;
}

static enum sg_err assert_index(const struct assertion *a)
{
	if (a->policy->index.handle == 0)
		return SG_OK;
	if (a->proof->index_auth == NULL)
		return SG_ERR_AUTH;
	return sg_tpm_pin_index_assert(a->tpm, a->proof->session, a->session, &a->policy->index,
	                               a->proof->index_auth);
}

static enum sg_err assert_auth(const struct assertion *a)
{
	if (!a->policy->auth)
		return SG_OK;
	return sg_tpm_err(TPM2_CC_PolicyAuthValue,
	                  Esys_PolicyAuthValue(a->tpm->esys, a->session, ESYS_TR_NONE,
	                                       ESYS_TR_NONE, ESYS_TR_NONE));
}

/* Load the key that may sign. */
static enum sg_err load_signer(struct sg_tpm *tpm, const struct sg_policy *policy, ESYS_TR *key,
                               TPM2B_NAME **name)
{
	struct sg_buf bytes = { 0 };
	struct sg_writer w = sg_writer(&bytes);
	TPM2B_PUBLIC area = { 0 };
	size_t at = 0;
	TSS2_RC rc;
	enum sg_err err;

	*name = NULL;
	err = sg_policy_signer_area(sg_buf_bytes(&policy->signer), &w);
	if (err == SG_OK && Tss2_MU_TPMT_PUBLIC_Unmarshal(bytes.data, bytes.len, &at,
	                                                  &area.publicArea) != TSS2_RC_SUCCESS)
		err = SG_ERR_FORMAT;
	if (err == SG_OK) {
		rc = Esys_LoadExternal(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
		                       &area, ESYS_TR_RH_OWNER, key);
		if (rc == TSS2_RC_SUCCESS)
			rc = Esys_TR_GetName(tpm->esys, *key, name);
		err = sg_tpm_err(TPM2_CC_LoadExternal, rc);
	}
	sg_buf_free(&bytes);
	return err;
}

/* Bring a signature into the TPM's form; false where it can't be one of this signer's. */
static bool signature_fill(const struct sg_policy *policy, const struct sg_policy_signature *one,
                           TPMT_SIGNATURE *out)
{
	uint8_t raw[SG_P256_SIGNATURE];
	struct sg_spki spki;

	*out = (TPMT_SIGNATURE){ 0 };
	if (sg_spki_read(sg_buf_bytes(&policy->signer), &spki) != SG_OK)
		return false;
	if (spki.kind == SG_SPKI_RSA) {
		TPM2B_PUBLIC_KEY_RSA *sig = &out->signature.rsassa.sig;

		out->sigAlg = TPM2_ALG_RSASSA;
		out->signature.rsassa.hash = TPM2_ALG_SHA256;
		sig->size = (UINT16)one->len;
		memcpy(sig->buffer, one->bytes, one->len);
		return one->len == spki.key.len;
	}
	out->sigAlg = TPM2_ALG_ECDSA;
	out->signature.ecdsa.hash = TPM2_ALG_SHA256;
	out->signature.ecdsa.signatureR.size = sizeof raw / 2;
	out->signature.ecdsa.signatureS.size = sizeof raw / 2;
	if (!sg_p256_from_der(sg_bytes(one->bytes, one->len), raw))
		return false;
	memcpy(out->signature.ecdsa.signatureR.buffer, raw, sizeof raw / 2);
	memcpy(out->signature.ecdsa.signatureS.buffer, raw + sizeof raw / 2, sizeof raw / 2);
	return true;
}

/* Have the TPM verify the signature over a policy; its ticket says so to PolicyAuthorize. */
static enum sg_err verify(struct sg_tpm *tpm, const struct sg_policy *policy, ESYS_TR key,
                          const struct sg_policy_signature *one, TPMT_TK_VERIFIED **ticket)
{
	TPM2B_DIGEST digest = { .size = SG_POLICY_DIGEST };
	TPMT_SIGNATURE signature;
	enum sg_err err;

	*ticket = NULL;
	if (!signature_fill(policy, one, &signature)) {
		sg_log(SG_LOG_ERROR, "the signature over the PCR values is not of the signer's kind");
		return SG_ERR_POLICY;
	}
	err = sg_digest_once(SG_SHA256, sg_bytes(one->policy, sizeof one->policy), digest.buffer);
	if (err != SG_OK)
		return err;
	return sg_tpm_err(TPM2_CC_VerifySignature,
	                  Esys_VerifySignature(tpm->esys, key, ESYS_TR_NONE, ESYS_TR_NONE,
	                                       ESYS_TR_NONE, &digest, &signature, ticket));
}

enum sg_err sg_tpm_policy_check(struct sg_tpm *tpm, const struct sg_policy *policy,
                                const struct sg_policy_signature *one, TPM2B_NAME **name,
                                TPMT_TK_VERIFIED **ticket)
{
	ESYS_TR key = ESYS_TR_NONE;
	enum sg_err err;

	*ticket = NULL;
	err = load_signer(tpm, policy, &key, name);
	if (err == SG_OK)
		err = verify(tpm, policy, key, one, ticket);
	/* Slots are few, and the key has done its work. */
	if (key != ESYS_TR_NONE)
		sg_tpm_err(TPM2_CC_FlushContext, Esys_FlushContext(tpm->esys, key));
	return err;
}

/* Compute what PolicyPCR makes of the PCRs of a signature now. Many are of the same PCRs, which
 * are read once. */
static enum sg_err digest_now(const struct assertion *a, const struct sg_policy_signature *one,
                              struct sg_pcrs *now, uint8_t digest[SG_POLICY_DIGEST])
{
	enum sg_err err = SG_OK;

	if (now->bank[one->bank].selected != one->selected || !sg_pcrs_known(now)) {
		*now = (struct sg_pcrs){ 0 };
		now->bank[one->bank].selected = one->selected;
		err = sg_tpm_pcr_read(a->tpm, ESYS_TR_NONE, now);
	}
	return err == SG_OK ? sg_policy_pcr_digest(now, digest) : err;
}

/* Find a signature of the signer over the PCR values of now; NULL in *found where none fits. */
static enum sg_err find_signature(const struct assertion *a,
                                  const struct sg_policy_signature **found, struct sg_pcrs *now)
{
	uint8_t print[SG_POLICY_DIGEST], digest[SG_POLICY_DIGEST];
	size_t known = 0;
	enum sg_err err = sg_policy_signer_print(sg_buf_bytes(&a->policy->signer), print);

	*found = NULL;
	*now = (struct sg_pcrs){ 0 };
	for (size_t i = 0; a->signatures != NULL && i < a->signatures->n && err == SG_OK; i++) {
		const struct sg_policy_signature *one = &a->signatures->list[i];

		if (memcmp(one->signer, print, sizeof print) != 0)
			continue;
		known++;
		err = digest_now(a, one, now, digest);
		if (err == SG_OK && memcmp(digest, one->policy, sizeof digest) == 0) {
			*found = one;
			return SG_OK;
		}
		/* A signer signs for all machines: this one need not keep the bank. */
		if (err == SG_ERR_HW_UNSUPPORTED)
			err = SG_OK;
	}
	if (err == SG_OK)
		sg_log(SG_LOG_ERROR, "the policy asks for PCR values that its signer signed, and %s",
		       known == 0 ? "no signature of that signer is known; \"signet policy update\" "
		                    "takes one in"
		                  : "none of the known signatures is over the values of now; the signer "
		                    "has to sign them, and \"signet policy update\" takes that in");
	return err;
}

enum sg_err sg_tpm_policy_authorize(struct sg_tpm *tpm, ESYS_TR session,
                                    const uint8_t approved[SG_POLICY_DIGEST],
                                    const TPM2B_NAME *name, const TPMT_TK_VERIFIED *ticket)
{
	static const TPM2B_NONCE no_reference;
	TPM2B_DIGEST digest = { .size = SG_POLICY_DIGEST };

	memcpy(digest.buffer, approved, SG_POLICY_DIGEST);
	return sg_tpm_err(TPM2_CC_PolicyAuthorize,
	                  Esys_PolicyAuthorize(tpm->esys, session, ESYS_TR_NONE, ESYS_TR_NONE,
	                                       ESYS_TR_NONE, &digest, &no_reference, name,
	                                       ticket));
}

/* Read what PCRs have now, bank by bank: the TPM need not keep all that somebody signed. */
static void read_kept(struct sg_tpm *tpm, struct sg_pcrs *pcrs)
{
	for (size_t i = 0; i < SG_PCR_BANKS; i++) {
		struct sg_pcrs one = { 0 };

		one.bank[i].selected = pcrs->bank[i].selected;
		if (sg_tpm_pcr_read(tpm, ESYS_TR_NONE, &one) == SG_OK)
			pcrs->bank[i] = one.bank[i];
	}
}

/* No signature is over the values of now: say in which PCRs the signed values that come nearest
 * differ, where its file tells what they are. What the signer did not sign is not shown as his. */
static void explain_signed(const struct assertion *a)
{
	const struct sg_policy_signature *nearest = NULL;
	uint8_t print[SG_POLICY_DIGEST];
	TPMT_TK_VERIFIED *ticket = NULL;
	TPM2B_NAME *name = NULL;
	struct sg_pcrs now, expected = { 0 };

	if (a->signatures == NULL ||
	    sg_policy_signer_print(sg_buf_bytes(&a->policy->signer), print) != SG_OK)
		return;
	sg_policy_signatures_pcrs(a->signatures, print, &now);
	read_kept(a->tpm, &now);
	nearest = sg_policy_signatures_nearest(a->signatures, print, &now);
	if (nearest != NULL &&
	    sg_tpm_policy_check(a->tpm, a->policy, nearest, &name, &ticket) == SG_OK) {
		sg_log(SG_LOG_ERROR, "the signed values that come nearest differ as follows");
		expected.bank[nearest->bank] = *nearest->values;
		sg_tpm_pcr_explain(a->tpm, &expected);
	}
	Esys_Free(name);
	Esys_Free(ticket);
}

static enum sg_err assert_signed(const struct assertion *a)
{
	const struct sg_policy_signature *one = NULL;
	TPMT_TK_VERIFIED *ticket = NULL;
	TPM2B_NAME *name = NULL;
	struct sg_pcrs now;
	enum sg_err err;

	if (a->policy->signer.len == 0)
		return SG_OK;
	err = find_signature(a, &one, &now);
	if (err == SG_OK && one == NULL) {
		explain_signed(a);
		err = SG_ERR_POLICY;
	}
	if (err == SG_OK)
		err = sg_tpm_policy_check(a->tpm, a->policy, one, &name, &ticket);
	if (err == SG_OK)
		err = policy_pcr(a, &now);
	if (err == SG_OK)
		err = sg_tpm_policy_authorize(a->tpm, a->session, one->policy, name, ticket);
	Esys_Free(name);
	Esys_Free(ticket);
	return err;
}

enum sg_err sg_tpm_policy_assert(struct sg_tpm *tpm, ESYS_TR session,
                                 const struct sg_policy *policy,
                                 const struct sg_tpm_policy_proof *proof)
{
	/* In the order of seal/policy.c. */
	static enum sg_err (*const steps[])(const struct assertion *a) = {
		assert_signed, assert_pcrs, assert_clock, assert_index, assert_auth,
	};
	const struct assertion a = { tpm, session, policy, proof->signatures, proof };
	enum sg_err err = SG_OK;

	for (size_t i = 0; i < sizeof steps / sizeof steps[0] && err == SG_OK; i++)
		err = steps[i](&a);
	return err;
}
