/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Having the hardware compute with keys that live in it.
 */
#include "core/token_resident.h"

#include "core/token_material.h"

const struct sg_resident_ops *sg_token_resident(struct sg_token *token)
{
	const struct sg_resident_ops *ops;

	pthread_rwlock_rdlock(&token->lock);
	ops = sg_sealer_resident(token->present ? token->record.sealer : token->config->sealer);
	pthread_rwlock_unlock(&token->lock);
	return ops;
}

/* One request to the hardware. */
struct request {
	const struct sg_resident_ops *ops;
	struct sg_sealer *sealer;
	struct sg_bytes parent;
	struct sg_bytes blob;                   /* of the key to use */
	enum sg_resident_kind kind;             /* of a key to make */
	unsigned uses;
	const uint8_t *in;
	struct sg_bytes data;
	uint8_t *out;
	struct sg_secret *secret;
	struct sg_buf made;
};

/* Ask the token's hardware, as the only one who does. */
static enum sg_err ask(struct sg_token *token, enum sg_err (*fn)(struct request *request),
                       struct request *request)
{
	struct sg_token_guard guard;
	enum sg_err err;

	sg_token_opening_lock(token);
	err = sg_token_guard(token, &guard);
	if (err == SG_OK) {
		request->sealer = guard.sealer;
		request->ops = guard.sealer->ops->resident;
		request->parent = sg_buf_bytes(&guard.parent);
		err = request->ops != NULL ? fn(request) : SG_ERR_HW_UNSUPPORTED;
	}
	sg_token_opening_unlock(token);
	sg_buf_free(&guard.parent);
	return err;
}

static enum sg_err do_create(struct request *r)
{
	return r->ops->create == NULL
	               ? SG_ERR_HW_UNSUPPORTED
	               : r->ops->create(r->sealer, r->parent, r->kind, r->uses, &r->made, r->out);
}

static unsigned uses_of(const struct sg_attrs *attrs)
{
	unsigned uses = 0;

	if (sg_attrs_bool(attrs, CKA_SIGN) || sg_attrs_bool(attrs, CKA_VERIFY))
		uses |= SG_RESIDENT_SIGN;
	if (sg_attrs_bool(attrs, CKA_DERIVE))
		uses |= SG_RESIDENT_DERIVE;
	return uses;
}

enum sg_err sg_token_resident_create(struct sg_token *token, enum sg_resident_kind kind,
                                     const struct sg_attrs *attrs, struct sg_secret **blob,
                                     uint8_t point[SG_RESIDENT_POINT])
{
	struct request request = { .kind = kind, .uses = uses_of(attrs), .out = point };
	enum sg_err err;

	*blob = NULL;
	err = sg_token_open(token);
	if (err == SG_OK)
		err = ask(token, do_create, &request);
	if (err == SG_OK)
		err = sg_secret_copy(sg_buf_bytes(&request.made), blob);
	sg_buf_wipe(&request.made);
	return err;
}

/* Use an object's key. */
static enum sg_err use(struct sg_token *token, struct sg_object *object,
                       enum sg_err (*fn)(struct request *request), struct request *request)
{
	const struct sg_secret *blob;
	enum sg_err err = sg_token_blob(token, object, &blob);

	if (err != SG_OK)
		return err;
	request->blob = sg_secret_bytes(blob);
	err = ask(token, fn, request);
	return err == SG_ERR_FORMAT ? SG_ERR_STORE_DAMAGED : err;
}

static enum sg_err do_sign(struct request *r)
{
	return r->ops->sign == NULL
	               ? SG_ERR_HW_UNSUPPORTED
	               : r->ops->sign(r->sealer, r->parent, r->blob, r->in, r->out);
}

enum sg_err sg_token_resident_sign(struct sg_token *token, struct sg_object *object,
                                   const uint8_t digest[SG_RESIDENT_DIGEST],
                                   uint8_t signature[SG_RESIDENT_SIGNATURE])
{
	struct request request = { .in = digest, .out = signature };

	return use(token, object, do_sign, &request);
}

static enum sg_err do_ecdh(struct request *r)
{
	return r->ops->ecdh == NULL
	               ? SG_ERR_HW_UNSUPPORTED
	               : r->ops->ecdh(r->sealer, r->parent, r->blob, r->in, &r->secret);
}

enum sg_err sg_token_resident_ecdh(struct sg_token *token, struct sg_object *object,
                                   const uint8_t point[SG_RESIDENT_POINT],
                                   struct sg_secret **shared)
{
	struct request request = { .in = point };
	enum sg_err err = use(token, object, do_ecdh, &request);

	*shared = request.secret;
	return err;
}

static enum sg_err do_hmac(struct request *r)
{
	return r->ops->hmac == NULL
	               ? SG_ERR_HW_UNSUPPORTED
	               : r->ops->hmac(r->sealer, r->parent, r->blob, r->data, r->out);
}

enum sg_err sg_token_resident_hmac(struct sg_token *token, struct sg_object *object,
                                   struct sg_bytes data, uint8_t mac[SG_RESIDENT_MAC])
{
	struct request request = { .data = data, .out = mac };

	return use(token, object, do_hmac, &request);
}
