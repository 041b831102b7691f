/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Endorsement keys, made from their templates.
 */
#include "seal/tpm/ek.h"

#include <string.h>

#include "seal/tpm/area.h"
#include "seal/tpm/rc.h"
#include "seal/tpm/session.h"

#define POINT_NUMBER 32
#define MODULUS 256

/* fixedTPM, fixedParent, sensitiveDataOrigin, adminWithPolicy, restricted, decrypt. */
#define EK_ATTRIBUTES 0x000300b2u
#define SYMMETRIC { TPM2_ALG_AES, { .aes = 128 }, { .aes = TPM2_ALG_CFB } }

/* PolicySecret with the authorisation of the endorsement hierarchy: PolicyA of the profile. */
#define EK_POLICY { \
	.size = 32, \
	.buffer = { \
		0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, \
		0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, \
		0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa, \
	}, \
}

/* A template, and where its key may stand already [TCG Provisioning Guidance §7.8]. */
static const struct {
	TPM2_HANDLE handle;
	TPM2B_PUBLIC area;
} templates[SG_EKS] = {
	[SG_EK_P256] = { 0x81010002, { .publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = EK_ATTRIBUTES,
		.authPolicy = EK_POLICY,
		.parameters.eccDetail = {
			.symmetric = SYMMETRIC,
			.scheme = { .scheme = TPM2_ALG_NULL },
			.curveID = TPM2_ECC_NIST_P256,
			.kdf = { .scheme = TPM2_ALG_NULL },
		},
		.unique.ecc = { .x = { .size = POINT_NUMBER }, .y = { .size = POINT_NUMBER } },
	} } },
	[SG_EK_RSA2048] = { 0x81010001, { .publicArea = {
		.type = TPM2_ALG_RSA,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = EK_ATTRIBUTES,
		.authPolicy = EK_POLICY,
		.parameters.rsaDetail = {
			.symmetric = SYMMETRIC,
			.scheme = { .scheme = TPM2_ALG_NULL },
			.keyBits = 2048,
		},
		.unique.rsa = { .size = MODULUS },
	} } },
};

enum sg_err sg_ek_area(struct sg_bytes spki, enum sg_ek *kind, TPMT_PUBLIC *out)
{
	struct sg_spki key;
	enum sg_err err = sg_spki_read(spki, &key);

	if (err != SG_OK)
		return err;
	*kind = key.kind == SG_SPKI_P256 ? SG_EK_P256 : SG_EK_RSA2048;
	*out = templates[*kind].area.publicArea;
	if (key.kind == SG_SPKI_P256) {
		memcpy(out->unique.ecc.x.buffer, key.key.data + 1, POINT_NUMBER);
		memcpy(out->unique.ecc.y.buffer, key.key.data + 1 + POINT_NUMBER, POINT_NUMBER);
		return SG_OK;
	}
	if (key.key.len != MODULUS || key.exponent != 65537)
		return SG_ERR_FORMAT;
	memcpy(out->unique.rsa.buffer, key.key.data, MODULUS);
	return SG_OK;
}

/* Tell whether an area is that of a key made from the template. */
static bool fits(const TPMT_PUBLIC *area, enum sg_ek kind)
{
	struct sg_buf have = { 0 }, want = { 0 };
	TPMT_PUBLIC ours = templates[kind].area.publicArea;
	bool same;

	ours.unique = area->unique;
	same = area->type == ours.type && sg_tpm_area_write(area, &have) == SG_OK &&
	       sg_tpm_area_write(&ours, &want) == SG_OK &&
	       sg_bytes_equal(sg_buf_bytes(&have), sg_buf_bytes(&want));
	sg_buf_free(&have);
	sg_buf_free(&want);
	return same;
}

/* Take the key up where somebody made it persistent: making one of RSA takes seconds. */
static bool find(struct sg_tpm *tpm, enum sg_ek kind, ESYS_TR *ek, TPM2B_PUBLIC **area)
{
	ESYS_TR key = ESYS_TR_NONE;

	if (Esys_TR_FromTPMPublic(tpm->esys, templates[kind].handle, ESYS_TR_NONE, ESYS_TR_NONE,
	                          ESYS_TR_NONE, &key) != TSS2_RC_SUCCESS)
		return false;
	if (Esys_ReadPublic(tpm->esys, key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, area, NULL,
	                    NULL) != TSS2_RC_SUCCESS)
		return false;
	if (fits(&(*area)->publicArea, kind)) {
		*ek = key;
		return true;
	}
	Esys_Free(*area);
	*area = NULL;
	return false;
}

enum sg_err sg_ek_open(struct sg_tpm *tpm, ESYS_TR session, enum sg_ek kind, ESYS_TR *ek,
                       TPM2B_PUBLIC **area)
{
	static const TPM2B_SENSITIVE_CREATE sensitive;
	static const TPM2B_DATA outside;
	static const TPML_PCR_SELECTION pcrs;
	TSS2_RC rc;
	enum sg_err err;

	*ek = ESYS_TR_NONE;
	*area = NULL;
	if (find(tpm, kind, ek, area))
		return SG_OK;
	err = session == ESYS_TR_PASSWORD
	              ? SG_OK
	              : sg_tpm_session_next(tpm, session,
	                                    TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT |
	                                    TPMA_SESSION_CONTINUESESSION);
	if (err != SG_OK)
		return err;
	rc = Esys_CreatePrimary(tpm->esys, ESYS_TR_RH_ENDORSEMENT, session, ESYS_TR_NONE,
	                        ESYS_TR_NONE, &sensitive, &templates[kind].area, &outside, &pcrs,
	                        ek, area, NULL, NULL, NULL);
	err = sg_tpm_err(TPM2_CC_CreatePrimary, rc);
	return err == SG_ERR_HW_OWNER_AUTH ? SG_ERR_HW_EK_AUTH : err;
}

enum sg_err sg_ek_session_open(struct sg_tpm *tpm, ESYS_TR salt, ESYS_TR *policy)
{
	TPM2B_TIMEOUT *timeout = NULL;
	TPMT_TK_AUTH *ticket = NULL;
	enum sg_err err = sg_tpm_session_open(tpm, salt, TPM2_SE_POLICY, policy);

	if (err != SG_OK)
		return err;
	err = sg_tpm_err(TPM2_CC_PolicySecret,
	                 Esys_PolicySecret(tpm->esys, ESYS_TR_RH_ENDORSEMENT, *policy,
	                                   ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, NULL, NULL,
	                                   NULL, 0, &timeout, &ticket));
	Esys_Free(timeout);
	Esys_Free(ticket);
	return err == SG_ERR_AUTH ? SG_ERR_HW_EK_AUTH : err;
}
