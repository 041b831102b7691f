/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Message authentication codes, whole and in parts: HMAC with SHA-2
 * [RFC 2104] and AES-CMAC [SP 800-38B]. What is kept between parts is worth as much
 * as the key, so it lies in guarded memory.
 */
#ifndef SG_CRYPTO_MAC_H
#define SG_CRYPTO_MAC_H

#include "util/secret.h"

#define SG_MAC 32                       /* bytes of HMAC-SHA-256 */
#define SG_MAC_MAX 64                   /* bytes of the longest code */

/* An algorithm; what it does is the affair of the file that has it. */
struct sg_mac_alg {
	const char *name;
	size_t len;                     /* bytes of its code */
	size_t state_len;               /* bytes of guarded memory that it works in */
	enum sg_err (*start)(void *state, struct sg_bytes key);
	enum sg_err (*update)(void *state, struct sg_bytes part);
	enum sg_err (*final)(void *state, uint8_t *out);
	void (*end)(void *state);       /* gives back what start took; NULL: nothing */
};

extern const struct sg_mac_alg sg_hmac_sha256, sg_hmac_sha384, sg_hmac_sha512;
extern const struct sg_mac_alg sg_aes_cmac;     /* keys of 16, 24 or 32 bytes */

/* A code in the making. */
struct sg_mac_run;

/* Start; the caller ends it with sg_mac_run_free. Errors: RANGE for a key that the
 * algorithm can't have, CRYPTO, SECURE_MEMORY. */
enum sg_err sg_mac_run_new(const struct sg_mac_alg *alg, struct sg_bytes key,
                           struct sg_mac_run **out);
enum sg_err sg_mac_run_update(struct sg_mac_run *run, struct sg_bytes part);

/* Write alg->len bytes to out; the run can only be freed afterwards. */
enum sg_err sg_mac_run_final(struct sg_mac_run *run, uint8_t *out);

/* Wipe and free; NULL and a pointer to NULL are fine. */
void sg_mac_run_free(struct sg_mac_run **run);

/* Make the code of n parts as if they were one message. */
enum sg_err sg_mac_once(const struct sg_mac_alg *alg, struct sg_bytes key,
                        const struct sg_bytes *parts, size_t n, uint8_t *out);

/* Compute HMAC-SHA-256, the code of records, over the parts as if they were one message. It
 * needs no memory and can't fail. */
void sg_mac(struct sg_bytes key, const struct sg_bytes *parts, size_t n, uint8_t out[SG_MAC]);

#endif
