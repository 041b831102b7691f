/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Text in PEM armour [RFC 7468 §2]: finding blocks. What is in them may be secret,
 * so that nothing is copied or decoded here.
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

#endif
