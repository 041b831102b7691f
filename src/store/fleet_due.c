/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. What time does to the members of a fleet: so many at a time, in one transaction, so that
 * a large fleet keeps nobody waiting. When an end was noted is kept, and a member is removed by
 * that note alone: a clock that is ahead once removes nobody.
 */
#include "store/fleet_db.h"

#include <stdlib.h>

typedef char id_text[SG_FLEET_ID + 1];

/* What is done to those that a statement finds. */
struct step {
	const char *find, *change;      /* by time and how many; by the identifier, and now */
	const char *also;               /* by the identifier; or NULL */
};

/* The first half says what SQLite asks for to take the index of those that are noted. */
#define NOTED "ended > 0 AND ended > ?1 LIMIT ?2"
#define OVER "expires > 0 AND expires <= ?1 AND ended = 0 LIMIT ?2"
#define GONE "expires > 0 AND expires <= ?1 AND ended > 0 AND ended <= ?1 LIMIT ?2"
#define CHANGED "version = version + 1 WHERE id = ?1"

enum { FORGET, NOTE, REMOVE, STEPS };

static const struct step steps[SG_FLEET_TABLES][STEPS] = {
	[SG_FLEET_MACHINES] = {
		[FORGET] = { "SELECT id FROM machine WHERE " NOTED,
		             "UPDATE machine SET ended = 0, " CHANGED, NULL },
		[NOTE] = { "SELECT id FROM machine WHERE " OVER,
		           "UPDATE machine SET ended = ?2, " CHANGED, NULL },
		[REMOVE] = { "SELECT id FROM machine WHERE " GONE,
		             "DELETE FROM machine WHERE id = ?1",
		             "DELETE FROM extension WHERE member = ?1" },
	},
	[SG_FLEET_AGENTS] = {
		[FORGET] = { "SELECT id FROM agent WHERE " NOTED,
		             "UPDATE agent SET ended = 0, " CHANGED, NULL },
		[NOTE] = { "SELECT id FROM agent WHERE " OVER,
		           "UPDATE agent SET ended = ?2, " CHANGED, NULL },
		[REMOVE] = { "SELECT id FROM agent WHERE " GONE,
		             "DELETE FROM agent WHERE id = ?1",
		             "DELETE FROM extension WHERE member = ?1" },
	},
};

static enum sg_err find(sqlite3 *db, const char *sql, int64_t time, size_t most, id_text *out,
                        size_t *n)
{
	struct sg_statement s = sg_statement(db, sql);

	sg_bind_int(&s, time);
	sg_bind_int(&s, (int64_t)most);
	for (*n = 0; *n < most && sg_statement_row(&s); ++*n)
		sg_column_text(&s, out[*n], sizeof out[*n]);
	return sg_statement_end(&s);
}

static enum sg_err change(sqlite3 *db, const struct step *step, const char *id, bool timed,
                          int64_t now)
{
	struct sg_statement s = sg_statement(db, step->change);
	enum sg_err err;

	sg_bind_text(&s, id);
	if (timed)
		sg_bind_int(&s, now);
	err = sg_statement_run_one(&s, SG_ERR_NOT_FOUND);
	if (err == SG_OK && step->also != NULL) {
		s = sg_statement(db, step->also);
		sg_bind_text(&s, id);
		err = sg_statement_run(&s);
	}
	return err;
}

/* Do a step within a transaction; event NULL logs nothing. */
static enum sg_err run(sqlite3 *db, const struct step *step,
                       const struct sg_fleet_settling *settling, const char *event, id_text *ids,
                       size_t *n)
{
	const bool keeps = step->also == NULL;
	const int64_t time = keeps ? settling->now : settling->now - settling->keep;
	struct sg_fleet_event logged = { settling->now, event, settling->actor, NULL,
	                                 sg_bytes_str("{}") };
	enum sg_err err = find(db, step->find, time, settling->most, ids, n);

	for (size_t i = 0; i < *n && err == SG_OK; i++) {
		err = change(db, step, ids[i], keeps && event != NULL, settling->now);
		logged.subject = ids[i];
		if (err == SG_OK && event != NULL)
			err = sg_fleet_log(db, &logged);
	}
	return err;
}

enum sg_err sg_fleet_member_settle(struct sg_fleet *fleet, enum sg_fleet_table table,
                                   const struct sg_fleet_settling *settling, bool *more)
{
	const char *const events[STEPS] = { [NOTE] = settling->ended,
	                                    [REMOVE] = settling->removed };
	id_text *ids = calloc(settling->most, sizeof *ids);
	struct sg_fleet_call call;
	size_t n = 0;
	enum sg_err err = ids != NULL ? SG_OK : SG_ERR_NOMEM;

	*more = false;
	if (err == SG_OK)
		err = sg_fleet_begin(fleet, SG_FLEET_WRITES, &call);
	if (err != SG_OK)
		goto out;
	for (size_t i = 0; i < STEPS && err == SG_OK; i++) {
		err = run(call.db, &steps[table][i], settling, events[i], ids, &n);
		*more = *more || n == settling->most;
	}
	err = sg_fleet_end(&call, err);
out:
	*more = *more && err == SG_OK;
	free(ids);
	return err;
}
