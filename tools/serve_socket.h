/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The socket that a server listens on: one of its own, or the one that systemd gave.
 * Takes no connection.
 */
#ifndef TOOLS_SERVE_SOCKET_H
#define TOOLS_SERVE_SOCKET_H

#include <netinet/in.h>

#include "tools/exit.h"

#define SERVE_ADDRESS 64        /* of a text "[2001:db8::1]:65535" */

struct serve_socket {
	int fd;                         /* -1: none; the caller closes it */
	char address[SERVE_ADDRESS];    /* where it listens: "127.0.0.1:8443" */
	bool loopback;                  /* nobody else can reach it */
};

/* Listen at "ADDRESS:PORT", of IPv4 or of IPv6 in brackets; port 0 is any that is free. It is told
 * what fails. */
enum tool_exit serve_socket_open(const char *where, struct serve_socket *out);

/* Take the socket that systemd listens on for this process [sd_listen_fds(3)]; out->fd is -1 where
 * there is none. Refuses several, and what is no socket that listens for TCP. */
enum tool_exit serve_socket_given(struct serve_socket *out);

/* Who somebody is where sources are counted: an address of IPv4, or the 64 bits that a network of
 * IPv6 has in common. */
struct serve_source {
	unsigned len;                   /* 4, 8, or 0: nobody knows */
	unsigned char bytes[8];
	bool many;                      /* it stands for others, and is not bounded itself */
};
struct serve_source serve_socket_who(const struct sockaddr *address);

/* Write the address of somebody, without the port; one of IPv4 is written so however it came. */
void serve_socket_source(const struct sockaddr *address, char out[INET6_ADDRSTRLEN]);

#endif
