/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The end of a token: its store, what it has in the hardware, and the files beside
 * its store. The store goes first, so that a token that can't be removed is what it was.
 */
#ifndef SG_CORE_TOKEN_REMOVE_H
#define SG_CORE_TOKEN_REMOVE_H

#include "core/token_kept.h"

/* What could not be removed from the hardware. It keeps nothing alive. */
struct sg_token_left {
	uint8_t uuid[SG_UUID];          /* of the token */
	struct sg_token_kept_list kept; /* keys, and devices that could not be asked for such */
	struct sg_pin_list indices;
	enum sg_err index_err;          /* why; SG_OK where none is left */
	uint32_t counter;               /* its handle */
	enum sg_err counter_err;        /* why; SG_OK where none is left */
};

/* Remove the store, damaged or not, then what its record names in the hardware, and the keys that
 * bear the token's name there. A copy of the store names the same. owner_auth may be NULL. The
 * caller gives *left to sg_token_left_clear, also after an error. Errors: those of
 * sg_store_remove; nothing was removed then. */
enum sg_err sg_token_remove(struct sg_token *token, const struct sg_secret *owner_auth,
                            struct sg_token_left *left);

void sg_token_left_clear(struct sg_token_left *left);

enum sg_token_counters { SG_ALL_COUNTERS, SG_OWN_COUNTER, SG_NO_COUNTER };

/* What goes with a store, and what stays because the token needs it as it is now. */
struct sg_token_going {
	enum sg_token_counters counters;
	const struct sg_pin_list *needed;       /* indices that stay; NULL: none */
	enum sg_err known;              /* not OK: what the token needs is not known: all stays */
};

/* Within this ring. Remove a store that is perhaps not the token's any more; unless all counters
 * go, of the keys those that this store alone names. */
enum sg_err sg_token_remove_store(struct sg_token *token, const struct sg_secret *owner_auth,
                                  const struct sg_token_going *going, struct sg_token_left *left);

#endif
