/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Text in PEM armour [RFC 7468 §2]: finding blocks, what is in which may be secret, so
 * that nothing is copied for that; and whole blocks of public bytes.
 */
#ifndef SG_CRYPTO_PEM_H
#define SG_CRYPTO_PEM_H

#include <stdbool.h>

#include "util/bytes.h"

/* A block: its label and what stands between its two lines, views into the text. */
struct sg_pem {
	struct sg_bytes label;
	struct sg_bytes body;
};

/* Find the next block and leave in text what follows it; false at the end of the text and
 * for a block without an end. */
bool sg_pem_next(struct sg_bytes *text, struct sg_pem *pem);

/* Decode what stands in a block; its bytes, at most max, replace what out holds. Errors: FORMAT,
 * also where there are more, NOMEM. */
enum sg_err sg_pem_decode(const struct sg_pem *pem, size_t max, struct sg_buf *out);

/* Append public bytes as a block with this label. Errors: NOMEM, after which out holds a part of
 * it. */
enum sg_err sg_pem_write(const char *label, struct sg_bytes bytes, struct sg_buf *out);

/* Find the first block with this label; its bytes, at most max, replace what out holds. Errors:
 * FORMAT, NOMEM. */
enum sg_err sg_pem_read(struct sg_bytes text, const char *label, size_t max, struct sg_buf *out);

#endif
