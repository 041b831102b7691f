/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Objects between table and store. The token's lock is held for reading
 * while the store is written, which keeps the keys in place, and for writing only
 * while the table changes.
 */
#include "core/token_objects.h"

#include <stdlib.h>
#include <string.h>

#include "core/template.h"

static enum sg_half half_of(const struct sg_object *object)
{
	return object->secluded ? SG_PRIVATE_HALF : SG_PUBLIC_HALF;
}

/* The caller holds the lock. */
static bool private_open(const struct sg_token *token)
{
	return token->user == SG_USER || (token->present && token->record.machine);
}

static bool visible(const struct sg_token *token, const struct sg_entry *entry)
{
	return !entry->object->secluded || private_open(token);
}

static enum sg_err read_state(struct sg_store_txn *txn, struct sg_state *state)
{
	struct sg_buf stored = { 0 };
	enum sg_err err = sg_store_get(txn, SG_STORE_STATE, &stored);

	if (err == SG_OK)
		err = sg_state_parse(sg_buf_bytes(&stored), state);
	sg_buf_free(&stored);
	return err;
}

/* Tell whether the table shows this state, as far as the open halves go. The caller holds the lock. */
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
	       token->keys[half_of(entry->object)] != NULL;
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
		err = read_state(txn, &state);
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
		err = read_state(txn, &state);
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

static int ascending(const void *a, const void *b)
{
	CK_OBJECT_HANDLE x = *(const CK_OBJECT_HANDLE *)a, y = *(const CK_OBJECT_HANDLE *)b;

	return x < y ? -1 : x > y;
}

/* Gather matching handles; the caller holds the lock. */
static enum sg_err gather(const struct sg_token *token, const CK_ATTRIBUTE *template, CK_ULONG n,
                          CK_OBJECT_HANDLE **handles, size_t *count)
{
	CK_OBJECT_HANDLE *found = NULL;
	size_t at = 0, len = 0, cap = 0;
	uint64_t key;
	void *value;

	while (sg_map_next(&token->objects.by_handle, &at, &key, &value)) {
		const struct sg_entry *entry = value;

		if (!visible(token, entry) || !sg_object_matches(entry->object, template, n))
			continue;
		if (len == cap) {
			CK_OBJECT_HANDLE *grown;

			cap = cap == 0 ? 16 : 2 * cap;
			grown = reallocarray(found, cap, sizeof *found);
			if (grown == NULL) {
				free(found);
				return SG_ERR_NOMEM;
			}
			found = grown;
		}
		found[len++] = entry->handle;
	}
	if (len > 1)
		qsort(found, len, sizeof *found, ascending);
	*handles = found;
	*count = len;
	return SG_OK;
}

enum sg_err sg_token_find(struct sg_token *token, const CK_ATTRIBUTE *template, CK_ULONG n,
                          CK_OBJECT_HANDLE **handles, size_t *count)
{
	enum sg_err err = SG_OK;

	*handles = NULL;
	*count = 0;
	if (sg_template_bool(template, n, CKA_TOKEN, true))
		err = sg_token_refresh(token);
	if (err != SG_OK)
		return err;
	pthread_rwlock_rdlock(&token->lock);
	err = gather(token, template, n, handles, count);
	pthread_rwlock_unlock(&token->lock);
	return err;
}

enum sg_err sg_token_object(struct sg_token *token, CK_OBJECT_HANDLE handle,
                            struct sg_object **out)
{
	struct sg_entry *entry;

	*out = NULL;
	pthread_rwlock_rdlock(&token->lock);
	entry = sg_table_find(&token->objects, handle);
	if (entry != NULL && visible(token, entry))
		*out = sg_object_ref(entry->object);
	pthread_rwlock_unlock(&token->lock);
	return *out != NULL ? SG_OK : SG_ERR_NOT_FOUND;
}

/* Have the hardware seal an object's material on its own. */
static enum sg_err seal_alone(struct sg_token *token, const struct sg_secret *material,
                              struct sg_buf *blob)
{
	const struct sg_seal_guard nothing = { NULL };
	struct sg_buf parent = { 0 };
	struct sg_sealer *sealer;
	char name[sizeof token->record.sealer];
	enum sg_err err;

	pthread_mutex_lock(&token->opening);
	pthread_rwlock_rdlock(&token->lock);
	memcpy(name, token->record.sealer, sizeof name);
	err = sg_buf_set(&parent, sg_buf_bytes(&token->record.parent));
	pthread_rwlock_unlock(&token->lock);
	if (err == SG_OK)
		err = sg_token_sealer(token, name, &sealer);
	if (err == SG_OK)
		err = sealer->ops->seal(sealer, sg_buf_bytes(&parent), &nothing, material, blob);
	pthread_mutex_unlock(&token->opening);
	sg_buf_free(&parent);
	return err;
}

/* Close the secret part of a new token object. */
static enum sg_err close_material(struct sg_token *token, struct sg_object *object)
{
	enum sg_closed_by by = SG_CLOSED_BY_TOKEN_KEY;
	struct sg_bytes inner;
	struct sg_buf blob = { 0 };
	enum sg_err err = SG_OK;

	if (object->material == NULL)
		return SG_OK;
	inner = sg_secret_bytes(object->material->open);
	if (sg_attrs_bool(&object->attrs, CKA_SIGNET_SEALED)) {
		err = seal_alone(token, object->material->open, &blob);
		by = SG_CLOSED_BY_SEALER;
		inner = sg_buf_bytes(&blob);
	}
	if (err == SG_OK) {
		const struct sg_keyset *keys;

		pthread_rwlock_rdlock(&token->lock);
		keys = token->keys[half_of(object)];
		err = keys == NULL ? SG_ERR_NOT_FOUND
		                   : sg_record_close_secret(token->record.uuid, keys, object, by,
		                                            inner, &object->material->closed);
		pthread_rwlock_unlock(&token->lock);
	}
	sg_buf_free(&blob);
	return err;
}

/* One change of the store, between begin_write and end_write. */
struct write {
	struct sg_store_txn *txn;
	struct sg_state state;
	uint64_t before[2];             /* generations it started from */
};

/* Begin a change. The caller holds the lock for reading until end_write. */
static enum sg_err begin_write(struct sg_token *token, struct write *w)
{
	enum sg_err err;

	memset(w, 0, sizeof *w);
	err = sg_store_begin(token->path, SG_STORE_WRITE, &w->txn);
	if (err == SG_OK)
		err = read_state(w->txn, &w->state);
	for (int half = 0; half < 2 && err == SG_OK; half++) {
		w->before[half] = w->state.set[half].generation;
		if (token->keys[half] != NULL)
			err = sg_set_check(&w->state.set[half], (enum sg_half)half,
			                   token->keys[half], token->record.uuid);
	}
	return err;
}

/* Write the object's row under a new generation, which *generation gets. */
static enum sg_err write_row(struct sg_token *token, struct write *w,
                             const struct sg_object *object, uint64_t *generation)
{
	enum sg_half half = half_of(object);
	const struct sg_keyset *keys = token->keys[half];
	struct sg_set *set = &w->state.set[half];
	struct sg_buf record = { 0 };
	enum sg_err err;

	if (keys == NULL)
		return SG_ERR_NOT_FOUND;
	*generation = ++set->generation;
	err = sg_record_close(token->record.uuid, keys, object, *generation, &record);
	if (err == SG_OK)
		err = sg_store_object_put(w->txn, object->uuid, sg_buf_bytes(&record));
	if (err == SG_OK)
		sg_set_add(set, keys, object->uuid, *generation);
	sg_buf_free(&record);
	return err;
}

/* Make sure that the object's row is the one this process knows, and take it out of its set. */
static enum sg_err release_row(struct sg_token *token, struct write *w,
                               const struct sg_object *object)
{
	enum sg_half half = half_of(object);
	struct sg_buf record = { 0 };
	struct sg_record_head head;
	enum sg_err err;

	if (token->keys[half] == NULL)
		return SG_ERR_NOT_FOUND;
	err = sg_store_object_get(w->txn, object->uuid, &record);
	if (err == SG_OK)
		err = sg_record_head(sg_buf_bytes(&record), &head);
	if (err == SG_OK && (head.generation != object->generation || head.half != half))
		err = SG_ERR_NOT_FOUND;
	if (err == SG_OK) {
		w->state.set[half].generation++;
		sg_set_remove(&w->state.set[half], token->keys[half], object->uuid,
		              head.generation);
	}
	sg_buf_free(&record);
	return err;
}

/* Commit a change, or drop it where err says so. */
static enum sg_err end_write(struct sg_token *token, struct write *w, enum sg_err err)
{
	struct sg_buf stored = { 0 };

	for (int half = 0; half < 2 && err == SG_OK; half++)
		if (token->keys[half] != NULL)
			sg_set_sign(&w->state.set[half], (enum sg_half)half, token->keys[half],
			            token->record.uuid);
	if (err == SG_OK)
		err = sg_state_write(&w->state, &stored);
	if (err == SG_OK)
		err = sg_store_put(w->txn, SG_STORE_STATE, sg_buf_bytes(&stored));
	if (err == SG_OK)
		err = sg_store_commit(&w->txn);
	sg_store_abort(&w->txn);
	sg_buf_free(&stored);
	return err;
}

/* After a change of ours: the table shows the new state if it showed the one before.
 * The caller holds the lock for writing. */
static void show(struct sg_token *token, const struct write *w)
{
	for (int half = 0; half < 2; half++)
		if (token->shown[half] == w->before[half])
			token->shown[half] = w->state.set[half].generation;
}

static enum sg_err store_new(struct sg_token *token, struct sg_object **objects, size_t n,
                             struct write *w)
{
	enum sg_err err = SG_OK;

	for (size_t i = 0; i < n && err == SG_OK; i++)
		err = close_material(token, objects[i]);
	if (err != SG_OK)
		return err;
	pthread_rwlock_rdlock(&token->lock);
	err = begin_write(token, w);
	for (size_t i = 0; i < n && err == SG_OK; i++)
		err = write_row(token, w, objects[i], &objects[i]->generation);
	err = end_write(token, w, err);
	pthread_rwlock_unlock(&token->lock);
	return err;
}

/* Enter a new object in the table. Another thread's refresh may have been faster. */
static enum sg_err enter(struct sg_token *token, const struct sg_session *session,
                         struct sg_object **object, CK_OBJECT_HANDLE *handle)
{
	struct sg_entry *entry = NULL;

	if ((*object)->token)
		entry = sg_table_find_row(&token->objects, (*object)->uuid);
	if (entry == NULL)
		return sg_table_add(&token->objects, object, (*object)->token ? NULL : session,
		                    handle);
	*handle = entry->handle;
	sg_object_unref(object);
	return SG_OK;
}

enum sg_err sg_token_add(struct sg_token *token, const struct sg_session *session,
                         struct sg_object **objects, size_t n, CK_OBJECT_HANDLE *handles)
{
	struct sg_object *stored[2];
	size_t n_stored = 0;
	struct write w = { NULL };
	enum sg_err err = SG_OK;

	for (size_t i = 0; i < n; i++)
		if (objects[i]->token)
			stored[n_stored++] = objects[i];
	if (n_stored > 0) {
		err = sg_token_open(token);
		if (err == SG_OK)
			err = store_new(token, stored, n_stored, &w);
	}
	if (err != SG_OK)
		return err;
	pthread_rwlock_wrlock(&token->lock);
	for (size_t i = 0; i < n && err == SG_OK; i++)
		err = enter(token, session, &objects[i], &handles[i]);
	if (n_stored > 0 && err == SG_OK)
		show(token, &w);
	pthread_rwlock_unlock(&token->lock);
	return err;
}

enum sg_err sg_token_change(struct sg_token *token, CK_OBJECT_HANDLE handle,
                            const struct sg_object *object, struct sg_attrs *attrs)
{
	struct sg_object *changed = NULL;
	struct write w = { NULL };
	struct sg_entry *entry;
	enum sg_err err;

	err = sg_object_changed(object, attrs, &changed);
	if (err == SG_OK && object->token) {
		pthread_rwlock_rdlock(&token->lock);
		err = begin_write(token, &w);
		if (err == SG_OK)
			err = release_row(token, &w, object);
		if (err == SG_OK)
			err = write_row(token, &w, changed, &changed->generation);
		err = end_write(token, &w, err);
		pthread_rwlock_unlock(&token->lock);
	}
	if (err == SG_OK) {
		pthread_rwlock_wrlock(&token->lock);
		/* Where another thread's version is there already, a stored object was
		 * written and read again since, and a session object is lost. */
		entry = sg_table_find(&token->objects, handle);
		if (entry != NULL && entry->object == object)
			sg_table_replace(entry, &changed);
		else if (!object->token)
			err = SG_ERR_NOT_FOUND;
		if (object->token)
			show(token, &w);
		pthread_rwlock_unlock(&token->lock);
	}
	sg_attrs_free(attrs);
	sg_object_unref(&changed);
	return err;
}

enum sg_err sg_token_destroy(struct sg_token *token, CK_OBJECT_HANDLE handle,
                             const struct sg_object *object)
{
	struct write w = { NULL };
	struct sg_entry *entry;
	enum sg_err err = SG_OK;

	if (object->token) {
		pthread_rwlock_rdlock(&token->lock);
		err = begin_write(token, &w);
		if (err == SG_OK)
			err = release_row(token, &w, object);
		if (err == SG_OK)
			err = sg_store_object_delete(w.txn, object->uuid);
		err = end_write(token, &w, err);
		pthread_rwlock_unlock(&token->lock);
	}
	if (err == SG_OK) {
		pthread_rwlock_wrlock(&token->lock);
		entry = sg_table_find(&token->objects, handle);
		if (entry != NULL && (object->token || entry->object == object))
			sg_table_remove(&token->objects, entry);
		else if (!object->token)
			err = SG_ERR_NOT_FOUND;
		if (object->token)
			show(token, &w);
		pthread_rwlock_unlock(&token->lock);
	}
	return err;
}

static bool belongs(const struct sg_entry *entry, const void *session)
{
	return entry->session == session;
}

void sg_token_forget_session(struct sg_token *token, const struct sg_session *session)
{
	pthread_rwlock_wrlock(&token->lock);
	sg_table_remove_if(&token->objects, belongs, session);
	pthread_rwlock_unlock(&token->lock);
}

/* Open what the token key closed; *by says whether the hardware must open it further. */
static enum sg_err open_closed(struct sg_token *token, const struct sg_object *object,
                               enum sg_closed_by *by, struct sg_secret **inner)
{
	const struct sg_keyset *keys;
	enum sg_err err;

	pthread_rwlock_rdlock(&token->lock);
	keys = token->keys[half_of(object)];
	err = keys == NULL ? SG_ERR_NOT_FOUND
	                   : sg_record_open_secret(token->record.uuid, keys, object, by, inner);
	pthread_rwlock_unlock(&token->lock);
	return err;
}

/* Have the hardware open a blob; the caller holds `opening`. */
static enum sg_err unseal_alone(struct sg_token *token, struct sg_bytes blob,
                                struct sg_secret **out)
{
	const struct sg_seal_guard nothing = { NULL };
	struct sg_token_record record = { 0 };
	struct sg_sealer *sealer;
	enum sg_err err;

	err = sg_token_read_record(token, &record);
	if (err == SG_OK)
		err = sg_token_sealer(token, record.sealer, &sealer);
	if (err == SG_OK)
		err = sealer->ops->unseal(sealer, sg_buf_bytes(&record.parent), &nothing, blob, out);
	if (err == SG_ERR_FORMAT || err == SG_ERR_AUTH)
		err = SG_ERR_STORE_DAMAGED;
	sg_token_record_clear(&record);
	return err;
}

/* Return the material if it is open, else NULL. */
static const struct sg_secret *opened(struct sg_material *material)
{
	const struct sg_secret *open;

	pthread_mutex_lock(&material->lock);
	open = material->open;
	pthread_mutex_unlock(&material->lock);
	return open;
}

/* Keep an opened secret, unless another thread was first; takes it over. */
static const struct sg_secret *keep(struct sg_material *material, struct sg_secret **secret)
{
	const struct sg_secret *open;

	pthread_mutex_lock(&material->lock);
	if (material->open == NULL) {
		material->open = *secret;
		*secret = NULL;
	}
	open = material->open;
	pthread_mutex_unlock(&material->lock);
	sg_secret_free(secret);
	return open;
}

enum sg_err sg_token_material(struct sg_token *token, struct sg_object *object,
                              const struct sg_secret **out)
{
	struct sg_secret *inner = NULL, *secret = NULL;
	enum sg_closed_by by;
	enum sg_err err;

	*out = NULL;
	if (object->material == NULL)
		return SG_OK;
	*out = opened(object->material);
	if (*out != NULL)
		return SG_OK;
	err = open_closed(token, object, &by, &inner);
	if (err != SG_OK)
		return err;
	if (by == SG_CLOSED_BY_TOKEN_KEY) {
		*out = keep(object->material, &inner);
		return SG_OK;
	}
	pthread_mutex_lock(&token->opening);
	*out = opened(object->material);
	if (*out == NULL) {
		err = unseal_alone(token, sg_secret_bytes(inner), &secret);
		if (err == SG_OK)
			*out = keep(object->material, &secret);
	}
	pthread_mutex_unlock(&token->opening);
	sg_secret_free(&inner);
	return err;
}
