/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Vectors written in hexadecimal, and the comparison of bytes.
 */
#ifndef TESTS_LIB_HEX_H
#define TESTS_LIB_HEX_H

#include "util/bytes.h"

/* Decode a string of hexadecimal digits; the bytes live as long as the program.
 * Anything else in the string fails the test. */
struct sg_bytes hex(const char *digits);

/* Make n bytes that are all c; they live as long as the program. */
struct sg_bytes repeat(uint8_t c, size_t n);

/* Fail the test unless both views hold the same bytes. */
void assert_bytes(struct sg_bytes got, struct sg_bytes want);

#endif
