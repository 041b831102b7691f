/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Closing and opening the material of token objects, by the token key or by
 * the hardware.
 */
#include "core/token_material.h"

#include <string.h>

#include "core/attr_table.h"
#include "core/curve.h"
#include "core/key_guard.h"

enum sg_err sg_token_guard(struct sg_token *token, struct sg_token_guard *guard)
{
	char name[sizeof token->record.sealer];
	enum sg_err err;

	*guard = (struct sg_token_guard){ NULL };
	pthread_rwlock_rdlock(&token->lock);
	memcpy(name, token->record.sealer, sizeof name);
	err = token->keys[SG_PUBLIC_HALF] == NULL
	              ? SG_ERR_CLOSED
	              : sg_buf_set(&guard->parent, sg_buf_bytes(&token->record.parent));
	pthread_rwlock_unlock(&token->lock);
	if (err == SG_OK)
		err = sg_token_sealer(token, name, &guard->sealer);
	return err;
}

/* Have the hardware seal an object's material on its own, unless it has. Its PIN is not needed
 * after that. */
static enum sg_err seal_alone(struct sg_token *token, struct sg_object *object,
                              struct sg_buf *inner)
{
	struct sg_token_guard guard;
	enum sg_err err;

	if (object->material->sealed.len > 0)
		return sg_buf_set(inner, sg_buf_bytes(&object->material->sealed));
	sg_token_opening_lock(token);
	err = sg_token_guard(token, &guard);
	if (err == SG_OK)
		err = sg_key_seal(guard.sealer, sg_buf_bytes(&guard.parent), &object->attrs,
		                  object->material->open, object->material->pin, inner);
	sg_token_opening_unlock(token);
	if (err == SG_OK)
		sg_secret_free(&object->material->pin);
	sg_buf_free(&guard.parent);
	return err;
}

enum sg_err sg_token_close_material(struct sg_token *token, struct sg_object *object)
{
	const enum sg_closed_by by = sg_key_closed_by(&object->attrs);
	struct sg_bytes inner;
	struct sg_buf blob = { 0 };
	enum sg_err err = SG_OK;

	if (object->material == NULL)
		return SG_OK;
	inner = sg_secret_bytes(object->material->open);
	if (by == SG_CLOSED_BY_PIN)
		atomic_store(&token->pinned, true);     /* it is made open */
	if (by == SG_CLOSED_BY_SEALER || by == SG_CLOSED_BY_PIN) {
		err = seal_alone(token, object, &blob);
		inner = sg_buf_bytes(&blob);
	}
	if (err == SG_OK) {
		const struct sg_keyset *keys;

		pthread_rwlock_rdlock(&token->lock);
		keys = token->keys[sg_object_half(object)];
		err = keys == NULL ? SG_ERR_CLOSED
		                   : sg_record_close_secret(token->record.uuid, keys, object, by,
		                                            inner, &object->material->closed);
		pthread_rwlock_unlock(&token->lock);
	}
	sg_buf_free(&blob);
	return err;
}

/* Open what the token key closed, which is closed as the attributes say. */
static enum sg_err open_closed(struct sg_token *token, const struct sg_object *object,
                               struct sg_secret **inner)
{
	const struct sg_keyset *keys;
	enum sg_closed_by by;
	enum sg_err err;

	pthread_rwlock_rdlock(&token->lock);
	keys = token->keys[sg_object_half(object)];
	err = keys == NULL ? SG_ERR_CLOSED
	                   : sg_record_open_secret(token->record.uuid, keys, object, &by, inner);
	pthread_rwlock_unlock(&token->lock);
	if (err == SG_OK && by != sg_key_closed_by(&object->attrs)) {
		sg_secret_free(inner);
		err = SG_ERR_STORE_DAMAGED;
	}
	return err;
}

/* Have the hardware open a key; the caller holds `opening`. */
static enum sg_err unseal_alone(struct sg_token *token, const struct sg_object *object,
                                struct sg_bytes inner, const struct sg_secret *auth,
                                struct sg_secret **out)
{
	struct sg_token_guard guard;
	enum sg_err err;

	err = sg_token_guard(token, &guard);
	if (err == SG_OK)
		err = sg_key_unseal(token, guard.sealer, sg_buf_bytes(&guard.parent),
		                    &object->attrs, inner, auth, out);
	sg_buf_free(&guard.parent);
	return err;
}

/* Tell whether opened material is what such an object has; what a blob is, the hardware says. */
static bool fits(const struct sg_object *object, const struct sg_secret *material)
{
	const struct sg_curve *curve = sg_curve_of(&object->attrs);
	unsigned in = sg_attr_class_bit(object->class);

	if (object->resident)
		return true;
	if (in == SG_IN_PRIVATE)
		return curve != NULL && material->len == curve->private_len + curve->point_len;
	return in != SG_IN_SECRET ||
	       sg_key_type_takes(sg_key_type(object->key_type, in), material->len);
}

/* Return the material if it is open, else NULL. Every use of a key comes by here, so
 * this takes no lock that two threads would meet at. */
static const struct sg_secret *opened(struct sg_material *material)
{
	return atomic_load_explicit(&material->open, memory_order_acquire);
}

/* Keep an opened secret, unless another thread was first; takes it over. */
static const struct sg_secret *keep(struct sg_material *material, struct sg_secret **secret)
{
	struct sg_secret *open = NULL;

	if (atomic_compare_exchange_strong_explicit(&material->open, &open, *secret,
	                                            memory_order_acq_rel, memory_order_acquire)) {
		open = *secret;
		*secret = NULL;
	}
	sg_secret_free(secret);
	return open;
}

/* Keep what was opened, if it is what the object must have; *out borrows it. */
static enum sg_err take(struct sg_object *object, struct sg_secret **secret,
                        const struct sg_secret **out)
{
	if (!fits(object, *secret)) {
		sg_secret_free(secret);
		return SG_ERR_STORE_DAMAGED;
	}
	*out = keep(object->material, secret);
	return SG_OK;
}

/* Open by the hardware what the token key has opened already, unless another thread was first. */
static enum sg_err open_alone(struct sg_token *token, struct sg_object *object,
                              const struct sg_secret *inner, const struct sg_secret **out)
{
	struct sg_secret *secret = NULL;
	enum sg_err err = SG_OK;

	sg_token_opening_lock(token);
	*out = opened(object->material);
	if (*out == NULL) {
		err = unseal_alone(token, object, sg_secret_bytes(inner), NULL, &secret);
		if (err == SG_OK)
			err = take(object, &secret, out);
	}
	sg_token_opening_unlock(token);
	return err;
}

/* Open material that there is, whatever it is. */
static enum sg_err open_any(struct sg_token *token, struct sg_object *object,
                            const struct sg_secret **out)
{
	struct sg_secret *inner = NULL;
	enum sg_closed_by by;
	enum sg_err err;

	/* Every use of a key comes by here: attributes are looked at when it is closed. */
	*out = opened(object->material);
	if (*out != NULL)
		return SG_OK;
	by = sg_key_closed_by(&object->attrs);
	if (by == SG_CLOSED_BY_PIN)
		return SG_ERR_KEY_PIN;
	err = open_closed(token, object, &inner);
	if (err == SG_OK)
		err = by == SG_CLOSED_BY_SEALER ? open_alone(token, object, inner, out)
		                                : take(object, &inner, out);
	sg_secret_free(&inner);
	return err;
}

enum sg_err sg_token_material(struct sg_token *token, struct sg_object *object,
                              const struct sg_secret **out)
{
	*out = NULL;
	return object->material == NULL || object->resident ? SG_OK
	                                                    : open_any(token, object, out);
}

static uint64_t pin_closings(struct sg_token *token)
{
	uint64_t n;

	pthread_rwlock_rdlock(&token->lock);
	n = token->pin_closings;
	pthread_rwlock_unlock(&token->lock);
	return n;
}

/* Keep what a PIN opened, unless such keys were closed since: that could not close what was not
 * open yet, and with a login that is remembered the object lives on. */
static enum sg_err take_pinned(struct sg_token *token, struct sg_object *object, uint64_t since,
                               struct sg_secret **secret, const struct sg_secret **out)
{
	enum sg_err err = SG_ERR_CLOSED;

	pthread_rwlock_rdlock(&token->lock);
	if (token->pin_closings == since) {
		atomic_store(&token->pinned, true);
		err = take(object, secret, out);
	}
	pthread_rwlock_unlock(&token->lock);
	sg_secret_free(secret);
	return err;
}

enum sg_err sg_token_material_pin(struct sg_token *token, struct sg_object *object,
                                  struct sg_bytes pin, const struct sg_secret **out)
{
	struct sg_secret *inner = NULL, *auth = NULL, *secret = NULL;
	const uint64_t since = pin_closings(token);
	enum sg_err err;

	*out = NULL;
	if (sg_key_closed_by(&object->attrs) != SG_CLOSED_BY_PIN)
		return SG_ERR_ARG;
	err = open_closed(token, object, &inner);
	if (err == SG_OK)
		err = sg_key_stretch(sg_secret_bytes(inner), pin, &auth);
	sg_token_opening_lock(token);
	if (err == SG_OK)
		err = unseal_alone(token, object, sg_secret_bytes(inner), auth, &secret);
	if (err == SG_OK)
		err = take_pinned(token, object, since, &secret, out);
	sg_token_opening_unlock(token);
	sg_secret_free(&inner);
	sg_secret_free(&auth);
	return err;
}

void sg_token_material_end_pins(struct sg_token *token)
{
	struct sg_walk walk = sg_walk_owner(&token->objects, NULL);
	struct sg_entry *entry;

	token->pin_closings++;
	if (!atomic_load(&token->pinned))
		return;
	while ((entry = sg_walk_next(&walk)) != NULL) {
		struct sg_object *closed = NULL;

		if (sg_key_closed_by(&entry->object->attrs) != SG_CLOSED_BY_PIN ||
		    opened(entry->object->material) == NULL)
			continue;
		/* Without memory it is read anew, under another handle. */
		if (sg_object_closed(entry->object, &closed) != SG_OK ||
		    sg_table_replace(&token->objects, entry, &closed) != SG_OK) {
			sg_table_remove(&token->objects, entry);
			token->shown[SG_PRIVATE_HALF] = SG_NEVER_SHOWN;
			token->shown[SG_PUBLIC_HALF] = SG_NEVER_SHOWN;
		}
		sg_object_unref(&closed);
	}
}

enum sg_err sg_token_blob(struct sg_token *token, struct sg_object *object,
                          const struct sg_secret **out)
{
	*out = NULL;
	return object->material == NULL || !object->resident ? SG_ERR_ARG
	                                                     : open_any(token, object, out);
}
