/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Other machines: the files that describe them, and why one of them is believed. A node
 * is never taken silently: somebody says its fingerprint, or compares it. A maker's certificate
 * proves a TPM, and not whose it is, so it is verified beside that, and never instead.
 */
#ifndef TOOLS_NODE_H
#define TOOLS_NODE_H

#include "seal/node.h"
#include "tools/tool.h"

#define TOOL_FINGERPRINT 65             /* a fingerprint in hexadecimal, with its zero */

/* Write the fingerprint of a node. */
enum tool_exit tool_node_fingerprint(const struct sg_node *node, char out[TOOL_FINGERPRINT]);

/* Read the file of a node into an empty one, and check its storage key; the caller clears it,
 * also after an error. */
enum tool_exit tool_node_read(const char *path, struct sg_node *node);

/* Decide whether to believe a node, by --trust or by asking on the terminal, and by --ek-ca too
 * where that is given. Where a certificate was verified, endorsement gets the key in it, which was
 * empty. */
enum tool_exit tool_node_trust(const struct tool *tool, const struct sg_node *node,
                               struct sg_buf *endorsement);

#endif
