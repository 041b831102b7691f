/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Attestation keys: P-256 keys that sign what the TPM itself says, and nothing that
 * somebody gives it [TPM2 Part 1 §31]. The magic of their blob is "SGA1".
 */
#ifndef SG_SEAL_TPM_AK_H
#define SG_SEAL_TPM_AK_H

#include "seal/attest.h"
#include "seal/tpm/blob.h"
#include "seal/tpm/context.h"

/* Append the blob. Errors: NOMEM, FORMAT. */
enum sg_err sg_ak_write(const struct sg_tpm_blob *ak, struct sg_buf *out);

/* Read a blob. Errors: FORMAT for anything that sg_ak_write did not make. */
enum sg_err sg_ak_read(struct sg_bytes blob, struct sg_tpm_blob *out);

/* Make a key under srk through the HMAC session, which goes on. Errors: NOMEM, SECURE_MEMORY, and
 * those of the TPM. */
enum sg_err sg_ak_create(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                         struct sg_tpm_blob *out);

/* Keep what it signed: attest holds a TPMS_ATTEST. Errors: HW_FAULT for another signature than was
 * asked for, NOMEM. */
enum sg_err sg_ak_take(const TPM2B_ATTEST *attest, const TPMT_SIGNATURE *signature,
                       struct sg_attest_signed *out);

#endif
