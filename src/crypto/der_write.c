/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Writes elements of DER, the inner ones before those around them.
 */
#include <string.h>

#include "crypto/der.h"

#define HEAD_MAX 4

/* Write the tag and the length in the fewest bytes [X.690 §10.1]; returns how many these are. */
static size_t write_head(uint8_t tag, size_t len, uint8_t out[HEAD_MAX])
{
	size_t n = 0;

	out[n++] = tag;
	if (len >= 0x100)
		out[n++] = 0x82;
	else if (len >= 0x80)
		out[n++] = 0x81;
	if (len >= 0x100)
		out[n++] = (uint8_t)(len >> 8);
	out[n++] = (uint8_t)len;
	return n;
}

void sg_der_close(struct sg_writer *w, size_t from, uint8_t tag)
{
	const size_t len = w->buf->len - from;
	uint8_t head[HEAD_MAX];
	size_t n;

	if (w->err == SG_OK && len > UINT16_MAX)
		w->err = SG_ERR_RANGE;
	if (w->err == SG_OK)
		w->err = sg_buf_reserve(w->buf, HEAD_MAX);
	if (w->err != SG_OK)
		return;
	n = write_head(tag, len, head);
	memmove(w->buf->data + from + n, w->buf->data + from, len);
	memcpy(w->buf->data + from, head, n);
	w->buf->len += n;
}

void sg_der_write(struct sg_writer *w, uint8_t tag, struct sg_bytes value)
{
	const size_t from = w->buf->len;

	sg_write_bytes(w, value);
	if (w->err == SG_OK)
		sg_der_close(w, from, tag);
}
