/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. What --pcr and --policy-key ask for, as the text of a policy.
 */
#ifndef TOOLS_POLICY_H
#define TOOLS_POLICY_H

#include "seal/policy_signature.h"
#include "tools/tool.h"

/* Tell whether any option of a policy is given. */
bool tool_policy_given(const struct tool *tool);

/* Write the policy that the options ask for, in its canonical form; "--pcr none" asks for
 * no PCRs. It replaces what out holds. */
enum tool_exit tool_policy_read(const struct tool *tool, struct sg_buf *out);

/* Read the file of --signatures, and what is signed in it, which the caller clears, also after a
 * failure. One whose values are not those that were signed is refused. */
enum tool_exit tool_policy_signatures(const struct tool *tool, struct sg_buf *json,
                                      struct sg_policy_signatures *signatures);

#endif
