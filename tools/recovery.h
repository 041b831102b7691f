/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. How a root can be had back when its token is lost: what the options say, and doing
 * it before the root is in the token. Verbs that make a version of a root use this.
 */
#ifndef TOOLS_RECOVERY_H
#define TOOLS_RECOVERY_H

#include "core/share_text.h"
#include "tools/offline_key.h"
#include "tools/tool.h"

/* The options that say how, for the list of a verb. */
#define TOOL_RECOVERY_OPTIONS \
	OPT_SHARES, OPT_THRESHOLD, OPT_SHARE_KEY, OPT_OUT_DIR, OPT_FORMAT, OPT_ALL_IN_ONE, \
	OPT_RECOVERY_KEY, OPT_RECOVERY_FILE

enum tool_way { TOOL_WAY_NONE, TOOL_WAY_SHARES, TOOL_WAY_KEY };

struct tool_recovery {
	enum tool_way way;
	size_t n, k;                    /* k of n shares bring the root back */
	enum sg_share_form form;
	struct tool_key key[SG_SHARES_MOST];    /* of each person, or the recovery key */
	size_t keys;                    /* 0: the shares are plain */
	const char *folder;             /* of the encrypted shares; NULL: standard output */
	const char *file;               /* for all plain shares, or the recovery file, or NULL */
	char said[96];                  /* CKA_SIGNET_RECOVERY, once it is arranged */
	size_t written;                 /* files that there are */
	bool handed_out;                /* to people, who can't be asked to give it back */
};

/* Read the options and look whether what they ask for can be done; one of them is required. */
enum tool_exit tool_recovery_read(const struct tool *tool, struct tool_recovery *out);

/* Tell whether what is handed out goes to standard output, so that nothing else may. */
bool tool_recovery_takes_stdout(const struct tool_recovery *plan);

/* Hand out shares of the root, or close it for the recovery key. After an error what was written
 * is taken back. */
enum tool_exit tool_recovery_arrange(struct tool_recovery *plan, const char *label,
                                     const struct sg_secret *root);

/* Take back what was written, where the root did not come into the token after all, and say that
 * what was handed out is of no use. */
void tool_recovery_undo(struct tool_recovery *plan);

#endif
