/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of constant time. Telling valgrind's memcheck what is secret: such bytes count as
 * not initialised, and a branch or an address that depends on them is a finding. Nothing
 * is found where no valgrind watches, so every test begins with ct_begin.
 */
#ifndef TESTS_CT_MARK_H
#define TESTS_CT_MARK_H

#include "util/bytes.h"

/* Say that these bytes are secret, or that they may be known. */
void ct_secret(const void *data, size_t len);
void ct_public(const void *data, size_t len);

/* Begin a test: fail it where memcheck does not watch. */
void ct_begin(void);

/* Return how often secrets were let out since ct_begin. */
unsigned ct_findings(void);

/* End a test: fail it where there were findings. A test that wants them looks at
 * ct_findings and calls ct_begin again. */
void ct_end(void);

#endif
