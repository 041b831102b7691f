/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. The memory that secrets live in: regions of memfd_secret(2) where the
 * kernel has it, else anonymous memory with mlock(2), with guard pages, kept out
 * of core dumps and of children. A region that can't be locked is an error,
 * never a weaker region. Only util/secret.c allocates from here.
 */
#ifndef SG_UTIL_SLAB_H
#define SG_UTIL_SLAB_H

#include "util/bytes.h"

/* How the newest region is protected. */
enum sg_slab_kind {
	SG_SLAB_NONE,           /* nothing was allocated yet */
	SG_SLAB_MEMFD_SECRET,   /* not even root's ptrace reads it */
	SG_SLAB_MLOCK,          /* locked and not dumped, but root can read it */
};

struct sg_slab_status {
	enum sg_slab_kind kind;
	size_t locked;          /* bytes locked in all regions */
	size_t used;            /* bytes handed out, rounded up to the granule */
};

/* Allocate size bytes, zeroed; size is 1 to 1 MiB. The granule is 32 bytes, so
 * that 100,000 AES keys fit in 8 MiB of locked memory. Thread-safe.
 * Errors: SECURE_MEMORY where no page can be locked (the log names the limit), RANGE. */
enum sg_err sg_slab_alloc(size_t size, uint8_t **out);

/* Wipe and give back what sg_slab_alloc gave with the same size. In a child that
 * was forked after the allocation this does nothing: the memory is not there. */
void sg_slab_free(uint8_t *data, size_t size);

/* Allocate nothing, but make sure that one region exists: for doctor. */
enum sg_err sg_slab_probe(void);

/* Tell what the slab is made of. */
void sg_slab_status(struct sg_slab_status *out);

#endif
