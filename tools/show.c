/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Lists of objects.
 */
#include "tools/show.h"

#include <stdio.h>
#include <stdlib.h>

#include "tools/guard.h"
#include "tools/json.h"
#include "tools/root.h"
#include "tools/text.h"
#include "tools/versions.h"

static void add_text(struct tool_text *text, const struct tool_object *object)
{
	char type[32], place[32] = "";

	if (object->resident)
		snprintf(place, sizeof place, ", in the %s", object->lives);
	else if (object->lives != NULL)
		snprintf(place, sizeof place, ", sealed%s", object->sealed ? " alone" : "");
	tool_key_type_name(object, type);
	tool_text_add(text, "%s \"", tool_class_name(object->class));
	tool_text_name(text, sg_buf_bytes(&object->label));
	tool_text_add(text, "\"\n    %s%s%s%s%s\n    id ", type,
	              object->usage[0] != '\0' ? ", may " : "", object->usage,
	              object->extractable ? ", extractable" : "",
	              place);
	tool_text_hex(text, sg_buf_bytes(&object->id));
	if (object->origin != NULL)
		tool_text_add(text, "\n    enrolled, origin %s", object->origin);
	if (object->leave != 0)
		tool_text_add(text, "\n    may leave the token for %s",
		              tool_root_ways(object->leave));
	tool_text_add(text, "\n    %s\n", object->uri != NULL ? object->uri : "");
}

/* Behind what is shown of a key: what it asks for beside its token, and whether that is so now. */
static void add_guard(struct tool_text *text, const struct tool *tool,
                      const struct tool_object *object)
{
	static const char *const met[] = {
		[TOOL_MET] = "holds", [TOOL_NOT_MET] = "does not hold",
		[TOOL_MET_UNKNOWN] = "not looked at",
	};
	const char *why;
	enum tool_met is;

	if (object->policy.len > 0) {
		is = tool_guard_try(tool, object->handle, &why);
		tool_text_add(text, "    policy %.*s: %s", (int)object->policy.len,
		              (const char *)object->policy.data, met[is]);
		tool_text_add(text, is != TOOL_MET && why[0] != '\0' ? " (%s)\n" : "%s\n",
		              is != TOOL_MET ? why : "");
	}
	if (object->pin)
		tool_text_add(text, "    has a PIN of its own\n");
}

static void guard_json(json_t *json, const struct tool *tool, const struct tool_object *object)
{
	enum tool_met met = TOOL_MET_UNKNOWN;
	const char *why;

	if (object->policy.len > 0)
		met = tool_guard_try(tool, object->handle, &why);
	tool_json_put(json, "policy_met",
	              met == TOOL_MET_UNKNOWN ? json_null() : json_boolean(met == TOOL_MET));
}

/* Behind what is shown of a root: which version it is. */
static void add_version(struct tool_text *text, const struct tool_version_place *place)
{
	tool_text_add(text, "    version %lu of root \"", place->number);
	tool_text_name(text, sg_buf_bytes(&place->name));
	tool_text_add(text, "\"%s", place->newest ? ", the newest" : "");
	if (place->recovery.len > 0) {
		tool_text_add(text, "; recovery: ");
		tool_text_name(text, sg_buf_bytes(&place->recovery));
	}
	tool_text_add(text, "\n");
}

static json_t *version_json(json_t *json, const struct tool_version_place *place)
{
	tool_json_put(json, "root", tool_json_text(sg_buf_bytes(&place->name)));
	tool_json_put(json, "version", json_integer((json_int_t)place->number));
	tool_json_put(json, "newest", json_boolean(place->newest));
	tool_json_put(json, "recovery",
	              place->recovery.len > 0 ? tool_json_text(sg_buf_bytes(&place->recovery))
	                                      : json_null());
	return json;
}

/* Show one object, behind the others of an array or of a text. */
static enum tool_exit add(struct tool *tool, const struct tool_object *object, json_t *array,
                          struct tool_text *text)
{
	struct tool_version_place place = { .number = 0 };
	enum tool_exit code = tool_version_place(tool, object, &place);
	json_t *json;

	if (code == TOOL_OK && array != NULL) {
		json = tool_object_json(object);
		guard_json(json, tool, object);
		tool_json_append(array, place.number > 0 ? version_json(json, &place) : json);
	} else if (code == TOOL_OK) {
		add_text(text, object);
		add_guard(text, tool, object);
		if (place.number > 0)
			add_version(text, &place);
	}
	sg_buf_free(&place.name);
	sg_buf_free(&place.recovery);
	return code;
}

enum tool_exit tool_show_objects(struct tool *tool,
                                 bool (*wanted)(const struct tool_object *object))
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	CK_OBJECT_HANDLE *handles = NULL;
	json_t *json = NULL;
	enum tool_exit code;
	size_t count = 0;

	code = tool_find(tool, TOOL_ANY_CLASS, NULL, &handles, &count);
	if (tool_given(tool, OPT_JSON))
		json = json_array();
	for (size_t i = 0; i < count && code == TOOL_OK; i++) {
		struct tool_object object;

		code = tool_object_read(tool, handles[i], &object);
		if (code == TOOL_OK && (wanted == NULL || wanted(&object)))
			code = add(tool, &object, json, &text);
		tool_object_free(&object);
	}
	free(handles);
	if (code == TOOL_OK && tool_given(tool, OPT_JSON)) {
		code = tool_json_out(json);
		json = NULL;
	} else if (code == TOOL_OK) {
		code = tool_text_out(&text);
	}
	json_decref(json);
	sg_buf_free(&text.buf);
	return code;
}
