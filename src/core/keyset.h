/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The keys of an open token. The token key is what the hardware seals. Of
 * it comes the public key of the token, which a PIN token seals a second time
 * without a PIN, so that public objects can be read before login; and of each of
 * the two come a key for records and a key for what authenticates them.
 */
#ifndef SG_CORE_KEYSET_H
#define SG_CORE_KEYSET_H

#include <stdatomic.h>

#include "store/store.h"
#include "util/secret.h"

#define SG_TOKEN_KEY 32

/* Which half of a token a key or a record belongs to. The values are array indices. */
enum sg_half {
	SG_PUBLIC_HALF,         /* objects without CKA_PRIVATE */
	SG_PRIVATE_HALF,        /* objects with CKA_PRIVATE */
};

struct sg_keyset {
	atomic_uint refs;
	struct sg_secret *record;       /* AES-256-GCM for object records */
	struct sg_secret *mac;          /* HMAC-SHA-256 for sets, the token record, the anchor */
};

/* Derive the token's public key from its token key; the caller frees *out. */
enum sg_err sg_public_key_derive(const struct sg_secret *token_key, const uint8_t uuid[SG_UUID],
                                 struct sg_secret **out);

/* Derive the keys of one half: from the public key or the token key. Errors:
 * SECURE_MEMORY, CRYPTO. The caller frees *out. */
enum sg_err sg_keyset_derive(const struct sg_secret *key, const uint8_t uuid[SG_UUID],
                             struct sg_keyset **out);

/* Take a reference, which sg_keyset_free gives back; NULL is fine. Keys that a token gave up
 * live on for those who work with them. */
struct sg_keyset *sg_keyset_ref(struct sg_keyset *keys);

/* Give the reference back and set it to NULL; the last one wipes and frees. NULL is fine. */
void sg_keyset_free(struct sg_keyset **keys);

#endif
