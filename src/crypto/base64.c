/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Base64, by libsodium.
 */
#include "crypto/base64.h"

#include <sodium.h>

static bool has_zero(struct sg_bytes text)
{
	uint32_t found = 0;

	for (size_t i = 0; i < text.len; i++)
		found |= ((uint32_t)text.data[i] - 1) >> 31;
	return sg_secret_reveal(found) != 0;
}

bool sg_base64_read(struct sg_bytes text, uint8_t *out, size_t max, size_t *len)
{
	*len = 0;
	/* libsodium would skip zero bytes along with the ignored ones. */
	return text.len > 0 && !has_zero(text) &&
	       sodium_base642bin(out, max, (const char *)text.data, text.len, " \t\r\n", len, NULL,
	                         sodium_base64_VARIANT_ORIGINAL) == 0;
}

enum sg_err sg_base64_write(struct sg_bytes bytes, struct sg_secret **text)
{
	const size_t size = sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_ORIGINAL);
	enum sg_err err = sg_secret_new(size, text);

	if (err != SG_OK)
		return err;
	sodium_bin2base64((char *)(*text)->data, size, bytes.data, bytes.len,
	                  sodium_base64_VARIANT_ORIGINAL);
	(*text)->len = size - 1;        /* without the final zero byte */
	return SG_OK;
}

void sg_base64_public(struct sg_bytes bytes, char *out, size_t size)
{
	sodium_bin2base64(out, size, bytes.data, bytes.len, sodium_base64_VARIANT_ORIGINAL);
}
