/* SPDX-License-Identifier: Apache-2.0
 *
 * Attack: somebody who comes by the memory of the process, or a part of it. What is left
 * on heap and stack, what a child inherits, what reaches the swap or a log. Each with
 * memory of memfd_secret(2) and with memory that is only locked.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack/victim.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "util/log.h"

/* The two kinds of memory: _i of the tests that loop. */
static void choose_memory(int kind)
{
	if (kind != 0)
		victim_without_memfd_secret();
}

/* Require that this process holds nothing. */
static void require_nothing(void)
{
	for (size_t i = 0; i < victim_needle_count; i++)
		ck_assert_msg(test_memory_find_all(victim_needles[i].veiled, NEEDLE, NULL) == 0,
		              "%s is in memory", victim_needles[i].name);
}

static const char *looked_for;

/* A mapping that holds a secret is one that nobody else gets to see. */
static void require_guarded(const struct test_mapping *m)
{
	ck_assert_msg(m->undumped, "%s is in memory that is dumped", looked_for);
	ck_assert_msg(m->unforked, "%s is in memory that children get", looked_for);
	if (m->secret || victim_has_mlock())
		ck_assert_msg(m->locked, "%s is in memory that is not locked", looked_for);
}

/* The piece of a needle that is called so, and stands in memory. */
static size_t count(const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i < victim_needle_count; i++)
		if (strcmp(victim_needles[i].name, name) == 0)
			found += test_memory_find_all(victim_needles[i].veiled, NEEDLE, NULL);
	return found;
}

START_TEST(secrets_in_use_lie_in_guarded_memory_only)
{
	choose_memory(_i);
	victim_begin();
	for (size_t i = 0; i < victim_needle_count; i++) {
		looked_for = victim_needles[i].name;
		test_memory_find_all(victim_needles[i].veiled, NEEDLE, require_guarded);
	}
	/* The search sees guarded memory: what is in use is there. */
	ck_assert_uint_ge(count("the seed"), 2);
	ck_assert_uint_ge(count("the root"), 2);
	ck_assert(victim_sign());
}
END_TEST

START_TEST(what_a_login_took_is_gone_when_it_returns)
{
	choose_memory(_i);
	victim_begin();
	ck_assert_uint_eq(count("the PIN"), 0);
	ck_assert_uint_eq(count("what the TPM is told"), 0);
	ck_assert_uint_eq(count("the token key"), 0);
	ck_assert_uint_eq(count("the expanded seed"), 0);
	ck_assert(victim_sign());
}
END_TEST

START_TEST(nothing_is_left_after_use)
{
	choose_memory(_i);
	victim_begin();
	ck_assert(victim_sign());
	victim_end();
	require_nothing();
	ck_assert_uint_ge(test_memory_find_all(victim_canary, NEEDLE, NULL), 1);
}
END_TEST

/* Wait for a child that must find nothing. */
static void require_success(pid_t pid)
{
	int status = 0;

	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
}

/* The child has the canary, which lies on the heap, and nothing else. */
static void search_in_child(void)
{
	require_nothing();
	ck_assert_uint_ge(test_memory_find_all(victim_canary, NEEDLE, NULL), 1);
	_exit(EXIT_SUCCESS);
}

START_TEST(a_child_gets_no_secret)
{
	pid_t pid;

	choose_memory(_i);
	victim_begin();
	pid = fork();
	if (pid == 0)
		search_in_child();
	require_success(pid);
	ck_assert(victim_sign());
}
END_TEST

/* No handler of fork(2) runs here: the kernel alone keeps the memory from the child. */
START_TEST(a_child_that_no_handler_sees_gets_no_secret)
{
	pid_t pid;

	choose_memory(_i);
	victim_begin();
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0)
		search_in_child();
	require_success(pid);
	ck_assert(victim_sign());
}
END_TEST

static void write_line(enum sg_log_level level, const char *line, void *arg)
{
	(void)arg;
	fprintf(stderr, "%d %s\n", (int)level, line);
}

/* Say all that can be said, of whatever level, to a file. */
static void chat(void *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	fflush(stdout);
	ck_assert(dup2(fd, STDOUT_FILENO) >= 0 && dup2(fd, STDERR_FILENO) >= 0);
	setenv("TSS2_LOG", "all+TRACE", 1);
	sg_log_set(write_line, NULL);
	victim_chat();
	fflush(stderr);
}

/* Dumps have sixteen bytes a line, so of any sixteen at least eight stand in one line. */
static size_t count_in_hex(const char *path, const uint8_t *veiled)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t hex[NEEDLE];
	size_t found = 0;

	for (size_t at = 0; at <= NEEDLE / 2; at++) {
		for (size_t i = 0; i < NEEDLE / 2; i++) {
			const uint8_t byte = veiled[at + i] ^ TEST_VEIL;

			hex[2 * i] = (uint8_t)digits[byte >> 4] ^ TEST_VEIL;
			hex[2 * i + 1] = (uint8_t)digits[byte & 15] ^ TEST_VEIL;
		}
		found += test_memory_find_in_file(path, hex, NEEDLE);
	}
	return found;
}

START_TEST(no_log_has_a_secret_however_noisy)
{
	char *path = scratch_path(p11_folder, "log");
	const char *line = "TSS2_LOG asks for what would show keys";
	uint8_t veiled[64];

	p11_in_child(chat, path);
	for (size_t i = 0; i < victim_needle_count; i++) {
		ck_assert_uint_eq(test_memory_find_in_file(path, victim_needles[i].veiled, NEEDLE), 0);
		ck_assert_msg(count_in_hex(path, victim_needles[i].veiled) == 0,
		              "%s is in the log", victim_needles[i].name);
	}
	for (size_t i = 0; line[i] != '\0'; i++)
		veiled[i] = (uint8_t)line[i] ^ TEST_VEIL;
	ck_assert_uint_eq(test_memory_find_in_file(path, veiled, strlen(line)), 1);
	free(path);
}
END_TEST

/* Root may lock whatever the limit is; a root without that right is like everybody else. */
static void limit_locks(void)
{
	const struct rlimit none = { 0, 0 };
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct caps[2];

	ck_assert_int_eq(syscall(SYS_capget, &header, caps), 0);
	caps[0].effective &= ~(1u << CAP_IPC_LOCK);
	ck_assert_int_eq(syscall(SYS_capset, &header, caps), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
}

static char lines[4096];

static void keep_line(enum sg_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	strncat(lines, line, sizeof lines - 1 - strlen(lines));
}

/* Under no condition is there a login with secrets in memory of another kind. */
START_TEST(a_lock_that_fails_is_an_error)
{
	void (*const refuse[])(void) = { limit_locks, victim_without_locks };
	static const char *const says[][2] = {
		{ "bytes of memory for secrets can't be locked", "raise it with LimitMEMLOCK=" },
		{ "bytes of memory for secrets can't be locked", "Operation not permitted" },
	};

	if (!victim_has_mlock() && (_i != 0 || !victim_has_memfd_secret()))
		return;         /* a sanitizer's mlock(2) can't fail */
	refuse[_i]();
	sg_log_set(keep_line, NULL);
	p11_is(CKR_SIGNET_SECURE_MEMORY, victim_login());
	for (size_t i = 0; i < 2; i++)
		ck_assert_msg(strstr(lines, says[_i][i]) != NULL, "it says: %s", lines);
	require_nothing();
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("attack: memory");
	TCase *t = tcase_create("memory");

	tcase_add_checked_fixture(t, victim_setup, victim_teardown);
	tcase_add_loop_test(t, secrets_in_use_lie_in_guarded_memory_only, 0, 2);
	tcase_add_loop_test(t, what_a_login_took_is_gone_when_it_returns, 0, 2);
	tcase_add_loop_test(t, nothing_is_left_after_use, 0, 2);
	tcase_add_loop_test(t, a_child_gets_no_secret, 0, 2);
	tcase_add_loop_test(t, a_child_that_no_handler_sees_gets_no_secret, 0, 2);
	tcase_add_test(t, no_log_has_a_secret_however_noisy);
	tcase_add_loop_test(t, a_lock_that_fails_is_an_error, 0, 2);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
