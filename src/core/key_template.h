/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The templates that a key carries for the keys it is used on: what it wraps must
 * match CKA_WRAP_TEMPLATE, and what comes of it has the attributes of CKA_UNWRAP_TEMPLATE
 * or CKA_DERIVE_TEMPLATE [PKCS#11 3.1 §5.18.3, §5.18.4, §5.18.5].
 */
#ifndef SG_CORE_KEY_TEMPLATE_H
#define SG_CORE_KEY_TEMPLATE_H

#include "core/object.h"

/* A caller's template together with a key's. It points into itself and into both. */
struct sg_merged {
	CK_ATTRIBUTE *attr;
	CK_ULONG n;
	uint64_t *room;                 /* of the key's values, as callers give them */
};

/* Tell whether an object has every attribute of the wrapping key's CKA_WRAP_TEMPLATE;
 * without one every object does. */
bool sg_key_template_matches(const struct sg_object *wrapping, const struct sg_object *object);

/* Add the attributes of CKA_UNWRAP_TEMPLATE or CKA_DERIVE_TEMPLATE of a key to a checked
 * template, for sg_template_build. The caller frees out, also after an error; key and
 * template must outlive it. Errors: TEMPLATE_INCONSISTENT where the caller wants another
 * value of an attribute that the key's template sets, HOST_MEMORY. */
CK_RV sg_key_template_merge(const struct sg_object *key, CK_ATTRIBUTE_TYPE which,
                            const CK_ATTRIBUTE *template, CK_ULONG n, struct sg_merged *out);
void sg_merged_free(struct sg_merged *merged);

#endif
