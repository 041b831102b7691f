/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The mechanisms that make keys out of nothing but random bytes: AES, generic
 * secrets [PKCS#11 3.1 §6.7], HMAC [§6.22] and HKDF [§6.62.5].
 */
#include "client/rv.h"
#include "core/attr_table.h"
#include "core/mech.h"
#include "crypto/random.h"

static CK_RV generate(const struct sg_attrs *attrs, struct sg_secret **material)
{
	const struct sg_key_type *type = sg_key_type(sg_attrs_ulong(attrs, CKA_KEY_TYPE),
	                                             SG_IN_SECRET);
	CK_ULONG len = sg_attrs_ulong(attrs, CKA_VALUE_LEN);

	if (!sg_key_type_takes(type, len))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return sg_rv(sg_random_secret(len, material));
}

static const enum sg_resident_kind hmac_sha256 = SG_RESIDENT_HMAC_SHA256;
static const enum sg_resident_kind aes256 = SG_RESIDENT_AES256;

/* What hardware makes of it, if it is asked to, comes last. */
#define GENERATOR(mechanism, key_type, min, max, ...) \
	{ .type = mechanism, .name = #mechanism, .min_key = min, .max_key = max, \
	  .flags = CKF_GENERATE, .generate = generate, .makes = key_type, __VA_ARGS__ }

const struct sg_mech sg_mech_aes_generate =
	GENERATOR(CKM_AES_KEY_GEN, CKK_AES, 16, 32, .resident = &aes256);
const struct sg_mech sg_mech_hkdf_generate =
	GENERATOR(CKM_HKDF_KEY_GEN, CKK_HKDF, 1, SG_SECRET_KEY_MAX);
const struct sg_mech sg_mech_sha256_generate =
	GENERATOR(CKM_SHA256_KEY_GEN, CKK_SHA256_HMAC, 1, SG_SECRET_KEY_MAX,
	          .resident = &hmac_sha256);
const struct sg_mech sg_mech_sha384_generate =
	GENERATOR(CKM_SHA384_KEY_GEN, CKK_SHA384_HMAC, 1, SG_SECRET_KEY_MAX);
const struct sg_mech sg_mech_sha512_generate =
	GENERATOR(CKM_SHA512_KEY_GEN, CKK_SHA512_HMAC, 1, SG_SECRET_KEY_MAX);

/* The only one whose sizes the specification wants in bits. */
const struct sg_mech sg_mech_generic_generate =
	GENERATOR(CKM_GENERIC_SECRET_KEY_GEN, CKK_GENERIC_SECRET, 8, 8 * SG_SECRET_KEY_MAX,
	          .resident = &hmac_sha256);
