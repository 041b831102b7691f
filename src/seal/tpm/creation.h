/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Making an object so that the TPM can say later how it was made: outsideInfo goes in,
 * and creation data, their hash and a ticket come out [TPM2 Part 1 §26.6].
 */
#ifndef SG_SEAL_TPM_CREATION_H
#define SG_SEAL_TPM_CREATION_H

#include "seal/attest.h"
#include "seal/tpm/blob.h"
#include "seal/tpm/context.h"

/* What is to be shown of an object that is made. */
struct sg_tpm_shown {
	struct sg_bytes outside;
	struct sg_attest_object *object;        /* gets area, creation, hash and ticket */
};

/* Make an object under srk through the HMAC session, and overwrite what tpm2-tss keeps of its
 * secret; shown may be NULL. Errors: RANGE, NOMEM, and those of the TPM. */
enum sg_err sg_tpm_create(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                          const TPM2B_SENSITIVE_CREATE *sensitive, const TPM2B_PUBLIC *template,
                          const struct sg_tpm_shown *shown, struct sg_tpm_blob *out);

/* Read the ticket again. Errors: FORMAT. */
enum sg_err sg_tpm_ticket_read(struct sg_bytes bytes, TPMT_TK_CREATION *out);

#endif
