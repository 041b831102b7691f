/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Reading a token's store.
 */
#include "core/token_reading.h"

#include <stdlib.h>
#include <string.h>

#include "core/token_write.h"
#include "util/array.h"

/* Take hold of what the token is now. The stamp comes first: whatever the table shows later, also
 * of a half that opens after this, was read after it was taken. */
static void hold(struct sg_token *token, struct sg_reading *r)
{
	*r = (struct sg_reading){ .token = token };
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
	r->witnessed = r->anchored && r->keys[SG_PRIVATE_HALF] != NULL;
}

void sg_reading_clear(struct sg_reading *r)
{
	for (size_t i = 0; i < r->n; i++)
		sg_object_unref(&r->found[i].object);
	free(r->found);
	sg_keyset_free(&r->keys[0]);
	sg_keyset_free(&r->keys[1]);
	sg_token_record_clear(&r->record);
	*r = (struct sg_reading){ NULL };
}

bool sg_reading_is_shown(const struct sg_reading *r)
{
	for (int half = 0; half < 2; half++)
		if (r->keys[half] != NULL && r->shown[half] != r->state.set[half].generation)
			return false;
	return true;
}

static enum sg_err sum_row(const uint8_t row[SG_UUID], struct sg_bytes record, void *arg)
{
	struct sg_reading *r = arg;
	struct sg_record_head head;
	enum sg_err err;

	err = sg_record_head(record, &head);
	if (err == SG_OK && r->keys[head.half] != NULL)
		sg_set_add(&r->sets[head.half], r->keys[head.half], row, head.generation);
	return err;
}

/* Check that the state is one that somebody with our keys wrote: a token that was made new
 * has another, perhaps of the same generation. */
static enum sg_err check_state(const struct sg_reading *r)
{
	enum sg_err err = SG_OK;

	for (int half = 0; half < 2 && err == SG_OK; half++)
		if (r->keys[half] != NULL)
			err = sg_set_check(&r->state.set[half], (enum sg_half)half, r->keys[half],
			                   r->uuid);
	return err;
}

/* Check that the rows are, as a whole, those of the state. */
static enum sg_err check_rows(struct sg_reading *r, struct sg_store_txn *txn)
{
	enum sg_err err = sg_store_object_each(txn, sum_row, r);

	for (int half = 0; half < 2 && err == SG_OK; half++)
		if (r->keys[half] != NULL &&
		    !sg_set_same_rows(&r->sets[half], &r->state.set[half]))
			err = SG_ERR_STORE_DAMAGED;
	return err;
}

static enum sg_err add_found(struct sg_reading *r, const uint8_t row[SG_UUID],
                             const struct sg_record_head *head, struct sg_object **object)
{
	struct sg_found *grown = sg_array_grow(r->found, r->n, &r->cap, sizeof *grown);
	struct sg_found *found;

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

/* Tell whether the table has this version of a row. One that was read before a login may have
 * another content. */
static bool has_version(const struct sg_reading *r, const uint8_t row[SG_UUID],
                        uint64_t generation)
{
	const struct sg_entry *entry;
	bool has;

	pthread_rwlock_rdlock(&r->token->lock);
	entry = sg_table_find_row(&r->token->objects, row);
	has = entry != NULL && entry->object->generation == generation &&
	      (entry->object->witnessed || !r->witnessed);
	pthread_rwlock_unlock(&r->token->lock);
	return has;
}

static enum sg_err meet_row(const uint8_t row[SG_UUID], struct sg_bytes record, void *arg)
{
	struct sg_reading *r = arg;
	struct sg_object *object = NULL;
	struct sg_record_head head;
	enum sg_err err;

	err = sg_record_head(record, &head);
	if (err != SG_OK || r->keys[head.half] == NULL)
		return err;
	if (!has_version(r, row, head.generation))
		err = sg_record_open(r->uuid, row, r->keys[head.half], record, &object);
	if (object != NULL)
		object->witnessed = r->witnessed;
	if (err == SG_OK)
		err = add_found(r, row, &head, &object);
	sg_object_unref(&object);
	return err;
}

/* Read the anchor over what was read, so that the hardware can be asked about it. */
static enum sg_err read_anchor(struct sg_reading *r, struct sg_store_txn *txn)
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

/* The rows are summed up first: an old version of a row authenticates as well as the new one,
 * and nothing of a store that is damaged may reach the table. */
enum sg_err sg_reading_begin(struct sg_token *token, struct sg_reading *r,
                             struct sg_store_txn **txn)
{
	enum sg_err err;

	hold(token, r);
	err = sg_store_begin(token->path, SG_STORE_READ, txn);
	if (err == SG_OK)
		err = sg_token_read_state(*txn, &r->state);
	if (err == SG_OK)
		err = check_state(r);
	if (err != SG_OK || sg_reading_is_shown(r))
		return err;
	err = check_rows(r, *txn);
	if (err == SG_OK)
		err = sg_store_object_each(*txn, meet_row, r);
	if (err == SG_OK && r->anchored)
		err = read_anchor(r, *txn);
	return err;
}
