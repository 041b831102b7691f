/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Keys that live in the hardware: what a sealer offers that can compute with
 * them. Such a key is born in the hardware and never leaves it; what leaves is a blob
 * that only the same hardware loads again, under the same parent. core holds blobs as
 * opaque bytes. As for all of a sealer, nothing stays in the hardware between two calls.
 */
#ifndef SG_SEAL_RESIDENT_H
#define SG_SEAL_RESIDENT_H

#include "seal/sealer.h"

#define SG_RESIDENT_POINT 65            /* bytes of a P-256 point, uncompressed [SEC 1 §2.3.3] */
#define SG_RESIDENT_DIGEST 32           /* bytes that are signed */
#define SG_RESIDENT_SIGNATURE 64        /* r and s, 32 bytes each, big-endian */
#define SG_RESIDENT_SHARED 32           /* x of the shared point */
#define SG_RESIDENT_MAC 32
#define SG_RESIDENT_DATA_MAX 65536      /* bytes of a MAC's data: it goes in small pieces */

/* What a key is. */
enum sg_resident_kind {
	SG_RESIDENT_P256,               /* a key of the curve P-256 */
	SG_RESIDENT_HMAC_SHA256,        /* 32 bytes for HMAC with SHA-256 */
};

/* What a key may do, a bit each; the hardware refuses the rest. A MAC key signs. */
enum {
	SG_RESIDENT_SIGN = 1 << 0,
	SG_RESIDENT_DERIVE = 1 << 1,
};

/* What a sealer can't do is NULL. Errors of all: HW_OTHER where the parent is not the
 * one named, FORMAT for a blob that can't be one or is of another kind, SEALED_DAMAGED for
 * one that was changed, those of the hardware. */
struct sg_resident_ops {
	/* Make a key under the parent; its blob replaces what the buffer holds. point gets a
	 * P-256 key's public point, and is left alone for another kind. Errors: ARG for uses
	 * that such a key does not have. */
	enum sg_err (*create)(struct sg_sealer *sealer, struct sg_bytes parent,
	                      enum sg_resident_kind kind, unsigned uses, struct sg_buf *blob,
	                      uint8_t point[SG_RESIDENT_POINT]);

	/* Sign a digest with ECDSA. */
	enum sg_err (*sign)(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
	                    const uint8_t digest[SG_RESIDENT_DIGEST],
	                    uint8_t signature[SG_RESIDENT_SIGNATURE]);

	/* Compute the x coordinate of the key times a point that is on the curve; the caller
	 * frees *shared. */
	enum sg_err (*ecdh)(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
	                    const uint8_t point[SG_RESIDENT_POINT], struct sg_secret **shared);

	/* Compute HMAC-SHA256. Errors: RANGE for more than SG_RESIDENT_DATA_MAX bytes. */
	enum sg_err (*hmac)(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
	                    struct sg_bytes data, uint8_t mac[SG_RESIDENT_MAC]);
};

/* Return what the sealer of that name does with keys that live in it; NULL: it keeps none. */
const struct sg_resident_ops *sg_sealer_resident(const char *name);

#endif
