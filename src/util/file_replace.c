/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Replaces a private file at once. What a crash leaves behind is a file of another
 * name, which the next one takes away.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "util/file.h"
#include "util/log.h"

#define TRIES 200                       /* of 10 ms, while another process replaces a file here */

static enum sg_err failed(const char *path)
{
	int error = errno;

	sg_log(SG_LOG_ERROR, "%s can't be written: %s", path, strerror(error));
	switch (error) {
	case ENOSPC:
	case EDQUOT:
		return SG_ERR_STORE_FULL;
	case EROFS:
	case EACCES:
	case EPERM:
		return SG_ERR_STORE_READONLY;
	default:
		return SG_ERR_SYSTEM;
	}
}

static enum sg_err write_all(const char *path, int fd, struct sg_bytes bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.data, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(path);
		bytes = sg_bytes(bytes.data + n, bytes.len - (size_t)n);
	}
	return fsync(fd) == 0 ? SG_OK : failed(path);
}

/* Two processes would write into each other's new file, which has one name. The lock ends with
 * the descriptor, and so with the process. */
static enum sg_err lock(int folder, const char *path)
{
	static const struct timespec pause = { 0, 10000000 };

	for (int i = 0; flock(folder, LOCK_EX | LOCK_NB) != 0; i++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return failed(path);
		if (i == TRIES) {
			sg_log(SG_LOG_ERROR, "%s can't be written: another process holds its folder locked",
			       path);
			return SG_ERR_STORE_BUSY;
		}
		nanosleep(&pause, NULL);
	}
	return SG_OK;
}

/* Write the new file under its other name. */
static enum sg_err write_new(int folder, const char *name, const char *path, struct sg_bytes bytes)
{
	enum sg_err err;
	int fd;

	if (unlinkat(folder, name, 0) != 0 && errno != ENOENT)
		return failed(path);
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return failed(path);
	err = write_all(path, fd, bytes);
	if (close(fd) != 0 && err == SG_OK)
		err = failed(path);
	return err;
}

enum sg_err sg_file_replace_private(const char *path, struct sg_bytes bytes)
{
	const char *slash = strrchr(path, '/');
	char *parent = NULL, *folder = NULL, *other = NULL;
	enum sg_err err = SG_ERR_NOMEM;
	int fd = -1;

	if (slash == NULL || slash == path || slash[1] == '\0')
		return SG_ERR_ARG;
	parent = strndup(path, (size_t)(slash - path));
	if (parent == NULL || asprintf(&other, "%s.new", slash + 1) < 0) {
		other = NULL;
		goto out;
	}
	err = sg_dir_resolve_private(parent, &folder);
	if (err != SG_OK)
		goto out;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		err = failed(folder);
		goto out;
	}
	err = lock(fd, path);
	if (err != SG_OK)
		goto out;
	err = write_new(fd, other, path, bytes);
	if (err == SG_OK && renameat(fd, other, fd, slash + 1) != 0)
		err = failed(path);
	if (err == SG_OK && fsync(fd) != 0)
		err = failed(path);
	if (err != SG_OK)
		(void)unlinkat(fd, other, 0);
out:
	if (fd >= 0) {
		/* A child that was forked meanwhile has the descriptor, and would keep the lock. */
		(void)flock(fd, LOCK_UN);
		close(fd);
	}
	free(parent);
	free(folder);
	free(other);
	return err;
}
