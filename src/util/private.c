/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. The rules for private files and folders. What they refuse, they say with what mends it,
 * and never with a command that would break what others do.
 */
#define _GNU_SOURCE 1
#include "util/private.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "util/log.h"

/* A kind of file: its type and what to say about it. */
struct kind {
	mode_t type;
	int access;             /* what a user needs for a file that root owns */
	const char *noun;
	const char *mode;
	const char *new;        /* what makes one that is right */
};

static const struct kind a_file = { S_IFREG, R_OK, "file", "0600", "install -m 600 makes" };
static const struct kind a_folder = { S_IFDIR, R_OK | X_OK, "folder", "0700",
	                              "mkdir -m 700 makes" };

/* Folders that others need, whoever owns them: these, and what is so many levels below them. */
static const struct {
	const char *path;
	unsigned levels;
} shared[] = {
	{ "", 1 },      { "/boot", 99 }, { "/dev", 99 }, { "/etc", 1 }, { "/home", 1 },
	{ "/lib", 99 }, { "/proc", 99 }, { "/sys", 99 }, { "/usr", 99 }, { "/var", 1 },
};

/* Tell whether to take a folder from others would break what they do. path is absolute. */
static bool is_shared(const char *path, const struct stat *st)
{
	if ((st->st_mode & S_ISVTX) != 0)
		return true;
	for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
		const size_t len = strlen(shared[i].path);
		unsigned levels = 0;

		if (strncmp(path, shared[i].path, len) != 0 ||
		    (path[len] != '\0' && path[len] != '/'))
			continue;
		for (const char *at = path + len; *at != '\0'; at++)
			levels += at[0] == '/' && at[1] != '\0';
		if (levels <= shared[i].levels)
			return true;
	}
	return false;
}

/* Say what is wrong with a folder that is not to be changed. */
static enum sg_err refuse_shared(const char *path, const struct stat *st)
{
	sg_log(SG_LOG_ERROR, "%s: the folder has mode %04o and is not this user's alone: leave it "
	       "as it is, and choose a folder of its own, which mkdir -m 700 makes", path,
	       (unsigned)(st->st_mode & 07777));
	return SG_ERR_STORE_UNSAFE;
}

static enum sg_err check_owner(const char *path, const struct kind *kind, const struct stat *st)
{
	uid_t me = geteuid();

	if (st->st_uid == me)
		return SG_OK;
	if (st->st_uid != 0) {
		sg_log(SG_LOG_ERROR, "%s: the %s is owned by user %u, but must be owned by user "
		       "%u; use it as its owner with runuser(1) or, if nobody else needs it and "
		       "you trust its contents: chown %u '%s'", path, kind->noun,
		       (unsigned)st->st_uid, (unsigned)me, (unsigned)me, path);
		return SG_ERR_STORE_UNSAFE;
	}
	if (faccessat(AT_FDCWD, path, kind->access, AT_EACCESS | AT_SYMLINK_NOFOLLOW) != 0) {
		sg_log(SG_LOG_ERROR, "%s: the %s is owned by root and user %u can't read it; "
		       "as root, if nobody else needs it: chown %u '%s'", path, kind->noun,
		       (unsigned)me, (unsigned)me, path);
		return SG_ERR_STORE_UNSAFE;
	}
	return SG_OK;
}

/* Say what is wrong with a mode, and what this user can do about it. */
static enum sg_err refuse_mode(const char *path, const struct kind *kind, const struct stat *st)
{
	const unsigned mode = (unsigned)(st->st_mode & 07777);

	if (st->st_uid == geteuid())
		sg_log(SG_LOG_ERROR, "%s: the %s has mode %04o, but group and others must have no "
		       "access; if nobody else needs it: chmod %s '%s'", path, kind->noun, mode,
		       kind->mode, path);
	else
		sg_log(SG_LOG_ERROR, "%s: the %s is root's and has mode %04o, but group and others "
		       "must have no access; choose one of this user's own, which %s", path,
		       kind->noun, mode, kind->new);
	return SG_ERR_STORE_UNSAFE;
}

static enum sg_err check_stat(const char *path, const struct kind *kind, const struct stat *st)
{
	enum sg_err err;

	if ((st->st_mode & S_IFMT) != kind->type) {
		sg_log(SG_LOG_ERROR, "%s: a %s is wanted here, but this is %s", path, kind->noun,
		       S_ISLNK(st->st_mode) ? "a symbolic link, which is not followed" :
		       "something else");
		return SG_ERR_STORE_UNSAFE;
	}
	err = check_owner(path, kind, st);
	if (err != SG_OK)
		return err;
	if ((st->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return refuse_mode(path, kind, st);
	if (S_ISREG(st->st_mode) && st->st_nlink != 1) {
		sg_log(SG_LOG_ERROR, "%s: the file has %lu names, but must have one; find the "
		       "others with find / -xdev -inum %llu", path,
		       (unsigned long)st->st_nlink, (unsigned long long)st->st_ino);
		return SG_ERR_STORE_UNSAFE;
	}
	return SG_OK;
}

enum sg_err sg_private_file(const char *path, const struct stat *st)
{
	return check_stat(path, &a_file, st);
}

enum sg_err sg_private_folder(const char *path, const char *whole, const struct stat *st)
{
	if (S_ISDIR(st->st_mode) && (st->st_mode & (S_IRWXG | S_IRWXO)) != 0 &&
	    is_shared(whole, st))
		return refuse_shared(path, st);
	return check_stat(path, &a_folder, st);
}
