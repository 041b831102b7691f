/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The curves: one row each, and the encodings of their public keys in
 * attributes. Clients of three generations write them in five ways; all are read,
 * one is kept: the object identifier and the bytes of the point.
 */
#ifndef SG_CORE_CURVE_H
#define SG_CORE_CURVE_H

#include "core/attrs.h"
#include "util/config.h"
#include "util/secret.h"

#define SG_CURVE_EMIT_MAX 80            /* bytes of the longest CKA_EC_POINT that is given out */

struct sg_curve {
	CK_KEY_TYPE key_type;
	struct sg_bytes params;         /* CKA_EC_PARAMS as kept: the object identifier in DER */
	struct sg_bytes also[2];        /* other forms that are read */
	struct sg_bytes algorithm;      /* AlgorithmIdentifier of a SubjectPublicKeyInfo, DER */
	size_t point_len;               /* bytes of a point */
	bool octet;                     /* CKA_EC_POINT is a DER OCTET STRING in every version */
	size_t private_len;             /* bytes of CKA_VALUE; 0: none is ever brought in */

	/* Tell whether a key can be used with this point. */
	bool (*valid)(struct sg_bytes point);

	/* Make the kept material, private key followed by point, of CKA_VALUE, or of nothing
	 * a new one. NULL: such keys live in the hardware only. */
	enum sg_err (*from_private)(struct sg_bytes value, struct sg_secret **material);
	enum sg_err (*generate)(struct sg_secret **material);

	/* Compute the secret that kept material shares with the owner of a point. Errors: TAG
	 * for a point with which there is none. NULL: such keys are not for this, or live in
	 * the hardware only. */
	enum sg_err (*shared)(const struct sg_secret *material, struct sg_bytes point,
	                      struct sg_secret **shared);
};

/* Find the curve that CKA_EC_PARAMS names for keys of a type, in any form: an object
 * identifier, or the curve's name as a DER PrintableString [PKCS#11 3.1 §6.3.3]. NULL: none. */
const struct sg_curve *sg_curve_named(CK_KEY_TYPE type, struct sg_bytes params);

/* Return the curve of an object's attributes, or NULL where they name none. */
const struct sg_curve *sg_curve_of(const struct sg_attrs *attrs);

/* View the point behind the private key in kept material. */
struct sg_bytes sg_curve_material_point(const struct sg_curve *curve,
                                        const struct sg_secret *material);

/* Read CKA_EC_POINT: the raw point, a DER OCTET STRING or a DER BIT STRING of it. The
 * view is into value. False for anything else. */
bool sg_curve_point(const struct sg_curve *curve, struct sg_bytes value, struct sg_bytes *point);

/* Tell whether CKA_PUBLIC_KEY_INFO, which may be missing or empty, is that of the point. Errors:
 * NOMEM. */
enum sg_err sg_curve_info_fits(const struct sg_curve *curve, const struct sg_attrs *attrs,
                               struct sg_bytes point, bool *fits);

/* Set CKA_EC_PARAMS, CKA_EC_POINT (raw) and CKA_PUBLIC_KEY_INFO. Errors: NOMEM. */
enum sg_err sg_curve_set(const struct sg_curve *curve, struct sg_attrs *attrs,
                         struct sg_bytes point);

/* Write CKA_EC_POINT as clients are to see it. Return the length. */
size_t sg_curve_emit(const struct sg_curve *curve, struct sg_bytes point, enum sg_ec_point form,
                     uint8_t out[SG_CURVE_EMIT_MAX]);

/* Return the whole table and its length. */
const struct sg_curve *sg_curves(size_t *n);

#endif
