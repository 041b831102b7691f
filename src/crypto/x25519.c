/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. X25519 through libsodium. Private keys and shared secrets are read and written
 * where they lie in guarded memory, and what libsodium leaves on the stack is wiped.
 */
#include "crypto/x25519.h"

#include <sodium.h>
#include <string.h>

#include "crypto/random.h"
#include "crypto/stack.h"

_Static_assert(SG_X25519_LEN == crypto_scalarmult_curve25519_SCALARBYTES, "private key length");
_Static_assert(SG_X25519_LEN == crypto_scalarmult_curve25519_BYTES, "public key length");

enum sg_err sg_x25519_from_private(struct sg_bytes private_key, struct sg_secret **key)
{
	enum sg_err err;

	*key = NULL;
	if (private_key.len != SG_X25519_LEN)
		return SG_ERR_RANGE;
	err = sg_secret_new(2 * SG_X25519_LEN, key);
	if (err != SG_OK)
		return err;
	memcpy((*key)->data, private_key.data, SG_X25519_LEN);
	(*key)->len = 2 * SG_X25519_LEN;
	if (crypto_scalarmult_curve25519_base((*key)->data + SG_X25519_LEN, (*key)->data) != 0)
		err = SG_ERR_CRYPTO;
	sodium_stackzero(SG_STACK_USED);
	if (err != SG_OK)
		sg_secret_free(key);
	return err;
}

enum sg_err sg_x25519_generate(struct sg_secret **key)
{
	struct sg_secret *private_key = NULL;
	enum sg_err err;

	*key = NULL;
	err = sg_random_secret(SG_X25519_LEN, &private_key);
	if (err == SG_OK)
		err = sg_x25519_from_private(sg_secret_bytes(private_key), key);
	sg_secret_free(&private_key);
	return err;
}

enum sg_err sg_x25519_shared(const struct sg_secret *key, struct sg_bytes public_key,
                             struct sg_secret **shared)
{
	enum sg_err err;

	*shared = NULL;
	if (key->len != 2 * SG_X25519_LEN || public_key.len != SG_X25519_LEN)
		return SG_ERR_RANGE;
	err = sg_secret_new(SG_X25519_LEN, shared);
	if (err != SG_OK)
		return err;
	(*shared)->len = SG_X25519_LEN;
	if (crypto_scalarmult_curve25519((*shared)->data, key->data, public_key.data) != 0)
		err = SG_ERR_TAG;
	sodium_stackzero(SG_STACK_USED);
	if (err != SG_OK)
		sg_secret_free(shared);
	return err;
}

bool sg_x25519_public_valid(struct sg_bytes public_key)
{
	static const uint8_t one[SG_X25519_LEN] = { 1 };        /* clamped like every scalar */
	uint8_t shared[SG_X25519_LEN];

	/* The points of small order give zero with every scalar, for each is a multiple of 8. */
	return public_key.len == SG_X25519_LEN &&
	       crypto_scalarmult_curve25519(shared, one, public_key.data) == 0;
}
