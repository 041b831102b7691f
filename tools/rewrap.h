/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Rewrapping a stream of wrapped keys, line by line: each line goes out whole, changed
 * in its key alone or not at all. What is done with one key, and where the lines go, is given.
 */
#ifndef TOOLS_REWRAP_H
#define TOOLS_REWRAP_H

#include "tools/exit.h"
#include "tools/lines.h"

/* What became of one key. */
enum tool_rewrapped {
	TOOL_REWRAP_DONE,               /* *out is what it is now */
	TOOL_REWRAP_KEPT,               /* it is under the newest version already */
	TOOL_REWRAP_UNOPENED,           /* nothing opens it, or what is in it can't be wrapped */
	TOOL_REWRAP_STOPPED,            /* the token can't go on, which was told */
};

/* What is done with the keys. */
struct tool_rewrapper {
	/* Rewrap one key into *out, which is empty; *why is a sentence where it was not opened. */
	enum tool_rewrapped (*key)(void *arg, struct sg_bytes wrapped, struct sg_buf *out,
	                           const char **why);
	void *arg;
	const char *field;              /* see tool_wrapped_find */
};

struct tool_rewrap_count {
	uint64_t lines, done, kept, failed;     /* lines without a key are in the first alone */
};

/* Where the lines go. */
struct tool_rewrap_sink {
	/* Take a line in, and what it has become; both are whole, or the same piece of one. */
	enum tool_exit (*put)(struct tool_rewrap_sink *sink, struct sg_bytes in,
	                      struct sg_bytes out, const struct tool_rewrap_count *count);
};

/* Pass all lines from in to the sink, telling of each that stays as it was for want of a key that
 * opens it. Errors: TOOL_FAILED and others where it ended before the last line, which was told. */
enum tool_exit tool_rewrap(struct tool_lines *in, const struct tool_rewrapper *how,
                           struct tool_rewrap_sink *sink, struct tool_rewrap_count *count);

#endif
