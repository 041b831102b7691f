/* SPDX-License-Identifier: Apache-2.0
 *
 * signet pin set and pin reset: changing PINs.
 */
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

static enum tool_exit set(struct tool *tool)
{
	bool so = tool_given(tool, OPT_SO);
	enum tool_option option = so ? OPT_SO_PIN_FILE : OPT_PIN_FILE;
	struct sg_secret *old_pin = NULL, *new_pin = NULL;
	enum tool_exit code;
	CK_RV rv = CKR_OK;

	if (so ? tool_given(tool, OPT_PIN_FILE) : tool_given(tool, OPT_SO_PIN_FILE))
		return tool_fail(TOOL_USAGE, NULL, "--so goes with --so-pin-file, and the user's PIN "
		                 "with --pin-file");
	code = open_pin_token(tool);
	if (code == TOOL_OK)
		code = tool_pin_read(tool, option, "the old PIN", false, &old_pin);
	if (code == TOOL_OK)
		code = tool_pin_read(tool, OPT_NEW_PIN_FILE, "the new PIN", true, &new_pin);
	if (code != TOOL_OK)
		goto out;
	tool_log_clear();
	tool_progress_begin("changing the PIN");
	/* Whose PIN it is depends on who is logged in. */
	if (so)
		rv = C_Login(tool->session, CKU_SO, old_pin->data, old_pin->len);
	if (rv == CKR_OK)
		rv = C_SetPIN(tool->session, old_pin->data, old_pin->len, new_pin->data,
		              new_pin->len);
	tool_progress_end();
	code = rv == CKR_OK ? tell("The PIN was changed.")
	                    : tool_login_failed(tool, so ? CKU_SO : CKU_USER, rv, "the old PIN");
out:
	sg_secret_free(&old_pin);
	sg_secret_free(&new_pin);
	return code;
}

static enum tool_exit reset(struct tool *tool)
{
	struct sg_secret *pin = NULL;
	enum tool_exit code;
	CK_RV rv;

	code = open_pin_token(tool);
	if (code == TOOL_OK)
		code = tool_log_in(tool, CKU_SO, OPT_SO_PIN_FILE);
	if (code == TOOL_OK)
		code = tool_pin_read(tool, OPT_NEW_PIN_FILE, "the user's new PIN", true, &pin);
	if (code != TOOL_OK)
		goto out;
	tool_log_clear();
	tool_progress_begin("changing the PIN");
	rv = C_InitPIN(tool->session, pin->data, pin->len);
	tool_progress_end();
	code = rv == CKR_OK ? tell("The user has a new PIN.")
	                    : tool_fail_rv(rv, "can't set the user's PIN");
out:
	sg_secret_free(&pin);
	return code;
}

const struct tool_verb tool_verb_pin_set = {
	.name = "pin set",
	.summary = "change a PIN, with the old one",
	.usage = "[--pin-file FILE | --so [--so-pin-file FILE]]\n"
	         "                 [--new-pin-file FILE] [--token LABEL]",
	.text = "What is not named is asked for on the terminal.",
	.example = "signet pin set",
	.run = set,
	.options = { OPT_PIN_FILE, OPT_SO, OPT_SO_PIN_FILE, OPT_NEW_PIN_FILE, OPT_TOKEN },
	.makes = true,
};

const struct tool_verb tool_verb_pin_reset = {
	.name = "pin reset",
	.summary = "set the user's PIN, as security officer",
	.usage = "[--so-pin-file FILE] [--new-pin-file FILE] [--token LABEL]",
	.text = "What is not named is asked for on the terminal. Who can reset the PIN can also use\n"
	        "every key of the token.",
	.example = "signet pin reset --so-pin-file /etc/signet/so.pin",
	.run = reset,
	.options = { OPT_SO_PIN_FILE, OPT_NEW_PIN_FILE, OPT_TOKEN },
	.makes = true,
};
