/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What is handed out so that a root can be had back: it is on the disk, with its name, before
 * the root is in the token, and what is taken back where the root is not are our own files.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "tools/out_file.h"
#include "tools/recovery.h"

/* The library and the command call it through the program. */
#define EXPORTED __attribute__((visibility("default")))
EXPORTED int fsync(int fd);

static char *folder;
static ino_t synced[16];
static size_t n_synced;

EXPORTED int fsync(int fd)
{
	struct stat st;

	if (n_synced < sizeof synced / sizeof synced[0] && fstat(fd, &st) == 0)
		synced[n_synced++] = st.st_ino;
	return (int)syscall(SYS_fsync, fd);
}

/* No option is read here. */
const char *tool_next(const struct tool *tool, enum tool_option option, size_t *at)
{
	(void)tool;
	(void)option;
	(void)at;
	return NULL;
}

static bool is_synced(const char *path)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	for (size_t i = 0; i < n_synced; i++)
		if (synced[i] == st.st_ino)
			return true;
	return false;
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static void setup(void)
{
	folder = scratch_make();
	ck_assert_int_eq(chdir(folder), 0);
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	n_synced = 0;
}

static void teardown(void)
{
	ck_assert_int_eq(chdir("/"), 0);
	scratch_remove(&folder);
}

/* Close a root for some key and write that to a place. */
static void close_root(const char *file, struct tool_recovery *plan)
{
	struct sg_secret *root = NULL, *key = NULL;

	*plan = (struct tool_recovery){ .way = TOOL_WAY_KEY, .file = file, .keys = 1 };
	ck_assert_int_eq(sg_x25519_generate(&key), SG_OK);
	ck_assert_int_eq(tool_key_of(key, &plan->key[0]), TOOL_OK);
	ck_assert_int_eq(sg_secret_new(SG_RECOVERY_ROOT, &root), SG_OK);
	memset(root->data, 7, SG_RECOVERY_ROOT);
	root->len = SG_RECOVERY_ROOT;
	ck_assert_int_eq(tool_recovery_arrange(plan, "root", root), TOOL_OK);
	sg_secret_free(&root);
	sg_secret_free(&key);
}

START_TEST(a_new_file_is_on_the_disk_with_its_name)
{
	struct tool_recovery plan;

	close_root("file", &plan);
	ck_assert(is_synced("file"));
	ck_assert(is_synced("."));
}
END_TEST

START_TEST(so_is_one_in_another_folder)
{
	struct tool_recovery plan;

	ck_assert_int_eq(mkdir("there", 0700), 0);
	close_root("there/file", &plan);
	ck_assert(is_synced("there/file"));
	ck_assert(is_synced("there"));
}
END_TEST

START_TEST(a_file_behind_a_descriptor_is_on_the_disk)
{
	struct tool_recovery plan;
	char name[16];
	int fd = open("given", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	snprintf(name, sizeof name, "fd:%d", fd);
	close_root(name, &plan);
	ck_assert(is_synced("given"));
	close(fd);
}
END_TEST

START_TEST(a_pipe_needs_no_disk)
{
	struct tool_recovery plan;
	char name[16];
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	snprintf(name, sizeof name, "fd:%d", fds[1]);
	close_root(name, &plan);
	ck_assert(plan.handed_out);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(what_was_written_is_taken_back)
{
	struct tool_recovery plan;

	close_root("file", &plan);
	ck_assert(exists("file"));
	ck_assert(!plan.handed_out);
	tool_recovery_undo(&plan);
	ck_assert(!exists("file"));
}
END_TEST

START_TEST(no_file_is_removed_for_what_went_to_standard_output)
{
	struct tool_recovery plan;

	test_file_write("-", sg_bytes_str("mine"));
	close_root("-", &plan);
	ck_assert(plan.handed_out);
	tool_recovery_undo(&plan);
	ck_assert(exists("-"));
}
END_TEST

START_TEST(descriptors_are_numbers)
{
	ck_assert_int_eq(tool_out_descriptor("-"), STDOUT_FILENO);
	ck_assert_int_eq(tool_out_descriptor("fd:01"), STDOUT_FILENO);
	ck_assert_int_eq(tool_out_descriptor("fd:7"), 7);
	ck_assert_int_eq(tool_out_descriptor("fd:7x"), -1);
	ck_assert_int_eq(tool_out_descriptor("fd:+1"), -1);
	ck_assert_int_eq(tool_out_descriptor("fd:99999999999"), -1);
	ck_assert_int_eq(tool_out_descriptor("./-"), -1);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tool: handed out");
	TCase *tc = tcase_create("handed out");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_new_file_is_on_the_disk_with_its_name);
	tcase_add_test(tc, so_is_one_in_another_folder);
	tcase_add_test(tc, a_file_behind_a_descriptor_is_on_the_disk);
	tcase_add_test(tc, a_pipe_needs_no_disk);
	tcase_add_test(tc, what_was_written_is_taken_back);
	tcase_add_test(tc, no_file_is_removed_for_what_went_to_standard_output);
	tcase_add_test(tc, descriptors_are_numbers);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
