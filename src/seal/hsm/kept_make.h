/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. Making and destroying keys that an HSM keeps. What comes of making is looked at and
 * tried before anybody gets it: the key must not be able to leave the HSM, and its public point
 * must verify what it signs.
 */
#ifndef SG_SEAL_HSM_KEPT_MAKE_H
#define SG_SEAL_HSM_KEPT_MAKE_H

#include "seal/hsm/kept.h"

/* Make a key of kept's kind as it is planned, under the name that the plan gives it, which becomes
 * kept->id; point gets the public point of a pair. Nothing is left of one that fails. The
 * caller is in a session (client/pool.h). Errors: HSM_MECHANISM where the HSM has no such keys,
 * would let it out or does not keep its name, HSM_FAULT where it does not work. */
enum sg_err sg_hsm_kept_make(struct sg_client_session *s, struct sg_hsm_kept *kept,
                             const struct sg_resident_plan *plan,
                             uint8_t point[SG_RESIDENT_POINT]);

/* Destroy a key, both halves of a pair. Errors: HSM_OTHER where there is none. */
enum sg_err sg_hsm_kept_destroy(struct sg_client_session *s, const struct sg_hsm_kept *kept);

#endif
