/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Slot events: a token that appears in a slot, or vanishes from it, whoever did
 * that [PKCS#11 3.1 §5.5.4]. A watch remembers which slots had a token when they were last
 * looked at. Who waits holds a reference to the watch and never the module's gate.
 */
#ifndef SG_CORE_SLOT_EVENT_H
#define SG_CORE_SLOT_EVENT_H

#include "core/pkcs11.h"
#include "util/err.h"

struct sg_slot_watch;

/* Begin to watch the stores of a state folder, which need not exist; the caller has one
 * reference. Tokens that are there cause no event. Errors: NOMEM. */
enum sg_err sg_slot_watch_new(const char *state, struct sg_slot_watch **out);

struct sg_slot_watch *sg_slot_watch_ref(struct sg_slot_watch *watch);

/* Give up *watch's reference and set it to NULL; NULL is fine. */
void sg_slot_watch_unref(struct sg_slot_watch **watch);

/* Look at the folder and take one event, the lowest slot's. Errors: NO_EVENT. */
CK_RV sg_slot_watch_take(struct sg_slot_watch *watch, CK_SLOT_ID *slot);

/* One call that waits. Its descriptors live only as long as it does. */
struct sg_slot_wait {
	int changes;                    /* tells of changes of the folder */
	int stopped;                    /* tells that the watch was stopped */
	struct sg_slot_wait *next;
};

/* Note changes from now on, also where the folder is still to be made. The caller ends
 * it with sg_slot_watch_disarm, also after an error. Errors: FUNCTION_FAILED. */
CK_RV sg_slot_watch_arm(struct sg_slot_watch *watch, struct sg_slot_wait *wait);
void sg_slot_watch_disarm(struct sg_slot_watch *watch, struct sg_slot_wait *wait);

/* Wait until there may have been a change, or the watch is stopped. Errors: FUNCTION_FAILED. */
CK_RV sg_slot_watch_wait(const struct sg_slot_wait *wait);

/* Wake all who wait. */
void sg_slot_watch_stop(struct sg_slot_watch *watch);

#endif
