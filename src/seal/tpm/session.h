/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. The one function that opens sessions. There is no way to open one
 * that is not salted: an unsalted session "encrypts" under a key that everybody on
 * the bus can compute.
 */
#ifndef SG_SEAL_TPM_SESSION_H
#define SG_SEAL_TPM_SESSION_H

#include "seal/tpm/context.h"

/* Open a session, TPM2_SE_HMAC or TPM2_SE_POLICY, salted to the key salt, whose Name the
 * caller has compared: AES-128-CFB, SHA-256, both directions encrypted, continued. sg_tpm_close
 * flushes it unless a command ended it. Errors: of the TPM, HW_MEMORY where it has no slot. */
enum sg_err sg_tpm_session_open(struct sg_tpm *tpm, ESYS_TR salt, TPM2_SE type,
                                ESYS_TR *session);

/* Set which of DECRYPT (parameters to the TPM), ENCRYPT (from it), AUDIT (the answer is
 * authenticated) and CONTINUESESSION hold for the next command; the others are cleared. */
enum sg_err sg_tpm_session_next(struct sg_tpm *tpm, ESYS_TR session, TPMA_SESSION attributes);

#endif
