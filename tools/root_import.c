/* SPDX-License-Identifier: Apache-2.0
 *
 * signet root import: take a root that was made elsewhere into the token, once its recovery has
 * been arranged. Its value comes from standard input or a descriptor and stays in guarded memory.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/base64.h"
#include "tools/fail.h"
#include "tools/io.h"
#include "tools/progress.h"
#include "tools/recovery.h"
#include "tools/root.h"
#include "tools/token.h"

#define VALUE 32
#define TEXT_MAX 128

/* Find the descriptor that --in names; standard input where it is not given. */
static enum tool_exit find_fd(const struct tool *tool, int *fd)
{
	const char *given = tool->value[OPT_IN];
	char *end = NULL;
	long value;

	*fd = STDIN_FILENO;
	if (given == NULL)
		return tool_check_stdin("openssl rand 32 | signet root import --label NAME ...");
	value = strncmp(given, "fd:", 3) == 0 ? strtol(given + 3, &end, 10) : -1;
	if (value < 0 || value > 65535 || end == given + 3 || *end != '\0')
		return tool_fail(TOOL_USAGE, "signet root import ... < FILE reads a file.",
		                 "--in is \"%s\", but must be fd:N", given);
	*fd = (int)value;
	return TOOL_OK;
}

/* Tell whether all bytes are letters, digits and the like: a key that was meant as text. */
static bool is_text(const struct sg_secret *value)
{
	size_t text = 1;

	for (size_t i = 0; i < value->len; i++)
		text &= (size_t)(value->data[i] - 0x20u) >> 8 == 0 && value->data[i] < 0x7f;
	return sg_secret_reveal(text) != 0;
}

/* Tell whether it is one byte again and again, as of a pipe that failed. */
static bool is_one_byte(const struct sg_secret *value)
{
	uint8_t other = 0;

	for (size_t i = 1; i < value->len; i++)
		other |= value->data[i] ^ value->data[0];
	return sg_secret_reveal(other) == 0;
}

/* Take the root out of what was read: the bytes themselves, or base64. */
static enum tool_exit take(bool base64, struct sg_secret **input, struct sg_secret **value)
{
	enum sg_err err;

	if (!base64 && (*input)->len == VALUE && is_text(*input))
		return tool_fail(TOOL_FAILED, "base64 is read with --in-format base64; xxd -r -p makes "
		                 "bytes of hexadecimal digits.",
		                 "these 32 bytes are text, which would make a weak root");
	if (!base64) {
		*value = *input;
		*input = NULL;
	} else {
		err = sg_secret_new(TEXT_MAX, value);
		if (err != SG_OK)
			return tool_fail_err(err, "can't read the root");
		if (!sg_base64_read(sg_secret_bytes(*input), (*value)->data, TEXT_MAX,
		                    &(*value)->len))
			return tool_fail(TOOL_FAILED, NULL, "this is no base64");
	}
	if ((*value)->len == VALUE && is_one_byte(*value))
		return tool_fail(TOOL_FAILED, "Look whether what should have made them did.",
		                 "these 32 bytes are all the same, which is no root");
	return (*value)->len == VALUE
	               ? TOOL_OK
	               : tool_fail(TOOL_FAILED, base64 ? NULL : "base64 is read with --in-format "
	                           "base64.", "a root has %d bytes, and these are %zu", VALUE,
	                           (*value)->len);
}

static enum tool_exit read_value(const struct tool *tool, struct sg_secret **value)
{
	const char *format = tool_given(tool, OPT_IN_FORMAT) ? tool->value[OPT_IN_FORMAT] : "raw";
	const bool base64 = strcmp(format, "base64") == 0;
	struct sg_secret *input = NULL;
	enum tool_exit code;
	enum sg_err err;
	int fd;

	if (!base64 && strcmp(format, "raw") != 0)
		return tool_fail(TOOL_USAGE, NULL, "--in-format is \"%s\", but must be raw or base64",
		                 format);
	code = find_fd(tool, &fd);
	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	err = sg_secret_read_fd(fd, TEXT_MAX, &input);
	if (err == SG_ERR_RANGE)
		return tool_fail(TOOL_FAILED, NULL, "a root has %d bytes, and these are more than %d",
		                 VALUE, TEXT_MAX);
	code = err == SG_OK ? take(base64, &input, value) : tool_fail_err(err, "can't read the root");
	sg_secret_free(&input);
	return code;
}

static enum tool_exit bring(const struct tool *tool, const struct tool_root *root,
                            struct tool_recovery *plan, const struct sg_secret *value)
{
	enum tool_exit code = plan->way == TOOL_WAY_NONE ? TOOL_OK : tool_root_try(tool, root);
	CK_OBJECT_HANDLE key = 0;
	CK_RV rv;

	if (code == TOOL_OK)
		code = tool_recovery_arrange(plan, tool->value[OPT_LABEL], value);
	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	tool_progress_begin("taking the root");
	rv = tool_root_bring(tool, root, value, plan->said, &key);
	tool_progress_end();
	if (!tool_rv_is_done(rv))
		tool_recovery_undo(plan);
	return tool_root_made(tool, rv, key, root, plan, "Imported the decryption root");
}

static enum tool_exit run(struct tool *tool)
{
	struct sg_secret *value = NULL;
	struct sg_buf id = { NULL, 0, 0 };
	struct tool_guard guard = { .pin = NULL };
	struct tool_root root = { .version = 0, .guard = &guard };
	struct tool_recovery plan;
	enum tool_exit code = tool_recovery_read(tool, &plan);

	if (code == TOOL_OK)
		code = tool_usage(tool, "wrap", &root.wrap, &root.encrypt);
	if (code == TOOL_OK)
		code = tool_root_leave(tool, plan.way == TOOL_WAY_NONE ? 0
		                                                       : CKF_SIGNET_LEAVE_RECOVERY,
		                       &root.leave);
	if (code == TOOL_OK)
		code = tool_guard_read(tool, &guard);
	if (code == TOOL_OK)
		code = read_value(tool, &value);
	if (code == TOOL_OK)
		code = tool_root_open_new(tool, &root, &id);
	if (code == TOOL_OK)
		code = bring(tool, &root, &plan, value);
	tool_guard_clear(&guard);
	sg_secret_free(&value);
	sg_buf_free(&id);
	return code;
}

const struct tool_verb tool_verb_root_import = {
	.name = "root import",
	.summary = "take a root that was made elsewhere into the token",
	.usage = "--label NAME [--in fd:N] [--in-format raw|base64]\n"
	         "                     (--shares N --threshold K [--share-key KEY]... [--out-dir DIR]\n"
	         "                     [--format words|base64] [--all-in-one FILE]\n"
	         "                     | --recovery-key KEY --recovery-file FILE | --no-recovery)\n"
	         "                     [--leave recovery,send,deliver|none] [--usage wrap|encrypt|both]\n"
	         "                     [--pcr BANK:PCRS] [--policy-key FILE] [--key-pin-file FILE]\n"
	         "                     [--id HEX] [--token LABEL] [--pin-file FILE] [--json] < FILE",
	.text = "The root has 32 bytes, which are read from standard input or a descriptor, never from\n"
	        "an argument. Where it comes from, it may still be: what is said of recovery and of\n"
	        "ways to leave holds for this token alone. A label NAME-v2 makes it the second version\n"
	        "of NAME.",
	.example = "signet root import --label root --no-recovery < root.key",
	.run = run,
	.options = { OPT_LABEL, OPT_IN, OPT_IN_FORMAT, TOOL_RECOVERY_OPTIONS, OPT_NO_RECOVERY,
	             OPT_LEAVE, OPT_USAGE, TOOL_GUARD_OPTIONS, OPT_ID, OPT_TOKEN, OPT_PIN_FILE,
	             OPT_JSON },
	.required = { OPT_LABEL },
	.reads_stdin = true,
	.makes = true,
};
