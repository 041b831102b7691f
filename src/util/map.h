/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. A hash table from non-zero 64-bit numbers to pointers: handles to what
 * they name. It does not own what it points to and takes no lock.
 */
#ifndef SG_UTIL_MAP_H
#define SG_UTIL_MAP_H

#include "util/bytes.h"

struct sg_map_slot {
	uint64_t key;           /* 0: free */
	void *value;
};

/* All zero is a valid empty map. */
struct sg_map {
	struct sg_map_slot *slots;
	size_t size;            /* a power of two, or 0 */
	size_t count;
};

/* Put value under key, replacing what is there, which can't fail. key is not 0. Errors: NOMEM. */
enum sg_err sg_map_put(struct sg_map *map, uint64_t key, void *value);

/* Make room, so that puts don't fail until the map has count entries. Errors: NOMEM. */
enum sg_err sg_map_reserve(struct sg_map *map, size_t count);

/* Return the value under key, or NULL. */
void *sg_map_get(const struct sg_map *map, uint64_t key);

/* Take the value under key out and return it, or NULL. Never fails. */
void *sg_map_take(struct sg_map *map, uint64_t key);

/* Step through all entries in no order: start with *at = 0; false at the end.
 * The map may not change in between. */
bool sg_map_next(const struct sg_map *map, size_t *at, uint64_t *key, void **value);

/* Free the table, not the values; the map is empty afterwards. */
void sg_map_free(struct sg_map *map);

#endif
