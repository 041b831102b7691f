/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Input and output.
 */
#include "tools/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/text.h"

void tool_io_start(void)
{
	/* Each is opened the wrong way round: using it fails as if it were closed. */
	static const int ways[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		if (open("/dev/null", ways[fd]) != fd)
			_exit(TOOL_FAILED);
	}
}

enum tool_exit tool_payload_new(size_t cap, struct tool_payload *out)
{
	void *data = mmap(NULL, cap, PROT_READ | PROT_WRITE,
	                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (data == MAP_FAILED)
		return tool_fail_err(SG_ERR_NOMEM, "can't hold %zu bytes", cap);
	*out = (struct tool_payload){ data, 0, cap };
	if (madvise(data, cap, MADV_DONTDUMP) != 0 || madvise(data, cap, MADV_DONTFORK) != 0) {
		tool_payload_free(out);
		return tool_fail_err(SG_ERR_SYSTEM, "can't keep memory out of core dumps");
	}
	return TOOL_OK;
}

void tool_payload_free(struct tool_payload *payload)
{
	if (payload->data == NULL)
		return;
	explicit_bzero(payload->data, payload->len);
	munmap(payload->data, payload->cap);
	*payload = (struct tool_payload){ NULL, 0, 0 };
}

/* Read until the end or until cap bytes are there. False: see errno. */
static bool read_all(int fd, uint8_t *data, size_t cap, size_t *len)
{
	ssize_t got = 1;

	*len = 0;
	while (*len < cap && got > 0) {
		got = read(fd, data + *len, cap - *len);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			*len += (size_t)got;
	}
	return got >= 0;
}

enum tool_exit tool_payload_stdin(size_t max, const char *what, struct tool_payload *out)
{
	enum tool_exit code = tool_payload_new(max + 1, out);

	if (code != TOOL_OK)
		return code;
	if (!read_all(STDIN_FILENO, out->data, out->cap, &out->len))
		return tool_fail(TOOL_FAILED, NULL, "can't read %s from standard input: %s", what,
		                 strerror(errno));
	if (out->len > max)
		return tool_fail(TOOL_FAILED, NULL, "%s has more than %zu bytes (%zu MiB), which is "
		                 "the limit", what, max, max >> 20);
	return TOOL_OK;
}

enum tool_exit tool_check_output(void)
{
	struct pollfd output = { .fd = STDOUT_FILENO };
	int mode = fcntl(STDOUT_FILENO, F_GETFL);

	if (mode < 0 || (mode & O_ACCMODE) == O_RDONLY)
		return tool_fail(TOOL_FAILED, NULL, "can't write to standard output: it is closed");
	if (poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0)
		return tool_fail(TOOL_FAILED, NULL, "can't write to standard output: nobody reads it");
	return TOOL_OK;
}

enum tool_exit tool_write(struct sg_bytes bytes)
{
	while (bytes.len > 0) {
		ssize_t written = write(STDOUT_FILENO, bytes.data, bytes.len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return tool_fail(TOOL_FAILED, NULL, "can't write to standard output: %s",
			                 strerror(errno));
		bytes = sg_bytes(bytes.data + written, bytes.len - (size_t)written);
	}
	return TOOL_OK;
}

static bool wants_base64(const struct tool *tool)
{
	return tool_given(tool, OPT_FORMAT) && strcmp(tool->value[OPT_FORMAT], "base64") == 0;
}

enum tool_exit tool_check_binary(const struct tool *tool)
{
	const char *format = tool->value[OPT_FORMAT];

	if (format != NULL && strcmp(format, "raw") != 0 && strcmp(format, "base64") != 0)
		return tool_fail(TOOL_USAGE, NULL, "--format is \"%s\", but must be raw or base64",
		                 format);
	if (!wants_base64(tool) && !tool_given(tool, OPT_FORCE) && isatty(STDOUT_FILENO))
		return tool_fail(TOOL_USAGE, "Send it to a file with > FILE, or use --format base64; "
		                 "--force writes it all the same.",
		                 "the output is binary, and standard output is a terminal");
	return TOOL_OK;
}

enum tool_exit tool_write_binary(const struct tool *tool, struct sg_bytes bytes)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	if (!wants_base64(tool))
		return tool_write(bytes);
	tool_text_base64(&text, bytes);
	tool_text_add(&text, "\n");
	return tool_text_out(&text);
}

enum tool_exit tool_read_file(const char *path, size_t max, struct sg_buf *out)
{
	bool borrowed = strcmp(path, "-") == 0;
	int fd = borrowed ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	enum tool_exit code = TOOL_OK;
	size_t len;

	if (fd < 0)
		return tool_fail(errno == ENOENT ? TOOL_NOT_FOUND : TOOL_FAILED, NULL,
		                 "can't open %s: %s", path, strerror(errno));
	out->len = 0;
	if (sg_buf_reserve(out, max + 1) != SG_OK)
		code = tool_fail_err(SG_ERR_NOMEM, "can't read %s", path);
	else if (!read_all(fd, out->data, max + 1, &len))
		code = tool_fail(TOOL_FAILED, NULL, "can't read %s: %s", path, strerror(errno));
	else if (len > max)
		code = tool_fail(TOOL_FAILED, NULL, "%s has more than %zu bytes", path, max);
	else
		out->len = len;
	if (!borrowed)
		close(fd);
	return code;
}

enum sg_err tool_unbase64(struct sg_buf *buf)
{
	struct sg_buf plain = { NULL, 0, 0 };
	enum sg_err err = tool_base64_read(sg_buf_bytes(buf), &plain);

	/* Random bytes that all happen to be digits of base64 don't happen. */
	if (err == SG_OK)
		err = sg_buf_set(buf, sg_buf_bytes(&plain));
	else if (err == SG_ERR_FORMAT)
		err = SG_OK;
	sg_buf_free(&plain);
	return err;
}

enum tool_exit tool_check_stdin(const char *hint)
{
	if (!isatty(STDIN_FILENO))
		return TOOL_OK;
	return tool_fail(TOOL_USAGE, hint, "standard input is a terminal");
}
