/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Standard input, standard output and files. Output is complete or an
 * error; bytes that are no text don't go to a terminal unless they are forced to.
 */
#ifndef TOOLS_IO_H
#define TOOLS_IO_H

#include "tools/tool.h"

#define TOOL_PAYLOAD_MAX ((size_t)64 << 20)

/* A message or a file on its way: memory that is in no core dump and in no child,
 * and wiped at the end. It is not locked: 64 MiB would not fit under the limit.
 * Keys never go here. */
struct tool_payload {
	uint8_t *data;
	size_t len;
	size_t cap;
};

static inline struct sg_bytes tool_payload_bytes(const struct tool_payload *payload)
{
	return (struct sg_bytes){ payload->data, payload->len };
}

/* Make an empty payload. */
enum tool_exit tool_payload_new(size_t cap, struct tool_payload *out);

/* Read all of standard input, at most max bytes; what names it in the message. */
enum tool_exit tool_payload_stdin(size_t max, const char *what, struct tool_payload *out);

/* Wipe and unmap; an empty one is fine. */
void tool_payload_free(struct tool_payload *payload);

/* Make sure that descriptors 0 to 2 are open, so that no file of ours gets their number. */
void tool_io_start(void);

/* Refuse to begin where it is plain that nothing can be written to standard output: it is
 * closed, read-only, or a pipe that nobody reads. */
enum tool_exit tool_check_output(void);

/* Write to standard output, all of it. */
enum tool_exit tool_write(struct sg_bytes bytes);

/* Write bytes in the form that --format asks for: raw, or base64 with a newline. Raw
 * bytes are refused where standard output is a terminal and --force is not given. */
enum tool_exit tool_write_binary(const struct tool *tool, struct sg_bytes bytes);

/* The check of tool_write_binary alone, before anything is done. */
enum tool_exit tool_check_binary(const struct tool *tool);

/* Read a file of at most max public bytes; "-" is standard input. */
enum tool_exit tool_read_file(const char *path, size_t max, struct sg_buf *out);

/* Take bytes that may stand in base64 out of it: in place. Errors: NOMEM. */
enum sg_err tool_unbase64(struct sg_buf *buf);

/* Refuse to read from a terminal what nobody types; hint shows how it is given. */
enum tool_exit tool_check_stdin(const char *hint);

#endif
