/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Lines.
 */
#include "tools/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Read more behind what is there, which moves to the front. */
static enum sg_err fill(struct tool_lines *lines)
{
	ssize_t got;

	if (lines->at > 0) {
		memmove(lines->data, lines->data + lines->at, lines->end - lines->at);
		lines->end -= lines->at;
		lines->at = 0;
	}
	do
		got = read(lines->fd, lines->data + lines->end, TOOL_LINE_MAX - lines->end);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return SG_ERR_SYSTEM;
	lines->over = got == 0;
	lines->end += (size_t)got;
	return SG_OK;
}

enum sg_err tool_lines_next(struct tool_lines *lines, struct tool_line *line)
{
	const uint8_t *newline = NULL;
	size_t seen = 0, len;
	enum sg_err err = SG_OK;

	*line = (struct tool_line){ .first = !lines->inside, .piece = lines->inside };
	if (lines->data == NULL)
		lines->data = malloc(TOOL_LINE_MAX);
	if (lines->data == NULL)
		return SG_ERR_NOMEM;
	for (;;) {
		len = lines->end - lines->at;
		newline = memchr(lines->data + lines->at + seen, '\n', len - seen);
		seen = len;
		if (newline != NULL || len == TOOL_LINE_MAX || lines->over)
			break;
		err = fill(lines);
		if (err != SG_OK)
			return err;
	}
	if (newline != NULL)
		len = (size_t)(newline - (lines->data + lines->at)) + 1;
	line->bytes = sg_bytes(lines->data + lines->at, len);
	line->piece = lines->inside || (newline == NULL && len == TOOL_LINE_MAX);
	lines->inside = line->piece && newline == NULL;
	lines->number += line->first && len > 0;
	lines->offset += len;
	lines->at += len;
	return SG_OK;
}

bool tool_lines_rewind(struct tool_lines *lines)
{
	if (lseek(lines->fd, 0, SEEK_SET) != 0)
		return false;
	*lines = (struct tool_lines){ .fd = lines->fd, .data = lines->data };
	return true;
}

void tool_lines_free(struct tool_lines *lines)
{
	free(lines->data);
	*lines = (struct tool_lines){ .fd = -1 };
}
