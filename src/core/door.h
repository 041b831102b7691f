/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The way in for what the command asks of core beside PKCS#11, by the handle of a session:
 * what api/call.h is to the functions of PKCS#11.
 */
#ifndef SG_CORE_DOOR_H
#define SG_CORE_DOOR_H

#include "core/session.h"

/* What was entered. */
struct sg_door {
	struct sg_module *module;
	struct sg_session *session;
};

/* Enter the module and lock a session; sg_door_leave gives back what there is, after an error
 * too. Errors: CRYPTOKI_NOT_INITIALIZED, SESSION_HANDLE_INVALID. */
CK_RV sg_door_enter(CK_SESSION_HANDLE handle, struct sg_door *door);
void sg_door_leave(struct sg_door *door);

#endif
