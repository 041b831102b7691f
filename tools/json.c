/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. JSON.
 */
#include "tools/json.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fail.h"
#include "tools/io.h"
#include "tools/text.h"
#include "util/utf8.h"

static bool failed;

/* Wipe all of it: the library does not tell how much was asked for. */
static void wipe(void *memory)
{
	if (memory != NULL)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

void tool_json_start(void)
{
	json_set_alloc_funcs(malloc, wipe);
}

json_t *tool_json_text(struct sg_bytes text)
{
	struct sg_buf clean = { NULL, 0, 0 };
	enum sg_err err = SG_OK;
	json_t *value = NULL;

	while (text.len > 0 && err == SG_OK) {
		size_t len = sg_utf8_len(text);

		err = sg_buf_append(&clean, len > 0 ? sg_bytes(text.data, len)
		                                    : sg_bytes_str("\xef\xbf\xbd"));
		if (len == 0)
			len = 1;
		text = sg_bytes(text.data + len, text.len - len);
	}
	if (err == SG_OK)
		value = json_stringn(clean.len > 0 ? (const char *)clean.data : "", clean.len);
	sg_buf_free(&clean);
	return value;
}

json_t *tool_json_hex(struct sg_bytes bytes)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	json_t *value = NULL;

	tool_text_hex(&text, bytes);
	if (text.err == SG_OK)
		value = tool_json_text(sg_buf_bytes(&text.buf));
	sg_buf_free(&text.buf);
	return value;
}

void tool_json_put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		failed = true;
}

void tool_json_append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		failed = true;
}

enum tool_exit tool_json_out(json_t *value)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	char *dump = NULL;

	if (!failed && value != NULL)
		dump = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);
	json_decref(value);
	if (dump == NULL)
		text.err = SG_ERR_NOMEM;
	else
		tool_text_add(&text, "%s\n", dump);
	free(dump);
	return tool_text_out(&text);
}
