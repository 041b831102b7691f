/* SPDX-License-Identifier: Apache-2.0
 *
 * signet keygen: make an Ed25519 key pair in the token.
 */
#include "crypto/ed25519.h"
#include "tools/object.h"

static CK_BYTE ed25519[] = { SG_ED25519_OID };

static CK_RV generate(const struct tool *tool, struct sg_bytes label, struct sg_bytes id,
                      const void *arg, CK_OBJECT_HANDLE *private_key)
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

	(void)arg;
	return C_GenerateKeyPair(tool->session, &mechanism, public_template,
	                         sizeof public_template / sizeof public_template[0],
	                         private_template,
	                         sizeof private_template / sizeof private_template[0],
	                         &public_key, private_key);
}

static enum tool_exit run(struct tool *tool)
{
	static const struct tool_maker maker = {
		"making the key", "Made the Ed25519 key pair", "can't make the key", generate,
	};

	return tool_object_make(tool, &maker, NULL);
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
	.makes = true,
};
