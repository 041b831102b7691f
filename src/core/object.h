/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. One object. Once it is in a table it never changes: a change of
 * attributes makes a new object that shares the material, so readers need no lock.
 */
#ifndef SG_CORE_OBJECT_H
#define SG_CORE_OBJECT_H

#include <stdatomic.h>

#include "core/attrs.h"
#include "core/iv_source.h"
#include "store/store.h"
#include "util/secret.h"

/* How the secret part of a record is closed: by the token key alone, or by the hardware
 * first, for us to open again, with a PIN of the key's own or without, or never. Values of the
 * stored format. */
enum sg_closed_by {
	SG_CLOSED_BY_TOKEN_KEY = 0,
	SG_CLOSED_BY_SEALER = 1,
	SG_CLOSED_RESIDENT = 2,
	SG_CLOSED_BY_PIN = 3,           /* core/key_guard.h */
};

/* Key material, or the hardware's blob of a key that lives in it, or the value of a data
 * object; shared by the versions of one object. */
struct sg_material {
	atomic_uint refs;
	struct sg_secret *_Atomic open; /* NULL until it is first used, set once */
	struct sg_buf closed;           /* the record's secret part; empty for session objects */
	struct sg_iv_source *_Atomic ivs;       /* NULL until one is made, set once */
	struct sg_secret *pin;          /* of the key's own, until the hardware has sealed it */
	struct sg_buf sealed;           /* by the hardware before there was an object; or empty */
};

struct sg_object {
	atomic_uint refs;
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE key_type;           /* CK_UNAVAILABLE_INFORMATION where it is no key */
	bool token;                     /* CKA_TOKEN */
	bool secluded;                  /* CKA_PRIVATE */
	bool limited;                   /* by dates, mechanisms or a PIN each time: core/access.h */
	bool resident;                  /* CKA_SIGNET_RESIDENT: the material is no key of ours */
	uint8_t uuid[SG_UUID];
	uint64_t generation;            /* of the row this was read from or written to */
	bool witnessed;                 /* that row was read or written with the keys of both
	                                 * halves: where the store is anchored its content holds */
	struct sg_attrs attrs;
	struct sg_material *material;   /* NULL where there is none */
};

/* How a new object's material came to be, for the attributes that only the token sets. */
struct sg_origin {
	bool local;                     /* made here, not brought in */
	CK_MECHANISM_TYPE mechanism;    /* CKA_KEY_GEN_MECHANISM, or CK_UNAVAILABLE_INFORMATION */
	const struct sg_object *base;   /* the key it was made from, with its history; or NULL */
	const uint8_t *uuid;            /* SG_UUID random bytes that it is to have; NULL: any */
	struct sg_bytes pin;            /* of the key's own; empty: none */
};

/* Make an object out of the attributes of sg_template_build and its material, both
 * of which it takes over (also when it fails); derive and set what only the token
 * sets: unique id, CKA_LOCAL, CKA_ALWAYS_SENSITIVE, the public half of a private key. For
 * CKA_SIGNET_RESIDENT the material is the hardware's blob, and the public half is given.
 * The caller has one reference. Errors: HOST_MEMORY, ATTRIBUTE_VALUE_INVALID where
 * a given public half does not belong to the private one, KEY_SIZE_RANGE for more
 * than the hardware can seal under CKA_SIGNET_SEALED. */
CK_RV sg_object_new(struct sg_attrs *attrs, struct sg_secret **material, struct sg_origin origin,
                    struct sg_object **out);

/* Say what the hardware has made of the material of a new object already, so that it does not seal
 * it. Errors: NOMEM. */
enum sg_err sg_object_sealed(struct sg_object *object, struct sg_bytes blob);

/* Make an object out of stored attributes, which it takes over, and a secret part
 * that is still closed (may be empty). Errors: STORE_DAMAGED where the attributes are not
 * those of the table, NOMEM. */
enum sg_err sg_object_stored(struct sg_attrs *attrs, struct sg_bytes closed,
                             const uint8_t uuid[SG_UUID], uint64_t generation,
                             struct sg_object **out);

/* Make an unshared object with the same identity and material and other
 * attributes, which it takes over. */
enum sg_err sg_object_changed(const struct sg_object *object, struct sg_attrs *attrs,
                              struct sg_object **out);

/* Make another object of one that was stored, in the same version, with its material closed.
 * Errors: NOMEM. */
enum sg_err sg_object_closed(const struct sg_object *object, struct sg_object **out);

/* Make an object of a kind that is nowhere stored out of attributes, which it takes over on
 * success. Errors: NOMEM. */
enum sg_err sg_object_builtin(struct sg_attrs *attrs, struct sg_object **out);

/* Make an unshared object with other attributes, which it takes over, an identity of its own
 * and a copy of the material, which may be NULL, for which pin is as in struct sg_origin. Where the
 * key came from, and what it always was, stays what the attributes say. */
enum sg_err sg_object_copied(struct sg_attrs *attrs, const struct sg_secret *material,
                             struct sg_bytes pin, struct sg_object **out);

/* Make an unshared object with the same identity, other attributes, which it takes over, and a copy
 * of the material that is to be closed anew, for which pin is as in struct sg_origin. */
enum sg_err sg_object_resealed(const struct sg_object *object, struct sg_attrs *attrs,
                               const struct sg_secret *material, struct sg_bytes pin,
                               struct sg_object **out);

struct sg_object *sg_object_ref(struct sg_object *object);

/* Give up *object's reference and set it to NULL; NULL is fine. The last one wipes the material. */
void sg_object_unref(struct sg_object **object);

/* Return the bytes of its material, closed where it is kept so; 0 where it has none. */
size_t sg_object_material_size(const struct sg_object *object);

/* Tell whether an attribute of a search template has the value given [PKCS#11 3.1
 * §5.7.7]. Key material matches only where it could be read, so never here; nor do arrays. */
bool sg_object_matches(const struct sg_object *object, const CK_ATTRIBUTE *template, CK_ULONG n);

#endif
