/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. What lib25519 does faster than libsodium, with the same answers to the last
 * bit: signatures of short messages and their verification. It is there only in a build
 * with lib25519. Only crypto/ed25519.c calls this, and wipes the stack behind it.
 */
#ifndef SG_CRYPTO_CURVE25519_H
#define SG_CRYPTO_CURVE25519_H

#include "util/bytes.h"

/* Tell whether the functions below may be called for a message of this length. */
bool sg_curve25519_takes(size_t len);

/* Sign with the seed and the public key behind it [RFC 8032 §5.1.6]. made may not lie in
 * the message. */
void sg_curve25519_sign(const uint8_t key[64], struct sg_bytes message, uint8_t made[64]);

/* Verify, refusing what libsodium refuses [RFC 8032 §5.1.7]. */
bool sg_curve25519_verify(const uint8_t public_key[32], struct sg_bytes message,
                          const uint8_t signature[64]);

#endif
