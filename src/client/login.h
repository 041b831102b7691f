/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. Logging in to an HSM with the PIN that its URI leads to, and what is done so that
 * this does not lock it.
 */
#ifndef SG_CLIENT_LOGIN_H
#define SG_CLIENT_LOGIN_H

#include "client/place.h"

/* Log in, where the token asks for that, in a session of a place that this URI led to. *lost is set
 * where the connection is void; *once tells that it cost a try of the PIN, so that it is not to
 * be repeated. Errors: HSM_PIN, HSM_LAST, HSM_LOCKED, and those of the module. */
enum sg_err sg_client_login(const struct sg_client_place *place, const char *uri,
                            CK_SESSION_HANDLE session, bool *lost, bool *once);

#endif
