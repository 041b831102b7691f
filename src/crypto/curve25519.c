/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Ed25519 with the arithmetic of lib25519. Its own signatures are of another
 * kind: they have a random part. So only its multiplication of the base point is used,
 * where nearly all of the time goes, and the rest follows RFC 8032. Must never give
 * another answer than libsodium.
 */
#include "crypto/curve25519.h"

#include <lib25519.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>

/* Longer messages are hashed most of the time, and they would have to be copied. */
#define SHORT 1024

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool right;

/* Not inlined: its frame lies where the caller wipes. */
__attribute__((noinline)) void sg_curve25519_sign(const uint8_t key[64], struct sg_bytes message,
                                                  uint8_t made[64])
{
	uint8_t expanded[64], hash[64], r[32], h[32], text[64 + SHORT];

	lib25519_hash_sha512(expanded, key, 32);
	expanded[0] &= 248;
	expanded[31] = (uint8_t)((expanded[31] & 127) | 64);

	memcpy(text + 32, expanded + 32, 32);
	if (message.len > 0)
		memcpy(text + 64, message.data, message.len);
	lib25519_hash_sha512(hash, text + 32, (long long)(32 + message.len));
	crypto_core_ed25519_scalar_reduce(r, hash);
	lib25519_nG_merged25519(made, r);

	memcpy(text, made, 32);
	memcpy(text + 32, key + 32, 32);
	lib25519_hash_sha512(hash, text, (long long)(64 + message.len));
	crypto_core_ed25519_scalar_reduce(h, hash);
	crypto_core_ed25519_scalar_mul(h, h, expanded);
	crypto_core_ed25519_scalar_add(made + 32, h, r);
}

/* The y coordinates of the points whose order divides eight, and their other encodings;
 * the highest bit belongs to x. */
static const uint8_t small[][32] = {
	{ 0 },
	{ 1 },
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
	  0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
	  0xfc, 0x05 },
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
	  0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
	  0x03, 0x7a },
	{ [0] = 0xec, [1 ... 30] = 0xff, [31] = 0x7f },
};

static bool is_small(const uint8_t point[32])
{
	bool found = false;

	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++)
		found = found || (memcmp(point, small[i], 31) == 0 &&
		                  (point[31] & 0x7f) == small[i][31]);
	return found;
}

/* Tell whether a number, lowest byte first, is less than another. */
static bool is_less(const uint8_t a[32], const uint8_t b[32])
{
	for (size_t i = 32; i-- > 0;)
		if (a[i] != b[i])
			return a[i] < b[i];
	return false;
}

/* A point as one writes it: its y is less than the order of the field, 2^255 - 19. */
static bool is_canonical(const uint8_t point[32])
{
	static const uint8_t field[32] = { [0] = 0xed, [1 ... 30] = 0xff, [31] = 0x7f };
	uint8_t y[32];

	memcpy(y, point, sizeof(y));
	y[31] &= 0x7f;
	return is_less(y, field);
}

bool sg_curve25519_verify(const uint8_t public_key[32], struct sg_bytes message,
                          const uint8_t signature[64])
{
	/* The order of the base point [RFC 8032 §5.1]. */
	static const uint8_t order[32] = {
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9,
		0xde, 0x14, [31] = 0x10,
	};
	uint8_t sealed[64 + SHORT], opened[64 + SHORT];
	long long len = 0;
	bool good;

	/* A point that is not canonical never equals the R that is computed. */
	if (!is_less(signature + 32, order) || is_small(signature) || !is_canonical(public_key) ||
	    is_small(public_key))
		return false;
	memcpy(sealed, signature, 64);
	if (message.len > 0)
		memcpy(sealed + 64, message.data, message.len);
	good = lib25519_sign_open(opened, &len, sealed, (long long)(64 + message.len),
	                          public_key) == 0;
	/* The message may matter to whoever asks. */
	sodium_memzero(sealed, 64 + message.len);
	sodium_memzero(opened, 64 + message.len);
	return good;
}

/* The library calls what is used here functions that may change: look, once, that they
 * still do what they did. The seed is that of nobody's key. */
static void look(void)
{
	static const uint8_t seed[32] = { 1, 2, 3 };
	const struct sg_bytes text = sg_bytes_str("look");
	uint8_t public_key[32], key[64], made[64], wanted[64];

	right = crypto_sign_seed_keypair(public_key, key, seed) == 0 &&
	        crypto_sign_detached(wanted, NULL, text.data, text.len, key) == 0;
	if (right)
		sg_curve25519_sign(key, text, made);
	right = right && memcmp(made, wanted, sizeof(made)) == 0 &&
	        sg_curve25519_verify(public_key, text, made);
}

bool sg_curve25519_takes(size_t len)
{
	return len <= SHORT && pthread_once(&once, look) == 0 && right;
}
