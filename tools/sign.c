/* SPDX-License-Identifier: Apache-2.0
 *
 * signet sign: sign standard input.
 */
#include "crypto/p256.h"
#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/io.h"
#include "tools/kind.h"
#include "tools/object.h"
#include "tools/token.h"

#define SIGNATURE 64

static enum tool_exit run(struct tool *tool)
{
	CK_MECHANISM mechanism = { 0, NULL, 0 };
	const struct tool_kind *kind = NULL;
	struct tool_payload data = { NULL, 0, 0 };
	CK_BYTE signature[SIGNATURE], der[SG_P256_DER_MAX];
	struct sg_bytes made;
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
		code = tool_kind_of(tool, key, &kind);
	if (code == TOOL_OK)
		code = tool_payload_stdin(TOOL_PAYLOAD_MAX, "the data", &data);
	if (code != TOOL_OK)
		goto out;
	tool_log_clear();
	mechanism.mechanism = kind->sign;
	rv = tool_key_open(tool, key);
	if (rv == CKR_OK)
		rv = C_SignInit(tool->session, &mechanism, key);
	if (rv == CKR_OK)
		rv = C_Sign(tool->session, data.data, data.len, signature, &len);
	made = sg_bytes(signature, len);
	if (rv == CKR_OK && kind->der)
		made = sg_bytes(der, sg_p256_to_der(signature, der));
	code = rv == CKR_OK ? tool_write_binary(tool, made)
	                    : tool_fail_rv(rv, "can't sign with \"%s\"", tool->value[OPT_LABEL]);
out:
	tool_payload_free(&data);
	return code;
}

const struct tool_verb tool_verb_sign = {
	.name = "sign",
	.summary = "sign standard input",
	.usage = "--label NAME [--format raw|base64] [--token LABEL] [--pin-file FILE]\n"
	         "                [--key-pin-file FILE] [--force] < data > signature",
	.text = "With an Ed25519 key the signature is that of RFC 8032, 64 bytes; with a P-256 key\n"
	        "ECDSA with SHA-256, in DER as openssl reads it. --format says whether it is written\n"
	        "as it is (raw) or in base64. The data has at most 64 MiB.",
	.example = "signet sign --label machine < request > request.sig",
	.run = run,
	.options = { OPT_LABEL, OPT_FORMAT, OPT_TOKEN, OPT_PIN_FILE, OPT_KEY_PIN_FILE, OPT_FORCE },
	.required = { OPT_LABEL },
	.reads_stdin = true,
};
