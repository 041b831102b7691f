/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. Verifying signed requests as a server does, with the nonce kept in its file, beside the
 * bare check of the same signatures. Means and not medians: what is moved to the table now and
 * then belongs to the price of each.
 */
#ifndef TESTS_BENCH_REQUEST_H
#define TESTS_BENCH_REQUEST_H

#include <stdbool.h>

/* Measure; quick: a few only. */
void bench_requests(bool quick);

#endif
