/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Locked memory: memfd_secret(2), or anonymous memory with mlock(2) where the
 * kernel has no such thing.
 */
#define _GNU_SOURCE 1
#include "util/locked.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/fork.h"
#include "util/signal.h"

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

/* Bring every page in now. A system call writes to it, because a failure then is
 * EFAULT; touching the page would end the program with SIGBUS. mlock(2) and
 * MADV_POPULATE_WRITE don't work on this kind of memory. */
static bool fault_in(uint8_t *data, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t at = 0; at < size; at += page) {
		if (syscall(SYS_prlimit64, 0, RLIMIT_MEMLOCK, NULL, data + at) != 0) {
			errno = ENOMEM;
			return false;
		}
		memset(data + at, 0, sizeof(struct rlimit));
	}
	return true;
}

static bool set_size(int fd, size_t size)
{
	struct sg_signal_hold hold;
	bool sized;

	/* A limit on the size of files counts here too, and would end the process. */
	sg_signal_block(&hold, SIGXFSZ);
	sized = ftruncate(fd, (off_t)size) == 0;
	sg_signal_release(&hold);
	return sized;
}

/* Map shared memory, which a child that is forked before the end of this would share for
 * good, by the mapping or by the descriptor. *fd is -1 where the kernel gives none. */
static bool map_unshared(uint8_t *data, size_t size, int *fd)
{
	bool mapped;
	int saved;

	*fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);
	if (*fd < 0)
		return false;
	mapped = set_size(*fd, size) &&
	         mmap(data, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, *fd, 0) == data &&
	         madvise(data, size, MADV_DONTFORK) == 0;
	saved = errno;
	close(*fd);
	errno = saved;
	return mapped;
}

/* Of private memory a child would have a copy of what is there, which is nothing yet. */
static bool map_mlock(uint8_t *data, size_t size)
{
	return mprotect(data, size, PROT_READ | PROT_WRITE) == 0 &&
	       madvise(data, size, MADV_DONTFORK) == 0 && mlock(data, size) == 0;
}

enum sg_slab_kind sg_locked_map(uint8_t *data, size_t size)
{
	bool mapped;
	int fd;

	if (!sg_fork_hold()) {
		errno = EDEADLK;
		return SG_SLAB_NONE;
	}
	mapped = map_unshared(data, size, &fd);
	sg_fork_release();
	if (mapped)
		return fault_in(data, size) ? SG_SLAB_MEMFD_SECRET : SG_SLAB_NONE;
	/* The kernel or a filter doesn't give it. Any other errno would pass, and a
	 * passing shortage must not buy a weaker region. */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EACCES || errno == EINVAL) &&
	    map_mlock(data, size))
		return SG_SLAB_MLOCK;
	return SG_SLAB_NONE;
}
