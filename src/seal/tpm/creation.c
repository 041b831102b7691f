/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Makes objects, and keeps what shows how.
 */
#include "seal/tpm/creation.h"

#include <string.h>
#include <tss2/tss2_mu.h>

#include "seal/tpm/area.h"
#include "seal/tpm/rc.h"

/* What TPM2_Create returns beside the object. */
struct made {
	TPM2B_CREATION_DATA *data;
	TPM2B_DIGEST *hash;
	TPMT_TK_CREATION *ticket;
};

static enum sg_err keep(const struct made *made, const TPM2B_PUBLIC *area,
                        struct sg_attest_object *object)
{
	uint8_t data[sizeof *made->data], ticket[sizeof *made->ticket];
	size_t data_len = 0, ticket_len = 0;
	enum sg_err err;

	if (Tss2_MU_TPMS_CREATION_DATA_Marshal(&made->data->creationData, data, sizeof data,
	                                       &data_len) != TSS2_RC_SUCCESS ||
	    Tss2_MU_TPMT_TK_CREATION_Marshal(made->ticket, ticket, sizeof ticket, &ticket_len) !=
	            TSS2_RC_SUCCESS)
		return SG_ERR_HW_FAULT;
	err = sg_tpm_area_write(&area->publicArea, &object->area);
	if (err == SG_OK)
		err = sg_buf_set(&object->creation, sg_bytes(data, data_len));
	if (err == SG_OK)
		err = sg_buf_set(&object->hash, sg_bytes(made->hash->buffer, made->hash->size));
	if (err == SG_OK)
		err = sg_buf_set(&object->ticket, sg_bytes(ticket, ticket_len));
	return err;
}

enum sg_err sg_tpm_create(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                          const TPM2B_SENSITIVE_CREATE *sensitive, const TPM2B_PUBLIC *template,
                          const struct sg_tpm_shown *shown, struct sg_tpm_blob *out)
{
	static const TPML_PCR_SELECTION pcrs;
	TPM2B_DATA outside = { 0 };
	TPM2B_PUBLIC *area = NULL;
	TPM2B_PRIVATE *private_area = NULL;
	struct made made = { NULL, NULL, NULL };
	TSS2_RC rc;
	enum sg_err err;

	if (shown != NULL && shown->outside.len > sizeof outside.buffer)
		return SG_ERR_RANGE;
	if (shown != NULL && shown->outside.len > 0) {
		outside.size = (uint16_t)shown->outside.len;
		memcpy(outside.buffer, shown->outside.data, shown->outside.len);
	}
	rc = Esys_Create(tpm->esys, srk, session, ESYS_TR_NONE, ESYS_TR_NONE, sensitive, template,
	                 &outside, &pcrs, &private_area, &area, &made.data, &made.hash,
	                 &made.ticket);
	sg_tpm_scrub(tpm, ESYS_TR_RH_NULL, ESYS_TR_PASSWORD);
	err = sg_tpm_err(TPM2_CC_Create, rc);
	if (err == SG_OK && shown != NULL)
		err = keep(&made, area, shown->object);
	if (err == SG_OK)
		*out = (struct sg_tpm_blob){ *area, *private_area };
	Esys_Free(area);
	Esys_Free(private_area);
	Esys_Free(made.data);
	Esys_Free(made.hash);
	Esys_Free(made.ticket);
	return err;
}

enum sg_err sg_tpm_ticket_read(struct sg_bytes bytes, TPMT_TK_CREATION *out)
{
	size_t at = 0;

	*out = (TPMT_TK_CREATION){ 0 };
	return bytes.len > 0 && bytes.len <= sizeof *out &&
	                       Tss2_MU_TPMT_TK_CREATION_Unmarshal(bytes.data, bytes.len, &at,
	                                                          out) == TSS2_RC_SUCCESS &&
	                       at == bytes.len
	               ? SG_OK
	               : SG_ERR_FORMAT;
}
