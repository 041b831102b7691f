/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. What is in a parcel: one key with what its token says of it. Which attributes travel
 * stands in one table; no other is taken, whoever closed the parcel. doc/formats.md draws it.
 */
#ifndef SG_CORE_SENT_KEY_H
#define SG_CORE_SENT_KEY_H

#include "core/attrs.h"
#include "core/pkcs11.h"
#include "util/secret.h"

#define SG_SENT_HOST_MAX 64

/* All zero is an empty one. */
struct sg_sent_key {
	uint64_t made;                  /* when it was closed, in seconds since 1970 */
	struct sg_buf host;             /* how the machine calls itself that closed it */
	struct sg_attrs attrs;
	struct sg_secret *value;        /* CKA_VALUE */
};

/* Return the attributes that travel, ended by CKA_VALUE, which is none of them. */
const CK_ATTRIBUTE_TYPE *sg_sent_key_types(void);

/* Take an attribute of the key from its token; one that is empty is left out. CKA_CLASS comes
 * first. Errors: CKR_ATTRIBUTE_TYPE_INVALID for one that does not travel,
 * CKR_ATTRIBUTE_VALUE_INVALID, CKR_HOST_MEMORY. */
CK_RV sg_sent_key_set(struct sg_sent_key *key, const CK_ATTRIBUTE *attr);

/* Write it to guarded memory; the caller frees *out. Errors: FORMAT for a key without a label,
 * which people could not tell from others there; RANGE, NOMEM, SECURE_MEMORY. */
enum sg_err sg_sent_key_write(const struct sg_sent_key *key, struct sg_secret **out);

/* Read it into an empty one; the caller clears it, also after an error. Errors: FORMAT for another
 * form, a key without a label, one whose names are no plain text, or one that no token takes;
 * NOMEM, SECURE_MEMORY. */
enum sg_err sg_sent_key_read(struct sg_bytes bytes, struct sg_sent_key *key);

/* Free and wipe what it owns and leave an empty one. */
void sg_sent_key_clear(struct sg_sent_key *key);

#endif
