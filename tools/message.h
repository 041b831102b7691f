/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. A request as options describe it: --method, --url, --header, --body.
 */
#ifndef TOOLS_MESSAGE_H
#define TOOLS_MESSAGE_H

#include "tools/tool.h"
#include "tools/url.h"

#define TOOL_MESSAGE_OPTIONS OPT_METHOD, OPT_URL, OPT_HEADER, OPT_BODY

/* A request. All zero is none; free it with tool_message_free. Other texts are the caller's. */
struct tool_message {
	struct sg_request_message message;
	struct tool_url url;
	struct sg_request_field field[SG_REQUEST_FIELDS_MAX];
	struct sg_request_digest body;
};

/* Read the options but the body; url is what --url says. */
enum tool_exit tool_message_read(const struct tool *tool, const char *url,
                                 struct tool_message *out);
void tool_message_free(struct tool_message *message);

/* Read the body that --body names, of any size, and keep what is to be known of it. */
enum tool_exit tool_message_body(const struct tool *tool, struct tool_message *message);

/* Make the digests of what is left in a descriptor, at most max bytes. False: errno says why it
 * could not be read, or is 0 where the digest could not be made. */
bool tool_body_digest(int fd, unsigned digests, uint64_t max, struct sg_request_digest *out);

#endif
