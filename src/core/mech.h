/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The mechanism table: one row a mechanism. C_GetMechanismList,
 * C_GetMechanismInfo and every operation read only this table; a NULL operation
 * is CKR_MECHANISM_INVALID.
 */
#ifndef SG_CORE_MECH_H
#define SG_CORE_MECH_H

#include "core/op.h"
#include "seal/resident.h"

/* Wrapping and unwrapping. The operation is one of its own, not of a session: op->key
 * and op->secret are those of the key that does it. */
struct sg_wrap_fns {
	const struct sg_key_kind *keys; /* kinds of key that do it */

	/* Say how long len bytes of key become. Errors: KEY_SIZE_RANGE. */
	CK_RV (*size)(const struct sg_op *op, size_t len, size_t *out_len);
	CK_RV (*wrap)(struct sg_op *op, struct sg_bytes plain, uint8_t *out);

	/* Unwrap into guarded memory; the caller frees *plain. Errors: WRAPPED_KEY_INVALID,
	 * WRAPPED_KEY_LEN_RANGE. */
	CK_RV (*unwrap)(struct sg_op *op, struct sg_bytes wrapped, struct sg_secret **plain);
};

/* Deriving. The operation is one of its own: op->key and op->secret are the base key's. */
struct sg_derive_fns {
	const struct sg_key_kind *keys; /* kinds of base key */
	CK_OBJECT_CLASS makes;          /* CKO_SECRET_KEY or CKO_DATA */

	/* Derive len bytes, or as many as the mechanism gives where len is 0; the caller
	 * frees *out. Errors: KEY_SIZE_RANGE, TEMPLATE_INCOMPLETE where it needs a length. */
	CK_RV (*derive)(struct sg_op *op, size_t len, struct sg_secret **out);
};

struct sg_mech {
	CK_MECHANISM_TYPE type;
	const char *name;
	CK_ULONG min_key;               /* as C_GetMechanismInfo reports them: of curves in bits */
	CK_ULONG max_key;
	CK_FLAGS flags;
	CK_FLAGS hardware;              /* those that only hardware which keeps keys gives */
	enum sg_digest_alg digest;      /* where it digests */
	const struct sg_mac_alg *mac;   /* where it makes message authentication codes */
	size_t shortest;                /* bytes of a code that may be asked for; 0: no choice */

	/* Check the parameter and keep what the operation needs of it; NULL: there is none. */
	CK_RV (*param)(const CK_MECHANISM *mechanism, struct sg_op *op);

	/* The same where the operation is one of messages. */
	CK_RV (*message_param)(const CK_MECHANISM *mechanism, struct sg_op *op);

	const struct sg_op_fns *op[SG_OPS];
	const struct sg_wrap_fns *wrap;
	const struct sg_wrap_fns *wrap_message; /* with a message's parameter, op->message */
	const struct sg_derive_fns *derive;

	/* Make the material of a new key. attrs are those of its template: of a pair the public
	 * half's, whose CKA_EC_PARAMS name the curve; of a secret key with CKA_VALUE_LEN. */
	CK_RV (*generate)(const struct sg_attrs *attrs, struct sg_secret **material);
	/* What the hardware makes instead where CKA_SIGNET_RESIDENT says so; NULL: nothing. */
	const enum sg_resident_kind *resident;
	CK_KEY_TYPE makes;              /* key type of what is made */
};

/* Return the row of a mechanism, or NULL. */
const struct sg_mech *sg_mech(CK_MECHANISM_TYPE type);

/* Return the whole table and its length. */
const struct sg_mech *const *sg_mechs(size_t *n);

/* Return the flags of a mechanism on a token: without what its hardware lacks, and 0 where
 * there is nothing left that it does. */
CK_FLAGS sg_mech_flags(const struct sg_mech *mech, struct sg_token *token);

/* Find the mechanism that can do what a flag says (CKF_SIGN, CKF_WRAP ...) and check its
 * parameter. op, which is all zero but for the token before, gets the row and what it needs
 * of the parameter; it belongs to sg_op_end also after an error. Errors: ARGUMENTS_BAD,
 * MECHANISM_INVALID, MECHANISM_PARAM_INVALID. */
CK_RV sg_mech_begin(const CK_MECHANISM *mechanism, CK_FLAGS flag, struct sg_op *op);

/* Tell whether a key is of one of the kinds, which end with SG_KEY_KINDS_END. */
bool sg_mech_takes(const struct sg_key_kind *keys, const struct sg_object *key);

/* The kinds of key of all AES mechanisms. */
extern const struct sg_key_kind sg_aes_kinds[];

/* Check that a mechanism has no parameter. Errors: MECHANISM_PARAM_INVALID. */
CK_RV sg_mech_no_param(const CK_MECHANISM *mechanism);

/* The rows, each in the file of its algorithm. */
extern const struct sg_mech sg_mech_sha256, sg_mech_sha384, sg_mech_sha512;
extern const struct sg_mech sg_mech_eddsa, sg_mech_edwards_generate;
extern const struct sg_mech sg_mech_ec_generate, sg_mech_ecdsa;
extern const struct sg_mech sg_mech_ecdsa_sha256, sg_mech_ecdsa_sha384, sg_mech_ecdsa_sha512;
extern const struct sg_mech sg_mech_aes_generate, sg_mech_aes_gcm;
extern const struct sg_mech sg_mech_aes_cbc, sg_mech_aes_cbc_pad, sg_mech_aes_ctr;
extern const struct sg_mech sg_mech_generic_generate;
extern const struct sg_mech sg_mech_sha256_generate, sg_mech_sha384_generate;
extern const struct sg_mech sg_mech_sha512_generate;
extern const struct sg_mech sg_mech_sha256_hmac, sg_mech_sha256_hmac_part;
extern const struct sg_mech sg_mech_sha384_hmac, sg_mech_sha384_hmac_part;
extern const struct sg_mech sg_mech_sha512_hmac, sg_mech_sha512_hmac_part;
extern const struct sg_mech sg_mech_aes_cmac, sg_mech_aes_cmac_part;
extern const struct sg_mech sg_mech_montgomery_generate, sg_mech_ecdh;
extern const struct sg_mech sg_mech_hkdf_generate, sg_mech_hkdf_derive, sg_mech_hkdf_data;
extern const struct sg_mech sg_mech_aes_kw, sg_mech_aes_kwp, sg_mech_aes_kw_pad;

#endif
