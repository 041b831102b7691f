/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The address of a request, taken apart without changing a byte of it: what is signed
 * must be what is sent.
 */
#ifndef TOOLS_URL_H
#define TOOLS_URL_H

#include <signet/request.h>

#include "tools/exit.h"

/* An address. All zero is none; free it with tool_url_free. */
struct tool_url {
	char *text;                     /* all of it, which the parts view */
	struct sg_request_text scheme;  /* "https", "http", or empty for a path alone */
	struct sg_request_text authority;       /* host and port, or empty */
	struct sg_request_text target;  /* path and query, at least "/" */
};

/* Take "https://host:port/path?query", or "/path?query" alone, apart. A fragment or a user in it
 * is refused; option is where it comes from, for messages. */
enum tool_exit tool_url_split(const char *url, const char *option, struct tool_url *out);
void tool_url_free(struct tool_url *url);

/* Tell whether two addresses are of the same server: scheme, host and port. */
bool tool_url_same_server(const struct tool_url *a, const struct tool_url *b);

/* Read a field, "Name: value". False where it has no colon. */
bool tool_field_read(const char *text, struct sg_request_field *out);

#endif
