/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Hexadecimal digits of a secret, in constant time. Those of public bytes are made and
 * read by util/bytes.h.
 */
#ifndef SG_CRYPTO_HEX_H
#define SG_CRYPTO_HEX_H

#include "util/secret.h"

/* Write bytes of a secret as 2 * bytes.len lower-case digits to out, which is guarded memory and
 * has room for one byte more. */
void sg_hex_write(struct sg_bytes bytes, uint8_t *out);

/* Read digits of either case, with nothing between, into at most max bytes. False for anything
 * else. */
bool sg_hex_read(struct sg_bytes text, uint8_t *out, size_t max, size_t *len);

#endif
