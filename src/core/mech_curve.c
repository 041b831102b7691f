/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The mechanisms that make pairs of keys: CKM_EC_EDWARDS_KEY_PAIR_GEN,
 * CKM_EC_MONTGOMERY_KEY_PAIR_GEN and, in hardware, CKM_EC_KEY_PAIR_GEN [PKCS#11 3.1 §6.3].
 */
#include "core/mech_curve.h"

#include "client/rv.h"
#include "core/curve.h"

CK_RV sg_mech_make_pair(const struct sg_attrs *attrs, struct sg_secret **material)
{
	const struct sg_curve *curve = sg_curve_of(attrs);

	return curve == NULL ? CKR_CURVE_NOT_SUPPORTED : sg_rv(curve->generate(material));
}

const enum sg_resident_kind sg_mech_ed25519_inside = SG_RESIDENT_ED25519;

const struct sg_mech sg_mech_edwards_generate = {
	.type = CKM_EC_EDWARDS_KEY_PAIR_GEN, .name = "CKM_EC_EDWARDS_KEY_PAIR_GEN",
	.min_key = SG_BITS_25519, .max_key = SG_BITS_25519,
	.flags = CKF_GENERATE_KEY_PAIR | CKF_EC_NAMEDCURVE,
	.generate = sg_mech_make_pair, .resident = &sg_mech_ed25519_inside, .makes = CKK_EC_EDWARDS,
};

const struct sg_mech sg_mech_montgomery_generate = {
	.type = CKM_EC_MONTGOMERY_KEY_PAIR_GEN, .name = "CKM_EC_MONTGOMERY_KEY_PAIR_GEN",
	.min_key = SG_BITS_25519, .max_key = SG_BITS_25519,
	.flags = CKF_GENERATE_KEY_PAIR | CKF_EC_NAMEDCURVE,
	.generate = sg_mech_make_pair, .makes = CKK_EC_MONTGOMERY,
};

static const enum sg_resident_kind p256 = SG_RESIDENT_P256;

const struct sg_mech sg_mech_ec_generate = {
	.type = CKM_EC_KEY_PAIR_GEN, .name = "CKM_EC_KEY_PAIR_GEN",
	.min_key = SG_BITS_P256, .max_key = SG_BITS_P256,
	.flags = CKF_HW | CKF_GENERATE_KEY_PAIR | SG_FLAGS_P256,
	.hardware = CKF_HW | CKF_GENERATE_KEY_PAIR,
	.resident = &p256, .makes = CKK_EC,
};
