/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. The tokens of a fleet. Their text is never here, only its hash.
 */
#include "store/fleet_db.h"

#define COLUMNS "id, hash, name, created, expires, revoked, max_uses, uses, rules"

static void read_token(struct sg_statement *s, struct sg_fleet_token *out)
{
	sg_column_text(s, out->id, sizeof out->id);
	sg_column_fixed(s, out->hash, sizeof out->hash);
	sg_column_text(s, out->name, sizeof out->name);
	out->created = sg_column_int(s);
	out->expires = sg_column_int(s);
	out->revoked = sg_column_int(s);
	out->max_uses = (uint32_t)sg_column_int(s);
	out->uses = (uint32_t)sg_column_int(s);
	sg_column_buf(s, SG_FLEET_RULES_MAX, &out->rules);
}

static enum sg_err insert(sqlite3 *db, const struct sg_fleet_token *token)
{
	struct sg_statement s = sg_statement(db, "INSERT INTO token VALUES(?1, ?2, ?3, ?4, ?5, ?6, "
	                                         "?7, ?8, ?9)");

	sg_bind_text(&s, token->id);
	sg_bind_blob(&s, sg_bytes(token->hash, sizeof token->hash));
	sg_bind_text(&s, token->name);
	sg_bind_int(&s, token->created);
	sg_bind_int(&s, token->expires);
	sg_bind_int(&s, token->revoked);
	sg_bind_int(&s, token->max_uses);
	sg_bind_int(&s, token->uses);
	sg_bind_blob(&s, sg_buf_bytes(&token->rules));
	return sg_statement_run(&s);
}

enum sg_err sg_fleet_token_insert(struct sg_fleet *fleet, const struct sg_fleet_token *token,
                                  const struct sg_fleet_event *event)
{
	struct sg_fleet_call call;
	enum sg_err err;

	if (token->rules.len > SG_FLEET_RULES_MAX || token->max_uses == 0 ||
	    token->max_uses > SG_FLEET_USES_MAX)
		return SG_ERR_RANGE;
	err = sg_fleet_begin(fleet, SG_FLEET_WRITES, &call);
	if (err != SG_OK)
		return err;
	err = insert(call.db, token);
	if (err == SG_OK)
		err = sg_fleet_log(call.db, event);
	return sg_fleet_end(&call, err);
}

enum sg_err sg_fleet_token_find(struct sg_fleet *fleet, const char *id, const uint8_t *hash,
                                struct sg_fleet_token *out)
{
	struct sg_fleet_call call;
	struct sg_statement s;
	bool found;
	enum sg_err err = sg_fleet_begin(fleet, SG_FLEET_READS, &call);

	*out = (struct sg_fleet_token){ .uses = 0 };
	if (err != SG_OK)
		return err;
	s = sg_statement(call.db, id != NULL ? "SELECT " COLUMNS " FROM token WHERE id = ?1"
	                                     : "SELECT " COLUMNS " FROM token WHERE hash = ?1");
	if (id != NULL)
		sg_bind_text(&s, id);
	else
		sg_bind_blob(&s, sg_bytes(hash, SG_FLEET_HASH));
	found = sg_statement_row(&s);
	if (found)
		read_token(&s, out);
	err = sg_fleet_end(&call, sg_statement_end(&s));
	if (err == SG_OK && !found)
		err = SG_ERR_NOT_FOUND;
	if (err != SG_OK)
		sg_fleet_token_clear(out);
	return err;
}

enum sg_err sg_fleet_token_revoke(struct sg_fleet *fleet, const char *id,
                                  const struct sg_fleet_event *event)
{
	struct sg_fleet_call call;
	struct sg_statement s;
	enum sg_err err = sg_fleet_begin(fleet, SG_FLEET_WRITES, &call);

	if (err != SG_OK)
		return err;
	/* Who revokes it again doesn't move the time. */
	s = sg_statement(call.db, "UPDATE token SET revoked = CASE WHEN revoked = 0 THEN ?1 "
	                          "ELSE revoked END WHERE id = ?2");
	sg_bind_int(&s, event->at);
	sg_bind_text(&s, id);
	err = sg_statement_run_one(&s, SG_ERR_NOT_FOUND);
	if (err == SG_OK)
		err = sg_fleet_log(call.db, event);
	return sg_fleet_end(&call, err);
}

enum sg_err sg_fleet_token_each(struct sg_fleet *fleet, sg_fleet_token_visit *visit, void *context)
{
	struct sg_fleet_token token = { .uses = 0 };
	struct sg_fleet_call call;
	struct sg_statement s;
	bool more = true;
	enum sg_err err = sg_fleet_begin(fleet, SG_FLEET_READS, &call);

	if (err != SG_OK)
		return err;
	s = sg_statement(call.db, "SELECT " COLUMNS " FROM token ORDER BY rowid");
	while (more && sg_statement_row(&s)) {
		read_token(&s, &token);
		more = s.err == SG_OK && visit(context, &token);
	}
	sg_fleet_token_clear(&token);
	return sg_fleet_end(&call, sg_statement_end(&s));
}

enum sg_err sg_fleet_token_judge(sqlite3 *db, const char *id, int64_t at, uint64_t *left,
                                 enum sg_fleet_refusal *refusal)
{
	struct sg_statement s = sg_statement(db, "SELECT expires, revoked, max_uses, uses "
	                                         "FROM token WHERE id = ?1");
	int64_t expires, revoked, max_uses, uses;

	sg_bind_text(&s, id);
	*refusal = SG_FLEET_TOKEN_UNKNOWN;
	*left = 0;
	if (sg_statement_row(&s)) {
		expires = sg_column_int(&s);
		revoked = sg_column_int(&s);
		max_uses = sg_column_int(&s);
		uses = sg_column_int(&s);
		if (revoked != 0)
			*refusal = SG_FLEET_TOKEN_REVOKED;
		else if (at >= expires)
			*refusal = SG_FLEET_TOKEN_ENDED;
		else if (uses >= max_uses)
			*refusal = SG_FLEET_TOKEN_USED;
		else
			*refusal = SG_FLEET_TAKEN;
		if (*refusal == SG_FLEET_TAKEN)
			*left = (uint64_t)(max_uses - uses);
	}
	return sg_statement_end(&s);
}

enum sg_err sg_fleet_token_use(sqlite3 *db, const char *id)
{
	struct sg_statement s = sg_statement(db, "UPDATE token SET uses = uses + 1 WHERE id = ?1");

	sg_bind_text(&s, id);
	return sg_statement_run_one(&s, SG_ERR_STORE_DAMAGED);
}
