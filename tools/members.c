/* SPDX-License-Identifier: Apache-2.0
 *
 * The command: members of a list of sealers.
 */
#include "tools/members.h"

#include <stdio.h>

#include "tools/fail.h"
#include "tools/time.h"

enum sg_err tool_members_read(struct sg_token *token, struct tool_members *out)
{
	enum sg_err err = SG_OK;
	bool there = true;

	out->n = 0;
	while (there && err == SG_OK && out->n < SG_ANY_MOST) {
		struct tool_member *member = &out->list[out->n];

		tool_log_clear();
		err = sg_token_member(token, out->n, &member->is, &there);
		if (err != SG_OK || !there)
			continue;
		snprintf(member->why, sizeof member->why, "%s",
		         member->is.err != SG_OK ? tool_log_lines(member->is.err) : "");
		out->n++;
	}
	return err;
}

void tool_member_text(struct tool_text *text, const struct tool_member *member, bool sealed)
{
	const struct sg_sealer_status *status = &member->is.status;
	char until[64];

	tool_text_add(text, "%s: ", member->is.name);
	tool_text_name(text, sg_bytes_str(status->device));
	if (status->maker[0] != '\0') {
		tool_text_add(text, ", made by ");
		tool_text_name(text, sg_bytes_str(status->maker));
		tool_text_add(text, ", firmware %s", status->firmware);
	}
	if (member->is.err != SG_OK) {
		tool_text_add(text, ": %s", sg_err_sentence(member->is.err));
		if (member->why[0] != '\0')
			tool_text_add(text, " (%s)", member->why);
	} else {
		tool_text_add(text, sealed ? ": has its key" : ": is there");
	}
	if (!status->lockout_known || !status->locked)
		return;
	tool_until(status->seconds_per_try, until, sizeof until);
	tool_text_add(text, "; it refuses every PIN, and takes the next one at %s, or before",
	              until);
}

static json_t *member_json(const struct tool_member *member)
{
	const struct sg_sealer_status *status = &member->is.status;
	json_t *json = json_object();

	tool_json_put(json, "sealer", json_string(member->is.name));
	tool_json_put(json, "device", tool_json_text(sg_bytes_str(status->device)));
	if (member->is.err != SG_OK) {
		tool_json_put(json, "error", json_string(sg_err_name(member->is.err)));
		tool_json_put(json, "details", tool_json_text(sg_bytes_str(member->why)));
	}
	if (status->maker[0] != '\0') {
		tool_json_put(json, "maker", tool_json_text(sg_bytes_str(status->maker)));
		tool_json_put(json, "firmware", tool_json_text(sg_bytes_str(status->firmware)));
	}
	if (status->lockout_known) {
		tool_json_put(json, "locked", json_boolean(status->locked));
		tool_json_put(json, "tries_left", json_integer(status->tries_left));
		tool_json_put(json, "seconds_per_try", json_integer(status->seconds_per_try));
	}
	return json;
}

json_t *tool_members_json(const struct tool_members *members)
{
	json_t *json = json_array();

	for (size_t i = 0; i < members->n; i++)
		tool_json_append(json, member_json(&members->list[i]));
	return json;
}
