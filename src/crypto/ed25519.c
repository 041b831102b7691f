/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Ed25519 through libsodium. Private keys are read and written where they
 * lie in guarded memory, and what libsodium leaves on the stack is wiped.
 */
#include "crypto/ed25519.h"

#include <sodium.h>
#include <string.h>

#include "crypto/random.h"

/* libsodium wipes the scalars it computes, but not what the compiler made it put
 * on the stack on the way. Measured, it goes less than 4 KiB below our frame. */
#define STACK_USED 8192

_Static_assert(SG_ED25519_SEED == crypto_sign_SEEDBYTES, "seed length");
_Static_assert(SG_ED25519_PUBLIC == crypto_sign_PUBLICKEYBYTES, "public key length");
_Static_assert(SG_ED25519_KEY == crypto_sign_SECRETKEYBYTES, "private key length");
_Static_assert(SG_ED25519_SIGNATURE == crypto_sign_BYTES, "signature length");

enum sg_err sg_ed25519_from_seed(struct sg_bytes seed, struct sg_secret **key)
{
	uint8_t public_key[SG_ED25519_PUBLIC];
	enum sg_err err;

	*key = NULL;
	if (seed.len != SG_ED25519_SEED)
		return SG_ERR_RANGE;
	err = sg_secret_new(SG_ED25519_KEY, key);
	if (err != SG_OK)
		return err;
	if (crypto_sign_seed_keypair(public_key, (*key)->data, seed.data) == 0)
		(*key)->len = SG_ED25519_KEY;
	else
		err = SG_ERR_CRYPTO;
	sodium_stackzero(STACK_USED);
	if (err != SG_OK)
		sg_secret_free(key);
	return err;
}

enum sg_err sg_ed25519_generate(struct sg_secret **key)
{
	struct sg_secret *seed = NULL;
	enum sg_err err;

	*key = NULL;
	err = sg_random_secret(SG_ED25519_SEED, &seed);
	if (err == SG_OK)
		err = sg_ed25519_from_seed(sg_secret_bytes(seed), key);
	sg_secret_free(&seed);
	return err;
}

struct sg_bytes sg_ed25519_public(const struct sg_secret *key)
{
	return sg_bytes(key->data + SG_ED25519_SEED, SG_ED25519_PUBLIC);
}

enum sg_err sg_ed25519_sign(struct sg_bytes key, struct sg_bytes message,
                            uint8_t signature[SG_ED25519_SIGNATURE])
{
	/* The message is read twice, and the first half of the signature is written in
	 * between. Where both lie in one buffer, the result would not only be wrong: with
	 * the right signature of the same message it gives the private key away. */
	uint8_t made[SG_ED25519_SIGNATURE];
	enum sg_err err = SG_OK;

	if (key.len != SG_ED25519_KEY)
		return SG_ERR_RANGE;
	if (crypto_sign_detached(made, NULL, message.data, message.len, key.data) != 0)
		err = SG_ERR_CRYPTO;
	else
		memcpy(signature, made, sizeof(made));
	sodium_stackzero(STACK_USED);
	return err;
}

enum sg_err sg_ed25519_verify(struct sg_bytes public_key, struct sg_bytes message,
                              struct sg_bytes signature)
{
	if (public_key.len != SG_ED25519_PUBLIC || signature.len != SG_ED25519_SIGNATURE)
		return SG_ERR_RANGE;
	if (crypto_sign_verify_detached(signature.data, message.data, message.len,
	                                public_key.data) != 0)
		return SG_ERR_TAG;
	return SG_OK;
}

bool sg_ed25519_public_valid(struct sg_bytes public_key)
{
	return public_key.len == SG_ED25519_PUBLIC &&
	       crypto_core_ed25519_is_valid_point(public_key.data) == 1;
}
