/* SPDX-License-Identifier: Apache-2.0
 *
 * signet keygen: make an Ed25519 key pair in the token.
 */
#include "tools/fail.h"
#include "tools/object.h"
#include "tools/progress.h"
#include "tools/token.h"

static CK_BYTE ed25519[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };

static CK_RV generate(const struct tool *tool, struct sg_bytes label, struct sg_bytes id,
                      CK_OBJECT_HANDLE *private_key)
{
	CK_MECHANISM mechanism = { CKM_EC_EDWARDS_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL *extractable = tool_given(tool, OPT_EXTRACTABLE) ? &tool_true : &tool_false;
	CK_ATTRIBUTE public_template[] = {
		{ CKA_TOKEN, &tool_true, sizeof tool_true },
		{ CKA_LABEL, (void *)label.data, label.len },
		{ CKA_ID, (void *)id.data, id.len },
		{ CKA_EC_PARAMS, ed25519, sizeof ed25519 },
		{ CKA_VERIFY, &tool_true, sizeof tool_true },
	};
	CK_ATTRIBUTE private_template[] = {
		{ CKA_TOKEN, &tool_true, sizeof tool_true },
		{ CKA_PRIVATE, &tool_true, sizeof tool_true },
		{ CKA_LABEL, (void *)label.data, label.len },
		{ CKA_ID, (void *)id.data, id.len },
		{ CKA_SIGN, &tool_true, sizeof tool_true },
		{ CKA_SENSITIVE, &tool_true, sizeof tool_true },
		{ CKA_EXTRACTABLE, extractable, sizeof *extractable },
	};
	CK_OBJECT_HANDLE public_key;

	return C_GenerateKeyPair(tool->session, &mechanism, public_template,
	                         sizeof public_template / sizeof public_template[0],
	                         private_template,
	                         sizeof private_template / sizeof private_template[0],
	                         &public_key, private_key);
}

static enum tool_exit run(struct tool *tool)
{
	const char *label = tool->value[OPT_LABEL];
	struct sg_buf id = { NULL, 0, 0 };
	CK_OBJECT_HANDLE key = 0;
	enum tool_exit code;
	CK_RV rv;

	code = tool_open(tool, CKF_RW_SESSION, TOOL_LOGIN);
	if (code == TOOL_OK)
		code = tool_check_new(tool, label);
	if (code == TOOL_OK)
		code = tool_new_id(tool, &id);
	if (code != TOOL_OK)
		goto out;
	tool_log_clear();
	tool_progress_begin("making the key");
	rv = generate(tool, sg_bytes_str(label), sg_buf_bytes(&id), &key);
	tool_progress_end();
	code = rv == CKR_OK ? tool_object_made(tool, key, "Made the Ed25519 key pair")
	                    : tool_fail_rv(rv, "can't make the key \"%s\"", label);
out:
	sg_buf_free(&id);
	return code;
}

const struct tool_verb tool_verb_keygen = {
	.name = "keygen",
	.summary = "make an Ed25519 key pair",
	.usage = "--label NAME [--id HEX] [--extractable] [--token LABEL]\n"
	         "                [--pin-file FILE] [--json]",
	.text = "The private key is made in the token and stays there.",
	.example = "signet keygen --label machine",
	.run = run,
	.options = { OPT_LABEL, OPT_ID, OPT_EXTRACTABLE, OPT_TOKEN, OPT_PIN_FILE, OPT_JSON },
	.required = { OPT_LABEL },
};
