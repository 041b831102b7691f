/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Private files and folders, and reading of small files. The checks must
 * never open a file: SQLite may hold it.
 */
#define _GNU_SOURCE 1
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/log.h"
#include "util/private.h"
#include "util/walk.h"

static enum sg_err system_error(const char *path)
{
	sg_log(SG_LOG_ERROR, "%s: %s", path, strerror(errno));
	return SG_ERR_SYSTEM;
}

/* Look at the folder that the walk led to. */
static enum sg_err check_folder(const char *path, const struct sg_walk *at)
{
	const bool below = strcmp(at->name, ".") != 0;
	enum sg_err err = SG_OK;
	char *whole = NULL;
	struct stat st;

	if (fstatat(at->fd, at->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? SG_ERR_STORE_MISSING : system_error(path);
	if (asprintf(&whole, "%s%s%s", at->folder, below ? "/" : "", below ? at->name : "") < 0)
		return SG_ERR_NOMEM;
	err = sg_private_folder(path, whole, &st);
	free(whole);
	return err;
}

enum sg_err sg_file_check_private(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		return sg_private_file(path, &st);
	return errno == ENOENT || errno == ENOTDIR ? SG_ERR_STORE_MISSING : system_error(path);
}

enum sg_err sg_dir_check_private(const char *path)
{
	return sg_dir_resolve_private(path, NULL);
}

enum sg_err sg_dir_resolve_private(const char *path, char **out)
{
	struct sg_walk at;
	enum sg_err err;

	err = sg_walk_begin(path, false, &at);
	if (err == SG_OK)
		err = check_folder(path, &at);
	if (err == SG_OK && out != NULL && strcmp(at.name, ".") != 0)
		err = sg_path_join(at.folder, at.name, out);
	else if (err == SG_OK && out != NULL)
		err = sg_path_join("", at.folder + (at.folder[0] == '/'), out);
	sg_walk_end(&at);
	return err;
}

/* Whoever made it, we or another process, it is checked. */
enum sg_err sg_dir_make_private(const char *path)
{
	struct sg_walk at;
	enum sg_err err;

	err = sg_walk_begin(path, true, &at);
	if (err == SG_OK && !sg_walk_make_folder(at.fd, at.name, 0700) && errno != EEXIST)
		err = system_error(path);
	if (err == SG_OK)
		err = check_folder(path, &at);
	sg_walk_end(&at);
	return err;
}

/* O_NONBLOCK, so that a pipe put in the place of a file can't hang us. A socket is not opened
 * at all: ENXIO. */
static enum sg_err open_regular(int at, const char *name, const char *path, int *fd,
				struct stat *st)
{
	*fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (*fd < 0 && errno == ELOOP) {
		sg_log(SG_LOG_ERROR, "%s: a file is wanted here, but this is a symbolic link, which "
		       "is not followed", path);
		return SG_ERR_STORE_UNSAFE;
	}
	if (*fd < 0 && errno != ENXIO)
		return errno == ENOENT || errno == ENOTDIR ? SG_ERR_NOT_FOUND : system_error(path);
	if (*fd >= 0 && fstat(*fd, st) != 0)
		return system_error(path);
	if (*fd < 0 || !S_ISREG(st->st_mode)) {
		sg_log(SG_LOG_ERROR, "%s: a file is wanted here, but this is something else", path);
		return SG_ERR_STORE_UNSAFE;
	}
	return SG_OK;
}

/* Read until the end or until one byte more than max is there. */
static enum sg_err read_all(const char *path, int fd, size_t max, struct sg_buf *out)
{
	size_t start = out->len;
	ssize_t got = 1;

	while (got > 0 && out->len - start <= max) {
		size_t room = max - (out->len - start) + 1;
		enum sg_err err;

		room = room > 4096 ? 4096 : room;
		err = sg_buf_reserve(out, room);
		if (err != SG_OK)
			return err;
		do {
			got = read(fd, out->data + out->len, room);
		} while (got < 0 && errno == EINTR);
		if (got < 0)
			return system_error(path);
		out->len += (size_t)got;
	}
	if (out->len - start > max) {
		sg_log(SG_LOG_ERROR, "%s: the file is longer than %zu bytes", path, max);
		return SG_ERR_RANGE;
	}
	return SG_OK;
}

/* Refuse a file that was opened and that somebody else can change. */
static enum sg_err check_unchangeable(const char *path, const struct stat *st)
{
	const bool ours = st->st_uid == 0 || st->st_uid == geteuid();

	if (ours && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return SG_OK;
	if (ours)
		sg_log(SG_LOG_ERROR, "%s can be changed by others, but must be writable by nobody "
		       "else; chmod go-w '%s'", path, path);
	else
		sg_log(SG_LOG_ERROR, "%s can be changed by others: it must belong to root or this "
		       "user, and belongs to user %u; use a copy", path, (unsigned)st->st_uid);
	return SG_ERR_STORE_UNSAFE;
}

enum sg_err sg_file_read_trusted(const char *path, size_t max, struct sg_buf *out)
{
	size_t start = out->len;
	struct sg_walk at;
	enum sg_err err;
	struct stat st;
	int fd = -1;

	err = sg_walk_begin(path, false, &at);
	if (err == SG_OK)
		err = max < SIZE_MAX ? open_regular(at.fd, at.name, path, &fd, &st) : SG_ERR_RANGE;
	if (err == SG_OK)
		err = check_unchangeable(path, &st);
	if (err == SG_OK)
		err = read_all(path, fd, max, out);
	if (fd >= 0)
		close(fd);
	sg_walk_end(&at);
	if (err != SG_OK)
		out->len = start;
	return err == SG_ERR_STORE_MISSING ? SG_ERR_NOT_FOUND : err;
}

enum sg_err sg_file_check_trusted(const char *path)
{
	struct sg_walk at;
	struct stat st;
	enum sg_err err = sg_walk_begin(path, false, &at);

	if (err == SG_OK && fstatat(at.fd, at.name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		err = errno == ENOENT ? SG_ERR_NOT_FOUND : system_error(path);
	if (err == SG_OK && !S_ISREG(st.st_mode)) {
		sg_log(SG_LOG_ERROR, "%s is no file", path);
		err = SG_ERR_STORE_UNSAFE;
	}
	if (err == SG_OK)
		err = check_unchangeable(path, &st);
	sg_walk_end(&at);
	return err == SG_ERR_STORE_MISSING ? SG_ERR_NOT_FOUND : err;
}

/* Take "-" or "fd:N" apart. True: it is one of them, and *fd is -1 if it is malformed. */
static bool names_descriptor(const char *path, int *fd)
{
	unsigned long n = 0;
	const char *c;

	*fd = -1;
	if (strcmp(path, "-") == 0) {
		*fd = STDIN_FILENO;
		return true;
	}
	if (strncmp(path, "fd:", 3) != 0)
		return false;
	for (c = path + 3; *c >= '0' && *c <= '9' && n <= INT_MAX; c++)
		n = n * 10 + (unsigned long)(*c - '0');
	if (c != path + 3 && *c == '\0' && n <= INT_MAX && (path[3] != '0' || path[4] == '\0'))
		*fd = (int)n;
	return true;
}

/* systemd guards its credentials itself, with an ACL that looks like group access. */
static bool is_credential(const char *path)
{
	const char *folder = secure_getenv("CREDENTIALS_DIRECTORY");
	size_t len;

	if (folder == NULL || folder[0] != '/')
		return false;
	len = strlen(folder);
	return strncmp(path, folder, len) == 0 && path[len] == '/' &&
	       strstr(path + len, "/../") == NULL;
}

static enum sg_err open_secret(const char *path, int *fd)
{
	bool credential = is_credential(path);
	enum sg_err err = SG_OK;
	struct stat st;

	if (!credential)
		err = sg_file_check_private(path);
	if (err == SG_OK)
		err = open_regular(AT_FDCWD, path, path, fd, &st);
	/* Once more with what was opened, which may be another file by now. */
	if (err == SG_OK && !credential)
		err = sg_private_file(path, &st);
	return err == SG_ERR_STORE_MISSING ? SG_ERR_NOT_FOUND : err;
}

/* Take a byte off the end, if it is there. That may be known, but of another byte there
 * nothing else. */
static bool take_off(struct sg_secret *secret, uint8_t end)
{
	uint32_t differs;

	if (secret->len == 0)
		return false;
	differs = secret->data[secret->len - 1] ^ end;
	if (sg_secret_reveal((differs - 1) >> 31) == 0)
		return false;
	secret->data[--secret->len] = 0;
	return true;
}

enum sg_err sg_file_read_secret(const char *path, size_t max, struct sg_secret **out)
{
	enum sg_err err = SG_OK;
	bool borrowed;
	int fd = -1;

	borrowed = names_descriptor(path, &fd);
	if (borrowed && fd < 0) {
		sg_log(SG_LOG_ERROR, "%s: the number of a descriptor must follow fd:", path);
		return SG_ERR_NOT_FOUND;
	}
	if (!borrowed)
		err = open_secret(path, &fd);
	if (err == SG_ERR_NOT_FOUND)
		sg_log(SG_LOG_ERROR, "%s: there is no such file", path);
	if (err == SG_OK)
		err = sg_secret_read_fd(fd, max, out);
	if (err == SG_OK)
		(void)(take_off(*out, '\n') && take_off(*out, '\r'));
	if (!borrowed && fd >= 0)
		close(fd);
	return err;
}

enum sg_err sg_path_join(const char *a, const char *b, char **out)
{
	size_t len = strlen(a);
	const char *slash = len > 0 && a[len - 1] == '/' ? "" : "/";
	char *path = NULL;

	if (asprintf(&path, "%s%s%s", a, slash, b) < 0)
		return SG_ERR_NOMEM;
	*out = path;
	return SG_OK;
}
