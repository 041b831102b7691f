/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. The key forms that people hold in files: an Ed25519 private key as
 * PKCS#8 [RFC 8410 §7], PEM or DER, read without leaving guarded memory (which
 * is why no library does it: they copy to the heap), and the public key as
 * SubjectPublicKeyInfo PEM and as an OpenSSH line.
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

/* Append a DER SubjectPublicKeyInfo [RFC 5280 §4.1.2.7]: algorithm is its AlgorithmIdentifier
 * in DER, point the bytes of the BIT STRING. Errors: RANGE for more than 124 bytes of both, NOMEM. */
enum sg_err sg_spki_der(struct sg_bytes algorithm, struct sg_bytes point, struct sg_buf *out);

/* Append a SubjectPublicKeyInfo as PEM ("BEGIN PUBLIC KEY"). Errors: NOMEM, after which out
 * holds a part of it. */
enum sg_err sg_spki_pem(struct sg_bytes spki, struct sg_buf *out);

/* Append "ssh-ed25519 AAAA... comment\n", or of a P-256 point "ecdsa-sha2-nistp256 ..." [RFC
 * 5656 §3.1]; the comment may be NULL. Errors: RANGE unless 32 or 65 bytes, ARG for a comment with control characters, which could smuggle
 * in a line, NOMEM. */
enum sg_err sg_ssh_line(struct sg_bytes public_key, const char *comment, struct sg_buf *out);

#endif
