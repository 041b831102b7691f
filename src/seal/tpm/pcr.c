/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Reads PCRs, and says which of them differ from what was expected.
 */
#include "seal/tpm/pcr.h"

#include <stdio.h>
#include <string.h>

#include "seal/tpm/rc.h"
#include "seal/tpm/session.h"
#include "util/log.h"

#define SELECT_BYTES 3

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

void sg_tpm_pcr_selection(const struct sg_pcrs *pcrs, TPML_PCR_SELECTION *out)
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
static bool bank_differs(enum sg_digest_alg bank, const struct sg_pcr_bank *expected,
                         const struct sg_pcr_bank *found)
{
	const struct sg_pcr_hash *hash = &sg_pcr_hashes[bank];
	uint32_t differing = sg_pcr_bank_differing(bank, expected, found);
	char was[2 * SG_DIGEST_MAX + 1], is[2 * SG_DIGEST_MAX + 1];

	for (unsigned n = 0; n < SG_PCRS; n++) {
		if ((differing >> n & 1) == 0)
			continue;
		sg_bytes_hex(sg_bytes(expected->value[n], hash->len), was);
		sg_bytes_hex(sg_bytes(found->value[n], hash->len), is);
		was[2 * hash->len] = is[2 * hash->len] = '\0';
		sg_log(SG_LOG_ERROR, "PCR %u of the bank %s differs: expected %s, found %s", n,
		       hash->name, was, is);
	}
	return differing != 0;
}

void sg_tpm_pcr_explain(struct sg_tpm *tpm, const struct sg_pcrs *expected)
{
	struct sg_pcrs found = *expected;
	bool differs = false;

	for (size_t i = 0; i < SG_PCR_BANKS; i++)
		found.bank[i].known = 0;
	if (sg_tpm_pcr_read(tpm, ESYS_TR_NONE, &found) != SG_OK)
		return;
	for (size_t i = 0; i < SG_PCR_BANKS; i++)
		differs |= bank_differs((enum sg_digest_alg)i, &expected->bank[i], &found.bank[i]);
	if (!differs)
		sg_log(SG_LOG_ERROR, "the PCRs have the expected values again: they changed while "
		       "the key was being opened");
}
