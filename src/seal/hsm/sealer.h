/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. The sealer "hsm": another HSM, through its PKCS#11 module. The HSM closes a random
 * key of each blob, and that key closes the secret, under the authorisation: so every HSM seals
 * alike, whatever mechanism it has. An HSM has no PCRs, counts no wrong PINs of a blob, and keeps
 * no counters for us. What it keeps open between two calls are sessions; see client/pool.h.
 */
#ifndef SG_SEAL_HSM_SEALER_H
#define SG_SEAL_HSM_SEALER_H

#include "seal/hsm/profile.h"
#include "seal/resident.h"

extern const struct sg_sealer_ops sg_hsm_sealer;
extern const struct sg_resident_ops sg_hsm_resident;

/* Within this folder. */

/* Read how the key that seals is used, and which it is, from the identity that a token record
 * keeps; false for what can't be one. */
bool sg_hsm_sealer_profile(struct sg_bytes parent, struct sg_hsm_profile *profile);

/* Ask one configured HSM after the other, until one says something else than that it lacks the key,
 * or is not to be reached. That one lacks it says least in the end. */
enum sg_err sg_hsm_sealer_ask(struct sg_sealer *sealer,
                              enum sg_err (*fn)(struct sg_client *hsm, void *arg), void *arg);

/* Return the configured HSM of this number, from 0; NULL beyond the last. */
struct sg_client *sg_hsm_sealer_nth(struct sg_sealer *sealer, size_t i);

#endif
