/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. What the SQLite file of a fleet looks like. A file that isn't exactly this is refused,
 * whatever SQLite thinks of it.
 */
#include "store/fleet_schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/kind.h"
#include "store/path.h"
#include "store/statement.h"
#include "util/log.h"

#define APPLICATION 0x5347464c          /* SQLite application_id, "SGFL" */
#define VERSION 2                       /* of the tables, whose digest a test has beside it */

/* Machines and agents are alike, and in tables of their own. */
#define MEMBER_COLUMNS                                                                        \
	"(id TEXT PRIMARY KEY, key BLOB NOT NULL UNIQUE, name TEXT NOT NULL, "                \
	"host TEXT NOT NULL, source TEXT NOT NULL, token TEXT NOT NULL, guard TEXT NOT NULL, " \
	"ek BLOB NOT NULL, object BLOB NOT NULL, evidence BLOB NOT NULL, "                    \
	"level INTEGER NOT NULL, origin INTEGER NOT NULL, approved INTEGER NOT NULL, "        \
	"enabled INTEGER NOT NULL, ended INTEGER NOT NULL, revoked INTEGER NOT NULL, "        \
	"created INTEGER NOT NULL, expires INTEGER NOT NULL, until INTEGER NOT NULL, "        \
	"version INTEGER NOT NULL) STRICT"

/* With the exact text that SQLite keeps. */
static const char *const schema[] = {
	"CREATE TABLE token(id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, name TEXT NOT NULL, "
	"created INTEGER NOT NULL, expires INTEGER NOT NULL, revoked INTEGER NOT NULL, "
	"max_uses INTEGER NOT NULL, uses INTEGER NOT NULL, rules BLOB NOT NULL) STRICT",
	"CREATE TABLE session(id BLOB PRIMARY KEY, token TEXT NOT NULL, machine BLOB NOT NULL, "
	"expires INTEGER NOT NULL, closed INTEGER NOT NULL, transcript BLOB NOT NULL, "
	"credential BLOB NOT NULL, hello BLOB NOT NULL, challenge BLOB NOT NULL) STRICT",
	"CREATE INDEX session_open ON session(closed, expires)",
	"CREATE INDEX session_token ON session(token, closed, machine, expires)",
	"CREATE TABLE machine" MEMBER_COLUMNS,
	"CREATE TABLE agent" MEMBER_COLUMNS,
	"CREATE INDEX machine_due ON machine(expires, ended)",
	"CREATE INDEX agent_due ON agent(expires, ended)",
	"CREATE INDEX machine_noted ON machine(ended) WHERE ended > 0",
	"CREATE INDEX agent_noted ON agent(ended) WHERE ended > 0",
	"CREATE TABLE extension(seq INTEGER PRIMARY KEY, member TEXT NOT NULL, at INTEGER NOT NULL, "
	"actor TEXT NOT NULL, earlier INTEGER NOT NULL, later INTEGER NOT NULL, "
	"reverted INTEGER NOT NULL) STRICT",
	"CREATE INDEX extension_member ON extension(member)",
	"CREATE TABLE entry(seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, event TEXT NOT NULL, "
	"actor TEXT NOT NULL, subject TEXT NOT NULL, detail BLOB NOT NULL, hash BLOB NOT NULL) "
	"STRICT",
	"CREATE TABLE head(seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, hash BLOB NOT NULL, "
	"key BLOB NOT NULL, signature BLOB NOT NULL) STRICT",
};

#define SCHEMA_ROWS (sizeof schema / sizeof schema[0])

/* What its rows need beyond the bounds that every connection has. */
static const struct {
	int limit, value;
} limits[] = {
	{ SQLITE_LIMIT_COLUMN, 32 },
	{ SQLITE_LIMIT_LENGTH, 4 << 20 },
	{ SQLITE_LIMIT_VARIABLE_NUMBER, 32 },
};

void sg_fleet_schema_limits(sqlite3 *db)
{
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
		sqlite3_limit(db, limits[i].limit, limits[i].value);
}

static enum sg_err failed(const char *what, const char *path)
{
	enum sg_err err = sg_store_path_errno(errno);

	sg_log(SG_LOG_ERROR, "%s can't be %s: %m.", path, what);
	return err;
}

/* Make the tables in an empty file that nobody else knows yet. */
static enum sg_err fill(const char *path)
{
	sqlite3 *db = NULL;
	char numbers[96];
	enum sg_err err;

	(void)snprintf(numbers, sizeof numbers, "PRAGMA application_id=%d; PRAGMA user_version=%d",
	               APPLICATION, VERSION);
	err = sg_store_db_open_kept(path, &db);
	if (err == SG_OK)
		sg_fleet_schema_limits(db);
	if (err == SG_OK)
		err = sg_store_db_exec(db, "PRAGMA page_size=4096; PRAGMA auto_vacuum=NONE;"
		                           "PRAGMA encoding='UTF-8'; PRAGMA journal_mode=MEMORY;"
		                           "PRAGMA synchronous=FULL; BEGIN EXCLUSIVE");
	for (size_t i = 0; i < SCHEMA_ROWS && err == SG_OK; i++)
		err = sg_store_db_exec(db, schema[i]);
	if (err == SG_OK)
		err = sg_store_db_exec(db, numbers);
	if (err == SG_OK)
		err = sg_store_db_exec(db, "COMMIT");
	/* That stays with the file. */
	if (err == SG_OK)
		err = sg_store_db_exec(db, "PRAGMA journal_mode=WAL");
	sg_store_db_close_unlocked(&db);
	return err;
}

/* Make an empty file beside the fleet, of mode 0600 whatever the umask. */
static enum sg_err make_draft(char *draft)
{
	enum sg_err err = SG_OK;
	int fd;

	fd = mkostemp(draft, O_CLOEXEC);
	if (fd < 0)
		return failed("made", draft);
	if (fchmod(fd, 0600) != 0)
		err = failed("made private", draft);
	close(fd);
	if (err != SG_OK)
		(void)unlink(draft);
	return err;
}

enum sg_err sg_fleet_schema_make(const char *path)
{
	char *draft = NULL;
	bool drafted = false;
	enum sg_err err;

	if (asprintf(&draft, "%s.new-XXXXXX", path) < 0)
		return SG_ERR_NOMEM;
	err = make_draft(draft);
	if (err != SG_OK)
		goto out;
	drafted = true;
	err = fill(draft);
	if (err != SG_OK)
		goto out;
	if (renameat2(AT_FDCWD, draft, AT_FDCWD, path, RENAME_NOREPLACE) != 0) {
		/* Somebody made it meanwhile: that will do. */
		err = errno == EEXIST ? SG_OK : failed("renamed", draft);
		goto out;
	}
	drafted = false;
	err = sg_store_sync_folder(path);
out:
	if (drafted)
		(void)unlink(draft);
	free(draft);
	return err;
}

/* Tell whether a text is one of the schema that was not seen yet. */
static bool take(struct sg_bytes sql, bool seen[SCHEMA_ROWS])
{
	for (size_t i = 0; i < SCHEMA_ROWS; i++)
		if (!seen[i] && sg_bytes_equal(sql, sg_bytes_str(schema[i]))) {
			seen[i] = true;
			return true;
		}
	return false;
}

/* A trigger, a view or an index that somebody planted is a difference too; the order is none:
 * copies that SQLite makes have another one. */
enum sg_err sg_fleet_schema_check(sqlite3 *db)
{
	struct sg_statement s = sg_statement(db, "SELECT sql FROM sqlite_schema "
	                                         "WHERE sql IS NOT NULL");
	bool seen[SCHEMA_ROWS] = { false };
	size_t n = 0;

	for (; sg_statement_row(&s) && s.err == SG_OK; n++)
		if (!take(sg_column_string(&s, 4096), seen))
			s.err = SG_ERR_STORE_DAMAGED;
	if (s.err == SG_OK && n != SCHEMA_ROWS)
		s.err = SG_ERR_STORE_DAMAGED;
	if (s.err == SG_ERR_STORE_DAMAGED)
		sg_log(SG_LOG_ERROR, "The tables of %s are not those of a fleet.",
		       sqlite3_db_filename(db, "main"));
	return sg_statement_end(&s);
}

enum sg_err sg_fleet_schema_probe(sqlite3 *db)
{
	return sg_store_kind_check(db, APPLICATION, VERSION);
}
