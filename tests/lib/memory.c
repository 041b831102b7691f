/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Looking for bytes in the memory of this very process.
 */
#include "lib/memory.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WINDOW (1ul << 20)
#define HUGE_RANGE (1ul << 30)

/* A byte alone gives nothing away, and looking for one is what machines do fast. */
static size_t count_in(const uint8_t *bytes, size_t have, const uint8_t *veiled, size_t len)
{
	const uint8_t *at = bytes, *end = bytes + have - len + 1;
	size_t found = 0, i;

	while (at < end && (at = memchr(at, veiled[0] ^ TEST_VEIL, (size_t)(end - at))) != NULL) {
		for (i = 1; i < len && (at[i] ^ TEST_VEIL) == veiled[i]; i++)
			;
		found += i == len;
		at++;
	}
	return found;
}

/* Windows overlap by len - 1 bytes. */
static size_t search(int mem, unsigned long from, unsigned long to, uint8_t *window,
                     const uint8_t *veiled, size_t len)
{
	size_t found = 0;
	ssize_t n;

	while (to - from >= len) {
		size_t want = to - from < WINDOW ? to - from : WINDOW;

		n = pread(mem, window, want, (off_t)from);
		if (n < (ssize_t)len)
			break;
		found += count_in(window, (size_t)n, veiled, len);
		from += (unsigned long)n - (len - 1);
	}
	return found;
}

/* The window itself is left out; the kernel may have joined it with its neighbours. */
static size_t search_around(int mem, unsigned long from, unsigned long to, uint8_t *window,
                            const uint8_t *veiled, size_t len)
{
	unsigned long at = (unsigned long)window;

	if (at < from || at >= to)
		return search(mem, from, to, window, veiled, len);
	return search(mem, from, at, window, veiled, len) +
	       search(mem, at + WINDOW, to, window, veiled, len);
}

size_t test_memory_find(const uint8_t *veiled, size_t len)
{
	uint8_t *window = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE,
	                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	static char list[1 << 18];      /* no allocation between the crime and the search */
	size_t have = 0, found = 0;
	unsigned long from, to;
	char mode[5];
	ssize_t n;

	ck_assert(window != MAP_FAILED && maps >= 0 && mem >= 0);
	while ((n = read(maps, list + have, sizeof list - 1 - have)) > 0)
		have += (size_t)n;
	list[have] = '\0';
	for (char *line = list; line != NULL && *line != '\0';) {
		char *next = line;

		while (*next != '\0' && *next != '\n')
			next++;
		/* What is larger than HUGE_RANGE is the shadow of a sanitizer. */
		if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) == 3 && mode[0] == 'r' &&
		    to - from <= HUGE_RANGE)
			found += search_around(mem, from, to, window, veiled, len);
		line = *next == '\0' ? NULL : next + 1;
	}
	close(maps);
	close(mem);
	munmap(window, WINDOW);
	return found;
}
