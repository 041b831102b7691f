/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Arithmetic in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1, and polynomials over it. No tables:
 * where one is read would tell what the secret is to whoever shares the cache.
 */
#include "crypto/shamir.h"

#include <string.h>

#include "crypto/random.h"

#define REDUCE 0x1b             /* the modulus without x^8 */

static uint8_t times(uint8_t a, uint8_t b)
{
	uint8_t product = 0;

	for (int bit = 0; bit < 8; bit++) {
		product ^= (uint8_t)(a & -(b & 1));
		a = (uint8_t)(a << 1 ^ (REDUCE & -(a >> 7)));
		b >>= 1;
	}
	return product;
}

/* Return a^254, which is 1/a; that of 0 is 0. */
static uint8_t inverse(uint8_t a)
{
	uint8_t result = 1;

	for (int bit = 7; bit >= 0; bit--) {
		result = times(result, result);
		if (bit > 0)                    /* 254 is 11111110 */
			result = times(result, a);
	}
	return result;
}

/* Take the values of a polynomial for each byte at one place. The coefficients are those of x, x^2
 * ... one row of len bytes after the other; the secret is that of 1. */
static void take(const struct sg_secret *secret, const struct sg_secret *coefficients, size_t k,
                 uint8_t place, struct sg_secret *share)
{
	const size_t len = secret->len;

	for (size_t i = 0; i < len; i++) {
		uint8_t value = 0;

		for (size_t power = k - 1; power > 0; power--)
			value = times(value ^ coefficients->data[(power - 1) * len + i], place);
		share->data[i] = value ^ secret->data[i];
	}
	share->data[len] = place;
	share->len = len + 1;
}

enum sg_err sg_shamir_split(const struct sg_secret *secret, size_t n, size_t k,
                            struct sg_secret **share)
{
	struct sg_secret *coefficients = NULL;
	enum sg_err err = SG_OK;

	for (size_t i = 0; i < n && n <= SG_SHAMIR_MOST; i++)
		share[i] = NULL;
	if (k < 2 || k > n || n > SG_SHAMIR_MOST || secret->len == 0 ||
	    secret->len > SG_SHAMIR_SECRET_MAX)
		return SG_ERR_RANGE;
	err = sg_random_secret((k - 1) * secret->len, &coefficients);
	for (size_t i = 0; i < n && err == SG_OK; i++) {
		err = sg_secret_new(secret->len + 1, &share[i]);
		if (err == SG_OK)
			take(secret, coefficients, k, (uint8_t)(i + 1), share[i]);
	}
	for (size_t i = 0; i < n && err != SG_OK; i++)
		sg_secret_free(&share[i]);
	sg_secret_free(&coefficients);
	return err;
}

/* A place stands in a share and is no secret. */
static uint8_t place_of(const struct sg_secret *share)
{
	return (uint8_t)sg_secret_reveal(share->data[share->len - 1]);
}

static enum sg_err check(const struct sg_secret *const *share, size_t k)
{
	if (k < 2 || k > SG_SHAMIR_MOST)
		return SG_ERR_FORMAT;
	for (size_t i = 0; i < k; i++) {
		if (share[i]->len < 2 || share[i]->len > SG_SHAMIR_SECRET_MAX + 1 ||
		    share[i]->len != share[0]->len || place_of(share[i]) == 0)
			return SG_ERR_FORMAT;
		for (size_t j = 0; j < i; j++)
			if (place_of(share[j]) == place_of(share[i]))
				return SG_ERR_ARG;
	}
	return SG_OK;
}

/* What share i counts for: its Lagrange polynomial at 0. A sum is a difference in this field. */
static uint8_t weight(const struct sg_secret *const *share, size_t k, size_t i)
{
	uint8_t above = 1, below = 1;

	for (size_t j = 0; j < k; j++) {
		if (j == i)
			continue;
		above = times(above, place_of(share[j]));
		below = times(below, place_of(share[j]) ^ place_of(share[i]));
	}
	return times(above, inverse(below));
}

enum sg_err sg_shamir_combine(const struct sg_secret *const *share, size_t k,
                              struct sg_secret **secret)
{
	enum sg_err err = check(share, k);
	size_t len;

	*secret = NULL;
	if (err != SG_OK)
		return err;
	len = share[0]->len - 1;
	err = sg_secret_new(len, secret);
	if (err != SG_OK)
		return err;
	memset((*secret)->data, 0, len);
	for (size_t i = 0; i < k; i++) {
		const uint8_t counts = weight(share, k, i);

		for (size_t b = 0; b < len; b++)
			(*secret)->data[b] ^= times(share[i]->data[b], counts);
	}
	(*secret)->len = len;
	return SG_OK;
}
