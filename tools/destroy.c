/* SPDX-License-Identifier: Apache-2.0
 *
 * signet destroy: remove a token with everything in it, also what counts its wrong
 * PINs in the TPM. The storage root key stays: others may use it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/module.h"
#include "core/token_anchor.h"
#include "core/token_index.h"
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

/* What can't be removed from the TPM keeps nothing alive, and the token goes all the same. */
static void remove_indices(struct sg_token *token, const struct sg_secret *owner_auth)
{
	struct sg_pin_list left;
	enum sg_err err = sg_token_index_remove_all(token, owner_auth, &left);

	for (size_t i = 0; i < left.n; i++)
		fprintf(stderr, "signet: the index 0x%08x of the TPM, which counted wrong PINs, could not "
		        "be removed%s%s; tpm2_nvundefine -C o 0x%08x does it\n",
		        left.entry[i].index.handle, err != SG_OK ? ": " : "",
		        err != SG_OK ? sg_err_sentence(err) : "", left.entry[i].index.handle);
}

/* The store goes first: without its counter it would be one that nobody opens. */
static void remove_counter(struct sg_token *token, const struct sg_secret *owner_auth,
                           const struct sg_token_record *record)
{
	struct sg_sealer *sealer;
	enum sg_err err;

	sg_token_opening_lock(token);
	err = sg_token_sealer(token, record->sealer, &sealer);
	if (err == SG_OK)
		err = sg_token_anchor_remove(sealer, owner_auth, record);
	sg_token_opening_unlock(token);
	if (err != SG_OK)
		fprintf(stderr, "signet: the counter in the TPM that counted the versions of the store "
		        "could not be removed: %s\n", sg_err_sentence(err));
}

static enum sg_err remove_store(CK_SLOT_ID slot, const struct sg_secret *owner_auth)
{
	struct sg_module *module = sg_module_enter();
	struct sg_token_record record = { 0 };
	struct sg_token *token;
	enum sg_err err;

	if (module == NULL)
		return SG_ERR_SYSTEM;
	err = sg_module_token(module, slot, &token);
	if (err == SG_OK) {
		(void)sg_token_read_record(token, &record);     /* a damaged store goes too */
		remove_indices(token, owner_auth);
		err = sg_store_remove(token->path);
	}
	if (err == SG_OK && sg_token_record_anchored(&record))
		remove_counter(token, owner_auth, &record);
	if (err == SG_OK)
		sg_token_tripwire_forget(token);
	sg_token_record_clear(&record);
	sg_module_leave();
	return err;
}

static enum tool_exit run(struct tool *tool)
{
	enum tool_exit code = tool_token_choose(tool);
	struct sg_secret *owner = NULL;
	enum sg_err err;

	if (code == TOOL_OK)
		code = confirm(tool);
	if (code == TOOL_OK)
		code = tool_owner_auth_read(tool, &owner);
	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	err = remove_store(tool->slot, owner);
	sg_secret_free(&owner);
	return err == SG_OK ? TOOL_OK
	                    : tool_fail_err(err, "can't destroy \"%s\"", tool->value[OPT_TOKEN]);
}

const struct tool_verb tool_verb_destroy = {
	.name = "destroy",
	.summary = "destroy a token with all its keys",
	.usage = "--token LABEL [--owner-auth-file FILE] [--yes]",
	.text = "Removes the token's store, and what counts its wrong PINs in the TPM. Asks on the "
	        "terminal unless --yes is given.",
	.example = "signet destroy --token old --yes",
	.run = run,
	.options = { OPT_TOKEN, OPT_OWNER_AUTH_FILE, OPT_YES },
	.required = { OPT_TOKEN },
};
