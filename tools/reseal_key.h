/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. signet reseal of one key.
 */
#ifndef TOOLS_RESEAL_KEY_H
#define TOOLS_RESEAL_KEY_H

#include "tools/tool.h"

/* Seal the key that --label names anew, or all versions of the root that --root names. */
enum tool_exit tool_reseal_key(struct tool *tool);

/* Tell whether a key of the token that the session sees takes PCR values that somebody signed. */
enum tool_exit tool_keys_signed(struct tool *tool, bool *found);

#endif
