/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Finding, adding, changing and destroying objects. No lock of the token is held
 * while the store is written.
 */
#include "core/token_objects.h"

#include <stdlib.h>

#include "core/builtin.h"
#include "core/session.h"
#include "core/template.h"
#include "core/token_resident.h"
#include "core/token_write.h"
#include "util/array.h"

static bool visible(const struct sg_token *token, const struct sg_entry *entry)
{
	return !entry->object->secluded || sg_token_private_is_open(token);
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
	struct sg_walk walk = sg_walk_template(&token->objects, template, n);
	CK_OBJECT_HANDLE *found = NULL, *grown;
	const struct sg_entry *entry;
	size_t len = 0, cap = 0;
	bool sorted = true;

	while ((entry = sg_walk_next(&walk)) != NULL) {
		if (!visible(token, entry) || !sg_object_matches(entry->object, template, n))
			continue;
		grown = sg_array_grow(found, len, &cap, sizeof *found);
		if (grown == NULL) {
			free(found);
			return SG_ERR_NOMEM;
		}
		found = grown;
		sorted = sorted && (len == 0 || found[len - 1] < entry->handle);
		found[len++] = entry->handle;
	}
	if (!sorted)
		qsort(found, len, sizeof *found, ascending);
	*handles = found;
	*count = len;
	return SG_OK;
}

enum sg_err sg_token_find(struct sg_token *token, const CK_ATTRIBUTE *template, CK_ULONG n,
                          CK_OBJECT_HANDLE **handles, size_t *count)
{
	enum sg_err err = SG_OK;

	if (sg_builtin_asked(template, n))
		return sg_builtin_find(token, template, n, handles, count);
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

/* Tell whether an object of an anchored store is in the table as it was read when nobody had
 * logged in, though somebody has by now. The caller holds the lock. */
static bool is_doubtful(const struct sg_token *token, const struct sg_object *object)
{
	return object->token && !object->secluded && !object->witnessed &&
	       token->keys[SG_PRIVATE_HALF] != NULL && sg_token_record_anchored(&token->record);
}

static enum sg_err look_up(struct sg_token *token, CK_OBJECT_HANDLE handle, bool *doubtful,
                           struct sg_object **out)
{
	struct sg_entry *entry;

	*out = NULL;
	pthread_rwlock_rdlock(&token->lock);
	entry = sg_table_find(&token->objects, handle);
	*doubtful = entry != NULL && is_doubtful(token, entry->object);
	if (entry != NULL && visible(token, entry) && !*doubtful)
		*out = sg_object_ref(entry->object);
	pthread_rwlock_unlock(&token->lock);
	return *out != NULL ? SG_OK : SG_ERR_NOT_FOUND;
}

enum sg_err sg_token_object(struct sg_token *token, CK_OBJECT_HANDLE handle,
                            struct sg_object **out)
{
	bool doubtful;
	enum sg_err err;

	if (handle < SG_HANDLE_FIRST)
		return sg_builtin_object(token, handle, out);
	err = look_up(token, handle, &doubtful, out);
	if (!doubtful)
		return err;
	err = sg_token_refresh(token);
	return err == SG_OK ? look_up(token, handle, &doubtful, out) : err;
}

/* What is written on an anchored store is witnessed, and the keys of both halves are there. On
 * another nobody did: whoever has the keys of the public half may have made it, and what was
 * changed in it or copied from it. */
static bool is_witnessed(const struct sg_token_write *w)
{
	return w->anchored != NULL;
}

static enum sg_err store_new(struct sg_token *token, struct sg_object **objects, size_t n,
                             struct sg_token_write *w)
{
	enum sg_err err = SG_OK;

	for (size_t i = 0; i < n && err == SG_OK; i++)
		err = sg_token_close_material(token, objects[i]);
	if (err != SG_OK)
		return err;
	err = sg_token_write_begin(token, w);
	for (size_t i = 0; i < n && err == SG_OK; i++)
		err = sg_token_write_row(w, objects[i], &objects[i]->generation);
	for (size_t i = 0; i < n; i++)
		objects[i]->witnessed = is_witnessed(w);
	return sg_token_write_end(w, err);
}

/* Enter a new object in the table, in a place that was made for it. Another thread's refresh
 * may have been faster, or its logout: that is as if it came right after us. */
static void enter(struct sg_token *token, const struct sg_session *session,
                  struct sg_entry **place, struct sg_object **object, CK_OBJECT_HANDLE *handle)
{
	bool shut_out = (*object)->secluded && !sg_token_private_is_open(token);
	struct sg_entry *entry = NULL;

	if ((*object)->token && !shut_out)
		entry = sg_table_find_row(&token->objects, (*object)->uuid);
	if (entry != NULL)
		*handle = entry->handle;
	else if (shut_out)
		*handle = sg_table_dead_handle();
	else
		*handle = sg_table_take(&token->objects, place, object,
		                        (*object)->token ? NULL : session);
	sg_object_unref(object);
}

/* What the table needs is made first: nothing may fail once an object is stored. */
static enum sg_err make_places(struct sg_token *token, struct sg_object *const *objects, size_t n,
                               struct sg_entry **places)
{
	enum sg_err err = SG_OK;

	for (size_t i = 0; i < n && err == SG_OK; i++)
		err = sg_table_place(&token->objects, objects[i]->token, &places[i]);
	return err;
}

enum sg_err sg_token_add(struct sg_token *token, struct sg_session *session,
                         struct sg_object **objects, size_t n, CK_OBJECT_HANDLE *handles)
{
	struct sg_entry *places[2] = { NULL };
	struct sg_object *stored[2];
	struct sg_token_write w = { { 0 } };
	enum sg_err err = SG_OK;
	size_t n_stored = 0;

	for (size_t i = 0; i < n; i++)
		if (objects[i]->token)
			stored[n_stored++] = objects[i];
		else
			session->has_objects = true;
	if (n_stored > 0)
		err = sg_token_open(token);
	if (err != SG_OK)
		return err;
	pthread_rwlock_wrlock(&token->lock);
	err = make_places(token, objects, n, places);
	if (n_stored > 0 && err == SG_OK) {
		pthread_rwlock_unlock(&token->lock);
		err = store_new(token, stored, n_stored, &w);
		pthread_rwlock_wrlock(&token->lock);
	}
	for (size_t i = 0; i < n && sg_token_anchor_stands(err); i++)
		enter(token, session, &places[i], &objects[i], &handles[i]);
	if (n_stored > 0 && sg_token_anchor_stands(err))
		sg_token_write_shown(token, &w);
	for (size_t i = 0; i < n; i++)
		sg_table_give_back(&token->objects, &places[i]);
	pthread_rwlock_unlock(&token->lock);
	return err;
}

static enum sg_err store_changed(struct sg_token *token, const struct sg_object *object,
                                 struct sg_object *changed, struct sg_token_write *w)
{
	enum sg_err err = sg_token_write_begin(token, w);

	if (err == SG_OK)
		err = sg_token_write_release(w, object);
	if (err == SG_OK)
		err = sg_token_write_row(w, changed, &changed->generation);
	changed->witnessed = is_witnessed(w);
	return sg_token_write_end(w, err);
}

/* Tell whether an object of the table is the one that was changed. A stored one may have been read
 * once more in the same version. */
static bool is_version(const struct sg_object *entered, const struct sg_object *object)
{
	return entered == object || (object->token && entered->generation == object->generation);
}

enum sg_err sg_token_put(struct sg_token *token, CK_OBJECT_HANDLE handle,
                         const struct sg_object *object, struct sg_object **changed)
{
	struct sg_token_write w = { { 0 } };
	struct sg_entry *entry, *place = NULL;
	enum sg_err err = SG_OK, put = SG_OK;

	pthread_rwlock_wrlock(&token->lock);
	if (object->token) {
		err = sg_table_place(&token->objects, false, &place);
		pthread_rwlock_unlock(&token->lock);
		if (err == SG_OK)
			err = store_changed(token, object, *changed, &w);
		pthread_rwlock_wrlock(&token->lock);
	}
	sg_table_give_back(&token->objects, &place);
	if (sg_token_anchor_stands(err)) {
		/* Where another thread's version is there already, a stored object was
		 * written and read again since, and a session object is lost. */
		entry = sg_table_find(&token->objects, handle);
		if (entry != NULL && is_version(entry->object, object))
			put = sg_table_replace(&token->objects, entry, changed);
		else if (!object->token)
			put = SG_ERR_NOT_FOUND;
		if (object->token && put == SG_OK)
			sg_token_write_shown(token, &w);
		if (err == SG_OK)
			err = put;
	}
	pthread_rwlock_unlock(&token->lock);
	return err;
}

enum sg_err sg_token_change(struct sg_token *token, CK_OBJECT_HANDLE handle,
                            const struct sg_object *object, struct sg_attrs *attrs)
{
	struct sg_object *changed = NULL;
	enum sg_err err = sg_object_changed(object, attrs, &changed);

	if (err == SG_OK)
		err = sg_token_put(token, handle, object, &changed);
	sg_attrs_free(attrs);
	sg_object_unref(&changed);
	return err;
}

/* A key that the hardware keeps is destroyed while nobody else can change its row, and before that
 * is gone for good: whatever fails, no key stays there that nothing here names. */
static enum sg_err store_destroyed(struct sg_token *token, struct sg_object *object,
                                   struct sg_token_write *w)
{
	struct sg_token_doomed doomed;
	enum sg_err err = sg_token_resident_doom(token, object, &doomed);

	if (err != SG_OK)
		goto out;
	err = sg_token_write_begin(token, w);
	if (err == SG_OK)
		err = sg_token_write_release(w, object);
	if (err == SG_OK)
		err = sg_store_object_delete(w->txn, object->uuid);
	if (err == SG_OK)
		err = sg_token_resident_destroy(&doomed);
	err = sg_token_write_end(w, err);
out:
	sg_token_resident_spare(&doomed);
	return err;
}

enum sg_err sg_token_destroy(struct sg_token *token, CK_OBJECT_HANDLE handle,
                             struct sg_object *object)
{
	struct sg_token_write w = { { 0 } };
	struct sg_entry *entry;
	enum sg_err err = SG_OK;

	if (object->token)
		err = store_destroyed(token, object, &w);
	if (sg_token_anchor_stands(err)) {
		pthread_rwlock_wrlock(&token->lock);
		entry = sg_table_find(&token->objects, handle);
		if (entry != NULL && (object->token || entry->object == object))
			sg_table_remove(&token->objects, entry);
		else if (!object->token)
			err = SG_ERR_NOT_FOUND;
		if (object->token)
			sg_token_write_shown(token, &w);
		pthread_rwlock_unlock(&token->lock);
	}
	return err;
}

void sg_token_forget_session(struct sg_token *token, const struct sg_session *session)
{
	struct sg_entry *entry;
	struct sg_walk walk;

	if (!session->has_objects)
		return;
	pthread_rwlock_wrlock(&token->lock);
	walk = sg_walk_owner(&token->objects, session);
	while ((entry = sg_walk_next(&walk)) != NULL)
		sg_table_remove(&token->objects, entry);
	pthread_rwlock_unlock(&token->lock);
}
