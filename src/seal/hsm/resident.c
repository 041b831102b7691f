/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. What the sealer "hsm" does with keys that live in an HSM: finding the HSM, the key,
 * and what is asked of it. Any number of threads are served at once (client/pool.h).
 */
#include "seal/hsm/sealer.h"

#include <stdio.h>
#include <string.h>

#include <signet/pkcs11.h>

#include "seal/hsm/kept_find.h"
#include "seal/hsm/kept_make.h"
#include "seal/hsm/kept_use.h"
#include "seal/hsm/trust.h"
#include "util/log.h"

/* One use of a key, or its making. */
struct use {
	struct sg_hsm_kept kept;
	struct sg_hsm_profile profile;          /* of the key that seals */
	enum sg_err (*fn)(struct sg_client_session *s, CK_OBJECT_HANDLE key, struct use *u);
	const struct sg_resident_plan *plan;    /* of a key to make */
	CK_MECHANISM_TYPE mechanism;
	struct sg_bytes in;
	uint8_t *out;
	size_t out_len;
	const struct sg_resident_gcm *gcm;
	struct sg_secret *secret;
};

/* One that bears the name and was not made in the HSM is not the key, which is gone then. */
static enum sg_err check_key(struct sg_client_session *s, CK_OBJECT_HANDLE key, void *arg)
{
	enum sg_err err = sg_hsm_kept_trust(s, ((struct use *)arg)->kept.kind->type, key);

	return err == SG_ERR_HSM_MECHANISM ? SG_ERR_HSM_KEY : err;
}

static enum sg_err do_use(struct sg_client_session *s, void *arg)
{
	struct use *u = arg;
	CK_OBJECT_HANDLE key;
	enum sg_err err = sg_client_find_key_checked(s, u->kept.kind->class,
	                                             sg_bytes(u->kept.id, sizeof u->kept.id),
	                                             check_key, u, &key);

	return err == SG_OK ? u->fn(s, key, u) : err;
}

static enum sg_err do_destroy(struct sg_client_session *s, void *arg)
{
	return sg_hsm_kept_destroy(s, &((struct use *)arg)->kept);
}

/* Where the key that seals is there and this one is not, it is gone. */
static enum sg_err told_apart(struct sg_client *hsm, const struct use *u, enum sg_err err)
{
	return err == SG_ERR_HSM_OTHER && sg_hsm_profile_has_key(hsm, &u->profile) == SG_OK
	               ? SG_ERR_HSM_KEY
	               : err;
}

static enum sg_err use_in(struct sg_client *hsm, void *arg)
{
	return told_apart(hsm, arg, sg_client_do(hsm, true, do_use, arg));
}

static enum sg_err destroy_in(struct sg_client *hsm, void *arg)
{
	return told_apart(hsm, arg, sg_client_do(hsm, true, do_destroy, arg));
}

/* Read what names a key: whatever fits together was written here. */
static enum sg_err read_names(struct sg_bytes parent, struct sg_bytes blob, struct use *u)
{
	if (!sg_hsm_sealer_profile(parent, &u->profile))
		return SG_ERR_HSM_OTHER;
	if (!sg_hsm_kept_read(blob, &u->kept))
		return SG_ERR_FORMAT;
	return sg_bytes_equal(u->kept.parent, sg_bytes(u->profile.id, u->profile.id_len))
	               ? SG_OK
	               : SG_ERR_HSM_OTHER;
}

/* Do what a use says with a key, which must be of this kind. */
static enum sg_err use_key(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
                           enum sg_resident_kind kind, struct use *u)
{
	const size_t most = SG_RESIDENT_DATA_MAX + (u->gcm != NULL ? SG_RESIDENT_TAG : 0);
	enum sg_err err = read_names(parent, blob, u);

	if (err == SG_OK && u->kept.kind->kind != kind)
		err = SG_ERR_FORMAT;
	if (err == SG_OK && u->in.len > most) {
		sg_log(SG_LOG_ERROR, "a key in the HSM takes at most %d bytes",
		       SG_RESIDENT_DATA_MAX);
		err = SG_ERR_RANGE;
	}
	return err == SG_OK ? sg_hsm_sealer_ask(sealer, use_in, u) : err;
}

static enum sg_err do_create(struct sg_client_session *s, void *arg)
{
	struct use *u = arg;

	return sg_hsm_kept_make(s, &u->kept, u->plan, u->out);
}

/* The key is made in the HSM that seals the token. Not again by itself: there might be two. */
static enum sg_err create_in(struct sg_client *hsm, void *arg)
{
	struct use *u = arg;
	enum sg_err err = sg_hsm_profile_has_key(hsm, &u->profile);

	return err == SG_OK ? sg_client_do(hsm, false, do_create, u) : err;
}

static enum sg_err create(struct sg_sealer *sealer, struct sg_bytes parent,
                          const struct sg_resident_plan *plan, struct sg_buf *blob,
                          uint8_t point[SG_RESIDENT_POINT])
{
	uint8_t made[SG_RESIDENT_POINT];
	struct use u = { .kept.kind = sg_hsm_kept_kind(plan->kind), .plan = plan, .out = made };
	enum sg_err err;

	if (u.kept.kind == NULL || plan->uses == 0 || (plan->uses & ~u.kept.kind->uses) != 0)
		return SG_ERR_ARG;
	if (!sg_hsm_sealer_profile(parent, &u.profile))
		return SG_ERR_HSM_OTHER;
	u.kept.parent = sg_bytes(u.profile.id, u.profile.id_len);
	err = sg_hsm_sealer_ask(sealer, create_in, &u);
	if (err != SG_OK)
		return err;
	err = sg_hsm_kept_write(&u.kept, blob);
	if (err != SG_OK)
		(void)sg_hsm_sealer_ask(sealer, destroy_in, &u);
	else if (u.kept.kind->point > 0)
		memcpy(point, made, u.kept.kind->point);
	return err;
}

static enum sg_err destroy(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob)
{
	struct use u = { .in = { NULL, 0 } };
	enum sg_err err = read_names(parent, blob, &u);

	if (err == SG_OK)
		err = sg_hsm_sealer_ask(sealer, destroy_in, &u);
	return err == SG_ERR_HSM_KEY ? SG_OK : err;
}

static bool device(struct sg_sealer *sealer, size_t i, char name[SG_RESIDENT_DEVICE])
{
	struct sg_client *hsm = sg_hsm_sealer_nth(sealer, i);

	if (hsm != NULL)
		snprintf(name, SG_RESIDENT_DEVICE, "%s", sg_client_name(hsm));
	return hsm != NULL;
}

/* A look at what an HSM has under names. */
struct look {
	const uint8_t *token;
	struct sg_resident_list *list;
	const struct sg_resident_name *name;    /* to destroy */
};

static enum sg_err do_list(struct sg_client_session *s, void *arg)
{
	struct look *look = arg;

	return sg_hsm_kept_list(s, look->token, look->list);
}

static enum sg_err list(struct sg_sealer *sealer, size_t i, const uint8_t token[SG_RESIDENT_ID],
                        struct sg_resident_list *out)
{
	struct sg_client *hsm = sg_hsm_sealer_nth(sealer, i);
	struct look look = { .token = token, .list = out };

	return hsm != NULL ? sg_client_do(hsm, true, do_list, &look) : SG_ERR_ARG;
}

static enum sg_err do_remove(struct sg_client_session *s, void *arg)
{
	return sg_hsm_kept_remove(s, ((struct look *)arg)->name);
}

static enum sg_err remove_named(struct sg_sealer *sealer, size_t i,
                                const struct sg_resident_name *name)
{
	struct sg_client *hsm = sg_hsm_sealer_nth(sealer, i);
	struct look look = { .name = name };

	return hsm != NULL ? sg_client_do(hsm, true, do_remove, &look) : SG_ERR_ARG;
}

static enum sg_err use_sign(struct sg_client_session *s, CK_OBJECT_HANDLE key, struct use *u)
{
	return sg_hsm_kept_sign(s, key, u->mechanism, u->in, u->out, u->out_len);
}

static enum sg_err sign(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
                        const uint8_t digest[SG_RESIDENT_DIGEST],
                        uint8_t signature[SG_RESIDENT_SIGNATURE])
{
	return use_key(sealer, parent, blob, SG_RESIDENT_P256, &(struct use){
		.fn = use_sign, .mechanism = CKM_ECDSA, .in = sg_bytes(digest, SG_RESIDENT_DIGEST),
		.out = signature, .out_len = SG_RESIDENT_SIGNATURE,
	});
}

static enum sg_err eddsa(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
                         struct sg_bytes message, uint8_t signature[SG_RESIDENT_SIGNATURE])
{
	return use_key(sealer, parent, blob, SG_RESIDENT_ED25519, &(struct use){
		.fn = use_sign, .mechanism = CKM_EDDSA, .in = message,
		.out = signature, .out_len = SG_RESIDENT_SIGNATURE,
	});
}

static enum sg_err hmac(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
                        struct sg_bytes data, uint8_t mac[SG_RESIDENT_MAC])
{
	return use_key(sealer, parent, blob, SG_RESIDENT_HMAC_SHA256, &(struct use){
		.fn = use_sign, .mechanism = CKM_SHA256_HMAC, .in = data,
		.out = mac, .out_len = SG_RESIDENT_MAC,
	});
}

static enum sg_err use_ecdh(struct sg_client_session *s, CK_OBJECT_HANDLE key, struct use *u)
{
	return sg_hsm_kept_ecdh(s, key, u->in, &u->secret);
}

static enum sg_err ecdh(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
                        const uint8_t point[SG_RESIDENT_POINT], struct sg_secret **shared)
{
	struct use u = { .fn = use_ecdh, .in = sg_bytes(point, SG_RESIDENT_POINT) };
	enum sg_err err = use_key(sealer, parent, blob, SG_RESIDENT_P256, &u);

	*shared = u.secret;
	return err;
}

static enum sg_err use_encrypt(struct sg_client_session *s, CK_OBJECT_HANDLE key, struct use *u)
{
	return sg_hsm_kept_encrypt(s, key, u->gcm, u->in, u->out);
}

static enum sg_err encrypt(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
                           const struct sg_resident_gcm *gcm, struct sg_bytes plain, uint8_t *out)
{
	return use_key(sealer, parent, blob, SG_RESIDENT_AES256, &(struct use){
		.fn = use_encrypt, .gcm = gcm, .in = plain, .out = out,
	});
}

static enum sg_err use_decrypt(struct sg_client_session *s, CK_OBJECT_HANDLE key, struct use *u)
{
	return sg_hsm_kept_decrypt(s, key, u->gcm, u->in, u->out);
}

static enum sg_err decrypt(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
                           const struct sg_resident_gcm *gcm, struct sg_bytes in, uint8_t *out)
{
	return use_key(sealer, parent, blob, SG_RESIDENT_AES256, &(struct use){
		.fn = use_decrypt, .gcm = gcm, .in = in, .out = out,
	});
}

static enum sg_err use_wrap(struct sg_client_session *s, CK_OBJECT_HANDLE key, struct use *u)
{
	return sg_hsm_kept_wrap(s, key, u->in, u->out);
}

static enum sg_err wrap(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
                        struct sg_bytes plain, uint8_t *out)
{
	return use_key(sealer, parent, blob, SG_RESIDENT_AES256, &(struct use){
		.fn = use_wrap, .in = plain, .out = out,
	});
}

static enum sg_err use_unwrap(struct sg_client_session *s, CK_OBJECT_HANDLE key, struct use *u)
{
	return sg_hsm_kept_unwrap(s, key, u->in, &u->secret);
}

static enum sg_err unwrap(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
                          struct sg_bytes wrapped, struct sg_secret **plain)
{
	struct use u = { .fn = use_unwrap, .in = wrapped };
	enum sg_err err = use_key(sealer, parent, blob, SG_RESIDENT_AES256, &u);

	*plain = u.secret;
	return err;
}

const struct sg_resident_ops sg_hsm_resident = {
	.kinds = 1 << SG_RESIDENT_P256 | 1 << SG_RESIDENT_HMAC_SHA256 | 1 << SG_RESIDENT_ED25519 |
	         1 << SG_RESIDENT_AES256,
	.parallel = true,
	.create = create,
	.destroy = destroy,
	.device = device,
	.list = list,
	.remove = remove_named,
	.sign = sign,
	.eddsa = eddsa,
	.ecdh = ecdh,
	.hmac = hmac,
	.encrypt = encrypt,
	.decrypt = decrypt,
	.wrap = wrap,
	.unwrap = unwrap,
};
