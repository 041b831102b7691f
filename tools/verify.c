/* SPDX-License-Identifier: Apache-2.0
 *
 * signet verify: verify a signature over standard input.
 */
#include <string.h>

#include "tools/fail.h"
#include "tools/io.h"
#include "tools/object.h"
#include "tools/text.h"
#include "tools/token.h"

#define SIGNATURE 64
#define FILE_MAX 4096

static enum tool_exit read_signature(const struct tool *tool, struct sg_buf *signature)
{
	const char *format = tool->value[OPT_FORMAT];
	enum tool_exit code;
	enum sg_err err = SG_OK;

	if (format != NULL && strcmp(format, "raw") != 0 && strcmp(format, "base64") != 0)
		return tool_fail(TOOL_USAGE, NULL, "--format is \"%s\", but must be raw or base64",
		                 format);
	code = tool_read_file(tool->value[OPT_SIGNATURE], FILE_MAX, signature);
	if (code == TOOL_OK && (format != NULL ? strcmp(format, "base64") == 0
	                                       : signature->len != SIGNATURE))
		err = tool_unbase64(signature);
	return err == SG_OK ? code : tool_fail_err(err, "can't read the signature");
}

static enum tool_exit run(struct tool *tool)
{
	CK_MECHANISM mechanism = { CKM_EDDSA, NULL, 0 };
	struct sg_buf signature = { NULL, 0, 0 };
	struct tool_payload data = { NULL, 0, 0 };
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	CK_OBJECT_HANDLE key = 0;
	enum tool_exit code;
	CK_RV rv;

	code = read_signature(tool, &signature);
	if (code == TOOL_OK)
		code = tool_open(tool, 0, TOOL_NO_LOGIN);
	if (code == TOOL_OK)
		code = tool_find_one(tool, CKO_PUBLIC_KEY, tool->value[OPT_LABEL], &key);
	if (code == TOOL_OK)
		code = tool_payload_stdin(TOOL_PAYLOAD_MAX, "the data", &data);
	if (code != TOOL_OK)
		goto out;
	tool_log_clear();
	rv = C_VerifyInit(tool->session, &mechanism, key);
	if (rv == CKR_OK)
		rv = C_Verify(tool->session, data.data, data.len, signature.data, signature.len);
	if (rv == CKR_OK) {
		tool_text_add(&text, "The signature is good.\n");
		code = tool_text_out(&text);
	} else {
		code = tool_fail_rv(rv, "bad signature of \"%s\"", tool->value[OPT_LABEL]);
	}
out:
	sg_buf_free(&signature);
	tool_payload_free(&data);
	return code;
}

const struct tool_verb tool_verb_verify = {
	.name = "verify",
	.summary = "verify a signature over standard input",
	.usage = "--label NAME --signature FILE [--format raw|base64]\n"
	         "                [--token LABEL] < data",
	.text = "The exit code is 0 for a good signature and 8 for a bad one. No PIN is needed.",
	.example = "signet verify --label machine --signature request.sig < request",
	.run = run,
	.options = { OPT_LABEL, OPT_SIGNATURE, OPT_FORMAT, OPT_TOKEN },
	.required = { OPT_LABEL, OPT_SIGNATURE },
	.reads_stdin = true,
};
