/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The verbs on machines and agents of a fleet, in two rows of the same ones.
 */
#ifndef TOOLS_REGISTRAR_MEMBER_H
#define TOOLS_REGISTRAR_MEMBER_H

#include "tools/tool.h"

#define TOOL_MEMBER_VERBS 20

extern const struct tool_verb tool_verb_members[TOOL_MEMBER_VERBS];

#endif
