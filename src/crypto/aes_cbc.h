/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. AES-CBC of messages in parts of any length, plain or with the padding of
 * PKCS#7 [RFC 5652 §6.3]. Who can try ciphertexts and see whether the padding was right
 * can decrypt: nothing here authenticates anything.
 */
#ifndef SG_CRYPTO_AES_CBC_H
#define SG_CRYPTO_AES_CBC_H

#include "crypto/aes.h"

/* How a message is taken. */
struct sg_cbc_form {
	bool encrypt;
	bool padded;
};

/* Say how many bytes a part of len bytes gives out after held others. */
size_t sg_cbc_part_len(struct sg_cbc_form form, size_t held, size_t len);

/* A message in parts. */
struct sg_cbc;

/* Start with a key of 16, 24 or 32 bytes; the caller ends it with sg_cbc_free. Errors:
 * RANGE, CRYPTO, NOMEM, SECURE_MEMORY. */
enum sg_err sg_cbc_new(struct sg_cbc_form form, struct sg_bytes key,
                       const uint8_t iv[SG_AES_BLOCK], struct sg_cbc **out);

/* Return how many bytes wait for others to make a block, or to be the last one. */
size_t sg_cbc_held(const struct sg_cbc *cbc);

/* Put a part through; writes sg_cbc_part_len bytes, which may overwrite the part from its
 * beginning, but may not overlap it otherwise. */
enum sg_err sg_cbc_update(struct sg_cbc *cbc, struct sg_bytes part, uint8_t *out);

/* Make the last bytes in guarded memory, at most a block; they are a view into cbc. Called
 * again it answers the same. Errors: RANGE where the message has no
 * possible length, FORMAT where its padding is wrong. */
enum sg_err sg_cbc_final(struct sg_cbc *cbc, struct sg_bytes *last);

/* Wipe and free; NULL and a pointer to NULL are fine. */
void sg_cbc_free(struct sg_cbc **cbc);

#endif
