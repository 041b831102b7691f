/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. A root that takes the place of one that is there, which does not open any more: which
 * one, what is kept of it, and whether what came back is the same.
 */
#ifndef TOOLS_ROOT_REPLACE_H
#define TOOLS_ROOT_REPLACE_H

#include "tools/root.h"
#include "tools/shares_in.h"
#include "tools/versions.h"

/* The one that is there; free it with tool_replaced_free, also after an error. */
struct tool_replaced {
	struct tool_versions all;
	const struct tool_version *version;
	struct sg_buf id;
};

/* Open the token, find the version that --label names, and set all of root by it that no option
 * says: label, id, version, use, ways to leave and policy, which goes to guard. root refers to *out
 * from then on. */
enum tool_exit tool_replaced_find(struct tool *tool, struct tool_root *root,
                                  struct tool_guard *guard, struct tool_replaced *out);
void tool_replaced_free(struct tool_replaced *replaced);

/* Make sure that what came back is the same; where the one that is there can't be opened, somebody
 * has to say so. */
enum tool_exit tool_replaced_compare(const struct tool *tool, const struct tool_replaced *replaced,
                                     const struct tool_rebuilt *rebuilt);

#endif
