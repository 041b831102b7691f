/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Arrays that grow by doubling.
 */
#include "util/array.h"

#include <stdint.h>
#include <stdlib.h>

#define FIRST 16

void *sg_array_grow(void *items, size_t n, size_t *cap, size_t size)
{
	const size_t more = *cap == 0 ? FIRST : 2 * *cap;
	void *grown;

	if (n < *cap)
		return items;
	if (*cap > SIZE_MAX / 2 || more > SIZE_MAX / size)
		return NULL;
	grown = reallocarray(items, more, size);
	if (grown != NULL)
		*cap = more;
	return grown;
}
