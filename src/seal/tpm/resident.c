/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. What the sealer "tpm" does with keys that live in the TPM. Each call is
 * one transaction: load, use once, flush.
 */
#include "seal/tpm/key.h"
#include "seal/tpm/sealer.h"
#include "util/log.h"

/* One use of a key, or its making. */
struct use {
	struct sg_bytes parent;
	struct sg_tpm_blob key;
	enum sg_resident_kind kind;             /* to make */
	unsigned uses;
	const uint8_t *in;                      /* digest or point */
	struct sg_bytes data;                   /* to compute a MAC of */
	uint8_t *out;                           /* signature or MAC */
	struct sg_secret **shared;
};

static enum sg_err do_create(struct sg_tpm *tpm, void *arg)
{
	struct use *u = arg;
	ESYS_TR srk, session;
	enum sg_err err = sg_tpm_open_parent(tpm, u->parent, &srk, &session);

	return err == SG_OK ? sg_tpm_key_create(tpm, srk, session, u->kind, u->uses, NULL, &u->key)
	                    : err;
}

static enum sg_err create(struct sg_sealer *sealer, struct sg_bytes parent,
                          const struct sg_resident_plan *plan, struct sg_buf *blob,
                          uint8_t point[SG_RESIDENT_POINT])
{
	struct use u = { .parent = parent, .kind = plan->kind, .uses = plan->uses };
	struct sg_buf made = { 0 };
	enum sg_err err;

	err = sg_tpm_transact(sealer, do_create, &u);
	if (err == SG_OK)
		err = sg_tpm_key_write(&u.key, &made);
	if (err == SG_OK)
		err = sg_buf_set(blob, sg_buf_bytes(&made));
	if (err == SG_OK && plan->kind == SG_RESIDENT_P256)
		sg_tpm_key_point(&u.key, point);
	sg_buf_free(&made);
	return err;
}

/* Load the key of a use. */
static enum sg_err load(struct sg_tpm *tpm, const struct use *u, ESYS_TR *session, ESYS_TR *object)
{
	ESYS_TR srk;
	enum sg_err err = sg_tpm_open_parent(tpm, u->parent, &srk, session);

	return err == SG_OK ? sg_tpm_key_load(tpm, srk, *session, &u->key, object) : err;
}

static enum sg_err do_sign(struct sg_tpm *tpm, void *arg)
{
	struct use *u = arg;
	ESYS_TR session, object;
	enum sg_err err = load(tpm, u, &session, &object);

	return err == SG_OK ? sg_tpm_key_sign(tpm, object, session, NULL, u->in, u->out) : err;
}

static enum sg_err sign(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
                        const uint8_t digest[SG_RESIDENT_DIGEST],
                        uint8_t signature[SG_RESIDENT_SIGNATURE])
{
	struct use u = { .parent = parent, .in = digest, .out = signature };
	enum sg_err err = sg_tpm_key_read(blob, SG_RESIDENT_P256, SG_RESIDENT_SIGN, &u.key);

	return err == SG_OK ? sg_tpm_transact(sealer, do_sign, &u) : err;
}

static enum sg_err do_ecdh(struct sg_tpm *tpm, void *arg)
{
	struct use *u = arg;
	ESYS_TR session, object;
	enum sg_err err = load(tpm, u, &session, &object);

	return err == SG_OK ? sg_tpm_key_ecdh(tpm, object, session, u->in, u->shared) : err;
}

static enum sg_err ecdh(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
                        const uint8_t point[SG_RESIDENT_POINT], struct sg_secret **shared)
{
	struct use u = { .parent = parent, .in = point, .shared = shared };
	enum sg_err err;

	*shared = NULL;
	err = sg_tpm_key_read(blob, SG_RESIDENT_P256, SG_RESIDENT_DERIVE, &u.key);
	return err == SG_OK ? sg_tpm_transact(sealer, do_ecdh, &u) : err;
}

static enum sg_err do_hmac(struct sg_tpm *tpm, void *arg)
{
	struct use *u = arg;
	ESYS_TR session, object;
	enum sg_err err = load(tpm, u, &session, &object);

	return err == SG_OK ? sg_tpm_key_hmac(tpm, object, session, u->data, u->out) : err;
}

static enum sg_err hmac(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
                        struct sg_bytes data, uint8_t mac[SG_RESIDENT_MAC])
{
	struct use u = { .parent = parent, .data = data, .out = mac };
	enum sg_err err;

	if (data.len > SG_RESIDENT_DATA_MAX) {
		sg_log(SG_LOG_ERROR, "a key in the TPM takes at most %d bytes",
		       SG_RESIDENT_DATA_MAX);
		return SG_ERR_RANGE;
	}
	err = sg_tpm_key_read(blob, SG_RESIDENT_HMAC_SHA256, SG_RESIDENT_SIGN, &u.key);
	return err == SG_OK ? sg_tpm_transact(sealer, do_hmac, &u) : err;
}

const struct sg_resident_ops sg_tpm_resident = {
	.kinds = 1 << SG_RESIDENT_P256 | 1 << SG_RESIDENT_HMAC_SHA256,
	.create = create,
	.sign = sign,
	.ecdh = ecdh,
	.hmac = hmac,
};
