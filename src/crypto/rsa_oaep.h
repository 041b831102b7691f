/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. RSA-OAEP with a public key [RFC 8017 §7.1.1]: the half of it that needs no secret key.
 */
#ifndef SG_CRYPTO_RSA_OAEP_H
#define SG_CRYPTO_RSA_OAEP_H

#include "util/secret.h"

#define SG_RSA_MODULUS_MIN 256          /* bytes */
#define SG_RSA_MODULUS_MAX 512
#define SG_RSA_EXPONENT_MAX 32

/* A public key: both numbers big-endian, without zeros in front. */
struct sg_rsa_public {
	struct sg_bytes modulus, exponent;
};

/* The hash of OAEP and of its MGF1. */
enum sg_oaep_hash { SG_OAEP_SHA1, SG_OAEP_SHA256 };

/* Tell whether a key may encrypt: 2048 to 4096 bits, an odd exponent of 65537 at least [FIPS 186-5
 * §A.1.1]. Whether the modulus is a product of two primes nobody can tell. */
bool sg_rsa_public_valid(const struct sg_rsa_public *key);

/* Encrypt 1 to 64 bytes, with no label; out gets as many bytes as the modulus has. Errors: ARG for
 * a key that is not valid, RANGE, CRYPTO, NOMEM. */
enum sg_err sg_rsa_oaep_encrypt(const struct sg_rsa_public *key, enum sg_oaep_hash hash,
                                const struct sg_secret *plain, uint8_t out[SG_RSA_MODULUS_MAX]);

/* The same with a label, of public bytes [RFC 8017 §7.1.1, L]. */
enum sg_err sg_rsa_oaep_encrypt_label(const struct sg_rsa_public *key, enum sg_oaep_hash hash,
                                      struct sg_bytes label, const struct sg_secret *plain,
                                      uint8_t out[SG_RSA_MODULUS_MAX]);

#endif
