/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. Looking a machine up among very many: what a server does for each signed request. Beside it
 * stands the same among few.
 */
#ifndef TESTS_BENCH_FLEET_H
#define TESTS_BENCH_FLEET_H

#include <stdbool.h>

/* Measure, within a test; quick: with fewer machines. */
void bench_fleet(bool quick);

#endif
