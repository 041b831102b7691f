/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Public keys of the curve P-256 [FIPS 186-5, SEC 1]: what a point is, and
 * verification with ECDSA, through OpenSSL's provider functions. Private keys of this
 * curve live in hardware and are no business of this file.
 */
#ifndef SG_CRYPTO_P256_H
#define SG_CRYPTO_P256_H

#include <stdbool.h>

#include "util/bytes.h"

#define SG_P256_POINT 65                /* 04, x, y [SEC 1 §2.3.3] */
#define SG_P256_DIGEST 32               /* bytes of a digest that count */
#define SG_P256_SIGNATURE 64            /* r and s, 32 bytes each, big-endian */

/* The bytes of arrays, in DER: the curve's object identifier 1.2.840.10045.3.1.7 behind its
 * tag and length, and the AlgorithmIdentifier of its keys [RFC 5480 §2.1.1]. */
#define SG_P256_OID 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07
#define SG_P256_ALGORITHM \
	0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, SG_P256_OID

/* Tell whether these bytes are an uncompressed point of the curve, other than infinity. */
bool sg_p256_valid(struct sg_bytes point);

/* Bring a digest of any length to the 32 bytes that ECDSA uses of it: the leftmost ones,
 * or all of them as a number [FIPS 186-5 §6.4.1]. */
void sg_p256_digest(struct sg_bytes digest, uint8_t out[SG_P256_DIGEST]);

/* Verify r and s over a digest of 32 bytes. Errors: TAG for a bad signature, RANGE for
 * wrong lengths, FORMAT for a point that is none, CRYPTO. */
enum sg_err sg_p256_verify(struct sg_bytes point, struct sg_bytes digest,
                           struct sg_bytes signature);

#define SG_P256_DER_MAX 72              /* bytes of a signature in DER */

/* Write r and s as a DER SEQUENCE of two INTEGERs [RFC 3279 §2.2.3]; return the length. */
size_t sg_p256_to_der(const uint8_t signature[SG_P256_SIGNATURE], uint8_t out[SG_P256_DER_MAX]);

/* Read such a SEQUENCE; false for anything that sg_p256_to_der would not write. */
bool sg_p256_from_der(struct sg_bytes der, uint8_t signature[SG_P256_SIGNATURE]);

#endif
