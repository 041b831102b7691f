/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Keys that people keep offline.
 */
#include "tools/offline_key.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "tools/fail.h"
#include "util/file.h"

#define FILE_MAX 4096

/* Say what is wrong with a key: the character that is, where it is one. */
static enum tool_exit bad_key(enum sg_err err, size_t wrong, const char *half, const char *where,
                              bool private_half)
{
	if (err == SG_ERR_FORMAT && wrong != 0)
		return tool_fail(TOOL_MISMATCH, NULL, "the %s in %s is mistyped: look at its "
		                 "character %zu", half, where, wrong);
	if (err == SG_ERR_FORMAT)
		return tool_fail(TOOL_MISMATCH, NULL, "the %s in %s is mistyped in several places",
		                 half, where);
	if (err == SG_ERR_RANGE)
		return tool_fail(TOOL_MISMATCH, NULL, "the %s in %s is too short or too long", half,
		                 where);
	if (err == SG_ERR_ARG && private_half)
		return tool_fail(TOOL_USAGE, "signet recovery-key --key-file shows the public half.",
		                 "%s has a private half, which nobody but its keeper needs", where);
	if (err == SG_ERR_ARG || err == SG_ERR_TAG)
		return tool_fail(TOOL_FAILED, "signet recovery-key makes one.",
		                 "there is no %s in %s", half, where);
	return tool_fail_err(err, "can't read the %s in %s", half, where);
}

/* Who names the file of the private half by mistake has it in guarded memory only. */
static enum tool_exit read_file(const char *path, struct sg_secret **text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	enum sg_err err;

	if (fd < 0)
		return tool_fail(errno == ENOENT ? TOOL_NOT_FOUND : TOOL_FAILED,
		                 "A public half begins with signet1.", "can't open %s: %s", path,
		                 strerror(errno));
	tool_log_clear();
	err = sg_secret_read_fd(fd, FILE_MAX, text);
	close(fd);
	return err == SG_OK ? TOOL_OK : tool_fail_err(err, "can't read %s", path);
}

/* Return the first line that is no remark. */
static struct sg_bytes line_of(struct sg_bytes text)
{
	struct sg_bytes line = { NULL, 0 };

	while (text.len > 0) {
		const uint8_t *end = memchr(text.data, '\n', text.len);

		line = sg_bytes(text.data, end != NULL ? (size_t)(end - text.data) : text.len);
		text = sg_bytes(text.data + line.len, text.len - line.len);
		text = text.len > 0 ? sg_bytes(text.data + 1, text.len - 1) : text;
		while (line.len > 0 && memchr(" \t\r", line.data[line.len - 1], 3) != NULL)
			line.len--;
		if (line.len > 0 && line.data[0] != '#')
			return line;
	}
	return sg_bytes(NULL, 0);
}

enum tool_exit tool_key_public(const char *option, const char *given, struct tool_key *out)
{
	const bool itself = strncmp(given, "signet1", 7) == 0;
	const char *where = itself ? option : given;
	struct sg_secret *file = NULL;
	enum tool_exit code = TOOL_OK;
	struct sg_bytes line;
	enum sg_err err;
	size_t wrong;

	if (!itself)
		code = read_file(given, &file);
	if (code != TOOL_OK)
		return code;
	line = itself ? sg_bytes_str(given) : line_of(sg_secret_bytes(file));
	err = sg_recovery_public_read(line, out->bytes, &wrong);
	if (err == SG_OK)
		err = sg_recovery_public_write(sg_bytes(out->bytes, sizeof out->bytes), out->text);
	if (err != SG_OK)
		code = bad_key(err, wrong, "public key", where,
		               line.len > 18 && strncasecmp((const char *)line.data,
		                                            "signet-secret-key-", 18) == 0);
	sg_secret_free(&file);
	return code;
}

enum tool_exit tool_key_of(const struct sg_secret *key, struct tool_key *out)
{
	enum sg_err err;

	memcpy(out->bytes, key->data + SG_X25519_LEN, sizeof out->bytes);
	err = sg_recovery_public_write(sg_bytes(out->bytes, sizeof out->bytes), out->text);
	return err == SG_OK ? TOOL_OK : tool_fail_err(err, "can't write the public key");
}

enum tool_exit tool_key_private(const char *path, struct sg_secret **key)
{
	struct sg_secret *text = NULL;
	enum tool_exit code = TOOL_OK;
	enum sg_err err;
	size_t wrong = 0;

	tool_log_clear();
	err = sg_file_read_secret(path, FILE_MAX, &text);
	if (err == SG_ERR_STORE_UNSAFE)
		return tool_fail(TOOL_FAILED, "Whoever can read it has the key: what mends it stands "
		                 "above.", "can't read %s: %s", path,
		                 tool_log_lines(err));
	if (err != SG_OK)
		return tool_fail_err(err, "can't read %s", path);
	err = sg_recovery_private_read(sg_secret_bytes(text), key, &wrong);
	if (err != SG_OK)
		code = bad_key(err, wrong, "private key", path, false);
	sg_secret_free(&text);
	return code;
}
