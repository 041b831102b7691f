/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The stored form of a tripwire.
 */
#include "core/tripwire.h"

#include <string.h>

#include "util/cursor.h"

static const char magic[4] = { 'S', 'G', 'B', '2' };

enum sg_err sg_tripwire_write(const struct sg_tripwire *tripwire, struct sg_buf *out)
{
	struct sg_writer w = sg_writer(out);

	sg_write_magic(&w, magic);
	sg_write_bytes(&w, sg_bytes(tripwire->whose, sizeof tripwire->whose));
	sg_write_bytes(&w, sg_bytes(tripwire->moment.id, sizeof tripwire->moment.id));
	sg_write_u64(&w, tripwire->moment.awake);
	sg_write_u64(&w, tripwire->moment.asleep);
	sg_write_bytes(&w, sg_bytes(tripwire->state.bytes, sizeof tripwire->state.bytes));
	sg_write_u64(&w, tripwire->late);
	sg_write_u32(&w, tripwire->trips);
	sg_write_u64(&w, tripwire->tripped);
	return w.err;
}

static void take(struct sg_reader *r, uint8_t *out, size_t len)
{
	struct sg_bytes bytes = sg_read_bytes(r, len);

	if (bytes.len == len)
		memcpy(out, bytes.data, len);
}

enum sg_err sg_tripwire_parse(struct sg_bytes stored, struct sg_tripwire *out)
{
	struct sg_reader r = sg_reader(stored);

	*out = (struct sg_tripwire){ .trips = 0 };
	sg_read_magic(&r, magic);
	take(&r, out->whose, sizeof out->whose);
	take(&r, out->moment.id, sizeof out->moment.id);
	out->moment.awake = sg_read_u64(&r);
	out->moment.asleep = sg_read_u64(&r);
	take(&r, out->state.bytes, sizeof out->state.bytes);
	out->late = sg_read_u64(&r);
	out->trips = sg_read_u32(&r);
	out->tripped = sg_read_u64(&r);
	return sg_reader_done(&r) && out->trips < 1u << SG_TRIPS ? SG_OK : SG_ERR_FORMAT;
}
