/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Bringing the table of objects up to date with the store. The store is read
 * and its records are opened under the token's lock for reading, so that nobody's
 * operation waits; the lock is taken for writing only to take over what was read.
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
	struct sg_object *object;       /* owned; NULL where the table has this version */
};

/* What was read, and what the token was like meanwhile. */
struct reading {
	const struct sg_token *token;
	struct sg_store_stamp stamp;    /* of the store before it was read */
	struct sg_state state;
	struct sg_set sets[2];          /* of the rows met */
	bool open[2];
	uint64_t shown[2];
	unsigned epoch[2];
	uint64_t changes;
	struct found *found;
	size_t n, cap;
	/* Of an anchored store whose state is not shown yet. */
	bool anchored;
	struct sg_keyset *keys[2];
	struct sg_token_record record;
	struct sg_anchor anchor;
};

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
		if (r->open[half] && r->shown[half] != r->state.set[half].generation)
			return false;
	return true;
}

/* Tell whether nobody changed the token since. The caller holds the lock. */
static bool is_current(const struct reading *r)
{
	if (r->token->changes != r->changes)
		return false;
	for (int half = 0; half < 2; half++)
		if (r->open[half] && (r->token->shown[half] != r->shown[half] ||
		                      atomic_load(&r->token->epoch[half]) != r->epoch[half]))
			return false;
	return true;
}

static enum sg_err sum_row(const uint8_t row[SG_UUID], struct sg_bytes record, void *arg)
{
	struct reading *r = arg;
	struct sg_record_head head;
	enum sg_err err;

	err = sg_record_head(record, &head);
	if (err == SG_OK && r->open[head.half])
		sg_set_add(&r->sets[head.half], r->token->keys[head.half], row, head.generation);
	return err;
}

/* Check that the state is one that somebody with our keys wrote: a token that was made new
 * has another, perhaps of the same generation. */
static enum sg_err check_state(const struct reading *r)
{
	enum sg_err err = SG_OK;

	for (int half = 0; half < 2 && err == SG_OK; half++)
		if (r->open[half])
			err = sg_set_check(&r->state.set[half], (enum sg_half)half,
			                   r->token->keys[half], r->token->record.uuid);
	return err;
}

/* Check that the rows are, as a whole, those of the state. */
static enum sg_err check_rows(struct reading *r, struct sg_store_txn *txn)
{
	enum sg_err err = sg_store_object_each(txn, sum_row, r);

	for (int half = 0; half < 2 && err == SG_OK; half++)
		if (r->open[half] && !sg_set_same_rows(&r->sets[half], &r->state.set[half]))
			err = SG_ERR_STORE_DAMAGED;
	return err;
}

static enum sg_err add_found(struct reading *r, const uint8_t row[SG_UUID],
                             struct sg_object **object)
{
	struct found *grown = sg_array_grow(r->found, r->n, &r->cap, sizeof *grown);

	if (grown == NULL)
		return SG_ERR_NOMEM;
	r->found = grown;
	memcpy(r->found[r->n].row, row, SG_UUID);
	r->found[r->n++].object = *object;
	*object = NULL;
	return SG_OK;
}

static enum sg_err meet_row(const uint8_t row[SG_UUID], struct sg_bytes record, void *arg)
{
	struct reading *r = arg;
	const struct sg_token *token = r->token;
	struct sg_object *object = NULL;
	const struct sg_entry *entry;
	struct sg_record_head head;
	enum sg_err err;

	err = sg_record_head(record, &head);
	if (err != SG_OK || !r->open[head.half])
		return err;
	entry = sg_table_find_row(&token->objects, row);
	if (entry == NULL || entry->object->generation != head.generation)
		err = sg_record_open(token->record.uuid, row, token->keys[head.half], record,
		                     &object);
	if (err == SG_OK)
		err = add_found(r, row, &object);
	sg_object_unref(&object);
	return err;
}

/* Read the anchor over what was read, so that the hardware can be asked about it later. */
static enum sg_err read_anchor(struct reading *r, struct sg_store_txn *txn)
{
	enum sg_err err = sg_token_get_record(txn, &r->record);

	r->anchored = true;
	for (int half = 0; half < 2; half++)
		r->keys[half] = sg_keyset_ref(r->token->keys[half]);
	if (err == SG_OK && r->keys[SG_PUBLIC_HALF] == NULL)
		err = SG_ERR_CLOSED;
	if (err == SG_OK)
		err = sg_token_record_check(&r->record, r->keys);
	return err == SG_OK ? sg_token_anchor_read(txn, r->keys, &r->record, &r->state, &r->anchor)
	                    : err;
}

/* Read the store; the caller holds the lock for reading. The rows are summed up
 * first: an old version of a row authenticates as well as the new one, and nothing of
 * a store that is damaged may reach the table. */
static enum sg_err read_rows(const struct sg_token *token, struct reading *r)
{
	struct sg_store_txn *txn = NULL;
	enum sg_err err;

	*r = (struct reading){ .token = token, .changes = token->changes };
	for (int half = 0; half < 2; half++) {
		r->open[half] = token->keys[half] != NULL;
		r->shown[half] = token->shown[half];
		r->epoch[half] = atomic_load(&token->epoch[half]);
	}
	sg_store_stamp_take(token->path, &r->stamp);
	err = sg_store_begin(token->path, SG_STORE_READ, &txn);
	if (err == SG_OK)
		err = sg_token_read_state(txn, &r->state);
	if (err == SG_OK)
		err = check_state(r);
	if (err == SG_OK && !is_shown(r)) {
		err = check_rows(r, txn);
		if (err == SG_OK)
			err = sg_store_object_each(txn, meet_row, r);
		if (err == SG_OK && sg_token_record_anchored(&token->record))
			err = read_anchor(r, txn);
	}
	sg_store_abort(&txn);
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

static enum sg_err take_one(struct sg_token *token, struct found *found)
{
	struct sg_entry *entry = sg_table_find_row(&token->objects, found->row);
	CK_OBJECT_HANDLE handle;

	if (entry == NULL)
		return sg_table_add(&token->objects, &found->object, NULL, &handle);
	entry->seen = true;
	return found->object == NULL
	               ? SG_OK
	               : sg_table_replace(&token->objects, entry, &found->object);
}

/* Take what was read into the table; the caller holds the lock for writing. */
static enum sg_err take_over(struct sg_token *token, struct reading *r)
{
	enum sg_err err = SG_OK;

	token->changes++;
	unsee(token);
	for (size_t i = 0; i < r->n && err == SG_OK; i++)
		err = take_one(token, &r->found[i]);
	if (err != SG_OK)
		return err;
	remove_unseen(token, r->open);
	for (int half = 0; half < 2; half++)
		if (r->open[half])
			token->shown[half] = r->state.set[half].generation;
	return SG_OK;
}

/* Let the table show what was read, unless the token changed meanwhile, which *again
 * tells. The caller holds the lock for writing. */
static enum sg_err settle(struct sg_token *token, struct reading *r, bool *again)
{
	enum sg_err err = SG_OK;

	if (!is_shown(r)) {
		*again = !is_current(r);
		if (*again)
			return SG_OK;
		err = take_over(token, r);
	}
	if (err == SG_OK)
		token->shown_stamp = r->stamp;
	return err;
}

/* Ask the hardware whether what was read is the newest. Another process may have changed the
 * store since: *again tells so, unless the same anchor was refused before. */
static enum sg_err check_anchor(struct sg_token *token, const struct reading *r,
                                uint64_t *refused, bool *again)
{
	struct sg_sealer *sealer;
	bool unfinished;
	enum sg_err err;

	sg_token_opening_lock(token);
	err = sg_token_sealer(token, r->record.sealer, &sealer);
	if (err == SG_OK)
		err = sg_token_anchor_ask(sealer, &r->record, r->keys, &r->anchor, &unfinished);
	if (err == SG_OK && unfinished)         /* or an older copy would be good once more */
		err = sg_token_anchor_finish(token, sealer, &r->record, r->keys);
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
	struct reading r;
	enum sg_err err;

	*again = false;
	pthread_rwlock_rdlock(&token->lock);
	err = read_rows(token, &r);
	pthread_rwlock_unlock(&token->lock);
	if (err == SG_OK && r.anchored)
		err = check_anchor(token, &r, refused, again);
	if (err == SG_OK && !*again) {
		pthread_rwlock_wrlock(&token->lock);
		err = settle(token, &r, again);
		pthread_rwlock_unlock(&token->lock);
	}
	forget(&r);
	return err;
}

/* Others change the token faster than it can be read: keep them out for once. */
static enum sg_err refresh_alone(struct sg_token *token)
{
	struct reading r;
	bool again;
	enum sg_err err;

	pthread_rwlock_wrlock(&token->lock);
	err = read_rows(token, &r);
	if (err == SG_OK && r.anchored)         /* the hardware is not asked under the lock */
		err = SG_ERR_STORE_BUSY;
	if (err == SG_OK)
		err = settle(token, &r, &again);
	pthread_rwlock_unlock(&token->lock);
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
	if (err == SG_ERR_STORE_DAMAGED && sg_token_sync_anew(token) == SG_OK)
		err = refresh(token);
	return err;
}
