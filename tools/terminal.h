/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The terminal, whatever standard input and output are: questions, answers with echo
 * off, and secrets that are shown to one person. Secrets go from and to guarded memory; nothing
 * is kept of them.
 */
#ifndef TOOLS_TERMINAL_H
#define TOOLS_TERMINAL_H

#include <stdbool.h>

#include "util/secret.h"

/* Open the terminal; the caller closes it. -1: there is none. */
int tool_terminal_open(void);

/* Tell whether there is a terminal to ask on. */
bool tool_terminal_there(void);

/* Write bytes, all of them. */
bool tool_terminal_say(int fd, struct sg_bytes bytes);

/* Ask with echo off for a line of at most line->cap bytes. A signal that arrives meanwhile takes
 * effect once the terminal is as it was. Errors: RANGE, SYSTEM, NOT_FOUND at the end of input. */
enum sg_err tool_terminal_ask(int fd, const char *prompt, struct sg_secret *line);

/* Ask until this word of at most 15 letters is typed, which nobody types by mistake as he presses
 * Enter twice, and then take everything off the screen: also where a signal comes instead.
 * Errors: SYSTEM, NOT_FOUND at the end of input. */
enum sg_err tool_terminal_wait(int fd, const char *prompt, const char *word);

/* Ask a question; true only for "yes". */
bool tool_terminal_yes(const char *question);

#endif
