/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. SipHash-2-4, by libsodium.
 */
#include "crypto/siphash.h"

#include <sodium.h>

_Static_assert(crypto_shorthash_siphash24_KEYBYTES == SG_SIPHASH_KEY, "length of the key");
_Static_assert(crypto_shorthash_siphash24_BYTES == 8, "length of the number");

/* libsodium's function returns 0, always. */
uint64_t sg_siphash(const uint8_t key[SG_SIPHASH_KEY], struct sg_bytes bytes)
{
	static const uint8_t none[1];
	uint8_t out[8];

	(void)crypto_shorthash_siphash24(out, bytes.len > 0 ? bytes.data : none, bytes.len, key);
	return sg_get_u64(out);
}
