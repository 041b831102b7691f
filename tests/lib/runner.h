/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The main of every test program: runs one Check suite and prints TAP.
 */
#ifndef TESTS_LIB_RUNNER_H
#define TESTS_LIB_RUNNER_H

#include <check.h>
#include <stdbool.h>

/* Run the suite, which this frees, and return the exit status of the program. A
 * suite that ran no test has failed. */
int test_run(Suite *suite);

/* Tell whether a process whose threads allocate can fork in this build. AddressSanitizer's
 * allocator has locks of its own, and a child waits for ever for one that a thread of its
 * parent held. */
bool test_can_fork_with_threads(void);

/* Tell whether a child of a process that has threads can start some of its own in this build,
 * as who waits for a TPM does. ThreadSanitizer keeps the parent's in its books, and ends the
 * child whose thread comes to lie where one of those did. */
bool test_child_can_have_threads(void);

#endif
