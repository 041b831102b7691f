/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The points at which something lasting changes.
 */
#include "lib/points.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

struct test_points test_points;

bool test_points_pass(void)
{
	test_points.count++;
	if (test_points.count == test_points.die_at)
		kill(getpid(), SIGKILL);
	errno = test_points.fail_with;
	return test_points.count == test_points.fail_at;
}

EXPORTED ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	return test_points_pass() ? -1 : syscall(SYS_pwrite64, fd, data, len, at);
}

EXPORTED ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	return test_points_pass() ? -1 : syscall(SYS_pwrite64, fd, data, len, at);
}

EXPORTED int ftruncate(int fd, off_t len)
{
	return test_points_pass() ? -1 : (int)syscall(SYS_ftruncate, fd, len);
}

EXPORTED int fsync(int fd)
{
	return test_points_pass() ? -1 : (int)syscall(SYS_fsync, fd);
}

EXPORTED int fdatasync(int fd)
{
	return test_points_pass() ? -1 : (int)syscall(SYS_fdatasync, fd);
}

EXPORTED int unlink(const char *path)
{
	return test_points_pass() ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

EXPORTED int renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
	return test_points_pass() ? -1 : (int)syscall(SYS_renameat2, from, old, to, new, flags);
}
