/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Reading and writing single rows, the only statements on the two tables.
 * Knows nothing of transactions and never looks into a record.
 */
#include "store/row.h"

#include "util/log.h"

/* Run a statement that gives no row. */
static enum sg_err run(sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);

	return rc == SQLITE_DONE ? SG_OK : sg_store_db_error(sqlite3_db_handle(stmt), rc);
}

/* Copy the record in the first column of the only row; absent is what no row means. */
static enum sg_err fetch(sqlite3_stmt *stmt, enum sg_err absent, struct sg_buf *out)
{
	struct sg_bytes record;
	enum sg_err err;
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_DONE)
		return absent;
	if (rc != SQLITE_ROW)
		return sg_store_db_error(sqlite3_db_handle(stmt), rc);
	err = sg_store_db_column(stmt, 0, SG_STORE_RECORD_MAX, &record);
	if (err != SG_OK)
		return err;
	return sg_buf_set(out, record);
}

/* The column names two tables share let their statements share this. */
static enum sg_err put(sqlite3_stmt *stmt, struct sg_bytes record)
{
	enum sg_err err;

	if (record.len > SG_STORE_RECORD_MAX)
		return SG_ERR_RANGE;
	err = sg_store_db_bind(stmt, 2, record);
	if (err != SG_OK)
		return err;
	return run(stmt);
}

/* Prepare a statement on the item of a number; the caller finalizes *out, also after an error. */
static enum sg_err prepare_item(sqlite3 *db, const char *sql, enum sg_store_item item,
                                sqlite3_stmt **out)
{
	enum sg_err err = sg_store_db_prepare(db, sql, out);

	return err == SG_OK ? sg_store_db_error(db, sqlite3_bind_int(*out, 1, (int)item)) : err;
}

/* The same on the object of a uuid, which must outlive the statement. */
static enum sg_err prepare_object(sqlite3 *db, const char *sql, const uint8_t uuid[SG_UUID],
                                  sqlite3_stmt **out)
{
	enum sg_err err = sg_store_db_prepare(db, sql, out);

	return err == SG_OK ? sg_store_db_bind(*out, 1, sg_bytes(uuid, SG_UUID)) : err;
}

enum sg_err sg_store_row_get_item(sqlite3 *db, enum sg_store_item item, struct sg_buf *out)
{
	sqlite3_stmt *stmt = NULL;
	enum sg_err err;

	err = prepare_item(db, "SELECT record FROM item WHERE id = ?1", item, &stmt);
	if (err == SG_OK)
		err = fetch(stmt, SG_ERR_STORE_DAMAGED, out);
	sqlite3_finalize(stmt);
	return err;
}

enum sg_err sg_store_row_put_item(sqlite3 *db, enum sg_store_item item, struct sg_bytes record)
{
	sqlite3_stmt *stmt = NULL;
	enum sg_err err;

	err = prepare_item(db, "INSERT INTO item(id, record) VALUES(?1, ?2) "
	                       "ON CONFLICT(id) DO UPDATE SET record = excluded.record",
	                   item, &stmt);
	if (err == SG_OK)
		err = put(stmt, record);
	sqlite3_finalize(stmt);
	return err;
}

enum sg_err sg_store_row_get(sqlite3 *db, const uint8_t uuid[SG_UUID], struct sg_buf *out)
{
	sqlite3_stmt *stmt = NULL;
	enum sg_err err;

	err = prepare_object(db, "SELECT record FROM object WHERE uuid = ?1", uuid, &stmt);
	if (err == SG_OK)
		err = fetch(stmt, SG_ERR_NOT_FOUND, out);
	sqlite3_finalize(stmt);
	return err;
}

enum sg_err sg_store_row_put(sqlite3 *db, const uint8_t uuid[SG_UUID], struct sg_bytes record)
{
	sqlite3_stmt *stmt = NULL;
	enum sg_err err;

	/* An update keeps seq, and with it the place in the order of creation. */
	err = prepare_object(db, "INSERT INTO object(uuid, record) VALUES(?1, ?2) "
	                         "ON CONFLICT(uuid) DO UPDATE SET record = excluded.record",
	                     uuid, &stmt);
	if (err == SG_OK)
		err = put(stmt, record);
	sqlite3_finalize(stmt);
	return err;
}

enum sg_err sg_store_row_delete(sqlite3 *db, const uint8_t uuid[SG_UUID])
{
	sqlite3_stmt *stmt = NULL;
	enum sg_err err;

	err = prepare_object(db, "DELETE FROM object WHERE uuid = ?1", uuid, &stmt);
	if (err == SG_OK)
		err = run(stmt);
	if (err == SG_OK && sqlite3_changes(db) == 0)
		err = SG_ERR_NOT_FOUND;
	sqlite3_finalize(stmt);
	return err;
}

enum sg_err sg_store_row_delete_all(sqlite3 *db)
{
	return sg_store_db_exec(db, "DELETE FROM object");
}

/* Hand the current row to the caller's function. */
static enum sg_err visit(sqlite3_stmt *stmt, sg_store_row_fn fn, void *arg)
{
	struct sg_bytes uuid, record;
	enum sg_err err;

	err = sg_store_db_column(stmt, 0, SG_UUID, &uuid);
	if (err != SG_OK)
		return err;
	if (uuid.len != SG_UUID)
		return SG_ERR_STORE_DAMAGED;
	err = sg_store_db_column(stmt, 1, SG_STORE_RECORD_MAX, &record);
	if (err != SG_OK)
		return err;
	return fn(uuid.data, record, arg);
}

enum sg_err sg_store_row_each(sqlite3 *db, sg_store_row_fn fn, void *arg)
{
	sqlite3_stmt *stmt = NULL;
	enum sg_err err;
	int rc;

	err = sg_store_db_prepare(db, "SELECT uuid, record FROM object ORDER BY seq", &stmt);
	if (err != SG_OK)
		goto out;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		err = visit(stmt, fn, arg);
		if (err != SG_OK)
			goto out;
	}
	if (rc != SQLITE_DONE)
		err = sg_store_db_error(db, rc);
out:
	sqlite3_finalize(stmt);
	return err;
}
