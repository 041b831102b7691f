/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The anchor record.
 */
#include "core/anchor.h"

#include <string.h>

#include "util/cursor.h"

#define MAGIC "SGAN"
#define VERSION 2

static void read_code(struct sg_reader *r, uint8_t out[SG_MAC])
{
	struct sg_bytes code = sg_read_bytes(r, SG_MAC);

	if (!r->failed)
		memcpy(out, code.data, SG_MAC);
}

enum sg_err sg_anchor_parse(struct sg_bytes stored, struct sg_anchor *anchor)
{
	struct sg_reader r = sg_reader(stored);
	uint16_t version;

	memset(anchor, 0, sizeof *anchor);
	sg_read_magic(&r, MAGIC);
	version = sg_read_u16(&r);
	if (!r.failed && version != VERSION)
		return SG_ERR_STORE_VERSION;
	anchor->count = sg_read_u64(&r);
	read_code(&r, anchor->witness.sum);
	for (int half = 0; half < 2; half++)
		read_code(&r, anchor->mac[half]);
	return sg_reader_done(&r) ? SG_OK : SG_ERR_STORE_DAMAGED;
}

enum sg_err sg_anchor_write(const struct sg_anchor *anchor, struct sg_buf *out)
{
	struct sg_writer w = sg_writer(out);

	out->len = 0;
	sg_write_magic(&w, MAGIC);
	sg_write_u16(&w, VERSION);
	sg_write_u64(&w, anchor->count);
	sg_write_bytes(&w, sg_bytes(anchor->witness.sum, SG_MAC));
	for (int half = 0; half < 2; half++)
		sg_write_bytes(&w, sg_bytes(anchor->mac[half], SG_MAC));
	return w.err;
}

static void anchor_mac(const struct sg_anchor *anchor, enum sg_half half,
                       const struct sg_keyset *keys, const struct sg_token_record *record,
                       const struct sg_state *state, uint8_t out[SG_MAC])
{
	uint8_t numbers[9];
	struct sg_bytes parts[] = {
		sg_bytes_str("witnessed anchor"), sg_bytes(record->uuid, SG_UUID),
		sg_bytes(numbers, sizeof numbers), sg_bytes(record->mac, sizeof record->mac),
		sg_bytes(state->set[SG_PUBLIC_HALF].mac, SG_MAC),
		sg_bytes(state->set[SG_PRIVATE_HALF].mac, SG_MAC),
		sg_bytes(anchor->witness.sum, SG_MAC),
	};

	numbers[0] = (uint8_t)half;
	sg_put_u64(numbers + 1, anchor->count);
	sg_mac(sg_secret_bytes(keys->mac), parts, sizeof parts / sizeof parts[0], out);
}

void sg_anchor_sign(struct sg_anchor *anchor, struct sg_keyset *const keys[2],
                    const struct sg_token_record *record, const struct sg_state *state)
{
	for (int half = 0; half < 2; half++)
		anchor_mac(anchor, (enum sg_half)half, keys[half], record, state,
		           anchor->mac[half]);
}

enum sg_err sg_anchor_check(const struct sg_anchor *anchor, struct sg_keyset *const keys[2],
                            const struct sg_token_record *record, const struct sg_state *state)
{
	uint8_t mac[SG_MAC];

	for (int half = 0; half < 2; half++) {
		if (keys[half] == NULL)
			continue;
		anchor_mac(anchor, (enum sg_half)half, keys[half], record, state, mac);
		if (!sg_secret_equal(sg_bytes(mac, SG_MAC), sg_bytes(anchor->mac[half], SG_MAC)))
			return SG_ERR_STORE_DAMAGED;
	}
	return SG_OK;
}
