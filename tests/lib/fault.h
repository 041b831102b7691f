/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Faults of a TPM: what stands between the module and a TPM of a test's own, and does
 * to the n-th command of a kind what a broken or a hostile one would do. It works on whole
 * frames outside of the process's own code, so nothing of it is in what is installed.
 */
#ifndef TESTS_LIB_FAULT_H
#define TESTS_LIB_FAULT_H

#include "lib/tpm.h"

#define TEST_ANY 0                      /* a command of any kind */
#define TEST_ALWAYS 0                   /* every time, in the place of "the n-th" */

enum test_fault {
	TEST_REFUSE,                    /* answer with the code; the TPM never sees the command */
	TEST_DROP,                      /* drop the connection before the command is passed on */
	TEST_LOSE,                      /* let the TPM do it, then drop the connection */
	TEST_CUT,                       /* the same after half of the answer */
	TEST_DELAY,                     /* pass the answer on after so many milliseconds */
	TEST_DIE_BEFORE,                /* SIGKILL the TPM before it gets the command */
	TEST_DIE_AFTER,                 /* the same when it has answered; nobody gets the answer */
};

/* Start a TPM behind a wire, or behind one that looks like a device, with no fault yet. One
 * at a time in a process. */
void test_fault_start(struct test_tpm *tpm);
void test_fault_start_device(struct test_tpm *tpm);

/* From now on, do this to the n-th command of a kind; value is the code or the time. */
void test_fault_set(enum test_fault fault, uint32_t command, unsigned nth, uint32_t value);

/* The same to the first so many of that kind. */
void test_fault_first(enum test_fault fault, uint32_t command, unsigned many, uint32_t value);

/* Do no harm any more; return how often it was done. */
unsigned test_fault_clear(void);

#endif
