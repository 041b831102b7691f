/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Making and reading text: growing text with one sticky error, base64 and
 * hexadecimal of public bytes, names as a terminal may see them. No secret goes
 * through here.
 */
#ifndef TOOLS_TEXT_H
#define TOOLS_TEXT_H

#include "tools/exit.h"
#include "util/bytes.h"

/* Text that grows. All zero is an empty one; free it with sg_buf_free(&text.buf). */
struct tool_text {
	struct sg_buf buf;
	enum sg_err err;
};

void tool_text_add(struct tool_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Append bytes as UTF-8 that shows itself and steers nothing: what is no character, a control
 * character or an invisible one becomes "?". */
void tool_text_name(struct tool_text *text, struct sg_bytes name);

/* Do the same to text where it stands; return its new length, which is not longer. */
size_t tool_text_clean(char *text, size_t len);

void tool_text_hex(struct tool_text *text, struct sg_bytes bytes);
void tool_text_base64(struct tool_text *text, struct sg_bytes bytes);

/* Write the text to standard output and free it. */
enum tool_exit tool_text_out(struct tool_text *text);

/* Read base64, with spaces and newlines anywhere between, or hexadecimal digits; the result
 * replaces what out holds. Errors: FORMAT where it is none, NOMEM. */
enum sg_err tool_base64_read(struct sg_bytes text, struct sg_buf *out);
enum sg_err tool_hex_read(const char *text, struct sg_buf *out);

/* Return how many letters must change to make a into b, at most limit + 1. */
size_t tool_text_distance(const char *a, const char *b, size_t limit);

#endif
