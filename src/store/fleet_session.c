/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Enrolments that are open or were answered, and the one step that makes a member.
 */
#include "store/fleet_db.h"

#define GRACE 3600                      /* seconds that one is remembered after its time */
#define CREDENTIAL_MAX 64

/* Both values of closed are named, so that the index is of use. */
static enum sg_err forget_old(sqlite3 *db, int64_t now)
{
	struct sg_statement s = sg_statement(db, "DELETE FROM session WHERE closed IN (0, 1) "
	                                         "AND expires < ?1");

	sg_bind_int(&s, now - GRACE);
	return sg_statement_run(&s);
}

/* Who asks again goes on with the new one alone. */
static enum sg_err replace(sqlite3 *db, const struct sg_fleet_session *session)
{
	struct sg_statement s = sg_statement(db, "DELETE FROM session WHERE token = ?1 "
	                                         "AND closed = 0 AND machine = ?2");

	sg_bind_text(&s, session->token);
	sg_bind_blob(&s, sg_bytes(session->machine, sizeof session->machine));
	return sg_statement_run(&s);
}

/* Count the open ones; those of a token, unless it is NULL. */
static enum sg_err count_open(sqlite3 *db, const char *token, int64_t now, uint64_t *n)
{
	struct sg_statement s;

	s = sg_statement(db, token != NULL ? "SELECT count(*) FROM session WHERE closed = 0 "
	                                     "AND expires > ?1 AND token = ?2"
	                                   : "SELECT count(*) FROM session WHERE closed = 0 "
	                                     "AND expires > ?1");
	sg_bind_int(&s, now);
	if (token != NULL)
		sg_bind_text(&s, token);
	*n = sg_statement_row(&s) ? (uint64_t)sg_column_int(&s) : 0;
	return sg_statement_end(&s);
}

/* Count those that replace() would take away and count_open() counts. */
static enum sg_err count_replaced(sqlite3 *db, const struct sg_fleet_session *session, int64_t now,
                                  uint64_t *n)
{
	struct sg_statement s = sg_statement(db, "SELECT count(*) FROM session WHERE token = ?1 "
	                                         "AND closed = 0 AND machine = ?2 "
	                                         "AND expires > ?3");

	sg_bind_text(&s, session->token);
	sg_bind_blob(&s, sg_bytes(session->machine, sizeof session->machine));
	sg_bind_int(&s, now);
	*n = sg_statement_row(&s) ? (uint64_t)sg_column_int(&s) : 0;
	return sg_statement_end(&s);
}

/* Tell whether there is room for another one of the token. Who has no more than a token fills what
 * is his, and not what is there for all. */
static enum sg_err find_room(sqlite3 *db, const struct sg_fleet_session *session,
                             const struct sg_fleet_room *room, int64_t now,
                             enum sg_fleet_refusal *refusal)
{
	uint64_t left, all = 0, own = 0, replaced = 0;
	enum sg_err err = sg_fleet_token_judge(db, session->token, now, &left, refusal);

	if (err != SG_OK || *refusal != SG_FLEET_TAKEN)
		return err;
	err = count_open(db, session->token, now, &own);
	if (err == SG_OK)
		err = count_open(db, NULL, now, &all);
	if (err == SG_OK)
		err = count_replaced(db, session, now, &replaced);
	own -= replaced;
	if (own >= room->token || own >= left + room->spare)
		*refusal = SG_FLEET_TOKEN_FULL;
	else if (all - replaced >= room->all)
		*refusal = SG_FLEET_FULL;
	return err;
}

static enum sg_err insert(sqlite3 *db, const struct sg_fleet_session *session)
{
	struct sg_statement s = sg_statement(db, "INSERT INTO session VALUES(?1, ?2, ?3, ?4, 0, ?5, "
	                                         "?6, ?7, ?8)");

	sg_bind_blob(&s, sg_bytes(session->id, sizeof session->id));
	sg_bind_text(&s, session->token);
	sg_bind_blob(&s, sg_bytes(session->machine, sizeof session->machine));
	sg_bind_int(&s, session->expires);
	sg_bind_blob(&s, sg_bytes(session->transcript, sizeof session->transcript));
	sg_bind_blob(&s, sg_secret_bytes(session->credential));
	sg_bind_blob(&s, sg_buf_bytes(&session->hello));
	sg_bind_blob(&s, sg_buf_bytes(&session->challenge));
	return sg_statement_run(&s);
}

enum sg_err sg_fleet_session_insert(struct sg_fleet *fleet, const struct sg_fleet_session *session,
                                    const struct sg_fleet_room *room,
                                    const struct sg_fleet_event *event,
                                    enum sg_fleet_refusal *refusal)
{
	struct sg_fleet_call call;
	enum sg_err err;

	*refusal = SG_FLEET_FULL;
	if (session->credential == NULL || session->credential->len > CREDENTIAL_MAX ||
	    session->hello.len > SG_FLEET_MESSAGE_MAX ||
	    session->challenge.len > SG_FLEET_MESSAGE_MAX)
		return SG_ERR_RANGE;
	err = sg_fleet_begin(fleet, SG_FLEET_WRITES, &call);
	if (err != SG_OK)
		return err;
	err = forget_old(call.db, event->at);
	if (err == SG_OK)
		err = find_room(call.db, session, room, event->at, refusal);
	if (err == SG_OK && *refusal == SG_FLEET_TAKEN)
		err = replace(call.db, session);
	if (err == SG_OK && *refusal == SG_FLEET_TAKEN)
		err = insert(call.db, session);
	if (err == SG_OK && *refusal == SG_FLEET_TAKEN)
		err = sg_fleet_log(call.db, event);
	return sg_fleet_end(&call, err);
}

static void read_session(struct sg_statement *s, struct sg_fleet_session *out)
{
	struct sg_bytes credential;

	sg_column_text(s, out->token, sizeof out->token);
	sg_column_fixed(s, out->machine, sizeof out->machine);
	out->expires = sg_column_int(s);
	out->closed = sg_column_flag(s);
	sg_column_fixed(s, out->transcript, sizeof out->transcript);
	credential = sg_column_blob(s, CREDENTIAL_MAX);
	if (s->err == SG_OK && credential.len > 0)
		s->err = sg_secret_copy(credential, &out->credential);
	sg_column_buf(s, SG_FLEET_MESSAGE_MAX, &out->hello);
	sg_column_buf(s, SG_FLEET_MESSAGE_MAX, &out->challenge);
}

enum sg_err sg_fleet_session_find(struct sg_fleet *fleet, const uint8_t id[SG_FLEET_SESSION],
                                  struct sg_fleet_session *out)
{
	struct sg_fleet_call call;
	struct sg_statement s;
	bool found;
	enum sg_err err = sg_fleet_begin(fleet, SG_FLEET_READS, &call);

	*out = (struct sg_fleet_session){ .closed = false };
	if (err != SG_OK)
		return err;
	s = sg_statement(call.db, "SELECT token, machine, expires, closed, transcript, credential, "
	                          "hello, challenge FROM session WHERE id = ?1");
	sg_bind_blob(&s, sg_bytes(id, SG_FLEET_SESSION));
	found = sg_statement_row(&s);
	if (found)
		read_session(&s, out);
	err = sg_fleet_end(&call, sg_statement_end(&s));
	if (err == SG_OK && !found)
		err = SG_ERR_NOT_FOUND;
	if (err != SG_OK)
		sg_fleet_session_clear(out);
	else
		for (size_t i = 0; i < SG_FLEET_SESSION; i++)
			out->id[i] = id[i];
	return err;
}

/* Close one; the credential goes, and is overwritten (secure_delete). */
static enum sg_err close_session(sqlite3 *db, const uint8_t *id)
{
	struct sg_statement s = sg_statement(db, "UPDATE session SET closed = 1, credential = x'', "
	                                         "hello = x'', challenge = x'' "
	                                         "WHERE id = ?1 AND closed = 0");

	sg_bind_blob(&s, sg_bytes(id, SG_FLEET_SESSION));
	return sg_statement_run_one(&s, SG_ERR_NOT_FOUND);
}

enum sg_err sg_fleet_session_refuse(struct sg_fleet *fleet, const uint8_t id[SG_FLEET_SESSION],
                                    const struct sg_fleet_event *event)
{
	struct sg_fleet_call call;
	enum sg_err err = sg_fleet_begin(fleet, SG_FLEET_WRITES, &call);

	if (err != SG_OK)
		return err;
	err = close_session(call.db, id);
	if (err == SG_OK)
		err = sg_fleet_log(call.db, event);
	return sg_fleet_end(&call, err);
}

/* Tell whether a session is open at that time, and is one of the token. */
static enum sg_err judge_session(sqlite3 *db, const struct sg_fleet_enrolment *enrolment,
                                 enum sg_fleet_refusal *refusal)
{
	struct sg_statement s = sg_statement(db, "SELECT expires, closed FROM session "
	                                         "WHERE id = ?1 AND token = ?2");

	sg_bind_blob(&s, sg_bytes(enrolment->session, SG_FLEET_SESSION));
	sg_bind_text(&s, enrolment->token);
	*refusal = SG_FLEET_SESSION_UNKNOWN;
	if (sg_statement_row(&s)) {
		int64_t expires = sg_column_int(&s);

		*refusal = SG_FLEET_TAKEN;
		if (sg_column_flag(&s))
			*refusal = SG_FLEET_SESSION_CLOSED;
		else if (enrolment->event.at >= expires)
			*refusal = SG_FLEET_SESSION_ENDED;
	}
	return sg_statement_end(&s);
}

static enum sg_err judge(sqlite3 *db, const struct sg_fleet_enrolment *enrolment,
                         enum sg_fleet_refusal *refusal)
{
	enum sg_err err = SG_OK;
	bool known = false;
	uint64_t left;

	*refusal = SG_FLEET_TAKEN;
	if (enrolment->session != NULL)
		err = judge_session(db, enrolment, refusal);
	if (err == SG_OK && *refusal == SG_FLEET_TAKEN)
		err = sg_fleet_token_judge(db, enrolment->token, enrolment->event.at, &left,
		                           refusal);
	if (err == SG_OK && *refusal == SG_FLEET_TAKEN) {
		err = sg_fleet_key_known(db, enrolment->member->key, &known);
		if (known)
			*refusal = SG_FLEET_KEY_KNOWN;
	}
	return err;
}

enum sg_err sg_fleet_enrol(struct sg_fleet *fleet, const struct sg_fleet_enrolment *enrolment,
                           enum sg_fleet_refusal *refusal)
{
	struct sg_fleet_call call;
	enum sg_err err;

	*refusal = SG_FLEET_SESSION_UNKNOWN;
	err = sg_fleet_begin(fleet, SG_FLEET_WRITES, &call);
	if (err != SG_OK)
		return err;
	err = judge(call.db, enrolment, refusal);
	if (err != SG_OK || *refusal != SG_FLEET_TAKEN)
		goto out;
	if (enrolment->session != NULL)
		err = close_session(call.db, enrolment->session);
	if (err == SG_OK)
		err = sg_fleet_token_use(call.db, enrolment->token);
	if (err == SG_OK)
		err = sg_fleet_member_add(call.db, enrolment->table, enrolment->member);
	if (err == SG_OK)
		err = sg_fleet_log(call.db, &enrolment->event);
out:
	return sg_fleet_end(&call, err);
}
