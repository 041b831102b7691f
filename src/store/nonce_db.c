/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. The SQLite file of a nonce store. Rows are found by their number, which is as good
 * as random, so the rows of a span of numbers are a fair sample of all.
 */
#include "store/nonce_db.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/db.h"
#include "store/nonce_schema.h"
#include "store/path.h"
#include "util/file.h"
#include "util/log.h"

#define SLICE (INT64_C(1) << 58)        /* numbers in one of the 64 slices */

/* Run a statement that gives no row, and make it ready for the next time. */
static enum sg_err run(sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);
	enum sg_err err = rc == SQLITE_DONE
	                  ? SG_OK : sg_store_db_error(sqlite3_db_handle(stmt), rc);

	sqlite3_reset(stmt);
	return err;
}

/* Bind numbers to the parameters of a statement, from the first on. */
static enum sg_err bind_numbers(sqlite3_stmt *stmt, const int64_t *numbers, int n)
{
	int rc = SQLITE_OK;

	for (int i = 0; i < n && rc == SQLITE_OK; i++)
		rc = sqlite3_bind_int64(stmt, i + 1, numbers[i]);
	return sg_store_db_error(sqlite3_db_handle(stmt), rc);
}

static enum sg_err put_boot(sqlite3 *db, const struct sg_nonce_state *state)
{
	sqlite3_stmt *stmt = NULL;
	enum sg_err err;

	err = sg_store_db_prepare(db, "UPDATE state SET boot = ?1 WHERE one = 1", &stmt);
	if (err == SG_OK)
		err = sg_store_db_bind(stmt, 1, sg_bytes(state->boot, sizeof state->boot));
	if (err == SG_OK)
		err = run(stmt);
	sqlite3_finalize(stmt);
	return err;
}

static enum sg_err put_numbers(sqlite3 *db, const struct sg_nonce_state *state)
{
	char sql[256];
	int n = snprintf(sql, sizeof sql, "UPDATE state SET epoch = %" PRId64 ", floor = %" PRId64
	                 ", mark = %" PRId64 ", count = %" PRId64 ", slice = %" PRId64
	                 " WHERE one = 1", state->epoch, state->floor, state->mark, state->count,
	                 state->slice);

	return n > 0 && (size_t)n < sizeof sql ? sg_store_db_exec(db, sql) : SG_ERR_SYSTEM;
}

static enum sg_err take_blob(sqlite3_stmt *stmt, int at, uint8_t *out, size_t len)
{
	struct sg_bytes blob;
	enum sg_err err = sg_store_db_column(stmt, at, len, &blob);

	if (err == SG_OK && blob.len != len)
		err = SG_ERR_STORE_DAMAGED;
	if (err == SG_OK)
		memcpy(out, blob.data, len);
	return err;
}

static enum sg_err read_state(struct sg_nonce_db *n)
{
	int64_t *const numbers[] = { &n->state.epoch, &n->state.floor, &n->state.mark,
		                     &n->state.count, &n->state.slice };
	sqlite3_stmt *stmt = NULL;
	enum sg_err err;
	int rc = SQLITE_ERROR;

	err = sg_store_db_prepare(n->db, "SELECT key, boot, epoch, floor, mark, count, slice "
	                                 "FROM state WHERE one = 1", &stmt);
	if (err == SG_OK)
		rc = sqlite3_step(stmt);
	if (err == SG_OK && rc != SQLITE_ROW)
		err = rc == SQLITE_DONE ? SG_ERR_STORE_DAMAGED : sg_store_db_error(n->db, rc);
	if (err == SG_OK)
		err = take_blob(stmt, 0, n->state.key, sizeof n->state.key);
	if (err == SG_OK)
		err = take_blob(stmt, 1, n->state.boot, sizeof n->state.boot);
	for (int i = 0; i < 5 && err == SG_OK; i++) {
		*numbers[i] = sqlite3_column_int64(stmt, i + 2);
		if (*numbers[i] >= SG_NONCE_END)
			err = SG_ERR_STORE_DAMAGED;
	}
	if (err == SG_OK && (n->state.epoch < 1 || n->state.count < 0 || n->state.slice < 0 ||
	                     n->state.slice >= SG_NONCE_SLICES))
		err = SG_ERR_STORE_DAMAGED;
	sqlite3_finalize(stmt);
	return err;
}

static enum sg_err end_reading(struct sg_nonce_db *n)
{
	n->reading = false;
	return sg_store_db_exec(n->db, "COMMIT");
}

enum sg_err sg_nonce_db_refresh(struct sg_nonce_db *n)
{
	enum sg_err err = SG_OK;

	if (n->reading)
		err = end_reading(n);
	if (err == SG_OK)
		err = sg_store_db_exec(n->db, "BEGIN");
	n->reading = err == SG_OK;
	return err == SG_OK ? read_state(n) : err;
}

/* Make it where it is missing, or see that it is private. */
static enum sg_err find_file(const char *path, bool make)
{
	enum sg_err err = sg_file_check_private(path);

	if (err == SG_ERR_STORE_MISSING && make)
		err = sg_nonce_schema_make(path);
	return err == SG_OK ? sg_store_path_check_journal(path) : err;
}

static enum sg_err prepare(struct sg_nonce_db *n)
{
	enum sg_err err;

	err = sg_store_db_prepare(n->db, "SELECT made FROM seen WHERE id = ?1", &n->find);
	if (err == SG_OK)
		err = sg_store_db_prepare(n->db, "INSERT OR IGNORE INTO seen VALUES(?1, ?2)",
		                          &n->insert);
	if (err == SG_OK)
		err = sg_store_db_prepare(n->db, "UPDATE seen SET made = ?2 WHERE id = ?1",
		                          &n->update);
	if (err == SG_OK)
		err = sg_store_db_prepare(n->db, "SELECT max(made) FROM seen WHERE id BETWEEN ?1 "
		                                 "AND ?2 AND made < ?3", &n->newest);
	if (err == SG_OK)
		err = sg_store_db_prepare(n->db, "DELETE FROM seen WHERE id BETWEEN ?1 AND ?2 "
		                                 "AND made < ?3", &n->sweep);
	return err;
}

enum sg_err sg_nonce_db_open(const char *path, bool make, struct sg_nonce_db *n)
{
	enum sg_err err;

	memset(n, 0, sizeof *n);
	err = find_file(path, make);
	if (err == SG_OK)
		err = sg_store_db_open_unlocked(path, &n->db);
	if (err == SG_OK)
		err = sg_nonce_schema_probe(n->db);
	if (err != SG_OK)
		goto out;
	/* A kept journal spares the syncing of the folder in each commit. Rows are no secret. */
	err = sg_store_db_exec(n->db, "PRAGMA synchronous=FULL; PRAGMA journal_mode=TRUNCATE;"
	                              "PRAGMA secure_delete=OFF; PRAGMA cache_size=-8000");
	if (err == SG_OK && sqlite3_db_readonly(n->db, "main") == 1)
		err = SG_ERR_STORE_READONLY;
	if (err == SG_OK)
		err = sg_nonce_db_refresh(n);
	if (err == SG_OK)
		err = sg_nonce_schema_check(n->db);
	if (err == SG_OK)
		err = prepare(n);
out:
	if (err == SG_ERR_STORE_DAMAGED || err == SG_ERR_STORE_VERSION)
		sg_log(SG_LOG_ERROR, "%s is no file of nonces that this program knows, or is damaged.",
		       path);
	if (err != SG_OK)
		sg_nonce_db_close(n);
	return err;
}

void sg_nonce_db_close(struct sg_nonce_db *n)
{
	sqlite3_finalize(n->find);
	sqlite3_finalize(n->insert);
	sqlite3_finalize(n->update);
	sqlite3_finalize(n->newest);
	sqlite3_finalize(n->sweep);
	sg_store_db_close_unlocked(&n->db);
	memset(n, 0, sizeof *n);
}

enum sg_err sg_nonce_db_find(struct sg_nonce_db *n, int64_t id, bool *found, int64_t *made)
{
	enum sg_err err = bind_numbers(n->find, &id, 1);
	int rc;

	*found = false;
	if (err != SG_OK)
		return err;
	rc = sqlite3_step(n->find);
	if (rc == SQLITE_ROW) {
		*found = true;
		*made = sqlite3_column_int64(n->find, 0);
	} else if (rc != SQLITE_DONE) {
		err = sg_store_db_error(n->db, rc);
	}
	sqlite3_reset(n->find);
	return err;
}

/* Insert a row, or give the one of that number its time. */
static enum sg_err put_row(struct sg_nonce_db *n, const struct sg_nonce_row *row, int64_t *count)
{
	const int64_t numbers[] = { row->id, row->made };
	enum sg_err err = bind_numbers(n->insert, numbers, 2);

	if (err == SG_OK)
		err = run(n->insert);
	if (err == SG_OK && sqlite3_changes(n->db) > 0) {
		(*count)++;
		return SG_OK;
	}
	if (err == SG_OK)
		err = bind_numbers(n->update, numbers, 2);
	return err == SG_OK ? run(n->update) : err;
}

/* Return the smallest number of a slice; numbers have a sign. */
static int64_t slice_begin(int64_t slice)
{
	return (slice - SG_NONCE_SLICES / 2) * SLICE;
}

/* Find the newest of what is too old in the slices from first to last. */
static enum sg_err find_newest(struct sg_nonce_db *n, const int64_t numbers[3], bool *found,
                               int64_t *made)
{
	enum sg_err err = bind_numbers(n->newest, numbers, 3);
	int rc;

	*found = false;
	if (err != SG_OK)
		return err;
	rc = sqlite3_step(n->newest);
	if (rc != SQLITE_ROW)
		err = sg_store_db_error(n->db, rc);
	else if (sqlite3_column_type(n->newest, 0) != SQLITE_NULL) {
		*found = true;
		*made = sqlite3_column_int64(n->newest, 0);
	}
	sqlite3_reset(n->newest);
	return err;
}

/* Forget what is too old in the slices from first to last. The floor lies right above the newest
 * of it, and not where things begin to be too old: a clock that was ahead for a short time
 * shall not have everything refused until then. */
static enum sg_err sweep(struct sg_nonce_db *n, int64_t first, int64_t last, int64_t too_old,
                         struct sg_nonce_state *state)
{
	const int64_t numbers[] = { slice_begin(first), slice_begin(last) + (SLICE - 1), too_old };
	int64_t newest = 0;
	bool found;
	enum sg_err err = find_newest(n, numbers, &found, &newest);

	if (err != SG_OK || !found)
		return err;
	err = bind_numbers(n->sweep, numbers, 3);
	if (err == SG_OK)
		err = run(n->sweep);
	if (err != SG_OK)
		return err;
	state->count -= sqlite3_changes(n->db);
	if (state->floor <= newest)
		state->floor = newest + 1;
	return SG_OK;
}

enum sg_err sg_nonce_db_write(struct sg_nonce_db *n, struct sg_nonce_state state,
                              const struct sg_nonce_row *rows, size_t count, int64_t too_old,
                              bool everywhere)
{
	const int64_t slice = state.slice;
	enum sg_err err;

	err = end_reading(n);
	if (err == SG_OK)
		err = sg_store_db_exec(n->db, "BEGIN IMMEDIATE");
	for (size_t i = 0; i < count && err == SG_OK; i++)
		err = put_row(n, &rows[i], &state.count);
	if (err == SG_OK)
		err = sweep(n, everywhere ? 0 : slice, everywhere ? SG_NONCE_SLICES - 1 : slice,
		            too_old, &state);
	state.epoch++;
	state.slice = (slice + 1) % SG_NONCE_SLICES;
	if (err == SG_OK)
		err = put_boot(n->db, &state);
	if (err == SG_OK)
		err = put_numbers(n->db, &state);
	if (err == SG_OK)
		err = sg_store_db_exec(n->db, "COMMIT");
	if (err != SG_OK && sqlite3_get_autocommit(n->db) == 0)
		(void)sg_store_db_exec(n->db, "ROLLBACK");
	if (err != SG_OK) {
		/* The old state, as it stands in the file. */
		(void)sg_nonce_db_refresh(n);
		return err;
	}
	return sg_nonce_db_refresh(n);
}
