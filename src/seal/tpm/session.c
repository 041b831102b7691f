/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. The one function that opens sessions; nothing else in the project
 * may call Esys_StartAuthSession.
 */
#include "seal/tpm/session.h"

#include "seal/tpm/rc.h"
#include "util/log.h"

enum sg_err sg_tpm_session_open(struct sg_tpm *tpm, ESYS_TR salt, TPM2_SE type,
                                ESYS_TR *session)
{
	static const TPMT_SYM_DEF cipher = {
		.algorithm = TPM2_ALG_AES,
		.keyBits = { .aes = 128 },
		.mode = { .aes = TPM2_ALG_CFB },
	};
	TSS2_RC rc;
	enum sg_err err;

	*session = ESYS_TR_NONE;
	if (salt == ESYS_TR_NONE) {
		sg_log(SG_LOG_ERROR, "a session without a salt was refused");
		return SG_ERR_ARG;
	}
	rc = Esys_StartAuthSession(tpm->esys, salt, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
	                           ESYS_TR_NONE, NULL, type, &cipher, TPM2_ALG_SHA256,
	                           session);
	err = sg_tpm_err(TPM2_CC_StartAuthSession, rc);
	if (err == SG_OK)
		err = sg_tpm_session_next(tpm, *session,
		                          TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT |
		                          TPMA_SESSION_CONTINUESESSION);
	return err;
}

enum sg_err sg_tpm_session_next(struct sg_tpm *tpm, ESYS_TR session, TPMA_SESSION attributes)
{
	const TPMA_SESSION mask = TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT |
	                          TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_AUDIT;
	TSS2_RC rc = Esys_TRSess_SetAttributes(tpm->esys, session, attributes & mask, mask);

	return sg_tpm_err(TPM2_CC_StartAuthSession, rc);
}
