/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The objects of a token on their way from one store to another, whose token key is
 * another and which other hardware seals: what can't go, closing each object anew, and
 * comparing what was written with what was read. Who holds the two stores, and lets one take
 * the other's place, is core/token_migrate.c.
 */
#ifndef SG_CORE_TOKEN_MOVE_H
#define SG_CORE_TOKEN_MOVE_H

#include "core/token_build.h"
#include "core/token_proof.h"

/* Why something can't move. */
enum sg_stay_why {
	SG_STAY_RESIDENT,       /* the key lives in the hardware that it was made in */
	SG_STAY_CLOSED,         /* the old hardware does not open it: see err */
	SG_STAY_KEY_POLICY,     /* the key's own policy: the new sealer can't enforce any */
	SG_STAY_KEY_PIN,        /* the key's own PIN, which opens it and nobody gave */
	SG_STAY_ORIGIN,         /* the key was enrolled: a registrar knows what has it */
	SG_STAY_POLICY,         /* the token's policy: the new sealer can't enforce it */
	SG_STAY_TRIES,          /* the count of wrong PINs: the new sealer can't keep it */
	SG_STAY_COUNTER,        /* rollback protection: the new sealer has no counter */
	SG_STAY_WHYS
};

struct sg_stay {
	enum sg_stay_why why;
	enum sg_err err;                /* SG_OK but for SG_STAY_CLOSED */
	struct sg_object *object;       /* owned; NULL for what belongs to the token as a whole */
};

/* One move. The caller sets what stands first, and clears it with sg_move_clear. */
struct sg_move {
	const struct sg_token *token;   /* the old one, whose signed PCR values count */
	const struct sg_token_proof *from;
	bool policies;                  /* the new sealer enforces policies */
	struct sg_store_txn *txn;       /* on the old store, to the end of it all */
	struct sg_state state;          /* of the old store, checked by sg_move_survey */

	struct sg_stay *stays;          /* those of objects in the order of their rows */
	size_t n_stays, stays_cap;
	struct sg_secret **sealed;      /* what the old hardware sealed alone, in the same order */
	size_t n_sealed, sealed_cap;
	size_t rows;                    /* of the old store */
	size_t at_stay, at_sealed;      /* how far a pass over the rows has come */
};

/* Add what can't move; it takes a reference to the object, which may be NULL. Errors: NOMEM. */
enum sg_err sg_move_stay(struct sg_move *move, enum sg_stay_why why, enum sg_err err,
                         struct sg_object *object);

/* Return how many objects are among what can't move. */
size_t sg_move_staying(const struct sg_move *move);

/* Read the old store: check that its rows are, as a whole, those of its state, open every key
 * that the hardware sealed alone, and gather what can't move. The state is authentic with
 * the proof's keys. The caller holds `opening` of the old token. Errors: STORE_DAMAGED, the old
 * sealer's. */
enum sg_err sg_move_survey(struct sg_move *move);

/* Write every object that can move into the new store, closed anew under the keys of made and
 * by its sealer; state, which is that of the made store, and the witness grow by the rows.
 * Generations go on where the old ones end, so that none ever names two versions. Errors: the
 * new sealer's, the store's. */
enum sg_err sg_move_fill(struct sg_move *move, struct sg_store_txn *to, struct sg_sealer *sealer,
                         const struct sg_token_made *made, struct sg_state *state,
                         struct sg_witness *witness);

/* Read the new store, opened as anybody will open it, and compare each object with the old one,
 * the material included. Errors: STORE_DAMAGED for any difference, the new sealer's. */
enum sg_err sg_move_compare(struct sg_move *move, struct sg_store_txn *to,
                            const struct sg_token_proof *opened);

/* Free what it owns, wiping the secrets, and leave an empty one. */
void sg_move_clear(struct sg_move *move);

#endif
