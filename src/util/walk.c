/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. The way to a file, gone component by component. Links are read and followed
 * here, never by the kernel.
 */
#define _GNU_SOURCE 1
#include "util/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/log.h"

#define LINKS_MAX 40            /* as many as the kernel follows */

/* Where a walk stands. */
struct steps {
	struct sg_walk *at;
	char *rest;             /* owned: what is still to go */
	unsigned links;
	bool make;
};

bool sg_walk_make_folder(int at, const char *name, mode_t mode)
{
	struct stat st;

	if (mkdirat(at, name, mode) != 0)
		return false;
	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	return (st.st_mode & S_IRWXU) == S_IRWXU ||
	       fchmodat(at, name, (st.st_mode & 07777) | S_IRWXU, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Say what failed below the folder where the walk stands. */
static enum sg_err failed(const struct steps *steps, const char *name)
{
	int error = errno;

	if (!steps->make && (error == ENOENT || error == ENOTDIR))
		return SG_ERR_STORE_MISSING;
	sg_log(SG_LOG_ERROR, "%s/%s: %s", steps->at->folder, name, strerror(error));
	return SG_ERR_SYSTEM;
}

static enum sg_err check_owner(const struct sg_walk *at, const char *name, const char *noun,
			       const struct stat *st)
{
	if (st->st_uid == 0 || st->st_uid == geteuid())
		return SG_OK;
	sg_log(SG_LOG_ERROR, "%s/%s: the %s is owned by user %u, who could put something else in "
	       "the place of what lies behind it; use a path whose folders belong to root or "
	       "user %u", at->folder, name, noun, (unsigned)st->st_uid, (unsigned)geteuid());
	return SG_ERR_STORE_UNSAFE;
}

/* In a sticky folder only its owner and that of an entry can rename the entry, and both are
 * checked. An ACL shows as access of the group. */
static enum sg_err check_folder(const struct sg_walk *at, const char *name, const struct stat *st)
{
	enum sg_err err = check_owner(at, name, "folder", st);

	if (err != SG_OK)
		return err;
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) == 0 || (st->st_mode & S_ISVTX) != 0)
		return SG_OK;
	sg_log(SG_LOG_ERROR, "%s/%s: the folder has mode %04o: others could put something else in "
	       "the place of what lies in it; choose another path or, if they need not write "
	       "there: chmod go-w '%s/%s'", at->folder, name, (unsigned)(st->st_mode & 07777),
	       at->folder, name);
	return SG_ERR_STORE_UNSAFE;
}

/* Stand in the folder fd, which is taken over, and of which this is the path. */
static void stand(struct sg_walk *at, int fd, char *folder)
{
	if (at->fd >= 0)
		close(at->fd);
	free(at->folder);
	at->fd = fd;
	at->folder = folder;
}

static enum sg_err go_to_root(struct steps *steps)
{
	char *folder = strdup("");
	struct stat st;
	int fd = -1;

	if (folder == NULL)
		return SG_ERR_NOMEM;
	fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	stand(steps->at, fd, folder);
	if (fd < 0 || fstat(fd, &st) != 0)
		return failed(steps, "");
	return check_folder(steps->at, "", &st);
}

/* The folder above was checked on the way down, and nobody but us can have moved this one. */
static enum sg_err go_up(struct steps *steps)
{
	char *slash = strrchr(steps->at->folder, '/');
	char *folder = strndup(steps->at->folder,
	                       slash != NULL ? (size_t)(slash - steps->at->folder) : 0);
	int fd = -1;

	if (folder == NULL)
		return SG_ERR_NOMEM;
	fd = openat(steps->at->fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		free(folder);
		return failed(steps, "..");
	}
	stand(steps->at, fd, folder);
	return SG_OK;
}

/* Put the target of the link fd before what is still to go. */
static enum sg_err follow(struct steps *steps, int fd, const char *name, const struct stat *st)
{
	char target[PATH_MAX], *rest = NULL;
	enum sg_err err;
	ssize_t len;

	err = check_owner(steps->at, name, "symbolic link", st);
	if (err != SG_OK)
		return err;
	len = readlinkat(fd, "", target, sizeof(target));
	if (len == (ssize_t)sizeof(target) || ++steps->links > LINKS_MAX) {
		errno = ELOOP;
		len = -1;
	}
	if (len < 0)
		return failed(steps, name);
	if (asprintf(&rest, "%.*s/%s", (int)len, target, steps->rest) < 0)
		return SG_ERR_NOMEM;
	free(steps->rest);
	steps->rest = rest;
	return rest[0] == '/' ? go_to_root(steps) : SG_OK;
}

/* Take over fd. */
static enum sg_err go_down(struct steps *steps, int fd, const char *name, const struct stat *st)
{
	enum sg_err err = check_folder(steps->at, name, st);
	char *folder = NULL;

	if (err == SG_OK && asprintf(&folder, "%s/%s", steps->at->folder, name) < 0)
		err = SG_ERR_NOMEM;
	if (err == SG_OK)
		stand(steps->at, fd, folder);
	else
		close(fd);
	return err;
}

static int open_entry(const struct steps *steps, const char *name)
{
	const int flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(steps->at->fd, name, flags);

	if (fd >= 0 || errno != ENOENT || !steps->make)
		return fd;
	if (!sg_walk_make_folder(steps->at->fd, name, 0755) && errno != EEXIST)
		return -1;
	return openat(steps->at->fd, name, flags);
}

static enum sg_err enter(struct steps *steps, const char *name)
{
	enum sg_err err = SG_OK;
	struct stat st;
	int fd = -1;

	if (strcmp(name, ".") == 0)
		return SG_OK;
	if (strcmp(name, "..") == 0)
		return go_up(steps);
	fd = open_entry(steps, name);
	if (fd < 0 || fstat(fd, &st) != 0) {
		err = failed(steps, name);
		goto out;
	}
	if (S_ISDIR(st.st_mode)) {
		err = go_down(steps, fd, name, &st);
		fd = -1;
	} else if (S_ISLNK(st.st_mode)) {
		err = follow(steps, fd, name, &st);
	} else {
		errno = ENOTDIR;
		err = failed(steps, name);
	}
out:
	if (fd >= 0)
		close(fd);
	return err;
}

/* Take the next component off what is still to go; NULL for want of memory, "" at the end. */
static char *next_name(struct steps *steps)
{
	char *start = steps->rest + strspn(steps->rest, "/");
	size_t len = strcspn(start, "/");
	char *name = strndup(start, len);

	start += len;
	start += strspn(start, "/");
	memmove(steps->rest, start, strlen(start) + 1);
	return name;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Go on until only a name is left that can be looked at. */
static enum sg_err walk(struct steps *steps)
{
	enum sg_err err = SG_OK;
	char *name = NULL;

	while (err == SG_OK && steps->at->name == NULL) {
		bool last;

		free(name);
		name = next_name(steps);
		if (name == NULL)
			return SG_ERR_NOMEM;
		last = steps->rest[0] == '\0';
		if (last && name[0] != '\0' && !is_dots(name)) {
			steps->at->name = name;
			return SG_OK;
		}
		if (name[0] != '\0')
			err = enter(steps, name);
		if (err == SG_OK && last && steps->rest[0] == '\0') {
			steps->at->name = strdup(".");
			err = steps->at->name != NULL ? SG_OK : SG_ERR_NOMEM;
		}
	}
	free(name);
	return err;
}

/* A relative path begins where the process stands, and the way to there counts too. */
static enum sg_err whole_path(const char *path, char **out)
{
	char *here = NULL;
	enum sg_err err = SG_OK;

	*out = NULL;
	if (path[0] == '/') {
		*out = strdup(path);
		return *out != NULL ? SG_OK : SG_ERR_NOMEM;
	}
	here = getcwd(NULL, 0);
	if (here == NULL) {
		sg_log(SG_LOG_ERROR, "%s: the folder of this process: %s", path, strerror(errno));
		err = SG_ERR_SYSTEM;
	} else if (asprintf(out, "%s/%s", here, path) < 0) {
		*out = NULL;
		err = SG_ERR_NOMEM;
	}
	free(here);
	return err;
}

enum sg_err sg_walk_begin(const char *path, bool make, struct sg_walk *out)
{
	struct steps steps = { .at = out, .make = make };
	enum sg_err err;

	*out = (struct sg_walk){ -1, NULL, NULL };
	err = whole_path(path, &steps.rest);
	if (err == SG_OK)
		err = go_to_root(&steps);
	if (err == SG_OK)
		err = walk(&steps);
	free(steps.rest);
	if (err != SG_OK)
		sg_walk_end(out);
	return err;
}

void sg_walk_end(struct sg_walk *walk)
{
	if (walk->fd >= 0)
		close(walk->fd);
	free(walk->folder);
	free(walk->name);
	*walk = (struct sg_walk){ -1, NULL, NULL };
}
