/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. The inside of a fleet in SQLite: its connections, of which each call borrows one, and one
 * transaction a call. Only the files store/fleet_*.c include it.
 */
#ifndef SG_STORE_FLEET_DB_H
#define SG_STORE_FLEET_DB_H

#include <pthread.h>

#include "store/fleet.h"
#include "store/statement.h"
#include "util/signal.h"

#define SG_FLEET_IDLE 8                 /* connections that are kept open */
#define SG_FLEET_PATIENCE 10000         /* ms to wait for who has it locked */

struct sg_fleet_sqlite {
	struct sg_fleet fleet;
	char *path;
	unsigned generation;            /* of the process, util/fork.h */
	bool still;                     /* nothing can be written, and nobody writes */
	unsigned patience;              /* ms */
	pthread_mutex_t lock;           /* of what follows */
	bool writing;                   /* one thread does; the others need not poll SQLite */
	pthread_cond_t written;         /* it has ended */
	sqlite3 *idle[SG_FLEET_IDLE];
	size_t n_idle;
};

/* A call under way. */
struct sg_fleet_call {
	struct sg_fleet_sqlite *fleet;
	sqlite3 *db;
	bool writes;
	struct sg_signal_hold too_big;
};

enum sg_fleet_access { SG_FLEET_READS, SG_FLEET_WRITES };

/* Begin a transaction. Errors: CLOSED in a child of fork, STORE_..., SYSTEM, NOMEM. */
enum sg_err sg_fleet_begin(struct sg_fleet *fleet, enum sg_fleet_access access,
                           struct sg_fleet_call *call);

/* End it after sg_fleet_begin returned SG_OK: commit where err is SG_OK, else roll back. Returns
 * err, or why it can't be committed. */
enum sg_err sg_fleet_end(struct sg_fleet_call *call, enum sg_err err);

/* Append an event to the log, within a transaction; NULL appends nothing. Errors: RANGE. */
enum sg_err sg_fleet_log(sqlite3 *db, const struct sg_fleet_event *event);

/* Within a transaction: whether a member of either table has the key, and add one. */
enum sg_err sg_fleet_key_known(sqlite3 *db, const uint8_t key[SG_FLEET_KEY], bool *known);
enum sg_err sg_fleet_member_add(sqlite3 *db, enum sg_fleet_table table,
                                const struct sg_fleet_member *member);

/* Within a transaction: tell whether the token allows another use at that time and how many, and
 * count one. */
enum sg_err sg_fleet_token_judge(sqlite3 *db, const char *id, int64_t at, uint64_t *left,
                                 enum sg_fleet_refusal *refusal);
enum sg_err sg_fleet_token_use(sqlite3 *db, const char *id);

/* What the files of this store put into its table of operations; see store/fleet.h. */
enum sg_err sg_fleet_token_insert(struct sg_fleet *fleet, const struct sg_fleet_token *token,
                                  const struct sg_fleet_event *event);
enum sg_err sg_fleet_token_find(struct sg_fleet *fleet, const char *id, const uint8_t *hash,
                                struct sg_fleet_token *out);
enum sg_err sg_fleet_token_revoke(struct sg_fleet *fleet, const char *id,
                                  const struct sg_fleet_event *event);
enum sg_err sg_fleet_token_each(struct sg_fleet *fleet, sg_fleet_token_visit *visit,
                                void *context);
enum sg_err sg_fleet_session_insert(struct sg_fleet *fleet, const struct sg_fleet_session *session,
                                    const struct sg_fleet_room *room,
                                    const struct sg_fleet_event *event,
                                    enum sg_fleet_refusal *refusal);
enum sg_err sg_fleet_session_find(struct sg_fleet *fleet, const uint8_t id[SG_FLEET_SESSION],
                                  struct sg_fleet_session *out);
enum sg_err sg_fleet_session_refuse(struct sg_fleet *fleet, const uint8_t id[SG_FLEET_SESSION],
                                    const struct sg_fleet_event *event);
enum sg_err sg_fleet_enrol(struct sg_fleet *fleet, const struct sg_fleet_enrolment *enrolment,
                           enum sg_fleet_refusal *refusal);
enum sg_err sg_fleet_member_find(struct sg_fleet *fleet, enum sg_fleet_table table,
                                 const char *id, struct sg_fleet_member *out);
enum sg_err sg_fleet_member_of_key(struct sg_fleet *fleet, enum sg_fleet_table table,
                                   const uint8_t key[SG_FLEET_KEY], struct sg_fleet_member *out);
enum sg_err sg_fleet_member_each(struct sg_fleet *fleet, enum sg_fleet_table table,
                                 sg_fleet_member_visit *visit, void *context);
enum sg_err sg_fleet_member_settle(struct sg_fleet *fleet, enum sg_fleet_table table,
                                   const struct sg_fleet_settling *settling, bool *more);
enum sg_err sg_fleet_member_change(struct sg_fleet *fleet, enum sg_fleet_table table,
                                   const struct sg_fleet_member *member,
                                   enum sg_fleet_extending extending,
                                   const struct sg_fleet_extension *extension,
                                   const struct sg_fleet_event *event);
enum sg_err sg_fleet_member_remove(struct sg_fleet *fleet, enum sg_fleet_table table,
                                   const char *id, const struct sg_fleet_event *event);
enum sg_err sg_fleet_extension_each(struct sg_fleet *fleet, enum sg_fleet_table table,
                                    const char *id, sg_fleet_extension_visit *visit,
                                    void *context);
enum sg_err sg_fleet_event_add(struct sg_fleet *fleet, const struct sg_fleet_event *event);
enum sg_err sg_fleet_entry_each(struct sg_fleet *fleet, uint64_t seq,
                                sg_fleet_entry_visit *visit, void *context);
enum sg_err sg_fleet_entry_last(struct sg_fleet *fleet, struct sg_fleet_head *out);
enum sg_err sg_fleet_head_add(struct sg_fleet *fleet, const struct sg_fleet_head *head);
enum sg_err sg_fleet_head_each(struct sg_fleet *fleet, sg_fleet_head_visit *visit, void *context);

#endif
