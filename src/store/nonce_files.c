/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. The two files of a nonce store together: that they belong to each other and to this
 * boot, and the moving of rows from the front to the table.
 *
 * Both have an epoch. Rows are moved in three steps: a mark behind them in the front, so that
 * nobody adds another without a look at the table; the rows and the next epoch in the table; and
 * the next epoch in the front, which empties it. Whoever finds the mark finds what a process left
 * that was killed in between, and the epochs say how far it came.
 */
#include "store/nonce_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/path.h"
#include "util/file.h"
#include "util/log.h"
#include "util/signal.h"

/* Begin a front whose forerunner is not believed: nothing made up to its mark is fresh. */
static enum sg_err begin_anew(struct sg_nonce_files *f, int64_t epoch,
                              const struct sg_boot_moment *now)
{
	struct sg_nonce_state state = f->db.state;
	enum sg_err err;

	if (state.mark > 0 && state.floor <= state.mark) {
		state.floor = state.mark + 1;
		sg_log(SG_LOG_NOTICE, "What was signed before %lld is refused: what was seen of it "
		                      "may be lost.", (long long)state.floor);
	}
	memcpy(state.boot, now->id, sizeof state.boot);
	/* Where nobody knows the boot, another process may be using it. What the power left of it
	 * may be nothing that can be read. */
	sg_nonce_front_reset(&f->front, epoch);
	if (epoch != 0 && sg_nonce_front_read(&f->front) == SG_OK) {
		err = sg_nonce_front_close_rows(&f->front);
		if (err != SG_OK)
			return err;
	}
	err = sg_nonce_db_write(&f->db, state, NULL, 0, INT64_MIN, false);
	return err == SG_OK ? sg_nonce_front_begin(&f->front, f->db.state.epoch) : err;
}

static enum sg_err damaged(const struct sg_nonce_files *f)
{
	sg_log(SG_LOG_ERROR, "%s is older than %s: it was put back from a copy, or one of the two "
	                     "was removed.", f->path, f->front_path);
	return SG_ERR_STORE_DAMAGED;
}

/* Find out whether the front can be believed. Where the kernel doesn't tell which boot this is,
 * it can't. A table that is missing beside a front was removed: who made another one would
 * take everything of the last minutes again. */
static enum sg_err open_table(struct sg_nonce_files *f)
{
	struct sg_boot_moment now = { .awake = 0 }, then = { .awake = 0 };
	bool known = sg_boot_moment_read(&now) == SG_OK;
	struct stat st;
	int64_t epoch;
	enum sg_err err;

	err = sg_nonce_front_epoch(&f->front, &epoch);
	if (err == SG_OK)
		err = sg_nonce_db_open(f->path, epoch == 0, &f->db);
	if (err == SG_ERR_STORE_MISSING && epoch != 0)
		err = damaged(f);
	if (err != SG_OK)
		return err;
	if (lstat(f->path, &st) != 0)
		return sg_store_path_errno(errno);
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	/* No boot and no power cut does that: the front follows the table. */
	if (epoch > f->db.state.epoch)
		return damaged(f);
	memcpy(then.id, f->db.state.boot, sizeof then.id);
	if (!known || !sg_boot_same(&now, &then) || epoch == 0)
		return begin_anew(f, epoch, &now);
	return SG_OK;
}

/* Where the front is missing it is made, and what can't be a store must be left alone: so a table
 * without a front is looked at first. Another process may make both in this moment. */
static enum sg_err look_first(struct sg_nonce_files *f)
{
	enum sg_err err = sg_file_check_private(f->front_path);

	if (err != SG_ERR_STORE_MISSING)
		return err;
	err = sg_nonce_db_open(f->path, false, &f->db);
	sg_nonce_db_close(&f->db);
	if (err == SG_ERR_STORE_MISSING ||
	    sg_file_check_private(f->front_path) != SG_ERR_STORE_MISSING)
		return SG_OK;
	return err;
}

enum sg_err sg_nonce_files_open(struct sg_nonce_files *f)
{
	struct sg_signal_hold too_big;
	enum sg_err err;

	sg_signal_block(&too_big, SIGXFSZ);
	err = look_first(f);
	if (err == SG_OK)
		err = sg_nonce_front_open(f->front_path, &f->front);
	if (err != SG_OK)
		goto out;
	f->open = true;
	err = sg_nonce_front_lock(&f->front);
	if (err != SG_OK)
		goto out;
	err = open_table(f);
	sg_nonce_front_unlock(&f->front);
out:
	if (err != SG_OK)
		sg_nonce_files_close(f);
	sg_signal_release(&too_big);
	return err;
}

/* SQLite may have to undo what it could not finish. */
void sg_nonce_files_close(struct sg_nonce_files *f)
{
	struct sg_signal_hold too_big;

	if (!f->open)
		return;
	sg_signal_block(&too_big, SIGXFSZ);
	sg_nonce_db_close(&f->db);
	sg_nonce_front_close(&f->front);
	f->open = false;
	sg_signal_release(&too_big);
}

void sg_nonce_files_forget(struct sg_nonce_files *f)
{
	if (!f->open)
		return;
	sg_nonce_front_close(&f->front);
	memset(&f->db, 0, sizeof f->db);
	f->open = false;
}

/* Another process has moved the rows, or was killed in it: before the table was written, or
 * after. */
static enum sg_err catch_up(struct sg_nonce_files *f)
{
	int64_t epoch;
	enum sg_err err;

	err = sg_nonce_front_epoch(&f->front, &epoch);
	if (err == SG_OK)
		err = sg_nonce_db_refresh(&f->db);
	if (err != SG_OK)
		return err;
	if (epoch > f->db.state.epoch || epoch == 0)
		return damaged(f);
	if (epoch < f->db.state.epoch)
		return sg_nonce_front_begin(&f->front, f->db.state.epoch);
	if (epoch == f->front.epoch && f->front.closed)
		return sg_nonce_front_reopen(&f->front);
	sg_nonce_front_reset(&f->front, epoch);
	return SG_OK;
}

enum sg_err sg_nonce_files_follow(struct sg_nonce_files *f)
{
	struct sg_signal_hold too_big;
	enum sg_err err = SG_OK;

	if (f->front.epoch != 0)
		err = sg_nonce_front_read(&f->front);
	if (err != SG_OK || (f->front.epoch != 0 && !f->front.closed))
		return err;
	/* An epoch that is entered may have been left half as well, and that is all. */
	sg_signal_block(&too_big, SIGXFSZ);
	for (int i = 0; i < 3 && err == SG_OK; i++) {
		err = catch_up(f);
		if (err == SG_OK)
			err = sg_nonce_front_read(&f->front);
		if (err == SG_OK && !f->front.closed)
			break;
	}
	sg_signal_release(&too_big);
	return err == SG_OK && f->front.closed ? damaged(f) : err;
}

static int by_id(const void *a, const void *b)
{
	int64_t x = ((const struct sg_nonce_row *)a)->id, y = ((const struct sg_nonce_row *)b)->id;

	return (x > y) - (x < y);
}

static bool has_name(const char *path, dev_t dev, ino_t ino)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

/* Tell whether both files still have their names: else others use another one. */
static enum sg_err check_names(const struct sg_nonce_files *f)
{
	const char *gone = NULL;
	struct stat front;

	if (fstat(f->front.fd, &front) != 0)
		return sg_store_path_errno(errno);
	if (!has_name(f->path, f->dev, f->ino))
		gone = f->path;
	else if (!has_name(f->front_path, front.st_dev, front.st_ino))
		gone = f->front_path;
	if (gone == NULL)
		return SG_OK;
	sg_log(SG_LOG_ERROR, "%s was removed or replaced while it was in use.", gone);
	return SG_ERR_STORE_MISSING;
}

enum sg_err sg_nonce_files_move(struct sg_nonce_files *f, int64_t mark, int64_t too_old,
                                bool everywhere)
{
	const size_t n = f->front.count;
	struct sg_nonce_state state = f->db.state;
	struct sg_nonce_row *sorted = NULL;
	struct sg_signal_hold too_big;
	enum sg_err err;

	sg_signal_block(&too_big, SIGXFSZ);
	err = check_names(f);
	if (err != SG_OK)
		goto out;
	sorted = malloc((n + 1) * sizeof *sorted);
	if (sorted == NULL) {
		err = SG_ERR_NOMEM;
		goto out;
	}
	/* In their order, so that the rows of a page are written one after the other. */
	memcpy(sorted, f->front.rows, n * sizeof *sorted);
	qsort(sorted, n, sizeof *sorted, by_id);
	state.mark = mark;
	err = sg_nonce_front_close_rows(&f->front);
	if (err == SG_OK)
		err = sg_nonce_db_write(&f->db, state, sorted, n, too_old, everywhere);
	if (err == SG_OK)
		err = sg_nonce_front_begin(&f->front, f->db.state.epoch);
out:
	sg_signal_release(&too_big);
	free(sorted);
	return err;
}
