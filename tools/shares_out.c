/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Handing out shares.
 */
#include "tools/shares_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/json.h"
#include "tools/out_file.h"
#include "tools/terminal.h"
#include "tools/text.h"
#include "util/proquint.h"

#define CLEAR "\033[H\033[2J\033[3J"

json_t *tool_box_json(const char *what, const char *label, const struct tool_key *key,
                      struct sg_bytes box)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	json_t *json = json_object();

	tool_text_base64(&text, box);
	tool_json_put(json, "signet", json_string(what));
	tool_json_put(json, "root", tool_json_text(sg_bytes_str(label)));
	tool_json_put(json, "key", json_string(key->text));
	tool_json_put(json, "box",
	              text.err == SG_OK ? tool_json_text(sg_buf_bytes(&text.buf)) : NULL);
	sg_buf_free(&text.buf);
	return json;
}

/* Tell whether an object is whole: what there was no memory for is missing. */
static bool is_whole(const json_t *json, size_t size)
{
	return json != NULL && json_object_size(json) == size;
}

enum tool_exit tool_box_write(const char *path, json_t *json, const char *what)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	enum tool_exit code = TOOL_OK, closed;
	char *dump = NULL;
	int fd = -1;

	if (json != NULL && json_object_get(json, "box") != NULL)
		dump = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	if (dump == NULL)
		return tool_fail_err(SG_ERR_NOMEM, "can't write %s", what);
	tool_text_add(&text, "%s\n", dump);
	free(dump);
	if (path == NULL) {
		code = tool_text_out(&text);
		return code == TOOL_OK ? tool_out_sync(STDOUT_FILENO, "standard output") : code;
	}
	if (text.err != SG_OK)
		code = tool_fail_err(text.err, "can't write %s", what);
	if (code == TOOL_OK)
		code = tool_out_open(path, what, &fd);
	if (code == TOOL_OK) {
		code = tool_out_write(fd, path, sg_buf_bytes(&text.buf));
		closed = tool_out_close(fd, path);
		code = code == TOOL_OK ? closed : code;
		if (code != TOOL_OK)
			tool_out_remove(path);
	}
	sg_buf_free(&text.buf);
	return code;
}

bool tool_share_path(const struct tool_recovery *plan, size_t i, char *path, size_t size)
{
	int len = snprintf(path, size, "%s/share-%zu.json", plan->folder, i + 1);

	return len > 0 && (size_t)len < size;
}

/* Make the object of a share that is closed for the key of its person. */
static enum tool_exit close_share(const struct tool_recovery *plan, const char *label, size_t i,
                                  const struct sg_share *share, json_t **json)
{
	struct sg_secret *plain = NULL;
	struct sg_buf box = { NULL, 0, 0 };
	enum sg_err err = sg_share_write(share, &plain);

	if (err == SG_OK)
		err = sg_box_close(sg_bytes(plan->key[i].bytes, SG_X25519_LEN), plain, &box);
	sg_secret_free(&plain);
	if (err == SG_OK) {
		*json = tool_box_json("share", label, &plan->key[i], sg_buf_bytes(&box));
		tool_json_put(*json, "set", tool_json_hex(sg_bytes(share->id, SG_SHARE_ID)));
		tool_json_put(*json, "share", json_integer((json_int_t)i + 1));
		tool_json_put(*json, "of", json_integer((json_int_t)plan->n));
		tool_json_put(*json, "threshold", json_integer((json_int_t)plan->k));
		err = is_whole(*json, 8) ? SG_OK : SG_ERR_NOMEM;
	}
	sg_buf_free(&box);
	return err == SG_OK ? TOOL_OK : tool_fail_err(err, "can't encrypt share %zu", i + 1);
}

enum tool_exit tool_shares_encrypted(struct tool_recovery *plan, const char *label,
                                     const struct sg_share *share)
{
	enum tool_exit code = TOOL_OK;
	char path[4096], what[32];

	for (size_t i = 0; i < plan->n && code == TOOL_OK; i++) {
		json_t *json = NULL;

		if (plan->folder != NULL && !tool_share_path(plan, i, path, sizeof path))
			return tool_fail(TOOL_USAGE, NULL, "the name of the folder is too long");
		code = close_share(plan, label, i, &share[i], &json);
		if (code != TOOL_OK) {
			json_decref(json);
			break;
		}
		snprintf(what, sizeof what, "share %zu", i + 1);
		code = tool_box_write(plan->folder != NULL ? path : NULL, json, what);
		plan->written += code == TOOL_OK && plan->folder != NULL;
		plan->handed_out = plan->handed_out || (code == TOOL_OK && plan->folder == NULL);
	}
	return code;
}

/* Write a share as one line. */
static enum tool_exit write_line(const struct tool_recovery *plan, int fd, size_t i,
                                 const struct sg_share *share)
{
	struct sg_secret *text = NULL;
	enum sg_err err = sg_share_text_write(share, plan->form, &text);
	enum tool_exit code;
	char head[64];

	if (err != SG_OK)
		return tool_fail_err(err, "can't write share %zu", i + 1);
	snprintf(head, sizeof head, "# share %zu of %zu\n", i + 1, plan->n);
	for (size_t c = 0; c + 1 < text->len; c++)              /* a share a line */
		text->data[c] = text->data[c] == '\n' ? ' ' : text->data[c];
	code = tool_out_write(fd, plan->file, sg_bytes_str(head));
	if (code == TOOL_OK)
		code = tool_out_write(fd, plan->file, sg_secret_bytes(text));
	if (code == TOOL_OK && plan->form == SG_SHARE_BASE64)
		code = tool_out_write(fd, plan->file, sg_bytes_str("\n"));
	sg_secret_free(&text);
	return code;
}

enum tool_exit tool_shares_in_one(struct tool_recovery *plan, const struct sg_share *share)
{
	enum tool_exit code, closed;
	int fd = -1;

	code = tool_out_open(plan->file, "the shares", &fd);
	if (code != TOOL_OK)
		return code;
	plan->handed_out = tool_out_descriptor(plan->file) >= 0;
	plan->written = plan->handed_out ? 0 : 1;
	for (size_t i = 0; i < plan->n && code == TOOL_OK; i++)
		code = write_line(plan, fd, i, &share[i]);
	closed = tool_out_close(fd, plan->file);
	return code == TOOL_OK ? closed : code;
}

/* Show the text, words in numbered lines. */
static bool show_text(int fd, const struct tool_recovery *plan, const struct sg_secret *text)
{
	const size_t line = 6 * SG_PROQUINT_LINE;
	bool shown = true;
	char head[64];

	if (plan->form == SG_SHARE_BASE64)
		return tool_terminal_say(fd, sg_bytes_str("    ")) &&
		       tool_terminal_say(fd, sg_secret_bytes(text)) &&
		       tool_terminal_say(fd, sg_bytes_str("\n"));
	for (size_t at = 0; at < text->len && shown; at += line) {
		snprintf(head, sizeof head, "    words %2zu to %2zu:  ", at / 6 + 1,
		         (at + line < text->len ? at + line : text->len) / 6);
		shown = tool_terminal_say(fd, sg_bytes_str(head)) &&
		        tool_terminal_say(fd, sg_bytes(text->data + at, text->len - at < line
		                                                        ? text->len - at : line));
	}
	return shown;
}

/* Show one share to one person. */
static enum sg_err show_one(int fd, struct tool_recovery *plan, const char *label, size_t i,
                            const struct sg_share *share)
{
	struct sg_secret *text = NULL;
	char line[512], number[24];
	enum sg_err err;

	snprintf(line, sizeof line, CLEAR "Share %zu of %zu of the root \"%.200s\" is for one person "
	         "alone.\nType %zu when nobody else sees this screen: ", i + 1, plan->n, label,
	         i + 1);
	snprintf(number, sizeof number, "%zu", i + 1);
	err = tool_terminal_wait(fd, line, number);
	if (err == SG_OK)
		err = sg_share_text_write(share, plan->form, &text);
	if (err != SG_OK)
		return err;
	snprintf(line, sizeof line, "Share %zu of %zu of the root \"%.200s\". Any %zu of them bring it "
	         "back.\nWrite it down:\n\n", i + 1, plan->n, label, plan->k);
	plan->handed_out = true;
	if (!tool_terminal_say(fd, sg_bytes_str(line)) || !show_text(fd, plan, text))
		err = SG_ERR_SYSTEM;
	sg_secret_free(&text);
	if (err == SG_OK)
		err = tool_terminal_wait(fd, "\nType done when it is written down and compared: ",
		                         "done");
	return err;
}

enum tool_exit tool_shares_shown(struct tool_recovery *plan, const char *label,
                                 const struct sg_share *share)
{
	int fd = tool_terminal_open();
	enum sg_err err = fd >= 0 ? SG_OK : SG_ERR_SYSTEM;

	for (size_t i = 0; i < plan->n && err == SG_OK; i++)
		err = show_one(fd, plan, label, i, &share[i]);
	if (fd >= 0)
		close(fd);
	return err == SG_OK ? TOOL_OK
	                    : tool_fail(TOOL_FAILED, NULL, "not all shares were handed out");
}
