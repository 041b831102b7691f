/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The attributes of one object: a list sorted by type in one allocation,
 * whose bytes are at the same time its stored form. A CK_BBOOL takes one byte, a
 * CK_ULONG eight, big-endian. Key material is never in here.
 */
#ifndef SG_CORE_ATTRS_H
#define SG_CORE_ATTRS_H

#include "core/pkcs11.h"
#include "util/bytes.h"

#define SG_VALUE_MAX (1 << 16)          /* bytes of a value, as it is given or kept */

/* All zero is a valid empty list. */
struct sg_attrs {
	struct sg_buf list;     /* entries: u32 type, u32 length, value; types ascend */
};

/* Get a view of the stored value, valid until the list changes; false where it is not there. */
bool sg_attrs_get(const struct sg_attrs *attrs, CK_ATTRIBUTE_TYPE type, struct sg_bytes *value);

/* Return a CK_BBOOL attribute; absent is false. */
bool sg_attrs_bool(const struct sg_attrs *attrs, CK_ATTRIBUTE_TYPE type);

/* Return a CK_ULONG attribute; absent is CK_UNAVAILABLE_INFORMATION. */
CK_ULONG sg_attrs_ulong(const struct sg_attrs *attrs, CK_ATTRIBUTE_TYPE type);

/* Set or replace a value in its stored form. The value may not lie in the list. Errors:
 * NOMEM, RANGE. */
enum sg_err sg_attrs_set(struct sg_attrs *attrs, CK_ATTRIBUTE_TYPE type, struct sg_bytes value);
enum sg_err sg_attrs_set_bool(struct sg_attrs *attrs, CK_ATTRIBUTE_TYPE type, bool value);
enum sg_err sg_attrs_set_ulong(struct sg_attrs *attrs, CK_ATTRIBUTE_TYPE type, CK_ULONG value);

/* Step through the list: start with *at = 0; false at the end. */
bool sg_attrs_next(const struct sg_attrs *attrs, size_t *at, CK_ATTRIBUTE_TYPE *type,
                   struct sg_bytes *value);

/* Read a stored list, replacing what attrs holds. Errors: FORMAT for anything that
 * sg_attrs_set could not have made, NOMEM. */
enum sg_err sg_attrs_parse(struct sg_bytes stored, struct sg_attrs *attrs);

/* Make out, which is empty, a copy of attrs. Errors: NOMEM. */
enum sg_err sg_attrs_copy(const struct sg_attrs *attrs, struct sg_attrs *out);

/* Free the list and leave an empty one. */
void sg_attrs_free(struct sg_attrs *attrs);

#endif
