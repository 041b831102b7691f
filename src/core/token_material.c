/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Closing and opening the material of token objects, by the token key or by
 * the hardware.
 */
#include "core/token_material.h"

#include <string.h>

#include "core/attr_table.h"
#include "core/curve.h"

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

/* Have the hardware seal an object's material on its own. */
static enum sg_err seal_alone(struct sg_token *token, const struct sg_secret *material,
                              struct sg_buf *blob)
{
	const struct sg_seal_guard nothing = { NULL };
	struct sg_token_guard guard;
	enum sg_err err;

	sg_token_opening_lock(token);
	err = sg_token_guard(token, &guard);
	if (err == SG_OK)
		err = guard.sealer->ops->seal(guard.sealer, sg_buf_bytes(&guard.parent), &nothing,
		                              material, blob);
	sg_token_opening_unlock(token);
	sg_buf_free(&guard.parent);
	return err;
}

enum sg_err sg_token_close_material(struct sg_token *token, struct sg_object *object)
{
	enum sg_closed_by by = SG_CLOSED_BY_TOKEN_KEY;
	struct sg_bytes inner;
	struct sg_buf blob = { 0 };
	enum sg_err err = SG_OK;

	if (object->material == NULL)
		return SG_OK;
	inner = sg_secret_bytes(object->material->open);
	if (object->resident) {
		by = SG_CLOSED_RESIDENT;
	} else if (sg_attrs_bool(&object->attrs, CKA_SIGNET_SEALED)) {
		err = seal_alone(token, object->material->open, &blob);
		by = SG_CLOSED_BY_SEALER;
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

/* Open what the token key closed; *by says whether the hardware must open it further. */
static enum sg_err open_closed(struct sg_token *token, const struct sg_object *object,
                               enum sg_closed_by *by, struct sg_secret **inner)
{
	const struct sg_keyset *keys;
	enum sg_err err;

	pthread_rwlock_rdlock(&token->lock);
	keys = token->keys[sg_object_half(object)];
	err = keys == NULL ? SG_ERR_CLOSED
	                   : sg_record_open_secret(token->record.uuid, keys, object, by, inner);
	pthread_rwlock_unlock(&token->lock);
	return err;
}

/* Have the hardware open a blob; the caller holds `opening`. */
static enum sg_err unseal_alone(struct sg_token *token, struct sg_bytes blob,
                                struct sg_secret **out)
{
	const struct sg_seal_guard nothing = { NULL };
	struct sg_token_guard guard;
	enum sg_err err;

	err = sg_token_guard(token, &guard);
	if (err == SG_OK)
		err = guard.sealer->ops->unseal(guard.sealer, sg_buf_bytes(&guard.parent), &nothing,
		                                blob, out);
	if (err == SG_ERR_FORMAT || err == SG_ERR_AUTH)
		err = SG_ERR_STORE_DAMAGED;
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
                              const struct sg_secret *blob, const struct sg_secret **out)
{
	struct sg_secret *secret = NULL;
	enum sg_err err = SG_OK;

	sg_token_opening_lock(token);
	*out = opened(object->material);
	if (*out == NULL) {
		err = unseal_alone(token, sg_secret_bytes(blob), &secret);
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

	*out = opened(object->material);
	if (*out != NULL)
		return SG_OK;
	err = open_closed(token, object, &by, &inner);
	if (err == SG_OK && (by == SG_CLOSED_RESIDENT) != object->resident)
		err = SG_ERR_STORE_DAMAGED;
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

enum sg_err sg_token_blob(struct sg_token *token, struct sg_object *object,
                          const struct sg_secret **out)
{
	*out = NULL;
	return object->material == NULL || !object->resident ? SG_ERR_ARG
	                                                     : open_any(token, object, out);
}
