/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. What an administrator does to a fleet.
 */
#include "enroll/manage.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enroll/guard.h"
#include "enroll/naming.h"

#define TRIES 5                         /* where somebody else changes the same member */

static bool name_is_plain(const char *name)
{
	size_t len = 0;

	while (name[len] >= ' ' && name[len] <= '~' && len <= SG_FLEET_TEXT)
		len++;
	return name[len] == '\0' && len <= SG_FLEET_TEXT;
}

/* Tell whether a guard is one, in a zone that is known here: of a zone that can't be read nobody
 * knows the time, and everybody would be kept out. */
static bool guard_is_known(const char *text)
{
	struct sg_guard guard;
	struct sg_zone *zone = NULL;
	bool known;

	if (strlen(text) > SG_FLEET_GUARD || !sg_guard_read(text, &guard))
		return false;
	known = guard.zone[0] == '\0' || sg_zone_load(SG_ZONE_FOLDER, guard.zone, &zone) == SG_OK;
	sg_zone_free(&zone);
	return known;
}

/* Append JSON to the log together with what it tells of. */
static struct sg_fleet_event event_of(const struct sg_manager *manager, const char *name,
                                      const char *subject, const char *detail)
{
	return (struct sg_fleet_event){ manager->now, name, manager->actor, subject,
	                                sg_bytes_str(detail) };
}

static enum sg_err token_fill(const struct sg_manager *manager, const char *name, uint32_t uses,
                              int64_t seconds, const struct sg_enroll_rules *rules,
                              struct sg_fleet_token *token, const char **wrong)
{
	*wrong = "uses";
	if (uses == 0 || uses > SG_FLEET_USES_MAX)
		return SG_ERR_FORMAT;
	*wrong = "expires";
	if (seconds < 1 || seconds > SG_ENROLL_TOKEN_MAX)
		return SG_ERR_FORMAT;
	*wrong = "name";
	if (!name_is_plain(name))
		return SG_ERR_FORMAT;
	*wrong = "guard";
	if (!guard_is_known(rules->guard))
		return SG_ERR_FORMAT;
	token->created = manager->now;
	token->expires = manager->now + seconds;
	token->max_uses = uses;
	memcpy(token->name, name, strlen(name) + 1);
	sg_uuid_make(token->id);
	return sg_enroll_rules_write(rules, &token->rules, wrong);
}

enum sg_err sg_manage_token_create(const struct sg_manager *manager, const char *name,
                                   uint32_t uses, int64_t seconds,
                                   const struct sg_enroll_rules *rules, struct sg_secret **text,
                                   char id[SG_FLEET_ID + 1], const char **wrong)
{
	struct sg_fleet_token token = { .uses = 0 };
	struct sg_fleet_event event;
	char detail[128];
	enum sg_err err;

	*text = NULL;
	err = token_fill(manager, name, uses, seconds, rules, &token, wrong);
	if (err == SG_OK)
		err = sg_enroll_token_make(text, token.hash);
	if (err != SG_OK)
		goto out;
	(void)snprintf(detail, sizeof detail, "{\"uses\":%u,\"expires\":%lld,\"level\":\"%s\"}",
	               uses, (long long)token.expires, sg_enroll_level_name(rules->level));
	event = event_of(manager, "token-created", token.id, detail);
	err = manager->fleet->ops->token_add(manager->fleet, &token, &event);
	if (err == SG_OK)
		memcpy(id, token.id, sizeof token.id);
out:
	if (err != SG_OK)
		sg_secret_free(text);
	sg_fleet_token_clear(&token);
	return err;
}

enum sg_err sg_manage_token_revoke(const struct sg_manager *manager, const char *id)
{
	struct sg_fleet_event event = event_of(manager, "token-revoked", id, "{}");

	if (!sg_uuid_is(sg_bytes_str(id)))
		return SG_ERR_NOT_FOUND;
	return manager->fleet->ops->token_revoke(manager->fleet, id, &event);
}

/* A change that is being made. */
struct change {
	const struct sg_manager *manager;
	enum sg_fleet_table table;
	struct sg_fleet_member *member;
	int64_t seconds;
	const char *guard;
	struct sg_fleet_extension extension;
};

static bool approve(struct change *change)
{
	change->member->approved = true;
	return true;
}

static bool disable(struct change *change)
{
	change->member->enabled = false;
	return true;
}

static bool enable(struct change *change)
{
	change->member->enabled = true;
	return true;
}

static bool revoke(struct change *change)
{
	if (change->member->revoked == 0)
		change->member->revoked = change->manager->now;
	return true;
}

static bool set_guard(struct change *change)
{
	if (!guard_is_known(change->guard))
		return false;
	memcpy(change->member->guard, change->guard, strlen(change->guard) + 1);
	return true;
}

static bool extend(struct change *change)
{
	const int64_t now = change->manager->now, most = now + SG_ENROLL_LIFETIME_MAX;
	struct sg_fleet_member *member = change->member;
	int64_t end = member->expires > now ? member->expires : now;

	if (member->expires == 0 || member->revoked != 0 || change->seconds < 1 ||
	    change->seconds > SG_ENROLL_LIFETIME_MAX)
		return false;
	end += change->seconds;
	change->extension = (struct sg_fleet_extension){ .at = now, .from = member->expires,
	                                                 .to = end < most ? end : most };
	(void)snprintf(change->extension.actor, sizeof change->extension.actor, "%s",
	               change->manager->actor);
	member->expires = change->extension.to;
	member->ended = 0;
	return true;
}

/* See sg_fleet_extension_visit: keep the last one that stands. */
static bool last_standing(void *context, const struct sg_fleet_extension *extension)
{
	struct sg_fleet_extension *last = context;

	if (extension->reverted == 0)
		*last = *extension;
	return true;
}

static bool revert(struct change *change)
{
	struct sg_fleet *fleet = change->manager->fleet;

	change->extension = (struct sg_fleet_extension){ .at = 0 };
	if (fleet->ops->extension_visit(fleet, change->table, change->member->id, last_standing,
	                                &change->extension) != SG_OK ||
	    change->extension.at == 0)
		return false;
	change->member->expires = change->extension.from;
	return true;
}

static const struct {
	const char *word;               /* behind the kind, in the log */
	bool (*make)(struct change *change);
	enum sg_fleet_extending extending;
} actions[] = {
	[SG_MANAGE_APPROVE] = { "approved", approve, SG_FLEET_EXTEND_NOT },
	[SG_MANAGE_DISABLE] = { "disabled", disable, SG_FLEET_EXTEND_NOT },
	[SG_MANAGE_ENABLE] = { "enabled", enable, SG_FLEET_EXTEND_NOT },
	[SG_MANAGE_EXTEND] = { "extended", extend, SG_FLEET_EXTEND },
	[SG_MANAGE_REVERT] = { "reverted", revert, SG_FLEET_REVERT },
	[SG_MANAGE_REVOKE] = { "revoked", revoke, SG_FLEET_EXTEND_NOT },
	[SG_MANAGE_GUARD] = { "guarded", set_guard, SG_FLEET_EXTEND_NOT },
	[SG_MANAGE_REMOVE] = { "removed", NULL, SG_FLEET_EXTEND_NOT },
};

/* What the log says of a change: how the member is then. */
static char *detail_of(const struct sg_fleet_member *member)
{
	json_t *json = json_pack("{s:s, s:I, s:s}", "name", member->name, "expires",
	                         (json_int_t)member->expires, "guard", member->guard);
	char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	return text;
}

static enum sg_err change_once(struct change *change, const char *id,
                               enum sg_manage_action action)
{
	static const char *const kinds[SG_FLEET_TABLES] = {
		[SG_FLEET_MACHINES] = "machine",
		[SG_FLEET_AGENTS] = "agent",
	};
	struct sg_fleet *fleet = change->manager->fleet;
	struct sg_fleet_event event;
	char name[32], *detail;
	enum sg_err err;

	err = fleet->ops->member_find(fleet, change->table, id, change->member);
	if (err != SG_OK)
		return err;
	if (actions[action].make != NULL && !actions[action].make(change))
		return SG_ERR_ARG;
	(void)snprintf(name, sizeof name, "%s-%s", kinds[change->table], actions[action].word);
	detail = detail_of(change->member);
	if (detail == NULL)
		return SG_ERR_NOMEM;
	event = event_of(change->manager, name, id, detail);
	err = actions[action].make == NULL
	              ? fleet->ops->member_remove(fleet, change->table, id, &event)
	              : fleet->ops->member_change(fleet, change->table, change->member,
	                                          actions[action].extending, &change->extension,
	                                          &event);
	free(detail);
	return err;
}

enum sg_err sg_manage_member(const struct sg_manager *manager, enum sg_fleet_table table,
                             const char *id, enum sg_manage_action action, int64_t seconds,
                             const char *guard, struct sg_fleet_member *out)
{
	struct change change = { .manager = manager, .table = table, .member = out,
	                         .seconds = seconds, .guard = guard };
	enum sg_err err = SG_ERR_STORE_BUSY;

	if (!sg_uuid_is(sg_bytes_str(id)))
		return SG_ERR_NOT_FOUND;
	/* Who was overtaken looks again at what is there then. */
	for (unsigned i = 0; i < TRIES && err == SG_ERR_STORE_BUSY; i++)
		err = change_once(&change, id, action);
	return err;
}
