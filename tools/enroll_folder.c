/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The folder with the files that clients of a vault read: who this machine is, and what
 * names its key. Files of another machine, or of somebody else, are never written over.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/uri_pem.h"
#include "tools/enroll.h"
#include "tools/fail.h"
#include "tools/json.h"
#include "tools/uri.h"
#include "util/file.h"

#define FILE_MAX ((size_t)64 << 10)

/* Tell whether an identity that this machine got has the id. */
static bool has_id(const struct sg_buf *json, struct sg_bytes id)
{
	struct sg_enroll_identity identity = { .class = SG_CLASS_MACHINE };
	const bool same = sg_enroll_identity_read(sg_buf_bytes(json), &identity) == SG_ENROLL_OK &&
	                  sg_bytes_equal(sg_buf_bytes(&identity.id), id);

	sg_enroll_identity_clear(&identity);
	return same;
}

/* Tell whether a file like those of write_identity is about this machine, by what it is called now
 * or was called before. */
static bool is_identity(const struct tool_enroll *e, struct sg_bytes text)
{
	json_t *json = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *machine = json_object_get(json, "machineId");
	const json_t *id = machine != NULL ? machine : json_object_get(json, "agentId");
	bool ours = false;

	if (json_is_string(id)) {
		const struct sg_bytes text_id = sg_bytes(json_string_value(id),
		                                         json_string_length(id));

		ours = has_id(&e->state.identity, text_id) || has_id(&e->state.before, text_id);
	}
	json_decref(json);
	return ours;
}

/* Tell whether a file is one that names a key of this token, and holds none. */
static bool is_key_file(const struct tool_enroll *e, struct sg_bytes text)
{
	struct sg_buf der = { NULL, 0, 0 };
	struct sg_bytes view;
	char *uri = NULL;
	bool ours = false;

	if (sg_uri_pem_read(text, &der) == SG_OK &&
	    sg_uri_der_read(sg_buf_bytes(&der), &view) == SG_OK) {
		uri = strndup((const char *)view.data, view.len);
		ours = uri != NULL && tool_uri_is_token(uri, &e->tool->token);
	}
	free(uri);
	sg_buf_wipe(&der);
	return ours;
}

/* What may stand in the folder from before. */
static const struct {
	const char *name;
	bool (*ours)(const struct tool_enroll *e, struct sg_bytes text);
} files[] = {
	{ TOOL_ENROLL_IDENTITY, is_identity },
	{ TOOL_ENROLL_KEY_FILE, is_key_file },
};

static enum tool_exit check_file(const struct tool_enroll *e, const char *folder, size_t i)
{
	struct sg_buf text = { NULL, 0, 0 };
	char *path = NULL;
	enum sg_err err = sg_path_join(folder, files[i].name, &path);
	enum tool_exit code = TOOL_OK;

	if (err == SG_OK)
		err = sg_file_read_trusted(path, FILE_MAX, &text);
	if (err == SG_ERR_RANGE || (err == SG_OK && !files[i].ours(e, sg_buf_bytes(&text))))
		code = tool_fail(TOOL_EXISTS, "Name another folder with --identity, or move what is in "
		                 "that one away.", "%s is not of this machine, and is not written over",
		                 path);
	else if (err != SG_OK && err != SG_ERR_NOT_FOUND)
		code = tool_fail_err(err, "can't read what is in %s", folder);
	sg_buf_wipe(&text);
	free(path);
	return code;
}

enum tool_exit tool_enroll_folder(const struct tool_enroll *e)
{
	const char *given = e->tool->value[OPT_IDENTITY_DIR];
	enum tool_exit code = TOOL_OK;
	char *folder = NULL;
	enum sg_err err;

	/* The folder beside the state is this token's, and one that is not there is nobody's. */
	if (given == NULL || (access(given, F_OK) != 0 && errno == ENOENT))
		return TOOL_OK;
	tool_log_clear();
	err = sg_dir_resolve_private(given, &folder);
	if (err != SG_OK)
		code = tool_fail_err(err, "can't write the identity");
	for (size_t i = 0; i < sizeof files / sizeof files[0] && code == TOOL_OK; i++)
		code = check_file(e, folder, i);
	free(folder);
	return code;
}

/* Return the private folder for the files, absolute; the caller frees it. */
static enum tool_exit make_folder(const struct tool_enroll *e, char **folder)
{
	const char *given = e->tool->value[OPT_IDENTITY_DIR];
	char *own = NULL;
	enum sg_err err = SG_OK;

	*folder = NULL;
	if (given == NULL && asprintf(&own, "%s.identity", e->path) < 0) {
		own = NULL;
		err = SG_ERR_NOMEM;
	}
	if (err == SG_OK)
		err = sg_dir_make_private(given != NULL ? given : own);
	if (err == SG_OK)
		err = sg_dir_resolve_private(given != NULL ? given : own, folder);
	free(own);
	return err == SG_OK ? TOOL_OK : tool_fail_err(err, "can't write the identity");
}

static enum tool_exit replace(const char *folder, const char *name, struct sg_bytes bytes)
{
	char *path = NULL;
	enum sg_err err = sg_path_join(folder, name, &path);
	enum tool_exit code;

	if (err == SG_OK)
		err = sg_file_replace_private(path, bytes);
	code = err == SG_OK ? TOOL_OK : tool_fail_err(err, "can't write %s", name);
	free(path);
	return code;
}

static enum tool_exit write_key_file(struct tool_enroll *e, const char *folder,
                                     const uint8_t id[TOOL_ENROLL_ID])
{
	struct sg_buf pem = { NULL, 0, 0 };
	char *uri = tool_uri_private(&e->tool->token, sg_bytes_str(e->label),
	                             sg_bytes(id, TOOL_ENROLL_ID), NULL);
	enum sg_err err = uri != NULL ? sg_uri_pem_write(uri, &pem) : SG_ERR_NOMEM;
	enum tool_exit code = err == SG_OK
	                              ? replace(folder, TOOL_ENROLL_KEY_FILE, sg_buf_bytes(&pem))
	                              : tool_fail_err(err, "can't name the key");

	free(uri);
	sg_buf_free(&pem);
	return code;
}

/* The members are those that clients of vaults read. */
static enum tool_exit write_identity(struct tool_enroll *e, const char *folder)
{
	const struct sg_enroll_identity *identity = &e->identity;
	const bool agent = identity->class == SG_CLASS_AGENT;
	json_t *json = json_object();
	enum tool_exit code;
	char *path = NULL, *text = NULL, *line = NULL;
	enum sg_err err = sg_path_join(folder, TOOL_ENROLL_KEY_FILE, &path);

	tool_json_put(json, agent ? "agentId" : "machineId",
	              tool_json_text(sg_buf_bytes(&identity->id)));
	tool_json_put(json, agent ? "name" : "machineName",
	              tool_json_text(sg_buf_bytes(&identity->name)));
	tool_json_put(json, "vaultId", tool_json_text(sg_buf_bytes(&identity->vault)));
	tool_json_put(json, "apiUrl", tool_json_text(sg_buf_bytes(&identity->api_url)));
	tool_json_put(json, "privateKeyPath", path != NULL ? tool_json_text(sg_bytes_str(path))
	                                                   : NULL);
	text = err == SG_OK && json_object_size(json) == 5 ? json_dumps(json, JSON_INDENT(2))
	                                                   : NULL;
	if (text == NULL || asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	code = line != NULL ? replace(folder, TOOL_ENROLL_IDENTITY, sg_bytes_str(line))
	                    : tool_fail_err(SG_ERR_NOMEM, "can't write %s", TOOL_ENROLL_IDENTITY);
	free(text);
	free(line);
	free(path);
	json_decref(json);
	return code;
}

enum tool_exit tool_enroll_files(struct tool_enroll *e)
{
	uint8_t id[TOOL_ENROLL_ID];
	char *folder = NULL;
	enum tool_exit code = tool_enroll_folder(e);

	if (code == TOOL_OK)
		code = tool_enroll_id(e, id);
	if (code == TOOL_OK)
		code = make_folder(e, &folder);
	/* Who finds the identity finds its key file too. */
	if (code == TOOL_OK)
		code = write_key_file(e, folder, id);
	if (code == TOOL_OK)
		code = write_identity(e, folder);
	if (code == TOOL_OK)
		tool_note("the key is \"%s\"; wrote %s and %s to %s", e->label,
		          TOOL_ENROLL_IDENTITY, TOOL_ENROLL_KEY_FILE, folder);
	free(folder);
	return code;
}
