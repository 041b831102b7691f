/* SPDX-License-Identifier: Apache-2.0
 *
 * signet status: what there is: tokens, the TPM, the storage root key, the lockout,
 * the memory for secrets.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fail.h"
#include "tools/json.h"
#include "tools/object.h"
#include "tools/status_slot.h"
#include "tools/text.h"
#include "tools/time.h"
#include "tools/tries.h"
#include "util/slab.h"

/* Tell whether the TPM told about itself, whatever went wrong afterwards. */
static bool answered(const struct status_slot *slot)
{
	return slot->status.firmware[0] != '\0';
}

static const char *storage_key(const struct status_slot *slot)
{
	if (slot->status.parent_foreign)
		return "foreign";
	if (!slot->status.parent_found)
		return "missing";
	if (slot->token == NULL)
		return "found";
	return slot->status.parent_same ? "same" : "changed";
}

static const char *memory_name(void)
{
	struct sg_slab_status status;

	if (sg_slab_probe() != SG_OK)
		return "none";
	sg_slab_status(&status);
	return status.kind == SG_SLAB_MEMFD_SECRET ? "memfd_secret" : "mlock";
}

static json_t *json_tpm(const struct status_slot *slot)
{
	json_t *json = json_object();

	tool_json_put(json, "device", tool_json_text(sg_bytes_str(slot->status.device)));
	if (slot->err != SG_OK) {
		tool_json_put(json, "error", json_string(sg_err_name(slot->err)));
		tool_json_put(json, "details", tool_json_text(sg_bytes_str(slot->why)));
	}
	if (!answered(slot))
		return json;
	tool_json_put(json, "maker", tool_json_text(sg_bytes_str(slot->status.maker)));
	tool_json_put(json, "firmware", tool_json_text(sg_bytes_str(slot->status.firmware)));
	tool_json_put(json, "storage_key", json_string(storage_key(slot)));
	if (!slot->status.lockout_known)
		return json;
	tool_json_put(json, "locked", json_boolean(slot->status.locked));
	tool_json_put(json, "tries_left", json_integer(slot->status.tries_left));
	tool_json_put(json, "seconds_per_try", json_integer(slot->status.seconds_per_try));
	return json;
}

static json_t *json_slot(const struct status_slot *slot)
{
	json_t *json = json_object(), *objects;

	tool_json_put(json, "slot", json_integer((json_int_t)slot->token->slot));
	tool_json_put(json, "store", tool_json_text(sg_bytes_str(slot->path)));
	if (slot->token->rv != CKR_OK) {
		tool_json_put(json, "error", json_string(sg_err_name(slot->token->err)));
		tool_json_put(json, "details", tool_json_text(sg_bytes_str(slot->token->why)));
		return json;
	}
	tool_json_put(json, "label", tool_json_text(TOOL_FIELD(slot->token->info.label)));
	tool_json_put(json, "serial", tool_json_text(TOOL_FIELD(slot->token->info.serialNumber)));
	tool_json_put(json, "machine", json_boolean(slot->machine));
	if (slot->pin_tries > 0)
		tool_json_put(json, "pin_tries", tool_tries_json(&slot->tries));
	tool_json_put(json, "rollback_protection", json_boolean(slot->anchored));
	tool_json_put(json, "policy", tool_json_text(sg_bytes_str(slot->policy)));
	tool_json_put(json, "sealer", json_string(slot->sealer));
	tool_json_put(json, "objects", json_integer((json_int_t)slot->rows));
	if (slot->counted) {
		objects = json_object();
		for (size_t i = 0; i < STATUS_CLASSES; i++)
			tool_json_put(objects, tool_class_name(status_classes[i]),
			              json_integer((json_int_t)slot->count[i]));
		tool_json_put(json, "visible", objects);
		tool_json_put(json, "guarded_keys", status_keys_json(&slot->keys));
	}
	tool_json_put(json, "tpm", json_tpm(slot));
	if (slot->members.n > 0)
		tool_json_put(json, "members", tool_members_json(&slot->members));
	if (strcmp(slot->sealer, "tpm") == 0)
		tool_json_put(json, "tripwire", tool_tripwire_json(&slot->tripwire));
	return json;
}

static enum tool_exit tell_json(const struct sg_config *config, const struct status_slot *slots,
                                size_t count)
{
	json_t *json = json_object(), *memory = json_object(), *tokens = json_array();
	struct sg_slab_status slab;

	for (size_t i = 0; i < count; i++)
		if (slots[i].token != NULL)
			tool_json_append(tokens, json_slot(&slots[i]));
	tool_json_put(memory, "kind", json_string(memory_name()));
	sg_slab_status(&slab);
	tool_json_put(memory, "locked", json_integer((json_int_t)slab.locked));
	tool_json_put(json, "configuration", tool_json_text(sg_bytes_str(config->path)));
	tool_json_put(json, "state", tool_json_text(sg_bytes_str(config->state)));
	tool_json_put(json, "tcti", tool_json_text(sg_bytes_str(config->tcti)));
	tool_json_put(json, "memory", memory);
	tool_json_put(json, "tokens", tokens);
	if (slots[count - 1].token == NULL)
		tool_json_put(json, "tpm", json_tpm(&slots[count - 1]));
	return tool_json_out(json);
}

static void text_tpm(struct tool_text *text, const struct status_slot *slot)
{
	static const struct {
		const char *name;
		const char *words;
	} keys[] = {
		{ "same", "is the one that sealed this token" },
		{ "changed", "is not the one that sealed this token" },
		{ "found", "is there" },
		{ "missing", "is not there" },
		{ "foreign", "is not there; something else stands in its place" },
	};
	char span[64], until[64];

	if (slot->err != SG_OK) {
		tool_text_add(text, "    TPM: %s: %s", slot->status.device,
		              sg_err_sentence(slot->err));
		tool_text_add(text, slot->why[0] != '\0' ? " (%s)\n" : "%s\n", slot->why);
	}
	if (!answered(slot))
		return;
	tool_text_add(text, "    TPM: %s, made by %s, firmware %s\n", slot->status.device,
	              slot->status.maker, slot->status.firmware);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (strcmp(keys[i].name, storage_key(slot)) == 0)
			tool_text_add(text, "    storage root key 0x81000001: %s\n", keys[i].words);
	if (!slot->status.lockout_known)
		return;
	tool_span(slot->status.seconds_per_try, span, sizeof span);
	tool_until(slot->status.seconds_per_try, until, sizeof until);
	if (slot->status.locked)
		tool_text_add(text, "    lockout: the TPM refuses every PIN; the next try is possible "
		              "at %s, or before\n", until);
	else
		tool_text_add(text, "    lockout: %u wrong PINs until the TPM refuses all; one is "
		              "forgotten every %s\n", slot->status.tries_left, span);
}

static void text_hsm(struct tool_text *text, const struct status_slot *slot)
{
	tool_text_add(text, "    HSM: ");
	tool_text_name(text, sg_bytes_str(slot->status.device));
	if (slot->status.maker[0] != '\0') {
		tool_text_add(text, ", made by ");
		tool_text_name(text, sg_bytes_str(slot->status.maker));
		tool_text_add(text, ", firmware %s", slot->status.firmware);
	}
	if (slot->status.pin_wrong)
		tool_text_add(text, "; somebody tried a wrong PIN of it");
	if (slot->err != SG_OK)
		tool_text_add(text, ": %s", sg_err_sentence(slot->err));
	if (slot->err != SG_OK && slot->why[0] != '\0')
		tool_text_add(text, " (%s)", slot->why);
	tool_text_add(text, "\n");
	if (slot->err == SG_OK && slot->token != NULL)
		tool_text_add(text, "    key that seals: %s\n",
		              slot->status.parent_same ? "is there" : "is not in this HSM");
}

static void text_members(struct tool_text *text, const struct status_slot *slot)
{
	tool_text_add(text, "    sealers: %s, any of which opens it%s\n", slot->sealer,
	              sg_sealer_is_hardware(slot->sealer) ? "" : "; for development only");
	for (size_t i = 0; i < slot->members.n; i++) {
		tool_text_add(text, "    %zu. ", i + 1);
		tool_member_text(text, &slot->members.list[i], slot->token != NULL);
		tool_text_add(text, "\n");
	}
}

static void text_sealer(struct tool_text *text, const struct status_slot *slot)
{
	if (slot->members.n > 0) {
		text_members(text, slot);
		return;
	}
	if (strcmp(slot->sealer, "tpm") == 0) {
		text_tpm(text, slot);
		if (slot->token != NULL && slot->status.parent_same) {
			tool_text_add(text, "    tripwire: ");
			tool_tripwire_text(text, &slot->tripwire);
			tool_text_add(text, "\n");
		}
		return;
	}
	if (sg_sealer_is_hardware(slot->sealer)) {
		text_hsm(text, slot);
		return;
	}
	tool_text_add(text, "    sealer: %s, for development only", slot->sealer);
	if (slot->err != SG_OK)
		tool_text_add(text, ": %s (%s)", sg_err_sentence(slot->err), slot->why);
	tool_text_add(text, "\n");
}

static void text_slot(struct tool_text *text, const struct status_slot *slot)
{
	size_t shown = 0;

	if (slot->token->rv != CKR_OK) {
		tool_text_add(text, "Slot %lu: %s\n    store: %s\n    %s (%s)\n", slot->token->slot,
		              "can't be read", slot->path, sg_err_sentence(slot->token->err),
		              slot->token->why);
		return;
	}
	tool_text_add(text, "Token \"");
	tool_text_name(text, TOOL_FIELD(slot->token->info.label));
	tool_text_add(text, "\", slot %lu, serial %.16s, %s\n    store: %s\n    objects: %zu",
	              slot->token->slot, (const char *)slot->token->info.serialNumber,
	              slot->machine ? "machine token: no PIN" : "PIN token", slot->path,
	              slot->rows);
	for (size_t i = 0; i < STATUS_CLASSES; i++) {
		if (!slot->counted || slot->count[i] == 0)
			continue;
		tool_text_add(text, "%s%zu %s%s", shown == 0 ? ": " : ", ", slot->count[i],
		              tool_class_name(status_classes[i]), slot->count[i] == 1 ? "" : "s");
		shown += slot->count[i];
	}
	if (slot->counted && shown < slot->rows)
		tool_text_add(text, "%s%zu private", shown == 0 ? ": " : ", ", slot->rows - shown);
	tool_text_add(text, "\n");
	if (slot->pin_tries > 0 && slot->err == SG_OK) {
		tool_text_add(text, "    PIN: ");
		tool_tries_text(text, &slot->tries);
		tool_text_add(text, "\n");
	}
	if (slot->policy[0] != '\0')
		tool_text_add(text, "    policy: %s\n", slot->policy);
	status_keys_text(text, &slot->keys);
	if (slot->anchored)
		tool_text_add(text, "    rollback protection: a counter in the TPM\n");
	text_sealer(text, slot);
}

static enum tool_exit tell(const struct sg_config *config, const struct status_slot *slots,
                           size_t count)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	tool_text_add(&text, "Configuration: %s\nState folder: %s\nMemory for secrets: %s\n",
	              config->path, config->state, memory_name());
	for (size_t i = 0; i < count; i++) {
		if (slots[i].token != NULL) {
			text_slot(&text, &slots[i]);
			continue;
		}
		tool_text_add(&text, "There is no token yet; signet init makes one.\n");
		text_sealer(&text, &slots[i]);
	}
	return tool_text_out(&text);
}

/* The first thing that is wrong gives the exit code. */
static enum tool_exit worst(const struct status_slot *slots, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (slots[i].token != NULL && slots[i].token->rv != CKR_OK)
			return tool_exit_err(slots[i].token->err);
		if (slots[i].err != SG_OK)
			return tool_exit_err(slots[i].err);
		if (slots[i].token != NULL && strcmp(slots[i].sealer, "tpm") == 0 &&
		    !slots[i].status.parent_same)
			return TOOL_OTHER_TPM;
	}
	return TOOL_OK;
}

static enum tool_exit run(struct tool *tool)
{
	struct tool_tokens tokens = { NULL };
	struct sg_module *module = NULL;
	struct status_slot *slots = NULL;
	enum tool_exit code;
	size_t count = 0;

	code = tool_tokens_read(&tokens);
	if (code != TOOL_OK)
		goto out;
	count = tokens.count > 0 ? tokens.count : 1;
	slots = calloc(count, sizeof *slots);
	module = sg_module_enter();
	if (slots == NULL || module == NULL) {
		code = tool_fail_err(SG_ERR_NOMEM, "can't look at the tokens");
		goto out;
	}
	for (size_t i = 0; i < count; i++) {
		slots[i].token = tokens.count > 0 ? &tokens.list[i] : NULL;
		status_slot_read(module, tokens.count > 0 ? tokens.list[i].slot : tokens.empty,
		                 &slots[i]);
	}
	code = tool_given(tool, OPT_JSON) ? tell_json(module->config, slots, count)
	                                  : tell(module->config, slots, count);
	if (code == TOOL_OK)
		code = worst(slots, count);
out:
	if (module != NULL)
		sg_module_leave();
	for (size_t i = 0; slots != NULL && i < count; i++)
		status_keys_free(&slots[i].keys);
	free(slots);
	tool_tokens_free(&tokens);
	return code;
}

const struct tool_verb tool_verb_status = {
	.name = "status",
	.summary = "show tokens, TPM and lockout",
	.usage = "[--json]",
	.text = "The exit code is that of the first thing that is wrong.",
	.example = "signet status",
	.run = run,
	.options = { OPT_JSON },
};
