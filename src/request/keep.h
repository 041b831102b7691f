/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The memory of one signature: texts are put into it and stay where they are until all of
 * it is freed. A failure is kept, so that it is looked at once.
 */
#ifndef SG_REQUEST_KEEP_H
#define SG_REQUEST_KEEP_H

#include "request/text.h"

struct sg_request_chunk;

/* All zero is an empty one. */
struct sg_request_keep {
	struct sg_request_chunk *first;
	bool failed;                    /* memory was exhausted */
};

/* A signature with its memory; what a caller gets is the first member. */
struct sg_request_owned {
	struct sg_request_signature out;
	struct sg_request_keep keep;
};

/* Give size bytes, all zero and aligned for any pointer; NULL on failure. */
void *sg_request_keep_room(struct sg_request_keep *keep, size_t size);

/* Keep a copy of a text, with a zero behind it; an empty one on failure. */
struct sg_request_text sg_request_keep_text(struct sg_request_keep *keep,
                                            struct sg_request_text text);

/* Keep what a writer has written, and take it from its buffer. */
struct sg_request_text sg_request_keep_written(struct sg_request_keep *keep, struct sg_writer *w);

void sg_request_keep_free(struct sg_request_keep *keep);

#endif
