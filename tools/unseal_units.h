/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Which units of ours systemd starts at the next boot: it says so by links.
 */
#ifndef TOOLS_UNSEAL_UNITS_H
#define TOOLS_UNSEAL_UNITS_H

#include "tools/text.h"

/* Append the names of the enabled units whose names begin with "signet-", with commas between;
 * root is the folder below which etc/systemd is, "" for this machine. */
void unseal_units(const char *root, struct tool_text *text);

#endif
