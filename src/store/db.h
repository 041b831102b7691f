/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. A connection to SQLite with everything off that a store doesn't need,
 * and the one table that translates SQLite's result codes. Knows no table.
 *
 * A connection is opened, used and closed by one thread. SQLite keeps its locks in
 * memory of the process, so a fork waits until no other thread has a connection, and
 * new ones wait for the fork.
 */
#ifndef SG_STORE_DB_H
#define SG_STORE_DB_H

#include <sqlite3.h>

#include "util/bytes.h"

/* Open an existing file for reading and writing, or for reading only where that is
 * all the system allows. No lock is taken and no byte is read but the file's
 * header. path has no link in it. Errors: STORE_MISSING, STORE_UNSAFE, SYSTEM, NOMEM. */
enum sg_err sg_store_db_open(const char *path, sqlite3 **out);

/* The same for a file whose users keep each other out in another way: SQLite takes no lock, so a
 * fork doesn't wait for this connection, which may be kept. Who keeps it has no thread use it
 * while the process forks, and never uses or closes it in a child. */
enum sg_err sg_store_db_open_unlocked(const char *path, sqlite3 **out);
void sg_store_db_close_unlocked(sqlite3 **db);

/* The same for a file that SQLite locks as always, and a connection that is kept: no fork waits
 * for it. Who keeps it never uses or closes it in a child, nor has two threads use it at a time. */
enum sg_err sg_store_db_open_kept(const char *path, sqlite3 **out);

/* Open a file that nobody writes to, for reading: nothing beside it is looked at, no lock is taken,
 * and nothing need be writable. It is a connection that is kept, as above. */
enum sg_err sg_store_db_open_still(const char *path, sqlite3 **out);

/* Wait so many milliseconds at most for who has a lock, in the place of the 10 seconds of a new
 * connection. */
void sg_store_db_patience(sqlite3 *db, unsigned ms);

/* Roll back what is not committed, close and set *db to NULL; NULL is fine. */
void sg_store_db_close(sqlite3 **db);

/* Translate a result code and log it. db may be NULL; otherwise it tells errno. */
enum sg_err sg_store_db_error(sqlite3 *db, int rc);

/* Run statements that give no rows, or whose rows don't matter. */
enum sg_err sg_store_db_exec(sqlite3 *db, const char *sql);

/* Prepare one statement; the caller finalizes *out. */
enum sg_err sg_store_db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out);

/* Bind a blob that outlives the statement; an empty one is a blob, not NULL. */
enum sg_err sg_store_db_bind(sqlite3_stmt *stmt, int at, struct sg_bytes bytes);

/* Read a column of the current row as a view that is valid until the next step.
 * Errors: STORE_DAMAGED where it is no blob or longer than max, NOMEM. */
enum sg_err sg_store_db_column(sqlite3_stmt *stmt, int at, size_t max, struct sg_bytes *out);

#endif
