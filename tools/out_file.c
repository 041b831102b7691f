/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Files for people.
 */
#include "tools/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/fail.h"

int tool_out_descriptor(const char *path)
{
	char *end = NULL;
	long fd;

	if (strcmp(path, "-") == 0)
		return STDOUT_FILENO;
	if (strncmp(path, "fd:", 3) != 0 || path[3] < '0' || path[3] > '9')
		return -1;
	fd = strtol(path + 3, &end, 10);
	return *end == '\0' && fd <= 65535 ? (int)fd : -1;
}

enum tool_exit tool_out_open(const char *path, const char *what, int *fd)
{
	const int given = tool_out_descriptor(path);

	*fd = given >= 0 ? fcntl(given, F_DUPFD_CLOEXEC, 3)
	                 : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
	if (*fd >= 0)
		return TOOL_OK;
	return tool_fail(errno == EEXIST ? TOOL_EXISTS : TOOL_FAILED,
	                 errno == EEXIST ? "Nothing is written over: name another file." : NULL,
	                 "can't write %s to %s: %s", what, path, strerror(errno));
}

enum tool_exit tool_out_write(int fd, const char *path, struct sg_bytes bytes)
{
	while (bytes.len > 0) {
		ssize_t written = write(fd, bytes.data, bytes.len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return tool_fail(TOOL_FAILED, NULL, "can't write to %s: %s", path,
			                 strerror(errno));
		bytes = sg_bytes(bytes.data + written, bytes.len - (size_t)written);
	}
	return TOOL_OK;
}

/* Bring the name of a new file to the disk, without which the file is lost with it. */
static bool sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".";
	size_t len = slash != NULL ? (size_t)(slash - path) + (slash == path) : 1;
	bool synced;
	int fd;

	if (len >= sizeof folder) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (slash != NULL) {
		memcpy(folder, path, len);
		folder[len] = '\0';
	}
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	synced = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return synced;
}

/* Bring what was written to the disk, where it is a file; a pipe has none. */
static bool sync_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (!S_ISREG(st.st_mode) || fsync(fd) == 0);
}

enum tool_exit tool_out_sync(int fd, const char *path)
{
	if (sync_file(fd))
		return TOOL_OK;
	return tool_fail(TOOL_FAILED, NULL, "can't write to %s: %s", path, strerror(errno));
}

enum tool_exit tool_out_close(int fd, const char *path)
{
	const bool safe = sync_file(fd) && (tool_out_descriptor(path) >= 0 || sync_folder(path));

	if (close(fd) == 0 && safe)
		return TOOL_OK;
	return tool_fail(TOOL_FAILED, NULL, "can't write to %s: %s", path, strerror(errno));
}

void tool_out_remove(const char *path)
{
	if (tool_out_descriptor(path) < 0 && unlink(path) != 0 && errno != ENOENT)
		tool_note("can't remove %s, which is of no use: %s", path, strerror(errno));
}
