/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. CKM_EDDSA [PKCS#11 3.1 §6.3.16]: pure Ed25519 without a parameter, Ed25519ctx or
 * Ed25519ph with one. All but the last read their message twice, so parts are gathered; the
 * last digests them. A key that lives in the hardware signs there, and only the first.
 */
#include <string.h>

#include "client/rv.h"
#include "core/mech_curve.h"
#include "core/token_resident.h"
#include "crypto/ed25519_dom.h"

_Static_assert(SG_ED25519_SIGNATURE == SG_RESIDENT_SIGNATURE, "signature length");

/* Ed25519ctx without a context could be meant as pure Ed25519, which signs otherwise
 * [RFC 8032 §5.1, §8.3]. */
static CK_RV param(const CK_MECHANISM *mechanism, struct sg_op *op)
{
	CK_EDDSA_PARAMS p;

	if (mechanism->ulParameterLen == 0)
		return CKR_OK;
	if (mechanism->ulParameterLen != sizeof p)
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(&p, mechanism->pParameter, sizeof p);
	if ((p.phFlag != CK_TRUE && p.phFlag != CK_FALSE) ||
	    p.ulContextDataLen > SG_ED25519_CONTEXT_MAX ||
	    (p.pContextData == NULL && p.ulContextDataLen > 0) ||
	    (p.phFlag == CK_FALSE && p.ulContextDataLen == 0))
		return CKR_MECHANISM_PARAM_INVALID;
	op->eddsa.dom = true;
	op->eddsa.prehash = p.phFlag == CK_TRUE;
	return sg_rv(sg_buf_set(&op->eddsa.context, sg_bytes(p.pContextData, p.ulContextDataLen)));
}

static CK_RV size(const struct sg_op *op, enum sg_op_phase phase, size_t in_len, size_t *out_len)
{
	(void)op;
	(void)in_len;
	*out_len = phase == SG_OP_UPDATE ? 0 : SG_ED25519_SIGNATURE;
	return CKR_OK;
}

static CK_RV update(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	(void)out;
	return op->eddsa.prehash ? sg_op_digest(op, in) : sg_op_gather(op, in);
}

/* Find what is signed for a domain: the message, or its digest after the last part of it. */
static CK_RV find_signed(struct sg_op *op, struct sg_bytes in, uint8_t digest[SG_ED25519_PREHASH],
                         struct sg_bytes *out)
{
	CK_RV rv;

	*out = in;
	if (!op->eddsa.prehash)
		return CKR_OK;
	*out = sg_bytes(digest, SG_ED25519_PREHASH);
	rv = update(op, in, NULL);
	return rv != CKR_OK ? rv : sg_rv(sg_digest_final(op->digest, digest));
}

static struct sg_ed25519_dom dom_of(const struct sg_op *op)
{
	return (struct sg_ed25519_dom){ op->eddsa.prehash, sg_buf_bytes(&op->eddsa.context) };
}

/* An HSM may take a parameter that it does not know for none. */
static CK_RV fits(const struct sg_op *op)
{
	return op->key->resident && op->eddsa.dom ? CKR_MECHANISM_PARAM_INVALID : CKR_OK;
}

static CK_RV sign_inside(const struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	if (!sg_token_resident_takes(0, in.len))
		return CKR_DATA_LEN_RANGE;
	return sg_rv(sg_token_resident_eddsa(op->token, op->key, in, out));
}

static CK_RV sign(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	uint8_t digest[SG_ED25519_PREHASH];
	CK_RV rv;

	if (op->key->resident)
		return sign_inside(op, in, out);
	if (!op->eddsa.dom)
		return sg_rv(sg_ed25519_sign(sg_secret_bytes(op->secret), in, out));
	rv = find_signed(op, in, digest, &in);
	if (rv == CKR_OK)
		rv = sg_rv(sg_ed25519_dom_sign(dom_of(op), sg_secret_bytes(op->secret), in, out));
	return rv;
}

static CK_RV sign_final(struct sg_op *op, uint8_t *out)
{
	return sign(op, sg_buf_bytes(&op->data), out);
}

static CK_RV verify(struct sg_op *op, struct sg_bytes in, struct sg_bytes signature)
{
	uint8_t digest[SG_ED25519_PREHASH];
	struct sg_bytes point;
	enum sg_err err;
	CK_RV rv;

	if (signature.len != SG_ED25519_SIGNATURE)
		return CKR_SIGNATURE_LEN_RANGE;
	if (!sg_attrs_get(&op->key->attrs, CKA_EC_POINT, &point))
		return CKR_KEY_HANDLE_INVALID;
	rv = find_signed(op, in, digest, &in);
	if (rv != CKR_OK)
		return rv;
	err = op->eddsa.dom ? sg_ed25519_dom_verify(dom_of(op), point, in, signature)
	              : sg_ed25519_verify(point, in, signature);
	return err == SG_ERR_TAG ? CKR_SIGNATURE_INVALID : sg_rv(err);
}

static const struct sg_key_kind private_keys[] = {
	{ CKO_PRIVATE_KEY, CKK_EC_EDWARDS },
	{ CKO_PRIVATE_KEY, CKK_EC_EDWARDS, .resident = true }, SG_KEY_KINDS_END,
};
static const struct sg_key_kind public_keys[] = {
	{ CKO_PUBLIC_KEY, CKK_EC_EDWARDS }, SG_KEY_KINDS_END,
};

static const struct sg_op_fns sign_fns = {
	.keys = private_keys, .fits = fits, .size = size,
	.once = sign, .update = update, .final = sign_final,
};

static const struct sg_op_fns verify_fns = {
	.keys = public_keys, .size = size, .update = update, .verify = verify,
};

const struct sg_mech sg_mech_eddsa = {
	.type = CKM_EDDSA, .name = "CKM_EDDSA",
	.min_key = SG_BITS_25519, .max_key = SG_BITS_25519,
	.flags = CKF_SIGN | CKF_VERIFY | CKF_GENERATE_KEY_PAIR | CKF_EC_NAMEDCURVE,
	.param = param, .digest = SG_SHA512,
	.op[SG_OP_SIGN] = &sign_fns, .op[SG_OP_VERIFY] = &verify_fns,
	/* GnuTLS 3.7 makes its keys by this number. */
	.generate = sg_mech_make_pair, .resident = &sg_mech_ed25519_inside, .makes = CKK_EC_EDWARDS,
};
