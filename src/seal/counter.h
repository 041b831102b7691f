/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. A counter in the hardware that only grows: what a sealer offers to those who
 * must tell the newest version of something from older ones. A counter belongs to whoever made
 * it, who knows its authorisation; what names it is public, and holds no secret. A counter
 * that was removed and made anew never shows a value that it has had before.
 */
#ifndef SG_SEAL_COUNTER_H
#define SG_SEAL_COUNTER_H

#include "seal/sealer.h"

#define SG_COUNTER_OWNER 16             /* bytes that say whose it is */
#define SG_COUNTER_REF_MAX 64           /* bytes of a reference */

/* Errors of all: HW_OTHER where the parent is not the one named, FORMAT for a reference that
 * can't be one, HW_NV_GONE where it is not there or not the one that was made, those of the
 * hardware. auth has SG_SEAL_AUTH bytes; RANGE otherwise. */
struct sg_counter_ops {
	/* Make a counter for an owner; ref gets what names it from now on, *value what it shows.
	 * owner_auth may be NULL. Errors: HW_OWNER_AUTH, HW_NV_FULL. */
	enum sg_err (*make)(struct sg_sealer *sealer, struct sg_bytes parent,
	                    const struct sg_secret *owner_auth,
	                    const uint8_t owner[SG_COUNTER_OWNER], const struct sg_secret *auth,
	                    struct sg_buf *ref, uint64_t *value);

	/* Read it. */
	enum sg_err (*read)(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes ref,
	                    const struct sg_secret *auth, uint64_t *value);

	/* Add one, unless it shows the value `to` already; *value is what it shows then: to,
	 * unless it was not one below. */
	enum sg_err (*advance)(struct sg_sealer *sealer, struct sg_bytes parent,
	                       struct sg_bytes ref, const struct sg_secret *auth, uint64_t to,
	                       uint64_t *value);

	/* Remove it, if it is a counter of this owner. owner_auth may be NULL. */
	enum sg_err (*remove)(struct sg_sealer *sealer, struct sg_bytes parent,
	                      const struct sg_secret *owner_auth,
	                      const uint8_t owner[SG_COUNTER_OWNER], struct sg_bytes ref);

	/* Remove every counter of this owner but the one that keep names: who knows the
	 * authorisation of one knows that of all. The one that last names goes when all others are
	 * gone. Both may be empty; owner_auth may be NULL. *left is the handle of one that could
	 * not be removed, or 0. */
	enum sg_err (*clear)(struct sg_sealer *sealer, struct sg_bytes parent,
	                     const struct sg_secret *owner_auth,
	                     const uint8_t owner[SG_COUNTER_OWNER], struct sg_bytes keep,
	                     struct sg_bytes last, uint32_t *left);

	/* Look for a counter of this owner beside the one that ref names; *handle is 0 where there
	 * is none. What says whose one is can be copied by the hardware's owner. */
	enum sg_err (*other)(struct sg_sealer *sealer, struct sg_bytes parent,
	                     const uint8_t owner[SG_COUNTER_OWNER], struct sg_bytes ref,
	                     uint32_t *handle);

	/* Tell by which handle the hardware's own tools know it. Asks no hardware. */
	enum sg_err (*handle)(struct sg_bytes ref, uint32_t *handle);

	/* List the handles of what looks like such counters, whosever they are: at most max, and
	 * *count of them. */
	enum sg_err (*list)(struct sg_sealer *sealer, uint32_t *list, size_t max, size_t *count);
};

#endif
