/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Exit codes, which are documented and never change their meaning: one
 * table from causes and return values to a code, a sentence and the next step.
 */
#ifndef TOOLS_EXIT_H
#define TOOLS_EXIT_H

#include <stdbool.h>

#include "core/pkcs11.h"
#include "util/err.h"

enum tool_exit {
	TOOL_OK = 0,
	TOOL_FAILED = 1,
	TOOL_USAGE = 2,
	TOOL_NOT_FOUND = 3,
	TOOL_PIN = 4,
	TOOL_LOCKED = 5,
	TOOL_HARDWARE = 6,
	TOOL_STORE = 7,
	TOOL_MISMATCH = 8,
	TOOL_EXISTS = 9,
	TOOL_CONFIG = 10,
	TOOL_OTHER_TPM = 11,
	TOOL_UNTOLD = 12,
	TOOL_REMOTE = 13,
	TOOL_EXITS
};

/* Return what an exit code means, for the help. */
const char *tool_exit_text(enum tool_exit code);

/* Return the exit code of a cause. */
enum tool_exit tool_exit_err(enum sg_err err);

/* What to say about a return value that has no cause below PKCS#11. */
struct tool_exit_row {
	CK_RV rv;
	enum tool_exit code;
	const char *sentence;
	const char *advice;             /* or NULL */
};

/* Tell whether a change was made: it is also where the TPM failed to count it. */
bool tool_rv_is_done(CK_RV rv);

/* Return the row of a return value, or NULL. */
const struct tool_exit_row *tool_exit_rv(CK_RV rv);

#endif
