/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Hexadecimal digits, by libsodium.
 */
#include "crypto/hex.h"

#include <sodium.h>

void sg_hex_write(struct sg_bytes bytes, uint8_t *out)
{
	sodium_bin2hex((char *)out, 2 * bytes.len + 1, bytes.data, bytes.len);
}

bool sg_hex_read(struct sg_bytes text, uint8_t *out, size_t max, size_t *len)
{
	*len = 0;
	return text.len > 0 &&
	       sodium_hex2bin(out, max, (const char *)text.data, text.len, NULL, len, NULL) == 0;
}
