/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Ed25519, pure [RFC 8032 §5.1]. The private key is kept as libsodium
 * wants it, seed followed by public key, in guarded memory.
 */
#ifndef SG_CRYPTO_ED25519_H
#define SG_CRYPTO_ED25519_H

#include "util/secret.h"

#define SG_ED25519_SEED 32
#define SG_ED25519_PUBLIC 32
#define SG_ED25519_SIGNATURE 64
#define SG_ED25519_KEY 64               /* seed and public key */

/* The bytes of an array: the object identifier 1.3.101.112 in DER, behind its tag and
 * length of a byte each [RFC 8410 §3]. */
#define SG_ED25519_OID 0x06, 0x03, 0x2b, 0x65, 0x70

/* Make the 64-byte key from a 32-byte seed [RFC 8032 §5.1.5]; the caller frees *key.
 * Errors: RANGE unless the seed has 32 bytes, SECURE_MEMORY. */
enum sg_err sg_ed25519_from_seed(struct sg_bytes seed, struct sg_secret **key);

/* Make a new random key. */
enum sg_err sg_ed25519_generate(struct sg_secret **key);

/* View the 32 public bytes inside a 64-byte key. */
struct sg_bytes sg_ed25519_public(const struct sg_secret *key);

/* Sign the message with a 64-byte key [RFC 8032 §5.1.6]; the signature may overwrite the
 * message. Errors: RANGE, CRYPTO. */
enum sg_err sg_ed25519_sign(struct sg_bytes key, struct sg_bytes message,
                            uint8_t signature[SG_ED25519_SIGNATURE]);

/* Verify [RFC 8032 §5.1.7]; non-canonical and small-order points are refused.
 * Errors: TAG for a bad signature, RANGE for wrong lengths. */
enum sg_err sg_ed25519_verify(struct sg_bytes public_key, struct sg_bytes message,
                              struct sg_bytes signature);

/* Tell whether 32 bytes are a point that a signature can be checked against. */
bool sg_ed25519_public_valid(struct sg_bytes public_key);

#endif
