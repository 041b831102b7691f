/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Moving a token to another sealer. It gets a new token key and keeps its uuid, its
 * label and its objects with all their attributes. The new store is written beside the old one,
 * read again through the new sealer and compared object by object; then the two change places.
 * The old store is locked from before it is read until then, so nobody's change is lost, and is
 * kept aside with all that it has in its hardware: it is the way back.
 */
#ifndef SG_CORE_TOKEN_MIGRATE_H
#define SG_CORE_TOKEN_MIGRATE_H

#include "core/token_move.h"

/* What is wanted. */
struct sg_token_migration {
	const char *sealer;                     /* the name of the new one */
	const struct sg_config *config;         /* where that finds its hardware */
	/* All PINs that the token has; owner_auth is for the new hardware. */
	struct sg_token_pins pins;
	bool without_officer;                   /* the officer's PIN is not given: then none */
	bool leave_behind;                      /* go on without what can't move */
	bool dry;                               /* change nothing */
	/* Policy, count of tries and rollback protection are as they were unless said. What is
	 * asked for and the new sealer can't do is an error, and never left behind. */
	bool other_policy;
	struct sg_bytes policy;
	bool other_tries;
	uint32_t pin_tries;
	bool rollback_protection;
};

/* What became of it; cleared with sg_token_migrated_clear, also after an error. */
struct sg_token_migrated {
	bool same;                      /* after ARG: this hardware seals it already */
	bool done;                      /* the new store is in place, whatever failed since */
	struct sg_stay *stays;          /* what can't move, or was left behind */
	size_t n_stays;
	size_t objects;                 /* that moved, or would */
	size_t sealed;                  /* of them that the hardware seals one by one */
	bool parent_made;
	char *aside;                    /* path of the old store; NULL unless done */
	char from[16], device[128];     /* the old sealer's name, and where the new one is */
};

/* Move it, or tell what would be. SG_OK without done: dry, or something can't move and was not
 * to be left behind; nothing was changed then. Errors: ARG without the PINs that there are, or
 * with some that there are not, or where the hardware is the same; AUTH; HW_UNSUPPORTED for
 * what was asked for; STORE_BUSY where another process holds or changes the store; the
 * store's and both sealers'. Nothing is changed then, unless done says so. */
enum sg_err sg_token_migrate(struct sg_token *token, const struct sg_token_migration *how,
                             struct sg_token_migrated *out);

/* Free what it owns and leave an empty one. */
void sg_token_migrated_clear(struct sg_token_migrated *out);

#endif
