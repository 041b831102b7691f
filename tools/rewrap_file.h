/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. A file that rewrapped keys go to. Lines are gathered in FILE.rewrap, which takes the
 * name of the file when it is complete; FILE.rewrap-state says how far that is known to be
 * good. So the file is the old one or the new one, whatever happens, and what was done need
 * not be done again.
 */
#ifndef TOOLS_REWRAP_FILE_H
#define TOOLS_REWRAP_FILE_H

#include <sys/stat.h>

#include "tools/rewrap.h"

#define TOOL_REWRAP_ID 32

struct tool_rewrap_file {
	struct tool_rewrap_sink sink;   /* first */
	char *path, *part, *state;      /* the files */
	int fd, state_fd;
	struct stat replaced;           /* the file that is rewritten in its place */
	bool in_place;
	uint64_t from;                  /* lines, and pieces, that an earlier run had done */

	/* How far it is; what the last state said may be less. */
	uint8_t chain[TOOL_REWRAP_ID];  /* a digest of all that came in and went out */
	uint64_t steps, in, out;        /* lines and pieces, bytes, bytes */
	struct tool_rewrap_count count;
	uint64_t safe;                  /* bytes of out that the last state covers */
	struct sg_buf buf;              /* lines that are not in the file yet */
};

/* Begin a file of that name, which must not exist, or with in_place the rewriting of one that in
 * reads. Lines that an earlier run has done are passed over in in and counted, if it is the same
 * input; id stands for all else that must be the same. The caller calls tool_rewrap_file_close
 * also after an error. Errors: EXISTS, also where a file that no run has left has a name of ours;
 * FAILED where another run is at it, or stopped in other input that can't be read again from its
 * beginning. */
enum tool_exit tool_rewrap_file_open(const char *path, bool in_place, const uint8_t id[32],
                                     struct tool_lines *in, struct tool_rewrap_file *out);

/* All lines are there: bring them to the disk and give the file its name. Where a file is rewritten
 * in its place it must be as it was when it was begun with; and where no key was rewrapped it
 * stays. */
enum tool_exit tool_rewrap_file_finish(struct tool_rewrap_file *file);

/* Close it. What is not finished stays, as far as it is good, for the next run. */
void tool_rewrap_file_close(struct tool_rewrap_file *file);

#endif
