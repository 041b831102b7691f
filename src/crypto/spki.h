/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Public keys as SubjectPublicKeyInfo [RFC 5280 §4.1.2.7], in DER and PEM: those
 * of the token are written, those that may sign policies are read.
 */
#ifndef SG_CRYPTO_SPKI_H
#define SG_CRYPTO_SPKI_H

#include "crypto/p256.h"

/* Append the DER: algorithm is its AlgorithmIdentifier, point the bytes of the BIT
 * STRING. Errors: RANGE for more than 124 bytes of both, NOMEM. */
enum sg_err sg_spki_der(struct sg_bytes algorithm, struct sg_bytes point, struct sg_buf *out);

/* Append the DER as PEM ("BEGIN PUBLIC KEY"). Errors: NOMEM, after which out holds a
 * part of it. */
enum sg_err sg_spki_pem(struct sg_bytes spki, struct sg_buf *out);

enum sg_spki_kind {
	SG_SPKI_P256,
	SG_SPKI_RSA,
};

/* A key that was read; key is a view into the DER. */
struct sg_spki {
	enum sg_spki_kind kind;
	struct sg_bytes key;            /* a whole point, or the modulus without leading zeros */
	uint32_t exponent;              /* of RSA */
};

/* Read a key of P-256, or of RSA with 2048, 3072 or 4096 bits. Errors: FORMAT for all else. */
enum sg_err sg_spki_read(struct sg_bytes der, struct sg_spki *out);

/* Find such a key in PEM text; its DER replaces what the buffer holds. Errors: FORMAT, NOMEM. */
enum sg_err sg_spki_from_pem(struct sg_bytes text, struct sg_buf *der);

#endif
