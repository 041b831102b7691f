/* SPDX-License-Identifier: Apache-2.0
 *
 * signet root create: decryption roots, AES-256 keys that the TPM seals one by one and that
 * never leave the token in any form.
 */
#include "tools/object.h"
#include "tools/token.h"

struct usage {
	CK_BBOOL wrap, encrypt;
};

static CK_RV generate(const struct tool *tool, struct sg_bytes label, struct sg_bytes id,
                      const void *arg, CK_OBJECT_HANDLE *key)
{
	struct usage usage = *(const struct usage *)arg;
	CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_ULONG len = 32;
	CK_BBOOL inside = tool_given(tool, OPT_IN_HSM) ? CK_TRUE : CK_FALSE;
	CK_BBOOL sealed = inside ? CK_FALSE : CK_TRUE;
	CK_ATTRIBUTE template[] = {
		{ CKA_TOKEN, &tool_true, sizeof tool_true },
		{ CKA_PRIVATE, &tool_true, sizeof tool_true },
		{ CKA_LABEL, (void *)label.data, label.len },
		{ CKA_ID, (void *)id.data, id.len },
		{ CKA_VALUE_LEN, &len, sizeof len },
		{ CKA_SENSITIVE, &tool_true, sizeof tool_true },
		{ CKA_EXTRACTABLE, &tool_false, sizeof tool_false },
		{ CKA_SIGNET_SEALED, &sealed, sizeof sealed },
		{ CKA_SIGNET_RESIDENT, &inside, sizeof inside },
		/* What it is for can't be changed: to decrypt with it would be to take out what
		 * it wrapped. */
		{ CKA_MODIFIABLE, &tool_false, sizeof tool_false },
		{ CKA_WRAP, &usage.wrap, sizeof usage.wrap },
		{ CKA_UNWRAP, &usage.wrap, sizeof usage.wrap },
		{ CKA_ENCRYPT, &usage.encrypt, sizeof usage.encrypt },
		{ CKA_DECRYPT, &usage.encrypt, sizeof usage.encrypt },
	};

	return C_GenerateKey(tool->session, &mechanism, template,
	                     sizeof template / sizeof template[0], key);
}

static enum tool_exit create(struct tool *tool)
{
	static const struct tool_maker maker = {
		"making the root", "Made the decryption root", "can't make the root",
		tool_check_in_hsm, generate,
	};
	struct usage usage;
	enum tool_exit code = tool_usage(tool, "wrap", &usage.wrap, &usage.encrypt);

	return code == TOOL_OK ? tool_object_make(tool, &maker, &usage) : code;
}

const struct tool_verb tool_verb_root_create = {
	.name = "root create",
	.summary = "make a decryption root",
	.usage = "--label NAME [--usage wrap|encrypt|both] [--in-hsm]\n"
	         "                     [--id HEX] [--token LABEL] [--pin-file FILE] [--json]",
	.text = "A root is an AES-256 key, sealed in the TPM or HSM by itself, that never leaves the\n"
	        "token, not even wrapped. What it wrapped is lost with it, and with the TPM. By\n"
	        "default it wraps and unwraps keys and does nothing else. With --in-hsm it is made\n"
	        "in the HSM and never leaves that: each use asks the HSM.",
	.example = "signet root create --label root",
	.run = create,
	.options = { OPT_LABEL, OPT_USAGE, OPT_IN_HSM, OPT_ID, OPT_TOKEN, OPT_PIN_FILE,
	             OPT_JSON },
	.required = { OPT_LABEL },
	.makes = true,
};
