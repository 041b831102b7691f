/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. What the verbs that manage a registrar's store share: opening it, spans of time, and
 * texts and JSON of what is in it.
 */
#ifndef TOOLS_FLEET_H
#define TOOLS_FLEET_H

#include "enroll/manage.h"
#include "tools/json.h"
#include "tools/text.h"
#include "tools/tool.h"

/* An open store, and in whose name it is changed: the user of the process. */
struct tool_fleet {
	struct sg_manager manager;
	char actor[64];
};

/* Say why the store of a registrar can't be opened, and what mends it. */
enum tool_exit tool_fleet_fail(enum sg_err err, const char *path);

/* What is done with a store: it is looked at, also where nothing can be written; or changed; or
 * changed, and made where there is none. */
enum tool_fleet_use { TOOL_FLEET_READ, TOOL_FLEET_WRITE, TOOL_FLEET_MAKE };

/* Open the store of --registrar. The caller ends it with tool_fleet_close, also after an error. */
enum tool_exit tool_fleet_open(const struct tool *tool, enum tool_fleet_use use,
                               struct tool_fleet *out);
void tool_fleet_close(struct tool_fleet *fleet);

/* Read a span such as 90s, 10m, 36h, 30d or 12mo, where a month has 30 days and 12 of them are a
 * year of 365; otherwise where the option isn't given. */
enum tool_exit tool_span_read(const struct tool *tool, enum tool_option option, int64_t otherwise,
                              int64_t *out);

/* Return a time of Unix seconds as "2026-05-04T17:05:00Z", and null for 0. */
json_t *tool_time_json(int64_t seconds);

/* Append the same in words, or otherwise for 0. */
void tool_time_text(struct tool_text *text, int64_t seconds, const char *otherwise);

/* Return a token or a member as JSON. */
json_t *tool_fleet_token_json(const struct sg_fleet_token *token, int64_t now);
json_t *tool_fleet_member_json(const struct sg_fleet_member *member, int64_t now);

/* Return in a word what a token or a member is at a time: "good", "ended", "revoked", "used";
 * "active", "pending", "disabled", "ended", "revoked". */
const char *tool_fleet_token_state(const struct sg_fleet_token *token, int64_t now);
const char *tool_fleet_member_state(const struct sg_fleet_member *member, int64_t now);

/* Append all of a member, a line each. */
void tool_fleet_member_text(struct tool_text *text, const struct sg_fleet_member *member,
                            int64_t now);

#endif
