/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. Measuring: everything is measured in turns with what it is compared with, and
 * medians are compared, because a machine is never idle for long. One thread's work is
 * measured in time that it computed, that of two in time that passed.
 */
#ifndef TESTS_BENCH_MEASURE_H
#define TESTS_BENCH_MEASURE_H

#include "core/pkcs11.h"

/* One piece of work, done over and over. */
struct bench_work {
	void (*fn)(void *arg);
	void *arg;
};

/* Two medians, in nanoseconds for one piece. */
struct bench_pair {
	double ours, raw;
};

/* Do everything once from now on: what is printed then says nothing. */
void bench_hurry(void);

/* End the program unless rv is CKR_OK. */
void bench_check(CK_RV rv, const char *what);

/* Return the monotonic clock in nanoseconds. */
double bench_now(void);

/* Return the nanoseconds that this process has computed: what others do meanwhile doesn't count. */
double bench_computed(void);

/* Return the median; the samples are sorted by this. */
double bench_median(double *samples, size_t n);

/* Measure two pieces of work in turns. */
struct bench_pair bench_measure(struct bench_work ours, struct bench_work raw);

/* Measure how much more work two threads do than the first of them alone. */
double bench_two_threads(const struct bench_work work[2]);

/* Print a row: how much of the raw speed ours is. */
void bench_row(const char *name, const char *against, struct bench_pair pair);

#endif
