/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. A token in the making: its key, sealed, and the records of an empty store. Everything
 * is made in the hardware before the first byte is stored; where storing fails, it is removed.
 */
#ifndef SG_CORE_TOKEN_BUILD_H
#define SG_CORE_TOKEN_BUILD_H

#include "core/token_anchor.h"

/* What its store will hold, and the keys to it. */
struct sg_token_made {
	struct sg_token_record record;
	struct sg_keyset *keys[2];
	struct sg_buf token, state;
	struct sg_buf anchor;           /* empty: there is none */
};

/* Fill a record that has its uuid, the time when it was made or 0, and the parent of the token in
 * whose place it comes or none, with what the plan says
 * and a new token key, sealed; write it, and the state of an empty token. The last thing that
 * is made in the hardware is the counter. The caller clears *made, also after an error, and
 * undoes it where it is not stored then. Errors: those of sg_token_create but of the store. */
enum sg_err sg_token_build(struct sg_sealer *sealer, const struct sg_token_plan *plan,
                           struct sg_token_made *made, bool *parent_made);

/* Free what it owns and leave an empty one. */
void sg_token_made_clear(struct sg_token_made *made);

/* Remove from the hardware what was made for a record that could not be stored, unless it is in
 * use: what was asked for may have been done all the same. Where the store can't be read nobody
 * knows, so it stays. The log tells what stays that may be of no use. */
void sg_token_undo(const struct sg_token *token, struct sg_sealer *sealer,
                   const struct sg_secret *owner_auth, const struct sg_token_record *record);

/* The same of the counter alone. */
void sg_token_undo_counter(const struct sg_token *token, struct sg_sealer *sealer,
                           const struct sg_secret *owner_auth,
                           const struct sg_token_record *record);

#endif
