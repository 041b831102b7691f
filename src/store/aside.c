/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Stores that change places.
 */
#include "store/aside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/path.h"
#include "util/file.h"
#include "util/log.h"

#define ASIDE_MAX 9999                  /* stores set aside of one slot */

char *sg_store_moving_path(const char *path)
{
	return sg_store_beside(path, "moving");
}

static enum sg_err failed(const char *what, const char *path)
{
	enum sg_err err = sg_store_path_errno(errno);

	sg_log(SG_LOG_ERROR, "%s can't be %s: %m.", path, what);
	return err;
}

static enum sg_err unable(const char *path)
{
	sg_log(SG_LOG_ERROR, "the file system of %s can't let two files change places", path);
	return SG_ERR_SYSTEM;
}

/* Give the new store the first name that is free for one set aside. */
static enum sg_err name_aside(const char *path, const char *moving, char **aside)
{
	char end[24];

	for (unsigned n = 1; n <= ASIDE_MAX; n++) {
		snprintf(end, sizeof end, "aside-%u", n);
		*aside = sg_store_beside(path, end);
		if (*aside == NULL)
			return SG_ERR_NOMEM;
		if (renameat2(AT_FDCWD, moving, AT_FDCWD, *aside, RENAME_NOREPLACE) == 0)
			return SG_OK;
		free(*aside);
		*aside = NULL;
		if (errno == EINVAL || errno == ENOSYS)
			return unable(path);
		if (errno != EEXIST)
			return failed("renamed", moving);
	}
	sg_log(SG_LOG_ERROR, "%u stores of this slot were set aside already", ASIDE_MAX);
	return SG_ERR_STORE_FULL;
}

static enum sg_err exchange(const char *aside, const char *path)
{
	if (renameat2(AT_FDCWD, aside, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
		return SG_OK;
	if (errno != EINVAL && errno != ENOSYS)
		return failed("put in place", aside);
	return unable(path);
}

enum sg_err sg_store_swap(const char *path, char **aside)
{
	char *real = NULL, *moving = NULL, *other = NULL;
	enum sg_err err;

	*aside = NULL;
	err = sg_store_path_resolve(path, &real);
	if (err != SG_OK)
		goto out;
	moving = sg_store_moving_path(real);
	if (moving == NULL) {
		err = SG_ERR_NOMEM;
		goto out;
	}
	err = name_aside(real, moving, &other);
	if (err != SG_OK)
		goto out;
	err = exchange(other, real);
	if (err != SG_OK) {
		if (renameat2(AT_FDCWD, other, AT_FDCWD, moving, RENAME_NOREPLACE) != 0)
			(void)failed("renamed", other);
		goto out;
	}
	*aside = other;
	other = NULL;
	err = sg_store_sync_folder(real);
out:
	free(real);
	free(moving);
	free(other);
	return err;
}

/* Tell what kind of file a name is, and of which slot. */
static bool rest_of_name(const char *name, unsigned *slot, enum sg_store_rest *rest)
{
	static const struct {
		const char *begin;
		bool longer;            /* more follows */
		enum sg_store_rest rest;
	} ends[] = {
		{ ".aside-", true, SG_STORE_ASIDE },
		{ ".moving", false, SG_STORE_MOVING },
		{ ".db.new-", true, SG_STORE_DRAFT },
	};
	const char *end;

	if (!sg_store_path_slot(name, slot, &end) || strstr(end, "-journal") != NULL)
		return false;
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		size_t len = strlen(ends[i].begin);

		if (strncmp(end, ends[i].begin, len) != 0 || (end[len] != '\0') != ends[i].longer)
			continue;
		*rest = ends[i].rest;
		return true;
	}
	return false;
}

/* A file that fn removes may be met or not, and so may those that others make meanwhile. */
static enum sg_err each_in(DIR *folder, const char *state, sg_store_rest_fn fn, void *arg)
{
	const struct dirent *entry;
	enum sg_store_rest rest;
	enum sg_err err = SG_OK;
	unsigned slot;

	for (errno = 0; err == SG_OK && (entry = readdir(folder)) != NULL; errno = 0) {
		char *path = NULL;

		if (!rest_of_name(entry->d_name, &slot, &rest))
			continue;
		err = sg_path_join(state, entry->d_name, &path);
		if (err == SG_OK)
			err = fn(path, slot, rest, arg);
		free(path);
	}
	return err == SG_OK && errno != 0 ? failed("read", state) : err;
}

enum sg_err sg_store_rest_each(const char *state, sg_store_rest_fn fn, void *arg)
{
	DIR *folder;
	enum sg_err err;

	err = sg_dir_check_private(state);
	if (err == SG_ERR_STORE_MISSING)
		return SG_OK;
	if (err != SG_OK)
		return err;
	folder = opendir(state);
	if (folder == NULL)
		return failed("read", state);
	err = each_in(folder, state, fn, arg);
	if (closedir(folder) != 0)
		sg_log(SG_LOG_DEBUG, "The folder %s could not be closed: %m.", state);
	return err;
}
