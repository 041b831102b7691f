/* SPDX-License-Identifier: Apache-2.0
 *
 * signet registrar machine ..., signet registrar agent ...: the members of a fleet, and what is
 * done to them. Both kinds have the same verbs, on tables of their own.
 */
#include "tools/registrar_member.h"

#include <string.h>

#include "tools/fail.h"
#include "tools/fleet.h"

#define MACHINE "registrar machine "
#define AGENT "registrar agent "

/* What the verbs speak of. */
static enum sg_fleet_table table_of(const struct tool *tool)
{
	return strncmp(tool->verb->name, AGENT, strlen(AGENT)) == 0 ? SG_FLEET_AGENTS
	                                                            : SG_FLEET_MACHINES;
}

static const char *word_of(const struct tool *tool)
{
	return table_of(tool) == SG_FLEET_AGENTS ? "agent" : "machine";
}

struct listing {
	struct tool_text text;
	json_t *json;
	int64_t now;
};

static bool list_one(void *context, const struct sg_fleet_member *member)
{
	struct listing *listing = context;

	if (listing->json != NULL) {
		tool_json_append(listing->json, tool_fleet_member_json(member, listing->now));
		return true;
	}
	tool_text_add(&listing->text, "%s  %-8s  %-8s  until ", member->id,
	              tool_fleet_member_state(member, listing->now),
	              sg_enroll_level_name((enum sg_enroll_level)member->level));
	tool_time_text(&listing->text, member->expires, "revoked");
	tool_text_add(&listing->text, "  ");
	tool_text_name(&listing->text, sg_bytes_str(member->name));
	tool_text_add(&listing->text, "\n");
	return listing->text.err == SG_OK;
}

static enum tool_exit list(struct tool *tool)
{
	struct listing listing = { .text = { { NULL, 0, 0 }, SG_OK } };
	struct tool_fleet fleet;
	enum tool_exit code = tool_fleet_open(tool, TOOL_FLEET_READ, &fleet);
	enum sg_err err;

	if (code != TOOL_OK)
		return code;
	listing.now = fleet.manager.now;
	listing.json = tool_given(tool, OPT_JSON) ? json_array() : NULL;
	err = fleet.manager.fleet->ops->member_visit(fleet.manager.fleet, table_of(tool), list_one,
	                                             &listing);
	tool_fleet_close(&fleet);
	if (err != SG_OK) {
		json_decref(listing.json);
		sg_buf_free(&listing.text.buf);
		return tool_fail_err(err, "can't list the %ss", word_of(tool));
	}
	return listing.json != NULL ? tool_json_out(listing.json) : tool_text_out(&listing.text);
}

static bool show_extension(void *context, const struct sg_fleet_extension *extension)
{
	struct listing *listing = context;
	json_t *json;

	if (listing->json != NULL) {
		json = json_object();
		tool_json_put(json, "at", tool_time_json(extension->at));
		tool_json_put(json, "by", tool_json_text(sg_bytes_str(extension->actor)));
		tool_json_put(json, "from", tool_time_json(extension->from));
		tool_json_put(json, "to", tool_time_json(extension->to));
		tool_json_put(json, "reverted", tool_time_json(extension->reverted));
		tool_json_append(listing->json, json);
		return true;
	}
	tool_text_add(&listing->text, "%-10s to ", "extended");
	tool_time_text(&listing->text, extension->to, "?");
	tool_text_add(&listing->text, " at ");
	tool_time_text(&listing->text, extension->at, "?");
	tool_text_add(&listing->text, " by ");
	tool_text_name(&listing->text, sg_bytes_str(extension->actor));
	tool_text_add(&listing->text, "%s\n", extension->reverted != 0 ? ", reverted" : "");
	return listing->text.err == SG_OK;
}

static enum tool_exit not_found(const struct tool *tool)
{
	char advice[64];

	snprintf(advice, sizeof advice, "signet registrar %s list shows them.", word_of(tool));
	return tool_fail(TOOL_NOT_FOUND, advice, "there is no such %s", word_of(tool));
}

static enum tool_exit show(struct tool *tool)
{
	const char *id = tool->value[OPT_MEMBER_ID];
	struct listing listing = { .text = { { NULL, 0, 0 }, SG_OK } };
	struct sg_fleet_member member;
	struct tool_fleet fleet;
	struct sg_fleet *store;
	json_t *json;
	enum tool_exit code = tool_fleet_open(tool, TOOL_FLEET_READ, &fleet);
	enum sg_err err;

	if (code != TOOL_OK)
		return code;
	store = fleet.manager.fleet;
	listing.json = tool_given(tool, OPT_JSON) ? json_array() : NULL;
	err = store->ops->member_find(store, table_of(tool), id, &member);
	if (err == SG_OK && listing.json == NULL)
		tool_fleet_member_text(&listing.text, &member, fleet.manager.now);
	if (err == SG_OK)
		err = store->ops->extension_visit(store, table_of(tool), id, show_extension,
		                                  &listing);
	tool_fleet_close(&fleet);
	if (err != SG_OK) {
		json_decref(listing.json);
		sg_buf_free(&listing.text.buf);
		return err == SG_ERR_NOT_FOUND ? not_found(tool)
		                               : tool_fail_err(err, "can't show it");
	}
	if (listing.json == NULL)
		return tool_text_out(&listing.text);
	json = tool_fleet_member_json(&member, fleet.manager.now);
	tool_json_put(json, "extensions", listing.json);
	return tool_json_out(json);
}

/* What the last word of a verb does. */
static const struct {
	const char *word;
	enum sg_manage_action action;
	const char *advice;             /* where it can't be */
} actions[] = {
	{ "approve", SG_MANAGE_APPROVE, NULL },
	{ "disable", SG_MANAGE_DISABLE, NULL },
	{ "enable", SG_MANAGE_ENABLE, NULL },
	{ "extend", SG_MANAGE_EXTEND, "What has no end needs none, and what is revoked stays so." },
	{ "revert", SG_MANAGE_REVERT, "No extension stands." },
	{ "guard", SG_MANAGE_GUARD, "from=10.0.0.0/8 between=08:00-18:00 days=mon,tue,wed,thu,fri "
	                            "zone=Europe/Berlin" },
	{ "revoke", SG_MANAGE_REVOKE, NULL },
	{ "delete", SG_MANAGE_REMOVE, NULL },
};

static enum tool_exit act(struct tool *tool)
{
	const char *word = strrchr(tool->verb->name, ' ') + 1;
	struct sg_fleet_member member;
	struct tool_fleet fleet;
	size_t at = 0;
	int64_t seconds = 0;
	json_t *json;
	enum tool_exit code;
	enum sg_err err;

	while (strcmp(actions[at].word, word) != 0)
		at++;
	code = tool_span_read(tool, OPT_BY, 0, &seconds);
	if (code == TOOL_OK)
		code = tool_fleet_open(tool, TOOL_FLEET_WRITE, &fleet);
	if (code != TOOL_OK)
		return code;
	fleet.manager.actor = fleet.actor;
	err = sg_manage_member(&fleet.manager, table_of(tool), tool->value[OPT_MEMBER_ID],
	                       actions[at].action, seconds,
	                       tool_given(tool, OPT_GUARD) ? tool->value[OPT_GUARD] : "", &member);
	tool_fleet_close(&fleet);
	if (err == SG_ERR_NOT_FOUND)
		return not_found(tool);
	if (err == SG_ERR_ARG)
		return tool_fail(TOOL_FAILED, actions[at].advice, "can't %s the %s", word,
		                 word_of(tool));
	if (err != SG_OK)
		return tool_fail_err(err, "can't %s the %s", word, word_of(tool));
	if (!tool_given(tool, OPT_JSON))
		return TOOL_OK;
	tool_done("what was asked for");
	json = tool_fleet_member_json(&member, fleet.manager.now);
	tool_json_put(json, "deleted", json_boolean(actions[at].action == SG_MANAGE_REMOVE));
	return tool_json_out(json);
}

#define STORE "--registrar fleet/db"
#define ID " --id 1b671a64-40d5-491e-99b0-da01ff1f3341"

/* A verb that names one member, and does something to it. */
#define ACT(kind, word, says, more, example_more, help, ...)                                  \
	{                                                                                     \
		.name = kind word, .summary = says,                                           \
		.usage = "--registrar FILE --id ID" more " [--json]",                         \
		.text = help, .example = "signet " kind word " " STORE ID example_more,       \
		.run = act, .options = { OPT_REGISTRAR, OPT_MEMBER_ID, OPT_JSON, __VA_ARGS__ }, \
		.required = { OPT_REGISTRAR, OPT_MEMBER_ID, __VA_ARGS__ },                    \
	}

#define VERBS(kind, one, many)                                                                \
	{                                                                                     \
		.name = kind "list", .summary = "list the " many, .usage = "--registrar FILE [--json]", \
		.example = "signet " kind "list " STORE, .run = list,                         \
		.options = { OPT_REGISTRAR, OPT_JSON }, .required = { OPT_REGISTRAR },        \
	},                                                                                    \
	{                                                                                     \
		.name = kind "show", .summary = "show all of one " one,                       \
		.usage = "--registrar FILE --id ID [--json]",                                 \
		.example = "signet " kind "show " STORE ID, .run = show,                      \
		.options = { OPT_REGISTRAR, OPT_MEMBER_ID, OPT_JSON },                        \
		.required = { OPT_REGISTRAR, OPT_MEMBER_ID },                                 \
	},                                                                                    \
	ACT(kind, "approve", "let it sign, where its token asks for that", "", "", NULL, OPT_END), \
	ACT(kind, "disable", "take no request of it until it is enabled", "", "", NULL, OPT_END), \
	ACT(kind, "enable", "take its requests again", "", "", NULL, OPT_END),                \
	ACT(kind, "extend", "move the end of its time", " --by SPAN", " --by 30d",            \
	    "It is counted from its end, or from now where that is over, and never goes beyond twelve\n" \
	    "months from now. Who is over comes back.", OPT_BY),                              \
	ACT(kind, "revert", "take its last extension back", "", "", NULL, OPT_END),           \
	ACT(kind, "guard", "say from where and when it may ask", " --guard TEXT",             \
	    " --guard 'from=10.0.0.0/8 between=08:00-18:00 zone=Europe/Berlin'",              \
	    "An empty text takes the guard away. signet-fleet(1) has its clauses.", OPT_GUARD), \
	ACT(kind, "revoke", "take no request of it ever again", "", "", NULL, OPT_END),       \
	ACT(kind, "delete", "forget it; the log does not", "", "", NULL, OPT_END)

const struct tool_verb tool_verb_members[TOOL_MEMBER_VERBS] = {
	VERBS(MACHINE, "machine", "machines"),
	VERBS(AGENT, "agent", "agents"),
};
