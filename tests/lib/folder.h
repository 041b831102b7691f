/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A private folder of a test's own, and whole files as bytes. Everything
 * here ends the test when it fails.
 */
#ifndef TESTS_LIB_FOLDER_H
#define TESTS_LIB_FOLDER_H

#include "util/bytes.h"

/* Make an empty folder of mode 0700 below TMPDIR; the caller gives it to test_folder_remove. */
char *test_folder_make(void);

/* Remove the folder with all that is in it, free *folder and set it to NULL. */
void test_folder_remove(char **folder);

/* Make the string "folder/name", which the caller frees. */
char *test_folder_path(const char *folder, const char *name);

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
