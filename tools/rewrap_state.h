/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. How far the rewrapping of a file is, as FILE.rewrap-state keeps it: numbers, and a
 * digest of all that was read and written until there. What does not fit to both files counts for
 * nothing.
 */
#ifndef TOOLS_REWRAP_STATE_H
#define TOOLS_REWRAP_STATE_H

#include "tools/rewrap_file.h"

#define TOOL_REWRAP_STATE 120           /* bytes */

/* Begin with nothing done. */
void tool_rewrap_state_begin(struct tool_rewrap_file *file, const uint8_t id[TOOL_REWRAP_ID]);

/* Count a line or piece of one, and what it has become. Errors: CRYPTO, NOMEM. */
enum sg_err tool_rewrap_state_step(struct tool_rewrap_file *file, struct sg_bytes in,
                                   struct sg_bytes out);

/* Write down how far it is. */
bool tool_rewrap_state_make(const struct tool_rewrap_file *file, uint8_t out[TOOL_REWRAP_STATE]);

/* Tell whether a state was written down there, and not something else, however damaged it is. */
bool tool_rewrap_state_is(const struct tool_rewrap_file *file);

/* Read how far an earlier run was, and go there in in and in what it wrote. False where there is
 * none, or it had other input or wrote something else; then *begun tells whether in was read. */
bool tool_rewrap_state_read(struct tool_rewrap_file *file, const uint8_t id[TOOL_REWRAP_ID],
                            struct tool_lines *in, struct tool_lines *done, bool *begun);

#endif
