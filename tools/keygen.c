/* SPDX-License-Identifier: Apache-2.0
 *
 * signet keygen: make a key pair in the token.
 */
#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/kind.h"
#include "tools/object.h"
#include "tools/token.h"

/* What the key is to be. */
struct plan {
	const struct tool_kind *kind;
	struct tool_guard guard;
};

static CK_RV generate(const struct tool *tool, struct sg_bytes label, struct sg_bytes id,
                      const void *arg, CK_OBJECT_HANDLE *private_key)
{
	const struct plan *plan = arg;
	const struct tool_kind *kind = plan->kind;
	CK_MECHANISM mechanism = { kind->generate, NULL, 0 };
	CK_BBOOL *extractable = tool_given(tool, OPT_EXTRACTABLE) ? &tool_true : &tool_false;
	CK_ATTRIBUTE public_template[] = {
		{ CKA_TOKEN, &tool_true, sizeof tool_true },
		{ CKA_LABEL, (void *)label.data, label.len },
		{ CKA_ID, (void *)id.data, id.len },
		{ CKA_EC_PARAMS, (void *)kind->params.data, kind->params.len },
		{ CKA_VERIFY, &tool_true, sizeof tool_true },
	};
	/* In hardware what can be nowhere else, and what is told to. */
	CK_BBOOL *inside = kind->type == CKK_EC || tool_given(tool, OPT_IN_HSM) ? &tool_true
	                                                                        : &tool_false;
	CK_ATTRIBUTE private_template[8 + TOOL_GUARD_ATTRS] = {
		{ CKA_TOKEN, &tool_true, sizeof tool_true },
		{ CKA_PRIVATE, &tool_true, sizeof tool_true },
		{ CKA_LABEL, (void *)label.data, label.len },
		{ CKA_ID, (void *)id.data, id.len },
		{ CKA_SIGN, &tool_true, sizeof tool_true },
		{ CKA_SENSITIVE, &tool_true, sizeof tool_true },
		{ CKA_EXTRACTABLE, extractable, sizeof *extractable },
		{ CKA_SIGNET_RESIDENT, inside, sizeof *inside },
	};
	CK_OBJECT_HANDLE public_key;
	CK_ULONG n = 8;

	tool_guard_put(&plan->guard, false, private_template, &n);
	return C_GenerateKeyPair(tool->session, &mechanism, public_template,
	                         sizeof public_template / sizeof public_template[0],
	                         private_template, n, &public_key, private_key);
}

/* A P-256 key is made in the hardware of the token, if it keeps such keys. */
static enum tool_exit check(const struct tool *tool)
{
	const struct sg_bytes label = TOOL_FIELD(tool->token.label);
	const struct tool_kind *kind = NULL;
	enum tool_exit code = tool_kind_named(tool, &kind);
	CK_MECHANISM_INFO info;

	if (code == TOOL_OK)
		code = tool_check_in_hsm(tool);
	if (code != TOOL_OK)
		return code;
	if (C_GetMechanismInfo(tool->slot, kind->generate, &info) != CKR_MECHANISM_INVALID)
		return TOOL_OK;
	return tool_fail(TOOL_FAILED, "Make it in a token that a TPM or an HSM alone seals; signet status "
	                 "shows what seals one.", "a p256 key lives in the hardware, and what seals "
	                 "token \"%.*s\" keeps no keys", (int)label.len, (const char *)label.data);
}

static enum tool_exit run(struct tool *tool)
{
	struct plan plan = { .kind = NULL };
	enum tool_exit code = tool_kind_named(tool, &plan.kind);

	if (code != TOOL_OK)
		return code;
	if (plan.kind->type == CKK_EC && tool_given(tool, OPT_EXTRACTABLE))
		return tool_fail(TOOL_USAGE, NULL, "a p256 key lives in the hardware: it can't "
		                 "be --extractable");
	code = tool_guard_read(tool, &plan.guard);
	if (code == TOOL_OK && plan.guard.sealed && plan.kind->type == CKK_EC)
		code = tool_fail(TOOL_USAGE, NULL, "a p256 key lives in the hardware: it has no policy "
		                 "and no PIN of its own");
	if (code == TOOL_OK)
		code = tool_object_make(tool, &(const struct tool_maker){
			"making the key", plan.kind->made, "can't make the key", check, generate,
		}, &plan);
	tool_guard_clear(&plan.guard);
	return code;
}

const struct tool_verb tool_verb_keygen = {
	.name = "keygen",
	.summary = "make an Ed25519 or P-256 key pair",
	.usage = "--label NAME [--type ed25519|p256] [--in-hsm] [--id HEX]\n"
	         "                [--pcr BANK:PCRS] [--policy-key FILE] [--key-pin-file FILE]\n"
	         "                [--extractable] [--token LABEL] [--pin-file FILE] [--json]",
	.text = "The private key is made in the token and stays there. An ed25519 key, the default,\n"
	        "is sealed by the TPM or HSM and signs in locked memory; a p256 key is made in the\n"
	        "TPM or HSM, signs there, and never leaves it. With --in-hsm, which is for tokens\n"
	        "over an HSM, so does an ed25519 key. With --pcr, --policy-key or --key-pin-file it is\n"
	        "sealed alone and asks for more than its token.",
	.example = "signet keygen --label machine",
	.run = run,
	.options = { OPT_LABEL, OPT_TYPE, OPT_ID, OPT_EXTRACTABLE, OPT_IN_HSM,
	             TOOL_GUARD_OPTIONS, OPT_TOKEN, OPT_PIN_FILE, OPT_JSON },
	.required = { OPT_LABEL },
	.makes = true,
};
