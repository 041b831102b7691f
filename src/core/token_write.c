/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Changes of a token's rows.
 */
#include "core/token_write.h"

#include <string.h>

enum sg_err sg_token_read_state(struct sg_store_txn *txn, struct sg_state *state)
{
	struct sg_buf stored = { 0 };
	enum sg_err err = sg_store_get(txn, SG_STORE_STATE, &stored);

	if (err == SG_OK)
		err = sg_state_parse(sg_buf_bytes(&stored), state);
	sg_buf_free(&stored);
	return err;
}

/* Take hold of what the token is now. */
static enum sg_err hold(struct sg_token *token, struct sg_token_write *w, bool *anchored)
{
	pthread_rwlock_rdlock(&token->lock);
	*anchored = sg_token_record_anchored(&token->record);
	memcpy(w->uuid, token->record.uuid, SG_UUID);
	for (int half = 0; half < 2; half++)
		w->keys[half] = sg_keyset_ref(token->keys[half]);
	pthread_rwlock_unlock(&token->lock);
	return w->keys[SG_PUBLIC_HALF] != NULL ? SG_OK : SG_ERR_CLOSED;
}

/* The record is read anew: another process may have changed it, and the anchor is over it. */
static enum sg_err begin_anchored(struct sg_token *token, struct sg_token_write *w)
{
	enum sg_err err;

	sg_token_opening_lock(token);
	w->anchored = token;
	err = sg_store_begin(token->path, SG_STORE_ALONE, &w->txn);
	if (err == SG_OK)
		err = sg_token_get_record(w->txn, &w->record);
	if (err == SG_OK)
		err = sg_token_record_check(&w->record, w->keys);
	if (err == SG_OK && !sg_token_record_anchored(&w->record))
		err = SG_ERR_STORE_DAMAGED;
	if (err == SG_OK)
		err = sg_token_sealer(token, w->record.sealer, &w->sealer);
	if (err == SG_OK)
		err = sg_token_read_state(w->txn, &w->state);
	return err == SG_OK ? sg_token_anchor_begin(token, w->txn, w->sealer, w->keys, &w->record,
	                                            &w->state, &w->anchor)
	                    : err;
}

static enum sg_err begin(struct sg_token *token, struct sg_token_write *w)
{
	enum sg_err err = sg_store_begin(token->path, SG_STORE_WRITE, &w->txn);

	return err == SG_OK ? sg_token_read_state(w->txn, &w->state) : err;
}

enum sg_err sg_token_write_begin(struct sg_token *token, struct sg_token_write *w)
{
	bool anchored;
	enum sg_err err;

	memset(w, 0, sizeof *w);
	err = hold(token, w, &anchored);
	if (err == SG_OK)
		err = anchored ? begin_anchored(token, w) : begin(token, w);
	for (int half = 0; half < 2 && err == SG_OK; half++) {
		w->before[half] = w->state.set[half].generation;
		if (w->keys[half] != NULL)
			err = sg_set_check(&w->state.set[half], (enum sg_half)half, w->keys[half],
			                   w->uuid);
	}
	/* Another process made the token new, or moved it: its keys are not ours any more. */
	if (err == SG_ERR_STORE_DAMAGED && sg_token_sync_anew(token) == SG_ERR_TOKEN_REPLACED)
		err = SG_ERR_TOKEN_REPLACED;
	return err;
}

/* The rows of the public half of an anchored store are; it has the keys of both halves then. */
static bool is_witnessed(const struct sg_token_write *w, enum sg_half half)
{
	return w->anchored != NULL && half == SG_PUBLIC_HALF;
}

enum sg_err sg_token_write_row(struct sg_token_write *w, const struct sg_object *object,
                               uint64_t *generation)
{
	enum sg_half half = sg_object_half(object);
	const struct sg_keyset *keys = w->keys[half];
	struct sg_set *set = &w->state.set[half];
	struct sg_buf record = { 0 };
	enum sg_err err;

	if (keys == NULL)
		return SG_ERR_CLOSED;
	*generation = ++set->generation;
	err = sg_record_close(w->uuid, keys, object, *generation, &record);
	if (err == SG_OK)
		err = sg_store_object_put(w->txn, object->uuid, sg_buf_bytes(&record));
	if (err == SG_OK)
		sg_set_add(set, keys, object->uuid, *generation);
	if (err == SG_OK && is_witnessed(w, half))
		sg_witness_add(&w->anchor.witness, w->keys[SG_PRIVATE_HALF], object->uuid,
		               *generation, sg_buf_bytes(&record));
	sg_buf_free(&record);
	return err;
}

enum sg_err sg_token_write_release(struct sg_token_write *w, const struct sg_object *object)
{
	enum sg_half half = sg_object_half(object);
	struct sg_buf record = { 0 };
	struct sg_record_head head;
	enum sg_err err;

	if (w->keys[half] == NULL)
		return SG_ERR_CLOSED;
	err = sg_store_object_get(w->txn, object->uuid, &record);
	if (err == SG_OK)
		err = sg_record_head(sg_buf_bytes(&record), &head);
	if (err == SG_OK && (head.generation != object->generation || head.half != half))
		err = SG_ERR_NOT_FOUND;
	/* What was read before a login, and not again since, is not to be written back. */
	if (err == SG_OK && is_witnessed(w, half) && !object->witnessed)
		err = SG_ERR_NOT_FOUND;
	if (err == SG_OK) {
		w->state.set[half].generation++;
		sg_set_remove(&w->state.set[half], w->keys[half], object->uuid, head.generation);
	}
	if (err == SG_OK && is_witnessed(w, half))
		sg_witness_remove(&w->anchor.witness, w->keys[SG_PRIVATE_HALF], object->uuid,
		                  head.generation, sg_buf_bytes(&record));
	sg_buf_free(&record);
	return err;
}

enum sg_err sg_token_write_end(struct sg_token_write *w, enum sg_err err)
{
	struct sg_buf stored = { 0 };

	for (int half = 0; half < 2 && err == SG_OK; half++)
		if (w->keys[half] != NULL)
			sg_set_sign(&w->state.set[half], (enum sg_half)half, w->keys[half],
			            w->uuid);
	if (err == SG_OK)
		err = sg_state_write(&w->state, &stored);
	if (err == SG_OK)
		err = sg_store_put(w->txn, SG_STORE_STATE, sg_buf_bytes(&stored));
	if (err == SG_OK)
		err = w->anchored != NULL
		              ? sg_token_anchor_cast(w->txn, w->sealer, w->keys, &w->record,
		                                     &w->state, &w->anchor)
		              : sg_store_commit(&w->txn);
	w->uncounted = err == SG_ERR_UNCOUNTED;
	sg_store_abort(&w->txn);
	if (w->anchored != NULL)
		sg_token_opening_unlock(w->anchored);
	sg_token_record_clear(&w->record);
	for (int half = 0; half < 2; half++)
		sg_keyset_free(&w->keys[half]);
	sg_buf_free(&stored);
	return err;
}

void sg_token_write_shown(struct sg_token *token, const struct sg_token_write *w)
{
	token->changes++;
	for (int half = 0; half < 2; half++)
		if (!w->uncounted && token->shown[half] == w->before[half])
			token->shown[half] = w->state.set[half].generation;
}
