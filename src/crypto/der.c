/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Reads the elements of strict DER.
 */
#include "crypto/der.h"

static struct sg_der fail(struct sg_reader *r)
{
	r->failed = true;
	return (struct sg_der){ 0 };
}

struct sg_der sg_der_read(struct sg_reader *r)
{
	struct sg_der der = { .tag = sg_read_u8(r) };
	size_t len = sg_read_u8(r);

	if (len == 0x81) {
		len = sg_read_u8(r);
		if (len < 0x80)
			return fail(r);
	} else if (len == 0x82) {
		len = sg_read_u16(r);
		if (len < 0x100)
			return fail(r);
	} else if (len >= 0x80) {
		return fail(r);
	}
	der.value = sg_read_bytes(r, len);
	return r->failed ? (struct sg_der){ 0 } : der;
}

struct sg_reader sg_der_expect(struct sg_reader *r, uint8_t tag)
{
	struct sg_der der = sg_der_read(r);

	if (der.tag != tag)
		r->failed = true;
	return (struct sg_reader){ der.value, r->failed };
}

uint8_t sg_der_next(const struct sg_reader *r)
{
	return !r->failed && r->rest.len > 0 ? r->rest.data[0] : 0;
}
