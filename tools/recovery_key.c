/* SPDX-License-Identifier: Apache-2.0
 *
 * signet recovery-key: make a key that is kept offline, for shares and for recovery. Its private
 * half goes to a private file, or to the terminal where that is asked for; never elsewhere.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "tools/fail.h"
#include "tools/json.h"
#include "tools/offline_key.h"
#include "tools/out_file.h"
#include "tools/terminal.h"
#include "tools/text.h"
#include "tools/tool.h"

static enum tool_exit write_file(const char *path, const struct tool_key *key,
                                 const struct sg_secret *text)
{
	enum tool_exit code, closed;
	char head[160];
	int fd = -1;

	snprintf(head, sizeof head, "# a key of signet; its public half is\n# %s\n", key->text);
	code = tool_out_open(path, "the key", &fd);
	if (code != TOOL_OK)
		return code;
	code = tool_out_write(fd, path, sg_bytes_str(head));
	if (code == TOOL_OK)
		code = tool_out_write(fd, path, sg_secret_bytes(text));
	if (code == TOOL_OK)
		code = tool_out_write(fd, path, sg_bytes_str("\n"));
	closed = tool_out_close(fd, path);
	code = code == TOOL_OK ? closed : code;
	if (code != TOOL_OK)
		tool_out_remove(path);
	return code;
}

static enum tool_exit show(const struct sg_secret *text)
{
	int fd = tool_terminal_open();
	bool shown;

	if (fd < 0)
		return tool_fail(TOOL_USAGE, "--out FILE writes it to a new private file.",
		                 "there is no terminal to show the private half on");
	shown = tool_terminal_say(fd, sg_bytes_str("The private half. Write it down:\n\n    ")) &&
	        tool_terminal_say(fd, sg_secret_bytes(text)) &&
	        tool_terminal_wait(fd, "\n\nType done when it is written down and compared: ",
	                           "done") == SG_OK;
	close(fd);
	return shown ? TOOL_OK : tool_fail(TOOL_FAILED, NULL, "the private half was not written "
	                                   "down; the key is of no use");
}

/* Make a key and put its private half where --out says. */
static enum tool_exit make(const char *out, struct tool_key *public)
{
	struct sg_secret *key = NULL, *text = NULL;
	enum sg_err err = sg_x25519_generate(&key);
	enum tool_exit code;

	if (err == SG_OK)
		err = sg_recovery_private_write(key, &text);
	code = err == SG_OK ? tool_key_of(key, public) : tool_fail_err(err, "can't make a key");
	if (code == TOOL_OK)
		code = strcmp(out, "tty") == 0 ? show(text) : write_file(out, public, text);
	sg_secret_free(&text);
	sg_secret_free(&key);
	return code;
}

static enum tool_exit read_back(const char *path, struct tool_key *public)
{
	struct sg_secret *key = NULL;
	enum tool_exit code = tool_key_private(path, &key);

	if (code == TOOL_OK)
		code = tool_key_of(key, public);
	sg_secret_free(&key);
	return code;
}

static enum tool_exit run(struct tool *tool)
{
	const char *out = tool->value[OPT_OUT];
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	size_t at = 0;
	const char *file = tool_next(tool, OPT_KEY_FILE, &at);
	struct tool_key key;
	enum tool_exit code;
	enum sg_err err;
	json_t *json;

	if ((out != NULL) == (file != NULL) || tool_next(tool, OPT_KEY_FILE, &at) != NULL)
		return tool_fail(TOOL_USAGE, NULL, "--out says where the private half of a new key goes, "
		                 "--key-file which one's public half is to be shown: give one of them");
	if (out != NULL && tool_out_descriptor(out) == STDOUT_FILENO)
		return tool_fail(TOOL_USAGE, NULL, "the public half goes to standard output; name another "
		                 "place for the private half");
	err = sg_crypto_start();
	code = err == SG_OK ? TOOL_OK : tool_fail_err(err, "can't make a key");
	if (code == TOOL_OK)
		code = file != NULL ? read_back(file, &key) : make(out, &key);
	if (code != TOOL_OK)
		return code;
	if (file == NULL)
		tool_done("Made the key %s", key.text);
	if (tool_given(tool, OPT_JSON)) {
		json = json_object();
		tool_json_put(json, "key", json_string(key.text));
		return tool_json_out(json);
	}
	tool_text_add(&text, "%s\n", key.text);
	return tool_text_out(&text);
}

const struct tool_verb tool_verb_recovery_key = {
	.name = "recovery-key",
	.summary = "make a key to keep offline, for shares and recovery",
	.usage = "(--out FILE|tty | --key-file FILE) [--json]",
	.text = "The private half goes to a new private file, or is shown on the terminal to be written\n"
	        "down; the public half, which --recovery-key and --share-key take, to standard output.\n"
	        "Do this on the machine of who keeps the key. With --key-file the public half of a key\n"
	        "that exists is shown.",
	.example = "signet recovery-key --out recovery.key",
	.run = run,
	.options = { OPT_OUT, OPT_KEY_FILE, OPT_JSON },
	.makes = true,
};
