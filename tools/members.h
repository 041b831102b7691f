/* SPDX-License-Identifier: Apache-2.0
 *
 * The command: what each member of a list of sealers ("hsm+tpm") says of itself. Asks, and changes
 * nothing.
 */
#ifndef TOOLS_MEMBERS_H
#define TOOLS_MEMBERS_H

#include "core/token.h"
#include "seal/any/list.h"
#include "tools/json.h"
#include "tools/text.h"
#include "tools/token.h"

struct tool_members {
	size_t n;                       /* 0: its sealer is no list */
	struct tool_member {
		struct sg_token_member is;
		char why[TOOL_TOKEN_WHY];       /* what the library said where asking failed */
	} list[SG_ANY_MOST];
};

/* Ask the members of a token's sealer, or of the configured one where there is no token. */
enum sg_err tool_members_read(struct sg_token *token, struct tool_members *out);

/* Write one member: what it is, and whether it is there. sealed: a token is sealed by it. */
void tool_member_text(struct tool_text *text, const struct tool_member *member, bool sealed);

/* Return the members as a list; the caller owns it. */
json_t *tool_members_json(const struct tool_members *members);

#endif
