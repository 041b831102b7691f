/* SPDX-License-Identifier: Apache-2.0
 *
 * signet init: make a token. PKCS#11 has no call that makes a machine token, so this
 * verb calls core.
 */
#include <stdlib.h>
#include <string.h>

#include "core/module.h"
#include "tools/fail.h"
#include "tools/hsm.h"
#include "tools/json.h"
#include "tools/pin.h"
#include "tools/policy.h"
#include "tools/progress.h"
#include "tools/terminal.h"
#include "tools/text.h"
#include "tools/token.h"
#include "tools/tries.h"
#include "tools/uri.h"

#define TRIES 16

/* What is told about the new token. */
struct made {
	char *path;
	char *tcti;
	struct sg_sealer_status status;
	char sealer[SG_SEALER_NAME];
	char serial[SG_SERIAL];
	bool parent_made;
	bool done;              /* the token is there, whatever failed since */
};

/* A label is refused before anybody is asked for a PIN. */
static enum tool_exit check_label(const char *label)
{
	struct sg_token_record scratch = { 0 };
	enum sg_err err;

	if (tool_uri_is(label))
		return tool_fail(TOOL_USAGE, NULL, "the label of a new token can't be a pkcs11: URI");
	err = sg_token_record_set_label(&scratch, sg_bytes_str(label));
	if (err == SG_ERR_RANGE || label[0] == '\0')
		return tool_fail(TOOL_USAGE, NULL, "the label of a token has 1 to %d bytes",
		                 SG_LABEL);
	if (err != SG_OK)
		return tool_fail(TOOL_USAGE, NULL, "the label of a token must be UTF-8 text without "
		                 "control characters, and more than spaces");
	return TOOL_OK;
}

static enum tool_exit check(const struct tool *tool)
{
	bool pins = tool_given(tool, OPT_PIN_FILE) || tool_given(tool, OPT_SO_PIN_FILE);
	enum tool_exit code;

	if (tool_given(tool, OPT_MACHINE) && pins)
		return tool_fail(TOOL_USAGE, NULL, "a machine token has no PIN: --machine and PIN "
		                 "files don't go together");
	if (tool_given(tool, OPT_MACHINE) && tool_given(tool, OPT_PIN_TRIES))
		return tool_fail(TOOL_USAGE, NULL, "a machine token has no PIN whose tries could be "
		                 "counted: --machine and --pin-tries don't go together");
	if (!tool_given(tool, OPT_MACHINE) && !pins && !tool_terminal_there())
		return tool_fail(TOOL_USAGE, "--machine for a service that starts by itself, --pin-file "
		                 "FILE for a token that asks.",
		                 "say which kind of token it is to be");
	code = tool_hsms_check(tool);
	return code == TOOL_OK ? check_label(tool->value[OPT_LABEL]) : code;
}

/* Find the slot, and refuse a label that another token has. */
static enum tool_exit find_slot(const char *label, CK_SLOT_ID *slot)
{
	struct tool_tokens tokens;
	enum tool_exit code = tool_tokens_read(&tokens);

	for (size_t i = 0; i < tokens.count && code == TOOL_OK; i++)
		if (sg_bytes_equal(TOOL_FIELD(tokens.list[i].info.label), sg_bytes_str(label)))
			code = tool_fail(TOOL_EXISTS, "Choose another label, or remove the old token "
			                 "with signet destroy.",
			                 "there is a token \"%s\" already", label);
	*slot = tokens.empty;
	tool_tokens_free(&tokens);
	return code;
}

static enum sg_err make(const struct tool *tool, CK_SLOT_ID slot, struct sg_token_plan *plan,
                        struct made *made)
{
	struct sg_module *module = sg_module_enter();
	char list[SG_SEALER_NAME];
	struct sg_token *token;
	enum sg_err err;

	if (module == NULL)
		return SG_ERR_SYSTEM;
	err = sg_module_token(module, slot, &token);
	if (err == SG_OK)
		err = tool_hsms_take(tool, module->config);
	plan->sealer = tool_hsms_sealer(tool, module->config, list);
	if (!plan->machine && !tool_given(tool, OPT_PIN_TRIES))
		plan->pin_tries = module->config->pin_tries;
	if (err == SG_ERR_NOT_FOUND)
		err = SG_ERR_STORE_FULL;        /* all slots are taken */
	if (err == SG_OK)
		err = sg_token_create(token, plan, &made->parent_made);
	if (err == SG_OK) {
		made->done = true;
		made->path = strdup(token->path);
		made->tcti = strdup(module->config->tcti);
		(void)sg_token_status(token, &made->status);
		memcpy(made->sealer, token->record.sealer, sizeof made->sealer);
		sg_token_record_serial(&token->record, made->serial);
		if (made->path == NULL || made->tcti == NULL)
			err = SG_ERR_NOMEM;
	}
	sg_module_leave();
	return err;
}

static enum tool_exit tell_json(const struct tool *tool, const struct made *made)
{
	json_t *json = json_object();

	tool_json_put(json, "label", tool_json_text(sg_bytes_str(tool->value[OPT_LABEL])));
	tool_json_put(json, "serial", tool_json_text(sg_bytes(made->serial, SG_SERIAL)));
	tool_json_put(json, "machine", json_boolean(tool_given(tool, OPT_MACHINE)));
	tool_json_put(json, "sealer", json_string(made->sealer));
	tool_json_put(json, "tcti", tool_json_text(sg_bytes_str(made->tcti)));
	tool_json_put(json, "store", tool_json_text(sg_bytes_str(made->path)));
	tool_json_put(json, "storage_key_made", json_boolean(made->parent_made));
	return tool_json_out(json);
}

static enum tool_exit tell(const struct tool *tool, const struct made *made)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	bool tpm = strcmp(made->sealer, "tpm") == 0;

	tool_text_add(&text, "Made the %s token \"", tool_given(tool, OPT_MACHINE) ? "machine"
	                                                                           : "PIN");
	tool_text_name(&text, sg_bytes_str(tool->value[OPT_LABEL]));
	tool_text_add(&text, "\", serial %.*s.\n", SG_SERIAL, made->serial);
	tool_text_add(&text, "Store: %s\n", made->path);
	if (tpm)
		tool_text_add(&text, "TPM: %s; the storage root key at 0x81000001 %s.\n",
		              made->tcti,
		              made->parent_made ? "was made now" : "was there already");
	else if (strchr(made->sealer, '+') != NULL)
		tool_text_add(&text, "Sealers: %s (%s). Any of them opens it; a change of PIN needs "
		              "all.%s\n", made->sealer, made->status.device,
		              sg_sealer_is_hardware(made->sealer) ? "" : " For development only.");
	else if (sg_sealer_is_hardware(made->sealer))
		tool_text_add(&text, "HSM: %s; the key in it that seals %s.\n", made->status.device,
		              made->parent_made ? "was made now" : "was there already");
	else
		tool_text_add(&text, "Sealer: %s. It keeps nothing from who can read its passphrase.\n",
		              made->sealer);
	tool_hsms_tell(tool, &text);
	if (tpm && tool_given(tool, OPT_TPM))
		tool_text_add(&text, "This TPM must be named from now on: tcti = %s in signet.conf(5), "
		              "or SIGNET_TCTI=%s in the environment.\n", made->tcti, made->tcti);
	return tool_text_out(&text);
}

static enum tool_exit read_new_pin(struct tool *tool, enum tool_option option, const char *what,
                                   struct sg_secret **pin)
{
	enum tool_exit code = tool_pin_read(tool, option, what, true, pin);

	if (code == TOOL_OK && ((*pin)->len < SG_PIN_MIN || (*pin)->len > SG_PIN_MAX))
		code = tool_fail(TOOL_USAGE, NULL, "%s must have %d to %d bytes", what, SG_PIN_MIN,
		                 SG_PIN_MAX);
	return code;
}

static enum tool_exit read_secrets(struct tool *tool, struct sg_secret **pin,
                                   struct sg_secret **so_pin, struct sg_secret **owner)
{
	enum tool_exit code = TOOL_OK;

	/* With an officer's PIN alone, the officer sets the user's later. */
	if (!tool_given(tool, OPT_MACHINE) &&
	    (tool_given(tool, OPT_PIN_FILE) || !tool_given(tool, OPT_SO_PIN_FILE)))
		code = read_new_pin(tool, OPT_PIN_FILE, "the PIN of the new token", pin);
	if (code == TOOL_OK && tool_given(tool, OPT_SO_PIN_FILE))
		code = read_new_pin(tool, OPT_SO_PIN_FILE, "the security officer's PIN", so_pin);
	return code == TOOL_OK ? tool_owner_auth_read(tool, owner) : code;
}

static enum tool_exit run(struct tool *tool)
{
	const char *label = tool->value[OPT_LABEL];
	struct sg_token_plan plan = { .label = sg_bytes_str(label) };
	struct sg_secret *pin = NULL, *so_pin = NULL, *owner = NULL;
	struct made made = { NULL };
	struct sg_buf policy = { 0 };
	enum tool_exit code;
	enum sg_err err = SG_ERR_STORE_EXISTS;
	CK_SLOT_ID slot = 0;

	code = check(tool);
	if (code == TOOL_OK && tool_policy_given(tool))
		code = tool_policy_read(tool, &policy);
	if (code == TOOL_OK && tool_given(tool, OPT_PIN_TRIES))
		code = tool_tries_read(tool, &plan.pin_tries);
	if (code != TOOL_OK)
		goto out;
	if (tool_given(tool, OPT_TPM) && setenv("SIGNET_TCTI", tool->value[OPT_TPM], 1) != 0)
		code = tool_fail_err(SG_ERR_NOMEM, "can't name the TPM");
	if (code == TOOL_OK)
		code = find_slot(label, &slot);
	if (code == TOOL_OK)
		code = read_secrets(tool, &pin, &so_pin, &owner);
	if (code != TOOL_OK)
		goto out;
	plan.machine = tool_given(tool, OPT_MACHINE);
	plan.user_pin = pin;
	plan.so_pin = so_pin;
	plan.owner_auth = owner;
	plan.policy = sg_buf_bytes(&policy);
	plan.rollback_protection = tool_given(tool, OPT_ROLLBACK_PROTECTION);
	/* Another process may take the slot first: then the next one. */
	for (int tries = 0; err == SG_ERR_STORE_EXISTS && tries < TRIES; tries++) {
		if (tries > 0)
			code = find_slot(label, &slot);
		if (code != TOOL_OK)
			goto out;
		tool_log_clear();
		tool_progress_begin("sealing a new token");
		err = make(tool, slot, &plan, &made);
		tool_progress_end();
	}
	if (made.done)
		tool_done("Made the token \"%s\"", label);
	if (err != SG_OK)
		code = tool_fail_err(err, made.done ? "can't tell about token \"%s\""
		                                    : "can't make token \"%s\"", label);
	else
		code = tool_given(tool, OPT_JSON) ? tell_json(tool, &made) : tell(tool, &made);
out:
	free(made.path);
	free(made.tcti);
	sg_buf_free(&policy);
	sg_secret_free(&pin);
	sg_secret_free(&so_pin);
	sg_secret_free(&owner);
	return code;
}

const struct tool_verb tool_verb_init = {
	.name = "init",
	.summary = "make a token, sealed by the TPM or an HSM",
	.usage = "--label NAME (--machine | --pin-file FILE) [--so-pin-file FILE]\n"
	         "              [--pin-tries N] [--pcr BANK:PCRS] [--policy-key FILE]\n"
	         "              [--rollback-protection] [--sealer NAME] [--tpm TCTI]\n"
	         "              [--hsm URI] [--owner-auth-file FILE] [--json]",
	.text = "A machine token has no PIN: it opens on this machine and nowhere else. A PIN token\n"
	        "asks; the TPM counts wrong PINs, with --pin-tries for this PIN alone. The label has at\n"
	        "most 32 bytes. With --pcr it opens only while these PCRs are as they are now, or with\n"
	        "--policy-key as that key signed. With --rollback-protection older copies of the store\n"
	        "are refused; each change of the token then writes to the TPM twice. With --hsm a key in an\n"
	        "HSM seals it, and the HSM must be in signet.conf(5) from then on. --sealer hsm+tpm has\n"
	        "both seal it, and either opens it; so does --sealer hsm+hsm with --hsm given twice.",
	.example = "signet init --label vault --machine",
	.run = run,
	.options = { OPT_LABEL, OPT_MACHINE, OPT_PIN_FILE, OPT_SO_PIN_FILE, OPT_PIN_TRIES,
	             OPT_SEALER, OPT_TPM, OPT_HSM, OPT_PCR, OPT_POLICY_KEY,
	             OPT_ROLLBACK_PROTECTION, OPT_OWNER_AUTH_FILE, OPT_JSON },
	.required = { OPT_LABEL },
	.makes = true,
};
