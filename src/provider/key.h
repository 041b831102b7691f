/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. A key as OpenSSL holds it: its public half, and what names the private half in a token.
 * It does not change after it was made, and is counted; threads and copies share it.
 */
#ifndef SG_PROVIDER_KEY_H
#define SG_PROVIDER_KEY_H

#include <stdatomic.h>

#include "crypto/p256.h"
#include "provider/link.h"

#define SG_PROV_POINT_MAX SG_P256_POINT
#define SG_PROV_SIGNATURE 64            /* bytes of a signature of either kind, from a token */

/* A kind of key: what PKCS#11 and what OpenSSL calls it. */
struct sg_prov_kind {
	const char *name;               /* of OpenSSL */
	const char *group;              /* NULL: the name says it */
	CK_KEY_TYPE type;
	CK_MECHANISM_TYPE mechanism;
	size_t point_len;
	int bits, security_bits;
	int signature_max;              /* bytes, as OpenSSL wants it */
	const char *digest;             /* by default */
	bool digest_mandatory;
	bool (*valid)(struct sg_bytes point);
	enum sg_err (*verify)(struct sg_bytes point, struct sg_bytes data,
	                      struct sg_bytes signature);
	struct sg_bytes algorithm;      /* AlgorithmIdentifier of its SubjectPublicKeyInfo */
	const char *text_head, *text_tail;      /* around it in words */
};

extern const struct sg_prov_kind sg_prov_kind_ed25519, sg_prov_kind_p256;

struct sg_prov_key {
	atomic_uint users;
	const struct sg_prov_kind *kind;
	struct sg_provider *provider;
	uint8_t point[SG_PROV_POINT_MAX];
	bool has_point;                 /* false while it is empty, before an import */
	struct sg_prov_link *link;      /* to the token of the private half; NULL: there is none */
	struct sg_buf id, label;        /* what names it there; one may be empty */

	/* Epoch and handle of the object that made a signature which fits the point: 32 bits
	 * each, and 0 where there is none, or one that needs more. */
	_Atomic uint64_t known;
	atomic_uint looked_at;          /* seconds of the monotonic clock: when it was last seen */
};

/* Make a key without anything in it. Errors: NOMEM. */
enum sg_err sg_prov_key_new(struct sg_provider *provider, const struct sg_prov_kind *kind,
                            struct sg_prov_key **out);

/* Put the public half in. Errors: FORMAT for bytes that are no point, ARG where it has another. */
enum sg_err sg_prov_key_set_point(struct sg_prov_key *key, struct sg_bytes point);

/* Make a key of the public half alone. Errors: NOMEM. */
enum sg_err sg_prov_key_public(const struct sg_prov_key *key, struct sg_prov_key **out);

/* Count one user more. */
struct sg_prov_key *sg_prov_key_share(struct sg_prov_key *key);

/* Offer it to OpenSSL as a private key that was loaded [provider-object(7)]; fn takes a reference
 * to it, and counts a user of its own. Returns what fn does. */
int sg_prov_key_give(struct sg_prov_key *key, OSSL_CALLBACK *fn, void *arg);

/* Count one less and set *key to NULL; the last frees it. NULL is fine. */
void sg_prov_key_free(struct sg_prov_key **key);

static inline struct sg_bytes sg_prov_key_point(const struct sg_prov_key *key)
{
	return sg_bytes(key->point, key->has_point ? key->kind->point_len : 0);
}

/* Have the token sign data, as it is, or a digest cut to what the kind takes. The first signature
 * of a connection is verified. Raises what goes wrong; returns 1 or 0. */
int sg_prov_key_sign(struct sg_prov_key *key, struct sg_bytes data,
                     uint8_t signature[SG_PROV_SIGNATURE]);

/* Verify such a signature; nothing is raised. */
bool sg_prov_key_verify(const struct sg_prov_key *key, struct sg_bytes data,
                        struct sg_bytes signature);

#endif
