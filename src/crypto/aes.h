/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. AES in the modes that only encrypt: cipher block chaining of whole blocks, the
 * counter mode, and cipher feedback as TPMs use it [SP 800-38A]. Nothing here tells whether a
 * text was changed.
 */
#ifndef SG_CRYPTO_AES_H
#define SG_CRYPTO_AES_H

#include "util/bytes.h"

#define SG_AES_BLOCK 16

enum sg_aes_mode {
	SG_AES_CBC_ENCRYPT,
	SG_AES_CBC_DECRYPT,
	SG_AES_CTR,             /* the same both ways; all of the block counts */
	SG_AES_CFB_ENCRYPT,     /* with feedback of whole blocks; the last one may be short */
};

struct sg_aes;

/* Start with a key of 16, 24 or 32 bytes and an IV or first counter of SG_AES_BLOCK; the
 * caller ends it with sg_aes_free. Errors: RANGE, CRYPTO, NOMEM. */
enum sg_err sg_aes_new(enum sg_aes_mode mode, struct sg_bytes key,
                       const uint8_t iv[SG_AES_BLOCK], struct sg_aes **out);

/* Put bytes through: of CBC whole blocks. out has room for in.len bytes; it may be in.data
 * itself, but may not overlap it otherwise. Errors: ARG, CRYPTO. */
enum sg_err sg_aes_run(struct sg_aes *aes, struct sg_bytes in, uint8_t *out);

/* Wipe and free; NULL and a pointer to NULL are fine. */
void sg_aes_free(struct sg_aes **aes);

#endif
