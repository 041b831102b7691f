/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Boxes with shares and roots: lines of JSON, opened with the private keys that
 * --key-file names.
 */
#ifndef TOOLS_SHARE_BOX_H
#define TOOLS_SHARE_BOX_H

#include "core/share.h"
#include "tools/offline_key.h"
#include "tools/tool.h"

#define TOOL_KEYS_MOST 16

struct tool_private_keys {
	struct sg_secret *key[TOOL_KEYS_MOST];
	size_t n;
};

/* Read the keys that --key-file names; free them with tool_private_keys_free. */
enum tool_exit tool_private_keys_read(const struct tool *tool, struct tool_private_keys *keys);
void tool_private_keys_free(struct tool_private_keys *keys);

/* Open a line with an encrypted share; the caller clears *share. where names it in messages. */
enum tool_exit tool_box_share(struct sg_bytes line, const struct tool_private_keys *keys,
                              const char *where, struct sg_share *share);

/* Open a recovery file; the caller frees *root. *key is the one that it is closed for. */
enum tool_exit tool_box_root(const char *path, const struct tool_private_keys *keys,
                             struct sg_secret **root, struct tool_key *key);

#endif
