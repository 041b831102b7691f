/* SPDX-License-Identifier: Apache-2.0
 *
 * signet request sign: sign a request and print the fields to add to it.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/fail.h"
#include "tools/json.h"
#include "tools/message.h"
#include "tools/signing.h"
#include "tools/text.h"

static struct sg_bytes bytes_of(struct sg_request_text text)
{
	return sg_bytes(text.data, text.len);
}

static enum tool_exit tell_json(const struct sg_request_message *message,
                                const struct sg_request_signature *signature)
{
	json_t *json = json_object(), *fields = json_array();

	tool_json_put(json, "form", json_string(sg_request_form_name(signature->form)));
	tool_json_put(json, "method", tool_json_text(bytes_of(message->method)));
	tool_json_put(json, "target", tool_json_text(bytes_of(message->target)));
	tool_json_put(json, "id", tool_json_text(bytes_of(signature->id)));
	tool_json_put(json, "created",
	              signature->has_created ? json_integer(signature->created) : json_null());
	tool_json_put(json, "expires",
	              signature->has_expires ? json_integer(signature->expires) : json_null());
	tool_json_put(json, "nonce", signature->has_nonce
	                                     ? tool_json_text(bytes_of(signature->nonce))
	                                     : json_null());
	tool_json_put(json, "signed", tool_json_text(bytes_of(signature->base)));
	for (size_t i = 0; i < signature->n_fields; i++) {
		json_t *field = json_object();

		tool_json_put(field, "name", tool_json_text(bytes_of(signature->fields[i].name)));
		tool_json_put(field, "value",
		              tool_json_text(bytes_of(signature->fields[i].value)));
		tool_json_append(fields, field);
	}
	tool_json_put(json, "fields", fields);
	return tool_json_out(json);
}

/* Add a text as it stands between the quotes of curl's configuration. */
static void add_quoted(struct tool_text *out, struct sg_request_text text)
{
	for (size_t i = 0; i < text.len; i++)
		tool_text_add(out, "%s%c", strchr("\"\\", text.data[i]) != NULL ? "\\" : "",
		              text.data[i]);
}

static enum tool_exit tell(const struct sg_request_signature *signature, bool curl)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	for (size_t i = 0; i < signature->n_fields; i++) {
		const struct sg_request_field *field = &signature->fields[i];

		if (!curl) {
			tool_text_add(&text, "%.*s: %.*s\n", (int)field->name.len, field->name.data,
			              (int)field->value.len, field->value.data);
			continue;
		}
		tool_text_add(&text, "header = \"");
		add_quoted(&text, field->name);
		tool_text_add(&text, ": ");
		add_quoted(&text, field->value);
		tool_text_add(&text, "\"\n");
	}
	return tool_text_out(&text);
}

static enum tool_exit run(struct tool *tool)
{
	struct tool_message *message = calloc(1, sizeof *message);
	struct sg_request_signature *signature = NULL;
	struct tool_signing signing = { .components = NULL };
	char *url = NULL;
	enum tool_exit code;

	if (message == NULL)
		return tool_fail_err(SG_ERR_NOMEM, "can't sign the request");
	if (tool_given(tool, OPT_JSON) && tool_given(tool, OPT_CURL)) {
		code = tool_fail(TOOL_USAGE, NULL, "--json and --curl are two answers");
		goto out;
	}
	code = tool_signing_read(tool, &signing);
	if (code == TOOL_OK)
		code = tool_identity_url(&signing.identity, tool->value[OPT_URL], "--url", &url);
	if (code == TOOL_OK)
		code = tool_message_read(tool, url, message);
	if (code == TOOL_OK)
		code = tool_message_body(tool, message);
	if (code == TOOL_OK)
		code = tool_signing_make(tool, &signing, &message->message, &signature);
	if (code == TOOL_OK)
		code = tool_given(tool, OPT_JSON) ? tell_json(&message->message, signature)
		                                  : tell(signature, tool_given(tool, OPT_CURL));
out:
	sg_request_signature_free(&signature);
	tool_signing_free(&signing);
	tool_message_free(message);
	free(message);
	free(url);
	return code;
}

const struct tool_verb tool_verb_request_sign = {
	.name = "request sign",
	.summary = "sign an HTTP request and print the header fields to add",
	.usage = "--url URL [--method METHOD] [--header FIELD]... [--body FILE]\n"
	         "                [--label NAME] [--form vault|rfc9421|hmac] [--id ID | --identity FILE]\n"
	         "                [--as machine|agent|tunnel] [--timestamp SECONDS] [--nonce TEXT]\n"
	         "                [--allow-query] [--components LIST] [--sig-label LABEL] [--tag TEXT]\n"
	         "                [--lifetime SECONDS] [--json | --curl] [--token LABEL]\n"
	         "                [--pin-file FILE] [--key-pin-file FILE]",
	.text = "The request must be sent exactly as it is described here: method, path and body. The\n"
	        "method is GET if it is not given; the key is the only one of the token if --label does\n"
	        "not name it. The body may be of any size. signet-request(1) has the forms.",
	.example = "signet request sign --id \"$ID\" --url https://vault.example.org/v1/secrets",
	.run = run,
	.options = { TOOL_MESSAGE_OPTIONS, TOOL_SIGNING_OPTIONS, OPT_JSON, OPT_CURL, OPT_TOKEN,
	             OPT_PIN_FILE, OPT_KEY_PIN_FILE },
	.required = { OPT_URL },
};
