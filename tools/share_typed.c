/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Typing shares.
 */
#include "tools/share_typed.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/terminal.h"
#include "util/proquint.h"

/* Tell the number of the first word of a line that is none, or 0. */
static size_t wrong_word(const struct sg_secret *line)
{
	struct sg_secret *bytes = NULL;
	size_t wrong = 0;

	(void)sg_proquint_read(sg_secret_bytes(line), &bytes, &wrong);
	sg_secret_free(&bytes);
	return wrong;
}

static void append(struct sg_secret *text, const struct sg_secret *line)
{
	memcpy(text->data + text->len, line->data, line->len);
	text->len += line->len;
	text->data[text->len++] = ' ';
}

/* Ask for one share, line by line where it is words. A line with a word that is none is asked for
 * again. Errors: NOT_FOUND where nothing is typed, RANGE, those of the terminal and memory. */
static enum sg_err ask_lines(int fd, size_t number, struct sg_secret *text, struct sg_secret *line)
{
	enum sg_err err = SG_OK;
	char prompt[128];
	size_t words = 0, wrong;

	for (text->len = 0; err == SG_OK && words < SG_SHARE_TEXT_WORDS;) {
		if (words == 0)
			snprintf(prompt, sizeof prompt, "Share no. %zu, all of it or its first line: ",
			         number);
		else
			snprintf(prompt, sizeof prompt, "Share no. %zu, from word %zu on: ", number,
			         words + 1);
		err = tool_terminal_ask(fd, prompt, line);
		if (err != SG_OK)
			break;
		sg_share_text_clean(line);
		if (sg_share_text_count(sg_secret_bytes(line)) == 0)
			return words == 0 ? SG_ERR_NOT_FOUND : SG_ERR_RANGE;
		wrong = sg_share_text_is_words(sg_secret_bytes(line)) ? wrong_word(line) : 0;
		if (wrong != 0) {
			tool_note("word %zu is mistyped; nothing of this line was taken",
			          words + wrong);
			continue;
		}
		if (line->len + 1 > text->cap - text->len)
			return SG_ERR_RANGE;
		append(text, line);
		if (!sg_share_text_is_words(sg_secret_bytes(text)))
			break;
		words = sg_share_text_count(sg_secret_bytes(text));
	}
	return err;
}

/* Ask until there is a share; a mistake is named and nothing lost but that share's typing. */
static enum sg_err ask_share(int fd, struct tool_shares *in)
{
	struct sg_secret *text = NULL, *line = NULL;
	const char *where = in->where[in->n];
	enum sg_err err = sg_secret_new(SG_SHARE_TEXT_MAX, &text);
	size_t wrong = 0;

	if (err == SG_OK)
		err = sg_secret_new(SG_SHARE_TEXT_MAX, &line);
	while (err == SG_OK) {
		err = ask_lines(fd, in->n + 1, text, line);
		if (err == SG_OK)
			err = sg_share_text_read(sg_secret_bytes(text), &in->share[in->n], &wrong);
		if (err == SG_OK)
			break;
		if (err != SG_ERR_TAG && err != SG_ERR_FORMAT && err != SG_ERR_RANGE)
			break;
		(void)tool_share_bad(err, wrong, where);
		err = SG_OK;
	}
	sg_secret_free(&text);
	sg_secret_free(&line);
	return err;
}

/* Take one out. */
static void drop(struct tool_shares *in, size_t i)
{
	sg_share_clear(&in->share[i]);
	in->n--;
	memmove(&in->share[i], &in->share[i + 1], (in->n - i) * sizeof in->share[0]);
	memmove(&in->fault[i], &in->fault[i + 1], (in->n - i) * sizeof in->fault[0]);
	memmove(in->where[i], in->where[i + 1], (in->n - i) * sizeof in->where[0]);
	in->share[in->n].part = NULL;
}

/* Take those out with which something is wrong. One of another sharing stays until the root is
 * there: with others of its kind it may be the one that counts. */
static void drop_bad(struct tool_shares *in, bool done)
{
	for (size_t i = in->n; i-- > 0;)
		if (in->fault[i] == SG_SHARE_AGAIN || in->fault[i] == SG_SHARE_WRONG ||
		    (done && in->fault[i] == SG_SHARE_FOREIGN))
			drop(in, i);
}

/* Find one of the sharing that counts, and count what there is of it. */
static const struct sg_share *counted(const struct tool_shares *in, size_t *count)
{
	const struct sg_share *one = NULL;

	*count = 0;
	for (size_t i = 0; i < in->n; i++) {
		if (in->fault[i] != SG_SHARE_GOOD && in->fault[i] != SG_SHARE_SUSPECT)
			continue;
		one = &in->share[i];
		(*count)++;
	}
	return one;
}

/* Bring together what is there, and say what is new to be said; RANGE: another one is needed. */
static enum sg_err combine(struct tool_shares *in, struct sg_secret **root, size_t *wrong)
{
	enum sg_share_fault before[SG_SHARES_MOST];
	const struct sg_share *one;
	enum sg_err err;
	size_t count;

	memcpy(before, in->fault, sizeof before);
	before[in->n - 1] = SG_SHARE_GOOD;
	err = sg_share_combine(in->share, in->n, in->fault, root);
	if (err != SG_OK && err != SG_ERR_RANGE && err != SG_ERR_TAG)
		return err;
	for (size_t i = 0; i < in->n; i++)
		if (in->fault[i] != before[i] && tool_share_name(in, i) && err == SG_OK)
			/* One of another sharing was a slip where others came after it. */
			*wrong += in->fault[i] == SG_SHARE_WRONG ||
			          (in->fault[i] == SG_SHARE_FOREIGN && i == in->n - 1);
	one = counted(in, &count);
	if (err == SG_ERR_TAG && one != NULL && count < one->n) {
		tool_note("these %zu shares don't have the root together: at least one is wrong. With "
		          "another share it may be named", count);
		return SG_ERR_RANGE;
	}
	if (err != SG_ERR_TAG)
		drop_bad(in, err == SG_OK);
	return err;
}

/* Say how far it is. */
static void tell_progress(const struct tool_shares *in)
{
	size_t count;
	const struct sg_share *one = counted(in, &count);

	if (one != NULL)
		tool_note("%zu of the %u shares that it takes", count, one->k);
	else if (in->n > 0)
		tool_note("these are of several sharings; the next share tells which one counts");
}

/* Take one more share in. */
static enum sg_err add(int fd, struct tool_shares *in, struct sg_secret **root, size_t *wrong)
{
	enum sg_err err;

	snprintf(in->where[in->n], TOOL_WHERE, "share no. %zu", in->n + 1);
	err = ask_share(fd, in);
	if (err != SG_OK)
		return err;
	in->n++;
	sg_secret_free(root);
	return combine(in, root, wrong);
}

/* See whether those who have not given theirs have right ones, as long as somebody has one. */
static enum sg_err ask_further(int fd, struct tool_shares *in, struct sg_secret **root,
                               size_t *wrong)
{
	enum sg_err err = SG_OK;
	const unsigned n = in->share[0].n;      /* all that are left are of one sharing */

	if (in->n < n)
		tool_note("these have the root; whether further ones are right can be seen too, or "
		          "press Enter");
	while (err == SG_OK && in->n < n && in->n < SG_SHARES_MOST)
		err = add(fd, in, root, wrong);
	return err == SG_ERR_NOT_FOUND ? SG_OK : err;
}

enum tool_exit tool_shares_typed(struct tool_shares *in, bool all, struct sg_secret **root,
                                 size_t *wrong)
{
	int fd = tool_terminal_open();
	enum sg_err err = fd >= 0 ? SG_ERR_RANGE : SG_ERR_SYSTEM;

	while (err == SG_ERR_RANGE && in->n < SG_SHARES_MOST) {
		err = add(fd, in, root, wrong);
		if (err == SG_ERR_RANGE)
			tell_progress(in);
	}
	if (err == SG_OK && all)
		err = ask_further(fd, in, root, wrong);
	if (fd >= 0)
		close(fd);
	if (err == SG_OK)
		return TOOL_OK;
	if (err == SG_ERR_NOT_FOUND)
		return tool_fail(TOOL_FAILED, NULL, "not enough shares were given");
	if (err == SG_ERR_TAG || err == SG_ERR_RANGE)
		return tool_fail(TOOL_MISMATCH, NULL, "these shares don't have the root together, and "
		                 "there are no more of them");
	return tool_fail_err(err, "can't read the shares");
}
