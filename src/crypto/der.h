/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Strict DER, read through one cursor with a sticky error [X.690 §10]. It knows
 * the form of elements and not what they mean.
 */
#ifndef SG_CRYPTO_DER_H
#define SG_CRYPTO_DER_H

#include "util/cursor.h"

/* Tags [X.690 §8.1.2]. */
#define SG_DER_INTEGER 0x02
#define SG_DER_BIT_STRING 0x03
#define SG_DER_OCTET_STRING 0x04
#define SG_DER_NULL 0x05
#define SG_DER_OID 0x06
#define SG_DER_UTF8_STRING 0x0c
#define SG_DER_VISIBLE_STRING 0x1a
#define SG_DER_SEQUENCE 0x30
#define SG_DER_SET 0x31
#define SG_DER_CONTEXT_0 0xa0           /* [0], constructed */
#define SG_DER_CONTEXT_1_PRIMITIVE 0x81

/* One element; its value is a view into what was read. */
struct sg_der {
	uint8_t tag;            /* 0: there was none */
	struct sg_bytes value;
};

/* Read one element with a definite length in the fewest bytes, below 64 KiB [X.690 §10.1]. */
struct sg_der sg_der_read(struct sg_reader *r);

/* Read one element that must have this tag; what is returned reads its value, and has
 * failed where r has. */
struct sg_reader sg_der_expect(struct sg_reader *r, uint8_t tag);

/* Return the tag of the next element, or 0 where nothing is left. */
uint8_t sg_der_next(const struct sg_reader *r);

/* Make one element with this tag of all that stands in the writer's buffer from that place on:
 * what is inside is written first. Errors, in the writer: RANGE for 64 KiB and more, NOMEM. */
void sg_der_close(struct sg_writer *w, size_t from, uint8_t tag);

/* Append a whole element. */
void sg_der_write(struct sg_writer *w, uint8_t tag, struct sg_bytes value);

#endif
