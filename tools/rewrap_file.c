/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Files of rewrapped keys.
 */
#include "tools/rewrap_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/rewrap_state.h"

#define GATHERED ((size_t)64 << 10)     /* bytes that are written at once */
#define BETWEEN ((uint64_t)1 << 20)     /* bytes between two states */

static enum tool_exit failed(const char *path, const char *what)
{
	return tool_fail(TOOL_FAILED, NULL, "can't %s %s: %s", what, path, strerror(errno));
}

/* Bring what was gathered into the file. */
static enum tool_exit flush(struct tool_rewrap_file *file)
{
	size_t at = 0;

	while (at < file->buf.len) {
		ssize_t n = pwrite(file->fd, file->buf.data + at, file->buf.len - at,
		                   (off_t)(file->out - file->buf.len + at));

		if (n < 0 && errno != EINTR)
			return failed(file->part, "write");
		at += n > 0 ? (size_t)n : 0;
	}
	file->buf.len = 0;
	return TOOL_OK;
}

/* Note how far it is: first the lines, then that they are there. */
static enum tool_exit note_state(struct tool_rewrap_file *file)
{
	uint8_t state[TOOL_REWRAP_STATE];
	enum tool_exit code = flush(file);

	if (code != TOOL_OK)
		return code;
	if (fdatasync(file->fd) != 0)
		return failed(file->part, "write");
	if (!tool_rewrap_state_make(file, state))
		return tool_fail_err(SG_ERR_CRYPTO, "can't note how far it is");
	if (pwrite(file->state_fd, state, sizeof state, 0) != sizeof state ||
	    fdatasync(file->state_fd) != 0)
		return failed(file->state, "write");
	file->safe = file->out;
	return TOOL_OK;
}

static enum tool_exit put(struct tool_rewrap_sink *sink, struct sg_bytes in, struct sg_bytes out,
                          const struct tool_rewrap_count *count)
{
	struct tool_rewrap_file *file = (struct tool_rewrap_file *)sink;
	enum sg_err err = tool_rewrap_state_step(file, in, out);

	if (err == SG_OK)
		err = sg_buf_append(&file->buf, out);
	if (err != SG_OK)
		return tool_fail_err(err, "can't write %s", file->part);
	file->count = *count;
	if (file->out - file->safe >= BETWEEN)
		return note_state(file);
	return file->buf.len >= GATHERED ? flush(file) : TOOL_OK;
}

/* Open a file of ours, new or left from an earlier run. */
static enum tool_exit open_own(const char *path, int *fd)
{
	struct stat st, there;

	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	if (*fd < 0)
		return failed(path, "open");
	if (fstat(*fd, &st) != 0)
		return failed(path, "read");
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1)
		return tool_fail(TOOL_FAILED, NULL, "%s is in the way: it is no file of this user",
		                 path);
	if (flock(*fd, LOCK_EX | LOCK_NB) != 0 || lstat(path, &there) != 0 ||
	    there.st_ino != st.st_ino || there.st_dev != st.st_dev)
		return tool_fail(TOOL_FAILED, "Wait until it has ended.",
		                 "another signet is writing %s", path);
	return TOOL_OK;
}

/* Check the file that is to be written, or rewritten. */
static enum tool_exit check_target(struct tool_rewrap_file *file, int in)
{
	struct stat there;

	if (!file->in_place)
		return lstat(file->path, &there) == 0
		               ? tool_fail(TOOL_EXISTS, "Choose another name, or remove the file.",
		                           "%s exists already", file->path)
		               : TOOL_OK;
	if (fstat(in, &file->replaced) != 0)
		return failed(file->path, "read");
	if (!S_ISREG(file->replaced.st_mode) || file->replaced.st_nlink != 1)
		return tool_fail(TOOL_FAILED, "Use --output FILE.", "%s can't be rewritten in its "
		                 "place: it is no file with one name", file->path);
	return TOOL_OK;
}

/* Refuse a file that is there already and not ours; what has nothing in it is not needed. */
static enum tool_exit in_the_way(const char *path, const char *other)
{
	struct stat st;

	if (lstat(other, &st) == 0 && st.st_size == 0 && unlink(other) != 0)
		return failed(other, "remove");
	return tool_fail(TOOL_EXISTS, "Remove it, or give it another name.",
	                 "%s is in the way: no earlier run has left it", path);
}

/* What is in a file of that name is ours only where the state says so, which is written before
 * the first line. */
static enum tool_exit check_own(const struct tool_rewrap_file *file)
{
	struct stat part, state;

	if (fstat(file->fd, &part) != 0 || fstat(file->state_fd, &state) != 0)
		return failed(file->part, "read");
	if (state.st_size > 0 && !tool_rewrap_state_is(file))
		return in_the_way(file->state, file->part);
	if (part.st_size > 0 && state.st_size == 0)
		return in_the_way(file->part, file->state);
	return TOOL_OK;
}

/* Go on where an earlier run stopped, or begin at the beginning. */
static enum tool_exit resume(struct tool_rewrap_file *file, const uint8_t id[32],
                             struct tool_lines *in)
{
	struct tool_lines done = { .fd = file->fd };
	bool same = false, begun = false;
	struct stat st;

	if (fstat(file->fd, &st) != 0)
		return failed(file->part, "read");
	if (st.st_size > 0)
		same = tool_rewrap_state_read(file, id, in, &done, &begun);
	tool_lines_free(&done);
	if (!same && begun && !tool_lines_rewind(in))
		return tool_fail(TOOL_FAILED, "Remove both, or give the same input again.",
		                 "%s and %s are of a run that stopped in other input", file->part,
		                 file->state);
	if (!same)
		tool_rewrap_state_begin(file, id);
	if (ftruncate(file->fd, (off_t)file->out) != 0)
		return failed(file->part, "cut");
	file->safe = file->out;
	file->from = file->steps;
	if (file->from > 0)
		tool_note("going on after line %" PRIu64 ", where an earlier run stopped",
		          file->count.lines);
	return same ? TOOL_OK : note_state(file);
}

enum tool_exit tool_rewrap_file_open(const char *path, bool in_place, const uint8_t id[32],
                                     struct tool_lines *in, struct tool_rewrap_file *out)
{
	enum tool_exit code;

	*out = (struct tool_rewrap_file){
		.sink = { put }, .fd = -1, .state_fd = -1, .in_place = in_place,
	};
	out->path = in_place ? realpath(path, NULL) : strdup(path);
	if (out->path == NULL)
		return failed(path, "open");
	if (asprintf(&out->part, "%s.rewrap", out->path) < 0)
		out->part = NULL;
	if (asprintf(&out->state, "%s.rewrap-state", out->path) < 0)
		out->state = NULL;
	if (out->part == NULL || out->state == NULL)
		return tool_fail_err(SG_ERR_NOMEM, "can't open %s", path);
	code = check_target(out, in->fd);
	if (code == TOOL_OK)
		code = open_own(out->part, &out->fd);
	if (code == TOOL_OK)
		code = open_own(out->state, &out->state_fd);
	if (code == TOOL_OK)
		code = check_own(out);
	return code == TOOL_OK ? resume(out, id, in) : code;
}

/* Somebody may have written to the file since it was read; what he wrote is not to be lost. */
static enum tool_exit check_unchanged(const struct tool_rewrap_file *file)
{
	const struct stat *old = &file->replaced;
	struct stat now;

	if (lstat(file->path, &now) != 0)
		return failed(file->path, "look at");
	if (now.st_ino == old->st_ino && now.st_dev == old->st_dev && now.st_size == old->st_size &&
	    now.st_mtim.tv_sec == old->st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == old->st_mtim.tv_nsec)
		return TOOL_OK;
	return tool_fail(TOOL_FAILED, "Run it again.", "%s was changed meanwhile, and is left as it is",
	                 file->path);
}

/* What is rewritten in its place keeps its owner and its mode. */
static enum tool_exit keep_owner(const struct tool_rewrap_file *file)
{
	if (fchown(file->fd, file->replaced.st_uid, file->replaced.st_gid) != 0 ||
	    fchmod(file->fd, file->replaced.st_mode & 07777) != 0)
		return failed(file->part, "keep owner and mode with");
	return TOOL_OK;
}

/* A new file takes the place of none, also where one was made meanwhile. */
static int take_name(const struct tool_rewrap_file *file)
{
	struct stat there;
	int rc = renameat2(AT_FDCWD, file->part, AT_FDCWD, file->path,
	                   file->in_place ? 0 : RENAME_NOREPLACE);

	if (rc == 0 || errno != EINVAL || file->in_place)
		return rc;
	/* Not every file system knows of it. */
	if (lstat(file->path, &there) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat2(AT_FDCWD, file->part, AT_FDCWD, file->path, 0);
}

static enum tool_exit sync_folder(const char *path)
{
	char *folder = strdup(path), *slash = folder != NULL ? strrchr(folder, '/') : NULL;
	int fd = -1;
	bool good;

	if (slash != NULL)
		slash[slash == folder ? 1 : 0] = '\0';
	if (folder != NULL)
		fd = open(slash != NULL ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	good = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	free(folder);
	return good ? TOOL_OK : failed(path, "bring to the disk the name of");
}

enum tool_exit tool_rewrap_file_finish(struct tool_rewrap_file *file)
{
	enum tool_exit code = note_state(file);

	if (code == TOOL_OK && file->in_place)
		code = check_unchanged(file);
	if (code == TOOL_OK && file->in_place && file->count.done == 0) {
		if (unlink(file->part) != 0 || unlink(file->state) != 0)
			code = failed(file->part, "remove");
		return code;
	}
	if (code == TOOL_OK && file->in_place)
		code = keep_owner(file);
	if (code == TOOL_OK && fsync(file->fd) != 0)
		code = failed(file->part, "write");
	if (code == TOOL_OK && take_name(file) != 0)
		code = failed(file->path, "make");
	if (code == TOOL_OK)
		code = sync_folder(file->path);
	if (code == TOOL_OK && unlink(file->state) != 0)
		code = failed(file->state, "remove");
	return code;
}

void tool_rewrap_file_close(struct tool_rewrap_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	if (file->state_fd >= 0)
		close(file->state_fd);
	free(file->path);
	free(file->part);
	free(file->state);
	sg_buf_free(&file->buf);
	*file = (struct tool_rewrap_file){ .fd = -1, .state_fd = -1 };
}
