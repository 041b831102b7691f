/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. An Ed25519 private key as people hold it in files: PKCS#8 [RFC 8410 §7], PEM
 * or DER, read without leaving guarded memory (which is why no library does it: they
 * copy to the heap).
 */
#ifndef SG_CRYPTO_PKCS8_H
#define SG_CRYPTO_PKCS8_H

#include "util/secret.h"

/* What an input turned out to be, so that a message can say how to convert it. */
enum sg_pkcs8_kind {
	SG_PKCS8_ED25519,
	SG_PKCS8_ENCRYPTED,     /* an encrypted PKCS#8 file */
	SG_PKCS8_OPENSSH,       /* OpenSSH's own private key format */
	SG_PKCS8_OTHER_KEY,     /* a private key of another algorithm */
	SG_PKCS8_PUBLIC,        /* a public key */
	SG_PKCS8_UNKNOWN,
};

/* Read the 32-byte seed out of a PEM or DER private key (version 1, or version 2
 * of RFC 5958 with a public key, which must then match). PEM may have text around
 * it; the first private key decides. *kind is always set; the caller frees *seed.
 * Errors: FORMAT for anything but SG_PKCS8_ED25519, with SG_PKCS8_UNKNOWN for a
 * damaged Ed25519 key and for more than 16 KiB; SECURE_MEMORY. */
enum sg_err sg_pkcs8_ed25519(struct sg_bytes input, enum sg_pkcs8_kind *kind,
                             struct sg_secret **seed);

/* Read a DER private key of len bytes [RFC 5958 §2, RFC 8410 §7] whose algorithm is the object
 * identifier in DER, alone and to the last byte. Both keys are views into der; public_key is
 * empty where there is none, which only version 2 has, and is not compared with the private
 * one. False for anything else. */
bool sg_pkcs8_parse(struct sg_bytes der, struct sg_bytes oid, size_t len,
                    struct sg_bytes *private_key, struct sg_bytes *public_key);

/* Write a private key of 1 to 64 bytes as such DER, version 1: algorithm is its
 * AlgorithmIdentifier in DER. The caller frees *out. Errors: RANGE, SECURE_MEMORY. */
enum sg_err sg_pkcs8_write(struct sg_bytes algorithm, struct sg_bytes key, struct sg_secret **out);

/* Return the length of what sg_pkcs8_write makes of len bytes. */
size_t sg_pkcs8_len(struct sg_bytes algorithm, size_t len);

#endif
