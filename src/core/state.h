/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. What the rows of a store must be, as a whole: for each half of the token
 * a generation, the number of rows and a keyed sum over (row, generation). A row
 * that was deleted, doubled or replaced by an older version of itself changes the
 * sum. What a row holds is not in it: a public one can hold anything that somebody writes who
 * has the public half's keys. Every write replaces this record in the same transaction.
 */
#ifndef SG_CORE_STATE_H
#define SG_CORE_STATE_H

#include "core/keyset.h"
#include "crypto/kdf.h"

struct sg_set {
	uint64_t generation;            /* grows with every change of this half */
	uint64_t count;
	uint8_t sum[SG_MAC];            /* of HMAC(row ‖ generation), modulo 2^256 */
	uint8_t mac[SG_MAC];            /* over the above, the token and the half */
};

struct sg_state {
	struct sg_set set[2];           /* by enum sg_half */
};

/* Make the state of an empty token. */
void sg_state_init(struct sg_state *state);

/* Read a stored state. Errors: STORE_DAMAGED, STORE_VERSION. */
enum sg_err sg_state_parse(struct sg_bytes stored, struct sg_state *state);

/* Write the stored form; it replaces what out holds. */
enum sg_err sg_state_write(const struct sg_state *state, struct sg_buf *out);

/* Add a row to a set, or take one out. */
void sg_set_add(struct sg_set *set, const struct sg_keyset *keys, const uint8_t row[SG_UUID],
                uint64_t generation);
void sg_set_remove(struct sg_set *set, const struct sg_keyset *keys, const uint8_t row[SG_UUID],
                   uint64_t generation);

/* Authenticate a set as the half of a token. */
void sg_set_sign(struct sg_set *set, enum sg_half half, const struct sg_keyset *keys,
                 const uint8_t token[SG_UUID]);

/* Check what sg_set_sign made. Errors: STORE_DAMAGED. */
enum sg_err sg_set_check(const struct sg_set *set, enum sg_half half, const struct sg_keyset *keys,
                         const uint8_t token[SG_UUID]);

/* Tell whether two sets have the same rows: count and sum. */
bool sg_set_same_rows(const struct sg_set *a, const struct sg_set *b);

#endif
