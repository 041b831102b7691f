/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. A request as it came over a connection, head and body, on standard input. The body may
 * be of any size: nothing is kept of it but its digests.
 */
#ifndef TOOLS_RAW_REQUEST_H
#define TOOLS_RAW_REQUEST_H

#include <signet/request.h>

#include "tools/io.h"

/* A request. All zero is none; free it with tool_raw_free. */
struct tool_raw {
	struct tool_payload bytes;      /* the head, and what came with it */
	struct sg_request_head *head;
	struct sg_request_digest body;
};

/* Read all of it. *reason says what is wrong with the request; SG_REQUEST_OK where nothing is, or
 * where it could not be read, which was told. What stands behind the request is refused
 * (SG_REQUEST_FRAMING). */
enum tool_exit tool_raw_read(int fd, struct tool_raw *raw, enum sg_request_reason *reason);
void tool_raw_free(struct tool_raw *raw);

#endif
