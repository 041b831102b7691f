/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Authorisation values, on their way to tpm2-tss. What gets one is scrubbed
 * (sg_tpm_scrub) before its session ends, since tpm2-tss keeps copies.
 */
#ifndef SG_SEAL_TPM_AUTH_H
#define SG_SEAL_TPM_AUTH_H

#include "seal/tpm/context.h"
#include "util/secret.h"

/* Fill in a value of at most SG_SEAL_AUTH bytes. The TPM drops zeros at its end, and tpm2-tss
 * does not: both must compute with the same bytes [TPM2 Part 1 §17.6.5]. */
void sg_tpm_auth_fill(TPM2B_AUTH *out, const struct sg_secret *auth);

/* Give an object or an index its authValue. Errors: HW_FAULT. */
enum sg_err sg_tpm_auth_set(struct sg_tpm *tpm, ESYS_TR entity, const struct sg_secret *auth);

/* Give the owner hierarchy its authorisation. Errors: HW_OWNER_AUTH for one that is too long. */
enum sg_err sg_tpm_owner_auth_set(struct sg_tpm *tpm, const struct sg_secret *owner_auth);

/* Say in the log, where err is HW_OWNER_AUTH, that the one that was given (or NULL) is wrong.
 * Return err. */
enum sg_err sg_tpm_owner_auth_told(enum sg_err err, const struct sg_secret *owner_auth);

#endif
