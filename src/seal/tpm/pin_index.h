/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Indices that count wrong PINs, as commands: made so that nobody writes
 * them again, asked for in a policy, read, found. What such an index is stands in
 * seal/pin_index.h.
 */
#ifndef SG_SEAL_TPM_PIN_INDEX_H
#define SG_SEAL_TPM_PIN_INDEX_H

#include "seal/pin_index.h"
#include "seal/tpm/context.h"

/* What a PIN's value is split into. Neither half tells of the other, so that the index alone,
 * which the owner can put another in the place of, does not open the object. */
struct sg_tpm_pin {
	struct sg_secret *object;       /* authValue of the object */
	struct sg_secret *index;        /* authValue of the index */
};

/* Split a value of SG_SEAL_AUTH bytes; free it with sg_tpm_pin_free, also after an error. */
enum sg_err sg_tpm_pin_split(const struct sg_secret *auth, struct sg_tpm_pin *pin);
void sg_tpm_pin_free(struct sg_tpm_pin *pin);

/* Make the key that signs for one index, and say which index that will be. The session ends. */
enum sg_err sg_tpm_pin_index_plan(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                                  struct sg_pin_plan *plan);

/* Make the index and write it for the only time; after an error it is not there, as far as
 * the TPM can still be asked. The session ends. owner_auth may be NULL.
 * Errors: HW_OWNER_AUTH, HW_NV_FULL, HW_BUSY where the place is taken, those of the TPM. */
enum sg_err sg_tpm_pin_index_make(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                                  const struct sg_secret *owner_auth,
                                  const struct sg_pin_plan *plan, const struct sg_secret *auth);

/* Prove the authValue to the index, through an HMAC session, for a policy session: a wrong one
 * is counted, a right one sets the count back. Errors: AUTH, PIN_SPENT, PIN_INDEX where the
 * index is gone or another, those of the TPM. */
enum sg_err sg_tpm_pin_index_assert(struct sg_tpm *tpm, ESYS_TR session, ESYS_TR policy_session,
                                    const struct sg_pin_index *index,
                                    const struct sg_secret *auth);

/* Read how many wrong PINs there were and how many it takes, in a policy session of its own that is
 * salted to the key srk; it needs no authorisation, and counts nothing. Errors: PIN_INDEX. */
enum sg_err sg_tpm_pin_index_read(struct sg_tpm *tpm, ESYS_TR srk,
                                  const struct sg_pin_index *index, uint32_t *count,
                                  uint32_t *limit);

/* Remove the index, if it is there. owner_auth may be NULL. Errors: HW_OWNER_AUTH. */
enum sg_err sg_tpm_pin_index_remove(struct sg_tpm *tpm, ESYS_TR session,
                                    const struct sg_secret *owner_auth,
                                    const struct sg_pin_index *index);

/* Tell whether a public area is what such an index has; *index is which. */
bool sg_tpm_pin_index_is(const TPMS_NV_PUBLIC *area, struct sg_pin_index *index);

#endif
