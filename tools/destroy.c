/* SPDX-License-Identifier: Apache-2.0
 *
 * signet destroy: remove a token with everything in it. Nothing of it is in the TPM
 * but the storage root key, which stays: others may use it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/module.h"
#include "core/token_tripwire.h"
#include "tools/fail.h"
#include "tools/pin.h"
#include "tools/text.h"
#include "tools/token.h"

static enum tool_exit confirm(const struct tool *tool)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	bool yes = false;

	if (tool_given(tool, OPT_YES))
		return TOOL_OK;
	if (!tool_terminal_there())
		return tool_fail(TOOL_USAGE, "Give --yes to destroy it without being asked.",
		                 "there is no terminal to ask on");
	tool_text_add(&text, "Destroy token \"");
	tool_text_name(&text, TOOL_FIELD(tool->token.label));
	tool_text_add(&text, "\" and all keys in it? There is no way back, and what they wrapped or "
	              "encrypted is lost.%c", '\0');
	if (text.err == SG_OK)
		yes = tool_terminal_yes((const char *)text.buf.data);
	sg_buf_free(&text.buf);
	return yes ? TOOL_OK : tool_fail(TOOL_FAILED, NULL, "nothing was destroyed");
}

static enum sg_err remove_store(CK_SLOT_ID slot)
{
	struct sg_module *module = sg_module_enter();
	struct sg_token *token;
	enum sg_err err;

	if (module == NULL)
		return SG_ERR_SYSTEM;
	err = sg_module_token(module, slot, &token);
	if (err == SG_OK)
		err = sg_store_remove(token->path);
	if (err == SG_OK)
		sg_token_tripwire_forget(token);
	sg_module_leave();
	return err;
}

static enum tool_exit run(struct tool *tool)
{
	enum tool_exit code = tool_token_choose(tool);
	enum sg_err err;

	if (code == TOOL_OK)
		code = confirm(tool);
	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	err = remove_store(tool->slot);
	return err == SG_OK ? TOOL_OK
	                    : tool_fail_err(err, "can't destroy \"%s\"", tool->value[OPT_TOKEN]);
}

const struct tool_verb tool_verb_destroy = {
	.name = "destroy",
	.summary = "destroy a token with all its keys",
	.usage = "--token LABEL [--yes]",
	.text = "Removes the token's store. Asks on the terminal unless --yes is given.",
	.example = "signet destroy --token old --yes",
	.run = run,
	.options = { OPT_TOKEN, OPT_YES },
	.required = { OPT_TOKEN },
};
