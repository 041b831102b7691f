/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Bytes for vectors come from one static pool, so that no test frees them.
 */
#include "lib/hex.h"

#include <check.h>
#include <string.h>

static uint8_t pool[256 * 1024];
static size_t pool_used;

static uint8_t *take(size_t n)
{
	uint8_t *bytes = pool + pool_used;

	ck_assert_uint_le(n, sizeof(pool) - pool_used);
	pool_used += n;
	return bytes;
}

static uint8_t digit(char c)
{
	const char *all = "0123456789abcdef", *found = strchr(all, c);

	ck_assert(c != 0 && found != NULL);
	return (uint8_t)(found - all);
}

struct sg_bytes hex(const char *digits)
{
	size_t n = strlen(digits) / 2;
	uint8_t *bytes = take(n);

	ck_assert_uint_eq(strlen(digits) % 2, 0);
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(digit(digits[2 * i]) << 4 | digit(digits[2 * i + 1]));
	return sg_bytes(bytes, n);
}

struct sg_bytes repeat(uint8_t c, size_t n)
{
	uint8_t *bytes = take(n);

	memset(bytes, c, n);
	return sg_bytes(bytes, n);
}

void assert_bytes(struct sg_bytes got, struct sg_bytes want)
{
	ck_assert_uint_eq(got.len, want.len);
	if (want.len > 0)
		ck_assert_mem_eq(got.data, want.data, want.len);
}
