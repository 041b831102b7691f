/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. Machines that enrol, each with an swtpm of its own whose endorsement key swtpm's authority
 * certified. They are made once, in time that nobody measures: what they sent to a registrar is
 * kept, and the registrar's store as it was before their evidence came.
 */
#ifndef TESTS_BENCH_ENROLLEES_H
#define TESTS_BENCH_ENROLLEES_H

#include "enroll/registrar.h"
#include "enroll/token.h"

struct bench_enrollee {
	struct sg_buf hello, evidence;  /* the messages */
};

struct bench_enrollees {
	char *folder;                   /* of a run */
	char *store;                    /* its sessions wait for the evidence */
	struct sg_buf authorities;      /* PEM */
	struct sg_enroll_rules rules;   /* of their token */
	int64_t now;
	struct bench_enrollee *all;
	size_t n;
};

/* Make so many, of each origin in turns; within a test. The caller frees them. */
void bench_enrollees_make(size_t n, struct bench_enrollees *out);
void bench_enrollees_free(struct bench_enrollees *enrollees);

/* Open a copy of the store, which is in their folder and called so. */
struct sg_registrar *bench_enrollees_registrar(const struct bench_enrollees *enrollees,
                                               const char *name);

#endif
