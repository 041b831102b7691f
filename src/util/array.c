/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Arrays that grow by doubling.
 */
#include "util/array.h"

#include <stdlib.h>

#define FIRST 16

void *sg_array_grow(void *items, size_t n, size_t *cap, size_t size)
{
	const size_t more = *cap == 0 ? FIRST : 2 * *cap;
	void *grown;

	if (n < *cap)
		return items;
	grown = reallocarray(items, more, size);
	if (grown != NULL)
		*cap = more;
	return grown;
}
