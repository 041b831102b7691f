/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The tripwire of a token: when its hardware is looked at, what is kept of that, and
 * what follows when it trips. Nothing here knows what the hardware's state consists of.
 */
#ifndef SG_CORE_TOKEN_TRIPWIRE_H
#define SG_CORE_TOKEN_TRIPWIRE_H

#include <limits.h>

#include "core/token.h"
#include "core/tripwire.h"

/* The hardware as it is, to be taken for good. */
struct sg_tripwire_fresh {
	bool made;                      /* it told its state */
	struct sg_tripwire kept;        /* what is kept then */
};

/* What can be told of it. */
struct sg_tripwire_view {
	bool able;                      /* the sealer has one, and the configuration wants it */
	enum sg_err err;                /* why nothing can be compared; the log says more */
	bool looked;                    /* the hardware told its state */
	struct sg_boot_view boot;
	unsigned trips;                 /* those that were kept, and those of now */
	uint64_t tripped;               /* seconds since 1970; 0: it is being found now, or never */
	struct sg_tripwire_fresh fresh; /* what the look showed */
	char file[PATH_MAX];            /* where it is kept */
};

/* Unseal for the token. The first time in this process the hardware is looked at too, compared
 * with what was kept, and that is brought up to date. The caller holds `opening`. Errors: the
 * sealer's; TRIPWIRE where the configuration says refuse; what can't be kept is an error only
 * then too. */
enum sg_err sg_token_unseal(struct sg_token *token, struct sg_sealer *sealer,
                            const struct sg_token_record *record, struct sg_seal_guard *guard,
                            struct sg_bytes blob, struct sg_secret **out);

/* Look at the hardware for a token that is being made. sg_token_tripwire_keep keeps it, once
 * there is a store. The caller holds `opening`. Errors: the sealer's. */
enum sg_err sg_token_tripwire_begin(struct sg_token *token, struct sg_sealer *sealer,
                                    const struct sg_token_record *record,
                                    struct sg_tripwire_fresh *fresh);
enum sg_err sg_token_tripwire_keep(const struct sg_token *token,
                                   const struct sg_tripwire_fresh *fresh);

/* Look at the hardware and compare; keeps nothing. Errors: those of reading the token and the
 * sealer's. */
enum sg_err sg_token_tripwire_look(struct sg_token *token, struct sg_tripwire_view *out);

/* Take the hardware for good as a look showed it: what happens after that look trips. Errors:
 * SEALER_OFF where there is no tripwire, TRIPWIRE where the hardware told nothing, view->err,
 * those of sg_file_replace_private. */
enum sg_err sg_token_tripwire_accept(const struct sg_token *token,
                                     const struct sg_tripwire_view *view);

/* Remove what is kept, of a token that is gone. What can't be removed does not matter: it names
 * its token. */
void sg_token_tripwire_forget(const struct sg_token *token);

#endif
