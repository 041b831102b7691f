/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Agreeing on a secret with the holder of a P-256 key, who is not asked: by a key that
 * is made for that and forgotten [SP 800-56A §6.2.2].
 */
#ifndef SG_CRYPTO_P256_AGREE_H
#define SG_CRYPTO_P256_AGREE_H

#include "crypto/p256.h"
#include "util/secret.h"

#define SG_P256_SHARED 32               /* x of the shared point */

/* Make an ephemeral key, whose public point goes to ephemeral, and agree with the holder of
 * another point; the caller frees *shared. Errors: FORMAT for a point that is none, CRYPTO,
 * SECURE_MEMORY. */
enum sg_err sg_p256_agree(struct sg_bytes point, uint8_t ephemeral[SG_P256_POINT],
                          struct sg_secret **shared);

/* Within this ring: make OpenSSL's key of a point, or NULL where it is none. The caller frees it
 * with ssl->ec.free. */
struct sg_ssl;
void *sg_p256_import(const struct sg_ssl *ssl, struct sg_bytes point);

#endif
