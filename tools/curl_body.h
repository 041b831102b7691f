/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The body that curl sends: read once, and given to curl on a descriptor, so that the
 * bytes that were signed are those that are sent. It is never written to a disk.
 */
#ifndef TOOLS_CURL_BODY_H
#define TOOLS_CURL_BODY_H

#include "tools/curl_args.h"
#include "tools/io.h"

/* A body. All zero but fd, which is -1, is none; free it with curl_body_free. */
struct curl_body {
	int fd;                         /* what curl reads, or -1 */
	struct sg_request_digest digest;
	struct tool_payload query;      /* with -G: what is put behind the address instead */
};

/* Read what -d and -T name. A file is left where it is and read by curl itself; all else is held in
 * memory, at most TOOL_PAYLOAD_MAX bytes. digests are those that are wanted. */
enum tool_exit tool_curl_body(const struct curl_args *args, unsigned digests,
                              struct curl_body *body);
void tool_curl_body_free(struct curl_body *body);

/* Tell whether standard input is read. */
bool tool_curl_body_stdin(const struct curl_args *args);

/* Make a file in memory that nobody can change any more; -1: errno says why not. */
int tool_curl_file(struct sg_bytes bytes);

#endif
