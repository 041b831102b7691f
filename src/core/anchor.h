/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The anchor of a store: what binds all that the store holds to one value of a counter
 * in the hardware, so that an older copy of it is told from the newest. It covers the token
 * record and both halves' state, each by its authentication, and what the public rows hold, by
 * its witness. It is authenticated with the keys of both halves: by the public one, so that it
 * can be checked before anybody logs in; by the private one, so that only who has the token key
 * makes one.
 */
#ifndef SG_CORE_ANCHOR_H
#define SG_CORE_ANCHOR_H

#include "core/state.h"
#include "core/token_record.h"
#include "core/witness.h"

struct sg_anchor {
	uint64_t count;                 /* the counter's, or one more where a change broke off */
	struct sg_witness witness;
	uint8_t mac[2][SG_MAC];         /* by enum sg_half */
};

/* Read a stored anchor. Errors: STORE_DAMAGED, STORE_VERSION. */
enum sg_err sg_anchor_parse(struct sg_bytes stored, struct sg_anchor *anchor);

/* Write the stored form; it replaces what out holds. */
enum sg_err sg_anchor_write(const struct sg_anchor *anchor, struct sg_buf *out);

/* Authenticate the anchor over a record that is authenticated, a state that is signed, and the
 * witness that is in it. */
void sg_anchor_sign(struct sg_anchor *anchor, struct sg_keyset *const keys[2],
                    const struct sg_token_record *record, const struct sg_state *state);

/* Check what sg_anchor_sign made, as far as there are keys: those of the private half may be
 * NULL. The rows are not compared with the witness. Errors: STORE_DAMAGED. */
enum sg_err sg_anchor_check(const struct sg_anchor *anchor, struct sg_keyset *const keys[2],
                            const struct sg_token_record *record, const struct sg_state *state);

#endif
