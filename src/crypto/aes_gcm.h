/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. AES in Galois/Counter Mode [SP 800-38D], whole and in parts. Keys of
 * 16, 24 or 32 bytes, IVs of 1 to 512 bytes, tags of 12 to 16 bytes.
 */
#ifndef SG_CRYPTO_AES_GCM_H
#define SG_CRYPTO_AES_GCM_H

#include "util/bytes.h"

#define SG_GCM_IV 12
#define SG_GCM_TAG 16
#define SG_GCM_IV_MAX 512

/* Encrypt plain into out, which holds plain.len bytes, and write tag_len bytes to
 * tag. out may be plain.data itself, but may not overlap it otherwise.
 * Errors: RANGE for sizes, ARG for such an overlap, CRYPTO. */
enum sg_err sg_gcm_encrypt(struct sg_bytes key, struct sg_bytes iv, struct sg_bytes aad,
                           struct sg_bytes plain, uint8_t *out, uint8_t *tag, size_t tag_len);

/* Decrypt and check. out holds cipher.len bytes, is wiped where the tag does not match, and
 * lies as above. Errors: TAG, RANGE, ARG, CRYPTO. */
enum sg_err sg_gcm_decrypt(struct sg_bytes key, struct sg_bytes iv, struct sg_bytes aad,
                           struct sg_bytes cipher, struct sg_bytes tag, uint8_t *out);

/* An encryption in parts. There is none for decryption: no plaintext is given out
 * before the tag was checked. */
struct sg_gcm;

/* Start; the caller ends it with sg_gcm_free. Errors: RANGE, CRYPTO, NOMEM. */
enum sg_err sg_gcm_new(struct sg_bytes key, struct sg_bytes iv, struct sg_bytes aad,
                       struct sg_gcm **out);

/* Encrypt one part; writes exactly part.len bytes, which lie as above. Errors: RANGE where the
 * text gets too long, ARG, also after the end or an error, CRYPTO. */
enum sg_err sg_gcm_update(struct sg_gcm *gcm, struct sg_bytes part, uint8_t *out);

/* Write tag_len bytes to tag; the encryption can only be freed afterwards. Errors: RANGE for
 * tag_len, after which another one may be tried, ARG as above, CRYPTO. */
enum sg_err sg_gcm_final(struct sg_gcm *gcm, uint8_t *tag, size_t tag_len);

/* Wipe and free; NULL and a pointer to NULL are fine. */
void sg_gcm_free(struct sg_gcm **gcm);

#endif
