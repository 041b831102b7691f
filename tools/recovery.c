/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Arranging recovery.
 */
#include "tools/recovery.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/io.h"
#include "tools/json.h"
#include "tools/out_file.h"
#include "tools/shares_out.h"
#include "tools/terminal.h"

/* Read a number of people. */
static enum tool_exit read_count(const struct tool *tool, enum tool_option option, const char *name,
                                 size_t *out)
{
	const char *text = tool->value[option];
	char *end = NULL;
	unsigned long value = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || value < 2 || value > SG_SHARES_MOST)
		return tool_fail(TOOL_USAGE, NULL, "%s is \"%s\", but must be a number from 2 to %d",
		                 name, text, SG_SHARES_MOST);
	*out = value;
	return TOOL_OK;
}

static enum tool_exit read_form(const struct tool *tool, enum sg_share_form *form)
{
	const char *format = tool_given(tool, OPT_FORMAT) ? tool->value[OPT_FORMAT] : "words";

	*form = strcmp(format, "base64") == 0 ? SG_SHARE_BASE64 : SG_SHARE_WORDS;
	if (*form == SG_SHARE_WORDS && strcmp(format, "words") != 0)
		return tool_fail(TOOL_USAGE, NULL, "--format is \"%s\", but must be words or base64",
		                 format);
	return TOOL_OK;
}

/* A key for each person, and each another's. */
static enum tool_exit read_keys(const struct tool *tool, struct tool_recovery *out)
{
	enum tool_exit code = TOOL_OK;
	const char *given;
	size_t at = 0;

	while (code == TOOL_OK && (given = tool_next(tool, OPT_SHARE_KEY, &at)) != NULL) {
		if (out->keys == out->n)
			return tool_fail(TOOL_USAGE, NULL, "there are more of --share-key than the %zu "
			                 "shares", out->n);
		code = tool_key_public("--share-key", given, &out->key[out->keys]);
		for (size_t i = 0; code == TOOL_OK && i < out->keys; i++)
			if (strcmp(out->key[i].text, out->key[out->keys].text) == 0)
				return tool_fail(TOOL_USAGE, "Whoever has two shares counts for two "
				                 "people.", "--share-key %s is given twice",
				                 out->key[i].text);
		out->keys++;
	}
	if (code == TOOL_OK && out->keys > 0 && out->keys < out->n)
		code = tool_fail(TOOL_USAGE, NULL, "there are %zu of --share-key for %zu shares; each "
		                 "person has one", out->keys, out->n);
	return code;
}

/* Plain shares are for people; all in one place they are the root itself. */
static enum tool_exit check_plain(const struct tool_recovery *out)
{
	if (out->folder != NULL)
		return tool_fail(TOOL_USAGE, "Give a --share-key for each person, or --all-in-one FILE.",
		                 "--out-dir is for encrypted shares");
	if (out->file == NULL && !tool_terminal_there())
		return tool_fail(TOOL_USAGE, "Give a --share-key for each person, or write them all to "
		                 "one place with --all-in-one FILE or fd:N.",
		                 "plain shares are shown on a terminal, and there is none");
	return TOOL_OK;
}

static enum tool_exit read_shares(const struct tool *tool, struct tool_recovery *out)
{
	enum tool_exit code;

	if (!tool_given(tool, OPT_SHARES) || !tool_given(tool, OPT_THRESHOLD))
		return tool_fail(TOOL_USAGE, NULL, "--shares and --threshold belong together: how many "
		                 "people get a share, and how many of them bring the root back");
	code = read_count(tool, OPT_SHARES, "--shares", &out->n);
	if (code == TOOL_OK)
		code = read_count(tool, OPT_THRESHOLD, "--threshold", &out->k);
	if (code == TOOL_OK && out->k > out->n)
		code = tool_fail(TOOL_USAGE, NULL, "--threshold is %zu, but there are only %zu shares",
		                 out->k, out->n);
	if (code == TOOL_OK)
		code = read_form(tool, &out->form);
	if (code == TOOL_OK)
		code = read_keys(tool, out);
	out->folder = tool->value[OPT_OUT_DIR];
	out->file = tool->value[OPT_ALL_IN_ONE];
	if (code == TOOL_OK && out->keys == 0)
		code = check_plain(out);
	else if (code == TOOL_OK && (out->file != NULL || tool_given(tool, OPT_FORMAT)))
		code = tool_fail(TOOL_USAGE, NULL, "--all-in-one and --format are for plain shares, and "
		                 "these are encrypted");
	if (code == TOOL_OK && out->folder != NULL && mkdir(out->folder, 0700) != 0 &&
	    errno != EEXIST)
		code = tool_fail(TOOL_FAILED, NULL, "can't make the folder %s: %s", out->folder,
		                 strerror(errno));
	return code;
}

static enum tool_exit read_key(const struct tool *tool, struct tool_recovery *out)
{
	out->file = tool->value[OPT_RECOVERY_FILE];
	if (!tool_given(tool, OPT_RECOVERY_KEY) || out->file == NULL)
		return tool_fail(TOOL_USAGE, "The file holds the root, closed for that key: keep it "
		                 "where this machine's end does not reach.",
		                 "--recovery-key and --recovery-file belong together");
	out->keys = 1;
	return tool_key_public("--recovery-key", tool->value[OPT_RECOVERY_KEY], &out->key[0]);
}

/* Tell whether one of several options is given. */
static bool any(const struct tool *tool, const enum tool_option *options)
{
	for (; *options != OPT_END; options++)
		if (tool_given(tool, *options))
			return true;
	return false;
}

enum tool_exit tool_recovery_read(const struct tool *tool, struct tool_recovery *out)
{
	static const enum tool_option of_shares[] = {
		OPT_SHARES, OPT_THRESHOLD, OPT_SHARE_KEY, OPT_OUT_DIR, OPT_FORMAT, OPT_ALL_IN_ONE,
		OPT_END,
	}, of_key[] = { OPT_RECOVERY_KEY, OPT_RECOVERY_FILE, OPT_END };
	const bool shares = any(tool, of_shares), key = any(tool, of_key),
	           none = tool_given(tool, OPT_NO_RECOVERY);
	enum tool_exit code = TOOL_OK;

	*out = (struct tool_recovery){ .way = TOOL_WAY_NONE };
	if (shares + key + none != 1)
		return tool_fail(TOOL_USAGE,
		                 "Choose one: --shares 5 --threshold 3 gives it to people together, "
		                 "--recovery-key KEY --recovery-file FILE to who keeps a key offline, and "
		                 "--no-recovery to nobody.",
		                 "%s", shares + key + none == 0
		                 ? "a root that can't be had back is lost with this machine, and all "
		                   "that it wrapped with it"
		                 : "there is one way to have the root back, and two are given");
	if (shares)
		code = read_shares(tool, out);
	else if (key)
		code = read_key(tool, out);
	out->way = shares ? TOOL_WAY_SHARES : key ? TOOL_WAY_KEY : TOOL_WAY_NONE;
	snprintf(out->said, sizeof out->said, "none");
	if (code == TOOL_OK && tool_recovery_takes_stdout(out) && tool_given(tool, OPT_JSON))
		code = tool_fail(TOOL_USAGE, NULL, "--json and what is handed out can't both go to "
		                 "standard output; name a %s",
		                 shares ? "folder with --out-dir" : "--recovery-file");
	return code;
}

bool tool_recovery_takes_stdout(const struct tool_recovery *plan)
{
	if (plan->way != TOOL_WAY_NONE && plan->file != NULL)
		return tool_out_descriptor(plan->file) == STDOUT_FILENO;
	return plan->way == TOOL_WAY_SHARES && plan->keys > 0 && plan->folder == NULL;
}

/* Close the root for the recovery key. */
static enum tool_exit close_root(struct tool_recovery *plan, const char *label,
                                 const struct sg_secret *root)
{
	const bool is_file = tool_out_descriptor(plan->file) < 0;
	struct sg_buf box = { NULL, 0, 0 };
	enum tool_exit code;
	enum sg_err err;

	err = sg_recovery_close(sg_bytes(plan->key[0].bytes, SG_X25519_LEN), root, &box);
	if (err != SG_OK)
		return tool_fail_err(err, "can't close the root for the recovery key");
	code = tool_box_write(tool_recovery_takes_stdout(plan) ? NULL : plan->file,
	                      tool_box_json("recovery", label, &plan->key[0], sg_buf_bytes(&box)),
	                      "the recovery file");
	plan->written = code == TOOL_OK && is_file ? 1 : 0;
	plan->handed_out = code == TOOL_OK && !is_file;
	snprintf(plan->said, sizeof plan->said, "key %s", plan->key[0].text);
	sg_buf_free(&box);
	return code;
}

static enum tool_exit share_root(struct tool_recovery *plan, const char *label,
                                 const struct sg_secret *root)
{
	struct sg_share share[SG_SHARES_MOST];
	enum tool_exit code;
	char set[2 * SG_SHARE_ID + 1] = "";
	enum sg_err err = sg_share_make(root, plan->n, plan->k, share);

	if (err != SG_OK)
		return tool_fail_err(err, "can't share the root");
	sg_bytes_hex(sg_bytes(share[0].id, SG_SHARE_ID), set);
	snprintf(plan->said, sizeof plan->said, "shares %zu/%zu %s", plan->k, plan->n, set);
	code = plan->keys > 0        ? tool_shares_encrypted(plan, label, share)
	       : plan->file != NULL  ? tool_shares_in_one(plan, share)
	                             : tool_shares_shown(plan, label, share);
	for (size_t i = 0; i < plan->n; i++)
		sg_share_clear(&share[i]);
	return code;
}

enum tool_exit tool_recovery_arrange(struct tool_recovery *plan, const char *label,
                                     const struct sg_secret *root)
{
	enum tool_exit code = TOOL_OK;

	if (plan->way == TOOL_WAY_SHARES)
		code = share_root(plan, label, root);
	else if (plan->way == TOOL_WAY_KEY)
		code = close_root(plan, label, root);
	if (code != TOOL_OK)
		tool_recovery_undo(plan);
	return code;
}

void tool_recovery_undo(struct tool_recovery *plan)
{
	char path[4096];

	for (size_t i = 0; i < plan->written; i++) {
		if (plan->folder != NULL && tool_share_path(plan, i, path, sizeof path))
			tool_out_remove(path);
		else if (plan->folder == NULL && plan->file != NULL)
			tool_out_remove(plan->file);
	}
	if (plan->handed_out)
		tool_note("what was handed out of %s belongs to no root: tell who has it",
		          plan->said);
	plan->written = 0;
	plan->handed_out = false;
}
