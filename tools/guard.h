/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. What guards one key beside its token: a policy and a PIN of its own, as the options
 * say when it is made, and giving that PIN before it is used.
 */
#ifndef TOOLS_GUARD_H
#define TOOLS_GUARD_H

#include "tools/tool.h"
#include "util/secret.h"

/* The options of verbs that make such a key. */
#define TOOL_GUARD_OPTIONS OPT_PCR, OPT_POLICY_KEY, OPT_KEY_PIN_FILE

/* What a new key is to have. All zero: nothing. */
struct tool_guard {
	bool sealed;                    /* it needs an object of its own */
	struct sg_buf policy;           /* as text; empty: none */
	struct sg_secret *pin;          /* or NULL */
};

/* Read the options; a new PIN is asked for twice where --key-pin-file says tty. Free it with
 * tool_guard_clear, also after an error. */
enum tool_exit tool_guard_read(const struct tool *tool, struct tool_guard *guard);
void tool_guard_clear(struct tool_guard *guard);

/* Add what a template needs for it, at most TOOL_GUARD_ATTRS attributes; guard may be NULL. Where
 * the key must be sealed alone all the same, alone says so. */
#define TOOL_GUARD_ATTRS 3
void tool_guard_put(const struct tool_guard *guard, bool alone, CK_ATTRIBUTE *attr, CK_ULONG *n);

/* Read what is shown of it: the policy, without the values of PCRs, and whether it has a PIN. */
void tool_guard_show(const struct tool *tool, CK_OBJECT_HANDLE key, struct sg_buf *policy,
                     bool *pin);

/* Whether a key opens now, as far as that can be told without its PIN. */
enum tool_met { TOOL_MET, TOOL_NOT_MET, TOOL_MET_UNKNOWN };

/* Ask the hardware to open a key; why says what is in the way, in the words of the library. */
enum tool_met tool_guard_try(const struct tool *tool, CK_OBJECT_HANDLE key, const char **why);

/* Before a key is used: open it with its own PIN, from --key-pin-file or the terminal, if it has
 * one. CKR_FUNCTION_CANCELED where the PIN could not be read, which was said. */
CK_RV tool_key_open(const struct tool *tool, CK_OBJECT_HANDLE key);

/* Read the PIN of a key of that name that has one, as it is opened with. Errors are told. */
enum tool_exit tool_key_pin(const struct tool *tool, struct sg_bytes name,
                            struct sg_secret **pin);

#endif
