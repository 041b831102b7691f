/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Whole files as bytes, and whether they stayed as they were. Everything
 * here ends the test when it fails.
 */
#ifndef TESTS_LIB_FILE_H
#define TESTS_LIB_FILE_H

#include "util/bytes.h"

/* Read or write a whole file; one that is written has mode 0600. The caller frees the buffer. */
struct sg_buf test_file_read(const char *path);
void test_file_write(const char *path, struct sg_bytes bytes);

/* A file as it was: its bytes, and when they were written. */
struct test_snapshot {
	struct sg_buf bytes;
	long long seconds, nanoseconds;
};

/* Take a snapshot, and check that the file doesn't differ from it; the check frees it. */
struct test_snapshot test_snapshot_take(const char *path);
void test_snapshot_check(struct test_snapshot *snapshot, const char *path);

#endif
