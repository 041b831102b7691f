/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Shares that come back, and the root that they have together.
 */
#include "tools/shares_in.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "tools/fail.h"
#include "tools/share_box.h"
#include "tools/share_typed.h"
#include "tools/terminal.h"
#include "util/file.h"

#define FILE_MAX 65536

static void drop_all(struct tool_shares *in)
{
	for (size_t i = 0; i < in->n; i++)
		sg_share_clear(&in->share[i]);
	in->n = 0;
}

enum tool_exit tool_share_bad(enum sg_err err, size_t wrong, const char *where)
{
	if (err == SG_ERR_TAG && wrong != 0)
		return tool_fail(TOOL_MISMATCH, NULL, "%s: word %zu is mistyped", where, wrong);
	if (err == SG_ERR_TAG)
		return tool_fail(TOOL_MISMATCH, NULL, "%s was damaged, or mistyped in several places",
		                 where);
	if (err == SG_ERR_RANGE)
		return tool_fail(TOOL_MISMATCH, NULL, "%s has not the %d words of a share", where,
		                 SG_SHARE_TEXT_WORDS);
	if (err == SG_ERR_FORMAT)
		return tool_fail(TOOL_FAILED, NULL, "%s is no share", where);
	return tool_fail_err(err, "can't read %s", where);
}

/* Take in what stands in a line, or in several lines of words. */
static enum tool_exit take(struct tool_shares *in, const struct tool_private_keys *keys,
                           struct sg_bytes text)
{
	struct sg_share *share = &in->share[in->n];
	const char *where = in->where[in->n];
	enum tool_exit code = TOOL_OK;
	enum sg_err err;
	size_t wrong;

	if (text.data[0] == '{') {
		code = tool_box_share(text, keys, where, share);
	} else {
		err = sg_share_text_read(text, share, &wrong);
		if (err != SG_OK)
			code = tool_share_bad(err, wrong, where);
	}
	in->n += code == TOOL_OK;
	return code;
}

/* Tell whether text is words of a share, of which some are still missing. */
static bool is_part(struct sg_bytes text)
{
	return text.data[0] != '{' && sg_share_text_is_words(text) &&
	       sg_share_text_count(text) < SG_SHARE_TEXT_WORDS;
}

/* Return how long the share is that begins here: a line, or as many as have all its words. */
static size_t share_len(struct sg_bytes text, size_t *lines)
{
	size_t len = 0;

	*lines = 0;
	do {
		const uint8_t *end = memchr(text.data + len, '\n', text.len - len);

		len = end != NULL ? (size_t)(end - text.data) + 1 : text.len;
		(*lines)++;
	} while (len < text.len && is_part(sg_bytes(text.data, len)));
	return len;
}

static enum tool_exit take_text(struct tool_shares *in, const struct tool_private_keys *keys,
                                const char *path, struct sg_bytes text)
{
	enum tool_exit code = TOOL_OK;
	size_t line = 1, lines, before = in->n;

	while (text.len > 0 && code == TOOL_OK) {
		const bool skipped = memchr("#\n\r", text.data[0], 3) != NULL;
		const uint8_t *end = memchr(text.data, '\n', text.len);
		size_t len = end != NULL ? (size_t)(end - text.data) + 1 : text.len;

		if (text.data[0] == ' ' || text.data[0] == '\t') {
			text = sg_bytes(text.data + 1, text.len - 1);
			continue;
		}
		lines = 1;
		if (!skipped && in->n == SG_SHARES_MOST)
			return tool_fail(TOOL_FAILED, NULL, "there are more than %d shares",
			                 SG_SHARES_MOST);
		if (!skipped) {
			len = share_len(text, &lines);
			snprintf(in->where[in->n], TOOL_WHERE, "%.200s line %zu", path, line);
			code = take(in, keys, sg_bytes(text.data, len));
		}
		line += lines;
		text = sg_bytes(text.data + len, text.len - len);
	}
	if (code == TOOL_OK && in->n == before)
		code = tool_fail(TOOL_FAILED, NULL, "there is no share in %s", path);
	return code;
}

static enum tool_exit take_files(const struct tool *tool, const struct tool_private_keys *keys,
                                 struct tool_shares *in)
{
	struct sg_secret *text = NULL;
	enum tool_exit code = TOOL_OK;
	const char *path;
	enum sg_err err;
	size_t at = 0;

	while (code == TOOL_OK && (path = tool_next(tool, OPT_SHARE, &at)) != NULL) {
		tool_log_clear();
		err = sg_file_read_secret(path, FILE_MAX, &text);
		if (err == SG_ERR_STORE_UNSAFE)
			return tool_fail(TOOL_FAILED, "Whoever can read it has the share: what mends "
			                 "it stands above.", "can't read %s: %s", path,
			                 tool_log_lines(err));
		if (err == SG_OK)
			sg_share_text_clean(text);
		code = err == SG_OK ? take_text(in, keys, path, sg_secret_bytes(text))
		                    : tool_fail_err(err, "can't read %s", path);
		sg_secret_free(&text);
	}
	return code;
}

/* Return what is to be said of a share; NULL: nothing. */
static const char *fault_text(enum sg_share_fault fault)
{
	static const char *const texts[] = {
		[SG_SHARE_GOOD] = NULL,
		[SG_SHARE_FOREIGN] = "is of another sharing than the others",
		[SG_SHARE_TIED] = "is of the sharing",
		[SG_SHARE_AGAIN] = "is there already",
		[SG_SHARE_WRONG] = "is wrong: the others have the root, and not with it",
		[SG_SHARE_SUSPECT] = NULL,
	};

	return texts[fault];
}

bool tool_share_name(const struct tool_shares *in, size_t i)
{
	const char *text = fault_text(in->fault[i]);
	char set[2 * SG_SHARE_ID + 1] = "";

	if (text == NULL)
		return false;
	if (in->fault[i] == SG_SHARE_TIED)
		sg_bytes_hex(sg_bytes(in->share[i].id, SG_SHARE_ID), set);
	tool_note("%s: share %u of %u %s%s%s", in->where[i], sg_share_place(&in->share[i]),
	          in->share[i].n, text, set[0] != '\0' ? " " : "", set);
	return true;
}

size_t tool_shares_name(const struct tool_shares *in)
{
	size_t bad = 0;

	for (size_t i = 0; i < in->n; i++)
		bad += tool_share_name(in, i) && in->fault[i] != SG_SHARE_AGAIN;
	return bad;
}

/* Say why there is no root; what is wrong with single shares was said. */
static enum tool_exit not_there(enum sg_err err, const struct tool_shares *in)
{
	size_t good = 0, k = 0;
	bool tied = false;

	for (size_t i = 0; i < in->n; i++) {
		tied = tied || in->fault[i] == SG_SHARE_TIED;
		if (in->fault[i] == SG_SHARE_GOOD) {
			good++;
			k = in->share[i].k;
		}
	}
	if (err == SG_ERR_RANGE && tied)
		return tool_fail(TOOL_MISMATCH, "Leave out the older ones, which signet root share has "
		                 "replaced.", "these shares are of several sharings, and no sharing has "
		                 "the most of them");
	if (err == SG_ERR_RANGE)
		return tool_fail(TOOL_MISMATCH, NULL, "it takes %zu shares of one sharing, and there "
		                 "%s %zu", k, good == 1 ? "is" : "are", good);
	if (err == SG_ERR_TAG)
		return tool_fail(TOOL_MISMATCH, "With one good share more than it takes, the wrong one "
		                 "is named.", "these shares don't have the root together: at least one "
		                 "of them is wrong");
	return tool_fail_err(err, "can't bring the shares together");
}

/* Tell of what the root was brought back. */
static void describe(const struct tool_shares *in, struct tool_rebuilt *out)
{
	for (size_t i = 0; i < in->n; i++) {
		const struct sg_share *share = &in->share[i];

		if (in->fault[i] != SG_SHARE_GOOD)
			continue;
		out->place[out->places++] = sg_share_place(share);
		out->k = share->k;
		out->n = share->n;
		sg_bytes_hex(sg_bytes(share->id, SG_SHARE_ID), out->set);
	}
	snprintf(out->said, sizeof out->said, "shares %u/%u %s", out->k, out->n, out->set);
}

static enum tool_exit from_shares(const struct tool *tool, const struct tool_private_keys *keys,
                                  struct tool_rebuilt *out)
{
	struct tool_shares in = { .n = 0 };
	enum tool_exit code = TOOL_OK;
	enum sg_err err = SG_OK;

	if (tool_given(tool, OPT_SHARE)) {
		code = take_files(tool, keys, &in);
		if (code == TOOL_OK) {
			err = sg_share_combine(in.share, in.n, in.fault, &out->root);
			out->wrong = tool_shares_name(&in);
			code = err == SG_OK ? TOOL_OK : not_there(err, &in);
		}
	} else {
		code = tool_shares_typed(&in, out->all, &out->root, &out->wrong);
	}
	if (code == TOOL_OK)
		describe(&in, out);
	drop_all(&in);
	return code;
}

static enum tool_exit from_file(const struct tool *tool, const struct tool_private_keys *keys,
                                struct tool_rebuilt *out)
{
	struct tool_key key;
	enum tool_exit code = tool_box_root(tool->value[OPT_RECOVERY_FILE], keys, &out->root, &key);

	if (code == TOOL_OK)
		snprintf(out->said, sizeof out->said, "key %s", key.text);
	return code;
}

enum tool_exit tool_rebuild(const struct tool *tool, bool all, struct tool_rebuilt *out)
{
	const bool file = tool_given(tool, OPT_RECOVERY_FILE), shares = tool_given(tool, OPT_SHARE);
	struct tool_private_keys keys;
	enum tool_exit code;
	enum sg_err err;

	*out = (struct tool_rebuilt){ .all = all };
	if (file && shares)
		return tool_fail(TOOL_USAGE, NULL, "the root comes from shares or from a recovery file, "
		                 "not from both");
	if (file && !tool_given(tool, OPT_KEY_FILE))
		return tool_fail(TOOL_USAGE, NULL, "--recovery-file needs --key-file, the file with the "
		                 "private half of the recovery key");
	if (!file && !shares && !tool_terminal_there())
		return tool_fail(TOOL_USAGE, "Name where they are: --share FILE, with a private file, - "
		                 "for standard input, or fd:N.",
		                 "shares are needed, and there is no terminal to ask for them");
	err = sg_crypto_start();                /* there may be no token that did */
	if (err != SG_OK)
		return tool_fail_err(err, "can't bring the root back");
	code = tool_private_keys_read(tool, &keys);
	if (code == TOOL_OK)
		code = file ? from_file(tool, &keys, out) : from_shares(tool, &keys, out);
	tool_private_keys_free(&keys);
	if (code != TOOL_OK)
		sg_secret_free(&out->root);
	return code;
}
