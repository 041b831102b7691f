/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Shares that people type on the terminal, one person after the other, with echo off.
 * What is wrong is said at once, and may be typed again.
 */
#ifndef TOOLS_SHARE_TYPED_H
#define TOOLS_SHARE_TYPED_H

#include "core/share_text.h"
#include "tools/exit.h"

#define TOOL_WHERE 256

/* Shares that came back, where each came from, and what is to be said of it. */
struct tool_shares {
	struct sg_share share[SG_SHARES_MOST];
	char where[SG_SHARES_MOST][TOOL_WHERE];
	enum sg_share_fault fault[SG_SHARES_MOST];
	size_t n;
};

/* Say what is wrong with a share that could not be read; see sg_share_text_read. */
enum tool_exit tool_share_bad(enum sg_err err, size_t wrong, const char *where);

/* Say of one what is wrong with it; false: nothing is. */
bool tool_share_name(const struct tool_shares *in, size_t i);

/* Name all with which something is wrong; return how many there are besides those that are only
 * there twice. */
size_t tool_shares_name(const struct tool_shares *in);

/* Ask for shares until they have the root, and where all is true for further ones, to see whether
 * they are right; the caller frees *root and clears the shares. *wrong tells how many were not. */
enum tool_exit tool_shares_typed(struct tool_shares *in, bool all, struct sg_secret **root,
                                 size_t *wrong);

#endif
