/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. The sealer "hsm": another HSM, through its PKCS#11 module. The HSM closes a random
 * key of each blob, and that key closes the secret, under the authorisation: so every HSM seals
 * alike, whatever mechanism it has. An HSM has no PCRs, counts no wrong PINs of a blob, and keeps
 * no counters for us. What it keeps open between two calls are sessions; see seal/hsm/pool.h.
 */
#ifndef SG_SEAL_HSM_SEALER_H
#define SG_SEAL_HSM_SEALER_H

#include "seal/sealer.h"

extern const struct sg_sealer_ops sg_hsm_sealer;

#endif
