/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Reading a file or a pipe line by line, in bounded memory: a line that is longer than
 * the limit comes in pieces. Public bytes only.
 */
#ifndef TOOLS_LINES_H
#define TOOLS_LINES_H

#include <sys/types.h>

#include "util/bytes.h"

#define TOOL_LINE_MAX ((size_t)1 << 20)

/* A reader. All zero but for fd is a new one; free it with tool_lines_free. */
struct tool_lines {
	int fd;                         /* borrowed */
	uint8_t *data;
	size_t at, end;                 /* what of it is still to be given */
	bool over;                      /* the end of the file was reached */
	bool inside;                    /* in a line that is too long */
	uint64_t number;                /* of the line that was given last, from 1 */
	uint64_t offset;                /* bytes that were given */
};

/* A line, valid until the next one is read. */
struct tool_line {
	struct sg_bytes bytes;          /* with its newline, if it has one; empty: no more */
	bool piece;                     /* of a line that is too long */
	bool first;                     /* of a line; false only for pieces */
};

/* Read the next line. Errors: SYSTEM (errno tells), NOMEM. */
enum sg_err tool_lines_next(struct tool_lines *lines, struct tool_line *line);

/* Begin anew at the beginning of the file. False where it has none to go back to. */
bool tool_lines_rewind(struct tool_lines *lines);

void tool_lines_free(struct tool_lines *lines);

#endif
