/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The callbacks by which a verifier of signed requests knows the members of a fleet.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "enroll/guard.h"
#include "enroll/naming.h"
#include "util/log.h"

/* Which tables the field that brought the identifier may speak of. A program of agents in the field
 * sends that of a machine with its own identifier. */
static bool may_be(const struct sg_guard_verifier *verifier, struct sg_request_text header,
                   enum sg_fleet_table table)
{
	static const char agent[] = "X-Agent-Id";
	const bool says_agent = header.len == strlen(agent) &&
	                        strncasecmp(header.data, agent, header.len) == 0;

	return table == SG_FLEET_AGENTS ? verifier->agents : verifier->machines && !says_agent;
}

static enum sg_err find(const struct sg_guard_verifier *verifier, const char *id,
                        struct sg_request_text header, struct sg_fleet_member *member,
                        enum sg_request_class *kind)
{
	static const enum sg_request_class kinds[SG_FLEET_TABLES] = {
		[SG_FLEET_MACHINES] = SG_REQUEST_MACHINE,
		[SG_FLEET_AGENTS] = SG_REQUEST_AGENT,
	};
	enum sg_err err = SG_ERR_NOT_FOUND;

	for (size_t i = 0; i < SG_FLEET_TABLES && err == SG_ERR_NOT_FOUND; i++) {
		*kind = kinds[i];
		if (may_be(verifier, header, (enum sg_fleet_table)i))
			err = verifier->fleet->ops->member_find(verifier->fleet,
			                                        (enum sg_fleet_table)i, id, member);
	}
	return err;
}

int sg_guard_lookup(void *context, struct sg_request_text id, struct sg_request_text header,
                    struct sg_request_machine *machine)
{
	struct sg_fleet_member *member;
	char text[SG_FLEET_ID + 1];
	enum sg_err err;

	if (!sg_uuid_is(sg_bytes(id.data, id.len)))
		return 0;
	memcpy(text, id.data, id.len);
	text[id.len] = '\0';
	member = calloc(1, sizeof *member);
	if (member == NULL)
		return -1;
	err = find(context, text, header, member, &machine->kind);
	if (err != SG_OK) {
		free(member);
		return err == SG_ERR_NOT_FOUND ? 0 : -1;
	}
	memcpy(machine->id, member->id, sizeof member->id);
	machine->enabled = member->enabled && member->approved;
	machine->revoked = member->revoked != 0;
	machine->expires = member->expires;
	machine->n_keys = 1;
	memcpy(machine->keys[0], member->key, sizeof member->key);
	machine->record = member;
	return 1;
}

void sg_guard_release(void *context, struct sg_request_machine *machine)
{
	(void)context;
	free(machine->record);
	machine->record = NULL;
}

int sg_guard_check(void *context, const struct sg_request_message *message,
                   struct sg_request_text source, const struct sg_request_machine *machine,
                   int64_t now)
{
	const struct sg_guard_verifier *verifier = context;
	const struct sg_fleet_member *member = machine->record;
	struct sg_guard guard;
	int32_t offset = 0;
	enum sg_err err = SG_OK;

	(void)message;
	/* A guard that can't be read allows nothing. */
	if (member == NULL || !sg_guard_read(member->guard, &guard))
		return -1;
	if (guard.zone[0] != '\0')
		err = verifier->zones == NULL
		              ? SG_ERR_NOT_FOUND
		              : sg_zones_offset(verifier->zones, guard.zone, now, &offset);
	if (err != SG_OK) {
		sg_log(SG_LOG_ERROR, "The time zone %s of a machine can't be read: %s.", guard.zone,
		       sg_err_sentence(err));
		return -1;
	}
	return sg_guard_allows(&guard, sg_bytes(source.data, source.len), now, offset) ? 0 : -1;
}
