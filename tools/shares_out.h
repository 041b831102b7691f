/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Handing out shares: to one person after the other on the terminal, encrypted to a key
 * each, or all to one place where that is asked for. And boxes as lines of JSON.
 */
#ifndef TOOLS_SHARES_OUT_H
#define TOOLS_SHARES_OUT_H

#include <jansson.h>

#include "tools/recovery.h"

/* Make the object of a box for a key. NULL: no memory. */
json_t *tool_box_json(const char *what, const char *label, const struct tool_key *key,
                      struct sg_bytes box);

/* Write the object, which this frees, as one line to a new file, or to standard output where path
 * is NULL. what names it in messages. */
enum tool_exit tool_box_write(const char *path, json_t *json, const char *what);

/* Write the path of the file of an encrypted share; false where it is too long. */
bool tool_share_path(const struct tool_recovery *plan, size_t i, char *path, size_t size);

/* Hand out the plan's n shares. */
enum tool_exit tool_shares_encrypted(struct tool_recovery *plan, const char *label,
                                     const struct sg_share *share);
enum tool_exit tool_shares_in_one(struct tool_recovery *plan, const struct sg_share *share);
enum tool_exit tool_shares_shown(struct tool_recovery *plan, const char *label,
                                 const struct sg_share *share);

#endif
