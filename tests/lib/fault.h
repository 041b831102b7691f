/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Faults of a TPM: what does to the n-th command of a kind what a broken or a hostile TPM
 * would do. It stands inside of our TCTI, for programs that use the library that they are linked
 * with; or on the wire, between the module or the command and a TPM of a test's own, which have no
 * such place.
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
	TEST_LATE,                      /* let the TPM do it, then act as if it had taken too long */
};

/* Start a TPM with no fault yet, whose faults come from our TCTI: all but TEST_DELAY and
 * TEST_DIE_AFTER. The module and the command have none of them. */
void test_fault_start_inside(struct test_tpm *tpm);

/* Start one behind a wire, or behind one that looks like a device: all but TEST_LATE. One TPM with
 * faults at a time in a process. */
void test_fault_start(struct test_tpm *tpm);
void test_fault_start_device(struct test_tpm *tpm);

/* From now on, do this to the n-th command of a kind; value is the code or the time. */
void test_fault_set(enum test_fault fault, uint32_t command, unsigned nth, uint32_t value);

/* The same to the first so many of that kind. */
void test_fault_first(enum test_fault fault, uint32_t command, unsigned many, uint32_t value);

/* Do no harm any more; return how often it was done. */
unsigned test_fault_clear(void);

/* Tell the number of the last command that our TCTI asked about. */
uint64_t test_fault_number(void);

#endif
