/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. What tokens say of the curve of a key and of its point, in all forms that there are: that
 * of PKCS#11 3.1 §6.3.3 and those of older modules.
 */
#ifndef SG_PROVIDER_POINT_H
#define SG_PROVIDER_POINT_H

#include "provider/key.h"

/* Return the kind of a key by its type and its CKA_EC_PARAMS, an object identifier or a name; NULL
 * for one that we don't do. */
const struct sg_prov_kind *sg_prov_point_kind(CK_KEY_TYPE type, struct sg_bytes params);

/* Find the point in a CKA_EC_POINT: as it is, or in a DER OCTET STRING or BIT STRING. Empty where
 * there is none of the kind's length. */
struct sg_bytes sg_prov_point_read(const struct sg_prov_kind *kind, struct sg_bytes value);

/* Find the point in a SubjectPublicKeyInfo of the kind. Empty where it is of another. */
struct sg_bytes sg_prov_point_of_spki(const struct sg_prov_kind *kind, struct sg_bytes spki);

#endif
