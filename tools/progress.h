/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Progress: one line on standard error, if something takes longer than a
 * second and standard error is a terminal.
 */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

/* Begin something that may take long; text is a string that stays. Not nested. */
void tool_progress_begin(const char *text);
void tool_progress_end(void);

#endif
