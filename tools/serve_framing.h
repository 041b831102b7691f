/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Where the body of a request ends, for a server by libmicrohttpd. That library takes the
 * first of what it finds; a server in front of it may take another.
 */
#ifndef TOOLS_SERVE_FRAMING_H
#define TOOLS_SERVE_FRAMING_H

#include <microhttpd.h>
#include <stdbool.h>

/* Tell whether two readers could see the end of a request's body in two places: its length is there
 * twice, or besides a coding, or the coding is another than "chunked" of HTTP/1.1
 * [RFC 9112 6.1, 6.3]. */
bool serve_framing_ambiguous(struct MHD_Connection *connection, const char *version);

#endif
