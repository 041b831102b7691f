/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Files that the command makes for people: new ones, private, written to the disk.
 */
#ifndef TOOLS_OUT_FILE_H
#define TOOLS_OUT_FILE_H

#include "tools/exit.h"
#include "util/bytes.h"

/* Open what an option names to write to: a new file of mode 0600, or fd:N. what is "the share".
 * The caller closes it with tool_out_close. */
enum tool_exit tool_out_open(const char *path, const char *what, int *fd);

/* Write all the bytes; they may be secret. */
enum tool_exit tool_out_write(int fd, const char *path, struct sg_bytes bytes);

/* Bring a file to the disk and close it. A descriptor that was given is only closed. */
enum tool_exit tool_out_close(int fd, const char *path);

/* Remove what tool_out_open made of that name, and nothing that was there. */
void tool_out_remove(const char *path);

#endif
