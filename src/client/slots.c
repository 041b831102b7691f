/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. The slots of a module.
 */
#include "client/slots.h"

#include <stdlib.h>
#include <string.h>

#include "client/manner.h"
#include "client/rc.h"

#define SLOTS_MAX 4096          /* a module that names more is broken */
#define SLOTS_TRIES 4           /* the list may grow while it is read */

struct sg_bytes sg_client_field(const unsigned char *field, size_t len)
{
	while (len > 0 && (field[len - 1] == ' ' || field[len - 1] == '\0'))
		len--;
	return sg_bytes(field, len);
}

enum sg_err sg_client_slots(CK_FUNCTION_LIST *f, CK_SLOT_ID **slots, CK_ULONG *n)
{
	CK_RV rv = CKR_BUFFER_TOO_SMALL;
	CK_ULONG room;

	*slots = NULL;
	for (int i = 0; i < SLOTS_TRIES && rv == CKR_BUFFER_TOO_SMALL; i++) {
		free(*slots);
		*slots = NULL;
		rv = f->C_GetSlotList(CK_TRUE, NULL, n);
		if (rv != CKR_OK || *n == 0)
			break;
		if (*n > SLOTS_MAX)
			return SG_ERR_HSM_FAULT;
		room = *n;
		*slots = calloc(room, sizeof **slots);
		if (*slots == NULL)
			return SG_ERR_NOMEM;
		rv = f->C_GetSlotList(CK_TRUE, *slots, n);
		/* It may say more than there was room for, and that all is well. */
		if (rv == CKR_OK && *n > room)
			rv = CKR_BUFFER_TOO_SMALL;
	}
	return sg_client_err("C_GetSlotList", rv, NULL);
}

bool sg_client_is_field(const unsigned char *field, size_t len, struct sg_bytes text)
{
	if (text.len > len || memcmp(field, text.data, text.len) != 0)
		return false;
	for (size_t i = text.len; i < len; i++)
		if (field[i] != ' ')
			return false;
	return true;
}

bool sg_client_slot_fits(P11KitUri *uri, CK_FUNCTION_LIST *f, CK_SLOT_ID slot,
                         CK_TOKEN_INFO *info, CK_RV *refused)
{
	const CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(uri);
	CK_RV rv;

	if (wanted != (CK_SLOT_ID)-1 && wanted != slot)
		return false;
	memset(info, 0, sizeof *info);
	rv = f->C_GetTokenInfo(slot, info);
	if (rv != CKR_OK) {
		*refused = rv;
		return false;
	}
	if (!sg_client_takes_own() &&
	    sg_client_is_field(info->manufacturerID, sizeof info->manufacturerID,
	                       sg_bytes_str("signet")))
		return false;
	return (info->flags & CKF_TOKEN_INITIALIZED) != 0 &&
	       p11_kit_uri_match_token_info(uri, info) == 1;
}

enum sg_err sg_client_slots_refused(CK_RV refused)
{
	const enum sg_err err = sg_client_err("C_GetTokenInfo", refused, NULL);

	return err == SG_ERR_HW_PERMISSION || err == SG_ERR_SECURE_MEMORY ? err : SG_OK;
}
