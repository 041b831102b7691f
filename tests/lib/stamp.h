/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Waiting until the times of a file tell every change of it.
 */
#ifndef TESTS_LIB_STAMP_H
#define TESTS_LIB_STAMP_H

#include "store/stamp.h"

/* Take stamps of the file until one is settled, which takes a tenth of a second after
 * its last change; fails the running test after ten. */
void test_stamp_settle(const char *path, struct sg_store_stamp *stamp);

#endif
