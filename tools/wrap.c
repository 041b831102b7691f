/* SPDX-License-Identifier: Apache-2.0
 *
 * signet wrap: wrap a key under a root, by RFC 5649.
 */
#include <unistd.h>

#include "tools/chain.h"
#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/io.h"
#include "tools/object.h"
#include "tools/token.h"
#include "util/secret.h"

#define KEY_MAX 32
#define WRAPPED_MAX 128

static CK_ATTRIBUTE session_key[] = {
	{ CKA_TOKEN, &tool_false, sizeof tool_false },
	{ CKA_PRIVATE, &tool_true, sizeof tool_true },
	{ CKA_SENSITIVE, &tool_true, sizeof tool_true },
	{ CKA_EXTRACTABLE, &tool_true, sizeof tool_true },
};

#define SESSION_KEY (sizeof session_key / sizeof session_key[0])

static enum tool_exit check(const struct tool *tool)
{
	int sources = tool_given(tool, OPT_NEW) + tool_given(tool, OPT_LABEL) +
	              tool_given(tool, OPT_STDIN);

	if (sources != 1)
		return tool_fail(TOOL_USAGE, tool->verb->example,
		                 "say which key is to be wrapped: --new, --label KEY or --stdin");
	if (tool_given(tool, OPT_STDIN))
		return tool_check_stdin("The key comes from a pipe or a file: signet wrap --root NAME "
		                        "--stdin < KEY");
	return TOOL_OK;
}

/* A key that nobody has ever seen. */
static enum tool_exit make_key(const struct tool *tool, CK_OBJECT_HANDLE *key)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_ULONG len = KEY_MAX;
	CK_ATTRIBUTE template[SESSION_KEY + 1];
	CK_RV rv;

	for (size_t i = 0; i < SESSION_KEY; i++)
		template[i] = session_key[i];
	template[SESSION_KEY] = (CK_ATTRIBUTE){ CKA_VALUE_LEN, &len, sizeof len };
	tool_log_clear();
	rv = C_GenerateKey(tool->session, &mechanism, template, SESSION_KEY + 1, key);
	return rv == CKR_OK ? TOOL_OK : tool_fail_rv(rv, "can't make a key");
}

/* A key whose bytes come from standard input. */
static enum tool_exit read_key(const struct tool *tool, CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_ATTRIBUTE template[SESSION_KEY + 3];
	struct sg_secret *value = NULL;
	enum tool_exit code = TOOL_OK;
	enum sg_err err;
	CK_RV rv;

	tool_log_clear();
	err = sg_secret_read_fd(STDIN_FILENO, KEY_MAX, &value);
	if (err == SG_ERR_RANGE ||
	    (err == SG_OK && value->len != 16 && value->len != 24 && value->len != 32)) {
		code = tool_fail(TOOL_FAILED, "It must be the bytes themselves: no newline, hexadecimal "
		                 "or base64.",
		                 "the key on standard input must have 16, 24 or 32 bytes");
	} else if (err != SG_OK) {
		code = tool_fail_err(err, "can't read the key");
	} else {
		for (size_t i = 0; i < SESSION_KEY; i++)
			template[i] = session_key[i];
		template[SESSION_KEY] = (CK_ATTRIBUTE){ CKA_CLASS, &class, sizeof class };
		template[SESSION_KEY + 1] = (CK_ATTRIBUTE){ CKA_KEY_TYPE, &type, sizeof type };
		template[SESSION_KEY + 2] = (CK_ATTRIBUTE){ CKA_VALUE, value->data, value->len };
		rv = C_CreateObject(tool->session, template, SESSION_KEY + 3, key);
		if (rv != CKR_OK)
			code = tool_fail_rv(rv, "can't take the key");
	}
	sg_secret_free(&value);
	return code;
}

static enum tool_exit run(struct tool *tool)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	struct tool_keys keys = { .last = 0 };
	CK_OBJECT_HANDLE with = 0, key = 0;
	CK_BYTE wrapped[WRAPPED_MAX];
	CK_ULONG len = sizeof wrapped;
	enum tool_exit code;
	CK_RV rv;

	code = check(tool);
	if (code == TOOL_OK)
		code = tool_check_binary(tool);
	if (code == TOOL_OK)
		code = tool_open(tool, 0, TOOL_LOGIN);
	if (code == TOOL_OK)
		code = tool_chain(tool, TOOL_CHAIN_WRAP, &keys);
	if (code == TOOL_OK)
		code = tool_chain_maker(tool, &keys, &with);
	tool_versions_free(&keys.root);
	if (code != TOOL_OK)
		return code;
	if (tool_given(tool, OPT_NEW))
		code = make_key(tool, &key);
	else if (tool_given(tool, OPT_STDIN))
		code = read_key(tool, &key);
	else
		code = tool_find_one(tool, CKO_SECRET_KEY, tool->value[OPT_LABEL], &key);
	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	rv = tool_key_open(tool, with);
	if (rv == CKR_OK)
		rv = tool_key_open(tool, key);
	if (rv == CKR_OK)
		rv = C_WrapKey(tool->session, &mechanism, with, key, wrapped, &len);
	if (rv != CKR_OK)
		return tool_fail_rv(rv, "can't wrap the key");
	return tool_write_binary(tool, sg_bytes(wrapped, len));
}

const struct tool_verb tool_verb_wrap = {
	.name = "wrap",
	.summary = "wrap a key under a root",
	.usage = "--root NAME [--through FILE]... (--new | --label KEY | --stdin)\n"
	         "              [--format raw|base64] [--token LABEL] [--pin-file FILE]\n"
	         "              [--key-pin-file FILE] [--force] > wrapped",
	.text = "The form is that of RFC 5649 (AES key wrap with padding): 40 bytes for an AES-256\n"
	        "key. The newest version of the root wraps, or with --through the last key of the\n"
	        "chain. --label needs a key that was made extractable.",
	.example = "signet wrap --root root --new > project.key",
	.run = run,
	.options = { OPT_ROOT, OPT_THROUGH, OPT_NEW, OPT_LABEL, OPT_STDIN, OPT_FORMAT, OPT_TOKEN,
	             OPT_PIN_FILE, OPT_KEY_PIN_FILE, OPT_FORCE },
	.required = { OPT_ROOT },
};
