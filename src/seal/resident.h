/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Keys that live in the hardware: what a sealer offers that can compute with
 * them. Such a key is born in the hardware and never leaves it; what leaves is a blob
 * that only the same hardware knows what to do with, under the same parent. core holds blobs
 * as opaque bytes. A TPM's blob is the key, and nothing stays in the TPM between two calls; an
 * HSM keeps the key, and its blob says which one it is.
 */
#ifndef SG_SEAL_RESIDENT_H
#define SG_SEAL_RESIDENT_H

#include "seal/sealer.h"

#define SG_RESIDENT_POINT 65            /* bytes of a P-256 point, uncompressed [SEC 1 §2.3.3] */
#define SG_RESIDENT_DIGEST 32           /* bytes that are signed */
#define SG_RESIDENT_SIGNATURE 64        /* r and s, 32 bytes each, big-endian; or of Ed25519 */
#define SG_RESIDENT_SHARED 32           /* x of the shared point */
#define SG_RESIDENT_MAC 32
#define SG_RESIDENT_DATA_MAX 65536      /* bytes of data that it takes: they go whole, */
#define SG_RESIDENT_TAG 16              /* and at most so many of a tag behind them */
#define SG_RESIDENT_AES 32              /* bytes of an AES key */
#define SG_RESIDENT_ID 16               /* bytes of what names a token, or a key */
#define SG_RESIDENT_DEVICE 128          /* bytes of the name of a device, with its zero */

/* What a key is. Hardware that keeps keys at all keeps those of P-256 and HMAC. */
enum sg_resident_kind {
	SG_RESIDENT_P256,               /* a key of the curve P-256 */
	SG_RESIDENT_HMAC_SHA256,        /* 32 bytes for HMAC with SHA-256 */
	SG_RESIDENT_ED25519,            /* a key of Ed25519 */
	SG_RESIDENT_AES256,             /* an AES key */
};

/* What a key may do, a bit each; the hardware refuses the rest. A MAC key signs. */
enum {
	SG_RESIDENT_SIGN = 1 << 0,
	SG_RESIDENT_DERIVE = 1 << 1,
	SG_RESIDENT_ENCRYPT = 1 << 2,   /* by AES-GCM */
	SG_RESIDENT_DECRYPT = 1 << 3,
	SG_RESIDENT_WRAP = 1 << 4,      /* by AES key wrap with padding */
	SG_RESIDENT_UNWRAP = 1 << 5,
};

/* What AES-GCM needs beside the text. */
struct sg_resident_gcm {
	struct sg_bytes iv, aad;
	size_t tag_len;                 /* bytes */
};

/* Whose key it is and which one. Hardware that keeps it shows both to whoever may look, so that a
 * key is not without an owner when all that was known of it here is gone. */
struct sg_resident_name {
	uint8_t token[SG_RESIDENT_ID];
	uint8_t key[SG_RESIDENT_ID];    /* of this one alone */
};

/* A key to make. */
struct sg_resident_plan {
	struct sg_resident_name name;
	enum sg_resident_kind kind;
	unsigned uses;                  /* SG_RESIDENT_SIGN ... */
};

/* What is there of a key that was found in the hardware, a bit each. */
enum {
	SG_RESIDENT_SECRET_HALF = 1 << 0,       /* that is no pair */
	SG_RESIDENT_PRIVATE_HALF = 1 << 1,
	SG_RESIDENT_PUBLIC_HALF = 1 << 2,
};

/* The keys that one device has. */
struct sg_resident_list {
	struct sg_resident_found {
		struct sg_resident_name name;
		unsigned halves;
	} *found;
	size_t n, cap;
	bool more;                      /* it has more objects than were looked at */
};

/* What a sealer can't do is NULL. Errors of all: HW_OTHER or HSM_OTHER where the parent is not
 * the one named, HSM_KEY where the parent is there and the key is not, FORMAT for a blob that
 * can't be one or is of another kind, SEALED_DAMAGED for one that was changed, RANGE for more
 * than SG_RESIDENT_DATA_MAX bytes of data, those of the hardware. */
struct sg_resident_ops {
	unsigned kinds;                 /* a bit for each kind: 1 << SG_RESIDENT_P256 ... */
	bool parallel;                  /* several threads are served at the same time */

	/* Make a key under the parent; its blob replaces what the buffer holds. point gets the
	 * public point of a pair, 65 bytes of P-256 and 32 of Ed25519, and is left alone for
	 * another kind. Errors: ARG for uses that such a key does not have. */
	enum sg_err (*create)(struct sg_sealer *sealer, struct sg_bytes parent,
	                      const struct sg_resident_plan *plan, struct sg_buf *blob,
	                      uint8_t point[SG_RESIDENT_POINT]);

	/* Destroy a key that the hardware keeps; one that is not there any more is fine. NULL:
	 * the blob is all that there is of a key. */
	enum sg_err (*destroy)(struct sg_sealer *sealer, struct sg_bytes parent,
	                       struct sg_bytes blob);

	/* Write the name of device i, of those where keys may be; false beyond the last. NULL, with
	 * the two below: keys stay nowhere. */
	bool (*device)(struct sg_sealer *sealer, size_t i, char name[SG_RESIDENT_DEVICE]);

	/* List the keys in device i that bear the name of that token, or of any where token is
	 * NULL, whatever is known of them here. The caller gives *list, empty before, to
	 * sg_resident_list_clear, also after an error. */
	enum sg_err (*list)(struct sg_sealer *sealer, size_t i,
	                    const uint8_t token[SG_RESIDENT_ID], struct sg_resident_list *list);

	/* Destroy all that device i has under a name; nothing there is fine. */
	enum sg_err (*remove)(struct sg_sealer *sealer, size_t i,
	                      const struct sg_resident_name *name);

	/* Sign a digest with ECDSA. */
	enum sg_err (*sign)(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
	                    const uint8_t digest[SG_RESIDENT_DIGEST],
	                    uint8_t signature[SG_RESIDENT_SIGNATURE]);

	/* Sign a message with Ed25519, pure [RFC 8032 §5.1]. */
	enum sg_err (*eddsa)(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
	                     struct sg_bytes message, uint8_t signature[SG_RESIDENT_SIGNATURE]);

	/* Compute the x coordinate of the key times a point that is on the curve; the caller
	 * frees *shared. */
	enum sg_err (*ecdh)(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
	                    const uint8_t point[SG_RESIDENT_POINT], struct sg_secret **shared);

	/* Compute HMAC-SHA256. */
	enum sg_err (*hmac)(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
	                    struct sg_bytes data, uint8_t mac[SG_RESIDENT_MAC]);

	/* Encrypt with AES-GCM; out gets the text, as long as it was, and the tag. Errors:
	 * HSM_MECHANISM where the hardware takes no IV of ours. */
	enum sg_err (*encrypt)(struct sg_sealer *sealer, struct sg_bytes parent,
	                       struct sg_bytes blob, const struct sg_resident_gcm *gcm,
	                       struct sg_bytes plain, uint8_t *out);

	/* Decrypt what that wrote, of tag_len bytes at least; out gets as many bytes less, and
	 * nothing where the tag is wrong. Errors: TAG for that. */
	enum sg_err (*decrypt)(struct sg_sealer *sealer, struct sg_bytes parent,
	                       struct sg_bytes blob, const struct sg_resident_gcm *gcm,
	                       struct sg_bytes in, uint8_t *out);

	/* Wrap with AES key wrap with padding [RFC 5649]; out gets sg_keywrap_len bytes. */
	enum sg_err (*wrap)(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
	                    struct sg_bytes plain, uint8_t *out);

	/* Unwrap what that wrote, of a length that can be; the caller frees *plain. Errors: TAG. */
	enum sg_err (*unwrap)(struct sg_sealer *sealer, struct sg_bytes parent,
	                      struct sg_bytes blob, struct sg_bytes wrapped,
	                      struct sg_secret **plain);
};

void sg_resident_list_clear(struct sg_resident_list *list);

/* Return what the sealer of that name does with keys that live in it; NULL: it keeps none. */
const struct sg_resident_ops *sg_sealer_resident(const char *name);

#endif
