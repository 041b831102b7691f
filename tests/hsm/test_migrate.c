/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/token_migrate.c between hardware of all kinds, killed at each thing that it asks
 * of an HSM or a TPM and before each change of a file: the old token works or the new one, with
 * all its keys, and who migrates again comes to the end.
 */
#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/faulty.h"
#include "lib/file.h"
#include "lib/moving.h"
#include "lib/p11.h"
#include "lib/points.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "lib/softhsm.h"
#include "lib/tpm.h"
#include "store/aside.h"

#define MANY 1000                       /* more points than there are */
#define SECOND "second hsm"

static struct test_softhsm softhsm;
static struct test_faulty hsm[2];
static struct test_tpm tpm;
static struct sg_token_migrated out;
static uint8_t before[32];
static struct sg_buf original;          /* the store as it was */

/* --- what dies, and at what --- */

/* Guarded by being set while the child waits; read in the thread of the wire. */
static atomic_uint commands_left;
static atomic_int victim;

static bool kill_at_command(void *arg, uint32_t code)
{
	(void)arg;
	(void)code;
	if (commands_left > 0 && --commands_left == 0)
		kill(victim, SIGKILL);
	return true;
}

static void die_at_command(unsigned at)
{
	commands_left = at;
}

static void die_at_change(unsigned at)
{
	test_points = (struct test_points){ .die_at = at };
}

static void die_before_call(unsigned at)
{
	for (int i = 0; i < 2; i++)
		test_faulty_at(&hsm[i], NULL, at, FAULTY_KILLED);
}

static void die_after_call(unsigned at)
{
	for (int i = 0; i < 2; i++)
		test_faulty_at(&hsm[i], NULL, at, FAULTY_KILLED_AFTER);
}

static void live_on(void)
{
	commands_left = 0;
	test_points = (struct test_points){ .die_at = 0 };
	for (int i = 0; i < 2; i++)
		test_faulty_at(&hsm[i], NULL, 1, FAULTY_NOTHING);
}

/* --- the pairs --- */

enum kind { SOFT, TPM, HSM, HSM_2, HSM_TPM };

static const char *const sealers[] = {
	[SOFT] = "soft", [TPM] = "tpm", [HSM] = "hsm", [HSM_2] = "hsm", [HSM_TPM] = "hsm+tpm",
};

/* What a migration dies of. */
enum death { COMMAND, CHANGE, BEFORE_CALL, AFTER_CALL };

#define DEATHS 4

static void (*const deaths[DEATHS])(unsigned at) = {
	[COMMAND] = die_at_command, [CHANGE] = die_at_change,
	[BEFORE_CALL] = die_before_call, [AFTER_CALL] = die_after_call,
};

/* Each row dies at every so many points of a kind; 0: at none. From one HSM to another that is
 * all of them. What is written and when does not depend on the hardware, so that the others
 * leave some out; a PIN is stretched for each use of "soft". */
static const struct row {
	enum kind from, to;
	unsigned step[DEATHS];
	unsigned least;                 /* deaths that leave the old token */
} rows[] = {
	{ SOFT, HSM, { 0, 13, 17, 0 }, 3 },
	{ TPM, HSM, { 6, 19, 9, 0 }, 5 },
	{ HSM, HSM_2, { 0, 1, 1, 7 }, 80 },
	{ HSM, TPM, { 6, 19, 0, 9 }, 5 },
	{ HSM, SOFT, { 0, 13, 7, 0 }, 3 },
	{ TPM, HSM_TPM, { 7, 19, 0, 11 }, 5 },
};

static char *configured(enum kind kind)
{
	const char *second = kind == HSM_2 ? SECOND : TEST_HSM_LABEL;
	char *uri = test_hsm_uri(hsm[kind == HSM_2].module, second, softhsm.pin_file);
	char *passphrase = scratch_path(softhsm.folder, "passphrase");
	char *lines = NULL;

	test_file_write(passphrase, sg_bytes_str("a passphrase"));
	ck_assert_int_gt(asprintf(&lines, "sealer = %s\nhsm = %s\ntcti = %s\nallow-soft = yes\n"
	                          "soft-passphrase-file = %s", sealers[kind], uri,
	                          tpm.pid != 0 ? tpm.tcti : "device:/nowhere", passphrase), 0);
	free(passphrase);
	free(uri);
	return lines;
}

static bool has_tpm(const struct row *row)
{
	return row->from == TPM || row->to == TPM || row->to == HSM_TPM;
}

/* Let go of all hardware: a child can't use what its parent opened. */
static void begin_anew(void)
{
	sg_token_free(&moving_token);
	ck_assert_int_eq(sg_token_new(moving_a, 0, &moving_token), SG_OK);
}

static void begin(const struct row *row)
{
	static const struct test_wire_hooks hooks = { .command = kill_at_command };
	char *a, *b;

	test_softhsm_start(&softhsm);
	test_softhsm_add(&softhsm, SECOND);
	for (int i = 0; i < 2; i++)
		test_faulty_start(&hsm[i], softhsm.module, softhsm.pin_file);
	if (has_tpm(row))
		test_tpm_start_wired(&tpm, &hooks);
	a = configured(row->from);
	b = configured(row->to);
	moving_setup_between(a, b);
	moving_make(true, NULL);
	moving_fill();
	begin_anew();
	ck_assert_uint_eq(moving_sum(moving_a, NULL, before), 5);
	original = test_file_read(moving_token->path);
	free(a);
	free(b);
}

static void end(void)
{
	sg_token_migrated_clear(&out);
	sg_buf_free(&original);
	moving_teardown();
	for (int i = 0; i < 2; i++)
		test_faulty_stop(&hsm[i]);
	test_softhsm_stop(&softhsm);
	if (tpm.pid != 0)
		test_tpm_stop(&tpm);
}

/* Remove all files, and put the store as it was in its place. */
static void start_over(void)
{
	DIR *dir = opendir(moving_folder);
	struct dirent *entry;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			ck_assert_int_eq(unlinkat(dirfd(dir), entry->d_name, 0), 0);
	ck_assert_int_eq(closedir(dir), 0);
	test_file_write(moving_token->path, sg_buf_bytes(&original));
	sg_token_migrated_clear(&out);
	begin_anew();
}

/* Let a child migrate and be killed; tell whether it came to its end. */
static bool move_and_die(const struct row *row, enum death death, unsigned at)
{
	int ready[2], status;
	char go = 'g';
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	deaths[death](at);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (has_tpm(row))
			test_tpm_abandon(&tpm);
		test_points.count = 0;
		_exit(read(ready[0], &go, 1) == 1
		      ? (int)moving_try((struct sg_token_migration){ 0 }, &out) : SG_ERR_SYSTEM);
	}
	victim = pid;
	ck_assert_int_eq(write(ready[1], &go, 1), 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	close(ready[0]);
	close(ready[1]);
	live_on();
	if (!WIFSIGNALED(status))
		ck_assert_msg(WEXITSTATUS(status) == SG_OK, "%u: %s", at,
		              sg_err_name((enum sg_err)WEXITSTATUS(status)));
	return !WIFSIGNALED(status);
}

/* Require that the token is whole, with the hardware that sealed what lies there. */
static bool require_either(void)
{
	struct sg_buf now = test_file_read(moving_token->path);
	struct sg_token_record record = { 0 };
	uint8_t sum[32];
	bool moved;

	ck_assert_int_eq(sg_token_read_record(moving_token, &record), SG_OK);
	moved = !sg_bytes_equal(sg_buf_bytes(&now), sg_buf_bytes(&original));
	ck_assert_uint_eq(moving_sum(moved ? moving_b : moving_a, NULL, sum), 5);
	ck_assert_mem_eq(sum, before, sizeof sum);
	sg_token_record_clear(&record);
	sg_buf_free(&now);
	return moved;
}

static void require_nothing_half_done(void)
{
	char *moving = sg_store_moving_path(moving_token->path);

	ck_assert_ptr_nonnull(moving);
	ck_assert_int_ne(access(moving, F_OK), 0);
	free(moving);
}

static void migrate_again(void)
{
	ck_assert_int_eq(moving_try((struct sg_token_migration){ 0 }, &out), SG_OK);
	ck_assert(out.done);
	ck_assert_uint_eq(out.objects, 5);
	sg_token_free(&moving_token);
	ck_assert_int_eq(sg_token_new(moving_a, 0, &moving_token), SG_OK);
	ck_assert(require_either());
}

/* Die of it again and again, until the migration comes to its end; return how often the old token
 * was left. */
static unsigned die_of(const struct row *row, enum death death)
{
	const unsigned step = row->step[death];
	unsigned at = 1 + row->to % step, old = 0;

	for (; !move_and_die(row, death, at); at += step) {
		/* What the killed one had loaded stays in a bare TPM. */
		if (death == COMMAND)
			test_tpm_power_cut(&tpm);
		if (!require_either()) {
			old++;
			migrate_again();
		}
		require_nothing_half_done();
		start_over();
		ck_assert_uint_lt(at, MANY);
	}
	ck_assert(require_either());
	ck_assert_uint_gt(old, 0);
	start_over();
	return old;
}

START_TEST(killed_anywhere_it_leaves_the_old_token_or_the_new)
{
	const struct row *row = &rows[_i];
	unsigned old = 0;

	begin(row);
	for (int death = 0; death < DEATHS; death++)
		if (row->step[death] > 0)
			old += die_of(row, (enum death)death);
	ck_assert_uint_ge(old, row->least);
	end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("migrate");
	TCase *tc = tcase_create("migrate");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, killed_anywhere_it_leaves_the_old_token_or_the_new, 0,
	                    sizeof rows / sizeof rows[0]);
	return test_run(suite);
}
