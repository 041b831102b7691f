/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Who sent what a proxy passed on: the words of proxies that are trusted, in
 * X-Forwarded-For or Forwarded [RFC 7239], and of nobody else. It knows no socket.
 */
#ifndef TOOLS_SERVE_PROXY_H
#define TOOLS_SERVE_PROXY_H

#include <netinet/in.h>

#include "enroll/net.h"

#define SERVE_PROXY_LINES 8

/* The lines of a field, in the order in which they came. */
struct serve_lines {
	const char *line[SERVE_PROXY_LINES];
	size_t n;                       /* more than there is room for: those are not here */
};

/* What proxies say of the way that a request took. */
struct serve_way {
	struct serve_lines x_forwarded_for, forwarded;
};

/* Put the address of the client in the place of that of the peer: the last on the way that is no
 * trusted proxy, or the last one that says nothing further. False where a trusted proxy sent what
 * can't be read, or both fields, of which one would be the client's own: who asks is not known. */
bool serve_proxy_source(const struct sg_nets *trusted, const struct serve_way *way,
                        char source[INET6_ADDRSTRLEN]);

#endif
