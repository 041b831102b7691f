/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Entering with a session.
 */
#include "core/door.h"

#include "core/module.h"

CK_RV sg_door_enter(CK_SESSION_HANDLE handle, struct sg_door *door)
{
	*door = (struct sg_door){ sg_module_enter(), NULL };
	if (door->module == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	door->session = sg_session_acquire(&door->module->sessions, handle);
	return door->session != NULL ? CKR_OK : CKR_SESSION_HANDLE_INVALID;
}

void sg_door_leave(struct sg_door *door)
{
	sg_session_release(&door->session);
	if (door->module != NULL)
		sg_module_leave();
	door->module = NULL;
}
