/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Base64, by libsodium.
 */
#include "crypto/base64.h"

#include <sodium.h>
#include <string.h>

bool sg_base64_read(struct sg_bytes text, uint8_t *out, size_t max, size_t *len)
{
	*len = 0;
	/* libsodium would skip zero bytes along with the ignored ones. */
	return text.len > 0 && memchr(text.data, 0, text.len) == NULL &&
	       sodium_base642bin(out, max, (const char *)text.data, text.len, " \t\r\n", len, NULL,
	                         sodium_base64_VARIANT_ORIGINAL) == 0;
}
