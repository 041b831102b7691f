/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. What the mechanisms of curves share: sizes and flags as C_GetMechanismInfo
 * reports them, and making a pair.
 */
#ifndef SG_CORE_MECH_CURVE_H
#define SG_CORE_MECH_CURVE_H

#include "core/mech.h"

#define SG_BITS_25519 255
#define SG_BITS_P256 256
#define SG_FLAGS_P256 (CKF_EC_F_P | CKF_EC_NAMEDCURVE | CKF_EC_UNCOMPRESS)

/* Make the material of a pair of keys of the curve that the attributes name. Errors:
 * CURVE_NOT_SUPPORTED. */
CK_RV sg_mech_make_pair(const struct sg_attrs *attrs, struct sg_secret **material);

/* What hardware makes of Ed25519, if it is asked to. */
extern const enum sg_resident_kind sg_mech_ed25519_inside;

#endif
