/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The command line: finding the verb, reading its options by the table,
 * and the help that is made from the same table. A mistake is answered with the
 * nearest thing that exists; a PIN is never an argument.
 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include "tools/tool.h"

/* What is to be done with a command line that is right. */
enum tool_wanted {
	TOOL_RUN,
	TOOL_HELP,              /* of tool->verb, of tool->group, or the overview */
	TOOL_VERSION,
};

/* Read the command line. After an error, which was told, the code is TOOL_USAGE. */
enum tool_exit tool_options_read(struct tool *tool, int argc, char **argv,
                                 enum tool_wanted *wanted);

/* Write the help of the verb, of the verbs of a group where there is none, or the overview
 * where there is neither, to standard output. */
enum tool_exit tool_options_help(const struct tool *tool);

/* Tell whether a verb takes an option. */
bool tool_verb_takes(const struct tool_verb *verb, enum tool_option option);

/* Return the name of an option with its dashes and argument: "--label NAME". */
const char *tool_option_shown(enum tool_option option);

#endif
