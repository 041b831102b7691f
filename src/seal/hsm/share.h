/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. One connection for each HSM in a process, however many tokens it seals: an HSM
 * may have a single session, and a PIN that was wrong for one token is wrong for all.
 */
#ifndef SG_SEAL_HSM_SHARE_H
#define SG_SEAL_HSM_SHARE_H

#include "seal/hsm/pool.h"

/* Take the connection that a pkcs11: URI names, which is made where nobody has it; no I/O. Give
 * *out back with sg_hsm_give_up. Errors: NOMEM. */
enum sg_err sg_hsm_take_part(const char *uri, struct sg_hsm **out);

/* Give it back, setting *hsm to NULL; who is the last closes it. NULL is fine. In a child of fork
 * it is the parent's, and left to it. */
void sg_hsm_give_up(struct sg_hsm **hsm);

#endif
