/* SPDX-License-Identifier: Apache-2.0
 *
 * signet status: keys that ask for more than their token.
 */
#include "tools/status_keys.h"

#include <stdio.h>
#include <stdlib.h>

#include "tools/json.h"
#include "tools/object.h"
#include "util/array.h"

static void add(const struct tool *tool, CK_OBJECT_HANDLE handle, struct status_keys *keys)
{
	struct sg_buf label = { NULL, 0, 0 }, policy = { NULL, 0, 0 };
	struct status_key key = { .met = TOOL_MET_UNKNOWN }, *grown;
	const char *why;

	tool_guard_show(tool, handle, &policy, &key.pin);
	if (policy.len == 0 && !key.pin)
		goto out;
	grown = sg_array_grow(keys->list, keys->n, &keys->cap, sizeof *grown);
	if (grown == NULL)
		goto out;
	keys->list = grown;
	(void)tool_attribute(tool, handle, CKA_LABEL, &label);
	snprintf(key.label, sizeof key.label, "%.*s", (int)label.len, (const char *)label.data);
	snprintf(key.policy, sizeof key.policy, "%.*s", (int)policy.len,
	         (const char *)policy.data);
	if (policy.len > 0)
		key.met = tool_guard_try(tool, handle, &why);
	grown[keys->n++] = key;
out:
	sg_buf_free(&label);
	sg_buf_free(&policy);
}

void status_keys_read(CK_SLOT_ID slot, struct status_keys *keys)
{
	struct tool tool = { .slot = slot };
	CK_OBJECT_HANDLE handle;
	CK_ULONG got = 1;

	if (C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &tool.session) != CKR_OK)
		return;
	if (C_FindObjectsInit(tool.session, NULL, 0) == CKR_OK) {
		while (C_FindObjects(tool.session, &handle, 1, &got) == CKR_OK && got == 1)
			add(&tool, handle, keys);
		(void)C_FindObjectsFinal(tool.session);
	}
	(void)C_CloseSession(tool.session);
}

void status_keys_free(struct status_keys *keys)
{
	free(keys->list);
	*keys = (struct status_keys){ NULL, 0, 0 };
}

static const char *const mets[] = {
	[TOOL_MET] = "holds", [TOOL_NOT_MET] = "does not hold",
	[TOOL_MET_UNKNOWN] = "not looked at",
};

void status_keys_text(struct tool_text *text, const struct status_keys *keys)
{
	for (size_t i = 0; i < keys->n; i++) {
		const struct status_key *key = &keys->list[i];

		tool_text_add(text, "    key \"");
		tool_text_name(text, sg_bytes_str(key->label));
		tool_text_add(text, "\": ");
		if (key->policy[0] != '\0')
			tool_text_add(text, "policy %s: %s%s", key->policy, mets[key->met],
			              key->pin ? "; " : "");
		tool_text_add(text, key->pin ? "a PIN of its own\n" : "\n");
	}
}

json_t *status_keys_json(const struct status_keys *keys)
{
	json_t *array = json_array();

	for (size_t i = 0; i < keys->n; i++) {
		const struct status_key *key = &keys->list[i];
		json_t *json = json_object();

		tool_json_put(json, "label", tool_json_text(sg_bytes_str(key->label)));
		tool_json_put(json, "policy", key->policy[0] != '\0'
		                                      ? tool_json_text(sg_bytes_str(key->policy))
		                                      : json_null());
		tool_json_put(json, "policy_met", key->met == TOOL_MET_UNKNOWN
		                                          ? json_null()
		                                          : json_boolean(key->met == TOOL_MET));
		tool_json_put(json, "pin", json_boolean(key->pin));
		tool_json_append(array, json);
	}
	return array;
}
