/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Closing and opening the material of token objects, by the token key or by
 * the hardware.
 */
#include "core/token_material.h"

#include <string.h>

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

enum sg_err sg_token_close_material(struct sg_token *token, struct sg_object *object)
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
