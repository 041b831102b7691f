/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. SHA-2 digests, whole and in parts [FIPS 180-4].
 */
#ifndef SG_CRYPTO_DIGEST_H
#define SG_CRYPTO_DIGEST_H

#include "util/bytes.h"

#define SG_DIGEST_MAX 64

enum sg_digest_alg {
	SG_SHA256,
	SG_SHA384,
	SG_SHA512,
};

/* A digest in progress. */
struct sg_digest;

/* Return the length of the digest in bytes: 32, 48 or 64. */
size_t sg_digest_len(enum sg_digest_alg alg);

/* Start a digest; the caller ends it with sg_digest_free. Errors: CRYPTO, NOMEM. */
enum sg_err sg_digest_new(enum sg_digest_alg alg, struct sg_digest **out);

/* Copy a digest in progress; the caller frees *out. Errors: ARG for one that ended, NOMEM,
 * CRYPTO. */
enum sg_err sg_digest_dup(const struct sg_digest *digest, struct sg_digest **out);
enum sg_err sg_digest_update(struct sg_digest *digest, struct sg_bytes part);

/* Write sg_digest_len bytes to out; the digest can only be freed afterwards. */
enum sg_err sg_digest_final(struct sg_digest *digest, uint8_t *out);
void sg_digest_free(struct sg_digest **digest);

/* Digest one message whole. */
enum sg_err sg_digest_once(enum sg_digest_alg alg, struct sg_bytes message, uint8_t *out);

#endif
