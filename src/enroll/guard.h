/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. What bounds a machine beside its token: from which addresses, and at what time of
 * which days it may ask. Text, with a space between the clauses:
 *
 *     from=10.0.0.0/8,2001:db8::/32       ranges of addresses, enroll/net.h
 *     between=22:00-06:00                 from that minute on until before that one; over midnight
 *                                         where the second is not later than the first
 *     days=mon,tue,wed,thu,fri            days on which that time begins; else whole ones
 *     zone=Europe/Berlin                  where these are told; UTC where it is not said
 *
 * And the callbacks by which a verifier of signed requests looks a member of a fleet up and keeps
 * to its guard.
 */
#ifndef SG_ENROLL_GUARD_H
#define SG_ENROLL_GUARD_H

#include <signet/request.h>

#include "enroll/net.h"
#include "enroll/zone.h"
#include "store/fleet.h"

/* All zero bounds nothing. */
struct sg_guard {
	struct sg_nets from;
	bool timed;
	unsigned first, last;           /* minutes of the day; 0 and 1440 is all of it */
	unsigned days;                  /* bit 0: sunday */
	char zone[SG_ZONE_NAME + 1];
};

/* Read the text; "" is a guard that bounds nothing. False for what is none. */
bool sg_guard_read(const char *text, struct sg_guard *out);

/* Tell whether somebody at an address, as text, may ask at that time (Unix seconds). offset: by how
 * many seconds the clocks of the guard's zone are ahead of UTC then. */
bool sg_guard_allows(const struct sg_guard *guard, struct sg_bytes source, int64_t now,
                     int32_t offset);

/* Which members a verifier knows. A server that returns secrets says machines alone: then nothing
 * it does looks at the table of agents. */
struct sg_guard_verifier {
	struct sg_fleet *fleet;
	bool machines, agents;
	struct sg_zones *zones;
};

/* See sg_request_lookup, sg_request_release and sg_request_check; the context is a struct
 * sg_guard_verifier, which must outlive the verifier. A member that is not approved is not
 * enabled. */
int sg_guard_lookup(void *context, struct sg_request_text id, struct sg_request_text header,
                    struct sg_request_machine *machine);
void sg_guard_release(void *context, struct sg_request_machine *machine);
int sg_guard_check(void *context, const struct sg_request_message *message,
                   struct sg_request_text source, const struct sg_request_machine *machine,
                   int64_t now);

#endif
