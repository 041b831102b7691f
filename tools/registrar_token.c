/* SPDX-License-Identifier: Apache-2.0
 *
 * signet registrar token create, list, revoke.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fail.h"
#include "tools/options.h"
#include "tools/fleet.h"
#include "tools/io.h"
#include "tools/out_file.h"

#define HOUR 3600
#define EKS_FILE_MAX ((size_t)2 << 20)

/* Copy the text of an option. */
static enum tool_exit take_text(const struct tool *tool, enum tool_option option, char *out,
                                size_t size)
{
	const char *text = tool->value[option];

	if (text == NULL)
		return TOOL_OK;
	if (strlen(text) >= size)
		return tool_fail(TOOL_USAGE, NULL, "%s is too long", tool_option_shown(option));
	memcpy(out, text, strlen(text) + 1);
	return TOOL_OK;
}

/* Read names of a class, a level and an origin. */
static enum tool_exit take_names(const struct tool *tool, struct sg_enroll_rules *rules)
{
	rules->level = SG_LEVEL_ASSERTED;
	if (tool_given(tool, OPT_CLASS) &&
	    !sg_enroll_class_find(tool->value[OPT_CLASS], &rules->class))
		return tool_fail(TOOL_USAGE, NULL, "--class is machine or agent");
	if (tool_given(tool, OPT_LEVEL) &&
	    !sg_enroll_level_find(tool->value[OPT_LEVEL], &rules->level))
		return tool_fail(TOOL_USAGE, NULL, "--level is none, asserted, born or minted");
	if (tool_given(tool, OPT_ORIGIN) &&
	    !sg_enroll_origin_find(tool->value[OPT_ORIGIN], &rules->origin))
		return tool_fail(TOOL_USAGE, NULL, "--origin is host, tpm or vault");
	return TOOL_OK;
}

/* Read a file of hashes of endorsement keys, a line each. */
static enum tool_exit take_eks(const struct tool *tool, struct sg_enroll_rules *rules)
{
	const char *path = tool->value[OPT_EKS];
	struct sg_buf file = { NULL, 0, 0 };
	struct sg_bytes rest;
	enum tool_exit code = TOOL_OK;

	if (path == NULL)
		return TOOL_OK;
	code = tool_read_file(path, EKS_FILE_MAX, &file);
	if (code == TOOL_OK)
		rules->eks = calloc(SG_ENROLL_EKS_MAX, sizeof *rules->eks);
	if (code == TOOL_OK && file.len == 0)
		code = tool_fail(TOOL_FAILED, "signet-fleet(1) says what stands in it.",
		                 "%s names no TPM, so nobody could use the token", path);
	if (code == TOOL_OK && rules->eks == NULL)
		code = tool_fail_err(SG_ERR_NOMEM, "can't read %s", path);
	rest = sg_buf_bytes(&file);
	while (code == TOOL_OK && rest.len > 0) {
		const uint8_t *end = memchr(rest.data, '\n', rest.len);
		const size_t len = end != NULL ? (size_t)(end - rest.data) : rest.len;

		if (rules->n_eks == SG_ENROLL_EKS_MAX || len != 2 * SG_ENROLL_EK_HASH ||
		    !sg_bytes_unhex(sg_bytes(rest.data, len), rules->eks[rules->n_eks],
		                    SG_ENROLL_EK_HASH))
			code = tool_fail(TOOL_FAILED, "signet-fleet(1) says what they are of.",
			                 "line %zu of %s is no SHA-256 in hexadecimal digits, or one "
			                 "too many", rules->n_eks + 1, path);
		else
			rules->n_eks++;
		rest = sg_bytes(rest.data + len + (end != NULL), rest.len - len - (end != NULL));
	}
	sg_buf_free(&file);
	return code;
}

static enum tool_exit take_makers(const struct tool *tool, struct sg_enroll_rules *rules)
{
	const char *maker;
	size_t at = 0;

	while ((maker = tool_next(tool, OPT_MAKER, &at)) != NULL) {
		if (rules->n_makers == SG_ENROLL_MAKERS_MAX)
			return tool_fail(TOOL_USAGE, NULL, "--maker is given more than %d times",
			                 SG_ENROLL_MAKERS_MAX);
		rules->makers[rules->n_makers] = strdup(maker);
		if (rules->makers[rules->n_makers++] == NULL)
			return tool_fail_err(SG_ERR_NOMEM, "can't make the token");
	}
	return TOOL_OK;
}

/* Copy text of PCRs, of the form "sha256:7" or with the beginning that a policy's text has. */
static enum tool_exit take_pcrs(const struct tool *tool, enum tool_option option, char **out)
{
	static const char clause[] = "pcr=";
	const char *text = tool->value[option];
	const bool has = text != NULL && strncmp(text, clause, strlen(clause)) == 0;

	if (text == NULL)
		return TOOL_OK;
	if (asprintf(out, "%s%s", has ? "" : clause, text) < 0) {
		*out = NULL;
		return tool_fail_err(SG_ERR_NOMEM, "can't make the token");
	}
	return TOOL_OK;
}

static enum tool_exit take_rules(const struct tool *tool, struct sg_enroll_rules *rules)
{
	enum tool_exit code = take_names(tool, rules);

	rules->by_hand = tool_given(tool, OPT_APPROVE_BY_HAND);
	rules->by_clock = tool_given(tool, OPT_BY_CLOCK);
	rules->eventlog = tool_given(tool, OPT_REQUIRE_EVENT_LOG);
	if (code == TOOL_OK)
		code = tool_span_read(tool, OPT_MACHINE_LIFETIME, 0, &rules->lifetime);
	if (code == TOOL_OK)
		code = take_text(tool, OPT_HOSTS, rules->host, sizeof rules->host);
	if (code == TOOL_OK)
		code = take_text(tool, OPT_MACHINE_NAME, rules->name, sizeof rules->name);
	if (code == TOOL_OK)
		code = take_text(tool, OPT_SOURCES, rules->sources, sizeof rules->sources);
	if (code == TOOL_OK)
		code = take_text(tool, OPT_GUARD, rules->guard, sizeof rules->guard);
	if (code == TOOL_OK)
		code = take_makers(tool, rules);
	if (code == TOOL_OK)
		code = take_eks(tool, rules);
	if (code == TOOL_OK)
		code = take_pcrs(tool, OPT_BIND_PCRS, &rules->bind_pcrs);
	return code == TOOL_OK ? take_pcrs(tool, OPT_QUOTE_PCRS, &rules->quote_pcrs) : code;
}

static enum tool_exit take_uses(const struct tool *tool, uint32_t *out)
{
	const char *text = tool->value[OPT_USES];
	char *end = NULL;
	long n = 1;

	if (text != NULL)
		n = text[0] >= '1' && text[0] <= '9' ? strtol(text, &end, 10) : 0;
	if (n < 1 || n > SG_FLEET_USES_MAX || (end != NULL && *end != '\0'))
		return tool_fail(TOOL_USAGE, NULL, "--uses is a number from 1 to %d",
		                 SG_FLEET_USES_MAX);
	*out = (uint32_t)n;
	return TOOL_OK;
}

/* Tell the token, which is shown this once; *fd is a file for it, or -1. */
static enum tool_exit tell(const struct tool *tool, const struct sg_secret *token, const char *id,
                           int fd)
{
	enum tool_exit code = TOOL_OK;
	json_t *json;

	if (fd >= 0) {
		code = tool_out_write(fd, tool->value[OPT_OUTPUT], sg_secret_bytes(token));
		if (code == TOOL_OK)
			code = tool_out_write(fd, tool->value[OPT_OUTPUT], sg_bytes_str("\n"));
	}
	if (code != TOOL_OK)
		return code;
	if (tool_given(tool, OPT_JSON)) {
		json = json_object();
		tool_json_put(json, "id", json_string(id));
		if (fd < 0)
			tool_json_put(json, "token", tool_json_text(sg_secret_bytes(token)));
		return tool_json_out(json);
	}
	tool_note("the identifier of the token is %s", id);
	if (fd >= 0)
		return TOOL_OK;
	code = tool_write(sg_secret_bytes(token));
	return code == TOOL_OK ? tool_write(sg_bytes_str("\n")) : code;
}

/* Say which option is in the way of a token. */
static enum tool_exit tell_wrong(const struct tool *tool, const char *wrong)
{
	static const struct {
		const char *member;
		enum tool_option option;
	} options[] = {
		{ "uses", OPT_USES }, { "expires", OPT_VALID }, { "class", OPT_CLASS },
		{ "level", OPT_LEVEL }, { "origin", OPT_ORIGIN },
		{ "lifetime", OPT_MACHINE_LIFETIME }, { "byClock", OPT_BY_CLOCK },
		{ "host", OPT_HOSTS }, { "sources", OPT_SOURCES }, { "guard", OPT_GUARD },
		{ "makers", OPT_MAKER }, { "eks", OPT_EKS }, { "pcrs", OPT_BIND_PCRS },
		{ "quote", OPT_QUOTE_PCRS }, { "eventLog", OPT_REQUIRE_EVENT_LOG },
	};
	const char *shown = tool_given(tool, OPT_MACHINE_NAME) ? "--machine-name" : "--name";

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		if (strcmp(options[i].member, wrong) == 0)
			shown = tool_option_shown(options[i].option);
	if (strcmp(wrong, "pcrs") == 0 && tool_given(tool, OPT_BIND_PCRS))
		return tool_fail(TOOL_USAGE, "--bind-pcrs sha256:7=VALUE names the value; a key that "
		                 "is minted needs it.", "a token can't be like this: look at %s",
		                 shown);
	return tool_fail(TOOL_USAGE, tool->verb->example, "a token can't be like this: look at %s",
	                 shown);
}

static enum tool_exit create(struct tool *tool)
{
	const char *path = tool->value[OPT_OUTPUT];
	struct sg_enroll_rules rules = { .class = SG_CLASS_MACHINE };
	struct tool_fleet fleet = { .actor = "" };
	struct sg_secret *token = NULL;
	char id[SG_FLEET_ID + 1];
	const char *wrong = NULL;
	uint32_t uses = 1;
	int64_t valid = HOUR;
	int fd = -1;
	enum sg_err err;
	enum tool_exit code = take_rules(tool, &rules), closed;

	if (code == TOOL_OK)
		code = take_uses(tool, &uses);
	if (code == TOOL_OK)
		code = tool_span_read(tool, OPT_VALID, HOUR, &valid);
	if (code == TOOL_OK)
		code = tool_fleet_open(tool, TOOL_FLEET_MAKE, &fleet);
	if (code == TOOL_OK && path != NULL)
		code = tool_out_open(path, "the token", &fd);
	if (code != TOOL_OK)
		goto out;
	fleet.manager.actor = fleet.actor;
	err = sg_manage_token_create(&fleet.manager,
	                             tool_given(tool, OPT_TOKEN_NAME) ? tool->value[OPT_TOKEN_NAME]
	                                                              : "",
	                             uses, valid, &rules, &token, id, &wrong);
	if (err == SG_ERR_FORMAT)
		code = tell_wrong(tool, wrong);
	else if (err != SG_OK)
		code = tool_fail_err(err, "can't make the token");
	if (code == TOOL_OK) {
		tool_done("the token %s is made", id);
		code = tell(tool, token, id, fd);
	}
out:
	if (fd >= 0) {
		closed = tool_out_close(fd, path);
		code = code == TOOL_OK ? closed : code;
	}
	if (fd >= 0 && token == NULL)
		tool_out_remove(path);
	sg_secret_free(&token);
	tool_fleet_close(&fleet);
	sg_enroll_rules_clear(&rules);
	return code;
}

/* A list that is being made. */
struct listing {
	struct tool_text text;
	json_t *json;
	int64_t now;
};

static bool list_one(void *context, const struct sg_fleet_token *token)
{
	struct listing *listing = context;

	if (listing->json != NULL) {
		tool_json_append(listing->json, tool_fleet_token_json(token, listing->now));
		return true;
	}
	tool_text_add(&listing->text, "%s  %-7s  %u of %u used, until ", token->id,
	              tool_fleet_token_state(token, listing->now), token->uses, token->max_uses);
	tool_time_text(&listing->text, token->expires, "?");
	tool_text_add(&listing->text, "%s", token->name[0] != '\0' ? "  " : "");
	tool_text_name(&listing->text, sg_bytes_str(token->name));
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
	err = fleet.manager.fleet->ops->token_visit(fleet.manager.fleet, list_one, &listing);
	tool_fleet_close(&fleet);
	if (err != SG_OK) {
		json_decref(listing.json);
		sg_buf_free(&listing.text.buf);
		return tool_fail_err(err, "can't list the tokens");
	}
	return listing.json != NULL ? tool_json_out(listing.json) : tool_text_out(&listing.text);
}

static enum tool_exit revoke(struct tool *tool)
{
	const char *id = tool->value[OPT_MEMBER_ID];
	struct sg_fleet_token token = { .uses = 0 };
	struct tool_fleet fleet;
	enum tool_exit code = tool_fleet_open(tool, TOOL_FLEET_WRITE, &fleet);
	enum sg_err err;

	if (code != TOOL_OK)
		return code;
	fleet.manager.actor = fleet.actor;
	err = sg_manage_token_revoke(&fleet.manager, id);
	if (err == SG_OK)
		tool_done("the token %s is revoked", id);
	if (err == SG_OK && tool_given(tool, OPT_JSON))
		err = fleet.manager.fleet->ops->token_find(fleet.manager.fleet, id, NULL, &token);
	tool_fleet_close(&fleet);
	if (err == SG_ERR_NOT_FOUND)
		code = tool_fail(TOOL_NOT_FOUND, "signet registrar token list shows them.",
		                 "there is no such token");
	else if (err != SG_OK)
		code = tool_fail_err(err, "can't revoke the token");
	else if (tool_given(tool, OPT_JSON))
		code = tool_json_out(tool_fleet_token_json(&token, fleet.manager.now));
	sg_fleet_token_clear(&token);
	return code;
}

const struct tool_verb tool_verb_registrar_token_create = {
	.name = "registrar token create",
	.summary = "make a token by which machines enrol",
	.usage = "--registrar FILE [--name TEXT] [--uses N] [--valid SPAN]\n"
	         "                [--class CLASS] [--level LEVEL] [--origin ORIGIN]\n"
	         "                [--machine-lifetime SPAN [--by-clock]] [--machine-name TEMPLATE]\n"
	         "                [--hosts PATTERN] [--sources RANGES] [--maker NAME]... [--eks FILE]\n"
	         "                [--bind-pcrs BANK:PCRS] [--quote-pcrs BANK:PCRS]\n"
	         "                [--require-event-log] [--approve-by-hand] [--guard TEXT]\n"
	         "                [--output FILE] [--json]",
	.text = "The token is shown this once; only its hash is kept. It is good for one machine and for\n"
	        "an hour, and demands the proof of a TPM (--level asserted), if nothing else is said.\n"
	        "A span is 90s, 10m, 36h, 30d or 12mo; machines live from an hour to twelve months, or\n"
	        "without end. The store is made where there is none, in a private folder: mkdir -m 700\n"
	        "fleet makes one.",
	.example = "signet registrar token create --registrar fleet/db --uses 20 --valid 24h "
	           "--machine-lifetime 30d --machine-name 'worker-{uuid8}' --hosts 'web-*'",
	.run = create,
	.options = { OPT_REGISTRAR, OPT_TOKEN_NAME, OPT_USES, OPT_VALID, OPT_CLASS, OPT_LEVEL,
	             OPT_ORIGIN, OPT_MACHINE_LIFETIME, OPT_BY_CLOCK, OPT_MACHINE_NAME, OPT_HOSTS,
	             OPT_SOURCES, OPT_MAKER, OPT_EKS, OPT_BIND_PCRS, OPT_QUOTE_PCRS,
	             OPT_REQUIRE_EVENT_LOG, OPT_APPROVE_BY_HAND, OPT_GUARD, OPT_OUTPUT, OPT_JSON },
	.required = { OPT_REGISTRAR },
	.filled = true,
	.makes = true,
};

const struct tool_verb tool_verb_registrar_token_list = {
	.name = "registrar token list",
	.summary = "list the tokens, and how often they were used",
	.usage = "--registrar FILE [--json]",
	.example = "signet registrar token list --registrar fleet/db",
	.run = list,
	.options = { OPT_REGISTRAR, OPT_JSON },
	.required = { OPT_REGISTRAR },
};

const struct tool_verb tool_verb_registrar_token_revoke = {
	.name = "registrar token revoke",
	.summary = "let no more machines come by a token",
	.usage = "--registrar FILE --id ID [--json]",
	.text = "Machines that came by it stay.",
	.example = "signet registrar token revoke --registrar fleet/db --id "
	           "1b671a64-40d5-491e-99b0-da01ff1f3341",
	.run = revoke,
	.options = { OPT_REGISTRAR, OPT_MEMBER_ID, OPT_JSON },
	.required = { OPT_REGISTRAR, OPT_MEMBER_ID },
};
