/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Memory in chunks, of which most signatures need one.
 */
#include "request/keep.h"

#include <stdalign.h>
#include <stdlib.h>

#define CHUNK 2048

struct sg_request_chunk {
	struct sg_request_chunk *next;
	size_t used;
	size_t size;
	alignas(max_align_t) unsigned char room[];
};

void *sg_request_keep_room(struct sg_request_keep *keep, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct sg_request_chunk *chunk = keep->first;
	void *room;

	if (size > SIZE_MAX / 2) {
		keep->failed = true;
		return NULL;
	}
	size = (size + align - 1) / align * align;
	if (!chunk || chunk->size - chunk->used < size) {
		const size_t wanted = size > CHUNK ? size : CHUNK;

		chunk = calloc(1, sizeof(*chunk) + wanted);
		if (!chunk) {
			keep->failed = true;
			return NULL;
		}
		chunk->size = wanted;
		chunk->next = keep->first;
		keep->first = chunk;
	}
	room = chunk->room + chunk->used;
	chunk->used += size;
	return room;
}

struct sg_request_text sg_request_keep_text(struct sg_request_keep *keep,
                                            struct sg_request_text text)
{
	char *copy = sg_request_keep_room(keep, text.len + 1);

	if (!copy)
		return sg_request_part(NULL, 0);
	if (text.len > 0)
		memcpy(copy, text.data, text.len);
	return sg_request_part(copy, text.len);
}

struct sg_request_text sg_request_keep_written(struct sg_request_keep *keep, struct sg_writer *w)
{
	struct sg_request_text kept = { NULL, 0 };

	if (w->err == SG_OK)
		kept = sg_request_keep_text(keep, sg_request_part(w->buf->data, w->buf->len));
	else
		keep->failed = true;
	w->buf->len = 0;
	return kept;
}

void sg_request_keep_free(struct sg_request_keep *keep)
{
	while (keep->first) {
		struct sg_request_chunk *chunk = keep->first;

		keep->first = chunk->next;
		free(chunk);
	}
}
