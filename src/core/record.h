/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The stored form of an object: a clear head, a secret part and the
 * attributes, both closed with AES-256-GCM. The attributes are bound to the token,
 * the row, the class, the generation and the secret part; the secret part to the
 * token, the row and the class. doc/formats.md draws it.
 */
#ifndef SG_CORE_RECORD_H
#define SG_CORE_RECORD_H

#include "core/keyset.h"
#include "core/object.h"

/* What can be read of a record without a key; all of it is authenticated later. */
struct sg_record_head {
	enum sg_half half;
	CK_OBJECT_CLASS class;
	uint64_t generation;
};

/* Return the half of its token that an object belongs to. */
static inline enum sg_half sg_object_half(const struct sg_object *object)
{
	return object->secluded ? SG_PRIVATE_HALF : SG_PUBLIC_HALF;
}

/* Read the head of a record. Errors: STORE_DAMAGED, STORE_VERSION. */
enum sg_err sg_record_head(struct sg_bytes record, struct sg_record_head *head);

/* Open a record of this row. The secret part stays closed inside the object.
 * Errors: STORE_VERSION, STORE_DAMAGED for anything else that does not authenticate, NOMEM. */
enum sg_err sg_record_open(const uint8_t token[SG_UUID], const uint8_t row[SG_UUID],
                           const struct sg_keyset *keys, struct sg_bytes record,
                           struct sg_object **out);

/* Close an object's attributes over its secret part; the record replaces what out holds. */
enum sg_err sg_record_close(const uint8_t token[SG_UUID], const struct sg_keyset *keys,
                            const struct sg_object *object, uint64_t generation,
                            struct sg_buf *out);

/* Close a secret part: inner is the material (by = token key) or what the
 * hardware made of it. It replaces what out holds. */
enum sg_err sg_record_close_secret(const uint8_t token[SG_UUID], const struct sg_keyset *keys,
                                   const struct sg_object *object, enum sg_closed_by by,
                                   struct sg_bytes inner, struct sg_buf *out);

/* Open the secret part of an object; the caller frees *inner, which is what *by says. */
enum sg_err sg_record_open_secret(const uint8_t token[SG_UUID], const struct sg_keyset *keys,
                                  const struct sg_object *object, enum sg_closed_by *by,
                                  struct sg_secret **inner);

#endif
