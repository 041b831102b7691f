/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What is linked to the objects of the command makes it die, by SIGKILL, before the n-th
 * point at which something lasting changes: a file comes into its place, a database goes to the
 * disk, or somebody is asked over the network. SIGNET_DYING is n. These functions stand before
 * those of the C library.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

static void pass(void)
{
	static unsigned long passed;
	const char *last = getenv("SIGNET_DYING");

	passed++;
	if (last != NULL && passed == strtoul(last, NULL, 10))
		kill(getpid(), SIGKILL);
}

EXPORTED int renameat(int from, const char *old, int to, const char *new);
EXPORTED int renameat(int from, const char *old, int to, const char *new)
{
	pass();
	return (int)syscall(SYS_renameat2, from, old, to, new, 0);
}

EXPORTED int fdatasync(int fd)
{
	pass();
	return (int)syscall(SYS_fdatasync, fd);
}

EXPORTED int connect(int fd, const struct sockaddr *address, socklen_t len)
{
	if (address->sa_family == AF_INET)
		pass();
	return (int)syscall(SYS_connect, fd, address, len);
}
