/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. How libFuzzer changes an input of the API fuzzer: by whole calls, which
 * it doubles, removes, exchanges and moves, or inside of one.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/layout.h"
#include "fuzz/input.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned seed);

/* Put a copy of one record in front of another. */
static size_t duplicate(uint8_t *calls, size_t n, size_t from, size_t to)
{
	uint8_t copy[RECORD];

	memcpy(copy, calls + from * RECORD, RECORD);
	memmove(calls + (to + 1) * RECORD, calls + to * RECORD, (n - to) * RECORD);
	memcpy(calls + to * RECORD, copy, RECORD);
	return n + 1;
}

static size_t take_out(uint8_t *calls, size_t n, size_t at)
{
	memmove(calls + at * RECORD, calls + (at + 1) * RECORD, (n - at - 1) * RECORD);
	return n - 1;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned seed)
{
	size_t n = len > 0 ? (len - 1) / RECORD : 0, one, other;
	uint8_t *calls = data + 1;

	if (n == 0 || seed % 8 == 0)
		return LLVMFuzzerMutate(data, len, max);
	one = (seed >> 8) % n;
	other = (seed >> 16) % n;
	switch (seed % 8) {
	case 1:
	case 2:
		if (1 + (n + 1) * RECORD <= max)
			n = duplicate(calls, n, one, other);
		(void)LLVMFuzzerMutate(calls + other * RECORD, RECORD, RECORD);
		break;
	case 3:
		if (n > 1)
			n = take_out(calls, n, one);
		break;
	case 4:
		calls[one * RECORD] = (uint8_t)(seed >> 24);
		break;
	default:
		(void)LLVMFuzzerMutate(calls + one * RECORD, RECORD, RECORD);
		break;
	}
	return 1 + n * RECORD;
}
