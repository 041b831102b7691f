/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. CKM_AES_CTR [SP 800-38A §6.5]. A counter that started again would encrypt two
 * blocks alike, so a text that long is refused. Nothing is authenticated.
 */
#include <string.h>

#include "client/rv.h"
#include "core/mech.h"

typedef unsigned __int128 block;

/* Return how many bytes there are until a counter of so many bits would start again. */
static uint64_t bytes_left(const CK_BYTE counter[SG_AES_BLOCK], CK_ULONG bits)
{
	const block mask = bits == 128 ? ~(block)0 : ((block)1 << bits) - 1;
	const block value = (block)sg_get_u64(counter) << 64 | sg_get_u64(counter + 8);
	const block more = mask - (value & mask);

	return more >= UINT64_MAX / SG_AES_BLOCK ? UINT64_MAX
	                                         : ((uint64_t)more + 1) * SG_AES_BLOCK;
}

static CK_RV param(const CK_MECHANISM *mechanism, struct sg_op *op)
{
	CK_AES_CTR_PARAMS p;

	if (mechanism->ulParameterLen != sizeof p)
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(&p, mechanism->pParameter, sizeof p);
	if (p.ulCounterBits < 1 || p.ulCounterBits > 8 * SG_AES_BLOCK)
		return CKR_MECHANISM_PARAM_INVALID;
	op->ctr.left = bytes_left(p.cb, p.ulCounterBits);
	memcpy(op->ctr.counter, p.cb, SG_AES_BLOCK);
	return CKR_OK;
}

static CK_RV size(const struct sg_op *op, enum sg_op_phase phase, size_t in_len, size_t *out_len)
{
	*out_len = phase == SG_OP_FINAL ? 0 : in_len;
	return in_len <= op->ctr.left ? CKR_OK : CKR_DATA_LEN_RANGE;
}

static CK_RV decrypt_size(const struct sg_op *op, enum sg_op_phase phase, size_t in_len,
                          size_t *out_len)
{
	return size(op, phase, in_len, out_len) == CKR_OK ? CKR_OK : CKR_ENCRYPTED_DATA_LEN_RANGE;
}

static CK_RV update(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	enum sg_err err = SG_OK;

	if (op->ctr.run == NULL)
		err = sg_aes_new(SG_AES_CTR, sg_secret_bytes(op->secret), op->ctr.counter,
		                 &op->ctr.run);
	if (err == SG_OK)
		err = sg_aes_run(op->ctr.run, in, out);
	op->ctr.left -= in.len;
	return sg_rv(err);
}

static CK_RV final(struct sg_op *op, uint8_t *out)
{
	(void)op;
	(void)out;
	return CKR_OK;
}

static const struct sg_op_fns encrypt_fns = {
	.keys = sg_aes_kinds, .size = size, .once = update, .update = update, .final = final,
};

static const struct sg_op_fns decrypt_fns = {
	.keys = sg_aes_kinds, .size = decrypt_size,
	.once = update, .update = update, .final = final,
};

const struct sg_mech sg_mech_aes_ctr = {
	.type = CKM_AES_CTR, .name = "CKM_AES_CTR", .min_key = 16, .max_key = 32,
	.flags = CKF_ENCRYPT | CKF_DECRYPT, .param = param,
	.op[SG_OP_ENCRYPT] = &encrypt_fns, .op[SG_OP_DECRYPT] = &decrypt_fns,
};
