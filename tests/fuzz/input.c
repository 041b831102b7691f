/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. Decisions and the memory of one call.
 */
#include "fuzz/input.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECES 256

static void *pieces[PIECES];
static size_t used;

uint8_t fuzz_byte(struct fuzz_input *in)
{
	if (in->len == 0)
		return 0;
	in->len--;
	return *in->data++;
}

unsigned fuzz_below(struct fuzz_input *in, unsigned n)
{
	return fuzz_byte(in) % n;
}

void *fuzz_alloc(size_t len)
{
	void *piece = malloc(len);

	if (piece == NULL || used == PIECES)
		fuzz_fail("%zu bytes can't be had in a call that has %zu pieces", len, used);
	pieces[used++] = piece;
	return piece;
}

void *fuzz_copy(const void *data, size_t len)
{
	void *piece = fuzz_alloc(len);

	if (len > 0)
		memcpy(piece, data, len);
	return piece;
}

void fuzz_release(void)
{
	while (used > 0)
		free(pieces[--used]);
}

void fuzz_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("fuzz: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	abort();
}
