/* SPDX-License-Identifier: Apache-2.0
 *
 * signet sign: sign standard input.
 */
#include "tools/fail.h"
#include "tools/io.h"
#include "tools/object.h"
#include "tools/token.h"

#define SIGNATURE 64

static enum tool_exit run(struct tool *tool)
{
	CK_MECHANISM mechanism = { CKM_EDDSA, NULL, 0 };
	struct tool_payload data = { NULL, 0, 0 };
	CK_BYTE signature[SIGNATURE];
	CK_ULONG len = sizeof signature;
	CK_OBJECT_HANDLE key = 0;
	enum tool_exit code;
	CK_RV rv;

	code = tool_check_binary(tool);
	if (code == TOOL_OK)
		code = tool_open(tool, 0, TOOL_LOGIN);
	if (code == TOOL_OK)
		code = tool_find_one(tool, CKO_PRIVATE_KEY, tool->value[OPT_LABEL], &key);
	if (code == TOOL_OK)
		code = tool_payload_stdin(TOOL_PAYLOAD_MAX, "the data", &data);
	if (code != TOOL_OK)
		goto out;
	tool_log_clear();
	rv = C_SignInit(tool->session, &mechanism, key);
	if (rv == CKR_OK)
		rv = C_Sign(tool->session, data.data, data.len, signature, &len);
	code = rv == CKR_OK ? tool_write_binary(tool, sg_bytes(signature, len))
	                    : tool_fail_rv(rv, "can't sign with \"%s\"", tool->value[OPT_LABEL]);
out:
	tool_payload_free(&data);
	return code;
}

const struct tool_verb tool_verb_sign = {
	.name = "sign",
	.summary = "sign standard input with an Ed25519 key",
	.usage = "--label NAME [--format raw|base64] [--token LABEL] [--pin-file FILE]\n"
	         "                [--force] < data > signature",
	.text = "The signature is pure Ed25519 of RFC 8032, 64 bytes. The data has at most 64 MiB.",
	.example = "signet sign --label machine < request > request.sig",
	.run = run,
	.options = { OPT_LABEL, OPT_FORMAT, OPT_TOKEN, OPT_PIN_FILE, OPT_FORCE },
	.required = { OPT_LABEL },
	.reads_stdin = true,
};
