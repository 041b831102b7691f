/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The command, run from a test in C.
 */
#ifndef TESTS_LIB_COMMAND_H
#define TESTS_LIB_COMMAND_H

/* What the command said last, on both outputs. */
extern char test_said[8192];

/* Run signet with these arguments, for the shell, and return its exit code; 128 and the number of the
 * signal where one ended it. */
int test_command(const char *arguments);

/* Require that it said this, or did not. */
void test_require_said(const char *what);
void test_require_unsaid(const char *what);

#endif
