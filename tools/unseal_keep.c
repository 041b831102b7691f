/* SPDX-License-Identifier: Apache-2.0
 *
 * signet unseal add, list, remove: the unseal shares that a token keeps for a vault.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/json.h"
#include "tools/pin.h"
#include "tools/terminal.h"
#include "tools/text.h"
#include "tools/token.h"
#include "tools/unseal_share.h"
#include "util/utf8.h"

static enum tool_exit check_name(const char *name)
{
	if (name[0] == '\0' || strlen(name) >= UNSEAL_VAULT_NAME ||
	    !sg_utf8_plain(sg_bytes_str(name)))
		return tool_fail(TOOL_USAGE, NULL, "a vault's name is UTF-8 text of 1 to %d bytes "
		                 "without control characters", UNSEAL_VAULT_NAME - 1);
	return TOOL_OK;
}

/* Tell whether what should name a file is a share, and no file. */
static enum sg_err names_share(const char *path, bool *is)
{
	struct sg_secret *text = NULL, *share = NULL;
	enum sg_err err;

	*is = false;
	if (path == NULL || access(path, F_OK) == 0)
		return SG_OK;
	err = sg_secret_copy(sg_bytes_str(path), &text);
	if (err == SG_OK)
		err = unseal_share_read(text, &share);
	*is = err == SG_OK;
	sg_secret_free(&text);
	sg_secret_free(&share);
	return err == SG_ERR_FORMAT ? SG_OK : err;
}

/* Read one share, from where --share-file says or from the terminal. */
static enum tool_exit read_share(const struct tool *tool, struct sg_secret **share)
{
	struct sg_secret *text = NULL;
	enum tool_exit code;
	enum sg_err err;
	bool is;

	err = names_share(tool->value[OPT_SHARE_FILE], &is);
	if (err != SG_OK)
		return tool_fail_err(err, "can't keep the share");
	if (is)
		return tool_fail(TOOL_USAGE, "Every user of the machine can read arguments. Name a "
		                 "private file, - for standard input, or let signet ask.",
		                 "--share-file names no file that is there, and looks like a share "
		                 "itself");
	code = tool_pin_read(tool, OPT_SHARE_FILE, "an unseal share", false, &text);
	if (code != TOOL_OK)
		return code;
	err = unseal_share_read(text, share);
	sg_secret_free(&text);
	if (err == SG_ERR_FORMAT)
		return tool_fail(TOOL_USAGE, "Vaults print shares as 66 hexadecimal digits or 44 "
		                 "characters of base64; one that is encrypted is decrypted first.",
		                 "this is no unseal share");
	return err == SG_OK ? TOOL_OK : tool_fail_err(err, "can't keep the share");
}

/* Look whether a vault's shares have this one already, and whether there is room for it. */
static enum tool_exit check_new(const struct tool *tool, const struct sg_secret *share)
{
	const char *vault = tool->value[OPT_VAULT];
	CK_OBJECT_HANDLE handles[UNSEAL_SHARES_MAX];
	struct sg_secret *kept = NULL;
	bool same = false;
	size_t n;
	CK_RV rv = unseal_shares_find(tool, vault, handles, UNSEAL_SHARES_MAX, &n);

	for (size_t i = 0; i < n && rv == CKR_OK && !same; i++) {
		rv = unseal_share_open(tool, handles[i], &kept);
		same = kept != NULL && kept->len == share->len &&
		       sg_secret_equal(sg_secret_bytes(kept), sg_secret_bytes(share));
		sg_secret_free(&kept);
	}
	if (rv != CKR_OK)
		return tool_fail_rv(rv, "can't open the shares of \"%s\" that are kept already",
		                    vault);
	if (same)
		return tool_fail(TOOL_EXISTS, NULL, "this very share of \"%s\" is kept already",
		                 vault);
	if (n == UNSEAL_SHARES_MAX)
		return tool_fail(TOOL_EXISTS, "signet unseal remove takes them out.",
		                 "there are %d shares of \"%s\" already", UNSEAL_SHARES_MAX, vault);
	return TOOL_OK;
}

static enum tool_exit add(struct tool *tool)
{
	const char *vault = tool->value[OPT_VAULT];
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	CK_OBJECT_HANDLE handles[UNSEAL_SHARES_MAX];
	struct sg_secret *share = NULL;
	enum tool_exit code = check_name(vault);
	size_t n = 0;
	CK_RV rv;

	if (code == TOOL_OK)
		code = tool_open(tool, CKF_RW_SESSION, TOOL_LOGIN);
	if (code == TOOL_OK)
		code = read_share(tool, &share);
	tool_log_clear();
	if (code == TOOL_OK)
		code = check_new(tool, share);
	if (code != TOOL_OK)
		goto out;
	tool_log_clear();
	rv = unseal_share_keep(tool, vault, share);
	if (tool_rv_is_done(rv))
		tool_done("Keeps the share of \"%s\"", vault);
	if (rv != CKR_OK) {
		code = tool_fail_rv(rv, "can't keep a share of \"%s\"", vault);
		goto out;
	}
	if (unseal_shares_find(tool, vault, handles, UNSEAL_SHARES_MAX, &n) != CKR_OK)
		n = 1;
	tool_text_add(&text, "Keeps %zu share%s of \"", n, n == 1 ? "" : "s");
	tool_text_name(&text, sg_bytes_str(vault));
	tool_text_add(&text, "\" in token \"");
	tool_text_name(&text, TOOL_FIELD(tool->token.label));
	tool_text_add(&text, "\".\n");
	code = tool_text_out(&text);
out:
	sg_secret_free(&share);
	return code;
}

static enum tool_exit list(struct tool *tool)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	struct unseal_vaults vaults;
	enum tool_exit code = tool_open(tool, 0, TOOL_LOGIN);
	json_t *json;
	CK_RV rv;

	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	rv = unseal_vaults_read(tool, &vaults);
	if (rv != CKR_OK)
		return tool_fail_rv(rv, "can't look for unseal shares");
	if (!tool_given(tool, OPT_JSON)) {
		for (size_t i = 0; i < vaults.n; i++) {
			tool_text_name(&text, sg_bytes_str(vaults.list[i].name));
			tool_text_add(&text, ": %zu share%s\n", vaults.list[i].shares,
			              vaults.list[i].shares == 1 ? "" : "s");
		}
		return tool_text_out(&text);
	}
	json = json_array();
	for (size_t i = 0; i < vaults.n; i++) {
		json_t *vault = json_object();

		tool_json_put(vault, "vault", tool_json_text(sg_bytes_str(vaults.list[i].name)));
		tool_json_put(vault, "shares", json_integer((json_int_t)vaults.list[i].shares));
		tool_json_append(json, vault);
	}
	return tool_json_out(json);
}

static enum tool_exit confirm(const struct tool *tool, size_t n)
{
	char question[UNSEAL_VAULT_NAME + 128];

	if (tool_given(tool, OPT_YES))
		return TOOL_OK;
	if (!tool_terminal_there())
		return tool_fail(TOOL_USAGE, "Give --yes to remove without being asked.",
		                 "there is no terminal to ask on");
	snprintf(question, sizeof question, "Remove %zu unseal share%s of \"%s\"? There is no way "
	         "back.", n, n == 1 ? "" : "s", tool->value[OPT_VAULT]);
	return tool_terminal_yes(question) ? TOOL_OK
	                                   : tool_fail(TOOL_FAILED, NULL, "nothing was removed");
}

static enum tool_exit remove_all(struct tool *tool)
{
	const char *vault = tool->value[OPT_VAULT];
	CK_OBJECT_HANDLE handles[UNSEAL_SHARES_MAX];
	enum tool_exit code = check_name(vault);
	size_t n = 0;
	CK_RV rv;

	if (code == TOOL_OK)
		code = tool_open(tool, CKF_RW_SESSION, TOOL_LOGIN);
	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	rv = unseal_shares_find(tool, vault, handles, UNSEAL_SHARES_MAX, &n);
	if (rv != CKR_OK)
		return tool_fail_rv(rv, "can't look for unseal shares");
	if (n == 0)
		return tool_fail(TOOL_NOT_FOUND, "signet unseal list shows those that there are.",
		                 "there are no shares of a vault \"%s\"", vault);
	code = confirm(tool, n);
	for (size_t i = 0; i < n && code == TOOL_OK; i++) {
		tool_log_clear();
		rv = C_DestroyObject(tool->session, handles[i]);
		if (!tool_rv_is_done(rv))
			code = tool_fail_rv(rv, "can't remove a share of \"%s\"", vault);
	}
	/* The last one that was counted has counted those before it. */
	if (code == TOOL_OK && rv != CKR_OK)
		code = tool_fail_rv(rv, "can't remove a share of \"%s\"", vault);
	return code;
}

const struct tool_verb tool_verb_unseal_add = {
	.name = "unseal add",
	.summary = "keep an unseal share of a vault in the token",
	.usage = "--vault NAME [--share-file FILE] [--token LABEL] [--pin-file FILE]",
	.text = "Takes one share, in the form in which the vault printed it, from the terminal or\n"
	        "from --share-file, and has the hardware seal it by itself. signet unseal vault\n"
	        "sends it to the vault.",
	.example = "signet unseal add --vault main",
	.run = add,
	.options = { OPT_VAULT, OPT_SHARE_FILE, OPT_TOKEN, OPT_PIN_FILE },
	.required = { OPT_VAULT },
	.makes = true,
};

const struct tool_verb tool_verb_unseal_list = {
	.name = "unseal list",
	.summary = "show of which vaults the token keeps unseal shares",
	.usage = "[--token LABEL] [--pin-file FILE] [--json]",
	.example = "signet unseal list",
	.run = list,
	.options = { OPT_TOKEN, OPT_PIN_FILE, OPT_JSON },
};

const struct tool_verb tool_verb_unseal_remove = {
	.name = "unseal remove",
	.summary = "remove a vault's unseal shares from the token",
	.usage = "--vault NAME [--yes] [--token LABEL] [--pin-file FILE]",
	.text = "Asks on the terminal unless --yes is given.",
	.example = "signet unseal remove --vault main --yes",
	.run = remove_all,
	.options = { OPT_VAULT, OPT_YES, OPT_TOKEN, OPT_PIN_FILE },
	.required = { OPT_VAULT },
};
