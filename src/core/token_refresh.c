/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Bringing the table of objects up to date with the store.
 */
#include "core/token_objects.h"
#include "core/token_write.h"

/* Tell whether the table shows this state, as far as the open halves go. The caller
 * holds the lock. */
static bool is_shown(const struct sg_token *token, const struct sg_state *state)
{
	for (int half = 0; half < 2; half++)
		if (token->keys[half] != NULL &&
		    token->shown[half] != state->set[half].generation)
			return false;
	return true;
}

/* A walk that sums up the rows. */
struct walk {
	const struct sg_token *token;
	struct sg_set sets[2];          /* of the rows met */
};

static enum sg_err sum_row(const uint8_t row[SG_UUID], struct sg_bytes record, void *arg)
{
	struct walk *walk = arg;
	const struct sg_token *token = walk->token;
	struct sg_record_head head;
	enum sg_err err;

	err = sg_record_head(record, &head);
	if (err == SG_OK && token->keys[head.half] != NULL)
		sg_set_add(&walk->sets[head.half], token->keys[head.half], row, head.generation);
	return err;
}

/* Check that the rows are, as a whole, those of the state. The caller holds the lock. */
static enum sg_err check_rows(const struct sg_token *token, struct sg_store_txn *txn,
                              const struct sg_state *state)
{
	struct walk walk = { .token = token };
	enum sg_err err = SG_OK;

	for (int half = 0; half < 2 && err == SG_OK; half++)
		if (token->keys[half] != NULL)
			err = sg_set_check(&state->set[half], (enum sg_half)half,
			                   token->keys[half], token->record.uuid);
	if (err == SG_OK)
		err = sg_store_object_each(txn, sum_row, &walk);
	for (int half = 0; half < 2 && err == SG_OK; half++)
		if (token->keys[half] != NULL &&
		    !sg_set_same_rows(&walk.sets[half], &state->set[half]))
			err = SG_ERR_STORE_DAMAGED;
	return err;
}

static enum sg_err meet_row(const uint8_t row[SG_UUID], struct sg_bytes record, void *arg)
{
	struct sg_token *token = arg;
	struct sg_object *object = NULL;
	struct sg_record_head head;
	struct sg_entry *entry;
	CK_OBJECT_HANDLE handle;
	enum sg_err err;

	err = sg_record_head(record, &head);
	if (err != SG_OK || token->keys[head.half] == NULL)
		return err;
	entry = sg_table_find_row(&token->objects, row);
	if (entry != NULL && entry->object->generation == head.generation) {
		entry->seen = true;
		return SG_OK;
	}
	err = sg_record_open(token->record.uuid, row, token->keys[head.half], record, &object);
	if (err != SG_OK)
		return err;
	if (entry == NULL)
		return sg_table_add(&token->objects, &object, NULL, &handle);
	sg_table_replace(entry, &object);
	entry->seen = true;
	return SG_OK;
}

static bool is_gone(const struct sg_entry *entry, const void *arg)
{
	const struct sg_token *token = arg;

	return entry->session == NULL && !entry->seen &&
	       token->keys[sg_object_half(entry->object)] != NULL;
}

static void unsee(struct sg_token *token)
{
	uint64_t key;
	size_t at = 0;
	void *value;

	while (sg_map_next(&token->objects.by_handle, &at, &key, &value))
		((struct sg_entry *)value)->seen = false;
}

/* Read all rows into the table; the caller holds the lock for writing. They are
 * summed up first: an old version of a row authenticates as well as the new one, and
 * nothing of a store that is damaged may reach the table. */
static enum sg_err reload(struct sg_token *token)
{
	struct sg_store_txn *txn = NULL;
	struct sg_state state;
	enum sg_err err;

	err = sg_store_begin(token->path, SG_STORE_READ, &txn);
	if (err == SG_OK)
		err = sg_token_read_state(txn, &state);
	if (err != SG_OK || is_shown(token, &state)) {
		sg_store_abort(&txn);
		return err;
	}
	err = check_rows(token, txn, &state);
	if (err == SG_OK) {
		unsee(token);
		err = sg_store_object_each(txn, meet_row, token);
	}
	sg_store_abort(&txn);
	if (err != SG_OK)
		return err;
	sg_table_remove_if(&token->objects, is_gone, token);
	for (int half = 0; half < 2; half++)
		if (token->keys[half] != NULL)
			token->shown[half] = state.set[half].generation;
	return SG_OK;
}

enum sg_err sg_token_refresh(struct sg_token *token)
{
	struct sg_store_txn *txn = NULL;
	struct sg_state state;
	bool shown = false;
	enum sg_err err;

	err = sg_token_open(token);
	if (err != SG_OK)
		return err;
	pthread_rwlock_rdlock(&token->lock);
	err = sg_store_begin(token->path, SG_STORE_READ, &txn);
	if (err == SG_OK)
		err = sg_token_read_state(txn, &state);
	sg_store_abort(&txn);
	if (err == SG_OK)
		shown = is_shown(token, &state);
	pthread_rwlock_unlock(&token->lock);
	if (err == SG_OK && !shown) {
		pthread_rwlock_wrlock(&token->lock);
		err = reload(token);
		pthread_rwlock_unlock(&token->lock);
	}
	return err;
}
