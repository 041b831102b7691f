/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Two of the three byte types, a borrowed view and an owned public
 * buffer, and numbers as bytes. Secrets never go into either of them, see util/secret.h.
 */
#ifndef SG_UTIL_BYTES_H
#define SG_UTIL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

/* A borrowed view; whoever made it keeps the bytes alive. data may be NULL only when len is 0. */
struct sg_bytes {
	const uint8_t *data;
	size_t len;
};

/* An owned, growing buffer of public bytes. All zero is a valid empty buffer. */
struct sg_buf {
	uint8_t *data;
	size_t len;
	size_t cap;
};

/* Make a view of len bytes at data. */
static inline struct sg_bytes sg_bytes(const void *data, size_t len)
{
	return (struct sg_bytes){ data, len };
}

/* Make a view of a string without its terminating zero; NULL gives an empty view. */
struct sg_bytes sg_bytes_str(const char *s);

/* Tell whether two views hold the same bytes. Not constant time: for public bytes. */
bool sg_bytes_equal(struct sg_bytes a, struct sg_bytes b);

/* Tell whether len bytes at out would lie over the bytes shifted: a cipher that writes there
 * reads what it has written already. The same place is not shifted. */
bool sg_bytes_shifted(struct sg_bytes bytes, const uint8_t *out);

/* Write the bytes as 2 * len lower-case hexadecimal digits, without a terminating
 * zero. For public bytes only. */
void sg_bytes_hex(struct sg_bytes bytes, char *out);

/* Read 2 * len hexadecimal digits of either case into len bytes. Not constant time: for
 * public bytes. False for anything else. */
bool sg_bytes_unhex(struct sg_bytes digits, uint8_t *out, size_t len);

/* Write a number big-endian, as all that is stored or authenticated has it. */
void sg_put_u32(uint8_t out[4], uint32_t v);
void sg_put_u64(uint8_t out[8], uint64_t v);

/* Read one that is known to be there; for bytes of unknown length see util/cursor.h. */
static inline uint32_t sg_get_u32(const uint8_t in[4])
{
	return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

static inline uint64_t sg_get_u64(const uint8_t in[8])
{
	return (uint64_t)sg_get_u32(in) << 32 | sg_get_u32(in + 4);
}

/* Make a view of everything in the buffer; it is valid until the buffer changes. */
static inline struct sg_bytes sg_buf_bytes(const struct sg_buf *buf)
{
	return (struct sg_bytes){ buf->data, buf->len };
}

/* Make room for extra more bytes behind len. Errors: NOMEM, RANGE on overflow. */
enum sg_err sg_buf_reserve(struct sg_buf *buf, size_t extra);

/* Append a copy of the bytes, which may not lie in the buffer itself. Errors: NOMEM, RANGE. */
enum sg_err sg_buf_append(struct sg_buf *buf, struct sg_bytes bytes);

/* Replace the contents by a copy of the bytes. Errors: NOMEM. */
enum sg_err sg_buf_set(struct sg_buf *buf, struct sg_bytes bytes);

/* Free the memory and leave an empty buffer; NULL is fine. */
void sg_buf_free(struct sg_buf *buf);

/* Wipe, then free. For data of a caller that may matter to him, such as a message to be signed. */
void sg_buf_wipe(struct sg_buf *buf);

#endif
