/* SPDX-License-Identifier: Apache-2.0
 *
 * Attack: another process that reads the memory of one that holds secrets, as root with a
 * debugger or out of its core dump. What it does not have to find is found, so it reads.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack/victim.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/scratch.h"

/* What the victim does once it holds its secrets. */
enum end { WAIT, STOP, ABORT, NO_LOGIN };

static pid_t victim;
static int wake;                /* a byte here lets a victim that waits go on */

/* Become the victim in a child, in a folder of its own for its core dump. */
static void start_victim(int kind, enum end end)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	int pipe_fds[2], ready[2];
	char byte = 0;

	ck_assert(pipe(pipe_fds) == 0 && pipe(ready) == 0);
	victim = fork();
	ck_assert_int_ge(victim, 0);
	if (victim == 0) {
		ck_assert(chdir(p11_folder) == 0 && mkdir("core", 0700) == 0 && chdir("core") == 0);
		if (end == ABORT)       /* where this is refused there will be no dump */
			(void)setrlimit(RLIMIT_CORE, &all);
		if (kind != 0)
			victim_without_memfd_secret();
		if (end == NO_LOGIN)
			victim_open();
		else
			victim_begin();
		ck_assert_int_eq(write(ready[1], "", 1), 1);
		if (end == STOP)
			raise(SIGSTOP);
		if (end == ABORT) {
			signal(SIGABRT, SIG_DFL);
			abort();
		}
		ck_assert_int_eq(read(pipe_fds[0], &byte, 1), 1);
		_exit(end == NO_LOGIN || victim_sign() ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	close(ready[1]);
	close(pipe_fds[0]);
	wake = pipe_fds[1];
	ck_assert_msg(read(ready[0], &byte, 1) == 1, "the victim did not begin");
	close(ready[0]);
}

/* The victim still does what its secrets are for. */
static void finish_victim(void)
{
	int status = 0;

	ck_assert_int_eq(write(wake, "", 1), 1);
	ck_assert_int_eq(waitpid(victim, &status, 0), victim);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
}

/* Stop the victim as a debugger does. False: nobody may do that here, and so no attacker. */
static bool attach(void)
{
	int status;

	if (ptrace(PTRACE_SEIZE, victim, NULL, NULL) != 0) {
		ck_assert_int_ne(geteuid(), 0);
		return false;
	}
	ck_assert_int_eq(ptrace(PTRACE_INTERRUPT, victim, NULL, NULL), 0);
	ck_assert_int_eq(waitpid(victim, &status, __WALL), victim);
	return true;
}

/* Count the pieces of secrets that another process finds in the victim. */
static size_t count_found(bool dump, size_t *refused)
{
	size_t found = 0;

	for (size_t i = 0; i < victim_needle_count; i++)
		found += test_memory_find_in(victim, dump, victim_needles[i].veiled, NEEDLE, refused);
	return found;
}

/* Count those of the public half, or the others. */
static size_t count_of_half(bool public)
{
	size_t found = 0;

	for (size_t i = 0; i < victim_needle_count; i++)
		if ((strcmp(victim_needles[i].name, VICTIM_PUBLIC) == 0) == public)
			found += test_memory_find_in(victim, false, victim_needles[i].veiled, NEEDLE, NULL);
	return found;
}

/* Try every other way into a mapping: word by word, the call for it, and the file behind it. */
static bool try_mapping(unsigned long from, unsigned long to, int fd)
{
	uint8_t bytes[NEEDLE];
	struct iovec here = { bytes, sizeof bytes }, there = { (void *)from, sizeof bytes };
	char path[96];

	(void)fd;
	errno = 0;
	ck_assert(ptrace(PTRACE_PEEKDATA, victim, (void *)from, NULL) == -1 && errno != 0);
	ck_assert_int_eq(process_vm_readv(victim, &here, 1, &there, 1, 0), -1);
	snprintf(path, sizeof path, "/proc/%d/map_files/%lx-%lx", (int)victim, from, to);
	ck_assert_int_eq(open(path, O_RDONLY | O_CLOEXEC), -1);
	return true;
}

/* Do something with each mapping of memfd_secret(2); return with how many it succeeded. */
static size_t for_secret_mappings(bool (*fn)(unsigned long from, unsigned long to, int fd), int fd)
{
	unsigned long from, to;
	char path[64], line[512];
	size_t n = 0;
	FILE *maps;

	snprintf(path, sizeof path, "/proc/%d/maps", (int)victim);
	maps = fopen(path, "re");
	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof line, maps) != NULL)
		if (strstr(line, "secretmem") != NULL && sscanf(line, "%lx-%lx", &from, &to) == 2)
			n += fn(from, to, fd);
	fclose(maps);
	return n;
}

START_TEST(a_debugger_of_root_reads_no_secret)
{
	size_t refused = 0;

	if (!victim_has_memfd_secret())
		return;         /* nothing is claimed there, see the next test */
	start_victim(0, WAIT);
	if (attach()) {
		ck_assert_uint_eq(count_found(false, &refused), 0);
		ck_assert_uint_ge(refused, victim_needle_count);
		ck_assert_uint_ge(test_memory_find_in(victim, false, victim_canary, NEEDLE, NULL), 1);
		ck_assert_uint_ge(for_secret_mappings(try_mapping, -1), 1);
		ck_assert_int_eq(ptrace(PTRACE_DETACH, victim, NULL, NULL), 0);
	}
	finish_victim();
}
END_TEST

/* So it is memfd_secret(2) that keeps it out, and the search would find what is there. */
START_TEST(without_memfd_secret_a_debugger_of_root_reads_all)
{
	start_victim(1, WAIT);
	if (attach()) {
		ck_assert_uint_ge(count_found(false, NULL), 4);
		ck_assert_int_eq(ptrace(PTRACE_DETACH, victim, NULL, NULL), 0);
	}
	finish_victim();
}
END_TEST

#ifdef __x86_64__
#define RUNS_CODE true

/* Have the victim, which waits in read(2), write its memory to one of its own descriptors. */
static bool have_it_written(unsigned long from, unsigned long to, int fd)
{
	struct user_regs_struct was, regs;
	int status;

	ck_assert_int_eq(ptrace(PTRACE_GETREGS, victim, NULL, &was), 0);
	regs = was;
	regs.rip -= 2;                  /* back to the instruction that calls the kernel */
	regs.orig_rax = (unsigned long long)-1;
	regs.rax = SYS_write;
	regs.rdi = (unsigned long long)fd;
	regs.rsi = from;
	regs.rdx = to - from;
	ck_assert_int_eq(ptrace(PTRACE_SETREGS, victim, NULL, &regs), 0);
	ck_assert_int_eq(ptrace(PTRACE_SINGLESTEP, victim, NULL, NULL), 0);
	ck_assert_int_eq(waitpid(victim, &status, __WALL), victim);
	ck_assert_int_eq(ptrace(PTRACE_GETREGS, victim, NULL, &regs), 0);
	ck_assert_int_eq(ptrace(PTRACE_SETREGS, victim, NULL, &was), 0);
	return regs.rax == to - from;
}
#else
#define RUNS_CODE false         /* how that is done is another matter on each processor */

static bool have_it_written(unsigned long from, unsigned long to, int fd)
{
	return from == to && fd < 0;
}
#endif

/* Nothing protects against that: he becomes the process. */
START_TEST(a_debugger_of_root_that_runs_code_in_the_process_has_all)
{
	char path[32];
	size_t found = 0;
	int loot;

	if (!RUNS_CODE || !victim_has_memfd_secret())
		return;
	loot = memfd_create("loot", 0);
	ck_assert_int_ge(loot, 0);
	start_victim(0, WAIT);
	if (attach()) {
		ck_assert_uint_ge(for_secret_mappings(have_it_written, loot), 1);
		ck_assert_int_eq(ptrace(PTRACE_DETACH, victim, NULL, NULL), 0);
		snprintf(path, sizeof path, "/proc/self/fd/%d", loot);
		for (size_t i = 0; i < victim_needle_count; i++)
			found += test_memory_find_in_file(path, victim_needles[i].veiled, NEEDLE);
		ck_assert_uint_ge(found, 4);
	}
	finish_victim();
	close(loot);
}
END_TEST

/* He reads all of it, and what only a PIN opens is not there yet. */
START_TEST(of_a_token_that_nobody_logged_into_root_reads_the_public_half)
{
	start_victim(1, NO_LOGIN);
	if (attach()) {
		ck_assert_uint_ge(count_of_half(true), 1);
		ck_assert_uint_eq(count_of_half(false), 0);
		ck_assert_int_eq(ptrace(PTRACE_DETACH, victim, NULL, NULL), 0);
	}
	finish_victim();
}
END_TEST

/* Tell whether the kernel writes core dumps to the folder of the process. */
static bool dumps_here(void)
{
	char pattern[256] = "";
	FILE *file = fopen("/proc/sys/kernel/core_pattern", "re");
	struct rlimit limit;

	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(pattern, sizeof pattern, file));
	fclose(file);
	ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
	return pattern[0] != '|' && strchr(pattern, '/') == NULL && limit.rlim_max == RLIM_INFINITY;
}

/* Return the path of the only file in the folder, which the caller frees, or NULL. */
static char *find_core(void)
{
	char *folder = scratch_path(p11_folder, "core"), *path = NULL;
	struct dirent *entry;
	DIR *dir = opendir(folder);

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && path == NULL)
			path = scratch_path(folder, entry->d_name);
	closedir(dir);
	free(folder);
	return path;
}

/* A real one, of a victim that aborts. */
static void search_core(int kind)
{
	int status = 0;
	char *core;

	start_victim(kind, ABORT);
	ck_assert_int_eq(waitpid(victim, &status, 0), victim);
	ck_assert(WIFSIGNALED(status) && WCOREDUMP(status));
	core = find_core();
	ck_assert_ptr_nonnull(core);
	for (size_t i = 0; i < victim_needle_count; i++)
		ck_assert_msg(test_memory_find_in_file(core, victim_needles[i].veiled, NEEDLE) == 0,
		              "%s is in the core dump", victim_needles[i].name);
	ck_assert_uint_ge(test_memory_find_in_file(core, victim_canary, NEEDLE), 1);
	free(core);
}

/* Where dumps go to a program, or are forbidden: what the kernel would put in one. */
static void search_as_dump(int kind)
{
	int status = 0;

	start_victim(kind, STOP);
	ck_assert_int_eq(waitpid(victim, &status, WUNTRACED), victim);
	ck_assert_uint_eq(count_found(true, NULL), 0);
	ck_assert_uint_ge(test_memory_find_in(victim, true, victim_canary, NEEDLE, NULL), 1);
	ck_assert_int_eq(kill(victim, SIGCONT), 0);
	finish_victim();
}

START_TEST(a_core_dump_has_no_secret)
{
	if (dumps_here())
		search_core(_i);
	else
		search_as_dump(_i);
}
END_TEST

START_TEST(what_the_kernel_would_dump_has_no_secret)
{
	search_as_dump(_i);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("attack: memory of another process");
	TCase *t = tcase_create("reader");

	tcase_add_checked_fixture(t, victim_setup, victim_teardown);
	tcase_add_test(t, a_debugger_of_root_reads_no_secret);
	tcase_add_test(t, without_memfd_secret_a_debugger_of_root_reads_all);
	tcase_add_test(t, a_debugger_of_root_that_runs_code_in_the_process_has_all);
	tcase_add_test(t, of_a_token_that_nobody_logged_into_root_reads_the_public_half);
	tcase_add_loop_test(t, a_core_dump_has_no_secret, 0, 2);
	tcase_add_loop_test(t, what_the_kernel_would_dump_has_no_secret, 0, 2);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
