/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. Measuring.
 */
#include "bench/measure.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "client/rv.h"

#define ROUNDS 21
#define ROUND_NS 1e7
#define WARM_UP 100

static bool quick;

void bench_hurry(void)
{
	quick = true;
}

static size_t rounds(void)
{
	return quick ? 1 : ROUNDS;
}

void bench_check(CK_RV rv, const char *what)
{
	const char *name = sg_rv_name(rv);

	if (rv == CKR_OK)
		return;
	fprintf(stderr, "bench: %s: %s (0x%lx)\n", what, name != NULL ? name : "?", rv);
	exit(EXIT_FAILURE);
}

double bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double bench_median(double *samples, size_t n)
{
	qsort(samples, n, sizeof *samples, ascending);
	return samples[n / 2];
}

double bench_computed(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

/* Return the nanoseconds of one piece, measured over n of them. Nothing that is measured
 * like this waits for a disk or a lock. */
static double measure(struct bench_work work, long n)
{
	double start = bench_computed();

	for (long i = 0; i < n; i++)
		work.fn(work.arg);
	return (bench_computed() - start) / (double)n;
}

/* Find how many pieces make a round; this also warms up. */
static long pieces(struct bench_work work)
{
	const double one = measure(work, quick ? 1 : WARM_UP);

	return quick ? 1 : (long)(ROUND_NS / one) + 1;
}

struct bench_pair bench_measure(struct bench_work ours, struct bench_work raw)
{
	double o[ROUNDS], r[ROUNDS];
	long n_ours = pieces(ours), n_raw = pieces(raw);

	for (size_t i = 0; i < rounds(); i++) {
		o[i] = measure(ours, n_ours);
		r[i] = measure(raw, n_raw);
	}
	return (struct bench_pair){ bench_median(o, rounds()), bench_median(r, rounds()) };
}

struct share {
	struct bench_work work;
	long n;
	pthread_barrier_t *start;
};

static void *do_share(void *arg)
{
	struct share *share = arg;

	pthread_barrier_wait(share->start);
	for (long i = 0; i < share->n; i++)
		share->work.fn(share->work.arg);
	return NULL;
}

/* Return the nanoseconds that two threads need for n pieces each. */
static double measure_two(const struct bench_work work[2], long n)
{
	pthread_barrier_t start;
	struct share other = { work[1], n, &start };
	pthread_t thread;
	double began;

	if (pthread_barrier_init(&start, NULL, 2) != 0 ||
	    pthread_create(&thread, NULL, do_share, &other) != 0)
		exit(EXIT_FAILURE);
	pthread_barrier_wait(&start);
	began = bench_now();
	for (long i = 0; i < n; i++)
		work[0].fn(work[0].arg);
	if (pthread_join(thread, NULL) != 0)
		exit(EXIT_FAILURE);
	began = bench_now() - began;
	pthread_barrier_destroy(&start);
	return began;
}

double bench_two_threads(const struct bench_work work[2])
{
	double ratio[ROUNDS];
	long n = pieces(work[0]);

	for (size_t i = 0; i < rounds(); i++) {
		double began = bench_now();

		for (long j = 0; j < n; j++)
			work[0].fn(work[0].arg);
		ratio[i] = 2 * (bench_now() - began) / measure_two(work, n);
	}
	return bench_median(ratio, rounds());
}

void bench_row(const char *name, const char *against, struct bench_pair pair)
{
	printf("%-50s %5.2f of %-24s (%.0f/s, %.0f/s)\n", name, pair.raw / pair.ours, against,
	       1e9 / pair.ours, 1e9 / pair.raw);
}
