/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. One line that holds a wrapped key: an object of JSON with the key as base64 in a
 * field, or base64 and nothing else. Says where it stands, so that all other bytes can be
 * kept; writes nothing.
 */
#ifndef TOOLS_WRAPPED_LINE_H
#define TOOLS_WRAPPED_LINE_H

#include "util/bytes.h"

#define TOOL_WRAPPED_FIELD "wrapped"

/* Where the text of a wrapped key stands in its line. */
struct tool_wrapped_place {
	size_t at;
	size_t len;                     /* without quotation marks; 0: the line is empty */
};

/* Find the wrapped key of a line, which may end with a newline; what it replaces in *wrapped is
 * the bytes that the base64 stands for. field is the name of a member, or a JSON pointer
 * [RFC 6901], which begins with "/". An empty line has none, and is no error. Return NULL, or
 * a sentence about what is wrong with the line, which the next call overwrites. */
const char *tool_wrapped_find(struct sg_bytes line, const char *field,
                              struct tool_wrapped_place *place, struct sg_buf *wrapped);

/* Make in out, whose contents it replaces, the line with another text in that place. Errors:
 * NOMEM. */
enum sg_err tool_wrapped_put(struct sg_bytes line, struct tool_wrapped_place place,
                             struct sg_bytes text, struct sg_buf *out);

#endif
