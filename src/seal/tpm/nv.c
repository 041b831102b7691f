/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Indices of the TPM's persistent memory.
 */
#include "seal/tpm/nv.h"

#include <string.h>
#include <tss2/tss2_mu.h>

#include "crypto/digest.h"
#include "crypto/random.h"
#include "seal/tpm/auth.h"
#include "seal/tpm/rc.h"
#include "seal/tpm/session.h"
#include "util/log.h"

/* The range that an owner gives out as he likes [TCG Registry of Reserved TPM 2.0 Handles
 * §2.2.2]. Handles are drawn from it, since nobody keeps a list. */
#define FIRST 0x01800000u
#define COUNT 0x00400000u
#define TRIES 8

TPM2_HANDLE sg_nv_draw(void)
{
	uint8_t drawn[4];

	sg_random(drawn, sizeof drawn);
	return FIRST + sg_get_u32(drawn) % COUNT;
}

/* The session authorises by the owner, and encrypts the authValue on its way. */
static enum sg_err define_once(struct sg_tpm *tpm, ESYS_TR session, const struct sg_secret *auth,
                               const TPMS_NV_PUBLIC *area, ESYS_TR *nv)
{
	const TPM2B_NV_PUBLIC public_area = { .nvPublic = *area };
	TPM2B_AUTH value = { 0 };
	TSS2_RC rc;

	sg_tpm_auth_fill(&value, auth);
	rc = Esys_NV_DefineSpace(tpm->esys, ESYS_TR_RH_OWNER, session, ESYS_TR_NONE, ESYS_TR_NONE,
	                         &value, &public_area, nv);
	explicit_bzero(&value, sizeof value);
	return sg_tpm_err(TPM2_CC_NV_DefineSpace, rc);
}

enum sg_err sg_nv_define(struct sg_tpm *tpm, ESYS_TR session, const struct sg_secret *owner_auth,
                         const struct sg_secret *auth, TPMS_NV_PUBLIC *area, ESYS_TR *nv)
{
	int tries = area->nvIndex == 0 ? TRIES : 1;
	enum sg_err err = SG_OK;

	*nv = ESYS_TR_NONE;
	if (owner_auth != NULL)
		err = sg_tpm_owner_auth_set(tpm, owner_auth);
	if (err == SG_OK)
		err = sg_tpm_session_next(tpm, session, TPMA_SESSION_DECRYPT |
		                                        TPMA_SESSION_CONTINUESESSION);
	if (err == SG_OK)
		err = SG_ERR_HW_BUSY;
	for (int i = 0; i < tries && err == SG_ERR_HW_BUSY; i++) {
		if (tries > 1)
			area->nvIndex = sg_nv_draw();
		err = define_once(tpm, session, auth, area, nv);
	}
	sg_tpm_scrub(tpm, owner_auth != NULL ? ESYS_TR_RH_OWNER : ESYS_TR_RH_NULL,
	             owner_auth != NULL ? session : ESYS_TR_PASSWORD);
	return sg_tpm_owner_auth_told(err, owner_auth);
}

enum sg_err sg_nv_name(struct sg_tpm *tpm, ESYS_TR nv, uint8_t name[SG_NV_NAME])
{
	TPM2B_NAME *found = NULL;
	enum sg_err err;

	err = sg_tpm_err(TPM2_CC_NV_ReadPublic, Esys_TR_GetName(tpm->esys, nv, &found));
	if (err == SG_OK && found->size != SG_NV_NAME)
		err = SG_ERR_HW_FAULT;
	if (err == SG_OK)
		memcpy(name, found->name, SG_NV_NAME);
	Esys_Free(found);
	return err;
}

enum sg_err sg_nv_open(struct sg_tpm *tpm, TPM2_HANDLE handle, struct sg_bytes name, ESYS_TR *nv)
{
	TPM2B_NAME *found = NULL;
	ESYS_TR index = ESYS_TR_NONE;
	enum sg_err err;

	*nv = ESYS_TR_NONE;
	err = sg_tpm_err(TPM2_CC_NV_ReadPublic,
	                 Esys_TR_FromTPMPublic(tpm->esys, handle, ESYS_TR_NONE, ESYS_TR_NONE,
	                                       ESYS_TR_NONE, &index));
	if (err == SG_OK)
		err = sg_tpm_err(TPM2_CC_NV_ReadPublic, Esys_TR_GetName(tpm->esys, index, &found));
	if (err == SG_OK && !sg_bytes_equal(name, sg_bytes(found->name, found->size)))
		err = SG_ERR_HW_NV_GONE;
	if (err == SG_ERR_HW_NV_GONE)
		sg_log(SG_LOG_ERROR, "the index 0x%08x that was made in the TPM for this token is "
		       "gone, or another stands in its place: somebody removed it, or the TPM was "
		       "cleared", handle);
	if (err == SG_OK)
		*nv = index;
	Esys_Free(found);
	return err;
}

/* The Name of the index must be that of its area, or the TPM lied about one of them. */
static enum sg_err check_name(struct sg_tpm *tpm, ESYS_TR nv, const TPMS_NV_PUBLIC *area)
{
	uint8_t taken[SG_NV_NAME], read[SG_NV_NAME];
	enum sg_err err = sg_nv_name(tpm, nv, taken);

	if (err == SG_OK)
		err = sg_nv_area_name(area, read);
	if (err == SG_OK && memcmp(taken, read, sizeof read) != 0)
		err = SG_ERR_HW_FAULT;
	return err;
}

enum sg_err sg_nv_look(struct sg_tpm *tpm, TPM2_HANDLE handle, ESYS_TR *nv, TPMS_NV_PUBLIC *area)
{
	TPM2B_NV_PUBLIC *found = NULL;
	enum sg_err err;
	TSS2_RC rc;

	*nv = ESYS_TR_NONE;
	*area = (TPMS_NV_PUBLIC){ .nvIndex = handle, .nameAlg = TPM2_ALG_NULL };
	rc = Esys_TR_FromTPMPublic(tpm->esys, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, nv);
	/* The library computes the Name, and knows fewer digests than a TPM may have. */
	if (rc == TSS2_ESYS_RC_NOT_IMPLEMENTED)
		return SG_OK;
	err = sg_tpm_err(TPM2_CC_NV_ReadPublic, rc);
	if (err == SG_OK)
		err = sg_tpm_err(TPM2_CC_NV_ReadPublic,
		                 Esys_NV_ReadPublic(tpm->esys, *nv, ESYS_TR_NONE, ESYS_TR_NONE,
		                                    ESYS_TR_NONE, &found, NULL));
	/* We make none of another digest, so it is not one that a caller goes on with. */
	if (err == SG_OK && found->nvPublic.nameAlg == TPM2_ALG_SHA256)
		err = check_name(tpm, *nv, &found->nvPublic);
	if (err == SG_OK)
		*area = found->nvPublic;
	Esys_Free(found);
	return err;
}

/* Look at some; *wanted tells whether fn wants more. */
static enum sg_err look_at(struct sg_tpm *tpm, const TPML_HANDLE *handles,
                           bool (*fn)(void *arg, const TPMS_NV_PUBLIC *area), void *arg,
                           bool *wanted)
{
	enum sg_err err = SG_OK;

	for (uint32_t i = 0; i < handles->count && *wanted && err == SG_OK; i++) {
		TPMS_NV_PUBLIC area;
		ESYS_TR nv;

		err = sg_nv_look(tpm, handles->handle[i], &nv, &area);
		if (err == SG_OK)
			*wanted = fn(arg, &area);
		if (err == SG_ERR_HW_NV_GONE)   /* just now */
			err = SG_OK;
	}
	return err;
}

enum sg_err sg_nv_each(struct sg_tpm *tpm, bool (*fn)(void *arg, const TPMS_NV_PUBLIC *area),
                       void *arg)
{
	TPM2_HANDLE next = TPM2_NV_INDEX_FIRST;
	TPMI_YES_NO more = TPM2_YES;
	bool wanted = true;
	enum sg_err err = SG_OK;

	while (more == TPM2_YES && wanted && err == SG_OK) {
		TPMS_CAPABILITY_DATA *data = NULL;
		const TPML_HANDLE *handles;
		TPM2_HANDLE last = next;

		err = sg_tpm_err(TPM2_CC_GetCapability,
		                 Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
		                                    ESYS_TR_NONE, TPM2_CAP_HANDLES, next,
		                                    TPM2_MAX_CAP_HANDLES, &more, &data));
		if (err != SG_OK)
			break;
		handles = &data->data.handles;
		if (data->capability != TPM2_CAP_HANDLES || handles->count > TPM2_MAX_CAP_HANDLES ||
		    (handles->count == 0 && more == TPM2_YES))
			err = SG_ERR_HW_FAULT;
		if (err == SG_OK && handles->count > 0)
			last = handles->handle[handles->count - 1];
		if (last < next || last > TPM2_NV_INDEX_LAST)   /* or this would have no end */
			err = SG_ERR_HW_FAULT;
		if (err == SG_OK)
			err = look_at(tpm, handles, fn, arg, &wanted);
		next = last + 1;
		Esys_Free(data);
	}
	return err;
}

enum sg_err sg_nv_area_name(const TPMS_NV_PUBLIC *area, uint8_t name[SG_NV_NAME])
{
	uint8_t bytes[sizeof *area];
	size_t len = 0;

	if (Tss2_MU_TPMS_NV_PUBLIC_Marshal(area, bytes, sizeof bytes, &len) != TSS2_RC_SUCCESS)
		return SG_ERR_HW_FAULT;
	name[0] = TPM2_ALG_SHA256 >> 8;
	name[1] = TPM2_ALG_SHA256 & 0xff;
	return sg_digest_once(SG_SHA256, sg_bytes(bytes, len), name + 2);
}

enum sg_err sg_nv_undefine(struct sg_tpm *tpm, ESYS_TR session,
                           const struct sg_secret *owner_auth, ESYS_TR nv)
{
	enum sg_err err = SG_OK;

	if (owner_auth != NULL)
		err = sg_tpm_owner_auth_set(tpm, owner_auth);
	if (err == SG_OK)       /* the command has no parameter that can be encrypted */
		err = sg_tpm_session_next(tpm, session, TPMA_SESSION_CONTINUESESSION);
	if (err == SG_OK)
		err = sg_tpm_err(TPM2_CC_NV_UndefineSpace,
		                 Esys_NV_UndefineSpace(tpm->esys, ESYS_TR_RH_OWNER, nv, session,
		                                       ESYS_TR_NONE, ESYS_TR_NONE));
	if (owner_auth != NULL)
		sg_tpm_scrub(tpm, ESYS_TR_RH_OWNER, session);
	return sg_tpm_owner_auth_told(err, owner_auth);
}
