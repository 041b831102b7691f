/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. X25519 [RFC 7748]. The private key is kept with its public key behind it, in
 * guarded memory.
 */
#ifndef SG_CRYPTO_X25519_H
#define SG_CRYPTO_X25519_H

#include "util/secret.h"

#define SG_X25519_LEN 32                /* bytes of private keys, public keys and shared secrets */

/* The bytes of an array: the object identifier 1.3.101.110 in DER, behind its tag and
 * length of a byte each [RFC 8410 §3]. */
#define SG_X25519_OID 0x06, 0x03, 0x2b, 0x65, 0x6e

/* Make the 64 bytes that are kept from 32 of a private key; the caller frees *key.
 * Errors: RANGE unless it has 32 bytes, SECURE_MEMORY. */
enum sg_err sg_x25519_from_private(struct sg_bytes private_key, struct sg_secret **key);

/* Make a new random key. */
enum sg_err sg_x25519_generate(struct sg_secret **key);

/* Compute the secret that the kept key shares with the holder of a public key; the caller
 * frees *shared. Errors: RANGE, TAG where the secret would be zero whatever the private key
 * is [RFC 7748 §6.1]. */
enum sg_err sg_x25519_shared(const struct sg_secret *key, struct sg_bytes public_key,
                             struct sg_secret **shared);

/* Tell whether 32 bytes are a public key with which a secret can be shared. */
bool sg_x25519_public_valid(struct sg_bytes public_key);

#endif
