/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. The front of a nonce store: its file, what of it is known in memory, and the lock.
 *
 * A row bears the epoch in which it was written, behind its number and time: so emptying the
 * front is writing another epoch into the header, and a row that was not wholly written is none. An
 * epoch that is later than the one we know, behind our last row, means that the rows were moved.
 */
#include "store/nonce_front.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/path.h"
#include "util/cursor.h"
#include "util/file.h"
#include "util/log.h"

#define MAGIC 0x53474e46                /* "SGNF" */
#define VERSION 1
#define HEADER 16
#define ROW 24
#define OPEN_END (INT64_C(1) << 61)     /* beside an epoch: no row, others may follow here */
#define MARK (INT64_C(1) << 62)         /* no row, and nobody may add one */
#define FILE_LEN (HEADER + (off_t)(SG_NONCE_FRONT_MAX + 1) * ROW)
#define BATCH 64                        /* rows that are read at a time */
#define SLOTS (2 * (size_t)SG_NONCE_FRONT_MAX)

#define SPINS 50
#define PAUSE_NS 50000
#define TRIES (INT64_C(5000000000) / PAUSE_NS)          /* in five seconds */

static enum sg_err failed(const char *what)
{
	sg_log(SG_LOG_ERROR, "The front of the nonce store can't be %s: %m.", what);
	return sg_store_path_errno(errno);
}

enum sg_err sg_nonce_front_open(const char *path, struct sg_nonce_front *front)
{
	enum sg_err err;

	memset(front, 0, sizeof *front);
	front->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
	                 0600);
	if (front->fd < 0) {
		err = sg_store_path_errno(errno);
		sg_log(SG_LOG_ERROR, "%s can't be opened: %m.", path);
		return err;
	}
	/* Its mode at creation is less than 0600 under a strange umask, and never more. */
	err = sg_file_check_private(path);
	if (err != SG_OK)
		sg_nonce_front_close(front);
	return err;
}

void sg_nonce_front_close(struct sg_nonce_front *front)
{
	if (front->fd >= 0)
		close(front->fd);
	front->fd = -1;
}

/* A lock of the open file, which ends with the process however that ends. */
static int try_lock(int fd, short type)
{
	struct flock whole = { .l_type = type, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &whole);
}

enum sg_err sg_nonce_front_lock(struct sg_nonce_front *front)
{
	const struct timespec pause = { 0, PAUSE_NS };

	for (int64_t i = 0; i < SPINS + TRIES; i++) {
		if (try_lock(front->fd, F_WRLCK) == 0)
			return SG_OK;
		if (errno != EAGAIN && errno != EACCES)
			return failed("locked");
		/* Who has it needs some microseconds, or moves the rows. */
		if (i < SPINS)
			sched_yield();
		else
			(void)nanosleep(&pause, NULL);
	}
	sg_log(SG_LOG_ERROR, "Another process holds the nonce store.");
	return SG_ERR_STORE_BUSY;
}

void sg_nonce_front_unlock(struct sg_nonce_front *front)
{
	(void)try_lock(front->fd, F_UNLCK);
}

enum sg_err sg_nonce_front_epoch(struct sg_nonce_front *front, int64_t *epoch)
{
	uint8_t header[HEADER];
	struct sg_reader r = sg_reader(sg_bytes(header, sizeof header));
	ssize_t n = pread(front->fd, header, sizeof header, 0);
	uint32_t magic, version;

	*epoch = 0;
	if (n < 0)
		return failed("read");
	if (n == 0)
		return SG_OK;
	if (n != HEADER)
		return SG_ERR_STORE_DAMAGED;
	magic = sg_read_u32(&r);
	version = sg_read_u32(&r);
	*epoch = (int64_t)sg_read_u64(&r);
	/* The file got its length, and not yet its header. */
	if (magic == 0 && version == 0 && *epoch == 0)
		return SG_OK;
	if (magic != MAGIC || *epoch < 1 || *epoch >= SG_NONCE_END)
		return SG_ERR_STORE_DAMAGED;
	return version == VERSION ? SG_OK : SG_ERR_STORE_VERSION;
}

/* Return the slot of a number: the one where it is, or the free one where it would be. Numbers are
 * codes under a key of ours, so nobody can choose some that meet. */
static size_t find_slot(const struct sg_nonce_front *front, int64_t id)
{
	size_t at = (uint64_t)id % SLOTS;

	while (front->slots[at] != 0 && front->rows[front->slots[at] - 1].id != id)
		at = (at + 1) % SLOTS;
	return at;
}

static void remember(struct sg_nonce_front *front, struct sg_nonce_row row)
{
	size_t slot = find_slot(front, row.id);

	front->rows[front->count++] = row;
	front->slots[slot] = (uint32_t)front->count;
}

void sg_nonce_front_reset(struct sg_nonce_front *front, int64_t epoch)
{
	memset(front->slots, 0, sizeof front->slots);
	front->count = 0;
	front->closed = false;
	front->epoch = epoch;
}

/* Take rows of this epoch from bytes; false where there is none: there they end. */
static bool take(struct sg_nonce_front *front, struct sg_bytes bytes)
{
	struct sg_reader r = sg_reader(bytes);

	while (r.rest.len >= ROW) {
		struct sg_nonce_row row;
		int64_t epoch;

		row.id = (int64_t)sg_read_u64(&r);
		row.made = (int64_t)sg_read_u64(&r);
		epoch = (int64_t)sg_read_u64(&r);
		front->closed = epoch == (front->epoch | MARK) ||
		                (epoch & ~(MARK | OPEN_END)) > front->epoch;
		if (epoch != front->epoch || front->count == SG_NONCE_FRONT_MAX)
			return false;
		remember(front, row);
	}
	return true;
}

static off_t place_of(size_t row)
{
	return HEADER + (off_t)row * ROW;
}

enum sg_err sg_nonce_front_read(struct sg_nonce_front *front)
{
	uint8_t bytes[BATCH * ROW];
	size_t wanted = 1;              /* most often there is nothing new */
	bool more = true;

	while (more) {
		size_t left = SG_NONCE_FRONT_MAX + 1 - front->count;
		size_t len = (wanted < left ? wanted : left) * ROW;
		ssize_t n = pread(front->fd, bytes, len, place_of(front->count));

		if (n < 0)
			return failed("read");
		if ((size_t)n != len)
			return SG_ERR_STORE_DAMAGED;
		more = take(front, sg_bytes(bytes, len));
		wanted = BATCH;
	}
	return SG_OK;
}

/* Write a row, or what ends them, behind those that are known. */
static enum sg_err write_row(struct sg_nonce_front *front, struct sg_nonce_row row, int64_t epoch)
{
	uint8_t bytes[ROW];

	sg_put_u64(bytes, (uint64_t)row.id);
	sg_put_u64(bytes + 8, (uint64_t)row.made);
	sg_put_u64(bytes + 16, (uint64_t)epoch);
	errno = ENOSPC;                 /* what part of a row means */
	if (pwrite(front->fd, bytes, sizeof bytes, place_of(front->count)) != ROW)
		return failed("written");
	return SG_OK;
}

enum sg_err sg_nonce_front_close_rows(struct sg_nonce_front *front)
{
	const struct sg_nonce_row none = { 0, 0 };
	enum sg_err err = write_row(front, none, front->epoch | MARK);

	front->closed = err == SG_OK;
	return err;
}

enum sg_err sg_nonce_front_reopen(struct sg_nonce_front *front)
{
	const struct sg_nonce_row none = { 0, 0 };
	enum sg_err err = write_row(front, none, front->epoch | OPEN_END);

	front->closed = err != SG_OK;
	return err;
}

enum sg_err sg_nonce_front_begin(struct sg_nonce_front *front, int64_t epoch)
{
	uint8_t header[HEADER];
	struct rlimit limit;
	struct stat st;
	int rc;

	if (fstat(front->fd, &st) != 0)
		return failed("examined");
	/* A row within the file would raise SIGXFSZ all the same, and is written without a look. */
	if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur < (rlim_t)FILE_LEN) {
		errno = EFBIG;
		return failed("written");
	}
	/* Somebody removed it: others would write into another one. */
	if (st.st_nlink == 0)
		return SG_ERR_STORE_MISSING;
	/* All its blocks, so that a full disk never refuses a row. */
	if (st.st_size != FILE_LEN) {
		rc = posix_fallocate(front->fd, 0, FILE_LEN);
		if (rc != 0) {
			errno = rc;
			return failed("made");
		}
	}
	sg_put_u32(header, MAGIC);
	sg_put_u32(header + 4, VERSION);
	sg_put_u64(header + 8, (uint64_t)epoch);
	if (pwrite(front->fd, header, sizeof header, 0) != HEADER)
		return failed("written");
	sg_nonce_front_reset(front, epoch);
	return SG_OK;
}

bool sg_nonce_front_has(const struct sg_nonce_front *front, int64_t id)
{
	return front->slots[find_slot(front, id)] != 0;
}

enum sg_err sg_nonce_front_add(struct sg_nonce_front *front, struct sg_nonce_row row)
{
	enum sg_err err = write_row(front, row, front->epoch);

	if (err == SG_OK)
		remember(front, row);
	return err;
}
