/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Byte views and owned public buffers. A buffer grows by copy and wipe,
 * never by realloc: a caller's message shall not stay behind on the heap.
 */
#include "util/bytes.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 64

struct sg_bytes sg_bytes_str(const char *s)
{
	return sg_bytes(s, s != NULL ? strlen(s) : 0);
}

bool sg_bytes_equal(struct sg_bytes a, struct sg_bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool sg_bytes_shifted(struct sg_bytes bytes, const uint8_t *out)
{
	const uintptr_t from = (uintptr_t)bytes.data, to = (uintptr_t)out;

	return from != to && from < to + bytes.len && to < from + bytes.len;
}

void sg_bytes_hex(struct sg_bytes bytes, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.len; i++) {
		out[2 * i] = digits[bytes.data[i] >> 4];
		out[2 * i + 1] = digits[bytes.data[i] & 0xf];
	}
}

static int digit_value(uint8_t c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c != 0 ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

bool sg_bytes_unhex(struct sg_bytes digits, uint8_t *out, size_t len)
{
	if (digits.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = digit_value(digits.data[2 * i]);
		int low = digit_value(digits.data[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void sg_put_u32(uint8_t out[4], uint32_t v)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(v >> (24 - 8 * i));
}

void sg_put_u64(uint8_t out[8], uint64_t v)
{
	sg_put_u32(out, (uint32_t)(v >> 32));
	sg_put_u32(out + 4, (uint32_t)v);
}

enum sg_err sg_buf_reserve(struct sg_buf *buf, size_t extra)
{
	struct sg_buf grown = { NULL, buf->len, 0 };

	if (extra > PTRDIFF_MAX - buf->len)
		return SG_ERR_RANGE;
	if (extra <= buf->cap - buf->len)
		return SG_OK;

	grown.cap = buf->cap > PTRDIFF_MAX / 2 ? PTRDIFF_MAX : buf->cap * 2;
	if (grown.cap < FIRST_CAP)
		grown.cap = FIRST_CAP;
	if (grown.cap < buf->len + extra)
		grown.cap = buf->len + extra;
	grown.data = malloc(grown.cap);
	if (grown.data == NULL)
		return SG_ERR_NOMEM;
	if (buf->len > 0)
		memcpy(grown.data, buf->data, buf->len);
	sg_buf_wipe(buf);
	*buf = grown;
	return SG_OK;
}

enum sg_err sg_buf_append(struct sg_buf *buf, struct sg_bytes bytes)
{
	enum sg_err err;

	if (bytes.len > buf->cap - buf->len) {
		err = sg_buf_reserve(buf, bytes.len);
		if (err != SG_OK)
			return err;
	}
	if (bytes.len > 0)
		memcpy(buf->data + buf->len, bytes.data, bytes.len);
	buf->len += bytes.len;
	return SG_OK;
}

enum sg_err sg_buf_set(struct sg_buf *buf, struct sg_bytes bytes)
{
	struct sg_buf fresh = { NULL, 0, 0 };
	enum sg_err err;

	/* The bytes may lie in the buffer itself, so the old memory goes last. */
	if (bytes.len <= buf->cap) {
		if (bytes.len > 0)
			memmove(buf->data, bytes.data, bytes.len);
		buf->len = bytes.len;
		return SG_OK;
	}
	err = sg_buf_append(&fresh, bytes);
	if (err != SG_OK)
		return err;
	sg_buf_wipe(buf);
	*buf = fresh;
	return SG_OK;
}

void sg_buf_free(struct sg_buf *buf)
{
	if (buf == NULL)
		return;
	free(buf->data);
	*buf = (struct sg_buf){ NULL, 0, 0 };
}

void sg_buf_wipe(struct sg_buf *buf)
{
	if (buf == NULL)
		return;
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->cap);
	sg_buf_free(buf);
}
