/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The points at which something lasting changes: functions of the C library that change
 * files stand in points.c before the real ones, in the whole program that uses this, and each
 * of their calls is a point. So is what a test says is one. At a point the process can die, or
 * the call fail.
 */
#ifndef TESTS_LIB_POINTS_H
#define TESTS_LIB_POINTS_H

#include <stdbool.h>

extern struct test_points {
	unsigned count;                 /* of points that were passed */
	unsigned die_at;                /* the one before which the process dies; 0: none */
	unsigned fail_at;               /* the one whose call fails; 0: none */
	int fail_with;                  /* errno of that */
} test_points;

/* Pass a point; tell whether it is to fail. */
bool test_points_pass(void);

#endif
