/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. The storage root key: found, judged, or made. It is never replaced,
 * and nothing is ever removed from the TPM.
 */
#include "seal/tpm/srk.h"

#include "seal/tpm/area.h"
#include "seal/tpm/auth.h"
#include "seal/tpm/rc.h"
#include "seal/tpm/session.h"
#include "util/log.h"

/* fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, restricted, decrypt. */
#define SRK_ATTRIBUTES 0x00030472u

/* The template of the TCG EK credential profile's storage keys (L-2): a unique field of
 * 32 + 32 zero bytes. An empty one gives another key. */
static const TPM2B_PUBLIC srk_template = {
	.publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = SRK_ATTRIBUTES,
		.parameters.eccDetail = {
			.symmetric = { TPM2_ALG_AES, { .aes = 128 }, { .aes = TPM2_ALG_CFB } },
			.scheme = { .scheme = TPM2_ALG_NULL },
			.curveID = TPM2_ECC_NIST_P256,
			.kdf = { .scheme = TPM2_ALG_NULL },
		},
		.unique.ecc = { .x = { .size = 32 }, .y = { .size = 32 } },
	},
};

static bool symmetric_fits(const TPMT_SYM_DEF_OBJECT *symmetric)
{
	return symmetric->algorithm == TPM2_ALG_AES && symmetric->keyBits.aes == 128 &&
	       symmetric->mode.aes == TPM2_ALG_CFB;
}

bool sg_srk_fits(const TPMT_PUBLIC *area)
{
	const TPMS_ECC_PARMS *ecc = &area->parameters.eccDetail;
	const TPMS_RSA_PARMS *rsa = &area->parameters.rsaDetail;

	if (area->nameAlg != TPM2_ALG_SHA256 || area->objectAttributes != SRK_ATTRIBUTES)
		return false;
	if (area->type == TPM2_ALG_ECC)
		return ecc->curveID == TPM2_ECC_NIST_P256 && symmetric_fits(&ecc->symmetric);
	return area->type == TPM2_ALG_RSA && rsa->keyBits == 2048 &&
	       symmetric_fits(&rsa->symmetric);
}

/* Get a handle for the key and the Name that its public area has. */
static enum sg_err take_up(struct sg_tpm *tpm, ESYS_TR *srk, TPM2B_NAME **name)
{
	TSS2_RC rc;

	*name = NULL;
	rc = Esys_TR_FromTPMPublic(tpm->esys, SG_SRK_HANDLE, ESYS_TR_NONE, ESYS_TR_NONE,
	                           ESYS_TR_NONE, srk);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_TR_GetName(tpm->esys, *srk, name);
	return sg_tpm_err(TPM2_CC_ReadPublic, rc);
}

static struct sg_bytes name_bytes(const TPM2B_NAME *name)
{
	return sg_bytes(name->name, name->size);
}

/* Tell whether the key that was taken up under this Name is a storage parent. */
static enum sg_err judge(struct sg_tpm *tpm, ESYS_TR key, const TPM2B_NAME *name, bool *parent)
{
	TPM2B_PUBLIC *area = NULL;
	TPM2B_NAME *read = NULL;
	enum sg_err err;

	*parent = false;
	err = sg_tpm_err(TPM2_CC_ReadPublic,
	                 Esys_ReadPublic(tpm->esys, key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
	                                 &area, &read, NULL));
	if (err != SG_OK)
		goto out;
	if (!sg_bytes_equal(name_bytes(name), name_bytes(read))) {
		sg_log(SG_LOG_ERROR, "the storage root key changed while it was being looked at");
		err = SG_ERR_HW_FAULT;
		goto out;
	}
	*parent = sg_srk_fits(&area->publicArea);
out:
	Esys_Free(read);
	Esys_Free(area);
	return err;
}

static enum sg_err refuse_foreign(void)
{
	sg_log(SG_LOG_ERROR, "what stands at 0x%08x in the TPM is not a storage root key (ECC "
	       "P-256 or RSA 2048, AES-128-CFB, attributes 0x%08x); it was left untouched",
	       SG_SRK_HANDLE, SRK_ATTRIBUTES);
	return SG_ERR_HW_FOREIGN;
}

/* Find out what stands there instead of the key with the pinned Name. */
static enum sg_err refuse_other(struct sg_tpm *tpm, ESYS_TR key, const TPM2B_NAME *found)
{
	bool parent = false;
	enum sg_err err = judge(tpm, key, found, &parent);

	if (err != SG_OK)
		return err;
	if (!parent)
		return refuse_foreign();
	sg_log(SG_LOG_ERROR, "this TPM is not the one that sealed the token: the storage root key "
	       "at 0x%08x has another Name; the TPM was exchanged or cleared, or somebody stands "
	       "between", SG_SRK_HANDLE);
	return SG_ERR_HW_OTHER;
}

enum sg_err sg_srk_open(struct sg_tpm *tpm, struct sg_bytes name, ESYS_TR *srk)
{
	TPM2B_NAME *found = NULL;
	ESYS_TR key = ESYS_TR_NONE;
	enum sg_err err;

	*srk = ESYS_TR_NONE;
	err = take_up(tpm, &key, &found);
	if (err == SG_ERR_HW_NO_PARENT) {
		sg_log(SG_LOG_ERROR, "nothing stands at 0x%08x in this TPM, where the storage root "
		       "key of the token was: it is another TPM, or this one was cleared",
		       SG_SRK_HANDLE);
		err = SG_ERR_HW_OTHER;
	}
	if (err != SG_OK)
		goto out;
	if (name.len != SG_SRK_NAME || !sg_bytes_equal(name_bytes(found), name)) {
		err = refuse_other(tpm, key, found);
		goto out;
	}
	*srk = key;
out:
	Esys_Free(found);
	return err;
}

enum sg_err sg_srk_look(struct sg_tpm *tpm, struct sg_buf *name, bool *parent)
{
	TPM2B_NAME *found = NULL;
	ESYS_TR key = ESYS_TR_NONE;
	enum sg_err err;

	*parent = false;
	err = take_up(tpm, &key, &found);
	if (err == SG_OK)
		err = judge(tpm, key, found, parent);
	if (err == SG_OK)
		err = sg_buf_set(name, name_bytes(found));
	Esys_Free(found);
	return err;
}

/* auth stands for the hierarchy's authorisation; other may be ESYS_TR_NONE. */
static enum sg_err create_primary(struct sg_tpm *tpm, ESYS_TR hierarchy, ESYS_TR auth,
                                  ESYS_TR other, ESYS_TR *key)
{
	static const TPM2B_SENSITIVE_CREATE sensitive;
	static const TPM2B_DATA outside;
	static const TPML_PCR_SELECTION pcrs;
	TSS2_RC rc;

	rc = Esys_CreatePrimary(tpm->esys, hierarchy, auth, other, ESYS_TR_NONE, &sensitive,
	                        &srk_template, &outside, &pcrs, key, NULL, NULL, NULL, NULL);
	return sg_tpm_err(TPM2_CC_CreatePrimary, rc);
}

enum sg_err sg_srk_make_null(struct sg_tpm *tpm, ESYS_TR session, ESYS_TR *key)
{
	return create_primary(tpm, ESYS_TR_RH_NULL, ESYS_TR_PASSWORD, session, key);
}

/* There is no key to salt a session to before the first one is made, and an owner
 * authorisation may not go in clear nor be guessed from a recording. So the session is
 * salted to a key of the null hierarchy that lives for this call only. Its Name is
 * nobody's to compare: making the storage root key is the moment of trust. */
static enum sg_err make(struct sg_tpm *tpm, const struct sg_secret *owner_auth)
{
	ESYS_TR salt = ESYS_TR_NONE, session = ESYS_TR_NONE;
	ESYS_TR key = ESYS_TR_NONE, persistent = ESYS_TR_NONE;
	TSS2_RC rc;
	enum sg_err err;

	err = create_primary(tpm, ESYS_TR_RH_NULL, ESYS_TR_PASSWORD, ESYS_TR_NONE, &salt);
	if (err == SG_OK)
		err = sg_tpm_session_open(tpm, salt, TPM2_SE_HMAC, &session);
	if (err == SG_OK && owner_auth != NULL)
		err = sg_tpm_owner_auth_set(tpm, owner_auth);
	if (err == SG_OK)
		err = create_primary(tpm, ESYS_TR_RH_OWNER, session, ESYS_TR_NONE, &key);
	if (err == SG_OK)       /* the next command has no parameter that can be encrypted */
		err = sg_tpm_session_next(tpm, session, TPMA_SESSION_CONTINUESESSION);
	if (err == SG_OK) {
		rc = Esys_EvictControl(tpm->esys, ESYS_TR_RH_OWNER, key, session, ESYS_TR_NONE,
		                       ESYS_TR_NONE, SG_SRK_HANDLE, &persistent);
		err = sg_tpm_err(TPM2_CC_EvictControl, rc);
	}
	if (owner_auth != NULL && session != ESYS_TR_NONE)
		sg_tpm_scrub(tpm, ESYS_TR_RH_OWNER, session);
	return sg_tpm_owner_auth_told(err, owner_auth);
}

enum sg_err sg_srk_provision(struct sg_tpm *tpm, const struct sg_secret *owner_auth,
                             struct sg_buf *name, bool *made)
{
	bool parent = false;
	enum sg_err err;

	*made = false;
	err = sg_srk_look(tpm, name, &parent);
	if (err == SG_ERR_HW_NO_PARENT) {
		err = make(tpm, owner_auth);
		if (err != SG_OK)
			return err;
		*made = true;
		sg_log(SG_LOG_NOTICE, "a storage root key was made in the TPM and stands at 0x%08x",
		       SG_SRK_HANDLE);
		err = sg_srk_look(tpm, name, &parent);
	}
	if (err == SG_OK && !parent)
		err = refuse_foreign();
	return err;
}

enum sg_err sg_srk_area(struct sg_tpm *tpm, ESYS_TR srk, struct sg_bytes name, struct sg_buf *out)
{
	TPM2B_PUBLIC *area = NULL;
	uint8_t found[SG_TPM_NAME];
	enum sg_err err;

	err = sg_tpm_err(TPM2_CC_ReadPublic,
	                 Esys_ReadPublic(tpm->esys, srk, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
	                                 &area, NULL, NULL));
	if (err == SG_OK)
		err = sg_tpm_area_write(&area->publicArea, out);
	if (err == SG_OK)
		err = sg_tpm_area_name(&area->publicArea, found);
	if (err == SG_OK && !sg_bytes_equal(sg_bytes(found, sizeof found), name))
		err = SG_ERR_HW_FAULT;
	Esys_Free(area);
	return err;
}
