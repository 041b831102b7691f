/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. How long servers are waited for.
 */
#ifndef TOOLS_TIMEOUT_H
#define TOOLS_TIMEOUT_H

#include "tools/tool.h"

/* Read --timeout in seconds; otherwise is what counts where it is not given. It is told what is
 * wrong. */
enum tool_exit tool_timeout_read(const struct tool *tool, long otherwise, long *seconds);

/* Sleep so many milliseconds, whatever signals come. */
void tool_timeout_sleep(long ms);

#endif
