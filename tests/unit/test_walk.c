/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of util/walk.c: who may change where a path leads.
 */
#define _GNU_SOURCE 1
#include "util/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/runner.h"
#include "lib/scratch.h"
#include "util/log.h"

#define STRANGER 65534

static char last_line[1024];
static char *folder, *real;             /* and its path without links */
static struct sg_walk at;

static void keep(enum sg_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	snprintf(last_line, sizeof(last_line), "%s", line);
}

static void setup(void)
{
	folder = scratch_make();
	real = realpath(folder, NULL);
	ck_assert_ptr_nonnull(real);
	at = (struct sg_walk){ -1, NULL, NULL };
	sg_log_set(keep, NULL);
	umask(022);
}

static void teardown(void)
{
	sg_walk_end(&at);
	free(real);
	scratch_remove(&folder);
}

static enum sg_err walk_to(const char *name, bool make)
{
	char *path = scratch_path(folder, name);
	enum sg_err err;

	sg_walk_end(&at);
	err = sg_walk_begin(path, make, &at);
	free(path);
	return err;
}

static void make(const char *name, mode_t mode)
{
	char *path = scratch_path(folder, name);

	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
	free(path);
}

static void make_link(const char *target, const char *name)
{
	char *path = scratch_path(folder, name);

	ck_assert_int_eq(symlink(target, path), 0);
	free(path);
}

static void give_away(const char *name)
{
	char *path = scratch_path(folder, name);

	ck_assert_int_eq(lchown(path, STRANGER, (gid_t)-1), 0);
	free(path);
}

/* Assert that the walk ends in this folder below ours, before this name. */
static void assert_at(const char *below, const char *name)
{
	struct stat by_fd, by_path;

	ck_assert_int_eq(strncmp(at.folder, real, strlen(real)), 0);
	ck_assert_str_eq(at.folder + strlen(real), below);
	ck_assert_str_eq(at.name, name);
	ck_assert_int_eq(fstat(at.fd, &by_fd), 0);
	ck_assert_int_eq(lstat(at.folder, &by_path), 0);
	ck_assert_uint_eq(by_fd.st_ino, by_path.st_ino);
}

static void assert_log_has(const char *part)
{
	ck_assert_msg(strstr(last_line, part) != NULL, "\"%s\" is not in: %s", part, last_line);
}

START_TEST(a_walk_ends_in_the_folder_of_what_is_named)
{
	make("a", 0755);
	ck_assert_int_eq(walk_to("a/file", false), SG_OK);
	assert_at("/a", "file");
	ck_assert_int_eq(walk_to("a//./../a///file//", false), SG_OK);
	assert_at("/a", "file");
}
END_TEST

START_TEST(a_path_that_ends_in_dots_names_the_folder_itself)
{
	make("a", 0755);
	ck_assert_int_eq(walk_to("a/.", false), SG_OK);
	assert_at("/a", ".");
	ck_assert_int_eq(walk_to("a/..", false), SG_OK);
	assert_at("", ".");
}
END_TEST

START_TEST(the_root_has_no_folder_above)
{
	ck_assert_int_eq(sg_walk_begin("/..", false, &at), SG_OK);
	ck_assert_str_eq(at.folder, "");
	ck_assert_str_eq(at.name, ".");
}
END_TEST

START_TEST(links_are_followed_to_where_the_kernel_would_go)
{
	make("a", 0755);
	make("a/b", 0755);
	make_link("a/b", "relative");
	make_link(real, "a/absolute");
	make_link("../relative/./", "a/twice");
	ck_assert_int_eq(walk_to("relative/file", false), SG_OK);
	assert_at("/a/b", "file");
	ck_assert_int_eq(walk_to("a/absolute/a/file", false), SG_OK);
	assert_at("/a", "file");
	ck_assert_int_eq(walk_to("a/twice/../file", false), SG_OK);
	assert_at("/a", "file");
}
END_TEST

START_TEST(the_last_component_is_not_followed)
{
	make_link("nowhere", "link");
	ck_assert_int_eq(walk_to("link", false), SG_OK);
	assert_at("", "link");
	ck_assert_int_eq(walk_to("link/", false), SG_OK);
	assert_at("", "link");
}
END_TEST

START_TEST(links_in_a_circle_end)
{
	make_link("two", "one");
	make_link("one", "two");
	ck_assert_int_eq(walk_to("one/file", false), SG_ERR_SYSTEM);
	assert_log_has("symbolic links");
}
END_TEST

START_TEST(a_way_that_is_not_there_is_missing_or_made)
{
	ck_assert_int_eq(walk_to("a/b/file", false), SG_ERR_STORE_MISSING);
	ck_assert_int_eq(at.fd, -1);
	ck_assert_ptr_null(at.folder);
	ck_assert_int_eq(walk_to("a/b/file", true), SG_OK);
	assert_at("/a/b", "file");
}
END_TEST

START_TEST(a_folder_that_others_can_write_is_refused)
{
	static const mode_t modes[] = { 0775, 0757, 0777, 0720, 0702 };

	make("a", 0755);
	make("a/b", 0755);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		char *path = scratch_path(folder, "a");

		ck_assert_int_eq(chmod(path, modes[i]), 0);
		free(path);
		ck_assert_int_eq(walk_to("a/b/file", false), SG_ERR_STORE_UNSAFE);
		ck_assert_int_eq(walk_to("a/new/file", true), SG_ERR_STORE_UNSAFE);
	}
	assert_log_has("mode 0702");
	assert_log_has("chmod go-w '");
}
END_TEST

START_TEST(a_sticky_folder_is_as_good_as_a_closed_one)
{
	make("a", 01777);
	make("a/b", 0755);
	ck_assert_int_eq(walk_to("a/b/file", false), SG_OK);
	assert_at("/a/b", "file");
}
END_TEST

START_TEST(a_folder_that_a_stranger_owns_is_refused)
{
	if (geteuid() != 0)
		return;
	make("a", 0755);
	make("a/b", 0755);
	give_away("a");
	ck_assert_int_eq(walk_to("a/b/file", false), SG_ERR_STORE_UNSAFE);
	assert_log_has("folder is owned by user 65534");
}
END_TEST

START_TEST(what_a_stranger_put_into_a_sticky_folder_is_refused)
{
	if (geteuid() != 0)
		return;
	make("good", 0755);
	make("a", 01777);
	make("a/folder", 0755);
	make_link("../good", "a/link");
	ck_assert_int_eq(walk_to("a/link/file", false), SG_OK);
	give_away("a/folder");
	give_away("a/link");
	ck_assert_int_eq(walk_to("a/folder/file", false), SG_ERR_STORE_UNSAFE);
	ck_assert_int_eq(walk_to("a/link/file", false), SG_ERR_STORE_UNSAFE);
	assert_log_has("symbolic link is owned by user 65534");
}
END_TEST

START_TEST(a_link_does_not_lead_around_the_checks)
{
	make("open", 0777);
	make("open/b", 0755);
	make_link("open/b", "link");
	ck_assert_int_eq(walk_to("link/file", false), SG_ERR_STORE_UNSAFE);
	assert_log_has("mode 0777");
}
END_TEST

START_TEST(the_way_to_where_the_process_stands_counts)
{
	make("open", 0777);
	make("open/b", 0755);
	ck_assert_int_eq(chdir(folder), 0);
	ck_assert_int_eq(sg_walk_begin("file", false, &at), SG_OK);
	assert_at("", "file");
	sg_walk_end(&at);
	ck_assert_int_eq(chdir("open/b"), 0);
	ck_assert_int_eq(sg_walk_begin("file", false, &at), SG_ERR_STORE_UNSAFE);
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(a_file_is_no_way)
{
	char *path = scratch_write(folder, "f", "x", 1, 0600);

	ck_assert_int_eq(walk_to("f/x", false), SG_ERR_STORE_MISSING);
	ck_assert_int_eq(walk_to("f/x", true), SG_ERR_SYSTEM);
	assert_log_has("Not a directory");
	free(path);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("walk");
	TCase *t = tcase_create("walk");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_walk_ends_in_the_folder_of_what_is_named);
	tcase_add_test(t, a_path_that_ends_in_dots_names_the_folder_itself);
	tcase_add_test(t, the_root_has_no_folder_above);
	tcase_add_test(t, links_are_followed_to_where_the_kernel_would_go);
	tcase_add_test(t, the_last_component_is_not_followed);
	tcase_add_test(t, links_in_a_circle_end);
	tcase_add_test(t, a_way_that_is_not_there_is_missing_or_made);
	tcase_add_test(t, a_folder_that_others_can_write_is_refused);
	tcase_add_test(t, a_sticky_folder_is_as_good_as_a_closed_one);
	tcase_add_test(t, a_folder_that_a_stranger_owns_is_refused);
	tcase_add_test(t, what_a_stranger_put_into_a_sticky_folder_is_refused);
	tcase_add_test(t, a_link_does_not_lead_around_the_checks);
	tcase_add_test(t, the_way_to_where_the_process_stands_counts);
	tcase_add_test(t, a_file_is_no_way);
	suite_add_tcase(s, t);
	return test_run(s);
}
