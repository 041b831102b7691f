/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. CKM_HKDF_DERIVE, CKM_HKDF_DATA and CKM_HKDF_KEY_GEN [PKCS#11 3.1 §6.62,
 * RFC 5869]. Must never give out the pseudorandom key between the two steps, whole, as
 * data, and takes the seed of a signing key only through both of them: what comes out
 * of one is of no use in the other, and says nothing of the seed.
 */
#include <string.h>

#include "client/rv.h"
#include "core/access.h"
#include "core/attr_table.h"
#include "core/mech.h"
#include "core/token_material.h"
#include "core/token_objects.h"
#include "crypto/ed25519.h"
#include "crypto/kdf.h"

#define PARAM_MAX ((CK_ULONG)1 << 20)   /* bytes of salt or info */

static const struct {
	CK_MECHANISM_TYPE hash;
	const struct sg_mac_alg *hmac;
} prfs[] = {
	{ CKM_SHA256, &sg_hmac_sha256 },
	{ CKM_SHA384, &sg_hmac_sha384 },
	{ CKM_SHA512, &sg_hmac_sha512 },
};

static const struct sg_mac_alg *find_prf(CK_MECHANISM_TYPE hash)
{
	for (size_t i = 0; i < sizeof prfs / sizeof prfs[0]; i++)
		if (prfs[i].hash == hash)
			return prfs[i].hmac;
	return NULL;
}

/* Keep the salt, which only an extraction has. */
static CK_RV read_salt(const CK_HKDF_PARAMS *p, struct sg_op *op)
{
	switch (p->ulSaltType) {
	case CKF_HKDF_SALT_NULL:
		return CKR_OK;
	case CKF_HKDF_SALT_DATA:
		if ((p->pSalt == NULL && p->ulSaltLen > 0) || p->ulSaltLen > PARAM_MAX)
			return CKR_MECHANISM_PARAM_INVALID;
		return sg_rv(sg_buf_set(&op->hkdf.salt, sg_bytes(p->pSalt, p->ulSaltLen)));
	case CKF_HKDF_SALT_KEY:
		if (p->hSaltKey == CK_INVALID_HANDLE)
			return CKR_MECHANISM_PARAM_INVALID;
		op->hkdf.salt_key = p->hSaltKey;
		return CKR_OK;
	}
	return CKR_MECHANISM_PARAM_INVALID;
}

static CK_RV param(const CK_MECHANISM *mechanism, struct sg_op *op)
{
	CK_HKDF_PARAMS p;
	CK_RV rv = CKR_OK;

	if (mechanism->ulParameterLen != sizeof p)
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(&p, mechanism->pParameter, sizeof p);
	if (p.bExtract > CK_TRUE || p.bExpand > CK_TRUE)
		return CKR_MECHANISM_PARAM_INVALID;
	op->hkdf.extract = p.bExtract != CK_FALSE;
	op->hkdf.expand = p.bExpand != CK_FALSE;
	op->hkdf.hmac = find_prf(p.prfHashMechanism);
	if (op->hkdf.hmac == NULL || (!op->hkdf.extract && !op->hkdf.expand))
		return CKR_MECHANISM_PARAM_INVALID;
	if (op->hkdf.extract)
		rv = read_salt(&p, op);
	if (rv != CKR_OK || !op->hkdf.expand)
		return rv;
	if ((p.pInfo == NULL && p.ulInfoLen > 0) || p.ulInfoLen > PARAM_MAX)
		return CKR_MECHANISM_PARAM_INVALID;
	return sg_rv(sg_buf_set(&op->hkdf.info, sg_bytes(p.pInfo, p.ulInfoLen)));
}

/* HKDF_DATA without the expansion would show the key of all expansions. */
static CK_RV data_param(const CK_MECHANISM *mechanism, struct sg_op *op)
{
	CK_RV rv = param(mechanism, op);

	return rv == CKR_OK && !op->hkdf.expand ? CKR_MECHANISM_PARAM_INVALID : rv;
}

static const struct sg_key_kind base_keys[] = {
	{ CKO_SECRET_KEY, CKK_HKDF },
	{ CKO_SECRET_KEY, CKK_GENERIC_SECRET },
	{ CKO_PRIVATE_KEY, CKK_EC_EDWARDS },
	SG_KEY_KINDS_END,
};

static const struct sg_key_kind salt_keys[] = {
	{ CKO_SECRET_KEY, CKK_HKDF },
	{ CKO_SECRET_KEY, CKK_GENERIC_SECRET },
	SG_KEY_KINDS_END,
};

/* View the secret of the base key: of a signing key its seed. */
static CK_RV input(const struct sg_op *op, struct sg_bytes *out)
{
	*out = sg_secret_bytes(op->secret);
	if (op->key->class != CKO_PRIVATE_KEY)
		return CKR_OK;
	if (!op->hkdf.extract || !op->hkdf.expand)
		return CKR_MECHANISM_PARAM_INVALID;
	out->len = SG_ED25519_SEED;
	return CKR_OK;
}

/* Check that a key may be a salt. What CKA_DERIVE_TEMPLATE says of keys that come of it can't
 * hold for one that comes of another's. */
static CK_RV use_salt_key(const struct sg_op *op, const struct sg_object *key)
{
	struct sg_bytes template;

	if (sg_attrs_get(&key->attrs, CKA_DERIVE_TEMPLATE, &template))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	return sg_access_use(key, CKA_DERIVE, op->mech->type);
}

/* Extract with a salt out of the parameter, or with a key of the token; who makes
 * codes with that key must be allowed to, as for any derivation. */
static CK_RV extract(struct sg_op *op, struct sg_bytes ikm, struct sg_secret **prk)
{
	struct sg_bytes salt = sg_buf_bytes(&op->hkdf.salt);
	const struct sg_secret *secret = NULL;
	struct sg_object *key = NULL;
	CK_RV rv = CKR_OK;

	if (op->hkdf.salt_key != CK_INVALID_HANDLE) {
		if (sg_token_object(op->token, op->hkdf.salt_key, &key) != SG_OK)
			rv = CKR_KEY_HANDLE_INVALID;
		else if (!sg_mech_takes(salt_keys, key))
			rv = CKR_KEY_TYPE_INCONSISTENT;
		else
			rv = use_salt_key(op, key);
		if (rv == CKR_OK)
			rv = sg_rv(sg_token_material(op->token, key, &secret));
		if (rv == CKR_OK)
			salt = sg_secret_bytes(secret);
	}
	if (rv == CKR_OK)
		rv = sg_rv(sg_hkdf_extract(op->hkdf.hmac, ikm, salt, prk));
	sg_object_unref(&key);
	return rv;
}

static CK_RV derive(struct sg_op *op, size_t len, struct sg_secret **out)
{
	const struct sg_mac_alg *hmac = op->hkdf.hmac;
	struct sg_secret *prk = NULL;
	struct sg_bytes from;
	CK_RV rv;

	if (op->hkdf.expand && len == 0)
		return CKR_TEMPLATE_INCOMPLETE;
	if (len > (op->hkdf.expand ? 255 : 1) * hmac->len ||
	    (!op->hkdf.expand && len != 0 && len != hmac->len))
		return CKR_KEY_SIZE_RANGE;
	rv = input(op, &from);
	if (rv == CKR_OK && !op->hkdf.extract && from.len < hmac->len)
		rv = CKR_KEY_SIZE_RANGE;
	if (rv == CKR_OK && op->hkdf.extract)
		rv = extract(op, from, &prk);
	if (rv == CKR_OK && op->hkdf.expand) {
		if (prk != NULL)
			from = sg_secret_bytes(prk);
		rv = sg_rv(sg_hkdf_expand(hmac, from, sg_buf_bytes(&op->hkdf.info), len, out));
	} else if (rv == CKR_OK) {
		*out = prk;
		prk = NULL;
	}
	sg_secret_free(&prk);
	return rv;
}

static const struct sg_derive_fns to_key = { base_keys, CKO_SECRET_KEY, derive };
static const struct sg_derive_fns to_data = { base_keys, CKO_DATA, derive };

const struct sg_mech sg_mech_hkdf_derive = {
	.type = CKM_HKDF_DERIVE, .name = "CKM_HKDF_DERIVE",
	.min_key = 1, .max_key = SG_SECRET_KEY_MAX, .flags = CKF_DERIVE,
	.param = param, .derive = &to_key,
};

const struct sg_mech sg_mech_hkdf_data = {
	.type = CKM_HKDF_DATA, .name = "CKM_HKDF_DATA",
	.min_key = 1, .max_key = SG_SECRET_KEY_MAX, .flags = CKF_DERIVE,
	.param = data_param, .derive = &to_data,
};
