/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Looking for bytes in memory and in files. A search allocates nothing, and leaves
 * its own window out.
 */
#define _GNU_SOURCE 1
#include "lib/memory.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WINDOW (1ul << 20)
#define HUGE_RANGE (1ul << 30)

/* A search that is under way. */
struct search {
	const uint8_t *veiled;
	size_t len;
	uint8_t *window;
	int source;                     /* what is read, or -1: the memory of this process itself */
	int copy;                       /* a file in memory, which is the window */
};

/* A byte alone gives nothing away, and looking for one is what machines do fast. */
static size_t count_in(const struct search *s, size_t have)
{
	const uint8_t *at = s->window, *end = s->window + have - s->len + 1;
	size_t found = 0, i;

	while (at < end && (at = memchr(at, s->veiled[0] ^ TEST_VEIL, (size_t)(end - at))) != NULL) {
		for (i = 1; i < s->len && (at[i] ^ TEST_VEIL) == s->veiled[i]; i++)
			;
		found += i == s->len;
		at++;
	}
	return found;
}

/* Put what stands at an address into the window. The kernel reads for us what may not be
 * readable, as our own code would read it; no sanitizer sees this call. */
static ssize_t fetch(const struct search *s, unsigned long from, size_t want)
{
	if (s->source >= 0)
		return pread(s->source, s->window, want, (off_t)from);
	return syscall(SYS_pwrite64, s->copy, from, want, 0);
}

/* Search a range in windows that overlap by len - 1 bytes; *whole becomes false where not
 * all of it can be read. */
static size_t search(const struct search *s, unsigned long from, unsigned long to, bool *whole)
{
	size_t found = 0;
	ssize_t n;

	while (to > from && to - from >= s->len) {
		n = fetch(s, from, to - from < WINDOW ? to - from : WINDOW);
		if (n < (ssize_t)s->len) {
			*whole = false;
			break;
		}
		found += count_in(s, (size_t)n);
		from += (unsigned long)n - (s->len - 1);
	}
	return found;
}

/* The window itself is left out; the kernel may have joined it with its neighbours. */
static size_t search_around(const struct search *s, unsigned long from, unsigned long to,
                            bool *whole)
{
	unsigned long at = (unsigned long)s->window;

	if (at < from || at >= to)
		return search(s, from, to, whole);
	return search(s, from, at, whole) + search(s, at + WINDOW, to, whole);
}

static void begin(struct search *s, const uint8_t *veiled, size_t len, int source)
{
	*s = (struct search){ veiled, len, NULL, source, memfd_create("window", MFD_CLOEXEC) };
	ck_assert(s->copy >= 0 && ftruncate(s->copy, WINDOW) == 0);
	s->window = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED, s->copy, 0);
	ck_assert(s->window != MAP_FAILED);
}

static void end(struct search *s)
{
	munmap(s->window, WINDOW);
	close(s->copy);
	if (s->source >= 0)
		close(s->source);
}

/* Read /proc/PID/smaps; the list is static, so there is no allocation between the crime and
 * the search. */
static char *read_mappings(pid_t pid)
{
	static char list[1 << 21];
	size_t have = 0;
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/smaps", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	while ((n = read(fd, list + have, sizeof list - 1 - have)) > 0)
		have += (size_t)n;
	ck_assert_uint_lt(have, sizeof list - 1);
	list[have] = '\0';
	close(fd);
	return list;
}

static bool has_flag(const char *line, const char *flag)
{
	return strstr(line, flag) != NULL;
}

/* Take the next mapping that the process itself can read off the list. What is larger than
 * HUGE_RANGE is the shadow of a sanitizer. */
static bool next_mapping(char **list, struct test_mapping *m, bool *device)
{
	char *line = *list, *next, mode[5];
	unsigned long from, to;
	bool wanted = false;

	for (; *line != '\0'; line = next) {
		next = strchr(line, '\n');
		ck_assert_ptr_nonnull(next);
		*next++ = '\0';
		if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) == 3) {
			m->from = from;
			m->to = to;
			wanted = mode[0] == 'r' && m->to - m->from <= HUGE_RANGE;
			m->secret = has_flag(line, "secretmem");
		} else if (strncmp(line, "VmFlags:", 8) == 0 && wanted) {
			m->undumped = has_flag(line, " dd");
			m->unforked = has_flag(line, " dc");
			m->locked = has_flag(line, " lo");
			*device = has_flag(line, " io") || has_flag(line, " pf");
			*list = next;
			return true;
		}
	}
	return false;
}

/* Search the memory of a process that source reads; -1: of this one. */
static size_t find(pid_t pid, int source, bool dump, const uint8_t *veiled, size_t len,
                   size_t *refused, void (*hit)(const struct test_mapping *mapping))
{
	struct test_mapping m = { 0 };
	size_t found = 0, here;
	bool device, whole;
	struct search s;
	char *list;

	begin(&s, veiled, len, source);
	list = read_mappings(pid);
	while (next_mapping(&list, &m, &device)) {
		whole = true;
		if (dump && (m.undumped || device))
			continue;
		here = pid == getpid() ? search_around(&s, m.from, m.to, &whole)
		                       : search(&s, m.from, m.to, &whole);
		if (here > 0 && hit != NULL)
			hit(&m);
		if (!whole && m.secret && refused != NULL)
			(*refused)++;
		found += here;
	}
	end(&s);
	return found;
}

static int open_memory(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

size_t test_memory_find(const uint8_t *veiled, size_t len)
{
	return find(getpid(), open_memory(getpid()), false, veiled, len, NULL, NULL);
}

size_t test_memory_find_all(const uint8_t *veiled, size_t len,
                            void (*hit)(const struct test_mapping *mapping))
{
	return find(getpid(), -1, false, veiled, len, NULL, hit);
}

size_t test_memory_find_in(pid_t pid, bool dump, const uint8_t *veiled, size_t len,
                           size_t *refused)
{
	return find(pid, open_memory(pid), dump, veiled, len, refused, NULL);
}

size_t test_memory_find_in_file(const char *path, const uint8_t *veiled, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool whole = true;
	struct search s;
	struct stat st;
	size_t found;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	begin(&s, veiled, len, fd);
	found = search(&s, 0, (unsigned long)st.st_size, &whole);
	ck_assert(whole);
	end(&s);
	return found;
}

/* AddressSanitizer keeps what was freed for a while, and unchanged: as if nothing had been there
 * to be overwritten. Programs that search memory do without that. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "quarantine_size_mb=0:thread_local_quarantine_size_kb=0";
}
