/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. CKM_AES_CBC and CKM_AES_CBC_PAD, whole and in parts [SP 800-38A, RFC 5652 §6.3].
 * They authenticate nothing, so they are for encrypting and decrypting only: no key
 * comes in by them.
 */
#include <string.h>

#include "client/rv.h"
#include "core/mech.h"
#include "crypto/aes_cbc.h"

static const struct sg_op_fns encrypt_fns, decrypt_fns;

static struct sg_cbc_form form_of(const struct sg_op *op)
{
	return (struct sg_cbc_form){
		.encrypt = op->fns == &encrypt_fns, .padded = op->mech->type == CKM_AES_CBC_PAD,
	};
}

static CK_RV param(const CK_MECHANISM *mechanism, struct sg_op *op)
{
	if (mechanism->ulParameterLen != SG_AES_BLOCK)
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(op->cbc.iv, mechanism->pParameter, SG_AES_BLOCK);
	return CKR_OK;
}

static CK_RV failure(const struct sg_op *op, enum sg_err err)
{
	if (err == SG_ERR_RANGE)
		return form_of(op).encrypt ? CKR_DATA_LEN_RANGE : CKR_ENCRYPTED_DATA_LEN_RANGE;
	return err == SG_ERR_FORMAT ? CKR_ENCRYPTED_DATA_INVALID : sg_rv(err);
}

/* Of a padded text the most that it can be. */
static CK_RV size(const struct sg_op *op, enum sg_op_phase phase, size_t in_len, size_t *out_len)
{
	const struct sg_cbc_form form = form_of(op);
	const size_t held = op->cbc.run != NULL ? sg_cbc_held(op->cbc.run) : 0;
	const size_t rest = phase == SG_OP_FINAL ? held : in_len;

	if (in_len > SIZE_MAX / 2)
		return failure(op, SG_ERR_RANGE);
	if (phase == SG_OP_UPDATE) {
		*out_len = sg_cbc_part_len(form, held, in_len);
		return CKR_OK;
	}
	if (form.encrypt && form.padded) {
		*out_len = (rest / SG_AES_BLOCK + 1) * SG_AES_BLOCK;
		return CKR_OK;
	}
	*out_len = rest;
	return rest % SG_AES_BLOCK != 0 || (form.padded && rest == 0)
	               ? failure(op, SG_ERR_RANGE) : CKR_OK;
}

static enum sg_err begin(const struct sg_op *op, struct sg_cbc **cbc)
{
	return sg_cbc_new(form_of(op), sg_secret_bytes(op->secret), op->cbc.iv, cbc);
}

/* Find how much of the last block is text: it needs no other than the one before it. */
static enum sg_err peek(const struct sg_op *op, struct sg_bytes in, size_t *out_len)
{
	struct sg_bytes last = sg_bytes(in.data + in.len - SG_AES_BLOCK, SG_AES_BLOCK);
	const uint8_t *iv = in.len > SG_AES_BLOCK ? last.data - SG_AES_BLOCK : op->cbc.iv;
	struct sg_cbc *cbc = NULL;
	enum sg_err err;

	err = sg_cbc_new(form_of(op), sg_secret_bytes(op->secret), iv, &cbc);
	if (err == SG_OK)
		err = sg_cbc_update(cbc, last, NULL);
	if (err == SG_OK)
		err = sg_cbc_final(cbc, &last);
	*out_len = in.len - SG_AES_BLOCK + last.len;
	sg_cbc_free(&cbc);
	return err;
}

/* For decryption only: an encryption's sizes are known. */
static CK_RV exact(struct sg_op *op, enum sg_op_phase phase, struct sg_bytes in, size_t *out_len)
{
	struct sg_bytes last;
	enum sg_err err;

	if (phase == SG_OP_UPDATE || !form_of(op).padded)
		return CKR_OK;
	if (phase == SG_OP_ONCE)
		return failure(op, peek(op, in, out_len));
	err = sg_cbc_final(op->cbc.run, &last);
	*out_len = last.len;
	return failure(op, err);
}

static CK_RV update(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	enum sg_err err = SG_OK;

	if (op->cbc.run == NULL)
		err = begin(op, &op->cbc.run);
	if (err == SG_OK)
		err = sg_cbc_update(op->cbc.run, in, out);
	return sg_rv(err);
}

static CK_RV final(struct sg_op *op, uint8_t *out)
{
	struct sg_bytes last = sg_bytes(NULL, 0);
	enum sg_err err = SG_OK;

	if (op->cbc.run == NULL)
		err = begin(op, &op->cbc.run);
	if (err == SG_OK)
		err = sg_cbc_final(op->cbc.run, &last);
	if (err == SG_OK && last.len > 0)
		memcpy(out, last.data, last.len);
	return failure(op, err);
}

static CK_RV once(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	CK_RV rv = update(op, in, out);

	return rv != CKR_OK ? rv : final(op, out + sg_cbc_part_len(form_of(op), 0, in.len));
}

static const struct sg_op_fns encrypt_fns = {
	.keys = sg_aes_kinds, .size = size, .once = once, .update = update, .final = final,
};

static const struct sg_op_fns decrypt_fns = {
	.keys = sg_aes_kinds, .size = size, .exact = exact,
	.once = once, .update = update, .final = final,
};

#define CBC(mechanism) \
	{ .type = mechanism, .name = #mechanism, .min_key = 16, .max_key = 32, \
	  .flags = CKF_ENCRYPT | CKF_DECRYPT, .param = param, \
	  .op[SG_OP_ENCRYPT] = &encrypt_fns, .op[SG_OP_DECRYPT] = &decrypt_fns }

const struct sg_mech sg_mech_aes_cbc = CBC(CKM_AES_CBC);
const struct sg_mech sg_mech_aes_cbc_pad = CBC(CKM_AES_CBC_PAD);
