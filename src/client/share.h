/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. One connection for each HSM in a process, however many tokens it seals: an HSM
 * may have a single session, and a PIN that was wrong for one token is wrong for all.
 */
#ifndef SG_CLIENT_SHARE_H
#define SG_CLIENT_SHARE_H

#include "client/pool.h"

/* Take the connection that a pkcs11: URI names, which is made where nobody has it; no I/O. Give
 * *out back with sg_client_give_up. Errors: NOMEM. */
enum sg_err sg_client_take_part(const char *uri, struct sg_client **out);

/* Give it back, setting *client to NULL; who is the last closes it. NULL is fine. In a child of
 * fork it is the parent's, and left to it. */
void sg_client_give_up(struct sg_client **client);

#endif
