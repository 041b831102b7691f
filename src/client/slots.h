/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. The slots of a module that p11-kit has initialised, and whether a URI names the
 * token in one of them. Callers are between enter and leave.
 */
#ifndef SG_CLIENT_SLOTS_H
#define SG_CLIENT_SLOTS_H

#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

#include "util/bytes.h"
#include "util/err.h"

/* Read the slots with a token; the caller frees *slots. Errors: HSM_FAULT for a list that makes no
 * sense, NOMEM, and those of the module. */
enum sg_err sg_client_slots(CK_FUNCTION_LIST *f, CK_SLOT_ID **slots, CK_ULONG *n);

/* Tell whether the URI names the token in this slot, which is read into *info, and whether we may
 * connect to it (client/manner.h). Where the module does not tell, *refused is what it returned,
 * and is left alone otherwise. */
bool sg_client_slot_fits(P11KitUri *uri, CK_FUNCTION_LIST *f, CK_SLOT_ID slot,
                         CK_TOKEN_INFO *info, CK_RV *refused);

/* Where no token fits, log what kept one from being looked at, CKR_OK for nothing. Errors:
 * HW_PERMISSION and SECURE_MEMORY, which say more than that there is none; else SG_OK. */
enum sg_err sg_client_slots_refused(CK_RV refused);

/* Return what a field of a module's information holds, without the blanks that fill it. */
struct sg_bytes sg_client_field(const unsigned char *field, size_t len);

/* Tell whether such a field holds this text. */
bool sg_client_is_field(const unsigned char *field, size_t len, struct sg_bytes text);

#endif
