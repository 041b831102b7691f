/* SPDX-License-Identifier: Apache-2.0
 *
 * signet unseal credential: give a root to services as a systemd credential. systemd listens
 * on a socket for us and connects to it for the service, under a name that says which.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/deliver.h"
#include "tools/fail.h"

#define PASSED 3                        /* the first descriptor that systemd passes */
#define IDLE_MS 5000                    /* systemd starts us anew when somebody else comes */

/* Who connected, as systemd puts it: a random name, then "/unit/UNIT/CREDENTIAL" [systemd.exec,
 * LoadCredential=]. Root and we alone are believed. */
struct peer {
	struct ucred who;
	char unit[256];                 /* "" where the name says none */
};

/* Find the socket that was passed. */
static enum tool_exit passed(bool *listening)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	int accepts = 0, domain = 0;
	socklen_t len = sizeof accepts;

	if (pid == NULL || n == NULL || atol(pid) != (long)getpid() || strcmp(n, "1") != 0)
		return tool_fail(TOOL_USAGE, "systemctl enable --now signet-root@NAME.socket, or by hand: "
		                 "systemd-socket-activate -l SOCKET signet unseal credential --root NAME",
		                 "no socket was passed: systemd starts this");
	len = sizeof domain;
	if (getsockopt(PASSED, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0 || domain != AF_UNIX)
		return tool_fail(TOOL_CONFIG, "ListenStream= takes a path.",
		                 "the socket that was passed is none of this machine's own");
	len = sizeof accepts;
	if (getsockopt(PASSED, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &len) != 0 ||
	    fcntl(PASSED, F_SETFD, FD_CLOEXEC) != 0)
		return tool_fail(TOOL_FAILED, NULL, "can't use the socket that was passed: %s",
		                 strerror(errno));
	*listening = accepts != 0;
	return TOOL_OK;
}

/* Take the unit out of the name that the other side has. */
static void read_unit(const struct sockaddr_un *name, socklen_t len, char unit[256])
{
	const char *path = name->sun_path + 1, *end, *at, *slash;

	unit[0] = '\0';
	if (len <= offsetof(struct sockaddr_un, sun_path) + 1 || name->sun_path[0] != '\0')
		return;
	end = (const char *)name + len;
	at = memmem(path, (size_t)(end - path), "/unit/", 6);
	if (at == NULL)
		return;
	at += 6;
	slash = memchr(at, '/', (size_t)(end - at));
	if (slash != NULL && slash - at < 256 && memchr(at, '\0', (size_t)(slash - at)) == NULL)
		snprintf(unit, 256, "%.*s", (int)(slash - at), at);
}

static enum tool_exit read_peer(int fd, struct peer *peer)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	socklen_t len = sizeof peer->who, name_len = sizeof name;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer->who, &len) != 0 ||
	    getpeername(fd, (struct sockaddr *)&name, &name_len) != 0)
		return tool_fail(TOOL_FAILED, NULL, "can't tell who asks for the root: %s",
		                 strerror(errno));
	if (name_len > sizeof name)
		name_len = sizeof name;
	read_unit(&name, name_len, peer->unit);
	return TOOL_OK;
}

/* Tell whether who connected may have it. That one may not is no failure of ours. */
static bool may_have(const struct tool *tool, const struct peer *peer)
{
	const char *unit;
	size_t at = 0;

	if (peer->who.uid != 0 && peer->who.uid != geteuid()) {
		tool_note("user %u asked for the root and was refused: only systemd may",
		          (unsigned)peer->who.uid);
		return false;
	}
	if (!tool_given(tool, OPT_UNIT))
		return true;
	while ((unit = tool_next(tool, OPT_UNIT, &at)) != NULL)
		if (strcmp(unit, peer->unit) == 0)
			return true;
	tool_note("the unit \"%s\" asked for the root and was refused: no --unit names it",
	          peer->unit);
	return false;
}

static bool send_all(int fd, struct sg_bytes bytes)
{
	while (bytes.len > 0) {
		ssize_t sent = send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			return false;
		if (sent > 0)
			bytes = sg_bytes(bytes.data + sent, bytes.len - (size_t)sent);
	}
	return true;
}

/* Answer one connection, and close it. */
static enum tool_exit serve(const struct tool *tool, const struct sg_secret *root, int fd)
{
	struct peer peer = { .unit = "" };
	enum tool_exit code = read_peer(fd, &peer);
	const char *who = peer.unit[0] != '\0' ? peer.unit : "a program of its user";

	if (code == TOOL_OK && may_have(tool, &peer)) {
		if (!send_all(fd, sg_secret_bytes(root)))
			code = tool_fail(TOOL_FAILED, NULL, "%s did not take the root: %s", who,
			                 strerror(errno));
		else
			tool_note("gave the root \"%s\" to %s", tool->value[OPT_ROOT], who);
	}
	close(fd);
	return code;
}

/* Answer those who come, one after the other, until nobody does for a while. One who may not
 * have it does not keep it from the next. */
static enum tool_exit serve_all(const struct tool *tool, const struct sg_secret *root)
{
	struct pollfd comes = { .fd = PASSED, .events = POLLIN };
	enum tool_exit code = TOOL_OK;
	int n;

	while ((n = poll(&comes, 1, IDLE_MS)) > 0 || (n < 0 && errno == EINTR)) {
		int fd = n > 0 ? accept4(PASSED, NULL, NULL, SOCK_CLOEXEC) : -1;

		if (fd >= 0) {
			enum tool_exit one = serve(tool, root, fd);

			code = one != TOOL_OK ? one : code;
		} else if (n > 0 && errno != EINTR && errno != ECONNABORTED) {
			return tool_fail(TOOL_FAILED, NULL, "can't answer who asks for the root: %s",
			                 strerror(errno));
		}
	}
	return code;
}

/* The root comes first: who is not accepted is told that nobody answers, and does not take an
 * empty answer for a root. systemd starts us again for him, as often as the unit allows. */
static enum tool_exit run(struct tool *tool)
{
	struct sg_secret *root = NULL;
	bool listening = false;
	enum tool_exit code = passed(&listening);

	if (code == TOOL_OK)
		code = tool_deliver_take(tool, &root);
	if (code == TOOL_OK)
		code = listening ? serve_all(tool, root) : serve(tool, root, PASSED);
	sg_secret_free(&root);
	return code;
}

const struct tool_verb tool_verb_unseal_credential = {
	.name = "unseal credential",
	.summary = "give a root to services as a systemd credential",
	.usage = "--root NAME [--version N] [--unit UNIT]... [--format raw|hex|base64]\n"
	         "                         [--token LABEL] [--pin-file FILE] [--key-pin-file FILE]",
	.text = "systemd starts this for signet-root@NAME.socket, where a service says\n"
	        "LoadCredential=root:/run/signet/NAME, and finds the bytes of the root in\n"
	        "$CREDENTIALS_DIRECTORY/root, in memory that only it can read. Only root, which is\n"
	        "systemd, and the own user are answered; with --unit only for these units. While the\n"
	        "root can't be unsealed nobody is answered, so that no service starts without it.",
	.example = "signet unseal credential --root vault --unit vault.service",
	.run = run,
	.options = { OPT_ROOT, OPT_VERSION, OPT_FORMAT, OPT_UNIT, OPT_TOKEN, OPT_PIN_FILE,
	             OPT_KEY_PIN_FILE },
	.required = { OPT_ROOT },
};
