/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. What the verbs that manage a registrar's store share.
 */
#include "tools/fleet.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/options.h"

#define DAY 86400
#define YEAR (365 * DAY)

enum tool_exit tool_fleet_fail(enum sg_err err, const char *path)
{
	if (err == SG_ERR_STORE_MISSING)
		return tool_fail(TOOL_STORE, "signet registrar token create makes it.",
		                 "there is no registrar in %s", path);
	if (err == SG_ERR_STORE_DAMAGED)
		return tool_fail(TOOL_STORE, "It was left as it is: the machines and the log lie in it. "
		                 "Put a copy that was kept in its place; signet audit verify with "
		                 "--heads tells what that lacks.", "%s was cut short or changed, or "
		                 "is no registrar's store", path);
	if (err == SG_ERR_STORE_READONLY)
		return tool_fail(TOOL_STORE, "Mount its file system for writing, or give the folder to "
		                 "this user; to look at a copy, put it with its -wal where this user can "
		                 "write.",
		                 "the registrar in %s can't be opened: nothing can be written there",
		                 path);
	return tool_fail_err(err, "can't open the registrar %s", path);
}

enum tool_exit tool_fleet_open(const struct tool *tool, enum tool_fleet_use use,
                               struct tool_fleet *out)
{
	const char *path = tool->value[OPT_REGISTRAR];
	const struct passwd *user = getpwuid(geteuid());
	enum sg_err err;

	*out = (struct tool_fleet){ .manager = { .now = time(NULL) } };
	if (user != NULL)
		snprintf(out->actor, sizeof out->actor, "%s", user->pw_name);
	else
		snprintf(out->actor, sizeof out->actor, "uid %lu", (unsigned long)geteuid());
	tool_log_clear();
	err = use == TOOL_FLEET_READ
	              ? sg_fleet_open_read(path, &out->manager.fleet)
	              : sg_fleet_open(path, use == TOOL_FLEET_MAKE, &out->manager.fleet);
	return err == SG_OK ? TOOL_OK : tool_fleet_fail(err, path);
}

void tool_fleet_close(struct tool_fleet *fleet)
{
	sg_fleet_close(&fleet->manager.fleet);
}

enum tool_exit tool_span_read(const struct tool *tool, enum tool_option option, int64_t otherwise,
                              int64_t *out)
{
	static const struct {
		const char *unit;
		int64_t seconds;
	} units[] = { { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", DAY }, { "mo", 30 * DAY } };
	const char *text = tool->value[option];
	char *end;
	long n;

	*out = otherwise;
	if (text == NULL)
		return TOOL_OK;
	n = text[0] >= '1' && text[0] <= '9' ? strtol(text, &end, 10) : 0;
	for (size_t i = 0; n > 0 && n <= 100000 && i < sizeof units / sizeof units[0]; i++)
		if (strcmp(end, units[i].unit) == 0) {
			*out = n * units[i].seconds;
			if (strcmp(units[i].unit, "mo") == 0 && n % 12 == 0)
				*out = n / 12 * YEAR;
			return TOOL_OK;
		}
	return tool_fail(TOOL_USAGE, "10m, 36h, 30d or 12mo.", "%s takes a number with its unit, not "
	                 "\"%s\"", tool_option_shown(option), text);
}

static bool time_write(int64_t seconds, char *out, size_t size)
{
	const time_t then = (time_t)seconds;
	struct tm tm;

	return gmtime_r(&then, &tm) != NULL && strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0;
}

json_t *tool_time_json(int64_t seconds)
{
	char text[40];

	return seconds != 0 && time_write(seconds, text, sizeof text) ? json_string(text)
	                                                              : json_null();
}

void tool_time_text(struct tool_text *text, int64_t seconds, const char *otherwise)
{
	char when[40];
	const bool has = seconds != 0 && time_write(seconds, when, sizeof when);

	tool_text_add(text, "%s", has ? when : otherwise);
}

const char *tool_fleet_token_state(const struct sg_fleet_token *token, int64_t now)
{
	if (token->revoked != 0)
		return "revoked";
	if (now >= token->expires)
		return "ended";
	return token->uses >= token->max_uses ? "used" : "good";
}

const char *tool_fleet_member_state(const struct sg_fleet_member *member, int64_t now)
{
	if (member->revoked != 0)
		return "revoked";
	if (member->expires != 0 && now >= member->expires)
		return "ended";
	if (!member->enabled)
		return "disabled";
	return member->approved ? "active" : "pending";
}

static json_t *text_json(const char *text)
{
	return tool_json_text(sg_bytes_str(text));
}

json_t *tool_fleet_token_json(const struct sg_fleet_token *token, int64_t now)
{
	json_t *json = json_object();

	tool_json_put(json, "id", text_json(token->id));
	tool_json_put(json, "name", text_json(token->name));
	tool_json_put(json, "state", json_string(tool_fleet_token_state(token, now)));
	tool_json_put(json, "created", tool_time_json(token->created));
	tool_json_put(json, "expires", tool_time_json(token->expires));
	tool_json_put(json, "revoked", tool_time_json(token->revoked));
	tool_json_put(json, "uses", json_integer(token->uses));
	tool_json_put(json, "maxUses", json_integer(token->max_uses));
	tool_json_put(json, "rules",
	              json_loadb((const char *)token->rules.data, token->rules.len, 0, NULL));
	return json;
}

json_t *tool_fleet_member_json(const struct sg_fleet_member *member, int64_t now)
{
	json_t *json = json_object();

	tool_json_put(json, "id", text_json(member->id));
	tool_json_put(json, "name", text_json(member->name));
	tool_json_put(json, "host", text_json(member->host));
	tool_json_put(json, "source", text_json(member->source));
	tool_json_put(json, "state", json_string(tool_fleet_member_state(member, now)));
	tool_json_put(json, "level",
	              json_string(sg_enroll_level_name((enum sg_enroll_level)member->level)));
	tool_json_put(json, "origin",
	              json_string(sg_enroll_origin_name((enum sg_enroll_origin)member->origin)));
	tool_json_put(json, "key", tool_json_hex(sg_bytes(member->key, sizeof member->key)));
	tool_json_put(json, "ek", member->has_ek
	                                  ? tool_json_hex(sg_bytes(member->ek, sizeof member->ek))
	                                  : json_null());
	tool_json_put(json, "object",
	              member->has_object
	                      ? tool_json_hex(sg_bytes(member->object, sizeof member->object))
	                      : json_null());
	tool_json_put(json, "token", text_json(member->token));
	tool_json_put(json, "guard", text_json(member->guard));
	tool_json_put(json, "approved", json_boolean(member->approved));
	tool_json_put(json, "enabled", json_boolean(member->enabled));
	tool_json_put(json, "created", tool_time_json(member->created));
	tool_json_put(json, "expires", tool_time_json(member->expires));
	tool_json_put(json, "revoked", tool_time_json(member->revoked));
	tool_json_put(json, "until", member->until != 0 ? json_integer((json_int_t)member->until)
	                                                : json_null());
	return json;
}

static void line(struct tool_text *text, const char *what, const char *value)
{
	if (value[0] == '\0')
		return;
	tool_text_add(text, "%-10s ", what);
	tool_text_name(text, sg_bytes_str(value));
	tool_text_add(text, "\n");
}

static void hex_line(struct tool_text *text, const char *what, struct sg_bytes bytes, bool has)
{
	if (!has)
		return;
	tool_text_add(text, "%-10s ", what);
	tool_text_hex(text, bytes);
	tool_text_add(text, "\n");
}

static void time_line(struct tool_text *text, const char *what, int64_t at, const char *otherwise)
{
	tool_text_add(text, "%-10s ", what);
	tool_time_text(text, at, otherwise);
	tool_text_add(text, "\n");
}

void tool_fleet_member_text(struct tool_text *text, const struct sg_fleet_member *member,
                            int64_t now)
{
	line(text, "id", member->id);
	line(text, "name", member->name);
	line(text, "state", tool_fleet_member_state(member, now));
	line(text, "host", member->host);
	line(text, "from", member->source);
	line(text, "proven", sg_enroll_level_name((enum sg_enroll_level)member->level));
	line(text, "origin", sg_enroll_origin_name((enum sg_enroll_origin)member->origin));
	hex_line(text, "key", sg_bytes(member->key, sizeof member->key), true);
	hex_line(text, "TPM", sg_bytes(member->ek, sizeof member->ek), member->has_ek);
	hex_line(text, "object", sg_bytes(member->object, sizeof member->object),
	         member->has_object);
	line(text, "token", member->token);
	line(text, "guard", member->guard);
	time_line(text, "enrolled", member->created, "?");
	time_line(text, "ends", member->expires, "never");
	if (member->revoked != 0)
		time_line(text, "revoked", member->revoked, "?");
	if (member->until != 0)
		tool_text_add(text, "%-10s %llu ms of its TPM's clock\n", "until",
		              (unsigned long long)member->until);
}
