/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Roots that may leave the token as bytes, for programs that want them so.
 */
#ifndef TOOLS_DELIVER_H
#define TOOLS_DELIVER_H

#include "tools/tool.h"
#include "util/secret.h"

/* Open the token, find the root that --root names and copy its value, if it may leave so, in the
 * form of --format: raw, hex or base64. The caller frees *root. */
enum tool_exit tool_deliver_take(struct tool *tool, struct sg_secret **root);

/* Make a file in memory of these bytes, which nobody can change any more and which stands at its
 * beginning; it is closed at exec. */
enum tool_exit tool_deliver_file(const struct sg_secret *root, int *fd);

/* Keep such a file out of swap as long as this process lives, whatever it executes: by a process of
 * its own, which is no child of this one and does nothing else. */
enum tool_exit tool_deliver_hold(int fd, size_t len);

#endif
