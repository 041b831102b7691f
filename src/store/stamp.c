/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Stamps of stores. Only looks at the file's inode and never opens the file:
 * closing a second descriptor would drop the locks of connections in this process.
 */
#include "store/stamp.h"

#include <errno.h>
#include <sys/vfs.h>

/* The kernel gives out times of its last tick, so two changes within one tick have the
 * same; and some file systems keep whole seconds, or two. A change must lie further
 * back than that before a later one is sure to differ. */
#define TICK_NS 100000000L
#define COARSE_S 3

/* Where times are those of this machine's clock and never cached for another: Linux's
 * own file systems [statfs(2)]. */
static const long local[] = {
	0xef53,         /* ext2, ext3, ext4 */
	0x58465342,     /* XFS */
	0x9123683e,     /* Btrfs */
	0x01021994,     /* tmpfs */
	0xf2f52010,     /* F2FS */
	0x2fc12fc1,     /* ZFS */
	0x794c7630,     /* overlayfs */
};

static bool is_local(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) != 0)
		return false;
	for (size_t i = 0; i < sizeof local / sizeof local[0]; i++)
		if ((long)fs.f_type == local[i])
			return true;
	return false;
}

static bool look(const char *path, struct sg_store_stamp *stamp)
{
	struct stat st;
	int saved = errno;
	bool there = lstat(path, &st) == 0 && S_ISREG(st.st_mode);

	errno = saved;
	*stamp = (struct sg_store_stamp){ .settled = false };
	if (there)
		*stamp = (struct sg_store_stamp){
			.dev = st.st_dev, .ino = st.st_ino, .size = st.st_size,
			.changed = st.st_ctim, .written = st.st_mtim,
		};
	return there;
}

bool sg_store_stamp_is_past(struct timespec changed, struct timespec now)
{
	time_t seconds = now.tv_sec - changed.tv_sec;

	if (seconds > COARSE_S)
		return true;
	/* Whole milliseconds may be whole seconds or rounded otherwise. */
	if (seconds < 0 || changed.tv_nsec % 1000000 == 0)
		return false;
	return (long)seconds * 1000000000L + now.tv_nsec - changed.tv_nsec > TICK_NS;
}

void sg_store_stamp_take(const char *path, struct sg_store_stamp *stamp)
{
	struct timespec now;

	stamp->settled = false;
	/* The clock first: what changes after that is later than this. */
	if (clock_gettime(CLOCK_REALTIME_COARSE, &now) != 0 || !look(path, stamp))
		return;
	stamp->settled = sg_store_stamp_is_past(stamp->changed, now) && is_local(path);
}

bool sg_store_stamp_same(const struct sg_store_stamp *a, const struct sg_store_stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec &&
	       a->written.tv_sec == b->written.tv_sec && a->written.tv_nsec == b->written.tv_nsec;
}

bool sg_store_stamp_holds(const struct sg_store_stamp *stamp, const char *path)
{
	struct sg_store_stamp now;

	return stamp->settled && look(path, &now) && sg_store_stamp_same(stamp, &now);
}
