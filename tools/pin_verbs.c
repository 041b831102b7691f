/* SPDX-License-Identifier: Apache-2.0
 *
 * signet pin set and pin reset: changing PINs. PKCS#11 has no way to give the password of the
 * TPM's owner, so these verbs call core.
 */
#include "client/rv.h"
#include "core/module.h"
#include "tools/fail.h"
#include "tools/pin.h"
#include "tools/progress.h"
#include "tools/text.h"
#include "tools/token.h"

static enum tool_exit open_pin_token(struct tool *tool)
{
	enum tool_exit code = tool_open(tool, CKF_RW_SESSION, TOOL_NO_LOGIN);

	if (code == TOOL_OK && (tool->token.flags & CKF_LOGIN_REQUIRED) == 0)
		code = tool_fail(TOOL_FAILED, NULL, "token \"%.*s\" is a machine token: it has no PIN",
		                 (int)TOOL_FIELD(tool->token.label).len, tool->token.label);
	return code;
}

static enum tool_exit tell(const char *done)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	tool_done("%s", done);
	tool_text_add(&text, "%s\n", done);
	return tool_text_out(&text);
}

static CK_RV change(const struct tool *tool, enum sg_user user, const struct sg_secret *old_pin,
                    const struct sg_secret *new_pin, const struct sg_secret *owner)
{
	struct sg_token *token;
	CK_RV rv = sg_rv(tool_token_enter(tool, &token));

	if (rv != CKR_OK)
		return rv;
	rv = sg_token_set_pin(token, user, sg_secret_bytes(old_pin), sg_secret_bytes(new_pin),
	                      owner);
	sg_module_leave();
	return rv;
}

static enum tool_exit set(struct tool *tool)
{
	bool so = tool_given(tool, OPT_SO);
	enum tool_option option = so ? OPT_SO_PIN_FILE : OPT_PIN_FILE;
	struct sg_secret *old_pin = NULL, *new_pin = NULL, *owner = NULL;
	enum tool_exit code;
	CK_RV rv = CKR_OK;

	if (so ? tool_given(tool, OPT_PIN_FILE) : tool_given(tool, OPT_SO_PIN_FILE))
		return tool_fail(TOOL_USAGE, NULL, "--so goes with --so-pin-file, and the user's PIN "
		                 "with --pin-file");
	code = open_pin_token(tool);
	if (code == TOOL_OK && so)
		code = tool_officer_needed(tool);
	if (code == TOOL_OK)
		code = tool_pin_read(tool, option, "the old PIN", false, &old_pin);
	if (code == TOOL_OK)
		code = tool_pin_read(tool, OPT_NEW_PIN_FILE, "the new PIN", true, &new_pin);
	if (code == TOOL_OK)
		code = tool_owner_auth_read(tool, &owner);
	if (code != TOOL_OK)
		goto out;
	tool_log_clear();
	tool_progress_begin("changing the PIN");
	rv = change(tool, so ? SG_SO : SG_USER, old_pin, new_pin, owner);
	tool_progress_end();
	if (rv == CKR_OK)
		code = tell("The PIN was changed.");
	else if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LOCKED)
		code = tool_login_failed(tool, so ? CKU_SO : CKU_USER, rv, "the old PIN");
	else
		code = tool_fail_rv(rv, "can't change the PIN");
out:
	sg_secret_free(&old_pin);
	sg_secret_free(&new_pin);
	sg_secret_free(&owner);
	return code;
}

static CK_RV replace(const struct tool *tool, const struct sg_secret *pin,
                     const struct sg_secret *owner)
{
	struct sg_token *token;
	CK_RV rv = sg_rv(tool_token_enter(tool, &token));

	if (rv != CKR_OK)
		return rv;
	rv = sg_token_init_pin(token, sg_secret_bytes(pin), owner);
	sg_module_leave();
	return rv;
}

static enum tool_exit reset(struct tool *tool)
{
	struct sg_secret *pin = NULL, *owner = NULL;
	enum tool_exit code;
	CK_RV rv;

	code = open_pin_token(tool);
	if (code == TOOL_OK)
		code = tool_officer_needed(tool);
	if (code == TOOL_OK)
		code = tool_log_in(tool, CKU_SO, OPT_SO_PIN_FILE);
	if (code == TOOL_OK)
		code = tool_pin_read(tool, OPT_NEW_PIN_FILE, "the user's new PIN", true, &pin);
	if (code == TOOL_OK)
		code = tool_owner_auth_read(tool, &owner);
	if (code != TOOL_OK)
		goto out;
	tool_log_clear();
	tool_progress_begin("changing the PIN");
	rv = replace(tool, pin, owner);
	tool_progress_end();
	code = rv == CKR_OK ? tell("The user has a new PIN.")
	                    : tool_fail_rv(rv, "can't set the user's PIN");
out:
	sg_secret_free(&pin);
	sg_secret_free(&owner);
	return code;
}

const struct tool_verb tool_verb_pin_set = {
	.name = "pin set",
	.summary = "change a PIN, with the old one",
	.usage = "[--pin-file FILE | --so [--so-pin-file FILE]]\n"
	         "                 [--new-pin-file FILE] [--owner-auth-file FILE] [--token LABEL]",
	.text = "What is not named is asked for on the terminal. A PIN with tries of its own needs\n"
	        "the password of the TPM's owner hierarchy, if that has one.",
	.example = "signet pin set",
	.run = set,
	.options = { OPT_PIN_FILE, OPT_SO, OPT_SO_PIN_FILE, OPT_NEW_PIN_FILE, OPT_OWNER_AUTH_FILE,
	             OPT_TOKEN },
	.makes = true,
};

const struct tool_verb tool_verb_pin_reset = {
	.name = "pin reset",
	.summary = "set the user's PIN, as security officer",
	.usage = "[--so-pin-file FILE] [--new-pin-file FILE]\n"
	         "                 [--owner-auth-file FILE] [--token LABEL]",
	.text = "What is not named is asked for on the terminal. Who can reset the PIN can also use\n"
	        "every key of the token. A PIN with tries of its own needs the password of the TPM's\n"
	        "owner hierarchy, if that has one.",
	.example = "signet pin reset --so-pin-file /etc/signet/so.pin",
	.run = reset,
	.options = { OPT_SO_PIN_FILE, OPT_NEW_PIN_FILE, OPT_OWNER_AUTH_FILE, OPT_TOKEN },
	.makes = true,
};
