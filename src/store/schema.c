/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. What the inside of a store looks like: the file header and the two
 * tables, how they are made and how they are told from anything else. A file
 * that isn't exactly this is refused, whatever SQLite thinks of it.
 */
#include "store/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/store.h"
#include "util/cursor.h"
#include "util/log.h"

#define HEADER_LEN 100
#define PAGE_LEN 4096

/* The rows of sqlite_schema in their order, with the exact text that SQLite keeps.
 * Rows get the largest seq plus one, so living rows stay in the order of creation. */
static const struct {
	const char *type, *name, *table, *sql;
	int root;               /* page; two tables on one page would damage each other */
} schema[] = {
	{ "table", "item", "item",
	  "CREATE TABLE item(id INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT", 2 },
	{ "table", "object", "object",
	  "CREATE TABLE object(seq INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE, "
	  "record BLOB NOT NULL) STRICT", 3 },
	{ "index", "sqlite_autoindex_object_1", "object", NULL, 4 },
};

#define SCHEMA_ROWS (sizeof(schema) / sizeof(schema[0]))

enum sg_err sg_store_schema_create(sqlite3 *db)
{
	char numbers[96];
	enum sg_err err = SG_OK;
	size_t i;
	int n;

	for (i = 0; i < SCHEMA_ROWS && err == SG_OK; i++)
		if (schema[i].sql != NULL)
			err = sg_store_db_exec(db, schema[i].sql);
	if (err != SG_OK)
		return err;
	n = snprintf(numbers, sizeof(numbers), "PRAGMA application_id=%d; PRAGMA user_version=%d",
	             SG_STORE_APPLICATION, SG_STORE_VERSION);
	if (n < 0 || (size_t)n >= sizeof(numbers))
		return SG_ERR_SYSTEM;
	return sg_store_db_exec(db, numbers);
}

/* The fields of the header that tell a store from other files. Whole sectors are
 * written, and these fields never change, so they can be trusted even where a
 * writer was killed and the journal must still be played back. */
struct header {
	uint32_t pages;
	uint32_t version;
	uint32_t application;
	bool sound;             /* all the rest is as we make it */
};

/* [SQLite Database File Format §1.3] */
static bool header_parse(struct sg_bytes bytes, struct header *h)
{
	static const char magic[16] = "SQLite format 3";
	struct sg_reader r = sg_reader(bytes);

	h->sound = sg_bytes_equal(sg_read_bytes(&r, sizeof(magic)), sg_bytes(magic, sizeof(magic)));
	if (!h->sound)
		return false;
	h->sound = sg_read_u16(&r) == PAGE_LEN && h->sound;
	h->sound = sg_read_u8(&r) == 1 && h->sound;     /* written with a rollback journal, */
	h->sound = sg_read_u8(&r) == 1 && h->sound;     /* and read with one: no WAL */
	h->sound = sg_read_u8(&r) == 0 && h->sound;     /* no reserved bytes in a page */
	h->sound = sg_read_u8(&r) == 64 && h->sound;
	h->sound = sg_read_u8(&r) == 32 && h->sound;
	h->sound = sg_read_u8(&r) == 32 && h->sound;
	sg_read_u32(&r);                                /* change counter */
	h->pages = sg_read_u32(&r);
	sg_read_u32(&r);                                /* free pages */
	sg_read_u32(&r);
	sg_read_u32(&r);                                /* schema cookie */
	h->sound = sg_read_u32(&r) == 4 && h->sound;    /* schema format */
	sg_read_u32(&r);                                /* cache size */
	h->sound = sg_read_u32(&r) == 0 && h->sound;    /* no vacuum by itself */
	h->sound = sg_read_u32(&r) == 1 && h->sound;    /* UTF-8 */
	h->version = sg_read_u32(&r);
	sg_read_u32(&r);
	h->application = sg_read_u32(&r);
	return !r.failed;
}

/* Read the header and the length of the file through SQLite's own descriptor:
 * closing one of ours would drop the locks of other connections in this process. */
static enum sg_err header_read(sqlite3 *db, struct header *h, sqlite3_int64 *len)
{
	uint8_t bytes[HEADER_LEN];
	sqlite3_file *file = NULL;
	int rc;

	rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	if (rc != SQLITE_OK)
		return sg_store_db_error(db, rc);
	if (file == NULL || file->pMethods == NULL)
		return SG_ERR_SYSTEM;
	rc = file->pMethods->xFileSize(file, len);
	if (rc != SQLITE_OK)
		return sg_store_db_error(NULL, rc);
	if (*len < PAGE_LEN)
		return SG_ERR_STORE_DAMAGED;
	rc = file->pMethods->xRead(file, bytes, sizeof(bytes), 0);
	if (rc != SQLITE_OK)
		return sg_store_db_error(NULL, rc);
	return header_parse(sg_bytes(bytes, sizeof(bytes)), h) ? SG_OK : SG_ERR_STORE_DAMAGED;
}

static enum sg_err header_check(sqlite3 *db, struct header *h, sqlite3_int64 *len)
{
	enum sg_err err;

	err = header_read(db, h, len);
	if (err == SG_OK && h->application != SG_STORE_APPLICATION)
		err = SG_ERR_STORE_DAMAGED;
	if (err == SG_ERR_STORE_DAMAGED) {
		sg_log(SG_LOG_ERROR, "%s is not a store, or was cut short.",
		       sqlite3_db_filename(db, "main"));
		return err;
	}
	if (err != SG_OK)
		return err;
	/* Before the rest, which another version may do differently. */
	if (h->version != SG_STORE_VERSION) {
		sg_log(SG_LOG_ERROR, "%s has version %" PRIu32 "; this program knows version %d.",
		       sqlite3_db_filename(db, "main"), h->version, SG_STORE_VERSION);
		return SG_ERR_STORE_VERSION;
	}
	if (!h->sound) {
		sg_log(SG_LOG_ERROR, "The header of %s is damaged.",
		       sqlite3_db_filename(db, "main"));
		return SG_ERR_STORE_DAMAGED;
	}
	return SG_OK;
}

enum sg_err sg_store_schema_probe(sqlite3 *db)
{
	struct header h;
	sqlite3_int64 len = 0;

	/* The length is compared under the lock: a writer may be appending now. */
	return header_check(db, &h, &len);
}

static bool column_is(sqlite3_stmt *stmt, int at, const char *expected)
{
	const char *text = (const char *)sqlite3_column_text(stmt, at);

	if (expected == NULL || text == NULL)
		return expected == NULL && text == NULL;
	return strcmp(text, expected) == 0;
}

/* A trigger, a view or an index that somebody planted is a difference too. */
static enum sg_err tables_check(sqlite3 *db)
{
	sqlite3_stmt *stmt = NULL;
	enum sg_err err;
	size_t i = 0;
	int rc;

	err = sg_store_db_prepare(db, "SELECT type, name, tbl_name, sql, rootpage "
	                              "FROM sqlite_schema ORDER BY rowid", &stmt);
	if (err != SG_OK)
		goto out;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (i == SCHEMA_ROWS || !column_is(stmt, 0, schema[i].type) ||
		    !column_is(stmt, 1, schema[i].name) || !column_is(stmt, 2, schema[i].table) ||
		    !column_is(stmt, 3, schema[i].sql) ||
		    sqlite3_column_int64(stmt, 4) != schema[i].root) {
			err = SG_ERR_STORE_DAMAGED;
			goto out;
		}
		i++;
	}
	if (rc != SQLITE_DONE)
		err = sg_store_db_error(db, rc);
	else if (i != SCHEMA_ROWS)
		err = SG_ERR_STORE_DAMAGED;
out:
	if (err == SG_ERR_STORE_DAMAGED)
		sg_log(SG_LOG_ERROR, "The tables of %s are not those of a store.",
		       sqlite3_db_filename(db, "main"));
	sqlite3_finalize(stmt);
	return err;
}

enum sg_err sg_store_schema_check(sqlite3 *db)
{
	struct header h;
	sqlite3_int64 len = 0;
	enum sg_err err;
	int moved = 0, rc;

	/* First, because reading is what takes the lock and plays a journal back. */
	err = tables_check(db);
	if (err != SG_OK)
		return err;
	err = header_check(db, &h, &len);
	if (err != SG_OK)
		return err;
	/* SQLite fills a last page that was cut with zeros and doesn't mind bytes
	 * behind the last page; we do. */
	if (len != (sqlite3_int64)h.pages * PAGE_LEN) {
		sg_log(SG_LOG_ERROR, "%s has not the length that its header says.",
		       sqlite3_db_filename(db, "main"));
		return SG_ERR_STORE_DAMAGED;
	}
	/* Whoever waited for the lock may hold a file that was removed meanwhile. */
	rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	if (rc != SQLITE_OK)
		return sg_store_db_error(db, rc);
	return moved ? SG_ERR_STORE_MISSING : SG_OK;
}
