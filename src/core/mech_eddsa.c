/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. CKM_EC_EDWARDS_KEY_PAIR_GEN and CKM_EDDSA, pure Ed25519 [PKCS#11 3.1
 * §6.3.13, §6.3.16]. Pure EdDSA reads its message twice, so parts are gathered.
 */
#include "core/curve.h"
#include "core/mech.h"
#include "core/rv.h"
#include "crypto/ed25519.h"

#define CURVE_BITS 255

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
	return sg_op_gather(op, in);
}

static CK_RV sign(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	return sg_rv(sg_ed25519_sign(sg_secret_bytes(op->secret), in, out));
}

static CK_RV sign_final(struct sg_op *op, uint8_t *out)
{
	return sign(op, sg_buf_bytes(&op->data), out);
}

static CK_RV verify(struct sg_op *op, struct sg_bytes in, struct sg_bytes signature)
{
	struct sg_bytes point;

	if (signature.len != SG_ED25519_SIGNATURE)
		return CKR_SIGNATURE_LEN_RANGE;
	if (!sg_attrs_get(&op->key->attrs, CKA_EC_POINT, &point))
		return CKR_KEY_HANDLE_INVALID;
	return sg_ed25519_verify(point, in, signature) == SG_OK ? CKR_OK : CKR_SIGNATURE_INVALID;
}

static CK_RV generate(const struct sg_attrs *attrs, struct sg_secret **material)
{
	const struct sg_curve *curve = sg_curve_of(attrs);

	return curve == NULL ? CKR_CURVE_NOT_SUPPORTED : sg_rv(curve->generate(material));
}

static const struct sg_key_kind private_keys[] = {
	{ CKO_PRIVATE_KEY, CKK_EC_EDWARDS }, SG_KEY_KINDS_END,
};
static const struct sg_key_kind public_keys[] = {
	{ CKO_PUBLIC_KEY, CKK_EC_EDWARDS }, SG_KEY_KINDS_END,
};

static const struct sg_op_fns sign_fns = {
	.keys = private_keys, .size = size, .once = sign, .update = update, .final = sign_final,
};

static const struct sg_op_fns verify_fns = {
	.keys = public_keys, .size = size, .update = update, .verify = verify,
};

const struct sg_mech sg_mech_eddsa = {
	.type = CKM_EDDSA, .name = "CKM_EDDSA",
	.min_key = CURVE_BITS, .max_key = CURVE_BITS,
	.flags = CKF_SIGN | CKF_VERIFY | CKF_GENERATE_KEY_PAIR | CKF_EC_NAMEDCURVE,
	.op[SG_OP_SIGN] = &sign_fns, .op[SG_OP_VERIFY] = &verify_fns,
	/* GnuTLS 3.7 makes its keys by this number. */
	.generate = generate, .makes = CKK_EC_EDWARDS, .pair = true,
};

const struct sg_mech sg_mech_edwards_generate = {
	.type = CKM_EC_EDWARDS_KEY_PAIR_GEN, .name = "CKM_EC_EDWARDS_KEY_PAIR_GEN",
	.min_key = CURVE_BITS, .max_key = CURVE_BITS,
	.flags = CKF_GENERATE_KEY_PAIR | CKF_EC_NAMEDCURVE,
	.generate = generate, .makes = CKK_EC_EDWARDS, .pair = true,
};
