/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. A connection to SQLite with everything off that a store doesn't need,
 * and the one table that translates SQLite's result codes. Knows no table.
 */
#include "store/db.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/path.h"
#include "store/store.h"
#include "util/fork.h"
#include "util/log.h"
#include "util/signal.h"

#define BUSY_MS 10000
#define ROW_EXTRA 256           /* what a row holds beside the record */

/* SQLite keeps its locks in memory of the process, so a child may not be made while
 * a connection is open: it would believe in POSIX locks that it doesn't hold, or wait
 * for a mutex whose owner exists only in the parent. So a fork waits until there is
 * none, and meanwhile none is opened. All but mine is guarded by lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned connections;
static unsigned forks;                  /* that wait, or are under way */
static bool orphaned;                   /* forked all the same, see before_fork */
static _Thread_local unsigned mine;     /* connections of this thread */

/* A write beyond the limit on the size of files is an error of ours, not the end of
 * the program. */
static _Thread_local struct sg_signal_hold too_big;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int watch_result;

/* A thread can't wait for a connection of its own, nor for ever for one that waits for
 * another process: such a child gets no store before it calls exec. */
static void before_fork(void)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += BUSY_MS / 1000 + 1;
	pthread_mutex_lock(&lock);
	forks++;
	while (mine == 0 && connections > 0 && rc == 0)
		rc = pthread_cond_clockwait(&changed, &lock, CLOCK_MONOTONIC, &until);
}

static void after_fork(void)
{
	forks--;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void in_child(void)
{
	static const pthread_cond_t fresh = PTHREAD_COND_INITIALIZER;

	orphaned = orphaned || connections > 0;
	connections = mine = forks = 0;
	changed = fresh;
	pthread_mutex_unlock(&lock);
}

static void watch_forks(void)
{
	watch_result = pthread_atfork(before_fork, after_fork, in_child);
}

/* Count a connection that is about to be opened, before SQLite is entered. */
static enum sg_err enter(void)
{
	bool refused;

	/* In this order: what is registered first is held last, and so not while we wait. */
	if (sg_fork_watch() != SG_OK || pthread_once(&once, watch_forks) != 0 || watch_result != 0)
		return SG_ERR_NOMEM;
	pthread_mutex_lock(&lock);
	while (forks > 0 && mine == 0)
		pthread_cond_wait(&changed, &lock);
	refused = orphaned;
	if (!refused) {
		if (mine == 0)
			sg_signal_block(&too_big, SIGXFSZ);
		connections++;
		mine++;
	}
	pthread_mutex_unlock(&lock);
	if (refused)
		sg_log(SG_LOG_ERROR, "This process was forked in the middle of a transaction "
		                     "of its parent; it can't use the store before it calls exec.");
	return refused ? SG_ERR_SYSTEM : SG_OK;
}

static void leave(void)
{
	pthread_mutex_lock(&lock);
	connections--;
	mine--;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	if (mine == 0)
		sg_signal_release(&too_big);
}

/* An extended code is looked up first, then its primary code. */
static const struct {
	int code;
	enum sg_err err;
} codes[] = {
	{ SQLITE_OK, SG_OK },
	{ SQLITE_BUSY, SG_ERR_STORE_BUSY },
	{ SQLITE_CANTOPEN_ISDIR, SG_ERR_STORE_UNSAFE },
	{ SQLITE_CANTOPEN_SYMLINK, SG_ERR_STORE_UNSAFE },
	{ SQLITE_CONSTRAINT, SG_ERR_STORE_DAMAGED },
	{ SQLITE_CORRUPT, SG_ERR_STORE_DAMAGED },
	{ SQLITE_EMPTY, SG_ERR_STORE_DAMAGED },
	/* Our statements are right, so the tables they name are wrong. */
	{ SQLITE_ERROR, SG_ERR_STORE_DAMAGED },
	{ SQLITE_FORMAT, SG_ERR_STORE_DAMAGED },
	{ SQLITE_FULL, SG_ERR_STORE_FULL },
	{ SQLITE_IOERR_NOMEM, SG_ERR_NOMEM },
	{ SQLITE_IOERR_SHORT_READ, SG_ERR_STORE_DAMAGED },
	{ SQLITE_LOCKED, SG_ERR_STORE_BUSY },
	{ SQLITE_MISMATCH, SG_ERR_STORE_DAMAGED },
	{ SQLITE_NOMEM, SG_ERR_NOMEM },
	{ SQLITE_NOTADB, SG_ERR_STORE_DAMAGED },
	{ SQLITE_PROTOCOL, SG_ERR_STORE_BUSY },
	{ SQLITE_READONLY, SG_ERR_STORE_READONLY },
	{ SQLITE_READONLY_DBMOVED, SG_ERR_STORE_MISSING },
	{ SQLITE_SCHEMA, SG_ERR_STORE_DAMAGED },
	{ SQLITE_TOOBIG, SG_ERR_STORE_DAMAGED },
};

static bool code_find(int code, enum sg_err *err)
{
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].code == code) {
			*err = codes[i].err;
			return true;
		}
	}
	return false;
}

/* Find errno of the system call behind a result code; 0 where SQLite didn't keep
 * it. For a failed COMMIT only the file knows it. */
static int db_errno(sqlite3 *db)
{
	int error = sqlite3_system_errno(db);

	if (error == 0 &&
	    sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &error) != SQLITE_OK)
		error = 0;
	return error;
}

enum sg_err sg_store_db_error(sqlite3 *db, int rc)
{
	int primary = rc & 0xff, error = 0;
	enum sg_err err = SG_ERR_SYSTEM;

	if (rc == SQLITE_OK)
		return SG_OK;
	if (db != NULL && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN))
		error = db_errno(db);
	if (!code_find(rc, &err) && !code_find(primary, &err))
		err = sg_store_path_errno(error);
	/* Not sqlite3_errmsg: it can repeat what stands in a damaged file. */
	sg_log(SG_LOG_ERROR, "SQLite: %s (code %d, errno %d).", sqlite3_errstr(rc), rc, error);
	return err;
}

static const struct {
	int option;
	int value;
} options[] = {
	{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
	{ SQLITE_DBCONFIG_DQS_DDL, 0 },
	{ SQLITE_DBCONFIG_DQS_DML, 0 },
	{ SQLITE_DBCONFIG_ENABLE_FKEY, 0 },
	{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
	{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
	{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
	{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
	{ SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0 },
};

static const struct {
	int limit;
	int value;
} limits[] = {
	{ SQLITE_LIMIT_ATTACHED, 0 },
	{ SQLITE_LIMIT_COLUMN, 16 },
	{ SQLITE_LIMIT_COMPOUND_SELECT, 1 },
	{ SQLITE_LIMIT_EXPR_DEPTH, 16 },
	{ SQLITE_LIMIT_FUNCTION_ARG, 2 },
	{ SQLITE_LIMIT_LENGTH, SG_STORE_RECORD_MAX + ROW_EXTRA },
	{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1 },
	{ SQLITE_LIMIT_SQL_LENGTH, 1024 },
	{ SQLITE_LIMIT_TRIGGER_DEPTH, 0 },
	{ SQLITE_LIMIT_VARIABLE_NUMBER, 4 },
	{ SQLITE_LIMIT_WORKER_THREADS, 0 },
};

static long ms_since(struct timespec began, struct timespec now)
{
	return (now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / 1000000;
}

/* Wait a moment for whoever has the lock; 0 when that was enough of it. SQLite's own
 * handler soon looks only every tenth of a second, and processes that write without a
 * pause leave gaps so short that it misses them all. */
static int wait_for_lock(void *arg, int tries)
{
	static _Thread_local struct timespec began;
	struct timespec now, pause = { 0, 500000 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (tries == 0)
		began = now;
	if (ms_since(began, now) >= (long)(uintptr_t)arg)
		return 0;
	/* Not in step with others who wait. */
	pause.tv_nsec += now.tv_nsec % 3000000;
	(void)nanosleep(&pause, NULL);
	return 1;
}

/* That can't fail. */
void sg_store_db_patience(sqlite3 *db, unsigned ms)
{
	(void)sqlite3_busy_handler(db, wait_for_lock, (void *)(uintptr_t)ms);
}

static enum sg_err db_restrict(sqlite3 *db)
{
	size_t i;
	int rc;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		rc = sqlite3_db_config(db, options[i].option, options[i].value, NULL);
		if (rc != SQLITE_OK)
			return sg_store_db_error(db, rc);
	}
	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		sqlite3_limit(db, limits[i].limit, limits[i].value);
	sg_store_db_patience(db, BUSY_MS);
	/* None of these reads the file, so none can roll a journal back. No memory
	 * map: reading one behind the end of a cut file raises SIGBUS. */
	return sg_store_db_exec(db, "PRAGMA mmap_size=0; PRAGMA cell_size_check=ON;"
	                            "PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON");
}

/* more: how it is opened, beside what all are opened with. */
static enum sg_err db_open(const char *path, const char *vfs, int more, sqlite3 **out)
{
	const int flags = more | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE |
	                  SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	sqlite3 *db = NULL;
	enum sg_err err;
	int rc;

	rc = sqlite3_open_v2(path, &db, flags, vfs);
	if (rc != SQLITE_OK) {
		err = sg_store_db_error(db, rc);
		/* Here it isn't writing that was refused, but reading. */
		if (err == SG_ERR_STORE_READONLY)
			err = SG_ERR_SYSTEM;
		goto out;
	}
	err = db_restrict(db);
	if (err != SG_OK)
		goto out;
	*out = db;
	db = NULL;
out:
	sg_store_db_close_unlocked(&db);
	return err;
}

enum sg_err sg_store_db_open(const char *path, sqlite3 **out)
{
	enum sg_err err;

	*out = NULL;
	err = enter();
	if (err != SG_OK)
		return err;
	err = db_open(path, NULL, SQLITE_OPEN_READWRITE, out);
	if (err != SG_OK)
		leave();
	return err;
}

enum sg_err sg_store_db_open_unlocked(const char *path, sqlite3 **out)
{
	*out = NULL;
	return db_open(path, "unix-none", SQLITE_OPEN_READWRITE, out);
}

enum sg_err sg_store_db_open_kept(const char *path, sqlite3 **out)
{
	*out = NULL;
	return db_open(path, NULL, SQLITE_OPEN_READWRITE, out);
}

/* Write a path as a URI, in which every byte stands as its digits [RFC 3986 §2.1]. */
static char *uri_of(const char *path)
{
	static const char head[] = "file:", end[] = "?immutable=1", digits[] = "0123456789ABCDEF";
	const size_t len = strlen(path);
	char *uri = malloc(sizeof head + 3 * len + sizeof end), *at = uri;

	if (uri == NULL)
		return NULL;
	at = stpcpy(at, head);
	for (size_t i = 0; i < len; i++) {
		const uint8_t byte = (uint8_t)path[i];

		/* A slash must be one, or it is no path. */
		if (byte == '/') {
			*at++ = '/';
			continue;
		}
		*at++ = '%';
		*at++ = digits[byte >> 4];
		*at++ = digits[byte & 15];
	}
	(void)stpcpy(at, end);
	return uri;
}

enum sg_err sg_store_db_open_still(const char *path, sqlite3 **out)
{
	char *uri = uri_of(path);
	enum sg_err err;

	*out = NULL;
	if (uri == NULL)
		return SG_ERR_NOMEM;
	err = db_open(uri, NULL, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, out);
	free(uri);
	return err;
}

void sg_store_db_close_unlocked(sqlite3 **db)
{
	int rc;

	if (db == NULL || *db == NULL)
		return;
	/* The old call, which doesn't wait for forgotten statements: a connection
	 * that lived on would keep its lock. */
	rc = sqlite3_close(*db);
	if (rc != SQLITE_OK)
		(void)sg_store_db_error(*db, rc);
	*db = NULL;
}

void sg_store_db_close(sqlite3 **db)
{
	if (db == NULL || *db == NULL)
		return;
	sg_store_db_close_unlocked(db);
	leave();
}

enum sg_err sg_store_db_exec(sqlite3 *db, const char *sql)
{
	return sg_store_db_error(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

enum sg_err sg_store_db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out)
{
	return sg_store_db_error(db, sqlite3_prepare_v2(db, sql, -1, out, NULL));
}

enum sg_err sg_store_db_bind(sqlite3_stmt *stmt, int at, struct sg_bytes bytes)
{
	int rc;

	if (bytes.len > INT_MAX)
		return SG_ERR_RANGE;
	rc = sqlite3_bind_blob(stmt, at, bytes.len > 0 ? bytes.data : (const void *)"",
	                       (int)bytes.len, SQLITE_STATIC);
	return sg_store_db_error(sqlite3_db_handle(stmt), rc);
}

enum sg_err sg_store_db_column(sqlite3_stmt *stmt, int at, size_t max, struct sg_bytes *out)
{
	const void *data;
	int len;

	*out = sg_bytes(NULL, 0);
	if (sqlite3_column_type(stmt, at) != SQLITE_BLOB)
		return SG_ERR_STORE_DAMAGED;
	data = sqlite3_column_blob(stmt, at);
	len = sqlite3_column_bytes(stmt, at);
	if (len < 0 || (size_t)len > max)
		return SG_ERR_STORE_DAMAGED;
	if (data == NULL && sqlite3_errcode(sqlite3_db_handle(stmt)) == SQLITE_NOMEM)
		return SG_ERR_NOMEM;
	if (data == NULL && len > 0)
		return SG_ERR_STORE_DAMAGED;
	*out = sg_bytes(data, (size_t)len);
	return SG_OK;
}
