/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. The handles of keys that a connection remembers. Calls no module.
 */
#ifndef SG_CLIENT_KNOWN_H
#define SG_CLIENT_KNOWN_H

#include "client/pool.h"

struct sg_client_known;

/* Make a table that knows none; the caller frees *out. Errors: NOMEM. */
enum sg_err sg_client_known_new(struct sg_client_known **out);

/* Free; in a child of fork that inherited it the lock, which nobody may hold, is left alone. */
void sg_client_known_free(struct sg_client_known **known, bool inherited);

/* Forget all: another connection begins, with this epoch. */
void sg_client_known_begin(struct sg_client_known *known, uint64_t epoch);

/* Look for a key of a connection; false where it is not known, or is another connection's. */
bool sg_client_known_find(struct sg_client_known *known, uint64_t epoch, CK_OBJECT_CLASS class,
                          struct sg_bytes id, CK_OBJECT_HANDLE *key);

/* Remember one, in place of another where there is no room; id has at most SG_CLIENT_ID_MAX
 * bytes. */
void sg_client_known_put(struct sg_client_known *known, uint64_t epoch, CK_OBJECT_CLASS class,
                         struct sg_bytes id, CK_OBJECT_HANDLE key);

/* Forget one. */
void sg_client_known_drop(struct sg_client_known *known, CK_OBJECT_CLASS class,
                          struct sg_bytes id);

/* Return the table of the connection that a session is of. */
struct sg_client_known *sg_client_known_of(const struct sg_client_session *session);

#endif
