/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/nonce_files.c, and of the two files in it: what is believed after a process was
 * killed, after a boot, and of files that were changed, cut, mixed or can't be written.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/random.h"
#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "store/nonce.h"
#include "store/nonce_files.h"

#define NOW INT64_C(1711468800)
#define WINDOW 300
#define MAX 100000
#define KILLS 30
#define PROCESSES 3
#define ROUNDS 300

static char *folder, *path, *front, *journal;
static struct sg_store_nonces *store;

/* Which boot this is; the kernel's where nothing was said. */
static uint8_t boot;
static bool no_boot;

enum sg_err __real_sg_boot_moment_read(struct sg_boot_moment *out);
enum sg_err __wrap_sg_boot_moment_read(struct sg_boot_moment *out);

enum sg_err __wrap_sg_boot_moment_read(struct sg_boot_moment *out)
{
	enum sg_err err = __real_sg_boot_moment_read(out);

	out->id[0] ^= boot;
	return no_boot ? SG_ERR_SYSTEM : err;
}

static void setup(void)
{
	folder = scratch_make();
	path = scratch_path(folder, "nonces.db");
	front = scratch_path(folder, "nonces.db-front");
	journal = scratch_path(folder, "nonces.db-journal");
	boot = 0;
	no_boot = false;
	ck_assert_int_eq(sg_store_nonces_open(path, MAX, &store), SG_OK);
}

static void teardown(void)
{
	sg_store_nonces_close(&store);
	free(path);
	free(front);
	free(journal);
	scratch_remove(&folder);
}

static enum sg_err restart(void)
{
	sg_store_nonces_close(&store);
	return sg_store_nonces_open(path, MAX, &store);
}

static enum sg_err try(const char *value, int64_t made, int64_t now, enum sg_store_nonce *answer)
{
	const struct sg_store_nonce_time time = { made, now, WINDOW };

	return sg_store_nonce_use(store, sg_bytes_str(value), time, answer);
}

static enum sg_store_nonce use_at(const char *value, int64_t made, int64_t now)
{
	enum sg_store_nonce answer;

	ck_assert_int_eq(try(value, made, now, &answer), SG_OK);
	return answer;
}

static enum sg_store_nonce use(const char *value)
{
	return use_at(value, NOW, NOW);
}

START_TEST(after_a_boot_what_may_be_lost_is_not_fresh)
{
	ck_assert_int_eq(use_at("a", NOW, NOW), SG_NONCE_FRESH);
	boot = 1;
	ck_assert_int_eq(restart(), SG_OK);
	/* The front was not believed, so "a" is not known; and nothing of its time is fresh. */
	ck_assert_int_eq(use_at("a", NOW, NOW), SG_NONCE_UNSURE);
	ck_assert_int_eq(use_at("b", NOW + 30, NOW + 10), SG_NONCE_UNSURE);
	ck_assert_int_eq(use_at("b", NOW + 61, NOW + 61), SG_NONCE_FRESH);
	ck_assert_int_eq(use_at("b", NOW + 61, NOW + 61), SG_NONCE_SEEN);
	ck_assert_int_eq(use_at("a", NOW, NOW + 61), SG_NONCE_UNSURE);
}
END_TEST

START_TEST(after_a_boot_what_was_moved_was_seen)
{
	ck_assert_int_eq(use_at("a", NOW, NOW), SG_NONCE_FRESH);
	ck_assert_int_eq(use_at("b", NOW + 100, NOW + 100), SG_NONCE_FRESH);
	boot = 1;
	ck_assert_int_eq(restart(), SG_OK);
	ck_assert_int_eq(use_at("a", NOW, NOW + 100), SG_NONCE_SEEN);
}
END_TEST

START_TEST(what_comes_from_the_future_outlives_a_boot_and_moves_no_mark)
{
	ck_assert_int_eq(use_at("a", NOW + 250, NOW), SG_NONCE_FRESH);
	ck_assert_int_eq(use_at("b", NOW, NOW), SG_NONCE_FRESH);
	boot = 1;
	ck_assert_int_eq(restart(), SG_OK);
	ck_assert_int_eq(use_at("a", NOW + 250, NOW + 10), SG_NONCE_SEEN);
	ck_assert_int_eq(use_at("c", NOW + 61, NOW + 61), SG_NONCE_FRESH);
}
END_TEST

START_TEST(a_store_that_was_not_used_refuses_nothing_after_a_boot)
{
	boot = 1;
	ck_assert_int_eq(restart(), SG_OK);
	ck_assert_int_eq(use("a"), SG_NONCE_FRESH);
}
END_TEST

START_TEST(where_nobody_tells_the_boot_nothing_that_may_be_lost_is_fresh)
{
	no_boot = true;
	ck_assert_int_eq(restart(), SG_OK);
	ck_assert_int_eq(use("a"), SG_NONCE_FRESH);
	ck_assert_int_eq(restart(), SG_OK);
	ck_assert_int_eq(use("a"), SG_NONCE_UNSURE);
	ck_assert_int_eq(use_at("b", NOW + 61, NOW + 61), SG_NONCE_FRESH);
}
END_TEST

/* The mark of that time would have everything refused until then. */
START_TEST(after_a_boot_a_clock_that_was_ahead_and_is_right_again_is_forgotten)
{
	const int64_t ahead = NOW + INT64_C(365) * 86400;

	ck_assert_int_eq(use_at("a", ahead, ahead), SG_NONCE_FRESH);
	ck_assert_int_eq(use_at("b", NOW, NOW), SG_NONCE_FRESH);
	boot = 1;
	ck_assert_int_eq(restart(), SG_OK);
	ck_assert_int_eq(use_at("b", NOW, NOW), SG_NONCE_UNSURE);
	ck_assert_int_eq(use_at("c", NOW + 90, NOW + 90), SG_NONCE_FRESH);
}
END_TEST

START_TEST(a_front_that_is_lost_is_like_a_boot)
{
	ck_assert_int_eq(use("a"), SG_NONCE_FRESH);
	sg_store_nonces_close(&store);
	ck_assert_int_eq(unlink(front), 0);
	ck_assert_int_eq(restart(), SG_OK);
	ck_assert_int_eq(use("a"), SG_NONCE_UNSURE);
	ck_assert_int_eq(use_at("b", NOW + 61, NOW + 61), SG_NONCE_FRESH);
}
END_TEST

START_TEST(a_table_that_is_lost_is_not_made_anew)
{
	ck_assert_int_eq(use("a"), SG_NONCE_FRESH);
	sg_store_nonces_close(&store);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(restart(), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(a_table_that_is_removed_in_use_keeps_nothing_more)
{
	enum sg_store_nonce answer;

	ck_assert_int_eq(use("a"), SG_NONCE_FRESH);
	ck_assert_int_eq(unlink(path), 0);
	/* At the latest where rows are moved. */
	ck_assert_int_eq(try("b", NOW + 100, NOW + 100, &answer), SG_ERR_STORE_MISSING);
	ck_assert_int_eq(answer, SG_NONCE_UNSURE);
	ck_assert_int_eq(try("b", NOW + 100, NOW + 100, &answer), SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(an_older_copy_of_the_table_is_refused)
{
	struct sg_buf old = { 0 };
	char *copy;

	ck_assert_int_eq(use("a"), SG_NONCE_FRESH);
	sg_store_nonces_close(&store);
	old = test_file_read(path);
	ck_assert_int_eq(restart(), SG_OK);
	ck_assert_int_eq(use_at("b", NOW + 100, NOW + 100), SG_NONCE_FRESH);
	sg_store_nonces_close(&store);
	copy = scratch_write(folder, "nonces.db", old.data, old.len, 0600);
	/* A machine that is made anew from a copy has booted. */
	boot = (uint8_t)_i;
	ck_assert_int_eq(restart(), SG_ERR_STORE_DAMAGED);
	no_boot = true;
	ck_assert_int_eq(restart(), SG_ERR_STORE_DAMAGED);
	sg_buf_free(&old);
	free(copy);
}
END_TEST

/* Two processes would go on with two fronts, and each take a request once. */
START_TEST(a_front_that_is_removed_in_use_takes_nothing_twice)
{
	struct sg_store_nonces *first = store, *second = NULL;
	const int64_t later = NOW + 100;
	enum sg_store_nonce answer;

	ck_assert_int_eq(use("a"), SG_NONCE_FRESH);
	ck_assert_int_eq(unlink(front), 0);
	ck_assert_int_eq(sg_store_nonces_open(path, MAX, &second), SG_OK);
	store = second;
	ck_assert_int_ne(use("a"), SG_NONCE_FRESH);
	ck_assert_int_eq(use_at("b", later, later), SG_NONCE_FRESH);
	store = first;
	ck_assert_int_eq(try("b", later, later, &answer), SG_ERR_STORE_MISSING);
	ck_assert_int_eq(answer, SG_NONCE_UNSURE);
	/* From then on he goes on with what the other has. */
	ck_assert_int_eq(use_at("b", later, later), SG_NONCE_SEEN);
	ck_assert_int_eq(use_at("c", later, later), SG_NONCE_FRESH);
	store = second;
	ck_assert_int_eq(use_at("c", later, later), SG_NONCE_SEEN);
	sg_store_nonces_close(&first);
}
END_TEST

START_TEST(a_table_that_is_replaced_in_use_keeps_nothing_more)
{
	struct sg_buf table = test_file_read(path);
	enum sg_store_nonce answer;
	char *copy;

	ck_assert_int_eq(use("a"), SG_NONCE_FRESH);
	copy = scratch_write(folder, "copy", table.data, table.len, 0600);
	ck_assert_int_eq(rename(copy, path), 0);
	ck_assert_int_eq(try("b", NOW + 100, NOW + 100, &answer), SG_ERR_STORE_MISSING);
	ck_assert_int_eq(answer, SG_NONCE_UNSURE);
	sg_buf_free(&table);
	free(copy);
}
END_TEST

START_TEST(where_something_else_is_no_file_is_left_beside_it)
{
	static const struct {
		const char *text;
		mode_t mode;
	} others[] = {
		{ "This is a text of somebody.", 0600 }, { "This is a text of somebody.", 0644 },
	};
	struct stat st;

	sg_store_nonces_close(&store);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(unlink(path), 0);
		(void)unlink(front);
		free(scratch_write(folder, strrchr(path, '/') + 1, others[i].text,
		                   strlen(others[i].text), others[i].mode));
		ck_assert_int_ne(restart(), SG_OK);
		ck_assert_int_ne(stat(front, &st), 0);
	}
}
END_TEST

START_TEST(files_that_are_something_else_are_refused_and_left_alone)
{
	static const char text[] = "This is a text of somebody, which is long enough to be a header "
	                           "of a hundred bytes and of a front as well.";
	struct sg_buf after = { 0 };
	char *const names[] = { path, front };

	sg_store_nonces_close(&store);
	for (size_t i = 0; i < 2; i++) {
		char *moved = scratch_path(folder, "moved");

		ck_assert_int_eq(rename(names[i], moved), 0);
		free(scratch_write(folder, strrchr(names[i], '/') + 1, text, sizeof text, 0600));
		ck_assert_int_eq(restart(), SG_ERR_STORE_DAMAGED);
		after = test_file_read(names[i]);
		ck_assert_mem_eq(after.data, text, sizeof text);
		sg_buf_free(&after);
		ck_assert_int_eq(rename(moved, names[i]), 0);
		free(moved);
	}
	ck_assert_int_eq(restart(), SG_OK);
}
END_TEST

/* Run a statement in the table, which nobody has open. */
static void change(const char *sql)
{
	sqlite3 *db = NULL;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

START_TEST(a_table_with_something_planted_in_it_is_refused)
{
	sg_store_nonces_close(&store);
	change("CREATE TRIGGER t AFTER INSERT ON seen BEGIN DELETE FROM seen; END");
	ck_assert_int_eq(restart(), SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(numbers_that_nobody_counts_to_are_refused)
{
	static const char *const changes[] = {
		"UPDATE state SET epoch = 9223372036854775807", "UPDATE state SET epoch = 1, mark = "
		"9223372036854775807", "UPDATE state SET mark = 0, count = 9223372036854775807",
		"UPDATE state SET count = 0, floor = 9223372036854775807",
	};
	const uint8_t epoch[8] = { 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	int fd;

	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		sg_store_nonces_close(&store);
		change(changes[i]);
		ck_assert_int_eq(restart(), SG_ERR_STORE_DAMAGED);
	}
	change("UPDATE state SET floor = 0");
	fd = open(front, O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(pwrite(fd, epoch, sizeof epoch, 8), sizeof epoch);
	close(fd);
	ck_assert_int_eq(restart(), SG_ERR_STORE_DAMAGED);
}
END_TEST

START_TEST(a_front_that_is_cut_keeps_nothing)
{
	enum sg_store_nonce answer;

	ck_assert_int_eq(use("a"), SG_NONCE_FRESH);
	sg_store_nonces_close(&store);
	ck_assert_int_eq(truncate(front, 20), 0);
	ck_assert_int_eq(restart(), SG_OK);
	ck_assert_int_eq(try("a", NOW, NOW, &answer), SG_ERR_STORE_DAMAGED);
	ck_assert_int_eq(answer, SG_NONCE_UNSURE);
}
END_TEST

/* Whoever has no space gets no answer but a refusal, and goes on when there is some. */
START_TEST(where_the_disk_is_full_nothing_is_fresh)
{
	struct rlimit limit, small;
	enum sg_store_nonce answer;
	unsigned fresh = 0;
	enum sg_err err;
	int64_t at = NOW;
	char value[32];
	int limited;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = (struct rlimit){ 16384, limit.rlim_max };
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(value, sizeof value, "before %u", i);
		ck_assert_int_eq(use_at(value, at, at), SG_NONCE_FRESH);
	}
	/* Rows of the front have their place; it is the moving that needs more. */
	at += 100;
	/* Check writes to a file too. */
	limited = setrlimit(RLIMIT_FSIZE, &small);
	err = try("x", at, at, &answer);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(limited, 0);
	ck_assert_int_eq(err, SG_ERR_STORE_FULL);
	ck_assert_int_eq(answer, SG_NONCE_UNSURE);
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(value, sizeof value, "before %u", i);
		fresh += use_at(value, NOW, at) == SG_NONCE_FRESH;
	}
	ck_assert_uint_eq(fresh, 0);
	ck_assert_int_eq(use_at("x", at, at), SG_NONCE_FRESH);
}
END_TEST

START_TEST(where_nothing_can_be_written_nothing_is_fresh)
{
	struct sg_store_nonces *other = NULL;
	int status = 0;
	pid_t pid;

	if (geteuid() != 0)
		return;
	/* Root writes to anything but a file that is immutable or on another file system: be
	 * somebody else, whose the files are, and whose folder can't be written. */
	sg_store_nonces_close(&store);
	ck_assert_int_eq(chown(folder, 65534, 65534), 0);
	ck_assert_int_eq(chown(path, 65534, 65534), 0);
	ck_assert_int_eq(chown(front, 65534, 65534), 0);
	if (access(journal, F_OK) == 0)
		ck_assert_int_eq(unlink(journal), 0);
	ck_assert_int_eq(chmod(path, 0400), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (setgid(65534) != 0 || setuid(65534) != 0)
			_exit(3);
		_exit(sg_store_nonces_open(path, MAX, &other) == SG_OK ? 1 : 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* Use values without end, and report each that was fresh, behind the answer. */
static void use_until_killed(int report, uint32_t from)
{
	for (uint32_t i = from;; i++) {
		enum sg_store_nonce answer;
		char value[16];
		/* So that rows are moved in many of the rounds. */
		int64_t at = NOW + i / 8;

		snprintf(value, sizeof value, "%" PRIu32, i);
		if (try(value, at, at, &answer) != SG_OK || answer != SG_NONCE_FRESH ||
		    write(report, &i, sizeof i) != sizeof i)
			_exit(EXIT_FAILURE);
	}
}

START_TEST(what_was_accepted_by_a_process_that_was_killed_was_seen)
{
	uint32_t from = 0, number = 0;

	for (int round = 0; round < KILLS; round++) {
		uint8_t some;
		int ends[2], status;
		pid_t pid;

		sg_random(&some, 1);
		ck_assert_int_eq(pipe(ends), 0);
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			use_until_killed(ends[1], from);
		close(ends[1]);
		for (unsigned i = 0; i <= some; i++)
			ck_assert_int_eq(read(ends[0], &number, sizeof number), sizeof number);
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		while (read(ends[0], &number, sizeof number) == sizeof number)
			;
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFSIGNALED(status));
		close(ends[0]);
		ck_assert_int_eq(restart(), SG_OK);
		for (uint32_t i = from; i <= number; i++) {
			char value[16];

			snprintf(value, sizeof value, "%" PRIu32, i);
			ck_assert_int_eq(use_at(value, NOW + i / 8, NOW + number / 8),
			                 SG_NONCE_SEEN);
		}
		/* One may have been kept and not been reported. */
		from = number + 2;
	}
}
END_TEST

/* Where a child dies that moves rows. */
enum stop { NOWHERE, BEFORE_TABLE, AFTER_TABLE };

static enum stop stop;

enum sg_err __real_sg_nonce_db_write(struct sg_nonce_db *db, struct sg_nonce_state state,
                                     const struct sg_nonce_row *rows, size_t n, int64_t too_old,
                                     bool everywhere);
enum sg_err __wrap_sg_nonce_db_write(struct sg_nonce_db *db, struct sg_nonce_state state,
                                     const struct sg_nonce_row *rows, size_t n, int64_t too_old,
                                     bool everywhere);

enum sg_err __wrap_sg_nonce_db_write(struct sg_nonce_db *db, struct sg_nonce_state state,
                                     const struct sg_nonce_row *rows, size_t n, int64_t too_old,
                                     bool everywhere)
{
	enum sg_err err;

	if (stop == BEFORE_TABLE)
		_exit(0);
	err = __real_sg_nonce_db_write(db, state, rows, n, too_old, everywhere);
	if (stop == AFTER_TABLE)
		_exit(0);
	return err;
}

/* Move the rows in another process, which dies on the way. */
static void move_and_die(enum stop where, int64_t at)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		enum sg_store_nonce answer;
		char value[32];

		stop = where;
		snprintf(value, sizeof value, "mover %" PRId64, at);
		(void)try(value, at, at, &answer);
		_exit(stop == NOWHERE ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static const struct {
	enum stop one, other;
} deaths[] = {
	{ BEFORE_TABLE, NOWHERE }, { AFTER_TABLE, NOWHERE }, { NOWHERE, BEFORE_TABLE },
	{ BEFORE_TABLE, BEFORE_TABLE }, { BEFORE_TABLE, AFTER_TABLE },
	{ AFTER_TABLE, BEFORE_TABLE }, { AFTER_TABLE, AFTER_TABLE }, { NOWHERE, AFTER_TABLE },
};

/* Whoever has the files open meanwhile knows nothing of it but what they say. */
START_TEST(who_dies_while_he_moves_rows_makes_nothing_fresh)
{
	static const char *const before[] = { "a", "b", "c" };
	const int64_t later = NOW + 100, latest = NOW + 200;

	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(use(before[i]), SG_NONCE_FRESH);
	move_and_die(deaths[_i].one, later);
	move_and_die(deaths[_i].other, latest);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(use_at(before[i], NOW, latest), SG_NONCE_SEEN);
	/* One that the old front would have taken, and two that move it. */
	ck_assert_int_eq(use_at("f", NOW + 5, latest), SG_NONCE_FRESH);
	ck_assert_int_eq(use_at("d", later, latest), SG_NONCE_FRESH);
	ck_assert_int_eq(use_at("e", latest, latest), SG_NONCE_FRESH);
	ck_assert_int_eq(restart(), SG_OK);
	ck_assert_int_eq(use_at("f", NOW + 5, latest), SG_NONCE_SEEN);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(use_at(before[i], NOW, latest), SG_NONCE_SEEN);
	ck_assert_int_eq(use_at("d", later, latest), SG_NONCE_SEEN);
	ck_assert_int_eq(use_at("e", latest, latest), SG_NONCE_SEEN);
}
END_TEST

/* One who is behind by two epochs, the second of which was begun and broken off where his own rows
 * end. */
START_TEST(who_was_idle_for_long_notices_that_rows_were_moved)
{
	struct sg_store_nonces *idle = store;

	ck_assert_int_eq(use("a"), SG_NONCE_FRESH);
	store = NULL;
	ck_assert_int_eq(restart(), SG_OK);
	ck_assert_int_eq(use_at("b", NOW + 100, NOW + 100), SG_NONCE_FRESH);
	move_and_die(BEFORE_TABLE, NOW + 200);
	/* Takes the mark away. */
	ck_assert_int_eq(use_at("b", NOW + 100, NOW + 200), SG_NONCE_SEEN);
	sg_store_nonces_close(&store);
	store = idle;
	ck_assert_int_eq(use_at("b", NOW + 100, NOW + 200), SG_NONCE_SEEN);
	ck_assert_int_eq(use_at("a", NOW, NOW + 200), SG_NONCE_SEEN);
	ck_assert_int_eq(use_at("c", NOW + 100, NOW + 200), SG_NONCE_FRESH);
	ck_assert_int_eq(restart(), SG_OK);
	ck_assert_int_eq(use_at("c", NOW + 100, NOW + 200), SG_NONCE_SEEN);
}
END_TEST

START_TEST(where_nobody_tells_the_boot_who_has_it_open_goes_on_with_the_others)
{
	struct sg_store_nonces *first;

	no_boot = true;
	ck_assert_int_eq(restart(), SG_OK);
	first = store;
	ck_assert_int_eq(use("a"), SG_NONCE_FRESH);
	store = NULL;
	ck_assert_int_eq(restart(), SG_OK);
	ck_assert_int_eq(use_at("b", NOW + 61, NOW + 61), SG_NONCE_FRESH);
	sg_store_nonces_close(&store);
	store = first;
	ck_assert_int_eq(use_at("b", NOW + 61, NOW + 61), SG_NONCE_SEEN);
	ck_assert_int_eq(use_at("a", NOW, NOW + 61), SG_NONCE_UNSURE);
}
END_TEST

/* Go through the same values as others, and report those that were fresh. */
static void race(int report)
{
	for (uint32_t i = 0; i < ROUNDS; i++) {
		enum sg_store_nonce answer;
		char value[16];
		int64_t at = NOW + i / 2;

		snprintf(value, sizeof value, "%" PRIu32, i);
		if (try(value, at, at, &answer) != SG_OK ||
		    (answer == SG_NONCE_FRESH && write(report, &i, sizeof i) != sizeof i))
			_exit(EXIT_FAILURE);
	}
	_exit(EXIT_SUCCESS);
}

START_TEST(of_processes_that_race_for_a_value_one_wins)
{
	unsigned wins[ROUNDS] = { 0 };
	pid_t pids[PROCESSES];
	int ends[2], status;
	uint32_t number;

	ck_assert_int_eq(pipe(ends), 0);
	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (pids[i] == 0)
			race(ends[1]);
	}
	close(ends[1]);
	while (read(ends[0], &number, sizeof number) == sizeof number)
		wins[number]++;
	close(ends[0]);
	for (int i = 0; i < PROCESSES; i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_int_eq(status, 0);
	}
	for (unsigned i = 0; i < ROUNDS; i++)
		ck_assert_uint_eq(wins[i], 1);
}
END_TEST

/* A child that uses nothing must not keep the lock of a parent that was killed in it: it has a
 * copy of the open file. */
START_TEST(a_child_that_lives_on_holds_no_lock_of_its_parent)
{
	char byte = 0;
	int ends[2], alive[2], status;
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(pipe(alive), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		enum sg_store_nonce answer;
		struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
		char name[512];

		/* The lock of the store's own open file, as if it were in the middle of a use. */
		if (try("a", NOW, NOW, &answer) != SG_OK)
			_exit(1);
		if (fork() == 0) {
			(void)!write(ends[1], "c", 1);
			(void)!read(alive[0], &byte, 1);
			_exit(0);
		}
		for (int fd = 3; fd < 64; fd++) {
			char link[64];
			ssize_t n;

			snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
			n = readlink(link, name, sizeof name - 1);
			if (n > 6 && strncmp(name + n - 6, "-front", 6) == 0)
				(void)fcntl(fd, F_OFD_SETLK, &whole);
		}
		(void)!write(ends[1], "l", 1);
		(void)!read(alive[0], &byte, 1);
		_exit(0);
	}
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(use("b"), SG_NONCE_FRESH);
	close(alive[1]);
	close(alive[0]);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("store_nonce_files");
	TCase *tcase = tcase_create("store_nonce_files");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, after_a_boot_what_may_be_lost_is_not_fresh);
	tcase_add_test(tcase, after_a_boot_what_was_moved_was_seen);
	tcase_add_test(tcase, what_comes_from_the_future_outlives_a_boot_and_moves_no_mark);
	tcase_add_test(tcase, a_store_that_was_not_used_refuses_nothing_after_a_boot);
	tcase_add_test(tcase, where_nobody_tells_the_boot_nothing_that_may_be_lost_is_fresh);
	tcase_add_test(tcase, after_a_boot_a_clock_that_was_ahead_and_is_right_again_is_forgotten);
	tcase_add_test(tcase, a_front_that_is_lost_is_like_a_boot);
	tcase_add_test(tcase, a_table_that_is_lost_is_not_made_anew);
	tcase_add_test(tcase, a_table_that_is_removed_in_use_keeps_nothing_more);
	tcase_add_loop_test(tcase, an_older_copy_of_the_table_is_refused, 0, 2);
	tcase_add_test(tcase, a_front_that_is_removed_in_use_takes_nothing_twice);
	tcase_add_test(tcase, a_table_that_is_replaced_in_use_keeps_nothing_more);
	tcase_add_test(tcase, where_something_else_is_no_file_is_left_beside_it);
	tcase_add_test(tcase, files_that_are_something_else_are_refused_and_left_alone);
	tcase_add_test(tcase, a_table_with_something_planted_in_it_is_refused);
	tcase_add_test(tcase, numbers_that_nobody_counts_to_are_refused);
	tcase_add_test(tcase, a_front_that_is_cut_keeps_nothing);
	tcase_add_test(tcase, where_the_disk_is_full_nothing_is_fresh);
	tcase_add_test(tcase, where_nothing_can_be_written_nothing_is_fresh);
	tcase_add_test(tcase, what_was_accepted_by_a_process_that_was_killed_was_seen);
	tcase_add_loop_test(tcase, who_dies_while_he_moves_rows_makes_nothing_fresh, 0,
	                    sizeof deaths / sizeof deaths[0]);
	tcase_add_test(tcase, who_was_idle_for_long_notices_that_rows_were_moved);
	tcase_add_test(tcase, where_nobody_tells_the_boot_who_has_it_open_goes_on_with_the_others);
	tcase_add_test(tcase, of_processes_that_race_for_a_value_one_wins);
	tcase_add_test(tcase, a_child_that_lives_on_holds_no_lock_of_its_parent);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
