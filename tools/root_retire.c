/* SPDX-License-Identifier: Apache-2.0
 *
 * signet root retire: destroy an old version of a root, once nothing needs it any more, or twice
 * told that it is not needed. Never the newest.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/io.h"
#include "tools/rewrap_key.h"
#include "tools/terminal.h"
#include "tools/text.h"
#include "tools/token.h"
#include "tools/wrapped_line.h"

/* What an inventory says of the version that is to go. */
struct inventory {
	uint64_t keys;                  /* that it names */
	uint64_t needed;                /* which the version alone opens */
	uint64_t unopened;              /* of which nobody knows */
};

/* Tell whether one of some versions opens a wrapped key, which is closed again. */
static CK_RV opens(const struct tool *tool, const struct tool_versions *root, size_t only,
                   size_t but, struct sg_bytes wrapped)
{
	CK_OBJECT_HANDLE key = 0;
	CK_RV rv = CKR_WRAPPED_KEY_INVALID;

	for (size_t i = 0; i < root->n && rv == CKR_WRAPPED_KEY_INVALID; i++)
		if (i != but && (only == root->n || i == only))
			rv = tool_rewrap_open(tool, root->version[i].key, wrapped, &key);
	return rv == CKR_OK ? C_DestroyObject(tool->session, key) : rv;
}

/* Look at one line; what needs the version is named. */
static enum tool_exit look_at(const struct tool *tool, const struct tool_versions *root,
                              size_t which, struct sg_bytes line, uint64_t number,
                              struct inventory *found)
{
	const char *field = tool_given(tool, OPT_FIELD) ? tool->value[OPT_FIELD]
	                                                : TOOL_WRAPPED_FIELD;
	struct tool_wrapped_place place;
	struct sg_buf wrapped = { NULL, 0, 0 };
	const char *why = tool_wrapped_find(line, field, &place, &wrapped);
	CK_RV rv = CKR_OK;

	if (why == NULL && place.len == 0)
		goto out;
	found->keys++;
	if (why == NULL)
		rv = opens(tool, root, root->n, which, sg_buf_bytes(&wrapped));
	if (rv == CKR_WRAPPED_KEY_INVALID) {
		rv = opens(tool, root, which, root->n, sg_buf_bytes(&wrapped));
		if (rv == CKR_OK)
			tool_note("line %" PRIu64 ": version %lu alone opens it", number,
			          root->version[which].number);
		found->needed += rv == CKR_OK;
	}
	if (why == NULL && tool_rewrap_is_of_key(rv))
		why = "no version of the root opens it";
	if (why != NULL)
		tool_note("line %" PRIu64 ": %s", number, why);
	found->unopened += why != NULL;
out:
	sg_buf_free(&wrapped);
	return rv == CKR_OK || tool_rewrap_is_of_key(rv) ? TOOL_OK
	                                                 : tool_fail_rv(rv, "can't unwrap a key");
}

static enum tool_exit read_inventory(const struct tool *tool, const struct tool_versions *root,
                                     size_t which, struct inventory *found)
{
	const char *path = tool->value[OPT_INVENTORY];
	bool borrowed = strcmp(path, "-") == 0;
	struct tool_lines lines = { .fd = STDIN_FILENO };
	enum tool_exit code = TOOL_OK;

	if (!borrowed)
		lines.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (lines.fd < 0)
		return tool_fail(errno == ENOENT ? TOOL_NOT_FOUND : TOOL_FAILED, NULL,
		                 "can't open %s: %s", path, strerror(errno));
	while (code == TOOL_OK) {
		struct tool_line line;
		enum sg_err err = tool_lines_next(&lines, &line);

		if (err != SG_OK)
			code = tool_fail(TOOL_FAILED, NULL, "can't read %s: %s", path,
			                 strerror(errno));
		if (err != SG_OK || line.bytes.len == 0)
			break;
		if (!line.piece)
			code = look_at(tool, root, which, line.bytes, lines.number, found);
		else if (line.first)
			code = tool_fail(TOOL_FAILED, NULL, "line %" PRIu64 " of %s has more than 1 MiB, "
			                 "which is the limit", lines.number, path);
	}
	if (!borrowed)
		close(lines.fd);
	tool_lines_free(&lines);
	return code;
}

/* Weigh the evidence: without any, the version counts as needed. */
static enum tool_exit weigh(const struct tool *tool, const struct tool_version *version,
                            const struct inventory *found)
{
	static const char advice[] = "signet root rewrap brings keys to the newest version; "
	                             "--not-needed gives up what this version alone opens.";

	if (tool_given(tool, OPT_NOT_NEEDED))
		return TOOL_OK;
	if (tool_attribute_bool(tool, version->key, CKA_DECRYPT))
		return tool_fail(TOOL_MISMATCH, "signet encrypt and the vaults that it seals make such; "
		                 "--not-needed gives up what this version alone opens.",
		                 "version %lu also decrypts, and an inventory names wrapped keys alone",
		                 version->number);
	if (!tool_given(tool, OPT_INVENTORY))
		return tool_fail(TOOL_USAGE, advice, "nothing says that version %lu is not needed any "
		                 "more: --inventory FILE names every wrapped key", version->number);
	if (found->needed > 0 || found->unopened > 0)
		return tool_fail(TOOL_MISMATCH, advice, "version %lu is still needed: it alone opens %"
		                 PRIu64 " of %" PRIu64 " keys, and nothing opens %" PRIu64,
		                 version->number, found->needed, found->keys, found->unopened);
	if (found->keys == 0)
		return tool_fail(TOOL_MISMATCH, advice,
		                 "the inventory names no key, which proves nothing");
	return TOOL_OK;
}

/* Say what goes, and have it confirmed. */
static enum tool_exit confirm(const struct tool *tool, const struct tool_versions *root,
                              const struct tool_version *version, const struct inventory *found)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	bool yes = false;

	tool_text_add(&text, "Destroy version %lu of root \"", version->number);
	tool_text_name(&text, sg_buf_bytes(&root->name));
	tool_text_add(&text, "\" (\"");
	tool_text_name(&text, sg_buf_bytes(&version->object.label));
	tool_text_add(&text, "\")? ");
	if (!tool_given(tool, OPT_INVENTORY))
		tool_text_add(&text, "Everything that it wrapped or encrypted and nobody brought to a "
		              "later version is lost.");
	else
		tool_text_add(&text, "%" PRIu64 " of the %" PRIu64 " keys of the inventory are lost, "
		              "and what it wrapped or encrypted that is not among them.",
		              found->needed, found->keys);
	if (sg_bytes_equal(sg_buf_bytes(&version->recovery), sg_bytes_str("none"))) {
		tool_text_add(&text, " It can't be had back.");
	} else if (version->recovery.len > 0) {
		tool_text_add(&text, " It can be had back as long as its recovery is kept: ");
		tool_text_name(&text, sg_buf_bytes(&version->recovery));
		tool_text_add(&text, ".");
	}
	tool_text_add(&text, "%c", '\0');
	if (text.err == SG_OK && tool_given(tool, OPT_YES)) {
		tool_note("%s", (const char *)text.buf.data);
		yes = true;
	} else if (text.err == SG_OK && tool_terminal_there()) {
		yes = tool_terminal_yes((const char *)text.buf.data);
	} else {
		sg_buf_free(&text.buf);
		return tool_fail(TOOL_USAGE, "Give --yes to destroy it without being asked.",
		                 "there is no terminal to ask on");
	}
	sg_buf_free(&text.buf);
	return yes ? TOOL_OK : tool_fail(TOOL_FAILED, NULL, "nothing was destroyed");
}

/* Find the version that --version names, which is not the newest. */
static enum tool_exit find(const struct tool *tool, const struct tool_versions *root, size_t *which)
{
	enum tool_exit code = tool_version_choose(tool, root, which);

	if (code == TOOL_OK && *which == 0)
		return tool_fail(TOOL_FAILED, "signet root rotate makes a newer one.",
		                 "version %lu is the newest, which is always needed",
		                 root->version[0].number);
	return code;
}

static enum tool_exit retire(struct tool *tool, const struct tool_versions *root)
{
	struct inventory found = { 0 };
	enum tool_exit code;
	size_t which = 0;
	CK_RV rv;

	code = find(tool, root, &which);
	if (code == TOOL_OK && tool_given(tool, OPT_INVENTORY))
		code = read_inventory(tool, root, which, &found);
	if (code == TOOL_OK)
		code = weigh(tool, &root->version[which], &found);
	if (code == TOOL_OK)
		code = confirm(tool, root, &root->version[which], &found);
	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	rv = C_DestroyObject(tool->session, root->version[which].key);
	if (rv != CKR_OK)
		return tool_fail_rv(rv, "can't destroy version %lu", root->version[which].number);
	tool_note("version %lu is destroyed", root->version[which].number);
	return TOOL_OK;
}

static enum tool_exit run(struct tool *tool)
{
	struct tool_versions root = { .n = 0 };
	enum tool_exit code = tool_open(tool, CKF_RW_SESSION, TOOL_LOGIN);

	if (code == TOOL_OK)
		code = tool_versions_find(tool, tool->value[OPT_ROOT], &root);
	if (code == TOOL_OK)
		code = tool_versions_newest(&root);
	if (code == TOOL_OK)
		code = retire(tool, &root);
	tool_versions_free(&root);
	return code;
}

const struct tool_verb tool_verb_root_retire = {
	.name = "root retire",
	.summary = "destroy an old version of a root",
	.usage = "--root NAME --version N (--inventory FILE [--field NAME] | --not-needed)\n"
	         "                     [--yes] [--token LABEL] [--pin-file FILE] [--key-pin-file FILE]",
	.text = "The inventory names every wrapped key there is, in the form that signet root rewrap\n"
	        "takes: each must open under another version, or the exit code is 8 and nothing is\n"
	        "done. With --not-needed it goes all the same, and so does what it alone opens. Asks on\n"
	        "the terminal unless --yes is given. The newest version is never destroyed.",
	.example = "signet root retire --root root --version 1 --inventory /srv/vault/keys.jsonl",
	.run = run,
	.options = { OPT_ROOT, OPT_VERSION, OPT_INVENTORY, OPT_FIELD, OPT_NOT_NEEDED, OPT_YES,
	             OPT_TOKEN, OPT_PIN_FILE, OPT_KEY_PIN_FILE },
	.required = { OPT_ROOT, OPT_VERSION },
};
