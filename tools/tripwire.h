/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. What a token's tripwire says, in words.
 */
#ifndef TOOLS_TRIPWIRE_H
#define TOOLS_TRIPWIRE_H

#include <jansson.h>

#include "core/token_tripwire.h"
#include "tools/text.h"

/* Append one sentence without a full stop. */
void tool_tripwire_text(struct tool_text *text, const struct sg_tripwire_view *view);

/* Make the same as an object. */
json_t *tool_tripwire_json(const struct sg_tripwire_view *view);

#endif
