/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Trying a copy.
 */
#include "core/copy_try.h"

#include "client/rv.h"
#include "core/door.h"
#include "core/object_ops.h"
#include "core/token_material.h"

static CK_RV try_it(struct sg_session *session, CK_OBJECT_HANDLE key, const CK_ATTRIBUTE *template,
                    CK_ULONG n)
{
	struct sg_object *copy = NULL;
	CK_RV rv = sg_object_copy_make(session, key, template, n, &copy);

	if (rv == CKR_OK)
		rv = sg_rv(sg_token_open(session->token));
	if (rv == CKR_OK && copy->token)
		rv = sg_rv(sg_token_close_material(session->token, copy));
	sg_object_unref(&copy);
	return rv;
}

CK_RV sg_copy_try(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE key, const CK_ATTRIBUTE *template,
                  CK_ULONG n)
{
	struct sg_door door;
	CK_RV rv = sg_door_enter(handle, &door);

	if (rv == CKR_OK)
		rv = try_it(door.session, key, template, n);
	sg_door_leave(&door);
	return rv;
}
