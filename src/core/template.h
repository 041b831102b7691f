/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. From a caller's template to the complete attributes of an object:
 * consistent, complete, nothing that the table does not know. The template is
 * hostile; nothing of it is used before it was checked.
 */
#ifndef SG_CORE_TEMPLATE_H
#define SG_CORE_TEMPLATE_H

#include "core/attr_table.h"
#include "core/attrs.h"
#include "util/secret.h"

/* What the function behind a template implies; CK_UNAVAILABLE_INFORMATION leaves it to the
 * template. */
struct sg_template_kind {
	enum sg_attr_mode mode;
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE key_type;
};

/* Check the shape of a template: no NULL where bytes are announced, no length that
 * is no length, no attribute twice. Errors: ARGUMENTS_BAD, TEMPLATE_INCONSISTENT. */
CK_RV sg_template_check(const CK_ATTRIBUTE *template, CK_ULONG n);

/* Find an attribute of a checked template, or NULL. */
const CK_ATTRIBUTE *sg_template_find(const CK_ATTRIBUTE *template, CK_ULONG n,
                                     CK_ATTRIBUTE_TYPE type);

/* Read a CK_BBOOL out of a checked template; otherwise where it is not there or malformed. */
bool sg_template_bool(const CK_ATTRIBUTE *template, CK_ULONG n, CK_ATTRIBUTE_TYPE type,
                      bool otherwise);

/* View the PIN of the key's own that a template gives, empty where it gives none. It is nowhere in
 * the attributes, which only say that there is one. */
struct sg_bytes sg_template_pin(const CK_ATTRIBUTE *template, CK_ULONG n);

/* Build the attributes of a new object from a checked template, defaults included.
 * CKA_VALUE of keys and data goes to *material (NULL where the template has none);
 * the caller frees both, also after an error. What only the token sets (CKA_LOCAL
 * and the like) is left to sg_object_new. Errors: TEMPLATE_INCOMPLETE,
 * TEMPLATE_INCONSISTENT, ATTRIBUTE_TYPE_INVALID, ATTRIBUTE_VALUE_INVALID,
 * ATTRIBUTE_READ_ONLY, CURVE_NOT_SUPPORTED, HOST_MEMORY. */
CK_RV sg_template_build(struct sg_template_kind kind, const CK_ATTRIBUTE *template, CK_ULONG n,
                        struct sg_attrs *attrs, struct sg_secret **material);

/* Apply a checked template of C_SetAttributeValue to a copy of an object's
 * attributes [PKCS#11 3.1 §4.1.2]. Errors: ACTION_PROHIBITED where the object is not
 * modifiable, ATTRIBUTE_READ_ONLY, ATTRIBUTE_TYPE_INVALID, ATTRIBUTE_VALUE_INVALID,
 * TEMPLATE_INCONSISTENT. */
CK_RV sg_template_change(struct sg_attrs *attrs, const CK_ATTRIBUTE *template, CK_ULONG n);

/* Apply a checked template of C_CopyObject to the attributes of the copy: what
 * C_SetAttributeValue may change, and the attributes that copying may [PKCS#11 3.1 §4.1.3].
 * Nothing becomes weaker by it. Errors: as of sg_template_change, but ATTRIBUTE_READ_ONLY
 * where the object is not modifiable, and TEMPLATE_INCOMPLETE without a PIN for the copy of a key
 * that has one of its own. */
CK_RV sg_template_copy(struct sg_attrs *attrs, const CK_ATTRIBUTE *template, CK_ULONG n);

#endif
