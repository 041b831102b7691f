/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Requests as options describe them.
 */
#include "tools/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/io.h"

#define CHUNK ((size_t)64 << 10)

static bool is_host(struct sg_request_text name)
{
	return name.len == 4 && strncasecmp(name.data, "Host", 4) == 0;
}

enum tool_exit tool_message_read(const struct tool *tool, const char *url,
                                 struct tool_message *out)
{
	enum tool_exit code = tool_url_split(url, "--url", &out->url);
	const char *text;
	size_t at = 0, n = 0;
	bool hosted = false;

	if (code != TOOL_OK)
		return code;
	while ((text = tool_next(tool, OPT_HEADER, &at)) != NULL) {
		if (n == SG_REQUEST_FIELDS_MAX)
			return tool_fail(TOOL_USAGE, NULL, "there are more than %d header fields",
			                 SG_REQUEST_FIELDS_MAX);
		if (!tool_field_read(text, &out->field[n++]))
			return tool_fail(TOOL_USAGE, "--header 'Content-Type: application/json'",
			                 "a header field has no colon");
		hosted |= is_host(out->field[n - 1].name);
	}
	/* Who gives a Host sends that, wherever he connects to. */
	out->message = (struct sg_request_message){
		.method = sg_request_text(tool_given(tool, OPT_METHOD) ? tool->value[OPT_METHOD]
		                                                       : "GET"),
		.target = out->url.target,
		.scheme = out->url.scheme,
		.authority = hosted ? sg_request_text(NULL) : out->url.authority,
		.fields = out->field,
		.n_fields = n,
	};
	return TOOL_OK;
}

void tool_message_free(struct tool_message *message)
{
	tool_url_free(&message->url);
}

bool tool_body_digest(int fd, unsigned digests, uint64_t max, struct sg_request_digest *out)
{
	struct sg_request_body *body = NULL;
	struct tool_payload chunk = { NULL, 0, 0 };
	enum sg_request_reason reason = sg_request_body_new(digests, &body);
	uint64_t had = 0;
	ssize_t got = 1;
	int error = 0;

	out->size = sizeof *out;
	/* It may be a secret on its way to the vault. */
	if (reason == SG_REQUEST_OK && tool_payload_new(CHUNK, &chunk) != TOOL_OK)
		reason = SG_REQUEST_NOMEM;
	while (reason == SG_REQUEST_OK && got != 0 && had < max) {
		got = read(fd, chunk.data, max - had < CHUNK ? (size_t)(max - had) : CHUNK);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			error = errno;
			break;
		}
		had += (uint64_t)got;
		reason = sg_request_body_add(body, chunk.data, (size_t)got);
	}
	if (reason == SG_REQUEST_OK && error == 0)
		reason = sg_request_body_end(body, out);
	sg_request_body_free(&body);
	chunk.len = chunk.cap;          /* all of it is wiped */
	tool_payload_free(&chunk);
	errno = error;
	return reason == SG_REQUEST_OK && error == 0;
}

enum tool_exit tool_message_body(const struct tool *tool, struct tool_message *message)
{
	const char *path = tool->value[OPT_BODY];
	bool borrowed;
	int fd;
	bool done;

	if (path == NULL)
		return TOOL_OK;
	borrowed = strcmp(path, "-") == 0;
	fd = borrowed ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return tool_fail(errno == ENOENT ? TOOL_NOT_FOUND : TOOL_FAILED, NULL,
		                 "can't open %s: %s", path, strerror(errno));
	done = tool_body_digest(fd, sg_request_digests_needed(&message->message), UINT64_MAX,
	                        &message->body);
	if (!borrowed)
		close(fd);
	if (!done)
		return tool_fail(TOOL_FAILED, NULL, "can't read the body: %s",
		                 errno != 0 ? strerror(errno) : "its digest can't be made");
	message->message.body = &message->body;
	return TOOL_OK;
}
