/* SPDX-License-Identifier: Apache-2.0
 *
 * signet verify: verify a signature over standard input.
 */
#include <string.h>

#include "crypto/p256.h"
#include "tools/fail.h"
#include "tools/io.h"
#include "tools/kind.h"
#include "tools/object.h"
#include "tools/text.h"
#include "tools/token.h"

#define SIGNATURE 64
#define FILE_MAX 4096

/* Tell whether a file is a signature as it is, and not in base64. */
static bool is_binary(struct sg_bytes file)
{
	uint8_t raw[SG_P256_SIGNATURE];

	return file.len == SIGNATURE || sg_p256_from_der(file, raw);
}

/* Bring a signature in DER to the form that the token takes; another one stays. */
static enum tool_exit undo_der(struct sg_buf *signature)
{
	uint8_t raw[SG_P256_SIGNATURE];

	if (!sg_p256_from_der(sg_buf_bytes(signature), raw))
		return TOOL_OK;
	return sg_buf_set(signature, sg_bytes(raw, sizeof raw)) == SG_OK
	               ? TOOL_OK
	               : tool_fail_err(SG_ERR_NOMEM, "can't read the signature");
}

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
	                                       : !is_binary(sg_buf_bytes(signature))))
		err = tool_unbase64(signature);
	return err == SG_OK ? code : tool_fail_err(err, "can't read the signature");
}

static enum tool_exit run(struct tool *tool)
{
	CK_MECHANISM mechanism = { 0, NULL, 0 };
	const struct tool_kind *kind = NULL;
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
		code = tool_kind_of(tool, key, &kind);
	if (code == TOOL_OK && kind->der)
		code = undo_der(&signature);
	if (code == TOOL_OK)
		code = tool_payload_stdin(TOOL_PAYLOAD_MAX, "the data", &data);
	if (code != TOOL_OK)
		goto out;
	tool_log_clear();
	mechanism.mechanism = kind->sign;
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
	.text = "The exit code is 0 for a good signature and 8 for a bad one. No PIN is needed.\n"
	        "A P-256 key's signature may be in DER, or r and s in 64 bytes.",
	.example = "signet verify --label machine --signature request.sig < request",
	.run = run,
	.options = { OPT_LABEL, OPT_SIGNATURE, OPT_FORMAT, OPT_TOKEN },
	.required = { OPT_LABEL, OPT_SIGNATURE },
	.reads_stdin = true,
};
