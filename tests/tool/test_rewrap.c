/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of tools/rewrap.c, rewrap_file.c and rewrap_state.c, with keys that are none: "old" and a
 * number becomes "new" and that number. Killed before each change of a file, at random, with
 * disks that fail, and other input than before.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/points.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "tools/rewrap_state.h"
#include "tools/text.h"

#define MANY 1000                       /* more points than there are */
#define LINES 290                       /* more than a MiB: several states */
#define NOTE 4000

static char *folder, *path;
static struct tool_rewrap_count count;
static uint64_t keys_done;              /* by this process */
static const uint8_t id[TOOL_REWRAP_ID] = { 1 };

static enum tool_rewrapped rewrap_key(void *arg, struct sg_bytes wrapped, struct sg_buf *out,
                                      const char **why)
{
	(void)arg;
	*why = "no version opens it";
	if (wrapped.len < 4)
		return TOOL_REWRAP_UNOPENED;
	if (memcmp(wrapped.data, "stop", 4) == 0)
		return TOOL_REWRAP_STOPPED;
	if (memcmp(wrapped.data, "new", 3) == 0)
		return TOOL_REWRAP_KEPT;
	if (memcmp(wrapped.data, "old", 3) != 0)
		return TOOL_REWRAP_UNOPENED;
	keys_done++;
	ck_assert_int_eq(sg_buf_set(out, wrapped), SG_OK);
	memcpy(out->data, "new", 3);
	return TOOL_REWRAP_DONE;
}

static const struct tool_rewrapper how = { rewrap_key, NULL, "k" };

/* Append line i as it was, or as it is to become. */
static void add_line(struct tool_text *text, unsigned i, const char *state)
{
	char key[64];

	snprintf(key, sizeof key, "%s-%u-of-some-length-as-keys-are", state, i);
	tool_text_add(text, "{\"id\":%u,\"k\":\"", i);
	tool_text_base64(text, sg_bytes_str(key));
	tool_text_add(text, "\",\"note\":\"%*d\"}\n", NOTE, 7);
	ck_assert_int_eq(text->err, SG_OK);
}

static struct sg_buf lines(unsigned n, const char *state)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	for (unsigned i = 0; i < n; i++)
		add_line(&text, i, state);
	return text.buf;
}

static void setup(void)
{
	test_points = (struct test_points){ .count = 0 };
	count = (struct tool_rewrap_count){ 0 };
	keys_done = 0;
	folder = scratch_make();
	path = scratch_path(folder, "keys");
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
}

static void teardown(void)
{
	free(path);
	scratch_remove(&folder);
}

/* Rewrap the file of that name in its place, or into path. */
static enum tool_exit rewrap(const char *from, bool in_place)
{
	struct tool_lines in = { .fd = open(from, O_RDONLY | O_CLOEXEC) };
	struct tool_rewrap_file file;
	enum tool_exit code;

	ck_assert_int_ge(in.fd, 0);
	code = tool_rewrap_file_open(path, in_place, id, &in, &file);
	count = file.count;
	if (code == TOOL_OK)
		code = tool_rewrap(&in, &how, &file.sink, &count);
	if (code == TOOL_OK)
		code = tool_rewrap_file_finish(&file);
	tool_rewrap_file_close(&file);
	close(in.fd);
	tool_lines_free(&in);
	return code;
}

static void write_lines(const char *to, unsigned n, const char *state)
{
	struct sg_buf bytes = lines(n, state);

	test_file_write(to, sg_buf_bytes(&bytes));
	sg_buf_free(&bytes);
}

static bool holds(const char *of, struct sg_bytes expected)
{
	struct sg_buf bytes = test_file_read(of);
	bool same = sg_bytes_equal(sg_buf_bytes(&bytes), expected);

	sg_buf_free(&bytes);
	return same;
}

static bool holds_lines(const char *of, unsigned n, const char *state)
{
	struct sg_buf bytes = lines(n, state);
	bool same = holds(of, sg_buf_bytes(&bytes));

	sg_buf_free(&bytes);
	return same;
}

static bool is_alone(void)
{
	char *part = scratch_path(folder, "keys.rewrap");
	char *state = scratch_path(folder, "keys.rewrap-state");
	bool alone = access(part, F_OK) != 0 && access(state, F_OK) != 0;

	free(part);
	free(state);
	return alone;
}

START_TEST(a_file_is_rewritten_in_its_place)
{
	struct stat st;

	write_lines(path, 3, "old");
	ck_assert_int_eq(chmod(path, 0640), 0);
	ck_assert_int_eq(rewrap(path, true), TOOL_OK);
	ck_assert(holds_lines(path, 3, "new") && is_alone());
	ck_assert(count.lines == 3 && count.done == 3 && count.kept == 0 && count.failed == 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
}
END_TEST

START_TEST(what_is_new_stays_and_the_file_too)
{
	struct test_snapshot before;

	write_lines(path, 3, "new");
	before = test_snapshot_take(path);
	ck_assert_int_eq(rewrap(path, true), TOOL_OK);
	ck_assert(count.kept == 3 && is_alone());
	test_snapshot_check(&before, path);
}
END_TEST

START_TEST(what_can_not_be_opened_stays_and_is_counted)
{
	const char *mixed = "b2xkLTE=\nZ2FyYmFnZQ==\n\n{\"k\":1}\n{\"k\":\"bmV3LTE=\"}\nb2xkLTE=";

	test_file_write(path, sg_bytes_str(mixed));
	ck_assert_int_eq(rewrap(path, true), TOOL_OK);
	ck_assert(holds(path, sg_bytes_str("bmV3LTE=\nZ2FyYmFnZQ==\n\n{\"k\":1}\n"
	                                   "{\"k\":\"bmV3LTE=\"}\nbmV3LTE=")));
	ck_assert(count.lines == 6 && count.done == 2 && count.kept == 1 && count.failed == 2);
}
END_TEST

START_TEST(a_line_beyond_the_limit_is_passed_on)
{
	size_t len = 3 * TOOL_LINE_MAX;
	struct sg_buf bytes = { NULL, 0, 0 };

	ck_assert_int_eq(sg_buf_reserve(&bytes, len + 16), SG_OK);
	memset(bytes.data, 'x', len);
	bytes.len = len;
	ck_assert_int_eq(sg_buf_append(&bytes, sg_bytes_str("\nb2xkLTE=\n")), SG_OK);
	test_file_write(path, sg_buf_bytes(&bytes));
	ck_assert_int_eq(rewrap(path, true), TOOL_OK);
	ck_assert(count.lines == 2 && count.done == 1 && count.failed == 1);
	bytes.len = len;
	ck_assert_int_eq(sg_buf_append(&bytes, sg_bytes_str("\nbmV3LTE=\n")), SG_OK);
	ck_assert(holds(path, sg_buf_bytes(&bytes)));
	sg_buf_free(&bytes);
}
END_TEST

START_TEST(a_new_file_appears_and_an_old_one_is_not_overwritten)
{
	char *from = scratch_path(folder, "from");

	write_lines(from, 3, "old");
	ck_assert_int_eq(rewrap(from, false), TOOL_OK);
	ck_assert(holds_lines(path, 3, "new") && holds_lines(from, 3, "old") && is_alone());
	ck_assert_int_eq(rewrap(from, false), TOOL_EXISTS);
	free(from);
}
END_TEST

START_TEST(links_and_other_names_are_not_rewritten)
{
	char *other = scratch_path(folder, "other");

	write_lines(path, 3, "old");
	ck_assert_int_eq(link(path, other), 0);
	ck_assert_int_eq(rewrap(path, true), TOOL_FAILED);
	ck_assert(holds_lines(other, 3, "old"));
	ck_assert_int_eq(unlink(other), 0);
	free(other);
}
END_TEST

/* A link that leads away from where the lines are gathered would be written through. */
START_TEST(a_link_in_the_way_is_refused)
{
	char *part = scratch_path(folder, "keys.rewrap"), *victim = scratch_path(folder, "victim");

	write_lines(path, 3, "old");
	write_lines(victim, 1, "new");
	ck_assert_int_eq(symlink(victim, part), 0);
	ck_assert_int_eq(rewrap(path, true), TOOL_FAILED);
	ck_assert(holds_lines(victim, 1, "new") && holds_lines(path, 3, "old"));
	free(part);
	free(victim);
}
END_TEST

/* Whose notes have a name of ours must find them again. */
START_TEST(what_no_run_has_left_is_not_touched)
{
	static const char *const names[] = { "keys.rewrap", "keys.rewrap-state" };
	char *from = scratch_path(folder, "from");

	write_lines(from, 3, "old");
	for (size_t i = 0; i < 2; i++) {
		char *notes = scratch_path(folder, names[i]);
		char *other = scratch_path(folder, names[1 - i]);

		test_file_write(notes, sg_bytes_str("notes\n"));
		write_lines(path, 3, "old");
		ck_assert_int_eq(rewrap(path, true), TOOL_EXISTS);
		ck_assert_int_eq(unlink(path), 0);
		ck_assert_int_eq(rewrap(from, false), TOOL_EXISTS);
		ck_assert(holds(notes, sg_bytes_str("notes\n")));
		ck_assert(access(other, F_OK) != 0 && access(path, F_OK) != 0);
		ck_assert_int_eq(unlink(notes), 0);
		free(notes);
		free(other);
	}
	ck_assert_int_eq(rewrap(from, false), TOOL_OK);
	free(from);
}
END_TEST

static void append_to(const char *to, const char *text)
{
	int fd = open(to, O_WRONLY | O_APPEND | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* In a process of its own, that dies before the point of that number; true where it came through. */
static bool rewrap_and_die(const char *from, bool in_place, unsigned at)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		test_points = (struct test_points){ .die_at = at };
		_exit(rewrap(from, in_place) == TOOL_OK ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFSIGNALED(status) || WEXITSTATUS(status) == 0, "status %x", status);
	return !WIFSIGNALED(status);
}

START_TEST(killed_anywhere_it_loses_no_line_and_goes_on)
{
	struct sg_buf old = lines(LINES, "old"), new = lines(LINES, "new");
	unsigned at = 1, before = 0, after = 0, shorter = 0;

	test_file_write(path, sg_buf_bytes(&old));
	for (; !rewrap_and_die(path, true, at); at++) {
		bool is_old = holds(path, sg_buf_bytes(&old));

		ck_assert(is_old || holds(path, sg_buf_bytes(&new)));
		before += is_old;
		after += !is_old;
		keys_done = 0;
		ck_assert_int_eq(rewrap(path, true), TOOL_OK);
		shorter += is_old && keys_done < LINES;
		ck_assert(holds(path, sg_buf_bytes(&new)) && is_alone());
		ck_assert_uint_eq(count.lines, LINES);
		test_file_write(path, sg_buf_bytes(&old));
		ck_assert_uint_lt(at, MANY);
	}
	ck_assert(holds(path, sg_buf_bytes(&new)));
	ck_assert_msg(before > 10 && after >= 1 && shorter > 5, "%u %u %u", before, after, shorter);
	sg_buf_free(&old);
	sg_buf_free(&new);
}
END_TEST

START_TEST(killed_anywhere_a_new_file_is_whole_or_not_there)
{
	char *from = scratch_path(folder, "from");
	unsigned at = 1;

	write_lines(from, 10, "old");
	for (; !rewrap_and_die(from, false, at); at++) {
		if (access(path, F_OK) != 0)
			ck_assert_int_eq(rewrap(from, false), TOOL_OK);
		ck_assert(holds_lines(path, 10, "new") && holds_lines(from, 10, "old"));
		ck_assert_int_eq(unlink(path), 0);
		ck_assert_uint_lt(at, MANY);
	}
	ck_assert(holds_lines(path, 10, "new") && is_alone());
	free(from);
}
END_TEST

/* Wherever the signal meets it, in the middle of a write too. */
START_TEST(killed_at_random_moments_it_loses_no_line)
{
	struct sg_buf old = lines(LINES, "old"), new = lines(LINES, "new");

	test_file_write(path, sg_buf_bytes(&old));
	for (unsigned i = 1; i <= 8; i++) {
		struct itimerval after = { .it_value.tv_usec = 500 * i };
		pid_t pid = fork();
		int status;

		ck_assert_int_ge(pid, 0);
		if (pid == 0) {
			/* What it has computed until then depends on the machine. */
			if (setitimer(ITIMER_PROF, &after, NULL) != 0)
				_exit(1);
			_exit(rewrap(path, true) == TOOL_OK ? 0 : 1);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
		ck_assert(holds(path, sg_buf_bytes(&old)) || holds(path, sg_buf_bytes(&new)));
	}
	ck_assert_int_eq(rewrap(path, true), TOOL_OK);
	ck_assert(holds(path, sg_buf_bytes(&new)));
	sg_buf_free(&old);
	sg_buf_free(&new);
}
END_TEST

START_TEST(a_disk_that_fails_leaves_the_file_and_is_told)
{
	unsigned at = 1;

	write_lines(path, 5, "old");
	for (;; at++) {
		enum tool_exit code;

		test_points = (struct test_points){ .fail_at = at, .fail_with = ENOSPC };
		code = rewrap(path, true);
		test_points = (struct test_points){ .count = 0 };
		if (code == TOOL_OK)
			break;
		ck_assert(holds_lines(path, 5, "old") || holds_lines(path, 5, "new"));
		ck_assert_int_eq(rewrap(path, true), TOOL_OK);
		ck_assert(holds_lines(path, 5, "new"));
		write_lines(path, 5, "old");
		ck_assert_uint_lt(at, MANY);
	}
	ck_assert_uint_gt(at, 5);
}
END_TEST

START_TEST(lines_that_came_meanwhile_are_not_lost)
{
	struct tool_lines in = { .fd = -1 };
	struct tool_rewrap_file file;

	write_lines(path, 3, "old");
	in.fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(in.fd, 0);
	ck_assert_int_eq(tool_rewrap_file_open(path, true, id, &in, &file), TOOL_OK);
	ck_assert_int_eq(tool_rewrap(&in, &how, &file.sink, &count), TOOL_OK);
	append_to(path, "b2xkLTk=\n");
	ck_assert_int_eq(tool_rewrap_file_finish(&file), TOOL_FAILED);
	tool_rewrap_file_close(&file);
	close(in.fd);
	tool_lines_free(&in);
	keys_done = 0;
	ck_assert_int_eq(rewrap(path, true), TOOL_OK);
	ck_assert_uint_eq(keys_done, 1);
	ck_assert_uint_eq(count.done, 4);
}
END_TEST

/* Have it stop where a state is written and the file is not there, or not replaced, yet. */
static void stop_midway(const char *from)
{
	char *state = scratch_path(folder, "keys.rewrap-state");
	bool midway = false;

	write_lines(from, LINES, "old");
	for (unsigned at = 18; !midway; at++) {
		struct sg_buf bytes;

		ck_assert(!rewrap_and_die(from, from == path, at));
		bytes = test_file_read(state);
		midway = bytes.len == TOOL_REWRAP_STATE && sg_get_u64(bytes.data + 8) > 0;
		sg_buf_free(&bytes);
	}
	ck_assert(holds_lines(from, LINES, "old"));
	free(state);
}

START_TEST(what_was_done_is_not_done_again)
{
	stop_midway(path);
	ck_assert_int_eq(rewrap(path, true), TOOL_OK);
	ck_assert(keys_done > 0 && keys_done < LINES / 2);
	ck_assert_uint_eq(count.done, LINES);
	ck_assert(holds_lines(path, LINES, "new"));
}
END_TEST

/* A key that was made anew under the same name must not be replaced by what the old one became. */
START_TEST(what_was_changed_since_is_done_anew)
{
	stop_midway(path);
	write_lines(path, LINES, "olD");
	ck_assert_int_eq(rewrap(path, true), TOOL_OK);
	ck_assert_uint_eq(count.failed, LINES);
	ck_assert(holds_lines(path, LINES, "olD") && is_alone());
}
END_TEST

START_TEST(two_at_once_are_refused)
{
	struct tool_lines in = { .fd = -1 };
	struct tool_rewrap_file file;

	write_lines(path, 3, "old");
	in.fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(tool_rewrap_file_open(path, true, id, &in, &file), TOOL_OK);
	ck_assert_int_eq(rewrap(path, true), TOOL_FAILED);
	tool_rewrap_file_close(&file);
	close(in.fd);
	tool_lines_free(&in);
	ck_assert_int_eq(rewrap(path, true), TOOL_OK);
}
END_TEST

START_TEST(a_token_that_stops_leaves_the_file)
{
	test_file_write(path, sg_bytes_str("b2xkLTE=\nc3RvcC0x\n"));
	ck_assert_int_ne(rewrap(path, true), TOOL_OK);
	ck_assert(holds(path, sg_bytes_str("b2xkLTE=\nc3RvcC0x\n")));
	ck_assert_uint_eq(count.lines, 2);
}
END_TEST

/* A state that somebody bent counts for nothing; nor does one whose lines somebody bent. */
START_TEST(what_does_not_fit_to_its_state_is_not_believed)
{
	static const struct {
		const char *name;
		size_t at;
	} bends[] = {
		{ "keys.rewrap-state", 7 }, { "keys.rewrap-state", 15 }, { "keys.rewrap-state", 60 },
		{ "keys.rewrap-state", 119 }, { "keys.rewrap", 20 },
	};

	for (size_t i = 0; i < sizeof bends / sizeof bends[0]; i++) {
		char *bent = scratch_path(folder, bends[i].name);
		struct sg_buf bytes;

		stop_midway(path);
		bytes = test_file_read(bent);
		ck_assert_uint_gt(bytes.len, bends[i].at);
		bytes.data[bends[i].at] ^= 1;
		test_file_write(bent, sg_buf_bytes(&bytes));
		sg_buf_free(&bytes);
		keys_done = 0;
		ck_assert_int_eq(rewrap(path, true), TOOL_OK);
		ck_assert_uint_eq(keys_done, LINES);
		ck_assert(holds_lines(path, LINES, "new"));
		free(bent);
	}
}
END_TEST

/* A pipe has no beginning to go back to. */
START_TEST(other_input_that_can_not_be_read_again_is_refused)
{
	char *from = scratch_path(folder, "from"), *fifo = scratch_path(folder, "fifo");
	pid_t pid;

	stop_midway(from);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)signal(SIGPIPE, SIG_IGN);
		write_lines(fifo, LINES, "olD");
		_exit(0);
	}
	ck_assert_int_eq(rewrap(fifo, false), TOOL_FAILED);
	ck_assert_int_ne(access(path, F_OK), 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	free(from);
	free(fifo);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rewrap");
	TCase *tc = tcase_create("rewrap");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_file_is_rewritten_in_its_place);
	tcase_add_test(tc, what_is_new_stays_and_the_file_too);
	tcase_add_test(tc, what_can_not_be_opened_stays_and_is_counted);
	tcase_add_test(tc, a_line_beyond_the_limit_is_passed_on);
	tcase_add_test(tc, a_new_file_appears_and_an_old_one_is_not_overwritten);
	tcase_add_test(tc, links_and_other_names_are_not_rewritten);
	tcase_add_test(tc, a_link_in_the_way_is_refused);
	tcase_add_test(tc, what_no_run_has_left_is_not_touched);
	tcase_add_test(tc, killed_anywhere_it_loses_no_line_and_goes_on);
	tcase_add_test(tc, killed_anywhere_a_new_file_is_whole_or_not_there);
	tcase_add_test(tc, killed_at_random_moments_it_loses_no_line);
	tcase_add_test(tc, a_disk_that_fails_leaves_the_file_and_is_told);
	tcase_add_test(tc, lines_that_came_meanwhile_are_not_lost);
	tcase_add_test(tc, what_was_done_is_not_done_again);
	tcase_add_test(tc, what_was_changed_since_is_done_anew);
	tcase_add_test(tc, two_at_once_are_refused);
	tcase_add_test(tc, a_token_that_stops_leaves_the_file);
	tcase_add_test(tc, what_does_not_fit_to_its_state_is_not_believed);
	tcase_add_test(tc, other_input_that_can_not_be_read_again_is_refused);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
