/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Having a root back: from shares that people type, from files with shares, plain or
 * encrypted to a key, or from a recovery file with its key. What is wrong with one is said of it.
 */
#ifndef TOOLS_SHARES_IN_H
#define TOOLS_SHARES_IN_H

#include "core/share_text.h"
#include "tools/tool.h"

/* The options that say from what, for the list of a verb. */
#define TOOL_REBUILD_OPTIONS OPT_SHARE, OPT_KEY_FILE, OPT_RECOVERY_FILE

/* What was brought back, and of what. */
struct tool_rebuilt {
	struct sg_secret *root;         /* 32 bytes; the caller frees it */
	char said[96];                  /* how it was arranged, as CKA_SIGNET_RECOVERY has it */
	char set[2 * SG_SHARE_ID + 1];  /* the name of the sharing; empty: a recovery file */
	unsigned k, n;
	unsigned place[SG_SHARES_MOST]; /* those of the shares that were good */
	size_t places;
	size_t wrong;                   /* shares that were not, which was said */
	bool all;                       /* all are wanted, not only as many as it takes */
};

/* Bring a root back from what the options name, or from shares that are typed where they name
 * nothing: as many as it takes, or all that there are. */
enum tool_exit tool_rebuild(const struct tool *tool, bool all, struct tool_rebuilt *out);

#endif
