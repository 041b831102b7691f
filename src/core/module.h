/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The module as a whole, between C_Initialize and C_Finalize: the
 * configuration, the slots and the sessions. A call holds the module open for
 * reading; C_Initialize and C_Finalize wait for calls to end. In a child after fork
 * there is no module until it initialises one of its own: the parent's is
 * forgotten, never freed, and nothing of it is locked or sent.
 */
#ifndef SG_CORE_MODULE_H
#define SG_CORE_MODULE_H

#include "core/session.h"
#include "core/slot_event.h"

struct sg_module {
	struct sg_config *config;
	pthread_rwlock_t slots_lock;            /* guards tokens and n_tokens */
	struct sg_token **tokens;               /* ascending by slot; they stay until the end */
	size_t n_tokens;
	struct sg_session_table sessions;
	struct sg_slot_watch *slot_watch;
};

/* Start. Does not touch the hardware. threads: some may be made (seal/sealer.h). Errors:
 * CRYPTOKI_ALREADY_INITIALIZED, CKR_SIGNET_CONFIG, HOST_MEMORY. */
CK_RV sg_module_start(bool threads);

/* End: close all sessions, wipe all keys. Errors: CRYPTOKI_NOT_INITIALIZED. */
CK_RV sg_module_stop(void);

/* Enter the module, or NULL where it is not initialised (in this process). Each
 * success is followed by sg_module_leave in the same thread. A thread may be in more
 * than one call at once, but can't stop the module then. */
struct sg_module *sg_module_enter(void);
void sg_module_leave(void);

/* Bring the slots up to date with the state folder: a slot for each store, and one
 * behind them without a token. Tokens of slots that are known stay as they are. */
enum sg_err sg_module_scan(struct sg_module *module);

/* Tell whether there was a scan. */
bool sg_module_has_slots(struct sg_module *module);

/* Find the token of a slot, scanning if it is not known; it is the module's. Errors:
 * NOT_FOUND where there is no such slot, and those of the scan, after which nobody knows. */
enum sg_err sg_module_token(struct sg_module *module, CK_SLOT_ID slot, struct sg_token **out);

/* Write the slot numbers into slots, which holds *n, and set *n to their number;
 * slots may be NULL. Errors: BUFFER_TOO_SMALL. */
CK_RV sg_module_slots(struct sg_module *module, CK_SLOT_ID *slots, CK_ULONG *n);

#endif
