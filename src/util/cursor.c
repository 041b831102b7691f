/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. The one reader and the one writer of stored records. It must never
 * read outside of its input, whatever the input says about lengths.
 */
#include "util/cursor.h"

#include <string.h>

static uint64_t read_be(struct sg_reader *r, size_t len)
{
	struct sg_bytes field = sg_read_bytes(r, len);
	uint64_t v = 0;

	for (size_t i = 0; i < field.len; i++)
		v = v << 8 | field.data[i];
	return v;
}

uint8_t sg_read_u8(struct sg_reader *r)
{
	return (uint8_t)read_be(r, 1);
}

uint16_t sg_read_u16(struct sg_reader *r)
{
	return (uint16_t)read_be(r, 2);
}

uint32_t sg_read_u32(struct sg_reader *r)
{
	return (uint32_t)read_be(r, 4);
}

uint64_t sg_read_u64(struct sg_reader *r)
{
	return read_be(r, 8);
}

struct sg_bytes sg_read_bytes(struct sg_reader *r, size_t len)
{
	struct sg_bytes field = { r->rest.data, len };

	if (r->failed || len > r->rest.len) {
		r->failed = true;
		r->rest = (struct sg_bytes){ NULL, 0 };
		return r->rest;
	}
	if (len > 0)
		r->rest.data += len;
	r->rest.len -= len;
	return field;
}

struct sg_bytes sg_read_var(struct sg_reader *r, size_t max)
{
	size_t len = sg_read_u32(r);

	/* Any length that is not there makes the read fail and stay failed. */
	return sg_read_bytes(r, len > max ? SIZE_MAX : len);
}

void sg_read_magic(struct sg_reader *r, const char magic[4])
{
	struct sg_bytes found = sg_read_bytes(r, 4);

	if (found.len != 4 || memcmp(found.data, magic, 4) != 0)
		sg_read_bytes(r, SIZE_MAX);
}

bool sg_reader_done(const struct sg_reader *r)
{
	return !r->failed && r->rest.len == 0;
}

static void write_be(struct sg_writer *w, uint64_t v, size_t len)
{
	uint8_t field[8];

	for (size_t i = 0; i < len; i++)
		field[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
	sg_write_bytes(w, sg_bytes(field, len));
}

void sg_write_u8(struct sg_writer *w, uint8_t v)
{
	sg_write_bytes(w, sg_bytes(&v, 1));
}

void sg_write_u16(struct sg_writer *w, uint16_t v)
{
	write_be(w, v, 2);
}

void sg_write_u32(struct sg_writer *w, uint32_t v)
{
	write_be(w, v, 4);
}

void sg_write_u64(struct sg_writer *w, uint64_t v)
{
	write_be(w, v, 8);
}

void sg_write_bytes(struct sg_writer *w, struct sg_bytes bytes)
{
	if (w->err == SG_OK)
		w->err = sg_buf_append(w->buf, bytes);
}

void sg_write_var(struct sg_writer *w, struct sg_bytes bytes)
{
	if (w->err == SG_OK && bytes.len > UINT32_MAX)
		w->err = SG_ERR_RANGE;
	sg_write_u32(w, (uint32_t)bytes.len);
	sg_write_bytes(w, bytes);
}

void sg_write_magic(struct sg_writer *w, const char magic[4])
{
	sg_write_bytes(w, sg_bytes(magic, 4));
}
