/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Whole files as bytes, and whether they stayed as they were. Everything
 * here ends the test when it fails.
 */
#include "lib/file.h"

#include <check.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct sg_buf test_file_read(const char *path)
{
	struct sg_buf buf = { 0 };
	uint8_t chunk[4096];
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ck_assert_msg(fd >= 0, "%s: %m", path);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		ck_assert_int_eq(sg_buf_append(&buf, sg_bytes(chunk, (size_t)n)), SG_OK);
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(close(fd), 0);
	return buf;
}

void test_file_write(const char *path, struct sg_bytes bytes)
{
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	ck_assert_msg(fd >= 0, "%s: %m", path);
	if (bytes.len > 0)
		ck_assert_int_eq(write(fd, bytes.data, bytes.len), (ssize_t)bytes.len);
	ck_assert_int_eq(close(fd), 0);
}

struct test_snapshot test_snapshot_take(const char *path)
{
	struct test_snapshot snapshot = { .bytes = test_file_read(path) };
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	snapshot.seconds = st.st_mtim.tv_sec;
	snapshot.nanoseconds = st.st_mtim.tv_nsec;
	return snapshot;
}

void test_snapshot_check(struct test_snapshot *snapshot, const char *path)
{
	struct test_snapshot now = test_snapshot_take(path);

	ck_assert(sg_bytes_equal(sg_buf_bytes(&snapshot->bytes), sg_buf_bytes(&now.bytes)));
	ck_assert_int_eq(now.seconds, snapshot->seconds);
	ck_assert_int_eq(now.nanoseconds, snapshot->nanoseconds);
	sg_buf_free(&now.bytes);
	sg_buf_free(&snapshot->bytes);
}
