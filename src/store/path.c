/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Where stores lie: names of files in the state folder, and what system
 * calls on them may answer. Looks at names only and never opens a store.
 */
#include "store/path.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store.h"
#include "util/array.h"
#include "util/file.h"
#include "util/log.h"

static const struct {
	int error;
	enum sg_err err;
} errors[] = {
	{ EACCES, SG_ERR_STORE_READONLY },
	{ EDQUOT, SG_ERR_STORE_FULL },
	{ EEXIST, SG_ERR_STORE_EXISTS },
	{ EFBIG, SG_ERR_STORE_FULL },
	{ EISDIR, SG_ERR_STORE_UNSAFE },
	{ ELOOP, SG_ERR_STORE_UNSAFE },
	{ ENOENT, SG_ERR_STORE_MISSING },
	{ ENOMEM, SG_ERR_NOMEM },
	{ ENOSPC, SG_ERR_STORE_FULL },
	{ EPERM, SG_ERR_STORE_READONLY },
	{ EROFS, SG_ERR_STORE_READONLY },
};

enum sg_err sg_store_path_errno(int error)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == error)
			return errors[i].err;
	return SG_ERR_SYSTEM;
}

char *sg_store_path(const char *state, unsigned slot)
{
	char *path = NULL;

	assert(slot <= SG_STORE_SLOT_MAX);
	if (asprintf(&path, "%s/slot-%04u.db", state, slot) < 0)
		return NULL;
	return path;
}

char *sg_store_beside(const char *path, const char *end)
{
	size_t stem = strlen(path);
	char *other = NULL;

	if (stem > 3 && strcmp(path + stem - 3, ".db") == 0)
		stem -= 3;
	return asprintf(&other, "%.*s.%s", (int)stem, path, end) < 0 ? NULL : other;
}

enum sg_err sg_store_path_resolve(const char *path, char **out)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash != NULL ? slash + 1 : path;
	char *folder = NULL, *real = NULL;
	enum sg_err err = SG_OK;

	*out = NULL;
	if (base[0] == '\0') {
		sg_log(SG_LOG_ERROR, "\"%s\" does not name a store.", path);
		err = SG_ERR_ARG;
		goto out;
	}
	if (slash == NULL)
		folder = strdup(".");
	else if (slash == path)
		folder = strdup("/");
	else
		folder = strndup(path, (size_t)(slash - path));
	if (folder == NULL) {
		err = SG_ERR_NOMEM;
		goto out;
	}
	err = sg_dir_resolve_private(folder, &real);
	if (err != SG_OK)
		goto out;
	err = sg_path_join(real, base, out);
out:
	free(real);
	free(folder);
	return err;
}

enum sg_err sg_store_path_journal(const char *path, char **out)
{
	*out = NULL;
	if (asprintf(out, "%s-journal", path) < 0) {
		*out = NULL;
		return SG_ERR_NOMEM;
	}
	return SG_OK;
}

enum sg_err sg_store_path_check_journal(const char *path)
{
	char *journal = NULL;
	struct stat st;
	enum sg_err err;

	err = sg_store_path_journal(path, &journal);
	if (err != SG_OK)
		goto out;
	if (lstat(journal, &st) != 0) {
		if (errno != ENOENT) {
			sg_log(SG_LOG_ERROR, "%s can't be examined: %m.", journal);
			err = SG_ERR_SYSTEM;
		}
		goto out;
	}
	/* Not sg_file_check_private: a writer in another process may be deleting its
	 * journal between the look-up and the reading of the inode, and a file with
	 * no link left is no danger. */
	if (!S_ISREG(st.st_mode) || st.st_nlink > 1 || (st.st_mode & 077) != 0 ||
	    (st.st_uid != geteuid() && st.st_uid != 0)) {
		sg_log(SG_LOG_ERROR, "%s is not a private file of this user.", journal);
		err = SG_ERR_STORE_UNSAFE;
	}
out:
	free(journal);
	return err;
}

bool sg_store_path_slot(const char *name, unsigned *slot, const char **end)
{
	static const char head[] = "slot-";
	const size_t digits = 4;
	unsigned n = 0;

	if (strncmp(name, head, strlen(head)) != 0)
		return false;
	name += strlen(head);
	for (size_t i = 0; i < digits; i++) {
		if (name[i] < '0' || name[i] > '9')
			return false;
		n = n * 10 + (unsigned)(name[i] - '0');
	}
	*slot = n;
	*end = name + digits;
	return true;
}

/* Tell whether name is exactly that of a slot's store, and which. */
static bool slot_of_name(const char *name, unsigned *slot)
{
	const char *end;

	return sg_store_path_slot(name, slot, &end) && strcmp(end, ".db") == 0;
}

enum sg_err sg_store_sync_folder(const char *path)
{
	char *folder = strndup(path, (size_t)(strrchr(path, '/') - path) + 1);
	enum sg_err err = SG_OK;
	int fd = -1;

	if (folder == NULL)
		return SG_ERR_NOMEM;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0) {
		err = sg_store_path_errno(errno);
		sg_log(SG_LOG_ERROR, "%s can't be synced: %m.", folder);
	}
	if (fd >= 0)
		close(fd);
	free(folder);
	return err;
}

static int slot_compare(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

enum sg_err sg_store_list(const char *state, unsigned **slots, size_t *n)
{
	DIR *folder = NULL;
	const struct dirent *entry;
	unsigned *found = NULL, *grown, slot;
	size_t count = 0, cap = 0;
	enum sg_err err;

	*slots = NULL;
	*n = 0;
	err = sg_dir_check_private(state);
	if (err == SG_ERR_STORE_MISSING)
		return SG_OK;
	if (err != SG_OK)
		goto out;
	folder = opendir(state);
	if (folder == NULL) {
		err = errno == ENOMEM ? SG_ERR_NOMEM : SG_ERR_SYSTEM;
		sg_log(SG_LOG_ERROR, "The folder %s can't be read: %m.", state);
		goto out;
	}
	for (errno = 0; (entry = readdir(folder)) != NULL; errno = 0) {
		if (!slot_of_name(entry->d_name, &slot))
			continue;
		grown = sg_array_grow(found, count, &cap, sizeof(*found));
		if (grown == NULL) {
			err = SG_ERR_NOMEM;
			goto out;
		}
		found = grown;
		found[count++] = slot;
	}
	if (errno != 0) {
		err = errno == ENOMEM ? SG_ERR_NOMEM : SG_ERR_SYSTEM;
		sg_log(SG_LOG_ERROR, "The folder %s can't be read: %m.", state);
		goto out;
	}
	if (count > 0)
		qsort(found, count, sizeof(*found), slot_compare);
	*slots = found;
	*n = count;
	found = NULL;
out:
	free(found);
	if (folder != NULL && closedir(folder) != 0)
		sg_log(SG_LOG_DEBUG, "The folder %s could not be closed: %m.", state);
	return err;
}
