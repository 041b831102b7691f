/* SPDX-License-Identifier: Apache-2.0
 *
 * signet root rewrap: bring wrapped keys from old versions of a root to the newest.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "tools/fail.h"
#include "tools/io.h"
#include "tools/rewrap_file.h"
#include "tools/rewrap_key.h"
#include "tools/token.h"
#include "tools/wrapped_line.h"

/* What an earlier run must have had in common with this one, to go on where it stopped. */
static enum sg_err make_id(const struct tool_versions *root, const char *field, uint8_t id[32])
{
	struct sg_buf text = { NULL, 0, 0 };
	uint8_t number[8];
	enum sg_err err;

	sg_put_u64(number, root->version[0].number);
	err = sg_buf_append(&text, sg_bytes(number, sizeof number));
	if (err == SG_OK)
		err = sg_buf_append(&text, sg_buf_bytes(&root->version[0].object.id));
	if (err == SG_OK)
		err = sg_buf_append(&text, sg_bytes("", 1));
	if (err == SG_OK)
		err = sg_buf_append(&text, sg_bytes_str(field));
	if (err == SG_OK)
		err = sg_digest_once(SG_SHA256, sg_buf_bytes(&text), id);
	sg_buf_free(&text);
	return err;
}

/* A line goes out as soon as it is there. */
static enum tool_exit put(struct tool_rewrap_sink *sink, struct sg_bytes in, struct sg_bytes out,
                          const struct tool_rewrap_count *count)
{
	(void)sink;
	(void)in;
	(void)count;
	return tool_write(out);
}

static enum tool_exit to_stdout(const struct tool_rewrapper *how, struct tool_lines *in,
                                struct tool_rewrap_count *count)
{
	struct tool_rewrap_sink sink = { put };
	struct stat from, to;

	if (fstat(STDIN_FILENO, &from) == 0 && fstat(STDOUT_FILENO, &to) == 0 &&
	    S_ISREG(from.st_mode) && from.st_ino == to.st_ino && from.st_dev == to.st_dev)
		return tool_fail(TOOL_USAGE, "signet root rewrap --root NAME --in-place FILE",
		                 "input and output are the same file");
	return tool_rewrap(in, how, &sink, count);
}

/* What is not complete stays for the next run. */
static enum tool_exit to_file(const struct tool *tool, const struct tool_rewrapper *how,
                              const uint8_t id[32], struct tool_lines *in,
                              struct tool_rewrap_count *count)
{
	bool in_place = tool_given(tool, OPT_IN_PLACE);
	const char *path = tool->value[in_place ? OPT_IN_PLACE : OPT_OUTPUT];
	struct tool_rewrap_file file;
	enum tool_exit code = tool_rewrap_file_open(path, in_place, id, in, &file);

	*count = file.count;
	if (code == TOOL_OK)
		code = tool_rewrap(in, how, &file.sink, count);
	if (code == TOOL_OK)
		code = tool_rewrap_file_finish(&file);
	tool_rewrap_file_close(&file);
	return code;
}

/* Say what was done, and whether that is all. */
static enum tool_exit tell(const struct tool_versions *root, const struct tool_rewrap_count *count)
{
	tool_note("%" PRIu64 " lines: %" PRIu64 " keys rewrapped to version %lu, %" PRIu64
	          " were there already, %" PRIu64 " stay as they were", count->lines, count->done,
	          root->version[0].number, count->kept, count->failed);
	return count->failed == 0 ? TOOL_OK : TOOL_MISMATCH;
}

static enum tool_exit check(const struct tool *tool)
{
	if (tool_given(tool, OPT_IN_PLACE) && tool_given(tool, OPT_OUTPUT))
		return tool_fail(TOOL_USAGE, tool->verb->example,
		                 "--in-place and --output can't both be given");
	if (tool_given(tool, OPT_IN_PLACE))
		return TOOL_OK;
	return tool_check_stdin("signet root rewrap --root NAME < wrapped.jsonl > rewrapped.jsonl");
}

/* Open what is read: the file, or standard input. */
static enum tool_exit open_input(const struct tool *tool, struct tool_lines *in)
{
	const char *path = tool->value[OPT_IN_PLACE];

	in->fd = STDIN_FILENO;
	if (path == NULL)
		return TOOL_OK;
	in->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return in->fd >= 0 ? TOOL_OK
	                   : tool_fail(errno == ENOENT ? TOOL_NOT_FOUND : TOOL_FAILED, NULL,
	                               "can't open %s: %s", path, strerror(errno));
}

static enum tool_exit rewrap(struct tool *tool, const struct tool_versions *root)
{
	struct tool_rewrap_key key = { tool, root, TOOL_OK };
	const struct tool_rewrapper how = {
		tool_rewrap_key, &key,
		tool_given(tool, OPT_FIELD) ? tool->value[OPT_FIELD] : TOOL_WRAPPED_FIELD,
	};
	struct tool_rewrap_count count = { 0 };
	struct tool_lines in = { .fd = -1 };
	uint8_t id[TOOL_REWRAP_ID];
	enum sg_err err = make_id(root, how.field, id);
	enum tool_exit code = err == SG_OK ? open_input(tool, &in) : tool_fail_err(err, "can't begin");

	if (code != TOOL_OK)
		goto out;
	if (tool_given(tool, OPT_IN_PLACE) || tool_given(tool, OPT_OUTPUT))
		code = to_file(tool, &how, id, &in, &count);
	else
		code = to_stdout(&how, &in, &count);
	if (key.code != TOOL_OK)
		code = key.code;
	if (code == TOOL_OK)
		code = tell(root, &count);
	else if (count.lines > 0)
		tool_note("it stopped at line %" PRIu64, count.lines);
out:
	if (in.fd > STDERR_FILENO)
		close(in.fd);
	tool_lines_free(&in);
	return code;
}

static enum tool_exit run(struct tool *tool)
{
	struct tool_versions root = { .n = 0 };
	enum tool_exit code = check(tool);

	if (code == TOOL_OK)
		code = tool_open(tool, CKF_RW_SESSION, TOOL_LOGIN);
	if (code == TOOL_OK)
		code = tool_versions_find(tool, tool->value[OPT_ROOT], &root);
	if (code == TOOL_OK)
		code = tool_versions_newest(&root);
	if (code == TOOL_OK)
		code = tool_versions_close_old(tool, &root);
	if (code == TOOL_OK)
		code = rewrap(tool, &root);
	tool_versions_free(&root);
	return code;
}

const struct tool_verb tool_verb_root_rewrap = {
	.name = "root rewrap",
	.summary = "bring wrapped keys to the newest version of a root",
	.usage = "--root NAME [--field NAME] [--output FILE] [--token LABEL]\n"
	         "                     [--pin-file FILE] [--key-pin-file FILE] < wrapped > rewrapped\n"
	         "       signet root rewrap --root NAME [--field NAME] --in-place FILE [--token LABEL]\n"
	         "                     [--pin-file FILE] [--key-pin-file FILE]",
	.text = "Each line is an object of JSON that has a key as base64 in a field, or base64 alone.\n"
	        "Everything else of a line stays as it is, and so do keys that are under the newest\n"
	        "version already and lines that can't be opened, which are named (exit code 8). What\n"
	        "comes of a key is unwrapped again and compared. A run with --output or --in-place that\n"
	        "was interrupted goes on where it stopped when it is started again.",
	.example = "signet root rewrap --root root --in-place /srv/vault/keys.jsonl",
	.run = run,
	.options = { OPT_ROOT, OPT_FIELD, OPT_OUTPUT, OPT_IN_PLACE, OPT_TOKEN, OPT_PIN_FILE,
	             OPT_KEY_PIN_FILE },
	.required = { OPT_ROOT },
	.reads_stdin = true,
};
