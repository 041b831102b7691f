/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The socket that a server listens on.
 */
#include "tools/serve_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/fail.h"

#define BACKLOG 128
#define GIVEN_FIRST 3           /* systemd's descriptors begin there */

union any {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	struct sockaddr_storage room;
};

/* Read the address and the port; false where it is none. */
static bool parse(const char *where, union any *out, socklen_t *len)
{
	const char *colon = strrchr(where, ':');
	char host[SERVE_ADDRESS], *end;
	unsigned long port;
	size_t n;

	memset(out, 0, sizeof *out);
	if (colon == NULL || colon[1] < '0' || colon[1] > '9')
		return false;
	port = strtoul(colon + 1, &end, 10);
	n = (size_t)(colon - where);
	if (*end != '\0' || end - colon > 6 || port > 65535 || n == 0 || n >= sizeof host)
		return false;
	memcpy(host, where, n);
	host[n] = '\0';
	if (host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		out->six.sin6_family = AF_INET6;
		out->six.sin6_port = htons((uint16_t)port);
		*len = sizeof out->six;
		return inet_pton(AF_INET6, host + 1, &out->six.sin6_addr) == 1;
	}
	out->four.sin_family = AF_INET;
	out->four.sin_port = htons((uint16_t)port);
	*len = sizeof out->four;
	return inet_pton(AF_INET, host, &out->four.sin_addr) == 1;
}

/* Learn where a socket listens. */
static bool describe(struct serve_socket *s)
{
	union any at;
	socklen_t len = sizeof at;
	char host[INET6_ADDRSTRLEN];

	if (getsockname(s->fd, &at.any, &len) != 0)
		return false;
	if (at.any.sa_family == AF_INET) {
		if (inet_ntop(AF_INET, &at.four.sin_addr, host, sizeof host) == NULL)
			return false;
		s->loopback = ntohl(at.four.sin_addr.s_addr) >> 24 == 127;
		snprintf(s->address, sizeof s->address, "%s:%u", host, ntohs(at.four.sin_port));
		return true;
	}
	if (at.any.sa_family != AF_INET6 ||
	    inet_ntop(AF_INET6, &at.six.sin6_addr, host, sizeof host) == NULL)
		return false;
	s->loopback = IN6_IS_ADDR_LOOPBACK(&at.six.sin6_addr);
	snprintf(s->address, sizeof s->address, "[%s]:%u", host, ntohs(at.six.sin6_port));
	return true;
}

enum tool_exit serve_socket_open(const char *where, struct serve_socket *out)
{
	union any at;
	socklen_t len = 0;
	const int on = 1;

	*out = (struct serve_socket){ .fd = -1 };
	if (!parse(where, &at, &len))
		return tool_fail(TOOL_USAGE, "It looks like 192.0.2.1:8443 or [2001:db8::1]:8443.",
		                 "--listen has no address and port");
	out->fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (out->fd >= 0 &&
	    setsockopt(out->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
	    (at.any.sa_family != AF_INET6 ||
	     setsockopt(out->fd, IPPROTO_IPV6, IPV6_V6ONLY, &(const int){ 0 }, sizeof on) == 0) &&
	    bind(out->fd, &at.any, len) == 0 && listen(out->fd, BACKLOG) == 0 && describe(out))
		return TOOL_OK;
	return tool_fail(TOOL_FAILED, NULL, "can't listen at %s: %s", where, strerror(errno));
}

/* Return the number in a variable of the environment; -1: it is not there, or no number. */
static long number_of(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long value;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return -1;
	value = strtol(text, &end, 10);
	return *end == '\0' ? value : -1;
}

enum tool_exit serve_socket_given(struct serve_socket *out)
{
	long n = number_of("LISTEN_PID") == (long)getpid() ? number_of("LISTEN_FDS") : -1;
	int listens = 0;
	socklen_t len = sizeof listens;

	*out = (struct serve_socket){ .fd = -1 };
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	if (n <= 0)
		return TOOL_OK;
	if (n > 1)
		return tool_fail(TOOL_CONFIG, "One ListenStream= is enough: [::]:8443 takes IPv4 too.",
		                 "systemd gave %ld sockets", n);
	out->fd = GIVEN_FIRST;
	if (fcntl(out->fd, F_SETFD, FD_CLOEXEC) == 0 &&
	    getsockopt(out->fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 && listens == 1 &&
	    describe(out))
		return TOOL_OK;
	return tool_fail(TOOL_CONFIG, "It needs ListenStream= with a port and Accept=no.",
	                 "what systemd gave is no socket that listens for TCP");
}

void serve_socket_source(const struct sockaddr *address, char out[INET6_ADDRSTRLEN])
{
	const union any *at = (const union any *)(const void *)address;
	const char *written = NULL;

	if (address != NULL && address->sa_family == AF_INET)
		written = inet_ntop(AF_INET, &at->four.sin_addr, out, INET6_ADDRSTRLEN);
	else if (address != NULL && address->sa_family == AF_INET6 &&
	         IN6_IS_ADDR_V4MAPPED(&at->six.sin6_addr))
		written = inet_ntop(AF_INET, at->six.sin6_addr.s6_addr + 12, out, INET6_ADDRSTRLEN);
	else if (address != NULL && address->sa_family == AF_INET6)
		written = inet_ntop(AF_INET6, &at->six.sin6_addr, out, INET6_ADDRSTRLEN);
	if (written == NULL)
		strcpy(out, "-");
}

struct serve_source serve_socket_who(const struct sockaddr *address)
{
	const union any *at = (const union any *)(const void *)address;
	struct serve_source out = { .len = 0 };

	if (address != NULL && address->sa_family == AF_INET) {
		out.len = 4;
		memcpy(out.bytes, &at->four.sin_addr, 4);
	} else if (address != NULL && address->sa_family == AF_INET6) {
		const bool four = IN6_IS_ADDR_V4MAPPED(&at->six.sin6_addr);

		out.len = four ? 4 : 8;
		memcpy(out.bytes, at->six.sin6_addr.s6_addr + (four ? 12 : 0), out.len);
	}
	return out;
}
