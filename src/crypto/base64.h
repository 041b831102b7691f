/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Base64 [RFC 4648 §4], in constant time: it may be of a secret.
 */
#ifndef SG_CRYPTO_BASE64_H
#define SG_CRYPTO_BASE64_H

#include "util/secret.h"

/* Read base64 with its padding, with spaces and line ends anywhere between, into at most
 * max bytes. False for anything else. */
bool sg_base64_read(struct sg_bytes text, uint8_t *out, size_t max, size_t *len);

/* Write it with its padding, in one line without an end; the caller frees *text. Errors:
 * SECURE_MEMORY, NOMEM, RANGE. */
enum sg_err sg_base64_write(struct sg_bytes bytes, struct sg_secret **text);

/* Write that of public bytes with its padding and a zero at the end to size bytes at out, which
 * must be enough: 4 for each three bytes that were begun, and 1. */
void sg_base64_public(struct sg_bytes bytes, char *out, size_t size);

#endif
