/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The attribute table: one row for each attribute of each kind of object.
 * Template checks, defaults, C_GetAttributeValue and C_SetAttributeValue read only
 * this table.
 */
#ifndef SG_CORE_ATTR_TABLE_H
#define SG_CORE_ATTR_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/pkcs11.h"

#define SG_SECRET_KEY_MAX 512           /* bytes of a secret key whose type has no fixed length */

enum sg_attr_kind {
	SG_ATTR_BOOL,           /* CK_BBOOL */
	SG_ATTR_ULONG,          /* CK_ULONG */
	SG_ATTR_BYTES,          /* bytes or text, any length up to 64 KiB */
	SG_ATTR_DATE,           /* CK_DATE or nothing */
	SG_ATTR_MECHANISMS,     /* array of CK_MECHANISM_TYPE, not empty */
	SG_ATTR_TEMPLATE,       /* array of CK_ATTRIBUTE */
	SG_ATTR_POLICY,         /* a policy's text (seal/policy.h), kept in one spelling */
};

/* Kinds of object that a row stands for; a bit each. */
enum {
	SG_IN_DATA = 1 << 0,
	SG_IN_CERTIFICATE = 1 << 1,
	SG_IN_PUBLIC = 1 << 2,
	SG_IN_PRIVATE = 1 << 3,
	SG_IN_SECRET = 1 << 4,
	SG_IN_PROFILE = 1 << 5,
	SG_IN_MECHANISM = 1 << 6,

	SG_IN_BUILTIN = SG_IN_PROFILE | SG_IN_MECHANISM, /* nobody makes these: core/builtin.h */
};

/* How an object comes to be; a bit each. */
enum sg_attr_mode {
	SG_BY_CREATE = 1 << 0,          /* C_CreateObject */
	SG_BY_GENERATE = 1 << 1,        /* C_GenerateKey, C_GenerateKeyPair */
	SG_BY_UNWRAP = 1 << 2,          /* C_UnwrapKey */
	SG_BY_DERIVE = 1 << 3,          /* C_DeriveKey */
};

/* What else holds of a row. */
enum {
	SG_ATTR_SETTABLE = 1 << 0,      /* C_SetAttributeValue may change it */
	SG_ATTR_ONLY_TO_TRUE = 1 << 1,  /* ... but only to CK_TRUE; in a copy too */
	SG_ATTR_ONLY_TO_FALSE = 1 << 2, /* ... but only to CK_FALSE */
	SG_ATTR_TOKEN_SETS = 1 << 3,    /* never given in a template */
	SG_ATTR_FIXED = 1 << 4,         /* a value other than the default is refused */
	SG_ATTR_MATERIAL = 1 << 5,      /* key material: kept in guarded memory, not in the list */
	SG_ATTR_SENSITIVE = 1 << 6,     /* not read where CKA_SENSITIVE or not CKA_EXTRACTABLE */
	SG_ATTR_COPY_SETS = 1 << 7,     /* C_CopyObject may change it, even if nothing else may */
	SG_ATTR_ONLY_ONCE = 1 << 8,     /* ... but only where there was none */
	SG_ATTR_WRITE_ONLY = 1 << 9,    /* a secret that is used and never kept in the list */
};

/* What an attribute is where the template does not say. */
enum sg_attr_default {
	SG_DEFAULT_NONE,        /* the attribute is then absent */
	SG_DEFAULT_FALSE,
	SG_DEFAULT_TRUE,
	SG_DEFAULT_EMPTY,
	SG_DEFAULT_ZERO,
	SG_DEFAULT_USAGE,       /* as the row of the key type says */
};

struct sg_attr_row {
	CK_ATTRIBUTE_TYPE type;
	const char *name;
	enum sg_attr_kind kind;
	unsigned in;                    /* SG_IN_ bits */
	unsigned allowed;               /* SG_BY_ bits of templates that may name it */
	unsigned required;              /* SG_BY_ bits of templates that must */
	enum sg_attr_default otherwise;
	unsigned flags;                 /* SG_ATTR_ bits */
};

/* Return the SG_IN_ bit of an object class, or 0. */
unsigned sg_attr_class_bit(CK_OBJECT_CLASS class);

/* Return the row of an attribute for a kind of object, or NULL. */
const struct sg_attr_row *sg_attr_row(CK_ATTRIBUTE_TYPE type, unsigned in);

/* Return the whole table and its length, for those who step through it. */
const struct sg_attr_row *sg_attr_rows(size_t *n);

/* The key types: how long their material is and what their keys do by default. */
struct sg_key_type {
	CK_KEY_TYPE type;
	unsigned in;                    /* SG_IN_ bits */
	const CK_ULONG *lengths;        /* of CKA_VALUE, ending with 0; NULL: 1 to max */
	CK_ULONG max;
	const CK_ATTRIBUTE_TYPE *usage; /* SG_DEFAULT_USAGE ones that are true, ending with 0 */
};

/* Return the row of a key type for a kind of object, or NULL. */
const struct sg_key_type *sg_key_type(CK_KEY_TYPE type, unsigned in);

/* Tell whether keys of the type always live in the hardware; row may be NULL. */
bool sg_key_type_resident(const struct sg_key_type *row);

/* Tell whether material of len bytes suits the key type. */
bool sg_key_type_takes(const struct sg_key_type *row, CK_ULONG len);

#endif
