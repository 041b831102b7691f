/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Message authentication codes: CKM_SHA256_HMAC, CKM_SHA384_HMAC, CKM_SHA512_HMAC
 * [PKCS#11 3.1 §6.22] and CKM_AES_CMAC [SP 800-38B], each also with a length of the caller's
 * choice. Must never take a length so short that the code could be found piece by piece:
 * who may only verify could then make codes.
 */
#include <string.h>

#include "client/rv.h"
#include "core/attr_table.h"
#include "core/mech.h"
#include "core/token_resident.h"
#include "crypto/mac.h"

static CK_RV param(const CK_MECHANISM *mechanism, struct sg_op *op)
{
	const struct sg_mech *mech = op->mech;
	CK_ULONG len;                   /* CK_MAC_GENERAL_PARAMS, which some headers lack */

	op->mac.len = mech->mac->len;
	if (mech->shortest == 0)
		return sg_mech_no_param(mechanism);
	if (mechanism->ulParameterLen != sizeof len)
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(&len, mechanism->pParameter, sizeof len);
	if (len < mech->shortest || len > mech->mac->len)
		return CKR_MECHANISM_PARAM_INVALID;
	op->mac.len = len;
	return CKR_OK;
}

static CK_RV size(const struct sg_op *op, enum sg_op_phase phase, size_t in_len, size_t *out_len)
{
	(void)in_len;
	*out_len = phase == SG_OP_UPDATE ? 0 : op->mac.len;
	return CKR_OK;
}

/* A key that lives in the hardware takes its data whole. */
static CK_RV gather(struct sg_op *op, struct sg_bytes in)
{
	return sg_token_resident_takes(op->data.len, in.len) ? sg_op_gather(op, in)
	                                                     : CKR_DATA_LEN_RANGE;
}

static CK_RV update(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	enum sg_err err = SG_OK;

	(void)out;
	if (op->key->resident)
		return gather(op, in);
	if (op->mac.run == NULL)
		err = sg_mac_run_new(op->mech->mac, sg_secret_bytes(op->secret), &op->mac.run);
	if (err == SG_OK)
		err = sg_mac_run_update(op->mac.run, in);
	return sg_rv(err);
}

/* Make the code of all parts, after which in is empty or views them, or of in, whole; the
 * caller wipes it. */
static CK_RV finish(struct sg_op *op, struct sg_bytes in, uint8_t code[SG_MAC_MAX])
{
	CK_RV rv;

	if (op->key->resident) {
		struct sg_bytes all = op->data.len > 0 ? sg_buf_bytes(&op->data) : in;

		return sg_rv(sg_token_resident_hmac(op->token, op->key, all, code));
	}
	rv = update(op, in, NULL);
	return rv != CKR_OK ? rv : sg_rv(sg_mac_run_final(op->mac.run, code));
}

static CK_RV once(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	uint8_t code[SG_MAC_MAX];
	CK_RV rv = finish(op, in, code);

	if (rv == CKR_OK)
		memcpy(out, code, op->mac.len);
	explicit_bzero(code, sizeof code);
	return rv;
}

static CK_RV final(struct sg_op *op, uint8_t *out)
{
	return once(op, sg_bytes(NULL, 0), out);
}

/* Parts have been worked in or gathered already. */
static CK_RV verify(struct sg_op *op, struct sg_bytes in, struct sg_bytes signature)
{
	uint8_t code[SG_MAC_MAX];
	CK_RV rv;

	if (signature.len != op->mac.len)
		return CKR_SIGNATURE_LEN_RANGE;
	rv = finish(op, in, code);
	if (rv == CKR_OK && !sg_secret_equal(sg_bytes(code, op->mac.len), signature))
		rv = CKR_SIGNATURE_INVALID;
	explicit_bzero(code, sizeof code);
	return rv;
}

#define HMAC_KEYS(bits) { \
	{ CKO_SECRET_KEY, CKK_SHA ## bits ## _HMAC }, { CKO_SECRET_KEY, CKK_GENERIC_SECRET }, \
	SG_KEY_KINDS_END, \
}

/* HMAC with SHA-256 is what hardware computes, too. */
static const struct sg_key_kind sha256_keys[] = {
	{ CKO_SECRET_KEY, CKK_SHA256_HMAC, .resident = true },
	{ CKO_SECRET_KEY, CKK_GENERIC_SECRET, .resident = true },
	{ CKO_SECRET_KEY, CKK_SHA256_HMAC }, { CKO_SECRET_KEY, CKK_GENERIC_SECRET },
	SG_KEY_KINDS_END,
};
static const struct sg_key_kind sha384_keys[] = HMAC_KEYS(384);
static const struct sg_key_kind sha512_keys[] = HMAC_KEYS(512);

#define SIGN(key_kinds) \
	{ .keys = key_kinds, .size = size, .once = once, .update = update, .final = final }
#define VERIFY(key_kinds) \
	{ .keys = key_kinds, .size = size, .update = update, .verify = verify }

static const struct sg_op_fns sha256_sign = SIGN(sha256_keys), sha256_verify = VERIFY(sha256_keys);
static const struct sg_op_fns sha384_sign = SIGN(sha384_keys), sha384_verify = VERIFY(sha384_keys);
static const struct sg_op_fns sha512_sign = SIGN(sha512_keys), sha512_verify = VERIFY(sha512_keys);
static const struct sg_op_fns cmac_sign = SIGN(sg_aes_kinds), cmac_verify = VERIFY(sg_aes_kinds);

#define MAC(algorithm, least, fns) \
	.flags = CKF_SIGN | CKF_VERIFY, .mac = algorithm, .shortest = least, .param = param, \
	.op[SG_OP_SIGN] = &fns ## _sign, .op[SG_OP_VERIFY] = &fns ## _verify
#define HMAC(mechanism, bits, least) \
	{ .type = mechanism, .name = #mechanism, .min_key = 1, .max_key = SG_SECRET_KEY_MAX, \
	  MAC(&sg_hmac_sha ## bits, least, sha ## bits) }
#define CMAC(mechanism, least) \
	{ .type = mechanism, .name = #mechanism, .min_key = 16, .max_key = 32, \
	  MAC(&sg_aes_cmac, least, cmac) }

const struct sg_mech sg_mech_sha256_hmac = HMAC(CKM_SHA256_HMAC, 256, 0);
const struct sg_mech sg_mech_sha384_hmac = HMAC(CKM_SHA384_HMAC, 384, 0);
const struct sg_mech sg_mech_sha512_hmac = HMAC(CKM_SHA512_HMAC, 512, 0);
const struct sg_mech sg_mech_aes_cmac = CMAC(CKM_AES_CMAC, 0);

/* At least half the digest [RFC 2104 §5], or half a block [SP 800-38B §A.2]. */
const struct sg_mech sg_mech_sha256_hmac_part = HMAC(CKM_SHA256_HMAC_GENERAL, 256, 16);
const struct sg_mech sg_mech_sha384_hmac_part = HMAC(CKM_SHA384_HMAC_GENERAL, 384, 24);
const struct sg_mech sg_mech_sha512_hmac_part = HMAC(CKM_SHA512_HMAC_GENERAL, 512, 32);
const struct sg_mech sg_mech_aes_cmac_part = CMAC(CKM_AES_CMAC_GENERAL, 8);
