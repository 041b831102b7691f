/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Looking for bytes in the memory of this very process, as an attacker would
 * who reads /proc/PID/mem.
 */
#ifndef TESTS_LIB_MEMORY_H
#define TESTS_LIB_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* What is looked for is given veiled, every byte with 0xa5 added in by exclusive or,
 * so that the searcher does not find its own copy. */
#define TEST_VEIL 0xa5

/* Return in how many places of the process's readable memory the bytes stand.
 * Guarded memory of the process counts where the kernel lets it be read. */
size_t test_memory_find(const uint8_t *veiled, size_t len);

#endif
