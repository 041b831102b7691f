/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. A look at what a token shows to everybody: one session, without a login and
 * without a PIN, that ends with it.
 */
#ifndef SG_CLIENT_VISIT_H
#define SG_CLIENT_VISIT_H

#include "client/pool.h"

/* Have fn work in a session for reading of the token that a pkcs11: URI names. Where somebody else
 * in this process is logged in, it sees what he does. Errors: fn's, HSM_MISSING, and others of
 * the module. */
enum sg_err sg_client_visit(const char *uri,
                            enum sg_err (*fn)(struct sg_client_session *s, void *arg), void *arg);

#endif
