/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of util/file.c, and of what util/private.c says.
 */
#define _GNU_SOURCE 1
#include "util/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/runner.h"
#include "lib/scratch.h"
#include "util/log.h"

#define NOBODY 65534

static char last_line[1024];
static char *folder;
static char *path;
static struct sg_secret *secret;

static void keep(enum sg_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	snprintf(last_line, sizeof(last_line), "%s", line);
}

static void setup(void)
{
	folder = scratch_make();
	sg_log_set(keep, NULL);
	umask(022);
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void teardown(void)
{
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
	sg_secret_free(&secret);
	free(path);
	path = NULL;
	scratch_remove(&folder);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	free(path);
	path = scratch_write(folder, name, text, strlen(text), mode);
}

static void name_file(const char *name)
{
	free(path);
	path = scratch_path(folder, name);
}

static void assert_mode(const char *name, mode_t mode)
{
	struct stat st;

	ck_assert_int_eq(lstat(name, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, mode);
}

static void assert_log_has(const char *part)
{
	ck_assert_msg(strstr(last_line, part) != NULL, "\"%s\" is not in: %s", part, last_line);
}

static void assert_log_lacks(const char *part)
{
	ck_assert_msg(strstr(last_line, part) == NULL, "\"%s\" is in: %s", part, last_line);
}

START_TEST(a_private_file_and_folder_are_accepted)
{
	write_file("f", "x", 0600);
	ck_assert_int_eq(sg_file_check_private(path), SG_OK);
	ck_assert_int_eq(sg_dir_check_private(folder), SG_OK);
	ck_assert_int_eq(chmod(path, 0400), 0);
	ck_assert_int_eq(sg_file_check_private(path), SG_OK);
}
END_TEST

START_TEST(what_is_not_there_is_missing)
{
	name_file("none");
	ck_assert_int_eq(sg_file_check_private(path), SG_ERR_STORE_MISSING);
	ck_assert_int_eq(sg_dir_check_private(path), SG_ERR_STORE_MISSING);
	write_file("f", "x", 0600);
	name_file("f/below");
	ck_assert_int_eq(sg_file_check_private(path), SG_ERR_STORE_MISSING);
}
END_TEST

START_TEST(a_file_that_others_may_touch_is_refused_with_the_command_that_mends_it)
{
	static const mode_t modes[] = { 0640, 0620, 0610, 0604, 0602, 0601 };

	write_file("f", "x", 0600);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		ck_assert_int_eq(chmod(path, modes[i]), 0);
		ck_assert_int_eq(sg_file_check_private(path), SG_ERR_STORE_UNSAFE);
		assert_mode(path, modes[i]);
	}
	assert_log_has("mode 0601");
	assert_log_has("chmod 0600 '");
	assert_log_has(path);
}
END_TEST

START_TEST(a_folder_that_others_may_enter_is_refused)
{
	ck_assert_int_eq(chmod(folder, 0710), 0);
	ck_assert_int_eq(sg_dir_check_private(folder), SG_ERR_STORE_UNSAFE);
	assert_log_has("chmod 0700 '");
	ck_assert_int_eq(chmod(folder, 0700), 0);
}
END_TEST

static const char *const places[] = { "/", "/etc", "/etc/ssl", "/usr/bin/..", "/tmp", "/proc" };

START_TEST(nobody_is_told_to_take_a_folder_from_the_system)
{
	ck_assert_int_eq(sg_dir_check_private(places[_i]), SG_ERR_STORE_UNSAFE);
	assert_log_has("leave it as it is");
	assert_log_has("mkdir -m 700");
	assert_log_lacks("chmod");
}
END_TEST

START_TEST(nor_to_take_from_root_what_root_has)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chmod(folder, 0755), 0);
	write_file("f", "x", 0644);
	ck_assert_int_eq(seteuid(65534), 0);
	ck_assert_int_eq(sg_dir_check_private(folder), SG_ERR_STORE_UNSAFE);
	assert_log_has("mkdir -m 700");
	assert_log_lacks("chmod");
	ck_assert_int_eq(sg_file_check_private(path), SG_ERR_STORE_UNSAFE);
	assert_log_has("install -m 600");
	assert_log_lacks("chmod");
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(chmod(folder, 0700), 0);
}
END_TEST

START_TEST(a_link_is_not_followed)
{
	char *link = scratch_path(folder, "link");

	write_file("f", "x", 0600);
	ck_assert_int_eq(symlink(path, link), 0);
	ck_assert_int_eq(sg_file_check_private(link), SG_ERR_STORE_UNSAFE);
	assert_log_has("symbolic link");
	free(link);
}
END_TEST

START_TEST(a_link_to_a_folder_is_not_followed_even_with_a_slash)
{
	char *link = scratch_path(folder, "link");
	char *slashed = scratch_path(folder, "link/");

	name_file("d");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(symlink(path, link), 0);
	ck_assert_int_eq(sg_dir_check_private(link), SG_ERR_STORE_UNSAFE);
	ck_assert_int_eq(sg_dir_check_private(slashed), SG_ERR_STORE_UNSAFE);
	ck_assert_int_eq(sg_dir_make_private(slashed), SG_ERR_STORE_UNSAFE);
	free(link);
	free(slashed);
}
END_TEST

START_TEST(a_file_with_two_names_is_refused)
{
	char *other = scratch_path(folder, "other");

	write_file("f", "x", 0600);
	ck_assert_int_eq(link(path, other), 0);
	ck_assert_int_eq(sg_file_check_private(path), SG_ERR_STORE_UNSAFE);
	assert_log_has("2 names");
	free(other);
}
END_TEST

START_TEST(a_folder_is_no_file_and_a_file_no_folder)
{
	write_file("f", "x", 0600);
	ck_assert_int_eq(sg_dir_check_private(path), SG_ERR_STORE_UNSAFE);
	ck_assert_int_eq(sg_file_check_private(folder), SG_ERR_STORE_UNSAFE);
}
END_TEST

START_TEST(a_file_of_another_user_is_refused_for_root_too)
{
	if (geteuid() != 0)
		return;
	write_file("f", "x", 0600);
	ck_assert_int_eq(chown(path, NOBODY, (gid_t)-1), 0);
	ck_assert_int_eq(sg_file_check_private(path), SG_ERR_STORE_UNSAFE);
	assert_log_has("owned by user 65534");
	assert_log_has("chown 0 '");
	ck_assert_int_eq(sg_file_read_secret(path, 10, &secret), SG_ERR_STORE_UNSAFE);
}
END_TEST

START_TEST(a_user_is_told_that_he_can_not_read_a_file_of_root)
{
	if (geteuid() != 0)
		return;
	write_file("f", "x", 0600);
	ck_assert_int_eq(chmod(folder, 0755), 0);
	ck_assert_int_eq(seteuid(NOBODY), 0);
	ck_assert_int_eq(sg_file_check_private(path), SG_ERR_STORE_UNSAFE);
	assert_log_has("owned by root and user 65534 can't read it");
}
END_TEST

START_TEST(a_folder_that_may_not_be_searched_is_a_system_error)
{
	if (geteuid() != 0)
		return;
	write_file("f", "x", 0600);
	ck_assert_int_eq(seteuid(NOBODY), 0);
	ck_assert_int_eq(sg_file_check_private(path), SG_ERR_SYSTEM);
	assert_log_has("Permission denied");
}
END_TEST

START_TEST(a_private_folder_is_made_with_its_parents)
{
	char *parent = scratch_path(folder, "a");
	char *middle = scratch_path(folder, "a/b");

	name_file("a/b/c");
	ck_assert_int_eq(sg_dir_make_private(path), SG_OK);
	assert_mode(parent, 0755);
	assert_mode(middle, 0755);
	assert_mode(path, 0700);
	ck_assert_int_eq(sg_dir_make_private(path), SG_OK);
	free(parent);
	free(middle);
}
END_TEST

START_TEST(a_folder_can_be_used_whatever_the_umask)
{
	char *outer = scratch_path(folder, "outer");
	char *inner = scratch_path(folder, "outer/inner");

	umask(0777);
	ck_assert_int_eq(sg_dir_make_private(inner), SG_OK);
	assert_mode(outer, 0700);
	assert_mode(inner, 0700);
	free(outer);
	free(inner);
}
END_TEST

START_TEST(slashes_and_dots_in_a_path_are_fine)
{
	name_file("a//./b/../c/");
	ck_assert_int_eq(sg_dir_make_private(path), SG_OK);
	name_file("a/c");
	assert_mode(path, 0700);
}
END_TEST

START_TEST(a_relative_folder_is_made_here)
{
	ck_assert_int_eq(chdir(folder), 0);
	ck_assert_int_eq(sg_dir_make_private("x/y"), SG_OK);
	name_file("x/y");
	assert_mode(path, 0700);
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(a_folder_that_exists_is_checked_and_not_changed)
{
	name_file("d");
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(sg_dir_make_private(path), SG_ERR_STORE_UNSAFE);
	assert_mode(path, 0755);
}
END_TEST

START_TEST(the_own_link_of_a_user_is_followed_above_the_folder)
{
	char *link = scratch_path(folder, "link");

	name_file("d");
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(symlink(path, link), 0);
	name_file("link/x");
	ck_assert_int_eq(sg_dir_make_private(path), SG_OK);
	name_file("d/x");
	assert_mode(path, 0700);
	free(link);
}
END_TEST

START_TEST(a_link_that_a_stranger_made_is_not_followed)
{
	char *link = scratch_path(folder, "link");

	if (geteuid() == 0) {
		name_file("d");
		ck_assert_int_eq(mkdir(path, 0755), 0);
		ck_assert_int_eq(symlink(path, link), 0);
		ck_assert_int_eq(lchown(link, NOBODY, (gid_t)-1), 0);
		name_file("link/x");
		ck_assert_int_eq(sg_dir_make_private(path), SG_ERR_STORE_UNSAFE);
		assert_log_has("symbolic link is owned by user 65534");
		name_file("d/x");
		ck_assert_int_ne(access(path, F_OK), 0);
	}
	free(link);
}
END_TEST

START_TEST(a_file_in_the_way_of_a_folder_is_an_error)
{
	write_file("f", "x", 0600);
	ck_assert_int_eq(sg_dir_make_private(path), SG_ERR_STORE_UNSAFE);
	name_file("f/d");
	ck_assert_int_eq(sg_dir_make_private(path), SG_ERR_SYSTEM);
}
END_TEST

START_TEST(a_file_is_appended_to_the_buffer)
{
	struct sg_buf buf = { NULL, 0, 0 };

	write_file("f", "world", 0644);
	ck_assert_int_eq(sg_buf_append(&buf, sg_bytes_str("hello ")), SG_OK);
	ck_assert_int_eq(sg_file_read_trusted(path, 5, &buf), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&buf), sg_bytes_str("hello world")));
	sg_buf_free(&buf);
}
END_TEST

START_TEST(a_file_that_others_can_change_is_not_trusted)
{
	static const mode_t modes[] = { 0620, 0602, 0666 };
	struct sg_buf buf = { NULL, 0, 0 };

	write_file("f", "x", 0600);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		ck_assert_int_eq(chmod(path, modes[i]), 0);
		ck_assert_int_eq(sg_file_read_trusted(path, 10, &buf), SG_ERR_STORE_UNSAFE);
	}
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_eq(chmod(folder, 0777), 0);
	ck_assert_int_eq(sg_file_read_trusted(path, 10, &buf), SG_ERR_STORE_UNSAFE);
	assert_log_has("chmod go-w '");
	ck_assert_int_eq(chmod(folder, 01777), 0);
	ck_assert_int_eq(sg_file_read_trusted(path, 10, &buf), SG_OK);
	sg_buf_free(&buf);
}
END_TEST

START_TEST(a_folder_is_resolved_to_a_path_without_links)
{
	char *link = scratch_path(folder, "link"), *real = NULL, *expected = NULL;

	name_file("d");
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(symlink("./d//", link), 0);
	name_file("d/x");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	expected = realpath(path, NULL);
	name_file("link/../link/x/.");
	ck_assert_int_eq(sg_dir_resolve_private(path, &real), SG_OK);
	ck_assert_str_eq(real, expected);
	free(link);
	free(real);
	free(expected);
}
END_TEST

START_TEST(a_file_of_many_blocks_is_read_whole)
{
	struct sg_buf buf = { NULL, 0, 0 };
	size_t len = 50000;
	uint8_t *data = malloc(len);

	ck_assert_ptr_nonnull(data);
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 7);
	path = scratch_write(folder, "f", data, len, 0644);
	ck_assert_int_eq(sg_file_read_trusted(path, len, &buf), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&buf), sg_bytes(data, len)));
	sg_buf_free(&buf);
	free(data);
}
END_TEST

START_TEST(a_file_that_is_too_long_leaves_the_buffer_as_it_was)
{
	struct sg_buf buf = { NULL, 0, 0 };

	write_file("f", "world", 0644);
	ck_assert_int_eq(sg_buf_append(&buf, sg_bytes_str("hello")), SG_OK);
	ck_assert_int_eq(sg_file_read_trusted(path, 4, &buf), SG_ERR_RANGE);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&buf), sg_bytes_str("hello")));
	sg_buf_free(&buf);
}
END_TEST

START_TEST(only_regular_files_are_read)
{
	struct sg_buf buf = { NULL, 0, 0 };
	char *link = scratch_path(folder, "link");

	name_file("none");
	ck_assert_int_eq(sg_file_read_trusted(path, 10, &buf), SG_ERR_NOT_FOUND);
	ck_assert_int_eq(sg_file_read_trusted(folder, 10, &buf), SG_ERR_STORE_UNSAFE);
	name_file("pipe");
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(sg_file_read_trusted(path, 10, &buf), SG_ERR_STORE_UNSAFE);
	write_file("f", "x", 0600);
	ck_assert_int_eq(symlink(path, link), 0);
	ck_assert_int_eq(sg_file_read_trusted(link, 10, &buf), SG_ERR_STORE_UNSAFE);
	sg_buf_free(&buf);
	free(link);
}
END_TEST

static void assert_secret(const char *text, const char *wanted)
{
	write_file("pin", text, 0600);
	ck_assert_int_eq(sg_file_read_secret(path, 100, &secret), SG_OK);
	ck_assert(sg_bytes_equal(sg_secret_bytes(secret), sg_bytes_str(wanted)));
	for (size_t i = secret->len; i < secret->cap; i++)
		ck_assert_uint_eq(secret->data[i], 0);
	sg_secret_free(&secret);
}

START_TEST(one_final_newline_is_taken_off_a_secret)
{
	assert_secret("pin", "pin");
	assert_secret("pin\n", "pin");
	assert_secret("pin\r\n", "pin");
	assert_secret("pin\n\n", "pin\n");
	assert_secret("pin\r", "pin\r");
	assert_secret(" p\nn ", " p\nn ");
	assert_secret("\n", "");
	assert_secret("", "");
}
END_TEST

START_TEST(a_secret_file_must_be_private_and_short)
{
	write_file("pin", "1234", 0640);
	ck_assert_int_eq(sg_file_read_secret(path, 100, &secret), SG_ERR_STORE_UNSAFE);
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_eq(sg_file_read_secret(path, 3, &secret), SG_ERR_RANGE);
	name_file("none");
	ck_assert_int_eq(sg_file_read_secret(path, 100, &secret), SG_ERR_NOT_FOUND);
	assert_log_has("there is no such file");
	ck_assert_int_eq(sg_file_read_secret("", 100, &secret), SG_ERR_NOT_FOUND);
	ck_assert_ptr_null(secret);
}
END_TEST

START_TEST(a_secret_comes_from_a_descriptor_which_stays_open)
{
	char name[32];
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(write(ends[1], "1234\n", 5), 5);
	close(ends[1]);
	snprintf(name, sizeof(name), "fd:%d", ends[0]);
	ck_assert_int_eq(sg_file_read_secret(name, 100, &secret), SG_OK);
	ck_assert(sg_bytes_equal(sg_secret_bytes(secret), sg_bytes_str("1234")));
	ck_assert_int_ge(fcntl(ends[0], F_GETFD), 0);
	close(ends[0]);
}
END_TEST

START_TEST(a_secret_comes_from_standard_input)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(write(ends[1], "1234\n", 5), 5);
	close(ends[1]);
	ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	close(ends[0]);
	ck_assert_int_eq(sg_file_read_secret("-", 100, &secret), SG_OK);
	ck_assert(sg_bytes_equal(sg_secret_bytes(secret), sg_bytes_str("1234")));
}
END_TEST

START_TEST(the_number_of_a_descriptor_is_read_strictly)
{
	static const char *const names[] = {
		"fd:", "fd:x", "fd:-1", "fd:+1", "fd: 1", "fd:1 ", "fd:01", "fd:0x1",
		"fd:2147483648", "fd:99999999999999999999999999",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_int_eq(sg_file_read_secret(names[i], 100, &secret), SG_ERR_NOT_FOUND);
	ck_assert_int_eq(sg_file_read_secret("fd:2147483647", 100, &secret), SG_ERR_SYSTEM);
	ck_assert_ptr_null(secret);
}
END_TEST

START_TEST(a_credential_may_look_readable_by_its_group)
{
	write_file("pin", "1234\n", 0440);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	ck_assert_int_eq(sg_file_read_secret(path, 100, &secret), SG_OK);
	ck_assert(sg_bytes_equal(sg_secret_bytes(secret), sg_bytes_str("1234")));
}
END_TEST

START_TEST(what_is_not_below_the_credentials_folder_is_no_credential)
{
	char *credentials = scratch_path(folder, "c");
	char *beside = scratch_path(folder, "c/../pin");

	ck_assert_int_eq(mkdir(credentials, 0700), 0);
	write_file("pin", "1234\n", 0440);
	setenv("CREDENTIALS_DIRECTORY", credentials, 1);
	ck_assert_int_eq(sg_file_read_secret(path, 100, &secret), SG_ERR_STORE_UNSAFE);
	ck_assert_int_eq(sg_file_read_secret(beside, 100, &secret), SG_ERR_STORE_UNSAFE);
	write_file("cc", "1234\n", 0440);
	ck_assert_int_eq(sg_file_read_secret(path, 100, &secret), SG_ERR_STORE_UNSAFE);
	free(credentials);
	free(beside);
}
END_TEST

START_TEST(paths_are_joined_with_one_slash)
{
	char *joined = NULL;

	ck_assert_int_eq(sg_path_join("a", "b", &joined), SG_OK);
	ck_assert_str_eq(joined, "a/b");
	free(joined);
	ck_assert_int_eq(sg_path_join("/", "b", &joined), SG_OK);
	ck_assert_str_eq(joined, "/b");
	free(joined);
}
END_TEST

static void add_checks(Suite *s)
{
	TCase *t = tcase_create("checks");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_private_file_and_folder_are_accepted);
	tcase_add_test(t, what_is_not_there_is_missing);
	tcase_add_test(t, a_file_that_others_may_touch_is_refused_with_the_command_that_mends_it);
	tcase_add_test(t, a_folder_that_others_may_enter_is_refused);
	tcase_add_loop_test(t, nobody_is_told_to_take_a_folder_from_the_system, 0,
	                    sizeof places / sizeof places[0]);
	tcase_add_test(t, nor_to_take_from_root_what_root_has);
	tcase_add_test(t, a_link_is_not_followed);
	tcase_add_test(t, a_link_to_a_folder_is_not_followed_even_with_a_slash);
	tcase_add_test(t, a_file_with_two_names_is_refused);
	tcase_add_test(t, a_folder_is_no_file_and_a_file_no_folder);
	tcase_add_test(t, a_file_of_another_user_is_refused_for_root_too);
	tcase_add_test(t, a_user_is_told_that_he_can_not_read_a_file_of_root);
	tcase_add_test(t, a_folder_that_may_not_be_searched_is_a_system_error);
	suite_add_tcase(s, t);
}

static void add_making(Suite *s)
{
	TCase *t = tcase_create("making");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_private_folder_is_made_with_its_parents);
	tcase_add_test(t, a_folder_can_be_used_whatever_the_umask);
	tcase_add_test(t, slashes_and_dots_in_a_path_are_fine);
	tcase_add_test(t, a_relative_folder_is_made_here);
	tcase_add_test(t, a_folder_that_exists_is_checked_and_not_changed);
	tcase_add_test(t, the_own_link_of_a_user_is_followed_above_the_folder);
	tcase_add_test(t, a_link_that_a_stranger_made_is_not_followed);
	tcase_add_test(t, a_file_in_the_way_of_a_folder_is_an_error);
	tcase_add_test(t, a_folder_is_resolved_to_a_path_without_links);
	tcase_add_test(t, paths_are_joined_with_one_slash);
	suite_add_tcase(s, t);
}

static void add_reading(Suite *s)
{
	TCase *t = tcase_create("reading");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_file_is_appended_to_the_buffer);
	tcase_add_test(t, a_file_that_others_can_change_is_not_trusted);
	tcase_add_test(t, a_file_of_many_blocks_is_read_whole);
	tcase_add_test(t, a_file_that_is_too_long_leaves_the_buffer_as_it_was);
	tcase_add_test(t, only_regular_files_are_read);
	tcase_add_test(t, one_final_newline_is_taken_off_a_secret);
	tcase_add_test(t, a_secret_file_must_be_private_and_short);
	tcase_add_test(t, a_secret_comes_from_a_descriptor_which_stays_open);
	tcase_add_test(t, a_secret_comes_from_standard_input);
	tcase_add_test(t, the_number_of_a_descriptor_is_read_strictly);
	tcase_add_test(t, a_credential_may_look_readable_by_its_group);
	tcase_add_test(t, what_is_not_below_the_credentials_folder_is_no_credential);
	suite_add_tcase(s, t);
}

static Suite *suite(void)
{
	Suite *s = suite_create("file");

	add_checks(s);
	add_making(s);
	add_reading(s);
	return s;
}

int main(void)
{
	return test_run(suite());
}
