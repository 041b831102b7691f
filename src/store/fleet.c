/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. A fleet in SQLite: opening it, its connections, and one transaction a call. With a
 * journal that is written ahead, who reads waits for nobody who writes, and a commit costs one
 * fsync.
 */
#include "store/fleet_db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "store/fleet_schema.h"
#include "store/path.h"
#include "util/file.h"
#include "util/fork.h"
#include "util/log.h"

#define MS 1000000                      /* ns */

static void be_patient(struct sg_fleet *fleet, unsigned ms)
{
	((struct sg_fleet_sqlite *)fleet)->patience = ms;
}

static const struct sg_fleet_ops ops = {
	.close = sg_fleet_close,
	.patience = be_patient,
	.token_add = sg_fleet_token_insert,
	.token_find = sg_fleet_token_find,
	.token_revoke = sg_fleet_token_revoke,
	.token_visit = sg_fleet_token_each,
	.session_add = sg_fleet_session_insert,
	.session_find = sg_fleet_session_find,
	.session_refuse = sg_fleet_session_refuse,
	.enrol = sg_fleet_enrol,
	.member_find = sg_fleet_member_find,
	.member_of_key = sg_fleet_member_of_key,
	.member_visit = sg_fleet_member_each,
	.member_settle = sg_fleet_member_settle,
	.member_change = sg_fleet_member_change,
	.member_remove = sg_fleet_member_remove,
	.extension_visit = sg_fleet_extension_each,
	.event_add = sg_fleet_event_add,
	.entry_visit = sg_fleet_entry_each,
	.entry_last = sg_fleet_entry_last,
	.head_add = sg_fleet_head_add,
	.head_visit = sg_fleet_head_each,
};

/* Check that what SQLite would open beside the file, if there, is a private file too. */
static enum sg_err check_beside(const char *path)
{
	static const char *const ends[] = { "-wal", "-shm", "-journal" };
	enum sg_err err = SG_OK;

	for (size_t i = 0; i < sizeof ends / sizeof ends[0] && err == SG_OK; i++) {
		char *name = NULL;

		if (asprintf(&name, "%s%s", path, ends[i]) < 0)
			return SG_ERR_NOMEM;
		err = sg_file_check_private(name);
		if (err == SG_ERR_STORE_MISSING)
			err = SG_OK;
		free(name);
	}
	return err;
}

/* Open a connection. probe: nobody has looked at the file yet. */
static enum sg_err connect(const char *path, bool still, bool probe, sqlite3 **out)
{
	sqlite3 *db = NULL;
	enum sg_err err;

	err = sg_file_check_private(path);
	if (err == SG_OK && probe)
		err = check_beside(path);
	if (err == SG_OK)
		err = still ? sg_store_db_open_still(path, &db) : sg_store_db_open_kept(path, &db);
	if (err == SG_OK)
		err = sg_fleet_schema_probe(db);
	if (err == SG_OK)
		sg_fleet_schema_limits(db);
	if (err == SG_OK)
		err = sg_store_db_exec(db, "PRAGMA synchronous=FULL");
	if (err == SG_OK)
		err = sg_fleet_schema_check(db);
	/* The journal is missing, since it can't be made: the file itself is there. */
	if (err == SG_ERR_STORE_MISSING && sg_file_check_private(path) == SG_OK)
		err = SG_ERR_STORE_READONLY;
	if (err == SG_OK) {
		*out = db;
		db = NULL;
	}
	sg_store_db_close_unlocked(&db);
	return err;
}

/* Take a connection that is idle, or open one. */
static enum sg_err borrow(struct sg_fleet_sqlite *fleet, sqlite3 **out)
{
	*out = NULL;
	pthread_mutex_lock(&fleet->lock);
	if (fleet->n_idle > 0)
		*out = fleet->idle[--fleet->n_idle];
	pthread_mutex_unlock(&fleet->lock);
	return *out != NULL ? SG_OK : connect(fleet->path, fleet->still, false, out);
}

static void give_back(struct sg_fleet_sqlite *fleet, sqlite3 **db)
{
	pthread_mutex_lock(&fleet->lock);
	if (fleet->n_idle < SG_FLEET_IDLE) {
		fleet->idle[fleet->n_idle++] = *db;
		*db = NULL;
	}
	pthread_mutex_unlock(&fleet->lock);
	sg_store_db_close_unlocked(db);
}

/* Whoever waited for the lock may hold a file that was removed meanwhile. */
static enum sg_err check_moved(sqlite3 *db)
{
	int moved = 0, rc;

	rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	if (rc != SQLITE_OK)
		return sg_store_db_error(db, rc);
	return moved ? SG_ERR_STORE_MISSING : SG_OK;
}

/* Begin to write, which one thread does at a time. *left is the ms to wait for other processes
 * then. False where somebody else writes for too long. */
static bool begin_writing(struct sg_fleet_sqlite *fleet, unsigned *left)
{
	struct timespec began, until, now;
	long waited;
	bool got;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &began);
	until = began;
	until.tv_sec += fleet->patience / 1000;
	until.tv_nsec += (long)(fleet->patience % 1000) * MS;
	until.tv_sec += until.tv_nsec / (1000 * MS);
	until.tv_nsec %= 1000 * MS;
	pthread_mutex_lock(&fleet->lock);
	while (fleet->writing && rc == 0)
		rc = pthread_cond_clockwait(&fleet->written, &fleet->lock, CLOCK_MONOTONIC, &until);
	got = !fleet->writing;
	fleet->writing = true;
	pthread_mutex_unlock(&fleet->lock);
	clock_gettime(CLOCK_MONOTONIC, &now);
	waited = (now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / MS;
	*left = waited < (long)fleet->patience ? fleet->patience - (unsigned)waited : 1;
	return got;
}

static enum sg_err busy(const struct sg_fleet_sqlite *fleet)
{
	sg_log(SG_LOG_ERROR, "Somebody else has %s locked for longer than %u ms.", fleet->path,
	       fleet->patience);
	return SG_ERR_STORE_BUSY;
}

static void end_writing(struct sg_fleet_sqlite *fleet)
{
	pthread_mutex_lock(&fleet->lock);
	fleet->writing = false;
	pthread_cond_signal(&fleet->written);
	pthread_mutex_unlock(&fleet->lock);
}

enum sg_err sg_fleet_begin(struct sg_fleet *base, enum sg_fleet_access access,
                           struct sg_fleet_call *call)
{
	struct sg_fleet_sqlite *fleet = (struct sg_fleet_sqlite *)base;
	unsigned patience = fleet->patience;
	enum sg_err err;

	*call = (struct sg_fleet_call){ .fleet = fleet, .writes = access == SG_FLEET_WRITES };
	if (fleet->generation != sg_fork_generation())
		return SG_ERR_CLOSED;
	err = borrow(fleet, &call->db);
	if (err != SG_OK)
		return err;
	if (call->writes && (fleet->still || !begin_writing(fleet, &patience))) {
		give_back(fleet, &call->db);
		return fleet->still ? SG_ERR_STORE_READONLY : busy(fleet);
	}
	if (call->writes)
		sg_signal_block(&call->too_big, SIGXFSZ);
	sg_store_db_patience(call->db, patience);
	err = sg_store_db_exec(call->db, call->writes ? "BEGIN IMMEDIATE" : "BEGIN");
	if (err == SG_OK && call->writes)
		err = check_moved(call->db);
	if (err == SG_ERR_STORE_BUSY)
		err = busy(fleet);
	return err == SG_OK ? SG_OK : sg_fleet_end(call, err);
}

enum sg_err sg_fleet_end(struct sg_fleet_call *call, enum sg_err err)
{
	const bool good = err == SG_OK;

	if (err == SG_ERR_STORE_BUSY && !call->writes)
		err = busy(call->fleet);
	if (good)
		err = sg_store_db_exec(call->db, "COMMIT");
	/* Whatever the state of the connection is: closing it rolls back. */
	if (err != SG_OK && sqlite3_get_autocommit(call->db) == 0)
		(void)sqlite3_exec(call->db, "ROLLBACK", NULL, NULL, NULL);
	if (call->writes) {
		sg_signal_release(&call->too_big);
		end_writing(call->fleet);
	}
	if (sqlite3_get_autocommit(call->db) == 0 || err == SG_ERR_STORE_MISSING)
		sg_store_db_close_unlocked(&call->db);
	else
		give_back(call->fleet, &call->db);
	return err;
}

/* Tell whether all is in the file itself: a journal that was left beside it has the newest part. */
static enum sg_err check_still(const char *path)
{
	char *journal = NULL;
	struct stat st;
	enum sg_err err = SG_OK;

	if (asprintf(&journal, "%s-wal", path) < 0)
		return SG_ERR_NOMEM;
	if (lstat(journal, &st) == 0 && st.st_size > 0) {
		sg_log(SG_LOG_ERROR, "%s has entries that are not in the store yet: copy both to a "
		       "folder of your own.", journal);
		err = SG_ERR_STORE_READONLY;
	}
	free(journal);
	return err;
}

/* Open the first connection. reads: nothing has to be written. */
static enum sg_err connect_first(struct sg_fleet_sqlite *fleet, const char *path, bool reads)
{
	enum sg_err err = connect(path, false, true, &fleet->idle[0]);

	if (err != SG_ERR_STORE_READONLY || !reads)
		return err;
	fleet->still = true;
	err = check_still(path);
	return err == SG_OK ? connect(path, true, true, &fleet->idle[0]) : err;
}

static enum sg_err open_fleet(const char *path, bool create, bool reads, struct sg_fleet **out)
{
	struct sg_fleet_sqlite *fleet = NULL;
	char *real = NULL;
	struct stat st;
	enum sg_err err;

	*out = NULL;
	err = sg_fork_watch();
	if (err == SG_OK)
		err = sg_store_path_resolve(path, &real);
	if (err != SG_OK)
		goto out;
	if (create && lstat(real, &st) != 0 && errno == ENOENT)
		err = sg_fleet_schema_make(real);
	if (err != SG_OK)
		goto out;
	fleet = calloc(1, sizeof *fleet);
	if (fleet == NULL) {
		err = SG_ERR_NOMEM;
		goto out;
	}
	fleet->fleet.ops = &ops;
	fleet->generation = sg_fork_generation();
	fleet->patience = SG_FLEET_PATIENCE;
	err = connect_first(fleet, real, reads);
	if (err != SG_OK)
		goto out;
	fleet->n_idle = 1;
	fleet->path = real;
	real = NULL;
	pthread_mutex_init(&fleet->lock, NULL);
	pthread_cond_init(&fleet->written, NULL);
	*out = &fleet->fleet;
	fleet = NULL;
out:
	free(fleet);
	free(real);
	return err;
}

enum sg_err sg_fleet_open(const char *path, bool create, struct sg_fleet **out)
{
	return open_fleet(path, create, false, out);
}

enum sg_err sg_fleet_open_read(const char *path, struct sg_fleet **out)
{
	return open_fleet(path, false, true, out);
}

void sg_fleet_close(struct sg_fleet **base)
{
	struct sg_fleet_sqlite *fleet;

	if (base == NULL || *base == NULL)
		return;
	fleet = (struct sg_fleet_sqlite *)*base;
	/* In a child the connections are the parent's, with its locks. */
	for (size_t i = 0; fleet->generation == sg_fork_generation() && i < fleet->n_idle; i++)
		sg_store_db_close_unlocked(&fleet->idle[i]);
	/* There, who waited in the parent would be waited for. */
	if (fleet->generation == sg_fork_generation())
		pthread_cond_destroy(&fleet->written);
	pthread_mutex_destroy(&fleet->lock);
	free(fleet->path);
	free(fleet);
	*base = NULL;
}

void sg_fleet_token_clear(struct sg_fleet_token *token)
{
	sg_buf_free(&token->rules);
	*token = (struct sg_fleet_token){ .uses = 0 };
}

void sg_fleet_session_clear(struct sg_fleet_session *session)
{
	sg_secret_free(&session->credential);
	sg_buf_free(&session->hello);
	sg_buf_free(&session->challenge);
	*session = (struct sg_fleet_session){ .closed = false };
}
