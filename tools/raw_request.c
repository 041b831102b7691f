/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Reading a request from a descriptor.
 */
#include "tools/raw_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/fail.h"

#define CHUNK ((size_t)64 << 10)
#define LINE_MAX 1024           /* of a chunk's size and of a trailer; see chunk_line */
#define TRAILERS_MAX 64
#define SIZE_DIGITS 15

/* What is left to be read: at first what came with the head. */
struct source {
	int fd;
	struct tool_payload room;
	struct sg_bytes left;
	int error;                      /* errno where reading failed */
};

/* View at least a byte of what comes next; empty at the end. */
static struct sg_bytes peek(struct source *source)
{
	ssize_t got;

	if (source->left.len > 0 || source->error != 0)
		return source->left;
	do
		got = read(source->fd, source->room.data, CHUNK);
	while (got < 0 && errno == EINTR);
	source->error = got < 0 ? errno : 0;
	source->left = sg_bytes(source->room.data, got > 0 ? (size_t)got : 0);
	return source->left;
}

static void skip(struct source *source, size_t len)
{
	source->left = sg_bytes(source->left.data + len, source->left.len - len);
}

/* Take len bytes of the body. */
static enum sg_request_reason take(struct source *source, struct sg_request_body *body,
                                   uint64_t len)
{
	enum sg_request_reason reason = SG_REQUEST_OK;

	while (len > 0 && reason == SG_REQUEST_OK) {
		struct sg_bytes next = peek(source);
		size_t n = next.len < len ? next.len : (size_t)len;

		if (n == 0)
			return SG_REQUEST_INCOMPLETE;
		reason = sg_request_body_add(body, next.data, n);
		skip(source, n);
		len -= n;
	}
	return reason;
}

/* Read a line that ends with CR LF, without them [RFC 9112 §7.1]. */
static enum sg_request_reason chunk_line(struct source *source, char line[LINE_MAX])
{
	size_t n = 0;

	for (;;) {
		struct sg_bytes next = peek(source);

		if (next.len == 0)
			return SG_REQUEST_INCOMPLETE;
		if (n == LINE_MAX - 1)
			return SG_REQUEST_TOO_LONG;
		line[n++] = (char)next.data[0];
		skip(source, 1);
		if (line[n - 1] == '\0' || (line[n - 1] == '\n' && (n < 2 || line[n - 2] != '\r')))
			return SG_REQUEST_LINE_END;
		if (line[n - 1] == '\n')
			break;
	}
	line[n - 2] = '\0';
	return SG_REQUEST_OK;
}

/* Read the size of a chunk; extensions are none that we know, so they are refused. */
static enum sg_request_reason chunk_size(struct source *source, uint64_t *size)
{
	char line[LINE_MAX];
	enum sg_request_reason reason = chunk_line(source, line);
	size_t len;

	*size = 0;
	if (reason != SG_REQUEST_OK)
		return reason;
	len = strlen(line);
	if (len == 0 || len > SIZE_DIGITS || strspn(line, "0123456789abcdefABCDEF") != len)
		return SG_REQUEST_TRANSFER_CODING;
	*size = strtoull(line, NULL, 16);
	return SG_REQUEST_OK;
}

/* Take a body in chunks. */
static enum sg_request_reason take_chunks(struct source *source, struct sg_request_body *body)
{
	char line[LINE_MAX];
	uint64_t size = 1;
	enum sg_request_reason reason = SG_REQUEST_OK;

	while (size > 0 && reason == SG_REQUEST_OK) {
		reason = chunk_size(source, &size);
		if (reason == SG_REQUEST_OK && size > 0)
			reason = take(source, body, size);
		if (reason == SG_REQUEST_OK && size > 0)
			reason = chunk_line(source, line);
		if (reason == SG_REQUEST_OK && size > 0 && line[0] != '\0')
			reason = SG_REQUEST_TRANSFER_CODING;
	}
	/* Trailers are not signed, and nothing here reads them. */
	for (int i = 0; reason == SG_REQUEST_OK; i++) {
		reason = chunk_line(source, line);
		if (reason == SG_REQUEST_OK && line[0] == '\0')
			break;
		if (i == TRAILERS_MAX)
			reason = SG_REQUEST_TOO_MANY;
	}
	return reason;
}

/* Read until the head is whole. */
static enum sg_request_reason read_head(struct source *source, struct tool_raw *raw)
{
	enum sg_request_reason reason = SG_REQUEST_INCOMPLETE;

	while (reason == SG_REQUEST_INCOMPLETE && raw->bytes.len < raw->bytes.cap) {
		ssize_t got = read(source->fd, raw->bytes.data + raw->bytes.len,
		                   raw->bytes.cap - raw->bytes.len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			source->error = errno;
		if (got <= 0)
			return SG_REQUEST_INCOMPLETE;
		raw->bytes.len += (size_t)got;
		reason = sg_request_parse(raw->bytes.data, raw->bytes.len, &raw->head);
	}
	return reason;
}

static enum sg_request_reason read_body(struct source *source, struct tool_raw *raw)
{
	const struct sg_request_head *head = raw->head;
	struct sg_request_body *body = NULL;
	enum sg_request_reason reason;

	raw->body.size = sizeof raw->body;
	source->left = sg_bytes(raw->bytes.data + head->len, raw->bytes.len - head->len);
	reason = sg_request_body_new(sg_request_digests_needed(&head->message), &body);
	if (reason == SG_REQUEST_OK)
		reason = head->chunked ? take_chunks(source, body)
		                       : take(source, body, head->content_length);
	if (reason == SG_REQUEST_OK && peek(source).len > 0)
		reason = SG_REQUEST_FRAMING;
	if (reason == SG_REQUEST_OK)
		reason = sg_request_body_end(body, &raw->body);
	sg_request_body_free(&body);
	return reason;
}

enum tool_exit tool_raw_read(int fd, struct tool_raw *raw, enum sg_request_reason *reason)
{
	struct source source = { .fd = fd };
	enum tool_exit code = tool_payload_new(SG_REQUEST_HEAD_MAX + CHUNK, &raw->bytes);

	*reason = SG_REQUEST_OK;
	if (code == TOOL_OK)
		code = tool_payload_new(CHUNK, &source.room);
	if (code != TOOL_OK)
		goto out;
	*reason = read_head(&source, raw);
	if (*reason == SG_REQUEST_OK)
		*reason = read_body(&source, raw);
	if (source.error != 0) {
		*reason = SG_REQUEST_OK;
		code = tool_fail(TOOL_FAILED, NULL, "can't read the request: %s",
		                 strerror(source.error));
	}
	if (code == TOOL_OK && *reason == SG_REQUEST_OK &&
	    (raw->head->chunked || raw->head->has_content_length))
		raw->head->message.body = &raw->body;
out:
	source.room.len = source.room.cap;      /* all of it is wiped */
	tool_payload_free(&source.room);
	return code;
}

void tool_raw_free(struct tool_raw *raw)
{
	sg_request_head_free(&raw->head);
	tool_payload_free(&raw->bytes);
}
