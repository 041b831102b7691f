/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. Finding keys that an HSM keeps by the names that they bear there, also those of
 * which nothing is known here any more. What an HSM answers is looked at: it may be another's key.
 */
#ifndef SG_SEAL_HSM_KEPT_FIND_H
#define SG_SEAL_HSM_KEPT_FIND_H

#include "seal/hsm/kept.h"

#define SG_HSM_LOOK_MAX 4096            /* objects that are looked at, at most */

/* List the keys that bear the name of a token, or of any where it is NULL; list is empty before,
 * and the caller clears it, also after an error. The caller is in a session (client/pool.h).
 * Errors: the HSM's, NOMEM. */
enum sg_err sg_hsm_kept_list(struct sg_client_session *s, const uint8_t token[SG_RESIDENT_ID],
                             struct sg_resident_list *list);

/* Destroy all that bears this name, and nothing else; nothing there is fine. */
enum sg_err sg_hsm_kept_remove(struct sg_client_session *s, const struct sg_resident_name *name);

/* Check that an object that was made bears its name. Errors: HSM_MECHANISM where it has another. */
enum sg_err sg_hsm_kept_check_name(struct sg_client_session *s, const struct sg_resident_name *name,
                                   CK_OBJECT_HANDLE object);

#endif
