/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. The birth and the end of a store. A store appears under its name
 * complete or not at all, and is never removed under the hands of a writer.
 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/path.h"
#include "store/row.h"
#include "store/schema.h"
#include "util/log.h"

/* Log what failed and translate errno. */
static enum sg_err failed(const char *what, const char *path)
{
	enum sg_err err = sg_store_path_errno(errno);

	sg_log(SG_LOG_ERROR, "%s can't be %s: %m.", path, what);
	return err;
}

/* Make sure that what was written to a file outlives a power cut. */
static enum sg_err sync_file(const char *path)
{
	enum sg_err err = SG_OK;
	int fd;

	fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return failed("opened", path);
	if (fsync(fd) != 0)
		err = failed("synced", path);
	if (close(fd) != 0 && err == SG_OK)
		err = failed("closed", path);
	return err;
}

/* Nothing else knows this file yet: it needs no journal, and is synced as a whole afterwards. */
static enum sg_err fill(const char *path, struct sg_bytes token, struct sg_bytes state,
                        struct sg_bytes anchor)
{
	sqlite3 *db = NULL;
	enum sg_err err;

	err = sg_store_db_open(path, &db);
	if (err != SG_OK)
		goto out;
	err = sg_store_db_exec(db, "PRAGMA page_size=4096; PRAGMA auto_vacuum=NONE;"
	                           "PRAGMA encoding='UTF-8'; PRAGMA journal_mode=MEMORY;"
	                           "PRAGMA synchronous=OFF; BEGIN EXCLUSIVE");
	if (err != SG_OK)
		goto out;
	err = sg_store_schema_create(db);
	if (err != SG_OK)
		goto out;
	err = sg_store_row_put_item(db, SG_STORE_TOKEN, token);
	if (err != SG_OK)
		goto out;
	err = sg_store_row_put_item(db, SG_STORE_STATE, state);
	if (err == SG_OK && anchor.len > 0)
		err = sg_store_row_put_item(db, SG_STORE_ANCHOR, anchor);
	if (err != SG_OK)
		goto out;
	err = sg_store_db_exec(db, "COMMIT");
out:
	sg_store_db_close(&db);
	return err;
}

/* Refuse a name that is taken. A journal without its store was left by somebody who
 * deleted the store by hand; SQLite would play it back into the new one. */
static enum sg_err check_free(const char *path)
{
	char *journal = NULL;
	struct stat st;
	enum sg_err err;

	if (lstat(path, &st) == 0)
		return SG_ERR_STORE_EXISTS;
	if (errno != ENOENT)
		return failed("examined", path);
	err = sg_store_path_journal(path, &journal);
	if (err != SG_OK)
		goto out;
	if (lstat(journal, &st) == 0) {
		sg_log(SG_LOG_ERROR, "%s belongs to a store that is gone; delete it.", journal);
		err = SG_ERR_STORE_EXISTS;
	} else if (errno != ENOENT) {
		err = failed("examined", journal);
	}
out:
	free(journal);
	return err;
}

/* Give the draft its name, unless that is taken. link(2) only where the file system lacks the
 * other way: killed before the unlink(2) it leaves a store with two names, which is refused
 * until one of them is removed. */
static enum sg_err publish(const char *draft, const char *path)
{
	if (renameat2(AT_FDCWD, draft, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return SG_OK;
	if (errno != EINVAL && errno != ENOSYS)
		return failed("renamed", draft);
	if (link(draft, path) != 0)
		return failed("linked", draft);
	return unlink(draft) == 0 ? SG_OK : failed("removed", draft);
}

/* Make an empty file beside the store, of mode 0600 whatever the umask. */
static enum sg_err make_draft(char *draft)
{
	enum sg_err err = SG_OK;
	int fd;

	fd = mkostemp(draft, O_CLOEXEC);
	if (fd < 0)
		return failed("made", draft);
	if (fchmod(fd, 0600) != 0)
		err = failed("made private", draft);
	if (close(fd) != 0 && err == SG_OK)
		err = failed("closed", draft);
	if (err != SG_OK)
		unlink(draft);
	return err;
}

enum sg_err sg_store_create(const char *path, struct sg_bytes token, struct sg_bytes state,
                            struct sg_bytes anchor)
{
	char *real = NULL, *draft = NULL;
	bool drafted = false;
	enum sg_err err;

	err = sg_store_path_resolve(path, &real);
	if (err != SG_OK)
		goto out;
	err = check_free(real);
	if (err != SG_OK)
		goto out;
	if (asprintf(&draft, "%s.new-XXXXXX", real) < 0) {
		draft = NULL;
		err = SG_ERR_NOMEM;
		goto out;
	}
	err = make_draft(draft);
	if (err != SG_OK)
		goto out;
	drafted = true;
	err = fill(draft, token, state, anchor);
	if (err != SG_OK)
		goto out;
	err = sync_file(draft);
	if (err != SG_OK)
		goto out;
	err = publish(draft, real);
	if (err != SG_OK)
		goto out;
	drafted = false;
	err = sg_store_sync_folder(real);
out:
	if (drafted && unlink(draft) != 0)
		sg_log(SG_LOG_ERROR, "%s can't be removed: %m.", draft);
	free(draft);
	free(real);
	return err;
}

/* Begin, where this is a store that works, so that nobody is writing it. What is
 * damaged or foreign is removed as it stands. */
static enum sg_err lock_for_removal(const char *path, struct sg_store_txn **txn)
{
	enum sg_err err = sg_store_begin(path, SG_STORE_WRITE, txn);

	if (err == SG_ERR_STORE_DAMAGED || err == SG_ERR_STORE_VERSION ||
	    err == SG_ERR_STORE_UNSAFE)
		return SG_OK;
	return err;
}

enum sg_err sg_store_remove(const char *path)
{
	struct sg_store_txn *txn = NULL;
	char *real = NULL, *journal = NULL;
	enum sg_err err;

	err = sg_store_path_resolve(path, &real);
	if (err != SG_OK)
		goto out;
	err = sg_store_path_journal(real, &journal);
	if (err != SG_OK)
		goto out;
	err = lock_for_removal(real, &txn);
	if (err != SG_OK)
		goto out;
	/* The journal first: left alone it would damage the next store of this name.
	 * A sound store has none now, and a damaged one loses nothing by it. */
	if (unlink(journal) != 0 && errno != ENOENT) {
		err = failed("removed", journal);
		goto out;
	}
	if (unlink(real) != 0) {
		err = failed("removed", real);
		goto out;
	}
	err = sg_store_sync_folder(real);
out:
	sg_store_abort(&txn);
	free(journal);
	free(real);
	return err;
}
