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

#include "store/fleet_schema.h"
#include "store/path.h"
#include "util/file.h"
#include "util/fork.h"
#include "util/log.h"

static const struct sg_fleet_ops ops = {
	.close = sg_fleet_close,
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
	.member_due = sg_fleet_member_due,
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
static enum sg_err connect(const char *path, bool probe, sqlite3 **out)
{
	sqlite3 *db = NULL;
	enum sg_err err;

	err = sg_file_check_private(path);
	if (err == SG_OK && probe)
		err = check_beside(path);
	if (err == SG_OK)
		err = sg_store_db_open_kept(path, &db);
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
	return *out != NULL ? SG_OK : connect(fleet->path, false, out);
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

enum sg_err sg_fleet_begin(struct sg_fleet *base, enum sg_fleet_access access,
                           struct sg_fleet_call *call)
{
	struct sg_fleet_sqlite *fleet = (struct sg_fleet_sqlite *)base;
	enum sg_err err;

	*call = (struct sg_fleet_call){ .fleet = fleet, .writes = access == SG_FLEET_WRITES };
	if (fleet->generation != sg_fork_generation())
		return SG_ERR_CLOSED;
	err = borrow(fleet, &call->db);
	if (err != SG_OK)
		return err;
	if (call->writes) {
		pthread_mutex_lock(&fleet->writer);
		sg_signal_block(&call->too_big, SIGXFSZ);
	}
	err = sg_store_db_exec(call->db, call->writes ? "BEGIN IMMEDIATE" : "BEGIN");
	if (err == SG_OK && call->writes)
		err = check_moved(call->db);
	return err == SG_OK ? SG_OK : sg_fleet_end(call, err);
}

enum sg_err sg_fleet_end(struct sg_fleet_call *call, enum sg_err err)
{
	const bool good = err == SG_OK;

	if (good)
		err = sg_store_db_exec(call->db, "COMMIT");
	/* Whatever the state of the connection is: closing it rolls back. */
	if (err != SG_OK && sqlite3_get_autocommit(call->db) == 0)
		(void)sqlite3_exec(call->db, "ROLLBACK", NULL, NULL, NULL);
	if (call->writes) {
		sg_signal_release(&call->too_big);
		pthread_mutex_unlock(&call->fleet->writer);
	}
	if (sqlite3_get_autocommit(call->db) == 0 || err == SG_ERR_STORE_MISSING)
		sg_store_db_close_unlocked(&call->db);
	else
		give_back(call->fleet, &call->db);
	return err;
}

enum sg_err sg_fleet_open(const char *path, bool create, struct sg_fleet **out)
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
	err = connect(real, true, &fleet->idle[0]);
	if (err != SG_OK)
		goto out;
	fleet->n_idle = 1;
	fleet->path = real;
	real = NULL;
	pthread_mutex_init(&fleet->writer, NULL);
	pthread_mutex_init(&fleet->lock, NULL);
	*out = &fleet->fleet;
	fleet = NULL;
out:
	free(fleet);
	free(real);
	return err;
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
	pthread_mutex_destroy(&fleet->writer);
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
