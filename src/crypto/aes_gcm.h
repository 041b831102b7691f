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
 * Errors: RANGE for sizes, CRYPTO. */
enum sg_err sg_gcm_encrypt(struct sg_bytes key, struct sg_bytes iv, struct sg_bytes aad,
                           struct sg_bytes plain, uint8_t *out, uint8_t *tag, size_t tag_len);

/* Decrypt and check. out holds cipher.len bytes and is wiped where the tag does
 * not match. Errors: TAG, RANGE, CRYPTO. */
enum sg_err sg_gcm_decrypt(struct sg_bytes key, struct sg_bytes iv, struct sg_bytes aad,
                           struct sg_bytes cipher, struct sg_bytes tag, uint8_t *out);

/* An encryption in parts. There is none for decryption: no plaintext is given out
 * before the tag was checked. */
struct sg_gcm;

enum sg_err sg_gcm_new(struct sg_bytes key, struct sg_bytes iv, struct sg_bytes aad,
                       struct sg_gcm **out);

/* Encrypt one part; writes exactly part.len bytes. */
enum sg_err sg_gcm_update(struct sg_gcm *gcm, struct sg_bytes part, uint8_t *out);
enum sg_err sg_gcm_final(struct sg_gcm *gcm, uint8_t *tag, size_t tag_len);
void sg_gcm_free(struct sg_gcm **gcm);

#endif
