/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. From what the module of an HSM returns to our own errors: the one table.
 */
#ifndef SG_CLIENT_RC_H
#define SG_CLIENT_RC_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>

#include "util/err.h"

/* Translate what a function of the module returned, and log its own words where it is an error.
 * *lost, unless NULL, is set where sessions, login and handles of before are void; it is left
 * alone otherwise. */
enum sg_err sg_client_err(const char *function, CK_RV rv, bool *lost);

/* Tell whether a value has no meaning in the table, CKR_GENERAL_ERROR among them: an HSM may mean
 * itself by it, or bytes that it was to open and that were changed, for makers differ. */
bool sg_client_is_vague(CK_RV rv);

#endif
