/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Having the hardware compute with keys that live in it.
 */
#include "core/token_resident.h"

#include <string.h>

#include "crypto/crypto.h"
#include "util/log.h"

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
	struct sg_resident_plan plan;           /* of a key to make */
	const uint8_t *in;
	struct sg_bytes data;
	uint8_t *out;
	const struct sg_resident_gcm *gcm;
	struct sg_secret *secret;
	struct sg_buf made;
};

/* Take a share of the sealer from where the first one who needed it left it; NOT_FOUND where
 * nobody did. */
static enum sg_err take_share(struct sg_token *token, struct sg_token_guard *guard)
{
	enum sg_err err = SG_OK;

	*guard = (struct sg_token_guard){ NULL };
	pthread_rwlock_rdlock(&token->lock);
	if (token->keys[SG_PUBLIC_HALF] == NULL)
		err = SG_ERR_CLOSED;
	else if (token->shared == NULL ||
	         strcmp(token->shared->ops->name, token->record.sealer) != 0)
		err = SG_ERR_NOT_FOUND;
	if (err == SG_OK)
		err = sg_buf_set(&guard->parent, sg_buf_bytes(&token->record.parent));
	if (err == SG_OK)
		guard->sealer = sg_sealer_share(token->shared);
	pthread_rwlock_unlock(&token->lock);
	return err;
}

/* Leave a share of the sealer for others, and take one. */
static enum sg_err leave_share(struct sg_token *token, struct sg_token_guard *guard)
{
	struct sg_sealer *old = NULL;
	enum sg_err err;

	sg_token_opening_lock(token);
	err = sg_token_guard(token, guard);
	if (err == SG_OK) {
		sg_sealer_share(guard->sealer);
		pthread_rwlock_wrlock(&token->lock);
		old = token->shared;
		token->shared = sg_sealer_share(guard->sealer);
		pthread_rwlock_unlock(&token->lock);
	} else {
		guard->sealer = NULL;
	}
	sg_token_opening_unlock(token);
	sg_sealer_free(&old);
	return err;
}

/* Take hold of the sealer, so that it can be asked without `opening`, and of the parent. */
static enum sg_err hold(struct sg_token *token, struct sg_token_guard *guard)
{
	enum sg_err err = take_share(token, guard);

	return err == SG_ERR_NOT_FOUND ? leave_share(token, guard) : err;
}

static void let_go(struct sg_token_guard *guard)
{
	sg_sealer_free(&guard->sealer);
	sg_buf_free(&guard->parent);
}

static enum sg_err make_request(const struct sg_token_guard *guard,
                                enum sg_err (*fn)(struct request *request),
                                struct request *request)
{
	request->sealer = guard->sealer;
	request->ops = guard->sealer->ops->resident;
	request->parent = sg_buf_bytes(&guard->parent);
	return request->ops != NULL ? fn(request) : SG_ERR_HW_UNSUPPORTED;
}

/* Ask the token's hardware, as the only one who does. */
static enum sg_err ask_alone(struct sg_token *token, enum sg_err (*fn)(struct request *request),
                             struct request *request)
{
	struct sg_token_guard guard;
	enum sg_err err;

	sg_token_opening_lock(token);
	err = sg_token_guard(token, &guard);
	if (err == SG_OK)
		err = make_request(&guard, fn, request);
	sg_token_opening_unlock(token);
	sg_buf_free(&guard.parent);
	return err;
}

/* Ask it beside others, where it serves several threads at once. */
static enum sg_err ask(struct sg_token *token, enum sg_err (*fn)(struct request *request),
                       struct request *request)
{
	const struct sg_resident_ops *ops = sg_token_resident(token);
	struct sg_token_guard guard;
	enum sg_err err;

	if (ops == NULL || !ops->parallel)
		return ask_alone(token, fn, request);
	sg_crypto_settle();
	err = hold(token, &guard);
	if (err == SG_OK)
		err = make_request(&guard, fn, request);
	let_go(&guard);
	return err;
}

static enum sg_err do_create(struct request *r)
{
	return r->ops->create == NULL
	               ? SG_ERR_HW_UNSUPPORTED
	               : r->ops->create(r->sealer, r->parent, &r->plan, &r->made, r->out);
}

/* What a kind of key can be for; clients allow keys more than that. */
static const unsigned all_uses[] = {
	[SG_RESIDENT_P256] = SG_RESIDENT_SIGN | SG_RESIDENT_DERIVE,
	[SG_RESIDENT_HMAC_SHA256] = SG_RESIDENT_SIGN,
	[SG_RESIDENT_ED25519] = SG_RESIDENT_SIGN,
	[SG_RESIDENT_AES256] = SG_RESIDENT_ENCRYPT | SG_RESIDENT_DECRYPT | SG_RESIDENT_WRAP |
	                       SG_RESIDENT_UNWRAP,
};

static const struct {
	CK_ATTRIBUTE_TYPE type;
	unsigned use;
} uses_named[] = {
	{ CKA_SIGN, SG_RESIDENT_SIGN }, { CKA_VERIFY, SG_RESIDENT_SIGN },
	{ CKA_DERIVE, SG_RESIDENT_DERIVE }, { CKA_ENCRYPT, SG_RESIDENT_ENCRYPT },
	{ CKA_DECRYPT, SG_RESIDENT_DECRYPT }, { CKA_WRAP, SG_RESIDENT_WRAP },
	{ CKA_UNWRAP, SG_RESIDENT_UNWRAP },
};

unsigned sg_token_resident_uses(enum sg_resident_kind kind, const struct sg_attrs *attrs)
{
	unsigned uses = 0;

	for (size_t i = 0; i < sizeof uses_named / sizeof uses_named[0]; i++)
		if (sg_attrs_bool(attrs, uses_named[i].type))
			uses |= uses_named[i].use;
	return uses & all_uses[kind];
}

bool sg_token_resident_takes(size_t has, size_t more)
{
	if (has <= SG_RESIDENT_DATA_MAX && more <= SG_RESIDENT_DATA_MAX - has)
		return true;
	sg_log(SG_LOG_ERROR, "a key that lives in the hardware takes %d bytes at most; for more, wrap a "
	       "key with it and encrypt by that, or sign a digest", SG_RESIDENT_DATA_MAX);
	return false;
}

enum sg_err sg_token_resident_create(struct sg_token *token, enum sg_resident_kind kind,
                                     const struct sg_attrs *attrs, const uint8_t uuid[SG_UUID],
                                     struct sg_secret **blob, uint8_t point[SG_RESIDENT_POINT])
{
	struct request request = { .out = point };
	struct sg_resident_plan *plan = &request.plan;
	enum sg_err err;

	*blob = NULL;
	plan->kind = kind;
	plan->uses = sg_token_resident_uses(kind, attrs);
	memcpy(plan->name.key, uuid, sizeof plan->name.key);
	err = sg_token_open(token);
	if (err == SG_OK) {
		pthread_rwlock_rdlock(&token->lock);
		memcpy(plan->name.token, token->record.uuid, sizeof plan->name.token);
		pthread_rwlock_unlock(&token->lock);
		err = ask(token, do_create, &request);
	}
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

static enum sg_err do_eddsa(struct request *r)
{
	return r->ops->eddsa == NULL
	               ? SG_ERR_HW_UNSUPPORTED
	               : r->ops->eddsa(r->sealer, r->parent, r->blob, r->data, r->out);
}

enum sg_err sg_token_resident_eddsa(struct sg_token *token, struct sg_object *object,
                                    struct sg_bytes message,
                                    uint8_t signature[SG_RESIDENT_SIGNATURE])
{
	struct request request = { .data = message, .out = signature };

	return use(token, object, do_eddsa, &request);
}

static enum sg_err do_encrypt(struct request *r)
{
	return r->ops->encrypt == NULL
	               ? SG_ERR_HW_UNSUPPORTED
	               : r->ops->encrypt(r->sealer, r->parent, r->blob, r->gcm, r->data, r->out);
}

enum sg_err sg_token_resident_encrypt(struct sg_token *token, struct sg_object *object,
                                      const struct sg_resident_gcm *gcm, struct sg_bytes plain,
                                      uint8_t *out)
{
	struct request request = { .gcm = gcm, .data = plain, .out = out };

	return use(token, object, do_encrypt, &request);
}

static enum sg_err do_decrypt(struct request *r)
{
	return r->ops->decrypt == NULL
	               ? SG_ERR_HW_UNSUPPORTED
	               : r->ops->decrypt(r->sealer, r->parent, r->blob, r->gcm, r->data, r->out);
}

enum sg_err sg_token_resident_decrypt(struct sg_token *token, struct sg_object *object,
                                      const struct sg_resident_gcm *gcm, struct sg_bytes in,
                                      uint8_t *out)
{
	struct request request = { .gcm = gcm, .data = in, .out = out };

	return use(token, object, do_decrypt, &request);
}

static enum sg_err do_wrap(struct request *r)
{
	return r->ops->wrap == NULL
	               ? SG_ERR_HW_UNSUPPORTED
	               : r->ops->wrap(r->sealer, r->parent, r->blob, r->data, r->out);
}

enum sg_err sg_token_resident_wrap(struct sg_token *token, struct sg_object *object,
                                   struct sg_bytes plain, uint8_t *out)
{
	struct request request = { .data = plain, .out = out };

	return use(token, object, do_wrap, &request);
}

static enum sg_err do_unwrap(struct request *r)
{
	return r->ops->unwrap == NULL
	               ? SG_ERR_HW_UNSUPPORTED
	               : r->ops->unwrap(r->sealer, r->parent, r->blob, r->data, &r->secret);
}

enum sg_err sg_token_resident_unwrap(struct sg_token *token, struct sg_object *object,
                                     struct sg_bytes wrapped, struct sg_secret **plain)
{
	struct request request = { .data = wrapped };
	enum sg_err err = use(token, object, do_unwrap, &request);

	*plain = request.secret;
	return err;
}

/* A key that somebody else keeps is destroyed by asking him; of others the row is all. */
static bool is_kept(struct sg_token *token)
{
	const struct sg_resident_ops *ops = sg_token_resident(token);

	return ops != NULL && ops->destroy != NULL;
}

enum sg_err sg_token_resident_doom(struct sg_token *token, struct sg_object *object,
                                   struct sg_token_doomed *doomed)
{
	const struct sg_secret *blob;
	enum sg_err err;

	*doomed = (struct sg_token_doomed){ .blob = { NULL, 0 } };
	if (!object->resident || !is_kept(token))
		return SG_OK;
	err = sg_token_blob(token, object, &blob);
	if (err != SG_OK)
		return err;
	doomed->blob = sg_secret_bytes(blob);
	return hold(token, &doomed->guard);
}

enum sg_err sg_token_resident_destroy(const struct sg_token_doomed *doomed)
{
	struct sg_sealer *sealer = doomed->guard.sealer;

	if (sealer == NULL || sealer->ops->resident == NULL ||
	    sealer->ops->resident->destroy == NULL)
		return SG_OK;
	sg_crypto_settle();
	return sealer->ops->resident->destroy(sealer, sg_buf_bytes(&doomed->guard.parent),
	                                      doomed->blob);
}

void sg_token_resident_spare(struct sg_token_doomed *doomed)
{
	let_go(&doomed->guard);
}

void sg_token_resident_undo(struct sg_token *token, const struct sg_secret *blob)
{
	struct sg_token_doomed doomed = { .blob = sg_secret_bytes(blob) };

	if (is_kept(token) && hold(token, &doomed.guard) == SG_OK)
		(void)sg_token_resident_destroy(&doomed);
	sg_token_resident_spare(&doomed);
}
