/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. PCRs, as commands: they are read, and compared with what was expected. What they
 * are stands in seal/pcrs.h.
 */
#ifndef SG_SEAL_TPM_PCR_H
#define SG_SEAL_TPM_PCR_H

#include "seal/pcrs.h"
#include "seal/tpm/context.h"

/* Read the selected PCRs; the values that pcrs knows already are left alone. The answer is
 * authenticated by the HMAC session where there is one; ESYS_TR_NONE is for what is only
 * shown or compared. Errors: HW_UNSUPPORTED for a bank that the TPM does not keep. */
enum sg_err sg_tpm_pcr_read(struct sg_tpm *tpm, ESYS_TR session, struct sg_pcrs *pcrs);

/* Write which PCRs are selected in the TPM's form. */
void sg_tpm_pcr_selection(const struct sg_pcrs *pcrs, TPML_PCR_SELECTION *out);

/* After a refusal: log which of the PCRs have other values than the expected ones. Those of now
 * are read in clear and only shown. */
void sg_tpm_pcr_explain(struct sg_tpm *tpm, const struct sg_pcrs *expected);

#endif
