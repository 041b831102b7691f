/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The mechanism table: one row a mechanism. C_GetMechanismList,
 * C_GetMechanismInfo and every operation read only this table; a NULL operation
 * is CKR_MECHANISM_INVALID.
 */
#ifndef SG_CORE_MECH_H
#define SG_CORE_MECH_H

#include "core/op.h"

/* Wrapping and unwrapping, which are not operations of a session. */
struct sg_wrap_fns {
	/* Say how long len bytes of key become. Errors: KEY_SIZE_RANGE. */
	CK_RV (*size)(size_t len, size_t *out_len);
	CK_RV (*wrap)(struct sg_bytes key, struct sg_bytes plain, uint8_t *out);

	/* Unwrap into guarded memory; the caller frees *plain. Errors: WRAPPED_KEY_INVALID,
	 * WRAPPED_KEY_LEN_RANGE. */
	CK_RV (*unwrap)(struct sg_bytes key, struct sg_bytes wrapped, struct sg_secret **plain);
};

struct sg_mech {
	CK_MECHANISM_TYPE type;
	const char *name;
	CK_ULONG min_key;               /* as C_GetMechanismInfo reports them: bits of a curve, bytes of AES */
	CK_ULONG max_key;
	CK_FLAGS flags;
	CK_KEY_TYPE key_type;           /* of the keys it works with or makes */

	/* Check the parameter and keep what the operation needs of it; NULL: there is none. */
	CK_RV (*param)(const CK_MECHANISM *mechanism, struct sg_op *op);

	const struct sg_op_fns *op[SG_OPS];
	const struct sg_wrap_fns *wrap;

	/* Make key material; len is CKA_VALUE_LEN, or 0 where the template has none. */
	CK_RV (*generate)(CK_ULONG len, struct sg_secret **material);
	bool pair;                      /* generate makes a private key with a public half */
};

/* Return the row of a mechanism, or NULL. */
const struct sg_mech *sg_mech(CK_MECHANISM_TYPE type);

/* Return the whole table and its length. */
const struct sg_mech *const *sg_mechs(size_t *n);

/* Check that a mechanism has no parameter. Errors: MECHANISM_PARAM_INVALID. */
CK_RV sg_mech_no_param(const CK_MECHANISM *mechanism);

/* The rows, each in the file of its algorithm. */
extern const struct sg_mech sg_mech_sha256, sg_mech_sha384, sg_mech_sha512;
extern const struct sg_mech sg_mech_eddsa, sg_mech_edwards_generate;
extern const struct sg_mech sg_mech_aes_generate, sg_mech_aes_gcm;
extern const struct sg_mech sg_mech_aes_kw, sg_mech_aes_kwp, sg_mech_aes_kw_pad;

#endif
