/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. What a registrar does for one enrolment: it reads a hello, judges the keys and makes a
 * challenge, reads evidence and judges it. Beside it stand the signatures and agreements in that
 * alone. The evidence is that of many swtpms, whose maker's certificates they have; it is made once.
 */
#ifndef TESTS_BENCH_ENROLL_H
#define TESTS_BENCH_ENROLL_H

#include <stdbool.h>

/* Measure, within a test; quick: with three machines only. */
void bench_enrolments(bool quick);

#endif
