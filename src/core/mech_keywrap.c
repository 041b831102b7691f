/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. CKM_AES_KEY_WRAP [RFC 3394], and CKM_AES_KEY_WRAP_KWP with the older
 * CKM_AES_KEY_WRAP_PAD, which both mean RFC 5649 [PKCS#11 3.1 §6.16], also by keys that live in
 * the hardware.
 */
#include "client/rv.h"
#include "core/mech.h"
#include "core/token_resident.h"
#include "crypto/keywrap.h"

static CK_RV wrapped_size(enum sg_keywrap_alg alg, size_t len, size_t *out_len)
{
	*out_len = sg_keywrap_len(alg, len);
	return *out_len > 0 ? CKR_OK : CKR_KEY_SIZE_RANGE;
}

static CK_RV wrap(enum sg_keywrap_alg alg, const struct sg_op *op, struct sg_bytes plain,
                  uint8_t *out)
{
	return sg_rv(sg_keywrap_wrap(alg, sg_secret_bytes(op->secret), plain, out));
}

static CK_RV unwrapped(enum sg_err err)
{
	if (err == SG_ERR_TAG)
		return CKR_WRAPPED_KEY_INVALID;
	if (err == SG_ERR_RANGE)
		return CKR_WRAPPED_KEY_LEN_RANGE;
	return sg_rv(err);
}

static CK_RV unwrap(enum sg_keywrap_alg alg, const struct sg_op *op, struct sg_bytes wrapped,
                    struct sg_secret **plain)
{
	return unwrapped(sg_keywrap_unwrap(alg, sg_secret_bytes(op->secret), wrapped, plain));
}

static CK_RV kw_size(const struct sg_op *op, size_t len, size_t *out_len)
{
	(void)op;
	return wrapped_size(SG_KW, len, out_len);
}

static CK_RV kw_wrap(struct sg_op *op, struct sg_bytes plain, uint8_t *out)
{
	return wrap(SG_KW, op, plain, out);
}

static CK_RV kw_unwrap(struct sg_op *op, struct sg_bytes wrapped, struct sg_secret **plain)
{
	return unwrap(SG_KW, op, wrapped, plain);
}

static CK_RV kwp_size(const struct sg_op *op, size_t len, size_t *out_len)
{
	if (op->key->resident && len > SG_RESIDENT_DATA_MAX)
		return CKR_KEY_SIZE_RANGE;
	return wrapped_size(SG_KWP, len, out_len);
}

static CK_RV kwp_wrap(struct sg_op *op, struct sg_bytes plain, uint8_t *out)
{
	if (op->key->resident)
		return sg_rv(sg_token_resident_wrap(op->token, op->key, plain, out));
	return wrap(SG_KWP, op, plain, out);
}

/* The hardware gets nothing of a length that can't be. */
static CK_RV kwp_unwrap_inside(const struct sg_op *op, struct sg_bytes wrapped,
                               struct sg_secret **plain)
{
	if (wrapped.len < 16 || wrapped.len % 8 != 0 || wrapped.len > SG_RESIDENT_DATA_MAX)
		return CKR_WRAPPED_KEY_LEN_RANGE;
	return unwrapped(sg_token_resident_unwrap(op->token, op->key, wrapped, plain));
}

static CK_RV kwp_unwrap(struct sg_op *op, struct sg_bytes wrapped, struct sg_secret **plain)
{
	if (op->key->resident)
		return kwp_unwrap_inside(op, wrapped, plain);
	return unwrap(SG_KWP, op, wrapped, plain);
}

static const struct sg_key_kind inside_too[] = {
	{ CKO_SECRET_KEY, CKK_AES }, { CKO_SECRET_KEY, CKK_AES, .resident = true },
	SG_KEY_KINDS_END,
};

static const struct sg_wrap_fns kw = { sg_aes_kinds, kw_size, kw_wrap, kw_unwrap };
static const struct sg_wrap_fns kwp = { inside_too, kwp_size, kwp_wrap, kwp_unwrap };

#define KEY_WRAP(mechanism, fns) \
	{ .type = mechanism, .name = #mechanism, .min_key = 16, .max_key = 32, \
	  .flags = CKF_WRAP | CKF_UNWRAP, .wrap = fns }

const struct sg_mech sg_mech_aes_kw = KEY_WRAP(CKM_AES_KEY_WRAP, &kw);
const struct sg_mech sg_mech_aes_kw_pad = KEY_WRAP(CKM_AES_KEY_WRAP_PAD, &kwp);
const struct sg_mech sg_mech_aes_kwp = KEY_WRAP(CKM_AES_KEY_WRAP_KWP, &kwp);
