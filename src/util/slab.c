/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Regions of locked memory and the bitmaps that divide them. Nothing but
 * secrets lies in a region; a region is complete or it is refused. A secret must
 * never be in a region that a core dump or a child could hold.
 *
 * One region is one reservation of address space:
 *
 *   | struct region, bitmap | guard page | data: locked, secret | guard page |
 */
#define _GNU_SOURCE 1
#include "util/slab.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "util/fork.h"
#include "util/locked.h"
#include "util/log.h"

#define GRANULE 32u
#define WORD_BITS 64u
#define REQUEST_MAX ((size_t)1 << 20)
#define REGION_MIN ((size_t)32 << 10)   /* two of them fit in the oldest limit, 64 KiB */
#define REGION_MAX ((size_t)4 << 20)
#define RESERVE (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

/* Guarded by lock. */
struct region {
	struct region *next;
	uint8_t *data;
	size_t size;            /* bytes at data */
	size_t total;           /* bytes of the reservation, which begins with this structure */
	size_t free;            /* granules that are free */
	size_t hint;            /* all words of the bitmap below this one are full */
	uint64_t taken[];       /* a bit a granule */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* All guarded by lock; the child handler alone runs without it. */
static struct region *regions;
static enum sg_slab_kind newest;
static size_t locked;
static size_t used;
static bool unusable;           /* a child could not take its parent's addresses out of use */

static size_t granules_of(size_t size)
{
	return (size + GRANULE - 1) / GRANULE;
}

static size_t round_up(size_t size, size_t unit)
{
	return (size + unit - 1) / unit * unit;
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* The memory is not in the child, so the next mapping could lie where a secret of
 * the parent lay, and a pointer left over would name a stranger's bytes. The whole
 * reservation is made inaccessible instead, for good. A thread sanitizer sees only
 * that another thread of the parent held the lock, not that this is a copy. */
__attribute__((no_sanitize("thread"))) static void forget_in_child(void)
{
	struct region *r = __atomic_load_n(&regions, __ATOMIC_ACQUIRE);

	while (r != NULL) {
		struct region *next = r->next;

		if (mmap(r, r->total, PROT_NONE, RESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
			unusable = true;
		r = next;
	}
	regions = NULL;
	newest = SG_SLAB_NONE;
	locked = 0;
	used = 0;
	lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

/* Make a region and put it at the head of the list. False: failed, see errno. */
static bool region_add(size_t size)
{
	size_t page = page_size();
	size_t head = round_up(sizeof(struct region) + granules_of(size) / 8, page);
	size_t total = head + page + size + page;
	enum sg_slab_kind kind = SG_SLAB_NONE;
	uint8_t *data = NULL;
	struct region *r;
	bool done = false;
	int saved;

	r = mmap(NULL, total, PROT_NONE, RESERVE, -1, 0);
	if (r == MAP_FAILED)
		return false;
	data = (uint8_t *)r + head + page;
	if (mprotect(r, head, PROT_READ | PROT_WRITE) != 0)
		goto out;
	kind = sg_locked_map(data, size);
	if (kind == SG_SLAB_NONE)
		goto out;
	if (madvise(r, total, MADV_DONTDUMP) != 0)
		goto out;

	r->next = regions;
	r->data = data;
	r->size = size;
	r->total = total;
	r->free = granules_of(size);
	newest = kind;
	locked += size;
	/* A fork in another thread may copy us at any instant: the list is always whole. */
	__atomic_store_n(&regions, r, __ATOMIC_RELEASE);
	done = true;
out:
	saved = errno;
	if (!done)
		munmap(r, total);
	errno = saved;
	return done;
}

/* Grow by as much as there is already, by less where the limit is near. */
static bool grow(size_t need)
{
	size_t size = locked;

	need = round_up(need, page_size());
	if (size < REGION_MIN)
		size = REGION_MIN;
	if (size > REGION_MAX)
		size = REGION_MAX;
	size = round_up(size, page_size());
	while (size > need) {
		if (region_add(size))
			return true;
		if (errno == EDEADLK)
			return false;
		size = round_up(size / 2, page_size());
	}
	return region_add(need);
}

static void region_remove(struct region *gone)
{
	struct region **at = &regions;

	while (*at != gone)
		at = &(*at)->next;
	__atomic_store_n(at, gone->next, __ATOMIC_RELEASE);
	locked -= gone->size;
	munmap(gone, gone->total);
}

static bool is_empty(const struct region *r)
{
	return r->free == granules_of(r->size);
}

/* Find count free granules in a row, the first ones there are. */
static bool find_run(const struct region *r, size_t count, size_t *first)
{
	size_t end = granules_of(r->size);
	size_t run = 0;
	size_t step;

	for (size_t i = r->hint * WORD_BITS; i < end; i += step) {
		uint64_t word = r->taken[i / WORD_BITS] >> (i % WORD_BITS);

		if (word == UINT64_MAX) {
			run = 0;
			step = WORD_BITS;
		} else if ((word & 1) != 0) {
			run = 0;
			step = (size_t)__builtin_ctzll(~word);
		} else {
			step = WORD_BITS - i % WORD_BITS;
			if (word != 0)
				step = (size_t)__builtin_ctzll(word);
			run += step;
			if (run >= count) {
				*first = i + step - run;
				return true;
			}
		}
	}
	return false;
}

static void take(struct region *r, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		r->taken[i / WORD_BITS] |= (uint64_t)1 << (i % WORD_BITS);
	while (r->hint < granules_of(r->size) / WORD_BITS && r->taken[r->hint] == UINT64_MAX)
		r->hint++;
	r->free -= count;
	used += count * GRANULE;
}

static void give_back(struct region *r, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++) {
		assert((r->taken[i / WORD_BITS] >> (i % WORD_BITS) & 1) != 0);
		r->taken[i / WORD_BITS] &= ~((uint64_t)1 << (i % WORD_BITS));
	}
	if (first / WORD_BITS < r->hint)
		r->hint = first / WORD_BITS;
	r->free += count;
	used -= count * GRANULE;
}

static uint8_t *take_anywhere(size_t count)
{
	size_t first;

	for (struct region *r = regions; r != NULL; r = r->next) {
		if (r->free >= count && find_run(r, count, &first)) {
			take(r, first, count);
			return r->data + first * GRANULE;
		}
	}
	return NULL;
}

static void log_refusal(size_t size, int error)
{
	struct rlimit limit;

	if (error == EFBIG) {
		sg_log(SG_LOG_ERROR, "no %zu bytes of memory for secrets: the limit RLIMIT_FSIZE on "
		       "the size of files counts here too: raise it with ulimit -f", size);
		return;
	}
	if (error == EDEADLK) {
		sg_log(SG_LOG_ERROR, "no %zu bytes of memory for secrets: another thread has been "
		       "forking for twelve seconds, perhaps because it waits for this one", size);
		return;
	}
	if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		sg_log(SG_LOG_ERROR, "%zu bytes of memory for secrets can't be locked: %s "
		       "(RLIMIT_MEMLOCK is not the cause)", size, strerror(error));
	else
		sg_log(SG_LOG_ERROR, "%zu bytes of memory for secrets can't be locked: %s; "
		       "the limit RLIMIT_MEMLOCK is %llu bytes: raise it with LimitMEMLOCK=64M "
		       "in the unit of the service or with ulimit -l 65536", size,
		       strerror(error), (unsigned long long)limit.rlim_cur);
}

enum sg_err sg_slab_alloc(size_t size, uint8_t **out)
{
	uint8_t *data = NULL;
	int error = 0;

	if (size == 0 || size > REQUEST_MAX)
		return SG_ERR_RANGE;
	if (sg_fork_child(forget_in_child) != SG_OK)
		return SG_ERR_SECURE_MEMORY;

	pthread_mutex_lock(&lock);
	if (!unusable)
		data = take_anywhere(granules_of(size));
	if (data == NULL && !unusable && grow(size))
		data = take_anywhere(granules_of(size));
	if (data == NULL)
		error = unusable ? EFAULT : errno;
	pthread_mutex_unlock(&lock);

	if (data == NULL) {
		log_refusal(size, error);
		return SG_ERR_SECURE_MEMORY;
	}
	*out = data;
	return SG_OK;
}

static struct region *region_of(const uint8_t *data)
{
	struct region *r = regions;

	while (r != NULL && (data < r->data || data >= r->data + r->size))
		r = r->next;
	return r;
}

/* One empty region stays, so that a secret that comes and goes costs no mapping. */
static void remove_spare(struct region *r)
{
	if (!is_empty(r))
		return;
	for (struct region *other = regions; other != NULL; other = other->next) {
		if (other != r && is_empty(other)) {
			region_remove(r);
			return;
		}
	}
}

void sg_slab_free(uint8_t *data, size_t size)
{
	struct region *r;

	if (data == NULL)
		return;
	pthread_mutex_lock(&lock);
	r = region_of(data);
	if (r != NULL) {
		explicit_bzero(data, granules_of(size) * GRANULE);
		give_back(r, (size_t)(data - r->data) / GRANULE, granules_of(size));
		remove_spare(r);
	}
	pthread_mutex_unlock(&lock);
}

enum sg_err sg_slab_probe(void)
{
	struct sg_slab_status status;
	enum sg_err err = SG_OK;
	uint8_t *data;

	sg_slab_status(&status);
	if (status.kind != SG_SLAB_NONE)
		return SG_OK;
	err = sg_slab_alloc(1, &data);
	if (err == SG_OK)
		sg_slab_free(data, 1);
	return err;
}

void sg_slab_status(struct sg_slab_status *out)
{
	pthread_mutex_lock(&lock);
	*out = (struct sg_slab_status){ newest, locked, used };
	pthread_mutex_unlock(&lock);
}
