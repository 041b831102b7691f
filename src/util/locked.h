/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Putting locked memory in a stretch of address space. No child ever has a
 * mapping of it, nor a descriptor that leads to it, whenever a thread forks. Only
 * util/slab.c calls this.
 */
#ifndef SG_UTIL_LOCKED_H
#define SG_UTIL_LOCKED_H

#include "util/slab.h"

/* Put locked memory, all zero, at data, which is reserved and whole pages. SG_SLAB_NONE:
 * failed, see errno, and part of it may be there: the caller unmaps it. */
enum sg_slab_kind sg_locked_map(uint8_t *data, size_t size);

#endif
