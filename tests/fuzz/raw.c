/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. A whole request, head and body, as the command reads it: whatever way the body is sent
 * in, its digest is that of its bytes, and nothing stands behind it.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/input.h"
#include "tools/raw_request.h"

static void need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("%s", what);
}

static unsigned hex(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
}

/* Put the chunks of a body that was understood together; what is behind them are trailers. */
static struct sg_bytes join(const char *at)
{
	uint8_t *body = fuzz_alloc(strlen(at) + 1);
	size_t len = 0;

	for (;;) {
		size_t size = 0;

		for (; *at != '\r'; at++)
			size = size * 16 + hex(*at);
		at += 2;
		if (size == 0)
			return sg_bytes(body, len);
		memcpy(body + len, at, size);
		len += size;
		at += size + 2;
	}
}

static void check_body(const struct tool_raw *raw, const char *text, size_t len)
{
	const struct sg_request_head *head = raw->head;
	struct sg_bytes body = sg_bytes(text + head->len, len - head->len);
	struct sg_request_digest digest = { .size = sizeof digest };

	/* A zero byte within the data would end the copy too soon. */
	if (head->chunked && memchr(text, 0, len) != NULL)
		return;
	if (head->chunked)
		body = join((const char *)body.data);
	else
		need(body.len == head->content_length, "something stands behind the request");
	need(sg_request_body_once(SG_REQUEST_SHA256, body.data, body.len, &digest) == SG_REQUEST_OK &&
	     raw->body.length == body.len &&
	     memcmp(raw->body.sha256, digest.sha256, sizeof digest.sha256) == 0,
	     "the body is another");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const int fd = memfd_create("request", MFD_CLOEXEC);
	char *text = fuzz_alloc(len + 1);
	struct tool_raw raw = { .head = NULL };
	enum sg_request_reason reason;

	memcpy(text, data, len);
	text[len] = '\0';
	need(fd >= 0 && write(fd, data, len) == (ssize_t)len && lseek(fd, 0, SEEK_SET) == 0, "a file");
	need(tool_raw_read(fd, &raw, &reason) == TOOL_OK, "it can't be read");
	need(reason != SG_REQUEST_OK || raw.head != NULL, "there is no head");
	if (reason == SG_REQUEST_OK)
		check_body(&raw, text, len);
	tool_raw_free(&raw);
	close(fd);
	fuzz_release();
	return 0;
}
