/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. The bytes that decide what happens, and memory that lives as long as one
 * call. Every piece is an allocation of exactly its size, so that AddressSanitizer
 * sees the first byte beyond it.
 */
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The decisions for one call; behind the end they are all 0. */
struct fuzz_input {
	const uint8_t *data;
	size_t len;
};

/* What libFuzzer and the replay call for each input; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Take the next decision: any byte, or a number below n. */
uint8_t fuzz_byte(struct fuzz_input *in);
unsigned fuzz_below(struct fuzz_input *in, unsigned n);

/* Allocate len bytes, also 0; fuzz_release frees all that was allocated. */
void *fuzz_alloc(size_t len);
void *fuzz_copy(const void *data, size_t len);
void fuzz_release(void);

/* Stop the program with a message: what was to be true is not. */
void fuzz_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
