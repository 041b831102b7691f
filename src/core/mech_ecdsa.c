/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. CKM_ECDSA and CKM_ECDSA_SHA256, 384 and 512 with P-256 [PKCS#11 3.1 §6.3.14].
 * The hardware that keeps the key signs, a digest at a time; digests and verification are
 * made here.
 */
#include "client/rv.h"
#include "core/mech_curve.h"
#include "core/token_resident.h"
#include "crypto/p256.h"

_Static_assert(SG_P256_DIGEST == SG_RESIDENT_DIGEST, "digest length");
_Static_assert(SG_P256_SIGNATURE == SG_RESIDENT_SIGNATURE, "signature length");

static CK_RV size(const struct sg_op *op, enum sg_op_phase phase, size_t in_len, size_t *out_len)
{
	(void)op;
	(void)in_len;
	*out_len = phase == SG_OP_UPDATE ? 0 : SG_P256_SIGNATURE;
	return CKR_OK;
}

/* Sign what was digested or given as a digest. */
static CK_RV sign_digest(struct sg_op *op, struct sg_bytes digest, uint8_t *out)
{
	uint8_t cut[SG_P256_DIGEST];

	sg_p256_digest(digest, cut);
	return sg_rv(sg_token_resident_sign(op->token, op->key, cut, out));
}

static CK_RV verify_digest(const struct sg_op *op, struct sg_bytes digest,
                           struct sg_bytes signature)
{
	uint8_t cut[SG_P256_DIGEST];
	struct sg_bytes point;
	enum sg_err err;

	if (signature.len != SG_P256_SIGNATURE)
		return CKR_SIGNATURE_LEN_RANGE;
	if (!sg_attrs_get(&op->key->attrs, CKA_EC_POINT, &point))
		return CKR_KEY_HANDLE_INVALID;
	sg_p256_digest(digest, cut);
	err = sg_p256_verify(point, sg_bytes(cut, sizeof cut), signature);
	return err == SG_ERR_TAG ? CKR_SIGNATURE_INVALID : sg_rv(err);
}

/* CKM_ECDSA: the caller brings a digest, whose parts are gathered. A message would be
 * cut to its first bytes, which nobody can want. */
static bool is_digest(struct sg_bytes in)
{
	return in.len > 0 && in.len <= SG_DIGEST_MAX;
}

static CK_RV gather(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	(void)out;
	return sg_op_gather(op, in);
}

static CK_RV sign(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	return is_digest(in) ? sign_digest(op, in, out) : CKR_DATA_LEN_RANGE;
}

static CK_RV sign_final(struct sg_op *op, uint8_t *out)
{
	return sign(op, sg_buf_bytes(&op->data), out);
}

static CK_RV verify(struct sg_op *op, struct sg_bytes in, struct sg_bytes signature)
{
	return is_digest(in) ? verify_digest(op, in, signature) : CKR_DATA_LEN_RANGE;
}

/* The others digest the message themselves. */
static CK_RV hash_update(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	(void)out;
	return sg_op_digest(op, in);
}

/* End the digest of parts, or make that of a whole message; *digest views made. */
static CK_RV hash_end(struct sg_op *op, struct sg_bytes in, uint8_t made[SG_DIGEST_MAX],
                      struct sg_bytes *digest)
{
	enum sg_err err = op->digest != NULL ? sg_digest_final(op->digest, made)
	                                     : sg_digest_once(op->mech->digest, in, made);

	*digest = sg_bytes(made, sg_digest_len(op->mech->digest));
	return sg_rv(err);
}

static CK_RV hash_sign(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	uint8_t made[SG_DIGEST_MAX];
	struct sg_bytes digest;
	CK_RV rv = hash_end(op, in, made, &digest);

	return rv == CKR_OK ? sign_digest(op, digest, out) : rv;
}

static CK_RV hash_sign_final(struct sg_op *op, uint8_t *out)
{
	return hash_sign(op, sg_bytes(NULL, 0), out);
}

static CK_RV hash_verify(struct sg_op *op, struct sg_bytes in, struct sg_bytes signature)
{
	uint8_t made[SG_DIGEST_MAX];
	struct sg_bytes digest;
	CK_RV rv = hash_end(op, in, made, &digest);

	return rv == CKR_OK ? verify_digest(op, digest, signature) : rv;
}

static const struct sg_key_kind private_keys[] = {
	{ CKO_PRIVATE_KEY, CKK_EC, .resident = true }, SG_KEY_KINDS_END,
};
static const struct sg_key_kind public_keys[] = {
	{ CKO_PUBLIC_KEY, CKK_EC }, SG_KEY_KINDS_END,
};

static const struct sg_op_fns sign_fns = {
	.keys = private_keys, .size = size, .once = sign, .update = gather, .final = sign_final,
};

static const struct sg_op_fns verify_fns = {
	.keys = public_keys, .size = size, .update = gather, .verify = verify,
};

static const struct sg_op_fns hash_sign_fns = {
	.keys = private_keys, .size = size,
	.once = hash_sign, .update = hash_update, .final = hash_sign_final,
};

static const struct sg_op_fns hash_verify_fns = {
	.keys = public_keys, .size = size, .update = hash_update, .verify = hash_verify,
};

#define ECDSA(signing, verifying) \
	.min_key = SG_BITS_P256, .max_key = SG_BITS_P256, \
	.flags = CKF_HW | CKF_SIGN | CKF_VERIFY | SG_FLAGS_P256, .hardware = CKF_HW | CKF_SIGN, \
	.op[SG_OP_SIGN] = &signing, .op[SG_OP_VERIFY] = &verifying
#define HASHED(mechanism, algorithm) \
	{ .type = mechanism, .name = #mechanism, .digest = algorithm, \
	  ECDSA(hash_sign_fns, hash_verify_fns) }

const struct sg_mech sg_mech_ecdsa = {
	.type = CKM_ECDSA, .name = "CKM_ECDSA", ECDSA(sign_fns, verify_fns)
};
const struct sg_mech sg_mech_ecdsa_sha256 = HASHED(CKM_ECDSA_SHA256, SG_SHA256);
const struct sg_mech sg_mech_ecdsa_sha384 = HASHED(CKM_ECDSA_SHA384, SG_SHA384);
const struct sg_mech sg_mech_ecdsa_sha512 = HASHED(CKM_ECDSA_SHA512, SG_SHA512);
