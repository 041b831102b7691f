/* SPDX-License-Identifier: Apache-2.0
 *
 * signet rollback accept: take a store as it is, after somebody restored a backup on purpose.
 * PKCS#11 has no call for it, so this verb calls core.
 */
#include "core/module.h"
#include "core/token_accept.h"
#include "core/token_anchor.h"
#include "tools/fail.h"
#include "tools/pin.h"
#include "tools/progress.h"
#include "tools/terminal.h"
#include "tools/text.h"
#include "tools/token.h"

/* An older copy takes the newest store's place for good. */
static enum tool_exit confirm(void)
{
	if (!tool_terminal_there())
		return tool_fail(TOOL_USAGE, "Bring the newest store back, or give --yes to take this "
		                 "one without being asked.", "the store is an older copy, and there is "
		                 "no terminal to ask on");
	return tool_terminal_yes("The store is an older copy. Take it? What was made since is lost, "
	                         "since the newest store opens no more; what was removed since is "
	                         "valid again, PINs too.")
	               ? TOOL_OK
	               : tool_fail(TOOL_FAILED, NULL, "nothing was accepted");
}

static enum sg_err accept_store(const struct tool *tool, const struct sg_token_pins *pins,
                                bool older, bool *protected)
{
	struct sg_token *token;
	enum sg_err err = tool_token_enter(tool, &token);

	if (err != SG_OK)
		return err;
	*protected = sg_token_record_anchored(&token->record);
	err = sg_token_accept(token, pins, older);
	sg_module_leave();
	return err;
}

static enum sg_err ask_tpm(const struct tool *tool, const struct sg_token_pins *pins, bool older,
                           bool *protected)
{
	enum sg_err err;

	tool_log_clear();
	tool_progress_begin("asking the TPM");
	err = accept_store(tool, pins, older, protected);
	tool_progress_end();
	return err;
}

static enum tool_exit run(struct tool *tool)
{
	const bool yes = tool_given(tool, OPT_YES);
	struct sg_secret *pin = NULL, *so_pin = NULL, *owner = NULL;
	struct sg_token_pins pins = { NULL };
	bool protected = false;
	enum tool_exit code = tool_token_choose(tool);
	enum sg_err err;

	if (code == TOOL_OK)
		code = tool_pins_read(tool, &pin, &so_pin);
	if (code == TOOL_OK)
		code = tool_owner_auth_read(tool, &owner);
	if (code != TOOL_OK)
		goto out;
	pins.user = pin;
	pins.so = so_pin;
	pins.owner_auth = owner;
	err = ask_tpm(tool, &pins, yes, &protected);
	if (err == SG_ERR_STORE_OLD && !yes) {
		code = confirm();
		if (code != TOOL_OK)
			goto out;
		err = ask_tpm(tool, &pins, true, &protected);
	}
	if (err == SG_ERR_ARG && !protected)
		code = tool_fail(TOOL_USAGE, NULL, "this token has no rollback protection: nothing "
		                 "counts the versions of its store");
	else if (err != SG_OK)
		code = tool_fail_err(err, "can't accept the store as it is");
	else
		tool_done("Accepted the store as it is");
out:
	sg_secret_free(&pin);
	sg_secret_free(&so_pin);
	sg_secret_free(&owner);
	return code;
}

const struct tool_verb tool_verb_rollback_accept = {
	.name = "rollback accept",
	.summary = "take a store that was restored from a backup as the newest",
	.usage = "[--pin-file FILE] [--so-pin-file FILE] [--owner-auth-file FILE]\n"
	         "              [--token LABEL] [--yes]",
	.text = "For a token with rollback protection. What was removed since the backup is valid\n"
	        "again, PINs too; copies that are newer are refused from now on, and what was made\n"
	        "since is lost with them. Asks before it takes an older copy unless --yes is given.",
	.example = "signet rollback accept",
	.run = run,
	.options = { OPT_PIN_FILE, OPT_SO_PIN_FILE, OPT_OWNER_AUTH_FILE, OPT_TOKEN, OPT_YES },
	.makes = true,
};
