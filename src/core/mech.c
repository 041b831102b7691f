/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The list of mechanisms.
 */
#include "core/mech.h"

#include "core/token_resident.h"

#define MESSAGES \
	(CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT | CKF_MESSAGE_SIGN | CKF_MESSAGE_VERIFY)

/* What a mechanism can do, as opposed to what its keys are like. */
#define FUNCTIONS (MESSAGES | CKF_ENCRYPT | CKF_DECRYPT | CKF_DIGEST | CKF_SIGN | CKF_VERIFY | \
	CKF_GENERATE | CKF_GENERATE_KEY_PAIR | CKF_WRAP | CKF_UNWRAP | CKF_DERIVE)

static const struct sg_mech *const table[] = {
	&sg_mech_edwards_generate,
	&sg_mech_eddsa,
	&sg_mech_ec_generate,
	&sg_mech_ecdsa,
	&sg_mech_ecdsa_sha256,
	&sg_mech_ecdsa_sha384,
	&sg_mech_ecdsa_sha512,
	&sg_mech_montgomery_generate,
	&sg_mech_ecdh,
	&sg_mech_aes_generate,
	&sg_mech_aes_gcm,
	&sg_mech_aes_cbc,
	&sg_mech_aes_cbc_pad,
	&sg_mech_aes_ctr,
	&sg_mech_aes_kw,
	&sg_mech_aes_kw_pad,
	&sg_mech_aes_kwp,
	&sg_mech_hkdf_generate,
	&sg_mech_hkdf_derive,
	&sg_mech_hkdf_data,
	&sg_mech_generic_generate,
	&sg_mech_sha256_generate,
	&sg_mech_sha384_generate,
	&sg_mech_sha512_generate,
	&sg_mech_sha256_hmac,
	&sg_mech_sha256_hmac_part,
	&sg_mech_sha384_hmac,
	&sg_mech_sha384_hmac_part,
	&sg_mech_sha512_hmac,
	&sg_mech_sha512_hmac_part,
	&sg_mech_aes_cmac,
	&sg_mech_aes_cmac_part,
	&sg_mech_sha256,
	&sg_mech_sha384,
	&sg_mech_sha512,
};

const struct sg_mech *sg_mech(CK_MECHANISM_TYPE type)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (table[i]->type == type)
			return table[i];
	return NULL;
}

const struct sg_mech *const *sg_mechs(size_t *n)
{
	*n = sizeof table / sizeof table[0];
	return table;
}

CK_FLAGS sg_mech_flags(const struct sg_mech *mech, struct sg_token *token)
{
	CK_FLAGS flags = mech->flags;

	if (mech->hardware != 0 && (token == NULL || sg_token_resident(token) == NULL))
		flags &= ~mech->hardware;
	return flags & FUNCTIONS ? flags : 0;
}

CK_RV sg_mech_begin(const CK_MECHANISM *mechanism, CK_FLAGS flag, struct sg_op *op)
{
	CK_RV (*param)(const CK_MECHANISM *mechanism, struct sg_op *op);
	const struct sg_mech *mech;

	if (mechanism->pParameter == NULL && mechanism->ulParameterLen > 0)
		return CKR_ARGUMENTS_BAD;
	mech = sg_mech(mechanism->mechanism);
	if (mech == NULL || (sg_mech_flags(mech, op->token) & flag) == 0)
		return CKR_MECHANISM_INVALID;
	op->mech = mech;
	param = flag & MESSAGES || op->message != NULL ? mech->message_param : mech->param;
	return param != NULL ? param(mechanism, op) : sg_mech_no_param(mechanism);
}

bool sg_mech_takes(const struct sg_key_kind *keys, const struct sg_object *key)
{
	for (; keys->class != CK_UNAVAILABLE_INFORMATION; keys++)
		if (keys->class == key->class && keys->type == key->key_type &&
		    keys->resident == key->resident)
			return true;
	return false;
}

CK_RV sg_mech_no_param(const CK_MECHANISM *mechanism)
{
	return mechanism->ulParameterLen == 0 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
}
