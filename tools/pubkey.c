/* SPDX-License-Identifier: Apache-2.0
 *
 * signet pubkey: print a public key.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/spki.h"
#include "crypto/ssh_line.h"
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

/* The label is the comment, if it can be one: what is not seen in a line of
 * authorized_keys has no place there. */
static enum sg_err ssh_line(struct sg_bytes point, struct sg_bytes label, struct sg_buf *out)
{
	char comment[256] = "";

	if (label.len < sizeof comment) {
		memcpy(comment, label.data, label.len);
		comment[label.len] = '\0';
		if (tool_text_clean(comment, label.len) != label.len ||
		    memcmp(comment, label.data, label.len) != 0)
			comment[0] = '\0';
	}
	return sg_ssh_line(point, comment[0] != '\0' ? comment : NULL, out);
}

/* The public key in all of its forms. Free it with forms_free. */
struct forms {
	struct tool_object object;
	struct tool_text raw;           /* base64 */
	struct sg_buf pem, ssh;         /* with a newline at the end */
};

static void forms_free(struct forms *forms)
{
	tool_object_free(&forms->object);
	sg_buf_free(&forms->raw.buf);
	sg_buf_free(&forms->pem);
	sg_buf_free(&forms->ssh);
}

static enum tool_exit read_forms(struct tool *tool, CK_OBJECT_HANDLE key, struct forms *forms)
{
	struct sg_buf info = { 0 }, point = { 0 };
	enum tool_exit code;
	enum sg_err err;
	CK_RV rv;

	code = tool_public_key(tool, key, &point);
	if (code == TOOL_OK)
		code = tool_object_read(tool, key, &forms->object);
	if (code != TOOL_OK)
		goto out;
	rv = tool_attribute(tool, key, CKA_PUBLIC_KEY_INFO, &info);
	if (rv != CKR_OK) {
		code = tool_fail_rv(rv, "can't read the public key");
		goto out;
	}
	tool_text_base64(&forms->raw, sg_buf_bytes(&point));
	err = forms->raw.err;
	if (err == SG_OK)
		err = sg_spki_pem(sg_buf_bytes(&info), &forms->pem);
	if (err == SG_OK)
		err = ssh_line(sg_buf_bytes(&point), sg_buf_bytes(&forms->object.label),
		               &forms->ssh);
	if (err != SG_OK)
		code = tool_fail_err(err, "can't write the public key");
out:
	sg_buf_free(&info);
	sg_buf_free(&point);
	return code;
}

static enum tool_exit tell_json(const struct forms *forms)
{
	json_t *json = tool_object_json(&forms->object);

	tool_json_put(json, "raw", tool_json_text(sg_buf_bytes(&forms->raw.buf)));
	tool_json_put(json, "pem", tool_json_text(sg_buf_bytes(&forms->pem)));
	tool_json_put(json, "ssh", tool_json_text(sg_bytes(forms->ssh.data, forms->ssh.len - 1)));
	return tool_json_out(json);
}

static enum tool_exit tell(const struct forms *forms, const char *format)
{
	const struct {
		const char *name, *title;
		struct sg_bytes form;
		const char *end;
	} all[] = {
		{ "raw", "Raw, base64", sg_buf_bytes(&forms->raw.buf), "\n" },
		{ "pem", "PEM", sg_buf_bytes(&forms->pem), "" },
		{ "ssh", "SSH", sg_buf_bytes(&forms->ssh), "" },
	};
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	bool titled = strcmp(format, "all") == 0;

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		if (!titled && strcmp(format, all[i].name) != 0)
			continue;
		if (titled)
			tool_text_add(&text, "%s:\n", all[i].title);
		tool_text_add(&text, "%.*s%s", (int)all[i].form.len,
		              (const char *)all[i].form.data, all[i].end);
	}
	return tool_text_out(&text);
}

static bool is_format(const char *format)
{
	static const char *const formats[] = { "raw", "pem", "ssh", "all" };

	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (strcmp(format, formats[i]) == 0)
			return true;
	return false;
}

static enum tool_exit run(struct tool *tool)
{
	const char *format = tool_given(tool, OPT_FORMAT) ? tool->value[OPT_FORMAT] : "pem";
	struct forms forms = { 0 };
	CK_OBJECT_HANDLE key = 0;
	enum tool_exit code;

	if (!is_format(format))
		return tool_fail(TOOL_USAGE, NULL, "--format is \"%s\", but must be raw, pem, ssh or "
		                 "all", format);
	code = tool_open(tool, 0, TOOL_LOGIN_IF_GIVEN);
	if (code == TOOL_OK)
		code = find(tool, &key);
	if (code == TOOL_OK)
		code = read_forms(tool, key, &forms);
	if (code == TOOL_OK)
		code = tool_given(tool, OPT_JSON) ? tell_json(&forms) : tell(&forms, format);
	forms_free(&forms);
	return code;
}

const struct tool_verb tool_verb_pubkey = {
	.name = "pubkey",
	.summary = "print a public key",
	.usage = "--label NAME [--format raw|pem|ssh|all] [--token LABEL]\n"
	         "                [--pin-file FILE] [--json]",
	.text = "raw is the base64 of the raw 32 bytes, as vaults want it (of a P-256 key of its 65\n"
	        "bytes 04, x, y); pem, the default, is\n"
	        "what openssl reads; ssh is a line for authorized_keys.",
	.example = "signet pubkey --label machine --format raw",
	.run = run,
	.options = { OPT_LABEL, OPT_FORMAT, OPT_TOKEN, OPT_PIN_FILE, OPT_JSON },
	.required = { OPT_LABEL },
};
