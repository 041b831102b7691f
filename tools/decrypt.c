/* SPDX-License-Identifier: Apache-2.0
 *
 * signet decrypt: decrypt what signet encrypt wrote. Nothing is written before the
 * tag was checked.
 */
#include <string.h>

#include "tools/chain.h"
#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/sealed.h"
#include "tools/text.h"
#include "tools/token.h"

#define OVERHEAD (TOOL_SEALED_HEAD + TOOL_SEALED_TAG)

/* In base64 four digits are three bytes, and there may be a newline in each line. */
#define INPUT_MAX ((TOOL_PAYLOAD_MAX + OVERHEAD) / 3 * 4 * 65 / 64 + 64)

/* Take base64 out of a file that does not begin as a raw one does. */
static enum tool_exit unbase64(struct tool_payload *file)
{
	struct sg_buf raw = { NULL, 0, 0 };
	enum sg_err err;

	if (file->len >= 4 && memcmp(file->data, "SGE1", 4) == 0)
		return TOOL_OK;
	err = tool_base64_read(tool_payload_bytes(file), &raw);
	if (err == SG_OK && raw.len > 0) {
		memcpy(file->data, raw.data, raw.len);
		file->len = raw.len;
	}
	sg_buf_free(&raw);
	/* What is no base64 either is told about when it is looked at. */
	return err == SG_OK || err == SG_ERR_FORMAT ? TOOL_OK
	                                            : tool_fail_err(err, "can't read the file");
}

static CK_RV decrypt_with(const struct tool *tool, CK_OBJECT_HANDLE key, struct sg_bytes nonce,
                          struct sg_buf *aad, struct sg_bytes cipher, struct tool_payload *plain)
{
	CK_GCM_PARAMS params = {
		.pIv = (CK_BYTE *)nonce.data,
		.ulIvLen = nonce.len,
		.ulIvBits = 8 * nonce.len,
		.pAAD = aad->data,
		.ulAADLen = aad->len,
		.ulTagBits = 8 * TOOL_SEALED_TAG,
	};
	CK_MECHANISM mechanism = { CKM_AES_GCM, &params, sizeof params };
	CK_ULONG len = plain->cap;
	CK_RV rv = tool_key_open(tool, key);

	if (rv == CKR_OK)
		rv = C_DecryptInit(tool->session, &mechanism, key);
	if (rv == CKR_OK)
		rv = C_Decrypt(tool->session, (CK_BYTE *)cipher.data, cipher.len, plain->data,
		               &len);
	if (rv == CKR_OK)
		plain->len = len;
	return rv;
}

/* Decrypt with the key that encrypted it. */
static CK_RV decrypt(const struct tool *tool, const struct tool_keys *keys, struct sg_bytes nonce,
                     struct sg_buf *aad, struct sg_bytes cipher, struct tool_payload *plain)
{
	CK_RV rv = CKR_ENCRYPTED_DATA_INVALID, closed = CKR_OK;

	for (size_t i = 0; tool_chain_key(keys, i) != 0 && tool_chain_goes_on(rv, &closed); i++) {
		if (closed == CKR_OK)
			tool_log_clear();
		rv = decrypt_with(tool, tool_chain_key(keys, i), nonce, aad, cipher, plain);
	}
	return tool_chain_goes_on(rv, &closed) && closed != CKR_OK ? closed : rv;
}

static enum tool_exit run(struct tool *tool)
{
	struct tool_payload file = { NULL, 0, 0 }, plain = { NULL, 0, 0 };
	struct sg_bytes head, nonce, cipher;
	struct sg_buf aad = { NULL, 0, 0 };
	struct tool_keys keys = { .last = 0 };
	enum tool_exit code;
	enum sg_err err;
	CK_RV rv;

	code = tool_check_stdin("signet decrypt --root NAME < sealed");
	if (code == TOOL_OK)
		code = tool_payload_stdin(INPUT_MAX, "the file", &file);
	if (code == TOOL_OK)
		code = unbase64(&file);
	if (code == TOOL_OK)
		code = tool_sealed_read(tool_payload_bytes(&file), &head, &nonce, &cipher);
	if (code == TOOL_OK && cipher.len > TOOL_PAYLOAD_MAX + TOOL_SEALED_TAG)
		code = tool_fail(TOOL_FAILED, NULL, "the file has more than 64 MiB, which is the limit");
	if (code == TOOL_OK)
		code = tool_open(tool, 0, TOOL_LOGIN);
	if (code == TOOL_OK)
		code = tool_chain(tool, TOOL_CHAIN_ENCRYPT, &keys);
	if (code == TOOL_OK)
		code = tool_payload_new(cipher.len, &plain);
	if (code != TOOL_OK)
		goto out;
	err = tool_sealed_aad(head, tool->value[OPT_AAD], &aad);
	if (err != SG_OK) {
		code = tool_fail_err(err, "can't decrypt");
		goto out;
	}
	rv = decrypt(tool, &keys, nonce, &aad, cipher, &plain);
	code = rv == CKR_OK ? tool_write(tool_payload_bytes(&plain))
	                    : tool_fail_rv(rv, "can't decrypt");
out:
	tool_versions_free(&keys.root);
	tool_payload_free(&file);
	tool_payload_free(&plain);
	sg_buf_free(&aad);
	return code;
}

const struct tool_verb tool_verb_decrypt = {
	.name = "decrypt",
	.summary = "decrypt what signet encrypt wrote",
	.usage = "--root NAME [--through FILE]... [--aad TEXT] [--token LABEL]\n"
	         "                 [--pin-file FILE] [--key-pin-file FILE] < sealed > plain",
	.text = "The version of the root that encrypted it is found. Nothing is written where the file was\n"
	        "changed or the key or --aad is another one; the exit code is 8 then.",
	.example = "signet decrypt --root root --through project.key --through data.key \\\n"
	           "      < .env.sealed",
	.run = run,
	.options = { OPT_ROOT, OPT_THROUGH, OPT_AAD, OPT_TOKEN, OPT_PIN_FILE, OPT_KEY_PIN_FILE },
	.required = { OPT_ROOT },
	.reads_stdin = true,
};
