/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. What signet status tells of keys that ask for more than their token.
 */
#ifndef TOOLS_STATUS_KEYS_H
#define TOOLS_STATUS_KEYS_H

#include <jansson.h>

#include "tools/guard.h"
#include "tools/text.h"

/* One of them. */
struct status_key {
	char label[64];                 /* cut short where it is longer, as the policy is */
	char policy[256];               /* without values; empty: none */
	bool pin;
	enum tool_met met;
};

struct status_keys {
	struct status_key *list;
	size_t n, cap;
};

/* Gather those that show without a PIN; each is opened whose policy can be looked at. What fails
 * leaves keys out: the slot tells of the token. Free them with status_keys_free. */
void status_keys_read(CK_SLOT_ID slot, struct status_keys *keys);
void status_keys_free(struct status_keys *keys);

/* Tell of them, a line for each, or as an array. */
void status_keys_text(struct tool_text *text, const struct status_keys *keys);
json_t *status_keys_json(const struct status_keys *keys);

#endif
