/* SPDX-License-Identifier: Apache-2.0
 *
 * signet destroy: remove a token with everything in it, also what counts for it in the TPM.
 * The storage root key stays: others may use it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/module.h"
#include "core/token_aside.h"
#include "seal/hsm/kept.h"
#include "tools/enroll.h"
#include "tools/fail.h"
#include "tools/kept.h"
#include "tools/pin.h"
#include "tools/terminal.h"
#include "tools/text.h"
#include "tools/token.h"

/* What is destroyed, and what became of it. */
struct destruction {
	const struct sg_config *config;
	const struct sg_secret *owner_auth;
	bool aside;             /* only the stores that were set aside */
	CK_SLOT_ID slot;
	size_t found;           /* of those */
	size_t unread;          /* that may be of those, and stay */
};

static enum tool_exit confirm(const struct tool *tool)
{
	bool aside = tool_given(tool, OPT_ASIDE);
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	bool yes = false;

	if (tool_given(tool, OPT_YES))
		return TOOL_OK;
	if (!tool_terminal_there())
		return tool_fail(TOOL_USAGE, "Give --yes to destroy it without being asked.",
		                 "there is no terminal to ask on");
	tool_text_add(&text, aside ? "Destroy the stores from before token \"" : "Destroy token \"");
	tool_text_name(&text, TOOL_FIELD(tool->token.label));
	tool_text_add(&text, aside ? "\" moved, with all keys that stayed in them? There is no way back.%c"
	                           : "\" and all keys in it? There is no way back, and what they "
	                             "wrapped or encrypted is lost.%c", '\0');
	if (text.err == SG_OK)
		yes = tool_terminal_yes((const char *)text.buf.data);
	sg_buf_free(&text.buf);
	return yes ? TOOL_OK : tool_fail(TOOL_FAILED, NULL, "nothing was destroyed");
}

static void tell_left(const char *what, uint32_t handle, enum sg_err err)
{
	fprintf(stderr, "signet: the %s, could not be removed from the TPM: %s; tpm2_nvundefine -C o "
	        "0x%08x does it, on the TPM that sealed the token\n", what,
	        sg_err_sentence(err), handle);
}

/* A key, or an HSM that may have some. */
static void tell_kept(const struct sg_token_left *left, const struct sg_token_kept *kept)
{
	char how[TOOL_KEPT_HOW], id[2 * SG_RESIDENT_ID + 1], label[SG_HSM_KEPT_LABEL];

	if (kept->asked) {
		tool_kept_id(&kept->key, id);
		tool_kept_how(&kept->key, how);
		fprintf(stderr, "signet: key %s of the token could not be removed from %s: %s; %s "
		        "removes it, with the module and the PIN of that HSM\n", id, kept->device,
		        sg_err_sentence(kept->err), how);
		return;
	}
	sg_hsm_kept_label(left->uuid, label);
	fprintf(stderr, "signet: keys of the token that may be in %s stay there: %s; they are labelled "
	        "%.*s, so that pkcs11-tool --list-objects shows them and --delete-object removes "
	        "them\n", kept->device, sg_err_sentence(kept->err), (int)sizeof label, label);
}

/* The token is destroyed all the same. */
static void tell_all_left(const struct sg_token_left *left)
{
	char what[96];

	for (size_t i = 0; i < left->kept.n; i++)
		tell_kept(left, &left->kept.entry[i]);

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

/* Whose store that is nobody knows; it may be whole, and the way back of another token. */
static void tell_unread(struct destruction *d, const char *path, CK_SLOT_ID slot, enum sg_err read)
{
	if (slot != d->slot)
		return;
	(void)tool_fail_err(read, "%s, which was set aside in the slot of the token and may hold its "
	                    "keys, is left as it is", path);
	d->unread++;
}

static enum sg_err destroy_aside(const char *path, CK_SLOT_ID slot, enum sg_err read, void *arg)
{
	struct destruction *d = arg;
	struct sg_token_left left;
	enum sg_err err;

	if (read != SG_OK) {
		tell_unread(d, path, slot, read);
		tool_log_clear();
		return SG_OK;
	}
	err = sg_token_aside_remove(d->config, slot, path, d->owner_auth, &left);
	d->found++;
	if (err == SG_OK)
		tell_all_left(&left);
	sg_token_left_clear(&left);
	if (err == SG_OK)
		tool_log_clear();
	return err;
}

/* The stores that were set aside hold the same keys, so they go with the token. */
static enum sg_err destroy(CK_SLOT_ID slot, struct destruction *d)
{
	struct sg_module *module = sg_module_enter();
	struct sg_token_record record = { 0 };
	struct sg_token_left left;
	struct sg_token *token;
	enum sg_err err, known;

	if (module == NULL)
		return SG_ERR_SYSTEM;
	d->config = module->config;
	err = sg_module_token(module, slot, &token);
	known = err == SG_OK ? sg_token_read_record(token, &record) : err;
	if (err == SG_OK && d->aside)
		err = known;
	if (err == SG_OK && !d->aside) {
		err = sg_token_remove(token, d->owner_auth, &left);
		if (err == SG_OK)
			tell_all_left(&left);
		sg_token_left_clear(&left);
	}
	tool_log_clear();
	if (err == SG_OK && known == SG_OK)
		err = sg_token_aside_each(module->config, record.uuid, destroy_aside, d);
	sg_token_record_clear(&record);
	sg_module_leave();
	return err;
}

static enum tool_exit run(struct tool *tool)
{
	struct destruction d = { .aside = tool_given(tool, OPT_ASIDE) };
	struct sg_secret *owner = NULL;
	enum tool_exit code = TOOL_OK;
	enum sg_err err;

	if (tool_given(tool, OPT_TPM) && setenv("SIGNET_TCTI", tool->value[OPT_TPM], 1) != 0)
		code = tool_fail_err(SG_ERR_NOMEM, "can't name the TPM");
	if (code == TOOL_OK)
		code = tool_token_choose(tool);
	if (code == TOOL_OK)
		code = confirm(tool);
	if (code == TOOL_OK)
		code = tool_owner_auth_read(tool, &owner);
	if (code != TOOL_OK)
		return code;
	d.owner_auth = owner;
	d.slot = tool->slot;
	tool_log_clear();
	err = destroy(tool->slot, &d);
	sg_secret_free(&owner);
	if (err != SG_OK)
		return tool_fail_err(err, "can't destroy %s\"%s\"", d.aside ? "the old stores of " : "",
		                     tool->value[OPT_TOKEN]);
	if (d.unread > 0 && !d.aside)
		(void)tool_enroll_forget(tool);
	if (d.unread > 0)
		return d.aside && d.found == 0 ? TOOL_STORE : TOOL_UNTOLD;
	if (d.aside && d.found == 0)
		return tool_fail(TOOL_NOT_FOUND, NULL, "no store of \"%s\" was set aside",
		                 tool->value[OPT_TOKEN]);
	return d.aside ? TOOL_OK : tool_enroll_forget(tool);
}

const struct tool_verb tool_verb_destroy = {
	.name = "destroy",
	.summary = "destroy a token with all its keys",
	.usage = "--token LABEL [--aside] [--tpm TCTI] [--owner-auth-file FILE] [--yes]",
	.text = "Removes the token's store, what counts its wrong PINs and the versions of its store in\n"
	        "the TPM, and the keys that live in its HSM. A copy of the store has the same there: with\n"
	        "the copy goes what the token itself needs. With it goes what its enrolment left beside\n"
	        "it. Stores that were set aside when the token moved\n"
	        "go too, with --aside only they; --tpm names the TPM that sealed them. Asks on the terminal\n"
	        "unless --yes is given.",
	.example = "signet destroy --token old --yes",
	.run = run,
	.options = { OPT_TOKEN, OPT_ASIDE, OPT_TPM, OPT_OWNER_AUTH_FILE, OPT_YES },
	.required = { OPT_TOKEN },
};
