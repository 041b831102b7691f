/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. CKM_SHA256, CKM_SHA384, CKM_SHA512 [PKCS#11 3.1 §6.22].
 */
#include "client/rv.h"
#include "core/mech.h"

static CK_RV size(const struct sg_op *op, enum sg_op_phase phase, size_t in_len, size_t *out_len)
{
	(void)in_len;
	*out_len = phase == SG_OP_UPDATE ? 0 : sg_digest_len(op->mech->digest);
	return CKR_OK;
}

static CK_RV once(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	return sg_rv(sg_digest_once(op->mech->digest, in, out));
}

static CK_RV update(struct sg_op *op, struct sg_bytes in, uint8_t *out)
{
	(void)out;
	return sg_op_digest(op, in);
}

static CK_RV final(struct sg_op *op, uint8_t *out)
{
	if (op->digest == NULL)
		return once(op, sg_bytes(NULL, 0), out);
	return sg_rv(sg_digest_final(op->digest, out));
}

static const struct sg_op_fns fns = {
	.size = size, .once = once, .update = update, .final = final,
};

#define SHA2(mechanism, algorithm) \
	{ .type = mechanism, .name = #mechanism, .flags = CKF_DIGEST, .digest = algorithm, \
	  .op[SG_OP_DIGEST] = &fns }

const struct sg_mech sg_mech_sha256 = SHA2(CKM_SHA256, SG_SHA256);
const struct sg_mech sg_mech_sha384 = SHA2(CKM_SHA384, SG_SHA384);
const struct sg_mech sg_mech_sha512 = SHA2(CKM_SHA512, SG_SHA512);
