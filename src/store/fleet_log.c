/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. The log of a fleet: entries are appended, and never changed or removed by anything here.
 */
#include <string.h>

#include "store/chain.h"
#include "store/fleet_db.h"

/* Read the end of the log; seq is 0 and the hash all zero where it is empty. */
static enum sg_err read_last(sqlite3 *db, struct sg_fleet_head *out)
{
	struct sg_statement s = sg_statement(db, "SELECT seq, at, hash FROM entry "
	                                         "ORDER BY seq DESC LIMIT 1");

	*out = (struct sg_fleet_head){ .seq = 0 };
	if (sg_statement_row(&s)) {
		out->seq = (uint64_t)sg_column_int(&s);
		out->at = sg_column_int(&s);
		sg_column_fixed(&s, out->hash, sizeof out->hash);
	}
	return sg_statement_end(&s);
}

enum sg_err sg_fleet_log(sqlite3 *db, const struct sg_fleet_event *event)
{
	struct sg_fleet_entry entry = { .seq = 0 };
	struct sg_fleet_head last;
	struct sg_statement s;
	enum sg_err err;

	if (event == NULL)
		return SG_OK;
	if (event->detail.len > SG_FLEET_DETAIL_MAX || strlen(event->event) > SG_FLEET_TEXT ||
	    strlen(event->actor) > SG_FLEET_TEXT || strlen(event->subject) > SG_FLEET_TEXT)
		return SG_ERR_RANGE;
	err = read_last(db, &last);
	if (err != SG_OK)
		return err;
	entry.seq = last.seq + 1;
	entry.at = event->at;
	entry.event = sg_bytes_str(event->event);
	entry.actor = sg_bytes_str(event->actor);
	entry.subject = sg_bytes_str(event->subject);
	entry.detail = event->detail;
	err = sg_chain_hash(last.hash, &entry, entry.hash);
	if (err != SG_OK)
		return err;
	s = sg_statement(db, "INSERT INTO entry VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
	sg_bind_int(&s, (int64_t)entry.seq);
	sg_bind_int(&s, entry.at);
	sg_bind_text(&s, event->event);
	sg_bind_text(&s, event->actor);
	sg_bind_text(&s, event->subject);
	sg_bind_blob(&s, entry.detail);
	sg_bind_blob(&s, sg_bytes(entry.hash, sizeof entry.hash));
	return sg_statement_run(&s);
}

enum sg_err sg_fleet_event_add(struct sg_fleet *fleet, const struct sg_fleet_event *event)
{
	struct sg_fleet_call call;
	enum sg_err err = sg_fleet_begin(fleet, SG_FLEET_WRITES, &call);

	return err == SG_OK ? sg_fleet_end(&call, sg_fleet_log(call.db, event)) : err;
}

enum sg_err sg_fleet_entry_each(struct sg_fleet *fleet, uint64_t seq,
                                sg_fleet_entry_visit *visit, void *context)
{
	struct sg_fleet_entry entry;
	struct sg_fleet_call call;
	struct sg_statement s;
	bool more = true;
	enum sg_err err = sg_fleet_begin(fleet, SG_FLEET_READS, &call);

	if (err != SG_OK)
		return err;
	s = sg_statement(call.db, "SELECT seq, at, event, actor, subject, detail, hash FROM entry "
	                          "WHERE seq >= ?1 ORDER BY seq");
	sg_bind_int(&s, (int64_t)seq);
	while (more && sg_statement_row(&s)) {
		entry.seq = (uint64_t)sg_column_int(&s);
		entry.at = sg_column_int(&s);
		entry.event = sg_column_string(&s, SG_FLEET_TEXT);
		entry.actor = sg_column_string(&s, SG_FLEET_TEXT);
		entry.subject = sg_column_string(&s, SG_FLEET_TEXT);
		entry.detail = sg_column_blob(&s, SG_FLEET_DETAIL_MAX);
		sg_column_fixed(&s, entry.hash, sizeof entry.hash);
		more = s.err == SG_OK && visit(context, &entry);
	}
	return sg_fleet_end(&call, sg_statement_end(&s));
}

enum sg_err sg_fleet_entry_last(struct sg_fleet *fleet, struct sg_fleet_head *out)
{
	struct sg_fleet_call call;
	enum sg_err err = sg_fleet_begin(fleet, SG_FLEET_READS, &call);

	return err == SG_OK ? sg_fleet_end(&call, read_last(call.db, out)) : err;
}

enum sg_err sg_fleet_head_add(struct sg_fleet *fleet, const struct sg_fleet_head *head)
{
	struct sg_fleet_call call;
	struct sg_statement s;
	enum sg_err err = sg_fleet_begin(fleet, SG_FLEET_WRITES, &call);

	if (err != SG_OK)
		return err;
	/* Two who sign the same end at a time are of one mind. */
	s = sg_statement(call.db, "INSERT OR IGNORE INTO head VALUES(?1, ?2, ?3, ?4, ?5)");
	sg_bind_int(&s, (int64_t)head->seq);
	sg_bind_int(&s, head->at);
	sg_bind_blob(&s, sg_bytes(head->hash, sizeof head->hash));
	sg_bind_blob(&s, sg_bytes(head->key, sizeof head->key));
	sg_bind_blob(&s, sg_bytes(head->signature, sizeof head->signature));
	return sg_fleet_end(&call, sg_statement_run(&s));
}

enum sg_err sg_fleet_head_each(struct sg_fleet *fleet, sg_fleet_head_visit *visit, void *context)
{
	struct sg_fleet_head head;
	struct sg_fleet_call call;
	struct sg_statement s;
	bool more = true;
	enum sg_err err = sg_fleet_begin(fleet, SG_FLEET_READS, &call);

	if (err != SG_OK)
		return err;
	s = sg_statement(call.db, "SELECT seq, at, hash, key, signature FROM head ORDER BY seq");
	while (more && sg_statement_row(&s)) {
		head.seq = (uint64_t)sg_column_int(&s);
		head.at = sg_column_int(&s);
		sg_column_fixed(&s, head.hash, sizeof head.hash);
		sg_column_fixed(&s, head.key, sizeof head.key);
		sg_column_fixed(&s, head.signature, sizeof head.signature);
		more = s.err == SG_OK && visit(context, &head);
	}
	return sg_fleet_end(&call, sg_statement_end(&s));
}
