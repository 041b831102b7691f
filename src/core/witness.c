/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The witness of the public rows.
 */
#include "core/witness.h"

#include "core/sum.h"
#include "util/cursor.h"

/* The number that stands for one row with its content. */
static void row_number(const struct sg_keyset *keys, const uint8_t row[SG_UUID],
                       uint64_t generation, struct sg_bytes record, uint8_t out[SG_MAC])
{
	uint8_t number[8];
	struct sg_bytes parts[] = {
		sg_bytes_str("public row"), sg_bytes(row, SG_UUID),
		sg_bytes(number, sizeof number), record,
	};

	sg_put_u64(number, generation);
	sg_mac(sg_secret_bytes(keys->mac), parts, sizeof parts / sizeof parts[0], out);
}

void sg_witness_add(struct sg_witness *witness, const struct sg_keyset *keys,
                    const uint8_t row[SG_UUID], uint64_t generation, struct sg_bytes record)
{
	uint8_t number[SG_MAC];

	row_number(keys, row, generation, record, number);
	sg_sum_add(witness->sum, number);
}

void sg_witness_remove(struct sg_witness *witness, const struct sg_keyset *keys,
                       const uint8_t row[SG_UUID], uint64_t generation, struct sg_bytes record)
{
	uint8_t number[SG_MAC];

	row_number(keys, row, generation, record, number);
	sg_sum_subtract(witness->sum, number);
}

struct seen {
	const struct sg_keyset *keys;
	struct sg_witness rows;
};

static enum sg_err see_row(const uint8_t row[SG_UUID], struct sg_bytes record, void *arg)
{
	struct seen *seen = arg;
	struct sg_record_head head;
	enum sg_err err = sg_record_head(record, &head);

	if (err == SG_OK && head.half == SG_PUBLIC_HALF)
		sg_witness_add(&seen->rows, seen->keys, row, head.generation, record);
	return err;
}

enum sg_err sg_witness_check(const struct sg_witness *witness, const struct sg_keyset *keys,
                             struct sg_store_txn *txn)
{
	struct seen seen = { .keys = keys };
	enum sg_err err = sg_store_object_each(txn, see_row, &seen);

	if (err == SG_OK && !sg_secret_equal(sg_bytes(seen.rows.sum, SG_MAC),
	                                     sg_bytes(witness->sum, SG_MAC)))
		err = SG_ERR_STORE_DAMAGED;
	return err;
}
