/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Arrays that grow an item at a time. For public data: what they leave behind
 * when they move is not wiped.
 */
#ifndef SG_UTIL_ARRAY_H
#define SG_UTIL_ARRAY_H

#include <stddef.h>

/* Make room for one more item of a size behind n others; *cap is for how many there is room.
 * Return the array, which may have moved, or NULL where there is no memory: items is then as
 * it was, and still the caller's. */
void *sg_array_grow(void *items, size_t n, size_t *cap, size_t size);

#endif
