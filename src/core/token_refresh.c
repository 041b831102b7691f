/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Bringing the table of objects up to date with the store. The token's lock is not held
 * while the store is waited for and read, so that nobody's operation waits for a disk or for
 * another process; "opening" may be, for which those wait who open the token. The store is read
 * with what the token was at the beginning; what was read is taken over only if that still holds.
 */
#include <stdlib.h>
#include <string.h>

#include "core/token_objects.h"
#include "core/token_write.h"
#include "util/array.h"

#define TRIES 8

/* One row of the store that belongs to an open half. */
struct found {
	uint8_t row[SG_UUID];
	enum sg_half half;
	uint64_t generation;
	struct sg_object *object;       /* owned; NULL where the table has this version */
};

/* What the token was at the beginning, and what was read. */
struct reading {
	struct sg_token *token;
	uint8_t uuid[SG_UUID];
	struct sg_keyset *keys[2];      /* NULL: that half was closed */
	bool anchored;
	uint64_t shown[2];
	unsigned epoch[2];
	uint64_t changes;
	struct sg_store_stamp stamp;    /* of the store before all that */
	struct sg_state state;
	struct sg_set sets[2];          /* of the rows met */
	struct found *found;
	size_t n, cap;
	/* Of an anchored store whose state is not shown yet. */
	bool to_ask;
	struct sg_token_record record;
	struct sg_anchor anchor;
};

/* Take hold of what the token is now. The stamp comes first: whatever the table shows later, also
 * of a half that opens after this, was read after it was taken. */
static void hold(struct sg_token *token, struct reading *r)
{
	*r = (struct reading){ .token = token };
	sg_store_stamp_take(token->path, &r->stamp);
	pthread_rwlock_rdlock(&token->lock);
	memcpy(r->uuid, token->record.uuid, SG_UUID);
	r->anchored = sg_token_record_anchored(&token->record);
	r->changes = token->changes;
	for (int half = 0; half < 2; half++) {
		r->keys[half] = sg_keyset_ref(token->keys[half]);
		r->shown[half] = token->shown[half];
		r->epoch[half] = atomic_load(&token->epoch[half]);
	}
	pthread_rwlock_unlock(&token->lock);
}

static void forget(struct reading *r)
{
	for (size_t i = 0; i < r->n; i++)
		sg_object_unref(&r->found[i].object);
	free(r->found);
	sg_keyset_free(&r->keys[0]);
	sg_keyset_free(&r->keys[1]);
	sg_token_record_clear(&r->record);
	*r = (struct reading){ NULL };
}

/* Tell whether the table shows the state that was read, as far as the open halves go. */
static bool is_shown(const struct reading *r)
{
	for (int half = 0; half < 2; half++)
		if (r->keys[half] != NULL && r->shown[half] != r->state.set[half].generation)
			return false;
	return true;
}

/* Tell whether a half is still open with the keys that it was read with. The caller holds
 * the lock. */
static bool is_open_still(const struct sg_token *token, const struct reading *r, int half)
{
	return r->keys[half] != NULL && atomic_load(&token->epoch[half]) == r->epoch[half];
}

/* Tell whether nobody changed the token since. The caller holds the lock. */
static bool is_current(const struct sg_token *token, const struct reading *r)
{
	if (token->changes != r->changes)
		return false;
	for (int half = 0; half < 2; half++)
		if (r->keys[half] != NULL && (token->shown[half] != r->shown[half] ||
		                              !is_open_still(token, r, half)))
			return false;
	return true;
}

static enum sg_err sum_row(const uint8_t row[SG_UUID], struct sg_bytes record, void *arg)
{
	struct reading *r = arg;
	struct sg_record_head head;
	enum sg_err err;

	err = sg_record_head(record, &head);
	if (err == SG_OK && r->keys[head.half] != NULL)
		sg_set_add(&r->sets[head.half], r->keys[head.half], row, head.generation);
	return err;
}

/* Check that the state is one that somebody with our keys wrote: a token that was made new
 * has another, perhaps of the same generation. */
static enum sg_err check_state(const struct reading *r)
{
	enum sg_err err = SG_OK;

	for (int half = 0; half < 2 && err == SG_OK; half++)
		if (r->keys[half] != NULL)
			err = sg_set_check(&r->state.set[half], (enum sg_half)half, r->keys[half],
			                   r->uuid);
	return err;
}

/* Check that the rows are, as a whole, those of the state. */
static enum sg_err check_rows(struct reading *r, struct sg_store_txn *txn)
{
	enum sg_err err = sg_store_object_each(txn, sum_row, r);

	for (int half = 0; half < 2 && err == SG_OK; half++)
		if (r->keys[half] != NULL &&
		    !sg_set_same_rows(&r->sets[half], &r->state.set[half]))
			err = SG_ERR_STORE_DAMAGED;
	return err;
}

static enum sg_err add_found(struct reading *r, const uint8_t row[SG_UUID],
                             const struct sg_record_head *head, struct sg_object **object)
{
	struct found *grown = sg_array_grow(r->found, r->n, &r->cap, sizeof *grown);
	struct found *found;

	if (grown == NULL)
		return SG_ERR_NOMEM;
	r->found = grown;
	found = &r->found[r->n++];
	memcpy(found->row, row, SG_UUID);
	found->half = head->half;
	found->generation = head->generation;
	found->object = *object;
	*object = NULL;
	return SG_OK;
}

/* Tell whether the table has this version of a row. */
static bool has_version(struct sg_token *token, const uint8_t row[SG_UUID], uint64_t generation)
{
	const struct sg_entry *entry;
	bool has;

	pthread_rwlock_rdlock(&token->lock);
	entry = sg_table_find_row(&token->objects, row);
	has = entry != NULL && entry->object->generation == generation;
	pthread_rwlock_unlock(&token->lock);
	return has;
}

static enum sg_err meet_row(const uint8_t row[SG_UUID], struct sg_bytes record, void *arg)
{
	struct reading *r = arg;
	struct sg_object *object = NULL;
	struct sg_record_head head;
	enum sg_err err;

	err = sg_record_head(record, &head);
	if (err != SG_OK || r->keys[head.half] == NULL)
		return err;
	if (!has_version(r->token, row, head.generation))
		err = sg_record_open(r->uuid, row, r->keys[head.half], record, &object);
	if (err == SG_OK)
		err = add_found(r, row, &head, &object);
	sg_object_unref(&object);
	return err;
}

/* Read the anchor over what was read, so that the hardware can be asked about it. */
static enum sg_err read_anchor(struct reading *r, struct sg_store_txn *txn)
{
	enum sg_err err = sg_token_get_record(txn, &r->record);

	r->to_ask = true;
	if (err == SG_OK && r->keys[SG_PUBLIC_HALF] == NULL)
		err = SG_ERR_CLOSED;
	if (err == SG_OK)
		err = sg_token_record_check(&r->record, r->keys);
	return err == SG_OK ? sg_token_anchor_read(txn, r->keys, &r->record, &r->state, &r->anchor)
	                    : err;
}

/* Read the store in a transaction that the caller ends. The rows are summed up first: an old
 * version of a row authenticates as well as the new one, and nothing of a store that is
 * damaged may reach the table. */
static enum sg_err read_store(struct sg_token *token, struct reading *r, struct sg_store_txn **txn)
{
	enum sg_err err;

	hold(token, r);
	err = sg_store_begin(token->path, SG_STORE_READ, txn);
	if (err == SG_OK)
		err = sg_token_read_state(*txn, &r->state);
	if (err == SG_OK)
		err = check_state(r);
	if (err != SG_OK || is_shown(r))
		return err;
	err = check_rows(r, *txn);
	if (err == SG_OK)
		err = sg_store_object_each(*txn, meet_row, r);
	if (err == SG_OK && r->anchored)
		err = read_anchor(r, *txn);
	return err;
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

/* What this process changed itself is there already, as an object that others hold: a second
 * one of the same version in its place would be taken for a newer one. */
static enum sg_err take_one(struct sg_token *token, struct found *found)
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
	return entry->object->generation == found->generation
	               ? SG_OK
	               : sg_table_replace(&token->objects, entry, &found->object);
}

/* Take what was read into the table, but of no half that was closed since; the caller holds
 * the lock for writing. */
static enum sg_err take_over(struct sg_token *token, struct reading *r)
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

/* Let the table show what was read; kept tells that nobody could write the store since. Where
 * somebody could, and the token changed meanwhile, *again tells so. */
static enum sg_err settle(struct sg_token *token, struct reading *r, bool kept, bool *again)
{
	enum sg_err err = SG_OK;

	pthread_rwlock_wrlock(&token->lock);
	*again = !is_shown(r) && !kept && !is_current(token, r);
	if (!is_shown(r) && !*again)
		err = take_over(token, r);
	if (err == SG_OK && !*again)
		token->shown_stamp = r->stamp;
	pthread_rwlock_unlock(&token->lock);
	return err;
}

/* Ask the hardware whether what was read is the newest, and counted; the caller holds
 * `opening`. */
static enum sg_err ask(struct sg_token *token, const struct reading *r, bool *unfinished)
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
static enum sg_err check_anchor(struct sg_token *token, const struct reading *r,
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
	struct reading r;
	enum sg_err err;

	*again = false;
	err = read_store(token, &r, &txn);
	sg_store_abort(&txn);
	if (err == SG_OK && r.to_ask)
		err = check_anchor(token, &r, refused, again);
	if (err == SG_OK && !*again)
		err = settle(token, &r, false, again);
	forget(&r);
	return err;
}

/* Others change the token faster than it can be read: keep them from committing for once. What
 * they committed before is in what is read, so it can be taken over whoever enters it in the
 * table first. */
static enum sg_err refresh_alone(struct sg_token *token)
{
	struct sg_store_txn *txn = NULL;
	struct reading r;
	bool unfinished = false, again = false;
	enum sg_err err;

	sg_token_opening_lock(token);
	err = read_store(token, &r, &txn);
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
	forget(&r);
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
