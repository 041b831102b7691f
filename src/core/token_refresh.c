/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Bringing the table of objects up to date with the store. The token's lock is not held
 * while the store is waited for and read, so that nobody's operation waits for a disk or for
 * another process; "opening" may be, for which those wait who open the token. The store is read
 * with what the token was at the beginning; what was read is taken over only if that still holds.
 */
#include "core/token_objects.h"
#include "core/token_reading.h"

#define TRIES 8

/* Tell whether a half is still open with the keys that it was read with. The caller holds
 * the lock. */
static bool is_open_still(const struct sg_token *token, const struct sg_reading *r, int half)
{
	return r->keys[half] != NULL && atomic_load(&token->epoch[half]) == r->epoch[half];
}

/* Tell whether nobody changed the token since. The caller holds the lock. */
static bool is_current(const struct sg_token *token, const struct sg_reading *r)
{
	if (token->changes != r->changes)
		return false;
	for (int half = 0; half < 2; half++)
		if (r->keys[half] != NULL && (token->shown[half] != r->shown[half] ||
		                              !is_open_still(token, r, half)))
			return false;
	return true;
}

static void unsee(struct sg_token *token)
{
	struct sg_walk walk = sg_walk_owner(&token->objects, NULL);
	struct sg_entry *entry;

	while ((entry = sg_walk_next(&walk)) != NULL)
		entry->seen = false;
}

/* Remove what the store has no more. */
static void remove_unseen(struct sg_token *token, const bool open[2])
{
	struct sg_walk walk = sg_walk_owner(&token->objects, NULL);
	struct sg_entry *entry;

	while ((entry = sg_walk_next(&walk)) != NULL)
		if (!entry->seen && open[sg_object_half(entry->object)])
			sg_table_remove(&token->objects, entry);
}

/* What this process changed itself is there already, as an object that others hold. A second one
 * of the same version takes its place only where the first was read before a login, with nothing
 * that tells its content. */
static enum sg_err take_one(struct sg_token *token, struct sg_found *found)
{
	struct sg_entry *entry = sg_table_find_row(&token->objects, found->row);
	CK_OBJECT_HANDLE handle;

	/* The table had this version, and lost it to a thread that read another file. */
	if (found->object == NULL &&
	    (entry == NULL || entry->object->generation != found->generation))
		return SG_ERR_STORE_BUSY;
	if (entry == NULL)
		return sg_table_add(&token->objects, &found->object, NULL, &handle);
	entry->seen = true;
	if (entry->object->generation == found->generation &&
	    (found->object == NULL || entry->object->witnessed || !found->object->witnessed))
		return SG_OK;
	return sg_table_replace(&token->objects, entry, &found->object);
}

/* Take what was read into the table, but of no half that was closed since; the caller holds
 * the lock for writing. */
static enum sg_err take_over(struct sg_token *token, struct sg_reading *r)
{
	bool open[2];
	enum sg_err err = SG_OK;

	for (int half = 0; half < 2; half++)
		open[half] = is_open_still(token, r, half);
	token->changes++;
	unsee(token);
	for (size_t i = 0; i < r->n && err == SG_OK; i++)
		if (open[r->found[i].half])
			err = take_one(token, &r->found[i]);
	if (err != SG_OK)
		return err;
	remove_unseen(token, open);
	for (int half = 0; half < 2; half++)
		if (open[half])
			token->shown[half] = r->state.set[half].generation;
	return SG_OK;
}

/* Tell whether all that the table shows was read: a half may have come back since, as it was at a
 * logout. The caller holds the lock. */
static bool covers(const struct sg_reading *r)
{
	const struct sg_token *token = r->token;

	for (int half = 0; half < 2; half++)
		if (r->keys[half] == NULL && token->keys[half] != NULL &&
		    token->shown[half] != SG_NEVER_SHOWN)
			return false;
	return true;
}

/* Let the table show what was read; kept tells that nobody could write the store since. Where
 * somebody could, and the token changed meanwhile, *again tells so. */
static enum sg_err settle(struct sg_token *token, struct sg_reading *r, bool kept, bool *again)
{
	enum sg_err err = SG_OK;

	pthread_rwlock_wrlock(&token->lock);
	*again = !sg_reading_is_shown(r) && !kept && !is_current(token, r);
	if (!sg_reading_is_shown(r) && !*again)
		err = take_over(token, r);
	if (err == SG_OK && !*again && covers(r))
		token->shown_stamp = r->stamp;
	pthread_rwlock_unlock(&token->lock);
	return err;
}

/* Ask the hardware whether what was read is the newest, and counted; the caller holds
 * `opening`. */
static enum sg_err ask(struct sg_token *token, const struct sg_reading *r, bool *unfinished)
{
	struct sg_sealer *sealer;
	enum sg_err err = sg_token_sealer(token, r->record.sealer, &sealer);

	*unfinished = false;
	return err == SG_OK ? sg_token_anchor_ask(sealer, &r->record, r->keys, &r->anchor,
	                                          unfinished)
	                    : err;
}

/* The same, when another process may have changed the store since: *again tells so, unless the
 * same anchor was refused before. */
static enum sg_err check_anchor(struct sg_token *token, const struct sg_reading *r,
                                uint64_t *refused, bool *again)
{
	bool unfinished;
	enum sg_err err;

	sg_token_opening_lock(token);
	err = ask(token, r, &unfinished);
	if (err == SG_OK && unfinished)         /* or an older copy would be good once more */
		err = sg_token_anchor_finish(token, token->sealer, &r->record, r->keys);
	sg_token_opening_unlock(token);
	*again = err == SG_ERR_STORE_OLD && r->anchor.count != *refused;
	*refused = r->anchor.count;
	if (err == SG_ERR_STORE_OLD && !*again)
		sg_token_anchor_refuse(token);
	return *again ? SG_OK : err;
}

/* Read and take over once; *again tells that the token changed in between. */
static enum sg_err refresh_once(struct sg_token *token, uint64_t *refused, bool *again)
{
	struct sg_store_txn *txn = NULL;
	struct sg_reading r;
	enum sg_err err;

	*again = false;
	err = sg_reading_begin(token, &r, &txn);
	sg_store_abort(&txn);
	if (err == SG_OK && r.to_ask)
		err = check_anchor(token, &r, refused, again);
	if (err == SG_OK && !*again)
		err = settle(token, &r, false, again);
	sg_reading_clear(&r);
	return err;
}

/* Others change the token faster than it can be read: keep them from committing for once. What
 * they committed before is in what is read, so it can be taken over whoever enters it in the
 * table first. */
static enum sg_err refresh_alone(struct sg_token *token)
{
	struct sg_store_txn *txn = NULL;
	struct sg_reading r;
	bool unfinished = false, again = false;
	enum sg_err err;

	sg_token_opening_lock(token);
	err = sg_reading_begin(token, &r, &txn);
	if (err == SG_OK && r.to_ask)
		err = ask(token, &r, &unfinished);
	if (err == SG_ERR_STORE_OLD)
		sg_token_anchor_refuse(token);
	if (err == SG_OK && unfinished) {       /* which takes the lock for writing */
		sg_store_abort(&txn);
		err = sg_token_anchor_finish(token, token->sealer, &r.record, r.keys);
	}
	if (err == SG_OK)
		err = settle(token, &r, txn != NULL, &again);
	if (again)
		err = SG_ERR_STORE_BUSY;
	sg_store_abort(&txn);
	sg_token_opening_unlock(token);
	sg_reading_clear(&r);
	return err;
}

/* Tell without opening the store that the table shows it. */
static bool is_up_to_date(struct sg_token *token)
{
	struct sg_store_stamp stamp;
	bool shown = true;

	pthread_rwlock_rdlock(&token->lock);
	for (int half = 0; half < 2; half++)
		if (token->keys[half] != NULL && token->shown[half] == SG_NEVER_SHOWN)
			shown = false;
	stamp = token->shown_stamp;
	pthread_rwlock_unlock(&token->lock);
	return shown && sg_store_stamp_holds(&stamp, token->path);
}

static enum sg_err refresh(struct sg_token *token)
{
	uint64_t refused = 0;
	bool again = true;
	enum sg_err err;

	err = sg_token_open(token);
	if (err == SG_OK && is_up_to_date(token))
		return SG_OK;
	for (int i = 0; again && err == SG_OK && i < TRIES; i++)
		err = refresh_once(token, &refused, &again);
	if (again && err == SG_OK)
		err = refresh_alone(token);
	return err;
}

enum sg_err sg_token_refresh(struct sg_token *token)
{
	enum sg_err err = refresh(token);

	/* Where another process made the token new, our keys are not its keys any more, which
	 * the record tells: it closes ours, and the new one can be opened. */
	if (err == SG_ERR_STORE_DAMAGED) {
		enum sg_err anew = sg_token_sync_anew(token);

		if (anew == SG_OK)
			err = refresh(token);
		else if (anew == SG_ERR_TOKEN_REPLACED)
			err = anew;
	}
	return err;
}
