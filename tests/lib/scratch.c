/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Scratch folders. What can't be set up ends the program: no test shall
 * pass because its files were missing.
 */
#define _GNU_SOURCE 1
#include "lib/scratch.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void require(int condition, const char *what)
{
	if (condition)
		return;
	perror(what);
	abort();
}

static char *make_below(size_t longest)
{
	const char *base = getenv("TMPDIR");
	char *folder = NULL;

	if (base == NULL || base[0] != '/' || strlen(base) > longest)
		base = "/tmp";
	require(asprintf(&folder, "%s/signet-test-XXXXXX", base) > 0, "asprintf");
	require(mkdtemp(folder) != NULL, folder);
	return folder;
}

char *scratch_make(void)
{
	return make_below(PATH_MAX);
}

char *scratch_make_short(void)
{
	return make_below(60);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

void scratch_remove(char **folder)
{
	if (*folder == NULL)
		return;
	require(nftw(*folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0, *folder);
	free(*folder);
	*folder = NULL;
}

char *scratch_path(const char *folder, const char *name)
{
	char *path = NULL;

	require(asprintf(&path, "%s/%s", folder, name) > 0, "asprintf");
	return path;
}

char *scratch_write(const char *folder, const char *name, const void *data, size_t len,
		    mode_t mode)
{
	char *path = scratch_path(folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	require(fd >= 0, path);
	require(len == 0 || write(fd, data, len) == (ssize_t)len, path);
	require(fchmod(fd, mode) == 0, path);
	require(close(fd) == 0, path);
	return path;
}
