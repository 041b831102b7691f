/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Reading lists of machines.
 */
#include "tools/machines.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/fail.h"
#include "tools/io.h"
#include "tools/signer_key.h"

#define FILE_MAX ((size_t)4 << 20)

static const char *const classes[] = {
	[SG_REQUEST_MACHINE] = "machine",
	[SG_REQUEST_AGENT] = "agent",
	[SG_REQUEST_TUNNEL] = "tunnel",
};

const char *tool_machine_class(enum sg_request_class kind)
{
	return (size_t)kind < sizeof classes / sizeof classes[0] ? classes[kind] : "machine";
}

void tool_machines_free(struct tool_machines *machines)
{
	for (size_t i = 0; i < machines->count; i++)
		free(machines->list[i].id);
	free(machines->list);
	*machines = (struct tool_machines){ .list = NULL };
}

/* Take one key more of a machine. */
static bool take_key(const json_t *value, struct sg_request_machine *machine)
{
	struct sg_bytes text;

	if (!json_is_string(value) || machine->n_keys == SG_REQUEST_KEYS_MAX)
		return false;
	text = sg_bytes(json_string_value(value), json_string_length(value));
	/* In text a key is never its bare bytes. */
	return text.len > SG_ED25519_PUBLIC &&
	       tool_signer_key_read(text, machine->keys[machine->n_keys++]);
}

static bool take_keys(const json_t *value, struct sg_request_machine *machine)
{
	size_t i;
	json_t *one;

	if (!json_is_array(value))
		return take_key(value, machine);
	json_array_foreach(value, i, one)
		if (!take_key(one, machine))
			return false;
	return machine->n_keys > 0;
}

static bool take_class(const json_t *value, struct sg_request_machine *machine)
{
	for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
		if (json_is_string(value) && strcmp(json_string_value(value), classes[i]) == 0) {
			machine->kind = (enum sg_request_class)i;
			return true;
		}
	return false;
}

static bool take_time(const json_t *value, int64_t *out)
{
	*out = json_integer_value(value);
	return json_is_integer(value) && *out > 0 && *out <= SG_REQUEST_TIME_MAX;
}

static bool take_flag(const json_t *value, bool *out)
{
	*out = json_is_true(value);
	return json_is_boolean(value);
}

/* Take one member of a machine. What is not known is refused: it could be a limit. */
static bool take_member(const char *name, const json_t *value, struct tool_machine *out)
{
	struct sg_request_machine *machine = &out->machine;

	if (strcmp(name, "id") == 0) {
		out->id = json_is_string(value) && json_string_length(value) > 0 &&
		                          json_string_length(value) <= SG_REQUEST_ID_MAX
		                  ? strdup(json_string_value(value))
		                  : NULL;
		return out->id != NULL;
	}
	if (strcmp(name, "publicKey") == 0)
		return take_keys(value, machine);
	if (strcmp(name, "class") == 0)
		return take_class(value, machine);
	if (strcmp(name, "enabled") == 0)
		return take_flag(value, &machine->enabled);
	if (strcmp(name, "revoked") == 0)
		return take_flag(value, &machine->revoked);
	if (strcmp(name, "notBefore") == 0)
		return take_time(value, &machine->not_before);
	if (strcmp(name, "expires") == 0)
		return take_time(value, &machine->expires);
	return strcmp(name, "name") == 0 && json_is_string(value);
}

/* Take a machine; *wrong is the member that can't be read. */
static bool take_machine(json_t *json, struct tool_machine *out, const char **wrong)
{
	const char *name;
	json_t *value;

	*wrong = "id";
	out->machine.enabled = true;
	json_object_foreach(json, name, value)
		if (!take_member(name, value, out)) {
			*wrong = name;
			return false;
		}
	if (out->id != NULL && out->machine.n_keys == 0)
		*wrong = "publicKey";
	return out->id != NULL && out->machine.n_keys > 0;
}

/* Find a machine by its name; a UUID may be in any case, and none is told apart by case alone. */
static struct tool_machine *find(const struct tool_machines *machines, const char *id, size_t len)
{
	for (size_t i = 0; i < machines->count; i++)
		if (strlen(machines->list[i].id) == len &&
		    strncasecmp(machines->list[i].id, id, len) == 0)
			return &machines->list[i];
	return NULL;
}

enum tool_exit tool_machines_read(const char *path, struct tool_machines *machines)
{
	struct sg_buf text = { NULL, 0, 0 };
	enum tool_exit code = tool_read_file(path, FILE_MAX, &text);
	json_error_t error = { .line = -1 };
	json_t *json = NULL, *list, *one;
	const char *wrong;
	size_t i;

	*machines = (struct tool_machines){ .list = NULL };
	if (code != TOOL_OK)
		goto out;
	json = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &error);
	list = json_object_get(json, "machines");
	if (!json_is_array(list)) {
		code = tool_fail(TOOL_FAILED, "{\"machines\": [{\"id\": \"...\", \"publicKey\": "
		                 "\"...\"}]}", "%s is no list of machines%s%s", path,
		                 json == NULL ? ": " : "", json == NULL ? error.text : "");
		goto out;
	}
	machines->list = calloc(json_array_size(list) + 1, sizeof *machines->list);
	if (machines->list == NULL)
		code = tool_fail_err(SG_ERR_NOMEM, "can't read %s", path);
	json_array_foreach(list, i, one) {
		struct tool_machine *machine = &machines->list[machines->count];

		if (code != TOOL_OK)
			break;
		if (!json_is_object(one) || !take_machine(one, machine, &wrong))
			code = tool_fail(TOOL_FAILED, "signet-request(1) has the members.",
			                 "machine %zu of %s has no good member \"%.64s\"", i + 1,
			                 path, json_is_object(one) ? wrong : "id");
		else if (find(machines, machine->id, strlen(machine->id)) != NULL)
			code = tool_fail(TOOL_FAILED, NULL, "machine %zu of %s has the identifier of "
			                 "another one", i + 1, path);
		if (code != TOOL_OK)
			free(machine->id);
		else
			machines->count++;
	}
out:
	json_decref(json);
	sg_buf_free(&text);
	return code;
}

enum tool_exit tool_machines_key(const char *path, struct tool_machines *machines)
{
	*machines = (struct tool_machines){ .any = true };
	machines->list = calloc(1, sizeof *machines->list);
	if (machines->list == NULL)
		return tool_fail_err(SG_ERR_NOMEM, "can't read %s", path);
	machines->count = 1;
	machines->list->machine.enabled = true;
	machines->list->machine.n_keys = 1;
	return tool_signer_key_file(path, machines->list->machine.keys[0]);
}

int tool_machines_lookup(void *context, struct sg_request_text id, struct sg_request_text header,
                         struct sg_request_machine *machine)
{
	const struct tool_machines *machines = context;
	const struct tool_machine *found = machines->any ? machines->list
	                                                 : find(machines, id.data, id.len);

	(void)header;
	if (found == NULL)
		return 0;
	*machine = found->machine;
	if (!machines->any)
		memcpy(machine->id, found->id, strlen(found->id) + 1);
	return 1;
}
