/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. CKM_AES_GCM [PKCS#11 3.1 §6.13.2]. In decryption nothing is given out before the
 * tag was checked, so parts are gathered. A wrapped key is an encrypted one and its tag.
 */
#include <string.h>

#include "client/rv.h"
#include "core/mech_gcm.h"
#include "core/token_resident.h"

/* The parameters before the erratum of PKCS#11 2.40, without ulIvBits. */
struct gcm_params_40 {
	CK_BYTE_PTR iv;
	CK_ULONG iv_len;
	CK_BYTE_PTR aad;
	CK_ULONG aad_len;
	CK_ULONG tag_bits;
};

/* Read either form of the parameters into the later one. */
static CK_RV read_params(const CK_MECHANISM *mechanism, CK_GCM_PARAMS *p)
{
	struct gcm_params_40 old;

	if (mechanism->ulParameterLen == sizeof *p) {
		memcpy(p, mechanism->pParameter, sizeof *p);
		return CKR_OK;
	}
	if (mechanism->ulParameterLen != sizeof old)
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(&old, mechanism->pParameter, sizeof old);
	*p = (CK_GCM_PARAMS){
		.pIv = old.iv, .ulIvLen = old.iv_len,
		.pAAD = old.aad, .ulAADLen = old.aad_len, .ulTagBits = old.tag_bits,
	};
	return CKR_OK;
}

bool sg_gcm_tag_bits(CK_ULONG bits)
{
	return bits % 8 == 0 && bits >= 96 && bits <= 128;
}

static CK_RV gcm_param(const CK_MECHANISM *mechanism, struct sg_op *op)
{
	CK_GCM_PARAMS p;
	enum sg_err err;
	CK_RV rv;

	rv = read_params(mechanism, &p);
	if (rv != CKR_OK)
		return rv;
	if (p.pIv == NULL || p.ulIvLen == 0 || p.ulIvLen > SG_GCM_IV_MAX ||
	    (p.ulIvBits != 0 && p.ulIvBits != 8 * p.ulIvLen))
		return CKR_MECHANISM_PARAM_INVALID;
	if ((p.pAAD == NULL && p.ulAADLen > 0) || p.ulAADLen > SG_GCM_AAD_MAX)
		return CKR_MECHANISM_PARAM_INVALID;
	if (!sg_gcm_tag_bits(p.ulTagBits))
		return CKR_MECHANISM_PARAM_INVALID;
	op->gcm.tag_len = p.ulTagBits / 8;
	err = sg_buf_set(&op->gcm.iv, sg_bytes(p.pIv, p.ulIvLen));
	if (err == SG_OK)
		err = sg_buf_set(&op->gcm.aad, sg_bytes(p.pAAD, p.ulAADLen));
	return sg_rv(err);
}

/* A key that lives in the hardware takes its data whole. */
static CK_RV encrypt_size_inside(const struct sg_op *op, enum sg_op_phase phase, size_t in_len,
                                 size_t *out_len)
{
	if (!sg_token_resident_takes(op->data.len, in_len))
		return CKR_DATA_LEN_RANGE;
	*out_len = phase == SG_OP_UPDATE ? 0 : op->data.len + in_len + op->gcm.tag_len;
	return CKR_OK;
}

static CK_RV encrypt_size(const struct sg_op *op, enum sg_op_phase phase, size_t in_len,
                          size_t *out_len)
{
	if (op->key->resident)
		return encrypt_size_inside(op, phase, in_len, out_len);
	if (in_len > SIZE_MAX / 2)
		return CKR_DATA_LEN_RANGE;
	*out_len = in_len + (phase == SG_OP_UPDATE ? 0 : op->gcm.tag_len);
	return CKR_OK;
}

static struct sg_resident_gcm inside_params(const struct sg_op *op)
{
	return (struct sg_resident_gcm){
		sg_buf_bytes(&op->gcm.iv), sg_buf_bytes(&op->gcm.aad), op->gcm.tag_len,
	};
}

static CK_RV encrypt_inside(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	const struct sg_resident_gcm gcm = inside_params(op);

	return sg_rv(sg_token_resident_encrypt(op->token, op->key, &gcm, in, out));
}

static CK_RV encrypt(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	if (op->key->resident)
		return encrypt_inside(op, in, out);
	return sg_rv(sg_gcm_encrypt(sg_secret_bytes(op->secret), sg_buf_bytes(&op->gcm.iv),
	                            sg_buf_bytes(&op->gcm.aad), in, out, out + in.len,
	                            op->gcm.tag_len));
}

static CK_RV encrypt_update(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	enum sg_err err = SG_OK;

	if (op->key->resident)
		return sg_op_gather(op, in);
	if (op->gcm.run == NULL)
		err = sg_gcm_new(sg_secret_bytes(op->secret), sg_buf_bytes(&op->gcm.iv),
		                 sg_buf_bytes(&op->gcm.aad), &op->gcm.run);
	if (err == SG_OK && in.len > 0)
		err = sg_gcm_update(op->gcm.run, in, out);
	return sg_rv(err);
}

static CK_RV encrypt_final(struct sg_op *op, uint8_t *out)
{
	if (op->gcm.run == NULL)
		return encrypt(op, sg_buf_bytes(&op->data), out);
	return sg_rv(sg_gcm_final(op->gcm.run, out, op->gcm.tag_len));
}

static CK_RV decrypt_size(const struct sg_op *op, enum sg_op_phase phase, size_t in_len,
                          size_t *out_len)
{
	size_t total = phase == SG_OP_FINAL ? op->data.len : in_len;

	*out_len = 0;
	if (phase == SG_OP_UPDATE)
		return CKR_OK;
	if (total < op->gcm.tag_len)
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	*out_len = total - op->gcm.tag_len;
	return CKR_OK;
}

static CK_RV decrypt_inside(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	const struct sg_resident_gcm gcm = inside_params(op);

	if (in.len < op->gcm.tag_len || !sg_token_resident_takes(0, in.len - op->gcm.tag_len))
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	return sg_rv(sg_token_resident_decrypt(op->token, op->key, &gcm, in, out));
}

static CK_RV decrypt(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	struct sg_bytes cipher = sg_bytes(in.data, in.len - op->gcm.tag_len);
	struct sg_bytes tag = sg_bytes(in.data + cipher.len, op->gcm.tag_len);

	if (op->key->resident)
		return decrypt_inside(op, in, out);
	return sg_rv(sg_gcm_decrypt(sg_secret_bytes(op->secret), sg_buf_bytes(&op->gcm.iv),
	                            sg_buf_bytes(&op->gcm.aad), cipher, tag, out));
}

static CK_RV decrypt_update(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	(void)out;
	return sg_op_gather(op, in);
}

static CK_RV decrypt_final(struct sg_op *op, uint8_t *out)
{
	return decrypt(op, sg_buf_bytes(&op->data), out);
}

const struct sg_key_kind sg_aes_kinds[] = { { CKO_SECRET_KEY, CKK_AES }, SG_KEY_KINDS_END };

static const struct sg_key_kind inside_too[] = {
	{ CKO_SECRET_KEY, CKK_AES }, { CKO_SECRET_KEY, CKK_AES, .resident = true },
	SG_KEY_KINDS_END,
};

static const struct sg_op_fns encrypt_fns = {
	.keys = inside_too, .size = encrypt_size,
	.once = encrypt, .update = encrypt_update, .final = encrypt_final,
};

static const struct sg_op_fns decrypt_fns = {
	.keys = inside_too, .size = decrypt_size,
	.once = decrypt, .update = decrypt_update, .final = decrypt_final,
};

static CK_RV wrap_size(const struct sg_op *op, size_t len, size_t *out_len)
{
	if (len < 1 || len > SG_GCM_WRAP_MAX)
		return CKR_KEY_SIZE_RANGE;
	*out_len = len + op->gcm.tag_len;
	return CKR_OK;
}

static CK_RV unwrap(struct sg_op *op, struct sg_bytes wrapped, struct sg_secret **plain)
{
	struct sg_secret *secret = NULL;
	enum sg_err err;
	CK_RV rv;

	*plain = NULL;
	if (wrapped.len <= op->gcm.tag_len || wrapped.len > SG_GCM_WRAP_MAX + op->gcm.tag_len)
		return CKR_WRAPPED_KEY_LEN_RANGE;
	err = sg_secret_new(wrapped.len - op->gcm.tag_len, &secret);
	if (err != SG_OK)
		return sg_rv(err);
	rv = decrypt(op, wrapped, secret->data);
	if (rv == CKR_OK) {
		secret->len = secret->cap;
		*plain = secret;
		secret = NULL;
	}
	sg_secret_free(&secret);
	return rv == CKR_ENCRYPTED_DATA_INVALID ? CKR_WRAPPED_KEY_INVALID : rv;
}

static const struct sg_wrap_fns wrap_fns = { sg_aes_kinds, wrap_size, encrypt, unwrap };

const struct sg_mech sg_mech_aes_gcm = {
	.type = CKM_AES_GCM, .name = "CKM_AES_GCM",
	.min_key = 16, .max_key = 32,
	.flags = CKF_ENCRYPT | CKF_DECRYPT | CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT |
	         CKF_MULTI_MESSAGE | CKF_WRAP | CKF_UNWRAP,
	.param = gcm_param, .message_param = sg_gcm_message_param,
	.wrap = &wrap_fns,
	.op[SG_OP_ENCRYPT] = &encrypt_fns, .op[SG_OP_DECRYPT] = &decrypt_fns,
	.op[SG_OP_MESSAGE_ENCRYPT] = &sg_gcm_message_encrypt,
	.op[SG_OP_MESSAGE_DECRYPT] = &sg_gcm_message_decrypt,
	.wrap_message = &sg_gcm_message_wrap,
};
