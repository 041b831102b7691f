/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Boxes with shares and roots.
 */
#include "tools/share_box.h"

#include <jansson.h>
#include <string.h>

#include "tools/fail.h"
#include "tools/io.h"
#include "tools/text.h"

#define FILE_MAX 4096

enum tool_exit tool_private_keys_read(const struct tool *tool, struct tool_private_keys *keys)
{
	enum tool_exit code = TOOL_OK;
	const char *path;
	size_t at = 0;

	*keys = (struct tool_private_keys){ .n = 0 };
	while (code == TOOL_OK && (path = tool_next(tool, OPT_KEY_FILE, &at)) != NULL) {
		if (keys->n == TOOL_KEYS_MOST)
			return tool_fail(TOOL_USAGE, NULL, "--key-file is given more than %d times",
			                 TOOL_KEYS_MOST);
		code = tool_key_private(path, &keys->key[keys->n]);
		keys->n += code == TOOL_OK;
	}
	return code;
}

void tool_private_keys_free(struct tool_private_keys *keys)
{
	for (size_t i = 0; i < keys->n; i++)
		sg_secret_free(&keys->key[i]);
	keys->n = 0;
}

/* Read the box of a line, and for which key it is closed. False where it is no such line. */
static bool read_line(struct sg_bytes line, const char *what, struct sg_buf *box,
                      struct tool_key *key)
{
	json_t *json = json_loadb((const char *)line.data, line.len, JSON_REJECT_DUPLICATES, NULL);
	const char *is = json_string_value(json_object_get(json, "signet")),
	           *text = json_string_value(json_object_get(json, "box")),
	           *public = json_string_value(json_object_get(json, "key"));
	size_t wrong;
	bool read = is != NULL && strcmp(is, what) == 0 && text != NULL && public != NULL &&
	            tool_base64_read(sg_bytes_str(text), box) == SG_OK &&
	            sg_recovery_public_read(sg_bytes_str(public), key->bytes, &wrong) == SG_OK &&
	            sg_recovery_public_write(sg_bytes(key->bytes, sizeof key->bytes),
	                                     key->text) == SG_OK;

	json_decref(json);
	return read;
}

/* Find the private half of the key that a box is closed for. */
static const struct sg_secret *find_key(const struct tool_private_keys *keys,
                                        const struct tool_key *key)
{
	for (size_t i = 0; i < keys->n; i++)
		if (memcmp(keys->key[i]->data + SG_X25519_LEN, key->bytes, SG_X25519_LEN) == 0)
			return keys->key[i];
	return NULL;
}

static enum tool_exit no_key(const char *where, const struct tool_key *key)
{
	return tool_fail(TOOL_NOT_FOUND, "--key-file names the file of its private half.",
	                 "%s is encrypted to the key %s, which is not given", where, key->text);
}

enum tool_exit tool_box_share(struct sg_bytes line, const struct tool_private_keys *keys,
                              const char *where, struct sg_share *share)
{
	struct sg_secret *plain = NULL;
	struct sg_buf box = { NULL, 0, 0 };
	const struct sg_secret *key;
	struct tool_key public;
	enum tool_exit code = TOOL_OK;
	enum sg_err err;

	if (!read_line(line, "share", &box, &public)) {
		code = tool_fail(TOOL_FAILED, NULL, "%s is no encrypted share, or a damaged one",
		                 where);
		goto out;
	}
	key = find_key(keys, &public);
	if (key == NULL) {
		code = no_key(where, &public);
		goto out;
	}
	err = sg_box_open(key, sg_buf_bytes(&box), &plain);
	if (err == SG_OK)
		err = sg_share_read(sg_secret_bytes(plain), share);
	if (err == SG_ERR_TAG || err == SG_ERR_FORMAT || err == SG_ERR_RANGE)
		code = tool_fail(TOOL_MISMATCH, NULL, "%s was damaged", where);
	else if (err != SG_OK)
		code = tool_fail_err(err, "can't open %s", where);
out:
	sg_buf_free(&box);
	sg_secret_free(&plain);
	return code;
}

enum tool_exit tool_box_root(const char *path, const struct tool_private_keys *keys,
                             struct sg_secret **root, struct tool_key *key)
{
	struct sg_buf file = { NULL, 0, 0 }, box = { NULL, 0, 0 };
	const struct sg_secret *private_key;
	enum tool_exit code;
	enum sg_err err;

	code = tool_read_file(path, FILE_MAX, &file);
	if (code != TOOL_OK)
		goto out;
	if (!read_line(sg_buf_bytes(&file), "recovery", &box, key)) {
		code = tool_fail(TOOL_FAILED, NULL, "%s is no recovery file, or a damaged one",
		                 path);
		goto out;
	}
	private_key = find_key(keys, key);
	if (private_key == NULL) {
		code = no_key(path, key);
		goto out;
	}
	err = sg_recovery_open(private_key, sg_buf_bytes(&box), root);
	if (err == SG_ERR_TAG || err == SG_ERR_FORMAT)
		code = tool_fail(TOOL_MISMATCH, NULL, "%s was damaged", path);
	else if (err != SG_OK)
		code = tool_fail_err(err, "can't open %s", path);
out:
	sg_buf_free(&file);
	sg_buf_free(&box);
	return code;
}
