/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Keys from keys (HKDF [RFC 5869]), keys from shared secrets, and keys from PINs
 * (Argon2id [RFC 9106]).
 */
#ifndef SG_CRYPTO_KDF_H
#define SG_CRYPTO_KDF_H

#include "crypto/mac.h"

#define SG_ARGON2_SALT 16

/* Cost of one Argon2id run; stored beside the salt, so it is hostile when read. */
struct sg_argon2_cost {
	uint32_t passes;        /* 1 to 16 */
	uint32_t memory;        /* KiB, 8192 to 1048576 */
};

/* What new PINs are stretched with: about a tenth of a second. */
extern const struct sg_argon2_cost sg_argon2_default;

/* Extract hmac->len bytes from ikm [RFC 5869 §2.2]; the caller frees *prk. Errors: RANGE for
 * an empty ikm, CRYPTO. */
enum sg_err sg_hkdf_extract(const struct sg_mac_alg *hmac, struct sg_bytes ikm,
                            struct sg_bytes salt, struct sg_secret **prk);

/* Expand prk, which has hmac->len bytes or more, to len bytes, 1 to 255 * hmac->len
 * [RFC 5869 §2.3]; the caller frees *out. Errors: RANGE, CRYPTO. */
enum sg_err sg_hkdf_expand(const struct sg_mac_alg *hmac, struct sg_bytes prk,
                           struct sg_bytes info, size_t len, struct sg_secret **out);

/* Extract and expand with SHA-256. */
enum sg_err sg_hkdf_sha256(struct sg_bytes ikm, struct sg_bytes salt, struct sg_bytes info,
                           size_t len, struct sg_secret **out);

/* Derive len bytes (1 to 255 * 32) from a shared secret with the KDF of ANSI X9.63 and SHA-256
 * [SEC 1 §3.6.1]; the caller frees *out. Errors: RANGE, SECURE_MEMORY. */
enum sg_err sg_x963_sha256(struct sg_bytes shared, struct sg_bytes info, size_t len,
                           struct sg_secret **out);

/* Stretch a PIN to len bytes (16 to 64). Errors: RANGE for a salt that is not 16
 * bytes or a cost outside its limits, NOMEM where the memory can't be had. */
enum sg_err sg_argon2id(struct sg_bytes pin, struct sg_bytes salt, struct sg_argon2_cost cost,
                        size_t len, struct sg_secret **out);

#endif
