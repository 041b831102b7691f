/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/nonce_files.c with processes: that are killed, that die while they move rows, and
 * that race.
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

#include "unit/nonces.h"

#define KILLS 30
#define PROCESSES 3
#define ROUNDS 300

/* Use values without end, and report each that was fresh, behind the answer. */
static void use_until_killed(int report, uint32_t from)
{
	for (uint32_t i = from;; i++) {
		enum sg_store_nonce answer;
		char value[16];
		/* So that rows are moved in many of the rounds. */
		int64_t at = NOW + i / 8;

		snprintf(value, sizeof value, "%" PRIu32, i);
		if (nonces_try(value, at, at, &answer) != SG_OK || answer != SG_NONCE_FRESH ||
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
		ck_assert_int_eq(nonces_restart(), SG_OK);
		for (uint32_t i = from; i <= number; i++) {
			char value[16];

			snprintf(value, sizeof value, "%" PRIu32, i);
			ck_assert_int_eq(nonces_use_at(value, NOW + i / 8, NOW + number / 8),
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
		(void)nonces_try(value, at, at, &answer);
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
		ck_assert_int_eq(nonces_use(before[i]), SG_NONCE_FRESH);
	move_and_die(deaths[_i].one, later);
	move_and_die(deaths[_i].other, latest);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(nonces_use_at(before[i], NOW, latest), SG_NONCE_SEEN);
	/* One that the old front would have taken, and two that move it. */
	ck_assert_int_eq(nonces_use_at("f", NOW + 5, latest), SG_NONCE_FRESH);
	ck_assert_int_eq(nonces_use_at("d", later, latest), SG_NONCE_FRESH);
	ck_assert_int_eq(nonces_use_at("e", latest, latest), SG_NONCE_FRESH);
	ck_assert_int_eq(nonces_restart(), SG_OK);
	ck_assert_int_eq(nonces_use_at("f", NOW + 5, latest), SG_NONCE_SEEN);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(nonces_use_at(before[i], NOW, latest), SG_NONCE_SEEN);
	ck_assert_int_eq(nonces_use_at("d", later, latest), SG_NONCE_SEEN);
	ck_assert_int_eq(nonces_use_at("e", latest, latest), SG_NONCE_SEEN);
}
END_TEST

/* One who is behind by two epochs, the second of which was begun and broken off where his own rows
 * end. */
START_TEST(who_was_idle_for_long_notices_that_rows_were_moved)
{
	struct sg_store_nonces *idle = nonces_store;

	ck_assert_int_eq(nonces_use("a"), SG_NONCE_FRESH);
	nonces_store = NULL;
	ck_assert_int_eq(nonces_restart(), SG_OK);
	ck_assert_int_eq(nonces_use_at("b", NOW + 100, NOW + 100), SG_NONCE_FRESH);
	move_and_die(BEFORE_TABLE, NOW + 200);
	/* Takes the mark away. */
	ck_assert_int_eq(nonces_use_at("b", NOW + 100, NOW + 200), SG_NONCE_SEEN);
	sg_store_nonces_close(&nonces_store);
	nonces_store = idle;
	ck_assert_int_eq(nonces_use_at("b", NOW + 100, NOW + 200), SG_NONCE_SEEN);
	ck_assert_int_eq(nonces_use_at("a", NOW, NOW + 200), SG_NONCE_SEEN);
	ck_assert_int_eq(nonces_use_at("c", NOW + 100, NOW + 200), SG_NONCE_FRESH);
	ck_assert_int_eq(nonces_restart(), SG_OK);
	ck_assert_int_eq(nonces_use_at("c", NOW + 100, NOW + 200), SG_NONCE_SEEN);
}
END_TEST

START_TEST(where_nobody_tells_the_boot_who_has_it_open_goes_on_with_the_others)
{
	struct sg_store_nonces *first;

	nonces_no_boot = true;
	ck_assert_int_eq(nonces_restart(), SG_OK);
	first = nonces_store;
	ck_assert_int_eq(nonces_use("a"), SG_NONCE_FRESH);
	nonces_store = NULL;
	ck_assert_int_eq(nonces_restart(), SG_OK);
	ck_assert_int_eq(nonces_use_at("b", NOW + 61, NOW + 61), SG_NONCE_FRESH);
	sg_store_nonces_close(&nonces_store);
	nonces_store = first;
	ck_assert_int_eq(nonces_use_at("b", NOW + 61, NOW + 61), SG_NONCE_SEEN);
	ck_assert_int_eq(nonces_use_at("a", NOW, NOW + 61), SG_NONCE_UNSURE);
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
		if (nonces_try(value, at, at, &answer) != SG_OK ||
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
		if (nonces_try("a", NOW, NOW, &answer) != SG_OK)
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
	ck_assert_int_eq(nonces_use("b"), SG_NONCE_FRESH);
	close(alive[1]);
	close(alive[0]);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("store_nonce_processes");
	TCase *tcase = tcase_create("store_nonce_processes");

	tcase_add_checked_fixture(tcase, nonces_setup, nonces_teardown);
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
