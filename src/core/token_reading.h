/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. One reading of a token's store: what the token was at the beginning, and the rows of
 * its open halves, which are checked as a whole before anybody believes one of them. No lock of
 * the token is held meanwhile. Who takes it over into the table is core/token_refresh.c.
 */
#ifndef SG_CORE_TOKEN_READING_H
#define SG_CORE_TOKEN_READING_H

#include "core/token_anchor.h"

/* One row of the store that belongs to an open half. */
struct sg_found {
	uint8_t row[SG_UUID];
	enum sg_half half;
	uint64_t generation;
	struct sg_object *object;       /* owned; NULL where the table has this version */
};

/* What the token was at the beginning, and what was read. */
struct sg_reading {
	struct sg_token *token;
	uint8_t uuid[SG_UUID];
	struct sg_keyset *keys[2];      /* NULL: that half was closed */
	bool anchored;
	bool witnessed;                 /* what public rows hold is checked, too */
	uint64_t shown[2];
	unsigned epoch[2];
	uint64_t changes;
	struct sg_store_stamp stamp;    /* of the store before all that */
	struct sg_state state;
	struct sg_set sets[2];          /* of the rows met */
	struct sg_found *found;
	size_t n, cap;
	/* Of an anchored store whose state is not shown yet. */
	bool to_ask;
	struct sg_token_record record;
	struct sg_anchor anchor;
};

/* Read the store in a transaction that the caller ends, also after an error, as he clears the
 * reading. Where the table shows its state no row is read. Errors: the store's, STORE_DAMAGED. */
enum sg_err sg_reading_begin(struct sg_token *token, struct sg_reading *r,
                             struct sg_store_txn **txn);

/* Free what was read, and give back the keys. */
void sg_reading_clear(struct sg_reading *r);

/* Tell whether the table showed the state that was read, as far as the open halves go. */
bool sg_reading_is_shown(const struct sg_reading *r);

#endif
