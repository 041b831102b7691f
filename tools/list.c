/* SPDX-License-Identifier: Apache-2.0
 *
 * signet list: show what a token holds.
 */
#include "tools/fail.h"
#include "tools/show.h"
#include "tools/token.h"

static enum tool_exit run(struct tool *tool)
{
	enum tool_exit code = tool_open(tool, 0, TOOL_LOGIN_IF_GIVEN);

	if (code != TOOL_OK)
		return code;
	code = tool_show_objects(tool, NULL);
	if (code == TOOL_OK && (tool->token.flags & CKF_LOGIN_REQUIRED) != 0 && !tool->logged_in)
		tool_note("private objects show only with the PIN: --login or --pin-file");
	return code;
}

const struct tool_verb tool_verb_list = {
	.name = "list",
	.summary = "list keys and other objects",
	.usage = "[--login | --pin-file FILE] [--token LABEL] [--json]",
	.text = "Shows class, label, type, what the key may be used for, whether it may leave the\n"
	        "token wrapped, where it lives, and its pkcs11: URI. A key is sealed with the token,\n"
	        "sealed alone, or in the TPM or HSM, which then is asked for each use.",
	.example = "signet list --json",
	.run = run,
	.options = { OPT_LOGIN, OPT_PIN_FILE, OPT_TOKEN, OPT_JSON },
};
