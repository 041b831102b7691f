/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. The sealer "tpm": seals in a TPM 2.0 through tpm2-tss.
 */
#ifndef SG_SEAL_TPM_SEALER_H
#define SG_SEAL_TPM_SEALER_H

#include "seal/attest.h"
#include "seal/counter.h"
#include "seal/import.h"
#include "seal/pin_index.h"
#include "seal/resident.h"
#include "seal/tpm/context.h"

extern const struct sg_sealer_ops sg_tpm_sealer;
extern const struct sg_resident_ops sg_tpm_resident;
extern const struct sg_attest_ops sg_tpm_attest;
extern const struct sg_counter_ops sg_tpm_counter;
extern const struct sg_import_ops sg_tpm_import;
extern const struct sg_pin_index_ops sg_tpm_pin_index;

/* Within this folder. */

/* Open the TPM, do one transaction of several commands, close it; under the sealer's lock.
 * Where the TPM has no free slot, or a PCR was extended in between, fn runs again, with pauses
 * that double. Errors: those of opening it and of fn. */
enum sg_err sg_tpm_transact(struct sg_sealer *sealer,
                            enum sg_err (*fn)(struct sg_tpm *tpm, void *arg), void *arg);

/* Tell how many wrong PINs are left to a blob: sg_sealer_ops.tries. */
enum sg_err sg_tpm_tries(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
                         struct sg_seal_tries *out);

/* Ask about the lockout; the rest of *out is left as it is. */
enum sg_err sg_tpm_lockout(struct sg_tpm *tpm, struct sg_sealer_status *out);

/* Find the parent that was pinned, and open a session salted to it. */
enum sg_err sg_tpm_open_parent(struct sg_tpm *tpm, struct sg_bytes parent, ESYS_TR *srk,
                               ESYS_TR *session);

#endif
