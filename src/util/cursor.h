/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Reading and writing fixed-width big-endian records with one sticky
 * error: a parser reads field after field and looks at the result once. Every
 * stored format of the project goes through these two types.
 */
#ifndef SG_UTIL_CURSOR_H
#define SG_UTIL_CURSOR_H

#include "util/bytes.h"

/* A reading position. After the first read past the end every read gives zero. */
struct sg_reader {
	struct sg_bytes rest;
	bool failed;
};

/* A writer that appends to buf. After the first failure nothing more is appended. */
struct sg_writer {
	struct sg_buf *buf;
	enum sg_err err;
};

static inline struct sg_reader sg_reader(struct sg_bytes bytes)
{
	return (struct sg_reader){ bytes, false };
}

static inline struct sg_writer sg_writer(struct sg_buf *buf)
{
	return (struct sg_writer){ buf, SG_OK };
}

/* Read one big-endian number. */
uint8_t sg_read_u8(struct sg_reader *r);
uint16_t sg_read_u16(struct sg_reader *r);
uint32_t sg_read_u32(struct sg_reader *r);
uint64_t sg_read_u64(struct sg_reader *r);

/* Read len bytes as a view into the input; an empty view on failure. */
struct sg_bytes sg_read_bytes(struct sg_reader *r, size_t len);

/* Read a 32-bit length and that many bytes as a view; longer than max fails. */
struct sg_bytes sg_read_var(struct sg_reader *r, size_t max);

/* Read exactly the bytes of magic, or fail. */
void sg_read_magic(struct sg_reader *r, const char magic[4]);

/* Tell whether all reads succeeded and nothing is left: the end of every parser. */
bool sg_reader_done(const struct sg_reader *r);

void sg_write_u8(struct sg_writer *w, uint8_t v);
void sg_write_u16(struct sg_writer *w, uint16_t v);
void sg_write_u32(struct sg_writer *w, uint32_t v);
void sg_write_u64(struct sg_writer *w, uint64_t v);
void sg_write_bytes(struct sg_writer *w, struct sg_bytes bytes);

/* Write a 32-bit length and the bytes. */
void sg_write_var(struct sg_writer *w, struct sg_bytes bytes);

/* Write the four bytes of magic. */
void sg_write_magic(struct sg_writer *w, const char magic[4]);

#endif
