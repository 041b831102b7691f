/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. What the public rows of a store hold, witnessed with the keys of the private half. Who
 * may ask the hardware has the keys that public rows are closed and summed up with, and could
 * write other content into one under the generation that it has; he has not these. An anchor
 * (core/anchor.h) carries the witness, so that each change of a row carries it on.
 */
#ifndef SG_CORE_WITNESS_H
#define SG_CORE_WITNESS_H

#include "core/record.h"
#include "crypto/kdf.h"

struct sg_witness {
	uint8_t sum[SG_MAC];    /* of HMAC(row ‖ generation ‖ record) over the public rows */
};

/* Add a row of the public half, with the record that is stored in it, or take it out. keys are
 * those of the private half. */
void sg_witness_add(struct sg_witness *witness, const struct sg_keyset *keys,
                    const uint8_t row[SG_UUID], uint64_t generation, struct sg_bytes record);
void sg_witness_remove(struct sg_witness *witness, const struct sg_keyset *keys,
                       const uint8_t row[SG_UUID], uint64_t generation, struct sg_bytes record);

/* Check that the store's public rows hold what was witnessed. Errors: STORE_DAMAGED, the
 * store's. */
enum sg_err sg_witness_check(const struct sg_witness *witness, const struct sg_keyset *keys,
                             struct sg_store_txn *txn);

#endif
