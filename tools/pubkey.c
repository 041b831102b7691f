/* SPDX-License-Identifier: Apache-2.0
 *
 * signet pubkey: print a public key.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/pkcs8.h"
#include "tools/fail.h"
#include "tools/json.h"
#include "tools/object.h"
#include "tools/text.h"
#include "tools/token.h"

/* Find the public half, or the private one where that is all there is. */
static enum tool_exit find(struct tool *tool, CK_OBJECT_HANDLE *key)
{
	static const CK_OBJECT_CLASS classes[] = { CKO_PUBLIC_KEY, CKO_PRIVATE_KEY };
	const char *name = tool->value[OPT_LABEL];

	for (size_t i = 0; i < 2; i++) {
		CK_OBJECT_HANDLE *handles = NULL;
		size_t count = 0;
		enum tool_exit code = tool_find(tool, classes[i], name, &handles, &count);

		free(handles);
		if (code != TOOL_OK || count > 0)
			return code != TOOL_OK ? code : tool_find_one(tool, classes[i], name, key);
	}
	return tool_find_one(tool, CKO_PUBLIC_KEY, name, key);
}

/* The label is the comment, if it can be one. */
static enum sg_err ssh_line(struct sg_bytes point, struct sg_bytes label, struct sg_buf *out)
{
	char comment[256] = "";
	enum sg_err err;

	if (label.len < sizeof comment) {
		memcpy(comment, label.data, label.len);
		comment[label.len] = '\0';
	}
	err = sg_ssh_line(point, comment[0] != '\0' ? comment : NULL, out);
	return err == SG_ERR_ARG ? sg_ssh_line(point, NULL, out) : err;
}

static void add_form(struct tool_text *text, const char *title, struct sg_bytes form, bool titled)
{
	if (titled)
		tool_text_add(text, "%s:\n", title);
	tool_text_add(text, "%.*s", (int)form.len, (const char *)form.data);
}

static enum tool_exit run(struct tool *tool)
{
	const char *format = tool_given(tool, OPT_FORMAT) ? tool->value[OPT_FORMAT] : "pem";
	bool all = strcmp(format, "all") == 0;
	struct tool_text raw = { { NULL, 0, 0 }, SG_OK }, text = { { NULL, 0, 0 }, SG_OK };
	struct sg_buf pem = { NULL, 0, 0 }, ssh = { NULL, 0, 0 };
	struct tool_object object = { 0 };
	CK_OBJECT_HANDLE key = 0;
	enum tool_exit code;
	uint8_t point[32];
	json_t *json;

	if (!all && strcmp(format, "raw") != 0 && strcmp(format, "pem") != 0 &&
	    strcmp(format, "ssh") != 0)
		return tool_fail(TOOL_USAGE, NULL, "--format is \"%s\", but must be raw, pem, ssh or "
		                 "all", format);
	code = tool_open(tool, 0, TOOL_LOGIN_IF_GIVEN);
	if (code == TOOL_OK)
		code = find(tool, &key);
	if (code == TOOL_OK)
		code = tool_public_key(tool, key, point);
	if (code == TOOL_OK)
		code = tool_object_read(tool, key, &object);
	if (code != TOOL_OK)
		goto out;
	tool_text_base64(&raw, sg_bytes(point, sizeof point));
	text.err = sg_spki_pem(sg_bytes(point, sizeof point), &pem);
	if (text.err == SG_OK)
		text.err = ssh_line(sg_bytes(point, sizeof point), sg_buf_bytes(&object.label), &ssh);
	if (tool_given(tool, OPT_JSON) && text.err == SG_OK && raw.err == SG_OK) {
		json = tool_object_json(&object);
		tool_json_put(json, "raw", tool_json_text(sg_buf_bytes(&raw.buf)));
		tool_json_put(json, "pem", tool_json_text(sg_buf_bytes(&pem)));
		tool_json_put(json, "ssh", tool_json_text(sg_bytes(ssh.data, ssh.len - 1)));
		code = tool_json_out(json);
		goto out;
	}
	tool_text_add(&raw, "\n");
	if (raw.err != SG_OK)
		text.err = raw.err;
	if (all || strcmp(format, "raw") == 0)
		add_form(&text, "Raw, base64", sg_buf_bytes(&raw.buf), all);
	if (all || strcmp(format, "pem") == 0)
		add_form(&text, "PEM", sg_buf_bytes(&pem), all);
	if (all || strcmp(format, "ssh") == 0)
		add_form(&text, "SSH", sg_buf_bytes(&ssh), all);
	code = tool_text_out(&text);
out:
	tool_object_free(&object);
	sg_buf_free(&raw.buf);
	sg_buf_free(&pem);
	sg_buf_free(&ssh);
	return code;
}

const struct tool_verb tool_verb_pubkey = {
	.name = "pubkey",
	.summary = "print a public key",
	.usage = "--label NAME [--format raw|pem|ssh|all] [--token LABEL]\n"
	         "                [--pin-file FILE] [--json]",
	.text = "raw is the base64 of the raw 32 bytes, as vaults want it; pem, the default, is\n"
	        "what openssl reads; ssh is a line for authorized_keys.",
	.example = "signet pubkey --label machine --format raw",
	.run = run,
	.options = { OPT_LABEL, OPT_FORMAT, OPT_TOKEN, OPT_PIN_FILE, OPT_JSON },
	.required = { OPT_LABEL },
};
