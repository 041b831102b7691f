/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What the envelope example does to names of files, seen from inside its program: a name
 * that was changed must be on the disk before another is removed, and before the program ends.
 * These functions stand before those of the C library.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct stat changed;             /* the folder of a name that is not on the disk yet */
static int pending;

static void refuse(const char *what)
{
	fprintf(stderr, "not on the disk: %s\n", what);
	abort();
}

static void change(int folder)
{
	struct stat st;

	if (fstat(folder, &st) != 0 || (pending && st.st_ino != changed.st_ino))
		refuse("a name in another folder");
	changed = st;
	pending = 1;
}

int renameat(int from, const char *old, int to, const char *new)
{
	int (*real)(int, const char *, int, const char *);

	*(void **)&real = dlsym(RTLD_NEXT, "renameat");
	change(to);
	return real(from, old, to, new);
}

int mkdirat(int folder, const char *name, mode_t mode)
{
	int (*real)(int, const char *, mode_t);

	*(void **)&real = dlsym(RTLD_NEXT, "mkdirat");
	change(folder);
	return real(folder, name, mode);
}

int unlinkat(int folder, const char *name, int flags)
{
	int (*real)(int, const char *, int);

	*(void **)&real = dlsym(RTLD_NEXT, "unlinkat");
	if (pending)
		refuse("what was renamed before a name is removed");
	change(folder);
	return real(folder, name, flags);
}

int fsync(int fd)
{
	int (*real)(int);
	struct stat st;

	*(void **)&real = dlsym(RTLD_NEXT, "fsync");
	if (pending && fstat(fd, &st) == 0 && st.st_ino == changed.st_ino)
		pending = 0;
	return real(fd);
}

__attribute__((destructor)) static void end(void)
{
	if (pending)
		refuse("a name, at the end");
}
