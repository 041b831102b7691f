/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Files that the command makes for people: new ones, private, written to the disk.
 */
#ifndef TOOLS_OUT_FILE_H
#define TOOLS_OUT_FILE_H

#include "tools/exit.h"
#include "util/bytes.h"

/* Return the N of "fd:N", which is 1 for "-", or -1 for the name of a file. */
int tool_out_descriptor(const char *path);

/* Open what an option names to write to: a new file of mode 0600, fd:N, or "-" for standard
 * output. what is "the share".
 * The caller closes it with tool_out_close. */
enum tool_exit tool_out_open(const char *path, const char *what, int *fd);

/* Write all the bytes; they may be secret. */
enum tool_exit tool_out_write(int fd, const char *path, struct sg_bytes bytes);

/* Bring what was written to a descriptor to the disk, where it is a file; path is for messages. */
enum tool_exit tool_out_sync(int fd, const char *path);

/* Bring a file to the disk, a new one with its name in its folder, and close it. */
enum tool_exit tool_out_close(int fd, const char *path);

/* Remove what tool_out_open made of that name, and nothing that was there. */
void tool_out_remove(const char *path);

#endif
