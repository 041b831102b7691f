/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. HMAC [RFC 2104]: libsodium's for SHA-256 and SHA-512. For SHA-384, which it
 * lacks, the two digests of the definition are OpenSSL's; its own HMAC looks for an
 * ENGINE, and that reads the application's configuration, see crypto/ssl.h.
 */
#include "crypto/mac.h"

#include <sodium.h>
#include <string.h>

#include "crypto/digest.h"

#define BLOCK384 128
#define LEN384 48
#define INNER 0x36
#define OUTER 0x5c

_Static_assert(SG_MAC == crypto_auth_hmacsha256_BYTES, "length of the code");

/* libsodium's functions below return 0, always. */
static enum sg_err start256(void *state, struct sg_bytes key)
{
	(void)crypto_auth_hmacsha256_init(state, key.len > 0 ? key.data : state, key.len);
	return SG_OK;
}

static enum sg_err update256(void *state, struct sg_bytes part)
{
	(void)crypto_auth_hmacsha256_update(state, part.data, part.len);
	return SG_OK;
}

static enum sg_err final256(void *state, uint8_t *out)
{
	(void)crypto_auth_hmacsha256_final(state, out);
	return SG_OK;
}

void sg_mac(struct sg_bytes key, const struct sg_bytes *parts, size_t n, uint8_t out[SG_MAC])
{
	crypto_auth_hmacsha256_state state;

	(void)start256(&state, key);
	for (size_t i = 0; i < n; i++)
		if (parts[i].len > 0)
			(void)update256(&state, parts[i]);
	(void)final256(&state, out);
	sodium_memzero(&state, sizeof(state));
}

static enum sg_err start512(void *state, struct sg_bytes key)
{
	(void)crypto_auth_hmacsha512_init(state, key.len > 0 ? key.data : state, key.len);
	return SG_OK;
}

static enum sg_err update512(void *state, struct sg_bytes part)
{
	(void)crypto_auth_hmacsha512_update(state, part.data, part.len);
	return SG_OK;
}

static enum sg_err final512(void *state, uint8_t *out)
{
	(void)crypto_auth_hmacsha512_final(state, out);
	return SG_OK;
}

/* In guarded memory but for OpenSSL's context, which OpenSSL wipes when it is freed. */
struct state384 {
	struct sg_digest *inner;
	uint8_t pad[BLOCK384];          /* the key, added to the pad that comes next */
};

static void flip(uint8_t pad[BLOCK384], uint8_t with)
{
	for (int i = 0; i < BLOCK384; i++)
		pad[i] ^= with;
}

static enum sg_err start384(void *data, struct sg_bytes key)
{
	struct state384 *state = data;
	enum sg_err err = SG_OK;

	if (key.len > BLOCK384)
		err = sg_digest_once(SG_SHA384, key, state->pad);
	else if (key.len > 0)
		memcpy(state->pad, key.data, key.len);
	flip(state->pad, INNER);
	if (err == SG_OK)
		err = sg_digest_new(SG_SHA384, &state->inner);
	if (err == SG_OK)
		err = sg_digest_update(state->inner, sg_bytes(state->pad, BLOCK384));
	flip(state->pad, INNER ^ OUTER);
	return err;
}

static enum sg_err update384(void *data, struct sg_bytes part)
{
	struct state384 *state = data;

	return sg_digest_update(state->inner, part);
}

static enum sg_err final384(void *data, uint8_t *out)
{
	struct state384 *state = data;
	struct sg_digest *outer = NULL;
	uint8_t digest[SG_DIGEST_MAX];
	enum sg_err err;

	err = sg_digest_final(state->inner, digest);
	if (err == SG_OK)
		err = sg_digest_new(SG_SHA384, &outer);
	if (err == SG_OK)
		err = sg_digest_update(outer, sg_bytes(state->pad, BLOCK384));
	if (err == SG_OK)
		err = sg_digest_update(outer, sg_bytes(digest, LEN384));
	if (err == SG_OK)
		err = sg_digest_final(outer, digest);
	if (err == SG_OK)
		memcpy(out, digest, LEN384);
	sg_digest_free(&outer);
	sodium_memzero(digest, sizeof(digest));
	return err;
}

static void end384(void *data)
{
	struct state384 *state = data;

	sg_digest_free(&state->inner);
}

const struct sg_mac_alg sg_hmac_sha256 = {
	.name = "HMAC-SHA-256", .len = SG_MAC, .state_len = sizeof(crypto_auth_hmacsha256_state),
	.start = start256, .update = update256, .final = final256,
};

const struct sg_mac_alg sg_hmac_sha384 = {
	.name = "HMAC-SHA-384", .len = LEN384, .state_len = sizeof(struct state384),
	.start = start384, .update = update384, .final = final384, .end = end384,
};

const struct sg_mac_alg sg_hmac_sha512 = {
	.name = "HMAC-SHA-512", .len = 64, .state_len = sizeof(crypto_auth_hmacsha512_state),
	.start = start512, .update = update512, .final = final512,
};
