/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. One wrapped key, brought from an old version of a root to the newest. The key itself
 * stays in the token all the time: it is a session object, and gone afterwards.
 */
#ifndef TOOLS_REWRAP_KEY_H
#define TOOLS_REWRAP_KEY_H

#include "tools/rewrap.h"
#include "tools/versions.h"

/* A rewrapper's arg. */
struct tool_rewrap_key {
	const struct tool *tool;
	const struct tool_versions *root;
	enum tool_exit code;            /* of what stopped it */
};

/* Rewrap one key [struct tool_rewrapper]. What comes of it was unwrapped again, and is the same
 * key. */
enum tool_rewrapped tool_rewrap_key(void *arg, struct sg_bytes wrapped, struct sg_buf *out,
                                    const char **why);

/* Unwrap any key with one version, as a session key that can do nothing but be wrapped and
 * compared. */
CK_RV tool_rewrap_open(const struct tool *tool, CK_OBJECT_HANDLE with, struct sg_bytes wrapped,
                       CK_OBJECT_HANDLE *key);

/* Tell whether a return value is about the wrapped key, and not about the token. */
bool tool_rewrap_is_of_key(CK_RV rv);

#endif
