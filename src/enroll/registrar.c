/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The registrar: opening it, tokens, and adding a member. The messages are read in
 * registrar_messages.c and registrar_field.c.
 */
#include "enroll/registrar.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "enroll/naming.h"
#include "enroll/registrar_state.h"

#define CHALLENGE_SECONDS 300
#define CHALLENGE_SECONDS_MAX 86400
#define SESSIONS 10000
#define HEAD_ENTRIES 256
#define HEAD_SECONDS 300

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
	return value != 0 ? value : otherwise;
}

static enum sg_err copy_text(const char *text, char **out)
{
	*out = strdup(text);
	return *out != NULL ? SG_OK : SG_ERR_NOMEM;
}

static bool is_sound(const struct sg_registrar_config *config)
{
	return config->store != NULL && config->vault != NULL && config->vault[0] != '\0' &&
	       strlen(config->vault) <= SG_ENROLL_TEXT_MAX && config->api_url != NULL &&
	       config->api_url[0] != '\0' && config->challenge_seconds <= CHALLENGE_SECONDS_MAX;
}

enum sg_err sg_registrar_open(const struct sg_registrar_config *config, struct sg_registrar **out)
{
	struct sg_registrar *registrar = NULL;
	enum sg_err err;

	*out = NULL;
	if (!is_sound(config))
		return SG_ERR_ARG;
	registrar = calloc(1, sizeof *registrar);
	if (registrar == NULL)
		return SG_ERR_NOMEM;
	pthread_mutex_init(&registrar->refusals, NULL);
	pthread_mutex_init(&registrar->signing, NULL);
	registrar->challenge_seconds = or_default(config->challenge_seconds, CHALLENGE_SECONDS);
	registrar->head_entries = or_default(config->head_entries, HEAD_ENTRIES);
	registrar->head_seconds = or_default(config->head_seconds, HEAD_SECONDS);
	registrar->sessions_max = config->sessions_max != 0 ? config->sessions_max : SESSIONS;
	registrar->has_signer = config->signer != NULL;
	if (config->signer != NULL)
		registrar->signer = *config->signer;
	err = copy_text(config->vault, &registrar->vault);
	if (err == SG_OK)
		err = copy_text(config->api_url, &registrar->api_url);
	if (err == SG_OK && config->heads != NULL)
		err = copy_text(config->heads, &registrar->heads);
	if (err == SG_OK && config->authorities.len > 0)
		err = sg_authorities_read(config->authorities, &registrar->authorities);
	if (err == SG_OK && config->revocations.len > 0)
		err = registrar->authorities != NULL
		              ? sg_authorities_revoke(registrar->authorities, config->revocations)
		              : SG_ERR_ARG;
	if (err == SG_OK)
		err = sg_fleet_open(config->store, config->create, &registrar->fleet);
	if (err == SG_OK) {
		*out = registrar;
		registrar = NULL;
	}
	sg_registrar_close(&registrar);
	return err;
}

void sg_registrar_close(struct sg_registrar **registrar)
{
	if (registrar == NULL || *registrar == NULL)
		return;
	sg_fleet_close(&(*registrar)->fleet);
	sg_authorities_free(&(*registrar)->authorities);
	pthread_mutex_destroy(&(*registrar)->refusals);
	pthread_mutex_destroy(&(*registrar)->signing);
	free((*registrar)->vault);
	free((*registrar)->api_url);
	free((*registrar)->heads);
	free(*registrar);
	*registrar = NULL;
}

struct sg_fleet *sg_registrar_fleet(struct sg_registrar *registrar)
{
	return registrar->fleet;
}

enum sg_enroll_reason sg_registrar_reason(enum sg_err err)
{
	if (err == SG_OK)
		return SG_ENROLL_OK;
	return err == SG_ERR_STORE_BUSY ? SG_ENROLL_BUSY : SG_ENROLL_INTERNAL;
}

enum sg_enroll_reason sg_registrar_refusal_reason(enum sg_fleet_refusal refusal)
{
	static const enum sg_enroll_reason reasons[] = {
		[SG_FLEET_TAKEN] = SG_ENROLL_OK,
		[SG_FLEET_SESSION_UNKNOWN] = SG_ENROLL_SESSION_UNKNOWN,
		[SG_FLEET_SESSION_ENDED] = SG_ENROLL_SESSION_ENDED,
		[SG_FLEET_SESSION_CLOSED] = SG_ENROLL_SESSION_USED,
		[SG_FLEET_TOKEN_UNKNOWN] = SG_ENROLL_TOKEN_UNKNOWN,
		[SG_FLEET_TOKEN_ENDED] = SG_ENROLL_TOKEN_ENDED,
		[SG_FLEET_TOKEN_REVOKED] = SG_ENROLL_TOKEN_REVOKED,
		[SG_FLEET_TOKEN_USED] = SG_ENROLL_TOKEN_USED,
		[SG_FLEET_KEY_KNOWN] = SG_ENROLL_KEY_KNOWN,
		[SG_FLEET_FULL] = SG_ENROLL_BUSY,
		[SG_FLEET_TOKEN_FULL] = SG_ENROLL_TOKEN_BUSY,
	};

	return reasons[refusal];
}

/* What the token itself says of its time; the step that spends a use looks again. */
static enum sg_enroll_reason judge_time(const struct sg_fleet_token *token, int64_t now)
{
	if (token->revoked != 0)
		return SG_ENROLL_TOKEN_REVOKED;
	if (now >= token->expires || now < token->created)
		return SG_ENROLL_TOKEN_ENDED;
	return token->uses >= token->max_uses ? SG_ENROLL_TOKEN_USED : SG_ENROLL_OK;
}

enum sg_enroll_reason sg_registrar_judge(struct sg_registrar_call *call, struct sg_bytes text,
                                         const char *id, struct sg_bytes host,
                                         enum sg_enroll_class class, enum sg_enroll_origin origin)
{
	struct sg_fleet *fleet = call->registrar->fleet;
	const bool silent = host.len == 0;
	const char *wrong;
	uint8_t hash[SG_ENROLL_HASH];
	enum sg_enroll_reason reason;
	enum sg_err err = SG_OK;

	if (id == NULL)
		err = sg_enroll_token_hash(text, hash);
	if (err == SG_OK)
		err = fleet->ops->token_find(fleet, id, hash, &call->token);
	if (err == SG_ERR_NOT_FOUND)
		return SG_ENROLL_TOKEN_UNKNOWN;
	if (err != SG_OK)
		return sg_registrar_reason(err);
	reason = judge_time(&call->token, call->caller->now);
	if (reason != SG_ENROLL_OK)
		return reason;
	if (sg_enroll_rules_read(sg_buf_bytes(&call->token.rules), &call->rules, &wrong) != SG_OK)
		return SG_ENROLL_INTERNAL;
	if (silent && call->rules.host[0] != '\0')
		return SG_ENROLL_HOST;
	reason = sg_enroll_rules_judge(&call->rules, call->caller->source,
	                               silent ? sg_bytes_str("-") : host, class, origin);
	if (reason == SG_ENROLL_OK && !silent) {
		memcpy(call->host, host.data, host.len);
		call->host[host.len] = '\0';
	}
	return reason;
}

void sg_registrar_call_clear(struct sg_registrar_call *call)
{
	sg_fleet_token_clear(&call->token);
	sg_enroll_rules_clear(&call->rules);
}

bool sg_registrar_member(const struct sg_registrar_call *call, const char *asked,
                         struct sg_fleet_member *out)
{
	const struct sg_enroll_rules *rules = &call->rules;
	const char *template = rules->name[0] != '\0' ? rules->name : NULL;

	*out = (struct sg_fleet_member){
		.approved = !rules->by_hand,
		.enabled = true,
		.created = call->caller->now,
		.expires = rules->lifetime != 0 ? call->caller->now + rules->lifetime : 0,
	};
	sg_uuid_make(out->id);
	memcpy(out->host, call->host, sizeof out->host);
	memcpy(out->token, call->token.id, sizeof out->token);
	memcpy(out->guard, rules->guard, sizeof out->guard);
	if (strlen(call->caller->source) < sizeof out->source)
		memcpy(out->source, call->caller->source, strlen(call->caller->source) + 1);
	if (template != NULL)
		return sg_name_make(template, out->id, call->host, out->name, sizeof out->name);
	/* What is asked for is no template. */
	if (asked[0] != '\0')
		return strpbrk(asked, "{}") == NULL &&
		       sg_name_make(asked, out->id, call->host, out->name, sizeof out->name);
	return sg_name_make(call->host[0] != '\0' ? "{host}" : "{uuid8}", out->id, call->host,
	                    out->name, sizeof out->name);
}

enum sg_enroll_reason sg_registrar_enrol(const struct sg_registrar_call *call,
                                         const struct sg_fleet_member *member,
                                         const uint8_t *session)
{
	static const struct {
		enum sg_fleet_table table;
		const char *event;
	} classes[SG_CLASSES] = {
		[SG_CLASS_MACHINE] = { SG_FLEET_MACHINES, "machine-enrolled" },
		[SG_CLASS_AGENT] = { SG_FLEET_AGENTS, "agent-enrolled" },
	};
	struct sg_fleet *fleet = call->registrar->fleet;
	enum sg_fleet_refusal refusal = SG_FLEET_TAKEN;
	char key[2 * SG_FLEET_KEY];
	char *detail;
	json_t *json;
	enum sg_err err = SG_ERR_NOMEM;

	sg_bytes_hex(sg_bytes(member->key, sizeof member->key), key);
	json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s%, s:I}", "token", member->token, "name",
	                 member->name, "host", member->host, "level",
	                 sg_enroll_level_name((enum sg_enroll_level)member->level), "origin",
	                 sg_enroll_origin_name((enum sg_enroll_origin)member->origin), "key", key,
	                 sizeof key, "expires", (json_int_t)member->expires);
	detail = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
	if (detail != NULL) {
		struct sg_fleet_enrolment enrolment = {
			.session = session,
			.token = member->token,
			.table = classes[call->rules.class].table,
			.member = member,
			.event = { call->caller->now, classes[call->rules.class].event,
			           call->caller->source, member->id, sg_bytes_str(detail) },
		};

		err = fleet->ops->enrol(fleet, &enrolment, &refusal);
	}
	free(detail);
	json_decref(json);
	return err != SG_OK ? sg_registrar_reason(err) : sg_registrar_refusal_reason(refusal);
}
