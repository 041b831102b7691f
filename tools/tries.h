/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The tries of a token's PIN, and what counts them in the TPM: told by status, by
 * doctor, and after a wrong PIN.
 */
#ifndef TOOLS_TRIES_H
#define TOOLS_TRIES_H

#include "core/token_tries.h"
#include "tools/json.h"
#include "tools/text.h"
#include "tools/tool.h"

/* Write what is known of a PIN with an index of its own: "3 of 5 tries are left ...". */
void tool_tries_text(struct tool_text *text, const struct sg_seal_tries *tries);

/* The same as an object. */
json_t *tool_tries_json(const struct sg_seal_tries *tries);

/* Tell about a PIN that was refused; where it has an index. The code is that of the tool. */
enum tool_exit tool_tries_failed(const struct sg_seal_tries *tries, bool officer, const char *what);

/* Read the number behind --pin-tries. */
enum tool_exit tool_tries_read(const struct tool *tool, uint32_t *tries);

#endif
