/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 4. C_WaitForSlotEvent [PKCS#11 3.1 §5.5.4]. It passes the gate for each look at the
 * slots and is outside while it waits, so that C_Finalize can end it.
 */
#include <unistd.h>

#include "api/entry.h"

#include "api/call.h"
#include "core/slot_event.h"

/* Look for an event, after arming wait if one is to be waited for. *watch, which has the
 * caller's reference, is set by the first look; a module that was ended since is not the one
 * that was asked. */
static CK_RV look(CK_SLOT_ID *slot, struct sg_slot_watch **watch, struct sg_slot_wait *wait)
{
	struct sg_call call;
	CK_RV rv = sg_call_module(&call);

	if (rv != CKR_OK)
		return rv;
	if (*watch == NULL)
		*watch = sg_slot_watch_ref(call.module->slot_watch);
	if (*watch != call.module->slot_watch)
		rv = CKR_CRYPTOKI_NOT_INITIALIZED;
	if (rv == CKR_OK && wait != NULL)
		rv = sg_slot_watch_arm(*watch, wait);
	if (rv == CKR_OK)
		rv = sg_slot_watch_take(*watch, slot);
	if (rv == CKR_OK)
		(void)sg_module_scan(call.module);
	return sg_call_end(&call, rv);
}

/* Look, and wait outside of the gate until there may be more to see; then *again is set. */
static CK_RV look_and_wait(CK_SLOT_ID *slot, struct sg_slot_watch **watch, bool *again)
{
	struct sg_slot_wait wait = { .changes = -1, .stopped = -1 };
	CK_RV rv = look(slot, watch, &wait);

	*again = rv == CKR_NO_EVENT;
	if (*again) {
		rv = sg_slot_watch_wait(&wait);
		*again = rv == CKR_OK;
	}
	if (*watch != NULL)
		sg_slot_watch_disarm(*watch, &wait);
	return rv;
}

CK_RV C_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved)
{
	struct sg_slot_watch *watch = NULL;
	struct sg_call call;
	bool again = true;
	CK_RV rv = sg_call_module(&call);

	if (rv != CKR_OK)
		return rv;
	rv = sg_call_end(&call, slot == NULL || reserved != NULL ? CKR_ARGUMENTS_BAD : CKR_OK);
	if (rv != CKR_OK)
		return rv;
	if (flags & CKF_DONT_BLOCK)
		rv = look(slot, &watch, NULL);
	else
		while (again)
			rv = look_and_wait(slot, &watch, &again);
	sg_slot_watch_unref(&watch);
	return rv;
}
