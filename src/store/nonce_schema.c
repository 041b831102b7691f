/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. What the SQLite file of a nonce store looks like. A file that isn't exactly this is
 * refused, whatever SQLite thinks of it.
 */
#include "store/nonce_schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/random.h"
#include "store/db.h"
#include "store/kind.h"
#include "store/nonce_db.h"
#include "store/path.h"
#include "util/log.h"

#define APPLICATION 0x53474e4e          /* SQLite application_id, "SGNN" */
#define VERSION 1

static const char seen_sql[] = "CREATE TABLE seen(id INTEGER PRIMARY KEY, made INTEGER NOT NULL) "
                               "STRICT";
static const char state_sql[] = "CREATE TABLE state(one INTEGER PRIMARY KEY, key BLOB NOT NULL, "
                                "boot BLOB NOT NULL, epoch INTEGER NOT NULL, "
                                "floor INTEGER NOT NULL, mark INTEGER NOT NULL, "
                                "count INTEGER NOT NULL, slice INTEGER NOT NULL) STRICT";

/* The only row of the state, with a key that no other store has. */
static enum sg_err put_state(sqlite3 *db)
{
	uint8_t key[SG_NONCE_KEY];
	sqlite3_stmt *stmt = NULL;
	enum sg_err err;
	int rc;

	sg_random(key, sizeof key);
	err = sg_store_db_prepare(db, "INSERT INTO state VALUES(1, ?1, zeroblob(16), 1, 0, 0, 0, 0)",
	                          &stmt);
	if (err == SG_OK)
		err = sg_store_db_bind(stmt, 1, sg_bytes(key, sizeof key));
	rc = err == SG_OK ? sqlite3_step(stmt) : SQLITE_DONE;
	if (rc != SQLITE_DONE)
		err = sg_store_db_error(db, rc);
	sqlite3_finalize(stmt);
	return err;
}

/* Make the tables in an empty file. */
static enum sg_err fill(sqlite3 *db)
{
	char numbers[96];
	enum sg_err err;

	(void)snprintf(numbers, sizeof numbers, "PRAGMA application_id=%d; PRAGMA user_version=%d",
	               APPLICATION, VERSION);
	err = sg_store_db_exec(db, "BEGIN IMMEDIATE");
	if (err == SG_OK)
		err = sg_store_db_exec(db, seen_sql);
	if (err == SG_OK)
		err = sg_store_db_exec(db, state_sql);
	if (err == SG_OK)
		err = sg_store_db_exec(db, numbers);
	if (err == SG_OK)
		err = put_state(db);
	return err == SG_OK ? sg_store_db_exec(db, "COMMIT") : err;
}

static enum sg_err failed(const char *what, const char *path)
{
	enum sg_err err = sg_store_path_errno(errno);

	sg_log(SG_LOG_ERROR, "%s can't be %s: %m.", path, what);
	return err;
}

/* Make a file of mode 0600 that holds an empty table. */
static enum sg_err make_draft(const char *draft)
{
	sqlite3 *db = NULL;
	enum sg_err err;
	int fd;

	/* Nobody else is making one: what is there was left by somebody who was killed. */
	if (unlink(draft) != 0 && errno != ENOENT)
		return failed("removed", draft);
	fd = open(draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return failed("made", draft);
	err = fchmod(fd, 0600) == 0 ? SG_OK : failed("made private", draft);
	close(fd);
	if (err == SG_OK)
		err = sg_store_db_open_unlocked(draft, &db);
	if (err == SG_OK)
		err = sg_store_db_exec(db, "PRAGMA page_size=4096; PRAGMA journal_mode=MEMORY;"
		                           "PRAGMA synchronous=FULL");
	if (err == SG_OK)
		err = fill(db);
	sg_store_db_close_unlocked(&db);
	return err;
}

enum sg_err sg_nonce_schema_make(const char *path)
{
	char *draft = NULL;
	enum sg_err err;

	if (asprintf(&draft, "%s-new", path) < 0)
		return SG_ERR_NOMEM;
	err = make_draft(draft);
	if (err == SG_OK && rename(draft, path) != 0)
		err = failed("renamed", draft);
	if (err == SG_OK)
		err = sg_store_sync_folder(path);
	if (err != SG_OK)
		(void)unlink(draft);
	free(draft);
	return err;
}

static bool column_is(sqlite3_stmt *stmt, int at, const char *expected)
{
	const char *text = (const char *)sqlite3_column_text(stmt, at);

	return text != NULL && strcmp(text, expected) == 0;
}

/* A trigger, a view or an index that somebody planted is a difference too. */
enum sg_err sg_nonce_schema_check(sqlite3 *db)
{
	const char *const expected[] = { seen_sql, state_sql };
	sqlite3_stmt *stmt = NULL;
	enum sg_err err;
	size_t i = 0;
	int rc = SQLITE_DONE;

	err = sg_store_db_prepare(db, "SELECT sql FROM sqlite_schema ORDER BY rowid", &stmt);
	while (err == SG_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (i == 2 || !column_is(stmt, 0, expected[i]))
			err = SG_ERR_STORE_DAMAGED;
		i++;
	}
	if (err == SG_OK && rc != SQLITE_DONE)
		err = sg_store_db_error(db, rc);
	else if (err == SG_OK && i != 2)
		err = SG_ERR_STORE_DAMAGED;
	sqlite3_finalize(stmt);
	return err;
}

enum sg_err sg_nonce_schema_probe(sqlite3 *db)
{
	return sg_store_kind_check(db, APPLICATION, VERSION);
}
