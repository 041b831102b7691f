/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Looking for bytes in memory, as an attacker would: in that of this process or
 * of another one, and in what is left of one in a file.
 */
#ifndef TESTS_LIB_MEMORY_H
#define TESTS_LIB_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What is looked for is given veiled, every byte with 0xa5 added in by exclusive or,
 * so that the searcher does not find its own copy. */
#define TEST_VEIL 0xa5

/* Return in how many places of the process's readable memory the bytes stand, read through
 * /proc/self/mem. Guarded memory of the process counts where the kernel lets it be read. */
size_t test_memory_find(const uint8_t *veiled, size_t len);

/* What the kernel says of a mapping. */
struct test_mapping {
	unsigned long from, to;
	bool undumped;          /* not in core dumps: "dd" in VmFlags [proc(5)] */
	bool unforked;          /* not in children: "dc" */
	bool locked;            /* never in the swap: "lo" */
	bool secret;            /* made by memfd_secret(2) */
};

/* The same, read as the code of this process reads it: guarded memory counts. hit, which
 * may be NULL, is called for each mapping with such bytes. */
size_t test_memory_find_all(const uint8_t *veiled, size_t len,
                            void (*hit)(const struct test_mapping *mapping));

/* The same in the memory of another process, through /proc/PID/mem: in all of it, or only
 * in what the kernel would put in a core dump. Adds to *refused the mappings of
 * memfd_secret(2) that can't be read; it may be NULL. */
size_t test_memory_find_in(pid_t pid, bool dump, const uint8_t *veiled, size_t len,
                           size_t *refused);

/* Return in how many places of a file the bytes stand. */
size_t test_memory_find_in_file(const char *path, const uint8_t *veiled, size_t len);

#endif
