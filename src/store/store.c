/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Transactions: checking and opening a store, one connection for each,
 * and ending them. A transaction belongs to the process that began it; a child
 * that inherited one must not touch the file, and every call here makes sure.
 */
#include "store/store.h"

#include <stdlib.h>

#include "store/path.h"
#include "store/row.h"
#include "store/schema.h"
#include "util/file.h"
#include "util/fork.h"
#include "util/log.h"

struct sg_store_txn {
	sqlite3 *db;
	enum sg_store_mode mode;
	unsigned generation;    /* of the process that began it */
	enum sg_err err;        /* the first write that failed: there is nothing to commit */
};

/* Nothing but the header is read before it is known that this is a store: the
 * first statement would play back a journal into somebody else's file. */
static enum sg_err begin(sqlite3 *db, enum sg_store_mode mode)
{
	enum sg_err err;

	err = sg_store_schema_probe(db);
	if (err != SG_OK)
		return err;
	if (mode != SG_STORE_READ && sqlite3_db_readonly(db, "main") == 1)
		return SG_ERR_STORE_READONLY;
	/* EXTRA, not FULL: the folder is synced after the journal is deleted, or a
	 * power cut could bring the journal back and undo what was reported as done. */
	err = sg_store_db_exec(db, "PRAGMA synchronous=EXTRA; PRAGMA journal_mode=DELETE");
	if (err != SG_OK)
		return err;
	err = sg_store_db_exec(db, mode == SG_STORE_READ ? "BEGIN" : "BEGIN IMMEDIATE");
	/* The lock that the first commit takes is then kept until the connection closes. Not
	 * before: who waits in this mode keeps the lock for reading, and waits for a writer that
	 * waits for him. */
	if (err == SG_OK && mode == SG_STORE_ALONE)
		err = sg_store_db_exec(db, "PRAGMA locking_mode=EXCLUSIVE");
	if (err != SG_OK)
		return err;
	return sg_store_schema_check(db);
}

enum sg_err sg_store_begin(const char *path, enum sg_store_mode mode, struct sg_store_txn **out)
{
	struct sg_store_txn *txn = NULL;
	char *real = NULL;
	enum sg_err err;

	*out = NULL;
	err = sg_store_path_resolve(path, &real);
	if (err != SG_OK)
		goto out;
	err = sg_file_check_private(real);
	if (err != SG_OK)
		goto out;
	err = sg_store_path_check_journal(real);
	if (err != SG_OK)
		goto out;
	txn = calloc(1, sizeof(*txn));
	if (txn == NULL) {
		err = SG_ERR_NOMEM;
		goto out;
	}
	txn->mode = mode;
	txn->generation = sg_fork_generation();
	err = sg_store_db_open(real, &txn->db);
	if (err != SG_OK)
		goto out;
	err = begin(txn->db, mode);
	if (err != SG_OK)
		goto out;
	*out = txn;
	txn = NULL;
out:
	sg_store_abort(&txn);
	free(real);
	return err;
}

/* Tell whether this process may use the transaction. */
static enum sg_err usable(const struct sg_store_txn *txn)
{
	if (txn->generation == sg_fork_generation())
		return SG_OK;
	sg_log(SG_LOG_ERROR, "A transaction of the parent process was used in its child.");
	return SG_ERR_SYSTEM;
}

void sg_store_abort(struct sg_store_txn **txn)
{
	if (txn == NULL || *txn == NULL)
		return;
	/* A child that closed it would undo the parent's work in the file: it lets
	 * the connection leak. */
	if ((*txn)->generation == sg_fork_generation())
		sg_store_db_close(&(*txn)->db);
	free(*txn);
	*txn = NULL;
}

enum sg_err sg_store_commit(struct sg_store_txn **txn)
{
	enum sg_err err = usable(*txn);

	if (err == SG_OK)
		err = (*txn)->err;
	if (err == SG_OK)
		err = sg_store_db_exec((*txn)->db, "COMMIT");
	sg_store_abort(txn);
	return err;
}

enum sg_err sg_store_commit_more(struct sg_store_txn *txn)
{
	enum sg_err err = usable(txn);

	if (err == SG_OK && txn->mode != SG_STORE_ALONE)
		return SG_ERR_ARG;
	if (err == SG_OK)
		err = txn->err;
	if (err == SG_OK)
		err = sg_store_db_exec(txn->db, "COMMIT");
	if (err == SG_OK)
		err = sg_store_db_exec(txn->db, "BEGIN IMMEDIATE");
	if (txn->err == SG_OK)
		txn->err = err;
	return err;
}

/* Remember the failure of a write, after which SQLite may have rolled back by itself. */
static enum sg_err written(struct sg_store_txn *txn, enum sg_err err)
{
	if (txn->err == SG_OK && err != SG_ERR_NOT_FOUND && err != SG_ERR_RANGE)
		txn->err = err;
	return err;
}

/* Tell whether this process may write in this transaction, and no write has failed. */
static enum sg_err writable(const struct sg_store_txn *txn)
{
	enum sg_err err = usable(txn);

	if (err == SG_OK && txn->mode == SG_STORE_READ)
		err = SG_ERR_ARG;
	return err != SG_OK ? err : txn->err;
}

enum sg_err sg_store_get(struct sg_store_txn *txn, enum sg_store_item item, struct sg_buf *out)
{
	enum sg_err err = usable(txn);

	return err != SG_OK ? err : sg_store_row_get_item(txn->db, item, out);
}

enum sg_err sg_store_put(struct sg_store_txn *txn, enum sg_store_item item, struct sg_bytes record)
{
	enum sg_err err = writable(txn);

	return err != SG_OK ? err : written(txn, sg_store_row_put_item(txn->db, item, record));
}

enum sg_err sg_store_object_get(struct sg_store_txn *txn, const uint8_t uuid[SG_UUID],
                                struct sg_buf *out)
{
	enum sg_err err = usable(txn);

	return err != SG_OK ? err : sg_store_row_get(txn->db, uuid, out);
}

enum sg_err sg_store_object_put(struct sg_store_txn *txn, const uint8_t uuid[SG_UUID],
                                struct sg_bytes record)
{
	enum sg_err err = writable(txn);

	return err != SG_OK ? err : written(txn, sg_store_row_put(txn->db, uuid, record));
}

enum sg_err sg_store_object_delete(struct sg_store_txn *txn, const uint8_t uuid[SG_UUID])
{
	enum sg_err err = writable(txn);

	return err != SG_OK ? err : written(txn, sg_store_row_delete(txn->db, uuid));
}

enum sg_err sg_store_object_delete_all(struct sg_store_txn *txn)
{
	enum sg_err err = writable(txn);

	return err != SG_OK ? err : written(txn, sg_store_row_delete_all(txn->db));
}

enum sg_err sg_store_object_each(struct sg_store_txn *txn, sg_store_row_fn fn, void *arg)
{
	enum sg_err err = usable(txn);

	return err != SG_OK ? err : sg_store_row_each(txn->db, fn, arg);
}
