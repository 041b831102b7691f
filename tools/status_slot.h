/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. What signet status knows of one slot; how it is told stands in tools/status.c.
 */
#ifndef TOOLS_STATUS_SLOT_H
#define TOOLS_STATUS_SLOT_H

#include "core/module.h"
#include "tools/members.h"
#include "tools/status_keys.h"
#include "tools/token.h"
#include "tools/tripwire.h"

#define STATUS_CLASSES 5

/* The classes of objects that are counted. */
extern const CK_OBJECT_CLASS status_classes[STATUS_CLASSES];

/* What is known of one slot. */
struct status_slot {
	const struct tool_token *token; /* NULL: there is no token, only the TPM was asked */
	const char *path;               /* the token's own */
	char sealer[SG_SEALER_NAME];
	bool machine;
	bool anchored;                  /* with rollback protection */
	uint32_t pin_tries;             /* of an index for the user's PIN; 0: it has none */
	struct sg_seal_tries tries;     /* what is known of them */
	char policy[256];               /* text without values, cut short where it is longer */
	size_t rows;                    /* in the store */
	bool counted;                   /* whether count is known: the token could be opened */
	size_t count[STATUS_CLASSES];
	enum sg_err err;                /* of asking the sealer */
	char why[TOOL_TOKEN_WHY];
	struct sg_sealer_status status;
	struct tool_members members;    /* of a list of sealers */
	struct sg_tripwire_view tripwire;
	struct status_keys keys;        /* that ask for more; freed with status_keys_free */
};

/* Ask about one slot, whose token the caller has set. What fails is told in err and why. */
void status_slot_read(struct sg_module *module, CK_SLOT_ID id, struct status_slot *slot);

#endif
