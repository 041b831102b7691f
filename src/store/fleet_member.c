/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. The machines and the agents of a fleet. Each statement is there twice, once for each
 * table; a call runs that of the table which it was asked for.
 */
#include "store/fleet_db.h"

#define COLUMNS                                                                               \
	"id, key, name, host, source, token, guard, ek, object, evidence, level, origin, "    \
	"approved, enabled, ended, revoked, created, expires, until, version"

static const char *const insert_sql[SG_FLEET_TABLES] = {
	[SG_FLEET_MACHINES] = "INSERT INTO machine VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
	                      "?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
	[SG_FLEET_AGENTS] = "INSERT INTO agent VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
	                    "?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
};
static const char *const find_sql[SG_FLEET_TABLES] = {
	[SG_FLEET_MACHINES] = "SELECT " COLUMNS " FROM machine WHERE id = ?1",
	[SG_FLEET_AGENTS] = "SELECT " COLUMNS " FROM agent WHERE id = ?1",
};
static const char *const all_sql[SG_FLEET_TABLES] = {
	[SG_FLEET_MACHINES] = "SELECT " COLUMNS " FROM machine ORDER BY id",
	[SG_FLEET_AGENTS] = "SELECT " COLUMNS " FROM agent ORDER BY id",
};
static const char *const change_sql[SG_FLEET_TABLES] = {
	[SG_FLEET_MACHINES] = "UPDATE machine SET name = ?1, guard = ?2, approved = ?3, "
	                      "enabled = ?4, ended = ?5, revoked = ?6, expires = ?7, "
	                      "version = version + 1 WHERE id = ?8 AND version = ?9",
	[SG_FLEET_AGENTS] = "UPDATE agent SET name = ?1, guard = ?2, approved = ?3, "
	                    "enabled = ?4, ended = ?5, revoked = ?6, expires = ?7, "
	                    "version = version + 1 WHERE id = ?8 AND version = ?9",
};
static const char *const remove_sql[SG_FLEET_TABLES] = {
	[SG_FLEET_MACHINES] = "DELETE FROM machine WHERE id = ?1",
	[SG_FLEET_AGENTS] = "DELETE FROM agent WHERE id = ?1",
};
static const char *const key_sql[SG_FLEET_TABLES] = {
	[SG_FLEET_MACHINES] = "SELECT " COLUMNS " FROM machine WHERE key = ?1",
	[SG_FLEET_AGENTS] = "SELECT " COLUMNS " FROM agent WHERE key = ?1",
};

/* Read a column that is empty or has this length. */
static bool read_optional(struct sg_statement *s, uint8_t *out, size_t len)
{
	struct sg_bytes bytes = sg_column_blob(s, len);

	if (s->err == SG_OK && bytes.len != 0 && bytes.len != len)
		s->err = SG_ERR_STORE_DAMAGED;
	for (size_t i = 0; i < bytes.len; i++)
		out[i] = bytes.data[i];
	return bytes.len == len;
}

static void read_member(struct sg_statement *s, struct sg_fleet_member *out)
{
	sg_column_text(s, out->id, sizeof out->id);
	sg_column_fixed(s, out->key, sizeof out->key);
	sg_column_text(s, out->name, sizeof out->name);
	sg_column_text(s, out->host, sizeof out->host);
	sg_column_text(s, out->source, sizeof out->source);
	sg_column_text(s, out->token, sizeof out->token);
	sg_column_text(s, out->guard, sizeof out->guard);
	out->has_ek = read_optional(s, out->ek, sizeof out->ek);
	out->has_object = read_optional(s, out->object, sizeof out->object);
	out->has_evidence = read_optional(s, out->evidence, sizeof out->evidence);
	out->level = (unsigned)sg_column_int(s);
	out->origin = (unsigned)sg_column_int(s);
	out->approved = sg_column_flag(s);
	out->enabled = sg_column_flag(s);
	out->ended = sg_column_int(s);
	out->revoked = sg_column_int(s);
	out->created = sg_column_int(s);
	out->expires = sg_column_int(s);
	out->until = (uint64_t)sg_column_int(s);
	out->version = (uint64_t)sg_column_int(s);
}

enum sg_err sg_fleet_member_add(sqlite3 *db, enum sg_fleet_table table,
                                const struct sg_fleet_member *member)
{
	struct sg_statement s = sg_statement(db, insert_sql[table]);

	sg_bind_text(&s, member->id);
	sg_bind_blob(&s, sg_bytes(member->key, sizeof member->key));
	sg_bind_text(&s, member->name);
	sg_bind_text(&s, member->host);
	sg_bind_text(&s, member->source);
	sg_bind_text(&s, member->token);
	sg_bind_text(&s, member->guard);
	sg_bind_blob(&s, sg_bytes(member->ek, member->has_ek ? sizeof member->ek : 0));
	sg_bind_blob(&s, sg_bytes(member->object, member->has_object ? sizeof member->object : 0));
	sg_bind_blob(&s, sg_bytes(member->evidence,
	                          member->has_evidence ? sizeof member->evidence : 0));
	sg_bind_int(&s, member->level);
	sg_bind_int(&s, member->origin);
	sg_bind_int(&s, member->approved);
	sg_bind_int(&s, member->enabled);
	sg_bind_int(&s, member->ended);
	sg_bind_int(&s, member->revoked);
	sg_bind_int(&s, member->created);
	sg_bind_int(&s, member->expires);
	sg_bind_int(&s, (int64_t)member->until);
	sg_bind_int(&s, (int64_t)member->version);
	return sg_statement_run(&s);
}

enum sg_err sg_fleet_key_known(sqlite3 *db, const uint8_t key[SG_FLEET_KEY], bool *known)
{
	enum sg_err err = SG_OK;

	*known = false;
	for (size_t table = 0; table < SG_FLEET_TABLES && err == SG_OK && !*known; table++) {
		struct sg_statement s = sg_statement(db, key_sql[table]);

		sg_bind_blob(&s, sg_bytes(key, SG_FLEET_KEY));
		*known = sg_statement_row(&s);
		err = sg_statement_end(&s);
	}
	return err;
}

/* Read the one member that a statement finds, and free it. What is bound may lie in what is
 * filled. */
static enum sg_err read_one(struct sg_statement *s, struct sg_fleet_member *out)
{
	const bool found = sg_statement_row(s);
	enum sg_err err;

	if (found)
		read_member(s, out);
	err = sg_statement_end(s);
	if (err == SG_OK && !found)
		err = SG_ERR_NOT_FOUND;
	if (err != SG_OK)
		*out = (struct sg_fleet_member){ .level = 0 };
	return err;
}

/* Find one in a transaction. */
static enum sg_err find(sqlite3 *db, enum sg_fleet_table table, const char *id,
                        struct sg_fleet_member *out)
{
	struct sg_statement s = sg_statement(db, find_sql[table]);

	sg_bind_text(&s, id);
	return read_one(&s, out);
}

enum sg_err sg_fleet_member_find(struct sg_fleet *fleet, enum sg_fleet_table table,
                                 const char *id, struct sg_fleet_member *out)
{
	struct sg_fleet_call call;
	enum sg_err err = sg_fleet_begin(fleet, SG_FLEET_READS, &call);

	return err == SG_OK ? sg_fleet_end(&call, find(call.db, table, id, out)) : err;
}

enum sg_err sg_fleet_member_of_key(struct sg_fleet *fleet, enum sg_fleet_table table,
                                   const uint8_t key[SG_FLEET_KEY], struct sg_fleet_member *out)
{
	struct sg_fleet_call call;
	struct sg_statement s;
	enum sg_err err = sg_fleet_begin(fleet, SG_FLEET_READS, &call);

	if (err != SG_OK)
		return err;
	s = sg_statement(call.db, key_sql[table]);
	sg_bind_blob(&s, sg_bytes(key, SG_FLEET_KEY));
	return sg_fleet_end(&call, read_one(&s, out));
}

static enum sg_err each(struct sg_statement *s, sg_fleet_member_visit *visit, void *context)
{
	struct sg_fleet_member member;
	bool more = true;

	while (more && sg_statement_row(s)) {
		read_member(s, &member);
		more = s->err == SG_OK && visit(context, &member);
	}
	return sg_statement_end(s);
}

enum sg_err sg_fleet_member_each(struct sg_fleet *fleet, enum sg_fleet_table table,
                                 sg_fleet_member_visit *visit, void *context)
{
	struct sg_fleet_call call;
	struct sg_statement s;
	enum sg_err err = sg_fleet_begin(fleet, SG_FLEET_READS, &call);

	if (err != SG_OK)
		return err;
	s = sg_statement(call.db, all_sql[table]);
	return sg_fleet_end(&call, each(&s, visit, context));
}

static enum sg_err extension_add(sqlite3 *db, const char *id,
                                 const struct sg_fleet_extension *extension)
{
	struct sg_statement s = sg_statement(db, "INSERT INTO extension VALUES(NULL, ?1, ?2, ?3, ?4, "
	                                         "?5, 0)");

	sg_bind_text(&s, id);
	sg_bind_int(&s, extension->at);
	sg_bind_text(&s, extension->actor);
	sg_bind_int(&s, extension->from);
	sg_bind_int(&s, extension->to);
	return sg_statement_run(&s);
}

static enum sg_err extension_revert(sqlite3 *db, const char *id, int64_t at)
{
	struct sg_statement s = sg_statement(db, "UPDATE extension SET reverted = ?1 WHERE seq = "
	                                         "(SELECT max(seq) FROM extension WHERE member = ?2 "
	                                         "AND reverted = 0)");

	sg_bind_int(&s, at);
	sg_bind_text(&s, id);
	return sg_statement_run_one(&s, SG_ERR_NOT_FOUND);
}

static enum sg_err change(sqlite3 *db, enum sg_fleet_table table,
                          const struct sg_fleet_member *member)
{
	struct sg_statement s = sg_statement(db, change_sql[table]);
	struct sg_fleet_member now;
	enum sg_err err;

	sg_bind_text(&s, member->name);
	sg_bind_text(&s, member->guard);
	sg_bind_int(&s, member->approved);
	sg_bind_int(&s, member->enabled);
	sg_bind_int(&s, member->ended);
	sg_bind_int(&s, member->revoked);
	sg_bind_int(&s, member->expires);
	sg_bind_text(&s, member->id);
	sg_bind_int(&s, (int64_t)member->version);
	err = sg_statement_run_one(&s, SG_ERR_STORE_BUSY);
	if (err == SG_ERR_STORE_BUSY && find(db, table, member->id, &now) == SG_ERR_NOT_FOUND)
		err = SG_ERR_NOT_FOUND;
	return err;
}

enum sg_err sg_fleet_member_change(struct sg_fleet *fleet, enum sg_fleet_table table,
                                   const struct sg_fleet_member *member,
                                   enum sg_fleet_extending extending,
                                   const struct sg_fleet_extension *extension,
                                   const struct sg_fleet_event *event)
{
	struct sg_fleet_call call;
	enum sg_err err = sg_fleet_begin(fleet, SG_FLEET_WRITES, &call);

	if (err != SG_OK)
		return err;
	err = change(call.db, table, member);
	if (err == SG_OK && extending == SG_FLEET_EXTEND)
		err = extension_add(call.db, member->id, extension);
	if (err == SG_OK && extending == SG_FLEET_REVERT)
		err = extension_revert(call.db, member->id, event->at);
	if (err == SG_OK)
		err = sg_fleet_log(call.db, event);
	return sg_fleet_end(&call, err);
}

enum sg_err sg_fleet_member_remove(struct sg_fleet *fleet, enum sg_fleet_table table,
                                   const char *id, const struct sg_fleet_event *event)
{
	struct sg_fleet_call call;
	struct sg_statement s;
	enum sg_err err = sg_fleet_begin(fleet, SG_FLEET_WRITES, &call);

	if (err != SG_OK)
		return err;
	s = sg_statement(call.db, remove_sql[table]);
	sg_bind_text(&s, id);
	err = sg_statement_run_one(&s, SG_ERR_NOT_FOUND);
	if (err == SG_OK) {
		s = sg_statement(call.db, "DELETE FROM extension WHERE member = ?1");
		sg_bind_text(&s, id);
		err = sg_statement_run(&s);
	}
	if (err == SG_OK)
		err = sg_fleet_log(call.db, event);
	return sg_fleet_end(&call, err);
}

enum sg_err sg_fleet_extension_each(struct sg_fleet *fleet, enum sg_fleet_table table,
                                    const char *id, sg_fleet_extension_visit *visit,
                                    void *context)
{
	struct sg_fleet_extension extension;
	struct sg_fleet_member member;
	struct sg_fleet_call call;
	struct sg_statement s;
	bool more = true;
	enum sg_err err = sg_fleet_begin(fleet, SG_FLEET_READS, &call);

	if (err != SG_OK)
		return err;
	err = find(call.db, table, id, &member);
	if (err != SG_OK)
		return sg_fleet_end(&call, err);
	s = sg_statement(call.db, "SELECT at, actor, earlier, later, reverted FROM extension "
	                          "WHERE member = ?1 ORDER BY seq");
	sg_bind_text(&s, id);
	while (more && sg_statement_row(&s)) {
		extension.at = sg_column_int(&s);
		sg_column_text(&s, extension.actor, sizeof extension.actor);
		extension.from = sg_column_int(&s);
		extension.to = sg_column_int(&s);
		extension.reverted = sg_column_int(&s);
		more = s.err == SG_OK && visit(context, &extension);
	}
	return sg_fleet_end(&call, sg_statement_end(&s));
}
