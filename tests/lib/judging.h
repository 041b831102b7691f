/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A registrar's judgement of machines whose TPMs are in software: who is trusted, what is
 * demanded, and two machines that do as they should until a test changes something. It is a checked
 * fixture; everything here fails the running test where it can't do its work.
 */
#ifndef TESTS_LIB_JUDGING_H
#define TESTS_LIB_JUDGING_H

#include <check.h>

#include "lib/enroller.h"

#define TEST_JUDGED_AT 2000000000u      /* Unix seconds, when challenges end */

extern struct test_authority test_maker;        /* trusted */
extern struct test_authority test_stranger;     /* of the same name, and not */
extern struct sg_authorities *test_authorities;
extern struct enroller test_machine, test_second;
extern struct sg_enroll_demand test_demand;
extern struct sg_enroll_pending test_pending;
extern struct sg_enroll_finding test_finding;

void test_judging_begin(void);
void test_judging_end(void);

/* Say hello as the first machine or as another one, and have it judged: the challenge is in it and
 * in test_pending. */
enum sg_enroll_reason test_begin(void);
enum sg_enroll_reason test_begin_as(struct enroller *e);

/* The same, which must go well, and an answer to it. */
void test_answer(void);

/* Have the evidence of the first machine judged. */
enum sg_enroll_reason test_finish(void);

/* Put a copy of bytes in the place of others. */
void test_copy(struct sg_buf *to, const struct sg_buf *from);

/* Hash the endorsement key of a machine, as lists have it. */
void test_ek_hash(const struct enroller *e, uint8_t hash[SG_ENROLL_EK_HASH]);

/* Check a reason; what it is about is told where it is another one. */
void test_reason(enum sg_enroll_reason have, enum sg_enroll_reason want, const char *what);

/* All of it, at the end of which so much is proven. */
void test_enrols(enum sg_enroll_level level);

/* A change of what the machine makes for a key of that origin, and what is said of it. */
struct test_row {
	enum enroller_stage stage;
	void (*change)(struct enroller *e);
	enum sg_enroll_reason reason;
	enum sg_enroll_origin origin;
	const char *what;
};

void test_row_is_judged(const struct test_row *row);

#endif
