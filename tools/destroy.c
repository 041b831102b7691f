/* SPDX-License-Identifier: Apache-2.0
 *
 * signet destroy: remove a token with everything in it, also what counts for it in the TPM.
 * The storage root key stays: others may use it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/module.h"
#include "core/token_remove.h"
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

static enum sg_err destroy(CK_SLOT_ID slot, const struct sg_secret *owner_auth,
                           struct sg_token_left *left)
{
	struct sg_module *module = sg_module_enter();
	struct sg_token *token;
	enum sg_err err;

	if (module == NULL)
		return SG_ERR_SYSTEM;
	err = sg_module_token(module, slot, &token);
	if (err == SG_OK)
		err = sg_token_remove(token, owner_auth, left);
	sg_module_leave();
	return err;
}

static void tell_left(const char *what, uint32_t handle, enum sg_err err)
{
	fprintf(stderr, "signet: the %s, could not be removed from the TPM: %s; tpm2_nvundefine -C o "
	        "0x%08x does it, on the TPM that sealed the token\n", what,
	        sg_err_sentence(err), handle);
}

/* The token is destroyed all the same. */
static void tell_all_left(const struct sg_token_left *left)
{
	char what[96];

	for (size_t i = 0; i < left->indices.n; i++) {
		snprintf(what, sizeof what, "index 0x%08x, which counted wrong PINs",
		         left->indices.entry[i].index.handle);
		tell_left(what, left->indices.entry[i].index.handle, left->index_err);
	}
	if (left->counter_err != SG_OK) {
		snprintf(what, sizeof what, "counter 0x%08x, which counted the versions of the store",
		         left->counter);
		tell_left(what, left->counter, left->counter_err);
	}
}

static enum tool_exit run(struct tool *tool)
{
	enum tool_exit code = tool_token_choose(tool);
	struct sg_secret *owner = NULL;
	struct sg_token_left left;
	enum sg_err err;

	if (code == TOOL_OK)
		code = confirm(tool);
	if (code == TOOL_OK)
		code = tool_owner_auth_read(tool, &owner);
	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	err = destroy(tool->slot, owner, &left);
	sg_secret_free(&owner);
	if (err != SG_OK)
		return tool_fail_err(err, "can't destroy \"%s\"", tool->value[OPT_TOKEN]);
	tell_all_left(&left);
	return TOOL_OK;
}

const struct tool_verb tool_verb_destroy = {
	.name = "destroy",
	.summary = "destroy a token with all its keys",
	.usage = "--token LABEL [--owner-auth-file FILE] [--yes]",
	.text = "Removes the token's store, and what counts its wrong PINs and the versions of its store\n"
	        "in the TPM. A copy of the store has the same there: with the copy goes what the token\n"
	        "itself needs. Asks on the terminal unless --yes is given.",
	.example = "signet destroy --token old --yes",
	.run = run,
	.options = { OPT_TOKEN, OPT_OWNER_AUTH_FILE, OPT_YES },
	.required = { OPT_TOKEN },
};
