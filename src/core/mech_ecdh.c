/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. CKM_ECDH1_DERIVE [PKCS#11 3.1 §6.3]. Must never use a public key for which the
 * secret is the same whatever the private key is.
 */
#include <string.h>

#include "client/rv.h"
#include "core/curve.h"
#include "core/mech_curve.h"
#include "core/token_resident.h"
#include "crypto/kdf.h"
#include "crypto/p256.h"

#define PARAM_MAX ((CK_ULONG)1 << 20)   /* bytes of public or shared data */

_Static_assert(SG_RESIDENT_POINT == SG_P256_POINT, "point length");

static CK_RV param(const CK_MECHANISM *mechanism, struct sg_op *op)
{
	CK_ECDH1_DERIVE_PARAMS p;
	enum sg_err err;

	if (mechanism->ulParameterLen != sizeof p)
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(&p, mechanism->pParameter, sizeof p);
	if (p.kdf != CKD_NULL && p.kdf != CKD_SHA256_KDF)
		return CKR_MECHANISM_PARAM_INVALID;
	if (p.pPublicData == NULL || p.ulPublicDataLen > PARAM_MAX ||
	    (p.pSharedData == NULL && p.ulSharedDataLen > 0) || p.ulSharedDataLen > PARAM_MAX ||
	    (p.kdf == CKD_NULL && p.ulSharedDataLen > 0))
		return CKR_MECHANISM_PARAM_INVALID;
	op->ecdh.kdf = p.kdf;
	err = sg_buf_set(&op->ecdh.point, sg_bytes(p.pPublicData, p.ulPublicDataLen));
	if (err == SG_OK)
		err = sg_buf_set(&op->ecdh.shared_data, sg_bytes(p.pSharedData, p.ulSharedDataLen));
	return sg_rv(err);
}

/* The hardware gets no point that was not checked: one of another curve could tell
 * somebody about the key, and not every TPM looks. */
static CK_RV agree_inside(const struct sg_op *op, const struct sg_curve *curve,
                          struct sg_bytes point, struct sg_secret **shared)
{
	if (point.len != SG_RESIDENT_POINT || !curve->valid(point))
		return CKR_PUBLIC_KEY_INVALID;
	return sg_rv(sg_token_resident_ecdh(op->token, op->key, point.data, shared));
}

/* Agree on the secret with the owner of the point. Keys differ in who computes. */
static CK_RV agree(const struct sg_op *op, struct sg_secret **shared)
{
	const struct sg_curve *curve = sg_curve_of(&op->key->attrs);
	struct sg_bytes point;
	enum sg_err err;

	if (curve == NULL || (curve->shared == NULL && !op->key->resident))
		return CKR_KEY_TYPE_INCONSISTENT;
	if (!sg_curve_point(curve, sg_buf_bytes(&op->ecdh.point), &point))
		return CKR_MECHANISM_PARAM_INVALID;
	if (op->key->resident)
		return agree_inside(op, curve, point, shared);
	err = curve->shared(op->secret, point, shared);
	return err == SG_ERR_TAG ? CKR_PUBLIC_KEY_INVALID : sg_rv(err);
}

/* Without a KDF the secret itself, whose leading bytes are left out where less is wanted. */
static CK_RV derive(struct sg_op *op, size_t len, struct sg_secret **out)
{
	struct sg_secret *shared = NULL;
	struct sg_bytes bytes;
	CK_RV rv;

	rv = agree(op, &shared);
	if (rv != CKR_OK)
		return rv;
	bytes = sg_secret_bytes(shared);
	if (len == 0)
		len = bytes.len;
	if (op->ecdh.kdf != CKD_NULL)
		rv = sg_rv(sg_x963_sha256(bytes, sg_buf_bytes(&op->ecdh.shared_data), len, out));
	else if (len > bytes.len)
		rv = CKR_KEY_SIZE_RANGE;
	else
		rv = sg_rv(sg_secret_copy(sg_bytes(bytes.data + bytes.len - len, len), out));
	sg_secret_free(&shared);
	return rv;
}

static const struct sg_key_kind base_keys[] = {
	{ CKO_PRIVATE_KEY, CKK_EC_MONTGOMERY }, { CKO_PRIVATE_KEY, CKK_EC, .resident = true },
	SG_KEY_KINDS_END,
};

static const struct sg_derive_fns fns = { base_keys, CKO_SECRET_KEY, derive };

const struct sg_mech sg_mech_ecdh = {
	.type = CKM_ECDH1_DERIVE, .name = "CKM_ECDH1_DERIVE",
	.min_key = SG_BITS_25519, .max_key = SG_BITS_P256,
	.flags = CKF_DERIVE | SG_FLAGS_P256, .param = param, .derive = &fns,
};
