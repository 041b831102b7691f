/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The value of one attribute in its two forms: as callers give and get it, in
 * the sizes and pointers of this machine, and as it is kept, fixed-width. What a caller
 * gives is hostile, arrays in it too.
 */
#ifndef SG_CORE_ATTR_VALUE_H
#define SG_CORE_ATTR_VALUE_H

#include "core/attr_table.h"
#include "core/attrs.h"

#define SG_VALUE_MECHANISMS 256         /* entries of CKA_ALLOWED_MECHANISMS */
#define SG_VALUE_NESTED 64              /* attributes of a template in an attribute */
#define SG_VALUE_NESTED_BYTES (1 << 14) /* and what they take together */

/* A value on its way into an attribute list. It points into itself, so it is not copied;
 * all zero is empty. */
struct sg_value {
	struct sg_bytes stored;         /* view of the caller's bytes, of small or of room */
	uint8_t small[8];
	struct sg_buf room;             /* of an array; freed with sg_value_free */
};

/* Tell whether values of a row are arrays, which searches do not compare. */
static inline bool sg_value_is_array(const struct sg_attr_row *row)
{
	return row->kind == SG_ATTR_MECHANISMS || row->kind == SG_ATTR_TEMPLATE;
}

/* Convert a checked attribute of a caller to its stored form; the caller frees the value,
 * also after an error. Errors: ATTRIBUTE_VALUE_INVALID for a malformed one; for arrays also
 * ARGUMENTS_BAD, TEMPLATE_INCONSISTENT and ATTRIBUTE_TYPE_INVALID, as for templates. */
CK_RV sg_value_store(const struct sg_attr_row *row, const CK_ATTRIBUTE *attr,
                     struct sg_value *value);
void sg_value_free(struct sg_value *value);

/* Tell whether stored bytes are what sg_value_store makes for the row. */
bool sg_value_fits(const struct sg_attr_row *row, struct sg_bytes stored);

/* Give out len bytes as an attribute's value: the length where pValue is NULL. Errors:
 * BUFFER_TOO_SMALL. */
CK_RV sg_value_give_bytes(CK_ATTRIBUTE *attr, const void *value, size_t len);

/* Give out a stored value as callers get it; of a template the attributes inside are given
 * the same way, each into its own pValue [PKCS#11 3.1 §5.7.5]. */
CK_RV sg_value_give(const struct sg_attr_row *row, struct sg_bytes stored, CK_ATTRIBUTE *attr);

/* Return the row that an attribute inside a stored template has, or NULL. */
const struct sg_attr_row *sg_value_nested_row(CK_ATTRIBUTE_TYPE type);

/* View a stored template as the attribute list that it is. */
struct sg_attrs sg_value_nested(struct sg_bytes stored);

#endif
