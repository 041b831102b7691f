/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. AES-CMAC [SP 800-38B]: the chaining is OpenSSL's AES-CBC, the two subkeys are
 * made here, because OpenSSL's CMAC looks for an ENGINE, see crypto/ssl.h.
 */
#include "crypto/mac.h"

#include <sodium.h>
#include <string.h>

#include "crypto/aes.h"

#define BLOCK SG_AES_BLOCK
#define CHUNK 256

/* In guarded memory but for OpenSSL's contexts. */
struct state {
	struct sg_aes *chain;
	uint8_t subkey[BLOCK];          /* the first; the second is made from it */
	uint8_t held[BLOCK];            /* the last block is handled otherwise, so it waits */
	size_t held_len;
	uint8_t out[CHUNK];             /* of the chain; only its last block is of use */
};

/* Multiply by x in GF(2^128), without a branch that depends on the block [§5.3]. */
static void twice(uint8_t block[BLOCK])
{
	uint8_t carry = (uint8_t)-(block[0] >> 7);

	for (int i = 0; i < BLOCK - 1; i++)
		block[i] = (uint8_t)(block[i] << 1 | block[i + 1] >> 7);
	block[BLOCK - 1] = (uint8_t)(block[BLOCK - 1] << 1 ^ (carry & 0x87));
}

static enum sg_err start(void *data, struct sg_bytes key)
{
	static const uint8_t zero[BLOCK];
	struct state *state = data;
	struct sg_aes *once = NULL;
	enum sg_err err;

	err = sg_aes_new(SG_AES_CBC_ENCRYPT, key, zero, &once);
	if (err == SG_OK)
		err = sg_aes_run(once, sg_bytes(zero, BLOCK), state->subkey);
	twice(state->subkey);
	if (err == SG_OK)
		err = sg_aes_new(SG_AES_CBC_ENCRYPT, key, zero, &state->chain);
	sg_aes_free(&once);
	return err;
}

static enum sg_err update(void *data, struct sg_bytes part)
{
	struct state *state = data;
	enum sg_err err = SG_OK;

	while (err == SG_OK && part.len > 0) {
		size_t n = BLOCK - state->held_len;

		if (n == 0) {
			err = sg_aes_run(state->chain, sg_bytes(state->held, BLOCK), state->out);
			state->held_len = 0;
			/* All blocks but the last, which may be the message's. */
			while (err == SG_OK && part.len > BLOCK) {
				n = (part.len - 1) / BLOCK * BLOCK;
				n = n < CHUNK ? n : CHUNK;
				err = sg_aes_run(state->chain, sg_bytes(part.data, n), state->out);
				part = sg_bytes(part.data + n, part.len - n);
			}
			continue;
		}
		n = n < part.len ? n : part.len;
		memcpy(state->held + state->held_len, part.data, n);
		state->held_len += n;
		part = sg_bytes(part.data + n, part.len - n);
	}
	return err;
}

static enum sg_err final(void *data, uint8_t *out)
{
	struct state *state = data;
	enum sg_err err;

	if (state->held_len < BLOCK) {
		twice(state->subkey);
		memset(state->held + state->held_len, 0, BLOCK - state->held_len);
		state->held[state->held_len] = 0x80;
	}
	for (int i = 0; i < BLOCK; i++)
		state->held[i] ^= state->subkey[i];
	err = sg_aes_run(state->chain, sg_bytes(state->held, BLOCK), state->out);
	if (err == SG_OK)
		memcpy(out, state->out, BLOCK);
	return err;
}

static void end(void *data)
{
	struct state *state = data;

	sg_aes_free(&state->chain);
}

const struct sg_mac_alg sg_aes_cmac = {
	.name = "AES-CMAC", .len = BLOCK, .state_len = sizeof(struct state),
	.start = start, .update = update, .final = final, .end = end,
};
