/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. What a pkcs11: URI names: private keys, public keys and certificates of the tokens that
 * fit it. Keys of kinds that we don't do are passed over.
 */
#ifndef SG_PROVIDER_OBJECTS_H
#define SG_PROVIDER_OBJECTS_H

#include <p11-kit/uri.h>

#include "provider/key.h"

/* Which are looked for. */
enum {
	SG_PROV_PRIVATE = 1,
	SG_PROV_PUBLIC = 2,
	SG_PROV_CERTIFICATE = 4,
	SG_PROV_ALL = 7,
};

/* One that was found. */
struct sg_prov_object {
	unsigned class;                 /* one of those above */
	struct sg_prov_key *key;        /* owned; of a private key */
	struct sg_buf der;              /* of the others: SubjectPublicKeyInfo, Certificate */
};

struct sg_prov_objects {
	struct sg_prov_object *items;
	size_t n, cap;
	bool asks;                      /* a key was passed over that has a PIN of its own */
	bool no_module;                 /* the PKCS#11 module can't be loaded */
};

/* Find what the URI names in all tokens that fit, and append it. asker may be NULL. Errors, where
 * nothing was found: RANGE for too many, HSM_MISSING where no token fits, and those of the client
 * in the first token that does not open. */
enum sg_err sg_prov_objects_find(struct sg_provider *provider, P11KitUri *uri,
                                 const struct sg_secret *pin, const struct sg_prov_asker *asker,
                                 unsigned classes, struct sg_prov_objects *out);

/* Raise why nothing was found: the reason of an error, or what says more; returns 0. */
int sg_prov_objects_raise(const struct sg_prov_objects *objects,
                          const struct sg_provider *provider, enum sg_err err);

/* Append one of a class, all zero but for that; NULL where memory is exhausted. */
struct sg_prov_object *sg_prov_objects_add(struct sg_prov_objects *objects, unsigned class);

/* Free what it holds, and leave it empty. */
void sg_prov_objects_free(struct sg_prov_objects *objects);

#endif
