/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The state record and its keyed sums.
 */
#include "core/state.h"

#include <string.h>

#include "core/sum.h"
#include "util/cursor.h"

#define MAGIC "SGST"
#define VERSION 1

void sg_state_init(struct sg_state *state)
{
	memset(state, 0, sizeof *state);
}

enum sg_err sg_state_parse(struct sg_bytes stored, struct sg_state *state)
{
	struct sg_reader r = sg_reader(stored);
	uint16_t version;

	memset(state, 0, sizeof *state);
	sg_read_magic(&r, MAGIC);
	version = sg_read_u16(&r);
	if (!r.failed && version != VERSION)
		return SG_ERR_STORE_VERSION;
	for (int half = 0; half < 2; half++) {
		struct sg_set *set = &state->set[half];
		struct sg_bytes sum, mac;

		set->generation = sg_read_u64(&r);
		set->count = sg_read_u64(&r);
		sum = sg_read_bytes(&r, SG_MAC);
		mac = sg_read_bytes(&r, SG_MAC);
		if (r.failed)
			return SG_ERR_STORE_DAMAGED;
		memcpy(set->sum, sum.data, SG_MAC);
		memcpy(set->mac, mac.data, SG_MAC);
	}
	return sg_reader_done(&r) ? SG_OK : SG_ERR_STORE_DAMAGED;
}

enum sg_err sg_state_write(const struct sg_state *state, struct sg_buf *out)
{
	struct sg_writer w = sg_writer(out);

	out->len = 0;
	sg_write_magic(&w, MAGIC);
	sg_write_u16(&w, VERSION);
	for (int half = 0; half < 2; half++) {
		sg_write_u64(&w, state->set[half].generation);
		sg_write_u64(&w, state->set[half].count);
		sg_write_bytes(&w, sg_bytes(state->set[half].sum, SG_MAC));
		sg_write_bytes(&w, sg_bytes(state->set[half].mac, SG_MAC));
	}
	return w.err;
}

/* The number that stands for one row. */
static void row_number(const struct sg_keyset *keys, const uint8_t row[SG_UUID],
                       uint64_t generation, uint8_t out[SG_MAC])
{
	uint8_t number[8];
	struct sg_bytes parts[] = {
		sg_bytes_str("row"), sg_bytes(row, SG_UUID), sg_bytes(number, sizeof number),
	};

	sg_put_u64(number, generation);
	sg_mac(sg_secret_bytes(keys->mac), parts, 3, out);
}

void sg_set_add(struct sg_set *set, const struct sg_keyset *keys, const uint8_t row[SG_UUID],
                uint64_t generation)
{
	uint8_t number[SG_MAC];

	row_number(keys, row, generation, number);
	sg_sum_add(set->sum, number);
	set->count++;
}

void sg_set_remove(struct sg_set *set, const struct sg_keyset *keys, const uint8_t row[SG_UUID],
                   uint64_t generation)
{
	uint8_t number[SG_MAC];

	row_number(keys, row, generation, number);
	sg_sum_subtract(set->sum, number);
	set->count--;
}

static void set_mac(const struct sg_set *set, enum sg_half half, const struct sg_keyset *keys,
                    const uint8_t token[SG_UUID], uint8_t out[SG_MAC])
{
	uint8_t numbers[17];
	struct sg_bytes parts[] = {
		sg_bytes_str("set"), sg_bytes(token, SG_UUID), sg_bytes(numbers, sizeof numbers),
		sg_bytes(set->sum, SG_MAC),
	};

	numbers[0] = (uint8_t)half;
	sg_put_u64(numbers + 1, set->generation);
	sg_put_u64(numbers + 9, set->count);
	sg_mac(sg_secret_bytes(keys->mac), parts, 4, out);
}

void sg_set_sign(struct sg_set *set, enum sg_half half, const struct sg_keyset *keys,
                 const uint8_t token[SG_UUID])
{
	set_mac(set, half, keys, token, set->mac);
}

enum sg_err sg_set_check(const struct sg_set *set, enum sg_half half, const struct sg_keyset *keys,
                         const uint8_t token[SG_UUID])
{
	uint8_t mac[SG_MAC];

	set_mac(set, half, keys, token, mac);
	return sg_secret_equal(sg_bytes(mac, SG_MAC), sg_bytes(set->mac, SG_MAC))
	               ? SG_OK
	               : SG_ERR_STORE_DAMAGED;
}

bool sg_set_same_rows(const struct sg_set *a, const struct sg_set *b)
{
	return a->count == b->count && memcmp(a->sum, b->sum, SG_MAC) == 0;
}
