/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of util/slab.c. Each runs in a process of its own, so that it may lower
 * limits, give up root and filter system calls.
 */
#define _GNU_SOURCE 1
#include "util/slab.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/runner.h"
#include "util/log.h"

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define NOBODY 65534

static char last_line[1024];

static void keep(enum sg_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	snprintf(last_line, sizeof(last_line), "%s", line);
}

static uint8_t *must_alloc(size_t size)
{
	uint8_t *data = NULL;

	ck_assert_int_eq(sg_slab_alloc(size, &data), SG_OK);
	return data;
}

static struct sg_slab_status status(void)
{
	struct sg_slab_status found;

	sg_slab_status(&found);
	return found;
}

/* One assertion for a whole block: Check writes to a pipe for each one. */
static bool holds_only(const volatile uint8_t *data, size_t size, uint8_t value)
{
	for (size_t i = 0; i < size; i++) {
		if (data[i] != value)
			return false;
	}
	return true;
}

static void be_a_user_with_limit(size_t memlock)
{
	struct rlimit limit = { memlock, memlock };

	ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(setresuid(NOBODY, NOBODY, NOBODY), 0);
}

/* Some sanitizers turn mlock(2) off, and then no limit can be seen without memfd_secret. */
static bool limit_is_enforced(void)
{
	int fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);
	void *page = mmap(NULL, 64 * KIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool real = fd >= 0;

	ck_assert_ptr_ne(page, MAP_FAILED);
	if (fd >= 0)
		close(fd);
	if (mlock(page, 64 * KIB) != 0)
		real = true;
	munmap(page, 64 * KIB);
	return real;
}

/* Tell how a child ends that calls touch(data). */
static int child_status(void (*touch)(uint8_t *), uint8_t *data)
{
	pid_t pid = fork();
	int found;

	if (pid == 0) {
		struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		fclose(stderr);
		touch(data);
		/* A thread sanitizer would miss the parent's threads at _exit. */
		syscall(SYS_exit_group, 0);
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &found, 0), pid);
	return found;
}

/* A sanitizer turns the signal into an exit status of its own. */
static bool ended_badly(int found)
{
	return WIFSIGNALED(found) || WEXITSTATUS(found) != 0;
}

START_TEST(nothing_is_locked_before_the_first_allocation)
{
	struct sg_slab_status found = status();

	ck_assert_int_eq(found.kind, SG_SLAB_NONE);
	ck_assert_uint_eq(found.locked, 0);
	ck_assert_uint_eq(found.used, 0);
}
END_TEST

START_TEST(a_probe_makes_a_region_and_leaves_it_unused)
{
	ck_assert_int_eq(sg_slab_probe(), SG_OK);
	ck_assert_int_ne(status().kind, SG_SLAB_NONE);
	ck_assert_uint_gt(status().locked, 0);
	ck_assert_uint_eq(status().used, 0);
	ck_assert_int_eq(sg_slab_probe(), SG_OK);
}
END_TEST

START_TEST(memory_is_zero_even_after_reuse)
{
	for (int round = 0; round < 3; round++) {
		uint8_t *data = must_alloc(100);

		ck_assert(holds_only(data, 128, 0));
		memset(data, 0xff, 100);
		sg_slab_free(data, 100);
	}
}
END_TEST

START_TEST(freed_memory_is_wiped_to_the_end_of_the_granule)
{
	uint8_t *neighbour = must_alloc(32);
	uint8_t *data = must_alloc(33);

	memset(data, 0xff, 64);
	sg_slab_free(data, 33);
	ck_assert(holds_only(data, 64, 0));
	sg_slab_free(neighbour, 32);
}
END_TEST

START_TEST(impossible_sizes_are_out_of_range)
{
	uint8_t *data = NULL;

	ck_assert_int_eq(sg_slab_alloc(0, &data), SG_ERR_RANGE);
	ck_assert_int_eq(sg_slab_alloc(MIB + 1, &data), SG_ERR_RANGE);
	ck_assert_int_eq(sg_slab_alloc(SIZE_MAX, &data), SG_ERR_RANGE);
	ck_assert_ptr_null(data);
}
END_TEST

START_TEST(the_first_region_is_small)
{
	uint8_t *data = must_alloc(32);

	ck_assert_uint_le(status().locked, 64 * KIB);
	ck_assert_uint_eq(status().used, 32);
	sg_slab_free(data, 32);
}
END_TEST

START_TEST(a_hundred_thousand_keys_fit_in_eight_mebibytes)
{
	enum { KEYS = 100000 };
	uint8_t **keys = calloc(KEYS, sizeof(*keys));
	size_t good = 0;

	be_a_user_with_limit(8 * MIB);
	ck_assert_ptr_nonnull(keys);
	while (good < KEYS && sg_slab_alloc(32, &keys[good]) == SG_OK) {
		memcpy(keys[good], &good, sizeof(good));
		good++;
	}
	ck_assert_uint_eq(good, KEYS);
	ck_assert_uint_le(status().locked, 8 * MIB);
	ck_assert_uint_eq(status().used, KEYS * 32);
	for (size_t i = 0; i < KEYS; i++) {
		if (memcmp(keys[i], &i, sizeof(i)) != 0)
			good--;
		sg_slab_free(keys[i], 32);
	}
	ck_assert_uint_eq(good, KEYS);
	ck_assert_uint_eq(status().used, 0);
	free(keys);
}
END_TEST

START_TEST(what_was_freed_is_unlocked_but_for_one_region)
{
	uint8_t *blocks[4];
	size_t most;

	for (size_t i = 0; i < 4; i++)
		blocks[i] = must_alloc(MIB);
	most = status().locked;
	ck_assert_uint_ge(most, 4 * MIB);
	for (size_t i = 0; i < 4; i++)
		sg_slab_free(blocks[i], MIB);
	ck_assert_uint_lt(status().locked, most);
	ck_assert_uint_gt(status().locked, 0);
}
END_TEST

START_TEST(blocks_of_all_sizes_do_not_overlap)
{
	enum { BLOCKS = 400 };
	uint8_t *blocks[BLOCKS] = { NULL };
	size_t sizes[BLOCKS];
	uint32_t seed = 1;

	for (size_t step = 0; step < 20000; step++) {
		size_t i = (seed = seed * 1103515245 + 12345) >> 16 & 0xffff;

		i %= BLOCKS;
		if (blocks[i] != NULL) {
			ck_assert(holds_only(blocks[i], sizes[i], (uint8_t)i));
			sg_slab_free(blocks[i], sizes[i]);
			blocks[i] = NULL;
			continue;
		}
		sizes[i] = seed % 7 == 0 ? 1 + seed % 5000 : 1 + seed % 100;
		blocks[i] = must_alloc(sizes[i]);
		ck_assert(holds_only(blocks[i], sizes[i], 0));
		memset(blocks[i], (uint8_t)i, sizes[i]);
	}
	for (size_t i = 0; i < BLOCKS; i++)
		sg_slab_free(blocks[i], blocks[i] != NULL ? sizes[i] : 1);
	ck_assert_uint_eq(status().used, 0);
}
END_TEST

/* A child would not have a region made here, so it makes its own. */
static void write_before(uint8_t *unused)
{
	uint8_t *data = NULL;

	(void)unused;
	if (sg_slab_alloc(MIB, &data) != SG_OK)
		_exit(0);
	data[0] = 1;
	((volatile uint8_t *)data)[-1] = 1;
}

static void write_behind(uint8_t *unused)
{
	uint8_t *data = NULL;

	(void)unused;
	if (sg_slab_alloc(MIB, &data) != SG_OK)
		_exit(0);
	data[MIB - 1] = 1;
	((volatile uint8_t *)data)[MIB] = 1;
}

START_TEST(a_guard_page_lies_on_both_sides)
{
	ck_assert(ended_badly(child_status(write_before, NULL)));
	ck_assert(ended_badly(child_status(write_behind, NULL)));
}
END_TEST

/* Put the VmFlags line of the mapping that holds data into flags. */
static void vm_flags(const uint8_t *data, char *flags, size_t size)
{
	FILE *maps = fopen("/proc/self/smaps", "re");
	unsigned long from, to;
	bool here = false;
	char line[512];

	ck_assert_ptr_nonnull(maps);
	flags[0] = '\0';
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = (unsigned long)data >= from && (unsigned long)data < to;
		else if (here && strncmp(line, "VmFlags:", 8) == 0)
			snprintf(flags, size, "%s", line);
	}
	fclose(maps);
}

START_TEST(a_region_is_locked_and_kept_from_dumps_and_children)
{
	uint8_t *data = must_alloc(32);
	char flags[512];

	vm_flags(data, flags, sizeof(flags));
	ck_assert_ptr_nonnull(strstr(flags, " dd"));
	ck_assert_ptr_nonnull(strstr(flags, " dc"));
	if (status().kind == SG_SLAB_MEMFD_SECRET || limit_is_enforced())
		ck_assert_ptr_nonnull(strstr(flags, " lo"));
	sg_slab_free(data, 32);
}
END_TEST

START_TEST(a_system_call_can_not_read_memory_of_memfd_secret)
{
	uint8_t *data = must_alloc(32);
	uint8_t copy = 0;
	int fd;

	*data = 0x55;
	fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	if (status().kind == SG_SLAB_MEMFD_SECRET)
		ck_assert_int_eq(pread(fd, &copy, 1, (off_t)(uintptr_t)data), -1);
	else
		ck_assert_int_eq(pread(fd, &copy, 1, (off_t)(uintptr_t)data), 1);
	close(fd);
	sg_slab_free(data, 32);
}
END_TEST

static void read_it(uint8_t *data)
{
	(void)*(volatile uint8_t *)data;
}

START_TEST(a_child_can_not_read_its_parents_secret)
{
	uint8_t *data = must_alloc(32);

	ck_assert(ended_badly(child_status(read_it, data)));
	sg_slab_free(data, 32);
}
END_TEST

static void free_it(uint8_t *data)
{
	sg_slab_free(data, 32);
	if (status().kind != SG_SLAB_NONE || status().used != 0)
		_exit(1);
}

START_TEST(a_child_that_frees_its_parents_secret_does_nothing)
{
	uint8_t *data = must_alloc(32);

	memset(data, 0x77, 32);
	ck_assert_int_eq(child_status(free_it, data), 0);
	ck_assert(holds_only(data, 32, 0x77));
	ck_assert_uint_eq(status().used, 32);
	sg_slab_free(data, 32);
}
END_TEST

/* The parent's block is 1 MiB long. */
static void allocate_a_lot(uint8_t *parents)
{
	for (int i = 0; i < 3000; i++) {
		uint8_t *data = NULL;

		if (sg_slab_alloc(1000, &data) != SG_OK)
			_exit(1);
		if (data + 1000 > parents && data < parents + MIB)
			_exit(2);
		memset(data, 0x11, 1000);
	}
	sg_slab_free(parents, MIB);
}

START_TEST(a_child_starts_anew_and_never_at_an_address_of_its_parent)
{
	uint8_t *data = must_alloc(MIB);

	ck_assert_int_eq(child_status(allocate_a_lot, data), 0);
	sg_slab_free(data, MIB);
}
END_TEST

START_TEST(without_any_lockable_memory_there_is_an_error_that_names_the_limit)
{
	uint8_t *data = NULL;

	be_a_user_with_limit(0);
	if (!limit_is_enforced())
		return;
	sg_log_set(keep, NULL);
	ck_assert_int_eq(sg_slab_alloc(32, &data), SG_ERR_SECURE_MEMORY);
	ck_assert_ptr_null(data);
	ck_assert_int_eq(sg_slab_probe(), SG_ERR_SECURE_MEMORY);
	ck_assert_ptr_nonnull(strstr(last_line, "RLIMIT_MEMLOCK is 0 bytes"));
	ck_assert_ptr_nonnull(strstr(last_line, "LimitMEMLOCK="));
	ck_assert_ptr_nonnull(strstr(last_line, "ulimit -l"));
}
END_TEST

START_TEST(a_limit_of_64_kibibytes_is_used_to_the_last_page)
{
	uint8_t *data = NULL;
	size_t got = 0;

	be_a_user_with_limit(64 * KIB);
	if (!limit_is_enforced())
		return;
	while (got < 10000 && sg_slab_alloc(32, &data) == SG_OK)
		got++;
	ck_assert_uint_eq(got, 64 * KIB / 32);
	ck_assert_uint_eq(status().locked, 64 * KIB);
}
END_TEST

START_TEST(after_a_refusal_what_is_freed_can_be_had_again)
{
	uint8_t *first, *data = NULL;

	be_a_user_with_limit(64 * KIB);
	if (!limit_is_enforced())
		return;
	first = must_alloc(4000);
	while (sg_slab_alloc(4000, &data) == SG_OK)
		continue;
	sg_slab_free(first, 4000);
	ck_assert_ptr_eq(must_alloc(4000), first);
}
END_TEST

/* Let memfd_secret(2) answer ENOSYS, as a kernel before 5.14 does. */
static void take_memfd_secret_away(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_secret, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

START_TEST(without_memfd_secret_the_memory_is_locked)
{
	uint8_t *data;
	char flags[512];

	take_memfd_secret_away();
	data = must_alloc(32);
	ck_assert_int_eq(status().kind, SG_SLAB_MLOCK);
	vm_flags(data, flags, sizeof(flags));
	ck_assert_ptr_nonnull(strstr(flags, " dd"));
	ck_assert_ptr_nonnull(strstr(flags, " dc"));
	ck_assert(ended_badly(child_status(read_it, data)));
	sg_slab_free(data, 32);
}
END_TEST

START_TEST(without_memfd_secret_the_limit_is_an_error_too)
{
	uint8_t *data = NULL;

	take_memfd_secret_away();
	be_a_user_with_limit(0);
	if (!limit_is_enforced())
		return;
	ck_assert_int_eq(sg_slab_alloc(32, &data), SG_ERR_SECURE_MEMORY);
}
END_TEST

START_TEST(a_lack_of_descriptors_does_not_weaken_a_region)
{
	int fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);
	struct rlimit before, none;
	uint8_t *data = NULL;

	if (fd < 0)
		return;
	close(fd);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ 0, before.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert_int_eq(sg_slab_alloc(32, &data), SG_ERR_SECURE_MEMORY);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(status().kind, SG_SLAB_NONE);
}
END_TEST

static void *allocate_and_free(void *arg)
{
	uint8_t mark = *(uint8_t *)arg;

	for (int round = 0; round < 300; round++) {
		uint8_t *blocks[20];

		for (size_t i = 0; i < 20; i++) {
			if (sg_slab_alloc(16 + i * 8, &blocks[i]) != SG_OK)
				return NULL;
			memset(blocks[i], mark, 16 + i * 8);
		}
		for (size_t i = 0; i < 20; i++) {
			if (blocks[i][0] != mark || blocks[i][15 + i * 8] != mark)
				return NULL;
			sg_slab_free(blocks[i], 16 + i * 8);
		}
	}
	return arg;
}

START_TEST(threads_do_not_get_each_others_memory)
{
	pthread_t threads[8];
	uint8_t marks[8];
	void *result;

	for (size_t i = 0; i < 8; i++) {
		marks[i] = (uint8_t)(i + 1);
		ck_assert_int_eq(pthread_create(&threads[i], NULL, allocate_and_free,
						&marks[i]), 0);
	}
	for (size_t i = 0; i < 8; i++) {
		ck_assert_int_eq(pthread_join(threads[i], &result), 0);
		ck_assert_ptr_eq(result, &marks[i]);
	}
	ck_assert_uint_eq(status().used, 0);
}
END_TEST

static atomic_bool enough;

/* Grow by several regions and shrink again, all the time. */
static void *grow_and_shrink(void *arg)
{
	uint8_t *blocks[6];

	while (!atomic_load(&enough)) {
		size_t n = 0;

		while (n < 6 && sg_slab_alloc(MIB, &blocks[n]) == SG_OK)
			n++;
		if (n == 0)
			return arg;
		while (n-- > 0)
			sg_slab_free(blocks[n], MIB);
	}
	return NULL;
}

/* Neither a mapping nor a descriptor may lead to the parent's secrets. */
static void look_for_secrets(uint8_t *unused)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512], link[64];

	(void)unused;
	if (maps == NULL)
		_exit(1);
	while (fgets(line, sizeof line, maps) != NULL)
		if (strstr(line, "secretmem") != NULL)
			_exit(2);
	fclose(maps);
	for (int fd = 0; fd < 64; fd++) {
		ssize_t len;

		snprintf(line, sizeof line, "/proc/self/fd/%d", fd);
		len = readlink(line, link, sizeof link - 1);
		link[len > 0 ? len : 0] = '\0';
		if (strstr(link, "secretmem") != NULL)
			_exit(3);
	}
}

START_TEST(no_child_has_a_region_that_was_in_the_making)
{
	uint8_t *data = must_alloc(32);
	pthread_t thread;
	void *failed;

	ck_assert_int_eq(pthread_create(&thread, NULL, grow_and_shrink, &enough), 0);
	for (int i = 0; i < 500; i++)
		ck_assert_int_eq(child_status(look_for_secrets, NULL), 0);
	atomic_store(&enough, true);
	ck_assert_int_eq(pthread_join(thread, &failed), 0);
	ck_assert_ptr_null(failed);
	sg_slab_free(data, 32);
}
END_TEST

static atomic_bool intrude, forked;
static pthread_t intruder;
static int seen_by_child;

static void *fork_and_look(void *unused)
{
	seen_by_child = child_status(look_for_secrets, NULL);
	atomic_store(&forked, true);
	return unused;
}

/* The slab calls this one when a region is mapped and still to be kept from children:
 * let another thread fork just then, and give it time. */
int madvise(void *start, size_t size, int advice)
{
	if (advice == MADV_DONTFORK && atomic_exchange(&intrude, false)) {
		ck_assert_int_eq(pthread_create(&intruder, NULL, fork_and_look, NULL), 0);
		for (int i = 0; i < 50000 && !atomic_load(&forked); i++)
			sched_yield();
	}
	return (int)syscall(SYS_madvise, start, size, advice);
}

START_TEST(a_fork_waits_for_a_region_that_is_half_made)
{
	uint8_t *data;

	atomic_store(&intrude, true);
	data = must_alloc(32);
	ck_assert_int_eq(pthread_join(intruder, NULL), 0);
	ck_assert_int_eq(seen_by_child, 0);
	sg_slab_free(data, 32);
}
END_TEST

static void allocate_one(uint8_t *unused)
{
	uint8_t *data = NULL;

	(void)unused;
	if (sg_slab_alloc(32, &data) != SG_OK)
		_exit(1);
	sg_slab_free(data, 32);
}

START_TEST(a_child_of_a_busy_program_can_allocate)
{
	uint8_t mark = 1;
	pthread_t thread;
	void *result;

	ck_assert_int_eq(pthread_create(&thread, NULL, allocate_and_free, &mark), 0);
	for (int i = 0; i < 30; i++)
		ck_assert_int_eq(child_status(allocate_one, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_ptr_eq(result, &mark);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("slab");
	TCase *t = tcase_create("slab");

	tcase_add_test(t, nothing_is_locked_before_the_first_allocation);
	tcase_add_test(t, a_probe_makes_a_region_and_leaves_it_unused);
	tcase_add_test(t, memory_is_zero_even_after_reuse);
	tcase_add_test(t, freed_memory_is_wiped_to_the_end_of_the_granule);
	tcase_add_test(t, impossible_sizes_are_out_of_range);
	tcase_add_test(t, the_first_region_is_small);
	tcase_add_test(t, a_hundred_thousand_keys_fit_in_eight_mebibytes);
	tcase_add_test(t, what_was_freed_is_unlocked_but_for_one_region);
	tcase_add_test(t, blocks_of_all_sizes_do_not_overlap);
	tcase_add_test(t, a_guard_page_lies_on_both_sides);
	tcase_add_test(t, a_region_is_locked_and_kept_from_dumps_and_children);
	tcase_add_test(t, a_system_call_can_not_read_memory_of_memfd_secret);
	tcase_add_test(t, a_child_can_not_read_its_parents_secret);
	tcase_add_test(t, a_child_that_frees_its_parents_secret_does_nothing);
	tcase_add_test(t, a_child_starts_anew_and_never_at_an_address_of_its_parent);
	tcase_add_test(t, without_any_lockable_memory_there_is_an_error_that_names_the_limit);
	tcase_add_test(t, a_limit_of_64_kibibytes_is_used_to_the_last_page);
	tcase_add_test(t, after_a_refusal_what_is_freed_can_be_had_again);
	tcase_add_test(t, without_memfd_secret_the_memory_is_locked);
	tcase_add_test(t, without_memfd_secret_the_limit_is_an_error_too);
	tcase_add_test(t, a_lack_of_descriptors_does_not_weaken_a_region);
	tcase_add_test(t, threads_do_not_get_each_others_memory);
	tcase_add_test(t, no_child_has_a_region_that_was_in_the_making);
	tcase_add_test(t, a_fork_waits_for_a_region_that_is_half_made);
	tcase_add_test(t, a_child_of_a_busy_program_can_allocate);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
