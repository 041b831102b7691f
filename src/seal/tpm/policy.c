/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Reads PCRs and asserts the steps of policies.
 */
#include "seal/tpm/policy.h"

#include <stdio.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "crypto/p256.h"
#include "crypto/spki.h"
#include "seal/tpm/pin_index.h"
#include "seal/tpm/rc.h"
#include "seal/tpm/session.h"
#include "util/log.h"

#define SELECT_BYTES 3

/* What a step needs to be asserted. */
struct assertion {
	struct sg_tpm *tpm;
	ESYS_TR session;
	const struct sg_policy *policy;
	const struct sg_policy_signatures *signatures;
	const struct sg_tpm_policy_proof *proof;
};

static void selection_fill(TPML_PCR_SELECTION *out, const uint32_t selected[SG_PCR_BANKS])
{
	*out = (TPML_PCR_SELECTION){ 0 };
	for (size_t i = 0; i < SG_PCR_BANKS; i++) {
		TPMS_PCR_SELECTION *bank = &out->pcrSelections[out->count];

		if (selected[i] == 0)
			continue;
		bank->hash = sg_pcr_hashes[i].id;
		bank->sizeofSelect = SELECT_BYTES;
		for (unsigned byte = 0; byte < SELECT_BYTES; byte++)
			bank->pcrSelect[byte] = (BYTE)(selected[i] >> 8 * byte);
		out->count++;
	}
}

static void selection_of(TPML_PCR_SELECTION *out, const struct sg_pcrs *pcrs)
{
	uint32_t selected[SG_PCR_BANKS];

	for (size_t i = 0; i < SG_PCR_BANKS; i++)
		selected[i] = pcrs->bank[i].selected;
	selection_fill(out, selected);
}

/* Take the values of one answer over: they come in the order of banks and PCRs. Returns
 * how many were wanted. */
static size_t take_values(const TPML_PCR_SELECTION *read, const TPML_DIGEST *values, size_t bank,
                          struct sg_pcrs *pcrs)
{
	struct sg_pcr_bank *out = &pcrs->bank[bank];
	const TPMS_PCR_SELECTION *which = &read->pcrSelections[0];
	size_t at = 0, taken = 0;

	if (read->count != 1 || which->hash != sg_pcr_hashes[bank].id ||
	    which->sizeofSelect > SELECT_BYTES)
		return 0;
	for (unsigned n = 0; n < 8u * which->sizeofSelect; n++) {
		if ((which->pcrSelect[n / 8] >> n % 8 & 1) == 0)
			continue;
		if (at == values->count || at == 8 ||
		    values->digests[at].size != sg_pcr_hashes[bank].len)
			return 0;
		if ((out->selected & ~out->known) >> n & 1) {
			memcpy(out->value[n], values->digests[at].buffer, sg_pcr_hashes[bank].len);
			out->known |= UINT32_C(1) << n;
			taken++;
		}
		at++;
	}
	return taken;
}

/* Read what is lacking of one bank, at most eight values with a command. */
static enum sg_err read_some(struct sg_tpm *tpm, ESYS_TR session, size_t bank, struct sg_pcrs *pcrs)
{
	uint32_t lacking[SG_PCR_BANKS] = { 0 };
	TPML_PCR_SELECTION wanted, *read = NULL;
	TPML_DIGEST *values = NULL;
	UINT32 counter;
	TSS2_RC rc;
	enum sg_err err = SG_OK;

	lacking[bank] = pcrs->bank[bank].selected & ~pcrs->bank[bank].known;
	selection_fill(&wanted, lacking);
	if (session != ESYS_TR_NONE)
		err = sg_tpm_session_next(tpm, session,
		                          TPMA_SESSION_AUDIT | TPMA_SESSION_CONTINUESESSION);
	if (err != SG_OK)
		return err;
	rc = Esys_PCR_Read(tpm->esys, session, ESYS_TR_NONE, ESYS_TR_NONE, &wanted, &counter, &read,
	                   &values);
	err = sg_tpm_err(TPM2_CC_PCR_Read, rc);
	if (err == SG_OK && take_values(read, values, bank, pcrs) == 0) {
		sg_log(SG_LOG_ERROR, "this TPM does not keep the bank %s of all PCRs that are named; "
		       "\"tpm2_getcap pcrs\" shows what it keeps", sg_pcr_hashes[bank].name);
		err = SG_ERR_HW_UNSUPPORTED;
	}
	Esys_Free(read);
	Esys_Free(values);
	return err;
}

enum sg_err sg_tpm_pcr_read(struct sg_tpm *tpm, ESYS_TR session, struct sg_pcrs *pcrs)
{
	enum sg_err err = SG_OK;

	for (size_t bank = 0; bank < SG_PCR_BANKS && err == SG_OK; bank++)
		while (err == SG_OK && (pcrs->bank[bank].selected & ~pcrs->bank[bank].known) != 0)
			err = read_some(tpm, session, bank, pcrs);
	return err;
}

/* Say of one bank which values are not the expected ones. */
static bool bank_differs(const struct sg_pcr_bank *expected, const struct sg_pcr_bank *found,
                         const struct sg_pcr_hash *hash)
{
	char was[2 * SG_DIGEST_MAX + 1], is[2 * SG_DIGEST_MAX + 1];
	bool differs = false;

	for (unsigned n = 0; n < SG_PCRS; n++) {
		if ((expected->selected >> n & 1) == 0 ||
		    memcmp(expected->value[n], found->value[n], hash->len) == 0)
			continue;
		sg_bytes_hex(sg_bytes(expected->value[n], hash->len), was);
		sg_bytes_hex(sg_bytes(found->value[n], hash->len), is);
		was[2 * hash->len] = is[2 * hash->len] = '\0';
		sg_log(SG_LOG_ERROR, "PCR %u of the bank %s differs: expected %s, found %s", n,
		       hash->name, was, is);
		differs = true;
	}
	return differs;
}

/* After a refusal: say which PCR it was. The values are read in clear and only shown. */
static void explain_pcrs(struct sg_tpm *tpm, const struct sg_pcrs *expected)
{
	struct sg_pcrs found = *expected;
	bool differs = false;

	for (size_t i = 0; i < SG_PCR_BANKS; i++)
		found.bank[i].known = 0;
	if (sg_tpm_pcr_read(tpm, ESYS_TR_NONE, &found) != SG_OK)
		return;
	for (size_t i = 0; i < SG_PCR_BANKS; i++)
		differs |= bank_differs(&expected->bank[i], &found.bank[i], &sg_pcr_hashes[i]);
	if (!differs)
		sg_log(SG_LOG_ERROR, "the PCRs have the expected values again: they changed while "
		       "the key was being opened");
}

static enum sg_err policy_pcr(const struct assertion *a, const struct sg_pcrs *pcrs)
{
	TPM2B_DIGEST digest = { .size = SG_POLICY_DIGEST };
	TPML_PCR_SELECTION selection;
	enum sg_err err;

	selection_of(&selection, pcrs);
	err = sg_pcrs_digest(pcrs, digest.buffer);
	if (err != SG_OK)
		return err;
	err = sg_tpm_err(TPM2_CC_PolicyPCR,
	                 Esys_PolicyPCR(a->tpm->esys, a->session, ESYS_TR_NONE, ESYS_TR_NONE,
	                                ESYS_TR_NONE, &digest, &selection));
	if (err == SG_ERR_POLICY)
		explain_pcrs(a->tpm, pcrs);
	return err;
}

static enum sg_err assert_pcrs(const struct assertion *a)
{
	return sg_pcrs_any(&a->policy->pcrs) ? policy_pcr(a, &a->policy->pcrs) : SG_OK;
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

/* Load the key that may sign. */
static enum sg_err load_signer(const struct assertion *a, ESYS_TR *key, TPM2B_NAME **name)
{
	struct sg_buf bytes = { 0 };
	struct sg_writer w = sg_writer(&bytes);
	TPM2B_PUBLIC area = { 0 };
	size_t at = 0;
	TSS2_RC rc;
	enum sg_err err;

	*name = NULL;
	err = sg_policy_signer_area(sg_buf_bytes(&a->policy->signer), &w);
	if (err == SG_OK && Tss2_MU_TPMT_PUBLIC_Unmarshal(bytes.data, bytes.len, &at,
	                                                  &area.publicArea) != TSS2_RC_SUCCESS)
		err = SG_ERR_FORMAT;
	if (err == SG_OK) {
		rc = Esys_LoadExternal(a->tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
		                       &area, ESYS_TR_RH_OWNER, key);
		if (rc == TSS2_RC_SUCCESS)
			rc = Esys_TR_GetName(a->tpm->esys, *key, name);
		err = sg_tpm_err(TPM2_CC_LoadExternal, rc);
	}
	sg_buf_free(&bytes);
	return err;
}

/* Bring a signature into the TPM's form; false where it can't be one of this signer's. */
static bool signature_fill(const struct assertion *a, const struct sg_policy_signature *one,
                           TPMT_SIGNATURE *out)
{
	uint8_t raw[SG_P256_SIGNATURE];
	struct sg_spki spki;

	*out = (TPMT_SIGNATURE){ 0 };
	if (sg_spki_read(sg_buf_bytes(&a->policy->signer), &spki) != SG_OK)
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
static enum sg_err verify(const struct assertion *a, ESYS_TR key,
                          const struct sg_policy_signature *one, TPMT_TK_VERIFIED **ticket)
{
	TPM2B_DIGEST digest = { .size = SG_POLICY_DIGEST };
	TPMT_SIGNATURE signature;
	enum sg_err err;

	*ticket = NULL;
	if (!signature_fill(a, one, &signature)) {
		sg_log(SG_LOG_ERROR, "the signature over the PCR values is not of the signer's kind");
		return SG_ERR_POLICY;
	}
	err = sg_digest_once(SG_SHA256, sg_bytes(one->policy, sizeof one->policy), digest.buffer);
	if (err != SG_OK)
		return err;
	return sg_tpm_err(TPM2_CC_VerifySignature,
	                  Esys_VerifySignature(a->tpm->esys, key, ESYS_TR_NONE, ESYS_TR_NONE,
	                                       ESYS_TR_NONE, &digest, &signature, ticket));
}

/* Assert what the signer approved in the place of all that was asserted before. */
static enum sg_err authorize(const struct assertion *a, const struct sg_policy_signature *one,
                             const TPM2B_NAME *name, const TPMT_TK_VERIFIED *ticket)
{
	static const TPM2B_NONCE no_reference;
	TPM2B_DIGEST approved = { .size = SG_POLICY_DIGEST };

	memcpy(approved.buffer, one->policy, sizeof one->policy);
	return sg_tpm_err(TPM2_CC_PolicyAuthorize,
	                  Esys_PolicyAuthorize(a->tpm->esys, a->session, ESYS_TR_NONE, ESYS_TR_NONE,
	                                       ESYS_TR_NONE, &approved, &no_reference, name,
	                                       ticket));
}

static enum sg_err assert_signed(const struct assertion *a)
{
	const struct sg_policy_signature *one = NULL;
	TPMT_TK_VERIFIED *ticket = NULL;
	TPM2B_NAME *name = NULL;
	ESYS_TR key = ESYS_TR_NONE;
	struct sg_pcrs now;
	enum sg_err err;

	if (a->policy->signer.len == 0)
		return SG_OK;
	err = find_signature(a, &one, &now);
	if (err == SG_OK && one == NULL)
		err = SG_ERR_POLICY;
	if (err == SG_OK)
		err = load_signer(a, &key, &name);
	if (err == SG_OK)
		err = verify(a, key, one, &ticket);
	if (err == SG_OK)
		err = policy_pcr(a, &now);
	if (err == SG_OK)
		err = authorize(a, one, name, ticket);
	/* Slots are few, and the key has done its work. */
	if (key != ESYS_TR_NONE)
		sg_tpm_err(TPM2_CC_FlushContext, Esys_FlushContext(a->tpm->esys, key));
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
		assert_signed, assert_pcrs, assert_index, assert_auth,
	};
	const struct assertion a = { tpm, session, policy, proof->signatures, proof };
	enum sg_err err = SG_OK;

	for (size_t i = 0; i < sizeof steps / sizeof steps[0] && err == SG_OK; i++)
		err = steps[i](&a);
	return err;
}
