/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. AES key wrap, plain [RFC 3394] and with padding [RFC 5649].
 */
#ifndef SG_CRYPTO_KEYWRAP_H
#define SG_CRYPTO_KEYWRAP_H

#include "util/secret.h"

enum sg_keywrap_alg {
	SG_KW,                  /* RFC 3394: 16 bytes or more, a multiple of 8 */
	SG_KWP,                 /* RFC 5649: 1 byte or more */
};

#define SG_KEYWRAP_MAX 65536            /* bytes of key that can be wrapped */

/* Return the wrapped length of len bytes, or 0 where the algorithm can't wrap them. */
size_t sg_keywrap_len(enum sg_keywrap_alg alg, size_t len);

/* Wrap plain under a key of 16, 24 or 32 bytes; out holds sg_keywrap_len bytes.
 * Errors: RANGE, CRYPTO. */
enum sg_err sg_keywrap_wrap(enum sg_keywrap_alg alg, struct sg_bytes key, struct sg_bytes plain,
                            uint8_t *out);

/* Unwrap into guarded memory; the caller frees *plain.
 * Errors: TAG where the integrity value is wrong, RANGE for impossible lengths, CRYPTO. */
enum sg_err sg_keywrap_unwrap(enum sg_keywrap_alg alg, struct sg_bytes key, struct sg_bytes wrapped,
                              struct sg_secret **plain);

#endif
