/* SPDX-License-Identifier: Apache-2.0
 *
 * signet key-file: write a file in PEM that names a key, for programs that want a key file, and
 * show what such a file names. Never a PIN in it.
 */
#include <stdlib.h>
#include <string.h>

#include <p11-kit/uri.h>

#include "crypto/crypto.h"
#include "crypto/uri_pem.h"
#include "tools/fail.h"
#include "tools/io.h"
#include "tools/json.h"
#include "tools/kind.h"
#include "tools/object.h"
#include "tools/text.h"
#include "tools/token.h"
#include "tools/uri.h"

#define FILE_MAX 65536

/* What is told: the URI, and the file that holds it. Free it with told_free. */
struct told {
	char *uri;
	struct sg_buf pem;
};

static void told_free(struct told *told)
{
	free(told->uri);
	sg_buf_free(&told->pem);
}

/* Check that programs can find a PIN there, wherever they were started. */
static enum tool_exit check_pin_source(const char *source)
{
	static const char *const forms[] = { "file:/", "credential:" };

	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		const char *rest = source + strlen(forms[i]);

		if (strncmp(source, forms[i], strlen(forms[i])) == 0 && *rest != '\0' &&
		    (i == 0 || strchr(rest, '/') == NULL))
			return TOOL_OK;
	}
	/* It is not repeated: it is perhaps the PIN. */
	return tool_fail(TOOL_USAGE, "For example --pin-source file:/etc/signet/pin.", "--pin-source "
	                 "is no place of a PIN: it must be file: and an absolute path, or credential: "
	                 "and the name of one of systemd's");
}

/* Find the private half, or without a PIN the public one, which has the same label and id. */
static enum tool_exit find(struct tool *tool, CK_OBJECT_HANDLE *key)
{
	const bool closed = (tool->token.flags & CKF_LOGIN_REQUIRED) != 0 && !tool->logged_in;
	const char *name = tool->value[OPT_LABEL];
	CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0;
	enum tool_exit code = tool_find(tool, CKO_PRIVATE_KEY, name, &handles, &count);

	free(handles);
	if (code != TOOL_OK)
		return code;
	if (count == 0 && closed)
		return tool_find_one(tool, CKO_PUBLIC_KEY, name, key);
	return tool_find_one(tool, CKO_PRIVATE_KEY, name, key);
}

static enum tool_exit make(struct tool *tool, CK_OBJECT_HANDLE key, struct told *told)
{
	const struct tool_kind *kind = NULL;
	struct tool_object object = { 0 };
	enum tool_exit code;
	enum sg_err err;

	code = tool_kind_of(tool, key, &kind);
	if (code == TOOL_OK)
		code = tool_object_read(tool, key, &object);
	if (code != TOOL_OK)
		goto out;
	told->uri = tool_uri_private(&tool->token, sg_buf_bytes(&object.label),
	                             sg_buf_bytes(&object.id), tool->value[OPT_PIN_SOURCE]);
	err = told->uri != NULL ? sg_uri_pem_write(told->uri, &told->pem) : SG_ERR_NOMEM;
	if (err != SG_OK)
		code = tool_fail_err(err, "can't name the key \"%s\" in a file",
		                     tool->value[OPT_LABEL]);
out:
	tool_object_free(&object);
	return code;
}

static enum tool_exit tell(const struct tool *tool, const struct told *told)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	json_t *json;

	if (tool_given(tool, OPT_JSON)) {
		json = json_object();
		tool_json_put(json, "uri", tool_json_text(sg_bytes_str(told->uri)));
		if (told->pem.len > 0)
			tool_json_put(json, "pem", tool_json_text(sg_buf_bytes(&told->pem)));
		return tool_json_out(json);
	}
	if (told->pem.len > 0)
		return tool_write(sg_buf_bytes(&told->pem));
	tool_text_add(&text, "%s\n", told->uri);
	return tool_text_out(&text);
}

static enum tool_exit write_file(struct tool *tool, struct told *told)
{
	const char *source = tool->value[OPT_PIN_SOURCE];
	CK_OBJECT_HANDLE key = 0;
	enum tool_exit code = source != NULL ? check_pin_source(source) : TOOL_OK;

	if (code == TOOL_OK)
		code = tool_open(tool, 0, TOOL_LOGIN_IF_GIVEN);
	if (code == TOOL_OK)
		code = find(tool, &key);
	if (code == TOOL_OK)
		code = make(tool, key, told);
	if (code == TOOL_OK)
		code = tell(tool, told);
	if (code == TOOL_OK && source == NULL && (tool->token.flags & CKF_LOGIN_REQUIRED) != 0)
		tool_note("programs will need the PIN: name its place here with --pin-source, or in "
		          "openssl.cnf");
	return code;
}

static enum tool_exit show_file(const struct tool *tool, struct told *told)
{
	const char *path = tool->value[OPT_SHOW];
	struct sg_buf text = { 0 }, der = { 0 };
	struct sg_bytes uri;
	bool pin = false;
	enum sg_err err;
	enum tool_exit code;

	if (tool_given(tool, OPT_LABEL) || tool_given(tool, OPT_PIN_SOURCE) ||
	    tool_given(tool, OPT_TOKEN) || tool_given(tool, OPT_PIN_FILE))
		return tool_fail(TOOL_USAGE, NULL, "--show reads a file, and opens no token: it goes "
		                 "with --json alone");
	code = tool_read_file(path, FILE_MAX, &text);
	if (code != TOOL_OK)
		goto out;
	err = sg_crypto_start();
	if (err == SG_OK)
		err = sg_uri_pem_read(sg_buf_bytes(&text), &der);
	if (err == SG_OK)
		err = sg_uri_der_read(sg_buf_bytes(&der), &uri);
	if (err == SG_OK)
		err = tool_uri_without_pin(uri, &told->uri, &pin);
	if (err != SG_OK)
		code = tool_fail_err(err, "can't read the URI in %s", path);
	else
		code = tell(tool, told);
	if (code == TOOL_OK && pin)
		tool_note("a PIN stands in %s, and is not shown: who reads the file has it", path);
out:
	sg_buf_wipe(&text);
	sg_buf_wipe(&der);
	return code;
}

static enum tool_exit run(struct tool *tool)
{
	struct told told = { 0 };
	enum tool_exit code;

	if (!tool_given(tool, OPT_SHOW) && !tool_given(tool, OPT_LABEL))
		return tool_fail(TOOL_USAGE, "signet key-file --label machine > key.pem",
		                 "signet key-file needs --label NAME, or --show FILE");
	code = tool_given(tool, OPT_SHOW) ? show_file(tool, &told) : write_file(tool, &told);
	told_free(&told);
	return code;
}

const struct tool_verb tool_verb_key_file = {
	.name = "key-file",
	.summary = "write a key file that names a key, for OpenSSL",
	.usage = "(--label NAME [--pin-source PLACE] | --show FILE)\n"
	         "                [--token LABEL] [--pin-file FILE] [--json]",
	.text = "Programs that insist on a key file in PEM, such as nginx and curl, take this one\n"
	        "through the provider: see signet-provider(7). It holds the pkcs11: URI of the key, and\n"
	        "neither the key nor a PIN. --pin-source names the place from which programs read the\n"
	        "PIN: file:/PATH, or credential:NAME for one of systemd's. --show prints the URI that\n"
	        "is in such a file.",
	.example = "signet key-file --label machine > machine.key.pem",
	.run = run,
	.options = { OPT_LABEL, OPT_PIN_SOURCE, OPT_SHOW, OPT_TOKEN, OPT_PIN_FILE, OPT_JSON },
};
