/* SPDX-License-Identifier: Apache-2.0
 *
 * signet reseal and policy update: what is done before and after an update of firmware or
 * kernel. PKCS#11 has no call for it, so these verbs call core.
 */
#include <stdlib.h>
#include <string.h>

#include "core/module.h"
#include "core/token_policy.h"
#include "core/token_reseal.h"
#include "tools/fail.h"
#include "tools/io.h"
#include "tools/pin.h"
#include "tools/policy.h"
#include "tools/progress.h"
#include "tools/reseal_key.h"
#include "tools/text.h"
#include "tools/token.h"
#include "util/file.h"

static enum sg_err reseal(const struct tool *tool, const struct sg_token_reseal *how)
{
	struct sg_token *token;
	enum sg_err err = tool_token_enter(tool, &token);

	if (err != SG_OK)
		return err;
	err = sg_token_reseal(token, how);
	sg_module_leave();
	return err;
}

static enum tool_exit tell(const struct tool *tool, bool left)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	tool_done("Sealed the token anew");
	tool_text_add(&text, "Sealed token \"");
	tool_text_name(&text, TOOL_FIELD(tool->token.label));
	tool_text_add(&text, "\" anew.\n");
	if (left)
		tool_text_add(&text, "What a PIN that was not given opens is sealed as it was before.\n");
	return tool_text_out(&text);
}

static enum tool_exit run_token(struct tool *tool)
{
	struct sg_secret *pin = NULL, *so_pin = NULL, *owner = NULL;
	struct sg_token_reseal how = { .other_policy = tool_policy_given(tool) };
	struct sg_buf policy = { 0 };
	enum tool_exit code = TOOL_OK;
	enum sg_err err;

	if (how.other_policy)
		code = tool_policy_read(tool, &policy);
	if (code == TOOL_OK)
		code = tool_token_choose(tool);
	if (code == TOOL_OK)
		code = tool_pins_read(tool, &pin, &so_pin);
	if (code == TOOL_OK)
		code = tool_owner_auth_read(tool, &owner);
	if (code != TOOL_OK)
		goto out;
	how.policy = sg_buf_bytes(&policy);
	how.pins.user = pin;
	how.pins.so = so_pin;
	how.pins.owner_auth = owner;
	tool_log_clear();
	tool_progress_begin("sealing the token anew in the TPM");
	err = reseal(tool, &how);
	tool_progress_end();
	code = err == SG_OK ? tell(tool, (tool->token.flags & CKF_LOGIN_REQUIRED) != 0 &&
	                                 (pin == NULL || so_pin == NULL))
	                    : tool_fail_err(err, "can't seal the token anew");
out:
	sg_buf_free(&policy);
	sg_secret_free(&pin);
	sg_secret_free(&so_pin);
	sg_secret_free(&owner);
	return code;
}

static enum tool_exit run_reseal(struct tool *tool)
{
	bool key = tool_given(tool, OPT_LABEL) || tool_given(tool, OPT_ROOT);

	if (key && (tool_given(tool, OPT_SO_PIN_FILE) || tool_given(tool, OPT_OWNER_AUTH_FILE)))
		return tool_fail(TOOL_USAGE, NULL, "--so-pin-file and --owner-auth-file are for the token, "
		                 "not for one key");
	if (!key && (tool_given(tool, OPT_KEY_PIN_FILE) || tool_given(tool, OPT_NEW_PIN_FILE)))
		return tool_fail(TOOL_USAGE, NULL, "--key-pin-file and --new-pin-file are for one key: say "
		                 "--root NAME or --label NAME");
	return key ? tool_reseal_key(tool) : run_token(tool);
}

/* Put the file in the place of the token's own, whole or not at all. *of_use tells whether the
 * token's policy has a signer, or one of its keys': without one nobody would read it, and nothing
 * is kept. */
static enum sg_err keep(const struct tool *tool, struct sg_bytes json, bool by_key, bool *of_use)
{
	struct sg_policy policy = { 0 };
	struct sg_token *token;
	char *path = NULL;
	enum sg_err err = tool_token_enter(tool, &token);

	*of_use = true;
	if (err != SG_OK)
		return err;
	err = sg_token_policy(&token->record, &policy);
	if (err == SG_OK && policy.signer.len == 0 && !by_key) {
		*of_use = false;
		goto out;
	}
	if (err == SG_OK) {
		path = sg_token_signatures_path(token);
		err = path == NULL ? SG_ERR_NOMEM : sg_file_replace_private(path, json);
	}
out:
	sg_policy_clear(&policy);
	free(path);
	sg_module_leave();
	return err;
}

/* Look for keys that take them. A token that does not open takes them by itself. */
static enum tool_exit keys_signed(struct tool *tool, bool *found)
{
	enum tool_exit code = tool_token_choose(tool);
	struct sg_policy policy = { 0 };
	struct sg_token *token;
	bool own = false;
	enum sg_err err = SG_OK;

	if (code != TOOL_OK)
		return code;
	err = tool_token_enter(tool, &token);
	if (err == SG_OK) {
		own = sg_token_policy(&token->record, &policy) == SG_OK && policy.signer.len > 0;
		sg_module_leave();
	}
	sg_policy_clear(&policy);
	if (err != SG_OK || own)
		return TOOL_OK;         /* what is wrong is told by the next who enters */
	code = tool_open(tool, 0, TOOL_LOGIN_IF_GIVEN);
	return code == TOOL_OK ? tool_keys_signed(tool, found) : code;
}

static enum tool_exit run_update(struct tool *tool)
{
	struct sg_policy_signatures signatures = { 0 };
	struct sg_buf json = { 0 };
	enum tool_exit code = tool_policy_signatures(tool, &json, &signatures);
	bool by_key = false, of_use;
	enum sg_err err;

	if (code == TOOL_OK && signatures.n == 0)
		code = tool_fail(TOOL_USAGE, NULL, "there is no signature over PCR values of SHA-256, "
		                 "SHA-384 or SHA-512 in %s", tool->value[OPT_SIGNATURES]);
	if (code == TOOL_OK)
		code = keys_signed(tool, &by_key);
	if (code != TOOL_OK)
		goto out;
	tool_log_clear();
	err = keep(tool, sg_buf_bytes(&json), by_key, &of_use);
	if (err != SG_OK)
		code = tool_fail_err(err, "can't keep the signatures");
	else if (!of_use)
		code = tool_fail(TOOL_USAGE, "signet reseal --policy-key names one; private keys of a token "
		                 "with a PIN are seen with --pin-file.", "neither the policy of this "
		                 "token nor that of a key in it names who may sign");
out:
	sg_policy_signatures_clear(&signatures);
	sg_buf_free(&json);
	return code;
}

const struct tool_verb tool_verb_reseal = {
	.name = "reseal",
	.summary = "seal a token or a key anew, to the machine as it is now",
	.usage = "[--pcr BANK:PCRS | --pcr none] [--policy-key FILE] [--pin-file FILE]\n"
	         "              [--so-pin-file FILE] [--owner-auth-file FILE] [--token LABEL]\n"
	         "              [(--root NAME | --label NAME) [--key-pin-file FILE]\n"
	         "              [--new-pin-file FILE]]",
	.text = "Without --pcr and --policy-key the policy stays, and its PCRs get the values of now.\n"
	        "Before an update: --pcr none, or the values that will be. The token must open now.\n"
	        "With --root or --label it is one key, or all versions of one root, that the hardware\n"
	        "sealed alone, and not the token; --new-pin-file gives it another PIN of its own.",
	.example = "signet reseal --pcr sha256:7,11",
	.run = run_reseal,
	.options = { OPT_PCR, OPT_POLICY_KEY, OPT_ROOT, OPT_LABEL, OPT_PIN_FILE, OPT_SO_PIN_FILE,
	             OPT_OWNER_AUTH_FILE, OPT_KEY_PIN_FILE, OPT_NEW_PIN_FILE, OPT_TOKEN },
	.makes = true,
};

const struct tool_verb tool_verb_policy_update = {
	.name = "policy update",
	.summary = "take in PCR values that the signer of a policy signed",
	.usage = "--signatures FILE [--token LABEL] [--pin-file FILE]",
	.text = "The file is what policy sign or systemd-measure sign writes. It takes the place of the\n"
	        "one before.",
	.example = "signet policy update --signatures tpm2-pcr-signature.json",
	.run = run_update,
	.options = { OPT_SIGNATURES, OPT_TOKEN, OPT_PIN_FILE },
	.required = { OPT_SIGNATURES },
};
