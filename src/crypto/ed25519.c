/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Ed25519 through libsodium, or where lib25519 stands, through both. Private
 * keys are read and written where they lie in guarded memory, and what the libraries
 * leave on the stack is wiped.
 */
#include "crypto/ed25519.h"

#include <sodium.h>
#include <string.h>

#include "config.h"
#include "crypto/curve25519.h"
#include "crypto/random.h"
#include "crypto/stack.h"

_Static_assert(SG_ED25519_SEED == crypto_sign_SEEDBYTES, "seed length");
_Static_assert(SG_ED25519_PUBLIC == crypto_sign_PUBLICKEYBYTES, "public key length");
_Static_assert(SG_ED25519_KEY == crypto_sign_SECRETKEYBYTES, "private key length");
_Static_assert(SG_ED25519_SIGNATURE == crypto_sign_BYTES, "signature length");

#ifdef HAVE_LIB25519
static bool sign(const uint8_t *key, struct sg_bytes message, uint8_t *made)
{
	if (!sg_curve25519_takes(message.len))
		return crypto_sign_detached(made, NULL, message.data, message.len, key) == 0;
	sg_curve25519_sign(key, message, made);
	return true;
}

static bool verify(const uint8_t *public_key, struct sg_bytes message, const uint8_t *signature)
{
	if (sg_curve25519_takes(message.len))
		return sg_curve25519_verify(public_key, message, signature);
	return crypto_sign_verify_detached(signature, message.data, message.len, public_key) == 0;
}
#else
static bool sign(const uint8_t *key, struct sg_bytes message, uint8_t *made)
{
	return crypto_sign_detached(made, NULL, message.data, message.len, key) == 0;
}

static bool verify(const uint8_t *public_key, struct sg_bytes message, const uint8_t *signature)
{
	return crypto_sign_verify_detached(signature, message.data, message.len, public_key) == 0;
}
#endif

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
	sodium_stackzero(SG_STACK_USED);
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
	if (sign(key.data, message, made))
		memcpy(signature, made, sizeof(made));
	else
		err = SG_ERR_CRYPTO;
	sodium_stackzero(SG_STACK_USED);
	return err;
}

enum sg_err sg_ed25519_verify(struct sg_bytes public_key, struct sg_bytes message,
                              struct sg_bytes signature)
{
	if (public_key.len != SG_ED25519_PUBLIC || signature.len != SG_ED25519_SIGNATURE)
		return SG_ERR_RANGE;
	return verify(public_key.data, message, signature.data) ? SG_OK : SG_ERR_TAG;
}

bool sg_ed25519_public_valid(struct sg_bytes public_key)
{
	return public_key.len == SG_ED25519_PUBLIC &&
	       crypto_core_ed25519_is_valid_point(public_key.data) == 1;
}
