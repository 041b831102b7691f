/* SPDX-License-Identifier: Apache-2.0
 *
 * signet encrypt: encrypt standard input with a root or a key of its chain.
 */
#include "tools/chain.h"
#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/sealed.h"
#include "tools/token.h"

/* Append the ciphertext with its tag to out, which holds the head. */
static CK_RV encrypt(const struct tool *tool, CK_OBJECT_HANDLE key, struct sg_buf *aad,
                     const struct tool_payload *plain, struct tool_payload *out)
{
	CK_GCM_PARAMS params = {
		.pIv = out->data + TOOL_SEALED_HEAD - TOOL_SEALED_NONCE,
		.ulIvLen = TOOL_SEALED_NONCE,
		.ulIvBits = 8 * TOOL_SEALED_NONCE,
		.pAAD = aad->data,
		.ulAADLen = aad->len,
		.ulTagBits = 8 * TOOL_SEALED_TAG,
	};
	CK_MECHANISM mechanism = { CKM_AES_GCM, &params, sizeof params };
	CK_ULONG len = out->cap - out->len;
	CK_RV rv;

	tool_log_clear();
	rv = tool_key_open(tool, key);
	if (rv == CKR_OK)
		rv = C_EncryptInit(tool->session, &mechanism, key);
	if (rv == CKR_OK)
		rv = C_Encrypt(tool->session, plain->data, plain->len, out->data + out->len, &len);
	if (rv == CKR_OK)
		out->len += len;
	return rv;
}

/* Begin the file with a head and a nonce that is new. */
static enum tool_exit begin(const struct tool *tool, size_t plain_len, struct tool_payload *out)
{
	uint8_t nonce[TOOL_SEALED_NONCE];
	enum tool_exit code;
	CK_RV rv;

	rv = C_GenerateRandom(tool->session, nonce, sizeof nonce);
	if (rv != CKR_OK)
		return tool_fail_rv(rv, "can't make a nonce");
	code = tool_payload_new(TOOL_SEALED_HEAD + plain_len + TOOL_SEALED_TAG, out);
	if (code == TOOL_OK) {
		tool_sealed_head(nonce, out->data);
		out->len = TOOL_SEALED_HEAD;
	}
	return code;
}

static enum tool_exit run(struct tool *tool)
{
	struct tool_payload plain = { NULL, 0, 0 }, out = { NULL, 0, 0 };
	struct tool_keys keys = { .last = 0 };
	struct sg_buf aad = { NULL, 0, 0 };
	CK_OBJECT_HANDLE key = 0;
	enum tool_exit code;
	enum sg_err err;
	CK_RV rv;

	code = tool_check_binary(tool);
	if (code == TOOL_OK)
		code = tool_open(tool, 0, TOOL_LOGIN);
	if (code == TOOL_OK)
		code = tool_chain(tool, TOOL_CHAIN_ENCRYPT, &keys);
	if (code == TOOL_OK)
		code = tool_chain_maker(tool, &keys, &key);
	if (code == TOOL_OK)
		code = tool_payload_stdin(TOOL_PAYLOAD_MAX, "the file", &plain);
	if (code == TOOL_OK)
		code = begin(tool, plain.len, &out);
	if (code != TOOL_OK)
		goto out;
	err = tool_sealed_aad(sg_bytes(out.data, TOOL_SEALED_HEAD), tool->value[OPT_AAD], &aad);
	if (err != SG_OK) {
		code = tool_fail_err(err, "can't encrypt");
		goto out;
	}
	rv = encrypt(tool, key, &aad, &plain, &out);
	code = rv == CKR_OK ? tool_write_binary(tool, tool_payload_bytes(&out))
	                    : tool_fail_rv(rv, "can't encrypt");
out:
	tool_versions_free(&keys.root);
	tool_payload_free(&plain);
	tool_payload_free(&out);
	sg_buf_free(&aad);
	return code;
}

const struct tool_verb tool_verb_encrypt = {
	.name = "encrypt",
	.summary = "encrypt standard input",
	.usage = "--root NAME [--through FILE]... [--aad TEXT]\n"
	         "                 [--format raw|base64] [--token LABEL] [--pin-file FILE]\n"
	         "                 [--key-pin-file FILE] [--force] < plain > sealed",
	.text = "AES-256-GCM with the last key of the --through chain, or with the newest version of the\n"
	        "root itself where it was made with --usage encrypt. At most 64 MiB.",
	.example = "signet encrypt --root root --through project.key --through data.key \\\n"
	           "      < .env > .env.sealed",
	.run = run,
	.options = { OPT_ROOT, OPT_THROUGH, OPT_AAD, OPT_FORMAT, OPT_TOKEN, OPT_PIN_FILE,
	             OPT_KEY_PIN_FILE, OPT_FORCE },
	.required = { OPT_ROOT },
	.reads_stdin = true,
};
