/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, any. The stored form of what the members of a list of sealers each have: their
 * parents, or their blobs for one secret, in the order of the members. A part is opaque here.
 */
#ifndef SG_SEAL_ANY_LIST_H
#define SG_SEAL_ANY_LIST_H

#include "util/bytes.h"

#define SG_ANY_MOST 4                   /* members of a list */

/* Which list it is: the one can't be taken for the other. */
enum sg_any_kind {
	SG_ANY_PARENTS,
	SG_ANY_BLOBS,
};

/* Write n parts, 2 to SG_ANY_MOST; the list replaces what out holds. Errors: RANGE for an empty
 * part, or where the list gets longer than a parent or a blob may be (seal/sealer.h); NOMEM. */
enum sg_err sg_any_write(enum sg_any_kind kind, const struct sg_buf *part, size_t n,
                         struct sg_buf *out);

/* Read a list of exactly n parts as views into it. Errors: FORMAT for what sg_any_write would not
 * write. */
enum sg_err sg_any_read(enum sg_any_kind kind, struct sg_bytes list, struct sg_bytes *part,
                        size_t n);

#endif
