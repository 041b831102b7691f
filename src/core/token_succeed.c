/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Succession of stored objects.
 */
#include "core/token_succeed.h"

#include "core/token_objects.h"
#include "core/token_write.h"
#include "util/log.h"

static enum sg_err store_both(struct sg_token *token, const struct sg_object *old,
                              struct sg_object *changed, struct sg_object *made)
{
	struct sg_token_write w = { { 0 } };
	enum sg_err err = sg_token_write_begin(token, &w);

	if (err == SG_OK)
		err = sg_token_write_release(&w, old);
	if (err == SG_OK)
		err = sg_token_write_row(&w, changed, &changed->generation);
	if (err == SG_OK)
		err = sg_token_write_row(&w, made, &made->generation);
	return sg_token_write_end(&w, err);
}

static enum sg_err store_instead(struct sg_token *token, const struct sg_object *old,
                                 struct sg_object *made)
{
	struct sg_token_write w = { { 0 } };
	enum sg_err err = sg_token_write_begin(token, &w);

	if (err == SG_OK)
		err = sg_token_write_release(&w, old);
	if (err == SG_OK)
		err = sg_store_object_delete(w.txn, old->uuid);
	if (err == SG_OK)
		err = sg_token_write_row(&w, made, &made->generation);
	return sg_token_write_end(&w, err);
}

/* The table learns of it as of what another process did. Whatever fails from here on, the store has
 * it. */
static void show(struct sg_token *token, const struct sg_object *made,
                        CK_OBJECT_HANDLE *handle)
{
	enum sg_err err = sg_token_refresh(token);
	struct sg_entry *entry;

	pthread_rwlock_rdlock(&token->lock);
	entry = sg_table_find_row(&token->objects, made->uuid);
	*handle = entry != NULL ? entry->handle : sg_table_dead_handle();
	pthread_rwlock_unlock(&token->lock);
	if (err != SG_OK)
		sg_log(SG_LOG_NOTICE, "the token was changed, and can't be read again: %s",
		       sg_err_sentence(err));
}

enum sg_err sg_token_succeed(struct sg_token *token, const struct sg_object *old,
                             struct sg_attrs *attrs, struct sg_object *made,
                             CK_OBJECT_HANDLE *handle)
{
	struct sg_object *changed = NULL;
	enum sg_err err = sg_object_changed(old, attrs, &changed);

	if (err == SG_OK)
		err = store_both(token, old, changed, made);
	if (sg_token_anchor_stands(err))
		show(token, made, handle);
	sg_object_unref(&changed);
	return err;
}

enum sg_err sg_token_replace(struct sg_token *token, const struct sg_object *old,
                             struct sg_object *made, CK_OBJECT_HANDLE *handle)
{
	enum sg_err err = store_instead(token, old, made);

	if (sg_token_anchor_stands(err))
		show(token, made, handle);
	return err;
}
