/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The main of every test program: runs one Check suite and prints TAP.
 */
#ifndef TESTS_LIB_RUNNER_H
#define TESTS_LIB_RUNNER_H

#include <check.h>

/* Run the suite, which this frees, and return the exit status of the program. A
 * suite that ran no test has failed. */
int test_run(Suite *suite);

#endif
